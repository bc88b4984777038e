import COpenSSL

/// Digests, over bytes at hand or over bytes that flow by.
package enum Digest: String, Sendable, Hashable {
    /// SHA-1: XDS hashes and, until homologation says otherwise, the lot signature. No secret rests on it.
    case sha1
    /// SHA-256.
    case sha256

    var method: OpaquePointer? { self == .sha1 ? EVP_sha1() : EVP_sha256() }

    /// Bytes in the result: 20 or 32.
    package var length: Int { self == .sha1 ? 20 : 32 }

    /// The digest of bytes that C code holds.
    package func of(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: length)
        EVP_Digest(bytes.baseAddress, bytes.count, &out, nil, method, nil)
        return out
    }

    /// The digest of bytes.
    package func of(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let contiguous = bytes.withContiguousStorageIfAvailable { of(UnsafeRawBufferPointer($0)) }
        return contiguous ?? Array(bytes).withUnsafeBytes { of($0) }
    }

    /// SHA-1.
    package static func sha1(_ bytes: some Collection<UInt8>) -> [UInt8] { Digest.sha1.of(bytes) }
    /// SHA-1 of bytes that C code holds.
    package static func sha1(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { Digest.sha1.of(bytes) }
    /// SHA-256.
    package static func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] { Digest.sha256.of(bytes) }
    /// SHA-256 of bytes that C code holds.
    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { Digest.sha256.of(bytes) }

    /// Lower-case hexadecimal.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in bytes {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Base64 (RFC 4648 §4) on one line, as signatures write digests.
    package static func base64(_ bytes: [UInt8]) -> String { Base64Text.encode(bytes) }
}

/// A digest fed piece by piece. Not for two threads at once.
package final class DigestStream {
    private let context: OpaquePointer?
    private let length: Int

    /// An empty digest.
    package init(_ digest: Digest) {
        context = EVP_MD_CTX_new()
        length = digest.length
        EVP_DigestInit_ex(context, digest.method, nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes that C code holds.
    package func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

    /// Adds bytes.
    package func update(_ bytes: some Collection<UInt8>) {
        if bytes.withContiguousStorageIfAvailable({ update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { update($0) }
        }
    }

    /// The digest of all that was added. To be called once.
    package func finish() -> [UInt8] {
        var out = [UInt8](repeating: 0, count: length)
        EVP_DigestFinal_ex(context, &out, nil)
        return out
    }
}

/// Keyed digests (RFC 2104).
package enum HMAC {
    /// HMAC-SHA-256: 32 bytes.
    package static func sha256(key: [UInt8], _ bytes: some Collection<UInt8>) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        let data = Array(bytes)
        COpenSSL.HMAC(EVP_sha256(), key, Int32(key.count), data, data.count, &out, nil)
        return out
    }
}

/// Bytes nobody can guess.
package enum RandomBytes {
    /// `count` bytes from the operating system's generator, through OpenSSL.
    package static func make(_ count: Int) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: count)
        if RAND_bytes(&out, Int32(count)) != 1 {
            // The library's generator is not seeded: the standard library's reads the same kernel source.
            var system = SystemRandomNumberGenerator()
            for i in out.indices { out[i] = UInt8(truncatingIfNeeded: system.next()) }
        }
        return out
    }
}

/// Base64 for keys and signatures; messages use HL7v2's, which says where the fault is.
enum Base64Text {
    static func encode(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "" }
        var out = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let length = EVP_EncodeBlock(&out, bytes, Int32(bytes.count))
        return String(decoding: out.prefix(Int(length)), as: UTF8.self)
    }

    /// Nil when it is not Base64. White space is ignored.
    static func decode(_ text: String) -> [UInt8]? {
        let bare = text.utf8.filter { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        guard !bare.isEmpty, bare.count % 4 == 0 else { return bare.isEmpty ? [] : nil }
        var out = [UInt8](repeating: 0, count: bare.count / 4 * 3)
        let length = EVP_DecodeBlock(&out, bare, Int32(bare.count))
        guard length >= 0 else { return nil }
        let padding = bare.suffix(2).filter { $0 == 0x3D }.count
        return Array(out.prefix(Int(length) - padding))
    }
}
