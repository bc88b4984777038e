/// What the journal holds and no queue here knows: when to ask for it, and what its answer settles.
extension DispatchState {
    /// A question that is under way. What comes into doubt meanwhile is not settled by its answer.
    struct Asked {
        var streams: [Int: (lanes: Set<Lane>, all: Bool)] = [:]
        var freed: Set<Lane> = []
        var unknown = false
    }
    /// More lanes in doubt than this are not named one by one.
    static let mostDoubts = 8192

    /// The journal may hold deliveries of this lane that no queue here knows.
    mutating func doubt(_ lane: Lane, _ stream: Int) {
        if streams[stream].unsureOfAll { return }
        streams[stream].unsure.insert(lane)
        guard streams[stream].unsure.count > Self.mostDoubts else { return }
        streams[stream].unsure = []
        streams[stream].unsureOfAll = true
    }

    func isUnsure(_ lane: Lane, _ stream: Int) -> Bool {
        let deliveryClass = Self.deliveryClass(of: stream)
        if unknown[deliveryClass] || streams[stream].unsureOfAll || streams[stream].unsure.contains(lane) { return true }
        if freed[deliveryClass].contains(lane) { return true }
        guard let asked = asked[deliveryClass] else { return false }
        return asked.freed.contains(lane) || asked.streams[stream].map { $0.all || $0.lanes.contains(lane) } ?? false
    }

    /// Half of its share: a sender that has so much in hand of a class needs no more yet.
    private func isSupplied(_ stream: Int) -> Bool { streams[stream].hot >= max(share(Self.deliveryClass(of: stream)) / 2, 1) }

    /// The journal should be asked for this class now, and there is room for what it offers.
    func wants(_ deliveryClass: DeliveryClass, _ now: Instant) -> Bool {
        guard asked[deliveryClass] == nil, hot[deliveryClass] < limit(deliveryClass), bytes < Self.mostBytes else { return false }
        if unknown[deliveryClass] || !freed[deliveryClass].isEmpty || refillAt.map({ $0 <= now }) ?? false { return true }
        return senders.indices.contains { sender in
            let stream = stream(sender, deliveryClass)
            return (streams[stream].unsureOfAll || !streams[stream].unsure.isEmpty) && !isSupplied(stream)
        }
    }

    /// What to leave out: lanes in hand, and senders that are supplied. Notes what the answer will settle.
    mutating func ask(_ deliveryClass: DeliveryClass) -> (lanes: Set<Lane>, supplied: Set<String>) {
        var question = Asked(), supplied: Set<String> = []
        for sender in senders.indices {
            let stream = stream(sender, deliveryClass)
            if isSupplied(stream) {
                supplied.insert(senders[sender].name)
            } else if streams[stream].unsureOfAll || !streams[stream].unsure.isEmpty {
                question.streams[stream] = (streams[stream].unsure, streams[stream].unsureOfAll)
                (streams[stream].unsure, streams[stream].unsureOfAll) = ([], false)
            }
        }
        question.unknown = unknown[deliveryClass]
        swap(&question.freed, &freed[deliveryClass])
        asked[deliveryClass] = question
        return (Set(lanes.keys), supplied)
    }

    /// Heads of lanes that the journal offers, and what stands right behind them, in order; `complete` when it had no more heads to offer. Their senders
    /// are known.
    mutating func offered(_ deliveries: [Delivery], behind: [Delivery] = [], of deliveryClass: DeliveryClass, complete: Bool) {
        guard let question = asked[deliveryClass] else { return }
        asked[deliveryClass] = nil
        if complete {
            if question.unknown { unknown[deliveryClass] = false }
        } else {
            freed[deliveryClass].formUnion(question.freed)
            for (stream, doubts) in question.streams {
                if doubts.all { (streams[stream].unsure, streams[stream].unsureOfAll) = ([], true) }
                for lane in doubts.lanes { doubt(lane, stream) }
            }
        }
        var fresh: Set<Lane> = []
        for delivery in deliveries where lanes[delivery.lane] == nil {
            guard let number = numbers[delivery.sender] else { continue }
            var state = LaneState(stream: stream(number, delivery.deliveryClass))
            state.spilled = true
            lanes[delivery.lane] = state
            keep(delivery, state.stream)
            markReady(delivery.lane)
            fresh.insert(delivery.lane)
        }
        // The rest of a lane stays in the journal from the first that finds no room.
        for delivery in behind {
            guard fresh.contains(delivery.lane), let stream = lanes[delivery.lane]?.stream, !isFull(stream) else {
                fresh.remove(delivery.lane)
                continue
            }
            keep(delivery, stream)
        }
    }

    /// Something in these lanes waited for a delivery of another lane that is settled now: the journal is asked for them.
    mutating func freed(_ lanes: Set<Lane>) {
        for deliveryClass in DeliveryClass.allCases {
            freed[deliveryClass].formUnion(lanes)
            if freed[deliveryClass].count > Self.mostDoubts { (freed[deliveryClass], unknown[deliveryClass]) = ([], true) }
        }
    }

    /// A person's word changed a lane in the journal: what is in hand of it is forgotten and fetched again.
    mutating func forget(_ lane: Lane) {
        guard lanes[lane]?.busy == nil, lanes[lane]?.planning ?? 0 == 0 else {
            lanes[lane]?.spilled = true
            return
        }
        dropQueue(lane)
        lanes[lane] = nil
        freed([lane])
    }

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
    }

    /// Of these shards, those with a delivery under way.
    func busy(among shards: Set<Int>) -> Set<Int> {
        Set(lanes.compactMap { lane, state in shards.contains(lane.shard) && (state.busy != nil || state.planning > 0) ? lane.shard : nil })
    }

    /// Shards came: the journal knows what waits in them.
    mutating func gained() {
        unknown = ByClass(true)
        for stream in streams.indices { (streams[stream].unsure, streams[stream].unsureOfAll) = ([], true) }
    }

    /// Another gateway put something into these lanes (nil: any), or freed something there.
    mutating func hinted(_ hinted: Set<Lane>?) {
        for lane in hinted ?? Set(lanes.keys) where lanes[lane] != nil { lanes[lane]?.spilled = true }
        if let hinted { freed(hinted.filter { lanes[$0] == nil }) } else { gained() }
    }
}
