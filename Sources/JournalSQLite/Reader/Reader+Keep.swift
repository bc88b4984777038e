import Pipeline

/// What retention and erasure ask.
extension Reader {
    func timeNoted() throws(JournalError) -> Instant? {
        try statement("SELECT value FROM meta WHERE name = 'time_noted'").first { (row) throws(JournalError) in Instant(milliseconds: row.integer(0)) }
    }

    func bodiesKept() throws(JournalError) -> [String: KeptBodies] {
        let rows = try statement("SELECT keep, n, bytes FROM kept WHERE n > 0").rows { (row) throws(JournalError) in
            (row.integer(0), KeptBodies(count: row.int(1), bytes: row.int(2)))
        }
        var kept: [String: KeptBodies] = [:]
        for (rule, bodies) in rows { kept[rule == 0 ? "" : try name(rule)] = bodies }
        return kept
    }

    /// That a body is gone, and why.
    func removal(of seq: Seq) throws(JournalError) -> BodyRemoval? {
        try statement("SELECT gone, removed FROM message WHERE seq = ?1 AND gone IS NOT NULL").bind(1, seq).first { (row) throws(JournalError) in
            BodyRemoval(at: Instant(milliseconds: row.integer(0)), isErased: row.integer(1) & Writer.Gone.erased != 0)
        }
    }

    func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) throws(JournalError) -> RemovablePage {
        let horizon = try statement("SELECT max(seq) FROM clock WHERE at <= ?1").bind(1, before.milliseconds).first { (row) throws(JournalError) in
            row.integer(0)
        }
        guard let horizon, seq < horizon else { return RemovablePage(found: [], next: nil) }
        let looked: [(Removable, Bool)]
        switch level {
        case .body:
            guard let id = rule.isEmpty ? 0 : try nameID(rule) else { return RemovablePage(found: [], next: nil) }
            let sql = """
                SELECT seq, length, NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND (d.state < 5 OR d.report = 1))
                FROM message m INDEXED BY message_kept WHERE keep = ?4 AND seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3
                """
            looked = try page(sql, seq, horizon, limit) { $0.bind(4, id) }
        case .facts:
            let sql = """
                SELECT seq, 0, NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND d.state < 5)
                FROM message m INDEXED BY message_facts WHERE gone IS NOT NULL AND removed < 4 AND seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3
                """
            looked = try page(sql, seq, horizon, limit)
        case .proofs:
            let last = try statement("SELECT max(seq) FROM message").first { (row) throws(JournalError) in row.integer(0) } ?? 0
            let floor = min(last, try oldestOpen() ?? Seq.max)
            let sql = "SELECT seq, 0, removed >= 4 FROM message WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3"
            looked = try page(sql, seq, min(horizon, floor - 1), limit)
        case .audit:
            let sql = """
                SELECT seq, 0, max(at) <= ?4 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.seq = a.seq) FROM audit a
                WHERE seq > ?1 AND seq <= ?2 GROUP BY seq ORDER BY seq LIMIT ?3
                """
            looked = try page(sql, seq, horizon, limit) { $0.bind(4, before.milliseconds) }
        }
        return RemovablePage(found: looked.filter(\.1).map(\.0), next: looked.count < limit ? nil : looked.last?.0.seq)
    }

    private func page(_ sql: String, _ after: Seq, _ upTo: Seq, _ limit: Int, _ bind: (Statement) -> Void = { _ in }) throws(JournalError) -> [(
        Removable, Bool
    )] {
        let statement = try statement(sql).bind(1, after).bind(2, upTo).bind(3, limit)
        bind(statement)
        return try statement.rows { (row) throws(JournalError) in (Removable(seq: row.integer(0), bytes: row.int(1)), row.flag(2)) }
    }

    private func oldestOpen() throws(JournalError) -> Seq? {
        var oldest: Seq?
        for state in 0..<5 {
            let sql = "SELECT min(id) FROM delivery INDEXED BY delivery_state WHERE state = \(state) AND state < 5"
            let id = try statement(sql).first { (row) throws(JournalError) in row.optionalInteger(0) } ?? nil
            if let id { oldest = min(oldest ?? Seq.max, id >> 12) }
        }
        return oldest
    }

    /// Files to be unlinked, relative to the folder of bodies.
    func trash(limit: Int) throws(JournalError) -> [String] {
        try statement("SELECT path FROM trash LIMIT ?1").bind(1, limit).rows { (row) throws(JournalError) in row.text(0) }
    }

    // MARK: One patient

    func messages(of patient: PatientKeys, after seq: Seq, limit: Int) throws(JournalError) -> PatientPage {
        let sql = """
            SELECT seq, id_high, id_low, keep IS NOT NULL OR gone IS NOT NULL, patient, ins, merged FROM message WHERE seq > ?1 ORDER BY seq LIMIT ?2
            """
        let rows = try statement(sql).bind(1, seq).bind(2, limit).rows { (row) throws(JournalError) in
            var keys = OrderKeys()
            keys.patient = UInt64(bitPattern: row.integer(4))
            keys.ins = UInt64(bitPattern: row.integer(5))
            keys.merged = UInt64(bitPattern: row.integer(6))
            return (seq: row.integer(0), id: MessageID(Key128(signed: row.integer(1), row.integer(2))), isDecided: row.flag(3), keys: keys)
        }
        var found: [PatientMessage] = []
        for row in rows where patient.match(row.keys) { found.append(try patientMessage(row.seq, row.id, row.isDecided)) }
        return PatientPage(found: found, next: rows.count < limit ? nil : rows.last?.seq)
    }

    private func patientMessage(_ seq: Seq, _ id: MessageID, _ isDecided: Bool) throws(JournalError) -> PatientMessage {
        let sql = "SELECT id, state, report, was_unknown, destination FROM delivery WHERE id >= ?1 AND id < ?2 ORDER BY id"
        let rows = try statement(sql).bind(1, seq << 12).bind(2, (seq + 1) << 12).rows { (row) throws(JournalError) in
            (id: row.integer(0), state: DeliveryState(number: row.integer(1)), report: row.integer(2), wasUnknown: row.flag(3), destination: row.integer(4))
        }
        var sentTo: Set<String> = []
        for row in rows where row.state == .delivered || row.state == .unknown || row.wasUnknown { sentTo.insert(try name(row.destination)) }
        return PatientMessage(
            seq: seq, id: id, isDecided: isDecided, open: rows.filter(\.state.isOpen).map(\.id),
            awaited: rows.filter { $0.report == Report.Status.awaited.number }.map(\.id), sentTo: sentTo.sorted())
    }
}
