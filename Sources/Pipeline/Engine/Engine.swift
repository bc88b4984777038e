package import Logging
import ServiceLifecycle
import Synchronization

/// The engine: judge, planner and dispatcher over one journal. A service: recovers, opens the intake, runs until shutdown, then drains.
package final class Engine: Service {
    package let core: EngineCore
    /// Where listeners hand in what arrived.
    package let judge: Judge
    let planner: Planner
    package let dispatcher: Dispatcher
    /// How long a shutdown waits for deliveries under way.
    private let grace: Duration
    private let ready = Mutex(false)
    /// What other gateways say, and this one's own beat.
    private let hints = Inbox<JournalHint>()
    private let keeper: Keeper
    /// What is held for want of its destination may be released: at a start, and when it could not be looked for.
    let owesRelease = Mutex(true)

    /// An engine over a journal and a configuration. `heavy` runs what decodes documents, `tasks` the few tasks that belong to
    /// no group; `broken` is called once if the journal fails.
    package init(
        journal: any Journal, lease: Lease, configuration: Configuration, time: any Timekeeper, random: any Randomness, digester: Digester, logger: Logger,
        heavy: any TaskExecutor, tasks: (any TaskExecutor)? = nil, grace: Duration = .seconds(20), broken: @escaping @Sendable (JournalError) -> Void
    ) {
        core = EngineCore(
            journal: journal, lease: lease, configuration: configuration, time: time, random: random, digester: digester, logger: logger, heavy: heavy,
            tasks: tasks, broken: broken)
        keeper = Keeper(core: core)
        let again = Again()
        dispatcher = Dispatcher(core: core, runner: Runner(core: core, rerun: { [core] in await again.rerun($0, $1, core) }))
        planner = Planner(core: core, dispatcher: dispatcher)
        judge = Judge(core: core, planner: planner)
        self.grace = grace
        again.planner.withLock { $0 = planner }
        dispatcher.overtaken.withLock { $0 = { [weak self] in _ = await self?.releaseWhatReturned() } }
        let judge = judge
        dispatcher.emitted.withLock { $0 = { judge.take($0) } }
        planner.parking.withLock { $0 = judge }
    }

    /// True once recovery has gone far enough for listeners to open.
    package var isReady: Bool { ready.withLock { $0 } }

    /// Runs until graceful shutdown or cancellation. Either way what is under way has the time that a stop gives: a cancellation that reached its tasks
    /// would leave it unknown.
    package func run() async throws {
        let life = Task(executorPreference: core.tasks) { [self] in await live() }
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                await life.value
            } onCancel: {
                self.stop()
            }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    private func stop() {
        judge.setOpen(false)
        core.drain()
    }

    private func live() async {
        await withDiscardingTaskGroup { group in
            group.addTask { [judge] in await judge.run() }
            group.addTask { [planner] in await planner.run() }
            if let shared = core.journal as? any SharedJournal {
                group.addTask { [dispatcher] in await dispatcher.run() }
                let keeper = LeaseKeeper(engine: self, journal: shared, inbox: hints)
                await keeper.begin(in: &group)
            } else {
                let recovery = Recovery(engine: self), blocked = await recovery.begin()
                group.addTask { [dispatcher] in await dispatcher.run() }
                await recovery.run(blocked)
            }
            if !core.isDraining { judge.setOpen(true) }
            // Only now: who sees that it is ready is heard.
            ready.withLock { $0 = true }
            group.addTask { [keeper] in await keeper.run() }
            await beat(in: &group)
            await drain()
        }
    }

    /// Time passes: retries become due, reports overdue.
    private func beat(in group: inout DiscardingTaskGroup) async {
        var beats = 0, strain: Reason?
        while !core.isDraining {
            dispatcher.inbox.put(.tick)
            beats += 1
            if beats % 600 == 1 {
                keeper.inbox.put(())
                let owes = owesRelease.withLock { owes in
                    defer { owes = false }
                    return owes
                }
                if owes { group.addTask { [self] in _ = await releaseWhatReturned() } }
            }
            if beats % 10 == 0 {
                hints.put(.gateways)
                strain = watch(strain)
            }
            if beats % 600 == 0 { await Reports(core: core).markOverdue(after: core.configuration.node.reportOverdue) }
            await core.time.sleep(until: core.time.now + .milliseconds(100))
        }
    }

    /// One alert when the journal comes under strain, and a line when that is over.
    private func watch(_ before: Reason?) -> Reason? {
        let now = core.journal.strain
        if now?.code != before?.code {
            core.alert(now, delivery: nil)
            if now == nil, let before { core.logger.notice("over: \(before.code) \(before.text.en)") }
        }
        return now
    }

    private func drain() async {
        stop()
        let deadline = core.time.now + grace
        var rounds = 0
        while dispatcher.activeCount > 0 || judge.inbox.count > 0 || planner.inbox.count > 0, core.time.now < deadline {
            rounds += 1
            if rounds % 50 == 0 { hints.put(.gateways) }
            await core.time.sleep(until: core.time.now + .milliseconds(20))
        }
        core.leave()
        judge.inbox.close()
        planner.inbox.close()
        dispatcher.inbox.close()
        hints.close()
        keeper.inbox.close()
    }
}

