import FoundationEssentials
import NIOCore
import NIOPosix
import NIOSSL

/// One MLLP connection that sends a message and waits for its answer. For `send` and `bench`: the gateway's own sender is another.
struct MLLPClient {
    /// TLS of a client.
    struct TLS {
        /// PEM files: authorities, and the client's certificate chain with its key.
        var authorities: String?, certificate: String?, key: String?
    }

    /// Why there is no answer.
    enum Failure: Error {
        case closed
        case timedOut
        case notAFrame
    }

    /// Connects, hands the connection to `work`, and closes it.
    static func connected<T: Sendable>(
        host: String, port: Int, tls: TLS?, patience: TimeAmount,
        _ work: (inout Exchange) async throws -> T
    ) async throws -> T {
        let context = try tls.map { try NIOSSLContext(configuration: configuration($0)) }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(10))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        // A name for an address would be an error of TLS: SNI and the check of the name need a name.
                        let name = (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
                        try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: name))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var exchange = Exchange(channel: channel.channel, outbound: outbound, inbound: inbound.makeAsyncIterator(), patience: patience)
            return try await work(&exchange)
        }
    }

    private static func configuration(_ tls: TLS) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorities = tls.authorities { configuration.trustRoots = .file(authorities) }
        if let certificate = tls.certificate {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: tls.key ?? certificate, format: .pem))
        }
        return configuration
    }

    /// An open connection.
    struct Exchange {
        let channel: any Channel
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let patience: TimeAmount
        private var rest: [UInt8] = []

        init(
            channel: any Channel, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
            patience: TimeAmount
        ) { (self.channel, self.outbound, self.inbound, self.patience) = (channel, outbound, inbound, patience) }

        /// Sends a message and returns the bytes of the answer, without frame marks.
        mutating func send(_ message: [UInt8]) async throws -> [UInt8] {
            var frame = ByteBuffer()
            frame.reserveCapacity(message.count + 3)
            frame.writeInteger(0x0B as UInt8)
            frame.writeBytes(message)
            frame.writeBytes([0x1C, 0x0D])
            try await outbound.write(frame)
            let channel = channel
            let timer = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            let sent = NIODeadline.now()
            defer { timer.cancel() }
            while true {
                if let answer = try takeFrame() { return answer }
                guard let more = try await inbound.next(isolation: #isolation) else {
                    throw NIODeadline.now() - sent >= patience ? Failure.timedOut : Failure.closed
                }
                rest.append(contentsOf: more.readableBytesView)
            }
        }

        private mutating func takeFrame() throws -> [UInt8]? {
            guard let first = rest.first else { return nil }
            guard first == 0x0B else { throw Failure.notAFrame }
            guard let end = rest.indices.dropLast().first(where: { rest[$0] == 0x1C && rest[$0 + 1] == 0x0D }) else { return nil }
            let answer = Array(rest[1..<end])
            rest.removeFirst(end + 2)
            return answer
        }
    }
}
