import ArgumentParser
import Pipeline

/// Reads the command line and runs what it asks. Exit codes: 0 fine, 1 findings, 2 cannot read (the command line itself included).
@main
enum Program {
    static func main() async {
        do {
            var command = try Passerelle.parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand { try await waiting.run() } else { try command.run() }
        } catch let refusal as ConfigurationRefused {
            Say.complain(raw: refusal.report.text(Say.language))
            Passerelle.exit(withError: ExitCode.cannotRead)
        } catch let failure as GatewayError {
            Say.complain(fr: failure.text.fr, en: failure.text.en)
            Passerelle.exit(withError: ExitCode.cannotRead)
        } catch {
            let code = Passerelle.exitCode(for: error), message = Passerelle.fullMessage(for: error)
            if !message.isEmpty {
                if code.isSuccess { Say.line(ParserWords.help(message)) } else { Say.complain(raw: ParserWords.complaint(message) + "\n") }
            }
            Passerelle.exit(withError: code == .validationFailure ? ExitCode.cannotRead : code)
        }
    }
}

/// The command line.
struct Passerelle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passerelle",
        abstract: Say.text(
            fr: "Passerelle d'établissement : des documents HL7v2 au DMP et à MSSanté, et la réponse à l'émetteur.",
            en: "Hospital gateway: documents in HL7v2 to the DMP and MSSanté, and the answer back to their sender."),
        version: Version.number,
        subcommands: [
            ServeCommand.self, ReloadCommand.self, CheckCommand.self, SendCommand.self, QueueCommand.self, AuditCommand.self, EraseCommand.self,
            JournalCommand.self, ExplainCommand.self, SandboxCommand.self, BenchCommand.self, HelpCommand.self, VersionCommand.self,
        ],
        helpNames: [.short, .long])
}

/// The version of the product.
enum Version {
    static let number = "0.1.0"
}
