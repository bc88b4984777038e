import JournalSQLite
import Pipeline
import PipelineTesting

/// The real SQLite on a disk that can die, fill up, lie, and lose what was not synced.
final class SQLiteBackend: Backend {
    private let journal: SteppedJournal
    private let disk: FakeDisk
    private let seed: UInt64
    private let time: any Timekeeper
    private let fuse: Fuse
    private let plant: Plant?

    private static let folder = "/simulated"
    private static let file = folder + "/journal.sqlite"
    private static let secret = Key128(high: 1, low: 2)

    /// A new journal. The empty database is made once and copied: it is the same for every seed.
    static func fresh(seed: UInt64, time: any Timekeeper, fuse: Fuse, plant: Plant?) throws(JournalError) -> SQLiteBackend {
        try SQLiteBackend(empty.get().copy(), seed: seed, time: time, fuse: fuse, plant: plant)
    }

    private static let empty = Result<FakeDisk, JournalError> { () throws(JournalError) in
        let disk = FakeDisk()
        disk.mount(folder)
        defer { FakeDisk.unmount(folder) }
        _ = try SteppedJournal(file: file, disk: FakeDisk.vfs, secret: secret, time: ManualClock(), digester: testDigester())
        return disk
    }

    private init(_ disk: FakeDisk, seed: UInt64, time: any Timekeeper, fuse: Fuse, plant: Plant?) throws(JournalError) {
        (self.disk, self.seed, self.time, self.fuse, self.plant) = (disk, seed, time, fuse, plant)
        disk.mount(Self.folder)
        disk.decide { operation, path in
            if fuse.burn() { return .broken }
            if operation == .sync, plant?.lies(path) ?? false { return .lie }
            return .go
        }
        journal = try SteppedJournal(file: Self.file, disk: FakeDisk.vfs, secret: Self.secret, time: time, digester: testDigester())
    }

    var epoch: Int64 { journal.epoch }
    var hash: SipHash { journal.hash }

    func step(_ group: [JournalOperation]) -> [JournalCompletion]? {
        let done = journal.step(group.map(Self.translated))
        return fuse.isBurnt ? nil : done.map(Self.translated)
    }

    /// The log is moved early and often: what takes a megabyte of it in production must happen to a handful of messages here.
    func housekeeping(_ chance: inout Chance) -> Bool {
        if journal.failure == nil, journal.walPages >= 8, chance.percent(25) { journal.checkpoint() }
        return !fuse.isBurnt
    }

    func setFull(_ full: Bool) { disk.limit(to: full ? disk.size(Self.file + "-wal") ?? 0 : nil) }
    var isBroken: Bool { journal.failure != nil }
    func failSyncs() { disk.failSyncs() }

    func reopened(power: Bool) -> (any Backend)? {
        var chance = Chance(seed)
        let next = chance.next()
        disk.decide(nil)
        let found = power ? disk.losePower(SeededRandom(next)) : disk.copy()
        do throws(JournalError) {
            return try SQLiteBackend(found, seed: next, time: time, fuse: fuse, plant: plant)
        } catch {
            return nil
        }
    }

    func bytes(_ seq: Seq) throws(JournalError) -> [UInt8]? { try journal.bytes(seq) }
    func unrouted(after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] { try journal.unrouted(after: seq, limit: limit) }
    func unrouted(key: UInt64, after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] {
        try journal.unrouted(key: key, after: seq, limit: limit)
    }
    func due(now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?) throws(JournalError) -> [Delivery] {
        try journal.due(now: now, limit: limit, excluding: excluding, resting: resting, of: deliveryClass)
    }
    func nextDue() throws(JournalError) -> Instant? { try journal.nextDue() }
    func delivery(carrying tokens: [Token]) throws(JournalError) -> StoredDelivery? { try journal.delivery(carrying: tokens) }
    func find(_ query: Query) throws(JournalError) -> Page { try journal.find(query) }
    func blockedKeys() throws(JournalError) -> [DeliveryID: OrderKeys] { try journal.blockedKeys() }
    func marked() throws(JournalError) -> Set<Seq> { try journal.marked() }

    private static func translated(_ operation: JournalOperation) -> WriteOperation {
        switch operation {
        case .accept(let acceptance): .accept(acceptance)
        case .plan(let plans, let lease): .plan(plans, lease)
        case .settle(let settlements, let next, let lease, let now): .settle(settlements, activate: next, lease, now: now)
        case .record(let facts, let id, let attempt, let lease): .record(facts, id, attempt: attempt, lease)
        case .report(let report, let id, let carrier, let emitted, let now): .report(report, id, carriedBy: carrier, emitted, now: now)
        case .command(let command, let id, let version, let emitted, let person, let now, let tokens):
            .command(command, id, expecting: version, emitted, by: person, now: now, tokens: tokens)
        case .mark(let group): .mark(group)
        case .note(let word, let reason, let person, let now): .note(word, reason, by: person, now: now)
        case .noteTime(let now): .noteTime(now)
        case .remove(let level, let seqs, let now): .remove(level, seqs, now: now)
        case .erase(let seqs, let evenAwaited, let person, let now): .erase(seqs, evenAwaited: evenAwaited, by: person, now: now)
        }
    }

    private static func translated(_ completion: WriteCompletion) -> JournalCompletion {
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
