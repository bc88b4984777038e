import Pipeline
import PipelineTesting

/// What is allowed. It sees what partners hand in and are told, what far ends are sent, and what the journal commits; of the engine's insides it knows
/// nothing. The first thing that is not allowed is kept in `failure`.
final class Model {
    /// A message in the journal, as its answers described it.
    private struct Kept {
        let control: String, digest: [UInt8], keys: OrderKeys
        /// Nil for acknowledgements and reports.
        let letter: Letter?
        var state: MessageState
    }
    /// A delivery, as its commits described it.
    private struct Row {
        let destination: String, part: String, letter: Letter?, keys: OrderKeys
        let lanes: Set<String>
        let passes: Bool
        var state: DeliveryState
        var attempt = 0, isResent = false
        /// An attempt ended unknown, or the process died in it; the attempt before which the far end was then asked and knew nothing.
        var wasUnknown = false, asked = 0
        /// A person released it since; or let it pass what it waits for.
        var isDecided = false, hasPassed = false
        var isAtRoute: Bool { destination.hasPrefix("route:") }
        var blocks: Bool { state.isOpen && !(state == .held && passes) }
        var holdsBack: Bool { isAtRoute && state.isOpen && state != .active && !passes && !isResent }
    }
    private let scenario: Scenario, letters: [[UInt8]: Letter]
    private(set) var failure: (rule: String, what: String)?
    private var messages: [Seq: Kept] = [:], rows: [DeliveryID: Row] = [:]
    private var epoch: Int64 = 0
    /// Letters whose sender has seen an AA; lines that the audit owes.
    private var accepted: Set<Int> = [], owed: [String: Int] = [:]
    /// Deliveries with an alert, with an acknowledgement, and those that a far end took.
    private var alerted: Set<DeliveryID> = [], acknowledged: Set<DeliveryID> = [], taken: Set<DeliveryID> = []

    init(_ scenario: Scenario, _ digester: Digester) {
        self.scenario = scenario
        letters = Dictionary(scenario.letters.map { (digester.sha256($0.bytes), $0) }) { first, _ in first }
    }

    func fail(_ rule: String, _ what: String) { failure = failure ?? (rule, what) }
    private func name(_ id: DeliveryID) -> String { "\(id >> 12).\(id & 4095)" }
    private func owe(_ what: String, _ seq: Seq, _ id: DeliveryID = -1, by: String = "engine") { owed["\(what) \(seq) \(id) \(by)", default: 0] += 1 }

    /// A partner read its answer.
    func answered(_ letter: Letter, _ answer: Answer) {
        let stored = messages.values.filter { $0.letter?.id == letter.id }
        switch answer {
        case .later: break
        case .accepted:
            if !stored.contains(where: { $0.state != .rejected }) { fail("durable before AA", "letter \(letter.id) was answered AA and is not in the journal") }
            if letter.isRejected, !rows.values.contains(where: { $0.letter?.id == letter.id && $0.isAtRoute && $0.state != .discarded }) {
                fail("verdict", "letter \(letter.id) is bad and was answered AA")
            }
            accepted.insert(letter.id)
        case .rejected:
            if accepted.contains(letter.id) { fail("AA is never followed by a rejection", "letter \(letter.id)") }
            let isReused = messages.values.contains { $0.control == letter.control && $0.letter?.id != letter.id && $0.letter?.partner == letter.partner }
            if !letter.isRejected, !isReused { fail("verdict", "letter \(letter.id) is good and was answered AE") }
        }
    }

    /// Bytes of a delivery reached a far end.
    func sent(_ delivery: Delivery, _ bytes: [UInt8]) {
        let id = delivery.id
        guard let row = rows[id] else { return fail("bytes wait for the journal", "\(name(id)) is in no plan that was committed") }
        if !row.state.isOpen { return fail("settled, never sent again", "\(name(id)) is \(row.state) and was sent") }
        guard row.state == .active, row.attempt == delivery.attempt else {
            return fail("bytes wait for the journal", "\(name(id)), attempt \(delivery.attempt), was sent while \(row.state), attempt \(row.attempt)")
        }
        if let letter = row.letter, bytes != letter.bytes { fail("bytes as received", name(id)) }
        let rule = Scenario.afterUnknown[delivery.sender]
        if row.wasUnknown, rule == .ask && row.asked != row.attempt || rule == .hold && !row.isDecided {
            fail("unknown is resolved first", "\(name(id)) was sent anew: nobody had asked the far end, or decided")
        }
    }

    /// An attempt begins through one self of a sender, while `others` have attempts under way.
    func began(_ sender: String, isRetired: Bool, others: Bool) { if others || isRetired { fail("a changed sender waits for its old self", sender) } }

