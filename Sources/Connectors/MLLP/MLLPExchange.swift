import NIOCore
import Pipeline

/// The client side of one connection: one message in flight, its answer matched by MSA-2. Confined to its event loop.
final class MLLPExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How an exchange ended, and whether the connection can serve another.
    struct End: Sendable {
        let outcome: Outcome
        let reusable: Bool
    }

    private struct Waiting {
        let controlID: String
        let promise: EventLoopPromise<End>
        let timer: Scheduled<Void>
        /// The end block has left.
        var isSent = false
    }

    /// Largest answer that is read.
    private let limit: Int
    private let peer: MLLPPeer
    private let senderName: String
    private var framing = MLLPFraming()
    private var answer = [UInt8]()
    private var waiting: Waiting?
    private var failure: (any Error)?
    private var context: ChannelHandlerContext?

    init(peer: MLLPPeer, senderName: String, limit: Int = 5_000_000) { (self.peer, self.senderName, self.limit) = (peer, senderName, limit) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Why the connection cannot be used; nil while it can.
    var fault: Outcome? {
        guard let context, context.channel.isActive else { return refusedCertificate ?? MLLPFailure.notSent(failure ?? ChannelError.ioOnClosedChannel) }
        return nil
    }

    /// Sends a message; the promise always ends, and never fails.
    func send(_ message: [UInt8], controlID: String, timeout: TimeAmount, _ promise: EventLoopPromise<End>) {
        guard let context, fault == nil, waiting == nil else {
            return promise.succeed(End(outcome: fault ?? MLLPFailure.notSent(ChannelError.operationUnsupported), reusable: false))
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: timeout) { bound.value.end(MLLPFailure.timeout, reusable: false) }
        waiting = Waiting(controlID: controlID, promise: promise, timer: timer)
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(MLLPFraming.frame(message, allocator: context.channel.allocator)), promise: written)
        written.futureResult.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success: waiting?.isSent = true
            case .failure(let error): end(refusedCertificate ?? MLLPFailure.notSent(error), reusable: false)
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        while let event = framing.next(&buffer) {
            switch event {
            case .junk: break
            case .start: answer.removeAll(keepingCapacity: true)
            case .content(let slice):
                guard answer.count + slice.readableBytes <= limit else { return end(MLLPFailure.garbage, reusable: false) }
                answer.append(contentsOf: slice.readableBytesView)
            case .end: take(answer)
            }
        }
    }

    private func take(_ bytes: [UInt8]) {
        guard let waiting else { return }  // a late answer to nothing: an answer is matched by MSA-2, never by its place
        switch MLLPAnswer.meaning(of: bytes, controlID: waiting.controlID) {
        case .outcome(let outcome): end(outcome, reusable: true)
        case .notYet: break
        case .garbage: end(MLLPFailure.garbage, reusable: false)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failure = error
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let sent = waiting?.isSent == true
        end(refusedCertificate ?? (sent ? MLLPFailure.closed : MLLPFailure.notSent(failure ?? ChannelError.eof)), reusable: false)
        context.fireChannelInactive()
    }

    /// A TLS error that speaks of certificates: ours was refused by an alert, or we refused theirs.
    private var refusedCertificate: Outcome? { MLLPExchange.certificateFault(failure, peer, senderName) }

    static func certificateFault(_ error: (any Error)?, _ peer: MLLPPeer, _ scope: String) -> Outcome? {
        if let refusal = peer.refusal { return MLLPFailure.certificate(scope, refusal) }
        guard let error else { return nil }
        let text = "\(error)".uppercased()
        let words = [
            "ALERT_CERTIFICATE", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_ACCESS_DENIED", "ALERT_UNSUPPORTED_CERTIFICATE", "CERTIFICATE_REQUIRED",
        ]
        guard words.contains(where: text.contains) else { return nil }
        return MLLPFailure.certificate(scope, "TLS alert")
    }

    private func end(_ outcome: Outcome, reusable: Bool) {
        guard let ended = waiting else { return }
        waiting = nil
        ended.timer.cancel()
        if !reusable { context?.close(promise: nil) }
        ended.promise.succeed(End(outcome: outcome, reusable: reusable))
    }
}
