import Foundation
import JournalPostgres
import JournalSQLite
import Pipeline
import PipelineTesting
import Testing

@Suite("A journal moves from SQLite to PostgreSQL with what is under way", .enabled(if: Server.isThere))
struct CopyTests {
    private func carry(_ folder: String, _ settings: PostgresJournal.Settings, _ now: Instant) throws {
        let out = try SQLiteExport(directory: folder, digester: testDigester())
        let target = try PostgresImport(settings, secret: try out.secret())
        for table in SQLiteExport.Table.allCases {
            try out.rows(of: table, now: now) { (rows) throws(JournalError) in try target.put(table == .clock ? "time_mark" : table.rawValue, rows) }
        }
        try out.bodies { (seq, bytes, _) throws(JournalError) in if let bytes { try target.put(body: bytes, of: seq) } }
        try target.finish(now: now)
    }

    @Test("open deliveries, undecided messages, names that are seen, tokens, bodies, the secret and the audit are there, and work goes on in order")
    func copy() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("passerelle-copy-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let clock = ManualClock(), token = Token(kind: "unique-id", value: "1.2.3")
        let old = try SQLiteJournal(directory: folder, time: clock, digester: testDigester()) { error in Issue.record("broken: \(error)") }
        let t = Harness(journal: old, lease: try await old.lease(), clock: clock)
        let done = try await t.send("done", lane: 9)
        try await t.settle(done)
        let active = try await t.send("active", lane: 1, tokens: [token]), behind = try await t.send("behind", lane: 1)
        let replacement = try await t.send("replacement", lane: 2, replaces: [token]), held = try await t.send("held", lane: 3, state: .held)
        let large = String(repeating: "0123456789", count: 20_000)
        guard case .new(let open) = try await t.accept(Acceptance(t.message("open", large))) else { throw JournalError.stale }
        let key = old.hash.key("x"), audit = try await t.words(done >> 12)
        await old.close()

        let settings = try Server.settings()
        defer { Server.drop(settings) }
        try carry(folder, settings, clock.now)
        #expect(throws: JournalError.self) { try carry(folder, settings, clock.now) }
        let journal = try Server.open(settings, clock)
        let n = Harness(journal: journal, lease: try await journal.lease(), clock: clock)
        #expect(journal.hash.key("x") == key)
        #expect(try await n.words(done >> 12) == audit)
        #expect(try await n.state(active) == .unknown)
        #expect(try await n.stored(active).delivery.wasUnknown)
        #expect(try await n.words(active >> 12).last == "interrupted")
        #expect(try await n.due() == [active])
        #expect(try await n.start(behind, replacement, active) == [active: 2])
        try await n.settle(active, attempt: 2, next: [behind])
        #expect(try await Set(n.due()) == [replacement])
        try await n.command(.release, held)
        #expect(try await n.state(held) == .queued)
        let adopted = try await journal.adopt(limit: 9).map(\.unrouted.message)
        #expect(adopted.map(\.seq) == [open])
        #expect(try await journal.bytes(of: try #require(adopted.first)) == Array(large.utf8))
        #expect(try await n.accept(Acceptance(n.message("done"))) == .seen(done >> 12, Verdict(.accepted)))
        #expect(try await journal.delivery(carrying: [token])?.delivery.id == active)
        #expect(try await n.take("next") > open)
        await journal.close()
    }
}
