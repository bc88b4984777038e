import ArgumentParser

/// `passerelle queue hold ID`
struct QueueHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: Say.text(fr: "Retient un envoi jusqu'à ce qu'une personne décide.", en: "Holds a delivery until a person decides."))

    @OptionGroup var options: DeliveryOptions
    @Option(help: help(fr: "Pourquoi, pour l'audit.", en: "Why, for the audit.")) var reason: String?
    @Option(
        help: help(
            fr: "Qui doit s'en occuper : identity (identitovigilance), secretariat, vendor (éditeur), network (réseau), exploitation.",
            en: "Who must look at it: identity, secretariat, vendor, network, exploitation (operations)."))
    var owner: String?

    func run() async throws { try await options.command("hold", reason: reason, owner: owner) }
}
