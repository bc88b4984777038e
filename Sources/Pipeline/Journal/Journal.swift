/// The only state (design §1, §4). Every queue, screen, restart and second machine is a query on it.
///
/// Every implementation passes `JournalConformance`. Methods may be called from any task; each returns once its effect is durable.
package protocol Journal: JournalKeeping {
    /// The secret of the keyed hashes, made with the journal and kept in it.
    var hash: SipHash { get }

    /// Stores a message. `done` is called once, on the writer, when it is on stable storage or will never be: it must not block.
    func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void)

    /// A place for a large body that is still arriving; nil where bodies are kept in memory.
    func spool(_ id: MessageID, received: Instant) throws(JournalError) -> (any BodySpool)?

    /// The bytes of a body, checked against the digest; `damaged` when they differ or are missing, `refused` when retention or an erasure removed them.
    func bytes(of message: Message) async throws(JournalError) -> [UInt8]

    /// Stores the body of a message again, which was lost and came again with the same digest; audited as `restored`. `refused` where there is no such
    /// message, or its body was removed.
    func restore(_ body: Body, of seq: Seq, now: Instant) async throws(JournalError)

    /// Messages still `incoming` (without a plan) after `seq`, in order, with their verdict if one is stored.
    func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted]

    /// Of those, the ones whose verdict is stored already and whose planning key is `key`: they wait until that key is free.
    func unrouted(key: UInt64, after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted]

    /// Verdicts, deliveries, tokens, trace and search facts of many messages: one transaction. Returns the deliveries that became active
    /// (those planned `active` whose lane was free; the others are stored `queued`).
    func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID]

    /// Shards to work on; the SQLite journal leases all to itself. A lease carries a fencing epoch.
    func lease() async throws(JournalError) -> Lease

    /// Heads of lanes of one class (nil: of both) whose time has come by `now`, oldest first, `excluding` lanes that are in hand, and senders that are `resting` (or have
    /// enough in hand), so that a far end that is away cannot hide the others. None is active yet; none waits for a merge or a replaced document.
    func due(
        _ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?
    ) async throws(JournalError) -> [Delivery]

    /// What stands right behind these heads of lanes, in order: queued like them, at most `each` of a lane. Whether one may start is decided when it is
    /// activated; none of them waits for anything in other lanes.
    func following(_ heads: [Delivery], each: Int) async throws(JournalError) -> [Delivery]

    /// When the next deferred delivery is due, if any.
    func nextDue(_ lease: Lease) async throws(JournalError) -> Instant?

    /// Settles attempts and activates `next`: outcome, emitted messages and audit in one commit.
    /// A settlement whose attempt is no longer active, or whose epoch is stale, changes nothing but the audit.
    /// Of `next`, only those that are queued, deferred or unknown, at the head of their lane, with nothing open before them that they replace, become active.
    func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled

    /// Records facts (a looked-up id, the digest of the bytes) of an active attempt before bytes leave.
    func record(_ facts: [String: String], for delivery: DeliveryID, attempt: Int, _ lease: Lease) async throws(JournalError)

    /// The delivery that carries one of the tokens, the first in order that is known.
    func delivery(carrying tokens: [Token]) async throws(JournalError) -> StoredDelivery?

    /// Commits a report on a delivery, the messages emitted for it, and that `message` (which carried it) is routed. Equal reports change nothing.
    func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant) async throws(JournalError) -> [Message]

    /// Commits a person's word on a delivery; fails with `stale` if `expecting` is not its version, with `refused` if it is being sent just now.
    /// `tokens` names the delivery that a resend makes, by its new key; the uniqueIds of the old one stay its own as well.
    func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message]

    /// Writes a line of the audit that concerns the gateway and no message: a configuration taken or refused, a scope resumed. `Query.audit(0)` finds it.
    func note(_ word: GatewayWord, _ reason: Reason, by person: String, now: Instant) async throws(JournalError)

    /// Everything that consoles and the command line read. Key-set pages.
    func find(_ query: Query) async throws(JournalError) -> Page

    /// Every open delivery that is held at its route and blocks, with the keys of its message: those patients wait.
    func blockedKeys() async throws(JournalError) -> [DeliveryID: OrderKeys]

    /// The messages of the recovery group under way, durable: after a crash they are the suspects.
    func mark(_ group: Set<Seq>) async throws(JournalError)
    /// What the last `mark` left; empty after a recovery that came to its end.
    func marked() async throws(JournalError) -> Set<Seq>

    /// Whether there is room for new messages; false closes the intake (AR) while settlements go on.
    var hasRoom: Bool { get }
    /// What a person should see to before it closes the intake, or what has closed it: a log that grows, a disk that is low.
    var strain: Reason? { get }

    /// Flushes and closes; calls after it fail with `closed`.
    func close() async
}

