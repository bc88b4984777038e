import Synchronization

/// Starts deliveries and settles them: a thin shell around `DispatchState`. One task drains what finished, settles it in one commit
/// together with the activation of what comes next, and starts that.
package final class Dispatcher: Sendable {
    enum Input: Sendable {
        case started([Delivery])
        case finished(Delivery, Runner.Finished)
        /// What the journal offers of one class, heads and what stands behind them; `complete`: it has no more heads now.
        case offered([Delivery], behind: [Delivery], DeliveryClass, complete: Bool)
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
    /// Of one lane, at most so many are offered at a time.
    private static let run = 128

    init(core: EngineCore, runner: Runner) { (self.core, self.runner) = (core, runner) }

    /// Called by the planner before it commits a plan: may this delivery be planned active?
    /// `simple`: it waits for nothing in other lanes.
    func reserve(_ delivery: Delivery, simple: Bool) -> Bool {
        state.withLock { state in
            learn(delivery.sender, &state)
            return state.reserve(delivery, simple: simple && core.leases.isSure(uptime: core.time.uptime), now: core.time.rising)
        }
    }

    /// Called by the planner after the commit.
    func planned(_ deliveries: [Delivery], reserved: Set<DeliveryID>, active: Set<DeliveryID>) {
        let start = state.withLock { $0.planned(deliveries, reserved: reserved, active: active) }
        let lease = core.leases.lease
        inbox.put(start.isEmpty ? .tick : .started(start.map { $0.activated(1, lease) }))
    }

    /// Settles and starts until the mailbox closes; then lets what runs finish, within the engine's grace.
    func run() async {
        await withDiscardingTaskGroup { group in
            var slots: [String: Places] = [:]
            while let inputs = await inbox.take() {
                var finished: [(Delivery, Runner.Finished)] = []
                for input in inputs {
                    switch input {
                    case .started(let deliveries): for delivery in deliveries { start(delivery, &slots, in: &group) }
                    case .finished(let delivery, let end): finished.append((delivery, end))
                    case .offered(let heads, let behind, let deliveryClass, let complete): offered(heads, behind, deliveryClass, complete)
                    case .tick: break
                    case .overtaken: if let look = overtaken.withLock({ $0 }) { group.addTask { await look() } }
                    case .renewed: for name in slots.keys { advance(name, &slots, in: &group) }
                    }
                }
                await turn(finished, &slots, in: &group)
            }
        }
    }

    private func turn(_ finished: [(Delivery, Runner.Finished)], _ slots: inout [String: Places], in group: inout DiscardingTaskGroup) async {
        release(finished)
        for (delivery, end) in finished where end.ran {
            slots[delivery.sender]?.leave(delivery)
            advance(delivery.sender, &slots, in: &group)
        }
        for (delivery, _) in finished { retire(delivery.sender) }
        // What waits behind that which has ended is asked for once its settlement is committed: before, the journal would not offer it.
        if finished.isEmpty { refill(in: &group) }
        let next = core.isDraining || !core.leases.isSure(uptime: core.time.uptime) ? [] : state.withLock { $0.next(limit: Self.batch, now: core.time.rising) }
        guard !finished.isEmpty || !next.isEmpty else { return }
        let settlements = finished.map { delivery, end in
            Settlement(delivery: delivery.id, attempt: delivery.attempt, result: end.result, emitted: end.emitted.map { Emitted($0) })
        }
        let emits = settlements.contains { !$0.emitted.isEmpty }
        if emits { await core.emissions.enter() }
        let result = await settle(settlements, next)
        if let made = result?.0.emitted, !made.isEmpty { emitted.withLock { $0 }?(made) }
        if emits { core.emissions.leave() }
        guard let (settled, lease) = result else { return }
        for (delivery, end) in finished where !settled.ignored.contains(delivery.id) { core.counted(end.result, delivery) }
        for delivery in next {
            if let attempt = settled.activated[delivery.id] {
                start(delivery.activated(attempt, lease), &slots, in: &group)
            } else {
                state.withLock { $0.notStarted(delivery) }
            }
        }
        let generation = core.configuration.generation
        if finished.contains(where: { $0.1.gone.map { $0 != generation } ?? false }) { inbox.put(.overtaken) }
        if !settled.freed.isEmpty { state.withLock { $0.freed(settled.freed) } }
        refill(in: &group)
        if !core.isDraining, next.count == Self.batch || wanted(core.time.rising) { inbox.put(.tick) }
    }

    /// Slots and lanes are free before the settlement is committed, but what is chosen next becomes active only in that same commit.
    private func release(_ finished: [(Delivery, Runner.Finished)]) {
        let now = core.time.rising
        state.withLock { state in
            for (delivery, end) in finished {
                state.ended(delivery, end.lane, away: end.away, halt: end.halt, ran: end.ran, now: now, chance: core.random.next())
            }
        }
    }

    /// A settlement must not be lost: it is tried until the journal takes it or is broken. With the lease under which it was written.
    private func settle(_ settlements: [Settlement], _ next: [Delivery]) async -> (Settled, Lease)? {
        do throws(JournalError) {
            return try await core.untilThereIsRoom { () throws(JournalError) in
                let lease = core.leases.lease
                return (try await core.journal.settle(settlements, activate: next.map(\.id), lease, now: core.time.now), lease)
            }
        } catch {
            core.fail(error)
            return nil
        }
    }

    private func wanted(_ now: Instant) -> Bool { state.withLock { state in DeliveryClass.allCases.contains { state.wants($0, now) } } }

    /// Asks the journal for what is not in hand, where there is room for it. What it offers comes by the mailbox: nothing waits for the reading.
    private func refill(in group: inout DiscardingTaskGroup) {
        if core.isDraining { return }
        let now = core.time.rising
        for deliveryClass in DeliveryClass.allCases {
            let question = state.withLock { $0.wants(deliveryClass, now) ? $0.ask(deliveryClass) : nil }
            guard let question else { continue }
            group.addTask { [self] in await ask(deliveryClass, question.lanes, question.supplied, now) }
        }
    }

    private func ask(_ deliveryClass: DeliveryClass, _ lanes: Set<Lane>, _ supplied: Set<String>, _ now: Instant) async {
        let limit = deliveryClass == .bulk ? 128 : 512, lease = core.leases.working
        do throws(JournalError) {
            let heads = try await core.journal.due(
                lease, now: now, limit: limit, excluding: lanes, resting: supplied, of: deliveryClass)
            // Where few lanes wait, a run of each: the next is in hand when the one before is settled.
            let each = heads.isEmpty ? 0 : min((limit - heads.count) / heads.count, Self.run)
            let behind = each > 0 ? try await core.journal.following(heads, each: each) : []
            let next = heads.count < limit ? try await core.journal.nextDue(lease) : nil
            // What is in hand has its own timer: the journal is asked again a little later at the earliest, and after a pause in any case:
            // a report or a person's word may have freed a lane of which nothing is known here.
            state.withLock { $0.refillAt = min(max(next ?? now + Self.patience, now + .seconds(1)), now + Self.patience) }
            inbox.put(.offered(heads, behind: behind, deliveryClass, complete: heads.count < limit))
        } catch {
            core.fail(error)
        }
    }

    private func offered(_ heads: [Delivery], _ behind: [Delivery], _ deliveryClass: DeliveryClass, _ complete: Bool) {
        state.withLock { state in
            let configuration = core.configuration, heads = heads.map { configuration.present($0) }, behind = behind.map { configuration.present($0) }
            for sender in Set(heads.map(\.sender)) { learn(sender, &state) }
            state.offered(heads, behind: behind, of: deliveryClass, complete: complete)
        }
    }

    /// Places are free: what waited runs, or goes back when its far end went away or the configuration changed meanwhile: not a byte of it left.
    private func advance(_ sender: String, _ slots: inout [String: Places], in group: inout DiscardingTaskGroup) {
        guard let terms = terms(of: sender) else { return }
        while let next = slots[sender]?.next(terms, rests: { delivery in state.withLock { $0.rests(delivery) || $0.isDraining(sender) } }) {
            if next.runs, let configuration = begin(next.delivery) {
                run(next.delivery, configuration, in: &group)
            } else {
                if next.runs { slots[sender]?.leave(next.delivery) }
                goBack(next.delivery)
            }
        }
    }

    private func start(_ delivery: Delivery, _ slots: inout [String: Places], in group: inout DiscardingTaskGroup) {
        guard let configuration = begin(delivery) else { return goBack(delivery) }
        guard let terms = terms(of: delivery.sender), slots[delivery.sender, default: Places()].enter(delivery, terms) else { return }
        run(delivery, configuration, in: &group)
    }

    /// The configuration that an attempt which starts now belongs to; nil: it must not start. In one look, so that another configuration that comes into
    /// force is either the attempt's own, or waits until it has ended.
    private func begin(_ delivery: Delivery) -> Configuration? {
        if core.isDraining { return nil }
        return state.withLock { state in
            if state.isDraining(delivery.sender) { return nil }
            let configuration = core.configuration
            return configuration.present(delivery).sender == delivery.sender ? configuration : nil
        }
    }

    private func goBack(_ delivery: Delivery) {
        let next = core.configuration.present(delivery)
        state.withLock { learn(next.sender, &$0) }
        inbox.put(.finished(delivery, .givenBack(next, at: core.time.rising)))
    }

    private func run(_ delivery: Delivery, _ configuration: Configuration, in group: inout DiscardingTaskGroup) {
        group.addTask { [self, delivery] in
            let end = await runner.run(delivery, configuration)
            inbox.put(.finished(delivery, end))
        }
    }

    private func terms(of sender: String) -> DispatchState.Terms? { state.withLock { $0.terms(of: sender) } }

    private func learn(_ name: String, _ state: inout DispatchState) { if !state.knows(name) { state.learn(name, terms(core.configuration.senders[name])) } }

    private func terms(_ sender: (any Sender)?) -> DispatchState.Terms {
        guard let sender else { return DispatchState.Terms(places: 4, rate: nil, policy: RetryPolicy(), scope: { $0.sender }) }
        let ahead = sender.afterUnknown == .sendAgain && sender.rate == nil ? Self.ahead : 0
        return DispatchState.Terms(
            places: sender.concurrency, ahead: ahead, rate: sender.rate, policy: sender.retry, scope: { sender.scope($0) })
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

extension Delivery {
    /// As it became active: the number of its attempt, and the lease that names it.
    fileprivate func activated(_ attempt: Int, _ lease: Lease) -> Delivery {
        var delivery = self
        (delivery.attempt, delivery.epoch) = (attempt, lease.epoch(of: lane.shard))
        return delivery
    }
}
