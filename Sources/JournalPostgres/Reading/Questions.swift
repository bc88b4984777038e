import Pipeline

/// What the engine asks.
enum Questions {
    static func body(_ seq: Seq, _ c: Connection) throws(SQLFailure) -> [UInt8]? {
        let pieces = try c.query("SELECT bytes FROM body WHERE seq = $1 ORDER BY n", [.integer(seq)])
        if pieces.isEmpty { return nil }
        if pieces.count == 1 { return pieces[0].bytes(0) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.count * Parameters.piece)
        for piece in pieces { bytes += piece.bytes(0) }
        return bytes
    }

    static func removal(_ seq: Seq, _ c: Connection) throws(SQLFailure) -> BodyRemoval? {
        guard let row = try c.query("SELECT removed, erased FROM message WHERE seq = $1", [.integer(seq)]).first else { return nil }
        return row.optionalInteger(0).map { BodyRemoval(at: Instant(milliseconds: $0), isErased: row.flag(1)) }
    }

    static func unrouted(_ gateway: Int64, after seq: Seq, limit: Int, _ c: Connection) throws(SQLFailure) -> [Unrouted] {
        let sql = "SELECT \(Rows.message(loading: true)) FROM message m WHERE m.state = 0 AND m.home = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3"
        return try c.query(sql, [.integer(gateway), .integer(seq), .integer(limit)]).map(Rows.unrouted)
    }

    static func unrouted(_ gateway: Int64, key: UInt64, after seq: Seq, limit: Int, _ c: Connection) throws(SQLFailure) -> [Unrouted] {
        let sql = """
            SELECT \(Rows.message(loading: true)) FROM message m
            WHERE m.state = 0 AND m.planning = $1 AND m.seq > $2 AND m.home = $3 AND m.verdict IS NOT NULL ORDER BY m.seq LIMIT $4
            """
        return try c.query(sql, [.integer(Int64(bitPattern: key)), .integer(seq), .integer(gateway), .integer(limit)]).map(Rows.unrouted)
    }

    static func adoptable(_ gateway: Int64, inHand: Set<Seq>, limit: Int, _ c: Connection) throws(SQLFailure) -> [Adopted] {
        let sql = "SELECT \(Rows.message(loading: true)), m.suspicion FROM adoptable($1, $2, $3) m ORDER BY m.seq"
        return try c.query(sql, [.integer(gateway), .integers(inHand), .integer(limit)]).map { row in
            Adopted(Rows.unrouted(row), suspicion: Adopted.Suspicion(rawValue: row.int(24)) ?? .none)
        }
    }

    /// The senders that have something ready, one step in the index each.
    private static let senders = """
        WITH RECURSIVE s(class, sender) AS (SELECT k::smallint, (SELECT min(sender) FROM delivery WHERE ready AND class = k) FROM generate_series(0, 1) k
            UNION ALL SELECT s.class, (SELECT min(sender) FROM delivery WHERE ready AND class = s.class AND sender > s.sender) FROM s
            WHERE s.sender IS NOT NULL)
        """
    private static func candidates(_ due: String) -> String {
        """
        (SELECT d.id FROM delivery d WHERE d.ready AND d.class = s.class AND d.sender = s.sender AND \(due) AND d.shard = ANY ($2::smallint[])
            AND d.lane <> ALL ($3::bigint[]) AND is_free(d.id, d.lane, d.barrier, d.sender, d.replaces, d.alone) ORDER BY d.due, d.id LIMIT $5)
        """
    }
    private static let dueSQL = """
        \(senders), c AS (SELECT x.id FROM s CROSS JOIN LATERAL (\(candidates("d.due = 0")) UNION ALL \(candidates("d.due BETWEEN 1 AND $1"))) x
            WHERE s.sender <> ALL ($4::text[]) AND s.class = ANY ($6::smallint[]) ORDER BY x.id LIMIT $5)
        SELECT \(Rows.message(loading: true)), \(Rows.delivery()) FROM c JOIN delivery d ON d.id = c.id JOIN message m ON m.seq = d.id >> 12 ORDER BY d.id
        """

    static func due(_ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, classes: [DeliveryClass], _ c: Connection)
        throws(SQLFailure) -> [Delivery]
    {
        let values: [Value] = [
            .integer(now.milliseconds), .integers(shards(lease)), .integers(excluding.map { Int64(bitPattern: $0.id) }), .texts(resting), .integer(limit),
            .integers(classes.map(\.number)),
        ]
        return try c.query(dueSQL, values).map { Rows.delivery($0).delivery }
    }

