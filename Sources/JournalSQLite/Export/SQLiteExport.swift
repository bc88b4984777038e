package import Pipeline

/// A journal that is closed, read row by row for another kind of journal: rows are JSON objects whose fields are the columns of the shared journal.
///
/// Holds the folder's lock, so that no gateway works on it meanwhile. Blocking; for one thread.
package final class SQLiteExport {
    /// What is carried, in this order.
    package enum Table: String, CaseIterable { case message, seen, delivery, barrier, token, replaces, search, audit, clock }

    private let lock: FolderLock
    private let connection: Connection
    private let reader: Reader

    /// Opens the journal of a folder. Throws `refused` when a process has it open.
    package init(directory: String, digester: Digester) throws(JournalError) {
        lock = try FolderLock(folder: directory)
        connection = try Connection(path: directory + "/journal.sqlite", isReader: true)
        guard try connection.number("PRAGMA application_id") == Schema.application else { throw .refused(JournalReasons.notAJournal) }
        guard try connection.number("PRAGMA user_version") == Schema.version else { throw .refused(JournalReasons.otherVersion) }
        reader = Reader(connection, bodies: BodyFolder(path: directory + "/bodies"), hash: SipHash(secret: Key128(high: 0, low: 0)), digester: digester)
    }

    /// The secret of the keyed hashes, in hex.
    package func secret() throws(JournalError) -> String {
        let bytes = try Statement(connection, "SELECT value FROM meta WHERE name = 'secret'").first { (row) throws(JournalError) in row.bytes(0) }
        return Key128(bytes: bytes ?? []).hex
    }

    /// The rows of a table, many at a time. What was being sent becomes unknown, due at once, as after a crash. `now`: the time of that.
    package func rows(of table: Table, now: Instant, _ take: ([String]) throws(JournalError) -> Void) throws(JournalError) {
        let statement = try Statement(connection, "SELECT \(Self.columns[table] ?? "")")
        if table == .delivery { statement.bind(1, now.milliseconds).bind(2, JSON.text(JournalReasons.interrupted)) }
        var page: [String] = []
        _ = try statement.rows { (row) throws(JournalError) in
            var json = row.text(0)
            switch table {
            case .delivery:
                json =
                    String(json.dropLast()) + ",\"tokens\":\"\(Self.keys(row, 1))\",\"replaces\":\"\(Self.keys(row, 2))\",\"barrier\":\(LaneList.read(row, 3))}"
            case .audit: json = String(json.dropLast()) + ",\"what\":\"\(AuditWord(rawValue: row.integer(1))?.text ?? "?")\"}"
            default: break
            }
            page.append(json)
            if page.count == 500 {
                try take(page)
                page = []
            }
        }
        if !page.isEmpty { try take(page) }
    }

    /// Each body that is there, with the digest it must have; nil: it is missing.
    package func bodies(_ take: (Seq, [UInt8]?, [UInt8]) throws(JournalError) -> Void) throws(JournalError) {
        var after: Seq = 0
        while true {
            let sql = "SELECT \(Reader.messageColumns) FROM message m WHERE m.seq > ?1 AND m.gone IS NULL ORDER BY m.seq LIMIT 100"
            let page = try reader.statement(sql).bind(1, after).rows(reader.messageRow)
            guard let last = page.last else { return }
            after = last.message.seq
            for row in page {
                let bytes: [UInt8]? = if case .file(let file) = row.message.body { try BodyFolder.read(file.path) } else { try reader.body(row.message.seq) }
                try take(row.message.seq, bytes, row.message.digest)
            }
        }
    }

    private static func keys(_ row: Statement, _ column: Int32) -> String {
        "{" + (row.isNull(column) ? [] : KeyList.unpack(row.bytes(column))).map(\.hex).joined(separator: ",") + "}"
    }
}

extension SQLiteExport {
    /// The word of a number. Where it is lost the row goes all the same, under a name that nobody configures, as salvage gives it.
    private static func word(_ text: String, _ number: String) -> String { "coalesce(\(text), \(NumberedWords.lost(number)))" }

