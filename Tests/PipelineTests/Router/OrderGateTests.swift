import Testing

@testable import Pipeline

@Suite("When a message may be planned")
struct OrderGateTests {
    private func examined(_ seq: Seq, key: UInt64 = 1, blocks: Bool = false) -> Examination {
        Examination(message: Sample.message(seq, key: key), verdict: Verdict(.accepted), deliveries: [], trace: [], search: [], blocks: blocks)
    }
    private func planned(_ actions: [OrderGate.Action]) -> [Seq] { actions.compactMap { if case .plan(let e) = $0 { e.message.seq } else { nil } } }

    @Test("a message waits for every earlier one of its patient that is undecided")
    func waits() {
        var gate = OrderGate()
        gate.arrive(1, key: 1)
        gate.arrive(2, key: 1)
        let early = gate.examined(examined(2))
        #expect(planned(early) == [])
        #expect(early.contains { if case .storeVerdict = $0 { true } else { false } })
        #expect(planned(gate.examined(examined(1))) == [1, 2])
        #expect(gate.count == 0)
    }

    @Test("another patient does not wait")
    func independent() {
        var gate = OrderGate()
        gate.arrive(1, key: 1)
        gate.arrive(2, key: 2)
        #expect(planned(gate.examined(examined(2, key: 2))) == [2])
    }

    @Test("a rejected message holds nobody back")
    func rejected() {
        var gate = OrderGate()
        gate.arrive(1, key: 1)
        gate.arrive(2, key: 1)
        _ = gate.examined(examined(2))
        #expect(planned(gate.rejected(1, key: 1)) == [2])
    }

    @Test("a message held at its route blocks the patient until a person decides, then the next is read again from the journal")
    func blocked() {
        var gate = OrderGate()
        gate.arrive(1, key: 1)
        gate.arrive(2, key: 1)
        gate.arrive(3, key: 1)
        #expect(planned(gate.examined(examined(1, blocks: true))) == [1])
        #expect(planned(gate.examined(examined(2))) == [])
        #expect(planned(gate.examined(examined(3))) == [])
        let actions = gate.unblock(1, by: 1)
        #expect(actions.contains { if case .reload(2) = $0 { true } else { false } })
        #expect(planned(gate.examined(examined(2))) == [2])
    }
}
