import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("SQLite does what the model does", .serialized)
struct ModelTests {
    /// PASSERELLE_SEEDS=300 for a longer look.
    private static let seeds = ProcessInfo.processInfo.environment["PASSERELLE_SEEDS"].flatMap { UInt64($0) } ?? 24

    @Test("for random lives: the same receipts, activations, due deliveries, states, audits and counters", arguments: 1...seeds)
    func lives(_ seed: UInt64) async throws {
        let scratch = Scratch(inMemory: true)
        let life = RandomLife(
            "SQLite", open: { try openJournal(scratch.path, clock: $0) },
            reopen: { old, clock in
                await old.close()
                return try openJournal(scratch.path, clock: clock)
            })
        let difference = try await life.run(seed) { await $0.close() }
        #expect(difference == nil)
    }
}
