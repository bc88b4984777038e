import Pipeline
import Synchronization

/// The plain thread that drives the writer: takes all that wait as one group, commits it, hands it to the sync thread, and checkpoints between groups.
///
/// Whoever hands in a write takes one lock; the thread is woken once a group.
// @unchecked: the queues and flags are touched with the gate locked; the writer and what is said of its unsynced groups belong to the thread alone.
final class WriterThread: @unchecked Sendable {
    struct Pending {
        let operation: WriteOperation
        let done: @Sendable (WriteCompletion) -> Void
        var isIntake: Bool { if case .accept = operation { true } else { false } }
        var isKeeping: Bool { operation.isKeeping }
    }

    private let gate = Gate()
    private var intake = FIFO<Pending>()
    private var outgoing = FIFO<Pending>()
    /// Retention: a slice shares the commit of a live group now and then, or has one of its own when nothing else came for a while.
    private var keeping = FIFO<Pending>()
    private var lastKeeping: UInt64 = 0
    /// Least time between two slices within live groups (nanoseconds).
    private static let keepingPause: UInt64 = 10_000_000
    private var isAsleep = false
    private var isClosed = false
    private var hasEnded = false
    /// The last group had no time for its new messages: they come first in the next, or a long backlog would shut the door.
    private var intakeIsNext = false
    /// When the last new message came.
    private var lastIntake: UInt64 = 0
    /// Committed groups that nobody is syncing yet: by when they must be (0: nothing waits).
    private var syncBy: UInt64 = 0
    /// New messages are among them: somebody waits for an ACK.
    private var awaitsACK = false
    /// A link that sends one message after another sends the next as soon as it has its answer. The plan and the settlement of the last one wait this
    /// long (nanoseconds) for it, and are written once it has its answer too; and then as long to share its successor's sync: or each message would
    /// wait for the writes and the sync of the one before.
    private static let company: UInt64 = 200_000
    /// So many rows of plans and settlements wait for company; more come from many links, which need the groups.
    private static let fewWaiting = 40
    /// So many groups of new messages in a row leave them behind: one message in so many has their writes before its ACK.
    private static let mostPassed = 8
    /// Rows of the last group.
    private var lastRows = 0
    /// When the first plan or settlement that waits came, or, later than that, the last answer left: its link may send the next message.
    private var outgoingSince: UInt64 = 0
    /// So many groups left plans and settlements behind, because new messages came first.
    private var passed = 0
    /// Intake is live: something came within this time.
    private static let live: UInt64 = 3_000_000
    /// Pause between two tries to empty the log while nothing else is to be done.
    private static let checkpointPause: UInt64 = 100_000_000
    private let writer: Writer
    private let syncs: SyncThread
    private let room: Room
    private let checkpointPages: Int
    private let told: Told

    init(_ writer: Writer, room: Room, checkpointPages: Int, broken: @escaping @Sendable (JournalError) -> Void) {
        (self.writer, self.room, self.checkpointPages) = (writer, room, checkpointPages)
        let told = Told(broken)
        self.told = told
        syncs = SyncThread(writer.logFile) { told.tell($0) }
        room.update(open: writer.openCount, walPages: 0)
        startThread { [self] in run() }
    }

    /// Hands in a write. `done` is called once, on the writer's thread, and must not block.
    func put(_ operation: WriteOperation, _ done: @escaping @Sendable (WriteCompletion) -> Void) {
        gate.lock()
        guard !isClosed else {
            gate.unlock()
            return done(.failed(.closed))
        }
        if case .accept = operation {
            intake.append(Pending(operation: operation, done: done))
            lastIntake = Uptime.now
        } else if operation.isKeeping {
            keeping.append(Pending(operation: operation, done: done))
        } else {
            if outgoing.isEmpty { outgoingSince = Uptime.now }
            outgoing.append(Pending(operation: operation, done: done))
        }
        let wakes = isAsleep
        isAsleep = false
        gate.unlock()
        // After the lock is open, or the thread would wake only to wait for it.
        if wakes { gate.wake() }
    }

    /// Writes what waits, then ends the thread. Nothing is taken in meanwhile.
    func close() {
        gate.lock()
        isClosed = true
        while !hasEnded {
            gate.wake()
            gate.wait()
        }
        gate.unlock()
    }

