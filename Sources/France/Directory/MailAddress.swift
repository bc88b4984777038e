/// A mail address as MSSanté lets one be written in a message: `local@domain`, nothing else.
///
/// Quoted local parts, comments, address literals and non-ASCII addresses are refused, and with them every character that could
/// end a header line or add a recipient.
package struct MailAddress: Sendable, Hashable {
    /// The part before `@`, as written.
    package let local: String
    /// The part after `@`, in lower case: it is compared exactly, no sub-domain stands for its parent.
    package let domain: String

    /// An address of this text, nil when it is not one (RFC 5321 dot-string and domain, at most 64 and 254 characters).
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let at = bytes.firstIndex(of: 0x40), at > 0, at <= 64, bytes.count <= 254 else { return nil }
        let local = bytes[..<at]
        let domain = bytes[(at + 1)...]
        guard MailAddress.isDotted(local, allowed: MailAddress.isAtom), MailAddress.isDotted(domain, allowed: MailAddress.isLabel) else {
            return nil
        }
        let labels = domain.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ $0.count <= 63 && $0.first != 0x2D && $0.last != 0x2D }) else { return nil }
        self.local = String(decoding: local, as: UTF8.self)
        self.domain = String(decoding: domain, as: UTF8.self).lowercased()
    }

    /// The address as written, with its domain in lower case.
    package var text: String { "\(local)@\(domain)" }
    /// Whether this is a mailbox of Mon espace santé.
    package var isPatient: Bool { domain == MailAddress.patientDomain }
    /// The domain of the patients' mailboxes. Its local part is the INS.
    package static let patientDomain = "patient.mssante.fr"

    private static func isDotted(_ text: ArraySlice<UInt8>, allowed: (UInt8) -> Bool) -> Bool {
        let parts = text.split(separator: 0x2E, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(allowed) }
    }

    private static func isLabel(_ byte: UInt8) -> Bool {
        byte.isDigit || byte == 0x2D || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }

    /// RFC 5322 atext.
    private static func isAtom(_ byte: UInt8) -> Bool { isLabel(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte) }
}
