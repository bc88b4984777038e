import Pipeline

extension Writer {
    /// Verdicts, deliveries, tokens, trace and search facts; the deliveries that became active.
    func plan(_ plans: [Plan], _ lease: Lease) throws(JournalError) -> [DeliveryID] {
        guard lease.epoch == epoch else { throw .stale }
        let now = time.now
        var active: [DeliveryID] = []
        for plan in plans {
            try decide(plan, now)
            for delivery in plan.deliveries ?? [] { if try add(delivery, now) { active.append(delivery.id) } }
            for fact in plan.search {
                let key = fact.key(hash).signed
                try sql.insertSearch.bind(1, key.high).bind(2, key.low).bind(3, plan.seq).run()
            }
        }
        return active
    }

    /// The message's verdict and state.
    private func decide(_ plan: Plan, _ now: Instant) throws(JournalError) {
        let verdict = plan.verdict, isRejected = verdict.kind == .rejected
        let findings = verdict.findings.isEmpty ? nil : JSON.text(verdict.findings)
        if isRejected { try free(plan.seq) }
        guard plan.deliveries != nil else {
            try sql.storeVerdict.bind(1, plan.seq).bind(2, verdict.kind.number).bind(3, findings).run()
            if connection.changes == 0 { throw .refused(JournalReasons.noMessage) }
            return
        }
        let state: MessageState = isRejected ? .rejected : .routed
        let trace = try names.id(trace: plan.trace), search = KeyList.pack(plan.search.map { $0.key(hash) })
        let keep = plan.keep.isEmpty ? 0 : try names.id(plan.keep)
        try sql.route.bind(1, plan.seq).bind(2, state.number).bind(3, verdict.kind.number).bind(4, findings).bind(5, trace).bind(6, keep)
            .bind(7, search).run()
        if connection.changes == 1 {
            countIncoming(-1)
            keeps(keep, 1, try length(of: plan.seq))
        } else {
            // Planned before: a held route that was released adds its deliveries.
            let before = try sql.messageState.bind(1, plan.seq).first { (row) throws(JournalError) in row.text(3) }
            guard let before else { throw .refused(JournalReasons.noMessage) }
            let both = try names.id(trace: before + (before.isEmpty || plan.trace.isEmpty ? "" : "\n") + plan.trace)
            try sql.restate.bind(1, plan.seq).bind(2, state.number).bind(3, verdict.kind.number).bind(4, findings).bind(5, both).bind(6, search).run()
        }
        try log(isRejected ? .rejected : .planned, plan.seq, at: now)
    }

    /// Stores a delivery; true if it is active. One that is there already stays as it is: a plan that is tried again gets the same answer.
    private func add(_ planned: PlannedDelivery, _ now: Instant) throws(JournalError) -> Bool {
        let documents = planned.tokens.filter { $0.kind == Self.documentKind }
        let tokens = (documents + planned.tokens.filter { $0.kind != Self.documentKind }).map { $0.key(hash) }
        let replaces = planned.replaces.map { $0.key(hash) }
        let row = DeliveryRow(
            planned, sender: try names.id(planned.sender), destination: try names.id(planned.destination), tokens: tokens, replaces: replaces, attempt: 1)
        hasBarriers = hasBarriers || !row.barriers.isEmpty
        hasReplacements = hasReplacements || !replaces.isEmpty
        let isHeld = planned.state == .held
        let isFree = isHeld ? false : try canStart(row)
        let state: DeliveryState = isHeld ? .held : isFree && planned.state == .active ? .active : .queued
        try insert(planned, row, state, isReady: isFree && state == .queued, documents: documents.count, now)
        if connection.changes == 0 { return planned.state == .active && self.active[row.id]?.attempt == 1 }
        for key in tokens { try sql.insertToken.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, row.id).run() }
        for key in replaces { try sql.insertReplaces.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, row.id).run() }
        for lane in row.barriers { try sql.insertBarrier.bind(1, lane).bind(2, row.id).run() }
        moved(row, from: nil, to: state)
        if state == .active {
            enter(row)
            try log(.active, row.seq, row.id, attempt: 1, at: now)
        } else if isHeld {
            hasPassed = hasPassed || row.passes
            try log(.held, row.seq, row.id, reason: planned.reason, at: now)
        }
        return state == .active
    }

    /// The kind of token that names a document: a resend of the delivery keeps it.
    static let documentKind = "unique-id"

    private func insert(
        _ planned: PlannedDelivery, _ row: DeliveryRow, _ state: DeliveryState, isReady: Bool, documents: Int, _ now: Instant
    ) throws(JournalError) {
        let isActive = state == .active
        let route = try names.id(planned.route)
        sql.insertDelivery.bind(1, planned.id).bind(2, planned.key.bytes).bind(3, route).bind(4, row.destination).bind(5, row.sender)
            .bind(6, planned.part.id.isEmpty ? nil : planned.part.id).bind(7, JSON.text(planned.part.notes)).bind(8, row.lane).bind(
                9, LaneList.pack(row.barriers)
            )
            .bind(10, state.number).bind(11, state == .held && row.passes ? 0 : 1).bind(12, isReady ? 1 : 0).bind(13, isActive ? 1 : 0)
            .bind(14, row.passes ? 1 : 0).bind(15, row.isAtRoute ? 1 : 0)
        sql.insertDelivery.bind(16, JSON.text(planned.reason)).bind(17, planned.owner?.rawValue).bind(18, JSON.text(planned.facts))
            .bind(19, now.milliseconds).bind(20, isActive ? 2 : 1).bind(22, documents).bind(24, planned.deliveryClass.number)
        sql.insertDelivery.bind(21, KeyList.pack(row.tokens)).bind(23, KeyList.pack(row.replaces))
        try sql.insertDelivery.run()
    }
}
