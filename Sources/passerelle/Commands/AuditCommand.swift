import ArgumentParser
import Console

/// `passerelle audit`
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: Say.text(
            fr: "L'audit de la passerelle elle-même : configurations mises en vigueur ou refusées, reprises ; quand, par qui.",
            en: "The audit of the gateway itself: configurations taken or refused, scopes resumed; when, by whom."),
        discussion: Say.text(
            fr: "L'audit d'un message est dans `passerelle explain ID`.", en: "The audit of a message is in `passerelle explain ID`."))

    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text
    @OptionGroup var door: DoorOptions

    func run() async throws {
        let entries = try await door.knock(offline: true) { try await $0.audit() }
        if format == .json { return try Say.json(entries) }
        for entry in entries {
            let about = entry.reason.map { " [\($0.code)] " + Say.text(fr: $0.fr, en: $0.en) + ($0.location.map { " (\($0))" } ?? "") } ?? ""
            Say.line("\(entry.at) \(Words.word(entry.what)) " + Say.text(fr: "par", en: "by") + " \(entry.by)\(about)")
        }
    }
}
