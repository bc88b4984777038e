import CSQLite
import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("What a start refuses, and how fast it looks", .serialized)
struct StartTests {
    /// Waits until nothing of this process has a file below `path` open: SQLite would share its memory of a log that is gone.
    private func nobodyHas(_ path: String) async {
        let folder = "/proc/self/fd"
        for _ in 0..<3000 {
            let open = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            let named = open.contains { (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0))?.hasPrefix(path + "/") ?? false }
            if !named { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func code(_ path: String) async -> String? {
        await nobodyHas(path)
        do {
            await (try openJournal(path)).close()
            return nil
        } catch JournalError.refused(let reason) {
            return reason.code
        } catch {
            return "\(error)"
        }
    }

    @Test("a journal that is cut short, of a later version, or of another program is refused, and not a byte of it changes")
    func refused() async throws {
        let sick = try await Sick(60), sound = sick.bytes
        func tried(_ bytes: [UInt8]) async -> String? {
            sick.bytes = bytes
            let code = await code(sick.path)
            #expect(sick.bytes == bytes, "written to")
            return code
        }
        #expect(await tried(Array(sound.dropLast(8192 * 5))) == "P0544")
        #expect(await tried(Array(sound.dropLast(100))) == "P0544")
        var later = sound
        later[63] = 99
        #expect(await tried(later) == "P0543")
        var other = sound
        other[68] = 0
        #expect(await tried(other) == "P0542")
        #expect(await tried(Array("a letter to someone".utf8) + Array(repeating: 0x20, count: 9000)) == "P0542")
        sick.bytes = sound
        #expect(await code(sick.path) == nil)
    }

    /// The journal is let go of afterwards: its files may then be taken away.
    private func addFour(_ sick: Sick) async throws {
        let journal = try openJournal(sick.path, clock: sick.clock)
        let t = try await harness(journal, sick.clock)
        for n in 0..<4 { try await t.take("N\(n)") }
        #expect(try await t.message(of: 64).message.seq == 64)
        await journal.close()
    }

    @Test("a journal whose write-ahead log was lost or cut, or that was put back from an older copy, is refused as gone back")
    func wentBack() async throws {
        let sick = try await Sick(60)
        try await addFour(sick)
        await nobodyHas(sick.path)
        let log = sick.file + "-wal", whole = FileManager.default.contents(atPath: log) ?? Data()
        #expect(whole.count > 32)
        try? FileManager.default.removeItem(atPath: sick.file + "-shm")
        try FileManager.default.removeItem(atPath: log)
        let lost = await code(sick.path)
        #expect(lost == "P0545")
        #expect(try sick.check().map(\.code) == ["P0545"])
        for end in ["-shm", "-wal"] { try? FileManager.default.removeItem(atPath: sick.file + end) }
        _ = FileManager.default.createFile(atPath: log, contents: whole.prefix(whole.count / 2))
        #expect(await code(sick.path) == "P0545")
        for end in ["-shm", "-wal"] { try? FileManager.default.removeItem(atPath: sick.file + end) }
        _ = FileManager.default.createFile(atPath: log, contents: whole)
        #expect(await code(sick.path) == nil)
    }

    @Test("an open row whose message is gone keeps the journal from starting, with the mend")
    func openRows() async throws {
        let sick = try await Sick(60)
        do {
            let connection = try Connection(path: sick.file, isReader: false)
            try connection.run("DELETE FROM message WHERE seq = 6")
        }
        #expect(await code(sick.path) == "P0546")
        let (report, new) = try sick.salvage()
        #expect(report.orphans == [6 << 12])
        #expect(await code(new) == nil)
    }

    /// Rows as version 1 wrote them: a message with a queued delivery, one that no route took, one undecided.
    private static func fill(_ connection: Connection) throws {
        try Statement(connection, "INSERT INTO meta (name, value) VALUES ('secret', ?1), ('epoch', 3)").bind(1, Key128(high: 1, low: 2).bytes).run()
        try connection.run(
            """
            INSERT INTO name (id, text) VALUES (1, 'mllp-in'), (2, 'hl7v2'), (3, 'documents'), (4, 'documents/dmp'), (5, 'dmp');
            INSERT INTO peer (id, facility, name) VALUES (1, 'clinic', 'DPI|CH');
            INSERT INTO tally (name, state, n) VALUES (0, 0, 1), (4, 0, 1);
            INSERT INTO delivery VALUES (4096, x'00112233445566778899aabbccddeeff', 3, 4, 5, NULL, NULL, 1, NULL, 0, 1, 1, 0, 0, 0, 0, 0, 0, NULL, NULL,
                NULL, NULL, 0, NULL, 5, 5, 1, NULL, 0, NULL);
            INSERT INTO search (high, low, seq) VALUES (1, 2, 1);
            INSERT INTO audit (seq, n, at, what) VALUES (1, 1, 5, 2), (2, 2, 5, 2);
            """)
        let message = try Statement(
            connection, "INSERT INTO message VALUES (?1, ?1, ?1, NULL, NULL, 1, 1, 5, 2, 'OLD' || ?1, 0, 0, 0, 99, 0, NULL, ?2, 5, 0, ?3, ?4, NULL, NULL)")
        let seen = try Statement(connection, "INSERT INTO seen (peer, control, seq, digest, free) VALUES (1, 'OLD' || ?1, ?1, ?2, 0)")
        let body = try Statement(connection, "INSERT INTO body (seq, bytes) VALUES (?1, ?2)")
        for seq in 1...3 {
            let digest = testDigester().sha256(Array("hello".utf8))
            message.bind(1, seq).bind(2, digest).bind(3, seq == 3 ? 0 : 2).bind(4, 0)
            if seq == 3 { message.bindNull(4) }
            try message.run()
            try seen.bind(1, seq).bind(2, digest).run()
            try body.bind(1, seq).bind(2, Array("hello".utf8)).run()
        }
    }

    @Test("a journal of version 1 is taken over: its rows, its open deliveries, its bodies under the rule of their route")
    func migration() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let sql = try String(contentsOfFile: URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/journal-v1.sql", encoding: .utf8)
        do {
            let connection = try Connection(path: scratch.path + "/journal.sqlite", isReader: false)
            try connection.run("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
            try connection.run(sql)
            try Self.fill(connection)
        }
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        #expect(try await journal.bodiesKept() == ["documents": KeptBodies(count: 1, bytes: 5), "": KeptBodies(count: 1, bytes: 5)])
        #expect(try await journal.bytes(of: try await t.message(of: 1).message) == Array("hello".utf8))
        #expect(try await t.due() == [1 << 12])
        #expect(try await journal.unrouted(after: 0, limit: 9).map(\.message.seq) == [3])
        #expect(try await t.accept(Acceptance(t.message("OLD1", "hello"))) == .seen(1, Verdict(.accepted)))
        #expect(try await t.take("NEW") == 4)
        await journal.close()
        #expect(try JournalCheck.run(directory: scratch.path, digester: testDigester()) == [])
    }
}
