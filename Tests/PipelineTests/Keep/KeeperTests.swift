import Logging
import PipelineTesting
import Testing

@testable import Pipeline

@Suite("Retention")
struct KeeperTests {
    private let clock = ManualClock()
    private let journal: InMemoryJournal
    private let t: Harness

    init() async throws {
        journal = InMemoryJournal(time: clock, digester: testDigester())
        t = Harness(journal: journal, lease: try await journal.lease(), clock: clock)
    }

    private func keeper(_ keep: KeepRule?, _ settings: KeepSettings = KeepSettings()) async throws -> (Keeper, EngineCore) {
        var route = EngineHarness.route("letters")
        route.keep = keep
        var configuration = Configuration()
        configuration.node.keep = settings
        configuration.add(route)
        let core = EngineCore(
            journal: journal, lease: try await journal.lease(), configuration: configuration, time: clock, random: SeededRandom(1),
            digester: testDigester(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), heavy: globalConcurrentExecutor,
            broken: { error in Issue.record("broken: \(error)") })
        return (Keeper(core: core), core)
    }

    /// A settled message of ten bytes under the route's rule.
    @discardableResult private func letter(_ control: String, keep rule: String = "letters") async throws -> Seq {
        guard case .new(let seq) = try await t.accept(Acceptance(t.message(control, "0123456789"))) else { throw CancellationError() }
        _ = try await journal.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [t.delivery(seq, lane: UInt64(seq))], keep: rule)], t.lease)
        try await t.settle(seq << 12)
        return seq
    }

    private func bodies() async throws -> [Seq] { try await journal.find(.messages()).messages.filter { $0.removal == nil }.map(\.message.seq).sorted() }

    /// A round every twelve hours.
    private func live(_ days: Int, _ keeper: Keeper, _ progress: inout Keeper.Progress) async throws {
        for _ in 0..<days * 2 {
            clock.advance(by: .seconds(43_200))
            try await keeper.round(&progress)
        }
    }

    @Test("bodies go after the days of their route, others after those of the node")
    func days() async throws {
        let (keeper, _) = try await keeper(KeepRule(days: 3))
        var progress = Keeper.Progress()
        let a = try await letter("A"), b = try await letter("B", keep: "gone-route"), held = try await t.send("H", lane: 99, state: .held) >> 12
        try await keeper.round(&progress)
        try await live(2, keeper, &progress)
        #expect(try await bodies() == [a, b, held])
        try await live(2, keeper, &progress)
        #expect(try await bodies() == [b, held])
        try await live(28, keeper, &progress)
        #expect(try await bodies() == [held])
    }

    @Test("above its bytes the oldest of a route go, no more than needed, and a limit that cannot be kept is told once")
    func bytes() async throws {
        let (keeper, core) = try await keeper(KeepRule(bytes: 25))
        var progress = Keeper.Progress()
        var seqs: [Seq] = []
        for n in 0..<5 { seqs.append(try await letter("M\(n)")) }
        try await keeper.round(&progress)
        clock.advance(by: .seconds(60))
        try await keeper.round(&progress)
        #expect(try await bodies() == Array(seqs[3...]))
        for n in 0..<4 {
            guard case .new(let seq) = try await t.accept(Acceptance(t.message("H\(n)", "0123456789"))) else { throw CancellationError() }
            let planned = t.delivery(seq, lane: 7, state: .held)
            _ = try await journal.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [planned], keep: "letters")], t.lease)
        }
        for _ in 0..<3 {
            clock.advance(by: .seconds(60))
            try await keeper.round(&progress)
        }
        #expect(try await bodies().count == 4, "what is held stays")
        #expect(core.alerts.map(\.reason.code) == ["P0552"])
    }

    @Test("facts, proofs and audit follow, each in its time")
    func later() async throws {
        var settings = KeepSettings()
        (settings.days, settings.factsDays, settings.proofsDays, settings.auditDays) = (1, 3, 6, 9)
        let (keeper, _) = try await keeper(nil, settings)
        var progress = Keeper.Progress()
        let a = try await letter("A")
        try await journal.note(.configured, Reasons.full, by: "anne", now: clock.now)
        try await keeper.round(&progress)
        clock.advance(by: .seconds(3600))
        try await letter("last")
        try await live(2, keeper, &progress)
        #expect(try await t.accept(Acceptance(t.message("A", "0123456789"))) == .seen(a, Verdict(.accepted)))
        try await live(2, keeper, &progress)
        #expect(try await journal.find(.controlID("A")).messages.isEmpty)
        #expect(try await t.stored(a << 12).proof == Proof(answer: "AA"))
        try await live(3, keeper, &progress)
        #expect(try await journal.find(.delivery(a << 12)).deliveries.isEmpty)
        #expect(try await journal.find(.audit(a)).audit.isEmpty == false)
        #expect(try await journal.find(.audit(0)).audit.count == 1)
        try await live(5, keeper, &progress)
        #expect(try await journal.find(.audit(a)).audit.isEmpty)
        #expect(try await journal.find(.audit(0)).audit.isEmpty, "the gateway's own lines stay for ever")
    }

    @Test("a clock that jumps by a year erases nothing, and raises one alert")
    func jump() async throws {
        let (keeper, core) = try await keeper(KeepRule(days: 3))
        var progress = Keeper.Progress()
        let a = try await letter("A")
        try await keeper.round(&progress)
        // The next process: its uptime starts anew, its clock shows another year.
        var next = Keeper.Progress()
        clock.advance(by: .seconds(365 * 86_400))
        for _ in 0..<20 {
            clock.advance(by: .seconds(60))
            try await keeper.round(&next)
        }
        #expect(try await bodies() == [a])
        #expect(core.alerts.map(\.reason.code) == ["P0553"])
        try await live(2, keeper, &next)
        #expect(try await bodies() == [], "the clock stood by it for a day")
    }

    @Test("a backlog of a thousand goes in one round, in pages")
    func backlog() async throws {
        let (keeper, _) = try await keeper(KeepRule(days: 3))
        var progress = Keeper.Progress()
        for n in 0..<1000 { try await letter("M\(n)") }
        try await keeper.round(&progress)
        for _ in 0..<7 {
            clock.advance(by: .seconds(43_200))
            try await keeper.round(&progress)
        }
        #expect(try await bodies().isEmpty)
    }

    @Test("a message of two routes is kept by the rule of the one that keeps longest")
    func longest() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        var short = EngineHarness.route("short"), long = EngineHarness.route("long")
        short.keep = KeepRule(days: 3)
        long.keep = KeepRule(days: 90)
        let harness = try await EngineHarness(senders: ["s": sender], routes: [short, long])
        try await harness.run {
            harness.receive("m1")
            try await harness.until { try await harness.states() == [.delivered, .delivered] }
        }
        #expect(try await harness.journal.bodiesKept() == ["long": KeptBodies(count: 1, bytes: 4)])
    }
}
