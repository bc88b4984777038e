import Foundation
import JournalPostgres
import Pipeline
import PipelineTesting
import Testing

@Suite("PostgreSQL does what the model does", .enabled(if: Server.isThere), .serialized)
struct PostgresModelTests {
    /// PASSERELLE_SEEDS=300 for a longer look.
    private static let seeds = ProcessInfo.processInfo.environment["PASSERELLE_SEEDS"].flatMap { UInt64($0) } ?? 24

    @Test("for random lives: PostgreSQL gives the receipts, activations, due deliveries, states, audits and counters of the model", arguments: 1...seeds)
    func lives(_ seed: UInt64) async throws {
        let settings = try Server.settings()
        defer { Server.drop(settings) }
        let life = RandomLife(
            "PostgreSQL", open: { try Server.open(settings, $0) }, reopen: { try await Server.reopen($0, settings, $1) })
        let difference = try await life.run(seed) { await ($0 as? PostgresJournal)?.abandon() }
        #expect(difference == nil)
    }
}
