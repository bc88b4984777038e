import Logging
import PipelineTesting
import Synchronization

@testable import Pipeline

/// A body of `name=value` lines.
struct LinesFormat: Format {
    struct Lines: Sendable { let values: [String: String] }
    struct LinePath: ContentPath {
        let name: String
        func values(in content: any Content) -> [String] { ((content as Any) as? Lines)?.values[name].map { [$0] } ?? [] }
    }
    var name: String { "lines" }

    func read(_ bytes: [UInt8]) throws(Reason) -> any Content {
        var values: [String: String] = [:]
        for (number, line) in String(decoding: bytes, as: UTF8.self).split(separator: "\n").enumerated() {
            let halves = line.split(separator: "=", maxSplits: 1)
            guard halves.count == 2 else { throw Reason("102", Text(fr: "ligne illisible", en: "unreadable line"), location: "line \(number + 1)") }
            values[String(halves[0])] = String(halves[1])
        }
        return Lines(values: values)
    }
    func path(_ text: String) throws(PathError) -> any ContentPath { LinePath(name: text) }
    func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
        throw Reasons.unreadable
    }
    func report(in content: any Content) -> CarriedReport? {
        guard let lines = (content as Any) as? Lines, let token = lines.values["report"] else { return nil }
        let failed = lines.values["status"] == "failed"
        return CarriedReport(
            tokens: [Token(kind: "envid", value: token)],
            report: Report(failed ? .failed : .delivered, reason: failed ? Reason("550", Text(fr: "x", en: "x")) : nil))
    }
}

/// A sender that does what the test says and remembers what it was asked.
final class StubSender: Sender {
    static let spec = Spec("stub", Text(fr: "", en: ""))
    let afterUnknown: AfterUnknown
    private let answer: @Sendable (Delivery) -> Outcome
    private let log = Mutex<[(control: String, attempt: Int, unknown: Bool)]>([])

    init(_ afterUnknown: AfterUnknown = .sendAgain, _ answer: @escaping @Sendable (Delivery) -> Outcome) {
        (self.afterUnknown, self.answer) = (afterUnknown, answer)
    }
    convenience init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { self.init { _ in .delivered(Proof(answer: "ok")) } }

    var sent: [(control: String, attempt: Int, unknown: Bool)] { log.withLock { $0 } }
    var controls: [String] { sent.map(\.control) }

    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        log.withLock { $0.append((delivery.message.envelope.controlID, delivery.attempt, delivery.wasUnknown)) }
        return answer(delivery)
    }
    func tokens(_ key: Key128, _ message: Message, _ part: Part) -> [Token] { [Token(kind: "envid", value: message.envelope.controlID)] }
}

/// Refuses messages that say `bad=`.
struct BadCheck: Check {
    static let spec = Spec("bad", Text(fr: "", en: ""))
    let isHeavy: Bool
    init(heavy: Bool) { isHeavy = heavy }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { isHeavy = false }
    func findings(_ message: Reading) -> [Finding] {
        ((message.content as Any) as? LinesFormat.Lines)?.values["bad"].map { [Finding(.error, Reason($0, Text(fr: "mauvais", en: "bad")))] } ?? []
    }
}

/// Fails while the flag is set.
struct FailingStep: Step {
    static let spec = Spec("fail", Text(fr: "", en: ""))
    let fails: @Sendable () -> Bool
    init(_ fails: @escaping @Sendable () -> Bool) { self.fails = fails }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { self.init { false } }
    var isHeavy: Bool { false }
    func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult {
        if fails() { throw StepFailure(Reasons.unreadable) }
        return .pass
    }
}

/// Emits one `note` message for each event, if the message says `ask=`.
struct NoteThen: Then {
    static let spec = Spec("note", Text(fr: "", en: ""))
    init() {}
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    func isAsked(_ message: Reading) -> Bool { ((message.content as Any) as? LinesFormat.Lines)?.values["ask"] != nil }
    func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission] {
        guard isAsked(message) else { return [] }
        let word: String =
            switch event {
            case .outcome(.delivered): "delivered"
            case .outcome(.refused): "refused"
            case .outcome: "other"
            case .reported(let report): report.status.rawValue
            case .discarded: "discarded"
            }
        let id = emission.controlID(0)
        return [Emission(kind: "note", format: "lines", controlID: id, bytes: Array("event=\(word)\nabout=\(delivery.message.envelope.controlID)\n".utf8))]
    }
}

/// An engine over a journal in memory, with a clock that runs as fast as the test can.
final class EngineHarness: Sendable {
    let journal: InMemoryJournal
    let clock: ManualClock
    let engine: Engine
    /// Why the process would have ended.
    var breaks: [JournalError] { broken.errors.withLock { $0 } }
    private let broken: Broken
    private final class Broken: Sendable { let errors = Mutex<[JournalError]>([]) }
    private let answers = Mutex<[String: String]>([:])
    private let random = SeededRandom(7)

    static func digest(_ bytes: [UInt8]) -> [UInt8] { SipHash(secret: Key128(high: 9, low: 9)).hash(bytes).bytes }

