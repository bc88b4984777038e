import Pipeline

/// Threads with a connection each, for questions. A question that meets a lost connection is asked again on a new one.
// @unchecked: every stored property is touched with the gate locked; a connection never leaves its thread.
final class JobThreads: @unchecked Sendable {
    private let gate = Gate()
    private let link: Link
    private let use: String
    /// A question is given up with `away` after this long (nanoseconds); nil: never.
    private let patience: UInt64?
    private var jobs = FIFO<(Connection?) -> Bool>()
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
                if connection != nil, job(connection) { break }
                connection = nil
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

    private func next() -> ((Connection?) -> Bool)? {
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
            let job: (Connection?) -> Bool = { [link] connection in
                guard let connection else {
                    continuation.resume(returning: .failure(link.isClosed ? .closed : .away))
                    return true
                }
                do throws(SQLFailure) {
                    continuation.resume(returning: .success(try question(connection)))
                    return true
                } catch {
                    if error.isLost || connection.isLost { return false }
                    continuation.resume(returning: .failure(error.state == "57014" ? .refused(JournalReasons.tooLong) : .broken(error.text)))
                    return true
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
