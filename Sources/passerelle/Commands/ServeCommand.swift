import ArgumentParser
import Console
import Glibc
import Logging
import NIOCore
import NIOPosix
import Pipeline

/// `passerelle serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: Say.text(
            fr: "Fait tourner la passerelle jusqu'à SIGTERM ou SIGINT.", en: "Runs the gateway until SIGTERM or SIGINT."))

    @Option(help: help(fr: "Fichier du nœud, ou son dossier.", en: "The node file, or its folder.")) var config = "passerelle.yaml"
    @Option(name: .customLong("log"), help: help(fr: "Niveau du journal : debug, info, notice, warning.", en: "Log level: debug, info, notice, warning."))
    var level = Level.info

    enum Level: String, ExpressibleByArgument { case debug, info, notice, warning }

    func run() async throws {
        // Health data: whatever this process creates is for its own user alone.
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        // A reload asked for while we start must not end us; `HangUp` listens once the gateway runs, and takes the place of this.
        signal(SIGHUP, SIG_IGN)
        Memory.returnLargeBlocks()
        DescriptorWatch.raiseLimit()
        // Half the cores carry bytes; the others judge, write and deliver. A loop that wakes less often answers more links at each wake.
        NIOSingletons.groupLoopCountSuggestion = max(1, NIOCore.System.coreCount / 2)
        let level = Logger.Level(rawValue: level.rawValue) ?? .info
        LoggingSystem.bootstrap { _ in LineLog(logLevel: level) }
        do {
            try await Gateway(nodeFile: Composition.nodeFile(config)).run()
        } catch let refusal as ConfigurationRefused {
            Say.complain(raw: refusal.report.text(Say.language))
            throw FileAccess.disk.exists(Composition.nodeFile(config)) ? ExitCode.findings : .cannotRead
        } catch let failure as GatewayError {
            Say.complain(fr: failure.text.fr, en: failure.text.en)
            throw ExitCode.cannotRead
        } catch let failure as DoorError {
            Say.complain(fr: failure.text.fr, en: failure.text.en)
            throw ExitCode.cannotRead
        } catch {
            Say.complain(fr: "arrêt : \(Failure.words(error))", en: "stopped: \(Failure.words(error))")
            throw ExitCode.cannotRead
        }
    }
}
