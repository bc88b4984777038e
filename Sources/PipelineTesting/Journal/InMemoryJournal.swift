package import Pipeline
import Synchronization

/// A journal in memory, for tests and simulations: `MemoryState` behind a lock.
///
/// `.immediate`: every write is done at once, on the caller. `.stepped`: writes wait until `step` is called, so that a simulation decides when a
/// group is committed and where the process dies.
package final class InMemoryJournal: Journal {
    /// When writes happen.
    package enum Pace: Sendable { case immediate, stepped }

    private struct Waiting {
        let operation: JournalOperation
        let done: @Sendable (JournalCompletion) -> Void
    }
    private struct Guarded {
        var state: MemoryState
        var waiting: [Waiting] = []
        var isClosed = false
        var trouble: JournalError?
        var reserveIsGone = false
    }
    private let guarded: Mutex<Guarded>
    private let pace: Pace
    private let digester: Digester?
    package let hash: SipHash

    /// A journal; bodies are checked when a digester is given.
    package init(
        secret: Key128 = Key128(high: 1, low: 2), time: any Timekeeper = ManualClock(), digester: Digester? = nil, pace: Pace = .immediate
    ) {
        hash = SipHash(secret: secret)
        guarded = Mutex(Guarded(state: MemoryState(hash: hash, time: time)))
        (self.pace, self.digester) = (pace, digester)
    }

    private init(_ state: MemoryState, pace: Pace, digester: Digester?) {
        hash = state.hash
        guarded = Mutex(Guarded(state: state))
        (self.pace, self.digester) = (pace, digester)
    }

    /// The process dies here: what waits is lost and never answered (its callers see `closed`); the journal as the next process opens it.
    package func crash() -> InMemoryJournal {
        let (state, lost) = guarded.withLock { guarded in
            guarded.isClosed = true
            defer { guarded.waiting = [] }
            return (guarded.state, guarded.waiting)
        }
        for waiting in lost { if case .accept = waiting.operation { continue } else { waiting.done(.failed(.closed)) } }
        var next = state
        next.restart()
        return InMemoryJournal(next, pace: pace, digester: digester)
    }

    /// Commits what waits, at most `limit` writes, in order; how many there were.
    @discardableResult package func step(limit: Int = .max) -> Int {
        let done = guarded.withLock { guarded -> [(Waiting, JournalCompletion)] in
            let group = Array(guarded.waiting.prefix(limit))
            guarded.waiting.removeFirst(group.count)
            return Array(zip(group, guarded.state.step(group.map(\.operation))))
        }
        for (waiting, completion) in done { waiting.done(completion) }
        return done.count
    }

    /// How many writes wait for `step`.
    package var waitingCount: Int { guarded.withLock { $0.waiting.count } }
    /// Plays a full disk; `reserve`: there is room left to settle what was taken.
    package func setFull(_ full: Bool, reserve: Bool = true) {
        guarded.withLock { guarded in
            guarded.state.isFull = full
            guarded.reserveIsGone = full && !reserve
        }
    }

    private func write(_ operation: JournalOperation, _ done: @escaping @Sendable (JournalCompletion) -> Void) {
        let now = guarded.withLock { guarded -> JournalCompletion? in
            if guarded.isClosed { return .failed(.closed) }
            if guarded.reserveIsGone { return .failed(.full) }
            if pace == .immediate { return guarded.state.step([operation])[0] }
            guarded.waiting.append(Waiting(operation: operation, done: done))
            return nil
        }
        if let now { done(now) }
    }

    func write(_ operation: JournalOperation) async throws(JournalError) -> JournalCompletion {
        let completion = await withCheckedContinuation { continuation in write(operation) { continuation.resume(returning: $0) } }
        if case .failed(let error) = completion { throw error }
        return completion
    }

    /// From now on bodies, and what is looked for by a person or by a report's token, get this error; nil: an answer again.
    package func trouble(_ error: JournalError?) { guarded.withLock { $0.trouble = error } }

    private func search<T: Sendable>(_ question: (MemoryState) -> T) throws(JournalError) -> T {
        if let trouble = guarded.withLock({ $0.trouble }) { throw trouble }
        return try read(question)
    }

    func read<T: Sendable>(_ question: (MemoryState) -> T) throws(JournalError) -> T {
        let answer = guarded.withLock { $0.isClosed ? nil : question($0.state) }
        guard let answer else { throw .closed }
        return answer
    }

    // MARK: Journal

    package func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) {
        write(.accept(acceptance)) { completion in
            switch completion {
            case .receipt(let receipt): done(.success(receipt))
            case .failed(let error): done(.failure(error))
            default: done(.failure(.broken("another completion")))
            }
        }
    }

    package func spool(_ id: MessageID, received: Instant) throws(JournalError) -> (any BodySpool)? { nil }

    package func bytes(of message: Message) async throws(JournalError) -> [UInt8] {
        let row = try search { $0.message(message.seq) }
        if let removal = row?.removal { throw .refused(JournalReasons.gone(removal)) }
        let kept = row?.message ?? message
        guard case .bytes(let bytes) = kept.body else { throw .damaged(message.seq) }
        if let digester, digester.sha256(bytes) != message.digest { throw .damaged(message.seq) }
        return bytes
    }

    package func restore(_ body: Body, of seq: Seq, now: Instant) async throws(JournalError) { _ = try await write(.restore(body, of: seq, now: now)) }

    package func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] { try read { $0.unrouted(after: seq, limit: limit) } }

    package func unrouted(key: UInt64, after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        try read { $0.unrouted(key: key, after: seq, limit: limit) }
    }

    package func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] {
        guard case .planned(let ids) = try await write(.plan(plans, lease)) else { return [] }
        return ids
    }

    package func lease() async throws(JournalError) -> Lease { Lease(epoch: try read { $0.epoch }) }

    package func due(
        _ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?
    ) async throws(JournalError) -> [Delivery] {
        try read { $0.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass) }
    }

    package func following(_ heads: [Delivery], each: Int) async throws(JournalError) -> [Delivery] { try read { $0.following(heads, each: each) } }

    package func nextDue(_ lease: Lease) async throws(JournalError) -> Instant? { try read { $0.nextDue() } }

    package func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled {
        guard case .settled(let settled) = try await write(.settle(settlements, activate: next, lease, now: now)) else {
            return Settled(activated: [:], emitted: [])
        }
        return settled
    }

    package func record(_ facts: [String: String], for delivery: DeliveryID, attempt: Int, _ lease: Lease) async throws(JournalError) {
        _ = try await write(.record(facts, delivery, attempt: attempt, lease))
    }

    package func delivery(carrying tokens: [Token]) async throws(JournalError) -> StoredDelivery? { try search { $0.delivery(carrying: tokens) } }

    package func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant)
        async throws(JournalError) -> [Message]
    {
        guard case .messages(let messages) = try await write(.report(report, delivery, carriedBy: message, emitted, now: now)) else { return [] }
        return messages
    }

    package func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message] {
        let operation = JournalOperation.command(command, delivery, expecting: version, emitted, by: person, now: now, tokens: tokens)
        guard case .messages(let messages) = try await write(operation) else { return [] }
        return messages
    }

    package func find(_ query: Query) async throws(JournalError) -> Page { try search { $0.find(query) } }
    package func blockedKeys() async throws(JournalError) -> [DeliveryID: OrderKeys] { try read { $0.blockedKeys() } }
    package func mark(_ group: Set<Seq>) async throws(JournalError) { _ = try await write(.mark(group)) }
    package func note(_ word: GatewayWord, _ reason: Reason, by person: String, now: Instant) async throws(JournalError) {
        _ = try await write(.note(word, reason, by: person, now: now))
    }
    package func marked() async throws(JournalError) -> Set<Seq> { try read { $0.marked } }
    package var hasRoom: Bool { guarded.withLock { !$0.state.isFull } }
    package var strain: Reason? { hasRoom ? nil : Reasons.full }

    package func close() async {
        step()
        guarded.withLock { $0.isClosed = true }
    }
}
