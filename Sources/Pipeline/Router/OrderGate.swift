/// Decides when a message may be planned: once every earlier accepted message with one of its order keys is decided and none is held at a route that
/// blocks (design §2, Order). Each key is a line: that of the patient, and where a route goes by account, by connection or strictly, that route's own
/// (`OrderStreams`). A merge has the keys of both patients. Who stands in several lines waits in all of them, and all wait for it.
///
/// What waits behind a held route stays in the journal alone, with its verdict: in memory are one line for each key that is blocked (some 50 bytes),
/// and the messages that are being examined just now.
struct OrderGate {
    private enum Entry {
        /// Being examined, at its arrival or because it was read from the journal again.
        case undecided(Seq)
        indirect case examined(Examination)
        /// Of several lines: read again when its turn comes in all of them.
        case parked(Seq)

        var seq: Seq {
            switch self {
            case .undecided(let seq), .parked(let seq): seq
            case .examined(let examination): examination.message.seq
            }
        }
    }
    private struct Line {
        /// In the order of their seq.
        var entries: [Entry] = []
        /// A held route delivery that blocks; 0: none. Where there are several, all are in `blockers`.
        var blocker: DeliveryID = 0
        /// From here on, messages of this key may wait in the journal alone: what is in hand waits for them.
        var parkedFrom = Seq.max
        var isReading = false
        /// The first that was parked while the journal was being read: the reading may have missed it.
        var missed = Seq.max

        var isIdle: Bool { entries.isEmpty && blocker == 0 && parkedFrom == .max && !isReading }

