import ArgumentParser
import Console
import FoundationEssentials
import Pipeline

/// `passerelle explain ID|FILE`
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: Say.text(
            fr: "Quelle route, chaque contrôle, chaque étape, chaque envoi et sa réponse, avec fichier et ligne.",
            en: "Which route, each control, each step, each delivery and its answer, with file and line."),
        discussion: Say.text(
            fr: "Un fichier est expliqué avec la configuration, sans rien envoyer ni noter. Un identifiant (message ou MSH-10) est demandé à la "
                + "passerelle en marche. Code de sortie : 1 si le message est, ou serait, refusé.",
            en: "A file is explained by the configuration; nothing is sent or kept. An id (message, or MSH-10) is asked of the running gateway. "
                + "Exit code: 1 when the message is, or would be, refused."))

    @Argument(help: help(fr: "Fichier HL7, identifiant de message ou MSH-10.", en: "HL7 file, message id, or MSH-10.")) var subject: String
    @Flag(
        help: help(
            fr: "Montre aussi ce qui peut nommer un patient (réponse du destinataire, adresse).",
            en: "Also shows what may name a patient (the far end's words, the address)."))
    var reveal = false
    @Option(help: help(fr: "text ou json (pour un identifiant).", en: "text or json (for an id).")) var format = OutputFormat.text
    @OptionGroup var door: DoorOptions

    func run() async throws {
        if FileManager.default.fileExists(atPath: subject) { return try explainFile() }
        if [".hl7", ".er7", ".txt"].contains(where: subject.lowercased().hasSuffix) {  // a slip in a name is no question about an id
            Say.complain(fr: "\(subject) : pas de fichier de ce nom", en: "\(subject): no file of this name")
            throw ExitCode.cannotRead
        }
        let messages = try await door.knock { try await $0.messages(subject, reveal: reveal) }
        if format == .json {
            try Say.json(messages)
        } else {
            for message in messages {
                for line in MessageText(message).lines { Say.line(line) }
            }
        }
        if messages.contains(where: { $0.verdict == "rejected" }) { throw ExitCode.findings }
    }

    private func explainFile() throws {
        guard let file = MessageFile(path: subject), !file.messages.isEmpty else {
            Say.complain(fr: "\(subject) : illisible ou vide", en: "\(subject): unreadable or empty")
            throw ExitCode.cannotRead
        }
        let loaded = Composition.look(at: Composition.nodeFile(door.config))
        guard let configuration = loaded.configuration else {
            Say.complain(raw: loaded.report.text(Say.language))
            throw ExitCode.cannotRead
        }
        var refused = false
        for bytes in file.messages {
            let explanation = Explanation(bytes, configuration)
            for line in explanation.lines { Say.line(line) }
            refused = refused || explanation.isRefused
        }
        if refused { throw ExitCode.findings }
    }
}