    init(
        journal: InMemoryJournal? = nil, clock: ManualClock = ManualClock(), senders: [String: any Sender], routes: [RouteInstance]
    ) async throws {
        let journal = journal ?? InMemoryJournal(time: clock, digester: Digester(sha256: Self.digest))
        let broken = Broken()
        (self.journal, self.clock, self.broken) = (journal, clock, broken)
        engine = Engine(
            journal: journal, lease: try await journal.lease(), configuration: Self.configuration("first", senders, routes), time: clock, random: random,
            digester: Digester(sha256: Self.digest), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), heavy: HeavyExecutor(),
            broken: { error in broken.errors.withLock { $0.append(error) } })
    }

    /// A configuration of these senders and routes.
    static func configuration(_ digest: String, _ senders: [String: any Sender], _ routes: [RouteInstance]) -> Configuration {
        var configuration = Configuration()
        configuration.formats = ["lines": LinesFormat()]
        configuration.senders = senders
        configuration.digest = digest
        for route in routes { configuration.add(route) }
        return configuration
    }

    static func route(
        _ name: String = "r", from: Set<String> = ["in"], when: Condition = .always, checks: [any Check] = [], steps: [any Step] = [],
        to sender: String = "s", then: (any Then)? = nil, whenHeld: OrderRule.WhenHeld = .block, classRule: ClassRule = .inherited
    ) -> RouteInstance {
        let place = Place(file: "r.yaml", line: 1, column: 1)
        return RouteInstance(
            name: name, about: Text(fr: "", en: ""), place: place, facility: "f", from: from, format: LinesFormat(), when: when,
            order: OrderRule(by: .patient, whenHeld: whenHeld), checks: checks.map { ("check", $0, place) }, steps: steps.map { ("step", $0, place) },
            destinations: [Destination(id: "d", place: place, sender: .named(sender), when: nil, each: nil, then: then)],
            classRule: classRule)
    }

    /// Hands in a message of a patient; the answer is remembered under `as`. `lost`: its body cannot be read back.
    func receive(
        _ control: String, _ body: String = "a=1", patient: UInt64 = 1, ins: UInt64 = 0, merged: UInt64 = 0, as name: String? = nil, lost: Bool = false
    ) {
        let message = message(control, body, patient: patient, ins: ins, merged: merged, lost: lost)
        engine.judge.receive(Acceptance(message), content: nil) { [self] answer in
            let word: String =
                switch answer {
                case .accepted: "AA"
                case .rejected(let findings): "AE " + findings.map(\.reason.code).joined(separator: ",")
                case .later: "AR"
                }
            answers.withLock { $0[name ?? control] = word }
        }
    }

    /// A message that was journaled, and whose verdict a crash took away.
    func acceptOnly(_ control: String, _ body: String, lost: Bool = false) async throws {
        let message = message(control, body, patient: 1, lost: lost)
        _ = try await withCheckedContinuation { continuation in journal.accept(Acceptance(message)) { continuation.resume(returning: $0) } }.get()
    }

    private func message(_ control: String, _ body: String, patient: UInt64, ins: UInt64 = 0, merged: UInt64 = 0, lost: Bool) -> Message {
        var keys = OrderKeys()
        (keys.patient, keys.ins, keys.merged) = (patient, ins, merged)
        let bytes = Array((body + "\n").utf8)
        let envelope = Envelope(
            id: MessageID(at: clock.now, random), listener: "in", partner: Partner(facility: "f", name: "p"), received: clock.now, format: "lines",
            controlID: control, keys: keys)
        return Message(envelope: envelope, body: lost ? .stored(bytes.count) : .bytes(bytes), digest: Self.digest(bytes))
    }

    func answer(_ name: String) -> String? { answers.withLock { $0[name] } }

    /// Runs the engine while `body` runs; time passes by itself.
    func run(_ body: @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let ended = Mutex(false)
            group.addTask {
                try await self.engine.run()
                ended.withLock { $0 = true }
            }
            var failure: (any Error)?
            do {
                try await until { self.engine.isReady }
                try await body()
                engine.core.drain()
                try await until { self.engine.dispatcher.activeCount == 0 }
            } catch {
                failure = error
            }
            group.cancelAll()
            try await until { ended.withLock { $0 } }
            if let failure { throw failure }
        }
    }

    /// Lets time of the manual clock pass until the condition holds; fails after a minute of the real one. Tasks that the engine started
    /// may wait for a processor meanwhile: after some turns in vain the polling leaves it to them for a moment.
    func until(line: Int = #line, _ condition: () async throws -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        var turns = 0
        while try await !condition() {
            clock.advance(by: .milliseconds(5))
            await Task.yield()
            turns += 1
            guard turns % 500 == 0 else { continue }
            guard ContinuousClock.now < limit else {
                let waiting = (engine.judge.inbox.count, engine.planner.inbox.count, engine.dispatcher.inbox.count, engine.dispatcher.activeCount)
                throw NeverHeld(line: line, states: try await states(), waiting: waiting, sleepers: clock.sleeperCount)
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// A condition did not come true within a minute.
    struct NeverHeld: Error {
        let line: Int
        let states: [DeliveryState]
        /// At the judge, the planner, the dispatcher, and under way.
        let waiting: (Int, Int, Int, Int)
        let sleepers: Int
    }

    /// How many deliveries are delivered.
    func deliveredCount() async throws -> Int { try await states().count { $0 == .delivered } }

    /// The states of all deliveries, in order.
    func states() async throws -> [DeliveryState] {
        try await journal.find(.deliveries(states: Set(DeliveryState.allCases), limit: 1000)).deliveries.map(\.state)
    }
}

/// Runs heavy jobs on the global pool.
private final class HeavyExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        Task { unowned.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
