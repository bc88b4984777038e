import Foundation  // String(format:)
import JournalSQLite

/// What the machine can do without us: the disk, and SQLite with the journal's own statements on one thread.
struct BenchBaseline {
    /// One append of 2 KB and fdatasync, milliseconds at the median.
    let syncMilliseconds: Double
    let syncsPerSecond: Double
    /// Whole lives of a 2 KB message a second: accept, plan, active, settle, audit, in groups as the writer makes them.
    let wholeLife: Double
    /// Accepts alone a second.
    let accepts: Double

    static func measure(in folder: String, seconds: Double) throws -> BenchBaseline {
        let disk = try JournalBench.disk(in: folder, seconds: seconds)
        let life = try JournalBench.wholeLife(in: folder, seconds: seconds)
        let accepts = try JournalBench.acceptsAlone(in: folder, seconds: seconds)
        return BenchBaseline(syncMilliseconds: disk.medianMilliseconds, syncsPerSecond: disk.perSecond, wholeLife: life, accepts: accepts)
    }

    func print() {
        Say.line(
            fr: "disque : \(Int(syncsPerSecond)) écritures de 2 Ko + fdatasync par seconde, médiane \(String(format: "%.3f", syncMilliseconds)) ms",
            en: "disk: \(Int(syncsPerSecond)) appends of 2 KB + fdatasync a second, median \(String(format: "%.3f", syncMilliseconds)) ms")
        Say.line(
            fr: "SQLite seul : \(Int(wholeLife)) vies de message par seconde, \(Int(accepts)) acceptations seules",
            en: "SQLite alone: \(Int(wholeLife)) lives of a message a second, \(Int(accepts)) accepts alone")
    }
}
