import ArgumentParser
import Console

/// `passerelle queue`: what waits, what is held, and a person's word on it.
struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: Say.text(fr: "Les envois en attente ou retenus, et ce qu'on en fait.", en: "Deliveries that wait or are held, and what to do with them."),
        discussion: Say.text(
            fr: "Demande à la passerelle en marche. Quand aucune ne tourne, ouvre son journal sous un verrou exclusif (par son propriétaire).",
            en: "Asks the running gateway. Where none runs, opens its journal under an exclusive lock (as its owner)."),
        subcommands: [
            QueueListCommand.self, QueueShowCommand.self, QueueRetryCommand.self, QueueHoldCommand.self, QueueReleaseCommand.self,
            QueueDiscardCommand.self, QueuePassCommand.self, QueueResumeCommand.self,
        ], defaultSubcommand: QueueListCommand.self)
}

/// What the commands on one delivery share.
struct DeliveryOptions: ParsableArguments {
    @Argument(help: help(fr: "Numéro de l'envoi, comme `queue list` le montre.", en: "The delivery's number, as `queue list` shows it."))
    var delivery: Int64
    @Option(
        help: help(fr: "Version vue : si l'envoi a changé depuis, rien n'est fait.", en: "The version seen: if the delivery changed since, nothing is done."))
    var expecting: Int?
    @OptionGroup var door: DoorOptions

    /// Sends a command and shows what the delivery has become.
    func command(_ word: String, reason: String? = nil, owner: String? = nil) async throws {
        let body = CommandBody(expecting: expecting, by: DoorOptions.person, reason: reason, owner: owner)
        let view = try await door.knock(offline: true) { try await $0.command(word, on: delivery, body) }
        Say.line(DeliveryText(view).line)
    }
}
