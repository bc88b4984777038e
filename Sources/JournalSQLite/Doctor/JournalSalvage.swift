import Glibc
package import Pipeline

/// What a salvage brought over and what it could not.
package struct SalvageReport: Sendable, Codable {
    /// Rows by table.
    package var rows: [String: Int] = [:]
    /// Ranges of keys that could not be read, by table: `3–9` (seqs or delivery ids); the ends may be open. `lost-3`: what stands now for a word that
    /// rows name and that was not found.
    package var lost: [String: [String]] = [:]
    /// Messages whose body is missing or differs from its digest, with an open delivery or undecided: held.
    package var held: [Seq] = []
    /// Settled messages whose body is missing or differs.
    package var bodiless: [Seq] = []
    /// Deliveries without their message: they cannot be sent and were left out.
    package var orphans: [DeliveryID] = []
    /// The secret of the keyed hashes came from the file beside the database (`state`), or is new: then tokens and order keys of before match nothing.
    package var secret = "journal"

    /// Nothing was lost.
    package var isWhole: Bool { lost.isEmpty && held.isEmpty && bodiless.isEmpty && orphans.isEmpty && secret == "journal" }
}

/// `passerelle journal salvage`: reads whatever can be read of a damaged journal into a new one. It works on a copy: the old one is never written.
package struct JournalSalvage {
    private let source: Connection, target: Connection
    private let old: String, new: String
    private let digester: Digester
    private let now: Instant
    var report = SalvageReport()

    /// Salvages the journal of `directory` into `folder`, which must not hold one. Blocking.
    package static func run(directory: String, to folder: String, digester: Digester, now: Instant) throws(JournalError) -> SalvageReport {
        let lock = try Self.lock(directory)
        defer { lock?.release() }
        guard try JournalFile(folder: folder) == nil else { throw .refused(JournalReasons.targetTaken) }
        try BodyFolder.make(folder: folder)
        try BodyFolder.make(folder: folder + "/bodies")
        let copy = folder + "/damaged.sqlite"
        defer { for end in ["", "-wal", "-shm"] { unlink(copy + end) } }
        guard try Self.copy(directory + "/journal.sqlite", copy) else { throw .refused(JournalReasons.noJournal) }
        _ = try Self.copy(directory + "/journal.sqlite-wal", copy + "-wal")
        try mendHeader(of: copy)
        var salvage = try JournalSalvage(directory, copy, folder, digester, now)
        try salvage.run()
        return salvage.report
    }

    /// A file system that cannot be written has no other process on the journal either.
    private static func lock(_ directory: String) throws(JournalError) -> FolderLock? {
        do throws(JournalError) {
            return try FolderLock(folder: directory)
        } catch {
            if case .refused = error { throw error }
            if access(directory, W_OK) == 0 { throw error }
            return nil
        }
    }

    private init(_ old: String, _ copy: String, _ new: String, _ digester: Digester, _ now: Instant) throws(JournalError) {
        (self.old, self.new, self.digester, self.now) = (old, new, digester, now)
        source = try Connection(path: copy, isReader: true)
        try source.run("PRAGMA cell_size_check = ON")
        var secret: [UInt8]?
        do throws(JournalError) {
            secret = try Statement(source, "SELECT value FROM meta WHERE name = 'secret'").first { (row) throws(JournalError) in row.bytes(0) }
        } catch { if !Self.isDamage(error) { throw error } }
        var chance = SystemRandomNumberGenerator()
        if secret?.count != 16 {
            let state = JournalState(folder: old)
            report.secret = state == nil ? "new" : "state"
            secret = (state?.secret ?? Key128(high: chance.next(), low: chance.next())).bytes
        }
        target = try Connection(path: new + "/journal.sqlite", isReader: false)
        try Schema.prepare(target, secret: Key128(bytes: secret ?? []))
    }

    /// A table that is not there at all, or a schema that cannot be read, is damage like any other.
    private static func isDamage(_ error: JournalError) -> Bool {
        if case .broken(let text) = error, text.hasPrefix("SQLite error 1:") { return true }
        return error.isDamage
    }

    private mutating func run() throws(JournalError) {
        try target.run("BEGIN IMMEDIATE")
        for (table, key) in [("name", "id"), ("peer", "id"), ("trace", "id"), ("message", "seq"), ("delivery", "id"), ("audit", "seq"), ("clock", "at")] {
            try copy(table, key)
        }
        try copyBodies()
        try copySeen()
        try carryOver()
        try remake()
        try holdDamaged()
        try target.run("COMMIT")
        try Statement(target, "PRAGMA optimize").run()
        _ = try target.emptyLog()
    }

    // MARK: Tables

    private func columns(_ connection: Connection, _ table: String) throws(JournalError) -> [String] {
        try Statement(connection, "PRAGMA table_info(\(table))").rows { (row) throws(JournalError) in row.text(1) }
    }

    /// The columns that both have: a journal of an older version is salvaged into one of this.
    private func shared(_ table: String, but key: String) throws(JournalError) -> [String] {
        let there = Set(try columns(source, table))
        return try columns(target, table).filter { there.contains($0) && $0 != key }
    }

    private mutating func copy(_ table: String, _ key: String) throws(JournalError) {
        do throws(JournalError) {
            let columns = try shared(table, but: key)
            // A table that older versions did not have.
            if columns.isEmpty, table == "clock" { return }
            let marks = (1...columns.count + 1).map { "?\($0)" }.joined(separator: ", ")
            let insert = try Statement(target, "INSERT OR IGNORE INTO \(table) (\(([key] + columns).joined(separator: ", "))) VALUES (\(marks))")
            var scan = try RangeScan(source, table: table, key: key, columns: columns), count = 0
            try scan.rows { (row) throws(JournalError) in
                for column in 0...Int32(columns.count) { insert.bind(column + 1, valueOf: row, column) }
                do throws(JournalError) { try insert.run() } catch { if !error.isConstraint { throw error } }
                count += 1
            }
            report.rows[table] = count
            lose(table, scan.lost)
        } catch {
            guard Self.isDamage(error) else { throw error }
            report.lost[table] = ["*"]
        }
    }

    private mutating func lose(_ table: String, _ ranges: [ClosedRange<Int64>]) {
        guard !ranges.isEmpty else { return }
        report.lost[table] = ranges.prefix(1000).map { range in
            (range.lowerBound < 0 ? "…" : "\(range.lowerBound)") + "–" + (range.upperBound > Int64.max / 2 ? "…" : "\(range.upperBound)")
        }
    }

    /// Small bodies, each against its digest.
    private mutating func copyBodies() throws(JournalError) {
        let insert = try Statement(target, "INSERT OR IGNORE INTO body (seq, bytes) VALUES (?1, ?2)")
        let digest = try Statement(target, "SELECT digest FROM message WHERE seq = ?1 AND in_file = 0 AND gone IS NULL")
        var count = 0
        do throws(JournalError) {
            var scan = try RangeScan(source, table: "body", key: "seq", columns: ["bytes"])
            try scan.rows { (row) throws(JournalError) in
                let seq = row.integer(0), bytes = row.bytes(1)
                guard let right = try digest.bind(1, seq).first({ (row) throws(JournalError) in row.bytes(0) }), digester.sha256(bytes) == right else { return }
                try insert.bind(1, seq).run(2, borrowing: bytes)
                count += 1
            }
            lose("body", scan.lost)
        } catch {
            guard Self.isDamage(error) else { throw error }
            report.lost["body"] = ["*"]
        }
        report.rows["body"] = count
    }

    /// What recognises repeats: from the message rows, with what the old table says of which ids are free.
    private mutating func copySeen() throws(JournalError) {
        try target.run(
            """
            INSERT OR IGNORE INTO seen SELECT peer, control, seq, digest, CASE WHEN verdict = 1 OR parent_high IS NOT NULL THEN 1 ELSE 0 END
            FROM message WHERE control <> '' AND removed < 4
            """)
        let update = try Statement(target, "UPDATE seen SET free = ?4 WHERE peer = ?1 AND control = ?2 AND seq = ?3")
        for order in ["ASC", "DESC"] {
            do throws(JournalError) {
                let rows = try Statement(source, "SELECT peer, control, seq, free FROM seen ORDER BY peer \(order), control \(order), seq \(order)")
                defer { rows.reset() }
                while try rows.step() { try update.bind(1, rows.integer(0)).bind(2, rows.text(1)).bind(3, rows.integer(2)).bind(4, rows.integer(3)).run() }
                return
            } catch { if !Self.isDamage(error) { throw error } }
        }
    }

    /// Small facts of the journal itself.
    private func carryOver() throws(JournalError) {
        let meta = try Statement(target, "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
        for name in ["epoch", "marked", "time_noted"] {
            do throws(JournalError) {
                let read = try Statement(source, "SELECT value FROM meta WHERE name = ?1").bind(1, name)
                defer { read.reset() }
                if try read.step() { try meta.bind(1, name).bind(2, valueOf: read, 0).run() }
            } catch { if !Self.isDamage(error) { throw error } }
        }
        let state = JournalState(folder: old)
        let last =
            try target.number(
                "SELECT max(coalesce((SELECT max(seq) FROM message), 0), coalesce((SELECT max(id) >> 12 FROM delivery), 0), coalesce((SELECT max(seq) FROM audit), 0))"
            ) ?? 0
        try meta.bind(1, "last_seq").bind(2, max(last, state?.seq ?? 0)).run()
        let epoch = try target.number("SELECT value FROM meta WHERE name = 'epoch'") ?? 0
        try meta.bind(1, "epoch").bind(2, max(epoch, state?.epoch ?? 0)).run()
    }

    // MARK: What follows from the rows

    private mutating func remake() throws(JournalError) {
        report.orphans = try Statement(target, "SELECT id FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.seq = d.id >> 12) ORDER BY id")
            .rows { (row) throws(JournalError) in row.integer(0) }
        try target.run("DELETE FROM delivery WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.seq = delivery.id >> 12)")
        for words in NumberedWords.all {
            try complete(words)
            try occupy(words)
        }
        // No index says what a trace was, and the number of a lost one is given out again.
        try target.run("UPDATE message SET trace = NULL WHERE trace IS NOT NULL AND NOT EXISTS (SELECT 1 FROM trace t WHERE t.id = message.trace)")
        for (table, column) in [("token", "tokens"), ("replaces", "replaces")] {
            let rows = try Statement(
                target, "SELECT d.id, d.\(column) FROM delivery d JOIN message m ON m.seq = d.id >> 12 WHERE d.\(column) IS NOT NULL AND m.removed < 4")
            try list(rows, into: "INSERT OR IGNORE INTO \(table) (high, low, delivery) VALUES (?1, ?2, ?3)")
        }
        try list(
            Statement(target, "SELECT seq, search FROM message WHERE search IS NOT NULL"),
            into: "INSERT OR IGNORE INTO search (high, low, seq) VALUES (?1, ?2, ?3)")
        let insert = try Statement(target, "INSERT OR IGNORE INTO barrier (lane, id) VALUES (?1, ?2)")
        let merges = try Statement(target, "SELECT id, barrier FROM delivery WHERE barrier IS NOT NULL AND state < 5")
            .rows { (row) throws(JournalError) in (row.integer(0), LaneList.read(row, 1)) }
        for (id, lanes) in merges { for lane in lanes { try insert.bind(1, lane).bind(2, id).run() } }
        try target.run(
            """
            UPDATE message SET keep = 0 WHERE keep IS NULL AND gone IS NULL AND state NOT IN (0, 1);
            INSERT INTO kept SELECT keep, count(*), sum(length) FROM message WHERE keep IS NOT NULL GROUP BY keep;
            """)
    }

    /// Words on pages that were lost: the table's unique index has them too, on other pages. Where the two differ neither is believed: what is held for a
    /// person is better than what goes to the wrong far end.
    private func complete(_ words: NumberedWords) throws(JournalError) {
        let all = (["id"] + words.columns).joined(separator: ", "), marks = (1...words.columns.count + 1).map { "?\($0)" }.joined(separator: ", ")
        let same = words.columns.enumerated().map { "\($0.element) = ?\($0.offset + 2)" }.joined(separator: " AND ")
        let insert = try Statement(target, "INSERT OR IGNORE INTO \(words.table) (\(all)) VALUES (\(marks))")
        let others = try Statement(target, "SELECT id FROM \(words.table) WHERE (id = ?1 OR \(same)) AND NOT (id = ?1 AND \(same))")
        var doubtful: Set<Int64> = []
        for order in ["ASC", "DESC"] {
            do throws(JournalError) {
                let sorting = words.columns.map { "\($0) \(order)" }.joined(separator: ", ")
                let rows = try Statement(source, "SELECT \(all) FROM \(words.table) INDEXED BY sqlite_autoindex_\(words.table)_1 ORDER BY \(sorting)")
                defer { rows.reset() }
                while try rows.step() {
                    for statement in [insert, others] {
                        for column in 0...Int32(words.columns.count) { statement.bind(column + 1, valueOf: rows, column) }
                    }
                    let found = try others.rows { (row) throws(JournalError) in row.integer(0) }
                    if !found.isEmpty { doubtful.formUnion(found + [rows.integer(0)]) }
                    do throws(JournalError) { try insert.run() } catch { if !error.isConstraint { throw error } }
                }
                break
            } catch { if !Self.isDamage(error) { throw error } }
        }
        let delete = try Statement(target, "DELETE FROM \(words.table) WHERE id = ?1")
        for number in doubtful { try delete.bind(1, number).run() }
    }

    /// Each number that is used and has no word gets one that nobody configures, so that no word to come takes it: what is open there is held.
    private mutating func occupy(_ words: NumberedWords) throws(JournalError) {
        let missing = try Statement(target, words.missing).rows { (row) throws(JournalError) in row.integer(0) }
        let all = (["id"] + words.columns).joined(separator: ", "), values = (["?1"] + words.standIn).joined(separator: ", ")
        let insert = try Statement(target, "INSERT OR IGNORE INTO \(words.table) (\(all)) VALUES (\(values))")
        for number in missing { try insert.bind(1, number).run() }
        if !missing.isEmpty { report.lost[words.table, default: []] += missing.prefix(1000).map { "lost-\($0)" } }
    }

    private func list(_ rows: Statement, into sql: String) throws(JournalError) {
        let insert = try Statement(target, sql)
        defer { rows.reset() }
        while try rows.step() {
            for key in KeyList.unpack(rows.bytes(1)) { try insert.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, rows.integer(0)).run() }
        }
    }

    /// Bodies in files come over; where a body is missing or differs, what is open is held, and the counters are made.
    private mutating func holdDamaged() throws(JournalError) {
        let rows = try Statement(
            target,
            """
            SELECT m.seq, m.digest, m.in_file, m.id_high, m.id_low, m.received, EXISTS (SELECT 1 FROM body b WHERE b.seq = m.seq), m.state IN (0, 1)
                OR EXISTS (SELECT 1 FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND d.state < 5)
            FROM message m WHERE m.gone IS NULL ORDER BY m.seq
            """)
        let (from, to) = (BodyFolder(path: old + "/bodies"), BodyFolder(path: new + "/bodies"))
        let damaged = try rows.rows { (row) throws(JournalError) -> (Seq, Bool)? in
            var isThere = row.flag(6)
            if row.flag(2) {
                let id = MessageID(Key128(signed: row.integer(3), row.integer(4))), received = Instant(milliseconds: row.integer(5))
                isThere = try bring(from.file(id, received: received), to.file(id, received: received), to.path + "/" + BodyFolder.day(received), row.bytes(1))
            }
            return isThere ? nil : (row.integer(0), row.flag(7))
        }
        let hold = try Statement(
            target,
            """
            UPDATE delivery SET state = 4, gate = 1 - pass, ready = 0, due = 0, reason = ?2, owner = ?3, version = version + 1
            WHERE id >= ?1 << 12 AND id < (?1 + 1) << 12 AND state < 5
            """)
        let why = JSON.text(JournalReasons.lostBody)
        for (seq, isOpen) in damaged.compactMap({ $0 }) {
            if isOpen { report.held.append(seq) } else { report.bodiless.append(seq) }
            try hold.bind(1, seq).bind(2, why).bind(3, Owner.exploitation.rawValue).run()
        }
        try target.run(
            """
            INSERT INTO tally SELECT destination, state, count(*) FROM delivery WHERE state < 5 GROUP BY 1, 2;
            INSERT INTO tally SELECT 0, 0, count(*) FROM message WHERE state = 0;
            UPDATE delivery SET gate = (state < 5 AND NOT (state = 4 AND pass = 1)), ready = (state IN (0, 2, 3));
            """)
    }

    // MARK: Files

    /// Copies a body file that fits its digest.
    private func bring(_ from: String, _ to: String, _ folder: String, _ digest: [UInt8]) throws(JournalError) -> Bool {
        guard let bytes = try? BodyFolder.read(from), digester.sha256(bytes) == digest else { return false }
        try BodyFolder.make(folder: folder)
        return try Self.write(bytes, to)
    }

    /// A first page whose header is gone gets one that every journal has: the pages behind it may be sound.
    private static func mendHeader(of copy: String) throws(JournalError) {
        let file = open(copy, O_RDWR | O_CLOEXEC)
        guard file >= 0 else { throw BodyFolder.failure("open copy") }
        defer { close(file) }
        var status = stat(), head = [UInt8](repeating: 0, count: 100)
        guard fstat(file, &status) == 0, pread(file, &head, 100, 0) == 100 else { return }
        if Array(head.prefix(16)) == Array("SQLite format 3\0".utf8), head[16] == UInt8(Schema.pageSize >> 8) { return }
        func put(_ value: Int, _ at: Int, _ count: Int = 4) { for i in 0..<count { head[at + i] = UInt8(truncatingIfNeeded: value >> (8 * (count - 1 - i))) } }
        head.replaceSubrange(0..<16, with: Array("SQLite format 3\0".utf8))
        head.replaceSubrange(16..<24, with: [UInt8(Schema.pageSize >> 8), 0, 2, 2, 0, 64, 32, 32])
        // Change counter and its copy, pages, no free list, schema format 4, auto-vacuum (its largest root is not asked for), UTF-8, ours.
        for (value, at) in [(1, 24), (Int(status.st_size) / Schema.pageSize, 28), (0, 32), (0, 36), (1, 40), (4, 44), (0, 48), (30, 52), (1, 56)] {
            put(value, at)
        }
        for (value, at) in [(Int(Schema.version), 60), (1, 64), (Int(Schema.application), 68), (1, 92)] { put(value, at) }
        if pwrite(file, head, 100, 0) != 100 { throw BodyFolder.failure("write copy") }
    }

    private static func copy(_ from: String, _ to: String) throws(JournalError) -> Bool {
        let file = open(from, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        let made = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard made >= 0 else { throw BodyFolder.failure("create copy") }
        defer { close(made) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let got = read(file, &buffer, buffer.count)
            if got < 0 { throw BodyFolder.failure("read journal") }
            if got == 0 { return true }
            guard Glibc.write(made, buffer, got) == got else { throw BodyFolder.failure("write copy") }
        }
    }

    private static func write(_ bytes: [UInt8], _ path: String) throws(JournalError) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw BodyFolder.failure("create body") }
        defer { close(file) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else { throw BodyFolder.failure("write body") }
        return true
    }
}

extension JournalReasons {
    /// A salvage goes into an empty folder.
    package static let targetTaken = Reason(
        "P0548", Text(fr: "Le dossier d'arrivée contient déjà un journal", en: "The folder to salvage into holds a journal already"))
    /// The body could not be salvaged.
    static let lostBody = Reason(
        "P0506", Text(fr: "Le corps du message est absent ou abîmé dans le journal", en: "The body of the message is missing or damaged in the journal"))
}
