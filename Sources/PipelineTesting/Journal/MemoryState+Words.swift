package import Pipeline

/// Reports, a person's words, and questions.
extension MemoryState {
    mutating func report(_ report: Report, _ id: DeliveryID, _ carrier: Seq, _ emitted: [Emitted], _ now: Instant) throws(JournalError) -> [Message] {
        guard let row = deliveries[id] else { throw .refused(JournalReasons.noDelivery) }
        if let carried = message(carrier), carried.state == .incoming {
            messages[Int(carrier) - 1].state = .routed
            messages[Int(carrier) - 1].keep = ""
            if carried.verdict == nil { messages[Int(carrier) - 1].verdict = Verdict(.accepted) }
            log("planned", carrier, at: now)
        }
        guard report.changes(row.report) else { return [] }
        change(id, "report " + report.status.rawValue, at: now, reason: report.reason) { row in
            row.report = report
            guard report.isGood, row.delivery.wasUnknown, row.waits || row.state == .held else { return }
            row.state = .delivered
            (row.due, row.reason) = (nil, nil)
            row.proof = Proof(answer: "report " + report.status.rawValue)
        }
        if row.state != .delivered, deliveries[id]?.state == .delivered { overtake(by: id) }
        return emit(emitted)
    }

    mutating func command(
        _ command: OperatorCommand, _ id: DeliveryID, _ version: Int, _ emitted: [Emitted], _ person: String, _ now: Instant,
        _ tokens: @Sendable (Key128) -> [Token]
    ) throws(JournalError) -> [Message] {
        guard let row = deliveries[id] else { throw .refused(JournalReasons.noDelivery) }
        if row.state == .active { throw .refused(JournalReasons.beingSent) }
        if row.version != version { throw .stale }
        switch command {
        case .hold(let reason, let owner):
            guard row.state.isOpen else { throw .refused(JournalReasons.wrongState) }
            change(id, "held", at: now, by: person, reason: reason) { row in
                row.state = .held
                (row.reason, row.owner, row.due) = (reason, owner, nil)
            }
        case .release, .retry:
            let fits = row.state == .held || command == .retry && (row.state == .deferred || row.state == .unknown)
            guard fits else { throw .refused(JournalReasons.wrongState) }
            if row.overtaken || successors(of: row).contains(where: { $0.state == .delivered || $0.state == .refused }) {
                throw .refused(JournalReasons.overtaken)
            }
            change(id, command == .release ? "released" : "retried", at: now, by: person) { row in
                if row.state == .held { row.delivery.facts[JournalFact.decided] = person }
                row.state = .queued
                (row.reason, row.owner, row.due) = (nil, nil, nil)
            }
        case .discard(let reason):
            guard row.state.isOpen else { throw .refused(JournalReasons.wrongState) }
            change(id, "discarded", at: now, by: person, reason: reason) { row in
                row.state = .discarded
                (row.reason, row.due) = (reason, nil)
            }
        case .pass:
            guard !row.barriers.isEmpty, row.waits else { throw .refused(JournalReasons.noMerge) }
            change(id, "passed", at: now, by: person) { $0.alone = true }
        case .resend:
            guard !row.state.isOpen else { throw .refused(JournalReasons.wrongState) }
            if let removal = message(id >> 12)?.removal { throw .refused(JournalReasons.gone(removal)) }
            if successors(of: row).contains(where: { $0.state == .delivered || $0.state == .active }) { throw .refused(JournalReasons.overtaken) }
            try resend(row, person, now, tokens)
        }
        return emit(emitted)
    }

    private mutating func resend(_ old: MemoryDelivery, _ person: String, _ now: Instant, _ tokens: @Sendable (Key128) -> [Token]) throws(JournalError) {
        let seq = old.id >> 12
        let last = deliveries.keys.filter { $0 >> 12 == seq }.max() ?? old.id
        guard last & 4095 < 4095 else { throw .refused(JournalReasons.tooMany) }
        let key = hash.key(old.delivery.key.hex, "resend", String((last & 4095) + 1))
        let kept = old.tokens.filter { $0.kind == "unique-id" }
        let delivery = Delivery(
            id: last + 1, key: key, message: old.delivery.message, route: old.delivery.route, destination: old.delivery.destination,
            sender: old.delivery.sender, part: old.delivery.part, lane: old.delivery.lane, deliveryClass: old.delivery.deliveryClass, attempt: 0)
        insert(
            MemoryDelivery(
                delivery: delivery, state: .queued, planned: now, changed: now, blocksWhenHeld: old.blocksWhenHeld,
                tokens: kept + tokens(key).filter { !kept.contains($0) }, replaces: old.replaces, barriers: old.barriers))
        change(old.id, "resent", at: now, by: person) { _ in }
    }

