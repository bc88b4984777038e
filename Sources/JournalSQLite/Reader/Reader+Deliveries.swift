import Pipeline

extension Reader {
    static let deliveryColumns = """
        d.id, d.key, d.route, d.destination, d.sender, d.part, d.part_notes, d.lane, d.barrier, d.state, d.due, d.attempt, d.was_unknown, d.reason, \
        d.owner, d.facts, d.proof, d.report, d.report_reason, d.planned, d.changed, d.version, d.replaces, d.class, \
        d.alone
        """

    /// A row of the delivery table, its message not read yet.
    private struct Half {
        let make: (Message, Bool, [DeliveryID]) -> StoredDelivery
        let id: DeliveryID
        let sender: Int64
        let replaces: [Key128]
        /// Its lane, and those in which it is a barrier.
        let lanes: [Int64]
        let state: DeliveryState
        let isAlone: Bool
    }

    private func half(_ row: Statement) throws(JournalError) -> Half {
        let id = row.integer(0), key = Key128(bytes: row.bytes(1))
        let route = try name(row.integer(2)), destination = try name(row.integer(3)), sender = try name(row.integer(4))
        let part = Part(id: row.text(5), notes: JSON.notes(row.optionalText(6))), lane = Lane(UInt64(bitPattern: row.integer(7)))
        let state = DeliveryState(number: row.integer(9)), due = row.integer(10), attempt = row.int(11), wasUnknown = row.flag(12)
        let reason: Reason? = JSON.value(row.optionalText(13)), owner = row.optionalText(14).flatMap(Owner.init), facts = JSON.map(row.optionalText(15))
        let proof: Proof? = JSON.value(row.optionalText(16))
        let report = Report(Report.Status(number: row.integer(17)), reason: JSON.value(row.optionalText(18)))
        let planned = Instant(milliseconds: row.integer(19)), changed = Instant(milliseconds: row.integer(20)), version = row.int(21)
        let barriers = LaneList.read(row, 8), deliveryClass = DeliveryClass(number: row.integer(23))
        let make = { (message: Message, predecessorOpen: Bool, blockers: [DeliveryID]) in
            let delivery = Delivery(
                id: id, key: key, message: message, route: route, destination: destination, sender: sender, part: part, lane: lane,
                deliveryClass: deliveryClass, attempt: attempt, wasUnknown: wasUnknown, facts: facts, predecessorOpen: predecessorOpen)
            return StoredDelivery(
                delivery: delivery, state: state, reason: reason, owner: owner, due: due == 0 ? nil : Instant(milliseconds: due), proof: proof,
                report: report, planned: planned, changed: changed, version: version, blockers: blockers, isMerge: !barriers.isEmpty)
        }
        return Half(
            make: make, id: id, sender: row.integer(4), replaces: row.isNull(22) ? [] : KeyList.unpack(row.bytes(22)),
            lanes: [row.integer(7)] + barriers, state: state, isAlone: row.flag(24))
    }

    private func whole(_ half: Half, loading: Bool, explained: Bool) throws(JournalError) -> StoredDelivery? {
        guard let row = try messageRow(seq: half.id >> 12) else { return nil }
        let message = loading ? try loaded(row.message) : row.message
        let blockers = explained && half.state.waits ? try blockers(of: half) : []
        return half.make(message, try isPreceded(half.id, half.sender, half.replaces), blockers)
    }

    /// What stands before a delivery that waits, the first ten.
    private func blockers(of half: Half) throws(JournalError) -> [DeliveryID] {
        var found: Set<DeliveryID> = []
        func ask(_ sql: String, _ lane: Int64) throws(JournalError) {
            found.formUnion(try statement(sql + " LIMIT 11").bind(1, lane).bind(2, half.id).rows { (row) throws(JournalError) in row.integer(0) })
        }
        for lane in half.lanes {
            try ask("SELECT id FROM delivery INDEXED BY delivery_gate WHERE lane = ?1 AND gate = 1 AND state = 1 AND id <> ?2", lane)
            if half.isAlone { continue }
            try ask("SELECT id FROM delivery INDEXED BY delivery_gate WHERE lane = ?1 AND gate = 1 AND id < ?2 ORDER BY id", lane)
            try ask("SELECT b.id FROM barrier b CROSS JOIN delivery d ON d.id = b.id WHERE b.lane = ?1 AND b.id < ?2 AND d.gate = 1 ORDER BY b.id", lane)
        }
        for key in half.replaces {
            let sql = """
                SELECT d.id FROM token t CROSS JOIN delivery d ON d.id = t.delivery
                WHERE t.high = ?1 AND t.low = ?2 AND t.delivery < ?3 AND d.sender = ?4 AND d.state < 5 ORDER BY d.id LIMIT 11
                """
            let carriers = try statement(sql).bind(1, key.signed.high).bind(2, key.signed.low).bind(3, half.id).bind(4, half.sender)
            found.formUnion(try carriers.rows { (row) throws(JournalError) in row.integer(0) })
        }
        return Array(found.sorted().prefix(10))
    }

