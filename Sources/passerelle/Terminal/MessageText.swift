import Console

/// A journaled message as lines of text: what came, what was answered, what became of it.
struct MessageText {
    private let view: MessageView

    init(_ view: MessageView) { self.view = view }

    var lines: [String] {
        var lines = [
            Say.text(
                fr: "\(view.received) message \(view.id) (MSH-10 \(view.controlID)) de \(view.facility)/\(view.partner) par \(view.listener), "
                    + "\(view.bytes) octets, \(view.state)",
                en: "\(view.received) message \(view.id) (MSH-10 \(view.controlID)) of \(view.facility)/\(view.partner) by \(view.listener), "
                    + "\(view.bytes) bytes, \(view.state)")
        ]
        if let parent = view.parent { lines.append(Say.text(fr: "  né de \(parent)", en: "  made from \(parent)")) }
        switch view.verdict {
        case "accepted": lines.append(Say.text(fr: "  réponse : AA", en: "  answer: AA"))
        case "rejected": lines.append(Say.text(fr: "  réponse : AE, rien n'est envoyé", en: "  answer: AE, nothing is delivered"))
        case "held": lines.append(Say.text(fr: "  réponse : AA, retenu", en: "  answer: AA, held"))
        default: lines.append(Say.text(fr: "  pas encore décidé", en: "  not decided yet"))
        }
        for finding in view.findings { lines.append("  \(finding.severity) " + DeliveryText.text(finding.reason)) }
        lines += view.trace.map { "  " + $0 }
        for delivery in view.deliveries {
            lines.append("  → " + DeliveryText(delivery).line)
            if let answer = delivery.answer { lines.append("      " + Say.text(fr: "réponse : \(answer)", en: "answer: \(answer)")) }
            if let reason = delivery.reportReason { lines.append("      " + DeliveryText.text(reason)) }
            if let detail = delivery.reason?.detail { lines.append("      \(detail)") }
            for (name, value) in delivery.facts.sorted(by: { $0.key < $1.key }) { lines.append("      \(name) \(value)") }
        }
        for child in view.children { lines.append(Say.text(fr: "  a donné le message \(child)", en: "  gave the message \(child)")) }
        for entry in view.audit {
            let delivery = entry.delivery.map { " \($0)" } ?? ""
            let reason = entry.reason.map { " " + DeliveryText.text($0) } ?? ""
            lines.append("  \(entry.at) \(entry.what)\(delivery) \(entry.by)\(reason)")
        }
        return lines
    }
}
