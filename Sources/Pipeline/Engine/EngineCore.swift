package import Logging
import Synchronization

/// What the parts of the engine share: the journal, the configuration in force, time and chance, counters and alerts.
package final class EngineCore: Sendable {
    package let journal: any Journal
    package let time: any Timekeeper
    package let random: any Randomness
    package let digester: Digester
    package let logger: Logger
    /// Where documents are decoded.
    let heavy: any TaskExecutor
    /// What this gateway may work on.
    package let leases: Leases
    /// Where the few tasks run that belong to no group; nil: where the system runs tasks. A simulation runs everything on its one thread.
    let tasks: (any TaskExecutor)?
    /// Held from the commit of emitted messages until the judge has them.
    let emissions = Turnstile()
    private let inForce: Mutex<Configuration>
    private let state = Mutex(State())
    /// Called once when the journal broke: the process must end.
    private let broken: @Sendable (JournalError) -> Void

    private struct State {
        var draining = false
        var leaving = false
        var failed = false
        var counters: [Counter: Int] = [:]
        var alerts: [Alert] = []
    }

    /// What is counted.
    package enum Counter: String, Sendable, CaseIterable { case accepted, rejected, delivered, refused, deferred, unknown, held, givenBack, alerts }

    /// Something a person should see.
    package struct Alert: Sendable, Codable {
        package let at: Instant
        package let delivery: DeliveryID?
        package let scope: String?
        package let reason: Reason
    }

    package init(
        journal: any Journal, lease: Lease, configuration: Configuration, time: any Timekeeper, random: any Randomness, digester: Digester, logger: Logger,
        heavy: any TaskExecutor, tasks: (any TaskExecutor)? = nil, broken: @escaping @Sendable (JournalError) -> Void
    ) {
        (self.journal, self.time, self.random) = (journal, time, random)
        leases = Leases(lease, isShared: journal is any SharedJournal)
        (self.digester, self.logger, self.heavy, self.tasks, self.broken) = (digester, logger, heavy, tasks, broken)
        inForce = Mutex(configuration)
    }

    /// The configuration in force.
    package var configuration: Configuration { inForce.withLock { $0 } }
    /// The lines of its routes.
    var streams: OrderStreams { inForce.withLock { $0.streams } }
    /// Another configuration is in force from now on. Only the dispatcher calls it, which decides at the same moment whose deliveries wait.
    func exchange(_ fresh: Configuration) {
        inForce.withLock { inForce in
            let generation = inForce.generation + 1
            inForce = fresh
            inForce.generation = generation
        }
    }
    /// An examiner for it.
    package var examiner: Examiner { Examiner(configuration: configuration, hash: journal.hash) }
    /// Nothing new starts: the engine stops.
    var isDraining: Bool { state.withLock { $0.draining } }
    func drain() { state.withLock { $0.draining = true } }
    /// The time that a stop gives to what is under way is over.
    func leave() {
        state.withLock { $0.leaving = true }
        (journal as? any SharedJournal)?.giveUp()
    }

    /// Writes, and while the journal is full tries again: what was acknowledged is planned and settled, however long that takes. Only a stop ends it:
    /// what was not written is done by the next process, which finds what was being sent unknown.
    func untilThereIsRoom<Written>(_ write: () async throws(JournalError) -> Written) async throws(JournalError) -> Written {
        while true {
            do throws(JournalError) { return try await write() } catch {
                guard error == .full else { throw error }
                if state.withLock({ $0.leaving }) {
                    logger.warning("stopped on a full disk: what could not be written is done, or asked for, by the next start")
                    throw .closed
                }
                await time.sleep(until: time.now + .milliseconds(100))
            }
        }
    }

    /// What the journal answers; while its database is away it is asked again. Nil: the engine stops, or the journal broke, which is said.
    func answer<Found>(_ ask: () async throws(JournalError) -> Found) async -> Found? {
        while true {
            do throws(JournalError) { return try await ask() } catch {
                guard error == .away, !isDraining else {
                    fail(error)
                    return nil
                }
                await time.sleep(until: time.now + .milliseconds(200))
            }
        }
    }

    func format(_ message: Message) -> (any Format)? { configuration.formats[message.envelope.format] }

    /// The parsed content of a message; nil when it cannot be read any more.
    func reading(_ message: Message) async throws(JournalError) -> Reading? {
        let bytes = try await journal.bytes(of: message)
        guard let content = try? format(message)?.read(bytes) else { return nil }
        return Reading(message: message, content: content, bytes: bytes)
    }

    /// The messages that the destination's `then` makes of an event; where nobody is told of a failure, an alert is raised.
    func emit(_ delivery: Delivery, _ event: Event, _ configuration: Configuration, before: StoredDelivery? = nil) async -> [Message] {
        let failure = Self.failure(event)
        guard let route = configuration.route(delivery.route, facility: delivery.facility),
            let then = route.destinations.first(where: { route.name + "/" + $0.id == delivery.destination })?.then,
            let reading = try? await reading(delivery.message)
        else {
            if let failure { alert(failure, delivery: delivery.id) }
            return []
        }
        if let failure, !then.isAsked(reading) { alert(failure, delivery: delivery.id) }
        let word = type(of: then).spec.word, hash = journal.hash, now = time.now
        let about = Self.word(event)
        let context = EmissionContext(time: now, before: before) { hash.key(delivery.key.hex, word, about, String($0)).base32(letters: 20) }
        return then.emit(reading, delivery, event, context).map { message($0, of: delivery, at: now) }
    }

    private func message(_ emission: Emission, of delivery: Delivery, at now: Instant) -> Message {
        let parent = delivery.message.envelope
        let envelope = Envelope(
            id: MessageID(at: now, random), parent: parent.id, listener: "emitted/" + emission.kind, partner: parent.partner, received: now,
            format: emission.format, controlID: emission.controlID, keys: parent.keys,
            notes: delivery.deliveryClass == .bulk ? [ClassRule.note: DeliveryClass.bulk.rawValue] : [:])
        return Message(envelope: envelope, body: .bytes(emission.bytes), digest: digester.sha256(emission.bytes))
    }

    private static func failure(_ event: Event) -> Reason? {
        switch event {
        case .outcome(.refused(let reason)), .discarded(let reason): reason
        case .reported(let report): report.status == .failed ? report.reason : nil
        case .outcome: nil
        }
    }

    private static func word(_ event: Event) -> String {
        switch event {
        case .outcome: "outcome"
        case .discarded: "discarded"
        case .reported(let report): "report-" + report.status.rawValue
        }
    }

    /// Raises an alert: one line in the log, kept for `queue list` and the console.
    package func alert(_ reason: Reason?, delivery: DeliveryID?, scope: String? = nil) {
        guard let reason else { return }
        count(.alerts)
        state.withLock { state in
            state.alerts.append(Alert(at: time.now, delivery: delivery, scope: scope, reason: reason))
            if state.alerts.count > 1000 { state.alerts.removeFirst(500) }
        }
        logger.warning("alert \(reason.code) \(reason.text.en)\(delivery.map { " delivery=\($0)" } ?? "")\(scope.map { " scope=\($0)" } ?? "")")
    }

    /// The latest alerts, oldest first.
    package var alerts: [Alert] { state.withLock { $0.alerts } }
    /// Refusals since start, by the code of their reason.
    package let refusals = Tally()
    /// The counters since start.
    package var counters: [Counter: Int] { state.withLock { $0.counters } }

    func count(_ counter: Counter) { state.withLock { $0.counters[counter, default: 0] += 1 } }

    func counted(_ result: Settlement.Result, _ delivery: Delivery) {
        switch result {
        case .delivered: count(.delivered)
        case .refused(let reason):
            count(.refused)
            refusals.count(reason.code)
            logger.info("refused \(reason.code) delivery=\(delivery.id) destination=\(delivery.destination)")
        case .deferred(let reason, _):
            count(.deferred)
            logger.info("deferred \(reason.code) delivery=\(delivery.id) destination=\(delivery.destination) attempt=\(delivery.attempt)")
        case .unknown(let reason, _):
            count(.unknown)
            logger.info("unknown \(reason.code) delivery=\(delivery.id) destination=\(delivery.destination) attempt=\(delivery.attempt)")
        case .held: count(.held)
        case .giveBack: count(.givenBack)
        }
    }

    /// The journal cannot go on: the process ends, and says so once.
    func fail(_ error: JournalError) {
        let first = state.withLock { state in
            defer { state.failed = true }
            return !state.failed
        }
        guard first, error != .closed else { return }
        logger.critical("journal: \(error)")
        broken(error)
    }
}
