import JournalSQLite
import Pipeline
import PipelineTesting

/// The real SQLite in a folder of the real disk.
final class PlainBackend: SteppedBackend {
    let journal: SteppedJournal

    init(folder: String, time: any Timekeeper) throws(JournalError) {
        journal = try SteppedJournal(
            file: folder + "/journal.sqlite", disk: "unix", secret: Key128(high: 1, low: 2), time: time, digester: testDigester())
    }

    func step(_ group: [JournalOperation]) -> [JournalCompletion]? { translated(group) }

    /// As the writer's thread does.
    func housekeeping(_ chance: inout Chance) -> Bool {
        if journal.walPages >= 512 { journal.checkpoint() }
        return journal.failure == nil
    }

    func setFull(_ full: Bool) {}
    func failSyncs() {}
    func reopened(power: Bool) -> (any Backend)? { nil }
}
