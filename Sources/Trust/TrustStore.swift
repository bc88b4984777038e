import COpenSSL

/// Certificate authorities and revocation lists, and the judgement of a peer's certificates by them.
// @unchecked: X509_STORE is written only in `init`; verifying takes its own lock on the store and a context per call.
package final class TrustStore: @unchecked Sendable {
    /// What the peer wants to be.
    package enum Purpose: Sendable {
        /// A TLS client.
        case client
        /// A TLS server.
        case server
        /// A signer of documents: no purpose is asked of its certificate here.
        case signer
    }

    /// Why a certificate is refused.
    package enum Reason: String, Sendable, Hashable {
        /// No certificate, or one that cannot be read.
        case unreadable
        /// Its validity has ended, or that of a certificate above it.
        case expired
        /// Its validity has not begun.
        case notYetValid
        /// Its issuer has revoked it.
        case revoked
        /// It does not lead to an authority of this store.
        case unknownIssuer
        /// It may not be used for this purpose.
        case wrongPurpose
        /// It is good, but its subject is not in the list.
        case subjectNotAllowed
        /// There are revocation lists, but none of its issuer.
        case crlMissing
        /// The revocation list of its issuer is past its next update.
        case crlStale
        /// Some other defect.
        case invalid

        /// For people, in French and English. No personal data.
        package var text: (fr: String, en: String) {
            switch self {
            case .unreadable: ("certificat absent ou illisible", "certificate missing or unreadable")
            case .expired: ("certificat expiré", "certificate expired")
            case .notYetValid: ("certificat pas encore valide", "certificate not yet valid")
            case .revoked: ("certificat révoqué", "certificate revoked")
            case .unknownIssuer: ("autorité de certification inconnue", "unknown certificate authority")
            case .wrongPurpose: ("usage du certificat non conforme", "certificate not meant for this use")
            case .subjectNotAllowed: ("sujet du certificat non autorisé", "certificate subject not allowed")
            case .crlMissing: ("liste de révocation absente pour cette autorité", "no revocation list of this authority")
            case .crlStale: ("liste de révocation périmée", "revocation list out of date")
            case .invalid: ("certificat invalide", "invalid certificate")
            }
        }
    }

    /// The judgement.
    package enum Verdict: Sendable, Hashable {
        /// Accepted: the peer's own certificate.
        case accepted(Certificate)
        /// Refused; the certificate when it could be read.
        case refused(Reason, Certificate?)

        /// Nil when accepted.
        package var reason: Reason? {
            if case .refused(let reason, _) = self { reason } else { nil }
        }
    }

    private let store: OpaquePointer
    private let checksRevocation: Bool
    /// The authorities, as read.
    package let authorities: [Certificate]
    /// When the first of the revocation lists is out of date, in seconds since 1970; nil: there is none, or none says.
    package let listsEnd: Int64?

    /// From PEM texts. Each may hold several certificates or lists; a text may hold both.
    ///
    /// Without any revocation list none is asked for; with one, the issuer of every judged certificate must have a
    /// list that is not past its next update.
    package init(authorities: [[UInt8]], revocationLists: [[UInt8]] = []) throws(TrustError) {
        guard let store = X509_STORE_new() else { throw .library("out of memory") }
        self.store = store
        var known: [Certificate] = []
        var lists = 0, ends: [Int64] = []
        for pem in authorities {
            for certificate in try Certificate.all(pem: pem) {
                TrustStore.add(certificate, to: store)
                known.append(certificate)
            }
        }
        for pem in authorities + revocationLists { lists += try TrustStore.addLists(pem, to: store, &ends) }
        self.authorities = known
        checksRevocation = lists > 0
        listsEnd = ends.min()
        guard !known.isEmpty else { throw .unreadable("certificate of an authority") }
        if !revocationLists.isEmpty, lists == 0 { throw .unreadable("certificate revocation list") }
    }

    deinit { X509_STORE_free(store) }

    /// Judges the chain that a peer showed, its own certificate first.
    ///
    /// `at`: seconds since 1970. `allowedSubjects`: nil lets every subject in.
    package func judge(
        chain: [[UInt8]], at time: Int64, purpose: Purpose, allowedSubjects: [DistinguishedName]? = nil
    ) -> Verdict {
        guard let first = chain.first, let leaf = try? Certificate(der: first), let peer = leaf.decoded() else { return .refused(.unreadable, nil) }
        defer { X509_free(peer) }
        guard let others = passerelle_chain(), let context = X509_STORE_CTX_new() else { return .refused(.invalid, leaf) }
        defer {
            X509_STORE_CTX_free(context)
            passerelle_chain_free(others)
        }
        for der in chain.dropFirst() {
            if let other = Certificate.decode(der) { passerelle_chain_push(others, other) }
        }
        guard X509_STORE_CTX_init(context, store, peer, others) == 1 else { return .refused(.invalid, leaf) }
        X509_STORE_CTX_set_time(context, 0, time_t(time))
        switch purpose {
        case .client: X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT)
        case .server: X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER)
        case .signer: break
        }
        if checksRevocation { X509_STORE_CTX_set_flags(context, UInt(X509_V_FLAG_CRL_CHECK)) }
        guard X509_verify_cert(context) == 1 else {
            let code = X509_STORE_CTX_get_error(context)
            ERR_clear_error()
            return .refused(TrustStore.reason(code), leaf)
        }
        if let allowedSubjects, !allowedSubjects.contains(where: { $0 == leaf.subjectName }) { return .refused(.subjectNotAllowed, leaf) }
        return .accepted(leaf)
    }

    private static func reason(_ code: Int32) -> Reason {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            .unknownIssuer
        case X509_V_ERR_INVALID_PURPOSE: .wrongPurpose
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER: .crlMissing
        case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID: .crlStale
        default: .invalid
        }
    }

    private static func add(_ certificate: Certificate, to store: OpaquePointer) {
        guard let one = certificate.decoded() else { return }
        defer { X509_free(one) }
        X509_STORE_add_cert(store, one)
    }

    private static func addLists(_ pem: [UInt8], to store: OpaquePointer, _ ends: inout [Int64]) throws(TrustError) -> Int {
        guard let bio = passerelle_bio(pem, Int32(pem.count)) else { throw .library("out of memory") }
        defer { BIO_free(bio) }
        var count = 0
        while let list = PEM_read_bio_X509_CRL(bio, nil, nil, nil) {
            defer { X509_CRL_free(list) }
            X509_STORE_add_crl(store, list)
            if let end = X509_CRL_get0_nextUpdate(list).flatMap({ Certificate.seconds($0) }) { ends.append(end) }
            count += 1
        }
        ERR_clear_error()
        return count
    }
}
