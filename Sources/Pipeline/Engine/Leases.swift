import Synchronization

/// What this gateway may work on. Alone on its journal, it is everything, and nothing is asked.
package final class Leases: Sendable {
    private struct State {
        var lease: Lease
        var working: Lease
        /// Until when the lease surely holds, by the clock that only rises (nanoseconds).
        var until: UInt64 = 0
    }
    /// Other gateways work on the same journal.
    let isShared: Bool
    private let only: Lease
    private let state: Mutex<State>

    init(_ lease: Lease, isShared: Bool) {
        self.isShared = isShared
        only = lease
        state = Mutex(State(lease: lease, working: lease))
    }

    /// The lease that writes name.
    var lease: Lease { isShared ? state.withLock { $0.lease } : only }

    /// The same without shards that are to be given up: nothing of theirs is begun.
    var working: Lease { isShared ? state.withLock { $0.working } : only }

    /// Whether deliveries of the lane may be begun here.
    package func works(_ lane: Lane) -> Bool { !isShared || state.withLock { $0.working.holds(lane.shard) } }

    /// How many shards this gateway works on.
    package var count: Int { isShared ? state.withLock { $0.working.epochs.count { $0 != 0 } } : Lease.shards }

    /// Whether an attempt that may take this long can begin: it must end before another gateway may take the shard.
    func mayBegin(_ lane: Lane, lasting: Duration, uptime: UInt64) -> Bool {
        if !isShared { return true }
        return state.withLock { $0.lease.holds(lane.shard) && uptime + UInt64(max(lasting / .nanoseconds(1), 0)) < $0.until }
    }

    /// What a beat brought.
    func update(_ news: LeaseNews, leaving: Set<Int>) {
        state.withLock { $0 = State(lease: news.lease, working: news.lease.without(leaving), until: news.until) }
    }
}
