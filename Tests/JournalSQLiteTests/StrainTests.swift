import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("A log that cannot be emptied, a disk that is low", .serialized)
struct StrainTests {
    private func until(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<1500 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    @Test("a reader that is forgotten raises an alert, then closes the intake; once it is gone the intake opens again without another write")
    func log() async throws {
        let scratch = Scratch(inMemory: true)
        var settings = SQLiteJournal.Settings()
        settings.ballast = 0
        settings.checkpoint = 4 * Schema.pageSize
        (settings.walAlarm, settings.walLimit) = (100 * Schema.pageSize, 300 * Schema.pageSize)
        let journal = try openJournal(scratch.path, settings: settings)
        let t = try await harness(journal)
        #expect(journal.strain == nil)
        try await t.take("first")
        let reader = try Connection(path: scratch.path + "/journal.sqlite", isReader: true)
        try reader.run("BEGIN")
        _ = try reader.number("SELECT count(*) FROM message")
        var n = 0, alarmedAt: Int?
        while journal.hasRoom, n < 2000 {
            n += 1
            try await t.take("m\(n)")
            if alarmedAt == nil, journal.strain == JournalReasons.logGrows { alarmedAt = n }
        }
        let alarm = try #require(alarmedAt)
        #expect(alarm < n && journal.strain == JournalReasons.logFull)
        await #expect(throws: JournalError.full) { try await t.take("late") }
        try reader.run("COMMIT")
        #expect(try await until { journal.hasRoom })
        #expect(journal.strain == nil)
        try await t.take("late")
        await journal.close()
    }

    @Test("a disk with less than the ballast is told, and takes nothing in")
    func disk() async throws {
        let scratch = Scratch(inMemory: true)
        var settings = SQLiteJournal.Settings()
        settings.ballast = 1 << 60
        let journal = try openJournal(scratch.path, settings: settings)
        #expect(journal.strain == Reasons.full)
        let t = try await harness(journal)
        await #expect(throws: JournalError.full) { try await t.take("m") }
        await journal.close()
    }
}
