import Pipeline

/// All writes and all checkpoints, on one connection: a synchronous core that a plain thread drives. Not for use from two threads.
final class Writer {
    /// A group is closed at this many rows, bytes, or nanoseconds of work.
    static let groupRows = 256, groupBytes = 4 << 20
    /// A test that wants a whole group whatever the machine is doing sets it higher.
    var groupWork: UInt64 = 2_000_000

    struct Tally: Hashable {
        /// A destination's name, or 0 for messages.
        let name: Int64
        let state: Int64
    }

    let connection: Connection
    /// The write-ahead log, which is synced after each commit.
    let logFile: LogFile
    let sql: WriterStatements
    let keep: KeepStatements
    let names: Names
    let hash: SipHash
    private let secret: Key128
    /// What is kept beside the database.
    var state: JournalState { JournalState(epoch: epoch, seq: nextSeq - 1, secret: secret) }
    let time: any Timekeeper
    private(set) var epoch: Int64
    var nextSeq: Seq
    private var auditNumber: Int64
    /// Deliveries that are being sent: this writer alone activates and settles, so it need not read them again.
    var active: [DeliveryID: DeliveryRow] = [:]
    /// The one that is active in a lane, as its own or as a barrier.
    var activeLanes: [Int64: DeliveryID] = [:]
    /// Control ids that `seen` does not list yet.
    var latest = LatestIDs()
    /// Changes of the counters within the open transaction.
    private var changes: [Tally: Int] = [:]
    /// Changes of the counts of bodies, by rule, within the open transaction.
    private var keptChanges: [Int64: KeptBodies] = [:]
    /// Lengths of messages that came lately and are not decided: counted then without reading them again.
    private var lengths: [Seq: Int] = [:]
    /// Free pages are being given back, to the end.
    var isVacuuming = false
    /// Open deliveries, for the room on the disk.
    private(set) var openCount: Int
    /// Whether there ever was a merge, a replacement, a held delivery that lets others pass: without, no question is asked.
    var hasBarriers: Bool, hasReplacements: Bool, hasPassed: Bool
    /// The journal failed: nothing is written any more.
    private(set) var failure: JournalError?

    /// Takes over a prepared database: a new epoch, and what was active is unknown, due at once.
    init(_ connection: Connection, time: any Timekeeper) throws(JournalError) {
        (self.connection, self.time) = (connection, time)
        logFile = try connection.log()
        sql = try WriterStatements(connection)
        keep = try KeepStatements(connection)
        names = try Names(connection)
        let secret = try Statement(connection, "SELECT value FROM meta WHERE name = 'secret'").first { (row) throws(JournalError) in row.bytes(0) }
        self.secret = Key128(bytes: secret ?? [])
        hash = SipHash(secret: self.secret)
        epoch = try connection.number("SELECT value FROM meta WHERE name = 'epoch'") ?? 0
        epoch += 1
        auditNumber = epoch << 32
        nextSeq = try Self.lastSeq(connection) + 1
        openCount = Int(try connection.number("SELECT total(n) FROM tally WHERE name > 0") ?? 0)
        hasBarriers = try connection.number("SELECT 1 FROM barrier LIMIT 1") != nil
        hasReplacements = try connection.number("SELECT 1 FROM replaces LIMIT 1") != nil
        hasPassed = try connection.number("SELECT 1 FROM delivery INDEXED BY delivery_passed WHERE state = 4 AND pass = 1 LIMIT 1") != nil
        try loadLatest()
        try recover()
        if let error = logFile.sync() { throw error }
    }

    /// The last seq given: a salvaged journal may have lost its newest messages, but gives no seq twice.
    private static func lastSeq(_ connection: Connection) throws(JournalError) -> Seq {
        max(try connection.number("SELECT max(seq) FROM message") ?? 0, try connection.number("SELECT value FROM meta WHERE name = 'last_seq'") ?? 0)
    }

    /// What is being sent. By its index: of the others there may be those of ten years.
    private static let attempts = "SELECT \(DeliveryRow.columns) FROM delivery INDEXED BY delivery_state WHERE state = 1 AND state < 5"

    private func recover() throws(JournalError) {
        try sql.begin.run()
        let interrupted = try Statement(connection, Self.attempts).rows { (row) throws(JournalError) in
            DeliveryRow(row)
        }
        let now = time.now, why = JSON.text(JournalReasons.interrupted)
        for row in interrupted {
            try sql.again.bind(1, row.id).bind(2, DeliveryState.unknown.number).bind(3, now.milliseconds).bind(4, why).bind(5, 1).bind(6, now.milliseconds)
                .run()
            moved(row, from: .active, to: .unknown)
            if row.isDecided { try forgetDecision(row.id) }
            try log(.interrupted, row.seq, row.id, attempt: row.attempt, at: now)
        }
        var touched = Touched()
        for row in interrupted { try left(row, &touched) }
        _ = try refresh(touched)
        try hasten(now)
        try sql.meta.bind(1, "epoch").bind(2, epoch).run()
        try listLatest()
        try flushTallies()
        try sql.commit.run()
        changes = [:]
    }

