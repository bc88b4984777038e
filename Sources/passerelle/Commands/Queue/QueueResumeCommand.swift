import ArgumentParser
import Console

/// `passerelle queue resume NAME`
struct QueueResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: Say.text(
            fr: "Remet au travail un émetteur, une structure ou une boîte mis au repos.",
            en: "Puts a resting sender, structure or mailbox back to work."))

    @Argument(help: help(fr: "Le nom, comme `queue list` le montre.", en: "The name, as `queue list` shows it.")) var name: String
    @OptionGroup var door: DoorOptions

    func run() async throws {
        _ = try await door.knock { try await $0.resume(name, CommandBody(by: DoorOptions.person)) }
        Say.line(fr: "\(name) reprend", en: "\(name) resumes")
    }
}
