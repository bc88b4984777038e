import HL7v2

/// How the combinations of masking and recipients are judged (volet, management rules of MSSanté).
package enum MaskingRule: String, Sendable, CaseIterable {
    /// Hard blocks only: what is hidden from someone is not mailed to them. The default: the volet's matrix lacks the ordinary case.
    case rules
    /// The three rows of the volet and nothing else. For conformance tests.
    case strict
}

/// What the control of a request needs beside the message.
package struct ControlSettings: Sendable {
    /// Where the message arrived.
    package var environment: NationalEnvironment
    /// Lets INS of the production OIDs (`.8`, `.9`) into a test environment.
    package var productionINSInTest = false
    /// How masking is judged.
    package var masking = MaskingRule.rules
    /// Lets a document hidden from professionals (MASQUE_PS) be mailed to professionals. Version 2.1.1 of the volet removed the
    /// sentence that forbade it, without adding a row for it.
    package var mailsMaskedToProfessionals = false
    /// Answers a request that names no destination with a warning instead of an error.
    package var acceptsNoDestination = false
    /// In production, refuses wrong check digits of professionals and structures instead of warning.
    package var refusesWrongCheckDigits = false
    /// What of former versions of the volet is let in.
    package var compatibility: RequestCompatibility = []
    /// Whether a code is in the table of document types (JDV_J07); nil: the table is not at hand and types are not looked up.
    package var isDocumentType: (@Sendable (String) -> Bool)?
    /// Largest decoded document, in bytes.
    package var largestDocument = 64 << 20

    /// Settings with every choice at its default.
    package init(environment: NationalEnvironment) { self.environment = environment }
}

/// Collects what is wrong, in the order in which it is found.
struct Findings {
    private(set) var all: [HL7Finding] = []

    /// A fault that refuses the message (AE).
    mutating func error(_ code: Int, _ place: HL7Location?, fr: String, en: String) {
        all.append(HL7Finding(severity: .error, code: code, location: place, text: HL7Text(fr: fr, en: en)))
    }

    /// An oddity that is told and let through.
    mutating func warn(_ code: Int, _ place: HL7Location?, fr: String, en: String) {
        all.append(HL7Finding(severity: .warning, code: code, location: place, text: HL7Text(fr: fr, en: en)))
    }

    /// A required field or segment is absent.
    mutating func missing(_ place: HL7Location) {
        error(101, place, fr: "\(place) est obligatoire", en: "\(place) is required")
    }

    /// A field that stands once has more than one value: which one is meant cannot be known.
    mutating func repeated(_ place: HL7Location) {
        error(198, place, fr: "\(place) : une seule répétition est attendue", en: "\(place): only one repetition is expected")
    }

    /// A value that its table does not hold. Only the allowed codes are told, never the value.
    mutating func notInTable(_ place: HL7Location, _ allowed: String) {
        error(103, place, fr: "\(place) : valeur hors table (attendu : \(allowed))", en: "\(place): value not in the table (expected: \(allowed))")
    }

    /// Whether anything refuses the message.
    var hasErrors: Bool { all.contains { $0.severity == .error || $0.severity == .fatal } }
}