    /// What waits for a time that no pause reaches was put off by a clock that was ahead: it is due now.
    private func hasten(_ now: Instant) throws(JournalError) {
        let next = try Statement(connection, "SELECT min(sender) FROM delivery INDEXED BY delivery_ready WHERE ready = 1 AND class = ?1 AND sender > ?2")
        let hasten = try Statement(
            connection, "UPDATE delivery INDEXED BY delivery_ready SET due = ?4 WHERE ready = 1 AND class = ?1 AND sender = ?2 AND due > ?3")
        for number in DeliveryClass.allCases.map(\.number) {
            var sender: Int64 = 0
            while let found = try next.bind(1, number).bind(2, sender).first({ (row) throws(JournalError) in row.optionalInteger(0) }) ?? nil {
                sender = found
                try hasten.bind(1, number).bind(2, sender).bind(3, (now + RetryPolicy.longestWait).milliseconds).bind(4, now.milliseconds).run()
            }
        }
    }

    // MARK: Groups

    /// Carries out the writes in order as one transaction, commits and syncs. Answers for the first ones: when the work took too long, the rest is
    /// for the next group. Nothing is answered before it is on stable storage.
    func step(_ operations: [WriteOperation]) -> [WriteCompletion] {
        let completions = commit(operations)
        return sync() ? completions : fail(operations)
    }

    /// Makes all commits so far durable; false: the journal is broken.
    func sync() -> Bool {
        if failure == nil { failure = logFile.sync() }
        return failure == nil
    }

    /// Another thread's sync failed: nothing is written any more.
    func broke(_ error: JournalError) { failure = failure ?? error }

    /// As `step`, but nothing is durable yet: no completion may be told before the log was synced.
    func commit(_ operations: [WriteOperation]) -> [WriteCompletion] {
        if let failure { return operations.map { _ in .failed(failure) } }
        if operations.count == 1, case .scrub = operations[0] { return [emptyLog()] }
        var refused: [Int: JournalError] = [:]
        while true {
            do throws(JournalError) {
                switch try attempt(operations, refused) {
                case .committed(let completions): return completions
                case .poisoned(let index, let error): refused[index] = error
                }
            } catch {
                guard undo() else { return fail(operations) }
                if error == .full { return makeRoom(operations) }
                failure = error
                return fail(operations)
            }
        }
    }

    private enum Attempt {
        case committed([WriteCompletion])
        /// An operation was refused after it had changed something: the group is done again without it.
        case poisoned(Int, JournalError)
    }

    private func attempt(_ operations: [WriteOperation], _ refused: [Int: JournalError]) throws(JournalError) -> Attempt {
        try sql.begin.run()
        let start = Uptime.now
        var completions: [WriteCompletion] = []
        completions.reserveCapacity(operations.count)
        for (index, operation) in operations.enumerated() {
            if index > 0, Uptime.now - start > groupWork { break }
            if let error = refused[index] {
                completions.append(.failed(error))
                continue
            }
            let before = connection.totalChanges
            do throws(JournalError) {
                completions.append(try perform(operation))
            } catch {
                switch error {
                case .full, .broken, .closed, .away: throw error
                case .stale, .refused, .damaged:
                    if connection.totalChanges != before {
                        guard undo() else { throw .broken("rollback") }
                        return .poisoned(index, error)
                    }
                    completions.append(.failed(error))
                }
            }
        }
        if latest.count >= LatestIDs.most { try listLatest() }
        try flushTallies()
        try sql.commit.run()
        changes.removeAll(keepingCapacity: true)
        keptChanges.removeAll(keepingCapacity: true)
        return .committed(completions)
    }

    private func perform(_ operation: WriteOperation) throws(JournalError) -> WriteCompletion {
        switch operation {
        case .accept(let acceptance): return .receipt(try accept(acceptance))
        case .plan(let plans, let lease): return .planned(try plan(plans, lease))
        case .settle(let settlements, let next, let lease, let now): return .settled(try settle(settlements, next, lease, now))
        case .record(let facts, let id, let attempt, let lease):
            try record(facts, id, attempt, lease)
            return .done
        case .report(let report, let id, let carrier, let emitted, let now):
            return .messages(try self.report(report, id, carrier, emitted, now))
        case .command(let command, let id, let version, let emitted, let person, let now, let tokens):
            return .messages(try self.command(Word(command: command, person: person, now: now, tokens: tokens), id, version, emitted))
        case .restore(let body, let seq, let now):
            try restore(body, seq, now)
            return .done
        case .mark(let group):
            try sql.meta.bind(1, "marked").bind(2, group.sorted().map(String.init).joined(separator: " ")).run()
            return .done
        case .noteTime(let now):
            try noteTime(now)
            return .done
        case .remove(let level, let seqs, let now): return .removed(try remove(level, seqs, now))
        case .erase(let seqs, let evenAwaited, let person, let now): return .erased(try erase(seqs, evenAwaited, person, now))
        case .emptied(let paths):
            for path in paths { try keep.emptied.bind(1, path).run() }
            return .done
        case .thin(let before): return .more(try thin(before))
        case .vacuum: return .more(try vacuum())
        case .scrub: return .more(false)
        case .note(let word, let reason, let person, let now):
            try log(AuditWord(word), 0, reason: reason, by: person, at: now)
            return .done
        }
    }

