import Foundation
import HL7v2
import Logging
import NIOCore
import Pipeline
import Synchronization
import Testing
import Trust

@testable import Connectors

/// The wall clock.
struct SystemTime: Timekeeper {
    var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
    var uptime: UInt64 { DispatchTime.now().uptimeNanoseconds }
    func sleep(until deadline: Instant) async { try? await Task.sleep(for: deadline - now) }
}

struct SystemChance: Randomness {
    func next() -> UInt64 { UInt64.random(in: 0...UInt64.max) }
}

/// Runs blocking work on a thread of its own.
struct Threads: BlockingDoor {
    func run<T: Sendable>(_ scope: String, _ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in Thread.detachNewThread { continuation.resume(returning: work()) } }
    }
}

/// An engine's front that remembers what it got and answers by a script.
final class ScriptedIntake: Intake {
    struct Got: Sendable {
        let acceptance: Acceptance
        let content: (any Content)?
        var bytes: [UInt8] { if case .bytes(let bytes) = acceptance.message.body { bytes } else { [] } }
    }
    private let state = Mutex<[Got]>([])
    private let script: @Sendable (Acceptance) -> Answer?
    private let match: @Sendable (String, String, String?) -> PartnerMatch
    /// Answers that the script left open (nil), to be given by the test.
    let open = Mutex<[@Sendable (Answer) -> Void]>([])

    init(
        partner: @escaping @Sendable (String, String, String?) -> PartnerMatch = { application, code, _ in
            .known(Partner(facility: "clinique", name: application + "|" + code), .refuseReuse)
        }, script: @escaping @Sendable (Acceptance) -> Answer? = { _ in .accepted([]) }
    ) { (match, self.script) = (partner, script) }

    /// Knows everybody.
    init(_ script: @escaping @Sendable (Acceptance) -> Answer?) {
        match = { application, code, _ in .known(Partner(facility: "clinique", name: application + "|" + code), .refuseReuse) }
        self.script = script
    }

    var got: [Got] { state.withLock { $0 } }

    func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
        state.withLock { $0.append(Got(acceptance: acceptance, content: content)) }
        if let verdict = acceptance.verdict { return answer(.rejected(verdict.findings)) }
        // The journal answers from its own thread.
        if let known = script(acceptance) { Thread.detachNewThread { answer(known) } } else { open.withLock { $0.append(answer) } }
    }

    func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch { match(application, facilityCode, subject) }
}

extension EngineServices {
    static func scripted(_ intake: any Intake) -> EngineServices {
        EngineServices(
            intake: intake, journal: nil, time: SystemTime(), random: SystemChance(), digester: Digester { Digest.sha256($0) },
            hash: SipHash(secret: Key128(high: 1, low: 2)), io: Threads(), logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }
}

extension Scope {
    /// A scope for a component under test; secrets are files.
    static func test(_ intake: any Intake, environment: Pipeline.Environment = .test, trust: [String: TrustReference] = [:]) -> Scope {
        var node = NodeSettings()
        node.environment = environment
        node.trust = trust
        var facility = Facility()
        facility.name = "clinique"
        facility.identifiers = ["ipp": "1.2.250.1.999.7.1"]
        return Scope(
            name: "mllp-in", node: node, facilities: ["clinique": facility], facility: facility,
            secrets: SecretReader { (reference) throws(Reason) in
                guard case .file(let path) = reference, let data = FileManager.default.contents(atPath: path) else {
                    throw Reason("P0", Text(fr: "absent", en: "missing"))
                }
                return [UInt8](data)
            }, engine: .scripted(intake))
    }
}

extension Fields {
    static let nowhere = Place(file: "test.yaml", line: 1, column: 1)

    static func test(_ values: [String: Value]) -> Fields { Fields(values, at: nowhere) }
}

extension Fields.Value {
    static func text(_ text: String) -> Self { .text(text, Fields.nowhere) }
    static func integer(_ number: Int) -> Self { .integer(number, Fields.nowhere) }
    static func duration(_ duration: Duration) -> Self { .duration(duration, Fields.nowhere) }
    static func file(_ path: String) -> Self { .secret(.file(path), Fields.nowhere) }
    static func texts(_ texts: [String]) -> Self { .list(texts.map { .text($0) }, Fields.nowhere) }
}

/// A listener that runs while `body` does; then it is shut down as cancellation does it.
func withListener(
    _ intake: any Intake, _ values: [String: Fields.Value] = [:], environment: Pipeline.Environment = .test, trust: [String: TrustReference] = [:],
    _ body: @escaping @Sendable (MLLPListener, Int) async throws -> Void
) async throws {
    let all = values.merging(["host": .text("127.0.0.1"), "port": .integer(0)]) { mine, _ in mine }
    let listener = try MLLPListener(.test(all), .test(intake, environment: environment, trust: trust))
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await listener.run() }
        try await eventually { await listener.boundPort != nil }
        let port = await listener.boundPort ?? 0
        group.addTask { try await body(listener, port) }
        try await group.next()
        group.cancelAll()
    }
}

/// A plain TCP client without NIO: what a foreign program would do.
final class RawClient: Sendable {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Content of the next frame, or nil at the end of the connection.
    func frame() -> [UInt8]? {
        var bytes = [UInt8]()
        var byte: UInt8 = 0
        while recv(descriptor, &byte, 1, 0) == 1 {
            bytes.append(byte)
            if bytes.suffix(2) == [0x1C, 0x0D] { return Array(bytes.dropFirst().dropLast(2)) }
        }
        return nil
    }

    /// True once the peer has closed and nothing is left to read.
    func isAtEnd() -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, 0) <= 0
    }
}

/// Blocking calls of a test, off the cooperative pool.
func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

func framed(_ bytes: [UInt8]) -> [UInt8] { [0x0B] + bytes + [0x1C, 0x0D] }

/// An ADT of a patient who does not exist.
func adt(_ id: String, processing: String = "T", application: String = "DPI", charset: String = "UNICODE UTF-8", extra: String = "") -> [UInt8] {
    Array(
        ("MSH|^~\\&|\(application)|CH|PFI|CH|20260101120000||ADT^A03^ADT_A03|\(id)|\(processing)|2.5|||||FRA|\(charset)\r"
            + "PID|1||700012^^^CH&1.2.250.1.999.7.1&ISO^PI~269029910900215^^^X&1.2.250.1.213.1.4.10&ISO^INS||EXEMPLE^ZOÉ|||||||||||||26000451\r" + extra).utf8)
}

/// What an acknowledgement says.
func ack(_ bytes: [UInt8]?) throws -> HL7Message { try HL7Message(#require(bytes)) }

struct POSIXError: Error {
    enum Code: Sendable { case ECONNREFUSED }
    let code: Code
    init(_ code: Code) { self.code = code }
}
