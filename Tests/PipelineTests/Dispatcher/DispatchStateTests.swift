import Testing

@testable import Pipeline

/// Deliveries without content, for state machines.
enum Sample {
    static func message(_ seq: Seq, key: UInt64 = 1, merged: UInt64 = 0) -> Message {
        var keys = OrderKeys()
        (keys.patient, keys.merged) = (key, merged)
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: UInt64(seq))), listener: "in", partner: Partner(facility: "f", name: "a|b"),
            received: Instant(milliseconds: 0), format: "bytes", controlID: "c\(seq)", keys: keys)
        return Message(envelope: envelope, body: .bytes([1]), digest: [], seq: seq)
    }

    static func delivery(_ seq: Seq, lane: UInt64, sender: String = "s", of deliveryClass: DeliveryClass = .today) -> Delivery {
        Delivery(
            id: Delivery.id(seq, 0), key: Key128(high: 0, low: UInt64(seq)), message: message(seq), route: "r", destination: "r/d", sender: sender,
            part: Part(), lane: Lane(lane), deliveryClass: deliveryClass)
    }

    static func heldAtRoute(_ route: String) -> ExaminedDelivery {
        ExaminedDelivery(
            key: Key128(high: 0, low: 0), route: route, destination: "route:" + route, sender: InternalSender.route, part: Part(), lane: Lane(1), barriers: [],
            deliveryClass: .today, tokens: [], replaces: [], blocksWhenHeld: true, notes: [:], rewritten: nil, held: Reasons.unreadable)
    }

    static func terms(_ places: Int = 2, ahead: Int = 0, rate: Double? = nil) -> DispatchState.Terms {
        DispatchState.Terms(places: places, ahead: ahead, rate: rate, policy: RetryPolicy(), scope: { $0.sender })
    }
}

@Suite("Which delivery starts when")
struct DispatchStateTests {
    private let now = Instant(milliseconds: 1_000_000)

    private func state(concurrency: Int = 2, rate: Double? = nil, hotLimit: Int = 20_000) -> DispatchState {
        var state = DispatchState(hotLimit: hotLimit)
        state.learn("s", Sample.terms(concurrency, rate: rate))
        state.settled()
        return state
    }
    private func plan(_ state: inout DispatchState, _ deliveries: [Delivery]) -> [Delivery] {
        var reserved: Set<DeliveryID> = []
        for d in deliveries where state.reserve(d, simple: true, now: now) { reserved.insert(d.id) }
        return state.planned(deliveries, reserved: reserved, active: reserved)
    }
    private func next(_ state: inout DispatchState, at: Instant? = nil) -> [Seq] { state.next(limit: 100, now: at ?? now).map { $0.id >> 12 } }
    private func close(_ state: inout DispatchState, _ d: Delivery) { state.ended(d, .closed, away: false, halt: nil, now: now, chance: 0) }

    @Test("a delivery for an idle lane starts with its plan; the next of the lane only when it ended")
    func lane() {
        var s = state()
        let a = Sample.delivery(1, lane: 7), b = Sample.delivery(2, lane: 7)
        #expect(plan(&s, [a, b]).map(\.id) == [a.id])
        #expect(next(&s) == [])
        close(&s, a)
        #expect(next(&s) == [2])
    }

    @Test("lanes are independent up to the sender's concurrency")
    func concurrency() {
        var s = state(concurrency: 2)
        let all = (1...4).map { Sample.delivery(Seq($0), lane: UInt64($0)) }
        #expect(plan(&s, all).count == 2)
        #expect(next(&s) == [])
        close(&s, all[0])
        #expect(next(&s) == [3])
    }

    @Test("a deferred delivery holds back its own lane only, and goes first when its time comes")
    func deferred() {
        var s = state(concurrency: 4)
        let a = Sample.delivery(1, lane: 7), b = Sample.delivery(2, lane: 7), c = Sample.delivery(3, lane: 8)
        _ = plan(&s, [a, b])
        s.ended(a, .again(a, at: now + .seconds(5)), away: false, halt: nil, now: now, chance: 0)
        #expect(plan(&s, [c]).map(\.id) == [c.id])
        #expect(next(&s) == [])
        #expect(next(&s, at: now + .seconds(5)) == [1])
    }

