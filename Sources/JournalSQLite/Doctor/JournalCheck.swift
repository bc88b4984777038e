import Glibc
package import Pipeline

/// One thing that `journal check` found.
package struct JournalFinding: Sendable, Hashable, Codable {
    /// A stable code (`passerelle help CODE`).
    package let code: String
    /// Where: a table and row, a file, a page.
    package let place: String
    package let text: Text
    /// What to do about it.
    package let mend: Text
}

/// `passerelle journal check`: header, schema, SQLite's own check, our own relations, and every body against its digest. Reads only.
package struct JournalCheck {
    /// At most this many findings of one kind are listed.
    static let most = 100
    private let digester: Digester
    private let folder: String
    private var findings: [JournalFinding] = []

    private init(_ folder: String, _ digester: Digester) { (self.folder, self.digester) = (folder, digester) }

    /// Checks the journal of a folder that no process has open. Blocking. `bodies`: also reads every body. Throws when it cannot be looked at at all.
    package static func run(directory: String, digester: Digester, bodies: Bool = true) throws(JournalError) -> [JournalFinding] {
        var status = stat()
        guard stat(directory, &status) == 0 else { throw .refused(JournalReasons.noJournal) }
        let lock = try FolderLock(folder: directory)
        defer { lock.release() }
        var check = JournalCheck(directory, digester)
        do throws(JournalError) {
            guard let file = try JournalFile(folder: directory) else { throw .refused(JournalReasons.noJournal) }
            try file.verify()
            let connection = try Connection(path: directory + "/journal.sqlite", isReader: true)
            try check.look(connection, bodies: bodies)
        } catch {
            guard case .refused(let reason) = error.isDamage ? .refused(JournalReasons.damagedFile) : error else { throw error }
            if reason == JournalReasons.noJournal || reason == JournalReasons.notAJournal || reason == JournalReasons.otherVersion { throw error }
            check.add(reason.code, directory + "/journal.sqlite", reason.text, Self.salvage)
        }
        return check.findings
    }

    static let salvage = Text(fr: "passerelle journal salvage DOSSIER --to NOUVEAU", en: "passerelle journal salvage DIR --to NEW")
    private static let report = Text(
        fr: "le gateway marche ; salvage refait ce qui manque", en: "the gateway works; salvage makes anew what is missing")

    private mutating func add(_ code: String, _ place: String, _ text: Text, _ mend: Text) {
        findings.append(JournalFinding(code: code, place: place, text: text, mend: mend))
    }

    private mutating func look(_ connection: Connection, bodies: Bool) throws(JournalError) {
        let problems = try Statement(connection, "PRAGMA integrity_check(\(Self.most))").rows { (row) throws(JournalError) in row.text(0) }
        for problem in problems where problem != "ok" {
            add("P0740", "journal.sqlite", Text(fr: "SQLite : \(problem)", en: "SQLite: \(problem)"), Self.salvage)
        }
        if let last = JournalState(folder: folder), try OpenRows.isBehind(connection, last) {
            add(
                "P0545", "journal.sqlite", JournalReasons.wentBack.text,
                Text(fr: "remettre le fichier -wal, ou ôter « state »", en: "put the -wal file back, or remove \"state\""))
        }
        guard try connection.number("PRAGMA user_version") == Schema.version else {
            return add(
                "P0741", "journal.sqlite",
                Text(
                    fr: "schéma d'une version ancienne : le reste se vérifie après un démarrage",
                    en: "schema of an old version: the rest is checked after a start"),
                Text(fr: "démarrer la passerelle une fois", en: "start the gateway once"))
        }
        try relations(connection)
        if bodies { try readBodies(connection) }
    }

    /// A rule that rows break: `sql` gives the first column as the place's number.
    private struct Rule {
        let code: String, place: String, sql: String
        let text: Text
        let isGrave: Bool

        init(_ code: String, _ place: String, fr: String, en: String, grave: Bool = true, _ sql: String) {
            (self.code, self.place, self.sql, isGrave) = (code, place, sql, grave)
            text = Text(fr: fr, en: en)
        }
    }

    private static let rules = [
        Rule(
            "P0742", "delivery", fr: "envoi ouvert sans son message", en: "open delivery without its message",
            "SELECT id FROM delivery d WHERE state < 5 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.seq = d.id >> 12)"),
        Rule(
            "P0743", "message", fr: "corps absent d'un message non décidé ou dont un envoi est ouvert",
            en: "body missing of a message that is undecided or has an open delivery",
            """
            SELECT seq FROM message m WHERE in_file = 0 AND NOT EXISTS (SELECT 1 FROM body b WHERE b.seq = m.seq) AND (state IN (0, 1)
                OR EXISTS (SELECT 1 FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND d.state < 5))
            """),
        Rule(
            "P0744", "message", fr: "corps absent d'un message réglé", en: "body missing of a settled message", grave: false,
            """
            SELECT seq FROM message m WHERE in_file = 0 AND gone IS NULL AND NOT EXISTS (SELECT 1 FROM body b WHERE b.seq = m.seq) AND state NOT IN (0, 1)
                AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id >= m.seq << 12 AND d.id < (m.seq + 1) << 12 AND d.state < 5)
            """),
        Rule(
            "P0745", "delivery", fr: "drapeau de file faux (gate, ready)", en: "wrong flag of its lane (gate, ready)",
            """
            SELECT id FROM delivery WHERE gate <> (state < 5 AND NOT (state = 4 AND pass = 1)) OR ready = 1 AND state NOT IN (0, 2, 3)
            UNION ALL SELECT id FROM (SELECT min(id) AS id FROM delivery INDEXED BY delivery_gate WHERE gate = 1 GROUP BY lane) h JOIN delivery USING (id)
                WHERE state IN (0, 2, 3) AND ready = 0 AND replaces IS NULL AND barrier IS NULL AND NOT EXISTS (SELECT 1 FROM barrier b WHERE b.lane = delivery.lane)
                AND NOT EXISTS (SELECT 1 FROM delivery o INDEXED BY delivery_gate WHERE o.gate = 1 AND o.lane = delivery.lane AND o.state = 1)
            """),
        Rule(
            "P0746", "token", fr: "nom d'un envoi qui n'existe pas", en: "name of a delivery that is not there", grave: false,
            "SELECT delivery FROM token t WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.id = t.delivery)"),
        Rule(
            "P0747", "seen", fr: "identifiant d'un message qui n'existe pas", en: "control id of a message that is not there", grave: false,
            "SELECT seq FROM seen s WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.seq = s.seq)"),
        Rule(
            "P0748", "message", fr: "décidé sans ligne d'audit", en: "decided without a line of the audit", grave: false,
            "SELECT seq FROM message m WHERE state NOT IN (0, 1) AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.seq = m.seq AND a.what IN (1, 2))"),
        Rule(
            "P0748", "delivery", fr: "réglé sans ligne d'audit", en: "settled without a line of the audit", grave: false,
            "SELECT id FROM delivery d WHERE state > 4 AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.seq = d.id >> 12 AND a.ordinal = d.id & 4095)"),
        Rule(
            "P0749", "tally", fr: "compteur d'envois ouverts faux, pour le nom", en: "wrong count of open deliveries, for the name", grave: false,
            """
            SELECT coalesce(t.name, d.destination) FROM (SELECT destination, state, count(*) AS n FROM delivery WHERE state < 5 GROUP BY 1, 2) d
                FULL JOIN (SELECT name, state, n FROM tally WHERE name > 0 AND n <> 0) t ON t.name = d.destination AND t.state = d.state WHERE d.n IS NOT t.n
            UNION ALL SELECT 0 WHERE (SELECT count(*) FROM message WHERE state = 0) <> coalesce((SELECT n FROM tally WHERE name = 0), 0)
            """),
        Rule(
            "P0749", "kept", fr: "compteur de corps faux, pour la règle", en: "wrong count of bodies, for the rule", grave: false,
            """
            SELECT coalesce(k.keep, m.keep) FROM (SELECT keep, count(*) AS n, sum(length) AS bytes FROM message WHERE keep IS NOT NULL GROUP BY keep) m
                FULL JOIN (SELECT * FROM kept WHERE n <> 0 OR bytes <> 0) k ON k.keep = m.keep WHERE m.n IS NOT k.n OR m.bytes IS NOT k.bytes
            """),
        Rule(
            "P0751", "name", fr: "numéro employé sans son nom : un nom à venir le prendrait",
            en: "number in use without its name: a name to come would take it",
            NumberedWords.names.missing),
        Rule(
            "P0751", "peer", fr: "numéro employé sans son partenaire : un partenaire à venir le prendrait",
            en: "number in use without its partner: a partner to come would take it", NumberedWords.peers.missing),
    ]

    private mutating func relations(_ connection: Connection) throws(JournalError) {
        for rule in Self.rules {
            let found: [Int64]
            do throws(JournalError) {
                found = try Statement(connection, "SELECT * FROM (\(rule.sql)) LIMIT \(Self.most + 1)").rows { (row) throws(JournalError) in row.integer(0) }
            } catch {
                guard error.isDamage else { throw error }
                add("P0740", rule.place, Text(fr: "illisible", en: "cannot be read"), Self.salvage)
                continue
            }
            for row in found.prefix(Self.most) { add(rule.code, "\(rule.place) \(row)", rule.text, rule.isGrave ? Self.salvage : Self.report) }
            if found.count > Self.most { add(rule.code, rule.place, Text(fr: "… et d'autres", en: "… and more"), rule.isGrave ? Self.salvage : Self.report) }
        }
    }

    // MARK: Bodies

    private mutating func readBodies(_ connection: Connection) throws(JournalError) {
        let page = try Statement(
            connection,
            """
            SELECT m.seq, m.digest, m.in_file, m.id_high, m.id_low, m.received, b.bytes, m.state FROM message m LEFT JOIN body b ON b.seq = m.seq
            WHERE m.seq > ?1 AND m.gone IS NULL ORDER BY m.seq LIMIT 256
            """)
        var after: Seq = 0
        while true {
            var damaged: [(String, Bool)] = [], count = 0
            do throws(JournalError) {
                _ = try page.bind(1, after).rows { (row) throws(JournalError) in
                    (after, count) = (row.integer(0), count + 1)
                    if row.flag(2) {
                        let id = MessageID(Key128(signed: row.integer(3), row.integer(4)))
                        let path = BodyFolder(path: folder + "/bodies").file(id, received: Instant(milliseconds: row.integer(5)))
                        if (try? BodyFolder.read(path)).map({ digester.sha256($0) == row.bytes(1) }) != true { damaged.append((path, true)) }
                    } else if !row.isNull(6), digester.sha256(row.bytes(6)) != row.bytes(1) {
                        damaged.append(("message \(after)", false))
                    }
                }
            } catch {
                // The pages that SQLite cannot read are told by its own check already.
                if error.isDamage { return }
                throw error
            }
            for (place, isFile) in damaged {
                add(
                    "P0750", place, Text(fr: "corps absent ou différent de son empreinte", en: "body missing or different from its digest"),
                    isFile ? Text(fr: "remettre ce fichier d'une sauvegarde", en: "put this file back from a backup") : Self.salvage)
            }
            if count == 0 { return }
        }
    }
}

extension JournalReasons {
    /// Nothing to check.
    package static let noJournal = Reason("P0547", Text(fr: "Ce dossier ne contient pas de journal", en: "This folder holds no journal"))
}
