import Pipeline
import PipelineTesting
import Synchronization
import Testing

@Suite("The deterministic simulation")
struct SimulationTests {
    private final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    /// Tasks, a group, a stepped journal and a clock: what happens in which order.
    private func life(_ seed: UInt64) -> [String]? {
        let executor = SeededExecutor(seed), clock = ManualClock(), log = Log()
        let journal = InMemoryJournal(time: clock, digester: testDigester(), pace: .stepped)
        let ended: Bool? = executor.complete(idle: { journal.step(limit: 3) > 0 || clock.advanceToNextSleeper() }) {
            guard let lease = try? await journal.lease() else { return false }
            let t = Harness(journal: journal, lease: lease, clock: clock)
            await withDiscardingTaskGroup { group in
                for link in 0..<4 {
                    group.addTask {
                        for n in 0..<4 {
                            guard let id = try? await t.send("\(link)-\(n)", lane: 1) else { return log.add("no") }
                            log.add("\(link)-\(n) \(id)")
                            await clock.sleep(until: clock.now + .milliseconds(10 * link))
                        }
                    }
                }
            }
            return true
        }
        return ended == true ? log.all : nil
    }

    @Test("the same seed replays the same life; other seeds find other orders")
    func replay() throws {
        var orders: Set<[String]> = []
        for seed in 1...50 as ClosedRange<UInt64> {
            let first = try #require(life(seed)), again = try #require(life(seed))
            #expect(first == again)
            orders.insert(first)
        }
        #expect(orders.count > 20)
    }

    @Test("a process that dies loses what was not committed, and only that")
    func crash() async throws {
        let clock = ManualClock()
        let journal = InMemoryJournal(time: clock, pace: .stepped)
        let t = Harness(journal: journal, lease: try await journal.lease(), clock: clock), answers = Log()
        for n in 0..<5 { journal.accept(Acceptance(t.message("A\(n)"))) { answers.add("\(n) \($0)") } }
        journal.step(limit: 2)
        let next = journal.crash()
        #expect(answers.all.count == 2)
        #expect(try await next.unrouted(after: 0, limit: 9).map(\.message.envelope.controlID) == ["A0", "A1"])
        await #expect(throws: JournalError.closed) { try await journal.unrouted(after: 0, limit: 1) }
    }

    @Test("the clock wakes sleepers in the order of their deadlines, and those that are cancelled at once")
    func clock() async {
        let executor = SeededExecutor(3), clock = ManualClock(Instant(milliseconds: 0)), log = Log()
        let done: Bool? = executor.complete(idle: { clock.advanceToNextSleeper() }) {
            await withTaskGroup(of: Void.self) { group in
                for seconds in [3, 1, 2] {
                    group.addTask {
                        await clock.sleep(until: Instant(milliseconds: Int64(seconds) * 1000))
                        log.add("\(seconds) at \(clock.now.milliseconds)")
                    }
                }
                await group.waitForAll()
                group.addTask { await clock.sleep(until: Instant(milliseconds: 1_000_000_000)) }
                group.cancelAll()
            }
            return clock.now.milliseconds == 3000
        }
        #expect(done == true)
        #expect(log.all == ["1 at 1000", "2 at 2000", "3 at 3000"])
    }
}
