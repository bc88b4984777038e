import Glibc
import HL7v2
import Logging
import NIOCore
import NIOPosix
import NIOSSL
package import Pipeline
import ServiceLifecycle
import Synchronization
import Trust

/// `mllp`: receives HL7 v2 over TCP, with or without TLS, and answers each message once it is journaled and judged (design §5).
package struct MLLPListener: Listener {
    package static let spec = Spec(
        "mllp", Text(fr: "reçoit HL7 v2 par MLLP", en: "receives HL7 v2 over MLLP"),
        [
            Field("host", .text, default: "0.0.0.0", Text(fr: "adresse d'écoute", en: "address to listen on")),
            Field("port", .integer(0...65_535), required: true, Text(fr: "port d'écoute", en: "port to listen on"), example: "6660"),
            Field("tls", .record(MLLPTLS.fields), Text(fr: "TLS ; absent : en clair", en: "TLS; absent: in clear")),
            Field("frame", .bytes, default: "50 MB", Text(fr: "taille maximale d'un message", en: "largest message")),
            Field("idle", .duration, default: "1 h", Text(fr: "silence toléré entre deux messages", en: "silence allowed between messages")),
            Field("stall", .duration, default: "60 s", Text(fr: "silence toléré à l'intérieur d'un message", en: "silence allowed inside a message")),
            Field("connections", .integer(1...100_000), default: "512", Text(fr: "connexions simultanées", en: "connections at a time")),
            Field("language", .choice(["fr", "en"]), default: "fr", Text(fr: "langue des textes d'erreur (ERR-8)", en: "language of error texts (ERR-8)")),
        ])

    private let host: String
    private let port: Int
    private let context: NIOSSLContext?
    let server: MLLPServer
    private let bound = Bound()

    /// The port once it is known.
    private final class Bound: Sendable {
        let port = Mutex<Int?>(nil)
    }

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        var trust: MLLPTrust?
        host = fields.text("host") ?? "0.0.0.0"
        port = fields.integer("port") ?? 0
        if let tls = fields.record("tls") {
            let judge = try MLLPTLS.trust(tls, scope, .client)
            context = try MLLPTLS.server(tls, scope, judge)
            trust = tls.text("clients") == "none" ? nil : judge
        } else {
            context = nil
        }
        let settings = MLLPServer.Settings(
            frame: fields.integer("frame") ?? 50_000_000, idle: TimeAmount(fields.duration("idle") ?? .seconds(3600)),
            stall: TimeAmount(fields.duration("stall") ?? .seconds(60)), connections: fields.integer("connections") ?? 512)
        let reception = MLLPReception(
            listener: scope.name, environment: scope.node.environment, facilities: scope.facilities, application: scope.node.software.name,
            engine: scope.engine, language: fields.text("language") == "en" ? .english : .french)
        server = MLLPServer(
            name: scope.name, settings: settings, reception: reception, trust: trust, requiresClient: fields.record("tls")?.text("clients") != "optional")
    }

    package var owns: [String] { port == 0 ? [] : ["tcp:\(port)"] }
    package var boundPort: Int? { get async { bound.port.withLock { $0 } } }

    /// Listens until shutdown; then stops accepting, finishes what is in flight, writes the acknowledgements, closes.
    package func run() async throws {
        let outboxes = Outboxes()
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 8192, maximum: 262_144))
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try prepare(channel, outboxes) } }
            .bind(host: host, port: port).get()
        bound.port.withLock { $0 = listening.localAddress?.port }
        server.engine.logger.notice("mllp \(server.name): listening on \(host):\(listening.localAddress?.port ?? port)\(context == nil ? "" : " (TLS)")")
        await waitForShutdown()
        try? await listening.close().get()
        await drain()
    }

    private func prepare(_ channel: any Channel, _ outboxes: Outboxes) throws {
        guard server.admit(channel) else {
            server.engine.logger.warning("mllp \(server.name): too many connections")
            throw ChannelError.alreadyClosed
        }
        let peer = MLLPPeer(address: channel.remoteAddress.map { $0.ipAddress ?? "?" } ?? "?")
        if let context { try channel.pipeline.syncOperations.addHandler(tlsHandler(context, peer, channel.eventLoop)) }
        try channel.pipeline.syncOperations.addHandler(MLLPConnection(server: server, outbox: outboxes.of(channel.eventLoop), peer: peer))
    }

    private func tlsHandler(_ context: NIOSSLContext, _ peer: MLLPPeer, _ loop: any EventLoop) -> NIOSSLServerHandler {
        guard let trust = server.trust else { return NIOSSLServerHandler(context: context) }
        let bound = NIOLoopBound(peer, eventLoop: loop)
        return NIOSSLServerHandler(context: context) { certificates, promise in
            switch trust.judge(certificates) {
            case .accepted(let certificate):
                bound.value.subject = certificate.subject
                promise.succeed(.certificateVerified)
            case .refused(let reason, let certificate):
                bound.value.refusal = reason.text.en + (certificate.map { " (\($0.subject))" } ?? "")
                promise.succeed(.failed)
            }
        }
    }

    /// Suspends until shutdown; meanwhile the revocation lists are read again every five minutes.
    private func waitForShutdown() async {
        await withTaskGroup(of: Void.self) { group in
            if let trust = server.trust {
                group.addTask { [server] in
                    let time = server.engine.time
                    while !Task.isCancelled {
                        await time.sleep(until: time.now + .seconds(300))
                        await server.engine.io.run("trust") {
                            do throws(Reason) { try trust.refresh() } catch { server.engine.logger.error("mllp \(server.name): \(error.text.en)") }
                        }
                    }
                }
            }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func drain() async {
        let time = server.engine.time
        let deadline = time.now + .seconds(10)
        server.quiesce()
        while server.connectionCount > 0, time.now < deadline { await time.sleep(until: time.now + .milliseconds(10)) }
        server.closeAll()
    }

    /// One outbox an event loop.
    private final class Outboxes: Sendable {
        private let all = Mutex<[ObjectIdentifier: MLLPOutbox]>([:])

        func of(_ loop: any EventLoop) -> MLLPOutbox {
            all.withLock { all in
                if let known = all[ObjectIdentifier(loop)] { return known }
                let fresh = MLLPOutbox(loop: loop)
                all[ObjectIdentifier(loop)] = fresh
                return fresh
            }
        }
    }
}
