import Logging
import Pipeline
import PipelineTesting

/// One process: an engine over the journal, from its start to its death.
// @unchecked: a world runs on one thread.
final class Life: @unchecked Sendable {
    let number: Int
    let executor: SeededExecutor
    let clock: LifeClock
    let journal: SimulatedJournal
    private(set) var engine: Engine?
    private(set) var isAlive = true
    /// The engine gave up for this: the process must end.
    private(set) var broken: JournalError?
    /// It stopped because it was told to.
    private(set) var hasStopped = false
    private var root: Task<Void, Never>?
    private var reload: Task<Void, Never>?
    /// Of the configuration that was handed in last: it may not be in force yet.
    private(set) var senders: [String: any Sender] = [:]

    init(number: Int, seed: UInt64, clock: WorldClock, journal: SimulatedJournal) {
        self.number = number
        executor = SeededExecutor(seed)
        self.clock = LifeClock(clock)
        self.journal = journal
    }

    /// Starts the engine.
    func start(_ configuration: Configuration, random: any Randomness, digester: Digester, alerted: @escaping (DeliveryID) -> Void) {
        let logger = Logger(label: "simulation") { _ in AlertHandler(alerted: alerted) }
        let lease = Lease(epoch: journal.backend.epoch)
        let engine = Engine(
            journal: journal, lease: lease, configuration: configuration, time: clock, random: random, digester: digester, logger: logger, heavy: executor,
            tasks: executor, grace: .seconds(3)
        ) { [weak self] in self?.broken = $0 }
        self.engine = engine
        senders = configuration.senders
        root = Task(executorPreference: executor) { [weak self] in
            try? await engine.run()
            self?.hasStopped = true
        }
    }

    /// Another configuration; one after the other, as they came.
    func reconfigure(_ fresh: Configuration, changed: Set<String>) {
        guard let engine else { return }
        senders = fresh.senders
        let before = reload
        reload = Task(executorPreference: executor) {
            await before?.value
            await engine.reconfigure(fresh, changed: changed)
        }
    }

    /// Told to stop: the engine drains.
    func stop() { root?.cancel() }

    /// Dies: whatever its tasks still do reaches nobody. They are run to their end so that their memory is freed.
    func die() {
        isAlive = false
        root?.cancel()
        clock.die()
        journal.die()
        executor.run(limit: 100_000)
        root = nil
        engine = nil
    }
}

/// Reads the alerts from the log: `alert CODE … delivery=ID`.
// @unchecked: a world runs on one thread.
private struct AlertHandler: LogHandler, @unchecked Sendable {
    let alerted: (DeliveryID) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    init(alerted: @escaping (DeliveryID) -> Void) { self.alerted = alerted }

    func log(event: LogEvent) {
        let text = "\(event.message)"
        guard let at = text.firstRange(of: " delivery=") else { return }
        if let id = DeliveryID(text[at.upperBound...].prefix { $0.isNumber }) { alerted(id) }
    }
}
