package import Pipeline

extension MemoryState {
    /// Changes a delivery: a new version, a line of the audit, its lanes.
    mutating func change(
        _ id: DeliveryID, _ what: String, at now: Instant, by: String = "engine", reason: Reason? = nil, _ edit: (inout MemoryDelivery) -> Void
    ) {
        guard var row = deliveries[id] else { return }
        edit(&row)
        row.version += 1
        row.changed = now
        deliveries[id] = row
        if row.state.isOpen {
            openIDs.insert(id)
            for lane in row.lanes { open[lane, default: []].insert(id) }
        } else {
            openIDs.remove(id)
            for lane in row.lanes {
                open[lane]?.remove(id)
                if open[lane]?.isEmpty ?? false { open[lane] = nil }
            }
        }
        log(what, id >> 12, id, attempt: row.delivery.attempt, reason: reason, by: by, at: now)
    }

    // MARK: Order

    var openDeliveries: [MemoryDelivery] { openIDs.compactMap { deliveries[$0] } }

    /// What stands before a delivery, were its time come: an earlier open one of a lane of its own, an active one, an open one that it replaces.
    func blockers(of row: MemoryDelivery) -> Set<DeliveryID> {
        var found: Set<DeliveryID> = []
        for lane in row.lanes {
            for other in open[lane] ?? [] where other != row.id {
                guard let before = deliveries[other] else { continue }
                if before.state == .active || other < row.id && before.blocks && !row.alone { found.insert(other) }
            }
        }
        return found.union(predecessors(of: row))
    }

    /// Earlier open deliveries to the same far end that carry a document which this one replaces or deletes.
    func predecessors(of row: MemoryDelivery) -> Set<DeliveryID> {
        guard !row.replaces.isEmpty else { return [] }
        return Set(
            openDeliveries.filter { other in
                other.id < row.id && other.delivery.sender == row.delivery.sender && !Set(other.tokens).isDisjoint(with: row.replaces)
            }.map(\.id))
    }

    /// Later deliveries to the same far end that replace a document which this one carries.
    func successors(of row: MemoryDelivery) -> [MemoryDelivery] {
        deliveries.values.filter { $0.id > row.id && $0.delivery.sender == row.delivery.sender && !Set($0.replaces).isDisjoint(with: row.tokens) }
    }

    /// Makes a delivery active if nothing stands before it; its attempt number.
    mutating func activate(_ id: DeliveryID, at now: Instant) -> Int? {
        guard let row = deliveries[id], row.waits, blockers(of: row).isEmpty else { return nil }
        change(id, "active", at: now) { row in
            row.state = .active
            row.due = nil
            row.delivery.attempt += 1
        }
        return row.delivery.attempt + 1
    }

    /// Deliveries that could start by `now`, oldest first.
    package func due(now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?) -> [Delivery] {
        let ready = openDeliveries.filter { row in
            row.waits && row.due.map { $0 <= now } ?? true && !excluding.contains(row.delivery.lane) && !resting.contains(row.delivery.sender)
                && deliveryClass ?? row.delivery.deliveryClass == row.delivery.deliveryClass && blockers(of: row).isEmpty
        }
        return ready.sorted { $0.id < $1.id }.prefix(limit).map(delivery)
    }

    /// What stands right behind heads of lanes, queued and waiting for nothing in other lanes.
    package func following(_ heads: [Delivery], each: Int) -> [Delivery] {
        heads.flatMap { head in
            let behind = (open[head.lane] ?? []).filter { $0 > head.id }.sorted().compactMap { deliveries[$0] }.filter(\.blocks)
            return behind.prefix { $0.state == .queued && $0.lanes == [head.lane] && $0.replaces.isEmpty }.prefix(each).map(delivery)
        }
    }

    package func nextDue() -> Instant? { openDeliveries.filter { $0.waits && blockers(of: $0).isEmpty }.compactMap(\.due).min() }

    /// The delivery as the next attempt will see it.
    func delivery(_ row: MemoryDelivery) -> Delivery {
        var delivery = row.delivery
        delivery.predecessorOpen = !predecessors(of: row).isEmpty
        return delivery
    }

