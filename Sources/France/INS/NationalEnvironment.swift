/// Which of the two worlds of the French national services a facility, a certificate or a message belongs to.
/// They never mix: a test identity in production, or the reverse, is refused and never converted.
package enum NationalEnvironment: String, Sendable, CaseIterable {
    /// Real patients, real mailboxes.
    case production
    /// Fictitious patients: test and demonstration registers.
    case test
}
