import Console
import Logging
import Pipeline
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again (SIGHUP, `passerelle reload`): the whole new one comes into force, or none of it (design §5).
actor Reloader {
    private let nodeFile: String
    private let services: EngineServices
    private let engine: Engine
    private let house: ListenerHouse
    private let logger: Logger
    private var isBusy = false

    init(nodeFile: String, services: EngineServices, engine: Engine, house: ListenerHouse) {
        (self.nodeFile, self.services, self.engine, self.house) = (nodeFile, services, engine, house)
        logger = services.logger
    }

    /// One at a time: who comes second is told so.
    func reload(by person: String) async -> ReloadView {
        guard !isBusy, engine.isReady else {
            let busy = Text(fr: "un rechargement est déjà en cours, ou la passerelle démarre\n", en: "a reload is under way, or the gateway is starting\n")
            return ReloadView(isTaken: false, digest: engine.core.configuration.digest, changes: [], released: 0, report: busy)
        }
        isBusy = true
        defer { isBusy = false }
        return await perform(person)
    }

    private func perform(_ person: String) async -> ReloadView {
        let old = engine.core.configuration, file = nodeFile
        let context = Composition.context(services, .reload)
        let loaded = await services.io.run("configuration") { Configuration.load(file, context) }
        guard var fresh = loaded.configuration else { return await refused(loaded, loaded.report, person) }
        let forbidden = ConfigurationChanges.refused(from: old, to: fresh, file: file)
        guard forbidden.isEmpty else { return await refused(loaded, loaded.report.adding(forbidden), person) }
        let changes = ConfigurationChanges(from: old, to: fresh)
        fresh.keepUntouched(of: old, changes)

        let leaving = changes.names(.listener, [.changed, .removed]), former = leaving.compactMap { old.listeners[$0] }
        let starting = fresh.listeners.filter { changes.names(.listener, [.added, .changed]).contains($0.key) }
        let faults = await open(starting, former, fresh.node)
        guard faults.isEmpty else {
            for (_, listener) in starting { await listener.abandon() }
            return await refused(loaded, loaded.report.adding(faults), person)
        }
        // From here on nothing can fail.
        let released = await engine.reconfigure(fresh, changed: changes.names(.sender))
        await house.exchange(ending: leaving, starting: starting)
        await refresh(fresh, except: changes)
        return await taken(fresh, changes, released, loaded.report, person)
    }

    private func open(_ listeners: [String: any Listener], _ former: [any Listener], _ node: NodeSettings) async -> [Diagnostic] {
        var faults: [Diagnostic] = []
        for (name, listener) in listeners.sorted(by: { $0.key < $1.key }) {
            do throws(Reason) {
                try await listener.open(former)
            } catch { faults.append(.cannotOpen(name, error, at: node.places["listeners.\(name)"] ?? Place(file: nodeFile))) }
        }
        return faults
    }

    /// What was left as it is reads authorities and revocation lists again.
    private func refresh(_ configuration: Configuration, except changes: ConfigurationChanges) async {
        let listeners = changes.names(.listener), senders = changes.names(.sender)
        await services.io.run("configuration") {
            for (name, listener) in configuration.listeners where !listeners.contains(name) { listener.refresh() }
            for (name, sender) in configuration.senders where !senders.contains(name) { sender.refresh() }
        }
    }

    private func taken(
        _ fresh: Configuration, _ changes: ConfigurationChanges, _ released: Int, _ report: DiagnosticReport, _ person: String
    ) async -> ReloadView {
        let lines = changes.lines
        for diagnostic in report.diagnostics { logger.warning("\(diagnostic.place): [\(diagnostic.code)] \(diagnostic.text.en)") }
        logger.notice(
            "configuration \(fresh.digest.prefix(12)) in force, by \(person): \(lines.isEmpty ? "nothing changed" : lines.map(\.en).joined(separator: "; "))")
        await Self.note(.configured, GatewayNotes.configured(fresh.digest, lines), by: person, engine)
        return ReloadView(
            isTaken: true, digest: fresh.digest, changes: lines, released: released, report: Text(fr: report.text(.fr), en: report.text(.en)))
    }

    private func refused(_ loaded: LoadedConfiguration, _ report: DiagnosticReport, _ person: String) async -> ReloadView {
        for diagnostic in report.diagnostics { logger.error("not reloaded: \(diagnostic.place): [\(diagnostic.code)] \(diagnostic.text.en)") }
        logger.error("not reloaded, by \(person): the configuration in force stays")
        await Self.note(.configurationRefused, GatewayNotes.refused(loaded.digest, report), by: person, engine)
        return ReloadView(
            isTaken: false, digest: loaded.digest, changes: [], released: 0, report: Text(fr: report.text(.fr), en: report.text(.en)))
    }

    /// A line of the audit; where it cannot be written, the log says so.
    static func note(_ word: GatewayWord, _ reason: Reason, by person: String, _ engine: Engine) async {
        do throws(JournalError) {
            try await engine.core.journal.note(word, reason, by: person, now: engine.core.time.now)
        } catch { engine.core.logger.error("not written to the audit: \(word.rawValue): \(error)") }
    }
}

/// What the audit says of the gateway itself.
enum GatewayNotes {
    static func configured(_ digest: String, _ lines: [Text]) -> Reason {
        let nothing = Text(fr: "rien n'a changé", en: "nothing changed")
        let shown = lines.isEmpty ? [nothing] : lines.count > 50 ? lines.prefix(50) + [Text(fr: "…", en: "…")] : lines
        return Reason(
            "P0568",
            Text(
                fr: "Configuration en vigueur ; " + shown.map(\.fr).joined(separator: " ; "),
                en: "Configuration in force; " + shown.map(\.en).joined(separator: "; ")), location: digest)
    }

    static func refused(_ digest: String, _ report: DiagnosticReport) -> Reason {
        let first = report.diagnostics.first { $0.severity == .error }
        let place = first.map { "\($0.place) [\($0.code)]" } ?? ""
        return Reason(
            "P0566", Text(fr: "Configuration refusée, l'ancienne reste ; \(place)", en: "Configuration refused, the former one stays; \(place)"),
            location: digest)
    }

    static func resumed(_ scope: String, _ reason: Reason) -> Reason {
        Reason("P0567", Text(fr: "Reprise de \(scope), au repos pour \(reason.code)", en: "\(scope) resumed, it rested for \(reason.code)"), location: scope)
    }
}

/// SIGHUP reads the configuration again.
struct HangUp: Service {
    let reloader: Reloader

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown { [reloader] in
            for await _ in signals { _ = await reloader.reload(by: "SIGHUP") }
        }
    }
}
