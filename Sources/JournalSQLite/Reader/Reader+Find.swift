import Pipeline

/// What consoles and the command line ask: key-set pages.
extension Reader {
    func find(_ query: Query) throws(JournalError) -> Page {
        var page = Page()
        switch query {
        case .deliveries(let states, let destination, let after, let limit):
            (page.deliveries, page.more) = try deliveries(states, destination, after, limit)
        case .delivery(let id): page.deliveries = try delivery(id, loading: true, explained: true).map { [$0] } ?? []
        case .message(let id): page.messages = try message(id).map { [$0] } ?? []
        case .messages(let before, let limit): (page.messages, page.more) = try messages(before, limit)
        case .controlID(let control): page.messages = try messages(control: control)
        case .token(let token): (page.deliveries, page.messages) = try carriers(token)
        case .audit(let seq): page.audit = try audit(seq)
        case .counts: page.counts = try counts()
        case .overdueReports(let before, let limit):
            let sql = """
                SELECT \(Self.deliveryColumns) FROM delivery d INDEXED BY delivery_awaited WHERE d.report = 1 AND d.changed < ?1
                ORDER BY d.changed, d.id LIMIT ?2
                """
            let late = try deliveries(statement(sql).bind(1, before.milliseconds).bind(2, limit + 1))
            page.deliveries = Array(late.prefix(limit)).sorted { $0.delivery.id < $1.delivery.id }
            page.more = late.count > limit
        }
        return page
    }

    /// Open states have an index; the rest is read in the order of the table.
    private func deliveries(_ states: Set<DeliveryState>, _ destination: String?, _ after: DeliveryID, _ limit: Int) throws(JournalError)
        -> ([StoredDelivery], Bool)
    {
        var filter = ""
        if let destination {
            guard let id = try nameID(destination) else { return ([], false) }
            filter = "AND (d.destination = \(id) OR d.sender = \(id))"
        }
        var ids: [DeliveryID] = []
        for state in states where state.isOpen {
            let sql = """
                SELECT d.id FROM delivery d INDEXED BY delivery_state WHERE d.state = \(state.number) AND d.state < 5 AND d.id > ?1 \(filter)
                ORDER BY d.id LIMIT ?2
                """
            ids += try Statement(connection, sql).bind(1, after).bind(2, limit + 1).rows { (row) throws(JournalError) in row.integer(0) }
        }
        let closed = states.filter { !$0.isOpen }.map { String($0.number) }.sorted().joined(separator: ", ")
        if !closed.isEmpty {
            let sql = "SELECT d.id FROM delivery d WHERE d.id > ?1 AND d.state IN (\(closed)) \(filter) ORDER BY d.id LIMIT ?2"
            ids += try Statement(connection, sql).bind(1, after).bind(2, limit + 1).rows { (row) throws(JournalError) in row.integer(0) }
        }
        var found: [StoredDelivery] = []
        for id in ids.sorted().prefix(limit) { if let one = try delivery(id, explained: true) { found.append(one) } }
        return (found, ids.count > limit)
    }

    // MARK: Messages

    private func message(_ id: MessageID) throws(JournalError) -> StoredMessage? {
        let key = id.key.signed
        let sql = "SELECT \(Self.messageColumns) FROM message m WHERE m.id_high = ?1 AND m.id_low = ?2"
        guard let row = try statement(sql).bind(1, key.high).bind(2, key.low).first(messageRow) else { return nil }
        let trace = try row.trace.map { (id) throws(JournalError) in
            try statement("SELECT text FROM trace WHERE id = ?1").bind(1, id).first { (row) throws(JournalError) in row.text(0) } ?? ""
        }
        let children = try statement("SELECT id_high, id_low FROM message WHERE parent_high = ?1 AND parent_low = ?2 ORDER BY seq").bind(1, key.high)
            .bind(2, key.low).rows { (row) throws(JournalError) in MessageID(Key128(signed: row.integer(0), row.integer(1))) }
        return try stored(row, loading: true, trace: trace ?? "", children: children)
    }

    private func stored(_ row: MessageRow, loading: Bool = false, trace: String = "", children: [MessageID] = []) throws(JournalError) -> StoredMessage {
        let seq = row.message.seq
        let sql = "SELECT \(Self.deliveryColumns) FROM delivery d WHERE d.id >= ?1 AND d.id < ?2 ORDER BY d.id"
        return StoredMessage(
            message: loading ? try loaded(row.message) : row.message, state: row.state, verdict: row.verdict, trace: trace,
            deliveries: try deliveries(statement(sql).bind(1, seq << 12).bind(2, (seq + 1) << 12)), children: children, removal: row.removal)
    }

