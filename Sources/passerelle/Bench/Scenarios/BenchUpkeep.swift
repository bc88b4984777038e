import ArgumentParser
import Foundation  // FileManager: the size of the journal

/// `passerelle bench retention`: latencies while bodies are given up all the time, beside those of a journal that keeps everything.
struct BenchRetention: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: Say.text(fr: "Latences des ACK avec et sans effacement continu.", en: "ACK latencies with and without continuous removal."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Mégaoctets que la route garde.", en: "Megabytes that the route keeps.")) var megabytes = 20

    func measure(_ run: BenchRun) async throws {
        // Half the rate of the closed loop: what is compared is latency, not which of the two fills the disk faster.
        var rate: Double?
        var without = 0.0
        for keeps in [false, true] {
            var setup = run.setup
            if keeps { setup.route = "keep: {bytes: \(megabytes) MB}\n" }
            let node = try run.node(setup)
            defer { node.stop() }
            if rate == nil {
                run.report.begin("closed loop, \(options.links) links")
                let closed = run.load(node, BenchMessages.adts())
                run.report.add("ack", closed.rate, "/s")
                rate = closed.rate / 2
            }
            run.report.begin(keeps ? "keep: {bytes: \(megabytes) MB}" : "no keep")
            let result = run.load(node, BenchMessages.adts(), rate: rate)
            run.report.add("ack", result.rate, "/s")
            run.report.add("ack_p50", result.percentile(0.5), "ms")
            if keeps {
                run.report.add("ack_p99", result.percentile(0.99), "ms", per: "no keep", without, .atMost(1.25))
            } else {
                without = result.percentile(0.99)
                run.report.add("ack_p99", without, "ms")
            }
            run.report.add("journal", node.journalMegabytes, "MB")
            run.report.failures(result)
        }
    }
}

/// `passerelle bench reload`: the configuration is read again every second under load.
struct BenchReload: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: Say.text(fr: "La configuration relue chaque seconde, sous charge.", en: "The configuration read again each second, under load."))
    @OptionGroup var options: BenchOptions

    func measure(_ run: BenchRun) async throws {
        let far = try Sink(.mllp, remembers: true)
        defer { far.close() }
        var setup = run.setup
        setup.senders = ["far": far.sender(connections: 16)]
        setup.sender = "far"
        let node = try run.node(setup)
        defer { node.stop() }
        run.report.begin("no reload, \(options.links) links")
        let quiet = run.load(node, BenchMessages.adts())
        run.report.add(quiet)
        run.report.begin("a reload each second, \(options.links) links")
        let load = LoadGenerator(port: node.port, connections: options.links, seconds: options.seconds, templates: BenchMessages.adts())
        async let result = BenchRecovery.apart { load.run(prefix: "L-") }
        let text = try node.read("routes/adt.yaml"), start = Uptime.now
        var reloads = 0
        while Double(Uptime.now - start) / 1e9 < options.seconds - 0.5 {
            reloads += 1
            try node.write("routes/adt.yaml", text.replacing("BENCH", with: "BENCH\(reloads)"))
            node.reload()
            try await Task.sleep(for: .seconds(1))
        }
        let under = await result
        run.report.add("reloads", Double(reloads), "")
        run.report.add("ack", under.rate, "/s", per: "no reload", quiet.rate)
        run.report.add("ack_p99", under.percentile(0.99), "ms", per: "no reload", quiet.percentile(0.99))
        // A connection that drops, or an answer other than AA, counts as failed.
        run.report.add("failed", Double(under.failed), "", .atMost(0))
        while try await node.counts().open > 0 { try await Task.sleep(for: .milliseconds(20)) }
        _ = LoadGenerator(port: node.port, connections: 1, messages: 1, templates: BenchMessages.adts(patients: 1)).run(prefix: "E-")
        while try await node.counts().open > 0 { try await Task.sleep(for: .milliseconds(20)) }
        run.report.add("last_in_force", far.lastMessage.contains("|BENCH\(reloads)|") ? 1 : 0, "", .atLeast(1))
    }
}
