import Pipeline
import Synchronization

@testable import Console

/// A journal that answers queries from what a test put in, and does nothing else.
final class ScriptedJournal: Journal {
    let deliveries: Mutex<[DeliveryID: StoredDelivery]> = Mutex([:])
    let message: Message
    let verdict: Verdict?
    let hash = SipHash(secret: Key128(high: 1, low: 2))
    let hasRoom = true
    let failure: JournalError?

    init(message: Message, verdict: Verdict? = nil, failure: JournalError? = nil) {
        (self.message, self.verdict, self.failure) = (message, verdict, failure)
    }

    func find(_ query: Query) async throws(JournalError) -> Page {
        if let failure { throw failure }
        var page = Page()
        let all = deliveries.withLock { $0.values.sorted { $0.delivery.id < $1.delivery.id } }
        switch query {
        case .deliveries(let states, let destination, let after, let limit):
            let fit = all.filter {
                states.contains($0.state) && $0.delivery.id > after && (destination == nil || $0.delivery.destination == destination)
            }
            page.deliveries = Array(fit.prefix(limit))
            page.more = fit.count > limit
        case .delivery(let id): page.deliveries = all.filter { $0.delivery.id == id }
        case .message(let id) where id == message.envelope.id: page.messages = [stored(all)]
        case .controlID(let id) where id == message.envelope.controlID: page.messages = [stored(all)]
        case .audit(let seq):
            page.audit = [
                AuditEntry(
                    at: Instant(milliseconds: 0), by: "engine", what: "accepted", seq: seq, delivery: nil, attempt: nil, reason: nil)
            ]
        case .counts:
            page.counts.incoming = 3
            page.counts.open = ["letters/dmp": ["held": 1]]
        default: break
        }
        return page
    }

    private func stored(_ deliveries: [StoredDelivery]) -> StoredMessage {
        StoredMessage(message: message, state: .routed, verdict: verdict, trace: "route letters\ncheck ok", deliveries: deliveries, children: [])
    }

    func accept(_ acceptance: Acceptance, done: @escaping @Sendable (Result<Receipt, JournalError>) -> Void) { done(.failure(.closed)) }
    func spool(_ id: MessageID, received: Instant) throws(JournalError) -> (any BodySpool)? { nil }
    func bytes(of message: Message) async throws(JournalError) -> [UInt8] { [] }
    func restore(_ body: Body, of seq: Seq, now: Instant) async throws(JournalError) {}
    func following(_ heads: [Delivery], each: Int) async throws(JournalError) -> [Delivery] { [] }
    func unrouted(after seq: Seq, limit: Int) async throws(JournalError) -> [Unrouted] { [] }
    func plan(_ plans: [Plan], _ lease: Lease) async throws(JournalError) -> [DeliveryID] { [] }
    func lease() async throws(JournalError) -> Lease { Lease(epoch: 1) }
    func noteTime(_ now: Instant) async throws(JournalError) {}
    func timeNoted() async throws(JournalError) -> Instant? { nil }
    func bodiesKept() async throws(JournalError) -> [String: KeptBodies] { [:] }
    func removable(_ level: KeepLevel, rule: String, before: Instant, after seq: Seq, limit: Int) async throws(JournalError) -> RemovablePage {
        RemovablePage(found: [], next: nil)
    }
    func remove(_ level: KeepLevel, _ seqs: [Seq], now: Instant) async throws(JournalError) -> Removal { Removal(removed: [], rest: []) }
    func tidy() async throws(JournalError) -> Bool { false }
    func messages(of patient: PatientKeys, after seq: Seq, limit: Int) async throws(JournalError) -> PatientPage { PatientPage(found: [], next: nil) }
    func erase(_ seqs: [Seq], evenAwaited: Bool, by person: String, now: Instant) async throws(JournalError) -> [Erased] { [] }
    func scrub() async throws(JournalError) -> Bool { true }
    func due(
        _ lease: Lease, now: Instant, limit: Int, excluding: Set<Lane>, resting: Set<String>, of deliveryClass: DeliveryClass?
    ) async throws(JournalError) -> [Delivery] { [] }
    func nextDue(_ lease: Lease) async throws(JournalError) -> Instant? { nil }
    func settle(_ settlements: [Settlement], activate next: [DeliveryID], _ lease: Lease, now: Instant) async throws(JournalError) -> Settled {
        Settled(activated: [:], emitted: [])
    }
    func record(_ facts: [String: String], for delivery: DeliveryID, attempt: Int, _ lease: Lease) async throws(JournalError) {}
    func delivery(carrying tokens: [Token]) async throws(JournalError) -> StoredDelivery? { nil }
    func report(_ report: Report, on delivery: DeliveryID, carriedBy message: Seq, emitted: [Emitted], now: Instant) async throws(JournalError)
        -> [Message]
    { [] }
    func command(
        _ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, emitted: [Emitted], by person: String, now: Instant,
        tokens: @escaping @Sendable (Key128) -> [Token]
    ) async throws(JournalError) -> [Message] { [] }
    func blockedKeys() async throws(JournalError) -> [DeliveryID: OrderKeys] { [:] }
    func close() async {}
    func mark(_ seqs: Set<Seq>) async throws(JournalError) {}
    func marked() async throws(JournalError) -> Set<Seq> { [] }
    func note(_ word: GatewayWord, _ reason: Reason, by person: String, now: Instant) async throws(JournalError) {}
}

