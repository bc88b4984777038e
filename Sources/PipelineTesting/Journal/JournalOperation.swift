package import Pipeline

/// One write to a journal, as a value: what a writer takes in groups and a simulation replays.
package enum JournalOperation: Sendable {
    case accept(Acceptance)
    case plan([Plan], Lease)
    case settle([Settlement], activate: [DeliveryID], Lease, now: Instant)
    case record([String: String], DeliveryID, attempt: Int, Lease)
    case report(Report, DeliveryID, carriedBy: Seq, [Emitted], now: Instant)
    case command(OperatorCommand, DeliveryID, expecting: Int, [Emitted], by: String, now: Instant, tokens: @Sendable (Key128) -> [Token])
    case restore(Body, of: Seq, now: Instant)
    case mark(Set<Seq>)
    case note(GatewayWord, Reason, by: String, now: Instant)
    case noteTime(Instant)
    case remove(KeepLevel, [Seq], now: Instant)
    case thin(before: Instant)
    case erase([Seq], evenAwaited: Bool, by: String, now: Instant)
}

/// What became of a write.
package enum JournalCompletion: Sendable {
    case receipt(Receipt)
    case planned([DeliveryID])
    case settled(Settled)
    case messages([Message])
    case removed(Removal)
    case erased([Erased])
    case done
    case failed(JournalError)
}
