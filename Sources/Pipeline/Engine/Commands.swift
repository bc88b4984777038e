/// A person's word on deliveries: audited, with the delivery's `then` where it ends something.
package struct Commands: Sendable {
    let engine: Engine

    /// Commands over an engine.
    package init(engine: Engine) { self.engine = engine }

    /// Carries out a command on the delivery as it is now; `expecting` nil takes its present version.
    package func perform(_ command: OperatorCommand, on id: DeliveryID, expecting: Int? = nil, by person: String) async throws(JournalError) {
        let core = engine.core
        guard let stored = try await core.journal.find(.delivery(id)).deliveries.first else {
            throw .refused(JournalReasons.noDelivery)
        }
        var emitted: [Message] = []
        if case .discard(let reason) = command, stored.delivery.sender != InternalSender.route {
            emitted = await core.emit(stored.delivery, .discarded(reason), core.configuration)
        }
        let sender = core.configuration.senders[stored.delivery.sender], message = stored.delivery.message, part = stored.delivery.part
        if !emitted.isEmpty { await core.emissions.enter() }
        defer { if !emitted.isEmpty { core.emissions.leave() } }
        let accepted = try await core.journal.command(
            command, on: id, expecting: expecting ?? stored.version, emitted: emitted.map { Emitted($0) }, by: person, now: core.time.now,
            tokens: { key in sender?.tokens(key, message, part) ?? [] })
        engine.judge.take(accepted)
        engine.dispatcher.forget(stored.delivery.lane)
        if case .discard = command, stored.delivery.sender == InternalSender.route {
            engine.planner.inbox.put(.unblocked(id, stored.delivery.message.envelope.keys))
        }
    }
}
