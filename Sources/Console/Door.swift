package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import FoundationEssentials
import Glibc
import NIOHTTP1
package import Pipeline

/// The Unix-socket door of the command line: JSON over HTTP/1.1, for the owner of the process alone (mode 0600).
/// One request a connection; a request is small and complete within ten seconds, or the connection closes.
package struct Door: Service {
    private let path: String
    private let desk: DoorDesk
    private let group: any EventLoopGroup
    private let logger: Logger

    /// The longest body of a request, in bytes.
    static let bodyLimit = 64 * 1024
    /// How long a request may take to arrive.
    static let patience = TimeAmount.seconds(10)

    /// A door at `path`.
    package init(path: String, desk: DoorDesk, group: any EventLoopGroup, logger: Logger) {
        (self.path, self.desk, self.group, self.logger) = (path, desk, group, logger)
    }

    /// Serves until graceful shutdown; requests under way are answered first.
    package func run() async throws {
        try await clearPath()
        // Nothing is read before somebody serves: see `serve`.
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.backlog, value: 16).childChannelOption(.autoRead, value: false)
        let server = try await bootstrap.bind(unixDomainSocketPath: path) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: true)
                try channel.pipeline.syncOperations.addHandler(PatienceHandler())
                return channel
            }
        }
        guard chmod(path, 0o600) == 0 else { throw DoorError.cannotProtect(path) }
        logger.info("door open", metadata: ["socket": .string(path)])
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await server.executeThenClose { connections in
                await withDiscardingTaskGroup { tasks in
                    // An accept that fails closes the door; its socket file goes with it.
                    do {
                        for try await connection in connections { tasks.addTask { await serve(connection) } }
                    } catch { logger.error("door closed", metadata: ["error": .string("\(type(of: error))")]) }
                }
            }
        } onCancelOrGracefulShutdown: {
            server.channel.close(promise: nil)
        }
        unlink(path)
    }

    /// Removes the socket of a gateway that is gone; refuses when one still answers.
    private func clearPath() async throws {
        guard path.utf8.count < 104 else { throw DoorError.pathTooLong(path) }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try FileManager.default.createDirectory(
                atPath: String(path[..<slash]), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw DoorError.notASocket(path) }
        if let other = try? await ClientBootstrap(group: group).connect(unixDomainSocketPath: path).get() {
            try? await other.close()
            throw DoorError.inUse(path)
        }
        unlink(path)
    }

    /// A channel is wrapped by who serves it, not when it is accepted: NIO ends the process over a wrapped channel that is let go unserved, as
    /// happens to one that is accepted while the door closes. The channel itself is closed by its handler.
    private func serve(_ channel: any Channel) async {
        let wrapped = channel.eventLoop.submit {
            let connection = try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(wrappingChannelSynchronously: channel)
            try? channel.syncOptions?.setOption(.autoRead, value: true)
            return connection
        }
        guard let connection = try? await wrapped.get() else { return channel.close(promise: nil) }
        // A peer that goes away in the middle has nothing more to be told.
        try? await connection.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let received): head = received
                case .body(let bytes):
                    body.append(contentsOf: bytes.readableBytesView.prefix(max(0, Self.bodyLimit + 1 - body.count)))
                case .end:
                    guard let head else { return }
                    let (status, json) = await reply(head, body)
                    let headers = HTTPHeaders([
                        ("Content-Type", "application/json"), ("Content-Length", "\(json.count)"), ("Connection", "close"),
                    ])
                    try await outbound.write(.head(HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)))
                    try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: json))))
                    try await outbound.write(.end(nil))
                    return
                }
            }
        }
    }

    private func reply(_ head: HTTPRequestHead, _ body: [UInt8]) async -> (Int, [UInt8]) {
        if body.count > Self.bodyLimit { return desk.refuse(.tooLarge) }
        let answer = await desk.answer(method: head.method.rawValue, uri: head.uri, body: body)
        if head.method != .GET {
            logger.notice("command at the door", metadata: ["path": .string(head.uri), "status": .stringConvertible(answer.status)])
        }
        return answer
    }
}

/// Why the door cannot open.
package enum DoorError: Error, Sendable, Hashable {
    /// A Unix socket's path has at most 103 bytes.
    case pathTooLong(String)
    /// Another gateway answers there.
    case inUse(String)
    /// Something else than a socket stands there: it is not ours to remove.
    case notASocket(String)
    /// The socket's mode could not be set.
    case cannotProtect(String)

    /// For the person who starts the gateway.
    package var text: Text {
        switch self {
        case .pathTooLong(let path): Text(fr: "chemin trop long pour une socket (103 octets) : \(path)", en: "path too long for a socket (103 bytes): \(path)")
        case .inUse(let path): Text(fr: "une passerelle répond déjà à \(path)", en: "a gateway answers already at \(path)")
        case .notASocket(let path): Text(fr: "\(path) n'est pas une socket, et n'est pas remplacé", en: "\(path) is no socket, and is not replaced")
        case .cannotProtect(let path): Text(fr: "droits de \(path) impossibles à fixer", en: "the mode of \(path) could not be set")
        }
    }
}

/// Closes a connection whose request does not arrive in time.
private final class PatienceHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    private var timer: Scheduled<Void>?

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: Door.patience) { channel.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = Self.unwrapInboundIn(data) { timer?.cancel() }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }
}
