import NIOCore
import Pipeline
import Synchronization

/// Carries answers from the journal's writer and the judge to an event loop: one wake of the loop for all answers of a group.
final class MLLPOutbox: Sendable {
    private struct Entry: Sendable {
        let connection: NIOLoopBound<MLLPConnection>
        let answer: Answer
    }
    private let entries = Mutex<[Entry]>([])
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    /// From any thread; never blocks.
    func put(_ answer: Answer, for connection: NIOLoopBound<MLLPConnection>) {
        let first = entries.withLock { entries in
            entries.append(Entry(connection: connection, answer: answer))
            return entries.count == 1
        }
        if first { loop.execute { self.flush() } }
    }

    private func flush() {
        var taken = [Entry]()
        entries.withLock { swap(&$0, &taken) }
        for entry in taken { entry.connection.value.answered(entry.answer) }
    }
}
