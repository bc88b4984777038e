import Testing

@testable import Pipeline

@Suite("A far end that is away does not hide the others")
struct SharesTests {
    private let now = Instant(milliseconds: 1_000_000)

    private func state(_ senders: String...) -> DispatchState {
        var state = DispatchState(hotLimit: 20)
        for sender in senders { state.learn(sender, DispatchState.Terms(concurrency: 1, rate: nil, policy: RetryPolicy())) }
        state.offered([], complete: true, asked: state.beginRefill())
        return state
    }

    private func plan(_ state: inout DispatchState, _ deliveries: [Delivery]) {
        for d in deliveries { _ = state.reserve(d.id, lane: d.lane, sender: d.sender, scope: d.sender, simple: false, now: now) }
        _ = state.planned(deliveries, reserved: [], active: [], scope: { $0.sender })
    }

    @Test("one sender fills its share of the memory, not all of it; the journal is asked for the others only")
    func share() {
        var s = state("dead", "alive")
        plan(&s, (1...40).map { Sample.delivery(Seq($0), lane: UInt64($0), sender: "dead") })
        #expect(s.hot == 10)
        #expect(s.crowded == ["dead"])
        plan(&s, (41...44).map { Sample.delivery(Seq($0), lane: UInt64($0), sender: "alive") })
        #expect(s.hot == 14)
        #expect(s.next(limit: 9, now: now, scope: { $0.sender }).map(\.sender).sorted() == ["alive", "dead"])
    }

    @Test("a sender that was left out is asked for again once it has little in hand")
    func again() {
        var s = state("dead", "alive")
        plan(&s, (1...40).map { Sample.delivery(Seq($0), lane: UInt64($0), sender: "dead") })
        s.offered([], complete: true, asked: s.beginRefill(), resting: s.crowded)
        #expect(!s.wantsMore(now))
        for _ in 1...9 {
            for d in s.next(limit: 9, now: now, scope: { $0.sender }) {
                s.ended(d, .closed, away: false, halt: nil, scope: d.sender, now: now, chance: 0)
            }
        }
        #expect(s.wantsMore(now))
    }

    @Test("lanes that the journal names as freed are asked for")
    func freed() {
        var s = state("s")
        #expect(!s.wantsMore(now))
        s.freed([Lane(3)])
        #expect(s.wantsMore(now))
        s.offered([Sample.delivery(5, lane: 3)], complete: true, asked: s.beginRefill())
        #expect(s.next(limit: 9, now: now, scope: { $0.sender }).map { $0.id >> 12 } == [5])
        #expect(!s.wantsMore(now))
    }
}
