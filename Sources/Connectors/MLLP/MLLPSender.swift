import HL7v2
import Logging
import NIOCore
import NIOPosix
import NIOSSL
package import Pipeline
import Synchronization
import Trust

/// `mllp`: sends HL7 v2 over TCP, with or without TLS, one message in flight on a connection, and reads the acknowledgement.
package struct MLLPSender: Sender {
    package static let spec = Spec(
        "mllp", Text(fr: "envoie HL7 v2 par MLLP", en: "sends HL7 v2 over MLLP"),
        [
            Field("host", .text, required: true, Text(fr: "destinataire", en: "far end"), example: "127.0.0.1"),
            Field("port", .integer(1...65_535), required: true, Text(fr: "port du destinataire", en: "port of the far end"), example: "6661"),
            Field("tls", .record(MLLPTLS.fields), Text(fr: "TLS ; absent : en clair", en: "TLS; absent: in clear")),
            Field("connect", .duration, default: "10 s", Text(fr: "délai de connexion", en: "time to connect")),
            Field("answer", .duration, default: "30 s", Text(fr: "délai de l'acquittement", en: "time to wait for the acknowledgement")),
            Field("connections", .integer(1...64), default: "1", Text(fr: "connexions simultanées", en: "connections at a time")),
        ])

    package static let demand = SenderDemand(format: "hl7v2")

    private let name: String
    private let host: String
    private let port: Int
    private let answer: TimeAmount
    package let patience: Duration
    private let connect: TimeAmount
    private let serverName: String
    private let context: NIOSSLContext?
    private let trust: MLLPTrust?
    private let namesAreListed: Bool
    private let digester: Digester
    private let logger: Logger
    private let pool = Pool()
    package let concurrency: Int

    /// The same message with the same id: a repeat is answered the same by a receiver that keeps the rules.
    package var afterUnknown: AfterUnknown { .sendAgain }
    package var sendsRewritten: Bool { true }

    package static var keeps: Surroundings { .nothing }

    package func refresh() {
        do throws(Reason) { try trust?.refresh() } catch { logger.error("mllp \(name): \(error.text.en)") }
    }

    package func retire() {
        let resting = pool.idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for link in resting { link.channel.close(promise: nil) }
    }

    /// Connections that rest between messages.
    private final class Pool: Sendable {
        let idle = Mutex<[Link]>([])
    }

    /// How many connections rest and are still open.
    var restingCount: Int { pool.idle.withLock { $0.count { $0.channel.isActive } } }

    private struct Link: Sendable {
        let channel: any Channel
        let exchange: NIOLoopBound<MLLPExchange>
    }

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = scope.name
        (digester, logger) = (scope.engine.digester, scope.engine.logger)
        host = fields.text("host") ?? ""
        port = fields.integer("port") ?? 0
        answer = TimeAmount(fields.duration("answer") ?? .seconds(30))
        patience = (fields.duration("connect") ?? .seconds(10)) + (fields.duration("answer") ?? .seconds(30))
        connect = TimeAmount(fields.duration("connect") ?? .seconds(10))
        concurrency = fields.integer("connections") ?? 1
        guard let tls = fields.record("tls") else {
            (context, trust, serverName, namesAreListed) = (nil, nil, host, false)
            return
        }
        trust = try MLLPTLS.trust(tls, scope, .server)
        context = try MLLPTLS.client(tls, scope, trust)
        serverName = tls.text("server_name") ?? host
        namesAreListed = !tls.texts("subjects").isEmpty
    }

    /// Connects and closes.
    package func probe() async -> Reason? {
        switch await link() {
        case .success(let link):
            rest(link)
            return nil
        case .failure(let refusal):
            switch refusal.outcome {
            case .deferred(let reason, _, _), .halted(_, let reason), .unknown(let reason), .refused(let reason): return reason
            case .delivered, .held: return nil
            }
        }
    }

    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let bytes: [UInt8]
        do throws(JournalError) { bytes = try await attempt.bytes() } catch { return error.outcome }
        guard let controlID = HL7Message.peek(bytes.prefix(MLLPFrame.headLength))?.value("MSH-10") else {
            return .refused(
                Reason(
                    "100",
                    Text(fr: "Le message n'a pas de MSH-10 : rien ne pourrait l'acquitter", en: "The message has no MSH-10: nothing could acknowledge it")))
        }
        if let other = await SameBytes.keep(bytes, delivery, attempt, digester) { return other }
        switch await link() {
        case .failure(let refusal): return refusal.outcome
        case .success(let link): return await exchange(bytes, controlID, link)
        }
    }

    private func exchange(_ bytes: [UInt8], _ controlID: String, _ link: Link) async -> Outcome {
        let promise = link.channel.eventLoop.makePromise(of: MLLPExchange.End.self)
        let answer = answer
        link.channel.eventLoop.execute { link.exchange.value.send(bytes, controlID: controlID, timeout: answer, promise) }
        guard let end = try? await promise.futureResult.get() else { return MLLPFailure.closed }
        if end.reusable { rest(link) }
        return end.outcome
    }

    // MARK: Connections

    /// What the initializer of a channel made; it outlives the channel's pipeline, to say why that ended.
    private final class Made: Sendable {
        let exchange = Mutex<NIOLoopBound<MLLPExchange>?>(nil)
    }

    private struct Refusal: Error {
        let outcome: Outcome
    }

    private func rest(_ link: Link) {
        guard link.channel.isActive else { return }
        pool.idle.withLock { $0.append(link) }
    }

    /// A connection: one that rests, if it is still open, else a new one.
    private func link() async -> Result<Link, Refusal> {
        while let resting = pool.idle.withLock({ $0.popLast() }) {
            if resting.channel.isActive { return .success(resting) }
        }
        let made = Made()
        do {
            let (host, port, name) = (host, port, name)
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(connect)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let known = MLLPPeer(address: host)
                        if let context { try channel.pipeline.syncOperations.addHandler(tlsHandler(context, known, channel.eventLoop)) }
                        let exchange = MLLPExchange(peer: known, senderName: name)
                        try channel.pipeline.syncOperations.addHandler(exchange)
                        made.exchange.withLock { $0 = NIOLoopBound(exchange, eventLoop: channel.eventLoop) }
                    }
                }
                .connect(host: host, port: port).get()
            guard let exchange = made.exchange.withLock({ $0 }) else { throw ChannelError.unknownLocalAddress }
            if context != nil, let fault = try await settled(channel, exchange) { return .failure(Refusal(outcome: fault)) }
            return .success(Link(channel: channel, exchange: exchange))
        } catch {
            return .failure(Refusal(outcome: .deferred(Reasons.farEndAway(detail: "\(error)"))))
        }
    }

    /// A server of TLS 1.3 judges our certificate when the handshake is done for us already: its refusal comes a moment later, and would be
    /// lost behind a message that is being written. Paid once a connection.
    private func settled(_ channel: any Channel, _ exchange: NIOLoopBound<MLLPExchange>) async throws -> Outcome? {
        try await channel.eventLoop.scheduleTask(in: .milliseconds(100)) { exchange.value.fault }.futureResult.get()
    }

    private func tlsHandler(_ context: NIOSSLContext, _ peer: MLLPPeer, _ loop: any EventLoop) throws -> NIOSSLClientHandler {
        let bound = NIOLoopBound(peer, eventLoop: loop)
        let (trust, serverName, namesAreListed) = (trust, serverName, namesAreListed)
        let isAddress = (try? SocketAddress(ipAddress: serverName, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : serverName) { certificates, promise in
            let verdict = trust?.judge(certificates) ?? .refused(.unknownIssuer, nil)
            if case .refused(let reason, _) = verdict {
                bound.value.refusal = reason.text.fr
                return promise.succeed(.failed)
            }
            // A list of subjects says more than a name; without one, the name must be right.
            guard namesAreListed || certificates.first.map({ MLLPTLS.names($0, serverName) }) == true else {
                bound.value.refusal = "le nom du serveur n'y est pas / server name not in it"
                return promise.succeed(.failed)
            }
            promise.succeed(.certificateVerified)
        }
    }
}
