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
        run.report.add(closed)
        let sustained = try await Sustained.most(below: closed.rate, settle: { try await Self.settle(node) }) { try await load(run, node, far, rate: $0) }
        run.report.begin("end-to-end \(kind.rawValue), sustained, open loop at \(Int(sustained.rate))/s")
        run.report.add("delivered", sustained.delivered, "/s", per: "SQLite", baseline.wholeLife, .atLeast(0.4))
        run.report.add(sustained)
        run.report.add("rss_peak", node.memory.peak, "MB")
    }

    private func load(_ run: BenchRun, _ node: BenchNode, _ far: Sink, rate: Double?) async throws -> Sustained {
        let watch = BacklogWatch(node: node, far: far, every: max(options.seconds / 20, 0.5))
        let result = run.load(node, BenchMessages.adts(), rate: rate)
        return Sustained([result], await watch.stop(), after: 1)
    }

    /// Until nothing waits any more, a minute at most.
    static func settle(_ node: BenchNode) async throws {
        let start = Uptime.now
        while try await node.counts().open > 0, Uptime.now - start < 60_000_000_000 { try await Task.sleep(for: .milliseconds(50)) }
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
