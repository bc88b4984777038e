package import Pipeline
import Synchronization

/// A clock whose hands a test turns.
package final class ManualClock: Timekeeper {
    private struct Sleeper {
        let id: Int
        let until: Instant
        let continuation: CheckedContinuation<Void, Never>
    }
    private struct State {
        var now: Instant
        var next = 0
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
    }
    private let state: Mutex<State>

    /// A clock that shows `now`: 2026-01-01 unless told otherwise.
    package init(_ now: Instant = Instant(milliseconds: 1_767_225_600_000)) { state = Mutex(State(now: now)) }

    package var now: Instant { state.withLock { $0.now } }
    package var uptime: UInt64 { UInt64(now.milliseconds) * 1_000_000 }

    package func sleep(until deadline: Instant) async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state in
                    if deadline <= state.now || state.cancelled.remove(id) != nil { return true }
                    state.sleepers.append(Sleeper(id: id, until: deadline, continuation: continuation))
                    return false
                }
                if early { continuation.resume() }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let at = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: at)
            }
            sleeper?.continuation.resume()
        }
    }

    /// Turns the hands forward and wakes who slept until then, the earliest first.
    package func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now = state.now + duration
            let woken = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return woken.sorted { ($0.until, $0.id) < ($1.until, $1.id) }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    /// Turns the hands to the first deadline that somebody sleeps for; false if nobody sleeps.
    @discardableResult package func advanceToNextSleeper() -> Bool {
        guard let next = state.withLock({ state in state.sleepers.map(\.until).min().map { max($0, state.now) - state.now } }) else { return false }
        advance(by: next)
        return true
    }

    /// How many tasks sleep.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }
}

/// Chance that a seed decides: xorshift over 64 bits.
package final class SeededRandom: Randomness {
    private let state: Mutex<UInt64>

    /// The same seed gives the same numbers.
    package init(_ seed: UInt64 = 1) { state = Mutex(seed &* 0x9E37_79B9_7F4A_7C15 | 1) }

    package func next() -> UInt64 {
        state.withLock { state in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    /// A number below `bound`.
    package func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
