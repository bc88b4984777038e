import Foundation
import HL7v2
import Pipeline
import Synchronization
import Testing

@testable import Connectors

extension Outcome {
    var isDelivered: Bool { if case .delivered = self { true } else { false } }
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
    var isDeferred: Bool { if case .deferred = self { true } else { false } }
}

extension Delivery {
    /// A delivery of these bytes.
    static func test(_ bytes: [UInt8]) -> Delivery {
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: "x", partner: Partner(facility: "clinique", name: "x"), received: Instant(milliseconds: 0),
            format: "hl7v2", controlID: "x")
        return Delivery(
            id: 1, key: Key128(high: 1, low: 1), message: Message(envelope: envelope, body: .bytes(bytes), digest: []), route: "r", destination: "r/d",
            sender: "dpi", part: Part(), lane: Lane(1))
    }
}

extension Attempt {
    static func test(_ bytes: [UInt8]) -> Attempt {
        Attempt(time: Instant(milliseconds: 0), record: { _ throws(JournalError) in }, bytes: { () throws(JournalError) in bytes })
    }
}

/// A far end in plain sockets that does with each frame what a script says.
final class ScriptedFarEnd: Sendable {
    enum Act: Sendable {
        case answer([UInt8])
        case raw([UInt8])
        case close
        case silence
    }
    let port: Int
    private let listening: Int32
    private let received = Mutex<[[UInt8]]>([])
    private let count = Mutex(0)
    private let stopped = Mutex(false)

    var frames: [[UInt8]] { received.withLock { $0 } }
    var connections: Int { count.withLock { $0 } }

    /// `script` gives the acts for the n-th frame (from 0); `readsNothing`: closes each connection at once.
    init(readsNothing: Bool = false, _ script: @escaping @Sendable (Int, [UInt8]) -> [Act]) throws {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listening = listening
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listening, $0, length) == 0 && getsockname(listening, $0, &length) == 0 }
        }
        guard bound, listen(listening, 10) == 0 else { throw POSIXError(.ECONNREFUSED) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listening, nil, nil)
                if connection < 0 {
                    Glibc.close(listening)
                    stopped.withLock { $0 = true }
                    return
                }
                count.withLock { $0 += 1 }
                if readsNothing { Glibc.close(connection) } else { Thread.detachNewThread { [self] in serve(connection, script) } }
            }
        }
    }

    /// Its own thread closes the socket: a number that is used again must not be listened on.
    func stop() {
        shutdown(listening, Int32(SHUT_RDWR))
        while !stopped.withLock({ $0 }) { usleep(1000) }
    }

    private func serve(_ connection: Int32, _ script: @Sendable (Int, [UInt8]) -> [Act]) {
        defer { Glibc.close(connection) }
        var bytes = [UInt8]()
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) == 1 {
            bytes.append(byte)
            guard bytes.suffix(2) == [0x1C, 0x0D] else { continue }
            let frame = Array(bytes.dropFirst().dropLast(2))
            bytes = []
            let number = received.withLock { all in
                all.append(frame)
                return all.count - 1
            }
            for act in script(number, frame) {
                switch act {
                case .answer(let answer): write(framed(answer), to: connection)
                case .raw(let answer): write(answer, to: connection)
                case .close: return
                case .silence: break
                }
            }
        }
    }

    private func write(_ bytes: [UInt8], to connection: Int32) { _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } }
}

/// An acknowledgement of a frame.
func answer(_ code: String, to frame: [UInt8], id: String? = nil, err: String = "") -> [UInt8] {
    let control = id ?? HL7Message.peek(frame)?["MSH-10"] ?? ""
    return Array("MSH|^~\\&|D|C|P|C|20260101||ACK|A1|P|2.5|||||FRA|UNICODE UTF-8\rMSA|\(code)|\(control)\r\(err)".utf8)
}

@Suite struct MLLPSenderTests {
    private func sender(_ port: Int, _ more: [String: Fields.Value] = [:]) throws -> MLLPSender {
        let fields: [String: Fields.Value] = [
            "host": .text("127.0.0.1"), "port": .integer(port), "answer": .duration(.seconds(60)), "connect": .duration(.seconds(60)),
        ]
        return try MLLPSender(.test(fields.merging(more) { _, new in new }), .test(ScriptedIntake()))
    }

    private func deliver(_ id: String = "Q1", within limit: Duration = .seconds(60), _ script: @escaping @Sendable (Int, [UInt8]) -> [ScriptedFarEnd.Act])
        async throws -> Outcome
    {
        let far = try ScriptedFarEnd(script)
        defer { far.stop() }
        return try await sender(far.port, ["answer": .duration(limit)]).deliver(.test(adt(id)), .test(adt(id)))
    }

    @Test("AA is delivered; the proof holds the far end's own id, no patient data")
    func accepted() async throws {
        let outcome = try await deliver { _, frame in [.answer(answer("AA", to: frame))] }
        #expect(outcome == .delivered(Proof(answer: "AA", facts: ["ack": "A1"])))
    }

    @Test("AE is refused with the code, the place and the business code of ERR; what the far end wrote stays hidden")
    func refused() async throws {
        let outcome = try await deliver { _, frame in
            [.answer(answer("AE", to: frame, err: "ERR||PID^1^3|207^x^messageErrorCondition|E|902^Patient inconnu^applicationErrorCondition|||Mme EXEMPLE\r"))]
        }
        guard case .refused(let reason) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(reason.code == "207" && reason.location == "PID-3" && reason.business?.code == "902")
        #expect(reason.detail?.revealed == "Mme EXEMPLE" && !"\(reason)".contains("Mme EXEMPLE"))
        let bare = try await deliver { _, frame in [.answer(answer("AE", to: frame))] }
        #expect({ if case .refused(let reason) = bare { reason.code == "207" } else { false } }())
    }

