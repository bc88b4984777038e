/// Why a mail cannot be written or read. The texts hold no value.
package struct MailError: Error, Sendable, Equatable {
    /// What is wrong.
    package enum Fault: String, Sendable {
        /// CR, LF, NUL or another control character in a header value: it would start a header of its own.
        case controlCharacter
        /// A character that is not ASCII where the header has no way to carry one.
        case notASCII
        /// A word too long for a line of 998 octets.
        case tooLong
        /// Not an address, a message id, or a boundary.
        case malformed
        /// More parts, levels or bytes than the limits allow.
        case overLimit
    }

    package let fault: Fault
    /// The header or part it concerns.
    package let place: String

    package init(_ fault: Fault, at place: String) {
        self.fault = fault
        self.place = place
    }
}
