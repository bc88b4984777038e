import Pipeline
import PipelineTesting

/// A journal with a fault in front of it.
// @unchecked: a world runs on one thread.
final class PlantedJournal: SimulatedJournal, @unchecked Sendable {
    private let plant: Plant
    weak var life: Life?
    /// What the recovery was given.
    private var recovered: Set<Seq> = []
    /// What this process planned.
    private var mine: Set<DeliveryID> = []

    init(
        _ backend: any Backend, _ plant: Plant, digester: Digester, committed: @escaping (JournalOperation, JournalCompletion) -> Void
    ) {
        self.plant = plant
        super.init(backend, digester: digester, committed: committed)
    }

    private var isFirst: Bool { (life?.number ?? 1) == 1 }
    override var hasRoom: Bool { plant == .ackWhenFull || super.hasRoom }

    override func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) {
        let isForgetful = plant == .forgottenRepeat && !isFirst
        let given = isForgetful ? Acceptance(acceptance.message, repeats: nil, verdict: acceptance.verdict) : acceptance
        super.accept(given) { [plant] result in
            if plant == .ackWhenFull, case .failure(.full) = result { return done(.success(.seen(1, Verdict(.accepted)))) }
            done(result)
        }
    }

    override func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        let found = try await super.unrouted(after: seq, limit: limit)
        if !isFirst, !(life?.engine?.isReady ?? true) { recovered.formUnion(found.map(\.message.seq)) }
        return found
    }

    override func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] {
        let plans = plans.map(changed)
        mine.formUnion(plans.flatMap { $0.deliveries ?? [] }.map(\.id))
        guard plant == .bytesBeforeActive, let life else { return try await super.plan(plans, lease) }
        Task(executorPreference: life.executor) { _ = try? await self.really(plans, lease) }
        return plans.flatMap { $0.deliveries ?? [] }.filter { $0.state == .active }.map(\.id)
    }

    private func really(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] { try await super.plan(plans, lease) }

    private func changed(_ plan: Plan) -> Plan {
        if plant == .rejectionAfterAA, recovered.contains(plan.seq) {
            return Plan(seq: plan.seq, verdict: Verdict(.rejected, plan.verdict.findings), deliveries: [], trace: plan.trace)
        }
        return Plan(seq: plan.seq, verdict: plan.verdict, deliveries: plan.deliveries?.map(changed), trace: plan.trace, search: plan.search, keep: plan.keep)
    }

    override func find(_ query: Query) async throws(JournalError) -> Page {
        var page = try await super.find(query)
        guard plant == .releasedTwice, case .message = query else { return page }
        page.messages = page.messages.map { message in
            StoredMessage(
                message: message.message, state: message.state, verdict: message.verdict, trace: message.trace, deliveries: message.deliveries.map(unknown),
                children: message.children)
        }
        return page
    }

    /// As if it were another's, unless this process planned it.
    private func unknown(_ stored: StoredDelivery) -> StoredDelivery {
        let one = stored.delivery
        if mine.contains(one.id) { return stored }
        let other = Delivery(
            id: one.id, key: Key128(high: one.key.high, low: ~one.key.low), message: one.message, route: one.route, destination: one.destination,
            sender: one.sender, part: one.part, lane: one.lane)
        return StoredDelivery(
            delivery: other, state: stored.state, reason: stored.reason, owner: stored.owner, due: stored.due, proof: stored.proof, report: stored.report,
            planned: stored.planned, changed: stored.changed, version: stored.version)
    }

    private func changed(_ one: PlannedDelivery) -> PlannedDelivery {
        PlannedDelivery(
            id: one.id, key: one.key, route: one.route, destination: one.destination, sender: one.sender, part: one.part, lane: one.lane, state: one.state,
            reason: plant == .heldWithoutReason ? nil : one.reason, owner: one.owner,
            blocksWhenHeld: plant == .heldLetsPass ? false : one.blocksWhenHeld, tokens: one.tokens,
            replaces: plant == .replacementOvertakes ? [] : one.replaces, barriers: plant == .mergeWithoutBarrier ? [] : one.barriers,
            deliveryClass: one.deliveryClass, facts: one.facts)
    }

    override func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled {
        let given = settlements.filter { plant != .forgottenSettlement || ($0.delivery >> 12) % 4 != 0 }.map { one in
            Settlement(delivery: one.delivery, attempt: one.attempt, result: one.result, emitted: plant == .forgottenEmission ? [] : one.emitted)
        }
        return try await super.settle(given, activate: next, lease, now: now)
    }

    override func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant)
        async throws(JournalError) -> [Message]
    {
        if plant == .forgottenReport { return [] }
        return try await super.report(report, on: delivery, carriedBy: message, emitted: emitted, now: now)
    }

    override func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message] {
        let given = plant == .forgottenEmission ? [] : emitted
        return try await super.command(command, on: delivery, expecting: version, emitted: given, by: person, now: now, tokens: tokens)
    }
}
