import Foundation  // String(format:)

/// A figure of a measure, and how it stands to its target.
struct BenchFigure: Codable {
    /// What a value should be.
    struct Target: Codable {
        let atLeast: Double?, atMost: Double?

        static func atLeast(_ value: Double) -> Target { Target(atLeast: value, atMost: nil) }
        static func atMost(_ value: Double) -> Target { Target(atLeast: nil, atMost: value) }

        func isMet(_ value: Double) -> Bool { value >= atLeast ?? -.infinity && value <= atMost ?? .infinity }
        var text: String { atLeast.map { "≥ \(BenchFigure.text($0))" } ?? atMost.map { "≤ \(BenchFigure.text($0))" } ?? "" }
    }

    /// The scenario: `end-to-end http`.
    let scenario: String
    /// What was measured: `delivered`, `ack_p99`.
    let name: String
    let value: Double
    /// `/s`, `ms`, `MB`.
    let unit: String
    /// What the value is compared with, from the same run, and value / that.
    var against: String?
    var base: Double?
    var ratio: Double?
    /// What the ratio should be, or the value where there is no ratio.
    var target: Target?
    var met: Bool?

    static func text(_ value: Double) -> String {
        value.magnitude >= 1000
            ? "\(Int(value.rounded()))" : value == value.rounded() ? "\(Int(value))" : String(format: value.magnitude >= 100 ? "%.0f" : "%.2f", value)
    }

    var line: String {
        var text = "  \(name): \(Self.text(value)) \(unit)"
        if let ratio, let against, let base { text += " = \(String(format: "%.2f", ratio)) × \(against) (\(Self.text(base)))" }
        if let target, let met {
            text += ", \(Say.text(fr: "cible", en: "target")) \(target.text)\(ratio == nil ? "" : " ×"): "
            text += met ? Say.text(fr: "tenue", en: "met") : Say.text(fr: "MANQUÉE", en: "MISSED")
        }
        return text
    }
}

/// Says the figures as they come; `--json`: each as a line of JSON.
final class BenchReport {
    private let isJSON: Bool
    private var scenario = ""

    init(json: Bool) { isJSON = json }

    /// What follows belongs to this scenario.
    func begin(_ scenario: String) {
        self.scenario = scenario
        if !isJSON { Say.line(scenario) }
    }

    /// A word beside the figures; not in JSON.
    func note(fr: String, en: String) { if !isJSON { Say.line("  " + Say.text(fr: fr, en: en)) } }

    func add(_ name: String, _ value: Double, _ unit: String, _ target: BenchFigure.Target? = nil) {
        say(BenchFigure(scenario: scenario, name: name, value: value, unit: unit, target: target, met: target?.isMet(value)))
    }

    /// A value beside its base: the target concerns the ratio.
    func add(_ name: String, _ value: Double, _ unit: String, per against: String, _ base: Double, _ target: BenchFigure.Target? = nil) {
        let ratio = base > 0 ? value / base : 0
        say(
            BenchFigure(
                scenario: scenario, name: name, value: value, unit: unit, against: against, base: base, ratio: ratio, target: target, met: target?.isMet(ratio))
        )
    }

    /// The usual figures of a load; `SQLite` gives the ratio of its rate.
    func add(_ result: LoadGenerator.Result, per baseline: BenchBaseline? = nil, _ target: BenchFigure.Target? = nil) {
        if let baseline { add("ack", result.rate, "/s", per: "SQLite", baseline.wholeLife, target) } else { add("ack", result.rate, "/s") }
        for (name, p) in [("ack_p50", 0.5), ("ack_p95", 0.95), ("ack_p99", 0.99), ("ack_p999", 0.999)] { add(name, result.percentile(p), "ms") }
        failures(result)
    }

    /// What went wrong, if anything did.
    func failures(_ result: LoadGenerator.Result) {
        if result.failed > 0 { add("failed", Double(result.failed), "", .atMost(0)) }
        if let complaint = result.complaint, !isJSON { Say.line(complaint.split(separator: "\r").joined(separator: "\n")) }
    }

    private func say(_ figure: BenchFigure) {
        if isJSON { try? Say.json(figure) } else { Say.line(figure.line) }
    }
}
