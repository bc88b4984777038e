import Console
import Pipeline

/// A delivery as lines of text.
struct DeliveryText {
    private let view: DeliveryView

    init(_ view: DeliveryView) { self.view = view }

    /// One line for lists.
    var line: String {
        var words = ["\(view.id)", Words.word(view.state), view.destination, view.controlID, Self.attempts(view.attempt)]
        if view.deliveryClass != "today" { words.append(Words.word(view.deliveryClass)) }
        if !view.part.isEmpty { words.append(view.part) }
        if view.isMerge { words.append(Say.text(fr: "fusion", en: "merge")) }
        if !view.waitsFor.isEmpty { words.append(Say.text(fr: "attend ", en: "waits for ") + waitsFor) }
        if view.report != "none" { words.append(Say.text(fr: "compte rendu ", en: "report ") + Words.word(view.report)) }
        if let reason = view.reason { words.append(Self.text(reason)) }
        if let owner = view.owner { words.append("→ " + Words.word(owner)) }
        if let due = view.due { words.append(Say.text(fr: "prochain essai \(due)", en: "next attempt \(due)")) }
        return words.joined(separator: "  ")
    }

    /// Everything, a fact a line.
    var full: [String] {
        var rows: [(String, String, String)] = [
            ("envoi", "delivery", "\(view.id)"), ("état", "state", Words.word(view.state)), ("version", "version", "\(view.version)"),
            ("essais", "attempts", "\(view.attempt)"), ("message", "message", view.message), ("MSH-10", "MSH-10", view.controlID),
            ("établissement", "facility", view.facility), ("partenaire", "partner", view.partner), ("route", "route", view.route),
            ("destination", "destination", view.destination), ("émetteur", "sender", view.sender), ("part", "part", view.part), ("clé", "key", view.key),
            ("prévu", "planned", view.planned), ("changé", "changed", view.changed), ("prochain essai", "next attempt", view.due ?? ""),
            ("classe", "class", Words.word(view.deliveryClass)),
            ("fusion", "merge", view.isMerge ? Say.text(fr: "oui", en: "yes") : ""), ("attend", "waits for", waitsFor),
            ("réponse", "answer", view.answer.map(Words.value) ?? ""), ("motif", "reason", view.reason.map(Self.text) ?? ""),
            ("détail", "detail", view.reason?.detail.map { SystemWords.text($0)[Say.language] } ?? ""),
            ("à traiter par", "owner", view.owner.map(Words.word) ?? ""),
            ("compte rendu", "report", Words.word(view.report)),
            ("motif du compte rendu", "report reason", view.reportReason.map(Self.text) ?? ""),
        ]
        rows += view.facts.sorted { $0.key < $1.key }.map { (Words.fact($0.key), Words.fact($0.key), Words.value($0.value)) }
        return rows.filter { !$0.2.isEmpty }.map { row in
            let name = Say.text(fr: row.0, en: row.1)
            return name + String(repeating: " ", count: max(1, 24 - name.count)) + row.2
        }
    }

    private var waitsFor: String { view.waitsFor.map(String.init).joined(separator: ", ") + (view.waitsFor.count == 10 ? "…" : "") }

    /// `[550] Boîte inconnue (PID-3)`
    static func text(_ reason: ReasonView) -> String {
        let place = reason.location.map { " (\($0))" } ?? ""
        return "[\(reason.code)] " + Say.text(fr: reason.fr, en: reason.en) + place
    }

    private static func attempts(_ n: Int) -> String { Say.text(fr: "essai \(n)", en: "attempt \(n)") }
}
