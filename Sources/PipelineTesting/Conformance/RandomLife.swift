package import Pipeline
import Synchronization

/// The same random life in the model (memory) and in a journal: after every step both must say the same.
package struct RandomLife: Sendable {
    /// What the journal is called in the account of a difference.
    let name: String
    let open: @Sendable (ManualClock) async throws -> any Journal
    /// The process died or ended; another one opens the journal.
    let reopen: @Sendable (any Journal, ManualClock) async throws -> any Journal

    /// Lives in a journal, which `open` makes anew for each.
    package init(
        _ name: String, open: @escaping @Sendable (ManualClock) async throws -> any Journal,
        reopen: @escaping @Sendable (any Journal, ManualClock) async throws -> any Journal
    ) { (self.name, self.open, self.reopen) = (name, open, reopen) }

    /// Lives one life; what differed first and what led to it, nil if nothing did. `end` gets the journal afterwards.
    package func run(_ seed: UInt64, steps: Int = 150, end: (any Journal) async -> Void) async throws -> String? {
        var twins = try await Twins(seed, open)
        var difference: String?
        for step in 0..<steps where difference == nil {
            do {
                try await act(&twins)
                try await compare(twins)
            } catch let found as Difference {
                let trail = twins.trail.lines.withLock { $0.filter { !$0.hasPrefix("due") && !$0.hasPrefix("accept") }.suffix(30) }
                difference = "seed \(seed), step \(step): \(found.what): the model \(found.model), \(name) \(found.real) after \(trail)"
            }
        }
        await end(twins.real.journal)
        return difference
    }

    private struct Twins {
        let clock = ManualClock()
        let random: SeededRandom
        var model: Harness
        var real: Harness
        var ids: [DeliveryID] = []
        var seqs: [Seq] = []
        /// Each message is another patient's: whether earlier ones are planned first is not this comparison's business.
        var patient: UInt64 = 0
        let trail = Trail()

        init(_ seed: UInt64, _ open: (ManualClock) async throws -> any Journal) async throws {
            random = SeededRandom(seed)
            let memory = InMemoryJournal(time: clock, digester: testDigester())
            model = Harness(journal: memory, lease: try await memory.lease(), clock: clock)
            let journal = try await open(clock)
            real = Harness(journal: journal, lease: try await journal.lease(), clock: clock)
        }

        /// A new message.
        mutating func next(_ control: String? = nil, _ text: String? = nil) -> Message {
            patient += 1
            return model.message(control ?? "Z\(patient)", text, patient: patient)
        }

        /// Runs the same on both; the answers must be equal.
        func both<T: Equatable>(_ what: String, _ body: (Harness) async throws -> T) async throws {
            let one = await Self.answer { try await body(model) }, other = await Self.answer { try await body(real) }
            trail.lines.withLock { $0.append(what) }
            if one == other { return }
            if case .value(let left as [Shown]) = one, case .value(let right as [Shown]) = other {
                throw Difference(what: what, model: "\(left.filter { !right.contains($0) })", real: "\(right.filter { !left.contains($0) })")
            }
            throw Difference(what: what, model: "\(one)", real: "\(other)")
        }

        private static func answer<T>(_ body: () async throws -> T) async -> Answer<T> {
            do { return .value(try await body()) } catch { return .failure(String(describing: error)) }
        }

        enum Answer<T: Equatable>: Equatable {
            case value(T)
            case failure(String)
        }
    }

    /// What was done, for the reader of a failure.
    private final class Trail: Sendable {
        let lines = Mutex<[String]>([])
    }

    private struct Difference: Error {
        let what: String, model: String, real: String
    }

    private struct Shown: Equatable, CustomStringConvertible {
        let id: DeliveryID
        let state: DeliveryState
        let attempt: Int
        let wasUnknown: Bool, predecessorOpen: Bool
        let due: Instant?
        let reason: Reason?
        let report: Report
        let facts: [String: String]
        let proof: Proof?

        var description: String {
            "\(id >> 12).\(id & 4095) \(state) \(attempt)\(wasUnknown ? " unknown" : "")\(predecessorOpen ? " preceded" : "") \(due?.milliseconds ?? 0) "
                + "\(reason?.code ?? "-") \(report.status) \(facts) \(proof?.answer ?? "-")"
        }

        init(_ stored: StoredDelivery) {
            (id, state, attempt) = (stored.delivery.id, stored.state, stored.delivery.attempt)
            (wasUnknown, predecessorOpen) = (stored.delivery.wasUnknown, stored.delivery.predecessorOpen)
            (due, reason, report, facts, proof) = (stored.due, stored.reason, stored.report, stored.delivery.facts, stored.proof)
        }
    }

    private func act(_ t: inout Twins) async throws {
        let random = t.random
        switch random.below(20) {
        case 0...3: try await arrive(&t)
        case 4...6: try await plan(&t)
        case 7...12: try await settle(&t)
        case 13, 14: try await command(&t)
        case 15: try await report(&t)
        case 16: t.clock.advance(by: .seconds(random.below(40)))
        case 17: try await activate(&t)
        case 18: try await record(&t)
        default: if random.below(4) == 0 { try await restart(&t) }
        }
    }

    private func arrive(_ t: inout Twins) async throws {
        let control = "C\(t.random.below(60))", text = t.random.below(3) == 0 ? "other" : "same", reuse = t.random.below(4) == 0
        let acceptance = Acceptance(
            t.next(control, text), repeats: t.random.below(9) == 0 ? nil : reuse ? .acceptReuse : .refuseReuse,
            verdict: t.random.below(12) == 0 ? Verdict(.rejected) : nil)
        try await t.both("accept \(control)") { try await $0.accept(acceptance) }
        t.seqs = try await t.model.journal.unrouted(after: 0, limit: 1000).map(\.message.seq)
    }

    /// One message, or a few at once, in their order.
    private func plan(_ t: inout Twins) async throws {
        t.seqs = try await t.model.journal.unrouted(after: 0, limit: 1000).map(\.message.seq)
        var plans: [Plan] = [], shown: [String] = [], rest = t.seqs[...]
        for _ in 0..<(t.random.below(2) == 0 ? 1 : 1 + t.random.below(5)) where !rest.isEmpty {
            let seq = rest[rest.startIndex + t.random.below(rest.count)]
            rest = rest.drop { $0 <= seq }
            let (plan, words) = plan(of: seq, t)
            plans.append(plan)
            shown.append("\(seq) \(plan.verdict.kind) \(words)")
        }
        if plans.isEmpty { return }
        let group = plans
        try await t.both("plan \(shown)") { Set(try await $0.journal.plan(group, $0.lease)) }
        t.ids += plans.flatMap { $0.deliveries ?? [] }.map(\.id)
    }

    private func plan(of seq: Seq, _ t: Twins) -> (Plan, String) {
        let random = t.random
        let kinds: [Verdict.Kind] = [.accepted, .accepted, .accepted, .held, .rejected]
        let verdict = Verdict(kinds[random.below(5)])
        let tokens = (0..<3).map { Token(kind: $0 == 0 ? "message-id" : "unique-id", value: "\($0)-\(random.below(3))") }
        let count = verdict.kind == .rejected ? 0 : random.below(3)
        let deliveries = (0..<count).map { ordinal in
            let states: [DeliveryState] = [.active, .active, .queued, .held]
            return t.model.delivery(
                seq, ordinal, lane: UInt64(random.below(5)), state: states[random.below(4)], sender: random.below(4) == 0 ? "ror" : "dmp",
                tokens: random.below(2) == 0 ? [tokens[random.below(3)]] : [], replaces: random.below(5) == 0 ? [tokens[1 + random.below(2)]] : [],
                barriers: random.below(6) == 0
                    ? [UInt64(5 + random.below(2)), UInt64(random.below(7))] : random.below(8) == 0 ? [UInt64(random.below(5))] : [],
                blocks: random.below(3) != 0)
        }
        let shown = deliveries.map { one in
            "\(one.id) \(one.state) to \(one.sender) lane \(one.lane.id) barriers \(one.barriers.map(\.id)) carries \(one.tokens.map(\.value))"
                + " replaces \(one.replaces.map(\.value)) blocks \(one.blocksWhenHeld)"
        }
        return (Plan(seq: seq, verdict: verdict, deliveries: random.below(10) == 0 ? nil : deliveries, trace: "t"), "\(shown)")
    }

    private func results(_ t: Twins) -> Settlement.Result {
        let later = t.clock.now + .seconds(t.random.below(30))
        return switch t.random.below(9) {
        case 0...2: .delivered(Proof(answer: "AA", facts: ["f": "1"], reportAwaited: t.random.below(3) == 0))
        case 3: .refused(Harness.why)
        case 4: .deferred(Harness.why, until: later)
        case 5: .unknown(Harness.why, until: later)
        case 6, 7: .held(Harness.why, owner: .network)
        default: .giveBack(nil)
        }
    }

    private func settle(_ t: inout Twins) async throws {
        let active = try await t.model.journal.find(.deliveries(states: [.active])).deliveries
        var settlements: [Settlement] = []
        for stored in active where t.random.below(2) == 0 {
            let emitted = t.random.below(4) == 0 ? [Emitted(t.next())] : []
            let attempt = stored.delivery.attempt + (t.random.below(10) == 0 ? 1 : 0)
            settlements.append(Settlement(delivery: stored.delivery.id, attempt: attempt, result: results(t), emitted: emitted))
        }
        let next = t.ids.isEmpty ? [] : (0..<t.random.below(4)).map { _ in t.ids[t.random.below(t.ids.count)] }
        try await t.both("settle \(settlements.map(\.delivery)) then \(next)") { h in
            let settled = try await h.journal.settle(settlements, activate: next, h.lease, now: h.now)
            return [Set(settled.activated.map { $0.key << 8 | Int64($0.value) }), settled.ignored, Set(settled.emitted.map(\.seq))]
        }
    }

    private func activate(_ t: inout Twins) async throws {
        let due = try await t.model.due(limit: 1 + t.random.below(5))
        try await t.both("activate \(due)") { try await $0.journal.settle([], activate: due, $0.lease, now: $0.now).activated }
    }

    private func command(_ t: inout Twins) async throws {
        guard !t.ids.isEmpty else { return }
        let id = t.ids[t.random.below(t.ids.count)]
        let commands: [OperatorCommand] = [.hold(Harness.why, owner: .vendor), .release, .retry, .discard(Harness.why), .resend, .release]
        let command = commands[t.random.below(commands.count)]
        try await t.both("\(command) \(id)") { try await $0.command(command, id).count }
        if command == .resend {
            let known = Set(t.ids)
            t.ids += try await t.model.journal.find(.deliveries(states: Set(DeliveryState.allCases), limit: 1000)).deliveries.map(\.delivery.id).filter {
                !known.contains($0)
            }
        }
    }

    private func report(_ t: inout Twins) async throws {
        guard !t.ids.isEmpty else { return }
        let id = t.ids[t.random.below(t.ids.count)], statuses: [Report.Status] = [.relayed, .delivered, .failed, .overdue]
        let report = Report(statuses[t.random.below(4)]), carrier = t.seqs.isEmpty ? 0 : t.seqs[t.random.below(t.seqs.count)]
        let emitted = [Emitted(t.next())]
        try await t.both("report \(report.status) on \(id)") {
            try await $0.journal.report(report, on: id, carriedBy: carrier, emitted: emitted, now: $0.now).map(\.seq)
        }
    }

    private func record(_ t: inout Twins) async throws {
        guard let one = try await t.model.journal.find(.deliveries(states: [.active])).deliveries.first?.delivery else { return }
        let facts = ["k\(t.random.below(3))": "v\(t.random.below(3))"]
        try await t.both("record") { h in
            try await h.journal.record(facts, for: one.id, attempt: one.attempt, h.lease)
            return true
        }
    }

    private func restart(_ t: inout Twins) async throws {
        guard let memory = t.model.journal as? InMemoryJournal else { return }
        let next = memory.crash()
        t.model = Harness(journal: next, lease: try await next.lease(), clock: t.clock)
        let journal = try await reopen(t.real.journal, t.clock)
        t.real = Harness(journal: journal, lease: try await journal.lease(), clock: t.clock)
    }

    private func compare(_ t: Twins) async throws {
        try await t.both("due") { try await $0.due() }
        try await t.both("due, some") { try await $0.due(excluding: [Lane(1)], resting: ["ror"]) }
        try await t.both("unrouted") { try await $0.journal.unrouted(after: 0, limit: 1000).map(\.message.seq) }
        try await t.both("deliveries") { try await $0.journal.find(.deliveries(states: Set(DeliveryState.allCases), limit: 1000)).deliveries.map(Shown.init) }
        try await t.both("open") { try await $0.journal.find(.counts).counts.open }
        try await t.both("incoming") { try await $0.journal.find(.counts).counts.incoming }
        if let id = t.ids.last {
            try await t.both("audit") { try await $0.journal.find(.audit(id >> 12)).audit.map { "\($0.what) \($0.delivery ?? 0) \($0.by)" } }
        }
    }
}