    /// The far end was asked about a delivery, and `knows` it; it has it now; somebody was told of it.
    func asked(_ delivery: Delivery, knows: Bool) { if !knows { rows[delivery.id]?.asked = delivery.attempt } }
    func took(_ delivery: Delivery) { taken.insert(delivery.id) }
    func alerted(_ id: DeliveryID) { alerted.insert(id) }

    func committed(_ operation: JournalOperation, _ completion: JournalCompletion, _ find: (DeliveryID) -> StoredDelivery?) {
        switch (operation, completion) {
        case (.accept(let acceptance), .receipt(.new(let seq))): keep(acceptance.message, seq)
        case (.accept(let acceptance), .receipt(.reused(let seq))): keep(acceptance.message, seq, .rejected)
        case (.plan(let plans, _), .planned(let active)): for plan in plans { planned(plan, Set(active)) }
        case (.settle(let settlements, _, let lease, _), .settled(let settled)): self.settled(settlements, lease, settled)
        case (.report(_, let id, let carrier, let emitted, _), .messages(let stored)):
            messages[carrier]?.state = .routed
            if !emitted.isEmpty { acknowledged.insert(id) }
            for message in stored { keep(message, message.seq) }
            // What is being sent may have been settled in the same commit, which is told after this: its proof is then the far end's word.
            if let found = find(id), found.wasSettledByReport, let row = rows[id], row.state != .delivered, row.state != .active || row.wasUnknown {
                if !row.wasUnknown || !row.state.isOpen { fail("a report settles what is unknown", "\(name(id)) was \(row.state)") }
                rows[id]?.state = .delivered
                taken.insert(id)
            }
        case (.command(let command, let id, _, let emitted, let person, _, _), .messages(let stored)):
            for message in stored { keep(message, message.seq) }
            if !emitted.isEmpty { acknowledged.insert(id) }
            commanded(command, id, person, find)
        default: break
        }
    }

    private func keep(_ message: Message, _ seq: Seq, _ state: MessageState = .incoming) {
        if let last = messages.keys.max(), seq <= last { fail("seq rises", "\(seq) after \(last)") }
        owe("accepted", seq)
        let name = message.envelope.controlID, keys = message.envelope.keys
        messages[seq] = Kept(control: name, digest: message.digest, keys: keys, letter: letters[message.digest], state: state)
    }

    private func planned(_ plan: Plan, _ active: Set<DeliveryID>) {
        guard let message = messages[plan.seq] else { return fail("plan", "\(plan.seq) was planned and is in no commit") }
        if plan.verdict.kind == .rejected {
            if let letter = message.letter, accepted.contains(letter.id) { fail("AA is never followed by a rejection", "letter \(letter.id) in the journal") }
            messages[plan.seq]?.state = .rejected
            return owe("rejected", plan.seq)
        }
        guard let deliveries = plan.deliveries else { return }
        if message.state == .incoming { inTurn(plan.seq, message) }
        messages[plan.seq]?.state = .routed
        owe("planned", plan.seq)
        for delivery in deliveries where rows[delivery.id] == nil {
            let state: DeliveryState = delivery.state == .held ? .held : active.contains(delivery.id) ? .active : .queued
            if state == .held, delivery.reason == nil { fail("held with a reason", name(delivery.id)) }
            rows[delivery.id] = row(delivery.destination, delivery.part.id, message, delivery.id, state, delivery.deliveryClass)
            if state == .held { owe("held", plan.seq, delivery.id) } else if state == .active { activated(delivery.id, 1) }
        }
    }

    private func row(_ destination: String, _ part: String, _ message: Kept, _ id: DeliveryID, _ state: DeliveryState, _ one: DeliveryClass) -> Row {
        // Acknowledgements and holds at a route go by patient, letters as the route says, `b` by INS; a merge stands in all lanes of both identities.
        let isAtRoute = destination.hasPrefix("route:"), by = message.letter == nil || isAtRoute ? .patient : scenario.order.by
        let keys = message.keys, merges = keys.merged != 0 && by == .patient && !isAtRoute
        let both = merges ? [keys.patient, keys.merged, keys.ins, UInt64(message.letter?.mergedINS ?? 0)].filter { $0 != 0 }.map { "\($0)" } : []
        let own = by == .patient && destination == "r/b" && keys.ins != 0 ? "\(keys.ins)" : key(keys, by) ?? name(id)
        let lanes = (merges ? DeliveryClass.allCases : [one]).flatMap { one in ([own] + both).map { "\(destination) \(one) \($0)" } }
        // What is held before any route could say so stops those behind it.
        let passes = scenario.order.whenHeld == .pass && message.letter != nil && (!isAtRoute || destination == "route:r")
        return Row(destination: destination, part: part, letter: message.letter, keys: message.keys, lanes: Set(lanes), passes: passes, state: state)
    }

