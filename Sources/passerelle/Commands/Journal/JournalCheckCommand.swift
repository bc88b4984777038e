import ArgumentParser
import JournalSQLite
import Pipeline

/// `passerelle journal check DIR`
struct JournalCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: Say.text(
            fr: "Vérifie un journal arrêté : en-tête, schéma, pages, relations, corps. Ne fait que lire.",
            en: "Checks a journal that no gateway has open: header, schema, pages, relations, bodies. Reads only."))

    @Argument(help: help(fr: "Le dossier du journal.", en: "The folder of the journal.")) var directory: String
    @Flag(help: help(fr: "Sans lire chaque corps.", en: "Without reading every body.")) var noBodies = false
    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text

    func run() async throws {
        let findings: [JournalFinding]
        do throws(JournalError) {
            findings = try JournalCheck.run(directory: directory, digester: Composition.digester, bodies: !noBodies)
        } catch {
            let text = GatewayError.journal(directory, error).text
            Say.complain(fr: text.fr, en: text.en)
            throw ExitCode.cannotRead
        }
        if format == .json {
            try Say.json(findings)
        } else {
            for one in findings {
                Say.line(
                    fr: "\(one.place): [\(one.code)] \(one.text.fr)\n      = \(one.mend.fr)",
                    en: "\(one.place): [\(one.code)] \(one.text.en)\n      = \(one.mend.en)")
            }
            if findings.isEmpty { Say.line(fr: "rien à signaler", en: "nothing found") }
        }
        if !findings.isEmpty { throw ExitCode.findings }
    }
}
