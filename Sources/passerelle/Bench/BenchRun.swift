import ArgumentParser
import Foundation  // FileManager, NSTemporaryDirectory

/// What every measure takes.
struct BenchOptions: ParsableArguments {
    @Option(help: help(fr: "Durée de chaque mesure, en secondes.", en: "Length of each measure, in seconds.")) var seconds = 10.0
    @Option(help: help(fr: "Connexions de la charge.", en: "Connections of the load.")) var links = 64
    @Option(help: help(fr: "Dossier de travail, sur le disque à mesurer.", en: "Working folder, on the disk to measure.")) var directory: String?
    @Option(help: help(fr: "Dossier du produit (Routes, Mappings).", en: "The product's folder (Routes, Mappings).")) var product = "."
    @Flag(help: help(fr: "Une ligne de JSON par chiffre.", en: "A line of JSON a figure.")) var json = false
}

/// One run of a measure: its folder, its report, the machine's own figures.
final class BenchRun {
    let options: BenchOptions
    let report: BenchReport
    private let folder: URL
    private var nodes = 0
    private var known: BenchBaseline?

    init(_ options: BenchOptions) throws {
        self.options = options
        report = BenchReport(json: options.json)
        folder = URL(fileURLWithPath: options.directory ?? NSTemporaryDirectory()).appendingPathComponent("passerelle-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var path: String { folder.path }

    /// The machine's own figures, measured once and said.
    func baseline() throws -> BenchBaseline {
        if let known { return known }
        let measured = try BenchBaseline.measure(in: folder.path, group: 64)
        measured.say(report)
        known = measured
        return measured
    }

    /// A set-up of the product's folder.
    var setup: BenchSetup { BenchSetup(product: URL(fileURLWithPath: options.product).standardizedFileURL.path) }

    /// A gateway for a set-up.
    func node(_ setup: BenchSetup) throws -> BenchNode {
        nodes += 1
        return try BenchNode(setup, folder: folder.appendingPathComponent("node-\(nodes)"))
    }

    /// A load of the length asked for, after one second that warms caches and connections and is not counted.
    func load(_ node: BenchNode, _ templates: [LoadGenerator.Template], links: Int? = nil, rate: Double? = nil) -> LoadGenerator.Result {
        let links = links ?? options.links
        _ = LoadGenerator(port: node.port, connections: links, seconds: 1, rate: rate, templates: templates).run(prefix: fresh())
        return LoadGenerator(port: node.port, connections: links, seconds: options.seconds, rate: rate, templates: templates).run(prefix: fresh())
    }

    /// A load of several gateways at a time, links and rate shared out among them; off the cooperative pool.
    func load(_ nodes: [BenchNode], _ templates: [LoadGenerator.Template], seconds: Double, rate: Double? = nil) async -> [LoadGenerator.Result] {
        let links = max(options.links / nodes.count, 1), rate = rate.map { $0 / Double(nodes.count) }
        let loads = nodes.map { node in
            (LoadGenerator(port: node.port, connections: links, seconds: seconds, rate: rate, templates: templates), fresh())
        }
        return await withTaskGroup(of: LoadGenerator.Result.self) { group in
            for (load, prefix) in loads { group.addTask { await BenchRecovery.apart { load.run(prefix: prefix) } } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// As many messages as asked for, as fast as they are taken.
    func fill(_ node: BenchNode, _ templates: [LoadGenerator.Template], messages: Int) -> LoadGenerator.Result {
        LoadGenerator(port: node.port, connections: options.links, messages: messages, templates: templates).run(prefix: fresh())
    }

    private var loads = 0
    /// A control id's beginning that no other load of the run has.
    private func fresh() -> String {
        loads += 1
        return "B\(loads)-"
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
