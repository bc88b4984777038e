import Pipeline
import PipelineTesting

/// Everything around one engine, on one thread: partners, far ends, persons, the disk, the clock, and process after process, in the order that a seed
/// decides.
// @unchecked: a world runs on one thread, from `run` to its end.
final class World: @unchecked Sendable {
    let scenario: Scenario
    let model: Model
    let clock = WorldClock()
    let fuse = Fuse()
    let random: SeededRandom
    let digester = testDigester()
    let format: SimulatedFormat
    let plant: Plant?
    private let isTracing: Bool
    private(set) var lines: [String] = []
    var chance: Chance
    private(set) var life: Life?
    private var lives = 0
    private var backend: (any Backend)?
    private var links: [Link] = []
    private(set) var isCalm = false
    private var isMended = false
    /// Senders that the configuration in force lacks, and how often each of the others was changed.
    private var absent: Set<String> = [], changes: [String: Int] = [:]
    /// Attempts that run, by sender and by which of its selves.
    var running: [String: [Int: Int]] = [:]
    /// What far ends have.
    var taken: Set<Key128> = []
    private var reportCount = 0
    private var slowUntil = 0
    /// With the disk that dies at a write.
    private var powerGoes = false
    /// What the dead process hands in too late.
    private var late: [JournalOperation] = []
    private var agenda: [(at: Int, turn: Int, act: () -> Void)] = []
    private var turns = 0

    private static let steps = 400_000
    /// How long everything may take to drain once nothing goes wrong any more.
    private static let patience = 120_000

    init(_ scenario: Scenario, plant: Plant?, isTracing: Bool) {
        (self.scenario, self.plant, self.isTracing) = (scenario, plant, isTracing)
        model = Model(scenario, digester)
        format = scenario.format
        chance = Chance(scenario.seed &+ 0x5EED)
        random = SeededRandom(scenario.seed)
    }

    func trace(_ line: () -> String) { if isTracing { lines.append("\(clock.elapsed) ms: \(line())") } }

    // MARK: The course of things

    /// Runs to the end or to the first thing that the model does not allow.
    func run(_ journal: JournalKind) {
        do throws(JournalError) {
            backend = try journal.fresh(seed: scenario.seed, time: clock, fuse: fuse, plant: plant)
        } catch {
            return model.fail("the journal opens", "\(error)")
        }
        model.reopened(backend?.epoch ?? 0, doubtful: []) { [self] in page($0) }
        start()
        links = (0..<Scenario.connections).map { Link($0, self) }
        for fault in scenario.faults { later(fault.time) { [self] in strike(fault) } }
        for word in scenario.words { later(word.at) { [self] in speak(word) } }
        later(scenario.mendedAt) { [self] in isMended = true }
        later(scenario.calmAt) { [self] in calm() }
        var steps = 0
        while model.failure == nil, !agenda.isEmpty || life != nil {
            steps += 1
            if steps > Self.steps { model.fail("everything drains", "the world never ends") }
            turn()
            if isDone { break }
        }
        if model.failure == nil, let backend { model.finished { (try? self.front(backend, $0)) ?? Page() } }
        life?.die()
        life = nil
        links = []
        agenda = []
    }

    private func front(_ backend: any Backend, _ query: Query) throws(JournalError) -> Page {
        let page = try backend.find(query)
        return plant?.shown(page) ?? page
    }

    private var isDone = false

    /// Some jobs, a commit, or time.
    private func turn() {
        guard let life else { return pass() }
        let ran = life.executor.run(limit: 1 + chance.below(scenario.burst))
        if let error = life.broken {
            if error == .full { return model.fail("a full disk ends no process", "the engine gave up") }
            return die(power: chance.percent(50), why: "the engine gave up: \(error)")
        }
        if life.hasStopped { return stopped() }
        let waits = life.journal.waitingCount > 0, isQuick = clock.elapsed >= slowUntil
        if waits, isQuick, ran == 0 || chance.percent(30) { return commit(life) }
        if ran == 0 { pass() }
    }

    private func commit(_ life: Life) {
        if let doubtful = life.journal.commit(&chance) {
            return die(power: fuse.isBurnt ? nil : chance.percent(50), why: fuse.isBurnt ? "the disk died" : "the journal broke", doubtful: doubtful)
        }
        if !life.journal.backend.housekeeping(&chance) { return die(power: nil, why: "the disk died") }
        if life.journal.backend.isBroken { die(power: chance.percent(50), why: "the journal broke") }
    }

    /// Time goes on to the next thing that happens.
    private func pass() {
        var next = Int.max
        if let first = agenda.last { next = first.at }
        if let life {
            if let first = life.clock.next { next = min(next, first) }
            if life.journal.waitingCount > 0 { next = min(next, slowUntil) }
        }
        if next == Int.max { return model.fail("everything drains", "nothing will ever happen again") }
        clock.elapsed = max(clock.elapsed, next)
        life?.clock.wake()
        while let due = agenda.last, due.at <= clock.elapsed, model.failure == nil {
            agenda.removeLast()
            due.act()
        }
    }

