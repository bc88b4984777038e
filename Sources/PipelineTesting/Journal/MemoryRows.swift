import Pipeline

/// A message as the in-memory journal keeps it.
struct MemoryMessage: Sendable {
    var message: Message
    var state: MessageState
    var verdict: Verdict?
    var trace = ""
    var search: [Token] = []
    /// It holds its control id: repeats are recognised by it.
    var holdsID: Bool
    /// The rule that governs its body, once it is decided.
    var keep: String?
    var removal: BodyRemoval?
    var hasFacts = true
    /// Its row and its deliveries are gone: only the audit is left.
    var isGone = false
}

/// A delivery as the in-memory journal keeps it.
struct MemoryDelivery: Sendable {
    var delivery: Delivery
    var state: DeliveryState
    var reason: Reason?
    var owner: Owner?
    var due: Instant?
    var proof: Proof?
    var report = Report(.none)
    var planned: Instant
    var changed: Instant
    var version = 1
    let blocksWhenHeld: Bool
    var tokens: [Token]
    let replaces: [Token]
    let barriers: [Lane]
    /// A later one of its lane, or one that replaces it, is settled: it must not leave any more.
    var overtaken = false
    /// A person lets it pass what it waits for.
    var alone = false

    var id: DeliveryID { delivery.id }
    /// Its lane, and those in which it is a barrier.
    var lanes: [Lane] { [delivery.lane] + barriers }
    /// Later ones of its lanes wait for it.
    var blocks: Bool { state.isOpen && !(state == .held && !blocksWhenHeld) }
    /// It could become active if nothing stood before it.
    var waits: Bool { state == .queued || state == .deferred || state == .unknown }
    var isAtRoute: Bool { delivery.destination.hasPrefix("route:") }
}
