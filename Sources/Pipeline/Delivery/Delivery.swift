/// The row of a delivery in the journal: `seq × 4096 + ordinal`, so its order is the order of its message.
package typealias DeliveryID = Int64

/// The queue a delivery waits in: deliveries of one lane leave in order. A hash of (destination, class, order key).
package struct Lane: Sendable, Hashable, Codable {
    /// 64 bits of a keyed hash.
    package let id: UInt64

    /// A lane.
    package init(_ id: UInt64) { self.id = id }

    /// The unit of lease and fencing (design §7).
    package var shard: Int { Int(id & 255) }
}

/// How soon a delivery is wanted: what is for today goes before what catches up on history, for places and for the rate (design §2, class).
package enum DeliveryClass: String, Sendable, Codable, CaseIterable { case today, bulk }

/// One share of a destination: a mail recipient is a part.
package struct Part: Sendable, Hashable, Codable {
    /// What tells it from its siblings: stable across a replay, e.g. the recipient's address. Empty for the only part.
    package let id: String
    /// Facts of this part alone: the recipient.
    package let notes: Notes

    /// A part.
    package init(id: String = "", notes: Notes = [:]) { (self.id, self.notes) = (id, notes) }
}

/// The states of a delivery, and no others (design §2).
package enum DeliveryState: String, Sendable, Codable, CaseIterable {
    case queued, active, deferred, unknown, held, delivered, refused, discarded

    /// Not yet at its end: it keeps its lane.
    package var isOpen: Bool {
        switch self {
        case .queued, .active, .deferred, .unknown, .held: true
        case .delivered, .refused, .discarded: false
        }
    }
}

/// One message for one destination and one part, with its attempts.
package struct Delivery: Sendable {
    package let id: DeliveryID
    /// The same after a crash, a restore, or on a second gateway; all ids that leave are derived from it.
    package let key: Key128
    package private(set) var message: Message
    /// The route's name, and the destination's id `route/to.id`.
    package let route: String, destination: String
    /// The sender, by its name in the node file, or `facility/endpoint`. In memory, the one that the destination names now when that one is gone.
    package var sender: String
    package let part: Part
    package let lane: Lane
    package let deliveryClass: DeliveryClass
    /// The number of this attempt, from 1.
    package var attempt: Int
    /// The last attempt ended `unknown`, or the process died while this was active.
    package var wasUnknown: Bool
    /// What earlier attempts recorded: looked-up ids, `digest` of the bytes that left.
    package var facts: [String: String]
    /// Notes of the route's steps for this message (bound while the engine runs; made again after a restart).
    package var notes: Notes
    /// The message's bytes after the route's steps, where they changed them.
    package var rewritten: [UInt8]?
    /// `rewritten` was made again after a restart, maybe by another configuration: it may differ from what was planned.
    package var isRebound = false
    /// The configuration whose steps made notes and bytes: under another they are made again.
    package var generation = 0
    /// The epoch of its shard's lease when this attempt became active, where several gateways share a journal.
    var epoch: Int64 = 0
    /// Another delivery to the same far end that carries the uniqueId this one replaces is still open.
    package var predecessorOpen: Bool

    /// A delivery.
    package init(
        id: DeliveryID, key: Key128, message: Message, route: String, destination: String, sender: String, part: Part, lane: Lane,
        deliveryClass: DeliveryClass = .today, attempt: Int = 1, wasUnknown: Bool = false, facts: [String: String] = [:], notes: Notes = [:],
        rewritten: [UInt8]? = nil,
        predecessorOpen: Bool = false
    ) {
        (self.id, self.key, self.message, self.route, self.destination) = (id, key, message, route, destination)
        (self.sender, self.part, self.lane, self.attempt, self.wasUnknown) = (sender, part, lane, attempt, wasUnknown)
        self.deliveryClass = deliveryClass
        (self.facts, self.notes, self.rewritten, self.predecessorOpen) = (facts, notes, rewritten, predecessorOpen)
    }

    /// What it takes of the memory beside its envelope.
    var bytesInHand: Int {
        let body = if case .bytes(let bytes) = message.body { bytes.count } else { 0 }
        return body + (rewritten?.count ?? 0)
    }

    /// Its bytes are read again when it is sent: it may wait long.
    mutating func leaveBytesInJournal() {
        guard case .bytes(let bytes) = message.body, message.seq > 0 else { return }
        message = Message(envelope: message.envelope, body: .stored(bytes.count), digest: message.digest, seq: message.seq)
    }

    /// An earlier attempt recorded what it was about to send and ended unknown, and no person has decided since: a refusal of our own now
    /// says nothing of what may have left then.
    package var mayHaveLeft: Bool {
        wasUnknown && facts[JournalFact.decided] == nil && facts.keys.contains { $0.hasPrefix("digest") }
    }

    /// The facility that the message came from.
    package var facility: String { message.envelope.facility }

    /// The row of the `ordinal`-th delivery of a message.
    package static func id(_ seq: Seq, _ ordinal: Int) -> DeliveryID { seq << 12 | DeliveryID(ordinal) }
}
