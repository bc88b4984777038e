import Pipeline

/// What consoles and the command line ask: key-set pages.
struct Find {
    let connection: Connection
    let hash: SipHash

    func page(_ query: Query) throws(SQLFailure) -> Page {
        var page = Page()
        switch query {
        case .deliveries(let states, let destination, let after, let limit):
            (page.deliveries, page.more) = try deliveries(states, destination, after, limit)
        case .delivery(let id): page.deliveries = try Questions.delivery(id, connection).map { [$0] } ?? []
        case .message(let id): page.messages = try message(id).map { [$0] } ?? []
        case .messages(let before, let limit):
            let rows = try messages("WHERE m.seq < $1 ORDER BY m.seq DESC LIMIT $2", [.integer(before == 0 ? Seq.max : before), .integer(limit + 1)])
            page.messages = Array(rows.prefix(limit))
            page.more = rows.count > limit
        case .controlID(let control):
            page.messages = try messages("WHERE m.seq IN (SELECT seq FROM seen WHERE control = $1 LIMIT 100) ORDER BY m.seq", [.words(control)])
        case .token(let token):
            let key = Value.text(token.key(hash).hex)
            let carriers = "WHERE d.id IN (SELECT delivery FROM token WHERE key = $1) ORDER BY d.id LIMIT 100"
            page.deliveries = try connection.query(Rows.deliveries(loading: false, carriers), [key]).map(Rows.delivery)
            page.messages = try messages("WHERE m.seq IN (SELECT seq FROM search WHERE key = $1 LIMIT 100) ORDER BY m.seq", [key])
        case .audit(let seq): page.audit = try audit(seq)
        case .counts: page.counts = try counts()
        case .overdueReports(let before, let limit):
            let rows = try connection.query(
                Rows.deliveries(loading: false, "WHERE d.report = 1 AND d.changed < $1 ORDER BY d.changed, d.id LIMIT $2"),
                [.integer(before.milliseconds), .integer(limit + 1)]
            ).map(Rows.delivery)
            page.deliveries = Array(rows.prefix(limit)).sorted { $0.delivery.id < $1.delivery.id }
            page.more = rows.count > limit
        }
        return page
    }

    /// Open states have an index; the rest is read in the order of the table.
    private func deliveries(_ states: Set<DeliveryState>, _ destination: String?, _ after: DeliveryID, _ limit: Int) throws(SQLFailure)
        -> ([StoredDelivery], Bool)
    {
        var values: [Value] = [.integer(after), .integer(limit + 1)]
        if let destination { values.append(.words(destination)) }
        let filter = destination == nil ? "" : "AND (d.destination = $3 OR d.sender = $3)"
        var found: [StoredDelivery] = []
        for state in states where state.isOpen {
            let rest = "WHERE d.state = \(state.number) AND d.state < 5 AND d.id > $1 \(filter) ORDER BY d.id LIMIT $2"
            found += try connection.query(Rows.deliveries(loading: false, explained: true, rest), values).map(Rows.delivery)
        }
        let closed = states.filter { !$0.isOpen }.map { String($0.number) }.sorted().joined(separator: ", ")
        if !closed.isEmpty {
            let rest = "WHERE d.id > $1 AND d.state IN (\(closed)) \(filter) ORDER BY d.id LIMIT $2"
            found += try connection.query(Rows.deliveries(loading: false, rest), values).map(Rows.delivery)
        }
        found.sort { $0.delivery.id < $1.delivery.id }
        return (Array(found.prefix(limit)), found.count > limit)
    }

    private func message(_ id: MessageID) throws(SQLFailure) -> StoredMessage? {
        let sql = "SELECT \(Rows.message(loading: true)) FROM message m WHERE m.id = $1"
        guard let row = try connection.query(sql, [.text(id.key.hex)]).first else { return nil }
        let children = try connection.query("SELECT id FROM message WHERE parent = $1 ORDER BY seq", [.text(id.key.hex)]).map { MessageID($0.key(0).key) }
        return try stored(Rows.whole(row), trace: true, children: children)
    }

    private func messages(_ rest: String, _ values: [Value]) throws(SQLFailure) -> [StoredMessage] {
        let rows = try connection.query("SELECT \(Rows.message(loading: false)) FROM message m \(rest)", values)
        var found: [StoredMessage] = []
        for row in rows { found.append(try stored(Rows.whole(row))) }
        return found
    }

    private func stored(_ whole: Rows.Whole, trace: Bool = false, children: [MessageID] = []) throws(SQLFailure) -> StoredMessage {
        let seq = whole.message.seq
        let deliveries = try connection.query(
            Rows.deliveries(loading: false, explained: true, "WHERE d.id >= $1 AND d.id < $2 ORDER BY d.id"), [.integer(seq << 12), .integer((seq + 1) << 12)])
        return StoredMessage(
            message: whole.message, state: whole.state, verdict: whole.verdict, trace: trace ? whole.trace : "",
            deliveries: deliveries.map(Rows.delivery), children: children, removal: whole.removal)
    }

    private func audit(_ seq: Seq) throws(SQLFailure) -> [AuditEntry] {
        let lines = try connection.query("SELECT at, what, ordinal, attempt, who, reason FROM audit WHERE seq = $1 ORDER BY n", [.integer(seq)]).map { row in
            AuditEntry(
                at: Instant(milliseconds: row.integer(0)), by: row.optionalText(4) ?? "engine", what: row.text(1), seq: seq,
                delivery: row.optionalInteger(2).map { seq << 12 | $0 }, attempt: row.optionalInteger(3).map { Int($0) },
                reason: JSON.value(row.optionalText(5)))
        }
        // The message's own row says when it was accepted; a line would say it twice.
        guard let at = try connection.query("SELECT received FROM message WHERE seq = $1", [.integer(seq)]).first?.integer(0) else { return lines }
        let first = AuditEntry(at: Instant(milliseconds: at), by: "engine", what: "accepted", seq: seq, delivery: nil, attempt: nil, reason: nil)
        return [first] + lines
    }

    private func counts() throws(SQLFailure) -> Counts {
        var counts = Counts()
        counts.incoming = try connection.query("SELECT count(*) FROM message WHERE state = 0").first?.int(0) ?? 0
        for row in try connection.query("SELECT destination, state, count(*) FROM delivery WHERE state < 5 GROUP BY 1, 2") {
            counts.open[row.text(0), default: [:]][DeliveryState(number: row.int(1)).rawValue] = row.int(2)
        }
        return counts
    }
}
