import Pipeline
import PipelineTesting
import Testing

@testable import JournalPostgres

@Suite("The schema is ours, or nothing is done with it", .enabled(if: Server.isThere))
struct SchemaTests {
    @Test("a database whose schema was made by other statements is neither opened nor changed, and the reason says so", arguments: ["other", "missing"])
    func other(_ kind: String) async throws {
        let settings = try Server.settings()
        defer { Server.drop(settings) }
        #expect(try PostgresAdmin.migrate(settings) == [])
        await (try Server.open(settings, ManualClock())).abandon()
        let change = kind == "other" ? "UPDATE meta SET value = 'x' WHERE name = 'statements'" : "DELETE FROM meta WHERE name = 'statements'"
        try PostgresAdmin.connect(settings).run(script: change)
        #expect(throws: JournalError.refused(PostgresReasons.otherSchema)) { _ = try PostgresAdmin.migrate(settings) }
        #expect(throws: JournalError.refused(PostgresReasons.otherSchema)) { _ = try Server.open(settings, ManualClock()) }
    }

    @Test("the script that is printed makes the same schema: it is opened, and needs nothing more")
    func printed() async throws {
        let settings = try Server.settings()
        defer { Server.drop(settings) }
        let connection = try PostgresAdmin.connect(settings)
        try connection.run(script: "DROP SCHEMA \(settings.schema) CASCADE; CREATE SCHEMA \(settings.schema)")
        try connection.run(script: PostgresAdmin.script)
        #expect(try PostgresAdmin.migrate(settings) == [])
        await (try Server.open(settings, ManualClock())).abandon()
    }
}
