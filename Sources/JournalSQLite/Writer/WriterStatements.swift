import Pipeline

/// The writer's statements, prepared once.
final class WriterStatements {
    let begin: Statement, commit: Statement, rollback: Statement
    let insertMessage: Statement, insertBody: Statement, restoreBody: Statement, findSeen: Statement, insertSeen: Statement, freeSeen: Statement
    let unlisted: Statement, idOf: Statement, verdictOf: Statement
    let route: Statement, restate: Statement, storeVerdict: Statement, messageState: Statement
    let insertDelivery: Statement, delivery: Statement, activate: Statement
    let deliver: Statement, refuse: Statement, again: Statement, hold: Statement, giveBack: Statement
    let audit: Statement, tally: Statement, meta: Statement
    let gate: Statement, heads: Statement, ready: Statement, passed: Statement, overtake: Statement, overtakeMerges: Statement
    let barrierBefore: Statement, barriersIn: Statement, insertBarrier: Statement, deleteBarrier: Statement
    let insertToken: Statement, carrierBefore: Statement, insertReplaces: Statement, replacements: Statement, insertSearch: Statement
    let letPass: Statement, overtakeHeld: Statement
    let report: Statement, touch: Statement, lastOrdinal: Statement, copy: Statement, keyAndDocuments: Statement
    let facts: Statement, setFacts: Statement

