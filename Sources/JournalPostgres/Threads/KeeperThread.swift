import Glibc
import Pipeline

/// The plain thread of the lease: beats when asked, and listens to what others notify in between. Its session's lock tells them that this process
/// lives: when the process or its machine dies, the server sees the connection end, and the lock with it.
// @unchecked: the jobs, the hearer and the flags are touched with the gate locked; the connection and the registration belong to the thread alone.
final class KeeperThread: @unchecked Sendable {
    struct Beat {
        let leaving: Set<Int>
        let now: Instant
        let done: @Sendable (Result<LeaseNews, JournalError>) -> Void
    }
    private let link: Link
    private let gate = Gate()
    /// A byte in the pipe wakes the thread.
    private let pipe: (read: Int32, write: Int32)
    private var beats: [Beat] = []
    private var hear: (@Sendable (JournalHint) -> Void)?
    private var isClosed = false, hasEnded = false
    /// Messages to be parked, as `GroupThread` lists them.
    private let doubtful: @Sendable () -> [Key128]
    private let stillDoubtful: @Sendable ([Key128]) -> Void
    // The thread's own.
    private var connection: Connection?
    private var connectedAt: UInt64 = 0
    private var holdsLock = false
    private var epochs = [Int64](repeating: 0, count: Lease.shards)
    /// Gateways whose session has gone, and since when this session sees it so.
    private var silent: [Int64: UInt64] = [:]

    init(_ link: Link, doubtful: @escaping @Sendable () -> [Key128], stillDoubtful: @escaping @Sendable ([Key128]) -> Void) {
        (self.link, self.doubtful, self.stillDoubtful) = (link, doubtful, stillDoubtful)
        var ends: [Int32] = [-1, -1]
        _ = Glibc.pipe(&ends)
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        pipe = (ends[0], ends[1])
        startThread { [self] in run() }
    }

    deinit {
        Glibc.close(pipe.read)
        Glibc.close(pipe.write)
    }

    private func wake() {
        var one: UInt8 = 1
        _ = write(pipe.write, &one, 1)
    }

    func listen(_ hear: @escaping @Sendable (JournalHint) -> Void) { gate.locked { self.hear = hear } }

    func put(_ beat: Beat) {
        gate.lock()
        let isOpen = !isClosed
        if isOpen { beats.append(beat) }
        gate.unlock()
        if !isOpen { return beat.done(.failure(.closed)) }
        wake()
    }

    /// Ends the thread. `leaving`: others take this gateway's share at once.
    func close(leaving: Instant?) {
        gate.lock()
        isClosed = true
        farewell = leaving
        wake()
        while !hasEnded { gate.wait() }
        gate.unlock()
    }
    private var farewell: Instant?

    // MARK: On the thread

    private func run() {
        while true {
            let (waiting, isOver) = gate.locked { () -> ([Beat], Bool) in
                defer { beats = [] }
                return (beats, isClosed)
            }
            for one in waiting { one.done(isOver ? .failure(.closed) : answer(one)) }
            if isOver { break }
            listen()
        }
        if let now = gate.locked({ farewell }), link.gateway != 0, let connection = connected() {
            _ = try? connection.query("SELECT leave($1, $2)", [.integer(link.gateway), .integer(now.milliseconds)])
        }
        connection = nil
        gate.locked {
            hasEnded = true
            gate.wakeAll()
        }
    }

