package import Pipeline

/// What a person does to the database of a journal: not for gateways.
package enum PostgresAdmin {
    /// Makes the schema, or brings it to this version, as the role of the settings. The versions that were added; none: it was up to date.
    package static func migrate(_ settings: PostgresJournal.Settings) throws(JournalError) -> [Int] {
        let added: [Int]?
        do throws(SQLFailure) {
            added = try Schema.migrate(try connect(settings), schema: settings.schema)
        } catch {
            throw .refused(PostgresReasons.noConnection(error.text))
        }
        guard let added else { throw .refused(PostgresReasons.otherSchema) }
        return added
    }

    /// The script of the schema, for those who apply such things themselves.
    package static var script: String { Schema.script(after: 0) }

    static func connect(_ settings: PostgresJournal.Settings) throws(SQLFailure) -> Connection {
        var parameters = settings.connection.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let password = settings.password() { parameters.append(("password", password)) }
        if settings.connection["target_session_attrs"] == nil { parameters.append(("target_session_attrs", "read-write")) }
        parameters += [("options", "-c search_path=\(settings.schema) -c client_min_messages=warning"), ("client_encoding", "UTF8")]
        parameters.append(("connect_timeout", "\(max(5, settings.connecting.components.seconds))"))
        return try Connection(parameters, patience: .seconds(600))
    }
}
