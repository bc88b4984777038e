import Console
import Logging
import Pipeline

/// The running engine, as the door needs it.
struct EngineDesk: EngineControl {
    private let engine: Engine
    private let reloader: Reloader
    private let time: any Timekeeper
    private let tally: Tally
    private let started: Instant

    init(engine: Engine, reloader: Reloader, time: any Timekeeper, tally: Tally) {
        (self.engine, self.reloader, self.time, self.tally) = (engine, reloader, time, tally)
        started = time.now
    }

    func command(_ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, by person: String) async throws(JournalError) {
        try await Commands(engine: engine).perform(command, on: delivery, expecting: version, by: person)
    }

    func resume(_ scope: String, by person: String) async throws(JournalError) -> Bool {
        guard let reason = engine.dispatcher.halted[scope] else { return false }
        try await engine.core.journal.note(.resumed, GatewayNotes.resumed(scope, reason), by: person, now: time.now)
        engine.core.logger.notice("resumed", metadata: ["scope": .string(scope), "by": .string(person)])
        engine.dispatcher.resume(scope)
        return true
    }

    func erase(_ request: EraseBody) async throws(JournalError) -> ErasureReport { try await Self.erase(request, engine) }

    static func erase(_ request: EraseBody, _ engine: Engine) async throws(JournalError) -> ErasureReport {
        let facilities = engine.core.configuration.facilities.values
        guard let facility = facilities.first(where: { $0.name == request.facility || $0.identifiers["ipp"] == request.facility }) else {
            throw .refused(Reason("P9030", Text(fr: "Pas d'établissement de ce nom", en: "No facility of this name")))
        }
        let authority = request.authority == facility.identifiers["ipp"] ? nil : request.authority
        return try await Eraser(engine: engine).erase(
            Eraser.Request(
                facility: facility.name, ipp: request.ipp, ins: request.ins, authority: authority, force: request.force, person: request.by ?? "console"))
    }

    func reload(by person: String) async -> ReloadView { await reloader.reload(by: person) }

    func health() async -> EngineHealth {
        let configuration = engine.core.configuration
        var ports: [String: Int] = [:]
        for (name, listener) in configuration.listeners { if let port = await listener.boundPort { ports[name] = port } }
        let counters = Dictionary(uniqueKeysWithValues: engine.core.counters.map { ($0.key.rawValue, $0.value) })
        return EngineHealth(
            node: configuration.node.name, environment: configuration.node.environment.rawValue, version: Version.number,
            uptime: Int((time.now - started).components.seconds), isTaking: engine.isReady && engine.core.journal.hasRoom,
            strain: engine.core.journal.strain, listeners: ports,
            halted: engine.dispatcher.halted.sorted { $0.key < $1.key }.map { HaltedScope(scope: $0.key, reason: $0.value) },
            counters: counters, refusals: engine.core.refusals.all, tally: tally.all)
    }
}
