/// Where a secret is kept; never the secret itself. It has no text form, so it cannot reach a log.
package enum SecretReference: Sendable, Hashable {
    case file(String)
    /// A systemd credential: a file of this name under `$CREDENTIALS_DIRECTORY`.
    case credential(String)
    case environment(String)
}

/// A certificate chain and its key, by reference. Read again when used after a reload.
package struct IdentityReference: Sendable, Hashable {
    /// PEM, leaf first.
    package let certificate: SecretReference
    package let key: SecretReference

    /// A reference.
    package init(certificate: SecretReference, key: SecretReference) { (self.certificate, self.key) = (certificate, key) }
}

/// Certificate authorities and revocation lists, by path.
package struct TrustReference: Sendable, Hashable {
    /// PEM files.
    package let authorities: [String], revocationLists: [String]

    /// A reference.
    package init(authorities: [String], revocationLists: [String]) { (self.authorities, self.revocationLists) = (authorities, revocationLists) }
}

/// Why authorities and revocation lists, which are there, cannot be used, or soon cannot.
package struct TrustFault: Sendable {
    package let text: Text
    /// They cannot be read at all; else time made them useless, and a renewed file mends it while the gateway runs.
    package let isUnreadable: Bool

    /// A fault.
    package init(_ text: Text, isUnreadable: Bool) { (self.text, self.isUnreadable) = (text, isUnreadable) }
}

/// Reads secrets and files of the configuration. Handed in, so that Pipeline does no file I/O of its own.
package struct SecretReader: Sendable {
    /// The bytes behind a reference, or why they cannot be read (without the content).
    package let read: @Sendable (SecretReference) throws(Reason) -> [UInt8]

    /// A reader.
    package init(_ read: @escaping @Sendable (SecretReference) throws(Reason) -> [UInt8]) { self.read = read }
}
