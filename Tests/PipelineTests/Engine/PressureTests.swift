import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("A journal under strain, an engine that stops in the middle")
struct PressureTests {
    /// What arrived at the far end: control id and patient, in order.
    private final class Arrivals: Sendable {
        private let list = Mutex<[(control: String, patient: UInt64, unknown: Bool)]>([])
        var all: [(control: String, patient: UInt64, unknown: Bool)] { list.withLock { $0 } }
        func add(_ delivery: Delivery) {
            let envelope = delivery.message.envelope
            list.withLock { $0.append((envelope.controlID, envelope.keys.patient, delivery.wasUnknown)) }
        }
    }

    @Test("without room newcomers get AR and one alert is raised; what was taken drains to its end; with room again the intake opens by itself")
    func full() async throws {
        let arrivals = Arrivals(), isOpen = Mutex(false)
        let sender = StubSender { delivery in
            guard isOpen.withLock({ $0 }) else { return .deferred(Reason("P0999", Text(fr: "plus tard", en: "later")), retryAfter: .seconds(1)) }
            arrivals.add(delivery)
            return .delivered(Proof(answer: "ok"))
        }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            for n in 0..<60 { harness.receive("m\(n)", patient: UInt64(n % 20 + 1)) }
            try await harness.until { try await harness.states().count == 60 }
            harness.journal.setFull(true)
            try await harness.until { !harness.engine.core.alerts.isEmpty }
            harness.receive("late")
            try await harness.until { harness.answer("late") == "AR" }
            isOpen.withLock { $0 = true }
            try await harness.until { try await harness.deliveredCount() == 60 }
            harness.receive("later")
            try await harness.until { harness.answer("later") == "AR" }
            harness.journal.setFull(false)
            harness.receive("again")
            try await harness.until { try await harness.deliveredCount() == 61 }
        }
        #expect(harness.engine.core.alerts.map(\.reason.code) == ["P0511"])
        #expect(Set(arrivals.all.map(\.control)).count == 61 && arrivals.all.count == 61)
    }

    @Test("a stop on a full disk ends once its time is over; what could not be written is asked for by the next process", .timeLimit(.minutes(2)))
    func stopsWhenFull() async throws {
        let clock = ManualClock(), journal = InMemoryJournal(time: clock, digester: Digester(sha256: EngineHarness.digest))
        let sender = StubSender { delivery in
            if !delivery.wasUnknown { journal.setFull(true, reserve: false) }
            return .delivered(Proof(answer: "ok"))
        }
        let first = try await EngineHarness(journal: journal, clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
        try await first.run {
            first.receive("m1")
            try await first.until { sender.sent.count == 1 }
        }
        #expect(first.breaks.isEmpty, "a stop is no breakdown")
        let left = journal.crash()
        left.setFull(false)
        let second = try await EngineHarness(journal: left, clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
        try await second.run { try await second.until { try await second.deliveredCount() == 1 } }
        #expect(sender.sent.map(\.unknown) == [false, true])
    }

    @Test("an engine that is cancelled stops like one that is asked to: what is under way ends, and is noted")
    func cancelled() async throws {
        let clock = ManualClock(), hasBegun = Mutex(false), ended = Mutex(false)
        let sender = ScriptedSender(resolve: { _ in nil }) { _, _, _ in
            hasBegun.withLock { $0 = true }
            await clock.sleep(until: clock.now + .seconds(2))
            return Task.isCancelled ? .unknown(Reasons.interrupted) : .delivered(Proof(answer: "ok"))
        }
        let harness = try await EngineHarness(clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
        let life = Task {
            try await harness.engine.run()
            ended.withLock { $0 = true }
        }
        try await harness.until { harness.engine.isReady }
        harness.receive("m1")
        try await harness.until { hasBegun.withLock { $0 } }
        life.cancel()
        harness.receive("m2")
        #expect(harness.answer("m2") == "AR")
        try await harness.until { ended.withLock { $0 } }
        #expect(try await harness.states() == [.delivered])
    }

    @Test("what the journal cannot do now is no attempt: a delivery that is older than one is tried for is not given up for it")
    func notGivenUp() async throws {
        let troubles = [Reasons.full, Reasons.away, Reasons.stopping, JournalReasons.tooLong], turn = Mutex(0)
        let sender = StubSender { _ in
            let turn = turn.withLock { turn in
                turn += 1
                return turn
            }
            return turn <= troubles.count ? .deferred(troubles[turn - 1]) : .delivered(Proof(answer: "ok"))
        }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.acceptOnly("m1", "a=1")
        harness.clock.advance(by: .seconds(3 * 86_400))
        try await harness.run { try await harness.until { try await harness.states() == [.delivered] } }
        #expect(sender.sent.map(\.attempt) == [1, 1, 1, 1, 1])
    }

    @Test("an engine that drains in the middle, five times: each message leaves once, in its patient's order, and none is unknown")
    func drained() async throws {
        let arrivals = Arrivals(), clock = ManualClock(), total = 400
        let sender = ScriptedSender(concurrency: 6, resolve: { _ in nil }) { delivery, _, _ in
            arrivals.add(delivery)
            await clock.sleep(until: clock.now + .milliseconds(20))
            return .delivered(Proof(answer: "ok"))
        }
        var journal = InMemoryJournal(time: clock, digester: Digester(sha256: EngineHarness.digest))
        for life in 0..<5 {
            let harness = try await EngineHarness(journal: journal, clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
            try await harness.run {
                if life == 0 {
                    for n in 0..<total { harness.receive("m\(n)", patient: UInt64(n % 25 + 1)) }
                    try await harness.until { (0..<total).allSatisfy { harness.answer("m\($0)") == "AA" } }
                }
                let goal = life == 4 ? total : 70 * (life + 1)
                try await harness.until { arrivals.all.count >= goal }
                if life < 4 { #expect(arrivals.all.count < total, "nothing is left for the next: the test shows nothing") }
                harness.engine.judge.setOpen(false)
                harness.engine.core.drain()
                harness.receive("late\(life)")
                try await harness.until { harness.engine.dispatcher.activeCount == 0 }
            }
            #expect(harness.answer("late\(life)") == "AR", "taken while it stops")
            journal = journal.crash()
        }
        #expect(arrivals.all.count == total && Set(arrivals.all.map(\.control)).count == total, "lost or doubled")
        #expect(arrivals.all.allSatisfy { !$0.unknown }, "a drained engine left something unknown")
        for (patient, mine) in Dictionary(grouping: arrivals.all, by: \.patient) {
            let order = mine.compactMap { Int($0.control.dropFirst()) }
            #expect(order == order.sorted(), "patient \(patient) out of order")
        }
    }
}
