package import Pipeline

/// The journal as a value, simple enough to be obviously right: the model that the real ones are compared with.
package struct MemoryState: Sendable {
    /// In the order of seq, which is the index + 1.
    var messages: [MemoryMessage] = []
    var deliveries: [DeliveryID: MemoryDelivery] = [:]
    /// Messages that hold a control id, by (origin, control id).
    var holders: [[String]: [Seq]] = [:]
    /// Open deliveries, and by lane: barriers in all of theirs.
    var openIDs: Set<DeliveryID> = []
    var open: [Lane: Set<DeliveryID>] = [:]
    var audit: [AuditEntry] = []
    package private(set) var marked: Set<Seq> = []
    /// Which message was the last at a time that the keeper trusted.
    var timeMarks: [(at: Instant, seq: Seq)] = []
    package private(set) var epoch: Int64 = 1
    /// The disk is full: nothing is taken in, settlements go on.
    package var isFull = false
    let hash: SipHash
    let time: any Timekeeper

    /// An empty journal.
    package init(hash: SipHash, time: any Timekeeper) { (self.hash, self.time) = (hash, time) }

    /// Carries out the writes in order; each is one transaction.
    package mutating func step(_ operations: [JournalOperation]) -> [JournalCompletion] {
        operations.map { operation in
            do throws(JournalError) {
                return try perform(operation)  // whatever throws, throws before it changes anything
            } catch {
                return .failed(error)
            }
        }
    }

    private mutating func perform(_ operation: JournalOperation) throws(JournalError) -> JournalCompletion {
        switch operation {
        case .accept(let acceptance): return .receipt(try accept(acceptance))
        case .plan(let plans, let lease): return .planned(try plan(plans, lease))
        case .settle(let settlements, let next, let lease, let now): return .settled(settle(settlements, next, lease, now))
        case .record(let facts, let id, let attempt, let lease):
            try record(facts, id, attempt, lease)
            return .done
        case .report(let report, let id, let seq, let emitted, let now): return .messages(try self.report(report, id, seq, emitted, now))
        case .command(let command, let id, let version, let emitted, let person, let now, let tokens):
            return .messages(try self.command(command, id, version, emitted, person, now, tokens))
        case .restore(let body, let seq, let now):
            try restore(body, seq, now)
            return .done
        case .mark(let group):
            marked = group
            return .done
        case .note(let word, let reason, let person, let now):
            log(word.rawValue, 0, reason: reason, by: person, at: now)
            return .done
        case .noteTime(let now):
            noteTime(now)
            return .done
        case .remove(let level, let seqs, let now): return .removed(remove(level, seqs, now))
        case .thin(let before):
            audit.removeAll { $0.seq == 0 && $0.at < before }
            return .done
        case .erase(let seqs, let evenAwaited, let person, let now): return .erased(erase(seqs, evenAwaited, person, now))
        }
    }

    /// The process died and started again: what was active is unknown, due at once; leases of before are stale.
    package mutating func restart() {
        epoch += 1
        let now = time.now
        for id in deliveries.keys.sorted() where deliveries[id]?.state == .active {
            change(id, "interrupted", at: now) { row in
                row.state = .unknown
                row.due = now
                row.reason = JournalReasons.interrupted
                row.delivery.wasUnknown = true
                row.delivery.facts[JournalFact.decided] = nil
            }
        }
        // What waits for a time that no pause reaches was put off by a clock that was ahead: it is due now.
        for id in openIDs { if let due = deliveries[id]?.due, due > now + RetryPolicy.longestWait { deliveries[id]?.due = now } }
    }

    // MARK: Messages

    private mutating func accept(_ acceptance: Acceptance) throws(JournalError) -> Receipt {
        if isFull { throw .full }
        let message = acceptance.message
        guard let rule = acceptance.repeats, !message.envelope.controlID.isEmpty else {
            return .new(store(message, verdict: acceptance.verdict, holdsID: false))
        }
        let same = (holders[Self.name(message)] ?? []).map { messages[Int($0) - 1] }.filter(\.holdsID)
        if let twin = same.last(where: { $0.message.digest == message.digest }) {
            guard let verdict = twin.verdict else { return .undecided(twin.message.seq, sameBytes: true) }
            log("repeated", twin.message.seq)
            return .seen(twin.message.seq, verdict)
        }
        if let undecided = same.first(where: { $0.verdict == nil }) { return .undecided(undecided.message.seq, sameBytes: false) }
        if same.isEmpty { return .new(store(message, verdict: acceptance.verdict, holdsID: true)) }
        switch rule {
        case .acceptReuse:
            let seq = store(message, verdict: acceptance.verdict, holdsID: true)
            log("reused", seq)
            return .new(seq)
        case .refuseReuse:
            let seq = store(message, verdict: Verdict(.rejected, [Finding(.error, JournalReasons.reused)]), holdsID: false)
            log("reused", seq)
            return .reused(seq)
        }
    }

    private mutating func restore(_ body: Body, _ seq: Seq, _ now: Instant) throws(JournalError) {
        guard let row = message(seq) else { throw .refused(JournalReasons.noMessage) }
        if let removal = row.removal { throw .refused(JournalReasons.gone(removal)) }
        let old = row.message
        messages[Int(seq) - 1].message = Message(envelope: old.envelope, body: body, digest: old.digest, seq: seq)
        log("restored", seq, at: now)
    }

    private static func name(_ message: Message) -> [String] { [message.envelope.partner.origin, message.envelope.controlID] }

    mutating func store(_ message: Message, verdict: Verdict?, holdsID: Bool) -> Seq {
        var message = message
        message.seq = Seq(messages.count + 1)
        let rejected = verdict?.kind == .rejected
        messages.append(MemoryMessage(message: message, state: rejected ? .rejected : .incoming, verdict: verdict, holdsID: holdsID && !rejected))
        if holdsID, !rejected { holders[Self.name(message), default: []].append(message.seq) }
        log("accepted", message.seq, at: message.envelope.received)
        if rejected {
            messages[messages.count - 1].keep = ""
            log("rejected", message.seq, at: message.envelope.received)
        }
        return message.seq
    }

    mutating func emit(_ emitted: [Emitted]) -> [Message] {
        var stored: [Message] = []
        for one in emitted {
            let seq = store(one.message, verdict: nil, holdsID: false)
            stored.append(messages[Int(seq) - 1].message)
        }
        return stored
    }

    /// The bytes of a message.
    package func bytes(_ seq: Seq) -> [UInt8]? { if case .bytes(let bytes) = message(seq)?.message.body { bytes } else { nil } }

    func message(_ seq: Seq) -> MemoryMessage? {
        seq > 0 && seq <= messages.count && !messages[Int(seq) - 1].isGone ? messages[Int(seq) - 1] : nil
    }

    // MARK: Plans

    private mutating func plan(_ plans: [Plan], _ lease: Lease) throws(JournalError) -> [DeliveryID] {
        if isFull { throw .full }
        guard lease.epoch == epoch else { throw .stale }
        guard plans.allSatisfy({ message($0.seq) != nil }) else { throw .refused(JournalReasons.noMessage) }
        var active: [DeliveryID] = []
        for plan in plans {
            let at = Int(plan.seq) - 1
            messages[at].verdict = plan.verdict
            if plan.verdict.kind == .rejected { messages[at].holdsID = false }
            guard let planned = plan.deliveries else { continue }
            messages[at].state = plan.verdict.kind == .rejected ? .rejected : .routed
            messages[at].trace += (messages[at].trace.isEmpty || plan.trace.isEmpty ? "" : "\n") + plan.trace
            messages[at].search += plan.search
            if messages[at].keep == nil { messages[at].keep = plan.keep }
            log(plan.verdict.kind == .rejected ? "rejected" : "planned", plan.seq)
            for delivery in planned {
                if let there = deliveries[delivery.id] {
                    // A plan that is tried again gets the same answer.
                    if delivery.state == .active, there.state == .active, there.delivery.attempt == 1 { active.append(delivery.id) }
                    continue
                }
                add(delivery, of: messages[at].message)
                if delivery.state == .active, activate(delivery.id, at: time.now) != nil { active.append(delivery.id) }
            }
        }
        return active
    }

    private mutating func add(_ planned: PlannedDelivery, of message: Message) {
        let delivery = Delivery(
            id: planned.id, key: planned.key, message: message, route: planned.route, destination: planned.destination, sender: planned.sender,
            part: planned.part, lane: planned.lane, deliveryClass: planned.deliveryClass, attempt: 0, facts: planned.facts)
        insert(
            MemoryDelivery(
                delivery: delivery, state: planned.state == .held ? .held : .queued, reason: planned.reason, owner: planned.owner, planned: time.now,
                changed: time.now, blocksWhenHeld: planned.blocksWhenHeld, tokens: planned.tokens, replaces: planned.replaces, barriers: planned.barriers))
        if planned.state == .held { log("held", message.seq, planned.id, reason: planned.reason) }
    }

    mutating func insert(_ row: MemoryDelivery) {
        deliveries[row.id] = row
        openIDs.insert(row.id)
        for lane in row.lanes { open[lane, default: []].insert(row.id) }
    }

    // MARK: Audit

    mutating func log(
        _ what: String, _ seq: Seq, _ delivery: DeliveryID? = nil, attempt: Int? = nil, reason: Reason? = nil, by: String = "engine", at: Instant? = nil
    ) {
        audit.append(AuditEntry(at: at ?? time.now, by: by, what: what, seq: seq, delivery: delivery, attempt: attempt, reason: reason))
    }
}
