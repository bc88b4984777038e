import Glibc

/// Threads for work that waits for the disk, each with a tool of its own (a reader's connection): jobs are taken in order.
// @unchecked: every stored property is touched with the gate locked; a tool never leaves its thread.
final class JobThreads<Tool>: @unchecked Sendable {
    private let gate = Gate()
    private var jobs: [(Tool) -> Void] = []
    private var isClosed = false
    private var running: Int

    /// Starts one thread for each maker; a maker runs on its thread.
    init(count: Int, _ make: @escaping @Sendable (Int) -> Tool) {
        running = count
        for n in 0..<count {
            startThread { [self] in
                let tool = make(n)
                while let job = next() { job(tool) }
                gate.locked {
                    running -= 1
                    gate.wake()
                }
            }
        }
    }

    private func next() -> ((Tool) -> Void)? {
        gate.lock()
        defer { gate.unlock() }
        while jobs.isEmpty {
            if isClosed {
                gate.wake()
                return nil
            }
            gate.wait()
        }
        return jobs.removeFirst()
    }

    /// Hands in a job; false when closed.
    func put(_ job: @escaping @Sendable (Tool) -> Void) -> Bool {
        gate.locked {
            if isClosed { return false }
            jobs.append(job)
            gate.wake()
            return true
        }
    }

    /// Runs `work` on one of the threads; nil when closed.
    func run<T: Sendable>(_ work: @escaping @Sendable (Tool) -> T) async -> T? {
        await withCheckedContinuation { continuation in
            if !put({ continuation.resume(returning: work($0)) }) { continuation.resume(returning: nil) }
        }
    }

    /// Finishes what was handed in and ends the threads.
    func close() {
        gate.lock()
        isClosed = true
        while running > 0 {
            gate.wake()
            gate.wait()
        }
        gate.unlock()
    }
}
