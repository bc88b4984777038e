import CCurl
import Glibc

/// A connection that libcurl opened (TCP, STARTTLS, client certificate, log-in) and on which we then speak our own lines, because its
/// mail modes can neither ask for delivery reports, nor show one reply per recipient, nor wait with IDLE.
///
/// Not shared: one thread uses it at a time, and every wait has a limit.
final class CurlConnection {
    enum Kind: String { case smtp, imap }

    private let handle: EasyHandle
    private let socket: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var broken = false

    init(_ kind: Kind, _ server: MailServer) throws(WireFailure) {
        let handle = try EasyHandle()
        self.handle = handle
        guard Self.isHostName(server.host), server.ownName.isEmpty || Self.isHostName(server.ownName), (1...65535).contains(server.port) else {
            throw WireFailure(.requestInvalid, "the name of a mail server, or ours, is no host name")
        }
        try handle.reset()
        let scheme = kind.rawValue + (server.security == .implicit ? "s" : "")
        try handle.set(CURLOPT_URL, "\(scheme)://\(server.host):\(server.port)/" + (kind == .smtp ? server.ownName : ""))
        try handle.set(CURLOPT_PROTOCOLS_STR, scheme)
        try handle.set(CURLOPT_CONNECT_ONLY, 1)
        try handle.set(CURLOPT_USE_SSL, 3)  // CURLUSESSL_ALL: no STARTTLS, no mail
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, server.openTimeout.milliseconds)
        try handle.set(CURLOPT_TIMEOUT_MS, server.openTimeout.milliseconds)
        try server.tls.apply(to: handle)
        try Self.setLogin(server.login, handle)
        let talk = Talk()
        try handle.set(CURLOPT_VERBOSE, 1)
        _ = pcurl_set_debug(handle.pointer, Self.listen)
        _ = pcurl_set_pointer(handle.pointer, CURLOPT_DEBUGDATA, Unmanaged.passUnretained(talk).toOpaque())
        let failure = handle.perform()
        try handle.set(CURLOPT_VERBOSE, 0)
        _ = pcurl_set_pointer(handle.pointer, CURLOPT_DEBUGDATA, nil)
        if let failure { throw Self.explained(failure, handle, talk, server.login) }
        socket = handle.socket()
    }

    private static func setLogin(_ login: MailServer.Login, _ handle: EasyHandle) throws(WireFailure) {
        switch login {
        case .none: break
        case .external(let user):
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_PASSWORD, "")
            try handle.set(CURLOPT_LOGIN_OPTIONS, "AUTH=EXTERNAL")
        case .plain(let user, let password):
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_PASSWORD, password)
            try handle.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN")
        case .bearer(let user, let token):
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_XOAUTH2_BEARER, token)
        }
    }

    private static func isHostName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { ($0 | 32 >= 97 && $0 | 32 <= 122) || ($0 >= 48 && $0 <= 58) || $0 == 45 || $0 == 46 || $0 == 91 || $0 == 93 }
    }

    // MARK: - What the server said while libcurl was at it

    /// The last line from the server and how far the opening came.
    private final class Talk {
        var last = ""
    }

    private static let listen: pcurl_debug_callback = { _, type, bytes, count, pointer in
        guard type == CURLINFO_HEADER_IN, let bytes, let pointer else { return 0 }
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: min(count, 500)), as: UTF8.self)
        Unmanaged<Talk>.fromOpaque(pointer).takeUnretainedValue().last = String(text.trimmed)
        return 0
    }

    /// libcurl says "response reading failed" for a server that closes: the last line and the state of TLS tell why.
    private static func explained(_ failure: WireFailure, _ handle: EasyHandle, _ talk: Talk, _ login: MailServer.Login) -> WireFailure {
        let afterTLS = handle.microseconds(CURLINFO_APPCONNECT_TIME_T) > 0
        let detail = talk.last.isEmpty ? failure.detail : "\(failure.detail) (\(talk.last))"
        switch failure.reason {
        case .connectionBroken, .protocolViolation:
            // Postfix and others let the handshake finish and then close at once: that is how a client certificate is refused.
            if afterTLS { return WireFailure(talk.last.hasPrefix("421 4.3") ? .serviceClosing : .ownCertificateRefused, detail) }
            return WireFailure(talk.last.hasPrefix("421") || talk.last.hasPrefix("* BYE") ? .serviceClosing : failure.reason, detail)
        case .loginRefused:
            let transient = ["421", "454", "450", "451"].contains { talk.last.hasPrefix($0) } || talk.last.contains("[UNAVAILABLE]")
            return WireFailure(transient ? .serviceClosing : .loginRefused, detail)
        default: return WireFailure(failure.reason, detail)
        }
    }

    // MARK: - Bytes

    func send(_ bytes: [UInt8], within limit: Duration) throws(WireFailure) {
        let deadline = ContinuousClock.now + limit
        var offset = 0
        while offset < bytes.count {
            var sent = 0
            let code = bytes[offset...].withUnsafeBytes { curl_easy_send(handle.pointer, $0.baseAddress, $0.count, &sent) }
            if code == CURLE_AGAIN {
                try wait(POLLOUT, until: deadline)
            } else if code != CURLE_OK {
                broken = true
                throw handle.failure(code)
            }
            offset += sent
        }
    }

    func send(_ line: String, within limit: Duration) throws(WireFailure) {
        try send(Array(line.utf8), within: limit)
    }

    /// One line without its line end.
    func line(within limit: Duration, longest: Int = 65_536) throws(WireFailure) -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        var scanned = start
        while true {
            if let end = buffer[scanned...].firstIndex(of: 10) {
                let stop = end > start && buffer[end - 1] == 13 ? end - 1 : end
                let line = Array(buffer[start..<stop])
                start = end + 1
                return line
            }
            guard buffer.count - start <= longest else { throw WireFailure(.protocolViolation, "a line of more than \(longest) bytes") }
            let before = buffer.count - start
            try fill(until: deadline)
            scanned = start + before
        }
    }

    /// Exactly so many bytes.
    func bytes(_ count: Int, within limit: Duration) throws(WireFailure) -> [UInt8] {
        let deadline = ContinuousClock.now + limit
        while buffer.count - start < count { try fill(until: deadline) }
        defer { start += count }
        return Array(buffer[start..<start + count])
    }

    /// Whether something arrives within the limit.
    func hasInput(within limit: Duration) throws(WireFailure) -> Bool {
        if start < buffer.count { return true }
        do throws(WireFailure) {
            try fill(until: ContinuousClock.now + limit)
            return true
        } catch {
            guard error.reason == .timedOut else { throw error }
            return false
        }
    }

    /// Receives at least one byte. Always tries before it waits: TLS may hold bytes that are already decrypted.
    private func fill(until deadline: ContinuousClock.Instant) throws(WireFailure) {
        guard !broken else { throw WireFailure(.connectionBroken, "the connection is closed") }
        if start == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            start = 0
        } else if start > 1 << 20 {
            buffer.removeFirst(start)
            start = 0
        }
        while true {
            var received = 0
            var code = CURLE_OK
            withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { space in
                code = curl_easy_recv(handle.pointer, space.baseAddress, space.count, &received)
                if code == CURLE_OK { buffer.append(contentsOf: space[..<received]) }
            }
            if code == CURLE_AGAIN {
                try wait(POLLIN, until: deadline)
                continue
            }
            if code == CURLE_OK, received > 0 { return }
            broken = true
            throw code == CURLE_OK ? WireFailure(.connectionBroken, "the server closed the connection") : handle.failure(code)
        }
    }

    private func wait(_ events: Int32, until deadline: ContinuousClock.Instant) throws(WireFailure) {
        let left = deadline - .now
        guard left > .zero else { throw WireFailure(.timedOut, "no answer in time") }
        var entry = pollfd(fd: socket, events: Int16(events), revents: 0)
        let result = poll(&entry, 1, Int32(min(left.milliseconds, 600_000)))
        if result == 0, deadline <= .now { throw WireFailure(.timedOut, "no answer in time") }
        if result < 0, errno != EINTR { throw WireFailure(.connectionBroken, "poll failed (errno \(errno))") }
    }
}
