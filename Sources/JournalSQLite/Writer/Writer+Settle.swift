import Pipeline

extension Writer {
    /// Settles attempts, activates what comes next, and looks at who may start now.
    func settle(_ settlements: [Settlement], _ next: [DeliveryID], _ lease: Lease, _ now: Instant) throws(JournalError) -> Settled {
        var ignored: Set<DeliveryID> = [], emitted: [Message] = [], activated: [DeliveryID: Int] = [:]
        var touched = Touched()
        for settlement in settlements {
            guard lease.epoch == epoch, let row = active[settlement.delivery], row.attempt == settlement.attempt else {
                ignored.insert(settlement.delivery)
                try log(.ignored, settlement.delivery >> 12, settlement.delivery, attempt: settlement.attempt, at: now)
                continue
            }
            try settle(row, settlement.result, now, &touched)
            emitted += try emit(settlement.emitted)
        }
        guard lease.epoch == epoch else { return Settled(activated: [:], emitted: [], ignored: ignored) }
        for id in next { if let attempt = try activate(id, now) { activated[id] = attempt } }
        return Settled(activated: activated, emitted: emitted, ignored: ignored, freed: try refresh(touched))
    }

    private func settle(_ row: DeliveryRow, _ result: Settlement.Result, _ now: Instant, _ touched: inout Touched) throws(JournalError) {
        leave(row)
        let state: DeliveryState, word: AuditWord
        var why: Reason?
        switch result {
        case .delivered(let proof):
            (state, word) = (.delivered, .delivered)
            let report = proof.reportAwaited ? Report.Status.awaited : .none
            try sql.deliver.bind(1, row.id).bind(2, JSON.text(proof)).bind(3, report.number).bind(4, now.milliseconds).run()
        case .refused(let reason):
            (state, word, why) = (.refused, .refused, reason)
            try sql.refuse.bind(1, row.id).bind(2, state.number).bind(3, JSON.text(reason)).bind(4, now.milliseconds).run()
        case .deferred(let reason, let until):
            (state, word, why) = (.deferred, .deferred, reason)
            try again(row, state, until, reason, wasUnknown: false, now)
        case .unknown(let reason, let until):
            (state, word, why) = (.unknown, .unknown, reason)
            try again(row, state, until, reason, wasUnknown: true, now)
        case .held(let reason, let owner):
            (state, word, why) = (.held, .held, reason)
            hasPassed = hasPassed || row.passes
            try sql.hold.bind(1, row.id).bind(2, JSON.text(reason)).bind(3, owner.rawValue).bind(4, now.milliseconds).run()
        case .giveBack(let reason):
            (state, word, why) = (.queued, .givenBack, reason)
            try sql.giveBack.bind(1, row.id).bind(2, 1).bind(3, JSON.text(reason)).bind(4, now.milliseconds).run()
        }
        moved(row, from: .active, to: state)
        if row.isDecided, state != .queued { try forgetDecision(row.id) }
        if state == .delivered || state == .refused { try overtake(row) }
        if !state.isOpen { for lane in row.barriers { try sql.deleteBarrier.bind(1, lane).bind(2, row.id).run() } }
        if state.isOpen { try left(row, &touched) } else { try ended(row, &touched) }
        try log(word, row.seq, row.id, attempt: state == .queued ? row.attempt - 1 : row.attempt, reason: why, at: now)
    }

    private func again(
        _ row: DeliveryRow, _ state: DeliveryState, _ until: Instant, _ reason: Reason, wasUnknown: Bool, _ now: Instant
    ) throws(JournalError) {
        // A due time of 0 means "at once" in the index.
        try sql.again.bind(1, row.id).bind(2, state.number).bind(3, max(until.milliseconds, 1)).bind(4, JSON.text(reason)).bind(5, wasUnknown ? 1 : 0)
            .bind(6, now.milliseconds).run()
    }

    /// Earlier ones that are held but let others pass: what left after them makes their release a step back.
    func overtake(_ row: DeliveryRow) throws(JournalError) {
        if row.isAlone { for lane in row.lanes { try sql.overtakeHeld.bind(1, lane).bind(2, row.id).run() } }
        guard hasPassed else { return }
        for lane in row.lanes {
            if try sql.passed.bind(1, lane).bind(2, row.id).exists() { try sql.overtake.bind(1, lane).bind(2, row.id).run() }
            if hasBarriers { try sql.overtakeMerges.bind(1, lane).bind(2, row.id).run() }
        }
    }

    /// A person's decision holds for one attempt.
    func forgetDecision(_ id: DeliveryID) throws(JournalError) {
        var facts = try facts(of: id)
        if facts.removeValue(forKey: JournalFact.decided) != nil { try sql.setFacts.bind(1, id).bind(2, JSON.text(facts)).run() }
    }

    func facts(of id: DeliveryID) throws(JournalError) -> [String: String] {
        JSON.map(try sql.facts.bind(1, id).first { (row) throws(JournalError) in row.optionalText(0) } ?? nil)
    }

    /// Adds facts to an active attempt.
    func record(_ new: [String: String], _ id: DeliveryID, _ attempt: Int, _ lease: Lease) throws(JournalError) {
        guard lease.epoch == epoch, active[id]?.attempt == attempt else { throw .stale }
        let facts = try facts(of: id).merging(new) { _, new in new }
        try sql.setFacts.bind(1, id).bind(2, JSON.text(facts)).run()
    }
}
