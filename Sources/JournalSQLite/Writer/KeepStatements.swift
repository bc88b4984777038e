import Pipeline

/// The writer's statements for retention and erasure, prepared once.
final class KeepStatements {
    let length: Statement, count: Statement, removal: Statement, message: Statement, blocked: Statement
    let deleteBody: Statement, bare: Statement, gone: Statement, trash: Statement, emptied: Statement
    let tokens: Statement, deleteSeen: Statement, deleteToken: Statement, deleteSearch: Statement, factsGone: Statement
    let replaces: Statement, deleteReplaces: Statement, deleteDeliveries: Statement, deleteMessage: Statement, oldestOpen: Statement, isThere: Statement
    let deleteNotes: Statement, deleteTraces: Statement
    let deleteAudit: Statement, forgetLater: Statement, insertClock: Statement, lastClock: Statement, thin: Statement
    let details: Statement, setDetails: Statement, auditDetails: Statement, setAuditDetail: Statement, anonymous: Statement, noPart: Statement

    init(_ c: Connection) throws(JournalError) {
        let own = "id >= ?1 << 12 AND id < (?1 + 1) << 12"
        length = try Statement(c, "SELECT length FROM message WHERE seq = ?1")
        count = try Statement(
            c, "INSERT INTO kept (keep, n, bytes) VALUES (?1, ?2, ?3) ON CONFLICT (keep) DO UPDATE SET n = n + excluded.n, bytes = bytes + excluded.bytes")
        removal = try Statement(c, "SELECT gone, removed FROM message WHERE seq = ?1 AND gone IS NOT NULL")
        message = try Statement(
            c,
            """
            SELECT keep, gone, removed, length, in_file, id_high, id_low, received, digest, search, peer, control, state, findings FROM message
            WHERE seq = ?1
            """)
        blocked = try Statement(c, "SELECT 1 FROM delivery WHERE \(own) AND (state < 5 OR report = ?2) LIMIT 1")
        deleteBody = try Statement(c, "DELETE FROM body WHERE seq = ?1")
        bare = try Statement(c, "UPDATE delivery SET part_notes = NULL WHERE \(own) AND part_notes IS NOT NULL")
        gone = try Statement(c, "UPDATE message SET keep = NULL, gone = ?2, removed = removed | ?3 WHERE seq = ?1")
        trash = try Statement(c, "INSERT OR IGNORE INTO trash (path) VALUES (?1)")
        emptied = try Statement(c, "DELETE FROM trash WHERE path = ?1")
        tokens = try Statement(c, "SELECT id, tokens FROM delivery WHERE \(own) AND tokens IS NOT NULL")
        deleteSeen = try Statement(c, "DELETE FROM seen WHERE peer = ?1 AND control = ?2 AND seq = ?3")
        deleteToken = try Statement(c, "DELETE FROM token WHERE high = ?1 AND low = ?2 AND delivery = ?3")
        deleteSearch = try Statement(c, "DELETE FROM search WHERE high = ?1 AND low = ?2 AND seq = ?3")
        factsGone = try Statement(c, "UPDATE message SET removed = removed | 4, search = NULL WHERE seq = ?1")
        replaces = try Statement(c, "SELECT id, replaces FROM delivery WHERE \(own) AND replaces IS NOT NULL")
        deleteReplaces = try Statement(c, "DELETE FROM replaces WHERE high = ?1 AND low = ?2 AND delivery = ?3")
        deleteDeliveries = try Statement(c, "DELETE FROM delivery WHERE \(own)")
        deleteMessage = try Statement(c, "DELETE FROM message WHERE seq = ?1")
        oldestOpen = try Statement(
            c,
            """
            SELECT min(id) FROM (SELECT min(id) AS id FROM delivery INDEXED BY delivery_state WHERE state = 0 AND state < 5
                UNION ALL SELECT min(id) FROM delivery INDEXED BY delivery_state WHERE state = 1 AND state < 5
                UNION ALL SELECT min(id) FROM delivery INDEXED BY delivery_state WHERE state = 2 AND state < 5
                UNION ALL SELECT min(id) FROM delivery INDEXED BY delivery_state WHERE state = 3 AND state < 5
                UNION ALL SELECT min(id) FROM delivery INDEXED BY delivery_state WHERE state = 4 AND state < 5)
            """)
        isThere = try Statement(c, "SELECT 1 FROM message WHERE seq = ?1")
        deleteAudit = try Statement(c, "DELETE FROM audit WHERE seq = ?1")
        deleteNotes = try Statement(c, "DELETE FROM audit WHERE seq = 0 AND n IN (SELECT n FROM audit WHERE seq = 0 AND at < ?1 ORDER BY n LIMIT ?2)")
        deleteTraces = try Statement(c, "DELETE FROM trace WHERE id IN (SELECT id FROM trace WHERE id <= ?1 ORDER BY id LIMIT ?2)")
        forgetLater = try Statement(c, "DELETE FROM clock WHERE at >= ?1")
        insertClock = try Statement(c, "INSERT INTO clock (at, seq) VALUES (?1, ?2)")
        lastClock = try Statement(c, "SELECT max(seq) FROM clock")
        // Old marks: those of the first hour of a day are enough.
        thin = try Statement(c, "DELETE FROM clock WHERE at < ?1 AND at > ?2 AND at % 86400000 >= 3600000")
        details = try Statement(c, "SELECT id, reason, report_reason FROM delivery WHERE \(own) AND (reason IS NOT NULL OR report_reason IS NOT NULL)")
        setDetails = try Statement(c, "UPDATE delivery SET reason = ?2, report_reason = ?3 WHERE id = ?1")
        auditDetails = try Statement(c, "SELECT n, reason FROM audit WHERE seq = ?1 AND reason IS NOT NULL")
        setAuditDetail = try Statement(c, "UPDATE audit SET reason = ?3 WHERE seq = ?1 AND n = ?2")
        noPart = try Statement(c, "UPDATE delivery SET part = NULL WHERE \(own) AND part IS NOT NULL")
        anonymous = try Statement(
            c, "UPDATE message SET patient = 0, ins = 0, account = 0, connection = 0, merged = 0, notes = NULL, findings = ?2 WHERE seq = ?1")
    }
}
