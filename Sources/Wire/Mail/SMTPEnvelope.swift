/// Who sends what to whom, beside the mail itself (RFC 5321, 1870, 3461).
package struct SMTPEnvelope: Sendable {
    /// What delivery reports to ask for (RFC 3461 §4.1).
    package enum Notify: String, Sendable, CaseIterable { case success = "SUCCESS", failure = "FAILURE", delay = "DELAY" }

    /// One recipient.
    package struct Recipient: Sendable {
        package let address: String
        /// Reports asked for; empty: the server's habit.
        package let notify: [Notify]

        package init(_ address: String, notify: [Notify] = []) {
            self.address = address
            self.notify = notify
        }
    }

    /// The address of MAIL FROM; empty: `<>`.
    package let sender: String
    package let recipients: [Recipient]
    /// ENVID, at most 100 characters before its encoding.
    package let envelopeID: String?
    /// Whether a report brings the headers of the mail only (RET=HDRS).
    package let headersOnly: Bool

    package init(sender: String, recipients: [Recipient], envelopeID: String? = nil, headersOnly: Bool = true) {
        self.sender = sender
        self.recipients = recipients
        self.envelopeID = envelopeID
        self.headersOnly = headersOnly
    }

    /// Text as `xtext` (RFC 3461 §4): `+`, `=`, controls, blanks and what is not ASCII become `+HH`.
    package static func xtext(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if byte > 32, byte < 127, byte != 43, byte != 61 {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += byte < 16 ? "+0\(hex)" : "+\(hex)"
            }
        }
    }

    /// An address that can stand between `<` and `>` of a command: printable ASCII, no blank, no bracket, one `@` with something around it.
    package static func isAddress(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        guard (3...254).contains(bytes.count), bytes.allSatisfy({ $0 > 32 && $0 < 127 && !Array(#"<>()[]\",;:"#.utf8).contains($0) }) else { return false }
        guard let at = bytes.firstIndex(of: 64), bytes.lastIndex(of: 64) == at else { return false }
        return at > 0 && at < bytes.count - 1
    }
}
