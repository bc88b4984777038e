import Synchronization

/// Starts deliveries and settles them: a thin shell around `DispatchState`. One task drains what finished, settles it in one commit
/// together with the activation of what comes next, and starts that.
package final class Dispatcher: Sendable {
    enum Input: Sendable {
        case started([Delivery])
        case finished(Delivery, Runner.Finished)
        case tick
        /// Another configuration is in force: what waits for a place of a changed sender goes back.
        case renewed
        /// Something was held for want of its destination, by a configuration that is no longer in force.
        case overtaken
    }
    let core: EngineCore
    let runner: Runner
    let inbox = Inbox<Input>()
    private let state = Mutex(DispatchState())
    /// Old selves of changed senders: closed once nothing of theirs runs.
    private let retiring = Mutex<[String: [any Sender]]>([:])
    /// Set by the engine: emitted messages go back to the judge; released routes to the planner.
    let emitted = Mutex<(@Sendable ([Message]) -> Void)?>(nil)
    /// Set by the engine: looks again at what is held for want of its destination.
    let overtaken = Mutex<(@Sendable () async -> Void)?>(nil)
    private static let batch = 256
    private static let patience = Duration.seconds(5)
    private static let ahead = 128

    init(core: EngineCore, runner: Runner) { (self.core, self.runner) = (core, runner) }

    /// Called by the planner before it commits a plan: may this delivery be planned active?
    func reserve(_ id: DeliveryID, _ examined: ExaminedDelivery) -> Bool {
        let scope = scope(examined.sender, nil)
        let simple = examined.barrier == nil && examined.replaces.isEmpty
        return state.withLock { state in
            learn(examined.sender, &state)
            // A scope that depends on the delivery itself is known only with the whole delivery: those wait for the next turn.
            return state.reserve(
                id, lane: examined.lane, sender: examined.sender, scope: scope ?? examined.sender, simple: simple && scope != nil, now: core.time.now)
        }
    }

    /// Called by the planner after the commit.
    func planned(_ deliveries: [Delivery], reserved: Set<DeliveryID>, active: Set<DeliveryID>) {
        let start = state.withLock { $0.planned(deliveries, reserved: reserved, active: active, scope: scope) }
        inbox.put(start.isEmpty ? .tick : .started(start))
    }

    /// Settles and starts until the mailbox closes; then lets what runs finish, within the engine's grace.
    func run() async {
        await withDiscardingTaskGroup { group in
            var slots = Slots()
            while let inputs = await inbox.take() {
                var finished: [(Delivery, Runner.Finished)] = []
                for input in inputs {
                    switch input {
                    case .started(let deliveries): for delivery in deliveries { start(delivery, attempt: 1, &slots, in: &group) }
                    case .finished(let delivery, let end): finished.append((delivery, end))
                    case .tick: break
                    case .overtaken: if let look = overtaken.withLock({ $0 }) { group.addTask { await look() } }
                    case .renewed: for name in slots.waiting.keys { advance(name, &slots, in: &group) }
                    }
                }
                await turn(finished, &slots, in: &group)
            }
        }
    }

    /// Who runs, and who is active in the journal but waits for a place: a sender's places are filled again without waiting for a commit.
    private struct Slots {
        var running: [String: Int] = [:]
        var waiting: [String: FIFO<Delivery>] = [:]
    }

    private func turn(_ finished: [(Delivery, Runner.Finished)], _ slots: inout Slots, in group: inout DiscardingTaskGroup) async {
        release(finished)
        for (delivery, end) in finished where end.ran {
            slots.running[delivery.sender, default: 1] -= 1
            advance(delivery.sender, &slots, in: &group)
        }
        for delivery in finished.map(\.0) { retire(delivery.sender) }
        if state.withLock({ $0.wantsMore(core.time.now) }) { await refill() }
        let next = core.isDraining ? [] : state.withLock { $0.next(limit: Self.batch, now: core.time.now, scope: scope) }
        guard !finished.isEmpty || !next.isEmpty else { return }
        let settlements = finished.map { delivery, end in
            Settlement(delivery: delivery.id, attempt: delivery.attempt, result: end.result, emitted: end.emitted.map { Emitted($0) })
        }
        guard let settled = await settle(settlements, next) else { return }
        if !settled.emitted.isEmpty { emitted.withLock { $0 }?(settled.emitted) }
        for (delivery, end) in finished where !settled.ignored.contains(delivery.id) { core.counted(end.result, delivery) }
        for delivery in next {
            if let attempt = settled.activated[delivery.id] {
                start(delivery, attempt: attempt, &slots, in: &group)
            } else {
                state.withLock { $0.notStarted(delivery, scope: scope(delivery)) }
            }
        }
        let generation = core.configuration.generation
        if finished.contains(where: { $0.1.gone.map { $0 != generation } ?? false }) { inbox.put(.overtaken) }
        if !settled.freed.isEmpty { state.withLock { $0.freed(settled.freed) } }
        if !core.isDraining, state.withLock({ $0.wantsMore(core.time.now) }) || next.count == Self.batch { inbox.put(.tick) }
    }

    /// Slots and lanes are free before the settlement is committed, but what is chosen next becomes active only in that same commit.
    private func release(_ finished: [(Delivery, Runner.Finished)]) {
        let now = core.time.now
        state.withLock { state in
            for (delivery, end) in finished {
                state.ended(
                    delivery, end.lane, away: end.away, halt: end.halt, ran: end.ran, scope: scope(delivery), now: now, chance: core.random.next())
            }
        }
    }

    /// A settlement must not be lost: it is tried until the journal takes it or is broken.
    private func settle(_ settlements: [Settlement], _ next: [Delivery]) async -> Settled? {
        while true {
            do throws(JournalError) {
                return try await core.journal.settle(settlements, activate: next.map(\.id), core.leases.lease, now: core.time.now)
            } catch {
                guard error == .full else {
                    core.fail(error)
                    return nil
                }
                await core.time.sleep(until: core.time.now + .milliseconds(100))
            }
        }
    }

    private func refill() async {
        let (asked, known, resting) = state.withLock { ($0.beginRefill(), $0.knownLanes, $0.crowded) }
        let limit = 512, lease = core.leases.working
        do throws(JournalError) {
            let heads = try await core.journal.due(lease, now: core.time.now, limit: limit, excluding: known, resting: resting)
            let next = heads.count < limit ? try await core.journal.nextDue(lease) : nil
            state.withLock { state in
                let heads = heads.map { present($0) }
                for sender in Set(heads.map(\.sender)) { learn(sender, &state) }
                state.offered(heads, complete: heads.count < limit, asked: asked, resting: resting)
                // What is in hand has its own timer: the journal is asked again a little later at the earliest, and after a pause in any case:
                // a report or a person's word may have freed a lane of which nothing is known here.
                let now = core.time.now
                state.refillAt = min(max(next ?? now + Self.patience, now + .seconds(1)), now + Self.patience)
            }
        } catch {
            core.fail(error)
        }
    }

    /// Places are free: what waited runs, or goes back when its far end went away meanwhile: not a byte of it left.
    private func advance(_ sender: String, _ slots: inout Slots, in group: inout DiscardingTaskGroup) {
        let places = core.configuration.senders[sender]?.concurrency ?? 4
        while let next = slots.waiting[sender]?.first {
            let rests = state.withLock { $0.rests(scope(next)) || $0.isDraining(sender) }
            guard rests || slots.running[sender, default: 0] < places else { return }
            _ = slots.waiting[sender]?.popFirst()
            if rests {
                inbox.put(.finished(next, .givenBack(next, at: core.time.now)))
            } else {
                start(next, attempt: next.attempt, &slots, in: &group)
            }
        }
    }

    private func start(_ delivery: Delivery, attempt: Int, _ slots: inout Slots, in group: inout DiscardingTaskGroup) {
        var delivery = delivery
        delivery.attempt = attempt
        let name = delivery.sender
        // In one look: an attempt that starts before another configuration comes into force belongs to the old one, and is waited for.
        let (configuration, isDraining) = state.withLock { (core.configuration, $0.isDraining(name)) }
        let next = present(delivery)
        if core.isDraining || isDraining || next.sender != name {
            state.withLock { learn(next.sender, &$0) }
            inbox.put(.finished(delivery, .givenBack(next, at: core.time.now)))
            return
        }
        guard slots.running[name, default: 0] < configuration.senders[name]?.concurrency ?? 4 else {
            slots.waiting[name, default: FIFO()].append(delivery)
            return
        }
        slots.running[name, default: 0] += 1
        group.addTask { [self, delivery] in
            let end = await runner.run(delivery, configuration)
            inbox.put(.finished(delivery, end))
        }
    }

    private func learn(_ name: String, _ state: inout DispatchState) { state.learn(name, terms(core.configuration.senders[name])) }

    private func terms(_ sender: (any Sender)?) -> DispatchState.Terms {
        guard let sender else { return DispatchState.Terms(concurrency: 4, rate: nil, policy: RetryPolicy()) }
        // Some more than can run become active in the same commit, where a crash costs only that they are sent again with the same ids.
        let ahead = sender.afterUnknown == .sendAgain && sender.rate == nil ? Self.ahead : 0
        return DispatchState.Terms(concurrency: sender.concurrency + ahead, rate: sender.rate, policy: sender.retry)
    }

    // MARK: Another configuration

    /// Puts a configuration in force. `changed` names the senders that are others than before, new, or gone: nothing of theirs starts until what their
    /// old selves send has ended, and their halts and rests are lifted. All at one moment for everything that starts here.
    func reconfigure(_ fresh: Configuration, changed: Set<String>) {
        state.withLock { state in
            let old = core.configuration.senders
            core.exchange(fresh)
            for name in changed {
                state.renew(name, terms(fresh.senders[name]))
                if let former = old[name] { retiring.withLock { $0[name, default: []].append(former) } }
            }
        }
        for name in changed { retire(name) }
        inbox.put(.renewed)
    }

    /// Closes the old selves of a sender of which nothing runs any more.
    private func retire(_ name: String) {
        guard retiring.withLock({ $0[name] != nil }), !state.withLock({ $0.isDraining(name) }) else { return }
        for former in retiring.withLock({ $0.removeValue(forKey: name) }) ?? [] { former.retire() }
    }

    /// The delivery with its sender, or with the one that its destination names now where that one is gone: unless an attempt through the old one may
    /// have arrived.
    func present(_ delivery: Delivery) -> Delivery {
        let configuration = core.configuration
        guard configuration.senders[delivery.sender] == nil, delivery.sender != InternalSender.route, !delivery.mayHaveLeft, !delivery.wasUnknown,
            let route = configuration.route(delivery.route, facility: delivery.facility), let destination = route.destination(delivery.destination),
            let name = configuration.senderName(destination.sender, delivery.message.envelope), configuration.senders[name] != nil
        else { return delivery }
        var next = delivery
        next.sender = name
        return next
    }

    /// The scope of rates, rests and halts; nil where it depends on the delivery and none is given.
    private func scope(_ name: String, _ delivery: Delivery?) -> String? {
        guard let sender = core.configuration.senders[name] else { return name }
        if let delivery { return sender.scope(delivery) }
        return sender.rate == nil ? name : nil
    }

    private func scope(_ delivery: Delivery) -> String { scope(delivery.sender, delivery) ?? delivery.sender }

    /// A person resumed a scope (nil: all).
    package func resume(_ scope: String?) {
        state.withLock { $0.resume(scope) }
        inbox.put(.tick)
    }

    /// The scopes that rest until a person acts, with the reason.
    package var halted: [String: Reason] { state.withLock { $0.halted } }
    /// Deliveries under way.
    package var activeCount: Int { state.withLock { $0.activeCount } }

    // MARK: Leases

    /// These shards are not ours any more, or shall not be.
    func leave(_ shards: Set<Int>) { state.withLock { $0.leave(shards) } }

    /// Of these shards, those with a delivery under way.
    func busy(among shards: Set<Int>) -> Set<Int> { state.withLock { $0.busy(among: shards) } }

    /// Shards came.
    func gained() {
        state.withLock { $0.gained() }
        inbox.put(.tick)
    }

    /// Another gateway says that there may be something to start in these lanes (nil: any).
    func hinted(_ lanes: Set<Lane>?) {
        let ours = lanes?.filter { core.leases.works($0) }
        if let ours, ours.isEmpty { return }
        state.withLock { $0.hinted(ours) }
        inbox.put(.tick)
    }

    /// The journal changed a lane by a person's word.
    func forget(_ lane: Lane) {
        state.withLock { $0.forget(lane) }
        inbox.put(.tick)
    }
}
