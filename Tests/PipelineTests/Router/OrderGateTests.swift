import Testing

@testable import Pipeline

@Suite("When a message may be planned")
struct OrderGateTests {
    private func keys(_ key: UInt64, merged: UInt64 = 0) -> OrderKeys {
        var keys = OrderKeys()
        (keys.patient, keys.merged) = (key, merged)
        return keys
    }
    private func examined(_ seq: Seq, key: UInt64 = 1, merged: UInt64 = 0, blocks: Bool = false) -> Examination {
        Examination(
            message: Sample.message(seq, key: key, merged: merged), verdict: Verdict(.accepted), deliveries: [], trace: [], search: [], blocks: blocks)
    }
    private func planned(_ actions: [OrderGate.Action]) -> [Seq] { actions.compactMap { if case .plan(let e) = $0 { e.message.seq } else { nil } } }
    private func parked(_ actions: [OrderGate.Action]) -> [Seq] { actions.compactMap { if case .storeVerdict(let e) = $0 { e.message.seq } else { nil } } }
    private func reloads(_ actions: [OrderGate.Action]) -> [Seq] { actions.compactMap { if case .reload(let seq) = $0 { seq } else { nil } } }
    private func fetches(_ actions: [OrderGate.Action]) -> [Seq] { actions.compactMap { if case .fetch(_, let seq) = $0 { seq } else { nil } } }

    @Test("a message waits for every earlier one of its patient that is undecided")
    func waits() {
        var gate = OrderGate()
        gate.arrive(1, keys(1))
        gate.arrive(2, keys(1))
        let early = gate.examined(examined(2))
        #expect(planned(early) == [] && parked(early) == [2])
        #expect(planned(gate.examined(examined(1))) == [1, 2])
        #expect(gate.lineCount == 0)
    }

    @Test("another patient does not wait")
    func independent() {
        var gate = OrderGate()
        gate.arrive(1, keys(1))
        gate.arrive(2, keys(2))
        #expect(planned(gate.examined(examined(2, key: 2))) == [2])
    }

    @Test("a rejected message holds nobody back")
    func rejected() {
        var gate = OrderGate()
        gate.arrive(1, keys(1))
        gate.arrive(2, keys(1))
        _ = gate.examined(examined(2))
        #expect(planned(gate.rejected(1, keys(1))) == [2])
    }

    @Test("a message that was parked while the journal was being read, and that this reading found all the same, is planned in turn (simulation, seed 804)")
    func parkedAndFound() {
        var gate = OrderGate()
        for seq in 1...3 as ClosedRange<Seq> { gate.arrive(seq, keys(1)) }
        _ = gate.examined(examined(1, blocks: true))
        #expect(parked(gate.examined(examined(2))) == [2])
        #expect(fetches(gate.unblock(keys(1), by: Delivery.id(1, 0))) == [2])
        #expect(parked(gate.examined(examined(3))) == [3])
        #expect(gate.fetched(1, [2, 3], upTo: nil).examine == [2])
        let next = gate.examined(examined(2))
        #expect(planned(next) == [2] && fetches(next) == [3])
        #expect(gate.fetched(1, [3], upTo: nil).examine == [3])
        #expect(planned(gate.examined(examined(3))) == [3])
        #expect(gate.lineCount == 0)
    }

