import Glibc
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization
import Trust

/// The stand-ins of the national services and of the hospital, in one process (design §3): for demonstration and tests only.
///
/// It judges by published schemas, xmlsec and tables, and shares no code with the senders. It holds fictitious data and
/// writes all of it to its output folder.
package final class SandboxServer: Service, Sendable {
    /// The ports in use, known once started; nil for what does not listen.
    package struct Ports: Sendable, Hashable {
        /// HTTPS port of the DMP.
        package var dmp: Int?
        /// Control port.
        package var control: Int?
        /// SMTP sink.
        package var smtp: Int?
        /// Receiver of acknowledgements.
        package var mllp: Int?
    }

    private struct Running {
        var channels: [any Channel] = []
        var ports = Ports()
        var group: MultiThreadedEventLoopGroup?
        var pool: NIOThreadPool?
    }

    private let config: SandboxConfig
    private let log: Logger
    private let clock: @Sendable () -> Int64
    private let running = Mutex(Running())

    /// A sandbox that does not run yet. `clock`: seconds since 1970.
    package init(_ config: SandboxConfig, log: Logger = Logger(label: "sandbox"), clock: @escaping @Sendable () -> Int64 = SandboxServer.systemClock) {
        self.config = config
        self.log = log
        self.clock = clock
    }

    /// The ports in use.
    package var ports: Ports { running.withLock { $0.ports } }

    /// Opens every port; throws when a file, certificate or port is not usable.
    package func start() async throws {
        // They let anybody order failures, or hand in mail.
        for address in [config.control, config.smtp].compactMap(\.self) where !["127.0.0.1", "localhost", "::1"].contains(address.host) {
            throw SandboxError.port("\(address.host): control and SMTP ports are for loopback only")
        }
        let outbox = try Outbox(config.output)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // Two judge at a time: a request of 20 MB is held whole while it is judged.
        let pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
        running.withLock {
            $0.group = group
            $0.pool = pool
        }
        do {
            try await open(outbox, group, pool)
        } catch {
            await stop()
            throw error
        }
    }

    private func open(_ outbox: Outbox, _ group: MultiThreadedEventLoopGroup, _ pool: NIOThreadPool) async throws {
        var standIn: DMPStandIn?
        if let dmp = config.dmp {
            let store = try Self.store(dmp.tls)
            let one = try DMPStandIn(dmp, config, store: store, outbox: outbox, clock: clock)
            standIn = one
            let tls = try TLSPort(dmp.tls, clock: clock)
            let port = try await listen(group, dmp.address) { channel in
                let peer = Peer()
                try channel.pipeline.syncOperations.addHandler(tls.handler(peer))
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(
                    HTTPHandler(limit: dmp.maximumBytes, pool: pool) { exchange in
                        one.handle(
                            DMPStandIn.Request(
                                method: exchange.method, path: exchange.path, contentType: exchange.contentType, body: exchange.body,
                                client: peer.certificate.withLock { $0 }))
                    })
            }
            running.withLock { $0.ports.dmp = port }
        }
        if let address = config.control {
            let control = ControlPort(dmp: standIn)
            let port = try await listen(group, address) { channel in
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(HTTPHandler(limit: 1 << 20, pool: pool) { control.answer($0) })
            }
            running.withLock { $0.ports.control = port }
        }
        if let address = config.smtp {
            let port = try await listen(group, address) { try $0.pipeline.syncOperations.addHandler(SMTPSink(outbox: outbox)) }
            running.withLock { $0.ports.smtp = port }
        }
        if let mllp = config.mllp {
            let clock = clock
            let tls = try mllp.tls.map { try TLSPort($0, clock: clock) }
            let port = try await listen(group, mllp.address) { channel in
                if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(Peer())) }
                try channel.pipeline.syncOperations.addHandler(MLLPReceiver(outbox: outbox, clock: clock))
            }
            running.withLock { $0.ports.mllp = port }
        }
        log.info("sandbox listens", metadata: ["ports": "\(ports)", "output": "\(config.output)"])
    }

    private func listen(
        _ group: MultiThreadedEventLoopGroup, _ address: SandboxConfig.Address, _ configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> Int {
        let bootstrap = ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in channel.eventLoop.makeCompletedFuture { try configure(channel) } }
        do {
            let channel = try await bootstrap.bind(host: address.host, port: address.port).get()
            running.withLock { $0.channels.append(channel) }
            return channel.localAddress?.port ?? 0
        } catch {
            throw SandboxError.port("\(address.host):\(address.port)")
        }
    }

    private static func store(_ tls: SandboxConfig.TLS) throws -> TrustStore {
        guard let authorities = tls.authorities else { throw SandboxError.authorities }
        return try TrustStore(authorities: [contents(authorities)], revocationLists: tls.revocationLists.map { [try contents($0)] } ?? [])
    }

    /// Closes every port and waits for the threads.
    package func stop() async {
        let last = running.withLock { running in
            defer { running = Running() }
            return running
        }
        for channel in last.channels { try? await channel.close() }
        try? await last.pool?.shutdownGracefully()
        try? await last.group?.shutdownGracefully()
    }

    /// Starts, waits for the shutdown signal, stops.
    package func run() async throws {
        try await start()
        // Ends at graceful shutdown, and by cancellation.
        try? await gracefulShutdown()
        await stop()
    }

    /// Seconds since 1970.
    package static let systemClock: @Sendable () -> Int64 = { Int64(time(nil)) }
}