/// Runs a held route again when a person released it: its deliveries are planned, then the hold is done.
private final class Again: Sendable {
    let planner = Mutex<Planner?>(nil)

    func rerun(_ delivery: Delivery, _ reading: Reading, _ core: EngineCore) async -> Outcome {
        guard let planner = planner.withLock({ $0 }) else { return .held(Reasons.stopping, owner: .exploitation) }
        let routes = core.examiner.matching(reading)
        let mine = routes.filter { $0.name == delivery.route || core.configuration.route(delivery.route, facility: delivery.facility) == nil }
        guard !mine.isEmpty else { return .held(Reasons.routeGone, owner: .exploitation) }
        let examination = core.examiner.examine(reading, mine, verdict: Verdict(.accepted))
        if let held = examination.deliveries.first(where: { $0.held != nil })?.held { return .held(held, owner: .exploitation) }
        if let hindrance = await planner.add(examination) { return hindrance }
        planner.inbox.put(.unblocked(delivery.id, delivery.message.envelope.keys))
        return .delivered(Proof(answer: "route run again"))
    }
}

extension Judge: Parking {
    /// Messages that a `then` emitted: judged like any, answered to nobody. While the recovery goes on they wait for their turn in the journal: they came
    /// after all that it has not come to yet.
    func take(_ emitted: [Message]) {
        late.withLock { late in
            guard late.waiting != nil else { return arrive(emitted.filter { $0.seq > late.recovered }) }
            late.waiting?.append(contentsOf: emitted)
        }
    }

    /// The recovery is about to read on: it will find what was emitted up to now.
    func lateIsStored() { late.withLock { if $0.waiting != nil { $0.waiting = [] } } }

    /// The recovery has come to its end, at this message.
    func recovered(upTo seq: Seq) {
        late.withLock { late in
            arrive((late.waiting ?? []).filter { $0.seq > seq })
            late = Late(waiting: nil, recovered: seq)
        }
    }

    private func arrive(_ messages: [Message]) { inbox.put(messages.map { Arrival(message: $0, content: nil, answer: nil) }) }

    func reload(_ seq: Seq) {
        Task(executorPreference: core.tasks) { [self] in
            guard let found = await core.answer({ () throws(JournalError) in try await core.journal.unrouted(after: seq - 1, limit: 1) }) else { return }
            if let message = found.first?.message, message.seq == seq { return examineAgain([message]) }
            // Another gateway has taken it over, and plans it: here it holds nobody back.
            planner.inbox.put(.rejected(seq, OrderKeys()))
        }
    }

    func fetch(_ key: UInt64, from seq: Seq) {
        let limit = 32
        Task(executorPreference: core.tasks) { [self] in
            let found = await core.answer { () throws(JournalError) in try await core.journal.unrouted(key: key, after: seq - 1, limit: limit) }
            guard let messages = found?.map(\.message) else { return }
            planner.inbox.put(.fetched(key, messages, upTo: messages.count < limit ? nil : messages.last?.seq))
        }
    }

    func examineAgain(_ messages: [Message]) { inbox.put(messages.map { Arrival(message: $0, content: nil, answer: nil, isNew: false) }) }
}
