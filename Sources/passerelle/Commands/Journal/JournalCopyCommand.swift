import ArgumentParser
import JournalPostgres
import JournalSQLite
import Pipeline
import Trust

/// `passerelle journal copy`
struct JournalCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: Say.text(
            fr: "Porte un journal SQLite, avec tout ce qui y est en cours, dans un PostgreSQL vide.",
            en: "Carries a SQLite journal, with all that is under way in it, into an empty PostgreSQL."),
        discussion: Say.text(
            fr: "La passerelle d'origine doit être arrêtée, et ne plus démarrer ensuite : elle enverrait une seconde fois. Schéma d'abord : `journal migrate`. "
                + "Une seule transaction : tout ou rien. L'original n'est pas modifié.",
            en: "The first gateway must be stopped, and not be started again afterwards: it would send a second time. Schema first: `journal migrate`. One "
                + "transaction: all or nothing. The original is not changed."))

    @Option(help: help(fr: "Fichier du nœud SQLite, ou son dossier.", en: "The node file of the SQLite journal, or its folder.")) var from: String
    @Option(help: help(fr: "Fichier du nœud PostgreSQL, ou son dossier.", en: "The node file of the PostgreSQL journal, or its folder.")) var to: String
    @Option(help: help(fr: "Rôle propriétaire du schéma.", en: "The role that owns the schema.")) var user = "passerelle_owner"

    func run() async throws {
        let settings = try JournalMigrateCommand.settings(to, user: user)
        let looked = Composition.look(at: from)
        guard let source = looked.configuration?.node else { throw ConfigurationRefused(report: looked.report) }
        guard source.database == nil else {
            Say.complain(fr: "\(from) : son journal n'est pas SQLite", en: "\(from): its journal is not SQLite")
            throw ExitCode.findings
        }
        do throws(JournalError) {
            try copy(source.journalDirectory, settings)
        } catch { throw GatewayError.journal(source.journalName, error) }
    }

    private func copy(_ directory: String, _ settings: PostgresJournal.Settings) throws(JournalError) {
        let out = try SQLiteExport(directory: directory, digester: Composition.digester), now = SystemTime().now
        let target = try PostgresImport(settings, secret: try out.secret())
        for table in SQLiteExport.Table.allCases {
            var count = 0
            try out.rows(of: table, now: now) { (rows) throws(JournalError) in
                try target.put(table == .clock ? "time_mark" : table.rawValue, rows)
                count += rows.count
            }
            Say.line("\(table.rawValue): \(count)")
        }
        var count = 0, damaged: [Seq] = []
        try out.bodies { (seq, bytes, digest) throws(JournalError) in
            guard let bytes, Digest.sha256(bytes) == digest else { return damaged.append(seq) }
            try target.put(body: bytes, of: seq)
            count += 1
        }
        try target.finish(now: now)
        Say.line("body: \(count)")
        for seq in damaged {
            Say.line(fr: "message \(seq) : corps absent ou abîmé, non copié", en: "message \(seq): body missing or damaged, not copied")
        }
    }
}
