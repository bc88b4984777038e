import ArgumentParser

/// `passerelle version`
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: Say.text(fr: "La version du produit.", en: "The version of the product."))

    func run() { Say.line("passerelle \(Version.number)") }
}
