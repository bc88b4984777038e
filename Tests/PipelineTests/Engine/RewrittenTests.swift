import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

/// Adds a line to the body.
private struct RewriteStep: Step {
    static let spec = Spec("rewrite", Text(fr: "", en: ""))
    init() {}
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    var isHeavy: Bool { false }
    func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult {
        draft.bytes += Array("added=1\n".utf8)
        draft.isRewritten = true
        return .pass
    }
}

/// Sends what routes rewrote as it is, and remembers how it came.
private final class RelaySender: Sender {
    static let spec = Spec("relay", Text(fr: "", en: ""))
    struct Sent: Sendable, Equatable { let digest: String?, isRebound: Bool }
    let sent = Mutex<[Sent]>([])
    private let outcome: @Sendable () -> Outcome

    init(_ outcome: @escaping @Sendable () -> Outcome) { self.outcome = outcome }
    convenience init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { self.init { .delivered(Proof(answer: "ok")) } }
    var afterUnknown: AfterUnknown { .sendAgain }
    var sendsRewritten: Bool { true }

    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        sent.withLock { $0.append(Sent(digest: delivery.facts["digest"], isRebound: delivery.isRebound)) }
        return outcome()
    }
}

@Suite("Bytes that a route rewrote")
struct RewrittenTests {
    private let digest = Key128.hex(EngineHarness.digest(Array("a=1\nadded=1\n".utf8)))

    @Test("their digest stands in the plan: the sender knows it without a commit of its own")
    func planned() async throws {
        let sender = RelaySender { .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(steps: [RewriteStep()])])
        try await harness.run {
            harness.receive("A")
            try await harness.until { try await harness.deliveredCount() == 1 }
        }
        #expect(sender.sent.withLock { $0.map(\.digest) } == [digest])
    }

    @Test("after a restart they are made again, and the planned digest is still there to compare them with")
    func rebound() async throws {
        let first = RelaySender { .deferred(Reasons.farEndAway()) }
        let harness = try await EngineHarness(senders: ["s": first], routes: [EngineHarness.route(steps: [RewriteStep()])])
        try await harness.run {
            harness.receive("A")
            try await harness.until { first.sent.withLock { !$0.isEmpty } }
        }
        let second = RelaySender { .delivered(Proof(answer: "ok")) }
        let next = try await EngineHarness(
            journal: harness.journal.crash(), clock: harness.clock, senders: ["s": second], routes: [EngineHarness.route(steps: [RewriteStep()])])
        try await next.run { try await next.until { try await next.deliveredCount() == 1 } }
        #expect(second.sent.withLock { $0.last } == RelaySender.Sent(digest: digest, isRebound: true))
    }
}