    /// What messages have in common that go one after the other; nil: this one goes alone.
    private func key(_ keys: OrderKeys, _ by: OrderRule.Key) -> String? {
        switch by {
        case .account where keys.account != 0: "account \(keys.account)"
        case .patient, .account: keys.planning == 0 ? nil : "\(keys.planning)"
        case .connection, .strict: by == .strict ? "all" : "connection \(keys.connection)"
        case .none: nil
        }
    }

    /// Planned only when every earlier message of its patient, and of what its route goes by, is decided, and none of them is held at a route that blocks.
    private func inTurn(_ seq: Seq, _ message: Kept) {
        for by in message.letter == nil ? [.patient] : [OrderRule.Key.patient, scenario.order.by] {
            guard let key = key(message.keys, by) else { continue }
            for (other, before) in messages where other < seq && self.key(before.keys, by) == key && (before.letter == nil) == (message.letter == nil) {
                if before.state == .incoming { fail("planned in turn", "\(seq) before \(other)") }
            }
            for (id, row) in rows where row.holdsBack && id >> 12 < seq && (by == .patient || row.letter != nil) && self.key(row.keys, by) == key {
                fail("planned in turn", "\(seq) while \(name(id)) is held")
            }
        }
    }

    /// It may start: nothing stands before it in its lanes, and nothing that it replaces is on its way to the same far end.
    private func activated(_ id: DeliveryID, _ attempt: Int) {
        guard let row = rows[id] else { return }
        for (other, before) in rows where other != id && before.state.isOpen {
            if !before.lanes.isDisjoint(with: row.lanes), before.state == .active || other < id && before.blocks && !row.hasPassed {
                fail("order within a lane", "\(name(id)) became active while \(name(other)) is \(before.state)")
            }
            if other < id, !row.isAtRoute, before.destination == row.destination, let old = row.letter?.replaces, before.letter?.document == old {
                fail("a replacement never overtakes", "\(name(id)) became active while \(name(other)) is \(before.state)")
            }
        }
        rows[id]?.state = .active
        rows[id]?.attempt = attempt
        owe("active", id >> 12, id)
    }

    private func settled(_ settlements: [Settlement], _ lease: Lease, _ settled: Settled) {
        for message in settled.emitted { keep(message, message.seq) }
        for settlement in settlements where !settled.ignored.contains(settlement.delivery) {
            let id = settlement.delivery
            guard lease.epoch == epoch, let row = rows[id], row.state == .active, row.attempt == settlement.attempt else {
                fail("settled by who sent it", "\(name(id)), attempt \(settlement.attempt), epoch \(lease.epoch)")
                continue
            }
            if !settlement.emitted.isEmpty { acknowledged.insert(id) }
            ended(id, row, settlement.result)
        }
        for (id, attempt) in settled.activated.sorted(by: { $0.key < $1.key }) { activated(id, attempt) }
    }

    private func ended(_ id: DeliveryID, _ row: Row, _ result: Settlement.Result) {
        switch result {
        case .delivered:
            rows[id]?.state = .delivered
            if row.letter?.asks ?? false, !row.isAtRoute, !acknowledged.contains(id) { fail("an outcome is acknowledged", name(id)) }
            if !row.isAtRoute, !taken.contains(id) { fail("delivered is at the far end", name(id)) }
        case .refused:
            rows[id]?.state = .refused
            if !acknowledged.contains(id), !alerted.contains(id) { fail("a refusal is acknowledged or alerted", name(id)) }
        case .deferred: rows[id]?.state = .deferred
        case .unknown:
            rows[id]?.state = .unknown
            rows[id]?.wasUnknown = true
        case .held:
            rows[id]?.state = .held
            if !alerted.contains(id) { fail("held with an alert", name(id)) }
        case .giveBack:
            rows[id]?.state = .queued
            rows[id]?.attempt -= 1
        }
        if rows[id]?.state != .queued { rows[id]?.isDecided = false }
        owe(rows[id]?.state == .queued ? "givenBack" : rows[id]?.state.rawValue ?? "", id >> 12, id)
    }

