import Pipeline
import Synchronization

/// The only door to blocking C that waits. Each scope has four threads of its own, so that far ends that hang cannot stop the others.
final class IOThreads: BlockingDoor {
    private let shares = Mutex<[String: WorkerThreads]>([:])

    func run<T: Sendable>(_ scope: String, _ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in share(scope).put { continuation.resume(returning: work()) } }
    }

    private func share(_ scope: String) -> WorkerThreads {
        shares.withLock { shares in
            if let known = shares[scope] { return known }
            let share = WorkerThreads(limit: 4)
            shares[scope] = share
            return share
        }
    }
}
