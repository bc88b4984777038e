/// Decides when a message may be planned: once every earlier accepted message with one of its order keys is decided and none is held at a route that
/// blocks (design §2, Order). A merge has two keys, those of both patients: it waits in both lines, and both wait for it.
///
/// What waits behind a held route stays in the journal alone, with its verdict: in memory are one line for each key that is blocked (some 50 bytes),
/// and the messages that are being examined just now.
struct OrderGate {
    private enum Entry {
        case undecided(Seq)
        /// Read from the journal again, because its turn has come: being examined.
        case returning(Seq)
        case examined(Examination)
        /// A merge that waits: read again when its turn comes in both lines.
        case parked(Seq)

        var seq: Seq {
            switch self {
            case .undecided(let seq), .returning(let seq), .parked(let seq): seq
            case .examined(let examination): examination.message.seq
            }
        }
        var isReturning: Bool { if case .returning = self { true } else { false } }
    }
    private struct Line {
        /// In the order of their seq.
        var entries: [Entry] = []
        /// A held route delivery that blocks; 0: none. Where there are several, all are in `blockers`.
        var blocker: DeliveryID = 0
        /// From here on, messages of this key may wait in the journal alone. One of just this seq may be in hand all the same: parked while the
        /// journal was being read, and found by that reading.
        var parkedFrom = Seq.max
        var isReading = false
        /// The first that was parked while the journal was being read: the reading may have missed it.
        var missed = Seq.max

        var isIdle: Bool { entries.isEmpty && blocker == 0 && parkedFrom == .max && !isReading }
    }
    /// False where the journal itself holds messages back behind a held one, for all gateways.
    private let holdsBack: Bool
    private var lines: [UInt64: Line] = [:]
    private var blockers: [UInt64: Set<DeliveryID>] = [:]
    /// The two keys of each merge that waits.
    private var merges: [Seq: OrderKeys] = [:]

    /// A gate without messages.
    init(holdsBack: Bool = true) { self.holdsBack = holdsBack }

    /// Keys of which something is kept, and messages in memory.
    var lineCount: Int { lines.count }
    var count: Int { lines.values.reduce(0) { $0 + $1.entries.count } }

    /// What to do after a change.
    enum Action {
        /// Plan it: its turn has come.
        case plan(Examination)
        /// Read it from the journal and examine it again.
        case reload(Seq)
        /// Read the messages of this key that wait in the journal, from here on: `fetched` tells what there was.
        case fetch(UInt64, from: Seq)
        /// Not its turn: store its verdict, so that a crash does not judge it again.
        case storeVerdict(Examination)
    }

    // MARK: Arriving

    /// A message was accepted; its verdict is not known yet.
    mutating func arrive(_ seq: Seq, _ keys: OrderKeys) {
        let key = keys.planning
        guard key != 0 else { return }
        insert(.undecided(seq), key)
        if keys.merged != 0 {
            merges[seq] = keys
            insert(.undecided(seq), keys.merged)
        }
    }

    /// Sorted: what comes from the journal, or was emitted, may come after later ones.
    private mutating func insert(_ entry: Entry, _ key: UInt64) {
        let seq = entry.seq
        guard let last = lines[key]?.entries.last, last.seq >= seq else {
            lines[key, default: Line()].entries.append(entry)
            return
        }
        guard let at = lines[key]?.entries.firstIndex(where: { $0.seq >= seq }), lines[key]?.entries[at].seq != seq else { return }
        lines[key]?.entries.insert(entry, at: at)
    }

    /// At a start: it waits in the journal behind a held one, with its verdict.
    @discardableResult mutating func park(_ seq: Seq, _ keys: OrderKeys) -> [Action] {
        guard keys.merged == 0 else {
            arrive(seq, keys)
            return []
        }
        let from = lines[keys.planning]?.parkedFrom ?? .max
        lines[keys.planning, default: Line()].parkedFrom = min(from, seq)
        // The held one may be released already.
        return drain(keys.planning)
    }

    /// What the journal had of a key that waits there, but for merges; `upTo`: the last that was looked at, nil at the end. Returns those to examine
    /// again: the others are in hand.
    mutating func fetched(_ key: UInt64, _ seqs: [Seq], upTo last: Seq?) -> (examine: Set<Seq>, actions: [Action]) {
        guard let line = lines[key] else { return ([], []) }
        let known = Set(line.entries.map(\.seq)), fresh = seqs.filter { !known.contains($0) }
        lines[key]?.isReading = false
        lines[key]?.parkedFrom = min(last.map { $0 + 1 } ?? .max, line.missed)
        lines[key]?.missed = .max
        for seq in fresh { insert(.returning(seq), key) }
        return (Set(fresh), drain(key))
    }

    // MARK: Blocking

    /// A held route delivery blocks the key, or both of a merge.
    mutating func block(_ keys: OrderKeys, by id: DeliveryID) {
        guard holdsBack else { return }
        for key in [keys.planning, keys.merged] where key != 0 {
            let known = lines[key]?.blocker ?? 0
            if known == 0 {
                lines[key, default: Line()].blocker = id
            } else if known != id {
                blockers[key, default: [known]].insert(id)
            }
        }
    }

