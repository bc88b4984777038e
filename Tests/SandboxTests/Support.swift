import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Sandbox
import Testing
import Trust

func repository(_ here: String = #filePath) -> String { here.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } }
func file(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
func fixture(_ name: String) throws -> String { String(decoding: try file(repository() + "/Tests/Fixtures/dmp/" + name), as: UTF8.self) }
func now() -> Int64 { Int64(time(nil)) }

/// The throw-away PKI: `PASSERELLE_PKI`, or one that the tests of all modules share for a day.
enum PKI {
    static let folder: String = {
        if let given = getenv("PASSERELLE_PKI") { return String(cString: given) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "passerelle-test-pki-\(getuid())").path
        let status = system("'\(repository())/Deploy/pki.sh' '\(folder)' > /dev/null")
        if status != 0 { Issue.record("pki.sh failed") }
        return folder
    }()
    static func path(_ name: String) -> String { folder + "/" + name }
    static func certificate(_ name: String) throws -> Certificate { try Certificate(pem: file(path(name + ".pem"))) }
    static func key(_ name: String) throws -> PrivateKey { try PrivateKey(pem: file(path(name + ".key"))) }
}

/// A sandbox on free ports, with a folder of its own.
final class Bench: Sendable {
    let server: SandboxServer
    let folder: String

    init(_ change: (inout SandboxConfig.DMP) -> Void = { _ in }) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sandbox-\(Digest.hex(RandomBytes.make(6)))").path
        var dmp = SandboxConfig.DMP(
            tls: .init(
                certificate: PKI.path("dmp/server.chain.pem"), key: PKI.path("dmp/server.key"), authorities: PKI.path("igc/ca.pem"),
                revocationLists: PKI.path("igc/ca.crl")), homologations: ["NUMERO-FICTIF"])
        change(&dmp)
        let root = repository()
        server = SandboxServer(
            SandboxConfig(
                output: folder, schemas: root + "/Mappings/schemas", tables: root + "/Mappings/tables", dmp: dmp, control: .init(), smtp: .init(),
                mllp: .init()))
        try await server.start()
    }

    func stop() async {
        await server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// `dmp/N/outcome.json`, once it is there.
    func outcome(_ number: Int) async throws -> Outcome {
        let path = "\(folder)/dmp/\(number)/outcome.json"
        for _ in 0..<3000 where !FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: .milliseconds(20)) }
        return try JSONDecoder().decode(Outcome.self, from: Data(try file(path)))
    }
}

/// What the tests read of `outcome.json`.
struct Outcome: Codable {
    struct Fault: Codable {
        let code: String
        let rule: String
        let found: String
    }
    struct Document: Codable {
        let file: String?
        let entryUUID: String?
        let status: String?
    }
    let result: String
    let answered: Bool
    let injected: String?
    let errors: [Fault]
    let documents: [Document]
    let replaced: [String]
}

/// A bare HTTP client: what was sent is exactly what the test wrote.
struct Wire {
    struct Answer {
        let status: Int
        let body: String
    }

    /// Nil when the connection closed without an answer.
    static func post(_ path: String, _ type: String, _ body: [UInt8], to port: Int, as client: String?, method: String = "POST") async throws -> Answer? {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(PKI.path("igc/ca.pem"))
        if let client {
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(PKI.path(client + ".chain.pem")).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: PKI.path(client + ".key"), format: .pem))
        }
        let context = try NIOSSLContext(configuration: tls)
        let head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        let bytes = try await talk(port, Array(head.utf8) + body) { try NIOSSLClientHandler(context: context, serverHostname: "localhost") }
        return parse(bytes)
    }

    /// Plain HTTP, for the control port.
    static func control(_ method: String, _ path: String, _ json: String = "", to port: Int) async throws -> Answer? {
        let head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(json.utf8.count)\r\nConnection: close\r\n\r\n"
        return parse(try await talk(port, Array((head + json).utf8)) { nil })
    }

    private static func parse(_ bytes: [UInt8]) -> Answer? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n"), let status = Int(text.split(separator: " ").dropFirst().first ?? "") else { return nil }
        return Answer(status: status, body: String(text[end.upperBound...]))
    }

    /// Sends bytes, gives what came back until the end of the connection, or until `until` holds.
    static func talk(
        _ port: Int, _ bytes: [UInt8], until: @escaping @Sendable ([UInt8]) -> Bool = { _ in false },
        _ handler: @escaping @Sendable () throws -> NIOSSLClientHandler?
    ) async throws -> [UInt8] {
        let group = MultiThreadedEventLoopGroup.singleton
        let promise = group.any().makePromise(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: group).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls = try handler() { try channel.pipeline.syncOperations.addHandler(tls) }
                try channel.pipeline.syncOperations.addHandler(Collector(promise: promise, until: until))
            }
        }.connect(host: "127.0.0.1", port: port).get()
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
        let answer = try await promise.futureResult.get()
        try? await channel.close()
        return answer
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private var bytes: [UInt8] = []
        private var isDone = false
        private let promise: EventLoopPromise<[UInt8]>
        private let until: ([UInt8]) -> Bool

        init(promise: EventLoopPromise<[UInt8]>, until: @escaping ([UInt8]) -> Bool) {
            self.promise = promise
            self.until = until
        }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
            if until(bytes) { finish() }
        }
        func channelInactive(context: ChannelHandlerContext) { finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
        private func finish() {
            if !isDone { promise.succeed(bytes) }
            isDone = true
        }
    }
}
