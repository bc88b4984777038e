import Dispatch
import Pipeline
import PipelineTesting
import Testing

@testable import JournalPostgres

/// Two gateways on one database, each with its own clock's hands and its own connections.
@Suite("Gateways share a journal", .enabled(if: Server.isThere), .serialized)
struct SharingTests {
    private struct Two {
        let settings: PostgresJournal.Settings
        let clock = ManualClock()
        let a: PostgresJournal, b: PostgresJournal

        init() async throws {
            settings = try Server.settings()
            a = try Server.open(settings, clock)
            b = try Server.open(settings, clock)
            _ = try await a.beat(leaving: [])
            _ = try await b.beat(leaving: [])
            // The first gives up what is above its share, the second takes it.
            let news = try await a.beat(leaving: [])
            _ = try await a.beat(leaving: news.surplus)
            _ = try await b.beat(leaving: [])
        }

        func harness(_ journal: PostgresJournal) async throws -> Harness { Harness(journal: journal, lease: try await journal.lease(), clock: clock) }

        func end() async {
            await a.close()
            await b.close()
            Server.drop(settings)
        }
    }

    private func lane(of lease: Lease) throws -> UInt64 { UInt64(try #require((0..<Lease.shards).first(where: lease.holds))) + 256 }

    @Test("shards are shared out evenly, and none is held twice")
    func shares() async throws {
        let two = try await Two()
        let a = try await two.a.lease(), b = try await two.b.lease()
        let ofA = Set((0..<256).filter(a.holds)), ofB = Set((0..<256).filter(b.holds))
        #expect(ofA.count == 128 && ofB.count == 128 && ofA.isDisjoint(with: ofB))
        await two.end()
    }

    @Test("when one dies, the other has its shards, its deliveries under way as unknown, and its undecided messages; the dead one's word counts no more")
    func death() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a)
        let lane = try lane(of: a.lease)
        let id = try await a.send("A", lane: lane)
        let open = try await a.take("B")
        await two.a.abandon()
        var b = try await two.harness(two.b)
        #expect(
            try await Server.eventually {
                if b.lease.epochs.contains(0) { b = try await two.harness(two.b) }
                return !b.lease.epochs.contains(0)
            })
        #expect(try await b.state(id) == .unknown)
        #expect(try await two.b.adopt(limit: 9).map(\.unrouted.message.seq) == [open])
        #expect(try await two.b.adopt(limit: 9).isEmpty, "it is in hand now")
        #expect(try await b.start(id) == [id: 2])
        let stale = try await two.b.settle(
            [Settlement(delivery: id, attempt: 2, result: .delivered(Proof(answer: "AA")))], activate: [], a.lease, now: two.clock.now)
        #expect(stale.ignored == [id])
        await #expect(throws: JournalError.stale) { try await two.b.record(["x": "y"], for: id, attempt: 2, a.lease) }
        await two.b.close()
        Server.drop(two.settings)
    }

    @Test("a message waits for an earlier one of its key that another gateway has not planned, and comes back when that is done")
    func order() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), b = try await two.harness(two.b)
        let first = try await a.take("1", patient: 7), second = try await b.take("2", patient: 7), other = try await b.take("3", patient: 8)
        let lane = try lane(of: b.lease)
        #expect(try await b.plan(second, [b.delivery(second, lane: lane)]) == [])
        #expect(try await b.message(of: second).state == .incoming)
        #expect(try await b.plan(other, [b.delivery(other, lane: lane + 256)]).count == 1, "another patient waits for nobody")
        #expect(try await two.b.adopt(limit: 9).isEmpty, "not yet its turn")
        try await a.plan(first, [a.delivery(first, lane: lane)])
        #expect(try await two.b.adopt(limit: 9).map(\.unrouted.message.seq) == [second])
        try await b.plan(second, [b.delivery(second, lane: lane)])
        #expect(try await b.due() == [Delivery.id(first, 0)], "in the order they came")
        await two.end()
    }

    @Test("a plan of what another gateway has planned and sends is not told that it sends it")
    func plannedElsewhere() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), b = try await two.harness(two.b)
        let lane = try lane(of: b.lease), seq = try await b.take("1")
        let planned = [b.delivery(seq, lane: lane)]
        #expect(try await b.plan(seq, planned) == [planned[0].id])
        #expect(try await a.plan(seq, planned) == [], "the lease is another's")
        #expect(try await b.plan(seq, planned) == [planned[0].id], "tried again")
        await two.end()
    }

    @Test("a message waits behind one that another gateway holds at a route")
    func held() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), b = try await two.harness(two.b)
        let first = try await a.take("1", patient: 7)
        try await a.plan(first, [a.delivery(first, lane: 9, state: .held, to: "route:documents", sender: "route")])
        let second = try await b.take("2", patient: 7)
        try await b.plan(second, [b.delivery(second, lane: 1)])
        #expect(try await b.message(of: second).state == .incoming)
        try await b.command(.discard(Harness.why), Delivery.id(first, 0))
        #expect(try await two.b.adopt(limit: 9).map(\.unrouted.message.seq) == [second])
        await two.end()
    }

    @Test("a lane belongs to one gateway: the other stores what it plans there, and the owner hears of it and sends")
    func foreign() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), b = try await two.harness(two.b)
        let lane = try lane(of: a.lease)
        let heard = Inbox<JournalHint>()
        two.a.onHint { heard.put($0) }
        let id = try await b.send("X", lane: lane)
        #expect(try await b.state(id) == .queued)
        #expect(try await b.due() == [])
        #expect(try await b.start(id) == [:])
        #expect(await heard.take()?.contains(.lanes([Lane(lane)])) ?? false)
        #expect(try await a.due() == [id])
        #expect(try await a.start(id) == [id: 1])
        await two.end()
    }

    @Test("a merge is a barrier in a lane of another gateway")
    func merge() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), b = try await two.harness(two.b)
        let ofA = try lane(of: a.lease), ofB = try lane(of: b.lease)
        let before = try await b.send("1", lane: ofB), merge = try await a.send("2", lane: ofA, state: .queued, barrier: ofB)
        let behind = try await b.send("3", lane: ofB)
        #expect(try await a.start(merge) == [:])
        try await b.settle(before)
        #expect(try await b.start(behind) == [:])
        #expect(try await a.due() == [merge])
        #expect(try await a.start(merge) == [merge: 1])
        #expect(try await a.settle(merge).freed == [Lane(ofB)])
        #expect(try await b.due() == [behind])
        await two.end()
    }

    @Test("the same message by two gateways at once is taken once")
    func twice() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), b = try await two.harness(two.b)
        for n in 0..<20 {
            let message = a.message("C\(n)")
            async let one = a.accept(Acceptance(message))
            async let other = b.accept(Acceptance(b.message("C\(n)")))
            let receipts = try await [one, other]
            #expect(receipts.count { if case .new = $0 { true } else { false } } == 1, "\(receipts)")
        }
        await two.end()
    }

    @Test("a plan under a former number is refused, and what was taken in under the new one is planned again")
    func former() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a)
        let former = Lease(epoch: a.lease.epoch + 1000, epochs: a.lease.epochs)
        let seq = try await a.take("A")
        await #expect(throws: JournalError.stale) {
            _ = try await two.a.plan([Plan(seq: seq, verdict: Verdict(.accepted), deliveries: [])], former)
        }
        #expect(try await two.a.beat(leaving: []).hasParked)
        #expect(try await two.a.adopt(limit: 9).map(\.unrouted.message.seq) == [seq])
        await two.end()
    }

    @Test("what waited while its gateway was taken for dead is taken in by the gateway that it has become, and planned")
    func renewed() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a), former = a.lease.epoch
        let isHeld = Inbox<Void>(), isBuried = DispatchSemaphore(value: 0), receipts = Inbox<Result<Receipt, JournalError>>()
        // The thread of the intake is held up where a process would be stopped: between one group and the next.
        two.a.accept(Acceptance(a.message("before"))) { _ in
            isHeld.put(())
            isBuried.wait()
        }
        _ = await isHeld.take()
        two.a.accept(Acceptance(a.message("meanwhile", patient: 8))) { receipts.put($0) }
        _ = try PostgresAdmin.connect(two.settings).query("SELECT bury($1, 0, 0)", [.integer(former)])
        let b = try await two.harness(two.a)
        #expect(b.lease.epoch != former)
        isBuried.signal()
        guard case .success(.new(let seq)) = await receipts.take()?.first else { throw JournalError.stale }
        try await b.plan(seq, [b.delivery(seq, lane: try lane(of: b.lease))])
        #expect(try await b.message(of: seq).state == .routed)
        await two.end()
    }

    @Test("when one dies, the sessions of another journal on the same server go on, though its gateways have the same numbers")
    func neighbour() async throws {
        let two = try await Two(), settings = try Server.settings(), clock = ManualClock()
        let other = try Server.open(settings, clock)
        let t = Harness(journal: other, lease: try await other.lease(), clock: clock), a = try await two.harness(two.a)
        #expect(t.lease.epoch == a.lease.epoch)
        try await t.take("1")
        try await a.take("1")
        await two.a.abandon()
        var heirs = try await two.b.lease()
        #expect(
            try await Server.eventually {
                if heirs.epochs.contains(0) { heirs = try await two.b.lease() }
                return !heirs.epochs.contains(0)
            })
        #expect(try await t.take("2") > 0)
        await two.b.close()
        await other.close()
        Server.drop(two.settings)
        Server.drop(settings)
    }

    /// A beat of `heir` that has found another dead; whether that one is there after it.
    private func survives(_ other: Int64, _ heir: Int64, _ two: Two) throws -> Bool {
        let connection = try PostgresAdmin.connect(two.settings), lockClass = Int(two.a.hash.key("gateways").low & 0x7FFF_FFFF)
        _ = try connection.query("SELECT * FROM beat($1, 60000, true, $2, $3, '{}', 0)", [.integer(heir), .integers([other]), .integer(lockClass)])
        return try !connection.query("SELECT 1 FROM gateway WHERE id = $1", [.integer(other)]).isEmpty
    }

    @Test("one whose session has come back since it was found dead is not buried")
    func returned() async throws {
        let two = try await Two(), a = try await two.a.lease().epoch, b = try await two.b.lease().epoch
        #expect(try survives(a, b, two))
        await two.a.abandon()
        let isBuried = try await Server.eventually { try !survives(a, b, two) }
        #expect(isBuried)
        await two.b.close()
        Server.drop(two.settings)
    }

    @Test("a beat tells until when nobody takes this gateway for dead: the silence that others wait for, not the whole lease")
    func horizon() async throws {
        let settings = try Server.settings { $0.silence = .seconds(2) }, clock = ManualClock()
        let journal = try Server.open(settings, clock), before = Uptime.now
        let news = try await journal.beat(leaving: []), after = Uptime.now
        #expect(news.sure >= before + 2_000_000_000 && news.sure <= after + 2_000_000_000)
        #expect(news.until >= before + 60_000_000_000)
        await journal.close()
        Server.drop(settings)
    }

    @Test("one that leaves hands over at once")
    func leave() async throws {
        let two = try await Two()
        let a = try await two.harness(two.a)
        let open = try await a.take("A")
        await two.a.close()
        let news = try await two.b.beat(leaving: [])
        #expect(news.lease.epochs.count { $0 != 0 } == 256 && news.hasParked)
        #expect(try await two.b.adopt(limit: 9).map(\.unrouted.message.seq) == [open])
        await two.b.close()
        Server.drop(two.settings)
    }
}
