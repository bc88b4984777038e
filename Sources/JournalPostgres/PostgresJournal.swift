package import Pipeline
import Synchronization

/// The journal that several gateways share: a PostgreSQL database (design §7).
///
/// One thread takes in new messages, one does all other writes, each in groups of one pipelined transaction; questions have connections of their own.
/// The rules of order, leases and repeats are functions of the database, so that every gateway obeys the same ones.
package final class PostgresJournal: SharedJournal {
    /// How the database is reached, and what is promised of it.
    package struct Settings: Sendable {
        /// Parameters of a libpq connection by name: `host`, `port`, `dbname`, `user`, `sslmode`… Several hosts, with commas: the one that can be
        /// written is used.
        package var connection: [String: String]
        /// The password, asked for at each connection; nil: none is needed.
        package var password: @Sendable () -> String?
        /// This gateway's name, for people.
        package var node: String
        /// A fail-over loses nothing: refuse to start without a synchronous standby.
        package var failover: Bool
        /// The schema of the tables.
        package var schema = "passerelle"
        /// How long a lease holds. No attempt begins that could last longer than what is left of it.
        package var lease: Duration = .seconds(90)
        /// How long the session of another gateway must have been gone before this one takes over.
        package var silence: Duration = .seconds(2)
        /// How long this gateway's own session must have lasted before it takes over from anybody: after a fail-over of the database the others, too,
        /// need a while to come back.
        package var settling: Duration = .seconds(10)
        /// How long an answer of the database may take before the connection counts as lost.
        package var patience: Duration = .seconds(10)
        /// How long a connection may take to be made; whole seconds.
        package var connecting: Duration = .seconds(3)
        /// How long a console's question may take.
        package var questions: Duration = .seconds(2)

        /// The defaults of a production set-up.
        package init(connection: [String: String], node: String, failover: Bool, password: @escaping @Sendable () -> String? = { nil }) {
            (self.connection, self.node, self.failover, self.password) = (connection, node, failover, password)
        }
    }

    package let hash: SipHash
    private let link: Link
    private let time: any Timekeeper
    private let digester: Digester
    private let intake: GroupThread, work: GroupThread
    private let keeper: KeeperThread
    /// The engine's questions, and those of consoles: a slow search does not hold up a delivery.
    let readers: JobThreads, consoles: JobThreads
    /// Parked messages that this process has in memory.
    private let inHand = Mutex<Set<Seq>>([])
    private let broken: @Sendable (JournalError) -> Void

    /// Connects. Blocking. Throws `refused` when the database is not ours, not safe, or not there. `broken` is called when a write failed for a reason
    /// that trying again does not mend.
    package init(_ settings: Settings, time: any Timekeeper, digester: Digester, broken: @escaping @Sendable (JournalError) -> Void) throws(JournalError) {
        link = Link(settings)
        _ = try link.connect("start", strictly: true)
        hash = link.hash
        (self.time, self.digester, self.broken) = (time, digester, broken)
        let intake = GroupThread(.intake, link)
        self.intake = intake
        work = GroupThread(.work, link)
        keeper = KeeperThread(link, doubtful: { intake.takeDoubtful() }, stillDoubtful: { intake.keepDoubtful($0) })
        readers = JobThreads(link, use: "reader", count: 2, patience: nil)
        consoles = JobThreads(link, use: "console", count: 1, patience: .seconds(3))
    }

    /// The database has no limit of its own that could be asked: a full disk shows when it refuses, and such messages are answered `later`.
    package var hasRoom: Bool { true }

    // MARK: Messages

    package func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) {
        let parameters = Parameters(hash: hash)
        let statement: Statement, pieces: [Statement]
        do throws(JournalError) {
            (statement, pieces) = try parameters.accept(acceptance, now: time.now)
        } catch { return done(.failure(error)) }
        intake.put(
            Call(statement: statement, pieces: pieces, name: parameters.name(acceptance), message: acceptance.message.envelope.id.key) { answer in
                switch answer {
                case .success(let rows): done(Self.receipt(rows))
                case .failure(let error): done(.failure(error))
                }
            })
    }

    private static func receipt(_ rows: [Row]) -> Result<Receipt, JournalError> {
        guard let row = rows.first else { return .failure(.broken("accept gave no answer")) }
        let seq = row.integer(1)
        switch row.text(0) {
        case "new": return .success(.new(seq))
        case "reused": return .success(.reused(seq))
        case "undecided": return .success(.undecided(seq, sameBytes: row.text(2) == "same"))
        default:
            let kind = Verdict.Kind(rawValue: row.text(2)) ?? .accepted
            return .success(.seen(seq, Verdict(kind, JSON.value(row.optionalText(3)) ?? [])))
        }
    }

    package func spool(_ id: MessageID, received: Instant) throws(JournalError) -> (any BodySpool)? { nil }

    package func restore(_ body: Body, of seq: Seq, now: Instant) async throws(JournalError) {
        guard case .bytes(let bytes) = body else { throw .refused(JournalReasons.wrongState) }
        let pieces = stride(from: Parameters.piece, to: bytes.count, by: Parameters.piece).map { start in
            Statement(
                "INSERT INTO body SELECT seq, $2, $3 FROM message WHERE seq = $1 AND removed IS NULL ON CONFLICT DO NOTHING",
                [.integer(seq), .integer(start / Parameters.piece), .bytes(Array(bytes[start..<min(start + Parameters.piece, bytes.count)]))])
        }
        let row = try await write(
            "SELECT restore($1, $2, $3)", [.integer(seq), .bytes(Array(bytes.prefix(Parameters.piece))), .integer(now.milliseconds)],
            again: Statement(Self.known), pieces: pieces)
        if row.optionalText(0) == nil, let removal = try await readers.ask({ (c) throws(SQLFailure) in try Questions.removal(seq, c) }) {
            throw .refused(JournalReasons.gone(removal))
        }
        if !row.flag(0) { throw .refused(JournalReasons.noMessage) }
    }

    package func bytes(of message: Message) async throws(JournalError) -> [UInt8] {
        let bytes: [UInt8]
        if case .bytes(let here) = message.body {
            bytes = here
        } else {
            let seq = message.seq
            let found = try await readers.ask { (c) throws(SQLFailure) in try Questions.body(seq, c) }
            guard let found else {
                let removal = try await readers.ask { (c) throws(SQLFailure) in try Questions.removal(seq, c) }
                if let removal { throw .refused(JournalReasons.gone(removal)) }
                throw .damaged(seq)
            }
            bytes = found
        }
        if digester.sha256(bytes) != message.digest { throw .damaged(message.seq) }
        return bytes
    }

    // MARK: Writing

    func write(_ sql: String, _ values: [Value], again: Statement, pieces: [Statement] = [], rows: Int = 1) async throws(JournalError) -> Row {
        let found = try await writeAll(sql, values, again: again, pieces: pieces, rows: rows).first
        guard let found else { throw .broken("no answer") }
        return found
    }

    func writeAll(_ sql: String, _ values: [Value], again: Statement, pieces: [Statement] = [], rows: Int = 1) async throws(JournalError) -> [Row] {
        let answer: Result<[Row], JournalError> = await withCheckedContinuation { continuation in
            work.put(Call(statement: Statement(sql, values), pieces: pieces, again: again, rows: rows) { continuation.resume(returning: $0) })
        }
        do throws(JournalError) {
            return try answer.get()
        } catch {
            if case .broken = error { broken(error) }
            throw error
        }
    }

    static let known = "SELECT true"

    /// A settlement waits for the plans before it, and frees a place at a far end: with long runs of plans, deliveries would fall behind what comes in.
    private static let plansAtOnce = 16

    package func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] {
        var active: [DeliveryID] = [], rest = plans[...], isStale = !plans.isEmpty
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Self.plansAtOnce))
            rest = rest.dropFirst(Self.plansAtOnce)
            let wanted = piece.flatMap { $0.deliveries ?? [] }.filter { $0.state == .active }.map(\.id)
            let again = Statement(
                """
                SELECT CASE WHEN EXISTS (SELECT FROM gateway WHERE id = $2) THEN 'done' ELSE 'stale' END,
                    ARRAY(SELECT id FROM delivery WHERE id = ANY ($1) AND state = 1 AND attempt = 1 AND is_held(shard, $2, $3))
                """,
                [.integers(wanted), .integer(lease.epoch), .integer(lease.known)])
            let row = try await write(
                "SELECT * FROM plan($1, $2, $3, $4)",
                [.integer(lease.epoch), .integer(lease.known), .text(Parameters(hash: hash).plans(piece)), .integer(time.now.milliseconds)], again: again,
                rows: piece.count)
            inHand.withLock { $0.subtract(piece.filter { $0.deliveries != nil }.map(\.seq)) }
            switch row.text(0) {
            case "absent": throw .refused(JournalReasons.noMessage)
            case "stale":
                // This process may have signed in anew since: what it has taken in under its new number is nobody else's.
                let seqs = Value.integers(piece.map(\.seq))
                _ = try await write("SELECT repark($1, $2)", [.integer(link.gateway), seqs], again: Statement(Self.known))
            default:
                isStale = false
                active += row.integers(1)
            }
        }
        if isStale { throw .stale }
        return active
    }

    package func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled {
        let emitted = settlements.flatMap(\.emitted)
        let again = Statement(
            """
            SELECT (SELECT string_agg(id || ' ' || attempt, ' ') FROM delivery WHERE id = ANY ($1) AND state = 1 AND is_held(shard, $3, $4)), \(Self.emittedSQL),
                '{}', '{}'
            """,
            [.integers(next), .texts(emitted.map(\.message.envelope.id.key.hex)), .integer(lease.epoch), .integer(lease.known)])
        let row = try await write(
            "SELECT * FROM settle($1, $2, $3, $4, $5)",
            [
                .integer(lease.epoch), .integer(lease.known), .text(Parameters.settlements(settlements)), .integers(next), .integer(now.milliseconds),
            ], again: again, pieces: Parameters.pieces(emitted), rows: max(settlements.count, next.count, 1))
        let words = row.text(0).split(separator: " ").compactMap { Int64($0) }
        var activated: [DeliveryID: Int] = [:]
        for at in stride(from: 0, to: words.count - 1, by: 2) { activated[words[at]] = Int(words[at + 1]) }
        return Settled(
            activated: activated, emitted: Self.numbered(emitted, row.integers(1)), ignored: Set(row.integers(2)),
            freed: Set(row.integers(3).map { Lane(UInt64(bitPattern: $0)) }))
    }

    private static let emittedSQL =
        "ARRAY(SELECT coalesce(m.seq, 0) FROM unnest($2::uuid[]) WITH ORDINALITY u(id, n) LEFT JOIN message m ON m.id = u.id ORDER BY u.n)"

    /// The emitted messages that were stored, with their numbers.
    private static func numbered(_ emitted: [Emitted], _ seqs: [Int64]) -> [Message] {
        zip(emitted, seqs).filter { $0.1 != 0 }.map { one, seq in
            var message = one.message
            message.seq = seq
            return message
        }
    }

    package func record(_ facts: [String: String], for delivery: DeliveryID, attempt: Int, _ lease: Lease) async throws(JournalError) {
        let again = Statement(
            "SELECT EXISTS (SELECT FROM delivery WHERE id = $1 AND state = 1 AND attempt = $2 AND is_held(shard, $3, $4))",
            [.integer(delivery), .integer(attempt), .integer(lease.epoch), .integer(lease.known)])
        let row = try await write(
            "SELECT record($1, $2, $3, $4, $5)",
            [.integer(lease.epoch), .integer(lease.known), .text(JSON.text(facts) ?? "{}"), .integer(delivery), .integer(attempt)], again: again)
        if !row.flag(0) { throw .stale }
    }

    package func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant)
        async throws(JournalError) -> [Message]
    {
        let again = Statement("SELECT $1::bigint[] || \(Self.emittedSQL)", [.text("{}"), .texts(emitted.map(\.message.envelope.id.key.hex))])
        let row = try await write(
            "SELECT report($1, $2, $3, $4, $5, $6, $7, $8)",
            [
                .integer(link.gateway), .integer(report.status.number), .optional(JSON.text(report.reason)), .text("report " + report.status.rawValue),
                .integer(delivery), .integer(message), .text(Parameters.emitted(emitted)), .integer(now.milliseconds),
            ], again: again, pieces: Parameters.pieces(emitted))
        if row.isNull(0) { throw .refused(JournalReasons.noDelivery) }
        _ = inHand.withLock { $0.remove(message) }
        return Self.numbered(emitted, row.integers(0))
    }

    package func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message] {
        let again = Statement(
            """
            SELECT CASE WHEN EXISTS (SELECT FROM audit WHERE seq = $1 AND ordinal = $3 AND what = $4 AND who = $5 AND at = $6) THEN 'done' ELSE 'stale' END,
                \(Self.emittedSQL)
            """,
            [
                .integer(delivery >> 12), .texts(emitted.map(\.message.envelope.id.key.hex)), .integer(delivery & 4095), .text(Self.past(command)),
                .words(person), .integer(now.milliseconds),
            ])
        while true {
            let statement = try await statement(command, delivery, version, emitted, person, now, tokens)
            let row = try await write(statement.sql, statement.values, again: again, pieces: Parameters.pieces(emitted))
            switch row.text(0) {
            case "done": return Self.numbered(emitted, row.integers(1))
            case "again": continue
            case "stale": throw .stale
            case "active": throw .refused(JournalReasons.beingSent)
            case "state": throw .refused(JournalReasons.wrongState)
            case "merge": throw .refused(JournalReasons.noMerge)
            case "gone": throw .refused(JournalReasons.bodyExpired)
            case "overtaken": throw .refused(JournalReasons.overtaken)
            case "many": throw .refused(JournalReasons.tooMany)
            default: throw .refused(JournalReasons.noDelivery)
            }
        }
    }

    /// A person's word as the audit tells it.
    private static func past(_ command: OperatorCommand) -> String {
        switch command {
        case .hold: "held"
        case .release: "released"
        case .retry: "retried"
        case .pass: "passed"
        case .discard: "discarded"
        case .resend: "resent"
        }
    }

    private func statement(
        _ command: OperatorCommand, _ id: DeliveryID, _ version: Int, _ emitted: [Emitted], _ person: String, _ now: Instant,
        _ tokens: @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> Statement {
        let emitted = Value.text(Parameters.emitted(emitted)), hash = hash
        var word = "release", reason: Reason?, owner: Owner?
        switch command {
        case .hold(let why, let who): (word, reason, owner) = ("hold", why, who)
        case .release: word = "release"
        case .retry: word = "retry"
        case .pass: word = "pass"
        case .discard(let why): (word, reason) = ("discard", why)
        case .resend:
            let found = try await readers.ask { (c) throws(SQLFailure) in try Questions.resend(id, c) }
            guard let found else { throw .refused(JournalReasons.noDelivery) }
            let key = hash.key(found.key.hex, "resend", String((found.last & 4095) + 1))
            return Statement(
                "SELECT * FROM resend($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                [
                    .integer(link.gateway), .integer(id), .integer(version), .words(person), .integer(found.last + 1), .text(key.hex),
                    .texts(tokens(key).map { $0.key(hash).hex }), emitted, .integer(now.milliseconds),
                ])
        }
        return Statement(
            "SELECT * FROM command($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            [
                .integer(link.gateway), .text(word), .integer(id), .integer(version), .words(person), .optional(JSON.text(reason)),
                .optional(owner?.rawValue), emitted, .integer(now.milliseconds),
            ])
    }

    package func note(_ word: GatewayWord, _ reason: Reason, by person: String, now: Instant) async throws(JournalError) {
        _ = try await write(
            "INSERT INTO audit (seq, at, what, who, reason) VALUES (0, $1, $2, $3, $4) RETURNING true",
            [.integer(now.milliseconds), .text(word.rawValue), .words(person), .optional(JSON.text(reason))], again: Statement(Self.known))
    }

    package func mark(_ group: Set<Seq>) async throws(JournalError) {
        _ = try await write("SELECT mark($1, $2)", [.integer(link.gateway), .integers(group.sorted())], again: Statement(Self.known))
    }

    // MARK: Leases

    package func beat(leaving: Set<Int>) async throws(JournalError) -> LeaseNews {
        let now = time.now
        let answer = await withCheckedContinuation { continuation in
            keeper.put(KeeperThread.Beat(leaving: leaving, now: now) { continuation.resume(returning: $0) })
        }
        return try answer.get()
    }

    /// The first beat of this process, or another.
    package func lease() async throws(JournalError) -> Lease { try await beat(leaving: []).lease }

    package func onHint(_ hear: @escaping @Sendable (JournalHint) -> Void) { keeper.listen(hear) }

    package func adopt(limit: Int) async throws(JournalError) -> [Adopted] {
        let known = inHand.withLock { $0 }, gateway = link.gateway
        let found = try await readers.ask { (c) throws(SQLFailure) in try Questions.adoptable(gateway, inHand: known, limit: limit, c) }
        inHand.withLock { $0.formUnion(found.map(\.unrouted.message.seq)) }
        return found
    }

    // MARK: Questions

    package func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        let gateway = link.gateway
        return try await readers.ask { (c) throws(SQLFailure) in try Questions.unrouted(gateway, after: seq, limit: limit, c) }
    }

    package func unrouted(key: UInt64, after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] {
        let gateway = link.gateway
        return try await readers.ask { (c) throws(SQLFailure) in try Questions.unrouted(gateway, key: key, after: seq, limit: limit, c) }
    }

    package func due(
        _ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?
    ) async throws(JournalError) -> [Delivery] {
        let classes = deliveryClass.map { [$0] } ?? DeliveryClass.allCases
        return try await readers.ask { (c) throws(SQLFailure) in
            try Questions.due(lease, now: now, limit: limit, excluding: excluding, resting: resting, classes: classes, c)
        }
    }

    package func following(_ heads: [Delivery], each: Int) async throws(JournalError) -> [Delivery] {
        if heads.isEmpty { return [] }
        return try await readers.ask { (c) throws(SQLFailure) in try Questions.following(heads, each: each, c) }
    }

    package func nextDue(_ lease: Lease) async throws(JournalError) -> Instant? {
        try await readers.ask { (c) throws(SQLFailure) in try Questions.nextDue(lease, c) }
    }

    package func delivery(carrying tokens: [Token]) async throws(JournalError) -> StoredDelivery? {
        let keys = tokens.map { $0.key(hash) }
        return try await readers.ask { (c) throws(SQLFailure) in try Questions.delivery(carrying: keys, c) }
    }

    package func find(_ query: Query) async throws(JournalError) -> Page {
        let hash = hash
        return try await consoles.ask { (c) throws(SQLFailure) in try Find(connection: c, hash: hash).page(query) }
    }

    package func blockedKeys() async throws(JournalError) -> [DeliveryID: OrderKeys] {
        try await readers.ask { (c) throws(SQLFailure) in try Questions.blockedKeys(c) }
    }

    package func marked() async throws(JournalError) -> Set<Seq> {
        let gateway = link.gateway
        return try await readers.ask { (c) throws(SQLFailure) in
            Set(try c.query("SELECT marked || inherited FROM gateway WHERE id = $1", [.integer(gateway)]).first?.integers(0) ?? [])
        }
    }

    // MARK: End

    package func giveUp() { link.close() }

    package func close() async { await close(leaving: time.now) }

    /// Ends without a word to the others, as a process that dies does.
    package func abandon() async { await close(leaving: nil) }

    private func close(leaving: Instant?) async {
        await withCheckedContinuation { continuation in
            startThread { [self] in
                intake.close()
                work.close()
                link.close()
                keeper.close(leaving: leaving)
                readers.close()
                consoles.close()
                continuation.resume()
            }
        }
    }
}

extension Lease {
    /// The highest epoch that the gateway knows of.
    fileprivate var known: Int64 { epochs.max() ?? 0 }
}
