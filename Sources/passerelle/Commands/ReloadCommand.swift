import ArgumentParser
import Console
import Pipeline

/// `passerelle reload`
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: Say.text(
            fr: "Fait relire sa configuration à la passerelle en marche : toute la nouvelle, ou rien.",
            en: "Makes the running gateway read its configuration again: the whole new one, or none of it."),
        discussion: Say.text(
            fr: "Dit ce qui a changé. Secrets et certificats sont relus. Une seule erreur, et l'ancienne configuration reste : chaque erreur est dite avec "
                + "fichier, ligne et colonne. Les connexions des récepteurs inchangés ne sont pas coupées. `journal`, `socket` et `environment` ne changent "
                + "qu'au redémarrage. SIGHUP fait de même. Code de sortie : 0 en vigueur, 1 refusée, 2 la passerelle ne répond pas.",
            en: "Says what changed. Secrets and certificates are read again. One error, and the old configuration stays: each error is told with file, line "
                + "and column. Connections of listeners that did not change are not cut. `journal`, `socket` and `environment` change at a restart only. "
                + "SIGHUP does the same. Exit code: 0 in force, 1 refused, 2 the gateway does not answer."))

    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text
    @OptionGroup var door: DoorOptions

    func run() async throws {
        let view = try await door.knock { try await $0.reload(CommandBody(by: DoorOptions.person)) }
        if format == .json { try Say.json(view) } else { show(view) }
        if !view.isTaken { throw ExitCode.findings }
    }

    private func show(_ view: ReloadView) {
        Say.complain(raw: view.report[Say.language])
        guard view.isTaken else {
            return Say.complain(fr: "configuration refusée, l'ancienne reste en vigueur", en: "configuration refused, the old one stays in force")
        }
        for change in view.changes { Say.line(change[Say.language]) }
        if view.changes.isEmpty { Say.line(fr: "rien n'a changé", en: "nothing changed") }
        if view.released > 0 {
            Say.line(fr: "\(view.released) envois retenus repartent", en: "\(view.released) held deliveries go on")
        }
        Say.line(fr: "configuration \(view.digest.prefix(12)) en vigueur", en: "configuration \(view.digest.prefix(12)) in force")
    }
}
