import Glibc
package import Pipeline

/// The journal of one machine: a SQLite database with one writer, bodies over 64 KB in files beside it (design §6).
///
/// One connection does all writes and all checkpoints, on a thread of its own; readers only read. One process at a time, kept by a lock.
package final class SQLiteJournal: Journal {
    /// What may be set; the defaults are for production.
    package struct Settings: Sendable {
        /// Free bytes below which nothing is taken in, beside what settling all open deliveries needs.
        package var ballast = 256 << 20
        /// Bytes of write-ahead log at which the writer moves them into the database. Less: the pages that each group touches are copied again and again
        /// (1 MB: a third of the writer's time at 64 links). More: the slowest ACK of a thousand waits longer for it.
        package var checkpoint = 4 << 20
        /// Bytes of write-ahead log above which nothing is taken in.
        package var walLimit = 1 << 30
        /// Bytes of write-ahead log at which an alert is raised: a reader holds it.
        package var walAlarm = 256 << 20
        /// Another way to the disk (the name of a SQLite VFS), for tests.
        package var disk: String?
        /// How long a console's question may take.
        package var patience: Duration = .seconds(2)

        /// The defaults.
        package init() {}
    }

    package let hash: SipHash
    private let lock: FolderLock
    private let directory: String
    /// Tests with a disk of their own keep none.
    private let keepsState: Bool
    let bodies: BodyFolder
    private let room: Room
    private let writer: WriterThread
    let epoch: Int64
    let digester: Digester
    /// The engine's questions, and those of consoles: a slow search does not hold up a delivery.
    let readers: JobThreads<Reader?>, consoles: JobThreads<Reader?>
    /// Retention's questions.
    let keepers: JobThreads<Reader?>
    /// Files written and read.
    let disk: JobThreads<Void>
    let patience: UInt64

    /// Opens the journal of a folder, or makes it. Blocking. `broken` is called when writing failed: the process must end, since nobody can tell what
    /// is on the disk. Throws `refused` when another process has it open or the file is not ours.
    package init(
        directory: String, time: any Timekeeper, digester: Digester, settings: Settings = Settings(), broken: @escaping @Sendable (JournalError) -> Void
    ) throws(JournalError) {
        try Self.makeFolders(directory)
        lock = try FolderLock(folder: directory)
        let bodies = BodyFolder(path: directory + "/bodies")
        let file = directory + "/journal.sqlite"
        try JournalFile(folder: directory)?.verify()
        let (connection, writer) = try Self.open(directory, file, time, settings)
        (hash, epoch, self.directory, keepsState) = (writer.hash, writer.epoch, directory, settings.disk == nil)
        (self.bodies, self.digester) = (bodies, digester)
        patience = UInt64(settings.patience / .nanoseconds(1))
        room = Room(
            folder: directory, ballast: settings.ballast, walLimitPages: settings.walLimit / Schema.pageSize,
            walAlarmPages: settings.walAlarm / Schema.pageSize)
        try Self.sweep(bodies, file: file, hash: writer.hash, now: time.now, connection)
        self.writer = WriterThread(writer, room: room, checkpointPages: max(settings.checkpoint / Schema.pageSize, 1), broken: broken)
        let hash = hash, way = settings.disk
        let make: @Sendable (Int) -> Reader? = { _ in
            do throws(JournalError) {
                return Reader(try Connection(path: file, isReader: true, disk: way), bodies: bodies, hash: hash, digester: digester)
            } catch {
                return nil
            }
        }
        readers = JobThreads(count: 2, make)
        consoles = JobThreads(count: 1, make)
        keepers = JobThreads(count: 1, make)
        // They wait for the disk, and a file system makes many files durable at the price of one.
        disk = JobThreads(count: 8) { _ in }
    }

    /// Opens what the header promises; a file that SQLite or our own look finds damaged is refused with its mend.
    private static func open(_ directory: String, _ file: String, _ time: any Timekeeper, _ settings: Settings) throws(JournalError) -> (Connection, Writer) {
        do throws(JournalError) {
            let connection = try Connection(path: file, isReader: false, disk: settings.disk)
            var chance = SystemRandomNumberGenerator()
            try Schema.prepare(connection, secret: Key128(high: chance.next(), low: chance.next()))
            try BodyFolder.sync(folder: directory)
            try OpenRows.verify(connection)
            let last = JournalState(folder: directory)
            if let last, try OpenRows.isBehind(connection, last) { throw .refused(JournalReasons.wentBack) }
            let writer = try Writer(connection, time: time)
            if settings.disk == nil { try writer.state.write(folder: directory) }
            return (connection, writer)
        } catch {
            throw error.isDamage ? .refused(JournalReasons.damagedFile) : error
        }
    }

    private static func makeFolders(_ directory: String) throws(JournalError) {
        var path = directory.hasPrefix("/") ? "" : "."
        for part in directory.split(separator: "/") {
            path += "/" + part
            var status = stat()
            if stat(path, &status) != 0 { try BodyFolder.make(folder: path) }
        }
        try BodyFolder.make(folder: directory + "/bodies")
    }

    /// Removes bodies that arrived and were never committed. Only days since the last sweep can hold such: the backlog is not read.
    private static func sweep(_ bodies: BodyFolder, file: String, hash: SipHash, now: Instant, _ connection: Connection) throws(JournalError) {
        let reader = Reader(connection, bodies: bodies, hash: hash, digester: Digester { _ in [] })
        let swept = try connection.text("SELECT value FROM meta WHERE name = 'swept'") ?? ""
        _ = try bodies.sweep(since: swept) { (id) throws(JournalError) in try reader.isKnown(id) }
        // A message received just before midnight may still be arriving: the day before today is looked at again.
        let again = BodyFolder.day(now + .seconds(-86_400))
        try Statement(connection, "INSERT INTO meta (name, value) VALUES ('swept', ?1) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)")
            .bind(1, again).run()
    }

    // MARK: Writing

    package func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) {
        guard hasRoom else {
            drop(acceptance.message.body)
            return done(.failure(.full))
        }
        if case .bytes(let bytes) = acceptance.message.body, bytes.count > BodyFolder.limit {
            let isTaken = disk.put { [self] _ in
                do throws(JournalError) {
                    let message = try filed(acceptance.message)
                    accept(Acceptance(message, repeats: acceptance.repeats, verdict: acceptance.verdict), isCopy: true, now: done)
                } catch {
                    done(.failure(error))
                }
            }
            if !isTaken { done(.failure(.closed)) }
            return
        }
        accept(acceptance, now: done)
    }

    /// `isCopy`: the caller has the body in memory as well.
    private func accept(_ acceptance: Acceptance, isCopy: Bool = false, now done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) {
        let body = acceptance.message.body
        writer.put(.accept(acceptance)) { [self] completion in
            switch completion {
            case .receipt(let receipt):
                switch receipt {
                case .new, .reused: break
                // It may be accepted again, from memory: its file must be gone by then.
                case .undecided where isCopy:
                    if case .file(let file) = body,
                        disk.put({ _ in
                            unlink(file.path)
                            done(.success(receipt))
                        })
                    {
                        return
                    }
                // It may be accepted again with the same file; if not, the sweep at the next start removes that.
                case .undecided: break
                case .seen(_, let verdict): if isCopy || !verdict.lacksBody { drop(body) }
                }
                done(.success(receipt))
            case .failed(let error):
                // After a sync that failed the message may be in the log all the same: the next start finds it with its body, or sweeps that away.
                if case .broken = error {} else { drop(body) }
                done(.failure(error))
            default: done(.failure(.broken("another completion")))
            }
        }
    }

    /// A body that no message names after all.
    private func drop(_ body: Body) {
        guard case .file(let file) = body else { return }
        if !disk.put({ _ in unlink(file.path) }) { unlink(file.path) }
    }

    /// The message with a large body in its file. Blocking.
    private func filed(_ message: Message) throws(JournalError) -> Message {
        guard case .bytes(let bytes) = message.body, bytes.count > BodyFolder.limit else { return message }
        let file = try bodies.write(bytes, message.envelope.id, received: message.envelope.received)
        return Message(envelope: message.envelope, body: .file(file), digest: message.digest)
    }

    private func filed(_ emitted: [Emitted]) async throws(JournalError) -> [Emitted] {
        guard emitted.contains(where: { $0.message.body.count > BodyFolder.limit }) else { return emitted }
        return try await onDisk { [self] () throws(JournalError) in
            var messages: [Emitted] = []
            do throws(JournalError) {
                for one in emitted { messages.append(Emitted(try filed(one.message))) }
                return messages
            } catch {
                for one in messages { drop(one.message.body) }
                throw error
            }
        }
    }

    /// Work with the files of bodies, which may fail, on the threads that wait for the disk.
    func onDisk<T: Sendable>(_ work: @escaping @Sendable () throws(JournalError) -> T) async throws(JournalError) -> T {
        let done = await disk.run { _ -> Result<T, JournalError> in
            do throws(JournalError) { return .success(try work()) } catch { return .failure(error) }
        }
        guard let done else { throw .closed }
        return try done.get()
    }

    /// Hands in a write and waits until it is durable. Files whose messages were not stored are removed.
    func write(_ operation: WriteOperation) async throws(JournalError) -> WriteCompletion {
        let completion = await withCheckedContinuation { continuation in writer.put(operation) { continuation.resume(returning: $0) } }
        let stored: [Message] =
            switch completion {
            case .settled(let settled): settled.emitted
            case .messages(let messages): messages
            default: []
            }
        let kept = Set(stored.compactMap { if case .file(let file) = $0.body { file } else { nil } })
        // After a sync that failed they may be needed: see `accept`.
        if case .failed(.broken(let why)) = completion { throw .broken(why) }
        for file in operation.files where !kept.contains(file) { drop(.file(file)) }
        if case .failed(let error) = completion { throw error }
        return completion
    }

    package func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] {
        // In pieces, so that no group takes long; one plan is never cut.
        var active: [DeliveryID] = [], rest = plans[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(64))
            rest = rest.dropFirst(64)
            guard case .planned(let ids) = try await write(.plan(piece, lease)) else { continue }
            active += ids
        }
        return active
    }

    package func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled {
        var settlements = settlements
        for (index, one) in settlements.enumerated() where one.emitted.contains(where: { $0.message.body.count > BodyFolder.limit }) {
            settlements[index] = Settlement(delivery: one.delivery, attempt: one.attempt, result: one.result, emitted: try await filed(one.emitted))
        }
        let completion = try await write(.settle(settlements, activate: next, lease, now: now))
        guard case .settled(let settled) = completion else { return Settled(activated: [:], emitted: []) }
        return settled
    }

    package func record(_ facts: [String: String], for delivery: DeliveryID, attempt: Int, _ lease: Lease) async throws(JournalError) {
        _ = try await write(.record(facts, delivery, attempt: attempt, lease))
    }

    package func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant)
        async throws(JournalError) -> [Message]
    {
        let operation = WriteOperation.report(report, delivery, carriedBy: message, try await filed(emitted), now: now)
        guard case .messages(let messages) = try await write(operation) else { return [] }
        return messages
    }

    package func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message] {
        let operation = WriteOperation.command(
            command, delivery, expecting: version, try await filed(emitted), by: person, now: now, tokens: tokens)
        guard case .messages(let messages) = try await write(operation) else { return [] }
        return messages
    }

    package func mark(_ group: Set<Seq>) async throws(JournalError) { _ = try await write(.mark(group)) }

    package func note(_ word: GatewayWord, _ reason: Reason, by person: String, now: Instant) async throws(JournalError) {
        _ = try await write(.note(word, reason, by: person, now: now))
    }

    package var hasRoom: Bool { room.hasRoom }
    package var strain: Reason? { room.strain }

    package func close() async {
        await withCheckedContinuation { continuation in
            startThread { [self] in
                disk.close()
                writer.close()
                readers.close()
                consoles.close()
                keepers.close()
                if keepsState { try? writer.state.write(folder: directory) }
                lock.release()
                continuation.resume()
            }
        }
    }
}
