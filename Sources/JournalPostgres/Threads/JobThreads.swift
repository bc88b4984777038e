import Pipeline

/// Threads with a connection each, for questions. A question that meets a lost connection is asked again on a new one. Without a limit to its patience,
/// one that fails for a reason that passes is asked again, too.
// @unchecked: every stored property is touched with the gate locked; a connection never leaves its thread.
final class JobThreads: @unchecked Sendable {
    private typealias Job = (Connection?) -> End
    private enum End { case answered, lost, passing }
    private let gate = Gate()
    private let link: Link
    private let use: String
    /// A question is given up with `away` after this long (nanoseconds); nil: never.
    private let patience: UInt64?
    private var jobs = FIFO<Job>()
    private var isClosed = false
    private var running: Int

    init(_ link: Link, use: String, count: Int, patience: Duration?) {
        (self.link, self.use, running) = (link, use, count)
        self.patience = patience.map { UInt64($0 / .nanoseconds(1)) }
        for _ in 0..<count { startThread { [self] in run() } }
    }

    private func run() {
        var connection: Connection?
        while let job = next() {
            let start = Uptime.now
            while true {
                if connection == nil || connection?.isLost == true { connection = try? link.connect(use) }
                let end = connection.map { job($0) } ?? .lost
                if end == .answered { break }
                if end == .lost { connection = nil }
                let isLate = patience.map { Uptime.now > start + $0 } ?? false
                if link.isClosed || isLate {
                    _ = job(nil)
                    break
                }
                gate.lock()
                gate.wait(until: Uptime.now + 100_000_000)
                gate.unlock()
            }
        }
        gate.locked {
            running -= 1
            gate.wakeAll()
        }
    }

    private func next() -> Job? {
        gate.lock()
        defer { gate.unlock() }
        while jobs.isEmpty {
            if isClosed { return nil }
            gate.wait()
        }
        return jobs.popFirst()
    }

    /// Asks: the answer of one connection's life, from the first row to the last.
    func ask<T: Sendable>(_ question: @escaping @Sendable (Connection) throws(SQLFailure) -> T) async throws(JournalError) -> T {
        let answer: Result<T, JournalError> = await withCheckedContinuation { continuation in
            let job: Job = { [link, patience] connection in
                guard let connection else {
                    continuation.resume(returning: .failure(link.isClosed ? .closed : .away))
                    return .answered
                }
                do throws(SQLFailure) {
                    continuation.resume(returning: .success(try question(connection)))
                    return .answered
                } catch {
                    if error.isLost || connection.isLost { return .lost }
                    if patience == nil, error.isPassing { return .passing }
                    // (With a limit to its patience it has one in the server, too.)
                    let failure: JournalError = error.isPassing ? .away : .broken(error.text)
                    continuation.resume(returning: .failure(error.state == "57014" ? .refused(JournalReasons.tooLong) : failure))
                    return .answered
                }
            }
            gate.lock()
            let isOpen = !isClosed
            if isOpen {
                jobs.append(job)
                gate.wakeAll()
            }
            gate.unlock()
            if !isOpen { continuation.resume(returning: .failure(.closed)) }
        }
        return try answer.get()
    }

    /// Ends the threads; what is asked meanwhile fails with `closed`.
    func close() {
        gate.lock()
        isClosed = true
        gate.wakeAll()
        while running > 0 { gate.wait() }
        gate.unlock()
    }
}
