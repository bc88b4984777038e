/// Decides when a message may be planned: once every earlier accepted message with the same order key is decided and none is held
/// at a route that blocks (design §2, Order). A state machine: it stores no bytes beyond the examinations that wait.
struct OrderGate {
    private enum Entry {
        case undecided(Seq)
        case examined(Examination)
        /// Left in the journal while the key is blocked: examined again when its turn comes.
        case parked(Seq)

        var seq: Seq {
            switch self {
            case .undecided(let seq), .parked(let seq): seq
            case .examined(let examination): examination.message.seq
            }
        }
    }
    /// False where the journal itself holds messages back behind a held one, for all gateways.
    private let holdsBack: Bool
    private var waiting: [UInt64: [Entry]] = [:]
    private var blocked: [UInt64: Set<Seq>] = [:]
    private(set) var count = 0

    /// A gate without messages.
    init(holdsBack: Bool = true) { self.holdsBack = holdsBack }

    /// What to do after a change.
    enum Action {
        /// Plan it: its turn has come.
        case plan(Examination)
        /// Read it from the journal and examine it again.
        case reload(Seq)
        /// Not its turn: store its verdict, so that a crash does not judge it again.
        case storeVerdict(Examination)
    }

    /// A message was accepted; its verdict is not known yet.
    mutating func arrive(_ seq: Seq, key: UInt64) {
        guard key != 0 else { return }
        waiting[key, default: []].append(.undecided(seq))
        count += 1
    }

    /// A held route delivery of `seq` blocks the key.
    mutating func block(_ key: UInt64, by seq: Seq) { if key != 0, holdsBack { blocked[key, default: []].insert(seq) } }

    /// The message was examined: what can be planned now, in order.
    mutating func examined(_ examination: Examination) -> [Action] {
        let key = examination.message.envelope.keys.planning
        guard key != 0 else { return [.plan(examination)] }
        guard let at = waiting[key]?.firstIndex(where: { $0.seq == examination.message.seq }) else { return [.plan(examination)] }
        waiting[key]?[at] = blocked[key] == nil ? .examined(examination) : .parked(examination.message.seq)
        let actions = drain(key)
        let planned = actions.contains { if case .plan(let other) = $0 { other.message.seq == examination.message.seq } else { false } }
        return planned ? actions : actions + [.storeVerdict(examination)]
    }

    /// The message was rejected: it holds nobody back.
    mutating func rejected(_ seq: Seq, key: UInt64) -> [Action] {
        guard key != 0, let at = waiting[key]?.firstIndex(where: { $0.seq == seq }) else { return [] }
        waiting[key]?.remove(at: at)
        count -= 1
        return drain(key)
    }

    /// A route delivery that blocked the key was released and done, or discarded.
    mutating func unblock(_ key: UInt64, by seq: Seq) -> [Action] {
        blocked[key]?.remove(seq)
        guard blocked[key]?.isEmpty ?? false else { return [] }
        blocked[key] = nil
        return drain(key)
    }

    private mutating func drain(_ key: UInt64) -> [Action] {
        var actions: [Action] = []
        while blocked[key] == nil, let head = waiting[key]?.first {
            switch head {
            case .undecided: return actions
            case .parked(let seq):
                waiting[key]?[0] = .undecided(seq)
                return actions + [.reload(seq)]
            case .examined(let examination):
                waiting[key]?.removeFirst()
                count -= 1
                if examination.blocks { block(key, by: examination.message.seq) }
                actions.append(.plan(examination))
            }
        }
        if waiting[key]?.isEmpty ?? false { waiting[key] = nil }
        return actions
    }
}
