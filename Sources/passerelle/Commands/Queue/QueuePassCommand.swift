import ArgumentParser

/// `passerelle queue pass ID`
struct QueuePassCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pass",
        abstract: Say.text(
            fr: "Laisse une fusion d'identités (A40, A47) partir avant ce qu'elle attend, elle seule.",
            en: "Lets a merge (A40, A47) leave before what it waits for, alone."),
        discussion: Say.text(
            fr: "`queue show` dit ce qu'elle attend. Ce qui est retenu devant elle ne pourra plus qu'être abandonné : il reviendrait en arrière.",
            en: "`queue show` tells what it waits for. What is held before it can then only be discarded: it would step back."))

    @OptionGroup var options: DeliveryOptions

    func run() async throws { try await options.command("pass") }
}
