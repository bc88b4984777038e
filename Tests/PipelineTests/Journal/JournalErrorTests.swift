import Testing

@testable import Pipeline

@Suite("What the journal cannot give")
struct JournalErrorTests {
    @Test("a body that is damaged or gone is held for a person", arguments: [JournalError.damaged(7), .refused(Reasons.unreadable)])
    func gone(_ error: JournalError) {
        guard case .held(let reason, let owner) = error.outcome else {
            Issue.record("\(error.outcome)")
            return
        }
        #expect(owner == .exploitation && reason == (error == .damaged(7) ? Reasons.damaged : Reasons.unreadable))
    }

    @Test(
        "what it cannot give now is tried again: a database that is away sends no letter to a person",
        arguments: [JournalError.away, .full, .closed, .stale, .broken("x")])
    func notNow(_ error: JournalError) {
        guard case .deferred(let reason, _, _) = error.outcome else {
            Issue.record("\(error.outcome)")
            return
        }
        #expect(reason == (error == .away ? Reasons.away : error == .full ? Reasons.full : Reasons.broken))
    }
}