    /// A route delivery that blocked was released and done, or discarded.
    mutating func unblock(_ keys: OrderKeys, by id: DeliveryID) -> [Action] {
        var actions: [Action] = []
        for key in [keys.planning, keys.merged] where key != 0 {
            if var rest = blockers[key] {
                rest.remove(id)
                lines[key]?.blocker = rest.first ?? 0
                blockers[key] = rest.count > 1 ? rest : nil
            } else if lines[key]?.blocker == id {
                lines[key]?.blocker = 0
            }
            actions += drain(key)
        }
        return actions
    }

    // MARK: Deciding

    /// The message was examined: what can be planned now, in order.
    mutating func examined(_ examination: Examination) -> [Action] {
        let seq = examination.message.seq, keys = examination.message.envelope.keys, key = keys.planning
        guard key != 0, let at = lines[key]?.entries.firstIndex(where: { $0.seq == seq }) else { return [.plan(examination)] }
        if keys.merged != 0 { return examinedMerge(examination, keys) }
        if isStuck(key, at) {
            if var line = lines[key] {
                line.entries.remove(at: at)
                if line.isReading { line.missed = min(line.missed, seq) }
                line.parkedFrom = min(line.parkedFrom, seq)
                lines[key] = line
            }
            return drain(key) + [.storeVerdict(examination)]
        }
        lines[key]?.entries[at] = .examined(examination)
        let actions = drain(key)
        return actions.contains { $0.plans(seq) } ? actions : actions + [.storeVerdict(examination)]
    }

    /// It may wait long: behind a held one, behind others in the journal, or behind a merge that waits.
    private func isStuck(_ key: UInt64, _ at: Int) -> Bool {
        guard let line = lines[key] else { return false }
        if line.blocker != 0 { return true }
        if case .parked? = line.entries.first, at > 0 { return true }
        return line.parkedFrom < line.entries[at].seq && !line.entries[at].isReturning
    }

    private mutating func examinedMerge(_ examination: Examination, _ keys: OrderKeys) -> [Action] {
        let seq = examination.message.seq
        replace(seq, keys, by: .examined(examination))
        let actions = drain(keys.planning) + drain(keys.merged)
        if actions.contains(where: { $0.plans(seq) }) { return actions }
        replace(seq, keys, by: .parked(seq))
        return actions + [.storeVerdict(examination)]
    }

    private mutating func replace(_ seq: Seq, _ keys: OrderKeys, by entry: Entry) {
        for key in [keys.planning, keys.merged] {
            if let at = lines[key]?.entries.firstIndex(where: { $0.seq == seq }) { lines[key]?.entries[at] = entry }
        }
    }

    /// The message was rejected, or is decided otherwise: it holds nobody back.
    mutating func rejected(_ seq: Seq, _ keys: OrderKeys) -> [Action] {
        remove(seq, keys)
        return (keys.planning == 0 ? [] : drain(keys.planning)) + (keys.merged == 0 ? [] : drain(keys.merged))
    }

    private mutating func remove(_ seq: Seq, _ keys: OrderKeys) {
        for key in [keys.planning, keys.merged] where key != 0 { lines[key]?.entries.removeAll { $0.seq == seq } }
        if keys.merged != 0 { merges[seq] = nil }
    }

    private mutating func drain(_ key: UInt64) -> [Action] {
        var actions: [Action] = []
        while let line = lines[key], line.blocker == 0, let head = line.entries.first, line.parkedFrom >= head.seq || head.isReturning {
            switch head {
            case .undecided, .returning: return actions
            case .parked(let seq):
                guard let keys = merges[seq], isFirst(seq, keys) else { return actions }
                replace(seq, keys, by: .returning(seq))
                return actions + [.reload(seq)]
            case .examined(let examination):
                let seq = examination.message.seq, keys = examination.message.envelope.keys
                if keys.merged != 0, !isFirst(seq, keys) { return actions }
                lines[key]?.entries.removeFirst()
                if keys.merged != 0 { remove(seq, keys) }
                for id in examination.blockers { block(keys, by: id) }
                actions.append(.plan(examination))
                if keys.merged != 0 { actions += drain(key == keys.merged ? keys.planning : keys.merged) }
            }
        }
        return actions + fetch(key)
    }

    /// A merge is first in both lines, and nothing before it waits in the journal.
    private func isFirst(_ seq: Seq, _ keys: OrderKeys) -> Bool {
        [keys.planning, keys.merged].allSatisfy { key in
            guard let line = lines[key] else { return false }
            return line.blocker == 0 && line.entries.first?.seq == seq && line.parkedFrom >= seq
        }
    }

    /// The journal's turn, where nothing in memory comes before it.
    private mutating func fetch(_ key: UInt64) -> [Action] {
        guard let line = lines[key] else { return [] }
        if line.isIdle { lines[key] = nil }
        guard line.blocker == 0, line.parkedFrom != .max, !line.isReading, line.parkedFrom < line.entries.first?.seq ?? .max else { return [] }
        lines[key]?.isReading = true
        return [.fetch(key, from: line.parkedFrom)]
    }
}

extension OrderGate.Action {
    fileprivate func plans(_ seq: Seq) -> Bool { if case .plan(let examination) = self { examination.message.seq == seq } else { false } }
}
