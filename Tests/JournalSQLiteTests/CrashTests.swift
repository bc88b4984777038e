import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("What was answered survives", .serialized)
struct CrashTests {
    /// Copies the files as a machine that lost power would find them: the log may be cut anywhere after what was synced.
    private func copy(_ from: String, _ to: String, cut: Int? = nil) throws {
        let manager = FileManager.default
        try manager.createDirectory(atPath: to, withIntermediateDirectories: true)
        for name in ["journal.sqlite", "journal.sqlite-wal"] where manager.fileExists(atPath: from + "/" + name) {
            try manager.copyItem(atPath: from + "/" + name, toPath: to + "/" + name)
        }
        if let cut {
            let handle = try #require(FileHandle(forUpdatingAtPath: to + "/journal.sqlite-wal"))
            try handle.truncate(atOffset: UInt64(cut))
            try handle.close()
        }
    }

    @Test("the files copied while it runs hold every message that was answered before")
    func running() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path + "/a", clock: clock)
        let t = try await harness(journal, clock)
        for round in 0..<5 {
            for n in 0..<40 { try await t.send("R\(round)-\(n)", lane: UInt64(n % 7)) }
            let path = scratch.path + "/copy\(round)"
            try copy(scratch.path + "/a", path)
            let later = try openJournal(path, clock: clock)
            let found = try await later.find(.messages(limit: 1000)).messages
            #expect(found.count == 40 * (round + 1))
            #expect(found.allSatisfy { $0.state == .routed && $0.deliveries.count == 1 })
            #expect(try await later.find(.deliveries(states: [.active])).deliveries.isEmpty)
            #expect(try await later.find(.deliveries(states: [.unknown])).deliveries.count == 7)
            await later.close()
        }
        await journal.close()
    }

    @Test("a log torn at any byte opens at the last whole commit: messages are whole, in order, without a gap")
    func torn() async throws {
        let scratch = Scratch(), clock = ManualClock()
        let journal = try openJournal(scratch.path + "/a", clock: clock)
        let t = try await harness(journal, clock)
        var sizes: [Int] = []
        for n in 0..<20 {
            try await t.take("T\(n)")
            sizes.append(try FileManager.default.attributesOfItem(atPath: scratch.path + "/a/journal.sqlite-wal")[.size] as? Int ?? 0)
        }
        let random = SeededRandom(11)
        for round in 0..<25 {
            let cut = 32 + random.below(try #require(sizes.last) - 32)
            let path = scratch.path + "/torn\(round)"
            try copy(scratch.path + "/a", path, cut: cut)
            guard let later = try? openJournal(path, clock: clock) else {
                #expect(cut < sizes[0], "cut at \(cut): cannot be opened")
                continue
            }
            let seqs = try await later.unrouted(after: 0, limit: 100).map(\.message.seq)
            #expect(seqs == Array(1..<Seq(seqs.count + 1)))
            #expect(seqs.count >= sizes.count { $0 <= cut }, "cut at \(cut): an answered message is gone")
            for one in try await later.unrouted(after: 0, limit: 100) { _ = try await later.bytes(of: one.message) }
            await later.close()
        }
        await journal.close()
    }

    @Test("what several tasks do at once is all there afterwards, and the checkpoints between them lose nothing")
    func checkpoints() async throws {
        let scratch = Scratch(), clock = ManualClock()
        var settings = SQLiteJournal.Settings()
        settings.checkpoint = 64 << 10
        let journal = try openJournal(scratch.path, clock: clock, settings: settings)
        let t = try await harness(journal, clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for link in 0..<16 {
                group.addTask {
                    for n in 0..<60 {
                        let id = try await t.send("\(link)-\(n)", lane: UInt64(link))
                        let settled = try await t.settle(id)
                        guard settled.ignored.isEmpty else { throw CancellationError() }
                    }
                }
            }
            group.addTask {
                for _ in 0..<50 { _ = try await journal.find(.messages(limit: 50)) }
            }
            try await group.waitForAll()
        }
        await journal.close()
        let wal = try FileManager.default.attributesOfItem(atPath: scratch.path + "/journal.sqlite-wal")[.size] as? Int ?? 0
        // Without checkpoints 27 MB. A reader that the machine does not let go on keeps the log from starting anew for a while: 3 MB were seen.
        #expect(wal < 12 << 20, "the log grew to \(wal)")
        let later = try openJournal(scratch.path, clock: clock)
        #expect(try await later.find(.messages(limit: 1000)).messages.count == 960)
        #expect(try await later.find(.counts).counts.open == [:])
        await later.close()
        let check = try Connection(path: scratch.path + "/journal.sqlite", isReader: true)
        #expect(try check.text("PRAGMA integrity_check") == "ok")
    }
}