    /// The run of queued ones right behind each head, up to the first that waits for anything else, or a merge of another lane.
    private static let followingSQL = """
        SELECT \(Rows.message(loading: true)), \(Rows.delivery()) FROM unnest($1::bigint[], $2::bigint[]) h(lane, id) CROSS JOIN LATERAL (
            SELECT r.id FROM (
                SELECT n.id, bool_and(n.state = 0 AND n.barrier = '{}' AND n.replaces = '{}') OVER (ORDER BY n.id) AS waits FROM (
                    SELECT x.id, x.state, x.barrier, x.replaces FROM delivery x WHERE x.lane = h.lane AND x.gate AND x.id > h.id ORDER BY x.id LIMIT $3) n) r
            WHERE r.waits AND NOT EXISTS (SELECT FROM barrier b WHERE b.lane = h.lane AND b.id > h.id AND b.id < r.id)) f
        JOIN delivery d ON d.id = f.id JOIN message m ON m.seq = d.id >> 12 ORDER BY h.id, d.id
        """

    static func following(_ heads: [Delivery], each: Int, _ c: Connection) throws(SQLFailure) -> [Delivery] {
        let lanes = heads.map { Int64(bitPattern: $0.lane.id) }
        return try c.query(followingSQL, [.integers(lanes), .integers(heads.map(\.id)), .integer(each)]).map { Rows.delivery($0).delivery }
    }

    private static func shards(_ lease: Lease) -> [Int] { (0..<Lease.shards).filter(lease.holds) }

    static func nextDue(_ lease: Lease, _ c: Connection) throws(SQLFailure) -> Instant? {
        let sql = """
            \(senders) SELECT min(x.due) FROM s CROSS JOIN LATERAL (SELECT d.due FROM delivery d WHERE d.ready AND d.class = s.class AND d.sender = s.sender AND d.due > 0
                AND d.shard = ANY ($1::smallint[]) ORDER BY d.due LIMIT 1) x
            """
        return try c.query(sql, [.integers(shards(lease))]).first?.optionalInteger(0).map { Instant(milliseconds: $0) }
    }

    static func delivery(carrying keys: [Key128], _ c: Connection) throws(SQLFailure) -> StoredDelivery? {
        for key in keys {
            guard let id = try c.query("SELECT max(delivery) FROM token WHERE key = $1", [.text(key.hex)]).first?.optionalInteger(0) else { continue }
            return try delivery(id, c)
        }
        return nil
    }

    static func delivery(_ id: DeliveryID, _ c: Connection) throws(SQLFailure) -> StoredDelivery? {
        try c.query(Rows.deliveries(loading: true, explained: true, "WHERE d.id = $1"), [.integer(id)]).first.map(Rows.delivery)
    }

    static func blockedKeys(_ c: Connection) throws(SQLFailure) -> [DeliveryID: OrderKeys] {
        let sql = """
            SELECT d.id, m.patient, m.ins, m.account, m.connection, m.merged FROM delivery d JOIN message m ON m.seq = d.id >> 12
            WHERE d.at_route AND NOT d.pass AND d.state < 5
            """
        let rows = try c.query(sql).map { row in
            var keys = OrderKeys()
            (keys.patient, keys.ins) = (UInt64(bitPattern: row.integer(1)), UInt64(bitPattern: row.integer(2)))
            (keys.account, keys.connection) = (UInt64(bitPattern: row.integer(3)), UInt64(bitPattern: row.integer(4)))
            keys.merged = UInt64(bitPattern: row.integer(5))
            return (row.integer(0), keys)
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// The last ordinal of a message and the key of one of its deliveries, for a resend.
    static func resend(_ id: DeliveryID, _ c: Connection) throws(SQLFailure) -> (last: DeliveryID, key: Key128)? {
        let seq = id >> 12
        let sql = "SELECT (SELECT max(id) FROM delivery WHERE id >= $2 AND id < $3), key FROM delivery WHERE id = $1"
        return try c.query(sql, [.integer(id), .integer(seq << 12), .integer((seq + 1) << 12)]).first.map { ($0.integer(0), $0.key(1).key) }
    }
}
