import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("The life of a message")
struct EngineTests {
    private func ok() -> StubSender { StubSender { _ in .delivered(Proof(answer: "ok")) } }

    @Test("a message that was accepted is answered AA, delivered once, and settled")
    func delivered() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.delivered] }
        }
        #expect(harness.answer("m1") == "AA")
        #expect(sender.controls == ["m1"])
    }

    @Test("a check that finds an error answers AE and nothing is delivered", arguments: [false, true])
    func refused(heavy: Bool) async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(checks: [BadCheck(heavy: heavy)])])
        try await harness.run {
            harness.receive("m1", "bad=101")
            try await harness.until { harness.answer("m1") != nil }
            harness.receive("m2")
            try await harness.until { !sender.controls.isEmpty }
        }
        #expect(harness.answer("m1") == "AE 101")
        #expect(sender.controls == ["m2"])
    }

    @Test("a message that no route takes is refused where somebody waits for the answer")
    func unmatched() async throws {
        let harness = try await EngineHarness(senders: [:], routes: [])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { harness.answer("m1") != nil }
        }
        #expect(harness.answer("m1") == "AE 200")
    }

    @Test("a repeat is answered the same and not delivered again; the id with other content is refused")
    func repeats() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.delivered] }
            harness.receive("m1", as: "again")
            harness.receive("m1", "a=2", as: "other")
            try await harness.until { harness.answer("again") != nil && harness.answer("other") != nil }
        }
        #expect(harness.answer("again") == "AA")
        #expect(harness.answer("other") == "AE 207")
        #expect(sender.controls == ["m1"])
    }

    @Test("after an AE the same id may come again, corrected")
    func corrected() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(checks: [BadCheck(heavy: true)])])
        try await harness.run {
            harness.receive("m1", "bad=103")
            harness.receive("m1", "a=2", as: "corrected")  // while the first is perhaps undecided
            try await harness.until { harness.answer("m1") != nil && harness.answer("corrected") != nil }
            try await harness.until { !sender.controls.isEmpty }
        }
        #expect(harness.answer("m1") == "AE 103")
        #expect(harness.answer("corrected") == "AA")
    }

    @Test("a patient's messages leave in order, past deferrals; another patient's do not wait")
    func order() async throws {
        let tries = Mutex(0)
        let sender = StubSender { delivery in
            if delivery.message.envelope.controlID == "m1",
                tries.withLock({
                    $0 += 1; return $0 < 3
                })
            {
                return .deferred(Reasons.full)
            }
            return .delivered(Proof(answer: "ok"))
        }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1", patient: 1)
            harness.receive("m2", patient: 1)
            harness.receive("n1", patient: 2)
            try await harness.until { try await harness.states() == [.delivered, .delivered, .delivered] }
        }
        #expect(sender.controls.filter { $0 != "n1" } == ["m1", "m1", "m1", "m2"])
        #expect((sender.controls.firstIndex(of: "n1") ?? 9) < 3)
    }

    @Test("an unknown outcome is sent again, and its sender is told that it was unknown")
    func unknown() async throws {
        let sender = StubSender { $0.attempt == 1 ? .unknown(Reasons.farEndAway()) : .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.delivered] }
        }
        #expect(sender.sent.map(\.unknown) == [false, true])
    }

    @Test("what was active when the process died is unknown: sent again by the next process, once")
    func crash() async throws {
        let never = StubSender { _ in .deferred(Reasons.full, retryAfter: .seconds(3600)) }
        let first = try await EngineHarness(senders: ["s": never], routes: [EngineHarness.route()])
        try await first.run {
            first.receive("m1")
            try await first.until { !never.controls.isEmpty }
        }
        let sender = ok()
        let second = try await EngineHarness(journal: first.journal.crash(), clock: first.clock, senders: ["s": sender], routes: [EngineHarness.route()])
        first.clock.advance(by: .seconds(7200))
        try await second.run { try await second.until { try await second.states() == [.delivered] } }
        #expect(sender.controls == ["m1"])
    }

    @Test(
        "after a restart without its route, or with a step that fails, a delivery is held: the unchanged message never leaves in its place",
        arguments: [true, false])
    func unbound(hasRoute: Bool) async throws {
        let never = StubSender { _ in .deferred(Reasons.full, retryAfter: .seconds(3600)) }
        let first = try await EngineHarness(senders: ["s": never], routes: [EngineHarness.route(steps: [FailingStep { false }])])
        try await first.run {
            first.receive("m1")
            try await first.until { !never.controls.isEmpty }
        }
        let sender = ok()
        let routes = hasRoute ? [EngineHarness.route(steps: [FailingStep { true }])] : []
        let second = try await EngineHarness(journal: first.journal.crash(), clock: first.clock, senders: ["s": sender], routes: routes)
        first.clock.advance(by: .seconds(7200))
        try await second.run { try await second.until { try await second.states() == [.held] } }
        #expect(sender.controls == [])
        #expect(second.engine.core.alerts.map(\.reason.code) == [hasRoute ? "P0513" : "P0514"])
    }

    @Test("found wanting after a crash, when an AA may have left: held; its repeat is answered AE and closes it, and the id may come again, corrected")
    func rejudged() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(checks: [BadCheck(heavy: false)])])
        try await harness.acceptOnly("m1", "bad=103")
        try await harness.run {
            try await harness.until { try await harness.states() == [.held] }
            harness.receive("m2")
            harness.receive("m1", "bad=103", as: "again")
            try await harness.until { harness.answer("again") != nil }
            harness.receive("m1", "a=2", as: "corrected")
            try await harness.until { sender.controls.count == 2 }
        }
        #expect(harness.answer("again") == "AE 103")
        #expect(harness.answer("corrected") == "AA")
        #expect(try await harness.states() == [.discarded, .delivered, .delivered])
        #expect(sender.controls == ["m2", "m1"])
        #expect(harness.engine.core.alerts.map(\.reason.code) == ["P0503"])
    }

    @Test("released by a person, the repeat of such a message is answered AA: it was taken")
    func rejudgedAndReleased() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(checks: [BadCheck(heavy: false)])])
        try await harness.acceptOnly("m1", "bad=103")
        try await harness.run {
            try await harness.until { try await harness.states() == [.held] }
            let held = try #require(try await harness.journal.find(.deliveries(states: [.held], limit: 1)).deliveries.first)
            try await Commands(engine: harness.engine).perform(.release, on: held.delivery.id, by: "test")
            try await harness.until { sender.controls == ["m1"] }
            harness.receive("m1", "bad=103", as: "again")
            try await harness.until { harness.answer("again") != nil }
        }
        #expect(harness.answer("again") == "AA")
        #expect(sender.controls == ["m1"])
    }

    @Test("a halted sender refuses nobody: the delivery waits and leaves when a person resumes")
    func halted() async throws {
        let mended = Mutex(false)
        let sender = StubSender { _ in mended.withLock { $0 } ? .delivered(Proof(answer: "ok")) : .halted(scope: "s", Reasons.full) }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { harness.engine.dispatcher.halted.keys.contains("s") }
            mended.withLock { $0 = true }
            harness.engine.dispatcher.resume("s")
            try await harness.until { try await harness.states() == [.delivered] }
        }
        #expect(harness.engine.core.alerts.count == 1)
    }

    @Test("a refusal that nobody asked to hear of raises an alert; one that was asked emits its acknowledgement")
    func then() async throws {
        let sender = StubSender { _ in .refused(Reason("550", Text(fr: "non", en: "no"))) }
        let answers = ok()
        let routes = [EngineHarness.route(then: NoteThen()), EngineHarness.route("back", from: ["emitted/note"], to: "back")]
        let harness = try await EngineHarness(senders: ["s": sender, "back": answers], routes: routes)
        try await harness.run {
            harness.receive("m1")
            harness.receive("m2", "ask=1")
            try await harness.until { try await harness.states().filter { $0 == .delivered }.count == 1 }
        }
        #expect(harness.engine.core.alerts.map(\.reason.code) == ["550"])
        #expect(harness.engine.core.refusals.all == ["550": 2], "refusals are counted by their code")
        #expect(answers.controls.count == 1)
    }

    @Test("a report finds its delivery by token, emits once, and a bad one after a good one emits a correction")
    func reports() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "250", reportAwaited: true)) }
        let answers = ok()
        let routes = [EngineHarness.route(), EngineHarness.route("back", from: ["emitted/note"], to: "back")]
        let asked = EngineHarness.route(then: NoteThen())
        let harness = try await EngineHarness(senders: ["s": sender, "back": answers], routes: [asked, routes[1]])
        try await harness.run {
            harness.receive("m1", "ask=1")
            try await harness.until { answers.controls.count == 1 }  // delivered
            harness.receive("d1", "report=m1\nstatus=delivered")
            try await harness.until { answers.controls.count == 2 }
            harness.receive("d2", "report=m1\nstatus=delivered")
            harness.receive("d3", "report=m1\nstatus=failed")
            try await harness.until { answers.controls.count == 3 }
        }
        #expect(answers.controls.count == 3)
    }

    @Test("a report that matches nothing is held, not lost")
    func unmatchedReport() async throws {
        let harness = try await EngineHarness(senders: [:], routes: [])
        try await harness.run {
            harness.receive("d1", "report=nobody")
            try await harness.until { try await harness.states() == [.held] }
        }
    }

    @Test("a route that fails is held and blocks its patient; released, it runs again and the patient goes on in order")
    func routeHeld() async throws {
        let fails = Mutex(true)
        let sender = ok()
        let step = FailingStep { fails.withLock { $0 } }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(steps: [step])])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.held] }
            fails.withLock { $0 = false }
            harness.receive("m2")
            try await harness.until { harness.answer("m2") == "AA" }
            let held = try await harness.journal.find(.deliveries(states: [.held])).deliveries[0]
            try await Commands(engine: harness.engine).perform(.release, on: held.delivery.id, by: "test")
            try await harness.until { sender.controls.count == 2 }
        }
        #expect(sender.controls == ["m1", "m2"])
    }

    @Test("a released route whose deliveries were planned when the process died plans them no second time")
    func releasedOnce() async throws {
        let fails = Mutex(true), sender = ok(), clock = ManualClock()
        let routes = [EngineHarness.route(steps: [FailingStep { fails.withLock { $0 } }])]
        let first = try await EngineHarness(clock: clock, senders: ["s": sender], routes: routes), journal = first.journal
        try await first.run {
            first.receive("m1")
            try await first.until { try await first.states() == [.held] }
        }
        fails.withLock { $0 = false }
        // A process that dies right after the plan.
        let held = try await journal.find(.deliveries(states: [.held])).deliveries[0], id = held.delivery.id
        _ = try await journal.command(.release, on: id, expecting: held.version, emitted: [], by: "test", now: clock.now)
        let dying = try await EngineHarness(journal: journal, clock: clock, senders: ["s": sender], routes: routes), core = dying.engine.core
        #expect(try await journal.settle([], activate: [id], journal.lease(), now: clock.now).activated == [id: 1])
        let reading = try #require(try await core.reading(held.delivery.message))
        let examination = core.examiner.examine(reading, core.examiner.matching(reading), verdict: Verdict(.accepted))
        for _ in 0..<2 { if let hindrance = await dying.engine.planner.add(examination) { Issue.record("\(hindrance)") } }
        #expect(try await first.states() == [.active, .queued])
        let next = try await EngineHarness(journal: journal.crash(), clock: clock, senders: ["s": sender], routes: routes)
        try await next.run { try await next.until { try await next.deliveredCount() == 2 } }
        #expect(try await next.states() == [.delivered, .delivered] && sender.controls == ["m1"])
    }

    @Test("discarding a delivery runs its then, and its lane goes on")
    func discard() async throws {
        let sender = StubSender { delivery in
            delivery.message.envelope.controlID == "m1" ? .held(Reasons.full, owner: .identity) : .delivered(Proof(answer: "ok"))
        }
        let answers = ok()
        let routes = [EngineHarness.route(then: NoteThen()), EngineHarness.route("back", from: ["emitted/note"], to: "back")]
        let harness = try await EngineHarness(senders: ["s": sender, "back": answers], routes: routes)
        try await harness.run {
            harness.receive("m1", "ask=1")
            try await harness.until { try await harness.states().contains(.held) }
            harness.receive("m2")
            let held = try await harness.journal.find(.deliveries(states: [.held])).deliveries[0]
            try await Commands(engine: harness.engine).perform(.discard(Reasons.full), on: held.delivery.id, by: "test")
            try await harness.until { sender.controls.contains("m2") && answers.controls.count == 1 }
        }
    }
}
