import PipelineTesting
import Testing

@testable import Pipeline

/// Warns as often as the message says in `warn=`.
private struct WarningCheck: Check {
    static let spec = Spec("warning", Text(fr: "", en: ""))
    var isHeavy: Bool { false }
    init() {}
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    func findings(_ message: Reading) -> [Finding] {
        let count = ((message.content as Any) as? LinesFormat.Lines)?.values["warn"].flatMap { Int($0) } ?? 0
        return (0..<count).map { Finding(.warning, Reason("10\($0)", Text(fr: "à revoir", en: "to be looked at"))) }
    }
}

/// Issue: `explain` tells which route, each control and each step with file:line, of refused messages too.
@Suite("The stored trace names routes, checks and steps")
struct TraceTests {
    private func trace(_ harness: EngineHarness, _ control: String) async throws -> [String] {
        let id = try await harness.journal.find(.controlID(control)).messages[0].message.envelope.id
        return try await harness.journal.find(.message(id)).messages[0].trace.split(separator: "\n").map(String.init)
    }

    @Test("a line for each check with its place and how many findings it made, accepted or refused, decoding or not", arguments: [false, true])
    func checks(heavy: Bool) async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let routes = [
            EngineHarness.route("one", checks: [BadCheck(heavy: heavy), WarningCheck()], steps: [FailingStep { false }]),
            EngineHarness.route("two", checks: [WarningCheck()]),
        ]
        let harness = try await EngineHarness(senders: ["s": sender], routes: routes)
        try await harness.run {
            harness.receive("clean")
            harness.receive("warned", "warn=2", patient: 2)
            harness.receive("refused", "bad=101", patient: 3)
            try await harness.until { try await harness.deliveredCount() == 4 && harness.answer("refused") != nil }
        }
        let place = "r.yaml:1:1: "
        let begin = ["configuration first", place + "route one matches"]
        let end = [place + "step step", place + "one/d → s", place + "route two matches"]
        #expect(
            try await trace(harness, "clean")
                == begin + [place + "check check: nothing to say", place + "check check: nothing to say"] + end
                + [place + "check check: nothing to say", place + "two/d → s"])
        #expect(
            try await trace(harness, "warned")
                == begin + [place + "check check: nothing to say", place + "check check: 2 findings"] + end
                + [place + "check check: 2 findings", place + "two/d → s"])
        #expect(
            try await trace(harness, "refused")
                == begin + [
                    place + "check check: 1 finding", place + "check check: nothing to say", place + "route two matches",
                    place + "check check: nothing to say", "rejected",
                ])
    }

    @Test("a message that is held since it was judged again names what its checks found")
    func held() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(checks: [BadCheck(heavy: false)])])
        try await harness.acceptOnly("again", "bad=101")
        try await harness.run { try await harness.until { try await harness.states() == [.held] } }
        #expect(
            try await trace(harness, "again") == [
                "configuration first", "r.yaml:1:1: route r matches", "r.yaml:1:1: check check: 1 finding", "held at route:r: P0503",
            ])
    }

    @Test("the counts of a verdict are no part of it: two verdicts with the same findings are equal")
    func equal() {
        let finding = Finding(.warning, Reason("101", Text(fr: "", en: "")))
        #expect(Verdict(.accepted, [finding], counts: [1]) == Verdict(.accepted, [finding]))
        #expect(Set([Verdict(.accepted, [finding], counts: [0, 1]), Verdict(.accepted, [finding])]).count == 1)
    }
}