    /// The journal's state, once closed.
    var state: JournalState { writer.state }

    // MARK: On the thread

    private func run() {
        while let group = take() {
            if let error = syncs.failure { writer.broke(error) }
            let completions = writer.commit(group.map(\.operation))
            putBack(group.dropFirst(completions.count))
            let done = group.prefix(completions.count)
            if done.contains(where: \.isKeeping) { lastKeeping = Uptime.now }
            intakeIsNext = !done.contains(where: \.isIntake) && group.contains(where: \.isIntake)
            room.update(open: writer.openCount, walPages: writer.connection.walPages)
            hand(done, completions)
            checkpoint()
            if let failure = writer.failure { told.tell(failure) }
        }
        syncs.close()
        gate.locked {
            hasEnded = true
            gate.wake()
        }
    }

    /// Committed, not yet durable: what must be synced at once, and what can wait for company.
    private func hand(_ group: ArraySlice<Pending>, _ completions: [WriteCompletion]) {
        syncs.put(zip(group, completions).map { SyncThread.Answer(completion: $1, done: $0.done, isIntake: $0.isIntake) })
        let now = Uptime.now
        let hasIntake = group.contains(where: \.isIntake)
        awaitsACK = awaitsACK || hasIntake
        let canWait = !hasIntake && gate.locked { now - min(lastIntake, now) < Self.live }
        syncBy = min(syncBy == 0 ? .max : syncBy, canWait ? now + Self.company : now)
    }

    private func checkpoint() {
        guard writer.failure == nil, writer.connection.walPages >= checkpointPages else { return }
        // What waits for its sync must not wait for the checkpoint.
        if syncBy != 0 { wakeSync() }
        writer.checkpoint()
        // A log that is empty again opens the intake at once.
        room.update(open: writer.openCount, walPages: writer.connection.walPages)
    }

    /// All that wait, within the limits of a group: settlements and plans first, and of new messages at most half a group once others wait.
    private func take() -> [Pending]? {
        gate.lock()
        defer { gate.unlock() }
        // An ACK is faster without a change of threads.
        if awaitsACK, intake.isEmpty, isCalm { syncHere() }
        while intake.isEmpty, outgoing.isEmpty || waitsForCompany {
            if !outgoing.isEmpty {
                idle(until: outgoingSince + Self.company)
                continue
            }
            if let next = keeping.first, isClosed || Uptime.now >= lastIntake + Self.live {
                _ = keeping.popFirst()
                lastKeeping = Uptime.now
                return [next]
            }
            if syncBy != 0 {
                idle(until: syncBy)
                if intake.isEmpty, outgoing.isEmpty, Uptime.now >= syncBy { syncHere() }
                continue
            }
            if isClosed {
                gate.wake()
                return nil
            }
            if writer.connection.walPages >= checkpointPages, writer.failure == nil {
                checkpointAgain()
                continue
            }
            idle(until: keeping.isEmpty ? nil : lastIntake + Self.live)
        }
        // A few plans and settlements go with the next message rather than before it: its own sync would have to wait for theirs.
        if syncBy != 0, awaitsACK || intake.isEmpty || !isCalm, Uptime.now >= syncBy { wakeSync() }
        passed = !intake.isEmpty && !outgoing.isEmpty && passed < Self.mostPassed && isCalm ? passed + 1 : 0
        var group: [Pending]
        (group, lastRows) = Self.group(from: &intake, and: &outgoing, intakeAlone: passed > 0)
        let turn = group.firstIndex(where: \.isIntake) ?? group.endIndex
        if intakeIsNext { group = Array(group[turn...] + group[..<turn]) }
        addSlice(to: &group)
        return group
    }

