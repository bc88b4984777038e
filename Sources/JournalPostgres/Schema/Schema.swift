import Pipeline

/// The schema, its versions, and what a database must promise.
enum Schema {
    static let version = 1
    /// By version, what brings the one before to it.
    static let steps: [Int: [String]] = [
        1: [SchemaTables.sql, SchemaMessages.sql, SchemaOrder.sql, SchemaPlans.sql, SchemaWords.sql, SchemaLeases.sql, SchemaKeeping.sql]
    ]

    /// Why this database cannot be used; nil: it can. `strictly`: at the start; later, a primary without its standby is worked on all the same, since a
    /// person has chosen so.
    static func check(_ connection: Connection, _ settings: PostgresJournal.Settings, strictly: Bool) throws(SQLFailure) -> Reason? {
        let row = try connection.query(
            """
            SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
                current_setting('synchronous_standby_names'), pg_is_in_recovery(), to_regclass('meta') IS NOT NULL, current_setting('server_version_num')
            """
        ).first
        guard let row else { return PostgresReasons.otherJournal }
        if row.text(0) != "on" || row.text(1) != "on" || !["on", "remote_apply"].contains(row.text(2)) { return PostgresReasons.unsafe }
        if strictly, settings.failover, row.text(3).allSatisfy({ $0 == " " }) { return PostgresReasons.noStandby }
        if row.flag(4) || row.int(6) < 150_000 { return PostgresReasons.otherJournal }
        guard row.flag(5) else { return PostgresReasons.noSchema }
        let found = try connection.query("SELECT value FROM meta WHERE name = 'version'").first?.text(0)
        return found == String(version) ? nil : PostgresReasons.noSchema
    }

    /// Brings the schema to this version, in one transaction. What was done, for the person; empty: nothing was missing.
    static func migrate(_ connection: Connection, schema: String) throws(SQLFailure) -> [Int] {
        try connection.run(script: "CREATE SCHEMA IF NOT EXISTS \(schema)")
        var found = 0
        if try connection.query("SELECT to_regclass('meta') IS NOT NULL").first?.flag(0) ?? false {
            found = try connection.query("SELECT value FROM meta WHERE name = 'version'").first?.int(0) ?? 0
        }
        let missing = steps.keys.filter { $0 > found }.sorted()
        guard !missing.isEmpty else { return [] }
        var script = missing.flatMap { steps[$0] ?? [] }.joined(separator: "\n")
        if found == 0 {
            var chance = SystemRandomNumberGenerator()
            let secret = Key128(high: chance.next(), low: chance.next())
            script +=
                "\nINSERT INTO meta VALUES ('secret', '\(secret.hex)'), ('interrupted', '\(quoted(JSON.text(JournalReasons.interrupted) ?? ""))'),"
                + " ('version', '\(version)');"
        } else {
            script += "\nUPDATE meta SET value = '\(version)' WHERE name = 'version';"
        }
        try connection.run(script: "BEGIN;\n" + script + "\n" + grants(schema) + "\nCOMMIT;")
        return missing
    }

    private static func quoted(_ text: String) -> String { text.replacing("'", with: "''") }

    /// What the gateways' role, and that of readers, may do: nobody but the owner changes the schema, and nobody takes a line out of the audit.
    private static func grants(_ schema: String) -> String {
        """
        DO $do$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'passerelle_gateway') THEN
                GRANT USAGE ON SCHEMA \(schema) TO passerelle_gateway;
                GRANT SELECT ON ALL TABLES IN SCHEMA \(schema) TO passerelle_gateway;
                GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA \(schema) TO passerelle_gateway;
                GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA \(schema) TO passerelle_gateway;
                GRANT INSERT, UPDATE ON message, seen, delivery, gateway TO passerelle_gateway;
                GRANT INSERT ON body, token, replaces, search, barrier, audit TO passerelle_gateway;
                GRANT UPDATE ON shard TO passerelle_gateway;
                GRANT DELETE ON barrier, gateway TO passerelle_gateway;
            END IF;
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'passerelle_reader') THEN
                GRANT USAGE ON SCHEMA \(schema) TO passerelle_reader;
                GRANT SELECT ON time_mark, message, seen, delivery, barrier, token, replaces, search, audit, gateway, shard TO passerelle_reader;
            END IF;
        END $do$;
        REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA \(schema) FROM PUBLIC;
        """
    }
}
