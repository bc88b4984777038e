import Pipeline

/// The tables. A change of them is a new `version` with its step in `migrate`.
enum Schema {
    /// `PASS` in ASCII: a file of another program is not taken for a journal.
    static let application: Int64 = 0x5041_5353
    static let version: Int64 = 2
    static let pageSize = 8192

    /// `OrderKeys.planning` of a row. A message enters the index of this key only when it is parked, with its verdict: not at `accept`.
    static let planningKey = """
        CASE WHEN patient <> 0 THEN patient WHEN ins <> 0 THEN ins WHEN account <> 0 THEN account ELSE connection END
        """

    /// Messages `m` that hold their control id and are not listed in `seen` yet: see `LatestIDs`.
    static let unlisted = """
        m.seq > coalesce((SELECT value FROM meta WHERE name = 'seen_through'), 0) AND m.control <> '' AND m.removed < 4
            AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.peer = m.peer AND s.control = m.control AND s.seq = m.seq)
        """

    private static let parkedIndex = "CREATE INDEX message_parked ON message (\(planningKey), seq) WHERE state = 0 AND verdict IS NOT NULL;"
    private static let readyIndex = "CREATE INDEX delivery_ready ON delivery (class, sender, due, id, lane) WHERE ready = 1;"

    // State numbers stand in the partial indexes: see `DeliveryState.number`. Open states are below 5.
    // `gate`: open, and later deliveries of its lane wait for it. `ready`: it could start, were its time come.
    static let tables = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
        CREATE TABLE peer (id INTEGER PRIMARY KEY, facility TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (facility, name));
        CREATE TABLE trace (id INTEGER PRIMARY KEY, text TEXT NOT NULL);

        CREATE TABLE message (
            seq INTEGER PRIMARY KEY, id_high INTEGER NOT NULL, id_low INTEGER NOT NULL, parent_high INTEGER, parent_low INTEGER,
            listener INTEGER NOT NULL, peer INTEGER NOT NULL, received INTEGER NOT NULL, format INTEGER NOT NULL, control TEXT NOT NULL,
            patient INTEGER NOT NULL, ins INTEGER NOT NULL, account INTEGER NOT NULL, connection INTEGER NOT NULL, merged INTEGER NOT NULL,
            notes TEXT, digest BLOB NOT NULL, length INTEGER NOT NULL, in_file INTEGER NOT NULL,
            state INTEGER NOT NULL, verdict INTEGER, findings TEXT, trace INTEGER,
            keep INTEGER, gone INTEGER, removed INTEGER NOT NULL DEFAULT 0, search BLOB);
        CREATE INDEX message_id ON message (id_high);
        CREATE INDEX message_parent ON message (parent_high) WHERE parent_high IS NOT NULL;
        CREATE INDEX message_incoming ON message (seq) WHERE state = 0;
        \(parkedIndex)
        CREATE TABLE body (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
        CREATE TABLE seen (
            peer INTEGER NOT NULL, control TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL, free INTEGER NOT NULL,
            PRIMARY KEY (peer, control, seq)) WITHOUT ROWID;

        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY, key BLOB NOT NULL, route INTEGER NOT NULL, destination INTEGER NOT NULL, sender INTEGER NOT NULL,
            part TEXT, part_notes TEXT, lane INTEGER NOT NULL, barrier,
            state INTEGER NOT NULL, gate INTEGER NOT NULL, ready INTEGER NOT NULL, due INTEGER NOT NULL, attempt INTEGER NOT NULL,
            was_unknown INTEGER NOT NULL, pass INTEGER NOT NULL, at_route INTEGER NOT NULL, overtaken INTEGER NOT NULL,
            reason TEXT, owner TEXT, facts TEXT, proof TEXT, report INTEGER NOT NULL, report_reason TEXT,
            planned INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, tokens BLOB, documents INTEGER NOT NULL, replaces BLOB,
            class INTEGER NOT NULL, alone INTEGER NOT NULL);
        CREATE INDEX delivery_gate ON delivery (lane, id) WHERE gate = 1;
        CREATE INDEX delivery_passed ON delivery (lane, id) WHERE state = 4 AND pass = 1;
        CREATE INDEX delivery_state ON delivery (state, id) WHERE state < 5;
        \(readyIndex)
        CREATE INDEX delivery_route ON delivery (id) WHERE at_route = 1 AND state < 5;
        CREATE INDEX delivery_awaited ON delivery (changed, id) WHERE report = 1;
        CREATE TABLE barrier (lane INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (lane, id)) WITHOUT ROWID;
        CREATE TABLE token (
            high INTEGER NOT NULL, low INTEGER NOT NULL, delivery INTEGER NOT NULL, PRIMARY KEY (high, low, delivery)) WITHOUT ROWID;
        CREATE TABLE replaces (
            high INTEGER NOT NULL, low INTEGER NOT NULL, delivery INTEGER NOT NULL, PRIMARY KEY (high, low, delivery)) WITHOUT ROWID;
        CREATE TABLE search (high INTEGER NOT NULL, low INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (high, low, seq)) WITHOUT ROWID;

