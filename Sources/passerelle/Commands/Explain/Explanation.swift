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
        var errors: [Finding] = []
        for route in routes {
            for (name, check, place) in route.checks {
                let findings = check.findings(reading)
                say(
                    fr: "\(place) : contrôle \(name) : " + (findings.isEmpty ? "rien à dire" : "\(findings.count) constats"),
                    en: "\(place): check \(name): " + (findings.isEmpty ? "nothing to say" : "\(findings.count) findings"))
                for finding in findings { lines.append("  " + Self.text(finding)) }
                errors += findings.filter { $0.severity == .error }
            }
        }
        guard errors.isEmpty else { return refuse([]) }
        say(fr: "réponse : AA", en: "answer: AA")
        let examination = examiner.examine(reading, routes, verdict: Verdict(.accepted))
        lines += examination.trace
        for delivery in examination.deliveries { explain(delivery) }
    }

    private mutating func explain(_ delivery: ExaminedDelivery) {
        let key = delivery.key.base32(letters: 20)
        if let reason = delivery.held {
            say(
                fr: "  → \(delivery.destination) : retenu [\(reason.code)] \(reason.text.fr)",
                en: "  → \(delivery.destination): held [\(reason.code)] \(reason.text.en)")
        } else {
            say(fr: "  → \(delivery.destination) par \(delivery.sender), clé \(key)", en: "  → \(delivery.destination) by \(delivery.sender), key \(key)")
        }
        if let sender = configuration.senders[delivery.sender], type(of: sender).spec.word == "mssante", Self.hasStructuredDocument(delivery.notes) {
            say(
                fr: "      document structuré (niveau 3) : le courriel part sans PDF, faute de moteur de rendu",
                en: "      structured document (level 3): the mail leaves without PDF, for want of a renderer")
        }
        for token in delivery.tokens { lines.append("      \(token.kind) \(token.value)") }
        for token in delivery.replaces {
            say(fr: "      remplace ou supprime \(token.value)", en: "      replaces or deletes \(token.value)")
        }
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
        return "\(finding.severity.rawValue)[\(finding.reason.code)]: \(place)\(finding.reason.text[Say.language])\(business)"
    }

    private func partner(application: String, code: String) -> (Facility, PartnerSettings)? {
        for (_, facility) in configuration.facilities.sorted(by: { $0.key < $1.key }) {
            if let settings = facility.partners.first(where: { $0.application == application && $0.facilityCode == code }) { return (facility, settings) }
        }
        return nil
    }
}
