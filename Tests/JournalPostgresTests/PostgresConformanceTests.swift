import JournalPostgres
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@Suite("The PostgreSQL journal keeps the promises of every journal", .enabled(if: Server.isThere), .serialized)
struct PostgresConformanceTests {
    @Test(arguments: JournalConformance.cases)
    func promise(_ one: JournalConformance.Case) async throws {
        let settings = try Server.settings()
        defer { Server.drop(settings) }
        let reopened = Mutex<[PostgresJournal]>([])
        let suite = JournalConformance(
            open: { try Server.open(settings, $0) },
            reopen: { old, clock in
                let next = try await Server.reopen(old, settings, clock)
                reopened.withLock { $0.append(next) }
                return next
            })
        do {
            try await suite.run(one)
        } catch {
            for journal in reopened.withLock({ $0 }) { await journal.abandon() }
            throw error
        }
        for journal in reopened.withLock({ $0 }) { await journal.abandon() }
    }
}
