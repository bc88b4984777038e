import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("A lane that waits in the journal alone")
struct LaneFromJournalTests {
    @Test("its deliveries leave one after the other, as soon as each one before is settled, and not when the journal is asked anyway")
    func chain() async throws {
        let clock = ManualClock(), journal = InMemoryJournal(time: clock, pace: .stepped), isOver = Mutex(false)
        // A journal whose commits take longer than a question to it.
        let writer = Task {
            while !isOver.withLock({ $0 }) {
                for _ in 0..<20 { await Task.yield() }
                journal.step()
            }
        }
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(journal: journal, clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
        let lane = Lane(7), lease = try await journal.lease()
        // Planned by a process that is gone, or by another gateway.
        for seq in 1...6 {
            try await harness.acceptOnly("m\(seq)", "a=1")
            let planned = PlannedDelivery(
                id: Delivery.id(Seq(seq), 0), key: Key128(high: 1, low: UInt64(seq)), route: "r", destination: "r/d", sender: "s", lane: lane, state: .queued)
            _ = try await journal.plan([Plan(seq: Seq(seq), verdict: Verdict(.accepted), deliveries: [planned])], lease)
        }
        try await harness.run {
            let start = clock.now
            try await harness.until { sender.controls.count == 6 }
            // Asked every five seconds anyway.
            #expect(clock.now - start < .seconds(20))
        }
        #expect(sender.controls == (1...6).map { "m\($0)" })
        isOver.withLock { $0 = true }
        await writer.value
    }
}
