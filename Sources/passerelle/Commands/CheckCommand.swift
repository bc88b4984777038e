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
            Say.complain(
                fr: "\(file) : pas de fichier de nœud ; passerelle check DOSSIER, ou `passerelle help noeud` pour l'écrire",
                en: "\(file): no node file; passerelle check FOLDER, or `passerelle help node` to write it")
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
        let parts = [
            (configuration.listeners.count, "écoute", "listener"), (configuration.senders.count, "émetteur", "sender"),
            (configuration.facilities.count, "établissement", "facility"), (configuration.routes.count, "route", "route"),
        ]
        let french = parts.map { "\($0.0) \($0.1)\($0.0 > 1 ? "s" : "")" }.joined(separator: ", ")
        let english = parts.map { "\($0.0) \(plural($0.2, $0.0))" }.joined(separator: ", ")
        let node = "\(configuration.node.name) (\(configuration.node.environment.rawValue))"
        return Say.text(fr: "\(node) : \(french)", en: "\(node): \(english)")
    }

    private static func plural(_ word: String, _ count: Int) -> String {
        count == 1 ? word : word.hasSuffix("y") ? word.dropLast() + "ies" : word + "s"
    }

    /// Whether every far end answers.
    private static func probe(_ configuration: Configuration, _ format: OutputFormat) async throws -> Bool {
        var allThere = true
        for (name, sender) in configuration.senders.sorted(by: { $0.key < $1.key }) {
            let reason = await sender.probe()
            if reason != nil { allThere = false }
            guard format == .text else { continue }
            // A question that carries nobody's data: what the far end or the system said may be shown.
            let why = reason?.detail.map { Say.text(fr: " : ", en: ": ") + SystemWords.text($0.revealed)[Say.language] } ?? ""
            let answer = reason.map { "[\($0.code)] \($0.text[Say.language])\(why)" } ?? "ok"
            let remark = sender.remark.map { " (\($0[Say.language]))" } ?? ""
            Say.line("\(name): \(answer)\(remark)")
        }
        return allThere
    }
}
