import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("Large bodies are files", .serialized)
struct BodyTests {
    private let large = String(repeating: "PDF ", count: 50_000)

    @Test("up to 64 KB in the database, beyond in bodies/DAY/ID")
    func place() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        _ = try await t.accept(Acceptance(t.message("S", String(repeating: "x", count: 65_536))))
        #expect(files(scratch.path + "/bodies") == [])
        let message = t.message("L", String(repeating: "x", count: 65_537))
        _ = try await t.accept(Acceptance(message))
        #expect(files(scratch.path + "/bodies") == ["2026-01-01/\(message.envelope.id)"])
        await journal.close()
    }

    @Test("a delivery that waits without its bytes gets them again, from the database or from their file")
    func putDown() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        for (control, text) in [("S", "small"), ("L", large)] {
            var message = t.message(control, text)
            guard case .new(let seq) = try await t.accept(Acceptance(message)) else { throw CancellationError() }
            message = Message(envelope: message.envelope, body: .stored(text.utf8.count), digest: message.digest, seq: seq)
            #expect(try await journal.bytes(of: message) == Array(text.utf8))
        }
        await journal.close()
    }

    @Test(
        "days are civil days",
        arguments: [(0, "1970-01-01"), (951_782_400_000, "2000-02-29"), (1_772_323_199_999, "2026-02-28"), (4_102_444_800_000, "2100-01-01")])
    func days(_ time: Int64, _ day: String) { #expect(BodyFolder.day(Instant(milliseconds: time)) == day) }

    @Test("a repeat's file is removed, that of an undecided one too, which may come again at once; a rejected reuse keeps its own")
    func repeated() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        guard case .new(let seq) = try await t.accept(Acceptance(t.message("L", large))) else { throw CancellationError() }
        let again = Acceptance(t.message("L", large))
        for _ in 1...3 {
            guard case .undecided(seq, sameBytes: true) = try await t.accept(again) else { throw CancellationError() }
        }
        try await t.plan(seq, [])
        guard case .seen(seq, _) = try await t.accept(again) else { throw CancellationError() }
        _ = try await t.accept(Acceptance(t.message("L", large)))
        _ = try await t.accept(Acceptance(t.message("L", large + "other")))
        await journal.close()
        #expect(files(scratch.path + "/bodies").count == 2)
    }

    @Test("the file of a repeat takes the place of one that was lost, damaged, or whose whole folder is gone", arguments: ["damaged", "lost", "folder"])
    func restored(_ damage: String) async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        let message = t.message("L", large)
        guard case .new(let seq) = try await t.accept(Acceptance(message)) else { throw CancellationError() }
        let reason = Reason("P0506", Text(fr: "", en: ""))
        try await t.plan(
            seq, [t.delivery(seq, lane: 1, state: .held, to: "route:journal", sender: "route")], verdict: Verdict(.held, [Finding(.information, reason)]))
        let day = scratch.path + "/bodies/2026-01-01", file = "\(day)/\(message.envelope.id)"
        switch damage {
        case "damaged": try Data(large.utf8.dropLast()).write(to: URL(filePath: file))
        case "lost": try FileManager.default.removeItem(atPath: file)
        default: try FileManager.default.removeItem(atPath: day)
        }
        let kept = try await t.message(of: seq).message
        await #expect(throws: JournalError.damaged(seq)) { _ = try await journal.bytes(of: kept) }
        // As a listener that wrote it while it arrived.
        let envelope = t.message("L", large).envelope
        let spool = try #require(try journal.spool(envelope.id, received: envelope.received))
        try Array(large.utf8).withUnsafeBytes { try spool.append($0) }
        let body = try spool.finish()
        guard case .seen(seq, let verdict) = try await t.accept(Acceptance(Message(envelope: envelope, body: body, digest: message.digest))) else {
            throw CancellationError()
        }
        #expect(verdict.lacksBody)
        try await journal.restore(body, of: seq, now: clock.now)
        #expect(try await journal.bytes(of: kept) == Array(large.utf8))
        #expect(files(scratch.path + "/bodies").count == 1)
        await journal.close()
    }

    @Test("a spool that is discarded or forgotten leaves nothing; one that is accepted stays")
    func spools() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        let bytes = Array(large.utf8)
        func spool(_ message: Message) throws -> any BodySpool {
            let spool = try #require(try journal.spool(message.envelope.id, received: t.now))
            try bytes.withUnsafeBytes { try spool.append($0) }
            return spool
        }
        try spool(t.message("1")).discard()
        _ = try spool(t.message("2"))
        let finished = try spool(t.message("3"))
        _ = try finished.finish()
        finished.discard()
        #expect(files(scratch.path + "/bodies") == [])
        let kept = t.message("4", large)
        let body = try spool(kept).finish()
        _ = try await t.accept(Acceptance(Message(envelope: kept.envelope, body: body, digest: kept.digest)))
        #expect(files(scratch.path + "/bodies").count == 1)
        await journal.close()
    }

    @Test("a missing or altered file is damaged, and says of which message")
    func damaged() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        guard case .new(let seq) = try await t.accept(Acceptance(t.message("L", large))) else { throw CancellationError() }
        let message = try await journal.unrouted(after: 0, limit: 1)[0].message
        guard case .file(let file) = message.body else { throw CancellationError() }
        #expect(try await journal.bytes(of: message).count == 200_000)
        let handle = try #require(FileHandle(forWritingAtPath: file.path))
        try handle.seek(toOffset: 100_000)
        handle.write(Data([0]))
        try handle.close()
        await #expect(throws: JournalError.damaged(seq)) { try await journal.bytes(of: message) }
        try FileManager.default.removeItem(atPath: file.path)
        await #expect(throws: JournalError.damaged(seq)) { try await journal.bytes(of: message) }
        await journal.close()
    }

    @Test("at the start files that no message names are swept; those of messages stay")
    func orphans() async throws {
        let scratch = Scratch(), clock = ManualClock()
        var journal = try openJournal(scratch.path, clock: clock)
        var t = try await harness(journal, clock)
        let kept = t.message("L", large)
        _ = try await t.accept(Acceptance(kept))
        await journal.close()
        let day = scratch.path + "/bodies/2026-01-01"
        let orphan = t.message("gone").envelope.id
        try Data(large.utf8).write(to: URL(fileURLWithPath: day + "/\(orphan)"))
        try Data("not ours".utf8).write(to: URL(fileURLWithPath: day + "/README"))
        journal = try openJournal(scratch.path, clock: clock)
        #expect(files(scratch.path + "/bodies") == ["2026-01-01/\(kept.envelope.id)", "2026-01-01/README"])
        t = try await harness(journal, clock)
        let message = try await journal.unrouted(after: 0, limit: 1)[0].message
        #expect(try await journal.bytes(of: message) == Array(large.utf8))
        await journal.close()
    }
}
