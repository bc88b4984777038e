/// A configuration that came into force changed senders (design §5, reload).
extension DispatchState {
    /// The sender is another from now on, or gone (`terms` are then those of nobody). What waits for it is fetched from the journal again, its halts and
    /// rests are lifted, and nothing of it starts until what its old self sends has ended.
    mutating func renew(_ sender: String, _ terms: Terms) {
        for (lane, state) in lanes where state.sender == sender {
            dropQueue(lane)
            lanes[lane]?.isReady = false
            lanes[lane]?.spilled = true
            forgetIfIdle(lane)
        }
        for scope in scopes.keys where scope == sender || scope.hasPrefix(sender + "/") { scopes[scope] = nil }
        guard let state = senders[sender] else { return }
        senders[sender] = SenderState(active: state.active, terms: terms, isDraining: state.active > 0)
    }

    /// Whether the sender waits for its old self.
    func isDraining(_ sender: String) -> Bool { senders[sender]?.isDraining ?? false }

    /// An attempt ended: was it the last of the old self?
    mutating func drained(_ sender: String) { if senders[sender]?.active == 0 { senders[sender]?.isDraining = false } }
}
