import HL7v2
import Logging
import NIOCore
import NIOSSL
import Pipeline
import Trust

/// One connection of the listener. Confined to its event loop; one frame in flight. A peer that sends on while one is judged is not read any more,
/// so that its TCP waits.
final class MLLPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes that are no frame, after which a peer is not one of ours.
    static let junkLimit = 65_536

    private let server: MLLPServer
    private let outbox: MLLPOutbox
    private let peer: MLLPPeer
    private var framing = MLLPFraming()
    private var pending = ByteBuffer()
    private var frame: MLLPFrame?
    /// The frame that is being judged.
    private var flight: Flight?
    private var lastRead = NIODeadline.now()
    private var watch: Scheduled<Void>?
    private var junk = 0
    private var isClosing = false
    /// The peer sent more than the frame in flight: nothing is read until that is answered.
    private var isPaused = false
    private var isQuiescing = false
    private var inputClosed = false
    private var context: ChannelHandlerContext?

    private struct Flight {
        let id: MessageID
        var header: HL7Message?
    }

    init(server: MLLPServer, outbox: MLLPOutbox, peer: MLLPPeer) { (self.server, self.outbox, self.peer) = (server, outbox, peer) }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        arm(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        watch?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        abandonFrame()
        watch?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastRead = .now()
        var bytes = unwrapInboundIn(data)
        guard !isClosing else { return }
        if pending.readableBytes == 0 { pending = bytes } else { pending.writeBuffer(&bytes) }
        guard flight == nil else { return pause(context, true) }
        process(context)
    }

    private func pause(_ context: ChannelHandlerContext, _ paused: Bool) {
        guard paused != isPaused else { return }
        isPaused = paused
        try? context.channel.syncOptions?.setOption(.autoRead, value: !paused)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is MLLPQuiesce:
            isQuiescing = true
            if flight == nil { shut(context) }
        case ChannelEvent.inputClosed:
            inputClosed = true
            if flight == nil { shut(context) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.failed(error, peer)
        shut(context)
    }

    // MARK: Frames

    private func process(_ context: ChannelHandlerContext) {
        while flight == nil, !isClosing, let event = framing.next(&pending) {
            switch event {
            case .junk(let count): met(junk: count, context)
            case .start: frame = MLLPFrame(id: server.newID(), started: server.engine.time.now)
            case .content(let slice):
                frame?.append(slice, limit: server.settings.frame, open: server.spool)
                if frame?.isTooLarge == true { refuseTooLarge(context) }
            case .end: complete(context)
            }
        }
    }

    private func met(junk count: Int, _ context: ChannelHandlerContext) {
        server.counters.add(junk: count)
        junk += count
        guard junk > MLLPConnection.junkLimit else { return }
        server.log(.warning, "closed: only bytes outside frames", peer)
        shut(context)
        isClosing = true
    }

    private func complete(_ context: ChannelHandlerContext) {
        guard var whole = frame else { return }
        frame = nil
        junk = 0
        guard identify(context) else {
            whole.discard()
            shut(context)
            isClosing = true
            return
        }
        server.counters.add(frames: 1)
        flight = Flight(id: whole.id)
        let me = NIOLoopBound(self, eventLoop: context.eventLoop)
        if case .journal(let error)? = whole.refusal {
            flight?.header = HL7Message.peek(whole.bytes)
            server.log(.warning, "frame not taken: \(error)", peer)
            return answered(.later(MLLPReasons.journal))
        }
        if let spool = whole.spool, let digest = whole.spooledDigest() {
            server.finish(spool, whole, digest, peer, me, outbox)
            return
        }
        let (bytes, cut) = MLLPFrame.lastMessage(whole.bytes)
        if cut { server.counters.add(truncated: 1) }
        let received = server.reception.read(bytes, id: whole.id, at: whole.started, subject: peer.subject)
        taken(received, me)
    }

    /// The subject of the client's certificate is known; a resumed TLS session did not ask for it again. False: no certificate, or refused.
    private func identify(_ context: ChannelHandlerContext) -> Bool {
        guard let trust = server.trust, peer.subject == nil else { return true }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        guard let certificate = handler?.peerCertificate else { return !server.requiresClient }
        let verdict = trust.judgeResumed(certificate)
        guard case .accepted(let accepted) = verdict else { return false }
        peer.subject = accepted.subject
        return true
    }

    /// Hands a frame to the engine; the answer comes back through the outbox.
    func taken(_ received: MLLPReception.Received, _ me: NIOLoopBound<MLLPConnection>) {
        flight?.header = received.header
        server.engine.intake.receive(
            received.acceptance, content: received.content, turn: { [outbox] work in outbox.put(.work(work), for: me) },
            answer: { [outbox] answer in outbox.put(.answer(answer), for: me) })
    }

    /// The verdict: the acknowledgement leaves, and the next frame may come.
    func answered(_ answer: Answer) {
        guard let flight else { return }
        self.flight = nil
        guard let context else { return }
        server.counters.add(answer)
        let bytes = server.reception.acknowledgement(answer, header: flight.header, id: flight.id)
        context.writeAndFlush(wrapOutboundOut(MLLPFraming.frame(bytes, allocator: context.channel.allocator)), promise: nil)
        lastRead = .now()
        process(context)
        guard self.flight == nil, !isClosing else { return }
        if isQuiescing || inputClosed { shut(context) } else { pause(context, false) }
    }

    /// AE 199, then close. The peer is still sending: what it sends is read and thrown away for a while, or TCP's reset would take the answer
    /// away before it is read.
    private func refuseTooLarge(_ context: ChannelHandlerContext) {
        guard let frame else { return }
        isClosing = true
        server.counters.add(tooLarge: 1)
        server.log(.warning, "frame over the limit of \(server.settings.frame) bytes", peer)
        let bytes = server.reception.tooLarge(frame.bytes, limit: server.settings.frame, id: frame.id)
        context.writeAndFlush(wrapOutboundOut(MLLPFraming.frame(bytes)), promise: nil)
        self.frame = nil
        pending.clear()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.0.shut(bound.value.1) }
    }

    /// The connection ended inside a frame: no message, but counted.
    private func abandonFrame() {
        guard frame != nil else { return }
        frame?.discard()
        frame = nil
        server.counters.add(truncated: 1)
    }

    /// Closes. TLS then waits for the peer's last word, which somebody has to read.
    private func shut(_ context: ChannelHandlerContext) {
        context.close(promise: nil)
        pause(context, false)
    }

    // MARK: Time-outs

    private func arm(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        watch = context.eventLoop.scheduleTask(in: server.settings.beat) {
            let (me, context) = bound.value
            me.check(context)
        }
    }

    /// Two clocks: a link may rest between frames, a frame under way may not. While we judge, the peer owes nothing.
    private func check(_ context: ChannelHandlerContext) {
        let silence = NIODeadline.now() - lastRead
        let limit = framing.isInside ? server.settings.stall : server.settings.idle
        if flight == nil, !isClosing, silence > limit {
            server.log(framing.isInside ? .warning : .info, framing.isInside ? "closed: frame without end" : "closed: idle", peer)
            shut(context)
            return
        }
        arm(context)
    }
}

/// Sent through a connection's pipeline when the listener stops.
struct MLLPQuiesce: Sendable {}

/// Reasons of the listener itself.
enum MLLPReasons {
    static let journal = Reason("P0611", Text(fr: "Journal momentanément indisponible", en: "The journal cannot take messages now"))
}
