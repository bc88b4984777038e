import ArgumentParser
import Pipeline

/// `passerelle check DIR`
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: Say.text(
            fr: "Lit la configuration entière et dit tout ce qui ne va pas, avec fichier, ligne et colonne.",
            en: "Reads the whole configuration and says everything that is wrong, with file, line and column."),
        discussion: Say.text(
            fr: "Code de sortie : 0 rien à dire d'empêchant, 1 des erreurs, 2 le fichier du nœud est illisible.",
            en: "Exit code: 0 nothing stands in the way, 1 errors, 2 the node file cannot be read."))

    @Argument(help: help(fr: "Dossier de passerelle.yaml, ou ce fichier.", en: "The folder of passerelle.yaml, or that file.")) var path = "."
    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text
    @Flag(help: help(fr: "Demande aussi à chaque destinataire s'il est là.", en: "Also asks every far end whether it is there.")) var online = false

    func run() async throws {
        let file = Composition.nodeFile(path)
        guard FileAccess.disk.exists(file) else {
            Say.complain(fr: "\(file) : pas de fichier de nœud", en: "\(file): no node file")
            throw ExitCode.cannotRead
        }
        let loaded = Composition.look(at: file)
        switch format {
        case .text: Say.raw(loaded.report.text(Say.language))
        case .json: Say.line(loaded.report.json())
        }
        guard let configuration = loaded.configuration else { throw ExitCode.findings }
        if format == .text { Say.line(Self.summary(configuration)) }
        if online, try await !Self.probe(configuration, format) { throw ExitCode.findings }
    }

    private static func summary(_ configuration: Configuration) -> String {
        let counts = (configuration.listeners.count, configuration.senders.count, configuration.facilities.count, configuration.routes.count)
        return Say.text(
            fr: "\(configuration.node.name) (\(configuration.node.environment.rawValue)) : \(counts.0) écoutes, \(counts.1) émetteurs, "
                + "\(counts.2) établissements, \(counts.3) routes",
            en: "\(configuration.node.name) (\(configuration.node.environment.rawValue)): \(counts.0) listeners, \(counts.1) senders, "
                + "\(counts.2) facilities, \(counts.3) routes")
    }

    /// Whether every far end answers.
    private static func probe(_ configuration: Configuration, _ format: OutputFormat) async throws -> Bool {
        var allThere = true
        for (name, sender) in configuration.senders.sorted(by: { $0.key < $1.key }) {
            let reason = await sender.probe()
            if reason != nil { allThere = false }
            guard format == .text else { continue }
            Say.line("\(name): " + (reason.map { "[\($0.code)] \($0.text[Say.language])" } ?? "ok"))
        }
        return allThere
    }
}
