import Connectors
import Console
import France
import HL7v2
import Pipeline
import Steps

/// What a configuration makes of an HL7 message: the words of `explain FILE`. Pure: nothing is sent or kept.
struct Explanation {
    private(set) var lines: [String] = []
    private(set) var isRefused = false
    private let configuration: Configuration

    /// Explains a message.
    init(_ bytes: [UInt8], _ configuration: Configuration) {
        self.configuration = configuration
        do throws(HL7Error) {
            explain(try HL7Message(bytes), bytes)
        } catch {
            refuse([Finding(error.finding)])
        }
    }

    private mutating func explain(_ message: HL7Message, _ bytes: [UInt8]) {
        say(
            fr: "message \(message["MSH-10"]) : \(message["MSH-9"]), \(bytes.count) octets",
            en: "message \(message["MSH-10"]): \(message["MSH-9"]), \(bytes.count) bytes")
        for warning in message.warnings { say(fr: "  avertissement : \(warning.text.fr)", en: "  warning: \(warning.text.en)") }
        let found = partner(application: message["MSH-3"], code: message["MSH-4"])
        guard let (facility, settings) = found else {
            return refuse([
                Finding(.error, Reason("207", Text(fr: "émetteur inconnu (MSH-3, MSH-4)", en: "unknown sender (MSH-3, MSH-4)"), location: "MSH-3"))
            ])
        }
        say(
            fr: "\(facility.place) : partenaire \(settings.name) de \(facility.name), sur \(settings.listener)",
            en: "\(facility.place): partner \(settings.name) of \(facility.name), on \(settings.listener)")
        let envelope = Envelope(
            id: MessageID(at: SystemTime().now, SystemChance()), listener: settings.listener,
            partner: Partner(facility: facility.name, name: settings.name), received: SystemTime().now, format: "hl7v2", controlID: message["MSH-10"])
        let reading = Reading(
            message: Message(envelope: envelope, body: .bytes(bytes), digest: Composition.digester.sha256(bytes)), content: message, bytes: bytes)
        explain(reading)
    }

    private mutating func explain(_ reading: Reading) {
        let examiner = Examiner(configuration: configuration, hash: SipHash(secret: Key128(high: 0, low: 0)))
        let routes = examiner.matching(reading)
        if routes.isEmpty {
            return refuse([Finding(.error, examiner.unmatched(reading))])
        }
        var hasErrors = false
        for route in routes {
            lines.append(Words.trace(route.matchLine))
            for check in route.checks {
                let findings = check.check.findings(reading)
                lines.append(Words.trace(RouteInstance.line(check, findings: findings.count)))
                for finding in findings { lines.append("  " + Self.text(finding)) }
                hasErrors = hasErrors || findings.contains { $0.severity == .error }
            }
        }
        guard !hasErrors else { return refuse([]) }
        say(fr: "réponse : AA", en: "answer: AA")
        let examination = examiner.examine(reading, routes, verdict: Verdict(.accepted)), matches = Set(routes.map(\.matchLine))
        lines += examination.trace.filter { !matches.contains($0) }.map(Words.trace)
        for delivery in examination.deliveries { explain(delivery, reading) }
    }

    /// Key, Message-ID, ENVID and the ids of the set are made with the journal's secret: no real delivery has those that could be shown here.
    private mutating func explain(_ delivery: ExaminedDelivery, _ reading: Reading) {
        if let reason = delivery.held {
            say(
                fr: "  → \(delivery.destination) : retenu [\(reason.code)] \(reason.text.fr)",
                en: "  → \(delivery.destination): held [\(reason.code)] \(reason.text.en)")
        } else {
            let part = delivery.part.id.isEmpty ? "" : ", " + Mask.address(delivery.part.id)
            say(fr: "  → \(delivery.destination) par \(delivery.sender)\(part)", en: "  → \(delivery.destination) by \(delivery.sender)\(part)")
        }
        if let refusal = foreseenRefusal(delivery, reading) {
            say(
                fr: "      sera refusé [\(refusal.code)] \(refusal.placed.fr)",
                en: "      will be refused [\(refusal.code)] \(refusal.placed.en)")
            return
        }
        if let sender = configuration.senders[delivery.sender], type(of: sender).spec.word == "mssante", Self.hasStructuredDocument(delivery.notes) {
            say(
                fr: "      document structuré (niveau 3) : le courriel part sans PDF, faute de moteur de rendu",
                en: "      structured document (level 3): the mail leaves without PDF, for want of a renderer")
        }
        for token in delivery.replaces {
            say(fr: "      remplace ou supprime \(token.value)", en: "      replaces or deletes \(token.value)")
        }
    }

    /// What the sender will find before it sends: an INS that is not qualified, a type that is not fed, a domain outside the white list.
    private func foreseenRefusal(_ delivery: ExaminedDelivery, _ reading: Reading) -> Reason? {
        guard delivery.held == nil, let sender = configuration.senders[delivery.sender] as? any ForeseeingSender,
            let facility = configuration.facilities[reading.message.envelope.facility],
            let message = delivery.rewritten.map({ try? HL7Message($0) }) ?? reading.hl7
        else { return nil }
        return sender.foreseenRefusal(DocumentRequest(taken: message), facility, delivery.part)
    }

    /// Whether the `documents` step saw a body of level 3, under whatever name it was told to keep it.
    private static func hasStructuredDocument(_ notes: Notes) -> Bool {
        notes.values.contains { note in
            guard case .list(let documents) = note else { return false }
            return documents.contains { $0["level"]?.text == "3" }
        }
    }

    private mutating func refuse(_ findings: [Finding]) {
        isRefused = true
        for finding in findings { lines.append("  " + Self.text(finding)) }
        say(fr: "réponse : AE, rien n'est envoyé", en: "answer: AE, nothing is delivered")
    }

    private mutating func say(fr: String, en: String) { lines.append(Say.text(fr: fr, en: en)) }

    private static func text(_ finding: Finding) -> String {
        let place = finding.reason.location.map { "\($0): " } ?? ""
        let business = finding.reason.business.map { " (\($0.code), \($0.system))" } ?? ""
        return "\(Words.word(finding.severity.rawValue))[\(finding.reason.code)]: \(place)\(finding.reason.text[Say.language])\(business)"
    }

    private func partner(application: String, code: String) -> (Facility, PartnerSettings)? {
        for (_, facility) in configuration.facilities.sorted(by: { $0.key < $1.key }) {
            if let settings = facility.partners.first(where: { $0.application == application && $0.facilityCode == code }) { return (facility, settings) }
        }
        return nil
    }
}
