import CCurl
import Glibc

/// Our own certificate towards a server: the chain (leaf first) and its key, PEM bytes.
package struct TLSIdentity: Sendable {
    /// Certificates in PEM, the leaf first.
    package let chain: [UInt8]
    /// The private key of the leaf, PEM, PKCS#8 or PKCS#1.
    package let key: [UInt8]
    /// The passphrase of the key, if it has one.
    package let passphrase: String?

    package init(chain: [UInt8], key: [UInt8], passphrase: String? = nil) {
        self.chain = chain
        self.key = key
        self.passphrase = passphrase
    }
}

/// Whom we trust and who we are on outbound connections: TLS 1.2 at least, these anchors and never the system's, the host name
/// always verified, revocation lists when given (then every issuer in the chain needs one).
package struct TLSPolicy: Sendable {
    /// Trust anchors in PEM.
    let anchors: [UInt8]
    let revocation: MemoryFile?
    let identity: TLSIdentity?

    /// - Parameters:
    ///   - anchors: trust anchors, PEM.
    ///   - revocationLists: one CRL in PEM for every issuer of the chain, one after the other; nil: no list is asked for.
    ///   - identity: our certificate, if the server wants one.
    package init(anchors: [UInt8], revocationLists: [UInt8]? = nil, identity: TLSIdentity? = nil) throws(WireFailure) {
        guard !anchors.isEmpty else { throw WireFailure(.ownCertificateUnreadable, "no trust anchor") }
        self.anchors = anchors
        self.identity = identity
        if let revocationLists { revocation = try MemoryFile(revocationLists) } else { revocation = nil }
    }

    func apply(to handle: EasyHandle) throws(WireFailure) {
        try handle.set(CURLOPT_SSL_VERIFYPEER, 1)
        try handle.set(CURLOPT_SSL_VERIFYHOST, 2)
        try handle.set(CURLOPT_SSLVERSION, 6)  // CURL_SSLVERSION_TLSv1_2: the floor
        try handle.set(CURLOPT_CAINFO_BLOB, blob: anchors)
        try handle.set(CURLOPT_CAPATH, nil as String?)
        if let revocation { try handle.set(CURLOPT_CRLFILE, revocation.path) }
        guard let identity else { return }
        try handle.set(CURLOPT_SSLCERTTYPE, "PEM")
        try handle.set(CURLOPT_SSLKEYTYPE, "PEM")
        try handle.set(CURLOPT_SSLCERT_BLOB, blob: identity.chain)
        try handle.set(CURLOPT_SSLKEY_BLOB, blob: identity.key)
        if let passphrase = identity.passphrase { try handle.set(CURLOPT_KEYPASSWD, passphrase) }
    }
}

/// Bytes behind a path, in memory only: libcurl reads revocation lists from nothing but a path.
final class MemoryFile: Sendable {
    private let descriptor: Int32
    let path: String

    init(_ bytes: [UInt8]) throws(WireFailure) {
        descriptor = pcurl_memory_file("crl")
        path = "/proc/self/fd/\(descriptor)"
        guard descriptor >= 0, bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw WireFailure(.ownCertificateUnreadable, "the revocation lists could not be put in memory (errno \(errno))")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
