import Glibc
import Pipeline

/// Makes commits durable and then answers them, in their order: on a thread of its own, so that the writer fills the next transaction while the
/// disk works; or on the writer's thread when that has nothing else to do, which saves a change of threads.
// @unchecked: everything that changes is touched with the gate locked, but for the sync itself, which only one thread does at a time (`isBusy`).
final class SyncThread: @unchecked Sendable {
    /// A write that is committed, and what to tell whoever waits for it.
    struct Answer {
        let completion: WriteCompletion
        let done: @Sendable (WriteCompletion) -> Void
        let isIntake: Bool
    }

    private let gate = Gate()
    private let log: LogFile
    private var waiting: [Answer] = []
    private var isBusy = false
    private var isAsleep = false
    private var isWanted = false
    private var isClosed = false
    private var hasEnded = false
    private var broken: JournalError?
    private let tell: @Sendable (JournalError) -> Void

    /// `tell` is called when the log could not be synced.
    init(_ log: LogFile, tell: @escaping @Sendable (JournalError) -> Void) {
        (self.log, self.tell) = (log, tell)
        startThread { [self] in run() }
    }

    /// Why nothing is durable any more.
    var failure: JournalError? { gate.locked { broken } }

    /// Takes committed writes, which wait for a sync.
    func put(_ answers: [Answer]) { gate.locked { waiting += answers } }

    /// The writer goes on: this thread syncs.
    func wake() {
        let wakes = gate.locked {
            isWanted = !waiting.isEmpty
            return isWanted && isAsleep
        }
        if wakes { gate.wake() }
    }

    /// The writer has nothing else to do: syncs here, unless the thread is at it.
    func syncHere() {
        gate.lock()
        guard !isBusy else {
            isWanted = !waiting.isEmpty
            return gate.unlock()
        }
        syncAll()
        gate.unlock()
        // Whoever was told runs first: woken on this processor, they would wait for what this thread does next.
        sched_yield()
    }

    /// Syncs and answers what waits, then ends the thread.
    func close() {
        gate.lock()
        isClosed = true
        isWanted = true
        while !hasEnded {
            gate.wakeAll()
            gate.wait()
        }
        gate.unlock()
    }

    private func run() {
        gate.lock()
        while true {
            while !isWanted || isBusy {
                isAsleep = true
                gate.wait()
                isAsleep = false
            }
            isWanted = false
            syncAll()
            if isClosed, waiting.isEmpty { break }
        }
        hasEnded = true
        gate.wakeAll()
        gate.unlock()
    }

    /// With the gate locked; it is open while the disk works and while the answers are told. New messages are told first: somebody waits for an ACK.
    private func syncAll() {
        var answers: [Answer] = []
        swap(&answers, &waiting)
        guard !answers.isEmpty else { return }
        isBusy = true
        let earlier = broken
        gate.unlock()
        let error = earlier ?? log.sync()
        if let error {
            for answer in answers { answer.done(.failed(error)) }
            if earlier == nil { tell(error) }
        } else {
            for answer in answers where answer.isIntake { answer.done(answer.completion) }
            for answer in answers where !answer.isIntake { answer.done(answer.completion) }
        }
        gate.lock()
        broken = error
        isBusy = false
    }
}
