import ArgumentParser
import JournalSQLite
import Pipeline

/// `passerelle journal salvage DIR --to NEW`
struct JournalSalvageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salvage",
        abstract: Say.text(
            fr: "Lit tout ce qui se lit d'un journal abîmé dans un nouveau. L'ancien n'est jamais écrit.",
            en: "Reads whatever can be read of a damaged journal into a new one. The old one is never written."))

    @Argument(help: help(fr: "Le dossier du journal abîmé.", en: "The folder of the damaged journal.")) var directory: String
    @Option(help: help(fr: "Le dossier du nouveau journal.", en: "The folder of the new journal.")) var to: String
    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text

    func run() async throws {
        let report: SalvageReport
        do throws(JournalError) {
            report = try JournalSalvage.run(directory: directory, to: to, digester: Composition.digester, now: SystemTime().now)
        } catch {
            let text = GatewayError.journal(directory, error).text
            Say.complain(fr: text.fr, en: text.en)
            throw ExitCode.cannotRead
        }
        if format == .json { try Say.json(report) } else { show(report) }
        if !report.isWhole { throw ExitCode.findings }
    }

    private func show(_ report: SalvageReport) {
        for (table, count) in report.rows.sorted(by: { $0.key < $1.key }) { Say.line("\(table)  \(count)") }
        for (table, ranges) in report.lost.sorted(by: { $0.key < $1.key }) {
            Say.line(fr: "illisible : \(table) \(ranges.joined(separator: ", "))", en: "cannot be read: \(table) \(ranges.joined(separator: ", "))")
        }
        func list(_ numbers: [Int64], fr: String, en: String) {
            if !numbers.isEmpty { Say.line(Say.text(fr: fr, en: en) + " " + numbers.map(String.init).joined(separator: " ")) }
        }
        list(report.held, fr: "retenus, corps perdu :", en: "held, body lost:")
        list(report.bodiless, fr: "réglés, corps perdu :", en: "settled, body lost:")
        list(report.orphans, fr: "envois laissés, message perdu :", en: "deliveries left out, message lost:")
        if report.secret != "journal" {
            Say.line(
                fr: "secret : \(report.secret == "new" ? "refait" : "repris du fichier state")",
                en: "secret: \(report.secret == "new" ? "made anew" : "taken from the file state")")
        }
        Say.line(fr: "nouveau journal : \(to)", en: "new journal: \(to)")
    }
}
