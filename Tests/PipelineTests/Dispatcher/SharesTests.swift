import Testing

@testable import Pipeline

extension DispatchState {
    /// The journal has nothing that is not in hand here.
    mutating func settled() {
        for deliveryClass in DeliveryClass.allCases {
            _ = ask(deliveryClass)
            offered([], of: deliveryClass, complete: true)
        }
    }
}

@Suite("A far end that is away does not hide the others")
struct SharesTests {
    private let now = Instant(milliseconds: 1_000_000)

    private func state(_ senders: String...) -> DispatchState {
        var state = DispatchState(hotLimit: 20)
        for sender in senders { state.learn(sender, Sample.terms(1)) }
        state.settled()
        return state
    }

    private func plan(_ state: inout DispatchState, _ deliveries: [Delivery]) {
        for d in deliveries { _ = state.reserve(d, simple: false, now: now) }
        _ = state.planned(deliveries, reserved: [], active: [])
    }

    @Test("one sender fills its share of the memory, not all of it; the journal is asked for the others only")
    func share() {
        var s = state("dead", "alive")
        plan(&s, (1...40).map { Sample.delivery(Seq($0), lane: UInt64($0), sender: "dead") })
        #expect(s.hot[.today] == 7)
        plan(&s, (41...44).map { Sample.delivery(Seq($0), lane: UInt64($0), sender: "alive") })
        #expect(s.hot[.today] == 11)
        #expect(s.next(limit: 9, now: now).map(\.sender).sorted() == ["alive", "dead"])
        #expect(!s.wants(.today, now))
        s.freed([Lane(99)])
        let question = s.ask(.today)
        #expect(question.supplied == ["alive", "dead"] && question.lanes.count == 11)
    }

    @Test("a sender that was left out is asked for again once it has little in hand")
    func again() {
        var s = state("dead", "alive")
        plan(&s, (1...40).map { Sample.delivery(Seq($0), lane: UInt64($0), sender: "dead") })
        #expect(!s.wants(.today, now))
        for _ in 1...9 {
            for d in s.next(limit: 9, now: now) { s.ended(d, .closed, away: false, halt: nil, now: now, chance: 0) }
        }
        #expect(s.wants(.today, now))
        #expect(!s.wants(.bulk, now))
    }

    @Test("lanes that the journal names as freed are asked for")
    func freed() {
        var s = state("s")
        #expect(!s.wants(.today, now))
        s.freed([Lane(3)])
        #expect(s.wants(.today, now))
        _ = s.ask(.today)
        #expect(!s.wants(.today, now), "asked twice at once")
        s.offered([Sample.delivery(5, lane: 3)], of: .today, complete: true)
        #expect(s.next(limit: 9, now: now).map { $0.id >> 12 } == [5])
        #expect(!s.wants(.today, now))
    }

    @Test(
        "of a lane that the journal offers with what stands behind, each goes when the one before is settled, without another question, as far as there is room"
    )
    func run() {
        var s = DispatchState(hotLimit: 200)
        s.learn("s", Sample.terms(4))
        s.settled()
        s.freed([Lane(3)])
        _ = s.ask(.today)
        let run = (1...5).map { Sample.delivery(Seq($0), lane: 3) }
        s.offered([run[0]], behind: Array(run[1...]), of: .today, complete: true)
        var left: [Seq] = []
        var running = s.next(limit: 9, now: now)
        while let one = running.popLast() {
            left.append(one.id >> 12)
            #expect(running.isEmpty && s.next(limit: 9, now: now).isEmpty, "two of a lane at once")
            #expect(!s.wants(.today, now))
            s.ended(one, .closed, away: false, halt: nil, now: now, chance: 0)
            running += s.next(limit: 9, now: now)
        }
        #expect(left == [1, 2, 3, 4, 5])
        #expect(s.wants(.today, now), "the end of the run is not asked for")
        var small = DispatchState(hotLimit: 8)
        small.learn("s", Sample.terms(1))
        small.settled()
        small.freed([Lane(3)])
        _ = small.ask(.today)
        small.offered([run[0]], behind: Array(run[1...]), of: .today, complete: true)
        #expect(small.hot[.today] < 5 && small.hot[.today] > 1, "\(small.hot[.today])")
    }

    @Test("what comes into doubt while the journal is asked is asked for again")
    func meanwhile() {
        var s = state("s")
        s.freed([Lane(3)])
        _ = s.ask(.today)
        s.freed([Lane(3)])
        s.offered([], of: .today, complete: true)
        #expect(s.wants(.today, now))
        _ = s.ask(.today)
        s.offered([], of: .today, complete: false)
        #expect(s.wants(.today, now), "the journal had more")
        let isFree = s.reserve(Sample.delivery(9, lane: 3), simple: true, now: now)
        #expect(!isFree, "the lane is in doubt")
    }

    @Test("with 300 000 keys that are all deferred, what is kept in memory stays within its limit, and each lane is offered again by the journal")
    func manyKeys() {
        var s = DispatchState(hotLimit: 1000)
        s.learn("s", Sample.terms(8, ahead: 120))
        s.settled()
        var mostLanes = 0
        for n in stride(from: 1, to: 300_000, by: 100) {
            let all = (n..<n + 100).map { Sample.delivery(Seq($0), lane: UInt64($0)) }
            var reserved: Set<DeliveryID> = []
            for d in all where s.reserve(d, simple: true, now: now) { reserved.insert(d.id) }
            var running = s.planned(all, reserved: reserved, active: reserved)
            while !running.isEmpty {
                for d in running { s.ended(d, .again(d, at: now + .seconds(600)), away: false, halt: nil, now: now, chance: 0) }
                running = s.next(limit: 256, now: now)
            }
            mostLanes = max(mostLanes, s.lanes.count)
        }
        #expect(s.hot[.today] <= 1000 && s.lanes.count <= 1200 && mostLanes <= 1500, "\(s.hot[.today]) in hand, \(s.lanes.count) lanes")
        #expect(s.streams.allSatisfy { $0.unsure.count <= DispatchState.mostDoubts })
        #expect(s.refillAt == now + .seconds(600))
        #expect(s.next(limit: 256, now: now + .seconds(600)).count == 128)
    }
}
