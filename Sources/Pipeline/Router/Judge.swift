import Synchronization

/// Receives what listeners hand in: journal, judge, answer, pass on to the planner (design §5). The path to the ACK makes no task
/// a message: the journal's writer completes a group into the mailbox, one task judges all of it and answers.
package final class Judge: Intake {
    struct Arrival: Sendable {
        let message: Message
        let content: (any Content)?
        let answer: (@Sendable (Answer) -> Void)?
        /// Not known to the order gate yet.
        var isNew = true
        /// Judged and answered where it came in; its examination is left.
        var judged: (reading: Reading, examiner: Examiner, routes: [RouteInstance], verdict: Verdict)?
    }
    private struct Waiter: Sendable {
        let acceptance: Acceptance
        let content: (any Content)?
        let sameBytes: Bool
        let answer: @Sendable (Answer) -> Void
    }
    private struct State {
        /// Repeats that wait for the verdict of an undecided message; the key is present while the message is undecided.
        var undecided: [Seq: [Waiter]] = [:]
        var isOpen = false
    }

    let core: EngineCore
    let planner: Planner
    let inbox = Inbox<Arrival>()
    private let state = Mutex(State())
    /// What was emitted while the recovery goes on.
    struct Late {
        /// Nil once it has ended, and where several gateways share the journal.
        var waiting: [Message]?
        /// The last that the recovery came to, when it has ended: what is told of later, and is not later than that, is in hand.
        var recovered: Seq = 0
    }
    let late: Mutex<Late>

    init(core: EngineCore, planner: Planner) {
        (self.core, self.planner) = (core, planner)
        late = Mutex(Late(waiting: core.leases.isShared ? nil : []))
    }

    /// Opens or closes the intake: closed, everything is answered `later`.
    func setOpen(_ open: Bool) { state.withLock { $0.isOpen = open } }

    package func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch {
        core.configuration.partner(listener: listener, application: application, facilityCode: facilityCode, subject: subject)
    }

    package func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
        guard state.withLock({ $0.isOpen }) else { return answer(.later(Reasons.stopping)) }
        // What is a file already, the journal takes away as well.
        if case .bytes = acceptance.message.body, !core.journal.hasRoom { return answer(.later(Reasons.full)) }
        core.journal.accept(acceptance) { [self] result in accepted(result, acceptance, content, turn, answer) }
    }

    /// On the journal's writer: must not block.
    private func accepted(
        _ result: Result<Receipt, JournalError>, _ acceptance: Acceptance, _ content: (any Content)?, _ turn: Turn?,
        _ answer: @escaping @Sendable (Answer) -> Void
    ) {
        switch result {
        case .success(.new(let seq)):
            var message = acceptance.message
            message.seq = seq
            if let verdict = acceptance.verdict { return answer(verdict.kind == .rejected ? .rejected(verdict.findings) : .accepted(verdict.findings)) }
            let isCalm = state.withLock { state in
                state.undecided[seq] = []
                return state.undecided.count <= Self.few
            }
            // Here, in the order of the journal: where they are judged, one may overtake another.
            planner.inbox.lay(.arrived(seq, message.envelope))
            let arrival = Arrival(message: message, content: content, answer: answer, isNew: false)
            guard isCalm, let turn else { return inbox.put(arrival) }
            turn { [self] in
                let judgement = judgeHere(arrival)
                if judgement == nil { inbox.put(arrival) }
                return judgement
            }
        case .success(.seen(let seq, let verdict)): repeated(seq, verdict, acceptance, answer)
        case .success(.undecided(let seq, let sameBytes)):
            wait(for: seq, Waiter(acceptance: acceptance, content: content, sameBytes: sameBytes, answer: answer))
        case .success(.reused): answer(.rejected([Finding(.error, Reasons.reused)]))
        case .failure(.full): answer(.later(Reasons.full))
        case .failure(.closed): answer(.later(Reasons.stopping))
        case .failure(.away): answer(.later(Reasons.away))
        case .failure: answer(.later(Reasons.broken))
        }
    }

    private func wait(for seq: Seq, _ waiter: Waiter) {
        let waits = state.withLock { state in
            guard state.undecided[seq] != nil else { return false }
            state.undecided[seq]?.append(waiter)
            return true
        }
        if waits { return }
        // Decided, and the verdict is not in the journal yet (it may have no room for it), or another gateway has the message in hand: it is
        // looked for again a little later.
        let isShared = core.leases.isShared
        guard core.time.now - waiter.acceptance.message.envelope.received < Self.patience else {
            return waiter.answer(.later(isShared ? Reasons.elsewhere : Reasons.full))
        }
        Task(executorPreference: core.tasks) { [self] in
            await core.time.sleep(until: core.time.now + .milliseconds(isShared ? 50 : 5))
            receive(waiter.acceptance, content: waiter.content, turn: nil, answer: waiter.answer)
        }
    }

    /// How long a repeat waits for a verdict that is not in the journal.
    private static let patience = Duration.seconds(10)

    /// Judges until the mailbox closes.
    func run() async {
        await withDiscardingTaskGroup { group in
            while let arrivals = await inbox.take() {
                for arrival in arrivals { judge(arrival, in: &group) }
                await planner.room()
            }
        }
    }

    /// On the thread that writes the answer: only what is accepted without much work, while the judge keeps up with what comes. Nil: for its task.
    private func judgeHere(_ arrival: Arrival) -> Judgement? {
        let message = arrival.message
        guard let content = arrival.content, case .bytes(let bytes) = message.body, core.format(message)?.report(in: content) == nil,
            planner.inbox.count < min(Self.ahead, planner.limit)
        else { return nil }
        let reading = Reading(message: message, content: content, bytes: bytes), examiner = core.examiner
        let routes = examiner.matching(reading)
        guard !routes.isEmpty, !examiner.isHeavy(routes) else { return nil }
        let verdict = examiner.verdict(reading, routes)
        guard verdict.kind == .accepted else { return nil }
        return (
            .accepted(verdict.findings),
            { [inbox] in
                var next = arrival
                next.judged = (reading, examiner, routes, verdict)
                inbox.put(next)
            }
        )
    }

    /// With more messages than this in hand, the judge's task takes all in one turn: that costs less than it saves.
    private static let few = 8
    /// With so much for the planner to do, an answer waits for the judge.
    private static let ahead = 1024

    private func judge(_ arrival: Arrival, in group: inout DiscardingTaskGroup) {
        if let (reading, examiner, routes, verdict) = arrival.judged {
            return finish(arrival, verdict, examiner.examine(reading, routes, verdict: verdict))
        }
        let message = arrival.message
        if arrival.isNew { planner.inbox.lay(.arrived(message.seq, message.envelope)) }
        guard case .bytes(let bytes) = message.body else {
            group.addTask(executorPreference: core.heavy) { [self] in await judgeHeavy(arrival) }
            return
        }
        let reading: Reading
        do throws(Reason) {
            reading = try read(message, bytes, arrival.content)
        } catch {
            group.addTask { [self] in await unreadable(arrival, error) }
            return
        }
        if core.format(message)?.report(in: reading.content) != nil {
            group.addTask { [self] in await judgeReport(arrival, reading) }
            return
        }
        let examiner = core.examiner
        let routes = examiner.matching(reading)
        if examiner.isHeavy(routes) {
            group.addTask(executorPreference: core.heavy) { [self] in await judge(arrival, reading, examiner, routes) }
            return
        }
        let (verdict, decided) = decide(reading, examiner, routes, arrival)
        if verdict.kind == .rejected {
            group.addTask { [self] in await reject(arrival, verdict, examiner, routes) }
        } else {
            finish(arrival, verdict, decided)
        }
    }

    /// The parsed body; the format's own reason tells code and place of what it cannot read.
    func read(_ message: Message, _ bytes: [UInt8], _ content: (any Content)?) throws(Reason) -> Reading {
        if let content { return Reading(message: message, content: content, bytes: bytes) }
        guard let format = core.format(message) else { throw Reasons.unreadable }
        return Reading(message: message, content: try format.read(bytes), bytes: bytes)
    }

    private func judgeHeavy(_ arrival: Arrival) async {
        guard let bytes = await bytes(arrival) else { return }
        do throws(Reason) {
            let reading = try read(arrival.message, bytes, nil), examiner = core.examiner
            await judge(arrival, reading, examiner, examiner.matching(reading))
        } catch {
            await unreadable(arrival, error)
        }
    }

    /// The body of a large message; nil: that is said. Only what is gone or damaged is said to be so: what cannot be read now is read a little later, or by
    /// the next process.
    private func bytes(_ arrival: Arrival) async -> [UInt8]? {
        while true {
            do throws(JournalError) { return try await core.journal.bytes(of: arrival.message) } catch {
                switch error {
                case .damaged: await unavailable(arrival)
                case .refused(let reason) where JournalReasons.isGone(reason): await unavailable(arrival)
                case .away, .refused, .full:
                    if core.isDraining {
                        notStored(arrival, .closed)
                    } else {
                        await core.time.sleep(until: core.time.now + .milliseconds(200))
                        continue
                    }
                case .broken, .closed, .stale: notStored(arrival, error)
                }
                return nil
            }
        }
    }

    private func judge(_ arrival: Arrival, _ reading: Reading, _ examiner: Examiner, _ routes: [RouteInstance]) async {
        let (verdict, decided) = decide(reading, examiner, routes, arrival)
        if verdict.kind == .rejected { await reject(arrival, verdict, examiner, routes) } else { finish(arrival, verdict, decided) }
    }

    /// The verdict, and for an accepted message its examination. A message that nobody waits for is never rejected: it is held.
    private func decide(_ reading: Reading, _ examiner: Examiner, _ routes: [RouteInstance], _ arrival: Arrival) -> (Verdict, Examination?) {
        let message = reading.message
        if routes.isEmpty {
            let findings = [Finding(.error, examiner.unmatched(reading))]
            if arrival.answer != nil { return (Verdict(.rejected, findings), nil) }
            // With the finding: after a crash its sender may still wait for an answer, and its repeat gets this one.
            let verdict = Verdict(.held, findings)
            return (verdict, examiner.held(message, at: "unmatched", Reasons.noRoute, verdict: verdict))
        }
        let verdict = examiner.verdict(reading, routes)
        if verdict.kind == .rejected, arrival.answer == nil {
            let held = Verdict(.held, verdict.findings, counts: verdict.counts)
            return (held, examiner.held(message, at: routes[0].name, Reasons.rejudged, verdict: held, routes: routes))
        }
        if verdict.kind == .rejected { return (verdict, nil) }
        arrival.answer?(.accepted(verdict.findings))
        return (verdict, examiner.examine(reading, routes, verdict: verdict))
    }

    /// The rejection is stored before it is said: a correction may then keep the control id. What cannot be stored is not said: the message
    /// stays undecided, and is judged again by the next process.
    private func reject(_ arrival: Arrival, _ verdict: Verdict, _ examiner: Examiner, _ routes: [RouteInstance] = [], answer: Answer? = nil) async {
        let seq = arrival.message.seq
        let plan = Plan(seq: seq, verdict: verdict, deliveries: [], trace: examiner.trace(routes, verdict, end: "rejected").joined(separator: "\n"))
        do throws(JournalError) {
            _ = try await core.untilThereIsRoom { () throws(JournalError) in try await core.journal.plan([plan], core.leases.lease) }
        } catch {
            return notStored(arrival, error)
        }
        core.count(.rejected)
        arrival.answer?(answer ?? .rejected(verdict.findings))
        planner.inbox.put(.rejected(seq, arrival.message.envelope.keys))
        for waiter in decided(seq) { receive(waiter.acceptance, content: waiter.content, turn: nil, answer: waiter.answer) }
    }

    private func notStored(_ arrival: Arrival, _ error: JournalError) {
        if error == .stale, core.leases.isShared {
            // Another gateway has taken it over: its word counts, and a repeat hears it.
            planner.inbox.put(.rejected(arrival.message.seq, arrival.message.envelope.keys))
        } else {
            core.fail(error)
        }
        arrival.answer?(.later(Reasons.broken))
        for waiter in decided(arrival.message.seq) { waiter.answer(.later(Reasons.broken)) }
    }

    private func finish(_ arrival: Arrival, _ verdict: Verdict, _ examination: Examination?) {
        guard let examination else { return }
        core.count(.accepted)
        planner.inbox.put(.examined(examination))
        // Found wanting after a crash, or without its body: its repeat is answered once the hold is stored.
        for waiter in decided(arrival.message.seq) {
            if verdict.isWanting || verdict.lacksBody {
                wait(for: arrival.message.seq, waiter)
                continue
            }
            waiter.answer(waiter.sameBytes ? .accepted(verdict.findings) : .rejected([Finding(.error, Reasons.reused)]))
        }
    }

    /// A body that cannot be read: refused where someone waits, held where nobody does.
    private func unreadable(_ arrival: Arrival, _ reason: Reason) async {
        if arrival.answer != nil {
            await reject(arrival, Verdict(.rejected, [Finding(.error, reason)]), core.examiner)
        } else {
            // A body that the journal lost says nothing against the message.
            let verdict = Verdict(.held, [Finding(reason == Reasons.damaged ? .information : .error, reason)])
            finish(arrival, verdict, core.examiner.held(arrival.message, at: "journal", reason, verdict: verdict))
        }
    }

    /// A body that the journal lost right after it took it is our fault, not the message's: it must come again (AR).
    private func unavailable(_ arrival: Arrival) async {
        guard arrival.answer != nil else { return await unreadable(arrival, Reasons.damaged) }
        await reject(arrival, Verdict(.rejected, [Finding(.error, Reasons.damaged)]), core.examiner, answer: .later(Reasons.damaged))
    }

    private func decided(_ seq: Seq) -> [Waiter] { state.withLock { $0.undecided.removeValue(forKey: seq) } ?? [] }

    private func judgeReport(_ arrival: Arrival, _ reading: Reading) async {
        arrival.answer?(.accepted([]))
        for waiter in decided(arrival.message.seq) {
            waiter.answer(waiter.sameBytes ? .accepted([]) : .rejected([Finding(.error, Reasons.reused)]))
        }
        if await Reports(core: core).handle(reading, take) {
            planner.inbox.put(.rejected(arrival.message.seq, arrival.message.envelope.keys))
        } else {
            let verdict = Verdict(.held, [])
            planner.inbox.put(.examined(core.examiner.held(arrival.message, at: "reports", Reasons.unmatchedReport, verdict: verdict)))
        }
    }
}
