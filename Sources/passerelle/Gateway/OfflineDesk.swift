import Console
import Glibc
import JournalSQLite
import Logging
import Pipeline

/// The journal of a node whose gateway does not run, under its exclusive lock: what waits can be seen and decided all the same (design §6).
struct OfflineDesk: EngineControl {
    let journal: SQLiteJournal
    private let engine: Engine

    /// Opens the journal that the node file names; nil when there is none, or it is not one of this machine. Throws what the person must be told.
    init?(config: String) async throws {
        guard let configuration = Composition.look(at: Composition.nodeFile(config)).configuration else { return nil }
        let folder = configuration.node.journalDirectory
        var status = stat()
        guard !folder.isEmpty, stat(folder + "/journal.sqlite", &status) == 0 else { return nil }
        // Files made by another user could keep the gateway from opening its own journal.
        guard status.st_uid == geteuid() else { throw GatewayError.otherUser(folder) }
        do throws(JournalError) {
            journal = try SQLiteJournal(directory: folder, time: SystemTime(), digester: Composition.digester, broken: { _ in })
            engine = Engine(
                journal: journal, lease: try await journal.lease(), configuration: configuration, time: SystemTime(), random: SystemChance(),
                digester: Composition.digester, logger: Logger(label: "offline") { _ in SwiftLogNoOpLogHandler() }, heavy: HeavyExecutor(),
                broken: { _ in })
        } catch { throw GatewayError.journal(folder, error) }
    }

    /// A client of it.
    var client: DoorClient { DoorClient(desk: DoorDesk(journal: journal, engine: self)) }

    /// What a command makes is in the journal, and the next start takes it up.
    func command(_ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, by person: String) async throws(JournalError) {
        try await Commands(engine: engine).perform(command, on: delivery, expecting: version, by: person)
    }

    /// Nothing rests where nothing runs.
    func resume(_ scope: String, by person: String) async throws(JournalError) -> Bool { false }

    func erase(_ request: EraseBody) async throws(JournalError) -> ErasureReport {
        try await EngineDesk.erase(request, engine)
    }

    func reload(by person: String) async -> ReloadView {
        let why = Text(fr: "aucune passerelle ne tourne\n", en: "no gateway runs\n")
        return ReloadView(isTaken: false, digest: "", changes: [], released: 0, report: why)
    }

    func health() async -> EngineHealth {
        let node = engine.core.configuration.node
        return EngineHealth(node: node.name, environment: node.environment.rawValue, version: Version.number, uptime: 0, isTaking: false)
    }
}
