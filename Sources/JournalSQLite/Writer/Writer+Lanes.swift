import Pipeline

/// Order: who may start, and who may start once another has ended.
extension Writer {
    /// The delivery is active from now on.
    func enter(_ row: DeliveryRow) {
        active[row.id] = row
        for lane in row.lanes { activeLanes[lane] = row.id }
    }

    /// It is active no more.
    func leave(_ row: DeliveryRow) {
        active[row.id] = nil
        for lane in row.lanes where activeLanes[lane] == row.id { activeLanes[lane] = nil }
    }

    func delivery(_ id: DeliveryID) throws(JournalError) -> DeliveryRow? {
        try sql.delivery.bind(1, id).first { (row) throws(JournalError) in DeliveryRow(row) }
    }

    /// Nothing stands before it: no active or earlier one in its lanes, no earlier carrier of a document that it replaces. What a person lets pass
    /// alone waits for active ones only.
    func canStart(_ row: DeliveryRow) throws(JournalError) -> Bool {
        for lane in row.lanes {
            if let other = activeLanes[lane], other != row.id { return false }
            if row.isAlone { continue }
            if try sql.gate.bind(1, lane).bind(2, row.id).exists() { return false }
            if hasBarriers, try sql.barrierBefore.bind(1, lane).bind(2, row.id).exists() { return false }
        }
        for key in row.replaces {
            let key = key.signed
            if try sql.carrierBefore.bind(1, key.high).bind(2, key.low).bind(3, row.id).bind(4, row.sender).exists() { return false }
        }
        return true
    }

    /// Makes it active if nothing stands before it; its attempt number.
    func activate(_ id: DeliveryID, _ now: Instant) throws(JournalError) -> Int? {
        guard var row = try delivery(id), row.state.waits, try canStart(row) else { return nil }
        try sql.activate.bind(1, id).bind(2, now.milliseconds).run()
        moved(row, from: row.state, to: .active)
        row.attempt += 1
        enter(row)
        try log(.active, row.seq, id, attempt: row.attempt, at: now)
        return row.attempt
    }

    /// Looks at who is first in a lane now and marks it for `due`; true if it could start. What a person lets pass alone stays marked: it may start when it
    /// is no more the first, and would be looked at no more. `due` asks whether it is free.
    @discardableResult func refresh(_ lane: Int64) throws(JournalError) -> Bool {
        if activeLanes[lane] != nil { return false }
        let heads = try sql.heads.bind(1, lane).rows { (row) throws(JournalError) in DeliveryRow(row) }
        guard let first = heads.first else { return false }
        if heads.count > 1, heads[1].isReady, !heads[1].isAlone { try mark(heads[1], ready: false) }
        guard first.state.waits else { return false }
        let isFree = try canStart(first)
        if isFree != first.isReady, isFree || !first.isAlone { try mark(first, ready: isFree) }
        return isFree
    }

    /// `due` offers it, or does so no more. What was put off, while others stood before it, by a clock that was ahead is due now: see `hasten`.
    private func mark(_ row: DeliveryRow, ready: Bool) throws(JournalError) {
        let now = time.rising
        try sql.ready.bind(1, row.id).bind(2, ready ? 1 : 0).bind(3, (now + RetryPolicy.longestWait).milliseconds).bind(4, now.milliseconds).run()
    }

    /// Lanes to look at again once a transaction's settlements and activations are done.
    struct Touched {
        /// Lanes of what ended.
        var own: Set<Int64> = []
        /// Lanes where something may have waited for it.
        var others: Set<Int64> = []
    }

    /// A delivery is active no more, or left the gate of its lanes: who may have waited for it, before or behind it?
    func left(_ row: DeliveryRow, _ touched: inout Touched) throws(JournalError) {
        touched.own.insert(row.lane)
        touched.others.formUnion(row.barriers)
        if hasBarriers {
            for lane in row.lanes {
                let merges = try sql.barriersIn.bind(1, lane).rows { (found) throws(JournalError) in (found.integer(0), found.integer(1)) }
                for (id, other) in merges where id != row.id { touched.others.insert(other) }
            }
        }
    }

    /// A delivery is settled: its replacements may have waited, too.
    func ended(_ row: DeliveryRow, _ touched: inout Touched) throws(JournalError) {
        try left(row, &touched)
        if hasReplacements {
            for successor in try successors(of: row) where successor.state.isOpen { touched.others.insert(successor.lane) }
        }
    }

    /// Later deliveries to the same far end that replace a document which this one carries.
    func successors(of row: DeliveryRow) throws(JournalError) -> [(lane: Int64, state: DeliveryState)] {
        var found: [(lane: Int64, state: DeliveryState)] = []
        guard hasReplacements else { return found }
        for key in row.tokens {
            sql.replacements.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, row.id).bind(4, row.sender)
            found += try sql.replacements.rows { (row) throws(JournalError) in (row.integer(1), DeliveryState(number: row.integer(2))) }
        }
        return found
    }

    /// Refreshes what was touched; the lanes of others that something can start in.
    func refresh(_ touched: Touched) throws(JournalError) -> Set<Lane> {
        for lane in touched.own.subtracting(touched.others) { try refresh(lane) }
        var freed: Set<Lane> = []
        for lane in touched.others where try refresh(lane) { freed.insert(Lane(UInt64(bitPattern: lane))) }
        return freed
    }
}
