import Pipeline

/// The look at a journal before it is used: the tables, and of what is open the first and last rows of each state. Bounded, whatever the backlog.
enum OpenRows {
    private static let sample = 100

    static func verify(_ connection: Connection) throws(JournalError) {
        let expected = try connection.number(
            "SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'message', 'body', 'seen', 'delivery', 'token', 'audit')")
        guard expected == 7, try connection.number("SELECT length(value) FROM meta WHERE name = 'secret'") == 16 else {
            throw .refused(JournalReasons.damagedFile)
        }
        for order in ["ASC", "DESC"] {
            for state in 0..<5 {
                let sql = """
                    SELECT count(*) FROM (SELECT id FROM delivery INDEXED BY delivery_state WHERE state = \(state) AND state < 5
                        ORDER BY id \(order) LIMIT \(sample)) d LEFT JOIN message m ON m.seq = d.id >> 12 WHERE m.seq IS NULL
                    """
                if try connection.number(sql) != 0 { throw .refused(JournalReasons.damagedFile) }
            }
            let sql = """
                SELECT count(*) FROM (SELECT seq FROM message INDEXED BY message_incoming WHERE state = 0 ORDER BY seq \(order) LIMIT \(sample)) i
                LEFT JOIN message m ON m.seq = i.seq WHERE m.length IS NULL
                """
            if try connection.number(sql) != 0 { throw .refused(JournalReasons.damagedFile) }
        }
    }

    /// The database holds less than when it was last open.
    static func isBehind(_ connection: Connection, _ last: JournalState) throws(JournalError) -> Bool {
        let epoch = try connection.number("SELECT value FROM meta WHERE name = 'epoch'") ?? 0
        let seq = max(
            try connection.number("SELECT max(seq) FROM message") ?? 0, try connection.number("SELECT value FROM meta WHERE name = 'last_seq'") ?? 0)
        return epoch < last.epoch || seq < last.seq
    }
}
