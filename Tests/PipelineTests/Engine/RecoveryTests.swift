import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

/// The process dies while a message is looked at: what the next one finds is what `crash` leaves.
private final class CrashingCheck: Check {
    static let spec = Spec("crash", Text(fr: "", en: ""))
    let isHeavy = false
    private let journal: InMemoryJournal?
    private let found = Mutex<InMemoryJournal?>(nil)

    init(_ journal: InMemoryJournal) { self.journal = journal }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { journal = nil }

    /// The journal as the next process opens it.
    var next: InMemoryJournal? { found.withLock { $0 } }

    func findings(_ message: Reading) -> [Finding] {
        found.withLock { $0 = $0 ?? journal?.crash() }
        return []
    }
}

@Suite("What a crash while a message is judged again says of that message")
struct RecoveryTests {
    /// A process that dies over the messages of the journal; what it leaves.
    private func die(over journal: InMemoryJournal, _ clock: ManualClock) async throws -> InMemoryJournal {
        let check = CrashingCheck(journal), sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(journal: journal, clock: clock, senders: ["s": sender], routes: [EngineHarness.route(checks: [check])])
        try await harness.run { try await harness.until { check.next != nil } }
        #expect(sender.controls == [])
        return try #require(check.next)
    }

    private func survive(_ journal: InMemoryJournal, _ clock: ManualClock) async throws -> (states: [DeliveryState], alerts: [String]) {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await EngineHarness(journal: journal, clock: clock, senders: ["s": sender], routes: [EngineHarness.route()])
        try await harness.run { try await harness.until { try await !harness.states().filter { $0 != .queued && $0 != .active }.isEmpty } }
        return (try await harness.states(), harness.engine.core.alerts.map(\.reason.code))
    }

    @Test("one crash, even with nothing else to judge, proves nothing: the message is delivered; only a second one, over it alone, holds it")
    func suspect() async throws {
        let clock = ManualClock()
        let harness = try await EngineHarness(clock: clock, senders: [:], routes: [EngineHarness.route()])
        try await harness.acceptOnly("m1", "a=1")
        let once = try await die(over: harness.journal.crash(), clock)
        #expect(try await once.marked().count == 2)
        let innocent = try await survive(once, clock)
        #expect(innocent.states == [.delivered] && innocent.alerts == [])

        let other = try await EngineHarness(clock: clock, senders: [:], routes: [EngineHarness.route()])
        try await other.acceptOnly("m1", "a=1")
        let twice = try await die(over: try await die(over: other.journal.crash(), clock), clock)
        let held = try await survive(twice, clock)
        #expect(held.states == [.held] && held.alerts == ["P0507"])
    }
}