    /// The disk is full: what comes in waits, what goes out is tried alone, then one by one, so that a full queue can drain.
    private func makeRoom(_ operations: [WriteOperation]) -> [WriteCompletion] {
        let out = operations.indices.filter { operations[$0].isSettlement }
        if !out.isEmpty, out.count < operations.count {
            let done = commit(out.map { operations[$0] })
            var completions = operations.map { _ in WriteCompletion.failed(.full) }
            for (index, completion) in zip(out, done) { completions[index] = completion }
            return completions
        }
        if out.count > 1 { return operations.map { commit([$0])[0] } }
        return operations.map { _ in .failed(.full) }
    }

    private func fail(_ operations: [WriteOperation]) -> [WriteCompletion] { operations.map { _ in .failed(failure ?? .broken("rollback")) } }

    /// Rolls the transaction back, and memory with it; false if that failed too.
    private func undo() -> Bool {
        do throws(JournalError) {
            if !connection.isIdle { try sql.rollback.run() }
            names.forget()
            for (tally, change) in changes where tally.name > 0 { openCount -= change }
            changes = [:]
            keptChanges = [:]
            isVacuuming = false
            nextSeq = try Self.lastSeq(connection) + 1
            (active, activeLanes) = ([:], [:])
            let rows = try Statement(connection, Self.attempts).rows { (row) throws(JournalError) in
                DeliveryRow(row)
            }
            for row in rows { enter(row) }
            try loadLatest()
            return true
        } catch {
            failure = error
            return false
        }
    }

    /// Moves the log into the database, between groups. What a reader still needs stays for the next time.
    func checkpoint() {
        do throws(JournalError) {
            _ = try connection.checkpoint()
        } catch {
            failure = error
        }
    }

    // MARK: Counters and audit

    /// Counts a delivery that changed its state; nil: it was or is none.
    func moved(_ row: DeliveryRow, from old: DeliveryState?, to new: DeliveryState?) {
        if let old, old.isOpen {
            changes[Tally(name: row.destination, state: old.number), default: 0] -= 1
            openCount -= 1
        }
        if let new, new.isOpen {
            changes[Tally(name: row.destination, state: new.number), default: 0] += 1
            openCount += 1
        }
    }

    /// Counts messages without a plan.
    func countIncoming(_ change: Int) { changes[Tally(name: 0, state: 0), default: 0] += change }

    /// Counts a body under its rule, or out of it.
    func keeps(_ rule: Int64, _ count: Int, _ bytes: Int) {
        keptChanges[rule, default: KeptBodies()].count += count
        keptChanges[rule, default: KeptBodies()].bytes += count * bytes
    }

    func remember(length: Int, of seq: Seq) {
        if lengths.count > 50_000 { lengths = [:] }
        lengths[seq] = length
    }

    func length(of seq: Seq) throws(JournalError) -> Int {
        if let known = lengths.removeValue(forKey: seq) { return known }
        return try keep.length.bind(1, seq).first { (row) throws(JournalError) in row.int(0) } ?? 0
    }

    private func flushTallies() throws(JournalError) {
        for (rule, change) in keptChanges where change != KeptBodies() { try keep.count.bind(1, rule).bind(2, change.count).bind(3, change.bytes).run() }
        for (tally, change) in changes where change != 0 { try sql.tally.bind(1, tally.name).bind(2, tally.state).bind(3, change).run() }
    }

    func log(
        _ word: AuditWord, _ seq: Seq, _ delivery: DeliveryID? = nil, attempt: Int? = nil, reason: Reason? = nil, by person: String? = nil, at now: Instant
    ) throws(JournalError) {
        auditNumber += 1
        try sql.audit.bind(1, seq).bind(2, auditNumber).bind(3, now.milliseconds).bind(4, word.rawValue).bind(5, delivery.map { $0 & 4095 })
            .bind(6, attempt.map(Int64.init)).bind(7, person).bind(8, JSON.text(reason)).run()
    }
}
