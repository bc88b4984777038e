import Pipeline

/// Questions to the journal, on a read-only connection of its own. Belongs to one thread.
final class Reader {
    let connection: Connection
    let bodies: BodyFolder
    let hash: SipHash
    private let digester: Digester
    private var statements: [String: Statement] = [:]
    private var names: [Int64: String] = [:]
    private var peers: [Int64: Partner] = [:]

    init(_ connection: Connection, bodies: BodyFolder, hash: SipHash, digester: Digester) {
        (self.connection, self.bodies, self.hash, self.digester) = (connection, bodies, hash, digester)
    }

    /// A statement, prepared once.
    func statement(_ sql: String) throws(JournalError) -> Statement {
        if let kept = statements[sql] { return kept }
        let made = try Statement(connection, sql)
        statements[sql] = made
        return made
    }

    /// Several questions about one state of the journal, done by the deadline (nanoseconds from now; 0: no limit).
    func snapshot<T>(within limit: UInt64 = 0, _ body: () throws(JournalError) -> T) throws(JournalError) -> T {
        connection.deadline = limit == 0 ? 0 : Uptime.now + limit
        defer { connection.deadline = 0 }
        try statement("BEGIN").run()
        do throws(JournalError) {
            let answer = try body()
            try statement("COMMIT").run()
            return answer
        } catch {
            connection.deadline = 0
            if !connection.isIdle { try statement("ROLLBACK").run() }
            throw error
        }
    }

    func name(_ id: Int64) throws(JournalError) -> String {
        if let name = names[id] { return name }
        let name = try statement("SELECT text FROM name WHERE id = ?1").bind(1, id).first { (row) throws(JournalError) in row.text(0) } ?? ""
        names[id] = name
        return name
    }

    func nameID(_ text: String) throws(JournalError) -> Int64? {
        try statement("SELECT id FROM name WHERE text = ?1").bind(1, text).first { (row) throws(JournalError) in row.integer(0) }
    }

    private func peer(_ id: Int64) throws(JournalError) -> Partner {
        if let peer = peers[id] { return peer }
        let peer = try statement("SELECT facility, name FROM peer WHERE id = ?1").bind(1, id).first { (row) throws(JournalError) in
            Partner(facility: row.text(0), name: row.text(1))
        }
        peers[id] = peer
        return peer ?? Partner(facility: "", name: "")
    }

    // MARK: Messages

    static let messageColumns = """
        m.seq, m.id_high, m.id_low, m.parent_high, m.parent_low, m.listener, m.peer, m.received, m.format, m.control, m.patient, m.ins, m.account, \
        m.connection, m.merged, m.notes, m.digest, m.length, m.in_file, m.state, m.verdict, m.findings, m.trace, m.gone, m.removed
        """

    /// A row of the message table.
    struct MessageRow {
        var message: Message
        let state: MessageState
        let verdict: Verdict?
        let trace: Int64?
        let removal: BodyRemoval?
    }

    func messageRow(_ row: Statement) throws(JournalError) -> MessageRow {
        var keys = OrderKeys()
        keys.patient = UInt64(bitPattern: row.integer(10))
        keys.ins = UInt64(bitPattern: row.integer(11))
        keys.account = UInt64(bitPattern: row.integer(12))
        keys.connection = UInt64(bitPattern: row.integer(13))
        keys.merged = UInt64(bitPattern: row.integer(14))
        let id = MessageID(Key128(signed: row.integer(1), row.integer(2))), received = Instant(milliseconds: row.integer(7))
        let parent = row.optionalInteger(3).map { MessageID(Key128(signed: $0, row.integer(4))) }
        let envelope = Envelope(
            id: id, parent: parent, listener: try name(row.integer(5)), partner: try peer(row.integer(6)), received: received,
            format: try name(row.integer(8)), controlID: row.text(9), keys: keys, notes: JSON.map(row.optionalText(15)))
        let length = row.int(17)
        let removal = row.optionalInteger(23).map {
            BodyRemoval(at: Instant(milliseconds: $0), isErased: row.integer(24) & Writer.Gone.erased != 0)
        }
        let body: Body = row.flag(18) && removal == nil ? .file(BodyFile(path: bodies.file(id, received: received), count: length)) : .stored(length)
        let verdict = row.optionalInteger(20).map { Verdict(Verdict.Kind(number: $0), JSON.value(row.optionalText(21)) ?? []) }
        return MessageRow(
            message: Message(envelope: envelope, body: body, digest: row.bytes(16), seq: row.integer(0)),
            state: MessageState(number: row.integer(19)), verdict: verdict, trace: row.optionalInteger(22), removal: removal)
    }

