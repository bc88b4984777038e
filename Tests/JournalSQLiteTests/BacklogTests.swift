import Foundation
import Pipeline
import PipelineTesting
import Testing

@testable import JournalSQLite

@Suite("A large backlog")
struct BacklogTests {
    /// 40 000 deliveries in 10 000 lanes of two senders, and one lane with 10 000 more.
    private func filled(_ folder: String) throws -> (Writer, Reader, Harness) {
        let connection = try Connection(path: folder + "/journal.sqlite", isReader: false)
        try Schema.prepare(connection, secret: Key128(high: 1, low: 2))
        let writer = try Writer(connection, time: ManualClock())
        writer.groupWork = .max
        let t = Harness(journal: InMemoryJournal(), lease: Lease(epoch: writer.epoch), clock: ManualClock())
        _ = writer.step((0..<50).map { .accept(Acceptance(t.message("A\($0)"))) })
        for seq in 1...50 as ClosedRange<Seq> {
            let deliveries = (0..<1000).map { n in
                let lane = seq > 40 ? 77 : 100_000 + UInt64(seq - 1) * 1000 % 10_000 + UInt64(n)
                return t.delivery(seq, n, lane: lane, state: .queued, sender: n % 2 == 0 ? "dead" : "alive")
            }
            _ = writer.step([.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: deliveries)], t.lease)])
            writer.checkpoint()
        }
        let reader = Reader(
            try Connection(path: folder + "/journal.sqlite", isReader: true), bodies: BodyFolder(path: folder), hash: writer.hash, digester: testDigester())
        return (writer, reader, t)
    }

    private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = Uptime.now
        try body()
        return Double(Uptime.now - start) / 1e6
    }

    @Test("what is due, the counters, a page of the queue and the next of a long lane are found without reading the backlog")
    func quick() throws {
        let scratch = Scratch(inMemory: true)
        let (writer, reader, t) = try filled(scratch.path)
        #expect(writer.openCount == 50_000)
        let inHand = Set((0..<9000).map { Lane(100_000 + UInt64($0)) })
        var found = 0
        let misses = reader.connection.cacheMisses
        let times = [
            try milliseconds { found += try reader.due(now: t.now, limit: 256, excluding: [], resting: []).count },
            try milliseconds { found += try reader.due(now: t.now, limit: 256, excluding: inHand, resting: []).count },
            try milliseconds { found += try reader.due(now: t.now, limit: 256, excluding: [], resting: ["dead"]).count },
            try milliseconds { _ = try reader.find(.counts) },
            try milliseconds { _ = try reader.find(.deliveries(states: [.queued, .held], after: 30 << 12, limit: 100)) },
            try milliseconds { _ = try reader.nextDue() },
        ]
        print("journal: with 50 000 open deliveries: due \(times[0...2]), counts \(times[3]), a page \(times[4]), next due \(times[5]) ms")
        #expect(found == 768)
        #expect(reader.connection.cacheMisses - misses < 2000)
        let head = try #require(try reader.due(now: t.now, limit: 20_000, excluding: [], resting: []).first { $0.lane == Lane(77) })
        let before = writer.connection.cacheMisses
        let settled = writer.step([.settle([], activate: [head.id], t.lease, now: t.now)])
        guard case .settled(let first) = settled[0], first.activated[head.id] == 1 else { throw CancellationError() }
        let end = Settlement(delivery: head.id, attempt: 1, result: .delivered(Proof(answer: "AA")))
        guard case .settled(let next) = writer.step([.settle([end], activate: [head.id + 1], t.lease, now: t.now)])[0] else { throw CancellationError() }
        #expect(next.activated == [head.id + 1: 1])
        #expect(writer.connection.cacheMisses - before < 40, "the long lane was read")
    }
}
