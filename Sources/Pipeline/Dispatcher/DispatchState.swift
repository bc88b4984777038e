/// Which delivery starts when: lanes, slots, rates and rests. A value; its methods return what to do and do nothing themselves.
///
/// Memory is bounded: beyond `hotLimit` deliveries a lane is *spilled*, its further deliveries stay in the journal and are fetched when
/// their turn comes. Each sender has its share of that memory, so that a far end that is away cannot hide the others.
struct DispatchState {
    struct Terms {
        /// Active at a time: those that run, and those that wait for a place.
        let concurrency: Int
        let rate: Double?
        let policy: RetryPolicy
    }
    struct LaneState {
        var sender: String
        var queue = FIFO<Delivery>()
        var busy: DeliveryID?
        /// Planned but not yet committed: nothing of this lane may start before.
        var planning = 0
        var blockedUntil: Instant?
        /// Held: until a person decides.
        var blocked = false
        /// There may be more in the journal, after what the queue holds.
        var spilled = false
        var isReady = false
    }
    struct SenderState {
        var active = 0
        var ready = FIFO<Lane>()
        var terms: Terms
        /// The configuration changed it: nothing starts before what its old self sends has ended.
        var isDraining = false

        var hasPlace: Bool { active < terms.concurrency && !isDraining }
    }

    var lanes: [Lane: LaneState] = [:]
    var senders: [String: SenderState] = [:]
    var scopes: [String: ScopeState] = [:]
    private var timers: [(at: Instant, lane: Lane)] = []
    private(set) var hot = 0
    private var hotOf: [String: Int] = [:]
    /// Senders left out of the last refill: they had enough in hand.
    private var skipped: Set<String> = []
    /// Lanes of which the journal may hold deliveries that no queue here knows; `unsureOfAll` after a start or a lost lane.
    private var unsure: Set<Lane> = []
    private var unsureOfAll = true
    /// When the journal's next deferred delivery is due that is not in hand here.
    var refillAt: Instant?
    let hotLimit: Int

    init(hotLimit: Int = 20_000) { self.hotLimit = hotLimit }

    /// Lanes that the journal must not offer: they are in hand.
    var knownLanes: Set<Lane> { Set(lanes.keys) }
    /// The journal may hold deliveries that no queue here knows, and there is room for them.
    func wantsMore(_ now: Instant) -> Bool {
        let asks = unsureOfAll || !unsure.isEmpty || refillAt.map { $0 <= now } ?? false || skipped.contains { hotOf[$0, default: 0] < share / 4 }
        return asks && hot < hotLimit
    }
    /// Senders that have enough in hand: the journal need not offer more of theirs.
    var crowded: Set<String> { Set(hotOf.filter { $0.value >= max(share / 2, 1) }.keys) }
    private var share: Int { max(hotLimit / max(senders.count, 2), 2) }
    private mutating func count(_ change: Int, _ sender: String) {
        hot += change
        hotOf[sender, default: 0] += change
    }
    var activeCount: Int { senders.values.reduce(0) { $0 + $1.active } }

    /// Teaches the terms of a sender.
    mutating func learn(_ sender: String, _ terms: Terms) { if senders[sender] == nil { senders[sender] = SenderState(terms: terms) } }

    /// Before the plan is committed: true if the delivery may be planned `active`. The lane is kept for it in either case.
    mutating func reserve(_ id: DeliveryID, lane: Lane, sender: String, scope: String, simple: Bool, now: Instant) -> Bool {
        guard var state = lanes[lane] else {
            var fresh = LaneState(sender: sender)
            fresh.planning = 1
            fresh.spilled = unsureOfAll || unsure.contains(lane)
            let free = simple && !fresh.spilled && takeSlot(sender, scope, now)
            if free { fresh.busy = id }
            lanes[lane] = fresh
            return free
        }
        state.planning += 1
        lanes[lane] = state
        return false
    }

    private mutating func takeSlot(_ sender: String, _ scope: String, _ now: Instant) -> Bool {
        guard let state = senders[sender], state.hasPlace else { return false }
        guard scopes[scope, default: ScopeState(rate: state.terms.rate, now: now)].take(now: now) else { return false }
        senders[sender]?.active += 1
        return true
    }

