import Pipeline

/// Words that come again and again (senders, routes, listeners), kept once and named by a number.
///
/// The writer alone adds to it. What a rolled-back transaction added is forgotten with `forget`.
final class Names {
    private var known: [String: Int64] = [:]
    private var peers: [Partner: Int64] = [:]
    private var traces: [String: Int64] = [:]
    private let find: Statement, insert: Statement, findPeer: Statement, insertPeer: Statement, insertTrace: Statement, lastRow: Statement

    init(_ connection: Connection) throws(JournalError) {
        find = try Statement(connection, "SELECT id FROM name WHERE text = ?1")
        insert = try Statement(connection, "INSERT INTO name (text) VALUES (?1)")
        findPeer = try Statement(connection, "SELECT id FROM peer WHERE facility = ?1 AND name = ?2")
        insertPeer = try Statement(connection, "INSERT INTO peer (facility, name) VALUES (?1, ?2)")
        insertTrace = try Statement(connection, "INSERT INTO trace (text) VALUES (?1)")
        lastRow = try Statement(connection, "SELECT last_insert_rowid()")
    }

    func id(_ text: String) throws(JournalError) -> Int64 {
        if let id = known[text] { return id }
        let id: Int64
        if let found = try find.bind(1, text).first({ (row) throws(JournalError) in row.integer(0) }) {
            id = found
        } else {
            try insert.bind(1, text).run()
            id = try lastID()
        }
        if known.count > 10_000 { known = [:] }
        known[text] = id
        return id
    }

    func id(_ partner: Partner) throws(JournalError) -> Int64 {
        if let id = peers[partner] { return id }
        let id: Int64
        if let found = try findPeer.bind(1, partner.facility).bind(2, partner.name).first({ (row) throws(JournalError) in row.integer(0) }) {
            id = found
        } else {
            try insertPeer.bind(1, partner.facility).bind(2, partner.name).run()
            id = try lastID()
        }
        if peers.count > 10_000 { peers = [:] }
        peers[partner] = id
        return id
    }

    /// Traces name files, lines and destinations, so few differ: each is kept once as long as it is remembered here.
    func id(trace text: String) throws(JournalError) -> Int64? {
        if text.isEmpty { return nil }
        if let id = traces[text] { return id }
        try insertTrace.bind(1, text).run()
        let id = try lastID()
        if traces.count > 1000 { traces = [:] }
        traces[text] = id
        return id
    }

    /// Traces from now on are kept anew: whatever is planned uses a number above those of before.
    func forgetTraces() { traces = [:] }

    /// The transaction was rolled back: what it added is gone.
    func forget() { (known, peers, traces) = ([:], [:], [:]) }

    private func lastID() throws(JournalError) -> Int64 { try lastRow.first { (row) throws(JournalError) in row.integer(0) } ?? 0 }
}
