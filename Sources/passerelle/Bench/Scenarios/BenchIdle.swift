import ArgumentParser
import Foundation  // Process: openssl makes the certificate
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// `passerelle bench idle`: what links that say nothing cost in memory, in clear and in TLS.
struct BenchIdle: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "idle", abstract: Say.text(fr: "Mille liaisons MLLP au repos : mémoire.", en: "A thousand idle MLLP links: memory."))
    @OptionGroup var options: BenchOptions
    @Option(name: .customLong("idle"), help: help(fr: "Liaisons.", en: "Links.")) var count = 1000

    func measure(_ run: BenchRun) async throws {
        try raiseLimit()
        for isTLS in [false, true] {
            var setup = run.setup
            if isTLS {
                guard try Self.certificate(in: run.path) else {
                    run.report.note(fr: "openssl absent : TLS non mesuré", en: "no openssl: TLS not measured")
                    continue
                }
                setup.tls = "{certificate: {file: \(run.path)/server.pem}, key: {file: \(run.path)/server.key}}"
            }
            let node = try run.node(setup)
            defer { node.stop() }
            run.report.begin("\(count) idle links, \(isTLS ? "TLS" : "TCP")")
            run.report.add("rss_before", node.memory.now, "MB")
            let links = isTLS ? nil : (0..<count).compactMap { _ in Loopback.connect(node.port) }
            let encrypted = isTLS ? try await Self.encrypted(count, node.port) : []
            try await Task.sleep(for: .seconds(1))
            run.report.add("links", Double(links?.count ?? encrypted.count), "", .atLeast(Double(count)))
            run.report.add("rss", node.memory.now, "MB", .atMost(isTLS ? 150 : 100))
            let result = LoadGenerator(port: node.port, connections: isTLS ? 0 : 1, messages: 100, templates: BenchMessages.adts(patients: 1)).run(prefix: "I-")
            if !isTLS { run.report.add("ack_p50_beside", result.percentile(0.5), "ms") }
            links?.forEach { _ = close($0) }
            for one in encrypted { try? await one.close() }
        }
    }

    /// A thousand sockets here, a thousand there.
    private func raiseLimit() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, rlim_t(count + 1024)))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// A throw-away certificate of localhost; false without openssl.
    private static func certificate(in folder: String) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", folder + "/server.key", "-out",
            folder + "/server.pem",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// Connections whose handshakes are done.
    private static func encrypted(_ count: Int, _ port: Int) async throws -> [any Channel] {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none  // a measure of memory: nobody is trusted with anything
        let context = try NIOSSLContext(configuration: configuration)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
            }
        }
        var all: [any Channel] = []
        for _ in 0..<count {
            let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
            // A line end between frames means nothing; it leaves once the handshake is done.
            try await channel.writeAndFlush(ByteBuffer(bytes: [0x0D])).get()
            all.append(channel)
        }
        return all
    }
}
