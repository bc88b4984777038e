import COpenSSL

/// A private key. Its bytes never appear in a description.
// @unchecked: EVP_PKEY is reference counted and never changed after it is read; signing makes a context per call.
package final class PrivateKey: @unchecked Sendable, CustomStringConvertible {
    let handle: OpaquePointer

    /// Reads a PEM text (PKCS#8 or the older forms), deciphered with `passphrase` where needed.
    package init(pem: [UInt8], passphrase: String? = nil) throws(TrustError) {
        guard let bio = passerelle_bio(pem, Int32(pem.count)) else { throw .library("out of memory") }
        defer { BIO_free(bio) }
        var phrase = Array((passphrase ?? "").utf8CString)
        // With no call-back, the last argument is the phrase itself.
        let key = phrase.withUnsafeMutableBytes { PEM_read_bio_PrivateKey(bio, nil, nil, $0.baseAddress) }
        guard let key else {
            let encrypted = String(decoding: pem, as: UTF8.self).contains("ENCRYPTED")
            ERR_clear_error()
            throw encrypted ? .passphrase : .unreadable("private key")
        }
        handle = key
    }

    /// Takes over a reference.
    init(adopting handle: OpaquePointer) { self.handle = handle }

    deinit { EVP_PKEY_free(handle) }

    /// PKCS#8 PEM text, not enciphered: for a library in this process that cannot take the key otherwise.
    package var pem: [UInt8] {
        guard let bio = BIO_new(BIO_s_secmem()) else { return [] }
        defer { BIO_free(bio) }
        PEM_write_bio_PKCS8PrivateKey(bio, handle, nil, nil, 0, nil, nil)
        var text: UnsafeMutablePointer<CChar>?
        let length = passerelle_bio_bytes(bio, &text)
        guard let text, length > 0 else { return [] }
        return Array(UnsafeRawBufferPointer(start: text, count: length))
    }

    /// Whether it is an RSA key: the only kind that signs a VIHF or a lot.
    package var isRSA: Bool { EVP_PKEY_get_base_id(handle) == EVP_PKEY_RSA }

    /// Whether the certificate holds the public half of this key.
    package func matches(_ certificate: Certificate) -> Bool {
        guard let other = certificate.decoded() else { return false }
        defer { X509_free(other) }
        let same = X509_check_private_key(other, handle) == 1
        ERR_clear_error()
        return same
    }

    /// RSASSA-PKCS1-v1_5: the same bytes give the same signature.
    package func sign(_ bytes: [UInt8], _ digest: Digest) throws(TrustError) -> [UInt8] {
        guard isRSA else { throw .key("an RSA key is needed to sign") }
        guard let context = EVP_MD_CTX_new() else { throw .library("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        var length = Int(EVP_PKEY_get_size(handle))
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSignInit(context, nil, digest.method, nil, handle) == 1,
            EVP_DigestSign(context, &signature, &length, bytes, bytes.count) == 1
        else { throw TrustError.last("signature") }
        return Array(signature.prefix(length))
    }

    /// Says what it is, not what it holds.
    package var description: String { "private key (\(isRSA ? "RSA" : "other"), \(EVP_PKEY_get_bits(handle)) bits)" }
}

extension Certificate {
    /// Whether `signature` over `bytes` was made by the private half of this certificate's key (RSASSA-PKCS1-v1_5).
    package func verifies(_ signature: [UInt8], of bytes: [UInt8], _ digest: Digest) -> Bool {
        guard let certificate = decoded() else { return false }
        defer { X509_free(certificate) }
        guard let key = X509_get0_pubkey(certificate), EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, let context = EVP_MD_CTX_new() else {
            return false
        }
        defer { EVP_MD_CTX_free(context) }
        let good =
            EVP_DigestVerifyInit(context, nil, digest.method, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
        ERR_clear_error()
        return good
    }
}

/// A key with its certificate and the certificates above it.
package struct Identity: Sendable {
    /// The private key.
    package let key: PrivateKey
    /// Its own certificate.
    package let certificate: Certificate
    /// Intermediate certificates, nearest first; the root may be absent.
    package let chain: [Certificate]

    /// From PEM texts: the certificate file holds the leaf first, then its issuers.
    package init(certificatePEM: [UInt8], keyPEM: [UInt8], passphrase: String? = nil) throws(TrustError) {
        let all = try Certificate.all(pem: certificatePEM)
        guard let leaf = all.first else { throw .unreadable("certificate") }
        let key = try PrivateKey(pem: keyPEM, passphrase: passphrase)
        guard key.matches(leaf) else { throw .key("the private key does not belong to the certificate") }
        self.key = key
        certificate = leaf
        chain = Array(all.dropFirst())
    }

    /// From a PKCS#12 container (RFC 7292).
    package init(pkcs12: [UInt8], passphrase: String) throws(TrustError) {
        let container = pkcs12.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_PKCS12(nil, &start, bytes.count)
        }
        guard let container else {
            ERR_clear_error()
            throw .unreadable("PKCS#12 container")
        }
        defer { PKCS12_free(container) }
        guard PKCS12_verify_mac(container, passphrase, -1) == 1 else {
            ERR_clear_error()
            throw .passphrase
        }
        var key: OpaquePointer?
        var leaf: OpaquePointer?
        var others: OpaquePointer?
        guard PKCS12_parse(container, passphrase, &key, &leaf, &others) == 1 else { throw TrustError.last("PKCS#12 container") }
        defer {
            X509_free(leaf)
            if let others { passerelle_chain_free(others) }
        }
        guard let key, let leaf else {
            EVP_PKEY_free(key)
            throw .unreadable("PKCS#12 container without key and certificate")
        }
        self.key = PrivateKey(adopting: key)
        certificate = try Certificate(leaf)
        var chain: [Certificate] = []
        if let others {
            for index in 0..<passerelle_chain_count(others) {
                if let one = passerelle_chain_at(others, index) { chain.append(try Certificate(one)) }
            }
        }
        self.chain = chain
    }

    /// Leaf and chain as one PEM text.
    package var chainPEM: [UInt8] { Array(([certificate] + chain).map(\.pem).joined().utf8) }
}
