import JournalSQLite
import Pipeline
import PipelineTesting

/// The real SQLite on a disk that can die, fill up, lie, and lose what was not synced.
final class SQLiteBackend: SteppedBackend {
    let journal: SteppedJournal
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

    func step(_ group: [JournalOperation]) -> [JournalCompletion]? {
        let done = translated(group)
        return fuse.isBurnt ? nil : done
    }

    /// The log is moved early and often: what takes a megabyte of it in production must happen to a handful of messages here.
    func housekeeping(_ chance: inout Chance) -> Bool {
        if journal.failure == nil, journal.walPages >= 8, chance.percent(25) { journal.checkpoint() }
        return !fuse.isBurnt
    }

    func setFull(_ full: Bool) { disk.limit(to: full ? disk.size(Self.file + "-wal") ?? 0 : nil) }
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
}