    private static let hexKey = "printf('%016x%016x', high, low)"
    private static let columns: [Table: String] = [
        .message: """
        json_object('seq', m.seq, 'id', printf('%016x%016x', m.id_high, m.id_low),
            'parent', CASE WHEN m.parent_high IS NOT NULL THEN printf('%016x%016x', m.parent_high, m.parent_low) END,
            'listener', \(word("l.text", "m.listener")), 'facility', coalesce(p.facility, ''), 'peer', \(word("p.name", "m.peer")),
            'received', m.received, 'format', \(word("f.text", "m.format")), 'control', m.control,
            'patient', m.patient, 'ins', m.ins, 'account', m.account, 'connection', m.connection, 'merged', m.merged,
            'planning', \(Schema.planningKey), 'notes', m.notes, 'digest', '\\x' || hex(m.digest), 'length', m.length, 'state', m.state,
            'verdict', CASE m.verdict WHEN 0 THEN 'accepted' WHEN 1 THEN 'rejected' WHEN 2 THEN 'held' END, 'findings', m.findings,
            'trace', coalesce(t.text, ''),
            'keep', CASE WHEN m.keep = 0 THEN '' WHEN m.keep IS NOT NULL THEN \(word("k.text", "m.keep")) WHEN m.gone IS NOT NULL THEN '' END,
            'removed', m.gone, 'erased', (m.removed & 2) <> 0, 'has_facts', m.removed < 4, 'home', 0, 'parked', m.state = 0, 'suspicion', 0)
        FROM message m LEFT JOIN peer p ON p.id = m.peer LEFT JOIN name l ON l.id = m.listener LEFT JOIN name f ON f.id = m.format
            LEFT JOIN trace t ON t.id = m.trace LEFT JOIN name k ON k.id = m.keep ORDER BY m.seq
        """,
        .seen: """
        json_object('control', s.control, 'facility', coalesce(p.facility, ''), 'peer', \(word("p.name", "s.peer")), 'seq', s.seq,
            'digest', '\\x' || hex(s.digest), 'free', s.free)
        FROM (SELECT peer, control, seq, digest, free FROM seen UNION ALL
            SELECT peer, control, seq, digest, 0 FROM message m WHERE \(Schema.unlisted)) s LEFT JOIN peer p ON p.id = s.peer
        """,
        .delivery: """
        json_object('id', d.id, 'key', hex(d.key), 'route', \(word("r.text", "d.route")), 'destination', \(word("e.text", "d.destination")),
            'sender', \(word("s.text", "d.sender")), 'part', coalesce(d.part, ''),
            'part_notes', d.part_notes, 'lane', d.lane, 'state', CASE d.state WHEN 1 THEN 3 ELSE d.state END, 'gate', d.gate,
            'ready', d.ready OR d.state = 1, 'due', CASE d.state WHEN 1 THEN ?1 ELSE d.due END, 'attempt', d.attempt,
            'was_unknown', d.was_unknown OR d.state = 1, 'pass', d.pass, 'at_route', d.at_route,
            'planning', (SELECT \(Schema.planningKey) FROM message m WHERE m.seq = d.id >> 12), 'overtaken', d.overtaken,
            'reason', CASE d.state WHEN 1 THEN ?2 ELSE d.reason END, 'owner', d.owner, 'facts', json(d.facts), 'proof', d.proof, 'report', d.report,
            'report_reason', d.report_reason, 'planned', d.planned, 'changed', CASE d.state WHEN 1 THEN ?1 ELSE d.changed END, 'version', d.version,
            'documents', d.documents, 'class', d.class, 'alone', d.alone), d.tokens, d.replaces, d.barrier
        FROM delivery d LEFT JOIN name r ON r.id = d.route LEFT JOIN name e ON e.id = d.destination LEFT JOIN name s ON s.id = d.sender ORDER BY d.id
        """,
        .barrier: "json_object('lane', lane, 'id', id) FROM barrier",
        .token: "json_object('key', \(hexKey), 'delivery', delivery) FROM token",
        .replaces: "json_object('key', \(hexKey), 'delivery', delivery) FROM replaces",
        .search: "json_object('key', \(hexKey), 'seq', seq) FROM search",
        .audit: """
        json_object('seq', seq, 'n', n, 'at', at, 'ordinal', ordinal, 'attempt', attempt, 'who', who, 'reason', reason), what
        FROM audit ORDER BY seq, n
        """,
        .clock: "json_object('at', at, 'seq', seq) FROM clock",
    ]
}
