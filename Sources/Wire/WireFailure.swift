/// Why an exchange with a far end did not come to an answer. It names hosts and TLS texts, never what was being sent.
package struct WireFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong, as far as the library lets us know.
    package enum Reason: String, Sendable, CaseIterable {
        /// The host name could not be resolved.
        case nameNotFound
        /// Nobody listens there, or the network has no way to it.
        case unreachable
        /// A time-out of ours has passed.
        case timedOut
        /// The server's certificate has an issuer that is not among our trust anchors, or cannot be read.
        case serverNotTrusted
        /// The server's certificate is out of its dates.
        case serverCertificateExpired
        /// The server's certificate is on a revocation list.
        case serverCertificateRevoked
        /// The server's certificate is for another host name.
        case serverNameMismatch
        /// No revocation list of the issuer, or one past its next update: the certificate cannot be judged.
        case revocationListUnusable
        /// The server refused our client certificate, or missed it.
        case ownCertificateRefused
        /// Our own certificate, key or trust anchors cannot be read: nothing was tried.
        case ownCertificateUnreadable
        /// TLS failed for another reason (version, cipher suites).
        case tlsFailed
        /// The server does not offer STARTTLS: nothing is said in clear.
        case startTLSMissing
        /// The account was refused: password, token or SASL EXTERNAL.
        case loginRefused
        /// The server closes the door before any command (SMTP 421, IMAP BYE).
        case serviceClosing
        /// The connection broke while it was in use.
        case connectionBroken
        /// The answer is larger than the limit set.
        case answerTooLarge
        /// The server answered a command with a refusal (IMAP NO or BAD).
        case commandRefused
        /// The far end broke the rules of its protocol.
        case protocolViolation
        /// The request itself cannot be sent: a forbidden character, a URL that is none, a body file that is gone.
        case requestInvalid
        /// This process has no thread or descriptor left: nothing was tried.
        case noResources
    }

    /// What went wrong.
    package let reason: Reason
    /// The library's own words.
    package let detail: String

    package init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    package var description: String { "\(reason.rawValue): \(detail)" }

    /// Our own set-up is wrong: trying again changes nothing until a person has mended it.
    package var isOurSetup: Bool {
        switch reason {
        case .ownCertificateRefused, .ownCertificateUnreadable, .loginRefused, .serverNotTrusted, .serverNameMismatch, .startTLSMissing, .requestInvalid:
            true
        default: false
        }
    }
}
