import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("The journal's doctor", .serialized)
struct DoctorTests {
    private static let seeds = ProcessInfo.processInfo.environment["PASSERELLE_SEEDS"].flatMap { UInt64($0) } ?? 16

    @Test("a sound journal has no finding; salvage brings all of it over, and the copy is sound too")
    func sound() async throws {
        let sick = try await Sick()
        #expect(try sick.check() == [])
        let (report, new) = try sick.salvage()
        #expect(report.isWhole, "\(report)")
        #expect(report.rows["message"] == sick.texts.count)
        #expect(try JournalCheck.run(directory: new, digester: testDigester()) == [])
        #expect(try await sick.verify(new) == sick.texts.count)
        let journal = try openJournal(new, clock: sick.clock)
        let t = try await harness(journal, sick.clock)
        #expect(try await t.accept(Acceptance(t.message("M6", sick.texts[7]))) == .seen(7, Verdict(.accepted)))
        #expect(try await journal.delivery(carrying: [Token(kind: "unique-id", value: "1.2.6")])?.delivery.id == 7 << 12)
        #expect(try await journal.find(.token(Token(kind: "document", value: "6"))).messages.map(\.message.seq) == [7])
        await journal.close()
    }

    @Test("random bytes and pages are damaged: nothing crashes, no wrong byte is ever read, salvage gives what stands on sound pages", arguments: 1...seeds)
    func damage(_ seed: UInt64) async throws {
        let sick = try await Sick(120), random = SeededRandom(seed), sound = sick.bytes
        var bytes = sound
        let page = 2 + random.below(bytes.count / 8192 - 1), start = (page - 1) * 8192
        switch random.below(3) {
        case 0: for at in start..<start + 8192 { bytes[at] = UInt8(truncatingIfNeeded: random.next()) }
        case 1: for at in start..<start + 8192 { bytes[at] = 0 }
        default: for _ in 0..<20 { bytes[start + random.below(8192)] ^= UInt8(1 << random.below(8)) }
        }
        sick.bytes = bytes
        do {
            _ = try await sick.verify(sick.path)
        } catch let error as JournalError {
            if case .refused = error {} else if !error.isDamage { Issue.record("page \(page): \(error)") }
        }
        _ = try? sick.check()
        let (report, new) = try sick.salvage()
        let kept = try await sick.verify(new)
        // The rows of a leaf go with it; an inner page of a table may take more with it, an index none.
        let kind = sound[start], cells = Int(sound[start + 3]) << 8 | Int(sound[start + 4])
        if kind == 0x0D { #expect(sick.texts.count - kept <= cells, "page \(page): \(report)") }
        if kind == 0x0A || kind == 0x02 { #expect(kept == sick.texts.count, "page \(page): \(report)") }
    }

    @Test("a header that is overwritten costs nothing else")
    func header() async throws {
        let sick = try await Sick(60)
        var bytes = sick.bytes
        bytes.replaceSubrange(0..<100, with: [UInt8](repeating: 0xA5, count: 100))
        sick.bytes = bytes
        let (report, new) = try sick.salvage()
        #expect(report.isWhole, "\(report)")
        #expect(try await sick.verify(new) == sick.texts.count)
    }

    @Test("every damage has its finding, with a place and a mend")
    func findings() async throws {
        func codes(_ damage: (Connection) throws -> Void) async throws -> Set<String> {
            let sick = try await Sick(60)
            do {
                let connection = try Connection(path: sick.file, isReader: false)
                try damage(connection)
            }
            let found = try sick.check()
            #expect(found.allSatisfy { !$0.place.isEmpty && !$0.mend.fr.isEmpty })
            return Set(found.map(\.code))
        }
        #expect(try await codes { try $0.run("DELETE FROM message WHERE seq = 6") }.contains("P0742"))
        #expect(try await codes { try $0.run("DELETE FROM body WHERE seq = 4") } == ["P0743"])
        #expect(try await codes { try $0.run("DELETE FROM body WHERE seq = 7") } == ["P0744"])
        #expect(try await codes { try $0.run("UPDATE delivery SET ready = 0 WHERE id = 6 << 12") } == ["P0745"])
        #expect(try await codes { try $0.run("UPDATE token SET delivery = 9999") } == ["P0746"])
        #expect(try await codes { try $0.run("DELETE FROM audit WHERE seq = 7") } == ["P0748"])
        #expect(try await codes { try $0.run("UPDATE tally SET n = n + 1 WHERE name > 0") } == ["P0749"])
        #expect(try await codes { try $0.run("UPDATE kept SET bytes = bytes - 1") } == ["P0749"])
        #expect(try await codes { try $0.run("UPDATE body SET bytes = x'00' WHERE seq = 7") } == ["P0750"])
    }

    @Test("a body file that is damaged, cut short or gone is found, is never read as if it were whole, and salvage holds what is open")
    func files() async throws {
        for (index, spoil) in ([{ $0[1000] ^= 1 }, { $0.removeLast(10) }] as [(inout [UInt8]) -> Void]).enumerated() {
            var sick = try await Sick(10)
            let journal = try openJournal(sick.path, clock: sick.clock)
            let t = try await harness(journal, sick.clock)
            let large = String(repeating: "0123456789", count: 10_000)
            guard case .new(let seq) = try await t.accept(Acceptance(t.message("L", large))) else { throw CancellationError() }
            try await t.plan(seq, [t.delivery(seq, lane: 77, state: .queued)])
            sick.texts[seq] = large
            let message = try await t.message(of: seq).message
            guard case .file(let file) = message.body else { throw CancellationError() }
            var bytes = FileManager.default.contents(atPath: file.path).map { Array($0) } ?? []
            spoil(&bytes)
            _ = FileManager.default.createFile(atPath: file.path, contents: Data(bytes))
            if index == 1 { try FileManager.default.removeItem(atPath: file.path) }
            await #expect(throws: JournalError.damaged(seq)) { try await journal.bytes(of: message) }
            await journal.close()
            #expect(try sick.check().map(\.code) == ["P0750"])
            let (report, new) = try sick.salvage()
            #expect(report.held == [seq])
            let salvaged = try openJournal(new, clock: sick.clock)
            let stored = try await salvaged.find(.delivery(seq << 12)).deliveries.first
            #expect(stored?.state == .held)
            #expect(stored?.reason?.code == "P0506")
            await salvaged.close()
        }
    }

    @Test("a damaged small body of an undecided message is not handed to the router")
    func undecided() async throws {
        let sick = try await Sick(10)
        do {
            let connection = try Connection(path: sick.file, isReader: false)
            try connection.run("UPDATE body SET bytes = x'4D53487C' WHERE seq = 4")
        }
        let journal = try openJournal(sick.path, clock: sick.clock)
        let message = try #require(try await journal.unrouted(after: 0, limit: 1).first?.message)
        #expect(message.seq == 4)
        if case .bytes = message.body { Issue.record("the damaged bytes were handed out") }
        await #expect(throws: JournalError.damaged(4)) { try await journal.bytes(of: message) }
        await journal.close()
    }
}
