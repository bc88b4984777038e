import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("What is removed is gone, and its space is given back", .serialized)
struct KeepTests {
    private func fill(_ journal: SQLiteJournal, _ t: Harness, _ count: Int, _ text: String) async throws -> [Seq] {
        var seqs: [Seq] = []
        for n in 0..<count {
            guard case .new(let seq) = try await t.accept(Acceptance(t.message("M\(n)", "\(n) " + text, patient: 5))) else { throw CancellationError() }
            try await t.plan(seq, [t.delivery(seq, lane: UInt64(n), part: Part(id: "274-secret", notes: ["name": .text("NAME-OF-PATIENT")]))])
            try await t.settle(seq << 12, .refused(Harness.why))
            seqs.append(seq)
        }
        return seqs
    }

    private func remove(_ journal: SQLiteJournal, _ seqs: [Seq], _ now: Instant) async throws {
        var rest = seqs
        while !rest.isEmpty { rest = try await journal.remove(.body, rest, now: now).rest }
        while try await journal.tidy() {}
    }

    @Test("the database file shrinks once more than a quarter of it is free; body files and their empty days go")
    func space() async throws {
        let scratch = Scratch(inMemory: true), clock = ManualClock()
        let journal = try openJournal(scratch.path + "/j", clock: clock)
        let t = try await harness(journal, clock)
        let seqs = try await fill(journal, t, 300, String(repeating: "x", count: 8000))
        let large = String(repeating: "0123456789", count: 20_000)
        guard case .new(let big) = try await t.accept(Acceptance(t.message("BIG", large))) else { throw CancellationError() }
        try await t.plan(big, [])
        while try await !journal.scrub() {}
        func size() throws -> Int { try FileManager.default.attributesOfItem(atPath: scratch.path + "/j/journal.sqlite")[.size] as? Int ?? 0 }
        let before = try size()
        #expect(before > 2_000_000)
        #expect(files(scratch.path + "/j/bodies").count == 1)
        try await remove(journal, seqs + [big], t.now)
        while try await !journal.scrub() {}
        #expect(try size() < before / 3)
        #expect(files(scratch.path + "/j/bodies") == [])
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/j/bodies/2026-01-01"))
        await journal.close()
        #expect(try JournalCheck.run(directory: scratch.path + "/j", digester: testDigester()) == [])
    }

    @Test("after an erasure neither the database nor its log holds a byte of the patient: body, recipient, the far end's words")
    func erased() async throws {
        let scratch = Scratch(inMemory: true), clock = ManualClock()
        let journal = try openJournal(scratch.path + "/j", clock: clock)
        let t = try await harness(journal, clock)
        let seqs = try await fill(journal, t, 40, "BODY-OF-PATIENT " + String(repeating: "y", count: 3000))
        func traces() -> Set<String> {
            let all = files(scratch.path + "/j").compactMap { FileManager.default.contents(atPath: scratch.path + "/j/" + $0) }
            return Set(
                ["BODY-OF-PATIENT", "NAME-OF-PATIENT", "274-secret", "\"secret\""].filter { word in all.contains { $0.range(of: Data(word.utf8)) != nil } })
        }
        #expect(traces().count == 4)
        #expect(try await journal.erase(seqs, evenAwaited: false, by: "anne", now: t.now).count == 40)
        while try await journal.tidy() {}
        while try await !journal.scrub() {}
        #expect(traces() == [])
        await journal.close()
        #expect(traces() == [])
        #expect(try JournalCheck.run(directory: scratch.path + "/j", digester: testDigester()) == [])
    }

    @Test("a process that dies between the commit and the unlink leaves no file: the next one finds it in the trash")
    func trash() async throws {
        let scratch = Scratch(inMemory: true), clock = ManualClock()
        var journal = try openJournal(scratch.path, clock: clock)
        var t = try await harness(journal, clock)
        guard case .new(let big) = try await t.accept(Acceptance(t.message("BIG", String(repeating: "0123456789", count: 20_000)))) else {
            throw CancellationError()
        }
        try await t.plan(big, [])
        _ = try await journal.remove(.body, [big], now: t.now)
        await journal.close()
        #expect(files(scratch.path + "/bodies").count == 1)
        journal = try openJournal(scratch.path, clock: clock)
        t = try await harness(journal, clock)
        while try await journal.tidy() {}
        #expect(files(scratch.path + "/bodies") == [])
        await journal.close()
    }

    @Test("old lines of the gateway's own audit go, and traces once no message uses them; what is left keeps its own")
    func thinned() async throws {
        let scratch = Scratch(inMemory: true), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        let reader = try Connection(path: scratch.path + "/journal.sqlite", isReader: true)
        func traces() throws -> Int { Int(try reader.number("SELECT count(*) FROM trace") ?? -1) }
        func message(_ control: String, _ trace: String) async throws -> Seq {
            let seq = try await t.take(control)
            try await t.plan(seq, [], trace: trace)
            return seq
        }
        for _ in 0..<70 { try await journal.note(.configured, Harness.why, by: "anne", now: t.now) }
        let a = try await message("A", "first"), b = try await message("B", "second")
        #expect(try await journal.thin(before: t.now) == false)
        clock.advance(by: .seconds(86_400))
        try await journal.note(.resumed, Harness.why, by: "anne", now: t.now)
        let c = try await message("C", "first"), d = try await message("D", "third")
        while try await journal.thin(before: t.now) {}
        #expect(try await journal.find(.audit(0)).audit.map(\.what) == ["resumed"])
        #expect(try traces() == 4, "a trace went before its message")
        for level in [KeepLevel.body, .facts, .proofs] { _ = try await journal.remove(level, [a, b], now: t.now) }
        while try await journal.thin(before: t.now) {}
        #expect(try traces() == 2)
        for (seq, trace) in [(c, "first"), (d, "third")] {
            let id = try await t.message(of: seq).message.envelope.id
            #expect(try await journal.find(.message(id)).messages.first?.trace == trace)
        }
        #expect(try await journal.find(.audit(c)).audit.isEmpty == false)
        await journal.close()
    }

    @Test("retention goes on beside a stream of messages that never pauses, and each slice is small")
    func besideTraffic() async throws {
        let scratch = Scratch(inMemory: true), clock = ManualClock()
        let journal = try openJournal(scratch.path, clock: clock)
        let t = try await harness(journal, clock)
        let seqs = try await fill(journal, t, 300, String(repeating: "x", count: 500))
        let done = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for link in 0..<4 {
                group.addTask {
                    var n = 0
                    while !done.isSet {
                        _ = try await t.accept(Acceptance(t.message("L\(link)-\(n)")))
                        n += 1
                    }
                }
            }
            group.addTask {
                var rest = seqs
                let end = ContinuousClock.now + .seconds(120)
                while !rest.isEmpty, ContinuousClock.now < end { rest = try await journal.remove(.body, rest, now: t.now).rest }
                done.set()
                #expect(rest.isEmpty)
            }
            try await group.waitForAll()
        }
        #expect(try await journal.find(.messages(before: 301, limit: 300)).messages.allSatisfy { $0.removal != nil })
        await journal.close()
    }
}
