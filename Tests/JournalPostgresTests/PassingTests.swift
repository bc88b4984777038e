import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import JournalPostgres

/// What fails and says nothing of the journal. On servers of their own: the lock of all work is one for all journals of a database.
@Suite("What passes", .enabled(if: Server.isThere), .serialized)
struct PassingTests {
    /// A session that has the lock of all work, and keeps it.
    private func holder(_ settings: PostgresJournal.Settings, _ more: String = "") throws -> Connection {
        let connection = try PostgresAdmin.connect(settings)
        try connection.run(script: "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT pg_advisory_xact_lock(5786635493571837779); \(more)")
        return connection
    }

    /// Cancels what waits for a lock, until each of these has been cancelled, or `isOver`.
    private func cancelWaiting(_ uses: Set<String>, _ settings: PostgresJournal.Settings, isOver: () -> Bool = { false }) async throws {
        let connection = try PostgresAdmin.connect(settings)
        var rest = uses
        let all = try await Server.eventually {
            let rows = try connection.query(
                """
                SELECT split_part(application_name, ' ', 4) FROM pg_stat_activity WHERE starts_with(application_name, 'passerelle ')
                    AND wait_event_type = 'Lock' AND split_part(application_name, ' ', 4) = ANY ($1) AND pg_cancel_backend(pid)
                """, [.texts(rest)])
            rest.subtract(rows.map { $0.text(0) })
            return rest.isEmpty || isOver()
        }
        #expect(all, "\(rest) did not wait")
    }

    private func failure(_ body: () async throws -> Void) async -> JournalError? {
        do { try await body() } catch { return error as? JournalError }
        return nil
    }

    @Test("a question and a write that are cancelled are tried again; a beat is late, and not the end")
    func cancelled() async throws {
        try await OwnServer.run { server in
            let settings = server.settings, journal = try Server.open(settings, ManualClock())
            _ = try await journal.lease()
            let holder = try holder(settings, "LOCK message IN ACCESS EXCLUSIVE MODE")
            async let found = journal.adopt(limit: 9)
            async let marked: Void = journal.mark([])
            try await cancelWaiting(["reader", "work"], settings)
            // A beat waits for four seconds at most: on a slow machine it may end before it is cancelled, and end the holder.
            let isOver = Mutex(false)
            async let beat = failure {
                defer { isOver.withLock { $0 = true } }
                _ = try await journal.lease()
            }
            try await cancelWaiting(["keeper"], settings) { isOver.withLock { $0 } }
            try? holder.run(script: "COMMIT")
            let adopted = try await found
            try await marked
            #expect(adopted.isEmpty)
            #expect(await beat == .away)
            _ = try await journal.lease()
            await journal.close()
        }
    }

    @Test("a full disk, too many connections and a server set to read only refuse a write for now; what is wrong with a statement does not pass")
    func states() {
        for state in ["53100", "53300", "25006"] { #expect(SQLFailure(state: state, text: "").isFull, "\(state)") }
        for state in ["40P01", "40001", "55P03", "57014"] { #expect(SQLFailure(state: state, text: "").isCollision, "\(state)") }
        for state in ["57P01", "08006", "53200", "40001"] { #expect(SQLFailure(state: state, text: "").isPassing, "\(state)") }
        for state in ["42601", "23505", "P0001", "XX001"] { #expect(!SQLFailure(state: state, text: "").isPassing, "\(state)") }
    }

    @Test("who holds everybody up, and sends nothing more, is ended after some seconds")
    func halfSent() async throws {
        try await OwnServer.run { server in
            let journal = try Server.open(server.settings, ManualClock())
            _ = try await journal.lease()
            let holder = try holder(server.settings), start = ContinuousClock.now
            let isBack = try await Server.eventually { (try? await journal.lease()) != nil }
            #expect(isBack && ContinuousClock.now >= start + .seconds(5))
            #expect(throws: SQLFailure.self) { try holder.query("SELECT 1") }
            await journal.close()
        }
    }

    @Test("a session that its gateway has dropped ends though it waits for a lock")
    func dropped() async throws {
        try await OwnServer.run { server in
            let watching = try PostgresAdmin.connect(server.settings), holder = try holder(server.settings)
            let question = "SELECT 1 FROM pg_stat_activity WHERE application_name LIKE '% dropped %' AND wait_event_type = 'Lock'"
            var hasty = server.settings
            hasty.patience = .milliseconds(300)
            var dropped: Connection? = try Link(hasty).connect("dropped")
            #expect(throws: SQLFailure.self) { _ = try dropped?.query("SELECT pg_advisory_xact_lock(5786635493571837779)") }
            #expect(try !watching.query(question).isEmpty)
            dropped = nil
            let isGone = try await Server.eventually { try watching.query(question).isEmpty }
            #expect(isGone)
            try holder.run(script: "COMMIT")
        }
    }
}
