import JournalSQLite
import Pipeline
import PipelineTesting
import Testing

// One after the other: a hundred journals at once hold over a thousand descriptors and threads, and Foundation cannot start a process beside them.
@Suite("The SQLite journal keeps the promises of every journal", .serialized)
struct SQLiteConformanceTests {
    @Test(arguments: JournalConformance.cases)
    func promise(_ one: JournalConformance.Case) async throws {
        let scratch = Scratch()
        let open: @Sendable (ManualClock) async throws -> any Journal = { clock in
            try SQLiteJournal(directory: scratch.path + "/j", time: clock, digester: testDigester()) { error in Issue.record("broken: \(error)") }
        }
        let suite = JournalConformance(
            open: open,
            reopen: { journal, clock in
                await journal.close()
                return try await open(clock)
            })
        try await suite.run(one)
    }
}