    /// Does something at a time.
    func later(_ at: Int, _ act: @escaping () -> Void) {
        turns += 1
        let turn = turns
        // Latest first: the next is the last.
        let place = agenda.firstIndex { ($0.at, $0.turn) <= (at, turn) } ?? agenda.endIndex
        agenda.insert((at, turn, act), at: place)
    }

    // MARK: Processes

    private func start() {
        guard let backend, life == nil else { return }
        lives += 1
        // Nothing of a process holds the world: parts of an engine hold each other for ever.
        let committed = { [unowned self] (operation: JournalOperation, completion: JournalCompletion) in
            model.committed(operation, completion) { [unowned self] id in page(.delivery(id)).deliveries.first }
        }
        let planted = plant.map { PlantedJournal(backend, $0, digester: digester, committed: committed) }
        let journal = planted ?? SimulatedJournal(backend, digester: digester, committed: committed)
        let life = Life(number: lives, seed: chance.next(), clock: clock, journal: journal)
        self.life = life
        trace { "process \(self.lives) starts" }
        planted?.life = life
        running = [:]
        life.start(configuration(life, changed: nil), random: random, digester: digester) { [weak self] in self?.model.alerted($0) }
        let overdue = late
        late = []
        if !overdue.isEmpty { later(clock.elapsed + chance.below(1500)) { [self] in handIn(overdue) } }
    }

    /// The configuration as it is now: senders that are not `changed` stay who they are.
    private func configuration(_ life: Life, changed: Set<String>?) -> Configuration {
        var ends: [String: any Sender] = [:]
        for (name, rule) in Scenario.afterUnknown where !absent.contains(name) {
            if let changed, !changed.contains(name), let same = life.senders[name] {
                ends[name] = same
            } else {
                changes[name, default: 0] += 1
                ends[name] = FarEnd(name, self, life, self: changes[name, default: 0], declared: plant?.declared(rule) ?? rule)
            }
        }
        return (plant?.scenario(scenario) ?? scenario).configuration(senders: ends) { [weak self] in self?.isMended ?? true }
    }

    /// Another configuration while the process runs. A process that has not begun to run reads it at its start.
    private func reload(_ changed: Set<String>) {
        guard let life, life.engine != nil else { return }
        let before = Set(life.senders.keys), now = Set(Scenario.afterUnknown.keys).subtracting(absent)
        let different = changed.intersection(now).union(before.symmetricDifference(now))
        let fresh = configuration(life, changed: different)
        trace { "another configuration, changed: \(different.sorted())" }
        life.reconfigure(fresh, changed: different)
    }

    private func lack(_ sender: String, for time: Int) {
        guard absent.isEmpty else { return }
        absent = [sender]
        reload([])
        later(clock.elapsed + time) { [unowned self] in
            guard absent.contains(sender) else { return }
            absent = []
            reload([])
        }
    }

    /// The last settlements of a process that was taken for dead arrive now: nothing may come of them.
    private func handIn(_ operations: [JournalOperation]) {
        guard let life else { return }
        trace { "settlements of an earlier process arrive" }
        for case .settle(let settlements, let next, let lease, let now) in operations {
            let (given, right) = plant?.late(settlements, lease, epoch: life.journal.backend.epoch) ?? (settlements, lease)
            life.journal.handIn(
                .settle(given, activate: next, right, now: now), shown: .settle(settlements, activate: next, lease, now: now))
        }
    }

    /// The process dies; nil: the seed says whether the power goes with it.
    func die(power: Bool?, why: String, doubtful: [JournalOperation] = []) {
        guard let life else { return }
        let isPower = power ?? powerGoes
        trace { "process \(life.number) dies: \(why)\(isPower ? ", power lost" : "")" }
        late = life.journal.unsettled
        self.life = nil
        life.die()
        reopen(power: isPower, doubtful)
    }

    private func stopped() {
        guard let life else { return }
        trace { "process \(life.number) has stopped" }
        while life.journal.waitingCount > 0 {
            if let doubtful = life.journal.commit(&chance) { return die(power: nil, why: "the disk died", doubtful: doubtful) }
        }
        self.life = nil
        life.die()
        reopen(power: false, [])
    }

    private func reopen(power: Bool, _ doubtful: [JournalOperation]) {
        fuse.renew()
        slowUntil = 0
        clock.noteOpening()
        guard let next = backend?.reopened(power: power) else { return model.fail("the journal opens", "not after a crash") }
        backend = next
        model.reopened(next.epoch, doubtful: doubtful) { [self] in page($0) }
        for link in links { link.broke() }
        later(clock.elapsed + 20 + chance.below(400)) { [self] in start() }
    }

    private func page(_ query: Query) -> Page { backend.flatMap { try? $0.find(query) } ?? Page() }

    // MARK: What goes wrong

    private func strike(_ fault: Fault) {
        guard !isCalm else { return }
        trace { "fault: \(fault)" }
        switch fault {
        case .kill: die(power: false, why: "killed")
        case .powerLoss: die(power: true, why: "no power")
        case .diesAtWrite(_, let writes, let power):
            if life != nil { (fuse.left, powerGoes) = (writes, power) }
        case .restart: life?.stop()
        case .slow(_, let time): slowUntil = max(slowUntil, clock.elapsed + time)
        case .full(_, let time): fill(time)
        case .failingSync: backend?.failSyncs()
        case .clock(_, let by): clock.step += by
        case .reload(_, let sender): reload(sender.map { [$0] } ?? [])
        case .without(_, let sender, let time): lack(sender, for: time)
        }
    }

