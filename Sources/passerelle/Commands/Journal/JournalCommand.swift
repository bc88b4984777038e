import ArgumentParser

/// `passerelle journal`
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: Say.text(fr: "Vérifie, répare, prépare et déplace le journal.", en: "Checks, mends, prepares and moves the journal."),
        subcommands: [JournalCheckCommand.self, JournalSalvageCommand.self, JournalMigrateCommand.self, JournalCopyCommand.self])
}
