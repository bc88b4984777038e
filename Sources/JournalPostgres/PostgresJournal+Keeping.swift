package import Pipeline

/// Retention and erasure.
extension PostgresJournal {
    package func noteTime(_ now: Instant) async throws(JournalError) {
        _ = try await write("SELECT note_time($1)", [.integer(now.milliseconds)], again: Statement(Self.known))
    }

    package func timeNoted() async throws(JournalError) -> Instant? {
        try await readers.ask { (c) throws(SQLFailure) in
            try c.query("SELECT max(at) FROM time_mark").first?.optionalInteger(0).map { Instant(milliseconds: $0) }
        }
    }

    package func bodiesKept() async throws(JournalError) -> [String: KeptBodies] {
        try await readers.ask { (c) throws(SQLFailure) in
            let rows = try c.query("SELECT keep, count(*), sum(length)::bigint FROM message WHERE removed IS NULL AND keep IS NOT NULL GROUP BY keep")
            return Dictionary(rows.map { ($0.text(0), KeptBodies(count: $0.int(1), bytes: $0.int(2))) }) { $1 }
        }
    }

    package func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) async throws(JournalError) -> RemovablePage {
        let values: [Value] = [.text(level.rawValue), .words(rule), .integer(before.milliseconds), .integer(seq), .integer(limit)]
        let rows = try await readers.ask { (c) throws(SQLFailure) in try c.query("SELECT * FROM removable($1, $2, $3, $4, $5)", values) }
        return RemovablePage(
            found: rows.filter { $0.flag(2) }.map { Removable(seq: $0.integer(0), bytes: $0.int(1)) },
            next: rows.count < limit ? nil : rows.last?.integer(0))
    }

    /// In slices: a small transaction behind what live traffic asks for.
    package func remove(_ level: KeepLevel, _ seqs: [Seq], now: Instant) async throws(JournalError) -> Removal {
        let slice = Array(seqs.prefix(32))
        let rows = try await writeAll(
            "SELECT * FROM remove($1, $2, $3)", [.text(level.rawValue), .integers(slice), .integer(now.milliseconds)],
            again: Statement("SELECT x, 0 FROM unnest($1::bigint[]) x", [.integers(slice)]), rows: slice.count)
        return Removal(removed: rows.map { Removable(seq: $0.integer(0), bytes: $0.int(1)) }, rest: Array(seqs.dropFirst(32)))
    }

    package func thin(before: Instant) async throws(JournalError) -> Bool {
        try await write("SELECT thin($1)", [.integer(before.milliseconds)], again: Statement(Self.known)).flag(0)
    }

    /// The database gives space back by itself (autovacuum).
    package func tidy() async throws(JournalError) -> Bool { false }

    package func messages(of patient: PatientKeys, after seq: Seq, limit: Int) async throws(JournalError) -> PatientPage {
        let values: [Value] = [
            .integer(Int64(bitPattern: patient.patient)), .integer(Int64(bitPattern: patient.ins)), .integer(seq), .integer(limit),
        ]
        let rows = try await readers.ask { (c) throws(SQLFailure) in try c.query("SELECT * FROM patient_page($1, $2, $3, $4)", values) }
        let found = rows.filter { !$0.isNull(1) }.map { row in
            PatientMessage(
                seq: row.integer(0), id: MessageID(row.key(1).key), isDecided: row.flag(2), open: row.integers(3), awaited: row.integers(4),
                sentTo: row.text(5).split(separator: "\n").map(String.init))
        }
        return PatientPage(found: found, next: rows.count < limit ? nil : rows.last?.integer(0))
    }

    package func erase(_ seqs: [Seq], evenAwaited: Bool, by person: String, now: Instant) async throws(JournalError) -> [Erased] {
        let rows = try await writeAll(
            "SELECT * FROM erase($1, $2, $3, $4)", [.integers(seqs), .flag(evenAwaited), .words(person), .integer(now.milliseconds)],
            again: Statement("SELECT seq, digest, length FROM message WHERE seq = ANY ($1) AND erased", [.integers(seqs)]), rows: seqs.count)
        return rows.map { Erased(seq: $0.integer(0), digest: $0.bytes(1), bytes: $0.int(2)) }
    }

    /// The rows are gone for every reader. Their bytes stay in the database's files until these are used again: see Deploy/postgres.
    package func scrub() async throws(JournalError) -> Bool { true }
}
