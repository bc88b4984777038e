import Synchronization

/// Hands elements from any thread to one task, many at a time: one lock to put, one wake for all that waited.
package final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var waiting: [Element] = []
        var reader: CheckedContinuation<Void, Never>?
        var closed = false
    }
    private let state = Mutex(State())

    /// An empty inbox.
    package init() {}

    /// Adds one element; ignored once closed.
    package func put(_ element: Element) { add { $0.append(element) } }

    /// Adds one that need not be looked at before the next that is put: nobody is woken for it.
    package func lay(_ element: Element) { state.withLock { if !$0.closed { $0.waiting.append(element) } } }

    /// Adds elements in order; ignored once closed.
    package func put(_ elements: [Element]) { add { $0.append(contentsOf: elements) } }

    private func add(_ append: (inout [Element]) -> Void) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.closed else { return nil }
            append(&state.waiting)
            return state.reader.take()
        }
        reader?.resume()
    }

    /// No more elements; what waits can still be taken.
    package func close() {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.closed = true
            return state.reader.take()
        }
        reader?.resume()
    }

    /// How many wait.
    package var count: Int { state.withLock { $0.waiting.count } }

    /// Everything that waits, in order; suspends until there is something; nil once closed and empty. One reader only.
    package func take() async -> [Element]? {
        while true {
            if let taken = takeNow() { return taken.isEmpty ? nil : taken }
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state in
                    guard state.waiting.isEmpty, !state.closed else { return true }
                    state.reader = continuation
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        }
    }

    /// What waits now: empty when closed and empty, nil when there is nothing yet.
    private func takeNow() -> [Element]? {
        state.withLock { state in
            if state.waiting.isEmpty { return state.closed ? [] : nil }
            var taken: [Element] = []
            swap(&taken, &state.waiting)
            return taken
        }
    }
}