    @Test("of two parked while the journal was being read, the later is not planned because the reading found it alone (simulation, seed 97 977)")
    func foundWithoutTheEarlier() {
        var gate = OrderGate()
        gate.block(keys(1), by: 99)
        gate.park(3, keys(1))
        #expect(fetches(gate.unblock(keys(1), by: 99)) == [3])
        for seq in 4...6 as ClosedRange<Seq> { gate.arrive(seq, keys(1)) }
        for seq in [4, 6, 5] as [Seq] { #expect(parked(gate.examined(examined(seq))) == [seq]) }
        #expect(gate.fetched(1, [3, 4, 6], upTo: nil).examine == [3])
        let next = gate.examined(examined(3))
        #expect(planned(next) == [3] && fetches(next) == [4])
        #expect(gate.fetched(1, [4, 5, 6], upTo: nil).examine == [4, 5, 6])
        #expect(planned(gate.examined(examined(6))) == [] && planned(gate.examined(examined(4))) == [4])
        #expect(planned(gate.examined(examined(5))) == [5, 6])
        #expect(gate.lineCount == 0)
    }

    @Test("a message held at its route blocks the patient until a person decides; the others wait in the journal and are read again in order")
    func blocked() {
        var gate = OrderGate()
        for seq in 1...4 as ClosedRange<Seq> { gate.arrive(seq, keys(1)) }
        #expect(planned(gate.examined(examined(1, blocks: true))) == [1])
        #expect(parked(gate.examined(examined(2))) == [2] && parked(gate.examined(examined(3))) == [3])
        #expect(gate.count == 1, "what is parked stays in memory")
        #expect(fetches(gate.unblock(keys(1), by: Delivery.id(1, 0))) == [2])
        #expect(parked(gate.examined(examined(4))) == [4], "it would overtake those in the journal")
        gate.arrive(5, keys(1))
        let (examine, actions) = gate.fetched(1, [2, 3], upTo: nil)
        #expect(examine == [2, 3] && fetches(actions).isEmpty)
        #expect(planned(gate.examined(examined(3))) == [])
        let next = gate.examined(examined(2))
        #expect(planned(next) == [2, 3] && fetches(next) == [4], "the one that the reading missed")
        #expect(gate.fetched(1, [4, 5], upTo: nil).examine == [4], "5 is in hand")
        #expect(planned(gate.examined(examined(5))) == [])
        #expect(planned(gate.examined(examined(4))) == [4, 5])
        #expect(gate.lineCount == 0)
    }

    @Test("what the journal has is read in pages, each once the one before is planned")
    func pages() {
        var gate = OrderGate()
        gate.block(keys(1), by: 99)
        for seq in 10...14 as ClosedRange<Seq> { gate.park(seq, keys(1)) }
        #expect(fetches(gate.unblock(keys(1), by: 99)) == [10])
        #expect(gate.fetched(1, [10, 11], upTo: 11).actions.isEmpty)
        #expect(planned(gate.examined(examined(10))) == [10])
        let second = gate.examined(examined(11))
        #expect(planned(second) == [11] && fetches(second) == [12])
        _ = gate.fetched(1, [12, 13], upTo: 13)
        #expect(fetches(gate.rejected(12, keys(1))) == [] && fetches(gate.examined(examined(13))) == [14])
        #expect(gate.fetched(1, [], upTo: nil).examine == [])
        #expect(gate.lineCount == 0)
    }

    @Test("a message that a start finds behind a held one, which was released meanwhile, is read at once")
    func parkedLate() {
        var gate = OrderGate()
        gate.block(keys(1), by: 99)
        #expect(fetches(gate.unblock(keys(1), by: 99)).isEmpty)
        #expect(fetches(gate.park(2, keys(1))) == [2])
        #expect(fetches(gate.park(3, keys(1))).isEmpty, "it is being read")
        #expect(gate.fetched(1, [2, 3], upTo: nil).examine == [2, 3])
    }

    @Test("a message held again while those behind it are read sends them back to the journal")
    func heldAgain() {
        var gate = OrderGate()
        gate.block(keys(1), by: 7)
        gate.park(2, keys(1))
        _ = gate.unblock(keys(1), by: 7)
        _ = gate.fetched(1, [2, 3], upTo: nil)
        #expect(planned(gate.examined(examined(2, blocks: true))) == [2])
        #expect(parked(gate.examined(examined(3))) == [3])
        #expect(fetches(gate.unblock(keys(1), by: Delivery.id(2, 0))) == [3])
    }

    @Test("a patient stays blocked until the last of several held deliveries is decided")
    func several() {
        var gate = OrderGate()
        for id in [4096, 4097, 8192] as [DeliveryID] { gate.block(keys(1), by: id) }
        gate.arrive(3, keys(1))
        #expect(parked(gate.examined(examined(3))) == [3])
        #expect(gate.unblock(keys(1), by: 4096).isEmpty && gate.unblock(keys(1), by: 4096).isEmpty && gate.unblock(keys(1), by: 8192).isEmpty)
        #expect(fetches(gate.unblock(keys(1), by: 4097)) == [3])
    }

    @Test("a merge waits for the earlier messages of both patients, and the later ones of both wait for it")
    func merge() {
        var gate = OrderGate()
        gate.arrive(1, keys(2))
        gate.arrive(2, keys(1, merged: 2))
        gate.arrive(3, keys(1))
        gate.arrive(4, keys(2))
        #expect(planned(gate.examined(examined(2, merged: 2))) == [])
        #expect(planned(gate.examined(examined(3))) == [] && planned(gate.examined(examined(4, key: 2))) == [])
        let first = gate.examined(examined(1, key: 2))
        #expect(planned(first) == [1] && reloads(first) == [2])
        let merged = gate.examined(examined(2, merged: 2))
        #expect(planned(merged) == [2, 4] && fetches(merged) == [3])
        #expect(gate.fetched(1, [3], upTo: nil).examine == [3])
        #expect(planned(gate.examined(examined(3))) == [3])
        #expect(gate.lineCount == 0)
    }

    @Test("a merge whose other patient is held waits; a third patient does not; two merges of the same two go in order")
    func blockedMerge() {
        var gate = OrderGate()
        gate.block(keys(2), by: 4096)
        gate.arrive(2, keys(1, merged: 2))
        gate.arrive(3, keys(2, merged: 1))
        gate.arrive(4, keys(3))
        #expect(parked(gate.examined(examined(3, key: 2, merged: 1))) == [3] && parked(gate.examined(examined(2, merged: 2))) == [2])
        #expect(planned(gate.examined(examined(4, key: 3))) == [4])
        #expect(reloads(gate.unblock(keys(2), by: 4096)) == [2])
        let first = gate.examined(examined(2, merged: 2, blocks: true))
        #expect(planned(first) == [2] && reloads(first) == [])
        #expect(reloads(gate.unblock(keys(1, merged: 2), by: Delivery.id(2, 0))) == [3], "held at its route, a merge blocks both")
        #expect(planned(gate.examined(examined(3, key: 2, merged: 1))) == [3])
        #expect(gate.lineCount == 0)
    }

    /// Examined, and taken by these routes.
    private func taken(_ seq: Seq, key: UInt64, _ streams: [String: UInt64], heldAt route: String? = nil) -> Examination {
        var one = examined(seq, key: key, blocks: route != nil)
        if let route {
            one = Examination(
                message: one.message, verdict: one.verdict, deliveries: [Sample.heldAtRoute(route)], trace: [], search: [], blocks: true)
        }
        one.streams = streams
        return one
    }

    @Test("a message of a route that goes by connection waits for the earlier ones of its connection, of whatever patient; another connection's does not")
    func byConnection() {
        var gate = OrderGate()
        gate.arrive(1, keys(1), [100])
        gate.arrive(2, keys(2), [100])
        gate.arrive(3, keys(3), [101])
        let early = gate.examined(taken(2, key: 2, ["r": 100]))
        #expect(planned(early) == [] && parked(early) == [2])
        #expect(planned(gate.examined(taken(3, key: 3, ["r": 101]))) == [3])
        #expect(planned(gate.examined(taken(1, key: 1, ["r": 100]))) == [1, 2])
        #expect(gate.lineCount == 0)
    }

    @Test("a message that such a route does not take holds its line back no longer, once that is known; a rejected one neither")
    func leavesTheLine() {
        var gate = OrderGate()
        for seq in 1...3 as ClosedRange<Seq> { gate.arrive(seq, keys(UInt64(seq)), [100]) }
        #expect(planned(gate.examined(taken(3, key: 3, ["r": 100]))) == [])
        #expect(planned(gate.rejected(1, keys(1))) == [])
        #expect(planned(gate.examined(taken(2, key: 2, [:]))) == [2, 3])
        #expect(gate.lineCount == 0)
    }

    @Test("what is held at a route blocks the line of that route alone, beside its patient; those behind it wait in the journal and are read in turn")
    func blockedLine() {
        var gate = OrderGate()
        gate.arrive(1, keys(1), [100, 200])
        gate.arrive(2, keys(2), [100, 200])
        gate.arrive(3, keys(3), [100, 200])
        gate.arrive(4, keys(2), [100, 200])
        #expect(planned(gate.examined(taken(1, key: 1, ["r": 100, "q": 200], heldAt: "r"))) == [1])
        #expect(planned(gate.examined(taken(3, key: 3, ["q": 200]))) == [], "2 is before it, whose routes nobody knows")
        let second = gate.examined(taken(2, key: 2, ["r": 100]))
        #expect(parked(second) == [2] && planned(second) == [3], "2 is held back at r, and is none of q's")
        #expect(parked(gate.examined(taken(4, key: 2, ["q": 200]))) == [4], "its patient's line")
        #expect(reloads(gate.unblock(keys(1), by: Delivery.id(1, 0))) == [2])
        let next = gate.examined(taken(2, key: 2, ["r": 100]))
        #expect(planned(next) == [2, 4])
        #expect(gate.lineCount == 0)
    }

    @Test("a merge in a route that goes strictly waits in three lines, and a route that became strict meanwhile is waited for as well")
    func mergeInALine() {
        var gate = OrderGate()
        gate.arrive(1, keys(3), [100])
        gate.arrive(2, keys(1, merged: 2), [100])
        gate.arrive(3, keys(2))
        #expect(parked(gate.examined(examined(3, key: 2))) == [3])
        var merge = examined(2, merged: 2)
        merge.streams = ["r": 100]
        #expect(parked(gate.examined(merge)) == [2])
        var late = examined(3, key: 2)
        late.streams = ["r": 100]
        #expect(planned(gate.examined(late)) == [])
        #expect(reloads(gate.examined(taken(1, key: 3, ["r": 100]))) == [2])
        #expect(planned(gate.examined(merge)) == [2, 3])
        #expect(gate.lineCount == 0)
    }

    @Test("20 000 messages behind one that a strict route holds wait in the journal; once it is released, all are planned in order")
    func longLine() {
        var gate = OrderGate()
        gate.block(keys(1), [100], by: 4096)
        let last = Seq(20_000)
        var waiting = 0
        for seq in 2...last {
            gate.arrive(seq, keys(UInt64(seq)), [100])
            waiting += parked(gate.examined(taken(seq, key: UInt64(seq), ["r": 100]))).count
        }
        #expect(waiting == 19_999)
        var next = reloads(gate.unblock(keys(1), by: 4096)), seq: Seq = 2
        while let one = next.first, one == seq {
            next = reloads(gate.examined(taken(one, key: UInt64(one), ["r": 100])))
            seq += 1
        }
        #expect(seq == last + 1 && gate.lineCount == 0)
    }

    @Test("300 000 messages behind 1 000 held patients leave 1 000 lines in memory; behind 300 000, one small line each and no message")
    func manyKeys() {
        var gate = OrderGate()
        for key in 1...1000 as ClosedRange<UInt64> { gate.block(keys(key), by: DeliveryID(key) << 12) }
        for n in 1...300_000 {
            let seq = Seq(10_000 + n), key = UInt64(n % 1000 + 1)
            gate.arrive(seq, keys(key))
            _ = gate.examined(examined(seq, key: key))
        }
        #expect(gate.lineCount == 1000 && gate.count == 0)
        for key in 1001...300_000 as ClosedRange<UInt64> {
            gate.block(keys(key), by: DeliveryID(key) << 12)
            gate.park(Seq(key), keys(key))
        }
        #expect(gate.lineCount == 300_000 && gate.count == 0)
        for key in 1...300_000 as ClosedRange<UInt64> {
            _ = gate.unblock(keys(key), by: DeliveryID(key) << 12)
            _ = gate.fetched(key, [], upTo: nil)
        }
        #expect(gate.lineCount == 0)
    }
}
