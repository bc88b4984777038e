import Foundation
import JournalSQLite
import Pipeline
import Testing

@Suite("Speed")
struct BenchTests {
    private struct Wall: Timekeeper {
        var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        var uptime: UInt64 { 0 }
        func sleep(until deadline: Instant) async {}
    }

    @Test("one thread carries messages through their whole life (the figures are printed; PASSERELLE_BENCH=count for more)")
    func wholeLife() throws {
        let scratch = Scratch()
        let count = ProcessInfo.processInfo.environment["PASSERELLE_BENCH"].flatMap { Int($0) } ?? 2000
        let figures = try JournalBench.run(directory: scratch.path, count: count, time: Wall())
        print(
            """
            journal: accept \(Int(figures.accepted))/s, whole life \(Int(figures.wholeLife))/s, one lane \(Int(figures.oneLane))/s, \
            commit p99 \(figures.commit99) ms, \(figures.processor) µs of CPU a message, disk \(Int(figures.syncs)) syncs/s
            """)
        #expect(figures.wholeLife > 0 && figures.oneLane > 0)
    }
}