    /// The bytes of a small body; nil if there are none.
    func body(_ seq: Seq) throws(JournalError) -> [UInt8]? {
        do throws(JournalError) {
            return try statement("SELECT bytes FROM body WHERE seq = ?1").bind(1, seq).first { (row) throws(JournalError) in row.bytes(0) }
        } catch {
            // A damaged page takes away the bodies on it, not the journal.
            if error.isDamage { return nil }
            throw error
        }
    }

    /// The message with its bytes, unless they are in a file. Missing bytes stay missing: `bytes(of:)` will say so.
    func loaded(_ message: Message) throws(JournalError) -> Message {
        guard case .stored = message.body, let bytes = try body(message.seq) else { return message }
        return Message(envelope: message.envelope, body: .bytes(bytes), digest: message.digest, seq: message.seq)
    }

    /// The message with its bytes, if they are what came: what the router gets is judged as it is.
    private func sound(_ message: Message) throws(JournalError) -> Message {
        let loaded = try loaded(message)
        if case .bytes(let bytes) = loaded.body, digester.sha256(bytes) != message.digest { return message }
        return loaded
    }

    func messageRow(seq: Seq) throws(JournalError) -> MessageRow? {
        try statement("SELECT \(Self.messageColumns) FROM message m WHERE m.seq = ?1").bind(1, seq).first(messageRow)
    }

    func unrouted(after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] {
        let sql = "SELECT \(Self.messageColumns) FROM message m INDEXED BY message_incoming WHERE m.state = 0 AND m.seq > ?1 ORDER BY m.seq LIMIT ?2"
        let rows = try statement(sql).bind(1, seq).bind(2, limit).rows(messageRow)
        var found: [Unrouted] = []
        for row in rows { found.append(Unrouted(try sound(row.message), verdict: row.verdict)) }
        return found
    }

    func unrouted(key: UInt64, after seq: Seq, limit: Int) throws(JournalError) -> [Unrouted] {
        let sql = """
            SELECT \(Self.messageColumns) FROM message m INDEXED BY message_parked
            WHERE m.state = 0 AND m.verdict IS NOT NULL AND (\(Schema.planningKey)) = ?1 AND m.seq > ?2 ORDER BY m.seq LIMIT ?3
            """
        var found: [Unrouted] = []
        for row in try statement(sql).bind(1, Int64(bitPattern: key)).bind(2, seq).bind(3, limit).rows(messageRow) {
            found.append(Unrouted(try sound(row.message), verdict: row.verdict))
        }
        return found
    }

    func isKnown(_ id: MessageID) throws(JournalError) -> Bool {
        let id = id.key.signed
        return try statement("SELECT 1 FROM message WHERE id_high = ?1 AND id_low = ?2 AND in_file = 1 AND gone IS NULL").bind(1, id.high).bind(2, id.low)
            .exists()
    }

    func marked() throws(JournalError) -> Set<Seq> {
        let text = try statement("SELECT value FROM meta WHERE name = 'marked'").first { (row) throws(JournalError) in row.text(0) } ?? ""
        return Set(text.split(separator: " ").compactMap { Seq($0) })
    }

    /// Every open delivery that is held at its route and blocks.
    func blockedKeys() throws(JournalError) -> [DeliveryID: OrderKeys] {
        let sql = """
            SELECT d.id, m.patient, m.ins, m.account, m.connection, m.merged FROM delivery d INDEXED BY delivery_route
            JOIN message m ON m.seq = d.id >> 12 WHERE d.at_route = 1 AND d.state < 5 AND d.pass = 0
            """
        let found = try statement(sql).rows { (row) throws(JournalError) in
            var keys = OrderKeys()
            keys.patient = UInt64(bitPattern: row.integer(1))
            keys.ins = UInt64(bitPattern: row.integer(2))
            keys.account = UInt64(bitPattern: row.integer(3))
            keys.connection = UInt64(bitPattern: row.integer(4))
            keys.merged = UInt64(bitPattern: row.integer(5))
            return (row.integer(0), keys)
        }
        return Dictionary(found) { first, _ in first }
    }
}
