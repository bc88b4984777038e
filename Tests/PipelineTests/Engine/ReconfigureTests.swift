import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("Another configuration while the engine runs")
struct ReconfigureTests {
    private func ok() -> StubSender { StubSender { _ in .delivered(Proof(answer: "ok")) } }

    /// Lets attempts wait until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Mutex(false)
        func open() { isOpen.withLock { $0 = true } }
        func passed() async { while !isOpen.withLock({ $0 }) { await Task.yield() } }
    }

    /// Leaves a note of its version.
    private struct StampStep: Step {
        static let spec = Spec("stamp", Text(fr: "", en: ""))
        let version: String
        init(_ version: String) { self.version = version }
        init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { version = "" }
        var isHeavy: Bool { false }
        func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult {
            draft.notes["version"] = .text(version)
            return .pass
        }
    }

    @Test("a refusal after an attempt that may have arrived raises an alert that says so, and says it with the refusal")
    func refusedAfterUnknown() async throws {
        let sender = ScriptedSender(resolve: { _ in nil }) { _, attempt, n in
            try? await attempt.record(["digest": "ab"])
            return n == 0 ? .unknown(Reason("P0622", Text(fr: "x", en: "x"))) : .refused(Reason("DMPClosed", Text(fr: "DMP fermé", en: "DMP closed")))
        }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.refused] }
        }
        let stored = try await harness.journal.find(.deliveries(states: [.refused])).deliveries[0]
        #expect(stored.reason?.code == "DMPClosed" && stored.reason?.text.en.contains("may have stored") == true)
        #expect(harness.engine.core.alerts.contains { $0.reason.code == "DMPClosed" && $0.reason.text.fr.contains("a pu enregistrer") })
    }

    @Test("from one moment on messages are judged by the new configuration, and the trace names it by its digest")
    func judged() async throws {
        let sender = ok(), route = EngineHarness.route()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [route])
        try await harness.run {
            harness.receive("m1", "bad=1")
            try await harness.until { try await harness.states() == [.delivered] }
            let strict = EngineHarness.route(checks: [BadCheck(heavy: false)])
            await harness.engine.reconfigure(EngineHarness.configuration("second", ["s": sender], [strict]), changed: [])
            harness.receive("m2", "bad=101")
            harness.receive("m3")
            try await harness.until { harness.answer("m2") != nil && sender.controls.count == 2 }
        }
        #expect(["m1", "m2", "m3"].map(harness.answer) == ["AA", "AE 101", "AA"])
        for (control, digest) in [("m1", "first"), ("m2", "second"), ("m3", "second")] {
            let id = try await harness.journal.find(.controlID(control)).messages[0].message.envelope.id
            let trace = try await harness.journal.find(.message(id)).messages[0].trace
            #expect(trace.hasPrefix("configuration \(digest)\n"), "\(control): \(trace)")
        }
    }

    @Test("an old sender ends what it sends before the new one starts; another sender does not wait")
    func drains() async throws {
        let gate = Gate()
        let old = ScriptedSender(concurrency: 2, resolve: { _ in nil }) { _, _, _ in
            await gate.passed()
            return .delivered(Proof(answer: "old"))
        }
        let fresh = ok(), other = ok()
        let routes = [EngineHarness.route(), EngineHarness.route("o", to: "o")]
        let harness = try await EngineHarness(senders: ["s": old, "o": other], routes: routes)
        try await harness.run {
            for patient in 1...8 { harness.receive("m\(patient)", patient: UInt64(patient)) }
            try await harness.until { old.calls.count == 2 && other.controls.count == 8 }
            await harness.engine.reconfigure(EngineHarness.configuration("second", ["s": fresh, "o": other], routes), changed: ["s"])
            harness.receive("m9", patient: 9)
            try await harness.until { other.controls.count == 9 }
            for _ in 0..<500 {
                harness.clock.advance(by: .milliseconds(10))
                await Task.yield()
            }
            #expect(fresh.sent.isEmpty && old.calls.count == 2)
            gate.open()
            try await harness.until { try await harness.states().allSatisfy { $0 == .delivered } }
        }
        let sent = old.calls.map(\.delivery.message.envelope.controlID) + fresh.controls
        #expect(Set(sent).count == 9 && sent.count == 9)
    }

    @Test("a sender that halted is tried again when the configuration changed it, and not when it did not")
    func halts() async throws {
        let wrong = StubSender { _ in .halted(scope: "s", Reason("P0998", Text(fr: "x", en: "x"))) }
        let right = ok()
        let harness = try await EngineHarness(senders: ["s": wrong], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { harness.engine.dispatcher.halted["s"] != nil }
            await harness.engine.reconfigure(EngineHarness.configuration("second", ["s": wrong], [EngineHarness.route()]), changed: [])
            #expect(harness.engine.dispatcher.halted["s"] != nil)
            await harness.engine.reconfigure(EngineHarness.configuration("third", ["s": right], [EngineHarness.route()]), changed: ["s"])
            #expect(harness.engine.dispatcher.halted["s"] == nil)
            try await harness.until { try await harness.states() == [.delivered] }
        }
        #expect(right.controls == ["m1"])
    }

    @Test("a delivery whose sender or destination is gone is held with the reason, and goes on by itself when it is back", arguments: ["sender", "route"])
    func gone(_ what: String) async throws {
        let away = StubSender { _ in .deferred(Reasons.farEndAway()) }, back = ok()
        let harness = try await EngineHarness(senders: ["s": away], routes: [EngineHarness.route()])
        try await harness.run {
            for n in 1...3 { harness.receive("m\(n)", patient: UInt64(n)) }
            try await harness.until { try await harness.states().count == 3 && !away.sent.isEmpty }
            let without = EngineHarness.configuration(
                "second", what == "sender" ? [:] : ["s": away], what == "sender" ? [EngineHarness.route()] : [])
            await harness.engine.reconfigure(without, changed: what == "sender" ? ["s"] : [])
            try await harness.until { try await harness.states() == [.held, .held, .held] }
            let held = try await harness.journal.find(.deliveries(states: [.held])).deliveries
            #expect(Set(held.map { $0.reason?.code }) == [what == "sender" ? "P0501" : "P0514"])
            let released = await harness.engine.reconfigure(EngineHarness.configuration("third", ["s": back], [EngineHarness.route()]), changed: ["s"])
            #expect(released == 3)
            try await harness.until { try await harness.states() == [.delivered, .delivered, .delivered] }
        }
        #expect(Set(back.controls) == ["m1", "m2", "m3"] && back.controls.count == 3)
        let audit = try await harness.journal.find(.audit(1)).audit
        #expect(audit.contains { $0.what == "released" && $0.by == "configuration" })
    }

    @Test("what is held for want of its destination goes on when a start brings that back, and when it could not be looked for at the change")
    func backAfterAStart() async throws {
        let clock = ManualClock(), sender = ok()
        let first = try await EngineHarness(clock: clock, senders: [:], routes: [EngineHarness.route()])
        try await first.run {
            first.receive("m1")
            try await first.until { try await first.states() == [.held] }
        }
        let second = try await EngineHarness(journal: first.journal.crash(), clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
        try await second.run {
            try await second.until { try await second.states() == [.delivered] }
            await second.engine.reconfigure(EngineHarness.configuration("without", [:], [EngineHarness.route()]), changed: ["s"])
            second.receive("m2")
            try await second.until { try await second.states() == [.delivered, .held] }
            second.journal.trouble(.away)
            let back = EngineHarness.configuration("back", ["s": sender], [EngineHarness.route()])
            #expect(await second.engine.reconfigure(back, changed: ["s"]) == 0)
            second.journal.trouble(nil)
            try await second.until { try await second.states() == [.delivered, .delivered] }
        }
    }

    @Test("where the sender is gone and the destination names another, what waits leaves through that one")
    func followed() async throws {
        let away = StubSender { _ in .deferred(Reasons.farEndAway()) }, next = ok()
        let harness = try await EngineHarness(senders: ["s": away], routes: [EngineHarness.route()])
        try await harness.run {
            for n in 1...20 { harness.receive("m\(n)", patient: UInt64(n % 4 + 1)) }
            try await harness.until { try await harness.states().count == 20 && !away.sent.isEmpty }
            await harness.engine.reconfigure(EngineHarness.configuration("second", ["t": next], [EngineHarness.route(to: "t")]), changed: ["s", "t"])
            try await harness.until { try await harness.states().allSatisfy { $0 == .delivered } }
        }
        #expect(next.controls.count == 20 && Set(next.controls).count == 20)
        #expect(harness.engine.dispatcher.activeCount == 0)
    }

    @Test("what waits leaves with what the steps in force make of it")
    func bound() async throws {
        let away = Mutex(true), versions = Mutex<[String]>([])
        let sender = StubSender { delivery in
            if away.withLock({ $0 }) { return .deferred(Reasons.farEndAway()) }
            versions.withLock { $0.append(delivery.notes["version"]?.text ?? "none") }
            return .delivered(Proof(answer: "ok"))
        }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(steps: [StampStep("1")])])
        try await harness.run {
            for n in 1...3 { harness.receive("m\(n)") }
            try await harness.until { try await harness.states().count == 3 && !sender.sent.isEmpty }
            await harness.engine.reconfigure(
                EngineHarness.configuration("second", ["s": sender], [EngineHarness.route(steps: [StampStep("2")])]), changed: [])
            away.withLock { $0 = false }
            try await harness.until { try await harness.states().allSatisfy { $0 == .delivered } }
        }
        #expect(versions.withLock { $0 } == ["2", "2", "2"])
    }

    @Test("twelve changes under load lose nothing, double nothing, and keep each patient's order")
    func load() async throws {
        let done = Mutex<[(patient: UInt64, id: DeliveryID)]>([])
        let senders = (0..<2).map { _ in
            ScriptedSender(concurrency: 3, resolve: { _ in nil }) { delivery, _, n in
                for _ in 0..<n % 4 { await Task.yield() }
                if n % 17 == 5 { return .deferred(Reason("P0998", Text(fr: "x", en: "x"))) }
                done.withLock { $0.append((delivery.message.envelope.keys.patient, delivery.id)) }
                return .delivered(Proof(answer: "ok"))
            }
        }
        let harness = try await EngineHarness(senders: ["s": senders[0]], routes: [EngineHarness.route()])
        try await harness.run {
            for round in 1...12 {
                for n in 0..<15 { harness.receive("m\(round)-\(n)", patient: UInt64(n % 5 + 1)) }
                // Changed, only the route changed, or the sender gone for a moment.
                let next: [String: any Sender] = round % 7 == 3 ? [:] : ["s": senders[round % 2]]
                await harness.engine.reconfigure(EngineHarness.configuration("c\(round)", next, [EngineHarness.route()]), changed: ["s"])
                for _ in 0..<10 {
                    harness.clock.advance(by: .milliseconds(5))
                    await Task.yield()
                }
            }
            await harness.engine.reconfigure(EngineHarness.configuration("end", ["s": senders[0]], [EngineHarness.route()]), changed: ["s"])
            try await harness.until {
                try await Task.sleep(for: .milliseconds(1))
                harness.clock.advance(by: .milliseconds(50))
                return done.withLock { $0.count } >= 180
            }
            try await harness.until { try await harness.deliveredCount() == 180 }
        }
        for n in 0..<15 { for round in 1...12 { #expect(harness.answer("m\(round)-\(n)") == "AA") } }
        let all = done.withLock { $0 }
        #expect(all.count == 180 && Set(all.map(\.id)).count == 180)
        for patient in 1...5 {
            let order = all.filter { $0.patient == UInt64(patient) }.map(\.id)
            #expect(order == order.sorted() && order.count == 36)
        }
    }
}
