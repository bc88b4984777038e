import ArgumentParser

/// `passerelle journal`
struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: Say.text(fr: "Prépare et déplace le journal.", en: "Prepares and moves the journal."),
        subcommands: [JournalMigrateCommand.self, JournalCopyCommand.self])
}
