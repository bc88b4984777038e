/// Which delivery starts when: lanes, classes, slots, rates and rests. A value; its methods return what to do and do nothing themselves.
///
/// Memory is bounded: beyond its share a lane is *spilled*, its further deliveries stay in the journal and are fetched when their turn comes
/// (`DispatchState+Refill`). Each stream (a sender and a class) has its share, so that a far end that is away, or 300 000 documents of history,
/// cannot hide the others.
struct DispatchState {
    /// What a sender allows.
    struct Terms {
        /// Deliveries that run at a time.
        let places: Int
        /// Active beside them, waiting for a place: one commit less, where a crash costs only that they are sent again with the same ids.
        var ahead = 0
        let rate: Double?
        let policy: RetryPolicy
        /// What its rate, rests and halts apply to.
        let scope: @Sendable (Delivery) -> String

        var active: Int { places + ahead }
        /// One place stays free of bulk where there are several: what is for today does not wait for a long document of last year.
        var bulkPlaces: Int { max(1, places - 1) }
        var activeBulk: Int { bulkPlaces + ahead / 4 }
    }
    struct LaneState {
        /// The sender's number and the class: see `stream`.
        var stream: Int
        var queue = FIFO<Delivery>()
        var busy: DeliveryID?
        /// Planned but not yet committed: nothing of this lane may start before.
        var planning = 0
        var blockedUntil: Instant?
        /// There may be more in the journal, after what the queue holds.
        var spilled = false
        var isReady = false
    }
    struct SenderState {
        let name: String
        var terms: Terms
        var active = 0
        var ready: [ReadyLanes] = []
        /// The scope whose turn it is.
        var turn = 0
        /// The configuration changed it: nothing starts before what its old self sends has ended.
        var isDraining = false

        var hasPlace: Bool { active < terms.active && !isDraining }
    }
    /// The deliveries of one class to one sender.
    struct StreamState {
        /// Active, and in hand.
        var active = 0, hot = 0
        /// Lanes of which the journal may hold deliveries that no queue here knows; `unsureOfAll` after a start, or when there are too many to name.
        var unsure: Set<Lane> = []
        var unsureOfAll: Bool
    }

    var lanes: [Lane: LaneState] = [:]
    private(set) var numbers: [String: Int] = [:]
    var senders: [SenderState] = []
    var streams: [StreamState] = []
    var scopes: [String: ScopeState] = [:]
    private var timers = LaneTimers()
    private var firstSender = 0
    /// Deliveries in hand by class, and the bytes of all.
    private(set) var hot = ByClass(0), bytes = 0
    /// The journal may hold deliveries to senders that are not known yet.
    var unknown = ByClass(true)
    /// Lanes of unknown streams that something else made free.
    var freed = ByClass(Set<Lane>())
    /// What is being asked of the journal.
    var asked = ByClass<Asked?>(nil)
    /// When the journal's next deferred delivery is due that is not in hand here.
    var refillAt: Instant?
    let hotLimit: Int

    /// Bytes in hand above which bodies are left in the journal, and above which lanes are spilled.
    static let leanAbove = 12 << 20, mostBytes = 24 << 20

    init(hotLimit: Int = 12_000) { self.hotLimit = hotLimit }

    // MARK: Senders

    func knows(_ sender: String) -> Bool { numbers[sender] != nil }
    /// The terms of a sender.
    func terms(of sender: String) -> Terms? { numbers[sender].map { senders[$0].terms } }
    /// Names of all senders that have something to do here.
    var knownSenders: [String] { senders.map(\.name) }

    /// Teaches the terms of a sender, or new ones.
    mutating func learn(_ sender: String, _ terms: Terms) {
        if let number = numbers[sender] {
            senders[number].terms = terms
            return
        }
        numbers[sender] = senders.count
        senders.append(SenderState(name: sender, terms: terms))
        for deliveryClass in DeliveryClass.allCases { streams.append(StreamState(unsureOfAll: unknown[deliveryClass])) }
    }

    func stream(_ sender: Int, _ deliveryClass: DeliveryClass) -> Int { sender * 2 + (deliveryClass == .bulk ? 1 : 0) }
    static func deliveryClass(of stream: Int) -> DeliveryClass { stream & 1 == 1 ? .bulk : .today }
    private func scope(_ delivery: Delivery) -> String { numbers[delivery.sender].map { senders[$0].terms.scope(delivery) } ?? delivery.sender }

    /// What each stream may have in hand.
    func share(_ deliveryClass: DeliveryClass) -> Int { max(limit(deliveryClass) / max(senders.count, 2), 2) }
    /// History has a quarter: it is never needed at once.
    func limit(_ deliveryClass: DeliveryClass) -> Int { deliveryClass == .bulk ? hotLimit / 4 : hotLimit - hotLimit / 4 }
    func isFull(_ stream: Int) -> Bool {
        let deliveryClass = Self.deliveryClass(of: stream)
        return hot[deliveryClass] >= limit(deliveryClass) || streams[stream].hot >= share(deliveryClass) || bytes >= Self.mostBytes
    }

