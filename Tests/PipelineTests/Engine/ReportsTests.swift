import PipelineTesting
import Testing

@testable import Pipeline

@Suite("Reports while the journal has no answer")
struct ReportsTests {
    private func harness(_ answers: StubSender) async throws -> EngineHarness {
        let sender = StubSender { _ in .delivered(Proof(answer: "250", reportAwaited: true)) }
        let routes = [EngineHarness.route(then: NoteThen()), EngineHarness.route("back", from: ["emitted/note"], to: "back")]
        return try await EngineHarness(senders: ["s": sender, "back": answers], routes: routes)
    }

    @Test(
        "a database that is away, a full disk or a question that takes too long ends no process: the next round finds what is overdue",
        arguments: [JournalError.away, .full, .refused(JournalReasons.tooLong)])
    func overdue(_ error: JournalError) async throws {
        let answers = StubSender { _ in .delivered(Proof(answer: "ok")) }, harness = try await harness(answers)
        try await harness.run {
            harness.receive("m1", "ask=1")
            try await harness.until { answers.controls.count == 1 }
            let reports = Reports(core: harness.engine.core)
            harness.journal.trouble(error)
            await reports.markOverdue(after: .zero)
            harness.journal.trouble(nil)
            #expect(try await harness.journal.find(.delivery(Delivery.id(1, 0))).deliveries.first?.report.status == .awaited)
            harness.clock.advance(by: .seconds(1))
            await reports.markOverdue(after: .zero)
            #expect(try await harness.journal.find(.delivery(Delivery.id(1, 0))).deliveries.first?.report.status == .overdue)
        }
        #expect(harness.breaks.isEmpty)
    }

    /// A delivery awaits its report, and what it emitted is done; then the journal is in trouble, and the report comes.
    private func reportWaits(_ harness: EngineHarness, _ error: JournalError) async throws {
        harness.receive("m1", "ask=1")
        try await harness.until { try await harness.deliveredCount() == 2 }
        harness.journal.trouble(error)
        harness.receive("d1", "report=m1\nstatus=delivered")
        try await harness.until { harness.answer("d1") == "AA" }
    }

    @Test("a report that cannot be looked up waits until it can", arguments: [JournalError.away, .full])
    func waits(_ error: JournalError) async throws {
        let answers = StubSender { _ in .delivered(Proof(answer: "ok")) }, harness = try await harness(answers)
        try await harness.run {
            try await reportWaits(harness, error)
            harness.clock.advance(by: .seconds(1))
            harness.journal.trouble(nil)
            try await harness.until { answers.controls.count == 2 }
        }
        #expect(harness.breaks.isEmpty)
    }

    @Test("a stop while a report waits is a stop like any: the next process judges it again", arguments: [JournalError.away, .full])
    func stops(_ error: JournalError) async throws {
        let harness = try await harness(StubSender { _ in .delivered(Proof(answer: "ok")) })
        try await harness.run { try await reportWaits(harness, error) }
        #expect(harness.breaks.isEmpty)
        #expect(try await harness.journal.unrouted(after: 0, limit: 9).map(\.message.envelope.controlID) == ["d1"])
    }
}
