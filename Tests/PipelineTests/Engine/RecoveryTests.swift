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

    /// A message that was accepted, whose body the next process cannot read, held.
    private func withoutBody(_ body: String, checks: [any Check] = [], _ sender: StubSender) async throws -> EngineHarness {
        let first = try await EngineHarness(senders: [:], routes: [])
        try await first.acceptOnly("m1", body, lost: true)
        return try await EngineHarness(
            journal: first.journal.crash(), clock: first.clock, senders: ["s": sender], routes: [EngineHarness.route(checks: checks)])
    }

    @Test("a message whose body was lost before it was judged is held; once its sender repeats it, the body is back, the message leaves, and the answer is AA")
    func bodyComesAgain() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await withoutBody("a=1", sender)
        try await harness.run {
            try await harness.until { try await harness.states() == [.held] }
            #expect(harness.engine.core.alerts.map(\.reason.code) == ["P0506"])
            harness.receive("m1", "a=2", as: "other")
            harness.receive("m1")
            harness.receive("m2")
            try await harness.until { sender.controls.count == 2 }
            try await harness.until { harness.answer("m1") != nil && harness.answer("other") != nil }
            harness.receive("m1", as: "third")
            try await harness.until { harness.answer("third") != nil }
        }
        #expect(harness.answer("m1") == "AA" && harness.answer("third") == "AA" && harness.answer("other") == "AE 207")
        #expect(sender.controls == ["m1", "m2"], "once, and before the later one of its patient")
        let audit = try await harness.journal.find(.audit(1)).audit
        #expect(audit.filter { $0.what == "restored" }.count == 1 && audit.contains { $0.what == "released" && $0.by == "repeat" })
    }

    @Test("a body that cannot be read just now is not taken for lost", arguments: [JournalError.away, .refused(JournalReasons.tooLong)])
    func unreadableNow(_ error: JournalError) async throws {
        let harness = try await EngineHarness(senders: ["s": StubSender { _ in .delivered(Proof(answer: "ok")) }], routes: [EngineHarness.route()])
        harness.journal.trouble(error)
        try await harness.acceptOnly("m1", "a=1", lost: true)
        try await harness.run {
            let later = harness.clock.now + .seconds(5)
            try await harness.until { harness.clock.now > later }
            harness.journal.trouble(nil)
            #expect(try await harness.states() == [])
            try await harness.until { try await harness.states() == [.held] }
        }
        #expect(harness.breaks.isEmpty)
    }

    @Test("a body that comes again and is found wanting ends the hold: AE, nothing leaves, the id is free")
    func wantingBodyComesAgain() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await withoutBody("bad=101", checks: [BadCheck(heavy: false)], sender)
        try await harness.run {
            try await harness.until { try await harness.states() == [.held] }
            harness.receive("m1", "bad=101", as: "wanting")
            try await harness.until { harness.answer("wanting") != nil }
            harness.receive("m1", "a=1", as: "corrected")
            try await harness.until { sender.controls == ["m1"] }
        }
        #expect(harness.answer("wanting") == "AE 101" && harness.answer("corrected") == "AA")
        #expect(try await harness.states() == [.discarded, .delivered])
    }

    @Test("a repeat that waits for the verdict of a message whose body turns out to be lost brings that body")
    func waitingRepeat() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await withoutBody("a=1", sender)
        harness.engine.judge.setOpen(true)
        harness.receive("m1")
        try await harness.run { try await harness.until { !sender.controls.isEmpty && harness.answer("m1") != nil } }
        #expect(harness.answer("m1") == "AA" && sender.controls == ["m1"])
    }

    @Test("a message without its body that a person gave up is refused when it comes again: its sender hears that it was not taken")
    func givenUp() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }
        let harness = try await withoutBody("a=1", sender)
        try await harness.run {
            try await harness.until { try await harness.states() == [.held] }
            try await Commands(engine: harness.engine).perform(.discard(Reasons.damaged), on: Delivery.id(1, 0), by: "anne")
            harness.receive("m1")
            try await harness.until { harness.answer("m1") != nil }
        }
        #expect(harness.answer("m1") == "AE P0506" && sender.controls == [])
    }
}
