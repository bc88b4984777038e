import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import Pipeline
import Sandbox
import ServiceLifecycle
import UnixSignals

/// `passerelle sandbox --config F --out DIR`
struct SandboxCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: Say.text(
            fr: "Des services nationaux d'essai, sévères : DMP, boîte à courriels, récepteur d'acquittements.",
            en: "Stand-ins for the national services, strict ones: DMP, mail sink, receiver of acknowledgements."))

    @Option(help: help(fr: "Adresses et certificats (JSON).", en: "Addresses and certificates (JSON).")) var config: String
    @Option(help: help(fr: "Dossier où écrire ce qui est reçu.", en: "Folder to write what is received.")) var out: String

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { _ in LineLog() }
        guard let data = FileManager.default.contents(atPath: config) else {
            Say.complain(fr: "\(config) : illisible", en: "\(config): unreadable")
            throw ExitCode.cannotRead
        }
        var settings: SandboxConfig
        do {
            settings = try SandboxConfig(json: Array(data))
        } catch {
            let text = SandboxFault.text(error, file: config, Array(data))
            Say.complain(fr: text.fr, en: text.en)
            throw ExitCode.cannotRead
        }
        settings.output = out
        let logger = Logger(label: "sandbox")
        let group = ServiceGroup(services: [SandboxServer(settings, log: logger)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        do {
            try await group.run()
        } catch {
            let text = SandboxFault.text(error)
            Say.complain(fr: text.fr, en: text.en)
            throw ExitCode.cannotRead
        }
    }
}
