import Pipeline

/// A message that a partner sends: what is in it, and what must become of it.
struct Letter: Sendable {
    let id: Int
    /// The connection that carries it: 0 and 1 are links of one partner, 2 of another.
    let connection: Int
    /// Not before this time of the world, in milliseconds.
    let at: Int
    let control: String
    let patient: Int
    /// The other patient of a merge; 0: none.
    var merged = 0
    /// Whether it names its patient by local identifier, by INS, or by both; and so the other one of a merge.
    var hasIPP = true, hasINS = false, mergesIPP = true, mergesINS = false
    /// The key of the other patient's INS in a merge; 0: it names none.
    var mergedINS: Int { merged != 0 && mergesINS ? Self.ins(merged) : 0 }
    static func ins(_ patient: Int) -> Int { 500 + patient }
    /// Several patients may have one; 0: none.
    var account = 0
    /// A check finds an error in it: AE.
    var isBad = false
    /// It must be decoded away from the judge.
    var isHeavy = false
    /// No route takes it: AE.
    var isUnmatched = false
    /// The format cannot read it: AE.
    var isUnreadable = false
    /// A step of its route fails until somebody mends it.
    var fails = false
    /// It catches up on history.
    var isBulk = false
    /// Its sender wants to hear of the outcome.
    var asks = false
    /// Parts for each destination.
    var parts: [String: Int] = [:]
    /// The document in it, and the one that it replaces.
    var document: Int?
    var replaces: Int?
    /// Destinations whose far end will never take it.
    var refusedBy: Set<String> = []
    /// Its sender loses the answer so often, and sends it again.
    var lostAnswers = 0
    /// Bytes of padding.
    var size = 0

    /// It is answered AE.
    var isRejected: Bool { isBad || isUnmatched || isUnreadable }
    var partner: Int { connection / 2 }
    var bytes: [UInt8] { Array("letter \(id) \(control)".utf8) + [UInt8](repeating: 0x2E, count: size) }
}

/// What goes wrong, and when (milliseconds of the world).
enum Fault: Sendable {
    case kill(at: Int)
    case powerLoss(at: Int)
    /// The process dies at the n-th write or sync from now, and perhaps the power with it.
    case diesAtWrite(at: Int, writes: Int, power: Bool)
    case restart(at: Int)
    /// The disk answers only after a while.
    case slow(at: Int, for: Int)
    case full(at: Int, for: Int)
    case failingSync(at: Int)
    case clock(at: Int, by: Int)
    /// Another configuration while the process runs: this sender is changed, or the same as before (nil).
    case reload(at: Int, changed: String?)
    /// Two configurations: one that lacks the sender, and later one that has it again.
    case without(at: Int, sender: String, for: Int)

    var time: Int {
        switch self {
        case .kill(let at), .powerLoss(let at), .diesAtWrite(let at, _, _), .restart(let at), .slow(let at, _), .full(let at, _), .failingSync(let at),
            .clock(let at, _), .reload(let at, _), .without(let at, _, _):
            at
        }
    }
}

/// A person's word at a time, about the n-th delivery of the journal.
struct Word: Sendable {
    enum Kind: Sendable, CaseIterable { case hold, release, retry, discard, resend, pass, resume }
    let at: Int
    let kind: Kind
    let choice: Int
    /// About one that is open, if there is any.
    let isApt: Bool
}

/// All that a seed decides beside the schedule.
struct Scenario: Sendable {
    let seed: UInt64
    var letters: [Letter]
    var faults: [Fault]
    var words: [Word]
    /// Of a hundred attempts, how many meet a far end that does not simply say yes.
    var trouble: Int
    var order: OrderRule
    /// Until when faults happen.
    let calmAt: Int
    /// Without success for so long: held.
    let giveUp: Int
    /// Jobs that run between two looks at the disk, at most.
    let burst: Int
    /// When somebody mends the step that fails.
    let mendedAt: Int

    /// What the far ends declare.
    static let afterUnknown: [String: AfterUnknown] = ["s0": .sendAgain, "s1": .ask, "s2": .hold]
    /// Who sends a destination's deliveries.
    static let senders = ["a": "s0", "b": "s1", "c": "s2"]
    static let connections = 3