/// An engine that writes down what it is told.
final class ScriptedEngine: EngineControl {
    let told: Mutex<[String]> = Mutex([])
    let journal: ScriptedJournal
    let taking: Bool

    init(_ journal: ScriptedJournal, taking: Bool = true) { (self.journal, self.taking) = (journal, taking) }

    func command(_ command: OperatorCommand, on delivery: DeliveryID, expecting version: Int, by person: String) async throws(JournalError) {
        let current = journal.deliveries.withLock { $0[delivery]?.version }
        guard current == version else { throw .stale }
        let word = "\(command)".prefix { $0 != "(" }
        told.withLock { $0.append("\(word) \(delivery) \(version) \(person)") }
    }

    func resume(_ scope: String, by person: String) async throws(JournalError) -> Bool {
        told.withLock { $0.append("resume \(scope) \(person)") }
        return scope == "mss/pfi"
    }

    func erase(_ request: EraseBody) async throws(JournalError) -> ErasureReport {
        told.withLock { $0.append("erase \(request.facility) \(request.force) \(request.by ?? "")") }
        var report = ErasureReport()
        (report.messages, report.isScrubbed) = (2, true)
        return report
    }

    func reload(by person: String) async -> ReloadView {
        told.withLock { $0.append("reload \(person)") }
        let isTaken = person != "bad"
        return ReloadView(
            isTaken: isTaken, digest: "ab12", changes: isTaken ? [Text(fr: "route r : modifié", en: "route r: changed")] : [], released: 0,
            report: Text(fr: isTaken ? "" : "r.yaml:1:2: erreur", en: isTaken ? "" : "r.yaml:1:2: error"))
    }

    func health() async -> EngineHealth {
        EngineHealth(
            node: "demo-1", environment: "test", version: "0.1.0", uptime: 5, isTaking: taking, listeners: ["mllp-in": 6660],
            refusals: ["DocumentTypeNotFed": 2], tally: ["AUTOMATE": 1])
    }
}

/// Fixed chance.
struct NoChance: Randomness {
    func next() -> UInt64 { 42 }
}

/// A message, and deliveries of it, as tests need them.
enum Sample {
    static let message = Message(
        envelope: Envelope(
            id: MessageID(at: Instant(milliseconds: 1_768_473_060_123), NoChance()), listener: "mllp-in",
            partner: Partner(facility: "clinique", name: "DPI|CH"),
            received: Instant(milliseconds: 1_768_473_060_123), format: "hl7v2", controlID: "SGL/01"),
        body: .bytes([1, 2, 3]), digest: [], seq: 7)

    static func delivery(_ ordinal: Int, _ state: DeliveryState = .held, part: String = "", version: Int = 1) -> StoredDelivery {
        let delivery = Delivery(
            id: Delivery.id(7, ordinal), key: Key128(high: 0, low: 1), message: message, route: "letters", destination: "letters/dmp", sender: "dmp",
            part: Part(id: part), lane: Lane(5))
        let reason = Reason(
            "550", Text(fr: "Boîte inconnue.", en: "Unknown mailbox."),
            business: BusinessCode(code: "550", label: "Boîte", system: "SMTPERRORCODE"), detail: "550 5.1.1 <269029910900215@patient.mssante.fr>")
        return StoredDelivery(
            delivery: delivery, state: state, reason: reason, owner: .secretariat, due: nil, proof: nil, report: Report(.none),
            planned: Instant(milliseconds: 0), changed: Instant(milliseconds: 1), version: version)
    }

    static func journal(_ deliveries: StoredDelivery...) -> ScriptedJournal {
        let journal = ScriptedJournal(message: message, verdict: Verdict(.accepted))
        for stored in deliveries { journal.deliveries.withLock { $0[stored.delivery.id] = stored } }
        return journal
    }
}
