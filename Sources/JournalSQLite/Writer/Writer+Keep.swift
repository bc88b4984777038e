import Pipeline

/// Retention and erasure. Whether a message still may go is asked here again, in the transaction that removes.
extension Writer {
    /// What is gone of a message: bits of `message.removed`.
    enum Gone {
        static let body: Int64 = 1, erased: Int64 = 2, facts: Int64 = 4
    }
    /// A slice ends after this much work (nanoseconds), so that the messages of its group wait no longer than that for it.
    static let sliceWork: UInt64 = 1_000_000
    /// Free pages given back in one step.
    static let vacuumPages = 32

    func removal(of seq: Seq) throws(JournalError) -> BodyRemoval? {
        try keep.removal.bind(1, seq).first { (row) throws(JournalError) in
            BodyRemoval(at: Instant(milliseconds: row.integer(0)), isErased: row.integer(1) & Gone.erased != 0)
        }
    }

    func noteTime(_ now: Instant) throws(JournalError) {
        try keep.forgetLater.bind(1, now.milliseconds).run()
        let last = try keep.lastClock.first { (row) throws(JournalError) in row.integer(0) } ?? -1
        if last < nextSeq - 1 { try keep.insertClock.bind(1, now.milliseconds).bind(2, nextSeq - 1).run() }
        let old = now.milliseconds - 60 * 86_400_000
        try keep.thin.bind(1, old).bind(2, old - 3 * 86_400_000).run()
        try sql.meta.bind(1, "time_noted").bind(2, now.milliseconds).run()
    }

    // MARK: Retention

    func remove(_ level: KeepLevel, _ seqs: [Seq], _ now: Instant) throws(JournalError) -> Removal {
        let start = Uptime.now
        var removed: [Removable] = []
        let floor = level == .proofs ? try oldestOpen() : 0
        for (index, seq) in seqs.enumerated() {
            if index & 7 == 7, Uptime.now - start > Self.sliceWork { return Removal(removed: removed, rest: Array(seqs[index...])) }
            var bytes: Int? = 0
            switch level {
            case .body: bytes = try expire(seq, now)
            case .facts: if try !forget(seq) { bytes = nil }
            case .proofs: if try !drop(seq, floor: floor) { bytes = nil }
            case .audit: if try !dropAudit(seq) { bytes = nil }
            }
            if let bytes { removed.append(Removable(seq: seq, bytes: bytes)) }
        }
        return Removal(removed: removed, rest: [])
    }

    /// A message's row, as far as removals need it.
    private struct Row {
        let keep: Int64?
        let isGone: Bool, hasFacts: Bool, isErased: Bool
        let length: Int
        let path: String?
        let digest: [UInt8], search: [Key128]
        let peer: Int64
        let control: String
        let findings: String?

        init(_ row: Statement) {
            let removed = row.integer(2)
            (keep, isGone) = (row.optionalInteger(0), !row.isNull(1))
            (hasFacts, isErased, length) = (removed & Gone.facts == 0, removed & Gone.erased != 0, row.int(3))
            let id = MessageID(Key128(signed: row.integer(5), row.integer(6)))
            path = row.flag(4) ? BodyFolder.day(Instant(milliseconds: row.integer(7))) + "/" + id.description : nil
            (digest, search) = (row.bytes(8), row.isNull(9) ? [] : KeyList.unpack(row.bytes(9)))
            (peer, control, findings) = (row.integer(10), row.text(11), row.optionalText(13))
        }
    }

    private func row(_ seq: Seq) throws(JournalError) -> Row? { try keep.message.bind(1, seq).first { (row) throws(JournalError) in Row(row) } }

    /// Open, or with a report of this number (-1: none matters).
    private func isBlocked(_ seq: Seq, orReport report: Int64) throws(JournalError) -> Bool { try keep.blocked.bind(1, seq).bind(2, report).exists() }

    private func expire(_ seq: Seq, _ now: Instant) throws(JournalError) -> Int? {
        guard let row = try row(seq), let rule = row.keep, try !isBlocked(seq, orReport: Report.Status.awaited.number) else { return nil }
        try dropBody(seq, row, rule)
        try keep.gone.bind(1, seq).bind(2, now.milliseconds).bind(3, Gone.body).run()
        return row.length
    }

    private func dropBody(_ seq: Seq, _ row: Row, _ rule: Int64) throws(JournalError) {
        if let path = row.path { try keep.trash.bind(1, path).run() } else { try keep.deleteBody.bind(1, seq).run() }
        try keep.bare.bind(1, seq).run()
        keeps(rule, -1, row.length)
    }

