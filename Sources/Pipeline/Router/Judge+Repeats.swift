/// What came again.
extension Judge {
    func repeated(_ seq: Seq, _ verdict: Verdict, _ acceptance: Acceptance, _ answer: @escaping @Sendable (Answer) -> Void) {
        switch verdict.kind {
        case .accepted: answer(.accepted(verdict.findings))
        case .rejected: answer(.rejected(verdict.findings))
        // Judged again after a crash and found wanting: the repeat shows that no AA arrived. A killer counts as taken.
        case .held where verdict.isWanting:
            Task(executorPreference: core.tasks) { [self] in await close(seq, verdict, answer) }
        case .held where verdict.lacksBody:
            Task(executorPreference: core.heavy) { [self] in await restore(seq, acceptance.message.body, answer) }
        case .held: answer(.accepted(verdict.findings))
        }
    }

    /// AE for a message that was held because an AA might have left: the hold ends and the id is free before it is said. Where a person has
    /// released it meanwhile, it was taken.
    private func close(_ seq: Seq, _ verdict: Verdict, _ answer: @Sendable (Answer) -> Void) async {
        let id = Delivery.id(seq, 0)
        do throws(JournalError) {
            guard let stored = try await core.journal.find(.delivery(id)).deliveries.first else { return answer(.rejected(verdict.findings)) }
            // At once: should the verdict find no room, its patient goes on all the same.
            func ended() {
                planner.dispatcher.forget(stored.delivery.lane)
                planner.inbox.put(.unblocked(id, stored.delivery.message.envelope.keys))
            }
            switch stored.state {
            case .held:
                _ = try await core.journal.command(.discard(Reasons.rejudged), on: id, expecting: stored.version, emitted: [], by: "repeat", now: core.time.now)
                ended()
            case .discarded: ended()
            default: return answer(.accepted([]))
            }
            let plan = Plan(seq: seq, verdict: Verdict(.rejected, verdict.findings), deliveries: [], trace: "rejected: it came again, so its sender saw no AA")
            _ = try await core.journal.plan([plan], core.leases.lease)
            answer(.rejected(verdict.findings))
        } catch {
            answer(.later(Reasons.broken))
        }
    }

    /// The body of a message that is held because the journal had lost it came again. Its sender was never answered: the body takes its place, the
    /// message is judged as it would have been, and goes on or is rejected.
    private func restore(_ seq: Seq, _ body: Body, _ answer: @Sendable (Answer) -> Void) async {
        let id = Delivery.id(seq, 0), journal = core.journal
        do throws(JournalError) {
            guard let held = try await journal.find(.delivery(id)).deliveries.first else { return answer(.accepted([])) }
            if held.state == .discarded { return await close(seq, Verdict(.rejected, [Finding(.error, Reasons.damaged)]), answer) }
            guard held.state == .held, held.reason?.code == Reasons.damaged.code else { return try await taken(seq, [], answer) }
            try await journal.restore(body, of: seq, now: core.time.now)
            guard let fresh = try await journal.find(.delivery(id)).deliveries.first else { return answer(.later(Reasons.broken)) }
            let message = fresh.delivery.message, bytes = try await journal.bytes(of: message), verdict = verdict(message, bytes)
            if verdict.kind == .rejected { return await close(seq, verdict, answer) }
            _ = try await journal.command(.release, on: id, expecting: fresh.version, emitted: [], by: "repeat", now: core.time.now)
            planner.dispatcher.forget(fresh.delivery.lane)
            try await taken(seq, verdict.findings, answer)
        } catch {
            answer(.later(Reasons.broken))
        }
    }

    /// The verdict is stored in place of that of the hold: the next repeat hears it.
    private func taken(_ seq: Seq, _ findings: [Finding], _ answer: @Sendable (Answer) -> Void) async throws(JournalError) {
        _ = try await core.journal.plan([Plan(seq: seq, verdict: Verdict(.accepted, findings), deliveries: nil)], core.leases.lease)
        answer(.accepted(findings))
    }

    private func verdict(_ message: Message, _ bytes: [UInt8]) -> Verdict {
        do throws(Reason) {
            let reading = try read(message, bytes, nil), examiner = core.examiner
            // A report is nobody's to judge: a person looks at it, as at every one that finds no delivery.
            if core.format(message)?.report(in: reading.content) != nil { return Verdict(.accepted) }
            let routes = examiner.matching(reading)
            return routes.isEmpty ? Verdict(.rejected, [Finding(.error, examiner.unmatched(reading))]) : examiner.verdict(reading, routes)
        } catch {
            return Verdict(.rejected, [Finding(.error, error)])
        }
    }
}
