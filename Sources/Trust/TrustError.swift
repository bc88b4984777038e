import COpenSSL

/// What the Trust module could not do. The texts hold no key material and no patient data.
package enum TrustError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The bytes are not a certificate, key, CRL or PKCS#12 container that can be read.
    case unreadable(String)
    /// The pass phrase is absent or wrong.
    case passphrase
    /// The key cannot do what is asked (for example RSA is needed).
    case key(String)
    /// The cryptographic library refused; its own words.
    case library(String)

    /// One English sentence.
    package var description: String {
        switch self {
        case .unreadable(let what): "\(what) cannot be read"
        case .passphrase: "the pass phrase is missing or wrong"
        case .key(let what): what
        case .library(let words): "cryptographic library: \(words)"
        }
    }

    /// What OpenSSL put last in this thread's queue; empties the queue.
    static func last(_ fallback: String) -> TrustError {
        let code = passerelle_error()
        ERR_clear_error()
        guard code != 0 else { return .library(fallback) }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return .library("\(fallback): " + String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}