    init(_ c: Connection) throws(JournalError) {
        begin = try Statement(c, "BEGIN IMMEDIATE")
        commit = try Statement(c, "COMMIT")
        rollback = try Statement(c, "ROLLBACK")
        insertMessage = try Statement(
            c,
            """
            INSERT INTO message (seq, id_high, id_low, parent_high, parent_low, listener, peer, received, format, control, patient, ins, account,
                connection, merged, notes, digest, length, in_file, state, verdict, findings, keep)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)
            """)
        insertBody = try Statement(c, "INSERT INTO body (seq, bytes) VALUES (?1, ?2)")
        restoreBody = try Statement(c, "INSERT OR REPLACE INTO body (seq, bytes) VALUES (?1, ?2)")
        findSeen = try Statement(
            c,
            """
            SELECT s.seq, s.digest, m.verdict, m.findings FROM seen s JOIN message m ON m.seq = s.seq
            WHERE s.peer = ?1 AND s.control = ?2 AND s.free = 0 ORDER BY s.seq
            """)
        insertSeen = try Statement(c, "INSERT INTO seen (peer, control, seq, digest, free) VALUES (?1, ?2, ?3, ?4, ?5)")
        freeSeen = try Statement(
            c, "UPDATE seen SET free = 1 WHERE (peer, control) = (SELECT peer, control FROM message WHERE seq = ?1) AND seq = ?1")
        unlisted = try Statement(c, "SELECT seq, peer, control, digest FROM message m WHERE \(Schema.unlisted) ORDER BY seq")
        idOf = try Statement(c, "SELECT peer, control FROM message WHERE seq = ?1")
        verdictOf = try Statement(c, "SELECT verdict, findings FROM message WHERE seq = ?1")
        route = try Statement(
            c, "UPDATE message SET state = ?2, verdict = ?3, findings = ?4, trace = ?5, keep = ?6, search = ?7 WHERE seq = ?1 AND state = 0")
        restate = try Statement(
            c,
            """
            UPDATE message SET state = ?2, verdict = ?3, findings = ?4, trace = ?5,
                search = CASE WHEN ?6 IS NULL THEN search ELSE coalesce(search, x'') || ?6 END WHERE seq = ?1
            """)
        storeVerdict = try Statement(c, "UPDATE message SET verdict = ?2, findings = ?3 WHERE seq = ?1")
        messageState = try Statement(
            c, "SELECT m.state, m.verdict, m.findings, t.text FROM message m LEFT JOIN trace t ON t.id = m.trace WHERE m.seq = ?1")
        insertDelivery = try Statement(
            c,
            """
            INSERT OR IGNORE INTO delivery (id, key, route, destination, sender, part, part_notes, lane, barrier, state, gate, ready, due, attempt,
                was_unknown, pass, at_route, overtaken, reason, owner, facts, proof, report, report_reason, planned, changed, version, tokens, documents,
                replaces, class, alone)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13, 0, ?14, ?15, 0, ?16, ?17, ?18, NULL, 0, NULL, ?19, ?19, ?20, ?21, ?22, ?23, ?24, 0)
            """)
        delivery = try Statement(c, "SELECT \(DeliveryRow.columns) FROM delivery WHERE id = ?1")
        activate = try Statement(
            c, "UPDATE delivery SET state = 1, gate = 1, ready = 0, due = 0, attempt = attempt + 1, changed = ?2, version = version + 1 WHERE id = ?1")
        deliver = try Statement(
            c,
            """
            UPDATE delivery SET state = 5, gate = 0, ready = 0, due = 0, reason = NULL, proof = ?2, report = CASE report WHEN 0 THEN ?3 ELSE report END,
                changed = ?4, version = version + 1 WHERE id = ?1
            """)
        refuse = try Statement(
            c,
            "UPDATE delivery SET state = ?2, gate = 0, ready = 0, due = 0, reason = ?3, changed = ?4, version = version + 1 WHERE id = ?1")
        again = try Statement(
            c,
            """
            UPDATE delivery SET state = ?2, gate = 1, ready = 1, due = ?3, reason = ?4, was_unknown = max(was_unknown, ?5), changed = ?6,
                version = version + 1 WHERE id = ?1
            """)
        hold = try Statement(
            c,
            """
            UPDATE delivery SET state = 4, gate = 1 - pass, ready = 0, due = 0, reason = ?2, owner = ?3, changed = ?4, version = version + 1 WHERE id = ?1
            """)
        giveBack = try Statement(
            c,
            """
            UPDATE delivery SET state = 0, gate = 1, ready = 1, due = 0, attempt = max(attempt - ?2, 0), reason = ?3, owner = NULL, changed = ?4,
                version = version + 1 WHERE id = ?1
            """)
        audit = try Statement(c, "INSERT INTO audit (seq, n, at, what, ordinal, attempt, who, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        tally = try Statement(
            c, "INSERT INTO tally (name, state, n) VALUES (?1, ?2, ?3) ON CONFLICT (name, state) DO UPDATE SET n = n + excluded.n")
        meta = try Statement(c, "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        gate = try Statement(c, "SELECT 1 FROM delivery INDEXED BY delivery_gate WHERE lane = ?1 AND gate = 1 AND id < ?2 LIMIT 1")
        heads = try Statement(
            c, "SELECT \(DeliveryRow.columns) FROM delivery INDEXED BY delivery_gate WHERE lane = ?1 AND gate = 1 ORDER BY id LIMIT 2")
        ready = try Statement(c, "UPDATE delivery SET ready = ?2, due = CASE WHEN due > ?3 THEN ?4 ELSE due END WHERE id = ?1")
        passed = try Statement(
            c, "SELECT 1 FROM delivery INDEXED BY delivery_passed WHERE lane = ?1 AND state = 4 AND pass = 1 AND id < ?2 LIMIT 1")
        overtake = try Statement(
            c, "UPDATE delivery INDEXED BY delivery_passed SET overtaken = 1 WHERE lane = ?1 AND state = 4 AND pass = 1 AND id < ?2")
        overtakeMerges = try Statement(
            c,
            "UPDATE delivery SET overtaken = 1 WHERE id IN (SELECT id FROM barrier WHERE lane = ?1 AND id < ?2) AND state = 4 AND pass = 1")
        overtakeHeld = try Statement(
            c, "UPDATE delivery INDEXED BY delivery_gate SET overtaken = 1 WHERE lane = ?1 AND gate = 1 AND state = 4 AND id < ?2")
        letPass = try Statement(c, "UPDATE delivery SET alone = 1, ready = 1, changed = ?2, version = version + 1 WHERE id = ?1")
        barrierBefore = try Statement(
            c, "SELECT 1 FROM barrier b CROSS JOIN delivery d ON d.id = b.id WHERE b.lane = ?1 AND b.id < ?2 AND d.gate = 1 LIMIT 1")
        barriersIn = try Statement(
            c, "SELECT b.id, d.lane FROM barrier b CROSS JOIN delivery d ON d.id = b.id WHERE b.lane = ?1 ORDER BY b.id LIMIT 16")
        insertBarrier = try Statement(c, "INSERT OR IGNORE INTO barrier (lane, id) VALUES (?1, ?2)")
        deleteBarrier = try Statement(c, "DELETE FROM barrier WHERE lane = ?1 AND id = ?2")
        insertToken = try Statement(c, "INSERT OR IGNORE INTO token (high, low, delivery) VALUES (?1, ?2, ?3)")
        carrierBefore = try Statement(
            c,
            """
            SELECT 1 FROM token t CROSS JOIN delivery d ON d.id = t.delivery
            WHERE t.high = ?1 AND t.low = ?2 AND t.delivery < ?3 AND d.sender = ?4 AND d.state < 5 LIMIT 1
            """)
        insertReplaces = try Statement(c, "INSERT OR IGNORE INTO replaces (high, low, delivery) VALUES (?1, ?2, ?3)")
        replacements = try Statement(
            c,
            """
            SELECT d.id, d.lane, d.state FROM replaces r CROSS JOIN delivery d ON d.id = r.delivery
            WHERE r.high = ?1 AND r.low = ?2 AND r.delivery > ?3 AND d.sender = ?4 ORDER BY r.delivery
            """)
        insertSearch = try Statement(c, "INSERT OR IGNORE INTO search (high, low, seq) VALUES (?1, ?2, ?3)")
        report = try Statement(c, "UPDATE delivery SET report = ?2, report_reason = ?3, changed = ?4, version = version + 1 WHERE id = ?1")
        touch = try Statement(c, "UPDATE delivery SET changed = ?2, version = version + 1 WHERE id = ?1")
        lastOrdinal = try Statement(c, "SELECT max(id) FROM delivery WHERE id >= ?1 AND id < ?2")
        copy = try Statement(
            c,
            """
            INSERT INTO delivery (id, key, route, destination, sender, part, part_notes, lane, barrier, state, gate, ready, due, attempt, was_unknown,
                pass, at_route, overtaken, report, planned, changed, version, tokens, documents, replaces, class, alone)
            SELECT ?2, ?3, route, destination, sender, part, part_notes, lane, barrier, 0, 1, 1, 0, 0, 0, pass, at_route, 0, 0, ?4, ?4, 1, ?5, documents,
                replaces, class, 0 FROM delivery WHERE id = ?1
            """)
        keyAndDocuments = try Statement(c, "SELECT key, documents FROM delivery WHERE id = ?1")
        facts = try Statement(c, "SELECT facts FROM delivery WHERE id = ?1")
        setFacts = try Statement(c, "UPDATE delivery SET facts = ?2 WHERE id = ?1")
    }
}