    private func forget(_ seq: Seq) throws(JournalError) -> Bool {
        guard let row = try row(seq), row.isGone, row.hasFacts, try !isBlocked(seq, orReport: -1) else { return false }
        if seq > latest.through { try listLatest() }
        if seq > latest.through { try free(seq) }
        if !row.control.isEmpty { try keep.deleteSeen.bind(1, row.peer).bind(2, row.control).bind(3, seq).run() }
        for key in row.search { try keep.deleteSearch.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, seq).run() }
        try delete(keep.deleteToken, named: keep.tokens, seq)
        try keep.factsGone.bind(1, seq).run()
        return true
    }

    /// Rows by the keys that the deliveries of a message list.
    private func delete(_ statement: Statement, named list: Statement, _ seq: Seq) throws(JournalError) {
        let found = try list.bind(1, seq).rows { (row) throws(JournalError) in (row.integer(0), KeyList.unpack(row.bytes(1))) }
        for (id, keys) in found { for key in keys { try statement.bind(1, key.signed.high).bind(2, key.signed.low).bind(3, id).run() } }
    }

    private func oldestOpen() throws(JournalError) -> Seq {
        try keep.oldestOpen.first { (row) throws(JournalError) in row.optionalInteger(0).map { $0 >> 12 } ?? Seq.max } ?? Seq.max
    }

    private func drop(_ seq: Seq, floor: Seq) throws(JournalError) -> Bool {
        guard seq < nextSeq - 1, seq < floor, let row = try row(seq), row.isGone, !row.hasFacts else { return false }
        if seq > latest.through { try listLatest() }
        try delete(keep.deleteReplaces, named: keep.replaces, seq)
        try keep.deleteDeliveries.bind(1, seq).run()
        try keep.deleteMessage.bind(1, seq).run()
        return true
    }

    private func dropAudit(_ seq: Seq) throws(JournalError) -> Bool {
        guard seq > 0, seq < nextSeq, try !keep.isThere.bind(1, seq).exists() else { return false }
        try keep.deleteAudit.bind(1, seq).run()
        return connection.changes > 0
    }

    /// Old lines of the gateway's own audit, then traces that no message uses any more: whether there is more.
    ///
    /// No index says which messages use a trace. A mark does: a message above `seq` was planned after the mark was made, and has a trace above `trace`; once
    /// the oldest message that is left stands above, the traces up to it are nobody's, and the next mark is made.
    func thin(_ before: Instant) throws(JournalError) -> Bool {
        try keep.deleteNotes.bind(1, before.milliseconds).bind(2, Self.thinRows).run()
        if connection.changes == Self.thinRows { return true }
        let mark = try connection.text("SELECT value FROM meta WHERE name = 'trace_mark'")?.split(separator: " ").compactMap { Int64($0) }
        guard let mark, mark.count == 2 else {
            try markTraces()
            return false
        }
        guard try connection.number("SELECT min(seq) FROM message") ?? .max > mark[0] else { return false }
        try keep.deleteTraces.bind(1, mark[1]).bind(2, Self.thinRows).run()
        if connection.changes == Self.thinRows { return true }
        try markTraces()
        return false
    }

    private func markTraces() throws(JournalError) {
        names.forgetTraces()
        try sql.meta.bind(1, "trace_mark").bind(2, "\(nextSeq - 1) \(try connection.number("SELECT max(id) FROM trace") ?? 0)").run()
    }

    private static let thinRows = 64

    /// Gives free pages back once they are more than a quarter, then to the end: whether there are more.
    func vacuum() throws(JournalError) -> Bool {
        let free = try connection.number("PRAGMA freelist_count") ?? 0
        if !isVacuuming {
            let all = try connection.number("PRAGMA page_count") ?? 0
            isVacuuming = free > 64 && free * 4 > all
        }
        if isVacuuming {
            try connection.run("PRAGMA incremental_vacuum(\(Self.vacuumPages))")
            isVacuuming = free > Self.vacuumPages
        }
        return isVacuuming
    }

    // MARK: Erasure

    func erase(_ seqs: [Seq], _ evenAwaited: Bool, _ person: String, _ now: Instant) throws(JournalError) -> [Erased] {
        // Pages that become free are overwritten with zeros, too.
        _ = try connection.number("PRAGMA secure_delete = ON")
        defer { try? fastDelete() }
        var erased: [Erased] = []
        for seq in seqs {
            guard let row = try row(seq), row.keep != nil || row.isGone, !row.isErased else { continue }
            if try isBlocked(seq, orReport: evenAwaited ? -1 : Report.Status.awaited.number) { continue }
            if let rule = row.keep { try dropBody(seq, row, rule) }
            try keep.gone.bind(1, seq).bind(2, now.milliseconds).bind(3, Gone.body | Gone.erased).run()
            try anonymise(seq, row)
            try log(.erased, seq, by: person, at: now)
            erased.append(Erased(seq: seq, digest: row.digest, bytes: row.keep == nil ? 0 : row.length))
        }
        return erased
    }

    private func fastDelete() throws(JournalError) { _ = try connection.number("PRAGMA secure_delete = FAST") }

    /// What may name the patient beside the body: recipients, the far ends' words, order keys.
    private func anonymise(_ seq: Seq, _ row: Row) throws(JournalError) {
        let findings: [Finding]? = JSON.value(row.findings)
        try keep.anonymous.bind(1, seq).bind(2, JSON.text(findings.map { $0.map { Finding($0.severity, $0.reason.bare) } })).run()
        try keep.noPart.bind(1, seq).run()
        let reasons = try keep.details.bind(1, seq).rows { (row) throws(JournalError) in (row.integer(0), row.optionalText(1), row.optionalText(2)) }
        for (id, reason, report) in reasons { try keep.setDetails.bind(1, id).bind(2, Self.bare(reason)).bind(3, Self.bare(report)).run() }
        let lines = try keep.auditDetails.bind(1, seq).rows { (row) throws(JournalError) in (row.integer(0), row.optionalText(1)) }
        for (n, reason) in lines { try keep.setAuditDetail.bind(1, seq).bind(2, n).bind(3, Self.bare(reason)).run() }
    }

    private static func bare(_ text: String?) -> String? {
        let reason: Reason? = JSON.value(text)
        return JSON.text(reason?.bare)
    }

    /// Everything in the log goes into the database, and the log is emptied: what was erased is in neither any more.
    func emptyLog() -> WriteCompletion {
        do throws(JournalError) {
            return .more(try !connection.emptyLog())
        } catch {
            broke(error)
            return .failed(error)
        }
    }
}
