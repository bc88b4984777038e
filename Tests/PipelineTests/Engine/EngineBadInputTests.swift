import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("Bad input and a journal in trouble, at the engine")
struct EngineBadInputTests {
    private func ok() -> StubSender { StubSender { _ in .delivered(Proof(answer: "ok")) } }

    @Test("a body that its format cannot read is refused with the format's own code and place")
    func unreadable() async throws {
        let harness = try await EngineHarness(senders: ["s": ok()], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1", "a=1\nnoise")
            harness.receive("m2", patient: 1)
            try await harness.until { harness.answer("m1") != nil && harness.answer("m2") == "AA" }
        }
        #expect(harness.answer("m1") == "AE 102")
        let stored = try #require(try await harness.journal.find(.controlID("m1")).messages.first)
        #expect(stored.verdict?.findings.first?.reason.location == "line 2")
        #expect(stored.state == .rejected)
    }

    @Test("a full journal is told as later (AR), nothing of the message is kept, and the same message is taken once there is room")
    func full() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.journal.setFull(true)
            harness.receive("m1", as: "full")
            try await harness.until { harness.answer("full") != nil }
            harness.journal.setFull(false)
            harness.receive("m1")
            try await harness.until { !sender.controls.isEmpty }
        }
        #expect(harness.answer("full") == "AR")
        #expect(harness.answer("m1") == "AA")
        #expect(sender.controls == ["m1"])
    }

    @Test("a body that the journal lost after it took it is told as later (AR), not as the message's fault, and the repeat is taken")
    func lost() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1", as: "lost", lost: true)
            try await harness.until { harness.answer("lost") != nil }
            harness.receive("m1")
            try await harness.until { !sender.controls.isEmpty }
        }
        #expect(harness.answer("lost") == "AR")
        #expect(harness.answer("m1") == "AA")
    }

    @Test("the same report twice while the first is being judged: both are answered")
    func twice() async throws {
        let sender = ok()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.delivered] }
            for name in ["first", "second"] { harness.receive("dsn", "report=m1", patient: 9, as: name) }
            try await harness.until { harness.answer("first") != nil && harness.answer("second") != nil }
        }
        #expect(harness.answer("first") == "AA")
        #expect(harness.answer("second") == "AA")
    }
}
