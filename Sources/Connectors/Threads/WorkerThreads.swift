import Glibc
import Synchronization

/// A share of plain threads: work that blocks or computes long runs here, never on the cooperative pool. Threads start when there is work for
/// them, at most `limit`, and stay.
package final class WorkerThreads: Sendable {
    package typealias Work = @Sendable () -> Void

    private struct State {
        var waiting: [Work] = []
        var first = 0
        var idle = 0
        var threads = 0
        var limit: Int
    }

    private let state: Mutex<State>
    // A POSIX semaphore is made to be used by many threads; the pointer itself never changes, and lives as long as the process needs it.
    nonisolated(unsafe) private let signal: UnsafeMutablePointer<sem_t>

    /// A share of at most `limit` threads.
    package init(limit: Int) {
        state = Mutex(State(limit: limit))
        signal = .allocate(capacity: 1)
        sem_init(signal, 0, 0)
    }

    /// At least so many threads from now on.
    func allow(_ limit: Int) { state.withLock { $0.limit = max($0.limit, limit) } }

    /// Runs `work` on one of the threads, in the order of the calls.
    package func put(_ work: @escaping Work) {
        let needsThread = state.withLock { state in
            state.waiting.append(work)
            guard state.idle < state.waiting.count - state.first, state.threads < state.limit else { return false }
            state.threads += 1
            return true
        }
        if needsThread { start() }
        sem_post(signal)
    }

    private func start() {
        var thread = pthread_t()
        let failed = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<WorkerThreads>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        if failed != 0 {
            // No thread to be had now: those that run take the work, or the next call tries again.
            Unmanaged.passUnretained(self).release()
            let isLeft = state.withLock { state in
                state.threads -= 1
                return state.threads == 0
            }
            if isLeft { again() }
        } else {
            pthread_detach(thread)
        }
    }

    /// Where none runs, the next call may be one that waits for this work.
    private func again() {
        Task {
            try? await Task.sleep(for: .seconds(1))
            let isNeeded = state.withLock { state in
                guard state.threads == 0, state.first < state.waiting.count else { return false }
                state.threads += 1
                return true
            }
            if isNeeded { start() }
        }
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            while sem_wait(signal) != 0 {}  // interrupted by a signal: wait on
            let next: Work? = state.withLock { state in
                state.idle -= 1
                guard state.first < state.waiting.count else { return nil }
                let work = state.waiting[state.first]
                state.waiting[state.first] = {}
                state.first += 1
                if state.first == state.waiting.count || state.first > 1024 {
                    state.waiting.removeFirst(state.first)
                    state.first = 0
                }
                return work
            }
            next?()
        }
    }
}
