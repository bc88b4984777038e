/// One fault of a message: what becomes an ERR segment (HL7 v2.5 2.15.5; volet Transmission de documents CDA-R2, ACK).
package struct HL7Finding: Sendable, Hashable {
    /// ERR-4, table 0516.
    package enum Severity: String, Sendable, Hashable {
        case error = "E"
        case warning = "W"
        case information = "I"
        case fatal = "F"
    }

    /// ERR-5: a business code with its label and its table.
    package struct BusinessCode: Sendable, Hashable {
        /// The code, for instance `902`.
        package let code: String
        /// Its label.
        package let label: String
        /// Its table, for instance `applicationErrorCondition`.
        package let system: String

        /// Makes a business code.
        package init(code: String, label: String, system: String) {
            self.code = code
            self.label = label
            self.system = system
        }
    }

    /// ERR-4.
    package let severity: Severity
    /// ERR-3.1: HL7 table 0357.
    package let code: Int
    /// ERR-2.
    package let location: HL7Location?
    /// ERR-5.
    package let business: BusinessCode?
    /// Sentence for people; never a value of the message. French goes to ERR-8.
    package let text: HL7Text
    /// What the far end wrote in ERR-7/ERR-8 or MSA-3: may hold patient data, never to be logged.
    package let remoteText: String?

    /// Makes a finding.
    package init(
        severity: Severity = .error, code: Int, location: HL7Location? = nil, business: BusinessCode? = nil, text: HL7Text, remoteText: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.location = location
        self.business = business
        self.text = text
        self.remoteText = remoteText
    }

    /// The text of ERR-3.2 for a code of table 0357, as the volets print it.
    package static func label(of code: Int) -> String {
        labels[code] ?? "Other HL7 Error"
    }

    private static let labels: [Int: String] = [
        0: "Message accepted", 100: "Segment sequence error", 101: "Required field missing", 102: "Data type error",
        103: "Table value not found", 198: "Non-conformant cardinality", 199: "Other HL7 Error", 200: "Unsupported message type",
        201: "Unsupported event code", 202: "Unsupported processing id", 203: "Unsupported version id", 207: "Application error",
    ]
}
