import Synchronization

/// Reads what waits in the journal for its turn.
protocol Parking: Sendable {
    /// One message: it is examined again.
    func reload(_ seq: Seq)
    /// Messages of a key, from `seq` on: told to the planner as `fetched`.
    func fetch(_ key: UInt64, from seq: Seq)
    /// Of those, the ones that are not in hand.
    func examineAgain(_ messages: [Message])
}

/// Plans examined messages in the order of their keys: one transaction for all that wait, then hands the deliveries to the dispatcher.
package final class Planner: Sendable {
    enum Input: Sendable {
        case arrived(Seq, Envelope)
        case examined(Examination)
        case rejected(Seq, OrderKeys)
        /// A held route delivery blocks its message's keys and these lines of its route, or does so no more.
        case blocked(DeliveryID, OrderKeys, [UInt64])
        case unblocked(DeliveryID, OrderKeys)
        /// At a start: it waits in the journal behind a held one.
        case parked(Seq, OrderKeys)
        /// What the journal had of a key that waits there; `upTo`: the last it looked at, nil at the end.
        case fetched(UInt64, [Message], upTo: Seq?)
    }

    let core: EngineCore
    let dispatcher: Dispatcher
    let inbox = Inbox<Input>()
    /// Set by the engine: reads parked messages from the journal and examines them again.
    let parking = Mutex<(any Parking)?>(nil)
    /// With so much to plan the intake slows down instead of filling the memory; far earlier where the journal is shared, since a message that is
    /// undecided here makes those of its patient wait that other gateways have.
    let limit: Int

    init(core: EngineCore, dispatcher: Dispatcher) {
        (self.core, self.dispatcher) = (core, dispatcher)
        limit = core.leases.isShared ? 64 : 8192
    }

    /// Waits until the planner has caught up enough: the intake slows down instead of filling the memory.
    func room() async {
        while inbox.count > limit { await core.time.sleep(until: core.time.now + .milliseconds(1)) }
    }

    /// Plans until the mailbox closes.
    func run() async {
        var gate = OrderGate(holdsBack: !core.leases.isShared)
        while let inputs = await inbox.take() {
            var batch = Batch(streams: core.streams)
            for input in inputs { handle(input, &gate, &batch) }
            if !batch.plans.isEmpty { await commit(batch) }
            // Only now: what is parked by this batch must be found.
            if !batch.readings.isEmpty, let parking = parking.withLock({ $0 }) { for action in batch.readings { read(action, parking) } }
        }
    }

    private struct Batch {
        let streams: OrderStreams
        var plans: [Plan] = []
        var hot: [Delivery] = []
        var reserved: Set<DeliveryID> = []
        /// The configurations by which something is planned as held for want of its destination.
        var gone: Set<Int> = []
        var readings: [OrderGate.Action] = []
    }

    private func handle(_ input: Input, _ gate: inout OrderGate, _ batch: inout Batch) {
        switch input {
        case .arrived(let seq, let envelope): gate.arrive(seq, envelope.keys, batch.streams.lines(of: envelope, core.journal.hash))
        case .examined(let examination): act(gate.examined(examination), &batch)
        case .rejected(let seq, let keys): act(gate.rejected(seq, keys), &batch)
        case .blocked(let id, let keys, let streams): gate.block(keys, streams, by: id)
        case .unblocked(let id, let keys): act(gate.unblock(keys, by: id), &batch)
        case .parked(let seq, let keys): act(gate.park(seq, keys), &batch)
        case .fetched(let key, let messages, let last):
            let (examine, actions) = gate.fetched(key, messages.filter { $0.envelope.keys.merged == 0 }.map(\.seq), upTo: last)
            parking.withLock { $0 }?.examineAgain(messages.filter { examine.contains($0.seq) })
            act(actions, &batch)
        }
    }

    private func act(_ actions: [OrderGate.Action], _ batch: inout Batch) {
        for action in actions {
            switch action {
            case .plan(let examination): add(examination, &batch)
            case .reload, .fetch: batch.readings.append(action)
            case .storeVerdict(let examination):
                batch.plans.append(Plan(seq: examination.message.seq, verdict: examination.verdict, deliveries: nil))
            }
        }
    }

    private func read(_ action: OrderGate.Action, _ parking: any Parking) {
        switch action {
        case .reload(let seq): parking.reload(seq)
        case .fetch(let key, let seq): parking.fetch(key, from: seq)
        case .plan, .storeVerdict: break
        }
    }

    private func add(_ examination: Examination, _ batch: inout Batch) {
        let seq = examination.message.seq
        var planned: [PlannedDelivery] = []
        planned.reserveCapacity(examination.deliveries.count)
        for (ordinal, examined) in examination.deliveries.enumerated() {
            let id = Delivery.id(seq, ordinal), facts = facts(examined)
            let state: DeliveryState
            if let reason = examined.held {
                state = .held
                if Reasons.waitsForConfiguration(reason) { batch.gone.insert(examination.generation) }
            } else if !core.leases.works(examined.lane) {
                // Another gateway's lane: it learns of it by a hint, or finds it.
                state = .queued
            } else {
                let delivery = delivery(id, examined, examination, facts)
                let reserved = dispatcher.reserve(delivery, simple: examined.barriers.isEmpty && examined.replaces.isEmpty)
                if reserved { batch.reserved.insert(id) }
                state = reserved ? .active : .queued
                batch.hot.append(delivery)
            }
            planned.append(self.planned(id, examined, state, facts))
        }
        if planned.contains(where: { $0.state == .held }) { core.alert(examination.deliveries.first { $0.held != nil }?.held, delivery: planned[0].id) }
        batch.plans.append(
            Plan(
                seq: seq, verdict: examination.verdict, deliveries: planned, trace: examination.trace.joined(separator: "\n"), search: examination.search,
                keep: keep(planned)))
    }

    private func planned(_ id: DeliveryID, _ examined: ExaminedDelivery, _ state: DeliveryState, _ facts: [String: String]) -> PlannedDelivery {
        PlannedDelivery(
            id: id, key: examined.key, route: examined.route, destination: examined.destination, sender: examined.sender, part: examined.part,
            lane: examined.lane, state: state, reason: examined.held, owner: examined.held == nil ? nil : .exploitation,
            blocksWhenHeld: examined.blocksWhenHeld, tokens: examined.tokens, replaces: examined.replaces, barriers: examined.barriers,
            deliveryClass: examined.deliveryClass, facts: facts)
    }

    /// The rule that governs the body: that of the route which keeps longest.
    private func keep(_ planned: [PlannedDelivery]) -> String {
        guard let first = planned.first?.route else { return "" }
        if planned.allSatisfy({ $0.route == first }) { return first }
        let configuration = core.configuration, settings = configuration.node.keep
        func days(_ route: String) -> Int { settings.rule(configuration.routes.first { $0.name == route }?.keep).days }
        return planned.map(\.route).max { days($0) < days($1) } ?? first
    }

    /// The digest of rewritten bytes, where they may leave more than once: see `Sender.sendsRewritten`.
    private func facts(_ examined: ExaminedDelivery) -> [String: String] {
        guard let rewritten = examined.rewritten, core.configuration.senders[examined.sender]?.sendsRewritten ?? false else { return [:] }
        return ["digest": Key128.hex(core.digester.sha256(rewritten))]
    }

    private func delivery(_ id: DeliveryID, _ examined: ExaminedDelivery, _ examination: Examination, _ facts: [String: String]) -> Delivery {
        var delivery = Delivery(
            id: id, key: examined.key, message: examination.message, route: examined.route, destination: examined.destination, sender: examined.sender,
            part: examined.part, lane: examined.lane, deliveryClass: examined.deliveryClass, facts: facts, notes: examined.notes, rewritten: examined.rewritten)
        delivery.generation = examination.generation
        return delivery
    }

    /// More deliveries of a message that is routed already: a held route that was released. Those whose key is there are not planned again, so that a
    /// crash before the hold is done plans nothing twice; and nothing is said before all of them are there: a resend may have taken a number meanwhile.
    /// What keeps them from being planned; nil: they are there.
    func add(_ examination: Examination) async -> Outcome? {
        for _ in 0..<Self.rounds where !core.isDraining {
            do throws(JournalError) {
                let there = try await core.journal.find(.message(examination.message.envelope.id)).messages.first?.deliveries.map(\.delivery) ?? []
                let keys = Set(there.map(\.key)), missing = examination.deliveries.filter { !keys.contains($0.key) }
                if missing.isEmpty { return nil }
                let next = (there.map { $0.id & 4095 }.max() ?? -1) + 1
                guard next + Int64(missing.count) <= 4096 else { return .held(JournalReasons.tooMany, owner: .exploitation) }
                try await add(missing, from: Int(next), examination)
            } catch {
                switch error {
                case .full, .away: await core.time.sleep(until: core.time.now + .milliseconds(200))
                case .refused(let reason): return .deferred(reason)
                // Another gateway has taken over: it runs the route again.
                case .stale where core.leases.isShared: return .deferred(Reasons.away)
                default:
                    core.fail(error)
                    return .deferred(Reasons.stopping)
                }
            }
        }
        return .deferred(core.isDraining ? Reasons.stopping : Reasons.full)
    }

    /// So often it is tried before the hold itself is put off.
    private static let rounds = 5

    private func add(_ missing: [ExaminedDelivery], from next: Int, _ examination: Examination) async throws(JournalError) {
        let seq = examination.message.seq
        let planned = missing.enumerated().map { ordinal, examined in
            self.planned(Delivery.id(seq, next + ordinal), examined, .queued, facts(examined))
        }
        let plan = Plan(
            seq: seq, verdict: examination.verdict, deliveries: planned, trace: examination.trace.joined(separator: "\n"), search: examination.search,
            keep: keep(planned))
        _ = try await core.journal.plan([plan], core.leases.lease)
        for lane in Set(planned.map(\.lane)) { dispatcher.forget(lane) }
    }

    /// So many plans are written in one go: what is tried again on a full disk is not what was written already.
    private static let together = 64

    /// A message that got an AA is planned, however long the journal cannot: it stays `incoming` until then.
    private func commit(_ batch: Batch) async {
        do throws(JournalError) {
            var active: [DeliveryID] = [], rest = batch.plans[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Self.together))
                rest = rest.dropFirst(Self.together)
                active += try await core.untilThereIsRoom { () throws(JournalError) in try await core.journal.plan(piece, core.leases.lease) }
            }
            dispatcher.planned(batch.hot, reserved: batch.reserved, active: Set(active))
            if batch.gone.contains(where: { $0 != core.configuration.generation }) { dispatcher.inbox.put(.overtaken) }
        } catch {
            // Others have taken these messages over, and plan them.
            if error == .stale, core.leases.isShared { dispatcher.planned(batch.hot, reserved: batch.reserved, active: []) } else { core.fail(error) }
        }
    }
}
