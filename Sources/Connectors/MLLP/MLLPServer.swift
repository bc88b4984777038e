import Logging
import NIOCore
import NIOSSL
import Pipeline
import Synchronization

/// What all connections of one listener share.
final class MLLPServer: Sendable {
    struct Settings: Sendable {
        let frame: Int
        let idle: TimeAmount
        /// Longest silence inside a frame.
        let stall: TimeAmount
        let connections: Int
        /// How often silence is measured.
        var beat: TimeAmount { .nanoseconds(max(10_000_000, min(idle.nanoseconds, stall.nanoseconds) / 4)) }
    }

    let name: String
    let settings: Settings
    let reception: MLLPReception
    let engine: EngineServices
    /// Who judges clients; nil when they show no certificate.
    let trust: MLLPTrust?
    /// A client without a certificate is not let in.
    let requiresClient: Bool
    let counters = MLLPCounters()
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(name: String, settings: Settings, reception: MLLPReception, trust: MLLPTrust? = nil, requiresClient: Bool = false) {
        (self.name, self.settings, self.reception) = (name, settings, reception)
        (self.trust, self.requiresClient) = (trust, requiresClient)
        engine = reception.engine
    }

    func newID() -> MessageID { MessageID(at: engine.time.now, engine.random) }

    /// A place in the journal for a large body that is arriving.
    func spool(_ id: MessageID, _ received: Instant) throws(JournalError) -> (any BodySpool)? { try engine.journal?.spool(id, received: received) }

    /// False when there are as many connections as allowed.
    func admit(_ channel: any Channel) -> Bool {
        let admitted = open.withLock { open in
            guard open.count < settings.connections else { return false }
            open[ObjectIdentifier(channel)] = channel
            return true
        }
        counters.add(admitted ? \.connections : \.turnedAway)
        guard admitted else { return false }
        channel.closeFuture.whenComplete { [self] _ in _ = open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) } }
        return true
    }

    var connectionCount: Int { open.withLock { $0.count } }

    /// Lets connections end: those with a frame in flight after its answer, the others now.
    func quiesce() { for channel in open.withLock({ Array($0.values) }) { channel.pipeline.fireUserInboundEventTriggered(MLLPQuiesce()) } }

    /// Ends what is left.
    func closeAll() { for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) } }

    /// Syncs a spooled frame away from the event loop, then hands it in. A task, but only for frames over 1 MB.
    func finish(
        _ spool: any BodySpool, _ frame: MLLPFrame, _ digest: [UInt8], _ peer: MLLPPeer, _ connection: NIOLoopBound<MLLPConnection>, _ outbox: MLLPOutbox
    ) {
        let (id, started, head, subject) = (frame.id, frame.started, frame.bytes, peer.subject)
        let loop = connection.eventLoop
        Task { [self] in
            let finished = await engine.io.run("spool") { () -> Result<Body, JournalError> in
                do throws(JournalError) { return .success(try spool.finish()) } catch { return .failure(error) }
            }
            switch finished {
            case .success(let body):
                let received = reception.read(head: head, body: body, digest: digest, id: id, at: started, subject: subject)
                loop.execute { connection.value.taken(received, connection) }
            case .failure:
                spool.discard()
                outbox.put(.answer(.later(MLLPReasons.journal)), for: connection)
            }
        }
    }

    func log(_ level: Logger.Level, _ text: String, _ peer: MLLPPeer) {
        engine.logger.log(level: level, "mllp \(name) \(peer.address): \(text)")
    }

    /// A connection failed: what a TLS peer did wrong is worth a line, a reset is not.
    func failed(_ error: any Error, _ peer: MLLPPeer) {
        if let reason = peer.refusal {
            peer.refusal = nil  // an error may come twice; it is one refusal
            counters.add(\.refusedCertificates)
            log(.warning, "certificate refused: \(reason)", peer)
        } else if error is NIOSSLError || error is BoringSSLError {
            log(.info, "TLS: \(error)", peer)
        } else {
            log(.debug, "connection error: \(error)", peer)
        }
    }
}

/// What the listener counts.
final class MLLPCounters: Sendable {
    struct Values: Sendable, Equatable {
        var connections = 0, turnedAway = 0, refusedCertificates = 0
        var frames = 0, junk = 0, truncated = 0, tooLarge = 0
        var accepted = 0, rejected = 0, later = 0
    }
    private let state = Mutex(Values())

    var values: Values { state.withLock { $0 } }

    func add(_ path: any WritableKeyPath<Values, Int> & Sendable, _ count: Int = 1) { state.withLock { $0[keyPath: path] += count } }
    func add(junk count: Int) { add(\.junk, count) }
    func add(frames count: Int) { add(\.frames, count) }
    func add(truncated count: Int) { add(\.truncated, count) }
    func add(tooLarge count: Int) { add(\.tooLarge, count) }
    func add(_ answer: Answer) {
        switch answer {
        case .accepted: add(\.accepted)
        case .rejected: add(\.rejected)
        case .later: add(\.later)
        }
    }
}
