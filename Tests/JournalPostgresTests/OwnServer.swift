import Foundation
import Pipeline
import Testing

@testable import JournalPostgres

/// A server of its own, whose settings may be spoilt.
final class OwnServer {
    let folder = "/var/tmp/passerelle-own-\(UUID().uuidString.prefix(8))"
    var settings: PostgresJournal.Settings
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Deploy/postgres/cluster.sh").path

    init() async throws {
        settings = PostgresJournal.Settings(
            connection: ["host": "127.0.0.1", "port": "", "user": "postgres", "dbname": "passerelle"], node: "test", failover: false)
        (settings.silence, settings.settling) = (.zero, .zero)
        settings.lease = .seconds(60)
        // Somebody else may have the port, or take it before the server does: then another one.
        var status: Int32 = -1
        for _ in 0..<5 where status != 0 {
            let port = "\(Int.random(in: 27000...29000))"
            settings.connection["port"] = port
            status = await run("start", port)
            if status != 0 { _ = await run("stop") }
        }
        try #require(status == 0, "no server of its own")
        _ = try PostgresAdmin.migrate(settings)
    }

    /// A server while `body` runs.
    static func run(_ body: (OwnServer) async throws -> Void) async throws {
        let server = try await OwnServer()
        do {
            try await body(server)
        } catch {
            _ = await server.run("stop")
            throw error
        }
        #expect(await server.run("stop") == 0)
    }

    func run(_ word: String, _ more: String...) async -> Int32 {
        let words = [Self.script, word, folder] + more
        return await withCheckedContinuation { continuation in startThread { continuation.resume(returning: Self.wait(words)) } }
    }

    /// Runs a command to its end. Foundation's Process would wait for the server too, which inherits the descriptor by which it sees the end.
    private static func wait(_ words: [String]) -> Int32 {
        var process = pid_t(), status: Int32 = -1
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        guard posix_spawn(&process, words[0], nil, nil, &arguments, environ) == 0 else { return -1 }
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    /// Changes settings, lets the server read them, and waits until whoever connects has the new ones.
    func set(_ statements: String...) async throws {
        func loaded() throws -> String { try "\(PostgresAdmin.connect(settings).query("SELECT pg_conf_load_time()::text", []))" }
        let before = try loaded()
        let connection = try PostgresAdmin.connect(settings)
        for statement in statements + ["SELECT pg_reload_conf()"] { try connection.run(script: statement) }
        #expect(try await Server.eventually { try loaded() != before })
    }

    /// From now on each commit waits for a standby that does not come: the checkpointer makes that so, some time after the settings were read.
    func hangCommits() async throws {
        try await set("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
        let watching = try PostgresAdmin.connect(settings)
        let isWaiting = try await Server.eventually {
            let probe = try Connection(settings.connection.map { ($0.key, $0.value) }, patience: .milliseconds(300))
            _ = try? probe.transaction([Statement("SELECT pg_logical_emit_message(true, 'probe', '')::text")])
            return try !watching.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'").isEmpty
        }
        #expect(isWaiting)
    }

    /// Nobody waits for a standby any more; what waits is let go.
    func resumeCommits() async throws { try await set("SET synchronous_commit = local", "ALTER SYSTEM RESET synchronous_standby_names") }
}