    /// The next group of what waits, and its rows: plans and settlements, then new messages, which have at most half of it once others wait.
    /// `intakeAlone`: the others have the next group.
    static func group(from intake: inout FIFO<Pending>, and outgoing: inout FIFO<Pending>, intakeAlone: Bool = false) -> ([Pending], rows: Int) {
        var group: [Pending] = []
        var rows = 0, bytes = 0
        let reserved = min(intake.count, Writer.groupRows / 2)
        while !intakeAlone, let next = outgoing.first, rows == 0 || rows + next.operation.rows <= Writer.groupRows - reserved {
            rows += next.operation.rows
            group.append(next)
            _ = outgoing.popFirst()
        }
        let most = group.isEmpty ? Writer.groupRows : rows + Writer.groupRows / 2
        while let next = intake.first, rows < min(most, Writer.groupRows), group.isEmpty || bytes + next.operation.bytes <= Writer.groupBytes {
            rows += 1
            bytes += next.operation.bytes
            group.append(next)
            _ = intake.popFirst()
        }
        return (group, rows)
    }

    /// With the lock held: one or two links are at work, and no more waits than their plans and settlements.
    private var isCalm: Bool {
        guard lastRows <= Self.fewWaiting, intake.count <= 2, outgoing.count <= Self.fewWaiting else { return false }
        return outgoing.isEmpty || outgoing.reduce(0) { $0 + $1.operation.rows } <= Self.fewWaiting
    }

    /// With the lock held: the next message of a link is likely to come, and is to go first.
    private var waitsForCompany: Bool {
        let now = Uptime.now
        return !isClosed && now < outgoingSince + Self.company && now < lastIntake + Self.live && isCalm
    }

    /// With the lock held: one slice of retention at the end of a live group, where the group has no time left for it first or not at all; one that
    /// has been put off for long goes first, or a backlog that never ends would stop retention.
    private func addSlice(to group: inout [Pending]) {
        let now = Uptime.now
        guard let next = keeping.first, now >= lastKeeping + Self.keepingPause else { return }
        if case .scrub = next.operation { return }
        _ = keeping.popFirst()
        if now >= lastKeeping + 100 * Self.keepingPause { group.insert(next, at: 0) } else { group.append(next) }
    }

    /// With the lock held, which is open meanwhile: a reader kept the last checkpoint from its end. Without another try, a log over its limit would
    /// keep the intake closed although the reader has gone. A log that has grown far is cut, too: its room goes back to the disk.
    private func checkpointAgain() {
        let pause = Uptime.now + Self.checkpointPause
        idle(until: keeping.isEmpty ? pause : min(pause, lastIntake + Self.live))
        guard intake.isEmpty, outgoing.isEmpty, Uptime.now >= pause else { return }
        gate.unlock()
        if writer.connection.walPages >= room.walAlarm { _ = writer.emptyLog() } else { writer.checkpoint() }
        room.update(open: writer.openCount, walPages: writer.connection.walPages)
        if let failure = writer.failure { told.tell(failure) }
        gate.lock()
    }

    /// With the lock held: sleeps until something is handed in, or until a time.
    private func idle(until deadline: UInt64?) {
        isAsleep = true
        if let deadline {
            if Uptime.now < deadline { gate.wait(until: deadline) }
        } else {
            gate.wait()
        }
        isAsleep = false
    }

    /// With the lock held, which is open meanwhile: nothing else is to be done, so this thread waits for the disk.
    private func syncHere() {
        (syncBy, awaitsACK) = (0, false)
        gate.unlock()
        syncs.syncHere()
        gate.lock()
        outgoingSince = Uptime.now
    }

    private func wakeSync() {
        (syncBy, awaitsACK) = (0, false)
        syncs.wake()
    }

    /// What a group had no time for comes first in the next.
    private func putBack(_ rest: ArraySlice<Pending>) {
        if rest.isEmpty { return }
        gate.locked {
            for pending in rest.reversed() {
                if pending.isIntake { intake.prepend(pending) } else if pending.isKeeping { keeping.prepend(pending) } else { outgoing.prepend(pending) }
            }
        }
    }
}

/// Says once that the journal is broken: the process must end.
final class Told: Sendable {
    private let isTold = Mutex(false)
    private let broken: @Sendable (JournalError) -> Void

    init(_ broken: @escaping @Sendable (JournalError) -> Void) { self.broken = broken }

    func tell(_ error: JournalError) {
        let isFirst = isTold.withLock { told in
            defer { told = true }
            return !told
        }
        if isFirst { broken(error) }
    }
}