    // MARK: Questions

    package func unrouted(after seq: Seq, limit: Int) -> [Unrouted] {
        messages.dropFirst(Int(seq)).filter { $0.state == .incoming }.prefix(limit).map { Unrouted($0.message, verdict: $0.verdict) }
    }

    package func unrouted(key: UInt64, after seq: Seq, limit: Int) -> [Unrouted] {
        messages.dropFirst(Int(seq)).filter { $0.state == .incoming && $0.verdict != nil && $0.message.envelope.keys.planning == key }.prefix(limit)
            .map { Unrouted($0.message, verdict: $0.verdict) }
    }

    func stored(_ row: MemoryDelivery) -> StoredDelivery {
        StoredDelivery(
            delivery: delivery(row), state: row.state, reason: row.reason, owner: row.owner, due: row.due, proof: row.proof, report: row.report,
            planned: row.planned, changed: row.changed, version: row.version, blockers: row.waits ? Array(blockers(of: row).sorted().prefix(10)) : [],
            isMerge: !row.barriers.isEmpty)
    }

    func stored(_ row: MemoryMessage, full: Bool) -> StoredMessage {
        let seq = row.message.seq
        var lean = Message(envelope: row.message.envelope, body: .stored(row.message.body.count), digest: row.message.digest)
        lean.seq = seq
        return StoredMessage(
            message: full ? row.message : lean, state: row.state, verdict: row.verdict, trace: full ? row.trace : "",
            deliveries: deliveries.values.filter { $0.id >> 12 == seq }.sorted { $0.id < $1.id }.map(stored),
            children: full ? there.filter { $0.message.envelope.parent == row.message.envelope.id }.map(\.message.envelope.id) : [], removal: row.removal)
    }

    package func delivery(carrying tokens: [Token]) -> StoredDelivery? {
        for token in tokens {
            if let newest = deliveries.values.filter({ $0.tokens.contains(token) }).max(by: { $0.id < $1.id }) { return stored(newest) }
        }
        return nil
    }

    /// Messages whose rows are there.
    private var there: [MemoryMessage] { messages.filter { !$0.isGone } }

    package func find(_ query: Query) -> Page {
        var page = Page()
        switch query {
        case .deliveries(let states, let destination, let after, let limit):
            let found = deliveries.values.filter { row in
                row.id > after && states.contains(row.state)
                    && (destination == nil || row.delivery.destination == destination || row.delivery.sender == destination)
            }.sorted { $0.id < $1.id }
            page.deliveries = found.prefix(limit).map(stored)
            page.more = found.count > limit
        case .delivery(let id): page.deliveries = deliveries[id].map { [stored($0)] } ?? []
        case .message(let id): page.messages = there.filter { $0.message.envelope.id == id }.map { stored($0, full: true) }
        case .messages(let before, let limit):
            let found = there.reversed().filter { before == 0 || $0.message.seq < before }
            page.messages = found.prefix(limit).map { stored($0, full: false) }
            page.more = found.count > limit
        case .controlID(let id): page.messages = there.filter { $0.hasFacts && $0.message.envelope.controlID == id }.map { stored($0, full: false) }
        case .token(let token):
            page.deliveries = deliveries.values.filter { $0.tokens.contains(token) }.sorted { $0.id < $1.id }.map(stored)
            page.messages = there.filter { $0.search.contains(token) }.map { stored($0, full: false) }
        case .audit(let seq): page.audit = audit.filter { $0.seq == seq }
        case .counts:
            page.counts.incoming = messages.count { $0.state == .incoming }
            for row in deliveries.values where row.state.isOpen {
                page.counts.open[row.delivery.destination, default: [:]][row.state.rawValue, default: 0] += 1
            }
        case .overdueReports(let before, let limit):
            let late = deliveries.values.filter { $0.report.status == .awaited && $0.changed < before }.sorted { $0.id < $1.id }
            page.deliveries = late.prefix(limit).map(stored)
            page.more = late.count > limit
        }
        return page
    }

    package func blockedKeys() -> [DeliveryID: OrderKeys] {
        var keys: [DeliveryID: OrderKeys] = [:]
        for row in deliveries.values where row.isAtRoute && row.state.isOpen && row.blocksWhenHeld {
            keys[row.id] = row.delivery.message.envelope.keys
        }
        return keys
    }
}