    /// After the commit: returns the reserved ones that the journal made active; the others wait in their lanes.
    mutating func planned(_ deliveries: [Delivery], reserved: Set<DeliveryID>, active: Set<DeliveryID>, scope: (Delivery) -> String) -> [Delivery] {
        var start: [Delivery] = []
        for delivery in deliveries {
            lanes[delivery.lane]?.planning -= 1
            if reserved.contains(delivery.id) {
                if active.contains(delivery.id) {
                    start.append(delivery)
                } else {
                    notStarted(delivery, scope: scope(delivery))
                }
            } else {
                append(delivery)
            }
            markReady(delivery.lane)
        }
        return start
    }

    /// The journal refused to activate: something before it is open that is not in hand. The journal will offer it.
    mutating func notStarted(_ delivery: Delivery, scope: String) {
        senders[delivery.sender]?.active -= 1
        drained(delivery.sender)
        scopes[scope]?.giveBack()
        if lanes[delivery.lane]?.busy == delivery.id { lanes[delivery.lane]?.busy = nil }
        dropQueue(delivery.lane)
        lanes[delivery.lane]?.spilled = true
        forgetIfIdle(delivery.lane)
    }

    mutating func dropQueue(_ lane: Lane) {
        guard let state = lanes[lane] else { return }
        count(-state.queue.count, state.sender)
        lanes[lane]?.queue = FIFO()
    }

    private mutating func append(_ delivery: Delivery) {
        guard let state = lanes[delivery.lane] else {
            unsure.insert(delivery.lane)
            return
        }
        if hot >= hotLimit || hotOf[state.sender, default: 0] >= share || state.spilled {
            lanes[delivery.lane]?.spilled = true
        } else {
            lanes[delivery.lane]?.queue.append(delivery)
            count(1, state.sender)
        }
    }

    /// Before the journal is asked: what the answer will settle.
    func beginRefill() -> (lanes: Set<Lane>, all: Bool) { (unsure, unsureOfAll) }

    /// Heads of lanes that the journal offers; `complete` when it had no more to offer.
    mutating func offered(_ deliveries: [Delivery], complete: Bool, asked: (lanes: Set<Lane>, all: Bool), resting: Set<String> = []) {
        skipped = resting
        if complete {
            unsure.subtract(asked.lanes)
            if asked.all { unsureOfAll = false }
        }
        for delivery in deliveries where lanes[delivery.lane] == nil {
            var state = LaneState(sender: delivery.sender)
            state.queue.append(delivery)
            state.spilled = true
            count(1, delivery.sender)
            lanes[delivery.lane] = state
            markReady(delivery.lane)
        }
    }

    private mutating func markReady(_ lane: Lane) {
        guard let state = lanes[lane], state.busy == nil, !state.blocked, state.blockedUntil == nil, !state.isReady else { return }
        guard !state.queue.isEmpty else { return forgetIfIdle(lane) }
        adopt(lane)
        guard let sender = lanes[lane]?.sender, senders[sender] != nil else { return }
        lanes[lane]?.isReady = true
        senders[sender]?.ready.append(lane)
    }

    /// A lane is counted with the sender of its head: another configuration may have given its destination to another sender.
    private mutating func adopt(_ lane: Lane) {
        guard let state = lanes[lane], let sender = state.queue.first?.sender, sender != state.sender else { return }
        count(-state.queue.count, state.sender)
        count(state.queue.count, sender)
        lanes[lane]?.sender = sender
    }

    mutating func forgetIfIdle(_ lane: Lane) {
        guard let state = lanes[lane], state.busy == nil, state.queue.isEmpty, state.planning == 0, !state.blocked, state.blockedUntil == nil else { return }
        if state.spilled { unsure.insert(lane) }
        lanes[lane] = nil
    }

    /// Deliveries to activate now, at most `limit`: slots and tokens are taken for them.
    mutating func next(limit: Int, now: Instant, scope: (Delivery) -> String) -> [Delivery] {
        wake(now)
        var chosen: [Delivery] = []
        for name in senders.keys {
            var passed: [Lane] = []
            while chosen.count < limit, senders[name]?.hasPlace ?? false, let lane = senders[name]?.ready.popFirst() {
                lanes[lane]?.isReady = false
                guard let head = lanes[lane]?.queue.first, lanes[lane]?.busy == nil else { continue }
                guard head.sender == name else {
                    markReady(lane)
                    continue
                }
                guard takeSlot(name, scope(head), now) else {
                    passed.append(lane)
                    if passed.count > 64 { break }
                    continue
                }
                _ = lanes[lane]?.queue.popFirst()
                if let sender = lanes[lane]?.sender { count(-1, sender) }
                lanes[lane]?.busy = head.id
                chosen.append(head)
            }
            for lane in passed {
                lanes[lane]?.isReady = true
                senders[name]?.ready.append(lane)
            }
        }
        return chosen
    }

