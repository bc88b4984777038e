import ArgumentParser
import Glibc

/// `passerelle bench end-to-end`: MLLP in, a route with a `when` and a `set`, a far end that answers; sustained.
struct BenchEndToEnd: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "end-to-end",
        abstract: Say.text(
            fr: "De bout en bout : MLLP, route, puis HTTP et MLLP ; et ce qui attend.", en: "End to end: MLLP, route, then HTTP and MLLP; and what waits."))
    @OptionGroup var options: BenchOptions
    @Option(help: help(fr: "Un seul destinataire : http ou mllp.", en: "One far end alone: http or mllp.")) var sink: SinkName?
    @Option(help: help(fr: "Connexions vers le destinataire.", en: "Connections to the far end.")) var connections = 32

    enum SinkName: String, ExpressibleByArgument { case http, mllp }

    func measure(_ run: BenchRun) async throws {
        let baseline = try run.baseline()
        for kind in Sink.Kind.allCases where sink == nil || sink?.rawValue == kind.rawValue { try await one(run, kind, baseline) }
    }

    private func one(_ run: BenchRun, _ kind: Sink.Kind, _ baseline: BenchBaseline) async throws {
        let far = try Sink(kind)
        defer { far.close() }
        var setup = run.setup
        setup.senders = ["far": far.sender(connections: connections)]
        setup.sender = "far"
        let node = try run.node(setup)
        defer { node.stop() }
        run.report.begin("end-to-end \(kind.rawValue), closed loop, \(options.links) links")
        let closed = try await load(run, node, far, rate: nil)
        run.report.add("delivered", closed.delivered, "/s", per: "SQLite", baseline.wholeLife)
        run.report.add("ack", closed.result.rate, "/s")
        run.report.add("backlog_end", Double(closed.end), "")
        run.report.failures(closed.result)
        try await settle(node)
        // What the closed loop takes and delivers brackets what can be taken and delivered at once: from the middle downwards, until nothing piles up.
        for share in [1.0, 0.9, 0.8, 0.7, 0.6] {
            let rate = (closed.result.rate + closed.delivered) / 2 * share
            let open = try await load(run, node, far, rate: rate)
            if !open.isFlat(), share > 0.6 {
                try await settle(node)
                continue
            }
            run.report.begin("end-to-end \(kind.rawValue), sustained, open loop at \(Int(rate))/s")
            run.report.add("delivered", open.delivered, "/s", per: "SQLite", baseline.wholeLife, .atLeast(0.4))
            run.report.add(open.result)
            run.report.add("backlog_early", Double(open.early), "")
            run.report.add("backlog_end", Double(open.end), "", .atMost(Double(open.early) + open.delivered))
            run.report.add("rss_peak", node.memory.peak, "MB")
            return
        }
    }

    /// A load with what was seen of it.
    private struct Watched {
        let result: LoadGenerator.Result
        let delivered: Double
        /// What waited after a quarter of the time, and at the end.
        let early: Int, end: Int

        /// What waits at the end is not more than one second's worth above what waited early.
        func isFlat() -> Bool { Double(end) <= Double(early) + delivered }
    }

    private func load(_ run: BenchRun, _ node: BenchNode, _ far: Sink, rate: Double?) async throws -> Watched {
        let watch = BacklogWatch(node: node, far: far, every: max(options.seconds / 20, 0.5))
        let result = run.load(node, BenchMessages.adts(), rate: rate)
        let seen = await watch.stop()
        let open = seen.samples.map(\.open)
        return Watched(result: result, delivered: seen.rate(from: 1), early: open.isEmpty ? 0 : open[open.count / 4], end: open.last ?? 0)
    }

    /// Until nothing waits any more, a minute at most.
    private func settle(_ node: BenchNode) async throws {
        let start = Uptime.now
        while try await node.counts().open > 0, Uptime.now - start < 60_000_000_000 { try await Task.sleep(for: .milliseconds(50)) }
    }
}

