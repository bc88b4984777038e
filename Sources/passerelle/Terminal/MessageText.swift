import Console

/// A journaled message as lines of text: what came, what was answered, what became of it.
struct MessageText {
    private let view: MessageView

    init(_ view: MessageView) { self.view = view }

    /// A line of the audit, with the name of the delivery's destination, its answer at the end, and the person when it was one.
    private func timeline(_ entry: AuditView) -> String {
        var words = ["  " + entry.at, Words.word(entry.what)]
        if let id = entry.delivery, let delivery = view.deliveries.first(where: { $0.id == id }) {
            words.append(delivery.destination)
            if !delivery.part.isEmpty { words.append(delivery.part) }
            if entry.what == "delivered", let answer = delivery.answer { words.append("(\(Words.value(answer)))") }
        }
        if let reason = entry.reason { words.append(DeliveryText.text(reason)) }
        if entry.by != "engine" { words.append(Say.text(fr: "par \(entry.by)", en: "by \(entry.by)")) }
        return words.joined(separator: " ")
    }

    var lines: [String] {
        var lines = [
            Say.text(
                fr: "\(view.received) message \(view.id) (MSH-10 \(view.controlID)) de \(view.facility)/\(view.partner) par \(view.listener), "
                    + "\(view.bytes) octets, \(Words.word(view.state))",
                en: "\(view.received) message \(view.id) (MSH-10 \(view.controlID)) of \(view.facility)/\(view.partner) by \(view.listener), "
                    + "\(view.bytes) bytes, \(Words.word(view.state))")
        ]
        if let parent = view.parent { lines.append(Say.text(fr: "  né de \(parent)", en: "  made from \(parent)")) }
        switch view.verdict {
        case "accepted": lines.append(Say.text(fr: "  réponse : AA", en: "  answer: AA"))
        case "rejected": lines.append(Say.text(fr: "  réponse : AE, rien n'est envoyé", en: "  answer: AE, nothing is delivered"))
        case "held": lines.append(Say.text(fr: "  réponse : AA, retenu", en: "  answer: AA, held"))
        default: lines.append(Say.text(fr: "  pas encore décidé", en: "  not decided yet"))
        }
        for finding in view.findings { lines.append("  \(Words.word(finding.severity)) " + DeliveryText.text(finding.reason)) }
        lines += view.trace.map { "  " + Words.trace($0) }
        for delivery in view.deliveries {
            lines.append("  → " + DeliveryText(delivery).line)
            if let answer = delivery.answer { lines.append("      " + Say.text(fr: "réponse : ", en: "answer: ") + Words.value(answer)) }
            if let reason = delivery.reportReason { lines.append("      " + DeliveryText.text(reason)) }
            if let detail = delivery.reason?.detail { lines.append("      \(detail)") }
            for (name, value) in delivery.facts.sorted(by: { $0.key < $1.key }) { lines.append("      \(Words.fact(name)) \(Words.value(value))") }
        }
        for child in view.children { lines.append(Say.text(fr: "  a donné le message \(child)", en: "  gave the message \(child)")) }
        return lines + view.audit.map(timeline)
    }
}