    private func stored(_ rows: [MessageRow]) throws(JournalError) -> [StoredMessage] {
        var found: [StoredMessage] = []
        for row in rows { found.append(try stored(row)) }
        return found
    }

    private func messages(_ before: Seq, _ limit: Int) throws(JournalError) -> ([StoredMessage], Bool) {
        let sql = "SELECT \(Self.messageColumns) FROM message m WHERE m.seq < ?1 ORDER BY m.seq DESC LIMIT ?2"
        let rows = try statement(sql).bind(1, before == 0 ? Seq.max : before).bind(2, limit + 1).rows(messageRow)
        return (try stored(Array(rows.prefix(limit))), rows.count > limit)
    }

    private func messages(control: String) throws(JournalError) -> [StoredMessage] {
        let peers = try statement("SELECT id FROM peer").rows { (row) throws(JournalError) in row.integer(0) }
        var seqs: Set<Seq> = []
        for peer in peers {
            let found = try statement("SELECT seq FROM seen WHERE peer = ?1 AND control = ?2 LIMIT 100").bind(1, peer).bind(2, control)
            seqs.formUnion(try found.rows { (row) throws(JournalError) in row.integer(0) })
        }
        // The latest are not listed yet: see `LatestIDs`.
        let through = try statement("SELECT value FROM meta WHERE name = 'seen_through'").first { (row) throws(JournalError) in row.integer(0) } ?? 0
        let latest = try statement("SELECT seq FROM message WHERE seq > ?1 AND control = ?2").bind(1, through).bind(2, control)
        seqs.formUnion(try latest.rows { (row) throws(JournalError) in row.integer(0) })
        return try stored(seqs)
    }

    private func stored(_ seqs: Set<Seq>) throws(JournalError) -> [StoredMessage] {
        var rows: [MessageRow] = []
        for seq in seqs.sorted() { if let row = try messageRow(seq: seq) { rows.append(row) } }
        return try stored(rows)
    }

    private func carriers(_ token: Token) throws(JournalError) -> ([StoredDelivery], [StoredMessage]) {
        let key = token.key(hash).signed
        let sql = """
            SELECT \(Self.deliveryColumns) FROM token t CROSS JOIN delivery d ON d.id = t.delivery WHERE t.high = ?1 AND t.low = ?2 ORDER BY d.id LIMIT 100
            """
        let found = try deliveries(statement(sql).bind(1, key.high).bind(2, key.low))
        let seqs = try statement("SELECT seq FROM search WHERE high = ?1 AND low = ?2 LIMIT 100").bind(1, key.high).bind(2, key.low)
            .rows { (row) throws(JournalError) in row.integer(0) }
        return (found, try stored(Set(seqs)))
    }

    // MARK: Audit and counters

    private func audit(_ seq: Seq) throws(JournalError) -> [AuditEntry] {
        let accepted = try statement("SELECT received FROM message WHERE seq = ?1").bind(1, seq).first { (row) throws(JournalError) in row.integer(0) }
        let lines = try statement("SELECT at, what, ordinal, attempt, who, reason FROM audit WHERE seq = ?1 ORDER BY n").bind(1, seq)
            .rows { (row) throws(JournalError) in
                AuditEntry(
                    at: Instant(milliseconds: row.integer(0)), by: row.optionalText(4) ?? "engine", what: AuditWord(rawValue: row.integer(1))?.text ?? "?",
                    seq: seq, delivery: row.optionalInteger(2).map { seq << 12 | $0 }, attempt: row.optionalInteger(3).map { Int($0) },
                    reason: JSON.value(row.optionalText(5)))
            }
        // The message's own row says when it was accepted; a line would say it twice.
        guard let accepted else { return lines }
        let first = AuditEntry(
            at: Instant(milliseconds: accepted), by: "engine", what: AuditWord.accepted.text, seq: seq, delivery: nil, attempt: nil, reason: nil)
        return [first] + lines
    }

    private func counts() throws(JournalError) -> Counts {
        var counts = Counts()
        let rows = try statement("SELECT name, state, n FROM tally WHERE n > 0").rows { (row) throws(JournalError) in
            (row.integer(0), row.integer(1), row.int(2))
        }
        for (destination, state, n) in rows {
            if destination == 0 {
                counts.incoming = n
            } else {
                counts.open[try name(destination), default: [:]][DeliveryState(number: state).rawValue] = n
            }
        }
        return counts
    }
}