    private func commanded(_ command: OperatorCommand, _ id: DeliveryID, _ person: String, _ find: (DeliveryID) -> StoredDelivery?) {
        guard let row = rows[id], row.state != .active else { return fail("a person's word", "on \(name(id)), which is being sent or in no plan") }
        switch command {
        case .hold: rows[id]?.state = .held
        case .release, .retry:
            if row.wasUnknown, person == "configuration" { fail("unknown is resolved first", "\(name(id)) was released by no person") }
            if row.state == .held { rows[id]?.isDecided = true }
            rows[id]?.state = .queued
        case .discard:
            rows[id]?.state = .discarded
            if !row.isAtRoute, !acknowledged.contains(id), !alerted.contains(id) { fail("a refusal is acknowledged or alerted", name(id)) }
        case .pass: rows[id]?.hasPassed = true
        case .resend:
            let new = (rows.keys.filter { $0 >> 12 == id >> 12 }.max() ?? id) + 1
            guard let found = find(new), let message = messages[id >> 12] else { return fail("a person's word", "resend of \(name(id)) made nothing") }
            rows[new] = self.row(found.delivery.destination, found.delivery.part.id, message, new, .queued, found.delivery.deliveryClass)
            rows[new]?.isResent = true
        }
        let words: [String: String] = ["hold": "held", "release": "released", "retry": "retried", "discard": "discarded", "resend": "resent", "pass": "passed"]
        owe(words[String("\(command)".prefix { $0.isLetter })] ?? "", id >> 12, id, by: person)
    }

    /// A process opened the journal: what was committed is there, and nothing else but what the disk may have been given when it died.
    func reopened(_ epoch: Int64, doubtful: [JournalOperation], _ find: (Query) -> Page) {
        self.epoch = epoch
        let isSure = doubtful.isEmpty
        var lost = Set(messages.keys), gone = Set(rows.keys)
        for found in find(.messages(limit: 10_000)).messages.reversed() {
            let seq = found.message.seq
            lost.remove(seq)
            if messages[seq] == nil, !isSure { keep(found.message, seq) }
            let same = messages[seq].map { $0.digest == found.message.digest && (!isSure || $0.state == found.state) } ?? false
            if !same { fail("what was committed stays", "message \(seq) is \(found.state), was \(messages[seq]?.state.rawValue ?? "not there")") }
            messages[seq]?.state = found.state
        }
        for found in find(.deliveries(states: Set(DeliveryState.allCases), limit: 10_000)).deliveries {
            let delivery = found.delivery, id = delivery.id
            gone.remove(id)
            if rows[id] == nil, !isSure, let message = messages[id >> 12] {
                rows[id] = row(delivery.destination, delivery.part.id, message, id, found.state, delivery.deliveryClass)
                rows[id]?.isResent = doubtful.contains { if case .command(.resend, let of, _, _, _, _, _) = $0 { of >> 12 == id >> 12 } else { false } }
            }
            let before = rows[id]?.state == .active ? .unknown : rows[id]?.state
            if isSure, rows[id]?.state == .active { owe("interrupted", id >> 12, id) }
            if before != found.state, isSure || !(before?.isOpen ?? false) {
                fail("what was committed stays", "\(name(id)) is \(found.state), was \(rows[id]?.state.rawValue ?? "not there")")
            }
            if found.state == .held, found.reason == nil { fail("held with a reason", name(id)) }
            rows[id]?.state = found.state
            rows[id]?.attempt = delivery.attempt
            if delivery.wasUnknown { rows[id]?.wasUnknown = true }
            if doubtful.contains(where: { if case .command(.pass, id, _, _, _, _, _) = $0 { true } else { false } }) { rows[id]?.hasPassed = true }
            rows[id]?.isDecided = found.state != .unknown && found.delivery.facts[JournalFact.decided] != nil
        }
        if let number = lost.min() ?? gone.min() { fail("what was committed stays", "\(lost.isEmpty ? name(number) : "message \(number)") is gone") }
    }

    /// Everything has drained: each accepted letter once for each of its destinations, and the audit tells all of it.
    func finished(_ find: (Query) -> Page) {
        for letter in scenario.letters where accepted.contains(letter.id) {
            let kept = messages.filter { $0.value.letter?.id == letter.id && $0.value.state != .rejected }
            guard kept.count == 1, let seq = kept.first?.key else { return fail("accepted once", "letter \(letter.id): \(kept.keys.sorted())") }
            let mine = rows.filter { $0.key >> 12 == seq && !$0.value.isResent }.values
            if mine.contains(where: { $0.isAtRoute && $0.state == .discarded }) { continue }
            let made = mine.filter { !$0.isAtRoute }.map { $0.destination + " " + $0.part }.sorted()
            let wanted = letter.parts.flatMap { part in (1...part.value).map { "r/\(part.key) p\($0)" } }.sorted()
            if made != wanted { fail("settled once per destination", "letter \(letter.id): \(made), not \(wanted)") }
        }
        for (seq, message) in messages where message.state == .incoming { fail("everything drains", "message \(seq)") }
        for (id, row) in rows where row.state.isOpen { fail("everything drains", "\(name(id)) is \(row.state)") }
        for seq in messages.keys { for line in find(.audit(seq)).audit { owed["\(line.what) \(seq) \(line.delivery ?? -1) \(line.by)"]? -= 1 } }
        if let line = owed.filter({ $0.value > 0 }).keys.min() { fail("the audit is complete", line) }
    }
}
