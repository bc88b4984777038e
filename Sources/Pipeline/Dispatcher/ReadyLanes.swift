/// One value for each class.
struct ByClass<Value> {
    private var today: Value, bulk: Value

    init(_ value: Value) { (today, bulk) = (value, value) }

    subscript(_ deliveryClass: DeliveryClass) -> Value {
        _read { if deliveryClass == .bulk { yield bulk } else { yield today } }
        _modify { if deliveryClass == .bulk { yield &bulk } else { yield &today } }
    }
}

/// Whose turn it is: today's always before bulk, but for one in twenty where both wait, so that history never stands still.
struct ClassTurns {
    static let bulkEvery = 20
    private var todays = 0

    func next(today: Bool, bulk: Bool) -> DeliveryClass? {
        if today, bulk { return todays < Self.bulkEvery - 1 ? .today : .bulk }
        return today ? .today : bulk ? .bulk : nil
    }

    mutating func took(_ deliveryClass: DeliveryClass) { todays = deliveryClass == .bulk ? 0 : min(todays + 1, Self.bulkEvery) }
}

/// Lanes of one scope whose head could start: the one that has waited longest first.
struct ReadyLanes {
    let scope: String
    var lanes = ByClass(FIFO<Lane>())
    private var turns = ClassTurns()

    init(scope: String, first lane: Lane, of deliveryClass: DeliveryClass) {
        self.scope = scope
        lanes[deliveryClass].append(lane)
    }

    /// The lane whose turn it is.
    func first(mayBulk: Bool) -> (DeliveryClass, Lane)? {
        guard let deliveryClass = turns.next(today: !lanes[.today].isEmpty, bulk: mayBulk && !lanes[.bulk].isEmpty) else { return nil }
        return lanes[deliveryClass].first.map { (deliveryClass, $0) }
    }

    mutating func drop(_ deliveryClass: DeliveryClass) { _ = lanes[deliveryClass].popFirst() }

    mutating func took(_ deliveryClass: DeliveryClass) {
        drop(deliveryClass)
        turns.took(deliveryClass)
    }
}

/// When lanes that wait may go on, the earliest first: a binary heap.
struct LaneTimers {
    private var heap: [(at: Instant, lane: Lane)] = []

    var count: Int { heap.count }

    mutating func push(_ at: Instant, _ lane: Lane) {
        heap.append((at, lane))
        var child = heap.count - 1
        while child > 0, heap[child].at < heap[(child - 1) / 2].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The lane whose time came first, if it has come.
    mutating func pop(until now: Instant) -> Lane? {
        guard let first = heap.first, first.at <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].at < heap[least].at { least = child }
            if least == parent { return first.lane }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
