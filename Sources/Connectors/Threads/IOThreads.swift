import Pipeline
import Synchronization

/// The only door to blocking C that waits. Each scope has threads of its own, so that far ends that hang cannot stop the others.
package final class IOThreads: BlockingDoor {
    /// A sender has no more than this, whatever its file says.
    private static let most = 64
    private let shares = Mutex<[String: WorkerThreads]>([:])

    /// A door whose threads start when there is work for them.
    package init() {}

    package func run<T: Sendable>(_ scope: String, _ work: @escaping @Sendable () -> T) async -> T { await run(scope, places: 4, work) }

    package func run<T: Sendable>(_ scope: String, places: Int, _ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in share(scope, places).put { continuation.resume(returning: work()) } }
    }

    private func share(_ scope: String, _ places: Int) -> WorkerThreads {
        let places = min(max(places, 1), Self.most)
        return shares.withLock { shares in
            if let known = shares[scope] {
                known.allow(places)
                return known
            }
            let share = WorkerThreads(limit: places)
            shares[scope] = share
            return share
        }
    }
}
