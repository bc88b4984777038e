import Pipeline
import PipelineTesting
import Testing

@testable import JournalPostgres

/// A merge whose lanes belong to two gateways.
@Suite("A merge across shards", .enabled(if: Server.isThere), .serialized)
struct MergeTests {
    private func harness(_ journal: PostgresJournal, _ clock: ManualClock) async throws -> Harness {
        Harness(journal: journal, lease: try await journal.lease(), clock: clock)
    }

    /// Two gateways that hold half of the shards each.
    private func two(_ settings: PostgresJournal.Settings, _ clock: ManualClock) async throws -> (PostgresJournal, PostgresJournal) {
        let a = try Server.open(settings, clock), b = try Server.open(settings, clock)
        _ = try await a.beat(leaving: [])
        _ = try await b.beat(leaving: [])
        let news = try await a.beat(leaving: [])
        _ = try await a.beat(leaving: news.surplus)
        _ = try await b.beat(leaving: [])
        return (a, b)
    }

    @Test("it waits for what the other gateway has in its shards, and holds that gateway's later ones back")
    func lanes() async throws {
        let settings = try Server.settings(), clock = ManualClock(), (one, other) = try await two(settings, clock)
        let a = try await harness(one, clock), b = try await harness(other, clock)
        let mine = UInt64(try #require((0..<256).first(where: a.lease.holds))), theirs = (0..<256).filter(b.lease.holds).prefix(2).map { UInt64($0) + 512 }
        let before = try await b.send("B1", lane: theirs[0])
        let merge = try await a.send("M", lane: mine, barrier: theirs[0], theirs[1])
        #expect(try await a.state(merge) == .queued)
        let later = try await b.send("B2", lane: theirs[0]), history = try await b.send("B3", lane: theirs[1])
        #expect(try await b.start(later, history).isEmpty)
        #expect(try await b.settle(before).freed == [Lane(mine)])
        #expect(try await b.start(later, history).isEmpty, "they pass the merge")
        #expect(try await a.start(merge) == [merge: 1])
        #expect(try await b.start(later, history).isEmpty, "beside the merge")
        #expect(try await a.settle(merge).freed == Set(theirs.map { Lane($0) }))
        #expect(try await b.start(later, history) == [later: 1, history: 1])
        await one.close()
        await other.close()
        Server.drop(settings)
    }

    @Test("held at its route, it holds back the planning of either identity, whichever gateway has taken the message in")
    func planning() async throws {
        let settings = try Server.settings(), clock = ManualClock(), (one, other) = try await two(settings, clock)
        let a = try await harness(one, clock), b = try await harness(other, clock)
        let plain = a.message("M", patient: 1)
        var keys = plain.envelope.keys
        keys.merged = 2
        let envelope = Envelope(
            id: plain.envelope.id, listener: "mllp-in", partner: plain.envelope.partner, received: clock.now, format: "hl7v2", controlID: "M", keys: keys)
        guard case .new(let seq) = try await a.accept(Acceptance(Message(envelope: envelope, body: plain.body, digest: plain.digest))) else {
            throw CancellationError()
        }
        try await a.plan(seq, [a.delivery(seq, lane: 5, state: .held, to: "route:adt", sender: "route")])
        var waiting: [Seq] = []
        for patient in [1, 2] as [UInt64] {
            let later = try await b.take("L\(patient)", patient: patient)
            try await b.plan(later, [b.delivery(later, lane: 900 + patient, state: .queued)])
            #expect(try await b.message(of: later).state == .incoming, "patient \(patient) passes the merge")
            waiting.append(later)
        }
        let stranger = try await b.take("S", patient: 3)
        try await b.plan(stranger, [])
        #expect(try await b.message(of: stranger).state == .routed)
        try await a.command(.discard(Harness.why), seq << 12)
        for later in waiting {
            try await b.plan(later, [b.delivery(later, lane: 900, state: .queued)])
            #expect(try await b.message(of: later).state == .routed)
        }
        await one.close()
        await other.close()
        Server.drop(settings)
    }

    @Test("a message behind a merge that waits for its other patient is not adopted again and again: it follows once the merge is in hand")
    func behind() async throws {
        let settings = try Server.settings(), clock = ManualClock(), journal = try Server.open(settings, clock)
        let t = try await harness(journal, clock)
        let held = try await t.take("Q", patient: 2)
        try await t.plan(held, [t.delivery(held, lane: 5, state: .held, to: "route:adt", sender: "route")])
        let plain = t.message("M", patient: 1)
        var keys = plain.envelope.keys
        keys.merged = 2
        let envelope = Envelope(
            id: plain.envelope.id, listener: "mllp-in", partner: plain.envelope.partner, received: clock.now, format: "hl7v2", controlID: "M", keys: keys)
        guard case .new(let merge) = try await t.accept(Acceptance(Message(envelope: envelope, body: plain.body, digest: plain.digest))) else {
            throw CancellationError()
        }
        try await t.plan(merge, [])
        let later = try await t.take("P", patient: 1)
        try await t.plan(later, [])
        #expect(try await t.message(of: later).state == .incoming, "it passes the merge")
        var adopted = try await journal.adopt(limit: 9).map(\.unrouted.message.seq)
        #expect(adopted == [], "it would only be parked again")
        try await t.command(.discard(Harness.why), held << 12)
        adopted = try await journal.adopt(limit: 9).map(\.unrouted.message.seq)
        #expect(adopted == [merge])
        adopted = try await journal.adopt(limit: 9).map(\.unrouted.message.seq)
        #expect(adopted == [later])
        try await t.plan(merge, [])
        try await t.plan(later, [])
        #expect(try await t.message(of: later).state == .routed)
        await journal.close()
        Server.drop(settings)
    }
}