    // MARK: Settlements

    mutating func settle(_ settlements: [Settlement], _ next: [DeliveryID], _ lease: Lease, _ now: Instant) -> Settled {
        var ignored: Set<DeliveryID> = [], emitted: [Message] = [], freed: Set<Lane> = []
        for settlement in settlements {
            let id = settlement.delivery
            guard lease.epoch == epoch, let row = deliveries[id], row.state == .active, row.delivery.attempt == settlement.attempt else {
                ignored.insert(id)
                log("ignored", id >> 12, id, attempt: settlement.attempt, at: now)
                continue
            }
            let waiting = waiters(of: row)
            settle(settlement, now)
            emitted += emit(settlement.emitted)
            freed.formUnion(freedLanes(waiting))
        }
        guard lease.epoch == epoch else { return Settled(activated: [:], emitted: [], ignored: ignored) }
        var activated: [DeliveryID: Int] = [:]
        for id in next { if let attempt = activate(id, at: now) { activated[id] = attempt } }
        return Settled(activated: activated, emitted: emitted, ignored: ignored, freed: freed)
    }

    private mutating func settle(_ settlement: Settlement, _ now: Instant) {
        let id = settlement.delivery
        func facts(_ row: inout MemoryDelivery, _ state: DeliveryState, _ reason: Reason?) {
            row.state = state
            row.reason = reason
            row.delivery.facts[JournalFact.decided] = nil
        }
        switch settlement.result {
        case .delivered(let proof):
            change(id, "delivered", at: now) { row in
                facts(&row, .delivered, nil)
                row.proof = proof
                if proof.reportAwaited, row.report.status == .none { row.report = Report(.awaited) }
            }
            overtake(by: id)
        case .refused(let reason):
            change(id, "refused", at: now, reason: reason) { facts(&$0, .refused, reason) }
            overtake(by: id)
        case .deferred(let reason, let until):
            change(id, "deferred", at: now, reason: reason) { row in
                facts(&row, .deferred, reason)
                row.due = until
            }
        case .unknown(let reason, let until):
            change(id, "unknown", at: now, reason: reason) { row in
                facts(&row, .unknown, reason)
                row.due = until
                row.delivery.wasUnknown = true
            }
        case .held(let reason, let owner):
            change(id, "held", at: now, reason: reason) { row in
                facts(&row, .held, reason)
                row.owner = owner
            }
        case .giveBack(let reason):
            change(id, "givenBack", at: now, reason: reason) { row in
                row.state = .queued
                row.reason = reason
                row.delivery.attempt -= 1
            }
        }
    }

    /// Earlier ones that are held but let others pass: what left after them makes their release a step back.
    mutating func overtake(by id: DeliveryID) {
        guard let row = deliveries[id] else { return }
        for other in row.lanes.flatMap({ open[$0] ?? [] }) where other < id {
            if let passed = deliveries[other], passed.state == .held, row.alone || !passed.blocksWhenHeld { deliveries[other]?.overtaken = true }
        }
    }

    /// What waits in another lane for this delivery: a merge, or a replacement.
    func waiters(of row: MemoryDelivery) -> [DeliveryID] {
        openDeliveries.filter { other in
            other.id > row.id && other.waits && blockers(of: other).contains(row.id) && (other.delivery.lane != row.delivery.lane)
        }.map(\.id)
    }

    func freedLanes(_ waiting: [DeliveryID]) -> Set<Lane> {
        Set(waiting.compactMap { deliveries[$0] }.filter { $0.waits && blockers(of: $0).isEmpty }.map(\.delivery.lane))
    }

    mutating func record(_ facts: [String: String], _ id: DeliveryID, _ attempt: Int, _ lease: Lease) throws(JournalError) {
        guard lease.epoch == epoch, let row = deliveries[id], row.state == .active, row.delivery.attempt == attempt else { throw .stale }
        deliveries[id]?.delivery.facts.merge(facts) { _, new in new }
    }
}
