import Pipeline

/// A plain thread with a connection that takes all that wait as one group, sends it as one pipelined transaction, and answers after the commit.
///
/// A connection that is lost leaves open whether the group was committed. New messages then fail with `away`: nobody is told that they are stored,
/// and their ids are kept, so that those which are can be found. Other work is done again under the same number: the database knows if it was done.
// @unchecked: the queue and flags are touched with the gate locked; the connection belongs to the thread alone.
final class GroupThread: @unchecked Sendable {
    /// A group is closed at this many rows or bytes.
    static let rows = 256, bytes = 4 << 20
    /// How long a new message waits for a database that is away.
    private static let patience: UInt64 = 10_000_000_000

    private struct Waiting {
        let call: Call
        let since: UInt64
    }
    private let kind: GroupKind
    private let link: Link
    private let gate = Gate()
    private var queue = FIFO<Waiting>()
    private var isClosed = false
    private var hasEnded = false
    /// When the database stopped answering; nil: it answers.
    private var awaySince: UInt64?
    private var doubtful: [Key128] = []
    /// The thread's own.
    private var connection: Connection?
    private var connectedAs: Int64 = 0
    private var turn: Int64 = 0
    private var turnOf: Int64 = 0
    /// Another gateway was at work when the last group began. What comes while one waits for it then goes in the same group.
    private var isContended = false

    init(_ kind: GroupKind, _ link: Link) {
        (self.kind, self.link) = (kind, link)
        startThread { [self] in run() }
    }

    /// Hands in a write. `done` is called once, on this thread or the caller's, and must not block.
    func put(_ call: Call) {
        gate.lock()
        let error: JournalError? = isClosed ? .closed : kind == .intake && isLongAway ? .away : nil
        if error == nil {
            queue.append(Waiting(call: call, since: Uptime.now))
            gate.wakeAll()
        }
        gate.unlock()
        if let error { call.done(.failure(error)) }
    }

    /// With the lock held.
    private var isLongAway: Bool { awaySince.map { Uptime.now > $0 + Self.patience } ?? false }

    /// New messages whose commit got no answer, since the last time; `keep`: those that were not found, to be asked for again.
    func takeDoubtful() -> [Key128] {
        gate.locked {
            defer { doubtful = [] }
            return doubtful
        }
    }
    func keepDoubtful(_ ids: [Key128]) { gate.locked { doubtful = Array((ids + doubtful).suffix(2_000)) } }

    /// Writes what waits, then ends the thread.
    func close() {
        gate.lock()
        isClosed = true
        gate.wakeAll()
        while !hasEnded { gate.wait() }
        gate.unlock()
    }

    // MARK: On the thread

    private func run() {
        while let group = take() {
            if group.isEmpty {
                _ = connected()
                continue
            }
            switch kind {
            case .intake: takeIn(group)
            case .work: work(group)
            }
        }
        connection = nil
        gate.locked {
            hasEnded = true
            gate.wakeAll()
        }
    }

    private func take() -> [Call]? {
        gate.lock()
        defer { gate.unlock() }
        while queue.isEmpty {
            if isClosed { return nil }
            if awaySince == nil {
                gate.wait()
            } else {
                // Nothing is taken in while the database is away: only this thread can find it again.
                gate.wait(until: Uptime.now + 200_000_000)
                if queue.isEmpty { return [] }
            }
        }
        var group: [Call] = []
        fill(&group)
        return group
    }

    /// With the lock held: what waits joins the group, as far as there is room in it.
    private func fill(_ group: inout [Call]) {
        var rows = group.reduce(0) { $0 + $1.rows }, bytes = group.reduce(0) { $0 + $1.bytes }
        while let next = queue.first?.call, group.isEmpty || rows + next.rows <= Self.rows && bytes + next.bytes <= Self.bytes {
            rows += next.rows
            bytes += next.bytes
            group.append(next)
            _ = queue.popFirst()
        }
    }

    /// A connection, or nil after one attempt that failed.
    private func connected() -> Connection? {
        if let connection, !connection.isLost, connectedAs == link.gateway { return connection }
        connection = nil
        connectedAs = link.gateway
        connection = try? link.connect(kind == .intake ? "intake" : "work")
        gate.locked {
            if connection != nil { awaySince = nil } else if awaySince == nil { awaySince = Uptime.now }
        }
        return connection
    }