    @Test("AR is deferred: a busy far end rests as a whole; a type it will never take makes this message wait alone")
    func deferred() async throws {
        let busy = try await deliver { _, frame in [.answer(answer("AR", to: frame))] }
        #expect({ if case .deferred(let reason, _, true) = busy { reason.code == Reasons.farEndAwayCode } else { false } }())
        let type = try await deliver { _, frame in [.answer(answer("AR", to: frame, err: "ERR|||200^x^y|E\r"))] }
        #expect({ if case .deferred(let reason, _, _) = type { reason.code == "200" } else { false } }())
    }

    @Test("CA is no answer: the wait for AA goes on, and ends unknown; another message's answer is not taken for ours")
    func waits() async throws {
        let both = try await deliver { _, frame in
            [.answer(answer("CA", to: frame)), .answer(answer("AA", to: frame, id: "OTHER")), .raw([0x0D, 0x41]), .answer(answer("AA", to: frame))]
        }
        #expect(both.isDelivered)
        let commit = try await deliver(within: .milliseconds(300)) { _, frame in [.answer(answer("CA", to: frame))] }
        #expect(commit == MLLPFailure.timeout)
        let other = try await deliver(within: .milliseconds(300)) { _, frame in [.answer(answer("AA", to: frame, id: "OTHER"))] }
        #expect(other == MLLPFailure.timeout)
    }

    @Test(
        "Silence, garbage, and a connection closed after the message are unknown",
        arguments: [
            [ScriptedFarEnd.Act.silence], [.close], [.answer(Array("hello".utf8))], [.answer([])], [.raw([0x0B, 0x41]), .close],
            [.answer(Array("MSH|^~\\&|A\r".utf8))],
            [.raw(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))],
        ])
    func unknown(acts: [ScriptedFarEnd.Act]) async throws {
        let outcome = try await deliver(within: .milliseconds(300)) { _, _ in acts }
        #expect(outcome.isUnknown)
    }

    @Test("A far end that is not there, or closes before the message left whole, is deferred")
    func away() async throws {
        let far = try ScriptedFarEnd { _, _ in [] }
        far.stop()
        let outcome = try await sender(far.port).deliver(.test(adt("1")), .test(adt("1")))
        #expect({ if case .deferred(let reason, _, true) = outcome { reason.code == Reasons.farEndAwayCode } else { false } }())
        let probed = try await sender(far.port).probe()
        #expect(probed?.code == Reasons.farEndAwayCode)
        let closing = try ScriptedFarEnd(readsNothing: true) { _, _ in [] }
        defer { closing.stop() }
        // Larger than all buffers: its end block cannot have left.
        let big = adt("2", extra: "NTE|1||" + String(repeating: "A", count: 20_000_000) + "\r")
        let cut = try await sender(closing.port).deliver(.test(big), .test(big))
        #expect(cut.isDeferred)
    }

    @Test("One connection serves many messages; after a time-out or a close a new one is made, and a late answer is nobody's")
    func reconnects() async throws {
        let far = try ScriptedFarEnd { number, frame in
            switch number {
            case 2: [.silence]
            case 4: [.answer(answer("AA", to: frame)), .close]
            default: [.answer(answer("AA", to: frame))]
            }
        }
        defer { far.stop() }
        let sender = try sender(far.port, ["answer": .duration(.seconds(5))])
        var outcomes = [Bool]()
        for number in 0..<7 {
            outcomes.append(await sender.deliver(.test(adt("N\(number)")), .test(adt("N\(number)"))).isDelivered)
            // Until our loop has seen it, a connection that the far end closed takes one message more.
            if number == 4 { try await eventually { sender.restingCount == 0 } }
        }
        #expect(outcomes == [true, true, false, true, true, true, true])
        #expect(far.connections == 3)
        #expect(sender.afterUnknown == .sendAgain && sender.concurrency == 1)
    }

    @Test("A message without MSH-10 is refused: nothing could acknowledge it")
    func nameless() async throws {
        let outcome = try await deliver("") { _, _ in [] }
        #expect({ if case .refused = outcome { true } else { false } }())
    }

    @Test("Rewritten bytes are recorded by digest before they leave; others after an unknown are held (design §5)")
    func sameBytes() async throws {
        let far = try ScriptedFarEnd { _, frame in [.answer(answer("AA", to: frame))] }
        defer { far.stop() }
        let sender = try sender(far.port)
        let recorded = Mutex<[String: String]>([:])
        var delivery = Delivery.test(adt("R1"))
        delivery.rewritten = adt("R1")
        let attempt = Attempt(
            time: Instant(milliseconds: 0), record: { facts throws(JournalError) in recorded.withLock { $0.merge(facts) { $1 } } },
            bytes: { () throws(JournalError) in adt("R1") })
        let first = await sender.deliver(delivery, attempt)
        #expect(first.isDelivered && recorded.withLock { $0["digest"]?.utf8.count == 64 })
        delivery.wasUnknown = true
        delivery.facts = recorded.withLock { $0 }
        let again = await sender.deliver(delivery, attempt)
        #expect(again.isDelivered)
        (delivery.facts["digest"], delivery.isRebound) = ("other", true)
        guard case .held = await sender.deliver(delivery, attempt) else {
            Issue.record("sent")
            return
        }
        #expect(far.frames.count == 2)
    }
}
