/// `keep:` of a route: how long its bodies are kept, and how many bytes of them. What is not said is the node's.
package struct KeepRule: Sendable, Hashable {
    package let days: Int?, bytes: Int?

    /// A rule.
    package init(days: Int? = nil, bytes: Int? = nil) { (self.days, self.bytes) = (days, bytes) }

    static let fields: [Field] = [
        Field("days", .integer(1...36_500), Text(fr: "jours de garde des corps", en: "days that bodies are kept"), example: "30"),
        Field("bytes", .bytes, Text(fr: "octets gardés ; au-delà, le plus ancien part", en: "bytes kept; above, the oldest goes"), example: "200 GB"),
    ]

    /// A rule from its checked fields.
    init(_ fields: Fields) { self.init(days: fields.integer("days"), bytes: fields.integer("bytes")) }
}

/// `keep:` of the node: what routes do not say, and what outlives bodies.
package struct KeepSettings: Sendable, Hashable {
    /// Days of bodies whose route says nothing, and of what no route takes.
    package var days = 30
    /// Bytes kept for each such route; nil: no limit.
    package var bytes: Int?
    /// Days of what recognises repeats, late reports and searches.
    package var factsDays = 400
    /// Days of messages without body and their deliveries: answers, reports, digests, ids.
    package var proofsDays = 3650
    /// Days of the audit.
    package var auditDays = 3650

    /// The defaults. The volets read impose no period (traces of MSSanté: recommended, not imposed): 400 days of facts cover a repeat or a report that
    /// comes a year late, ten years of proofs and audit the usual limit for claims about care (article L. 1142-28 of the code of public health).
    package init() {}

    static let fields: [Field] = [
        Field(
            "days", .integer(1...36_500), default: "30",
            Text(fr: "jours de garde des corps, si la route n'en dit rien", en: "days of bodies, where the route says none")),
        Field("bytes", .bytes, Text(fr: "octets gardés par route, si elle n'en dit rien", en: "bytes kept for each route that says none"), example: "200 GB"),
        Field(
            "facts_days", .integer(1...36_500), default: "400",
            Text(fr: "jours de ce qui reconnaît répétitions et comptes rendus tardifs", en: "days of what recognises repeats and late reports")),
        Field(
            "proofs_days", .integer(1...36_500), default: "3650",
            Text(fr: "jours des preuves : réponses, comptes rendus, empreintes, identifiants", en: "days of proofs: answers, reports, digests, ids")),
        Field("audit_days", .integer(1...36_500), default: "3650", Text(fr: "jours de l'audit", en: "days of the audit")),
    ]

    /// Settings from checked fields; each period must reach as far as the one before.
    init(_ fields: Fields, _ reader: inout SpecReader) {
        days = fields.integer("days") ?? days
        bytes = fields.integer("bytes")
        factsDays = fields.integer("facts_days") ?? factsDays
        proofsDays = fields.integer("proofs_days") ?? proofsDays
        auditDays = fields.integer("audit_days") ?? auditDays
        let steps = [("days", days), ("facts_days", factsDays), ("proofs_days", proofsDays), ("audit_days", auditDays)]
        for (one, next) in zip(steps, steps.dropFirst()) where one.1 > next.1 {
            reader.diagnostics.append(.keepOrder(one.0, next.0, at: fields.place(of: next.0)))
        }
    }

    /// What holds for a rule: that of the route, completed by the node's.
    func rule(_ route: KeepRule?) -> (days: Int, bytes: Int?) { (route?.days ?? days, route?.bytes ?? bytes) }
}

extension Diagnostic {
    static func keepOrder(_ shorter: String, _ longer: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0178", Text(fr: "« \(longer) » est plus court que « \(shorter) »", en: "\"\(longer)\" is shorter than \"\(shorter)\""),
            mend: Text(fr: "days ≤ facts_days ≤ proofs_days ≤ audit_days", en: "days ≤ facts_days ≤ proofs_days ≤ audit_days"), at: place)
    }
}