    private func fill(_ time: Int) {
        guard let backend else { return }
        backend.setFull(true)
        // Sometimes the listeners are told in time.
        if chance.percent(50) { life?.journal.isOpen = false }
        let filled = life?.journal
        later(clock.elapsed + time) { [unowned self] in
            backend.setFull(false)
            self.backend?.setFull(false)
            filled?.isOpen = true
        }
    }

    // MARK: The calm at the end

    /// From now on nothing goes wrong, and a person sets right what is held: everything must drain.
    private func calm() {
        trace { "calm" }
        isCalm = true
        fuse.renew()
        slowUntil = 0
        backend?.setFull(false)
        life?.journal.isOpen = true
        isMended = true
        if !absent.isEmpty {
            absent = []
            reload([])
        }
        check()
    }

    private func check() {
        if clock.elapsed > scenario.calmAt + Self.patience { return model.fail("everything drains", stuck) }
        later(clock.elapsed + 500) { [unowned self] in check() }
        guard let life, life.engine?.isReady ?? false else { return }
        life.engine?.dispatcher.resume(nil)
        guard links.allSatisfy(\.isDone), life.journal.waitingCount == 0 else { return }
        let waiting = page(.deliveries(states: Set(DeliveryState.allCases.filter(\.isOpen)), limit: 1000)).deliveries
        if waiting.isEmpty, page(.counts).counts.incoming == 0, open.isEmpty {
            isDone = true
            return
        }
        for held in waiting where held.state == .held { settle(held, life) }
    }

    private var stuck: String {
        let incoming = page(.messages(limit: 1000)).messages.filter { $0.state == .incoming }.map {
            "\($0.message.seq) \($0.verdict?.kind.rawValue ?? "undecided")"
        }
        let open = page(.deliveries(states: Set(DeliveryState.allCases.filter(\.isOpen)), limit: 20)).deliveries
        let names = open.map { "\($0.delivery.id >> 12).\($0.delivery.id & 4095) \($0.state)" }
        return (names + ["incoming \(incoming)", "links \(links.map(\.isDone))"]).joined(separator: ", ")
    }

    // MARK: Small things

    /// The letter that a delivery is of.
    func letter(_ delivery: Delivery) -> Letter? {
        guard case .bytes(let bytes) = delivery.message.body else { return nil }
        let words = bytes.prefix(20).split(separator: 0x20)
        guard words.count > 1, words[0].elementsEqual("letter".utf8), let id = Int(String(decoding: words[1], as: UTF8.self)) else { return nil }
        return scenario.letters.first { $0.id == id }
    }

    func message(_ bytes: [UInt8], listener: String, partner: String, control: String, keys: OrderKeys = OrderKeys(), notes: [String: String] = [:]) -> Message
    {
        let envelope = Envelope(
            id: MessageID(at: clock.now, random), listener: listener, partner: Partner(facility: "f", name: partner), received: clock.now,
            format: "simulated", controlID: control, keys: keys, notes: notes)
        return Message(envelope: envelope, body: .bytes(bytes), digest: digester.sha256(bytes))
    }

    /// An answer is heard only while the process that gives it lives.
    func heard(by life: Life, _ hear: @escaping (Answer) -> Void) -> @Sendable (Answer) -> Void {
        let ear = Ear(life: life, hear: hear)
        return { ear.take($0) }
    }

    // @unchecked: a world runs on one thread.
    private final class Ear: @unchecked Sendable {
        private weak var life: Life?
        private let hear: (Answer) -> Void
        init(life: Life, hear: @escaping (Answer) -> Void) { (self.life, self.hear) = (life, hear) }
        func take(_ answer: Answer) { if life?.isAlive ?? false { hear(answer) } }
    }

    /// A report on a delivery comes after a while, and comes again until it is taken.
    func report(_ delivery: Delivery?, failed: Bool, after pause: Int) {
        reportCount += 1
        let name = "r\(delivery?.id ?? 0)-\(delivery?.attempt ?? 0)-\(reportCount)"
        let bytes = Array("report \(delivery?.key.hex ?? "nobody") \(failed ? "failed" : "delivered") \(name)".utf8)
        open.insert(bytes)
        later(clock.elapsed + pause) { [unowned self] in offer(bytes, name) }
    }

    private var open: Set<[UInt8]> = []

    private func offer(_ bytes: [UInt8], _ control: String) {
        guard open.contains(bytes) else { return }
        later(clock.elapsed + 1500) { [unowned self] in offer(bytes, control) }
        guard let life, let engine = life.engine else { return }
        let report = message(bytes, listener: "mailbox", partner: "mail", control: control)
        engine.judge.receive(
            Acceptance(report), content: nil,
            answer: heard(by: life) { [unowned self] answer in
                if case .later = answer { return }
                open.remove(bytes)
            })
    }
}
