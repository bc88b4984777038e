import CSQLite
import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("Opening the journal", .serialized)
struct OpeningTests {
    @Test("a second opener is refused, and told which process has it; after close the folder is free")
    func second() async throws {
        let scratch = Scratch()
        let first = try openJournal(scratch.path)
        do {
            _ = try openJournal(scratch.path)
            Issue.record("opened twice")
        } catch JournalError.refused(let reason) {
            #expect(reason.code == "P0541")
            #expect(reason.text.en.contains(String(getpid())))
        }
        await first.close()
        await (try openJournal(scratch.path)).close()
    }

    @Test("the settings that durability rests on are in force: WAL, synced by the writer, 8 KB pages, incremental vacuum, no automatic checkpoint")
    func pragmas() throws {
        let scratch = Scratch()
        let connection = try Connection(path: scratch.path + "/journal.sqlite", isReader: false)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        #expect(try connection.text("PRAGMA journal_mode") == "wal")
        #expect(try connection.number("PRAGMA synchronous") == 1)
        #expect(try connection.number("PRAGMA page_size") == 8192)
        #expect(try connection.number("PRAGMA auto_vacuum") == 2)
        #expect(try connection.number("PRAGMA wal_autocheckpoint") == 0)
        let reader = try Connection(path: scratch.path + "/journal.sqlite", isReader: true)
        #expect(try reader.number("PRAGMA query_only") == 1)
        #expect(try reader.number("PRAGMA wal_autocheckpoint") == 0)
        #expect(throws: JournalError.self) { try reader.run("DELETE FROM meta") }
    }

    @Test("a database of another program, or of another version, is not touched")
    func foreign() throws {
        let scratch = Scratch()
        let file = scratch.path + "/journal.sqlite"
        do {
            let other = try Connection(path: file, isReader: false)
            try other.run("CREATE TABLE t (x)")
        }
        #expect(throws: JournalError.refused(JournalReasons.notAJournal)) { try openJournal(scratch.path) }
        try FileManager.default.removeItem(atPath: file)
        do {
            let old = try Connection(path: file, isReader: false)
            try Schema.prepare(old, secret: Key128(high: 1, low: 2))
            try old.run("PRAGMA user_version = 99")
        }
        #expect(throws: JournalError.refused(JournalReasons.otherVersion)) { try openJournal(scratch.path) }
    }

    @Test("only the owner may read the journal's folder and bodies")
    func rights() async throws {
        let scratch = Scratch()
        let journal = try openJournal(scratch.path + "/j")
        let t = try await harness(journal)
        _ = try await t.accept(Acceptance(t.message("L", String(repeating: "x", count: 100_000))))
        await journal.close()
        for path in ["/j", "/j/bodies"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + path)
            #expect(attributes[.posixPermissions] as? Int == 0o700)
        }
    }

    @Test("opening does not read the backlog: as fast with 20 000 open deliveries as with none")
    func backlog() async throws {
        let scratch = Scratch()
        let journal = try openJournal(scratch.path)
        let t = try await harness(journal)
        let seq = try await t.take("A")
        for start in stride(from: 0, to: 4000, by: 500) {
            try await t.plan(seq, (start..<start + 500).map { t.delivery(seq, $0, lane: UInt64($0), state: .queued) })
        }
        await journal.close()
        let connection = try Connection(path: scratch.path + "/journal.sqlite", isReader: false)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        let before = connection.cacheMisses
        _ = try Writer(connection, time: ManualClock())
        #expect(connection.cacheMisses - before < 60, "pages read: \(connection.cacheMisses - before)")
    }

    @Test("what was put off further than any pause, by a clock that was ahead, is due at the next start; a usual pause is kept")
    func putOff() async throws {
        let scratch = Scratch()
        let ahead = ManualClock(Instant(milliseconds: 1_767_225_600_000 + 86_400_000)), right = ManualClock()
        var journal = try openJournal(scratch.path, clock: ahead)
        var t = try await harness(journal, ahead)
        let seq = try await t.take("A")
        try await t.plan(seq, [t.delivery(seq, 0, lane: 1), t.delivery(seq, 1, lane: 2)])
        for (ordinal, until) in [(0, ahead.now + .seconds(60)), (1, right.now + .seconds(60))] {
            let settlement = Settlement(
                delivery: Delivery.id(seq, ordinal), attempt: 1, result: .deferred(Reason("T", Text(fr: "t", en: "t")), until: until))
            _ = try await journal.settle([settlement], activate: [], t.lease, now: ahead.now)
        }
        await journal.close()
        journal = try openJournal(scratch.path, clock: right)
        t = try await harness(journal, right)
        #expect(try await journal.due(t.lease, now: right.now, limit: 10, excluding: []).map(\.id) == [Delivery.id(seq, 0)])
        #expect(try await journal.due(t.lease, now: right.now + .seconds(61), limit: 10, excluding: []).count == 2)
        await journal.close()
    }
}
