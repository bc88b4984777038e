import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalPostgres

@Suite("What PostgreSQL promises and what it does not", .enabled(if: Server.isThere), .serialized)
struct CommitTests {
    private func refusal(_ settings: PostgresJournal.Settings) -> String? {
        do throws(JournalError) {
            _ = try PostgresJournal(settings, time: ManualClock(), digester: testDigester()) { _ in }
            return nil
        } catch {
            guard case .refused(let reason) = error else { return "\(error)" }
            return reason.code
        }
    }

    private func failure(_ body: @Sendable () async throws -> Void) async -> JournalError? {
        do {
            try await body()
            return nil
        } catch { return error as? JournalError }
    }

    @Test("a database that does not write safely is refused, and where fail-over is promised one without a synchronous standby")
    func refused() async throws {
        try await OwnServer.run { server in
            for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
                try await server.set("ALTER SYSTEM SET \(setting) = off")
                #expect(refusal(server.settings) == "P0560", "\(setting)")
                try await server.set("ALTER SYSTEM RESET \(setting)")
            }
            server.settings.failover = true
            #expect(refusal(server.settings) == "P0561")
            (server.settings.failover, server.settings.schema) = (false, "nothing")
            #expect(refusal(server.settings) == "P0562")
            server.settings.connection["port"] = "1"
            #expect(refusal(server.settings) == "P0564")
        }
    }

    @Test("a commit whose answer is lost is never said to be stored; if it was, its repeat is recognised and the message is judged")
    func lostAnswer() async throws {
        try await OwnServer.run { server in
            let clock = ManualClock()
            server.settings.patience = .seconds(5)
            let journal = try Server.open(server.settings, clock)
            let t = Harness(journal: journal, lease: try await journal.lease(), clock: clock)
            try await t.take("before")
            // The commit is done on the primary and waits for a standby that does not come: nobody may be told.
            try await server.hangCommits()
            await #expect(throws: JournalError.away) { try await t.accept(Acceptance(t.message("lost"))) }
            try await server.resumeCommits()
            var receipt = Receipt.reused(0)
            _ = try await Server.eventually {
                guard let found = try? await t.accept(Acceptance(t.message("lost"))) else { return false }
                receipt = found
                return true
            }
            guard case .undecided(let seq, sameBytes: true) = receipt else {
                Issue.record("\(receipt)")
                return await journal.abandon()
            }
            var adopted: [Seq] = []
            _ = try await Server.eventually {
                _ = try? await journal.beat(leaving: [])
                adopted = try await journal.adopt(limit: 9).map(\.unrouted.message.seq)
                return !adopted.isEmpty
            }
            #expect(adopted == [seq])
            await journal.close()
        }
    }

    @Test("work whose commit got no answer is done once, and its answer is found")
    func workOnce() async throws {
        try await OwnServer.run { server in
            let clock = ManualClock()
            server.settings.patience = .seconds(5)
            let journal = try Server.open(server.settings, clock)
            let t = Harness(journal: journal, lease: try await journal.lease(), clock: clock)
            let first = try await t.send("A", lane: 1), second = try await t.send("B", lane: 1)
            try await server.hangCommits()
            let emitted = t.message("Z")
            async let settled = t.settle(first, emitted: [emitted], next: [second])
            try await Task.sleep(for: .seconds(6))
            try await server.resumeCommits()
            let end = try await settled
            #expect(end.activated == [second: 1] && end.ignored.isEmpty && end.emitted.map(\.envelope.id) == [emitted.envelope.id])
            #expect(try await t.state(first) == .delivered)
            #expect(try await t.state(second) == .active)
            #expect(try await t.words(first >> 12) == ["accepted", "planned", "active", "delivered"])
            #expect(try await t.journal.unrouted(after: 0, limit: 9).count == 1, "the emitted message, once")
            await journal.close()
        }
    }

    @Test("a write that was refused, and whose commit got no answer, is still told as refused")
    func refusedOnce() async throws {
        try await OwnServer.run { server in
            let clock = ManualClock()
            server.settings.patience = .seconds(3)
            let journal = try Server.open(server.settings, clock)
            let t = Harness(journal: journal, lease: try await journal.lease(), clock: clock), lease = t.lease
            let id = try await t.send("A", lane: 1), waiting = try await t.send("B", lane: 2, state: .queued)
            try await server.hangCommits()
            async let other = failure { try await journal.record(["x": "y"], for: id, attempt: 9, lease) }
            try await Task.sleep(for: .seconds(4))
            try await server.resumeCommits()
            let recorded = await other
            #expect(recorded == .stale, "an attempt that is not this one")
            try await server.hangCommits()
            async let word = failure {
                _ = try await journal.command(
                    .hold(Harness.why, owner: .identity), on: waiting, expecting: 99, emitted: [], by: "anne", now: clock.now, tokens: { _ in [] })
            }
            try await Task.sleep(for: .seconds(4))
            try await server.resumeCommits()
            let commanded = await word
            #expect(commanded == .stale, "a version that is not this one")
            try await t.command(.hold(Harness.why, owner: .identity), waiting)
            await journal.close()
        }
    }

    @Test("once the time of a stop is over nothing waits for a database that is away, and the stop ends")
    func stopped() async throws {
        try await OwnServer.run { server in
            let journal = try Server.open(server.settings, ManualClock())
            _ = try await journal.lease()
            #expect(await server.run("stop") == 0)
            async let mark = failure { try await journal.mark([1]) }
            async let question = failure { _ = try await journal.adopt(limit: 1) }
            let start = ContinuousClock.now
            try await Task.sleep(for: .seconds(1))
            journal.giveUp()
            let ends = await [mark, question]
            #expect(ends == [.closed, .closed] && ContinuousClock.now >= start + .seconds(1))
            await journal.close()
        }
    }

    @Test("a database whose transactions see one moment by default does not take the order away")
    func isolation() async throws {
        try await OwnServer.run { server in
            let admin = try PostgresAdmin.connect(server.settings)
            try admin.run(script: "ALTER DATABASE passerelle SET default_transaction_isolation = 'repeatable read'")
            let connection = try Link(server.settings).connect("work")
            #expect(try connection.query("SHOW transaction_isolation").first?.text(0) == "read committed")
        }
    }

    @Test("a message of 300 KB is kept in pieces and read whole; a NUL in a name is kept as a sign")
    func pieces() async throws {
        let settings = try Server.settings()
        defer { Server.drop(settings) }
        let clock = ManualClock()
        let journal = try Server.open(settings, clock)
        let t = Harness(journal: journal, lease: try await journal.lease(), clock: clock)
        let text = String(repeating: "0123456789", count: 30_000)
        guard case .new(let seq) = try await t.accept(Acceptance(t.message("big\0", text))) else { throw JournalError.stale }
        let found = try #require(try await journal.unrouted(after: 0, limit: 1).first)
        #expect(found.message.seq == seq && found.message.body.count == 300_000 && found.message.envelope.controlID == "big\u{FFFD}")
        #expect(try await journal.bytes(of: found.message) == Array(text.utf8))
        await journal.close()
    }
}
