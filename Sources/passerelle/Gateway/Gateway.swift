import Connectors
import Console
import Glibc
import JournalPostgres
import JournalSQLite
import Logging
import NIOPosix
import Pipeline
import ServiceLifecycle
import UnixSignals

/// The gateway as one process: reads its configuration, opens the journal, runs the engine, the listeners and the door until it is told to stop.
struct Gateway {
    let nodeFile: String
    private let logger = Logger(label: "passerelle")

    init(nodeFile: String) { self.nodeFile = nodeFile }

    /// Runs until SIGTERM or SIGINT: stops accepting, answers what is in flight, lets deliveries end, closes the journal.
    func run() async throws {
        let node = try settings()
        let journal = try openJournal(node)
        let relay = IntakeRelay()
        let services = EngineServices(
            intake: relay, journal: journal, time: SystemTime(), random: SystemChance(), digester: Composition.digester, hash: journal.hash, io: IOThreads(),
            logger: logger)
        do {
            let configuration = try load(services)
            try await run(configuration, journal, relay, services)
        } catch {
            await journal.close()
            throw error
        }
        await journal.close()
        logger.notice("stopped")
    }

    /// The node's own settings, from a first look at all its files.
    private func settings() throws -> NodeSettings {
        let looked = Composition.look(at: nodeFile)
        guard let configuration = looked.configuration else { throw ConfigurationRefused(report: looked.report) }
        return configuration.node
    }

    private func openJournal(_ node: NodeSettings) throws -> any Journal {
        do throws(JournalError) {
            if let settings = try Composition.database(node) {
                return try PostgresJournal(settings, time: SystemTime(), digester: Composition.digester, broken: { [self] in end($0) })
            }
            return try SQLiteJournal(
                directory: node.journalDirectory, time: SystemTime(), digester: Composition.digester, broken: { [self] in end($0) })
        } catch { throw GatewayError.journal(node.journalName, error) }
    }

    private func load(_ services: EngineServices) throws -> Configuration {
        let loaded = Configuration.load(nodeFile, Composition.context(services, .start))
        guard let configuration = loaded.configuration else { throw ConfigurationRefused(report: loaded.report) }
        for diagnostic in loaded.report.diagnostics { logger.warning("\(diagnostic.place): [\(diagnostic.code)] \(diagnostic.text.en)") }
        return configuration
    }

    private func run(_ configuration: Configuration, _ journal: any Journal, _ relay: IntakeRelay, _ services: EngineServices) async throws {
        let engine = Engine(
            journal: journal, lease: try await journal.lease(), configuration: configuration, time: services.time, random: services.random,
            digester: services.digester, logger: logger, heavy: HeavyExecutor(),
            broken: { [self] in end($0) })
        relay.connect(engine.judge)
        let house = ListenerHouse(engine: engine, logger: quiet, configuration.listeners)
        let reloader = Reloader(nodeFile: nodeFile, services: services, engine: engine, house: house)
        let desk = EngineDesk(engine: engine, reloader: reloader, time: services.time, tally: services.tally)
        let door = Door(
            path: configuration.node.socket, desk: DoorDesk(journal: journal, engine: desk), group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        await Reloader.note(.configured, GatewayNotes.configured(configuration.digest, []), by: "serve", engine)
        // Stopped in reverse: listeners first, so that what is in flight still finds an engine and a journal.
        let running = [
            Self.kept(engine), Self.kept(door), Self.kept(HangUp(reloader: reloader)), Self.kept(DescriptorWatch(engine: engine)), Self.kept(house),
        ]
        var group = ServiceGroupConfiguration(services: running, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = .seconds(45)
        logger.notice("\(configuration.node.name): starting", metadata: ["environment": .string(configuration.node.environment.rawValue)])
        try await ServiceGroup(configuration: group).run()
    }

    /// The journal failed. What is on stable storage is right, what is in memory may not be: the process ends, and the next start recovers.
    private func end(_ error: JournalError) {
        logger.critical("the journal failed, the process ends: \(error). Look at the disk; if it is sound: passerelle journal check")
        // At once: `exit` would take down what libraries keep while other threads still use it, and a crash on the way out hides the reason.
        _exit(70)
    }

    /// A service whose end, good or bad, stops the others in order.
    private static func kept(_ service: any Service) -> ServiceGroupConfiguration.ServiceConfiguration {
        .init(service: service, successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup)
    }

    /// The life of services is told by themselves.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .error
        return quiet
    }
}

/// The configuration has errors.
struct ConfigurationRefused: Error {
    let report: DiagnosticReport
}

/// Why the gateway could not start.
enum GatewayError: Error {
    case journal(String, JournalError)
    case listener(String, String)
    /// The journal belongs to another user.
    case otherUser(String)

    /// For the person who starts it.
    var text: Text {
        switch self {
        case .journal(let folder, .refused(let reason)):
            Self.refused(folder, reason)
        case .otherUser(let folder):
            Text(
                fr: "journal \(folder) : hors service, seul son propriétaire peut l'ouvrir (sudo -u)",
                en: "journal \(folder): while no gateway runs, its owner alone may open it (sudo -u)")
        case .listener(let name, let words): Text(fr: "écoute \(name) : \(words)", en: "listener \(name): \(words)")
        case .journal(let folder, .full):
            Text(
                fr: "journal \(folder) : [P0511] disque plein : même démarrer demande d'écrire. Faire de la place, puis redémarrer",
                en: "journal \(folder): [P0511] the disk is full: even a start has to write. Make room, then start again")
        case .journal(let folder, .broken(let what)) where Self.neverOpened(what):
            Text(
                fr: "journal \(folder) : \(SystemWords.french(what)). Voir « journal » dans le fichier du nœud, et les droits de ce dossier",
                en: "journal \(folder): \(what). Look at \"journal\" in the node file, and at the permissions of this folder")
        case .journal(let folder, .broken(let what)):
            Text(
                fr: "journal \(folder) : \(SystemWords.french(what)). Si le disque est sain : passerelle journal check, puis journal salvage",
                en: "journal \(folder): \(what). If the disk is sound: passerelle journal check, then journal salvage")
        case .journal(let folder, let error): Text(fr: "journal \(folder) : \(SystemWords.french("\(error)"))", en: "journal \(folder): \(error)")
        }
    }

    /// A database that is away says why: host, role and cause, nobody's data.
    private static func refused(_ folder: String, _ reason: Reason) -> Text {
        let why = reason.code == "P0564" ? reason.location.map { SystemWords.text($0) } : nil
        return Text(
            fr: "journal \(folder) : \(reason.text.fr)" + (why.map { " : \($0.fr)" } ?? ""),
            en: "journal \(folder): \(reason.text.en)" + (why.map { ": \($0.en)" } ?? ""))
    }

    /// The folder is not there or not ours: nothing is damaged.
    private static func neverOpened(_ what: String) -> Bool {
        ["No such file or directory", "Permission denied", "Not a directory", "Read-only file system"].contains { what.hasSuffix($0) }
    }
}
