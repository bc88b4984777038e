/// A configuration that came into force changed senders (design §5, reload).
extension DispatchState {
    /// The sender is another from now on, or gone (`terms` are then those of nobody). What waits for it is fetched from the journal again, its halts and
    /// rests are lifted, and nothing of it starts until what its old self sends has ended.
    mutating func renew(_ sender: String, _ terms: Terms) {
        for scope in scopes.keys where scope == sender || scope.hasPrefix(sender + "/") { scopes[scope] = nil }
        guard let number = numbers[sender] else { return }
        for (lane, state) in lanes where state.stream / 2 == number {
            dropQueue(lane)
            lanes[lane]?.spilled = true
            forgetIfIdle(lane)
        }
        (senders[number].terms, senders[number].ready, senders[number].turn) = (terms, [], 0)
        senders[number].isDraining = senders[number].active > 0
    }

    /// Whether the sender waits for its old self.
    func isDraining(_ sender: String) -> Bool { numbers[sender].map { senders[$0].isDraining } ?? false }

    /// A lane is counted with the sender of its head: another configuration may have given its destination to another sender.
    mutating func adopt(_ lane: Lane, by head: Delivery) {
        guard let old = lanes[lane]?.stream, let number = numbers[head.sender], number != old / 2 else { return }
        var queue = FIFO<Delivery>()
        let new = stream(number, head.deliveryClass)
        while let one = lanes[lane]?.queue.popFirst() {
            count(-1, one, old)
            count(1, one, new)
            queue.append(one)
        }
        lanes[lane]?.queue = queue
        lanes[lane]?.stream = new
    }
}