    /// The scenario of a seed.
    init(seed: UInt64) {
        self.seed = seed
        var chance = Chance(seed)
        let span = chance.within(500...8000)
        calmAt = span + chance.within(500...4000)
        giveUp = chance.pick([3000, 20_000, 20_000, 20_000])
        trouble = chance.pick([0, 20, 50, 80])
        burst = chance.pick([1, 4, 32, 256])
        mendedAt = chance.below(calmAt)
        order = OrderRule(
            by: chance.percent(75) ? .patient : chance.pick([.strict, .connection, .none, .account]), whenHeld: chance.percent(70) ? .block : .pass)
        letters = []
        let count = chance.within(2...14), patients = chance.within(1...4)
        for id in 0..<count { letters.append(Self.letter(id, span, patients, letters, order.by == .patient, &chance)) }
        letters.sort { ($0.at, $0.id) < ($1.at, $1.id) }
        faults = []
        for _ in 0..<chance.pick([0, 1, 2, 3, 5]) {
            let fault = Self.fault(calmAt, &chance)
            faults.append(fault)
            // One misfortune seldom comes alone: the next process starts on a full disk, or dies while it starts.
            guard chance.percent(25) else { continue }
            let soon = fault.time + chance.within(20...900)
            faults.append(chance.percent(50) ? .full(at: soon, for: chance.within(50...2000)) : .diesAtWrite(at: soon, writes: chance.below(12), power: true))
        }
        words = []
        for _ in 0..<chance.pick([0, 0, 2, 6]) {
            let kind = chance.percent(40) ? Word.Kind.release : chance.pick(Word.Kind.allCases)
            words.append(Word(at: chance.below(calmAt), kind: kind, choice: chance.below(1000), isApt: chance.percent(70)))
        }
    }

    private static func letter(_ id: Int, _ span: Int, _ patients: Int, _ earlier: [Letter], _ merges: Bool, _ chance: inout Chance) -> Letter {
        let connection = chance.below(connections)
        // Now and then an id that was there before: of another letter of the same partner, in time or too early.
        let mine = earlier.filter { $0.partner == connection / 2 }
        let control = chance.percent(12) && !mine.isEmpty ? chance.pick(mine).control : "c\(id)"
        var letter = Letter(id: id, connection: connection, at: chance.below(span), control: control, patient: 1 + chance.below(patients))
        if merges, chance.percent(8) { letter.merged = 1 + letter.patient % patients }
        if letter.merged == letter.patient { letter.merged = 0 }
        if merges {
            (letter.hasIPP, letter.hasINS) = (id % 4 != 2, id % 4 != 0)
            (letter.mergesIPP, letter.mergesINS) = (id % 5 != 3, id % 5 > 1)
        }
        letter.account = id % 3 == 0 ? 0 : 1 + letter.patient % 2
        letter.isBad = chance.percent(10)
        letter.isUnmatched = chance.percent(3)
        letter.isUnreadable = chance.percent(3)
        letter.isHeavy = chance.percent(25)
        letter.fails = chance.percent(12)
        letter.isBulk = chance.percent(15)
        letter.asks = chance.percent(50)
        if chance.percent(70) { letter.parts["a"] = 1 }
        if chance.percent(50) { letter.parts["b"] = chance.within(1...2) }
        if chance.percent(30) { letter.parts["c"] = 1 }
        if chance.percent(50) { letter.document = id }
        if chance.percent(25) { letter.replaces = earlier.compactMap(\.document).last }
        for destination in ["a", "b", "c"] where chance.percent(8) { letter.refusedBy.insert(destination) }
        if chance.percent(15) { letter.lostAnswers = chance.within(1...2) }
        if chance.percent(10) { letter.size = chance.below(20_000) }
        return letter
    }

    private static func fault(_ calmAt: Int, _ chance: inout Chance) -> Fault {
        let at = chance.below(calmAt)
        return switch chance.below(24) {
        case 0..<3: .kill(at: at)
        case 3..<5: .powerLoss(at: at)
        case 5..<12: .diesAtWrite(at: at, writes: chance.below(chance.pick([8, 30, 120])), power: chance.percent(70))
        case 12..<14: .restart(at: at)
        case 14..<16: .slow(at: at, for: chance.within(50...3000))
        case 16..<18: .full(at: at, for: chance.within(50...3000))
        case 18: .failingSync(at: at)
        case 19: .clock(at: at, by: chance.within(-15_000...15_000))
        // Between these two, a journal that was written by a clock ahead puts off what waits, as long as the clocks differ: a known gap.
        case 20: .clock(at: at, by: chance.percent(50) ? -86_400_000 : 86_400_000)
        case 21..<23: .reload(at: at, changed: chance.percent(70) ? chance.pick(["s0", "s1", "s2"]) : nil)
        default: .without(at: at, sender: chance.pick(["s0", "s1", "s2"]), for: chance.within(50...3000))
        }
    }
}