    private mutating func wake(_ now: Instant) {
        guard timers.contains(where: { $0.at <= now }) else { return }
        let ready = timers.filter { $0.at <= now }
        timers.removeAll { $0.at <= now }
        for (_, lane) in ready {
            lanes[lane]?.blockedUntil = nil
            markReady(lane)
        }
    }

    /// How an attempt left its lane.
    enum End {
        /// Settled: the lane goes on.
        case closed
        /// To be tried again at the time; the lane waits.
        case again(Delivery, at: Instant)
        /// Held: the lane waits for a person, or passes.
        case held(blocks: Bool)
    }

    /// An attempt ended.
    mutating func ended(_ delivery: Delivery, _ end: End, away: Bool, halt: Reason?, ran: Bool = true, scope: String, now: Instant, chance: UInt64) {
        senders[delivery.sender]?.active -= 1
        drained(delivery.sender)
        if let halt {
            scopes[scope]?.halt(halt)
        } else if ran, let policy = senders[delivery.sender]?.terms.policy {
            scopes[scope]?.ended(away: away, now: now, policy: policy, chance: chance)
        }
        lanes[delivery.lane]?.busy = nil
        switch end {
        case .closed: break
        case .again(let next, let at):
            lanes[delivery.lane]?.queue.prepend(next)
            if let sender = lanes[delivery.lane]?.sender { count(1, sender) }
            lanes[delivery.lane]?.blockedUntil = at
            timers.append((at, delivery.lane))
        case .held(let blocks):
            if blocks {
                // The journal knows that it is held; the lane is taken up again from there when a person has decided.
                dropQueue(delivery.lane)
                unsure.insert(delivery.lane)
                if lanes[delivery.lane]?.planning == 0 { lanes[delivery.lane] = nil } else { lanes[delivery.lane]?.spilled = true }
                return
            }
        }
        markReady(delivery.lane)
    }

    /// Whether a scope is halted or rests.
    func rests(_ scope: String) -> Bool { scopes[scope].map { $0.halted != nil || $0.failures > 0 } ?? false }

    /// A person resumed a scope, or the configuration changed.
    mutating func resume(_ scope: String?) {
        for name in scopes.keys where scope == nil || name == scope { scopes[name]?.resume() }
    }

    /// Halted scopes with their reasons.
    var halted: [String: Reason] { scopes.compactMapValues(\.halted) }

    /// Something in these lanes waited for a delivery of another lane that is settled now: the journal is asked for them.
    mutating func freed(_ lanes: Set<Lane>) { unsure.formUnion(lanes) }

    // MARK: Leases

    /// These shards are another gateway's now, or shall be: what is queued of theirs is forgotten, what runs may end.
    mutating func leave(_ shards: Set<Int>) {
        if shards.isEmpty { return }
        let leaving = lanes.keys.filter { shards.contains($0.shard) }
        for lane in leaving {
            dropQueue(lane)
            lanes[lane]?.blockedUntil = nil
            if lanes[lane]?.busy == nil, lanes[lane]?.planning ?? 0 == 0 { lanes[lane] = nil } else { lanes[lane]?.spilled = true }
        }
        timers.removeAll { shards.contains($0.lane.shard) }
    }

    /// Of these shards, those with a delivery under way.
    func busy(among shards: Set<Int>) -> Set<Int> {
        Set(lanes.compactMap { lane, state in shards.contains(lane.shard) && (state.busy != nil || state.planning > 0) ? lane.shard : nil })
    }

    /// Shards came: the journal knows what waits in them.
    mutating func gained() { unsureOfAll = true }

    /// Another gateway put something into these lanes (nil: any), or freed something there.
    mutating func hinted(_ hinted: Set<Lane>?) {
        for lane in hinted ?? Set(lanes.keys) { if lanes[lane] != nil { lanes[lane]?.spilled = true } else { unsure.insert(lane) } }
        if hinted == nil { unsureOfAll = true }
    }

    /// A person's word changed a lane in the journal: what is in hand of it is forgotten and fetched again.
    mutating func forget(_ lane: Lane) {
        guard lanes[lane]?.busy == nil, lanes[lane]?.planning ?? 0 == 0 else {
            lanes[lane]?.spilled = true
            return
        }
        dropQueue(lane)
        lanes[lane] = nil
        timers.removeAll { $0.lane == lane }
        unsure.insert(lane)
    }
}
