import Testing

@testable import Pipeline

@Suite("Today's go before history")
struct ClassTests {
    private let now = Instant(milliseconds: 1_000_000)

    private func state(_ places: Int = 4, rate: Double? = nil) -> DispatchState {
        var state = DispatchState()
        state.learn("s", Sample.terms(places, rate: rate))
        state.settled()
        return state
    }
    private func queue(_ state: inout DispatchState, _ deliveries: [Delivery]) {
        for d in deliveries { _ = state.reserve(d, simple: false, now: now) }
        _ = state.planned(deliveries, reserved: [], active: [])
    }
    private func bulk(_ seqs: ClosedRange<Seq>) -> [Delivery] { seqs.map { Sample.delivery($0, lane: UInt64($0) | 1 << 40, of: .bulk) } }
    private func today(_ seqs: ClosedRange<Seq>) -> [Delivery] { seqs.map { Sample.delivery($0, lane: UInt64($0)) } }
    private func close(_ state: inout DispatchState, _ d: Delivery, at: Instant? = nil) {
        state.ended(d, .closed, away: false, halt: nil, now: at ?? now, chance: 0)
    }

    @Test("one place stays free of bulk, so that what is for today does not wait for the end of a long document")
    func place() {
        var s = state(4)
        queue(&s, bulk(1...10))
        #expect(s.next(limit: 9, now: now).count == 3)
        let letter = Sample.delivery(11, lane: 11)
        let isFree = s.reserve(letter, simple: true, now: now)
        #expect(isFree)
    }

    @Test("a sender with one place sends history too, and today's next")
    func onePlace() {
        var s = state(1)
        queue(&s, bulk(1...3))
        let first = s.next(limit: 9, now: now)
        #expect(first.map(\.deliveryClass) == [.bulk])
        queue(&s, today(4...5))
        #expect(s.next(limit: 9, now: now).isEmpty)
        close(&s, first[0])
        #expect(s.next(limit: 9, now: now).map { $0.id >> 12 } == [4])
    }

    @Test("where both wait, today's have nineteen turns of twenty: for the places and for the rate", arguments: [nil, 10.0])
    func turns(rate: Double?) {
        var s = state(2, rate: rate)
        queue(&s, bulk(1...300))
        queue(&s, today(1001...1300))
        var sent: [DeliveryClass] = [], at = now
        while sent.count < 200 {
            at = at + .milliseconds(100)
            for d in s.next(limit: 1, now: at) {
                sent.append(d.deliveryClass)
                close(&s, d, at: at)
            }
        }
        #expect(sent.count { $0 == .bulk } == 10)
        #expect(sent.prefix(19).allSatisfy { $0 == .today })
    }

    @Test("a place that comes free goes to those that wait, not to a newcomer: bulk never takes it before today's")
    func newcomers() {
        var s = state(2)
        queue(&s, today(1...5))
        let running = s.next(limit: 9, now: now)
        close(&s, running[0])
        let bulkGoes = s.reserve(bulk(9...9)[0], simple: true, now: now), newcomerGoes = s.reserve(Sample.delivery(10, lane: 10), simple: true, now: now)
        #expect(!bulkGoes && !newcomerGoes)
        #expect(s.next(limit: 9, now: now).map { $0.id >> 12 } == [3])
    }

    @Test("what waits for a place runs in the same order: today's first, bulk never stands still")
    func places() throws {
        var places = Places()
        let terms = Sample.terms(2, ahead: 40)
        let entered = (bulk(1...30) + today(31...80)).map { places.enter($0, terms) }
        #expect(entered.indices.filter { entered[$0] } == [0, 30])
        places.leave(bulk(1...1)[0])
        var ran: [DeliveryClass] = []
        while let next = places.next(terms, rests: { _ in false }) {
            guard next.runs else { throw CancellationError() }
            ran.append(next.delivery.deliveryClass)
            places.leave(next.delivery)
        }
        #expect(ran.count == 78)
        #expect(ran.prefix(40).count { $0 == .bulk } == 2)
    }

    @Test("history in hand has a quarter of the memory, whatever its backlog: today's always find room")
    func memory() {
        var s = DispatchState(hotLimit: 400)
        s.learn("s", Sample.terms(1))
        s.settled()
        queue(&s, bulk(1...5000))
        #expect(s.hot[.bulk] <= 100)
        queue(&s, today(6001...6050))
        #expect(s.hot[.today] == 50)
        #expect(!s.wants(.today, now))
    }

    @Test("a body that would wait long stays in the journal")
    func bodies() {
        var s = state(2)
        var all = today(1...3)
        all[1].rewritten = [UInt8](repeating: 1, count: DispatchState.mostBytes)
        queue(&s, all)
        #expect(s.hot[.today] == 2, "the third is fetched when its turn comes")
        let started = s.next(limit: 2, now: now)
        for d in started { s.ended(d, .again(d, at: now), away: false, halt: nil, now: now, chance: 0) }
        let again = s.next(limit: 2, now: now)
        #expect(started.map(\.id) == again.map(\.id))
        #expect(again.map(\.bytesInHand) == [0, DispatchState.mostBytes])
    }
}
