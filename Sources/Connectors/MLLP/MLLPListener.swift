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
            Field(
                "tls", .wordOr(["none"], .record(MLLPTLS.fields)),
                Text(
                    fr: "TLS ; none : en clair, à écrire si host n'est pas une adresse locale (127.0.0.1)",
                    en: "TLS; none: in clear, to be written where host is no loopback address (127.0.0.1)")),
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
    private let place = Held()

    /// The socket from `open` to the end of `run`.
    private final class Held: Sendable {
        let socket = Mutex<ListeningSocket?>(nil)
    }

    /// Partners and facilities are asked for message by message: a reload that changes them leaves the connections alone.
    package static var keeps: Surroundings { .nothing }
    /// It takes over the former one's socket, and accepts while that one's connections end.
    package var overlaps: Bool { true }

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
            guard ListeningSocket.isLoopback(host) || fields.text("tls") == "none" else {
                throw ConfigError(
                    "P0627",
                    Text(
                        fr: "écoute en clair sur \(host), joignable du réseau : donner tls, ou écrire « tls: none »",
                        en: "listens in clear on \(host), which the network reaches: give tls, or write \"tls: none\""),
                    at: fields.place(of: "host"))
            }
        }
        let settings = MLLPServer.Settings(
            frame: fields.integer("frame") ?? 50_000_000, idle: TimeAmount(fields.duration("idle") ?? .seconds(3600)),
            stall: TimeAmount(fields.duration("stall") ?? .seconds(60)), connections: fields.integer("connections") ?? 512)
        let reception = MLLPReception(
            listener: scope.name, environment: scope.node.environment, application: scope.node.software.name,
            engine: scope.engine, language: fields.text("language") == "en" ? .english : .french)
        server = MLLPServer(
            name: scope.name, settings: settings, reception: reception, trust: trust, requiresClient: fields.record("tls")?.text("clients") != "optional")
    }

    package static let admission = Admission.partners
    package var owns: [String] { port == 0 ? [] : ["tcp:\(port)"] }
    package var boundPort: Int? { get async { place.socket.withLock { $0?.port } } }

    package func open(_ former: [any Listener]) async throws(Reason) {
        guard place.socket.withLock({ $0 }) == nil else { return }
        let same = port == 0 ? nil : former.lazy.compactMap { $0 as? MLLPListener }.first { $0.host == host && $0.port == port }
        if let taken = same?.place.socket.withLock({ $0 }) { return place.socket.withLock { $0 = taken } }
        let opened = await server.engine.io.run("listen") { [host, port] in
            Result { () throws(Reason) in try ListeningSocket(host: host, port: port) }
        }
        let socket = try opened.get()
        place.socket.withLock { $0 = socket }
    }

    package func abandon() async { place.socket.withLock { $0 = nil } }

    package func refresh() {
        do throws(Reason) { try server.trust?.refresh() } catch { server.engine.logger.error("mllp \(server.name): \(error.text.en)") }
    }

    /// Listens until shutdown; then stops accepting, finishes what is in flight, writes the acknowledgements, closes.
    package func run() async throws {
        let outboxes = Outboxes()
        try await open([])
        defer { place.socket.withLock { $0 = nil } }
        guard let bound = await boundPort, let descriptor = try place.socket.withLock({ (socket) throws(Reason) in try socket?.duplicate() }) else { return }
        let listening = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 8192, maximum: 262_144))
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try prepare(channel, outboxes) } }
            .withBoundSocket(descriptor).get()
        server.engine.logger.notice("mllp \(server.name): listening on \(host):\(bound)\(context == nil ? "" : " (TLS)")")
        if context == nil, !ListeningSocket.isLoopback(host) {
            server.engine.logger.warning("mllp \(server.name): in clear on \(host), as the configuration says (tls: none)")
        }
        await waitForShutdown()
        try? await listening.close().get()
        // The port is free now, or wholly its new owner's: nobody waits in vain while the last answers leave.
        place.socket.withLock { $0 = nil }
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
