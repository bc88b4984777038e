import Synchronization

/// Lets one task at a time through, in the order they came.
///
/// Messages that a `then` built get their place in the journal from a commit, and go to the judge when whoever waited for that commit runs again: two
/// such tasks may run in either order. A correction must not be planned before what it corrects, so who commits emitted messages holds the turnstile
/// until they are handed on.
final class Turnstile: Sendable {
    private struct State {
        var isTaken = false
        var waiting = FIFO<CheckedContinuation<Void, Never>>()
    }
    private let state = Mutex(State())

    /// Waits for its turn.
    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(continuation)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    /// Lets the next one through.
    func leave() {
        let next = state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isTaken = false }
            return next
        }
        next?.resume()
    }
}
