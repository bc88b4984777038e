import NIOCore
import Pipeline
import Synchronization

/// Carries answers from the journal's writer and the judge to an event loop: one wake of the loop for all answers of a group.
final class MLLPOutbox: Sendable {
    enum Item: Sendable {
        case answer(Answer)
        /// What gives the answer, or leaves it to others.
        case work(@Sendable () -> Judgement?)
    }
    private struct Entry: Sendable {
        let connection: NIOLoopBound<MLLPConnection>
        let item: Item
    }
    private let entries = Mutex<[Entry]>([])
    private let loop: any EventLoop
    /// So many answers leave at a time; then the loop reads. All answers of a large group in one go would leave the journal with nothing to write
    /// meanwhile, and then bring it all the next messages at once.
    private static let turn = 8
    /// Not yet due when the loop looks for its next task, so that it turns to its sockets first.
    private static let pause = TimeAmount.microseconds(10)

    init(loop: any EventLoop) { self.loop = loop }

    /// From any thread; never blocks.
    func put(_ item: Item, for connection: NIOLoopBound<MLLPConnection>) {
        let first = entries.withLock { entries in
            entries.append(Entry(connection: connection, item: item))
            return entries.count == 1
        }
        if first { loop.execute { self.flush() } }
    }

    private func flush() {
        var taken = [Entry]()
        entries.withLock { swap(&$0, &taken) }
        write(taken[...])
    }

    private func write(_ entries: ArraySlice<Entry>) {
        // What is left to do comes after all answers, so that the judge wakes once for all.
        var left: [() -> Void] = []
        for entry in entries.prefix(Self.turn) {
            switch entry.item {
            case .answer(let answer): entry.connection.value.answered(answer)
            case .work(let work):
                guard let (answer, then) = work() else { continue }
                entry.connection.value.answered(answer)
                left.append(then)
            }
        }
        for rest in left { rest() }
        let rest = entries.dropFirst(Self.turn)
        if !rest.isEmpty { loop.scheduleTask(in: Self.pause) { self.write(rest) } }
    }
}
