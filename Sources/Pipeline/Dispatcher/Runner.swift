import Synchronization

/// One attempt of one delivery, from its bytes to its settlement: binds, asks or sends, turns the outcome into what the journal stores.
struct Runner: Sendable {
    /// The end of an attempt.
    struct Finished: Sendable {
        let result: Settlement.Result
        var emitted: [Message] = []
        let lane: DispatchState.End
        /// The far end was not there: its scope rests.
        var away = false
        var halt: Reason?
        /// Held since the configuration of this generation lacks its destination.
        var gone: Int?
        /// False: it never got a place, not a byte left.
        var ran = true

        /// Back to its queue, as if it had not been tried; there it is taken up as `delivery`.
        static func givenBack(_ delivery: Delivery, at now: Instant) -> Finished {
            Finished(result: .giveBack(nil), lane: .again(delivery, at: now + .milliseconds(100)), ran: false)
        }

        /// The lease has run out, or nearly, or the database does not hear this gateway: whoever holds the shard next sends it.
        static func notOurs(_ delivery: Delivery, at now: Instant) -> Finished {
            Finished(result: .giveBack(nil), lane: .again(delivery, at: now + .seconds(1)))
        }
    }
    let core: EngineCore
    /// Set for `route:NAME` deliveries: runs the route again.
    let rerun: @Sendable (Delivery, Reading) async -> Outcome

    /// The whole attempt belongs to one configuration, whatever comes into force meanwhile.
    func run(_ delivery: Delivery, _ configuration: Configuration) async -> Finished {
        var delivery = delivery
        do throws(JournalError) {
            if let gone = try await bind(&delivery, configuration) { return await finished(delivery, gone, configuration) }
        } catch {
            return await finished(delivery, error.outcome, configuration)
        }
        guard mayBegin(delivery, configuration) else { return .notOurs(delivery, at: core.time.rising) }
        let recorded = Recorded(), mayHaveLeft = delivery.mayHaveLeft
        var outcome = await attempt(delivery, recorded, configuration)
        if mayHaveLeft, case .refused(let reason) = outcome {
            // Its sender hears the far end's own word; a person must know that it may not be the whole truth.
            let uncertain = Reasons.refusedAfterUnknown(reason)
            core.alert(uncertain, delivery: delivery.id)
            outcome = .refused(uncertain)
        }
        delivery.facts.merge(recorded.facts.withLock { $0 }) { _, new in new }
        return await finished(delivery, outcome, configuration)
    }

    /// The facts that this attempt committed: the next attempt in memory must know them.
    private final class Recorded: Sendable {
        let facts = Mutex<[String: String]>([:])
    }

    /// Right before anything leaves: another gateway may have taken the shard over while this process slept.
    private func mayBegin(_ delivery: Delivery, _ configuration: Configuration) -> Bool {
        let patience = core.leases.isShared ? configuration.senders[delivery.sender]?.patience ?? .zero : .zero
        return core.leases.mayBegin(delivery, lasting: patience, uptime: core.time.uptime)
    }

    /// After a restart, and under another configuration, notes and bytes are made again by the route's own steps: they are pure. Where the route, its
    /// destination or a step that worked is gone, the delivery is held: what would leave is not what was planned.
    private func bind(_ delivery: inout Delivery, _ configuration: Configuration) async throws(JournalError) -> Outcome? {
        if delivery.sender == InternalSender.route { return nil }
        if delivery.generation == configuration.generation, !delivery.notes.isEmpty || delivery.rewritten != nil { return nil }
        (delivery.notes, delivery.rewritten, delivery.generation) = ([:], nil, configuration.generation)
        guard let route = configuration.route(delivery.route, facility: delivery.facility) else { return .held(Reasons.routeGone, owner: .exploitation) }
        guard route.destination(delivery.destination) != nil else {
            return .held(Reasons.noSuchSender(delivery.destination), owner: .exploitation)
        }
        if route.steps.isEmpty { return nil }
        let examiner = Examiner(configuration: configuration, hash: core.journal.hash)
        guard let reading = try await core.reading(delivery.message), let again = examiner.rerun(delivery.route, reading) else {
            return .held(Reasons.unreadable, owner: .exploitation)
        }
        guard let same = again.deliveries.first(where: { $0.destination == delivery.destination && $0.part.id == delivery.part.id }) else {
            let why = again.deliveries.lazy.compactMap(\.held).first ?? Reasons.noLongerAsked(delivery.destination)
            return .held(why, owner: .exploitation)
        }
        delivery.notes = same.notes
        delivery.rewritten = same.rewritten
        delivery.isRebound = true
        return nil
    }

