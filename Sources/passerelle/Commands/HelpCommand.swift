import ArgumentParser
import Pipeline

/// `passerelle help [CODE|COMMAND]`
struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help",
        abstract: Say.text(fr: "L'aide d'une commande, ou d'un code d'erreur (P0123).", en: "Help on a command, or on an error code (P0123)."))

    @Argument(help: help(fr: "Commande ou code.", en: "Command or code.")) var words: [String] = []

    func run() throws {
        guard let word = words.first else { return Say.line(Passerelle.helpMessage()) }
        if let paragraph = DiagnosticHelp.paragraph(word) ?? CodeBook.paragraph(word.uppercased()) { return Say.line(paragraph[Say.language]) }
        guard let command = Self.command(words[...], in: Passerelle.self) else {
            Say.complain(fr: "ni commande, ni code connu : \(word)", en: "neither a command nor a known code: \(word)")
            throw ExitCode.cannotRead
        }
        Say.line(Passerelle.helpMessage(for: command))
    }

    private static func command(_ words: ArraySlice<String>, in parent: any ParsableCommand.Type) -> (any ParsableCommand.Type)? {
        guard let word = words.first else { return parent }
        guard let child = parent.configuration.subcommands.first(where: { $0.configuration.commandName == word }) else { return nil }
        return command(words.dropFirst(), in: child)
    }
}
