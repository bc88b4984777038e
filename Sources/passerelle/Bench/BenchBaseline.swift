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
    static func medianSync(in folder: String) -> Double {
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

    /// Megabytes a second of one file written from its start to its end in pieces of 1 MB, synced at the end: what the disk takes at best.
    static func sequentialWrite(in folder: String, megabytes: Int = 512) -> Double {
        let path = folder + "/disk"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return 0 }
        defer {
            close(file)
            unlink(path)
        }
        var chance = SystemRandomNumberGenerator()
        let piece = (0..<(1 << 17)).flatMap { _ in withUnsafeBytes(of: chance.next() as UInt64) { Array($0) } }
        let start = Uptime.now
        for _ in 0..<megabytes { _ = piece.withUnsafeBytes { write(file, $0.baseAddress, $0.count) } }
        _ = fdatasync(file)
        return Double(megabytes) * 1.048576 / (Double(Uptime.now - start) / 1e9)
    }

    /// Says it.
    func say(_ report: BenchReport) {
        report.begin(Machine.description)
        report.add("fdatasync", syncMilliseconds, "ms")
        report.add("sqlite_life", wholeLife, "/s")
        report.add("sqlite_accept", accepts, "/s")
    }
}
