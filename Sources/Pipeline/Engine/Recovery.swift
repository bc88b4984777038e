/// After a start: what was `incoming` is judged again, in groups behind a durable marker; only the group in which the process died
/// before goes one by one, and the one that kills it is held (design §5).
struct Recovery: Sendable {
    let engine: Engine
    private static let group = 256

    /// Before anything is sent: who waits behind a held route. What is released from now on must find its key blocked, or it would be blocked for ever.
    func begin() async -> Set<UInt64> {
        var blocked: Set<UInt64> = []
        do throws(JournalError) {
            for (id, keys) in try await engine.core.journal.blockedKeys() {
                engine.planner.inbox.put(.blocked(id, keys, try await streams(id)))
                blocked.formUnion([keys.planning, keys.merged])
            }
        } catch {
            engine.core.fail(error)
        }
        blocked.remove(0)
        return blocked
    }

    /// The lines of the route that holds a message: of all its routes, where that is none of them.
    private func streams(_ id: DeliveryID) async throws(JournalError) -> [UInt64] {
        let core = engine.core, streams = core.streams, hash = core.journal.hash
        guard !streams.isEmpty, let held = try await core.journal.find(.delivery(id)).deliveries.first?.delivery else { return [] }
        guard let route = core.configuration.route(held.route, facility: held.facility) else { return streams.lines(of: held.message.envelope, hash) }
        return OrderStreams.line(of: route.name, by: route.order.by, held.message.envelope.keys, hash).map { [$0] } ?? []
    }

    /// What was `incoming`, in order. What is emitted meanwhile comes after it: it waits in the journal until its turn.
    func run(_ blocked: Set<UInt64>) async {
        let core = engine.core
        var after: Seq = 0
        do throws(JournalError) {
            let suspects = try await core.journal.marked()
            while !core.isDraining {
                engine.judge.lateIsStored()
                let found = try await core.journal.unrouted(after: after, limit: Self.group)
                guard let last = found.last else { break }
                after = last.message.seq
                // What waits behind a held route is examined when its turn comes.
                let (open, parked) = split(found, blocked)
                for message in parked { engine.planner.inbox.put(.parked(message.seq, message.envelope.keys)) }
                if open.isEmpty { continue }
                let isSuspect = !suspects.isEmpty && open.contains { suspects.contains($0.message.seq) }
                if isSuspect {
                    for one in open where !core.isDraining { try await alone(one, killed: suspects == [one.message.seq]) }
                } else {
                    try await together(open)
                }
            }
            try await mark([])
        } catch {
            core.fail(error)
        }
        engine.judge.recovered(upTo: after)
    }

    /// The marker is durable. A full disk keeps it waiting: nothing is judged without it.
    func mark(_ group: Set<Seq>) async throws(JournalError) {
        let core = engine.core
        try await core.untilThereIsRoom { () throws(JournalError) in
            do throws(JournalError) { try await core.journal.mark(group) } catch { throw error == .full && core.isDraining ? .closed : error }
        }
    }

    private func split(_ found: [Unrouted], _ blocked: Set<UInt64>) -> ([Unrouted], [Message]) {
        var open: [Unrouted] = [], parked: [Message] = []
        let streams = engine.core.streams, hash = engine.core.journal.hash
        for one in found {
            let keys = one.message.envelope.keys
            // Which lines of routes it stands in, only its examination tells.
            let isSimple = keys.merged == 0 && streams.lines(of: one.message.envelope, hash).isEmpty
            if one.verdict != nil, isSimple, blocked.contains(keys.planning) { parked.append(one.message) } else { open.append(one) }
        }
        return (open, parked)
    }

    /// A group of one is a group all the same: a process that ends meanwhile for another reason (kill, pause, power) does not make its message the one
    /// that ends processes. Only what was alone because it is suspect is marked alone. No message has the number 0.
    private static func suspects(of seqs: [Seq]) -> Set<Seq> { seqs.count == 1 ? Set(seqs + [0]) : Set(seqs) }

    func together(_ found: [Unrouted]) async throws(JournalError) {
        try await mark(Self.suspects(of: found.map(\.message.seq)))
        engine.judge.inbox.put(found.map { Judge.Arrival(message: $0.message, content: nil, answer: nil) })
        try await settle(found.map(\.message.seq))
    }

    func alone(_ one: Unrouted, killed: Bool) async throws(JournalError) {
        let core = engine.core
        if killed {
            let verdict = Verdict(.held, [])
            engine.planner.inbox.put(.arrived(one.message.seq, one.message.envelope))
            engine.planner.inbox.put(.examined(core.examiner.held(one.message, at: "journal", Reasons.killer, verdict: verdict)))
        } else {
            // On a full disk it can be neither planned nor unmarked: a stop would leave it accused.
            try await mark(core.journal.hasRoom ? [one.message.seq] : Self.suspects(of: [one.message.seq]))
            engine.judge.inbox.put(Judge.Arrival(message: one.message, content: nil, answer: nil))
        }
        try await settle([one.message.seq])
    }

    /// Waits until the engine has looked at them all: planned, or parked behind a held one. The next group is marked only then, or the one that
    /// kills the process would be looked for in the wrong group. Bounded, and not while the journal can take no plan.
    private func settle(_ seqs: [Seq]) async throws(JournalError) {
        let core = engine.core
        guard let first = seqs.first else { return }
        let deadline = core.time.now + .seconds(60)
        var pause = Duration.milliseconds(5)
        while core.time.now < deadline {
            let open = try await core.journal.unrouted(after: first - 1, limit: seqs.count)
            let undecided = open.filter { seqs.contains($0.message.seq) && $0.verdict == nil }
            if undecided.isEmpty || !core.journal.hasRoom || core.isDraining { return }
            await core.time.sleep(until: core.time.now + pause)
            pause = min(pause * 2, .milliseconds(100))
        }
    }
}
