import Pipeline
import PipelineTesting

/// Letters of today beside a backlog of history, before one far end with a rate: the whole engine over the real SQLite, in simulated time.
///
/// Time stands still while anybody works; a commit takes a millisecond, an answer of the far end ten.
// @unchecked: a world runs on one thread.
final class HistoryWorld: @unchecked Sendable {
    /// How much of everything.
    struct Measure {
        /// Documents of history that wait at the beginning.
        var documents = 300_000
        /// Simulated seconds during which letters come.
        var seconds = 600
        /// What the far end takes in a second.
        var rate = 500.0
        /// Letters a second.
        var letters = 20
        /// What history is planned as: `today` shows what classes are for.
        var deliveryClass = DeliveryClass.bulk
    }

    /// What came of it.
    struct Result {
        /// Milliseconds from the hand-in of each letter to the far end's answer.
        var waits: [Int] = []
        /// Documents of history that left meanwhile.
        var history = 0

        var p95: Int { waits.isEmpty ? .max : waits.sorted()[waits.count * 95 / 100] }
    }

    private let measure: Measure
    private let clock = WorldClock()
    private let backend: PlainBackend
    private let random = SeededRandom(3)
    private let digester = testDigester()
    private var chance = Chance(11)
    private var sent: [String: Int] = [:]
    private var result = Result()

    private static let answer = Duration.milliseconds(10)
    private static let patients = 100_000

    init(_ measure: Measure, folder: String) throws(JournalError) {
        self.measure = measure
        backend = try PlainBackend(folder: folder, time: clock)
    }

    /// Runs to its end; nil: the engine gave up.
    func run() -> Result? {
        fill()
        let journal = SimulatedJournal(backend, digester: digester) { _, _ in }
        let life = Life(number: 1, seed: 5, clock: clock, journal: journal)
        life.start(configuration(life), random: random, digester: digester) { _ in }
        let pause = 1000 / measure.letters, end = measure.seconds * 1000
        var nextLetter = Int.max
        while life.broken == nil, clock.elapsed < end + 60_000, nextLetter == .max || nextLetter < end || sent.count > result.waits.count {
            life.executor.run()
            if journal.waitingCount > 0 {
                while journal.waitingCount > 0 { if journal.commit(&chance) != nil { return nil } }
                _ = backend.housekeeping(&chance)
                clock.elapsed += 1
                life.clock.wake()
                continue
            }
            if nextLetter == .max, life.engine?.isReady ?? false { nextLetter = clock.elapsed }
            let letter = nextLetter < end ? nextLetter : .max
            clock.elapsed = max(clock.elapsed, min(life.clock.next ?? .max, letter, clock.elapsed + 100))
            life.clock.wake()
            while nextLetter <= clock.elapsed, nextLetter < end {
                write(life)
                nextLetter += pause
            }
        }
        defer { life.die() }
        return life.broken == nil ? result : nil
    }

    /// A letter of today, of one patient or another.
    private func write(_ life: Life) {
        let control = "L\(sent.count)"
        sent[control] = clock.elapsed
        life.engine?.judge.receive(Acceptance(message(control, patient: UInt64(1 + random.below(Self.patients)))), content: nil) { _ in }
    }

    private func message(_ control: String, patient: UInt64) -> Message {
        var keys = OrderKeys()
        keys.patient = patient
        let bytes = Array("document \(control) ".utf8) + [UInt8](repeating: 0x2E, count: 180)
        let envelope = Envelope(
            id: MessageID(at: clock.now, random), listener: "in", partner: Partner(facility: "f", name: "p"), received: clock.now, format: "plain",
            controlID: control, keys: keys)
        return Message(envelope: envelope, body: .bytes(bytes), digest: digester.sha256(bytes))
    }

    // MARK: Before

    /// The backlog, as an engine of yesterday left it.
    private func fill() {
        let lease = Lease(epoch: backend.epoch), group = 256
        var seq: Seq = 0
        while seq < measure.documents {
            let count = min(group, measure.documents - Int(seq))
            let patients = (0..<count).map { _ in UInt64(1 + random.below(Self.patients)) }
            _ = backend.step(patients.enumerated().map { .accept(Acceptance(message("H\(seq + Seq($0))", patient: $1))) })
            let plans = patients.enumerated().map { at, patient in
                Plan(seq: seq + Seq(at) + 1, verdict: Verdict(.accepted), deliveries: [planned(seq + Seq(at) + 1, patient)])
            }
            _ = backend.step([.plan(plans, lease)])
            _ = backend.housekeeping(&chance)
            seq += Seq(count)
        }
    }

    private func planned(_ seq: Seq, _ patient: UInt64) -> PlannedDelivery {
        PlannedDelivery(
            id: Delivery.id(seq, 0), key: Key128(high: UInt64(seq), low: 7), route: "documents", destination: "documents/dmp", sender: "dmp",
            lane: Lane(patient &* 0x9E37_79B9_7F4A_7C15), deliveryClass: measure.deliveryClass)
    }

    // MARK: The far end

    private func configuration(_ life: Life) -> Configuration {
        let place = Place(file: "documents.yaml", line: 1, column: 1)
        var configuration = Configuration()
        configuration.formats = ["plain": PlainFormat()]
        configuration.senders = [
            "dmp": ScriptedSender(concurrency: 8, rate: measure.rate, resolve: { _ in nil }) { [unowned self, unowned life] delivery, _, _ in
                await life.clock.sleep(until: life.clock.now + Self.answer)
                arrived(delivery)
                return .delivered(Proof(answer: "AA"))
            }
        ]
        configuration.add(
            RouteInstance(
                name: "documents", about: Text(fr: "", en: ""), place: place, facility: "f", from: ["in"], format: PlainFormat(), when: .always,
                order: OrderRule(), checks: [], steps: [],
                destinations: [Destination(id: "dmp", place: place, sender: .named("dmp"), when: nil, each: nil, then: nil)]))
        return configuration
    }

    private func arrived(_ delivery: Delivery) {
        let control = delivery.message.envelope.controlID
        if let at = sent[control] { result.waits.append(clock.elapsed - at) } else { result.history += 1 }
    }

    private struct PlainFormat: Format {
        var name: String { "plain" }
        func read(_ bytes: [UInt8]) throws(Reason) -> any Content { bytes }
        func path(_ text: String) throws(PathError) -> any ContentPath { throw PathError(Text(fr: "pas de chemin", en: "no path"), offset: 0) }
        func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
            throw SimulatedFormat.unreadable
        }
    }
}
