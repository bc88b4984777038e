import Foundation
import Pipeline
import PipelineTesting
import Synchronization
import Testing

@testable import JournalSQLite

@Suite("Groups of writes", .serialized)
struct GroupTests {
    private func writer(_ folder: String) throws -> Writer {
        let connection = try Connection(path: folder + "/journal.sqlite", isReader: false)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        return try Writer(connection, time: ManualClock())
    }

    @Test("all that wait are one transaction: a thousand accepts take a few commits, not a thousand")
    func together() async throws {
        let scratch = Scratch()
        let journal = try openJournal(scratch.path)
        let t = try await harness(journal)
        let messages = (0..<1000).map { t.message("M\($0)") }
        let start = Uptime.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages { group.addTask { _ = try await t.accept(Acceptance(message)) } }
            try await group.waitForAll()
        }
        let together = Uptime.now - start
        await journal.close()
        let pages = (try FileManager.default.attributesOfItem(atPath: scratch.path + "/journal.sqlite")[.size] as? Int ?? 0) / 8192
        #expect(pages < 400 && together > 0)
    }

    @Test("a group ends when its work takes too long; what it had no time for is done by the next, in order")
    func cut() throws {
        let scratch = Scratch()
        let writer = try writer(scratch.path)
        writer.groupWork = 0
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: 1), clock: ManualClock())
        let operations = (0..<5).map { WriteOperation.accept(Acceptance(t.message("M\($0)"))) }
        #expect(writer.step(operations).count == 1)
        #expect(writer.nextSeq == 2)
        writer.groupWork = .max
        #expect(writer.step(operations).count == 5)
    }

    @Test("intake yields: once plans and settlements wait, new messages have half of a group; alone they have all of it, and so have the others")
    func half() {
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: 1), clock: ManualClock())
        func waiting(_ count: Int, _ operation: (Int) -> WriteOperation) -> FIFO<WriterThread.Pending> {
            var queue = FIFO<WriterThread.Pending>()
            for n in 0..<count { queue.append(WriterThread.Pending(operation: operation(n), done: { _ in })) }
            return queue
        }
        func shares(intake: Int, others: Int) -> [(intake: Int, others: Int)] {
            var new = waiting(intake) { .accept(Acceptance(t.message("M\($0)"))) }, old = waiting(others) { .mark([Seq($0)]) }
            return (0..<4).map { _ in
                let group = WriterThread.group(from: &new, and: &old).0
                return (group.count(where: \.isIntake), group.count { !$0.isIntake })
            }
        }
        let half = Writer.groupRows / 2
        #expect(shares(intake: 10 * half, others: 10 * half).allSatisfy { $0 == (half, half) })
        #expect(shares(intake: 10 * half, others: 0).allSatisfy { $0 == (2 * half, 0) })
        #expect(shares(intake: 0, others: 10 * half).allSatisfy { $0 == (0, 2 * half) })
        #expect(shares(intake: 10 * half, others: 1).map(\.intake) == [half, 2 * half, 2 * half, 2 * half])
        #expect(shares(intake: 1, others: 10 * half).map(\.others) == [2 * half - 1, 2 * half, 2 * half, 2 * half])
    }

    @Test("a backlog that never ends does not shut the door: new messages have their turn")
    func turns() async throws {
        let scratch = Scratch(inMemory: true)
        let writer = try writer(scratch.path)
        writer.groupWork = 0
        let thread = WriterThread(writer, room: Room(folder: scratch.path, ballast: 0, walLimitPages: .max, walAlarmPages: .max), checkpointPages: 1000) { _ in
        }
        let done = Counter()
        for n in 0..<400 { thread.put(.mark([Seq(n)])) { _ in done.add() } }
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: 1), clock: ManualClock())
        let before = done.value
        let after = await withCheckedContinuation { continuation in
            thread.put(.accept(Acceptance(t.message("A")))) { _ in continuation.resume(returning: done.value) }
        }
        #expect(after - before < 50, "\(after - before) writes went first")
        thread.close()
        #expect(done.value == 400)
    }

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        func add() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    @Test("an operation refused after it had changed something is undone alone: the rest of its group is kept")
    func poisoned() throws {
        let scratch = Scratch()
        let writer = try writer(scratch.path)
        let clock = ManualClock()
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: writer.epoch), clock: clock)
        guard case .receipt(.new(let seq)) = writer.step([.accept(Acceptance(t.message("A")))])[0] else { throw CancellationError() }
        let half = [
            Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [t.delivery(seq, lane: 1)]),
            Plan(seq: 99, verdict: Verdict(.accepted), deliveries: []),
        ]
        let done = writer.step([.accept(Acceptance(t.message("B"))), .plan(half, t.lease), .accept(Acceptance(t.message("C")))])
        guard case .receipt(.new(2)) = done[0], case .failed(.refused) = done[1], case .receipt(.new(3)) = done[2] else {
            Issue.record("\(done)")
            return
        }
        #expect(writer.openCount == 0)
        #expect(writer.active.isEmpty)
        #expect(try writer.connection.number("SELECT state FROM message WHERE seq = 1") == 0)
    }

    @Test("settling a delivery with the message it emits takes less of the disk than is kept free for it")
    func settlementBytes() throws {
        let scratch = Scratch(inMemory: true)
        let writer = try writer(scratch.path)
        writer.groupWork = .max
        let clock = ManualClock()
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: writer.epoch), clock: clock)
        let count = 512
        _ = writer.step((0..<count).map { .accept(Acceptance(t.message("A\($0)"))) })
        let plans = (1...count).map { Plan(seq: Seq($0), verdict: Verdict(.accepted), deliveries: [t.delivery(Seq($0), lane: UInt64($0))]) }
        guard case .planned(let active) = writer.step([.plan(plans, t.lease)])[0] else { throw CancellationError() }
        writer.checkpoint()
        func size() throws -> Int { Int(try writer.connection.number("PRAGMA page_count") ?? 0) * Schema.pageSize }
        let before = try size()
        for id in active {
            let emitted = [Emitted(t.message("Z\(id)", String(repeating: "MSA", count: 500)))]
            let result = Settlement.Result.delivered(
                Proof(answer: "Success", facts: ["submission": "1.2.250.1.999.7.3.123456789", "vihf": "_0123456789abcdef"]))
            let settlement = Settlement(delivery: id, attempt: 1, result: result, emitted: emitted)
            guard case .settled = writer.step([.settle([settlement], activate: [], t.lease, now: clock.now)])[0] else { throw CancellationError() }
            if writer.connection.walPages > 128 { writer.checkpoint() }
        }
        let each = (try size() - before) / count
        print("journal: a settlement with its emitted message takes \(each) bytes")
        #expect(each < Room.settlement)
    }
}