        CREATE TABLE audit (
            seq INTEGER NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, what INTEGER NOT NULL, ordinal INTEGER, attempt INTEGER, who TEXT,
            reason TEXT, PRIMARY KEY (seq, n)) WITHOUT ROWID;
        CREATE TABLE tally (name INTEGER NOT NULL, state INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name, state)) WITHOUT ROWID;

        """ + keeping

    /// Version 2. `message.keep`: the rule (a name, 0 for none) that governs the body, from the moment it is decided until it is gone; `gone`: when
    /// that was; `removed`: what is gone (1 the body, 2 by erasure, 4 the facts); `search`: the keys of its search facts. `kept` counts bodies by
    /// rule; `clock` tells which message was the last at a time; `trash` names files to be unlinked.
    private static let keeping = """
        CREATE INDEX message_kept ON message (keep, seq) WHERE keep IS NOT NULL;
        CREATE INDEX message_facts ON message (seq) WHERE gone IS NOT NULL AND removed < 4;
        CREATE TABLE kept (keep INTEGER PRIMARY KEY, n INTEGER NOT NULL, bytes INTEGER NOT NULL);
        CREATE TABLE clock (at INTEGER PRIMARY KEY, seq INTEGER NOT NULL);
        CREATE TABLE trash (path TEXT PRIMARY KEY) WITHOUT ROWID;
        """

    /// From an older version to this one, in one transaction. What was decided before is governed by the route of its first delivery, and its age
    /// counts from now.
    private static func migrate(_ connection: Connection, from old: Int64) throws(JournalError) {
        guard old == 1 else { throw .refused(JournalReasons.otherVersion) }
        try connection.run("BEGIN IMMEDIATE")
        for column in ["keep INTEGER", "gone INTEGER", "removed INTEGER NOT NULL DEFAULT 0", "search BLOB"] {
            try connection.run("ALTER TABLE message ADD COLUMN " + column)
        }
        try connection.run(
            """
            UPDATE message SET keep = coalesce(
                (SELECT route FROM delivery d WHERE d.id >= message.seq << 12 AND d.id < (message.seq + 1) << 12 ORDER BY d.id LIMIT 1), 0)
            WHERE state NOT IN (0, 1)
            """)
        try gatherSearch(connection)
        for column in ["class INTEGER NOT NULL DEFAULT 0", "alone INTEGER NOT NULL DEFAULT 0"] {
            try connection.run("ALTER TABLE delivery ADD COLUMN " + column)
        }
        try connection.run("DROP INDEX delivery_ready")
        try connection.run(readyIndex + parkedIndex + keeping)
        try connection.run("INSERT INTO kept SELECT keep, count(*), sum(length) FROM message WHERE keep IS NOT NULL GROUP BY keep")
        try connection.run("PRAGMA user_version = \(version)")
        try connection.run("COMMIT")
    }

    private static func gatherSearch(_ connection: Connection) throws(JournalError) {
        let rows = try Statement(connection, "SELECT seq, high, low FROM search ORDER BY seq")
        let update = try Statement(connection, "UPDATE message SET search = coalesce(search, x'') || ?2 WHERE seq = ?1")
        defer { rows.reset() }
        while try rows.step() { try update.bind(1, rows.integer(0)).bind(2, Key128(signed: rows.integer(1), rows.integer(2)).bytes).run() }
    }

    /// Prepares the writer's connection: creates the tables, or checks that they are ours and of this version.
    static func prepare(_ connection: Connection, secret: Key128) throws(JournalError) {
        let isNew = try connection.number("SELECT count(*) FROM sqlite_master") == 0
        if isNew {
            try connection.run("PRAGMA page_size = \(pageSize)")
            try connection.run("PRAGMA auto_vacuum = INCREMENTAL")
        }
        guard try connection.text("PRAGMA journal_mode = WAL") == "wal" else { throw .broken("the file system does not allow a write-ahead log") }
        // The writer syncs the log itself after each commit (`Writer.sync`), so that the next group is written while the disk works; before and after
        // a checkpoint SQLite does.
        try connection.run("PRAGMA synchronous = NORMAL")
        try connection.run("PRAGMA wal_autocheckpoint = 0")
        try connection.run("PRAGMA cache_size = -65536")
        try connection.run("PRAGMA temp_store = MEMORY")
        // What is deleted within a page is overwritten with it: of an erased patient nothing stays behind in rows that moved.
        _ = try connection.number("PRAGMA secure_delete = FAST")
        connection.watchLog()
        if isNew {
            try connection.run("BEGIN IMMEDIATE")
            try connection.run(tables)
            try connection.run("PRAGMA application_id = \(application)")
            try connection.run("PRAGMA user_version = \(version)")
            let insert = try Statement(connection, "INSERT INTO meta (name, value) VALUES (?1, ?2)")
            try insert.bind(1, "secret").bind(2, secret.bytes).run()
            try insert.bind(1, "epoch").bind(2, Int64(0)).run()
            try connection.run("COMMIT")
        }
        guard try connection.number("PRAGMA application_id") == application else { throw .refused(JournalReasons.notAJournal) }
        let found = try connection.number("PRAGMA user_version") ?? 0
        if found > version { throw .refused(JournalReasons.otherVersion) }
        if found < version { try migrate(connection, from: found) }
        guard try connection.number("PRAGMA synchronous") == 1 else { throw .broken("synchronous is not NORMAL") }
    }
}
