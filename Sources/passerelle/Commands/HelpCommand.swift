import ArgumentParser
import FoundationEssentials
import Pipeline

/// `passerelle help [CODE|COMMAND|WORD]`
struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help",
        abstract: Say.text(
            fr: "L'aide d'une commande, d'un code (P0123, 207, 541, DMPClosed), d'un fichier (noeud, établissement, route) ou d'un mot des fichiers (mllp).",
            en: "Help on a command, on a code (P0123, 207, 541, DMPClosed), on a file (node, facility, route), or on a word of the files (mllp)."))

    @Argument(help: help(fr: "Commande, code ou mot.", en: "Command, code or word.")) var words: [String] = []
    @Option(help: help(fr: "Fichier du nœud, qui dit où sont les tables de codes.", en: "The node file, which tells where the code tables are."))
    var config = "passerelle.yaml"

    func run() throws {
        guard let word = words.first else {
            Say.line(ParserWords.help(Passerelle.helpMessage()))
            Say.line(fr: "\nMots des fichiers (passerelle help MOT) :", en: "\nWords of the files (passerelle help WORD):")
            for line in SpecText.index { Say.line(line) }
            return
        }
        var pages: [String] = []
        if let paragraph = DiagnosticHelp.paragraph(word) ?? CodeBook.paragraph(word) { pages.append(paragraph[Say.language]) }
        pages += ProtocolCodes.paragraphs(word, tables: tables).map { $0[Say.language] }
        if let command = Self.command(words[...], in: Passerelle.self) { pages.append(ParserWords.help(Passerelle.helpMessage(for: command))) }
        if words.count == 1 { pages += SpecText.filePages(word) + SpecText.pages(word) }
        guard !pages.isEmpty else {
            Say.complain(
                fr: "ni commande, ni code, ni mot connu : \(word) (`passerelle help` les donne)",
                en: "neither a command, nor a code, nor a known word: \(word) (`passerelle help` lists them)")
            throw ExitCode.cannotRead
        }
        Say.line(pages.joined(separator: "\n\n"))
    }

    private static func command(_ words: ArraySlice<String>, in parent: any ParsableCommand.Type) -> (any ParsableCommand.Type)? {
        guard let word = words.first else { return parent }
        guard let child = parent.configuration.subcommands.first(where: { $0.configuration.commandName == word }) else { return nil }
        return command(words.dropFirst(), in: child)
    }

    /// The folder of the code tables: that of the node file, else that of the product which this program is part of.
    private var tables: String? {
        let file = Composition.nodeFile(config)
        let named = FileManager.default.fileExists(atPath: file) ? Composition.look(at: file).node.tables : ""
        if !named.isEmpty { return named }
        var starts = [FileManager.default.currentDirectoryPath]
        if let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { starts.append(program) }
        for start in starts {
            var folder = start
            while !folder.isEmpty, folder != "/" {
                if FileManager.default.fileExists(atPath: folder + "/Mappings/tables/dmp-errors.csv") { return folder + "/Mappings/tables" }
                folder = Path.folder(of: folder)
            }
        }
        return nil
    }
}
