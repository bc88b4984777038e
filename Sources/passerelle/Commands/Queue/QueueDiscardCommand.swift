import ArgumentParser

/// `passerelle queue discard ID`
struct QueueDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: Say.text(
            fr: "Abandonne un envoi ; l'émetteur reçoit son acquittement métier négatif s'il l'a demandé.",
            en: "Gives a delivery up; its sender gets the negative business acknowledgement if it asked for one."))

    @OptionGroup var options: DeliveryOptions
    @Option(help: help(fr: "Pourquoi, pour l'audit.", en: "Why, for the audit.")) var reason: String?

    func run() async throws { try await options.command("discard", reason: reason) }
}
