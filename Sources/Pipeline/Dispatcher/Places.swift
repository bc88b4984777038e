/// Who runs at one sender, and who is active in the journal but waits for a place: places are filled again without waiting for a commit.
struct Places {
    private var running = 0, runningBulk = 0
    private var waiting = ByClass(FIFO<Delivery>())
    private var turns = ClassTurns()

    /// Takes a place; false: none is free, it waits for one.
    mutating func enter(_ delivery: Delivery, _ terms: DispatchState.Terms) -> Bool {
        guard running < terms.places, delivery.deliveryClass == .today || runningBulk < terms.bulkPlaces else {
            waiting[delivery.deliveryClass].append(delivery)
            return false
        }
        count(1, delivery)
        return true
    }

    /// It ran to its end.
    mutating func leave(_ delivery: Delivery) { count(-1, delivery) }

    private mutating func count(_ change: Int, _ delivery: Delivery) {
        running += change
        if delivery.deliveryClass == .bulk { runningBulk += change }
    }

    /// The next that waits and may leave the line: for a place, or because its scope rests and it goes back.
    mutating func next(_ terms: DispatchState.Terms, rests: (Delivery) -> Bool) -> (delivery: Delivery, runs: Bool)? {
        let mayBulk = runningBulk < terms.bulkPlaces
        guard let deliveryClass = turns.next(today: !waiting[.today].isEmpty, bulk: mayBulk && !waiting[.bulk].isEmpty),
            let first = waiting[deliveryClass].first
        else { return nil }
        let runs = !rests(first)
        guard !runs || running < terms.places else { return nil }
        _ = waiting[deliveryClass].popFirst()
        turns.took(deliveryClass)
        if runs { count(1, first) }
        return (first, runs)
    }
}
