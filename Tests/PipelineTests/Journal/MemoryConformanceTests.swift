import Pipeline
import PipelineTesting
import Testing

@Suite("The in-memory journal keeps the promises of every journal")
struct MemoryConformanceTests {
    @Test(arguments: JournalConformance.cases)
    func promise(_ one: JournalConformance.Case) async throws {
        let suite = JournalConformance(
            open: { InMemoryJournal(time: $0, digester: testDigester()) },
            reopen: { journal, _ in
                guard let journal = journal as? InMemoryJournal else { return journal }
                return journal.crash()
            })
        try await suite.run(one)
    }
}