extension Journal {
    /// `due` of every sender and both classes.
    package func due(_ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>) async throws(JournalError) -> [Delivery] {
        try await due(lease, now: now, limit: limit, excluding: excluding, resting: [], of: nil)
    }

    /// Looks at all that have no plan: for journals without a quicker way.
    package func unrouted(key: UInt64, after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        var found: [Unrouted] = [], after = seq
        while found.count < limit {
            let page = try await unrouted(after: after, limit: 512)
            guard let last = page.last else { break }
            after = last.message.seq
            found += page.filter { $0.verdict != nil && $0.message.envelope.keys.planning == key }.prefix(limit - found.count)
        }
        return found
    }

    package var strain: Reason? { nil }

    /// `command` on a delivery that reports do not find by name.
    package func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant
    ) async throws(JournalError) -> [Message] {
        try await self.command(command, on: delivery, expecting: version, emitted: emitted, by: person, now: now, tokens: { _ in [] })
    }
}

/// A large body that is arriving.
package protocol BodySpool: Sendable {
    /// Adds bytes. Blocking file I/O: small, buffered.
    func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError)
    /// Writes and syncs what is left; the body can then be accepted.
    func finish() throws(JournalError) -> Body
    /// Removes the file: the message never came whole.
    func discard()
}

/// Why the journal could not do it.
package enum JournalError: Error, Sendable, Hashable {
    /// The disk is full or low: try again later.
    case full
    /// Closed or closing.
    case closed
    /// The database does not answer: try again later. Whether the write was done is not known; done again, it changes nothing.
    case away
    /// Reading or writing failed; the process must not go on as if nothing were.
    case broken(String)
    /// A body is missing or differs from its digest.
    case damaged(Seq)
    /// The row changed meanwhile.
    case stale
    /// No such row, or the command does not fit its state.
    case refused(Reason)
}

extension JournalError {
    /// What becomes of a delivery whose body or facts the journal does not give: what is gone or damaged is a person's to see; the rest passes.
    package var outcome: Outcome {
        switch self {
        case .damaged: .held(Reasons.damaged, owner: .exploitation)
        case .refused(let reason): reason.code == JournalReasons.tooLong.code ? .deferred(reason) : .held(reason, owner: .exploitation)
        case .away: .deferred(Reasons.away)
        case .full: .deferred(Reasons.full)
        case .closed, .broken, .stale: .deferred(Reasons.broken)
        }
    }
}

/// A right to work on shards until it expires.
package struct Lease: Sendable, Hashable {
    /// How many shards there are.
    package static let shards = 256

    /// Rises with every process that works on the journal: a stale one changes nothing.
    package let epoch: Int64
    /// By shard, a number that rises with every change of its owner; 0 where it is not leased. Empty: all shards, fenced by `epoch` alone.
    package let epochs: [Int64]

    /// A lease of all shards.
    package init(epoch: Int64) { (self.epoch, epochs) = (epoch, []) }

    /// A lease of some shards: one number for each of the 256.
    package init(epoch: Int64, epochs: [Int64]) { (self.epoch, self.epochs) = (epoch, epochs) }

    /// Whether the shard is leased.
    package func holds(_ shard: Int) -> Bool { epochs.isEmpty || epochs[shard] != 0 }

    /// The number of the shard's lease; 0: it is not leased.
    package func epoch(of shard: Int) -> Int64 { epochs.isEmpty ? epoch : epochs[shard] }

    /// The same without some shards.
    package func without(_ shards: Set<Int>) -> Lease {
        if shards.isEmpty || epochs.isEmpty { return self }
        var rest = epochs
        for shard in shards { rest[shard] = 0 }
        return Lease(epoch: epoch, epochs: rest)
    }
}