    /// Sleeps until a beat is asked for or something is notified.
    private func listen() {
        // What came while a beat read its answers is in hand already, and no byte of it would end the sleep.
        tell()
        var polled = [pollfd(fd: pipe.read, events: Int16(POLLIN), revents: 0)]
        if let connection, !connection.isLost { polled.append(pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0)) }
        _ = poll(&polled, nfds_t(polled.count), 1000)
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(pipe.read, &bytes, 64) == 64 {}
        tell()
    }

    private func tell() {
        guard let connection, !connection.isLost else { return }
        let hear = gate.locked { self.hear }
        for text in connection.notifications() { if let hint = Self.hint(text, own: link.gateway) { hear?(hint) } }
    }

    /// `GATEWAY lanes 1 2 3`, `GATEWAY lanes *`, `GATEWAY parked`, `GATEWAY gateways`.
    static func hint(_ text: String, own: Int64) -> JournalHint? {
        let words = text.split(separator: " ")
        guard words.count >= 2 else { return nil }
        switch words[1] {
        case "parked": return .parked
        case "gateways": return Int64(words[0]) == own ? nil : .gateways
        case "lanes" where words.count == 3 && words[2] == "*": return .anyLane
        case "lanes": return .lanes(Set(words.dropFirst(2).compactMap { Int64($0) }.map { Lane(UInt64(bitPattern: $0)) }))
        default: return nil
        }
    }

    private func connected() -> Connection? {
        if let connection, !connection.isLost { return connection }
        connection = nil
        holdsLock = false
        silent = [:]
        guard let made = try? link.connect("keeper"), (try? made.run(script: "LISTEN passerelle; SET lock_timeout = '4s'")) != nil else { return nil }
        (connection, connectedAt) = (made, Uptime.now)
        return made
    }

    // MARK: Beats

    /// The class of the sessions' locks: this journal's own.
    private var lockClass: UInt64 { link.hash.key("gateways").low & 0x7FFF_FFFF }

    private func answer(_ beat: Beat, isAgain: Bool = false) -> Result<LeaseNews, JournalError> {
        guard let connection = connected() else { return .failure(.away) }
        do throws(SQLFailure) {
            if link.gateway == 0 { try register(connection, at: beat.now) }
            if let news = try self.beat(connection, beat) { return .success(news) }
            // Others took this gateway for dead: it starts anew, with nothing.
            try register(connection, at: beat.now)
            guard let news = try self.beat(connection, beat) else { return .failure(.away) }
            return .success(news)
        } catch {
            // A registration that failed half way would leave its lock behind.
            if error.isLost || connection.isLost || !holdsLock { self.connection = nil }
            if error.state == "55P03" {
                endHalfSent(connection)
                if !isAgain { return answer(beat, isAgain: true) }
            }
            return .failure(error.isPassing || connection.isLost ? .away : .broken("\(error.state) \(error.text)"))
        }
    }

    private func register(_ connection: Connection, at now: Instant) throws(SQLFailure) {
        holdsLock = false
        let id = try connection.query("SELECT nextval('gateway_id')").first?.integer(0) ?? 0
        _ = try connection.query("SELECT pg_advisory_lock($1::integer, $2::integer)", [.integer(lockClass), .integer(id)])
        _ = try connection.query(
            "INSERT INTO gateway (id, node, started, expires) VALUES ($1, $2, clock_timestamp(), clock_timestamp() + $3::bigint * interval '1 ms')",
            [.integer(id), .words(link.settings.node), .integer(lifetime)])
        holdsLock = true
        link.register(id)
        _ = try connection.query("SELECT hasten($1, $2)", [.integer(now.milliseconds), .integer(Int(RetryPolicy.longestWait / .milliseconds(1)))])
    }

    private var silence: UInt64 { UInt64(link.settings.silence / .nanoseconds(1)) }
    private var lifetime: Int { Int(link.settings.lease / .milliseconds(1)) }

    private func beat(_ connection: Connection, _ beat: Beat) throws(SQLFailure) -> LeaseNews? {
        let id = link.gateway, start = Uptime.now
        if !holdsLock {
            let rows = try connection.query("SELECT pg_try_advisory_lock($1::integer, $2::integer)", [.integer(lockClass), .integer(id)])
            holdsLock = rows.first?.flag(0) ?? false
        }
        let isSettled = start >= connectedAt + UInt64(link.settings.settling / .nanoseconds(1))
        let dead = try findDead(connection, isSettled: isSettled)
        let answer = try connection.query(
            "SELECT * FROM beat($1, $2, $3, $4, $5, $6, $7)",
            [
                .integer(id), .integer(lifetime), .flag(isSettled), .integers(dead), .integer(lockClass), .integers(beat.leaving.sorted()),
                .integer(beat.now.milliseconds),
            ]
        ).first
        guard let answer else { return nil }
        let before = epochs
        epochs = [Int64](repeating: 0, count: Lease.shards)
        for (shard, epoch) in zip(answer.integers(0), answer.integers(1)) where shard >= 0 && shard < Lease.shards { epochs[Int(shard)] = epoch }
        let lost = Set(before.indices.filter { before[$0] != 0 && epochs[$0] != before[$0] }).subtracting(beat.leaving)
        let gained = Set(epochs.indices.filter { epochs[$0] != 0 && epochs[$0] != before[$0] })
        let held = epochs.indices.filter { epochs[$0] != 0 }
        let parked = try park(connection, id)
        return LeaseNews(
            lease: Lease(epoch: id, epochs: epochs), until: start + UInt64(lifetime) * 1_000_000, sure: start + silence, gained: gained, lost: lost,
            surplus: Set(held.suffix(answer.int(2))), hasParked: parked || answer.flag(3))
    }

    /// Gateways whose session has gone for long enough, or whose lease has run out: their other sessions are ended, so that a transaction that a stopped
    /// process left half sent does not hold everybody up.
    private func findDead(_ connection: Connection, isSettled: Bool) throws(SQLFailure) -> [Int64] {
        let rows = try connection.query(
            """
            SELECT g.id, g.expires < clock_timestamp(), g.id = ANY (there) FROM gateway g CROSS JOIN present($2) there WHERE g.id <> $1
            """, [.integer(link.gateway), .integer(lockClass)])
        let now = Uptime.now
        var gone: [Int64: UInt64] = [:]
        for row in rows where !row.flag(2) { gone[row.integer(0)] = silent[row.integer(0)] ?? now }
        silent = gone
        guard isSettled else { return [] }
        let dead = gone.filter { now >= $0.value + silence }.map(\.key)
        let expired = Set(rows.filter { $0.flag(1) }.map { $0.integer(0) })
        for id in expired.union(dead) {
            _ = try connection.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE starts_with(application_name, $1) AND datname = current_database() AND usename = current_user AND ($4 OR $2 <> ALL (present($3)))
                """,
                [.text(link.sessions(of: id)), .integer(id), .integer(lockClass), .flag(expired.contains(id))])
        }
        return dead
    }

    /// Ends whoever has held the lock of `begin_work` for seconds in which nothing came from its client: a process that was stopped while it sent a group.
    /// The server's own limit for idle transactions does not see the middle of one.
    private func endHalfSent(_ connection: Connection) {
        _ = try? connection.query(
            """
            SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.wait_event = 'ClientRead' AND a.datname = current_database()
                AND a.usename = current_user AND a.query_start < clock_timestamp() - interval '5 s' AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid
                    AND l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid::bigint << 32 | l.objid::bigint = 5786635493571837779)
            """)
    }

    /// Messages that were stored although their commit got no answer.
    private func park(_ connection: Connection, _ id: Int64) throws(SQLFailure) -> Bool {
        let ids = doubtful()
        if ids.isEmpty { return false }
        stillDoubtful(ids)
        return try connection.query("SELECT park($1, $2)", [.integer(id), .texts(ids.map(\.hex))]).first?.integer(0) ?? 0 > 0
    }
}
