import ArgumentParser
import Console

/// `passerelle queue show ID`
struct QueueShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: Say.text(fr: "Tout ce qui est su d'un envoi.", en: "Everything that is known of a delivery."))

    @Argument(help: help(fr: "Numéro de l'envoi.", en: "The delivery's number.")) var delivery: Int64
    @Flag(
        help: help(
            fr: "Montre aussi ce qui peut nommer un patient (réponse du destinataire, adresse).",
            en: "Also shows what may name a patient (the far end's words, the address)."))
    var reveal = false
    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text
    @OptionGroup var door: DoorOptions

    func run() async throws {
        let view = try await door.knock(offline: true) { try await $0.delivery(delivery, reveal: reveal) }
        if format == .json { return try Say.json(view) }
        for line in DeliveryText(view).full { Say.line(line) }
    }
}
