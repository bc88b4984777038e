/// A sentence for users, in French and English.
package struct Text: Sendable, Hashable, Codable {
    /// French, English.
    package let fr: String, en: String

    /// A sentence in both languages.
    package init(fr: String, en: String) { (self.fr, self.en) = (fr, en) }
}

/// A detail that may hold patient data: printed as `•••` unless an authorised operator asks.
package struct Sensitive: Sendable, Hashable, Codable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The detail itself. Asking for it is the explicit word.
    package let revealed: String

    /// Hides a text.
    package init(_ text: String) { revealed = text }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
}

/// Why something failed: safe to log, but for its `detail`.
package struct Reason: Error, Sendable, Hashable, Codable {
    /// A stable code: HL7 table 0357, an SMTP or enhanced code, an XDS or DMP code, or one of ours (`P0123`).
    package let code: String
    /// A sentence that cannot hold patient data.
    package let text: Text
    /// Segment-field-component, XPath, MIME part, or file:line:column.
    package let location: String?
    /// The code, label and code system for a business acknowledgement (ERR-5), when they differ from `code`.
    package let business: BusinessCode?
    /// What the far end said, word for word.
    package let detail: Sensitive?

    /// A reason.
    package init(_ code: String, _ text: Text, location: String? = nil, business: BusinessCode? = nil, detail: String? = nil) {
        (self.code, self.text, self.location, self.business, self.detail) = (code, text, location, business, detail.map { Sensitive($0) })
    }

    /// Its text with its location behind it in brackets, where it has one.
    package var placed: Text {
        guard let location else { return text }
        return Text(fr: "\(text.fr) (\(location))", en: "\(text.en) (\(location))")
    }

    /// The same without its detail: nothing in it can name a patient.
    package var bare: Reason { Reason(code, text, location: location, business: business) }
}

/// A code of a business acknowledgement: `DMPClosed^DMP fermé^DMP_ERROR_CODE`.
package struct BusinessCode: Sendable, Hashable, Codable {
    package let code: String, label: String, system: String

    /// A coded value.
    package init(code: String, label: String, system: String) { (self.code, self.label, self.system) = (code, label, system) }
}

/// What a check found. An error decides the answer (AE), a warning is kept with the message.
package struct Finding: Sendable, Hashable, Codable {
    /// How bad.
    package enum Severity: String, Sendable, Codable { case error, warning, information }

    package let severity: Severity
    package let reason: Reason

    /// A finding.
    package init(_ severity: Severity, _ reason: Reason) { (self.severity, self.reason) = (severity, reason) }
}