    private func commit(_ group: inout [Call], after begin: Statement, on connection: Connection) throws(SQLFailure) {
        var answers: [[Row]]
        if isContended {
            isContended = Self.waited(try connection.begin(begin))
            gate.locked { fill(&group) }
            answers = try connection.finish(statements(group))
        } else {
            answers = try connection.transaction([begin] + statements(group))
            isContended = Self.waited(answers.removeFirst())
        }
        var at = 0
        for call in group {
            call.done(.success(answers[at]))
            at += 1 + call.pieces.count
        }
    }

    private func statements(_ group: [Call]) -> [Statement] {
        let gateway = Value.integer(connectedAs)
        return group.flatMap { call in
            var statement = call.statement
            if kind == .intake { statement.values[0] = gateway }
            return [statement] + call.pieces
        }
    }

    /// What `begin_work` tells; new messages wait for nobody.
    private static func waited(_ begun: [Row]) -> Bool { begun.first?.flag(0) ?? false }

    private func lose() {
        connection = nil
        gate.locked { if awaySince == nil { awaySince = Uptime.now } }
    }

    private func pause() {
        gate.lock()
        gate.wait(until: Uptime.now + 100_000_000)
        gate.unlock()
    }

    // MARK: New messages

    private func takeIn(_ group: [Call]) {
        var group = group
        while true {
            guard let connection = connected() else {
                if answerLate(group) { return }
                pause()
                continue
            }
            let names = Set(group.compactMap(\.name)).sorted()
            let begin = Statement("SELECT begin_intake($1, $2)", [.integer(connectedAs), .integers(names)])
            do throws(SQLFailure) {
                try commit(&group, after: begin, on: connection)
            } catch {
                if error.isLost || connection.isLost {
                    lose()
                    gate.locked { doubtful += group.compactMap(\.message) }
                    return fail(group, .away)
                }
                if error.state == "PS001" {
                    // Taken for dead. It may know by now, and have another number.
                    if connectedAs != link.gateway { continue }
                    return fail(group, .away)
                }
                if error.isCollision {
                    pause()
                    continue
                }
                refuse(group, error) { takeIn([$0]) }
            }
            return
        }
    }

    /// The database is away: new messages wait for it, each at most ten seconds. True once all of the group were answered.
    private func answerLate(_ group: [Call]) -> Bool {
        gate.lock()
        let isLate = isLongAway || isClosed || link.isClosed
        var late: [Call] = []
        if isLate { while let one = queue.popFirst() { late.append(one.call) } }
        gate.unlock()
        if isLate { fail(group + late, .away) }
        return isLate
    }

    // MARK: Work

    private func work(_ group: [Call]) {
        var group = group
        if turnOf != link.gateway { (turn, turnOf) = (0, link.gateway) }
        turn += 1
        var isAgain = false, wasDone = false
        while true {
            guard let connection = connected() else {
                if link.isClosed || gate.locked({ isClosed && isLongAway }) { return fail(group, .closed) }
                pause()
                continue
            }
            let begin = Statement("SELECT begin_work($1, $2)", [.integer(turnOf), .integer(turn)])
            do throws(SQLFailure) {
                if wasDone {
                    let answers = try connection.transaction(group.map { $0.again ?? Statement("SELECT 1") })
                    for (call, answer) in zip(group, answers) { call.done(.success(answer)) }
                } else {
                    try commit(&group, after: begin, on: connection)
                }
            } catch {
                if error.isLost || connection.isLost {
                    lose()
                    if link.isClosed { return fail(group, .closed) }
                    isAgain = true
                    continue
                }
                // Committed, but the answer was lost with the connection.
                if error.state == "PS002", isAgain {
                    wasDone = true
                    continue
                }
                if error.isCollision {
                    pause()
                    continue
                }
                refuse(group, error) { work([$0]) }
            }
            return
        }
    }

    /// A statement failed: alone, it is refused; in a group, each is tried alone.
    private func refuse(_ group: [Call], _ error: SQLFailure, _ alone: (Call) -> Void) {
        if group.count > 1 { return group.forEach(alone) }
        fail(group, error.isFull ? .full : .broken("\(error.state) \(error.text)"))
    }

    private func fail(_ group: [Call], _ error: JournalError) { for call in group { call.done(.failure(error)) } }
}
