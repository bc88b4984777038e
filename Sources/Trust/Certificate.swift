import COpenSSL

/// An X.509 certificate, read once into plain values.
package struct Certificate: Sendable, Hashable, CustomStringConvertible {
    /// The purposes a key may serve (RFC 5280 §4.2.1.3).
    package struct KeyUsage: OptionSet, Sendable, Hashable {
        /// Bits as OpenSSL numbers them.
        package let rawValue: UInt32
        /// From bits.
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        /// digitalSignature
        package static let digitalSignature = KeyUsage(rawValue: 0x80)
        /// nonRepudiation, also called contentCommitment
        package static let nonRepudiation = KeyUsage(rawValue: 0x40)
        /// keyEncipherment
        package static let keyEncipherment = KeyUsage(rawValue: 0x20)
        /// keyCertSign
        package static let keyCertSign = KeyUsage(rawValue: 0x04)
        /// cRLSign
        package static let crlSign = KeyUsage(rawValue: 0x02)
    }

    /// DER bytes.
    package let der: [UInt8]
    /// RFC 2253, UTF-8, no blanks: `CN=…,OU=…,O=…,ST=…,C=FR`.
    package let subject: String
    /// RFC 2253, like `subject`.
    package let issuer: String
    /// Decimal, as XML signatures write it.
    package let serial: String
    /// Seconds since 1970, UTC.
    package let notBefore: Int64
    /// Seconds since 1970, UTC.
    package let notAfter: Int64
    /// Empty when the extension is absent.
    package let keyUsage: KeyUsage
    /// Dotted OIDs; empty when the extension is absent.
    package let extendedKeyUsage: [String]
    /// Whether it is a certificate authority.
    package let isAuthority: Bool

    /// extendedKeyUsage of a TLS client.
    package static let clientAuth = "1.3.6.1.5.5.7.3.2"
    /// extendedKeyUsage of a TLS server.
    package static let serverAuth = "1.3.6.1.5.5.7.3.1"
    /// extendedKeyUsage of mail protection: IGC-Santé puts it in seal certificates.
    package static let emailProtection = "1.3.6.1.5.5.7.3.4"

    /// Reads one certificate in DER.
    package init(der: [UInt8]) throws(TrustError) {
        guard let certificate = Certificate.decode(der) else { throw .unreadable("certificate") }
        defer { X509_free(certificate) }
        try self.init(certificate)
    }

    /// Reads the first certificate of a PEM text.
    package init(pem: [UInt8]) throws(TrustError) {
        guard let first = try Certificate.all(pem: pem).first else { throw .unreadable("certificate") }
        self = first
    }

    /// Reads every certificate of a PEM text, in order.
    package static func all(pem: [UInt8]) throws(TrustError) -> [Certificate] {
        guard let bio = passerelle_bio(pem, Int32(pem.count)) else { throw .library("out of memory") }
        defer { BIO_free(bio) }
        var found: [Certificate] = []
        while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            defer { X509_free(certificate) }
            found.append(try Certificate(certificate))
        }
        ERR_clear_error()
        return found
    }

    init(_ certificate: OpaquePointer) throws(TrustError) {
        var bytes: UnsafeMutablePointer<UInt8>?
        let length = i2d_X509(certificate, &bytes)
        guard length > 0, let bytes else { throw TrustError.last("certificate") }
        defer { passerelle_openssl_free(bytes) }
        der = Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
        subject = Certificate.name(X509_get_subject_name(certificate))
        issuer = Certificate.name(X509_get_issuer_name(certificate))
        serial = Certificate.decimal(X509_get0_serialNumber(certificate))
        guard let from = Certificate.seconds(X509_get0_notBefore(certificate)), let to = Certificate.seconds(X509_get0_notAfter(certificate)) else {
            throw .unreadable("certificate")
        }
        notBefore = from
        notAfter = to
        let usage = X509_get_key_usage(certificate)
        keyUsage = KeyUsage(rawValue: usage == UInt32.max ? 0 : usage)
        extendedKeyUsage = Certificate.extendedUsages(certificate)
        isAuthority = X509_check_ca(certificate) > 0
    }

    /// SHA-256 of the DER bytes, lower-case hexadecimal.
    package var fingerprint: String { Digest.hex(Digest.sha256(der)) }
    /// The subject as a name.
    package var subjectName: DistinguishedName? { DistinguishedName(subject) }
    /// The issuer as a name.
    package var issuerName: DistinguishedName? { DistinguishedName(issuer) }
    /// The first OU of the subject: Struct_IdNat in IGC-Santé certificates of organisations.
    package var organisationalUnit: String? { subjectName?["OU"] }
    /// CN of the subject.
    package var commonName: String? { subjectName?["CN"] }
    /// PEM text.
    package var pem: String {
        var lines = ["-----BEGIN CERTIFICATE-----"]
        var rest = Substring(Base64Text.encode(der))
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + ["-----END CERTIFICATE-----", ""]).joined(separator: "\n")
    }
    /// Base64 of the DER bytes on one line, as `X509Certificate` holds it.
    package var base64: String { Base64Text.encode(der) }
    /// Whether `time` (seconds since 1970) is within the validity.
    package func isValid(at time: Int64) -> Bool { notBefore <= time && time <= notAfter }
    /// The subject.
    package var description: String { subject }

    /// The same DER bytes.
    package static func == (a: Certificate, b: Certificate) -> Bool { a.der == b.der }
    /// By DER bytes.
    package func hash(into hasher: inout Hasher) { hasher.combine(der) }

    /// A C object that the caller frees.
    func decoded() -> OpaquePointer? { Certificate.decode(der) }

    static func decode(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            let certificate = d2i_X509(nil, &start, bytes.count)
            if certificate == nil { ERR_clear_error() }
            return certificate
        }
    }

    static func name(_ name: OpaquePointer?) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(bio) }
        X509_NAME_print_ex(bio, name, 0, passerelle_rfc2253())
        var text: UnsafeMutablePointer<CChar>?
        let length = passerelle_bio_bytes(bio, &text)
        guard let text, length > 0 else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }

    private static func decimal(_ serial: UnsafePointer<ASN1_INTEGER>?) -> String {
        guard let number = ASN1_INTEGER_to_BN(serial, nil) else { return "" }
        defer { BN_free(number) }
        guard let text = BN_bn2dec(number) else { return "" }
        defer { passerelle_openssl_free(text) }
        return String(cString: text)
    }

    /// Civil time to seconds, without the C library's time zone.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_STRING_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        return Int64(days) * 86_400 + Int64(seconds)
    }

    private static func extendedUsages(_ certificate: OpaquePointer) -> [String] {
        guard let usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, nil, nil) else { return [] }
        let list = OpaquePointer(usages)
        defer { EXTENDED_KEY_USAGE_free(list) }
        return (0..<passerelle_oid_count(list)).map { index in
            var text = [CChar](repeating: 0, count: 80)
            OBJ_obj2txt(&text, Int32(text.count), passerelle_oid_at(list, index), 1)
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
