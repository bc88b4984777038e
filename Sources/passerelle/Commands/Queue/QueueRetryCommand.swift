import ArgumentParser

/// `passerelle queue retry ID`
struct QueueRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: Say.text(
            fr: "Réessaie tout de suite un envoi différé, sans réponse ou retenu.", en: "Tries at once a delivery that is deferred, unanswered or held."))

    @OptionGroup var options: DeliveryOptions

    func run() async throws { try await options.command("retry") }
}