    private func attempt(_ delivery: Delivery, _ recorded: Recorded, _ configuration: Configuration) async -> Outcome {
        if delivery.sender == InternalSender.route {
            do throws(JournalError) {
                guard let reading = try await core.reading(delivery.message) else { return .held(Reasons.unreadable, owner: .exploitation) }
                return await rerun(delivery, reading)
            } catch { return error.outcome }
        }
        guard let sender = configuration.senders[delivery.sender] else {
            return .held(Reasons.noSuchSender("\(delivery.destination) → \(delivery.sender)"), owner: .exploitation)
        }
        let journal = core.journal, lease = core.leases.lease
        let attempt = Attempt(
            time: core.time.now,
            record: { facts throws(JournalError) in
                try await journal.record(facts, for: delivery.id, attempt: delivery.attempt, lease)
                recorded.facts.withLock { $0.merge(facts) { _, new in new } }
                if !mayBegin(delivery, configuration) { throw .stale }
            },
            bytes: { () throws(JournalError) in
                if let rewritten = delivery.rewritten { return rewritten }
                return try await journal.bytes(of: delivery.message)
            })
        if delivery.wasUnknown {
            switch sender.afterUnknown {
            case .sendAgain: break
            // A person who saw that it is unknown and released it has decided: this attempt is theirs.
            case .hold: if delivery.facts[JournalFact.decided] == nil { return .held(Reasons.unknownToHold, owner: .exploitation) }
            case .ask: if let known = await sender.resolve(delivery, attempt) { return known }
            }
        }
        return await sender.deliver(delivery, attempt)
    }

    private func finished(_ delivery: Delivery, _ outcome: Outcome, _ configuration: Configuration) async -> Finished {
        let now = core.time.rising
        let policy = configuration.senders[delivery.sender]?.retry ?? RetryPolicy()
        // A person's decision holds for one attempt.
        var next = delivery
        next.facts[JournalFact.decided] = nil
        let tooOld = core.time.now - delivery.message.envelope.received > policy.giveUp
        switch outcome {
        case .delivered(let proof):
            return Finished(result: .delivered(proof), emitted: await core.emit(delivery, .outcome(outcome), configuration), lane: .closed)
        case .refused(let reason):
            let emitted = await core.emit(delivery, .outcome(outcome), configuration)
            return Finished(result: .refused(reason), emitted: emitted, lane: .closed)
        case .deferred(let reason, _, _) where Reasons.isOurs(reason):
            return Finished(result: .giveBack(reason), lane: .again(delivery, at: now + .seconds(1)))
        case .deferred(let reason, let retryAfter, _):
            if tooOld { return hold(delivery, configuration, Reasons.gaveUp, .network) }
            let pause = min(retryAfter ?? policy.pause(after: delivery.attempt, chance: core.random.next()), RetryPolicy.longestWait)
            // Once unknown, unknown until something conclusive: a later deferral says nothing of the earlier attempt.
            return Finished(
                result: .deferred(reason, until: now + pause), lane: .again(next, at: now + pause), away: reason.code == Reasons.farEndAwayCode)
        case .unknown(let reason):
            if configuration.senders[delivery.sender]?.afterUnknown == .hold { return hold(delivery, configuration, Reasons.unknownToHold, .exploitation) }
            if tooOld { return hold(delivery, configuration, Reasons.gaveUp, .network) }
            let pause = policy.pause(after: delivery.attempt, chance: core.random.next())
            next.wasUnknown = true
            return Finished(result: .unknown(reason, until: now + pause), lane: .again(next, at: now + pause), away: true)
        case .halted(let scope, let reason):
            core.alert(reason, delivery: delivery.id, scope: scope)
            return Finished(result: .giveBack(reason), lane: .again(delivery, at: now + .seconds(1)), halt: reason)
        case .held(let reason, let owner):
            return hold(delivery, configuration, reason, owner)
        }
    }

    private func hold(_ delivery: Delivery, _ configuration: Configuration, _ reason: Reason, _ owner: Owner) -> Finished {
        core.alert(reason, delivery: delivery.id)
        let blocks = configuration.route(delivery.route, facility: delivery.facility)?.order.whenHeld != .pass
        let gone = Reasons.waitsForConfiguration(reason) ? configuration.generation : nil
        return Finished(result: .held(reason, owner: owner), lane: .held(blocks: blocks), gone: gone)
    }
}