/// Looks at a node and its far end while a load runs: what waits, what arrived.
final class BacklogWatch: Sendable {
    struct Sample: Sendable {
        let at: UInt64
        let open: Int, arrived: Int
    }
    struct Seen {
        let samples: [Sample]

        /// Arrivals a second between the first sample after `skip` seconds and the last.
        func rate(from skip: Double) -> Double {
            guard let start = samples.first, let last = samples.last,
                let first = samples.first(where: { Double($0.at - start.at) / 1e9 >= skip }), last.at > first.at
            else { return 0 }
            return Double(last.arrived - first.arrived) * 1e9 / Double(last.at - first.at)
        }
    }

    private let task: Task<[Sample], Never>

    init(node: BenchNode, far: Sink, every seconds: Double) {
        let view = node.view
        task = Task {
            var samples: [Sample] = []
            while !Task.isCancelled {
                if let counts = try? await view.counts() { samples.append(Sample(at: Uptime.now, open: counts.open, arrived: far.count)) }
                try? await Task.sleep(for: .seconds(seconds))
            }
            return samples
        }
    }

    func stop() async -> Seen {
        task.cancel()
        return Seen(samples: await task.value)
    }
}

/// `passerelle bench lane`: one patient's messages, one after the other, beside one sync and one answer of the far end each.
struct BenchLane: BenchScenario {
    static let configuration = CommandConfiguration(
        commandName: "lane", abstract: Say.text(fr: "Une seule file d'attente : un seul patient.", en: "One lane alone: one patient."))
    @OptionGroup var options: BenchOptions

    func measure(_ run: BenchRun) async throws {
        for kind in Sink.Kind.allCases {
            let far = try Sink(kind)
            defer { far.close() }
            var setup = run.setup
            setup.senders = ["far": far.sender(connections: 4)]
            setup.sender = "far"
            let node = try run.node(setup)
            defer { node.stop() }
            run.report.begin("lane, \(kind.rawValue)")
            let answer = try Self.answerTime(far), sync = BenchBaseline.medianSync(in: run.path)
            _ = run.fill(node, BenchMessages.adts(patients: 1), messages: 2000)
            // More than one lane can deliver in the time, so that it always has a next one; intake and lane share the disk only at the start.
            _ = run.fill(node, BenchMessages.adts(patients: 1), messages: Int(options.seconds * 8000))
            let before = far.count, start = Uptime.now
            try await Task.sleep(for: .seconds(options.seconds))
            let rate = Double(far.count - before) * 1e9 / Double(Uptime.now - start)
            // Disks change their pace: before and after.
            let disk = (sync + BenchBaseline.medianSync(in: run.path)) / 2
            run.report.add("fdatasync", disk, "ms")
            run.report.add("answer", answer, "ms")
            run.report.add("delivered", rate, "/s", per: "1 / (fdatasync + answer)", 1000 / (disk + answer), .atLeast(0.5))
            run.report.add("waiting", Double(try await node.counts().open), "")
        }
    }

    /// The median time in milliseconds that the far end takes to answer, seen by a plain client.
    private static func answerTime(_ far: Sink) throws -> Double {
        guard let descriptor = Loopback.connect(far.port) else { throw BenchFailure(text: "no far end") }
        defer { close(descriptor) }
        let message = BenchMessages.adt(patient: 0)
        let request =
            switch far.kind {
            case .http: Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(message.count)\r\n\r\n".utf8) + message
            case .mllp: [0x0B] + message + [0x1C, 0x0D]
            }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var times: [UInt64] = []
        for _ in 0..<500 {
            let start = Uptime.now
            guard Loopback.write(descriptor, request), Loopback.read(descriptor, &buffer, 0) != nil else { break }
            times.append(Uptime.now - start)
        }
        return times.isEmpty ? 0 : Double(times.sorted()[times.count / 2]) / 1e6
    }
}
