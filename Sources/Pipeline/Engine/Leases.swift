import Synchronization

/// What this gateway may work on. Alone on its journal, it is everything, and nothing is asked.
package final class Leases: Sendable {
    private struct State {
        var lease: Lease
        var working: Lease
        /// Until when the lease surely holds, by the clock that only rises (nanoseconds).
        var until: UInt64 = 0
        /// Until when nobody takes this gateway for dead.
        var sure: UInt64 = 0
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

    /// Whether anything can begin: a gateway that the database does not hear may be taken for dead, and what it has is another's.
    func isSure(uptime: UInt64) -> Bool { !isShared || state.withLock { uptime < $0.sure } }

    /// Whether an attempt that may take this long can begin: nobody takes this gateway for dead now, it ends before the lease does, and the shard has not
    /// been another's since the attempt became active.
    func mayBegin(_ delivery: Delivery, lasting: Duration, uptime: UInt64) -> Bool {
        if !isShared { return true }
        return state.withLock { state in
            let shard = delivery.lane.shard
            return state.lease.holds(shard) && state.lease.epoch(of: shard) == delivery.epoch && uptime < state.sure
                && uptime + UInt64(max(lasting / .nanoseconds(1), 0)) < state.until
        }
    }

    /// What a beat brought.
    func update(_ news: LeaseNews, leaving: Set<Int>) {
        state.withLock { $0 = State(lease: news.lease, working: news.lease.without(leaving), until: news.until, sure: news.sure) }
    }
}
