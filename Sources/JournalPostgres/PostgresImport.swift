package import Pipeline

/// An empty shared journal that takes another journal's rows, in one transaction: all of them or none. Blocking; for one thread.
package final class PostgresImport {
    private let connection: Connection

    /// Begins, as the role that owns the schema. Throws `refused` when the schema is not there or holds messages already.
    package init(_ settings: PostgresJournal.Settings, secret: String) throws(JournalError) {
        do throws(SQLFailure) {
            connection = try PostgresAdmin.connect(settings)
            if let reason = try Schema.check(connection, settings, strictly: true) { throw SQLFailure(state: "PS003", text: reason.code) }
            try connection.run(script: "BEGIN; LOCK TABLE message, gateway IN ACCESS EXCLUSIVE MODE")
            let isUsed = try connection.query("SELECT EXISTS (SELECT FROM message) OR EXISTS (SELECT FROM gateway)").first?.flag(0) ?? true
            if isUsed { throw SQLFailure(state: "PS004", text: "used") }
            _ = try connection.query("UPDATE meta SET value = $1 WHERE name = 'secret'", [.text(secret)])
        } catch {
            throw Self.refusal(error)
        }
    }

    /// Rows of a table of the shared journal, as JSON objects.
    package func put(_ table: String, _ rows: [String]) throws(JournalError) {
        do throws(SQLFailure) {
            let names = try columns(of: table)
            _ = try connection.query(
                "INSERT INTO \(table) (\(names)) SELECT \(names) FROM jsonb_populate_recordset(NULL::\(table), $1::jsonb)", [.text(JSONText.array(rows))])
        } catch {
            throw Self.refusal(error)
        }
    }

    private var known: [String: String] = [:]

    private func columns(of table: String) throws(SQLFailure) -> String {
        if let names = known[table] { return names }
        let sql = "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        let names = try connection.query(sql, [.text(table)]).map { $0.text(0) }.joined(separator: ", ")
        known[table] = names
        return names
    }

    /// The bytes of a message.
    package func put(body bytes: [UInt8], of seq: Seq) throws(JournalError) {
        do throws(SQLFailure) {
            for start in stride(from: 0, to: max(bytes.count, 1), by: Parameters.piece) {
                let piece = Array(bytes[start..<min(start + Parameters.piece, bytes.count)])
                _ = try connection.query("INSERT INTO body VALUES ($1, $2, $3)", [.integer(seq), .integer(start / Parameters.piece), .bytes(piece)])
            }
        } catch {
            throw Self.refusal(error)
        }
    }

    /// Commits; numbers go on where the other journal left off. What was being sent there is noted as interrupted.
    package func finish(now: Instant) throws(JournalError) {
        do throws(SQLFailure) {
            try connection.run(
                script: """
                    SELECT setval('message_seq', greatest((SELECT max(seq) FROM (SELECT seq FROM message UNION ALL SELECT seq FROM audit) x), 1));
                    SELECT setval('audit_n', greatest((SELECT max(n) FROM audit), 1));
                    INSERT INTO audit (seq, at, what, ordinal, attempt) SELECT id >> 12, \(now.milliseconds), 'interrupted', id & 4095, attempt
                        FROM delivery WHERE state = 3 AND due = \(now.milliseconds) AND changed = \(now.milliseconds);
                    COMMIT;
                    ANALYZE message, delivery, audit, seen, body;
                    """)
        } catch {
            throw Self.refusal(error)
        }
    }

    private static func refusal(_ error: SQLFailure) -> JournalError {
        switch error.state {
        case "PS003": .refused(PostgresReasons.named(error.text))
        case "PS004": .refused(PostgresReasons.used)
        case "42P01", "3F000": .refused(PostgresReasons.noSchema)
        default: .refused(PostgresReasons.noConnection(error.text))
        }
    }
}