    mutating func count(_ change: Int, _ delivery: Delivery, _ stream: Int) {
        hot[Self.deliveryClass(of: stream)] += change
        streams[stream].hot += change
        bytes += change * delivery.bytesInHand
    }
    var activeCount: Int { senders.reduce(0) { $0 + $1.active } }

    // MARK: Planning

    /// Before the plan is committed: true if the delivery may be planned `active`. The lane is kept for it in either case.
    /// `simple`: it waits for nothing in other lanes.
    mutating func reserve(_ delivery: Delivery, simple: Bool, now: Instant) -> Bool {
        let lane = delivery.lane, deliveryClass = delivery.deliveryClass
        if lanes[lane] != nil {
            lanes[lane]?.planning += 1
            return false
        }
        guard let number = numbers[delivery.sender] else { return false }
        let stream = stream(number, deliveryClass)
        var fresh = LaneState(stream: stream)
        fresh.planning = 1
        fresh.spilled = isUnsure(lane, stream)
        if simple, !fresh.spilled {
            let scope = senders[number].terms.scope(delivery)
            if !isAwaited(number, scope, deliveryClass), takeSlot(number, deliveryClass, scope, delivery.id, now) { fresh.busy = delivery.id }
        }
        lanes[lane] = fresh
        return fresh.busy != nil
    }

    /// Lanes that have waited longer go first.
    private func isAwaited(_ sender: Int, _ scope: String, _ deliveryClass: DeliveryClass) -> Bool {
        guard let ready = senders[sender].ready.first(where: { $0.scope == scope }) else { return false }
        return !ready.lanes[.today].isEmpty || deliveryClass == .bulk && !ready.lanes[.bulk].isEmpty
    }

    private mutating func takeSlot(_ sender: Int, _ deliveryClass: DeliveryClass, _ scope: String, _ id: DeliveryID, _ now: Instant) -> Bool {
        let terms = senders[sender].terms, stream = stream(sender, deliveryClass)
        guard senders[sender].hasPlace, deliveryClass == .today || streams[stream].active < terms.activeBulk else { return false }
        guard scopes[scope, default: ScopeState(rate: terms.rate, now: now)].take(now: now, by: id) else { return false }
        senders[sender].active += 1
        streams[stream].active += 1
        return true
    }

    private mutating func leaveSlot(_ delivery: Delivery) {
        guard let number = numbers[delivery.sender] else { return }
        senders[number].active -= 1
        streams[stream(number, delivery.deliveryClass)].active -= 1
        if senders[number].active == 0 { senders[number].isDraining = false }
    }

    /// After the commit: returns the reserved ones that the journal made active; the others wait in their lanes.
    mutating func planned(_ deliveries: [Delivery], reserved: Set<DeliveryID>, active: Set<DeliveryID>) -> [Delivery] {
        var start: [Delivery] = []
        for delivery in deliveries {
            lanes[delivery.lane]?.planning -= 1
            if reserved.contains(delivery.id) {
                if active.contains(delivery.id) {
                    start.append(delivery)
                } else {
                    notStarted(delivery)
                }
            } else {
                append(delivery)
            }
            markReady(delivery.lane)
        }
        return start
    }

    /// The journal refused to activate: something before it is open that is not in hand. The journal will offer it.
    mutating func notStarted(_ delivery: Delivery) {
        leaveSlot(delivery)
        scopes[scope(delivery)]?.giveBack(by: delivery.id)
        if lanes[delivery.lane]?.busy == delivery.id { lanes[delivery.lane]?.busy = nil }
        dropQueue(delivery.lane)
        lanes[delivery.lane]?.spilled = true
        forgetIfIdle(delivery.lane)
    }

    mutating func dropQueue(_ lane: Lane) {
        guard let stream = lanes[lane]?.stream else { return }
        while let one = lanes[lane]?.queue.popFirst() { count(-1, one, stream) }
        lanes[lane]?.isReady = false
    }

    private mutating func append(_ delivery: Delivery) {
        guard let state = lanes[delivery.lane] else {
            freed[delivery.deliveryClass].insert(delivery.lane)
            return
        }
        if state.spilled || isFull(state.stream) {
            lanes[delivery.lane]?.spilled = true
        } else {
            keep(delivery, state.stream)
        }
    }

    /// At the end of its lane's queue.
    mutating func keep(_ delivery: Delivery, _ stream: Int) {
        var delivery = delivery
        if bytes > Self.leanAbove { delivery.leaveBytesInJournal() }
        lanes[delivery.lane]?.queue.append(delivery)
        count(1, delivery, stream)
    }

    // MARK: Starting

