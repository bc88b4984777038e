import France
import HL7v2
package import Pipeline

/// What the two acknowledgements share: the request's wish, and the message built in its sender's character set.
enum ZAMEmission {
    /// `from: {emitted: [zam]}`.
    static let kind = "zam"

    /// ACK_RECEPTION = Y in the request.
    static func isAsked(_ message: Reading) -> Bool {
        guard let hl7 = message.hl7 else { return false }
        return DocumentRequest(taken: hl7).says(.acknowledgeReception)
    }

    /// The acknowledgement as a message to be routed; none when it was not asked for: the engine then raises an alert for a failure.
    static func emit(_ subject: ZAM.Subject, _ result: ZAM.Result, _ message: Reading, _ context: EmissionContext) -> [Emission] {
        guard let hl7 = message.hl7 else { return [] }
        let time = LocalTime.text(context.time)
        let id = context.controlID(0)
        let bytes = ZAM(subject, result, eventTime: time).message(answering: hl7, controlID: id, time: time)
        return [Emission(kind: kind, format: "hl7v2", controlID: id, bytes: bytes)]
    }
}

/// Times as messages of a French hospital write them.
enum LocalTime {
    /// Legal time of metropolitan France with its offset, so that nobody overseas misreads it: `20260115103100+0100`.
    static func text(_ instant: Instant) -> String {
        let seconds = instant.milliseconds >= 0 ? instant.milliseconds / 1000 : 0
        return HL7Time(milliseconds: seconds * 1000, offset: MetropolitanOffset.minutes(at: seconds)).text
    }
}

/// Directive 2000/84/EC: UTC+2 from the last Sunday of March to the last of October, changing at 01:00 UTC; UTC+1 else.
enum MetropolitanOffset {
    static func minutes(at seconds: Int64) -> Int {
        let year = HL7Time(milliseconds: seconds * 1000).year
        return seconds >= change(3, year) && seconds < change(10, year) ? 120 : 60
    }

    private static func change(_ month: Int, _ year: Int) -> Int64 {
        let last = HL7Time.days(year, month, 31)
        // 1970-01-01 was a Thursday: four days on from a Sunday.
        return Int64(last - (last + 4) % 7) * 86_400 + 3_600
    }
}

/// `then: zam-z01`: the DMP's answer told to the sender of the request, when it asked (ACK_RECEPTION = Y).
package struct ZAMZ01: Then {
    package static let tellsOf: Set<String>? = ["dmp"], emits: Set<String> = [ZAMEmission.kind]
    package static let spec = Spec(
        "zam-z01",
        Text(fr: "Acquittement métier ZAM^Z01 : réponse du DMP", en: "Business acknowledgement ZAM^Z01: the DMP's answer"))

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}

    package func isAsked(_ message: Reading) -> Bool { ZAMEmission.isAsked(message) }

    package func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission] {
        guard isAsked(message), let result = result(of: event) else { return [] }
        return ZAMEmission.emit(.dmp, result, message, emission)
    }

    private func result(of event: Event) -> ZAM.Result? {
        switch event {
        case .outcome(.delivered): .positive
        case .outcome(.refused(let reason)): .negative(code(reason))
        case .discarded(let reason): .negative(reason.business.map { .init($0) } ?? ZAM.dmpCode("Abandoned", label: "Envoi au DMP abandonné"))
        case .outcome, .reported: nil
        }
    }

    /// The DMP's own code unchanged; the French sentence of the reason as its label.
    private func code(_ reason: Reason) -> HL7Finding.BusinessCode {
        reason.business.map { .init($0) } ?? ZAM.dmpCode(reason.code, label: reason.text.fr)
    }
}

/// `then: zam-z02`: the delivery of one mail told to the sender of the request, when it asked: `N` at once on a final refusal, `Y` and
/// later `N` from a report.
package struct ZAMZ02: Then {
    package static let tellsOf: Set<String>? = ["mssante"], emits: Set<String> = [ZAMEmission.kind]
    package static let spec = Spec(
        "zam-z02",
        Text(
            fr: "Acquittement métier ZAM^Z02 : remise du courriel à un destinataire",
            en: "Business acknowledgement ZAM^Z02: delivery of the mail to one recipient"),
        [
            Field(
                "without_report", .choice(["none", "on_accept"]), default: "none",
                Text(
                    fr: "quand l'opérateur n'envoie pas d'avis de remise : on_accept acquitte dès l'acceptation du courriel",
                    en: "where the operator sends no delivery reports: on_accept acknowledges as soon as the mail is accepted"))
        ])

    private let onAccept: Bool

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { onAccept = fields.text("without_report") == "on_accept" }

    package func isAsked(_ message: Reading) -> Bool { ZAMEmission.isAsked(message) }

    package func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission] {
        guard isAsked(message), let result = result(of: event, emission.before), let address = delivery.part.notes["address"]?.text else { return [] }
        let recipient = ZAM.Recipient(identifier: delivery.part.notes["identifier"]?.text, address: address)
        return ZAMEmission.emit(.delivery(recipient), result, message, emission)
    }

    /// Y was said when the mail was accepted, and nothing else since: a report that says the same changes nothing.
    private func isTold(_ before: StoredDelivery?) -> Bool {
        guard onAccept, let before, let proof = before.proof, !proof.reportAwaited else { return false }
        return before.report.status != .failed
    }

    private func result(of event: Event, _ before: StoredDelivery?) -> ZAM.Result? {
        switch event {
        case .outcome(.delivered(let proof)): onAccept && !proof.reportAwaited ? .positive : nil
        case .outcome(.refused(let reason)): .negative(code(reason))
        case .reported(let report):
            switch report.status {
            case .relayed, .delivered: isTold(before) ? nil : .positive
            case .failed: .negative(report.reason.map(code) ?? ZAM.smtpCode(reply: "554", status: nil))
            case .none, .awaited, .overdue: nil
            }
        case .discarded(let reason): .negative(reason.business.map { .init($0) } ?? ZAM.smtpCode(reply: "554", status: nil))
        case .outcome: nil
        }
    }

    /// The basic code of the reply, else the one that its enhanced status stands for.
    private func code(_ reason: Reason) -> HL7Finding.BusinessCode {
        if let business = reason.business { return .init(business) }
        return reason.code.utf8.contains(0x2E) ? ZAM.smtpCode(reply: nil, status: reason.code) : ZAM.smtpCode(reply: reason.code, status: nil)
    }
}
