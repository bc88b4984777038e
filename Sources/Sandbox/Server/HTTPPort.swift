import NIOCore
import NIOHTTP1
import NIOPosix

/// One complete HTTP request.
struct HTTPExchange: Sendable {
    let method: String
    let path: String
    let contentType: String
    let body: [UInt8]
}

/// What to do with the connection.
enum HTTPReply: Sendable {
    case answer(status: Int, contentType: String, body: [UInt8], after: Int)
    case silence(seconds: Int)
    case cut
}

/// Gathers a request (up to a limit), has it answered on a thread pool, writes the answer.
final class HTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let limit: Int
    private let pool: NIOThreadPool
    private let answer: @Sendable (HTTPExchange) -> HTTPReply
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isRefused = false

    init(limit: Int, pool: NIOThreadPool, answer: @escaping @Sendable (HTTPExchange) -> HTTPReply) {
        self.limit = limit
        self.pool = pool
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(context, head)
        case .body(let piece):
            guard !isRefused else { return }
            if body.count + piece.readableBytes > limit { return refuse(context, .payloadTooLarge) }
            body.append(contentsOf: piece.readableBytesView)
        case .end:
            guard let head, !isRefused else { return }
            let exchange = HTTPExchange(
                method: head.method.rawValue, path: String(head.uri.prefix { $0 != "?" }), contentType: head.headers.first(name: "content-type") ?? "",
                body: body)
            body = []
            finish(context, exchange, staysOpen: head.isKeepAlive)
        }
    }

    private func begin(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        self.head = head
        body = []
        isRefused = false
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }) {
            if length > limit { return refuse(context, .payloadTooLarge) }
            body.reserveCapacity(length)
        }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
    }

    private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus) {
        isRefused = true
        body = []
        write(context, Int(status.code), "text/plain", [], close: true)
    }

    private func finish(_ context: ChannelHandlerContext, _ exchange: HTTPExchange, staysOpen: Bool) {
        let answer = answer
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pool.runIfActive(eventLoop: context.eventLoop) { answer(exchange) }.whenComplete { result in
            let (handler, context) = bound.value
            guard case .success(let reply) = result else { return context.close(promise: nil) }
            switch reply {
            case .cut: context.close(promise: nil)
            case .silence(let seconds):
                context.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) { bound.value.1.close(promise: nil) }
            case .answer(let status, let type, let body, let seconds) where seconds > 0:
                context.eventLoop.scheduleTask(in: .seconds(Int64(seconds))) {
                    let (handler, context) = bound.value
                    handler.write(context, status, type, body, close: !staysOpen)
                }
            case .answer(let status, let type, let body, _): handler.write(context, status, type, body, close: !staysOpen)
            }
        }
    }

    private func write(_ context: ChannelHandlerContext, _ status: Int, _ type: String, _ body: [UInt8], close: Bool) {
        guard context.channel.isActive else { return }
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status))
        head.headers.add(name: "content-type", value: type)
        head.headers.add(name: "content-length", value: String(body.count))
        if close { head.headers.add(name: "connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if close { bound.value.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
