import JournalSQLite
import Pipeline
import PipelineTesting

/// A backend that is the real SQLite: its questions, and its writes in the words of the writer.
protocol SteppedBackend: Backend {
    var journal: SteppedJournal { get }
}

extension SteppedBackend {
    var epoch: Int64 { journal.epoch }
    var hash: SipHash { journal.hash }
    var isBroken: Bool { journal.failure != nil }

    func bytes(_ seq: Seq) throws(JournalError) -> [UInt8]? { try journal.bytes(seq) }
    func unrouted(after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] { try journal.unrouted(after: seq, limit: limit) }
    func unrouted(key: UInt64, after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] {
        try journal.unrouted(key: key, after: seq, limit: limit)
    }
    func due(now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?) throws(JournalError) -> [Delivery] {
        try journal.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass)
    }
    func following(_ heads: [Delivery], each: Int) throws(JournalError) -> [Delivery] { try journal.following(heads, each: each) }
    func nextDue() throws(JournalError) -> Instant? { try journal.nextDue() }
    func delivery(carrying tokens: [Token]) throws(JournalError) -> StoredDelivery? { try journal.delivery(carrying: tokens) }
    func find(_ query: Query) throws(JournalError) -> Page { try journal.find(query) }
    func blockedKeys() throws(JournalError) -> [DeliveryID: OrderKeys] { try journal.blockedKeys() }
    func marked() throws(JournalError) -> Set<Seq> { try journal.marked() }

    /// Commits a group.
    func translated(_ group: [JournalOperation]) -> [JournalCompletion] { journal.step(group.map { translated($0) }).map { translated($0) } }

    private func translated(_ operation: JournalOperation) -> WriteOperation {
        switch operation {
        case .accept(let acceptance): .accept(acceptance)
        case .plan(let plans, let lease): .plan(plans, lease)
        case .settle(let settlements, let next, let lease, let now): .settle(settlements, activate: next, lease, now: now)
        case .record(let facts, let id, let attempt, let lease): .record(facts, id, attempt: attempt, lease)
        case .report(let report, let id, let carrier, let emitted, let now): .report(report, id, carriedBy: carrier, emitted, now: now)
        case .command(let command, let id, let version, let emitted, let person, let now, let tokens):
            .command(command, id, expecting: version, emitted, by: person, now: now, tokens: tokens)
        case .restore(let body, let seq, let now): .restore(body, of: seq, now: now)
        case .mark(let group): .mark(group)
        case .note(let word, let reason, let person, let now): .note(word, reason, by: person, now: now)
        case .noteTime(let now): .noteTime(now)
        case .thin(let before): .thin(before: before)
        case .remove(let level, let seqs, let now): .remove(level, seqs, now: now)
        case .erase(let seqs, let evenAwaited, let person, let now): .erase(seqs, evenAwaited: evenAwaited, by: person, now: now)
        }
    }

    private func translated(_ completion: WriteCompletion) -> JournalCompletion {
        switch completion {
        case .receipt(let receipt): .receipt(receipt)
        case .planned(let ids): .planned(ids)
        case .settled(let settled): .settled(settled)
        case .messages(let messages): .messages(messages)
        case .removed(let removal): .removed(removal)
        case .erased(let erased): .erased(erased)
        case .done, .more: .done
        case .failed(let error): .failed(error)
        }
    }
}
