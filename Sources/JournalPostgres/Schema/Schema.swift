import Pipeline

/// The schema, its versions, and what a database must promise.
enum Schema {
    static let version = 1
    /// By version, what brings the one before to it.
    static let steps: [Int: [String]] = [
        1: [
            SchemaTables.sql, SchemaMessages.sql, SchemaOrder.sql, SchemaPlans.sql, SchemaSettlements.sql, SchemaWords.sql, SchemaLeases.sql,
            SchemaKeeping.sql,
        ]
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
        let found = try found(connection)
        if found.isOther { return PostgresReasons.otherSchema }
        return found.version == version ? nil : PostgresReasons.noSchema
    }

    /// The version of a schema that is there (0: of none), and whether it was made by other statements than ours of that version: half of what we
    /// call may be missing.
    private static func found(_ connection: Connection) throws(SQLFailure) -> (version: Int, isOther: Bool) {
        let rows = try connection.query("SELECT name, value FROM meta WHERE name IN ('version', 'statements')")
        let values = Dictionary(rows.map { ($0.text(0), $0.text(1)) }) { first, _ in first }
        guard let version = values["version"].flatMap({ Int($0) }) else { return (0, !rows.isEmpty) }
        return (version, version <= Self.version && values["statements"] != digest(of: version))
    }

    /// A digest of the statements up to a version.
    private static func digest(of version: Int) -> String {
        let texts = steps.keys.filter { $0 <= version }.sorted().flatMap { steps[$0] ?? [] }
        return SipHash(secret: Key128(high: 0, low: 0)).hash(Array(texts.joined(separator: "\n").utf8)).hex
    }

    /// Brings the schema to this version, in one transaction. What was done, for the person; empty: nothing was missing; nil: it is not ours.
    static func migrate(_ connection: Connection, schema: String) throws(SQLFailure) -> [Int]? {
        try connection.run(script: "CREATE SCHEMA IF NOT EXISTS \(schema)")
        var before = 0
        if try connection.query("SELECT to_regclass('meta') IS NOT NULL").first?.flag(0) ?? false {
            let found = try found(connection)
            if found.isOther || found.version > version { return nil }
            before = found.version
        }
        let missing = steps.keys.filter { $0 > before }.sorted()
        if missing.isEmpty { return [] }
        try connection.run(script: "BEGIN;\n" + script(after: before) + "\n" + grants(schema) + "\nCOMMIT;")
        return missing
    }

    /// From a version to this one.
    static func script(after before: Int) -> String {
        let script = steps.keys.filter { $0 > before }.sorted().flatMap { steps[$0] ?? [] }.joined(separator: "\n"), digest = digest(of: version)
        if before > 0 {
            return script + "\nUPDATE meta SET value = '\(version)' WHERE name = 'version';"
                + "\nUPDATE meta SET value = '\(digest)' WHERE name = 'statements';"
        }
        var chance = SystemRandomNumberGenerator()
        let secret = Key128(high: chance.next(), low: chance.next())
        return script
            + "\nINSERT INTO meta VALUES ('secret', '\(secret.hex)'), ('interrupted', '\(quoted(JSON.text(JournalReasons.interrupted) ?? ""))'),"
            + " ('version', '\(version)'), ('statements', '\(digest)');"
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
