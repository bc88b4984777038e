import ArgumentParser

/// `passerelle queue release ID`
struct QueueReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: Say.text(fr: "Rend un envoi retenu à sa file.", en: "Gives a held delivery back to its queue."))

    @OptionGroup var options: DeliveryOptions

    func run() async throws { try await options.command("release") }
}
