import CCurl
import Synchronization

/// HTTPS for one far end: blocking and synchronous, callers run it on an I/O thread. Connections are kept and used again; redirects
/// are not followed; a request is never repeated behind the caller's back.
package final class HTTPClient: Sendable {
    /// The limits of every request; no time-out can be left out.
    package struct Limits: Sendable {
        /// For name, TCP and TLS.
        package var connect: Duration
        /// For the whole exchange.
        package var total: Duration
        /// Bytes of an answer's body.
        package var answerBytes: Int
        /// How long an idle connection may be used again.
        package var idle: Duration

        package init(connect: Duration = .seconds(10), total: Duration = .seconds(60), answerBytes: Int = 16 << 20, idle: Duration = .seconds(20)) {
            self.connect = connect
            self.total = total
            self.answerBytes = answerBytes
            self.idle = idle
        }
    }

    private let tls: TLSPolicy?
    private let limits: Limits
    private let proxy: String?
    private let idle = Mutex<[EasyHandle]>([])

    /// - Parameters:
    ///   - tls: whom we trust and who we are. nil allows `http://` only (a stand-in on loopback).
    ///   - proxy: `http://host:port` of a proxy; nil: none, whatever the environment says.
    package init(tls: TLSPolicy?, limits: Limits = Limits(), proxy: String? = nil) {
        self.tls = tls
        self.limits = limits
        self.proxy = proxy
    }

    /// Sends a request and waits for its answer, on the calling thread.
    package func perform(_ request: HTTPRequest) -> HTTPOutcome {
        do throws(WireFailure) {
            let kept = idle.withLock { $0.popLast() }
            let handle = if let kept { kept } else { try EasyHandle() }
            let transfer = try Transfer(request, answerLimit: limits.answerBytes)
            try handle.reset()
            try prepare(handle, request, transfer)
            let failure = handle.perform()
            let outcome = transfer.outcome(failure, handle)
            if case .answered = outcome {
                try handle.reset()  // no pointer into the finished transfer stays behind
                idle.withLock { $0.append(handle) }
            }
            return outcome
        } catch {
            return .nothingSent(error)
        }
    }

    private func prepare(_ handle: EasyHandle, _ request: HTTPRequest, _ transfer: Transfer) throws(WireFailure) {
        try limits.apply(to: handle, tls: tls, proxy: proxy)
        try request.apply(to: handle)
        try transfer.attach(to: handle)
    }
}

extension HTTPClient.Limits {
    /// What is the same for every request of one far end.
    func apply(to handle: EasyHandle, tls: TLSPolicy?, proxy: String?) throws(WireFailure) {
        try handle.set(CURLOPT_PROTOCOLS_STR, tls == nil ? "http" : "https")
        try handle.set(CURLOPT_HTTP_VERSION, 2)  // HTTP/1.1
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, connect.milliseconds)
        try handle.set(CURLOPT_TIMEOUT_MS, total.milliseconds)
        try handle.set(CURLOPT_MAXAGE_CONN, max(1, idle.milliseconds / 1000))
        if let proxy { try handle.set(CURLOPT_PROXY, proxy) }
        if let tls { try tls.apply(to: handle) }
    }
}

extension HTTPRequest {
    /// Address, method and length.
    func apply(to handle: EasyHandle) throws(WireFailure) {
        try handle.set(CURLOPT_URL, url)
        if let continueWait { try handle.set(CURLOPT_EXPECT_100_TIMEOUT_MS, continueWait.milliseconds) }
        switch method {
        case .get: try handle.set(CURLOPT_HTTPGET, 1)
        case .post: try handle.set(CURLOPT_POST, 1)
        default:
            try handle.set(CURLOPT_POST, 1)
            try handle.set(CURLOPT_CUSTOMREQUEST, method.rawValue)
        }
        if method != .get { try handle.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: body.byteCount) }
    }
}
