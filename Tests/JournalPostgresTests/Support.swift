import Foundation
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import JournalPostgres

/// The server that Deploy/postgres/cluster.sh starts: `PASSERELLE_POSTGRES` is its connection string (`host=… port=… user=… dbname=…`).
enum Server {
    static let parameters: [String: String]? = ProcessInfo.processInfo.environment["PASSERELLE_POSTGRES"].map { text in
        Dictionary(text.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) {
            $1
        }
    }
    static var isThere: Bool { parameters != nil }

    private static let count = Atomic(0)

    /// A schema of its own for a test.
    static func settings(_ change: (inout PostgresJournal.Settings) -> Void = { _ in }) throws -> PostgresJournal.Settings {
        var settings = PostgresJournal.Settings(connection: try #require(parameters), node: "test", failover: false)
        let n = count.wrappingAdd(1, ordering: .relaxed).newValue
        settings.schema = "test_\(getpid())_\(n)"
        (settings.silence, settings.settling) = (.zero, .zero)
        settings.lease = .seconds(60)
        settings.connecting = .seconds(60)  // a busy machine may let a server wait
        change(&settings)
        #expect(try PostgresAdmin.migrate(settings) == [1])
        return settings
    }

    static func drop(_ settings: PostgresJournal.Settings) {
        guard let connection = try? PostgresAdmin.connect(settings) else { return }
        try? connection.run(script: "SET client_min_messages = error; DROP SCHEMA \(settings.schema) CASCADE")
    }

    static func open(_ settings: PostgresJournal.Settings, _ clock: any Timekeeper) throws -> PostgresJournal {
        try PostgresJournal(settings, time: clock, digester: testDigester()) { error in Issue.record("broken: \(error)") }
    }

    /// Waits until something is so, at most a minute; false if it never was.
    static func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
        let limit = ContinuousClock.now + .seconds(60)
        while try await !condition() {
            guard ContinuousClock.now < limit else { return false }
            try await Task.sleep(for: .milliseconds(10))
        }
        return true
    }

    /// The next process, after `journal` died.
    static func reopen(_ journal: any Journal, _ settings: PostgresJournal.Settings, _ clock: any Timekeeper) async throws -> PostgresJournal {
        await (journal as? PostgresJournal)?.abandon()
        let next = try open(settings, clock)
        // The server notices the end of the old sessions a moment later.
        var news = try await next.beat(leaving: [])
        _ = try await eventually {
            if news.lease.epochs.contains(0) { news = try await next.beat(leaving: []) }
            return !news.lease.epochs.contains(0)
        }
        _ = try await next.adopt(limit: 10_000)
        return next
    }
}
