import Pipeline
import PipelineTesting

/// The journal as the engine sees it: writes wait until the world commits a group. Whatever is committed is told to the model before anybody else.
// @unchecked: a world runs on one thread.
class SimulatedJournal: Journal, @unchecked Sendable {
    private struct Pending {
        let operation: JournalOperation
        /// As the model sees it.
        let shown: JournalOperation
        let done: @Sendable (JournalCompletion) -> Void
    }
    /// The world's: what is left of a dead process keeps no database open.
    unowned let backend: any Backend
    let hash: SipHash
    private let committed: (JournalOperation, JournalCompletion) -> Void
    private let digester: Digester
    private var intake: [Pending] = []
    private var outgoing: [Pending] = []
    /// The engine that it served is dead.
    private(set) var isDead = false
    /// What the listeners are told.
    final var isOpen = true
    var hasRoom: Bool { isOpen }

    init(_ backend: any Backend, digester: Digester, committed: @escaping (JournalOperation, JournalCompletion) -> Void) {
        (self.backend, self.digester, self.committed, hash) = (backend, digester, committed, backend.hash)
    }

    /// Writes that wait for a commit.
    var waitingCount: Int { intake.count + outgoing.count }

    /// Commits a group of what waits, settlements and plans first as the writer's thread does, sometimes the other way round. What was in a group that
    /// the disk did not survive is returned, or what it said no to and broke: it may be on it.
    func commit(_ chance: inout Chance) -> [JournalOperation]? {
        let some = chance.percent(50) ? Int.max : 1 + chance.below(4)
        let first = Array(outgoing.prefix(some)), second = Array(intake.prefix(max(some - first.count, chance.percent(50) ? 1 : 0)))
        outgoing.removeFirst(first.count)
        intake.removeFirst(second.count)
        let group = chance.percent(10) ? second + first : first + second
        if group.isEmpty { return nil }
        guard let done = backend.step(group.map(\.operation)) else {
            for pending in group { lose(pending) }
            return group.map(\.shown)
        }
        if backend.isBroken {
            for pending in group { lose(pending) }
            return group.map(\.shown)
        }
        for (pending, completion) in zip(group, done) { committed(pending.shown, completion) }
        for (pending, completion) in zip(group, done) { pending.done(completion) }
        return nil
    }

    /// The process dies. Who waits is told `closed`, so that its tasks end; nobody is left to hear of it.
    func die() {
        isDead = true
        let lost = outgoing + intake
        (intake, outgoing) = ([], [])
        for pending in lost { lose(pending) }
    }

    private func lose(_ pending: Pending) { if case .accept = pending.operation { return } else { pending.done(.failed(.closed)) } }

    /// Settlements that were handed in and not committed: a process that is slow to die hands them in after its time.
    var unsettled: [JournalOperation] { outgoing.map(\.operation).filter { if case .settle = $0 { true } else { false } } }

    /// A write that nobody waits for.
    func handIn(_ operation: JournalOperation, shown: JournalOperation) {
        if !isDead { outgoing.append(Pending(operation: operation, shown: shown) { _ in }) }
    }

    private func put(_ operation: JournalOperation, _ done: @escaping @Sendable (JournalCompletion) -> Void) {
        if isDead { return done(.failed(.closed)) }
        if case .accept = operation {
            intake.append(Pending(operation: operation, shown: operation, done: done))
        } else {
            outgoing.append(Pending(operation: operation, shown: operation, done: done))
        }
    }

    private func write(_ operation: JournalOperation) async throws(JournalError) -> JournalCompletion {
        let completion = await withCheckedContinuation { continuation in put(operation) { continuation.resume(returning: $0) } }
        if case .failed(let error) = completion { throw error }
        return completion
    }

    private func alive() throws(JournalError) { if isDead { throw .closed } }

    // MARK: Journal

    func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) {
        if isDead { return }
        put(.accept(acceptance)) { completion in
            switch completion {
            case .receipt(let receipt): done(.success(receipt))
            case .failed(let error): done(.failure(error))
            default: done(.failure(.broken("another completion")))
            }
        }
    }

    func spool(_ id: MessageID, received: Instant) throws(JournalError) -> (any BodySpool)? { nil }

    func bytes(of message: Message) async throws(JournalError) -> [UInt8] {
        try alive()
        let kept: [UInt8]? = if case .bytes(let bytes) = message.body { bytes } else { try backend.bytes(message.seq) }
        guard let kept, digester.sha256(kept) == message.digest else { throw .damaged(message.seq) }
        return kept
    }

    func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        try alive()
        return try backend.unrouted(after: seq, limit: limit)
    }

    func unrouted(key: UInt64, after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        try alive()
        return try backend.unrouted(key: key, after: seq, limit: limit)
    }

    func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] {
        guard case .planned(let ids) = try await write(.plan(plans, lease)) else { return [] }
        return ids
    }

    func lease() async throws(JournalError) -> Lease { Lease(epoch: backend.epoch) }

    func due(_ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?)
        async throws(JournalError) -> [Delivery]
    {
        try alive()
        return try backend.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass)
    }

    func following(_ heads: [Delivery], each: Int) async throws(JournalError) -> [Delivery] {
        try alive()
        return try backend.following(heads, each: each)
    }

    func nextDue(_ lease: Lease) async throws(JournalError) -> Instant? {
        try alive()
        return try backend.nextDue()
    }

    func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled {
        guard case .settled(let settled) = try await write(.settle(settlements, activate: next, lease, now: now)) else {
            return Settled(activated: [:], emitted: [])
        }
        return settled
    }

    func record(_ facts: [String: String], for delivery: DeliveryID, attempt: Int, _ lease: Lease) async throws(JournalError) {
        _ = try await write(.record(facts, delivery, attempt: attempt, lease))
    }

    func delivery(carrying tokens: [Token]) async throws(JournalError) -> StoredDelivery? {
        try alive()
        return try backend.delivery(carrying: tokens)
    }

    func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant)
        async throws(JournalError) -> [Message]
    {
        guard case .messages(let messages) = try await write(.report(report, delivery, carriedBy: message, emitted, now: now)) else { return [] }
        return messages
    }

    func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message] {
        let operation = JournalOperation.command(command, delivery, expecting: version, emitted, by: person, now: now, tokens: tokens)
        guard case .messages(let messages) = try await write(operation) else { return [] }
        return messages
    }

    func find(_ query: Query) async throws(JournalError) -> Page {
        try alive()
        return try backend.find(query)
    }

    func blockedKeys() async throws(JournalError) -> [DeliveryID: OrderKeys] {
        try alive()
        return try backend.blockedKeys()
    }

    func note(_ word: GatewayWord, _ reason: Reason, by person: String, now: Instant) async throws(JournalError) {
        _ = try await write(.note(word, reason, by: person, now: now))
    }

    func restore(_ body: Body, of seq: Seq, now: Instant) async throws(JournalError) { _ = try await write(.restore(body, of: seq, now: now)) }
    func mark(_ group: Set<Seq>) async throws(JournalError) { _ = try await write(.mark(group)) }

    func marked() async throws(JournalError) -> Set<Seq> {
        try alive()
        return try backend.marked()
    }

    func close() async {}
}