    @Test("a far end that is away is probed by one delivery, each time the head of another lane, whatever else ends meanwhile")
    func probe() {
        var s = state(concurrency: 4)
        let all = (1...8).map { Sample.delivery(Seq($0), lane: UInt64($0)) }
        let chance = UInt64(1) << 63
        func away(_ seq: Seq, at: Instant) {
            let d = all[Int(seq) - 1]
            s.ended(d, .again(d, at: at + .milliseconds(1)), away: true, halt: nil, now: at, chance: chance)
        }
        #expect(plan(&s, all).count == 4)
        for seq in [1, 2, 3] as [Seq] { away(seq, at: now) }
        // One failure together: the first rest is the first pause, not the third.
        let first = now + .milliseconds(2500)
        let probes = next(&s, at: first)
        #expect(probes == [5])
        away(4, at: first)  // was under way all the time: it does not end the probe's turn
        #expect(next(&s, at: first + .seconds(60)) == [])
        var seen = probes, at = first
        for _ in 0..<6 {
            away(seen[seen.count - 1], at: at)
            #expect(next(&s, at: at + .milliseconds(100)) == [])
            at = at + .seconds(400)
            let one = next(&s, at: at)
            #expect(one.count == 1)
            seen += one
        }
        #expect(Set(seen).count == seen.count, "\(seen)")
        close(&s, all[Int(seen[seen.count - 1]) - 1])
        #expect(next(&s, at: at).count == 4)
    }

    @Test("a halted scope starts nothing until it is resumed")
    func halted() {
        var s = state()
        let a = Sample.delivery(1, lane: 1)
        _ = plan(&s, [a])
        s.ended(a, .again(a, at: now), away: false, halt: Reasons.stopping, now: now, chance: 0)
        #expect(next(&s, at: now + .seconds(3600)) == [])
        #expect(s.halted.keys.sorted() == ["s"])
        s.resume("s")
        #expect(next(&s, at: now + .seconds(3600)) == [1])
    }

    @Test("a rate of 5 a second starts one every 200 ms, never two at once")
    func rate() {
        var s = state(concurrency: 100, rate: 5)
        let all = (1...20).map { Sample.delivery(Seq($0), lane: UInt64($0)) }
        #expect(plan(&s, all).count == 1)
        #expect(next(&s, at: now + .milliseconds(100)).isEmpty)
        let started = stride(from: 200, through: 1000, by: 50).reduce(0) { $0 + next(&s, at: now + .milliseconds($1)).count }
        #expect(started == 5)
    }

    @Test("a held delivery blocks its lane when it says so, and is passed otherwise")
    func held() {
        var s = state()
        let a = Sample.delivery(1, lane: 7), b = Sample.delivery(2, lane: 7)
        _ = plan(&s, [a, b])
        s.ended(a, .held(blocks: false), away: false, halt: nil, now: now, chance: 0)
        #expect(next(&s) == [2])
        var t = state()
        _ = plan(&t, [a, b])
        t.ended(a, .held(blocks: true), away: false, halt: nil, now: now, chance: 0)
        #expect(next(&t) == [])
    }

    @Test("beyond its limit the memory does not grow: the rest is fetched from the journal")
    func spilled() {
        var s = state(concurrency: 1, hotLimit: 10)
        let all = (1...30).map { Sample.delivery(Seq($0), lane: UInt64($0)) }
        _ = plan(&s, all)
        #expect(s.hot[.today] <= 10)
        close(&s, all[0])
        for _ in 0..<40 { for seq in next(&s) { close(&s, all[Int(seq) - 1]) } }
        #expect(s.wants(.today, now))
        _ = s.ask(.today)
        s.offered(Array(all.suffix(15)), of: .today, complete: true)
        #expect(next(&s).count == 1)
    }

    @Test("what the journal refused to activate gives its slot back")
    func notStarted() {
        var s = state(concurrency: 1)
        let a = Sample.delivery(1, lane: 1), b = Sample.delivery(2, lane: 2)
        let reserved = s.reserve(a, simple: true, now: now)
        let started = s.planned([a], reserved: [a.id], active: [])
        #expect(reserved && started.isEmpty)
        #expect(plan(&s, [b]).map(\.id) == [b.id])
    }
}