    mutating func markReady(_ lane: Lane) {
        guard let state = lanes[lane], state.busy == nil, state.blockedUntil == nil, !state.isReady else { return }
        guard let head = state.queue.first else { return forgetIfIdle(lane) }
        adopt(lane, by: head)
        let sender = (lanes[lane]?.stream ?? state.stream) / 2, name = scope(head)
        lanes[lane]?.isReady = true
        if let at = senders[sender].ready.firstIndex(where: { $0.scope == name }) {
            senders[sender].ready[at].lanes[head.deliveryClass].append(lane)
        } else {
            senders[sender].ready.append(ReadyLanes(scope: name, first: lane, of: head.deliveryClass))
        }
    }

    mutating func forgetIfIdle(_ lane: Lane) {
        guard let state = lanes[lane], state.busy == nil, state.queue.isEmpty, state.planning == 0, state.blockedUntil == nil else { return }
        if state.spilled { doubt(lane, state.stream) }
        lanes[lane] = nil
    }

    /// Deliveries to activate now, at most `limit`: slots and tokens are taken for them. Today's before bulk, scopes and lanes in turn.
    mutating func next(limit: Int, now: Instant) -> [Delivery] {
        while let lane = timers.pop(until: now) {
            guard let until = lanes[lane]?.blockedUntil, until <= now else { continue }
            lanes[lane]?.blockedUntil = nil
            markReady(lane)
        }
        var chosen: [Delivery] = []
        for offset in senders.indices {
            let sender = (firstSender + offset) % senders.count
            var idle = 0
            while chosen.count < limit, idle < senders[sender].ready.count, senders[sender].hasPlace {
                senders[sender].turn = (senders[sender].turn + 1) % senders[sender].ready.count
                if let delivery = take(sender, now) {
                    chosen.append(delivery)
                    idle = 0
                } else {
                    idle += 1
                }
            }
        }
        firstSender += 1
        return chosen
    }

    /// The next of the scope whose turn it is.
    private mutating func take(_ sender: Int, _ now: Instant) -> Delivery? {
        let at = senders[sender].turn, mayBulk = streams[stream(sender, .bulk)].active < senders[sender].terms.activeBulk
        while true {
            guard let (deliveryClass, lane) = senders[sender].ready[at].first(mayBulk: mayBulk) else { return nil }
            guard let state = lanes[lane], state.isReady, state.busy == nil, let head = state.queue.first else {
                senders[sender].ready[at].drop(deliveryClass)  // forgotten meanwhile
                continue
            }
            guard takeSlot(sender, deliveryClass, senders[sender].ready[at].scope, head.id, now) else { return nil }
            senders[sender].ready[at].took(deliveryClass)
            _ = lanes[lane]?.queue.popFirst()
            lanes[lane]?.isReady = false
            lanes[lane]?.busy = head.id
            count(-1, head, state.stream)
            return head
        }
    }

    // MARK: Ending

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
    mutating func ended(_ delivery: Delivery, _ end: End, away: Bool, halt: Reason?, ran: Bool = true, now: Instant, chance: UInt64) {
        leaveSlot(delivery)
        let scope = scope(delivery), lane = delivery.lane
        if let halt {
            scopes[scope]?.halt(halt)
        } else if !ran {
            scopes[scope]?.giveBack(by: delivery.id)
        } else if let policy = terms(of: delivery.sender)?.policy {
            scopes[scope]?.ended(delivery.id, away: away, now: now, policy: policy, chance: chance)
        }
        lanes[lane]?.busy = nil
        switch end {
        case .closed: break
        case .again(let next, let at): wait(next, until: at)
        case .held(let blocks):
            if blocks {
                // The journal knows that it is held; the lane is taken up again from there when a person has decided.
                dropQueue(lane)
                // (Another configuration may see it otherwise than the journal, whose word counts.)
                if lanes[lane]?.planning == 0 { lanes[lane] = nil } else { lanes[lane]?.spilled = true }
                freed([lane])
                return
            }
        }
        markReady(lane)
    }

    /// A deferred delivery holds back its own lane. Where there are too many, the journal alone remembers it, and offers it when its time comes.
    private mutating func wait(_ delivery: Delivery, until at: Instant) {
        guard let stream = lanes[delivery.lane]?.stream else { return }
        guard !isFull(stream) else {
            dropQueue(delivery.lane)
            lanes[delivery.lane]?.spilled = true
            refillAt = min(refillAt ?? at, at)
            return
        }
        var delivery = delivery
        delivery.leaveBytesInJournal()
        lanes[delivery.lane]?.queue.prepend(delivery)
        count(1, delivery, stream)
        lanes[delivery.lane]?.blockedUntil = at
        timers.push(at, delivery.lane)
    }

    // MARK: Scopes

    /// Whether the scope of a delivery is halted or rests.
    func rests(_ delivery: Delivery) -> Bool { scopes[scope(delivery)].map { $0.halted != nil || $0.failures > 0 } ?? false }

    /// A person resumed a scope.
    mutating func resume(_ scope: String?) {
        for name in scopes.keys where scope == nil || name == scope { scopes[name]?.resume() }
    }

    /// Halted scopes with their reasons.
    var halted: [String: Reason] { scopes.compactMapValues(\.halted) }
}
