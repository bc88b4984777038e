import PipelineTesting
import Synchronization
import Testing

@testable import Pipeline

@Suite("A merge among the documents of both identities")
struct MergeTests {
    /// A far end whose lanes go by INS first, as the DMP's; or by patient and recipient, as mail's.
    private struct Ordered: Sender {
        static let spec = Spec("ordered", Text(fr: "", en: ""))
        let byRecipient: Bool
        init(byRecipient: Bool) { self.byRecipient = byRecipient }
        init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { byRecipient = false }
        var afterUnknown: AfterUnknown { .sendAgain }
        func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome { .delivered(Proof(answer: "ok")) }
        func laneKey(_ keys: OrderKeys, _ part: Part) -> UInt64 {
            let patient = keys.ins != 0 ? keys.ins : keys.patient != 0 ? keys.patient : keys.connection
            return byRecipient ? SipHash(secret: Key128(high: 1, low: 1)).key(String(patient), part.id).high : patient
        }
    }
    private static let senders: [String: any Sender] = [
        "ipp": StubSender { _ in .delivered(Proof(answer: "ok")) }, "ins": Ordered(byRecipient: false), "mail": Ordered(byRecipient: true),
    ]

    private func lanes(_ sender: String, _ keys: OrderKeys, bulk: Bool, notes: [String: String] = [:]) throws -> (own: Lane, barriers: [Lane]) {
        let route = EngineHarness.route(to: sender, classRule: .always(bulk ? .bulk : .today))
        let configuration = EngineHarness.configuration("c", Self.senders, [route])
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: "in", partner: Partner(facility: "f", name: "p"), received: ManualClock().now, format: "lines",
            controlID: "c", keys: keys, notes: notes)
        let message = Message(envelope: envelope, body: .bytes(Array("a=1".utf8)), digest: [1], seq: 1)
        let reading = Reading(message: message, content: try LinesFormat().read(Array("a=1".utf8)), bytes: Array("a=1".utf8))
        let examiner = Examiner(configuration: configuration, hash: SipHash(secret: Key128(high: 1, low: 2)))
        let delivery = try #require(examiner.examine(reading, [route], verdict: Verdict(.accepted)).deliveries.first)
        return (delivery.lane, delivery.barriers)
    }

    @Test(
        "it holds back every lane in which a document of either identity may stand: by local identifier and by INS, for today and in bulk; no other lane",
        arguments: ["ipp", "ins", "mail"], [false, true])
    func lanes(_ sender: String, inBulk: Bool) throws {
        func keys(_ patient: UInt64, _ ins: UInt64, merged: UInt64 = 0) -> OrderKeys {
            var keys = OrderKeys()
            (keys.patient, keys.ins, keys.merged, keys.connection) = (patient, ins, merged, 99)
            return keys
        }
        let merge = try lanes(sender, keys(1, 11, merged: 2), bulk: inBulk, notes: [Envelope.mergedINSNote: String(12, radix: 16)])
        let held = Set(merge.barriers + [merge.own])
        #expect(held.count == merge.barriers.count + 1, "a lane twice")
        for mine in [keys(1, 0), keys(1, 11), keys(0, 11), keys(2, 0), keys(2, 12), keys(0, 12)] {
            for bulk in [false, true] {
                let own = try lanes(sender, mine, bulk: bulk)
                #expect(held.contains(own.own), "patient \(mine.patient), INS \(mine.ins), bulk \(bulk)")
                #expect(own.barriers.isEmpty)
            }
        }
        for other in [keys(3, 0), keys(3, 13), keys(0, 13), keys(0, 0)] {
            for bulk in [false, true] {
                let own = try lanes(sender, other, bulk: bulk)
                #expect(!held.contains(own.own))
            }
        }
    }

    @Test("what is planned while its sender is missing stands in the lanes of all its patient's names: by any of them the sender may go once it is there")
    func missing() throws {
        var keys = OrderKeys()
        (keys.patient, keys.ins, keys.connection) = (1, 11, 99)
        let missing = try lanes("gone", keys, bulk: false), held = Set(missing.barriers + [missing.own])
        for sender in ["ipp", "ins"] { #expect(held.contains(try lanes(sender, keys, bulk: false).own), "\(sender)") }
        (keys.patient, keys.ins) = (2, 12)
        for sender in ["ipp", "ins"] { #expect(!held.contains(try lanes(sender, keys, bulk: false).own)) }
    }

    @Test("it leaves after what both identities had before it, history included, and before what either gets later")
    func order() async throws {
        let isOpen = Mutex(false)
        let sender = StubSender { delivery in
            let control = delivery.message.envelope.controlID
            guard isOpen.withLock({ $0 }) || control == "stranger" else {
                return .deferred(Reason("P0999", Text(fr: "plus tard", en: "later")), retryAfter: .milliseconds(control == "b-bulk" ? 5000 : 50))
            }
            return .delivered(Proof(answer: "ok"))
        }
        let path = ValueTest.Subject.path("history", LinesFormat.LinePath(name: "history"))
        let isHistory = Condition.test(ValueTest(subject: path, predicate: .exists(true), text: "history", place: Place(file: "r.yaml", line: 1, column: 1)))
        let route = EngineHarness.route(classRule: .bulk(when: isHistory))
        let harness = try await EngineHarness(senders: ["s": sender], routes: [route])
        try await harness.run {
            harness.receive("a-today", patient: 1)
            harness.receive("b-bulk", "history=1", patient: 2)
            harness.receive("a-ins", patient: 0, ins: 11)
            try await harness.until { try await harness.states().count == 3 }
            harness.receive("merge", patient: 1, ins: 11, merged: 2)
            try await harness.until { try await harness.states().count == 4 }
            harness.receive("b-later", patient: 2)
            harness.receive("a-later-bulk", "history=1", patient: 1)
            harness.receive("ins-later", patient: 0, ins: 11)
            harness.receive("stranger", patient: 3)
            try await harness.until { sender.controls.contains("stranger") }
            isOpen.withLock { $0 = true }
            try await harness.until { try await harness.deliveredCount() == 8 }
        }
        let left = sender.sent.map(\.control), last = Dictionary(left.enumerated().map { ($1, $0) }) { max($0, $1) }
        let merge = try #require(last["merge"])
        #expect(left.count { $0 == "merge" } == 1, "it was tried before its turn: \(left)")
        for before in ["a-today", "b-bulk", "a-ins"] { #expect(last[before] ?? .max < merge, "\(before) left after the merge: \(left)") }
        for after in ["b-later", "a-later-bulk", "ins-later"] { #expect(left.firstIndex(of: after) ?? 0 > merge, "\(after) left before the merge: \(left)") }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isSet: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }

    @Test("a merge that waits, and that another gateway has planned meanwhile, holds nobody back: its turn finds nothing to plan")
    func planned() async throws {
        let sender = StubSender { _ in .delivered(Proof(answer: "ok")) }, isMended = Flag()
        let harness = try await EngineHarness(senders: ["s": sender], routes: [EngineHarness.route(steps: [FailingStep { !isMended.isSet }])])
        try await harness.run {
            harness.receive("m1", patient: 2)
            try await harness.until { try await harness.states() == [.held] }
            isMended.set()
            harness.receive("merge", patient: 1, merged: 2)
            try await harness.until { try await harness.journal.unrouted(after: 1, limit: 9).first?.verdict != nil }
            harness.receive("m3", patient: 1)
            try await harness.until { try await harness.journal.unrouted(after: 2, limit: 9).first?.verdict != nil }
            // As another gateway that took the merge over would.
            _ = try await harness.journal.plan([Plan(seq: 2, verdict: Verdict(.accepted), deliveries: [])], try await harness.journal.lease())
            try await Commands(engine: harness.engine).perform(.release, on: Delivery.id(1, 0), by: "anne")
            try await harness.until { sender.controls.contains("m3") }
        }
        #expect(sender.controls == ["m1", "m3"])
    }
}
