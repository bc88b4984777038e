import Synchronization

/// One thread that runs tasks in an order that a seed decides: the same seed replays the same interleaving of tasks, groups, streams and continuations.
///
/// Nothing runs until `run` is called, on the caller's thread; a task must be started with `Task(executorPreference:)` and must not leave the executor.
package final class SeededExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var chance: UInt64
        var steps = 0
    }
    private let state: Mutex<State>

    /// An executor whose interleavings `seed` decides.
    package init(_ seed: UInt64) { state = Mutex(State(chance: seed &* 0x9E37_79B9_7F4A_7C15 | 1)) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    private func take() -> UnownedJob? {
        state.withLock { state in
            guard !state.jobs.isEmpty else { return nil }
            state.chance ^= state.chance << 13
            state.chance ^= state.chance >> 7
            state.chance ^= state.chance << 17
            state.steps += 1
            return state.jobs.remove(at: Int(state.chance % UInt64(state.jobs.count)))
        }
    }

    /// Runs until nothing can go on, or `limit` jobs have run; how many ran.
    @discardableResult package func run(limit: Int = .max) -> Int {
        var ran = 0
        while ran < limit, let job = take() {
            job.runSynchronously(on: asUnownedTaskExecutor())
            ran += 1
        }
        return ran
    }

    /// Runs until everything sleeps, lets `idle` change the world (turn a clock, step a journal), and goes on while it says true.
    package func run(idle: () -> Bool) {
        repeat { run() } while idle()
    }

    /// Jobs run since the start.
    package var steps: Int { state.withLock { $0.steps } }

    /// Runs `body` to its end on the executor; `idle` is called whenever everything sleeps. Nil if it never ended.
    package func complete<T: Sendable>(idle: () -> Bool = { false }, _ body: @escaping @Sendable () async -> T) -> T? {
        let result = Box<T>()
        Task(executorPreference: self) {
            let value = await body()
            result.value.withLock { $0 = value }
        }
        run(idle: { result.value.withLock { $0 } == nil && idle() })
        return result.value.withLock { $0 }
    }

    private final class Box<T: Sendable>: Sendable {
        let value = Mutex<T?>(nil)
    }
}
