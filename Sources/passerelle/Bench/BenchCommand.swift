import ArgumentParser
import Foundation  // Process: the gateway that is measured is another process

/// `passerelle bench`
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: Say.text(fr: "Mesure cette machine et la passerelle.", en: "Measures this machine and the gateway."),
        subcommands: [BenchMLLPCommand.self], defaultSubcommand: BenchMLLPCommand.self)
}

/// `passerelle bench mllp`: acknowledged messages a second and ACK latencies, beside the disk and SQLite alone, from one run.
struct BenchMLLPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mllp",
        abstract: Say.text(
            fr: "ACK par seconde et latences, à côté du disque et de SQLite seuls.", en: "ACKs a second and latencies, beside the disk and SQLite alone."))

    @Option(help: help(fr: "Durée de chaque mesure, en secondes.", en: "Length of each measure, in seconds.")) var seconds = 10.0
    @Option(help: help(fr: "Dossier de travail, sur le disque à mesurer.", en: "Working folder, on the disk to measure.")) var directory: String?
    @Option(help: help(fr: "Dossier du produit (Routes, Mappings).", en: "The product's folder (Routes, Mappings).")) var product = "."

    func run() async throws {
        let folder = URL(fileURLWithPath: directory ?? NSTemporaryDirectory()).appendingPathComponent("passerelle-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        Say.line(Machine.description)
        let baseline = try BenchBaseline.measure(in: folder.path, group: 64)
        baseline.say()
        let product = URL(fileURLWithPath: product).standardizedFileURL.path
        for scenario in try BenchScenario.all(product: product) {
            for connections in [1, 64] { try await measure(scenario, connections, folder, baseline) }
        }
    }

    private func measure(_ scenario: BenchScenario, _ connections: Int, _ folder: URL, _ baseline: BenchBaseline) async throws {
        let node = try BenchNode(scenario, folder: folder.appendingPathComponent("\(scenario.name)-\(connections)"))
        defer { node.stop() }
        // The first second warms caches and connections and is not counted.
        _ = LoadGenerator(port: node.port, connections: connections, seconds: 1, templates: scenario.templates).run(prefix: "W\(connections)-")
        let before = try await node.counts().settled
        let result = LoadGenerator(port: node.port, connections: connections, seconds: seconds, templates: scenario.templates).run(prefix: "B\(connections)-")
        let after = try await node.counts()
        let line = BenchLine(
            scenario: scenario.name, connections: connections, result: result, open: after.open, settled: after.settled - before, baseline: baseline)
        Say.line(line.text)
        if let complaint = result.complaint { Say.line(complaint.split(separator: "\r").joined(separator: "\n")) }
    }
}

/// One line of results.
struct BenchLine {
    let scenario: String
    let connections: Int
    let result: LoadGenerator.Result
    /// Deliveries open at the end, and settled during the measure.
    let open: Int, settled: Int
    let baseline: BenchBaseline

    var text: String {
        func ms(_ value: Double) -> String { String(format: "%.2f", value) }
        let ratio = baseline.wholeLife > 0 ? result.rate / baseline.wholeLife : 0
        var text =
            "\(scenario), \(connections) conn.: \(Int(result.rate)) ACK/s (\(String(format: "%.2f", ratio)) × SQLite), "
            + "p50 \(ms(result.percentile(0.5))) ms, p95 \(ms(result.percentile(0.95))) ms, p99 \(ms(result.percentile(0.99))) ms, "
            + "\(Say.text(fr: "livrés", en: "settled")) \(Int(Double(settled) / max(result.elapsed, 0.001)))/s, \(Say.text(fr: "en attente", en: "backlog")) \(open)"
        if connections == 1 { text += ", p50 − 1.2 × fdatasync = \(ms(result.percentile(0.5) - 1.2 * baseline.syncMilliseconds)) ms" }
        if result.failed > 0 { text += ", \(Say.text(fr: "ÉCHECS", en: "FAILED")) \(result.failed)" }
        return text
    }
}

/// What machine this is.
enum Machine {
    static var description: String {
        let model =
            (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? "?"
        return "passerelle \(Version.number), \(ProcessInfo.processInfo.activeProcessorCount) × \(model)"
    }
}
