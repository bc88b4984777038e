import CCurl

/// libcurl's own start, once, before any thread uses it.
private let libraryStarted = curl_global_init(3) == CURLE_OK  // CURL_GLOBAL_ALL

/// The owner of one libcurl handle.
///
/// `@unchecked Sendable`: libcurl lets a handle move between threads but never be used by two at once. Every owner here hands it to
/// one thread at a time: `HTTPClient` takes it out of its pool under a lock, a connection is a class confined to its caller.
final class EasyHandle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
    static var isLibraryStarted: Bool { libraryStarted }
    private let errorText: UnsafeMutablePointer<CChar>

    init() throws(WireFailure) {
        guard libraryStarted, let pointer = curl_easy_init() else { throw WireFailure(.requestInvalid, "libcurl does not start") }
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
    }

    /// Back to defaults, live connections kept: then what every use of libcurl here has in common.
    func reset() throws(WireFailure) {
        curl_easy_reset(pointer)
        try check(pcurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_PROXY, "")  // none, whatever the environment says
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // A time-out does not wait for the system's answer about a name, which may take long: its thread ends by itself.
        try set(CURLOPT_QUICK_EXIT, 1)
    }

    func set(_ option: CURLoption, _ value: Int) throws(WireFailure) { try check(pcurl_set_long(pointer, option, value)) }
    func set(_ option: CURLoption, offset value: Int) throws(WireFailure) { try check(pcurl_set_offset(pointer, option, Int64(value))) }
    func set(_ option: CURLoption, _ value: String?) throws(WireFailure) {
        if let value, value.utf8.contains(0) { throw WireFailure(.requestInvalid, "a zero byte in a text") }
        try check(pcurl_set_string(pointer, option, value))
    }
    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) throws(WireFailure) { try check(pcurl_set_pointer(self.pointer, option, pointer)) }
    func set(_ option: CURLoption, blob: [UInt8]) throws(WireFailure) {
        try check(blob.withUnsafeBytes { pcurl_set_blob(pointer, option, $0.baseAddress, $0.count) })
    }

    func info(_ key: CURLINFO) -> Int {
        var value = 0
        return pcurl_get_long(pointer, key, &value) == CURLE_OK ? value : 0
    }
    func microseconds(_ key: CURLINFO) -> Int {
        var value: Int64 = 0
        return pcurl_get_offset(pointer, key, &value) == CURLE_OK ? Int(value) : 0
    }
    func socket() -> Int32 {
        var value: curl_socket_t = -1
        return pcurl_get_socket(pointer, &value) == CURLE_OK ? value : -1
    }

    private func check(_ code: CURLcode) throws(WireFailure) {
        guard code == CURLE_OK else { throw WireFailure(.requestInvalid, "libcurl does not take an option: \(String(cString: curl_easy_strerror(code)))") }
    }

    /// Runs what was set up; nil when it went well.
    func perform() -> WireFailure? {
        forgetError()
        let code = curl_easy_perform(pointer)
        return code == CURLE_OK ? nil : failure(code)
    }

    /// Before an exchange: the words of the one before are not its own.
    func forgetError() { errorText[0] = 0 }

    /// The failure behind a code of libcurl, with its own words.
    func failure(_ code: CURLcode) -> WireFailure {
        let own = String(cString: errorText)
        let detail = own.isEmpty ? String(cString: curl_easy_strerror(code)) : own
        return WireFailure(reason(code, detail), detail)
    }

    private func reason(_ code: CURLcode, _ detail: String) -> WireFailure.Reason {
        if Self.ownCertificateAlerts.contains(where: { detail.contains($0) }) { return .ownCertificateRefused }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return .nameNotFound
        case CURLE_COULDNT_CONNECT: return .unreachable
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_PEER_FAILED_VERIFICATION: return verification(detail)
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR: return .ownCertificateUnreadable
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER: return .tlsFailed
        case CURLE_USE_SSL_FAILED: return .startTLSMissing
        case CURLE_LOGIN_DENIED, CURLE_AUTH_ERROR: return .loginRefused
        case CURLE_FILESIZE_EXCEEDED: return .answerTooLarge
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_ABORTED_BY_CALLBACK: return .requestInvalid
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL: return .protocolViolation
        default: return .connectionBroken
        }
    }

    /// TLS alerts by which a server says that our certificate is absent, bad, expired, revoked or of an unknown issuer.
    private static let ownCertificateAlerts = [
        "alert bad certificate", "alert certificate required", "alert certificate unknown", "alert certificate revoked", "alert certificate expired",
        "alert unknown ca", "alert unsupported certificate", "alert access denied", "alert no certificate",
    ]

    /// OpenSSL's verification results (x509_vfy.h), by what they mean to an operator.
    private func verification(_ detail: String) -> WireFailure.Reason {
        switch info(CURLINFO_SSL_VERIFYRESULT) {
        case 9, 10: .serverCertificateExpired
        case 23: .serverCertificateRevoked
        case 3, 4, 5, 6, 8, 11, 12, 33, 35, 36, 44: .revocationListUnusable
        case 62: .serverNameMismatch
        case 0 where detail.contains("does not match") || detail.contains("no alternative") || detail.contains("subject name"): .serverNameMismatch
        default: .serverNotTrusted
        }
    }
}

extension Duration {
    /// Whole milliseconds, at least 1: libcurl takes 0 for "no limit".
    var milliseconds: Int { max(1, Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)) }
}
