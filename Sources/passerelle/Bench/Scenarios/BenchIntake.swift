import ArgumentParser

/// `passerelle bench mllp`: acknowledged messages a second and ACK latencies with null senders, beside the disk and SQLite alone.
struct BenchMLLP: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "mllp",
        abstract: Say.text(fr: "ACK par seconde et latences, sans destinataire.", en: "ACKs a second and latencies, without a far end."))
    @OptionGroup var options: BenchOptions

    func measure(_ run: BenchRun) async throws {
        let baseline = try run.baseline()
        for isDischarge in [false, true] {
            for links in [1, options.links] {
                var setup = run.setup
                setup.isDischarge = isDischarge
                let node = try run.node(setup)
                defer { node.stop() }
                run.report.begin("mllp, \(isDischarge ? "ORU 6 KB" : "ADT 2 KB"), \(links) links")
                let before = try await node.counts().settled
                let result = run.load(node, isDischarge ? BenchMessages.orus() : BenchMessages.adts(), links: links)
                let after = try await node.counts()
                run.report.add(result, per: baseline, isDischarge || links == 1 ? nil : .atLeast(0.6))
                if links == 1 {
                    run.report.add(
                        "p50_over_disk", result.percentile(0.5) - 1.2 * baseline.syncMilliseconds, "ms", isDischarge ? nil : .atMost(0.2))
                }
                run.report.add("settled", Double(after.settled - before) / (result.elapsed + 1), "/s")
                run.report.add("backlog", Double(after.open), "")
            }
        }
    }
}

/// `passerelle bench open`: ACK latencies in an open loop at a share of the rate that the closed loop reaches.
struct BenchOpen: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: Say.text(
            fr: "Latences des ACK à une part du débit, en boucle ouverte.", en: "ACK latencies at a share of the rate, in an open loop."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Part du débit de la boucle fermée.", en: "Share of the closed loop's rate.")) var share = 0.8

    func measure(_ run: BenchRun) async throws {
        let baseline = try run.baseline()
        let node = try run.node(run.setup)
        defer { node.stop() }
        run.report.begin("closed loop, \(options.links) links")
        let closed = run.load(node, BenchMessages.adts())
        run.report.add(closed, per: baseline)
        run.report.begin("open loop at \(share), \(options.links) links")
        let open = run.load(node, BenchMessages.adts(), rate: closed.rate * share)
        run.report.add("ack", open.rate, "/s", per: "closed", closed.rate)
        for (name, p, most) in [("ack_p50", 0.5, nil), ("ack_p99", 0.99, 10.0), ("ack_p999", 0.999, 25.0)] as [(String, Double, Double?)] {
            run.report.add(name, open.percentile(p), "ms", most.map { .atMost($0) })
        }
        run.report.failures(open)
    }
}

/// `passerelle bench burst`: intake alone while the far end is away, beside SQLite's accept alone.
struct BenchBurst: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "burst",
        abstract: Say.text(
            fr: "La réception seule, d'un coup, le destinataire absent.", en: "Intake alone in a burst, the far end away."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Messages du coup.", en: "Messages of the burst.")) var messages = 50_000

    func measure(_ run: BenchRun) async throws {
        let baseline = try run.baseline()
        var setup = run.setup
        setup.senders = ["away": "{mllp: {host: 127.0.0.1, port: \(try Loopback.freePort())}}"]
        setup.sender = "away"
        let node = try run.node(setup)
        defer { node.stop() }
        run.report.begin("burst of \(messages), \(options.links) links")
        let result = run.fill(node, BenchMessages.adts(), messages: messages)
        run.report.add("ack", result.rate, "/s", per: "SQLite accept", baseline.accepts, .atLeast(0.5))
        run.report.add("ack_p99", result.percentile(0.99), "ms")
        run.report.add("rss_peak", node.memory.peak, "MB")
        run.report.failures(result)
    }
}

/// `passerelle bench routes`: what many routes cost a message that only one of them takes.
struct BenchRoutes: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: Say.text(fr: "Mille routes à côté d'une.", en: "A thousand routes beside one."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Routes.", en: "Routes.")) var routes = 1000

    func measure(_ run: BenchRun) async throws {
        var rates: [Double] = []
        for others in [0, routes - 1, 0, routes - 1] {
            var setup = run.setup
            setup.others = others
            let node = try run.node(setup)
            defer { node.stop() }
            run.report.begin("\(others + 1) routes")
            let result = run.load(node, BenchMessages.adts())
            run.report.add(result)
            run.report.add("rss", node.memory.now, "MB")
            rates.append(result.rate)
        }
        run.report.begin("\(routes) routes / 1")
        run.report.add("ack", (rates[1] + rates[3]) / 2, "/s", per: "1 route", (rates[0] + rates[2]) / 2, .atLeast(0.9))
    }
}

/// `passerelle bench documents`: documents of 200 KB, beside what the disk takes when it is written from one end to the other.
struct BenchDocuments: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "documents", abstract: Say.text(fr: "Des documents de 200 Ko.", en: "Documents of 200 KB."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Octets d'un document.", en: "Bytes of a document.")) var size = 200_000

    func measure(_ run: BenchRun) async throws {
        let node = try run.node(run.setup)
        defer { node.stop() }
        run.report.begin("documents of \(size / 1000) KB, \(options.links) links")
        let before = BenchBaseline.sequentialWrite(in: run.path)
        let result = run.load(node, BenchMessages.documents(size))
        let disk = (before + BenchBaseline.sequentialWrite(in: run.path)) / 2
        run.report.add("ack", result.rate, "/s")
        run.report.add("written", Double(result.bytes) / result.elapsed / 1e6, "MB/s", per: "disk", disk, .atLeast(0.5))
        run.report.add("ack_p99", result.percentile(0.99), "ms")
        run.report.add("rss_peak", node.memory.peak, "MB")
        run.report.failures(result)
    }
}
