import PipelineTesting
import Testing

@testable import Pipeline

@Suite("Erasing one patient")
struct EraserTests {
    private func request(force: Bool = false) -> Eraser.Request { Eraser.Request(facility: "f", ipp: "8001", ins: nil, force: force, person: "anne") }

    @Test("the same number in two domains is two people: the facility's own is erased, or that of the domain that is named")
    func authority() {
        let hash = SipHash(secret: Key128(high: 1, low: 2))
        func keys(_ authority: String?) -> PatientKeys {
            Eraser.keys(Eraser.Request(facility: "f", ipp: "8001", ins: nil, authority: authority, force: false, person: "anne"), hash)
        }
        #expect(keys(nil).patient == hash.patient("8001", facility: "f") && keys(nil).patient != keys("1.2.9").patient)
        #expect(keys("1.2.9").patient == hash.patient("8001", facility: "f", authority: "1.2.9"))
        var envelope = OrderKeys()
        envelope.patient = keys("1.2.9").patient
        #expect(keys("1.2.9").match(envelope) && !keys(nil).match(envelope))
    }

    @Test("what is settled goes, what is open stays and is named; with force it is discarded first; the audit has the proof")
    func erase() async throws {
        let sender = StubSender { $0.message.envelope.controlID == "open" ? .held(Reasons.unreadable, owner: .vendor) : .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route()])
        let patient = Eraser.keys(request(), harness.journal.hash).patient
        try await harness.run {
            harness.receive("done", patient: patient)
            harness.receive("other", patient: 77)
            try await harness.until { try await harness.states() == [.delivered, .delivered] }
            harness.receive("open", patient: patient)
            try await harness.until { try await harness.states() == [.delivered, .delivered, .held] }
            let eraser = Eraser(engine: harness.engine)
            let first = try await eraser.erase(request())
            #expect(first.messages == 1 && first.bytes == 4 && first.isScrubbed)
            #expect(first.left.map(\.open) == [[3 << 12]])
            #expect(first.sentTo == ["r/d": 1])
            let second = try await eraser.erase(request(force: true))
            #expect(second.messages == 1 && second.left.isEmpty)
            #expect(try await harness.states() == [.delivered, .delivered, .discarded])
            let proofs = try await harness.journal.find(.audit(0)).audit.filter { $0.what == "erased" }
            #expect(proofs.map(\.by) == ["anne", "anne"])
            #expect(proofs.first?.reason?.location == "sha256 " + first.digest && first.digest.count == 32)
            #expect(proofs.allSatisfy { !($0.reason?.text.en.contains("8001") ?? true) })
        }
        let left = try await harness.journal.find(.messages()).messages.filter { $0.removal == nil }
        #expect(left.map(\.message.envelope.controlID) == ["other"])
    }
}