    /// Deliveries that a statement finds; `loading`: with the bytes of their messages.
    func deliveries(_ found: Statement, loading: Bool = false, explained: Bool = false) throws(JournalError) -> [StoredDelivery] {
        var all: [StoredDelivery] = []
        for half in try found.rows(half) { if let delivery = try whole(half, loading: loading, explained: explained) { all.append(delivery) } }
        return all
    }

    func delivery(_ id: DeliveryID, loading: Bool = false, explained: Bool = false) throws(JournalError) -> StoredDelivery? {
        let found = try statement("SELECT \(Self.deliveryColumns) FROM delivery d WHERE d.id = ?1").bind(1, id)
        return try deliveries(found, loading: loading, explained: explained).first
    }

    /// The newest delivery that carries the first token which any carries.
    func delivery(carrying tokens: [Token]) throws(JournalError) -> StoredDelivery? {
        for token in tokens {
            let key = token.key(hash).signed
            let newest = try statement("SELECT max(delivery) FROM token WHERE high = ?1 AND low = ?2").bind(1, key.high).bind(2, key.low).first {
                (row) throws(JournalError) in row.optionalInteger(0)
            }
            if let id = newest ?? nil { return try delivery(id, loading: true) }
        }
        return nil
    }

    /// An earlier open delivery to the same far end carries a document that this one replaces.
    private func isPreceded(_ id: DeliveryID, _ sender: Int64, _ replaces: [Key128]) throws(JournalError) -> Bool {
        for key in replaces {
            let sql = """
                SELECT 1 FROM token t CROSS JOIN delivery d ON d.id = t.delivery
                WHERE t.high = ?1 AND t.low = ?2 AND t.delivery < ?3 AND d.sender = ?4 AND d.state < 5 LIMIT 1
                """
            if try statement(sql).bind(1, key.signed.high).bind(2, key.signed.low).bind(3, id).bind(4, sender).exists() { return true }
        }
        return false
    }

    // MARK: Due

    /// A delivery that `ready` marks; whether it could really start is asked again.
    private struct Candidate {
        let id: DeliveryID
        let due: Int64
        let lane: Int64
    }

    /// Heads of lanes that could start by `now`, oldest first. The marks may say too much, never too little: each is checked.
    func due(now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass? = nil) throws(JournalError) -> [Delivery] {
        let busy = Set(
            try statement("SELECT lane, barrier FROM delivery INDEXED BY delivery_state WHERE state = 1 AND state < 5").rows { (row) throws(JournalError) in
                [row.integer(0)] + LaneList.read(row, 1)
            }.joined())
        let hasBarriers = try statement("SELECT 1 FROM barrier LIMIT 1").exists()
        var found: [DeliveryID] = []
        for number in (deliveryClass.map { [$0] } ?? DeliveryClass.allCases).map(\.number) {
            var stream = Stream(number: number, sender: 0)
            while let next = try nextSender(after: stream) {
                stream.sender = next
                if resting.contains(try name(next)) { continue }
                for waited in [false, true] {
                    var after = Candidate(id: 0, due: 0, lane: 0), taken = 0
                    while taken < limit {
                        let page = try candidates(stream, after: after, now: waited ? now.milliseconds : 0)
                        guard let last = page.last else { break }
                        after = last
                        for one in page where taken < limit && !busy.contains(one.lane) && !excluding.contains(Lane(UInt64(bitPattern: one.lane))) {
                            guard try isFirst(one, hasBarriers: hasBarriers, busy: busy) else { continue }
                            found.append(one.id)
                            taken += 1
                        }
                    }
                }
            }
        }
        var deliveries: [Delivery] = []
        for id in found.sorted().prefix(limit) { if let stored = try delivery(id, loading: true) { deliveries.append(stored.delivery) } }
        return deliveries
    }

