import Foundation  // String(format:)
import Glibc
import JournalSQLite

/// What the machine can do without us: the disk, and SQLite with the journal's own statements on one thread.
struct BenchBaseline {
    /// One append of 2 KB and fdatasync, milliseconds, at the median.
    let syncMilliseconds: Double
    /// Whole lives of a 2 KB message a second (accept, plan, active, settle, audit), in groups of as many as the links send at once.
    let wholeLife: Double
    /// Accepts alone a second.
    let accepts: Double

    /// Measures in a folder; `group` messages a transaction.
    static func measure(in folder: String, group: Int) throws -> BenchBaseline {
        let figures = try JournalBench.run(directory: folder + "/sqlite", group: group, time: SystemTime())
        return BenchBaseline(syncMilliseconds: medianSync(in: folder), wholeLife: figures.wholeLife, accepts: figures.accepted)
    }

    /// The median of a thousand appends of 2 KB, each made durable: what one acknowledged message must wait for at least.
    private static func medianSync(in folder: String) -> Double {
        let path = folder + "/disk"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return 0 }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 2048)
        let clock = ContinuousClock()
        let times = (0..<1000).map { _ in
            clock.measure {
                _ = page.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                _ = fdatasync(file)
            }
        }.sorted()
        return Double(times[500].components.attoseconds) / 1e15
    }

    /// Says it.
    func say() {
        let sync = String(format: "%.3f", syncMilliseconds)
        Say.line(fr: "disque : ajout de 2 Ko + fdatasync en \(sync) ms (médiane)", en: "disk: append of 2 KB + fdatasync in \(sync) ms (median)")
        Say.line(
            fr: "SQLite seul : \(Int(wholeLife)) vies de message par seconde, \(Int(accepts)) acceptations seules",
            en: "SQLite alone: \(Int(wholeLife)) lives of a message a second, \(Int(accepts)) accepts alone")
    }
}