        /// Where it stands, or would.
        func place(of seq: Seq) -> Int {
            var low = 0, high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].seq < seq { low = middle + 1 } else { high = middle }
            }
            return low
        }
        func find(_ seq: Seq) -> Int? {
            let at = place(of: seq)
            return at < entries.count && entries[at].seq == seq ? at : nil
        }
    }
    /// False where the journal itself holds messages back behind a held one, for all gateways.
    private let holdsBack: Bool
    private var lines: [UInt64: Line] = [:]
    private var blockers: [UInt64: Set<DeliveryID>] = [:]
    /// The lines of those that stand in others than their patient's: merges, and messages of routes with an order of their own.
    private var several: [Seq: [UInt64]] = [:]
    /// Of those, the ones that wait in memory, examined; merges wait in the journal.
    private var kept: Set<Seq> = []
    private static let mostKept = 1024
    /// The lines of routes that a held delivery blocks, beside those of its message's keys.
    private var blockedStreams: [DeliveryID: [UInt64]] = [:]

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

    /// A message was accepted; its verdict is not known yet. `streams`: the lines of the routes that may take it.
    mutating func arrive(_ seq: Seq, _ keys: OrderKeys, _ streams: [UInt64] = []) {
        if streams.isEmpty, keys.merged == 0 { return keys.planning == 0 ? () : insert(.undecided(seq), keys.planning) }
        stand(seq, keys, Self.lines(keys) + streams)
    }

    private static func lines(_ keys: OrderKeys) -> [UInt64] { keys.planning == 0 ? [] : keys.merged == 0 ? [keys.planning] : [keys.planning, keys.merged] }

    private mutating func stand(_ seq: Seq, _ keys: OrderKeys, _ all: [UInt64]) {
        for key in all { insert(.undecided(seq), key) }
        several[seq] = all.isEmpty || all == [keys.planning] ? nil : all
    }

    /// Sorted: what comes from the journal, or was emitted, may come after later ones.
    private mutating func insert(_ entry: Entry, _ key: UInt64) {
        let seq = entry.seq
        guard let last = lines[key]?.entries.last, last.seq >= seq else {
            lines[key, default: Line()].entries.append(entry)
            return
        }
        if lines[key]?.find(seq) == nil, let at = lines[key]?.place(of: seq) { lines[key]?.entries.insert(entry, at: at) }
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
        // From the first that was parked meanwhile on, the reading may have a later one and lack an earlier one: it is done again from there.
        let known = Set(line.entries.map(\.seq)), fresh = seqs.filter { $0 < line.missed && !known.contains($0) }
        lines[key]?.isReading = false
        lines[key]?.parkedFrom = min(last.map { $0 + 1 } ?? .max, line.missed)
        lines[key]?.missed = .max
        for seq in fresh { insert(.undecided(seq), key) }
        return (Set(fresh), drain(key))
    }

    // MARK: Blocking

    /// A held route delivery blocks the key, or both of a merge, and the lines of its route.
    mutating func block(_ keys: OrderKeys, _ streams: [UInt64] = [], by id: DeliveryID) {
        guard holdsBack else { return }
        if !streams.isEmpty { blockedStreams[id] = streams }
        for key in Self.lines(keys) + streams {
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
        for key in Self.lines(keys) + (blockedStreams.removeValue(forKey: id) ?? []) {
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
        if several[examination.message.seq] == nil, (examination.streams ?? [:]).isEmpty { return examinedInOne(examination) }
        // Now it is known which routes take it: it leaves the lines of the others. Where no route could say, it stays in all.
        let seq = examination.message.seq, keys = examination.message.envelope.keys
        let before = several[seq] ?? Self.lines(keys), now = examination.streams.map { Self.lines(keys) + $0.values } ?? before
        let left = before.filter { !now.contains($0) }
        remove(seq, left)
        stand(seq, keys, now)
        return (several[seq] == nil ? examinedInOne(examination) : examinedInSeveral(examination, now)) + drain(left)
    }

    private mutating func examinedInOne(_ examination: Examination) -> [Action] {
        let seq = examination.message.seq, key = examination.message.envelope.keys.planning
        guard key != 0, let at = lines[key]?.find(seq) else { return [.plan(examination)] }
        if isStuck(key, at) {
            if var line = lines[key] {
                line.entries.remove(at: at)
                if line.isReading { line.missed = min(line.missed, seq) }
                line.parkedFrom = min(line.parkedFrom, seq)
                lines[key] = line
            }
            return drain(key) + [.storeVerdict(examination)]
        }
        if at > 0 {
            lines[key]?.entries[at] = .examined(examination)
            return [.storeVerdict(examination)]
        }
        lines[key]?.entries.removeFirst()
        for id in examination.blockers { block(examination.message.envelope.keys, by: id) }
        return drain(key, after: [.plan(examination)])
    }

    /// It may wait long: behind a held one, behind others in the journal, or behind one that waits in several lines.
    private func isStuck(_ key: UInt64, _ at: Int) -> Bool {
        guard let line = lines[key] else { return false }
        if line.blocker != 0 { return true }
        if case .parked? = line.entries.first, at > 0 { return true }
        return line.parkedFrom < line.entries[at].seq
    }

    private mutating func examinedInSeveral(_ examination: Examination, _ all: [UInt64]) -> [Action] {
        let seq = examination.message.seq
        replace(seq, all, by: .examined(examination))
        let actions = drain(all)
        if actions.contains(where: { $0.plans(seq) }) { return actions }
        let waitsLong = all.contains { lines[$0]?.blocker ?? 0 != 0 }
        if waitsLong || examination.message.envelope.keys.merged != 0 || kept.count >= Self.mostKept {
            replace(seq, all, by: .parked(seq))
        } else {
            kept.insert(seq)
        }
        return actions + [.storeVerdict(examination)]
    }

    private mutating func replace(_ seq: Seq, _ all: [UInt64], by entry: Entry) {
        for key in all {
            if let at = lines[key]?.find(seq) { lines[key]?.entries[at] = entry }
        }
    }

    /// The message was rejected, or is decided otherwise: it holds nobody back.
    mutating func rejected(_ seq: Seq, _ keys: OrderKeys) -> [Action] {
        let all = several.removeValue(forKey: seq) ?? Self.lines(keys)
        remove(seq, all)
        kept.remove(seq)
        return drain(all)
    }

    private mutating func remove(_ seq: Seq, _ all: [UInt64]) { for key in all { if let at = lines[key]?.find(seq) { lines[key]?.entries.remove(at: at) } } }

    private mutating func drain(_ keys: [UInt64]) -> [Action] { keys.flatMap { drain($0) } }

    private mutating func drain(_ key: UInt64, after: [Action] = []) -> [Action] {
        var actions = after, others: [UInt64] = []
        drain(key, &actions, &others)
        // Who leaves several lines makes room in each of them.
        while let key = others.popLast() { drain(key, &actions, &others) }
        return actions
    }

    private mutating func drain(_ key: UInt64, _ actions: inout [Action], _ others: inout [UInt64]) {
        while let head = next(key) {
            let seq = head.seq, all = several[seq]
            switch head {
            case .undecided: return
            case .parked:
                guard let all, isFirst(seq, all) else { return }
                replace(seq, all, by: .undecided(seq))
                return actions.append(.reload(seq))
            case .examined(let examination):
                if let all {
                    guard isFirst(seq, all) else { return }
                    remove(seq, all)
                    (several[seq], _) = (nil, kept.remove(seq))
                    others += all.filter { $0 != key }
                } else {
                    lines[key]?.entries.removeFirst()
                }
                for id in examination.blockers { block(examination.message.envelope.keys, streams(id, examination, all ?? []), by: id) }
                actions.append(.plan(examination))
            }
        }
        if let reading = fetch(key) { actions.append(reading) }
    }

    /// The first of a line, if nothing before it waits in the journal. (The line itself is not held here: it may be long, and would be copied.)
    private func next(_ key: UInt64) -> Entry? {
        guard let line = lines[key], line.blocker == 0, let head = line.entries.first, line.parkedFrom >= head.seq else { return nil }
        return head
    }

    /// The lines of the route at which it is held; all of its routes' lines where that is none of them.
    private func streams(_ id: DeliveryID, _ examination: Examination, _ all: [UInt64]) -> [UInt64] {
        let keys = examination.message.envelope.keys, mine = all.filter { $0 != keys.planning && $0 != keys.merged }
        guard !mine.isEmpty, let known = examination.streams, examination.deliveries.indices.contains(Int(id & 4095)) else { return mine }
        return known[examination.deliveries[Int(id & 4095)].route].map { [$0] } ?? []
    }

    /// It is first in all of its lines, and nothing before it waits in the journal.
    private func isFirst(_ seq: Seq, _ all: [UInt64]) -> Bool {
        all.allSatisfy { key in
            guard let line = lines[key] else { return false }
            return line.blocker == 0 && line.entries.first?.seq == seq && line.parkedFrom >= seq
        }
    }

    /// The journal's turn, where nothing in memory comes before it.
    private mutating func fetch(_ key: UInt64) -> Action? {
        guard let line = lines[key] else { return nil }
        if line.isIdle { lines[key] = nil }
        guard line.blocker == 0, line.parkedFrom != .max, !line.isReading, line.parkedFrom < line.entries.first?.seq ?? .max else { return nil }
        lines[key]?.isReading = true
        return .fetch(key, from: line.parkedFrom)
    }
}

extension OrderGate.Action {
    fileprivate func plans(_ seq: Seq) -> Bool { if case .plan(let examination) = self { examination.message.seq == seq } else { false } }
}
