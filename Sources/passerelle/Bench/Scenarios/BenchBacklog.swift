import ArgumentParser
import Glibc

/// `passerelle bench backlog`: many messages wait for a far end that is away: memory, start, and how fast they leave once it is back.
struct BenchBacklog: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "backlog",
        abstract: Say.text(
            fr: "Une longue attente : mémoire, démarrage, écoulement.", en: "A long backlog: memory, start, drain."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Messages en attente.", en: "Messages that wait.")) var messages = 1_000_000
    @Option(help: help(fr: "Connexions vers le destinataire.", en: "Connections to the far end.")) var connections = 32

    func measure(_ run: BenchRun) async throws {
        let small = try await drain(run, messages: min(messages / 5, 50_000), isWhole: false)
        let large = try await drain(run, messages: messages, isWhole: true)
        run.report.begin("backlog of \(messages) / \(min(messages / 5, 50_000))")
        run.report.add("drained", large, "/s", per: "small backlog", small, .atLeast(0.8))
    }

    /// Messages a second that leave once the far end is there.
    private func drain(_ run: BenchRun, messages: Int, isWhole: Bool) async throws -> Double {
        let port = try Loopback.freePort()
        var setup = run.setup
        setup.senders = ["far": "{http: {url: \"http://127.0.0.1:\(port)/\", connections: \(connections), after_unknown: send_again}}"]
        setup.sender = "far"
        let node = try run.node(setup)
        defer { node.stop() }
        run.report.begin("backlog of \(messages)")
        let filled = run.fill(node, BenchMessages.adts(), messages: messages)
        run.report.add("filled", filled.rate, "/s")
        run.report.failures(filled)
        run.report.add("rss_filling_peak", node.memory.peak, "MB", isWhole ? .atMost(150) : nil)
        node.murder()
        let begun = Uptime.now
        let listening = try node.start()
        let first = LoadGenerator(port: node.port, connections: 1, messages: 1, templates: BenchMessages.adts(patients: 1)).run(prefix: "F-")
        run.report.add("listening", listening / 1000, "s")
        run.report.add("first_ack", Double(Uptime.now - begun) / 1e9, "s", isWhole ? .atMost(2) : nil)
        run.report.failures(first)
        try await Task.sleep(for: .seconds(2))
        run.report.add("rss_waiting", node.memory.now, "MB", isWhole ? .atMost(150) : nil)
        // Started again with the far end there, so that no rest of the sender's is measured.
        node.stop()
        let far = try Sink(.http, port: port)
        defer { far.close() }
        try node.start()
        return try await arrivals(run, far, node, of: messages, isWhole: isWhole)
    }

    private func arrivals(_ run: BenchRun, _ far: Sink, _ node: BenchNode, of messages: Int, isWhole: Bool) async throws -> Double {
        let start = Uptime.now
        while far.count == 0, Uptime.now - start < 30_000_000_000 { try await Task.sleep(for: .milliseconds(5)) }
        let first = Uptime.now
        run.report.add("first_delivery", Double(first - start) / 1e9, "s")
        let limit = UInt64(max(options.seconds, 5) * 1e9)
        while far.count < messages, Uptime.now - first < limit { try await Task.sleep(for: .milliseconds(50)) }
        let rate = Double(far.count) * 1e9 / Double(Uptime.now - first)
        run.report.add("drained", rate, "/s")
        run.report.add("rss_draining_peak", node.memory.peak, "MB", isWhole ? .atMost(150) : nil)
        return rate
    }
}

/// `passerelle bench recovery`: kill -9 under load, start again, and what arrived.
struct BenchRecovery: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "recovery",
        abstract: Say.text(fr: "kill -9 sous charge, et le retour.", en: "kill -9 under load, and the way back."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Nombre d'arrêts.", en: "How many times.")) var times = 5

    func measure(_ run: BenchRun) async throws {
        let far = try Sink(.mllp)
        defer { far.close() }
        var setup = run.setup
        setup.senders = ["far": far.sender(connections: 16)]
        setup.sender = "far"
        let node = try run.node(setup)
        defer { node.stop() }
        var acknowledged = 0
        run.report.begin("recovery, kill -9 under \(options.links) links")
        for number in 1...max(1, times) {
            let load = LoadGenerator(port: node.port, connections: options.links, seconds: options.seconds / 2, templates: BenchMessages.adts())
            async let result = Self.apart { load.run(prefix: "R\(number)-") }
            try await Task.sleep(for: .seconds(options.seconds / 4))
            node.murder()
            acknowledged += await result.acknowledged
            let begun = Uptime.now
            try node.start()
            let first = LoadGenerator(port: node.port, connections: 1, messages: 1, templates: BenchMessages.adts(patients: 1)).run(prefix: "S\(number)-")
            acknowledged += first.acknowledged
            run.report.add("first_ack", Double(Uptime.now - begun) / 1e9, "s", .atMost(2))
            while try await node.counts().open > 0, Uptime.now - begun < 60_000_000_000 { try await Task.sleep(for: .milliseconds(20)) }
            run.report.add("all_delivered", Double(Uptime.now - begun) / 1e9, "s")
        }
        run.report.add("acknowledged", Double(acknowledged), "")
        // More may arrive than was acknowledged: what was stored when the process died, and what is sent again with the same MSH-10.
        run.report.add("arrived", Double(far.count), "", .atLeast(Double(acknowledged)))
    }

    /// Blocking work off the cooperative pool.
    static func apart<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            if let thread = Loopback.thread({ continuation.resume(returning: work()) }) {
                pthread_detach(thread)
            } else {
                continuation.resume(returning: work())
            }
        }
    }
}