    /// What stands right behind heads of lanes, queued and waiting for nothing in other lanes.
    func following(_ heads: [Delivery], each: Int) throws(JournalError) -> [Delivery] {
        var found: [Delivery] = []
        for head in heads {
            let sql = """
                SELECT id, state = 0 AND barrier IS NULL AND replaces IS NULL FROM delivery INDEXED BY delivery_gate
                WHERE lane = ?1 AND gate = 1 AND id > ?2 ORDER BY id LIMIT ?3
                """
            let behind = try statement(sql).bind(1, Int64(bitPattern: head.lane.id)).bind(2, head.id).bind(3, each)
                .rows { (row) throws(JournalError) in (id: row.integer(0), waits: row.flag(1)) }
            for one in behind.prefix(while: \.waits) { if let stored = try delivery(one.id, loading: true) { found.append(stored.delivery) } }
        }
        return found
    }

    /// The deliveries of one class to one sender.
    private struct Stream {
        let number: Int64
        var sender: Int64
    }

    private func nextSender(after stream: Stream) throws(JournalError) -> Int64? {
        let sql = "SELECT min(sender) FROM delivery INDEXED BY delivery_ready WHERE ready = 1 AND class = ?1 AND sender > ?2"
        return try statement(sql).bind(1, stream.number).bind(2, stream.sender).first { (row) throws(JournalError) in row.optionalInteger(0) } ?? nil
    }

    /// The next of a sender: those due at once (`now` 0), or those whose time has come.
    private func candidates(_ stream: Stream, after: Candidate, now: Int64) throws(JournalError) -> [Candidate] {
        let sql = """
            SELECT id, due, lane FROM delivery INDEXED BY delivery_ready
            WHERE ready = 1 AND class = ?6 AND sender = ?1 AND (due, id) > (?2, ?3) AND due BETWEEN ?4 AND ?5 ORDER BY due, id LIMIT 512
            """
        return try statement(sql).bind(1, stream.sender).bind(6, stream.number).bind(2, max(after.due, now == 0 ? 0 : 1)).bind(3, after.id).bind(
            4, now == 0 ? 0 : 1
        ).bind(5, now)
            .rows { (row) throws(JournalError) in Candidate(id: row.integer(0), due: row.integer(1), lane: row.integer(2)) }
    }

    private func isFirst(_ one: Candidate, hasBarriers: Bool, busy: Set<Int64>) throws(JournalError) -> Bool {
        let rest = try statement("SELECT barrier, sender, replaces, alone FROM delivery WHERE id = ?1").bind(1, one.id).first { (row) throws(JournalError) in
            (barriers: LaneList.read(row, 0), sender: row.integer(1), replaces: row.isNull(2) ? [] : KeyList.unpack(row.bytes(2)), isAlone: row.flag(3))
        }
        guard let rest else { return false }
        for lane in [one.lane] + rest.barriers {
            if busy.contains(lane) { return false }
            if rest.isAlone { continue }
            let gate = "SELECT 1 FROM delivery INDEXED BY delivery_gate WHERE lane = ?1 AND gate = 1 AND id < ?2 LIMIT 1"
            if try statement(gate).bind(1, lane).bind(2, one.id).exists() { return false }
            let barrier = "SELECT 1 FROM barrier b CROSS JOIN delivery d ON d.id = b.id WHERE b.lane = ?1 AND b.id < ?2 AND d.gate = 1 LIMIT 1"
            if hasBarriers, try statement(barrier).bind(1, lane).bind(2, one.id).exists() { return false }
        }
        return try !isPreceded(one.id, rest.sender, rest.replaces)
    }

    /// The earliest time at which a waiting delivery is due.
    func nextDue() throws(JournalError) -> Instant? {
        var earliest: Int64?
        for deliveryClass in DeliveryClass.allCases {
            var stream = Stream(number: deliveryClass.number, sender: 0)
            while let next = try nextSender(after: stream) {
                stream.sender = next
                let sql = "SELECT min(due) FROM delivery INDEXED BY delivery_ready WHERE ready = 1 AND class = ?1 AND sender = ?2 AND due > 0"
                let due = try statement(sql).bind(1, stream.number).bind(2, next).first { (row) throws(JournalError) in row.optionalInteger(0) } ?? nil
                if let due { earliest = min(earliest ?? due, due) }
            }
        }
        return earliest.map { Instant(milliseconds: $0) }
    }
}
