import HL7v2
import Pipeline

/// What came back for a message, as an outcome (design §2).
enum MLLPAnswer {
    /// What an answer frame means for the message that waits for it.
    enum Meaning: Equatable {
        case outcome(Outcome)
        /// Not the answer we wait for: another message's, or a mere commit (CA). The wait goes on.
        case notYet
        /// Not an acknowledgement at all.
        case garbage
    }

    /// Reads an answer frame. `controlID`: MSH-10 of the message that was sent.
    static func meaning(of bytes: [UInt8], controlID: String) -> Meaning {
        guard let message = HL7Message.peekWhole(bytes), let answer = HL7Answer(message) else { return .garbage }
        // An AE to bytes without MSH has no MSA-2: we sent one, so it is not ours to believe.
        guard answer.controlID == controlID else { return answer.controlID.isEmpty ? .garbage : .notYet }
        switch answer.code {
        case "AA": return .outcome(.delivered(Proof(answer: "AA", facts: message.value("MSH-10").map { ["ack": $0] } ?? [:])))
        case "CA": return .notYet
        case "AE", "CE": return .outcome(.refused(reason(answer)))
        case "AR", "CR": return .outcome(.deferred(later(answer)))
        default: return .garbage
        }
    }

    /// The reason of a refusal: the first error, with its place and business code.
    private static func reason(_ answer: HL7Answer) -> Reason {
        guard let first = answer.findings.first(where: { $0.severity == .error || $0.severity == .fatal }) ?? answer.findings.first else {
            return Reason("207", Text(fr: "Refus du destinataire (AE) sans motif", en: "Refused by the receiver (AE), no reason given"))
        }
        let business = first.business.map { BusinessCode(code: $0.code, label: $0.label, system: $0.system) }
        return Reason(
            String(first.code), Text(fr: first.text.fr, en: first.text.en), location: first.location?.description, business: business, detail: first.remoteText)
    }

    /// AR: circumstances, so the far end rests and is probed; but where ERR names type, event, processing id or version (200 to 203), only this
    /// message waits: other software says AR for what it will never take.
    private static func later(_ answer: HL7Answer) -> Reason {
        if answer.findings.contains(where: { (200...203).contains($0.code) }) { return reason(answer) }
        return Reasons.farEndAway(detail: answer.findings.first?.remoteText)
    }
}

extension HL7Message {
    /// A whole message, or what can be read of it when its character set is not kept.
    fileprivate static func peekWhole(_ bytes: [UInt8]) -> HL7Message? { (try? HL7Message(bytes)) ?? peek(bytes + [0x0D]) }
}

/// How an exchange ended without an answer.
enum MLLPFailure {
    /// Nobody answered, and the message did not leave whole: the receiver cannot have it, since the end block never left.
    static func notSent(_ error: any Error) -> Outcome { .deferred(Reasons.farEndAway(detail: "\(error)")) }

    /// The message left whole and the connection ended.
    static let closed = Outcome.unknown(
        Reason("P0621", Text(fr: "Connexion fermée après l'envoi, sans acquittement", en: "Connection closed after sending, no acknowledgement")))
    /// No acknowledgement in time.
    static let timeout = Outcome.unknown(Reason("P0622", Text(fr: "Pas d'acquittement dans le délai", en: "No acknowledgement in time")))
    /// An answer that is none.
    static let garbage = Outcome.unknown(
        Reason("P0623", Text(fr: "Réponse illisible : pas un acquittement HL7", en: "Unreadable answer: no HL7 acknowledgement")))

    /// The peer's certificate, or ours, was refused: a person must mend it.
    static func certificate(_ scope: String, _ text: String) -> Outcome {
        .halted(scope: scope, Reason("P0624", Text(fr: "Certificat refusé : \(text)", en: "Certificate refused: \(text)")))
    }
}
