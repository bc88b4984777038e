import ArgumentParser
import JournalPostgres
import Pipeline

/// `passerelle journal migrate`
struct JournalMigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: Say.text(
            fr: "Crée le schéma PostgreSQL du journal, ou l'amène à cette version.", en: "Makes the journal's PostgreSQL schema, or brings it to this version."),
        discussion: Say.text(
            fr:
                "À lancer avec le rôle propriétaire, passerelles arrêtées ; le mot de passe vient de PGPASSWORD ou de ~/.pgpass. Une seule transaction : tout ou rien.",
            en: "Run it as the owning role, with the gateways stopped; the password comes from PGPASSWORD or ~/.pgpass. One transaction: all or nothing."))

    @Option(help: help(fr: "Fichier du nœud, ou son dossier.", en: "The node file, or its folder.")) var config = "passerelle.yaml"
    @Option(help: help(fr: "Rôle propriétaire du schéma.", en: "The role that owns the schema.")) var user = "passerelle_owner"
    @Flag(help: help(fr: "Écrit le script au lieu de l'appliquer.", en: "Prints the script instead of applying it.")) var printed = false

    func run() async throws {
        if printed { return Say.line(PostgresAdmin.script) }
        let settings = try Self.settings(config, user: user)
        do throws(JournalError) {
            let added = try PostgresAdmin.migrate(settings)
            if added.isEmpty {
                Say.line(fr: "Le schéma est à jour.", en: "The schema is up to date.")
            } else {
                let versions = added.map { String($0) }.joined(separator: ", ")
                Say.line(fr: "Schéma : version \(versions) ajoutée.", en: "Schema: version \(versions) added.")
            }
        } catch { throw GatewayError.journal(config, error) }
    }

    /// The database of a node, as another role.
    static func settings(_ config: String, user: String) throws -> PostgresJournal.Settings {
        let looked = Composition.look(at: config)
        guard let configuration = looked.configuration else { throw ConfigurationRefused(report: looked.report) }
        guard let database = configuration.node.database else {
            Say.complain(fr: "\(config) : son journal n'est pas dans PostgreSQL", en: "\(config): its journal is not in PostgreSQL")
            throw ExitCode.findings
        }
        var connection = database.connection
        connection["user"] = user
        return PostgresJournal.Settings(connection: connection, node: configuration.node.name, failover: database.failover)
    }
}
