import JournalPostgres
import Pipeline

/// The shared journal, from the node file.
extension Composition {
    /// How the node's database is reached; nil when its journal is a local one. The password is read at each connection.
    static func database(_ node: NodeSettings) throws(JournalError) -> PostgresJournal.Settings? {
        guard let database = node.database else { return nil }
        if let reference = database.password {
            do throws(Reason) { _ = try password(reference) } catch { throw .refused(error) }
        }
        var settings = PostgresJournal.Settings(
            connection: database.connection, node: node.name, failover: database.failover,
            password: { database.password.flatMap { try? password($0) } })
        settings.lease = database.lease
        return settings
    }

    private static func password(_ reference: SecretReference) throws(Reason) -> String {
        var bytes = try secrets.read(reference)
        while bytes.last == UInt8(ascii: "\n") || bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension NodeSettings {
    /// The journal, for people: its folder, or its database.
    var journalName: String {
        guard let database else { return journalDirectory }
        return "postgres://" + (database.connection["host"] ?? "") + "/" + (database.connection["dbname"] ?? "")
    }
}
