import Foundation  // String(format:)
import JournalSQLite

/// What the machine can do without us: the disk, and SQLite with the journal's own statements on one thread.
struct BenchBaseline {
    /// One append of 2 KB and fdatasync, milliseconds.
    let syncMilliseconds: Double
    /// Whole lives of a 2 KB message a second (accept, plan, active, settle, audit), in groups of as many as the links send at once.
    let wholeLife: Double
    /// Accepts alone a second.
    let accepts: Double

    /// Measures in a folder; `group` messages a transaction.
    static func measure(in folder: String, group: Int) throws -> BenchBaseline {
        let figures = try JournalBench.run(directory: folder + "/sqlite", group: group, time: SystemTime())
        return BenchBaseline(syncMilliseconds: 1000 / max(figures.syncs, 1), wholeLife: figures.wholeLife, accepts: figures.accepted)
    }

    /// Says it.
    func say() {
        let sync = String(format: "%.3f", syncMilliseconds)
        Say.line(fr: "disque : ajout de 2 Ko + fdatasync en \(sync) ms", en: "disk: append of 2 KB + fdatasync in \(sync) ms")
        Say.line(
            fr: "SQLite seul : \(Int(wholeLife)) vies de message par seconde, \(Int(accepts)) acceptations seules",
            en: "SQLite alone: \(Int(wholeLife)) lives of a message a second, \(Int(accepts)) accepts alone")
    }
}
