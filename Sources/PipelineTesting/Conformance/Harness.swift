package import Pipeline
import Synchronization

/// A journal under test, with short words for what the cases do to it.
package struct Harness: Sendable {
    package let journal: any Journal
    package let lease: Lease
    package let clock: ManualClock
    let reopen: @Sendable (any Journal, ManualClock) async throws -> any Journal
    private let random = SeededRandom(7)

    /// A harness around a journal.
    package init(
        journal: any Journal, lease: Lease, clock: ManualClock,
        reopen: @escaping @Sendable (any Journal, ManualClock) async throws -> any Journal = { journal, _ in journal }
    ) { (self.journal, self.lease, self.clock, self.reopen) = (journal, lease, clock, reopen) }

    /// The process dies, another one opens the journal.
    package func restarted() async throws -> Harness {
        let next = try await reopen(journal, clock)
        return Harness(journal: next, lease: try await next.lease(), clock: clock, reopen: reopen)
    }

    package var now: Instant { clock.now }

    // MARK: Messages

    /// A message of a partner.
    package func message(
        _ control: String, _ text: String? = nil, from partner: String = "DPI|CH", patient: UInt64 = 0, ins: UInt64 = 0, parent: MessageID? = nil
    ) -> Message {
        var keys = OrderKeys()
        (keys.patient, keys.ins, keys.connection) = (patient, ins, 99)
        let bytes = Array((text ?? "content of \(control)").utf8)
        let envelope = Envelope(
            id: MessageID(at: now, random), parent: parent, listener: "mllp-in", partner: Partner(facility: "clinic", name: partner), received: now,
            format: "hl7v2", controlID: control, keys: keys, notes: ["charset": "UNICODE UTF-8"])
        return Message(envelope: envelope, body: .bytes(bytes), digest: testDigester().sha256(bytes))
    }

    /// Accepts and waits for the receipt.
    package func accept(_ acceptance: Acceptance) async throws -> Receipt {
        let journal = journal
        let result = await withCheckedContinuation { continuation in journal.accept(acceptance) { continuation.resume(returning: $0) } }
        return try result.get()
    }

    /// Accepts a new message; its seq.
    @discardableResult package func take(_ control: String, patient: UInt64 = 0) async throws -> Seq {
        guard case .new(let seq) = try await accept(Acceptance(message(control, patient: patient))) else { throw violation("\(control) is not new") }
        return seq
    }

    // MARK: Deliveries

    /// A delivery to be.
    package func delivery(
        _ seq: Seq, _ ordinal: Int = 0, lane: UInt64, state: DeliveryState = .active, to destination: String = "documents/dmp", sender: String = "dmp",
        tokens: [Token] = [], replaces: [Token] = [], barriers: [UInt64] = [], blocks: Bool = true, of deliveryClass: DeliveryClass = .today,
        part: Part = Part(),
        reason: Reason? = nil
    ) -> PlannedDelivery {
        let id = Delivery.id(seq, ordinal)
        return PlannedDelivery(
            id: id, key: Key128(high: UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15, low: lane), route: "documents", destination: destination,
            sender: sender, part: part, lane: Lane(lane), state: state, reason: reason ?? (state == .held ? Self.why : nil),
            owner: state == .held ? .identity : nil, blocksWhenHeld: blocks, tokens: tokens, replaces: replaces, barriers: barriers.map { Lane($0) },
            deliveryClass: deliveryClass)
    }

    /// Plans an accepted message; the deliveries that became active.
    @discardableResult package func plan(_ seq: Seq, _ deliveries: [PlannedDelivery], verdict: Verdict = Verdict(.accepted), trace: String = "") async throws
        -> [DeliveryID]
    {
        try await journal.plan([Plan(seq: seq, verdict: verdict, deliveries: deliveries, trace: trace)], lease)
    }

    /// Accepts and plans one delivery; its id.
    @discardableResult package func send(
        _ control: String, lane: UInt64, state: DeliveryState = .active, sender: String = "dmp", tokens: [Token] = [], replaces: [Token] = [],
        barrier: UInt64..., blocks: Bool = true, of deliveryClass: DeliveryClass = .today
    ) async throws -> DeliveryID {
        let seq = try await take(control)
        let planned = delivery(
            seq, lane: lane, state: state, sender: sender, tokens: tokens, replaces: replaces, barriers: barrier, blocks: blocks, of: deliveryClass)
        try await plan(seq, [planned])
        return planned.id
    }

    /// Ends an attempt and starts others.
    @discardableResult package func settle(
        _ id: DeliveryID, _ result: Settlement.Result = .delivered(Proof(answer: "AA")), attempt: Int = 1, emitted: [Message] = [],
        next: [DeliveryID] = []
    ) async throws -> Settled {
        try await journal.settle(
            [Settlement(delivery: id, attempt: attempt, result: result, emitted: emitted.map { Emitted($0) })], activate: next, lease, now: now)
    }

    /// Starts deliveries; those that became active.
    package func start(_ ids: DeliveryID...) async throws -> [DeliveryID: Int] {
        try await journal.settle([], activate: ids, lease, now: now).activated
    }

    /// A person's word on the delivery as it is.
    @discardableResult package func command(_ command: OperatorCommand, _ id: DeliveryID, emitted: [Message] = []) async throws -> [Message] {
        let version = try await stored(id).version
        return try await journal.command(command, on: id, expecting: version, emitted: emitted.map { Emitted($0) }, by: "anne", now: now)
    }

    /// What is ready.
    package func due(
        limit: Int = 100, excluding: Set<Lane> = [], resting: Set<String> = [], of deliveryClass: DeliveryClass? = nil
    ) async throws -> [DeliveryID] {
        try await journal.due(lease, now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass).map(\.id)
    }

    package func stored(_ id: DeliveryID) async throws -> StoredDelivery {
        guard let found = try await journal.find(.delivery(id)).deliveries.first else { throw violation("delivery \(id) is not found") }
        return found
    }

    package func state(_ id: DeliveryID) async throws -> DeliveryState { try await stored(id).state }

    package func message(of seq: Seq) async throws -> StoredMessage {
        guard let found = try await journal.find(.messages(before: seq + 1, limit: 1)).messages.first, found.message.seq == seq else {
            throw violation("message \(seq) is not found")
        }
        return found
    }

    /// The words of a message's audit.
    package func words(_ seq: Seq) async throws -> [String] { try await journal.find(.audit(seq)).audit.map(\.what) }

    // MARK: Expectations

    /// A reason to give where any will do.
    package static let why = Reason("P0999", Text(fr: "essai", en: "test"), detail: "secret")

    func violation(_ text: String) -> JournalConformance.Violation { JournalConformance.Violation(description: text) }

    /// Throws if two values differ.
    package func expect<T: Equatable>(_ found: T, _ wanted: T, _ what: String) throws {
        if found != wanted { throw violation("\(what): \(found), not \(wanted)") }
    }

    /// Throws if it is false.
    package func expect(_ holds: Bool, _ what: String) throws { if !holds { throw violation(what) } }

    /// Throws unless the body fails with this error (nil: any refusal).
    package func expectFailure(_ wanted: JournalError?, _ what: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as JournalError {
            if let wanted { return try expect(error, wanted, what) }
            if case .refused = error { return }
            throw violation("\(what): \(error)")
        }
        throw violation("\(what): it succeeded")
    }
}
