import ArgumentParser
import Console

/// `passerelle queue list`
struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: Say.text(
            fr: "Les compteurs, et les envois ouverts. Code 1 s'il y a des envois retenus.",
            en: "The counters, and open deliveries. Code 1 when some are held."))

    @Option(
        help: help(
            fr: "États à montrer, séparés par des virgules : queued (en file), active (en cours), deferred (différé), unknown (sans réponse), held (retenu), "
                + "delivered (remis), refused (refusé), discarded (abandonné).",
            en: "States to show, separated by commas (queued, active, deferred, unknown, held, delivered, refused, discarded)."))
    var state = ""
    @Option(help: help(fr: "Une seule destination (route/envoi).", en: "One destination alone (route/delivery).")) var destination: String?
    @Option(help: help(fr: "Au plus N envois.", en: "At most N deliveries.")) var limit = 100
    @Option(help: help(fr: "text ou json.", en: "text or json.")) var format = OutputFormat.text
    @OptionGroup var door: DoorOptions

    func run() async throws {
        let states = state.split(separator: ",").map(String.init)
        let view = try await door.knock(offline: true) { try await $0.queue(states: states, destination: destination, limit: limit) }
        if format == .json { try Say.json(view) } else { show(view) }
        if view.open.values.contains(where: { $0["held", default: 0] > 0 }) { throw ExitCode.findings }
    }

    private static func list(_ counts: [String: Int]) -> String {
        counts.isEmpty ? "0" : counts.sorted { $0.key < $1.key }.map { "\($0.value) " + Words.word($0.key) }.joined(separator: ", ")
    }

    private func show(_ view: QueueView) {
        Say.line(fr: "\(view.incoming) messages sans décision", en: "\(view.incoming) messages undecided")
        if let since = view.since {
            Say.line(fr: "depuis le démarrage : \(Self.list(since.counters))", en: "since the start: \(Self.list(since.counters))")
            if !since.refusals.isEmpty { Say.line(fr: "  refus : \(Self.list(since.refusals))", en: "  refusals: \(Self.list(since.refusals))") }
            if !since.tally.isEmpty { Say.line(fr: "  comptés : \(Self.list(since.tally))", en: "  counted: \(Self.list(since.tally))") }
        }
        for (destination, counts) in view.open.sorted(by: { $0.key < $1.key }) {
            Say.line("\(destination): " + Self.list(counts))
        }
        for halted in view.halted {
            Say.line(
                fr: "au repos : \(halted.scope) [\(halted.reason.code)] \(halted.reason.fr) (reprise : passerelle queue resume \(halted.scope))",
                en: "resting: \(halted.scope) [\(halted.reason.code)] \(halted.reason.en) (resume: passerelle queue resume \(halted.scope))")
        }
        for delivery in view.deliveries { Say.line(DeliveryText(delivery).line) }
        if view.next != nil { Say.line(fr: "… et d'autres : --limit", en: "… and more: --limit") }
    }
}
