/// A request: the body goes out piece by piece, with a Content-Length.
package struct HTTPRequest: Sendable {
    /// GET has no body; the others send theirs.
    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE" }

    package var method: Method
    /// An absolute URL, https (or http where the client was told so).
    package var url: String
    /// Names and values; a CR, LF or NUL in one is refused before anything is sent. Content-Length and Host are ours.
    package var headers: [(name: String, value: String)]
    package var body: [BodyPart]
    /// How long to wait for "100 Continue" before a body is sent; nil: not at all. A refusal of our certificate (TLS 1.3 says it after the
    /// handshake) then arrives before the body and is known for what it is.
    package var continueWait: Duration?

    package init(
        _ method: Method = .post, _ url: String, headers: [(name: String, value: String)] = [], body: [BodyPart] = [], continueWait: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.continueWait = continueWait
    }
}

/// A complete answer.
package struct HTTPResponse: Sendable {
    package let status: Int
    /// The lines before the body as they came, read only when somebody asks for a header.
    let head: [UInt8]
    package let body: [UInt8]

    /// In the order received; names as written by the server.
    package var headers: [(name: String, value: String)] {
        head.split(separator: 10).compactMap { line in
            guard let colon = line.firstIndex(of: 58) else { return nil }  // ":"
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            return (String(decoding: line[..<colon], as: UTF8.self), String(value.trimmed))
        }
    }

    /// The first header of that name, without case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// What became of a request, by what the far end can have seen of it.
package enum HTTPOutcome: Sendable {
    /// A complete answer, whatever its status.
    case answered(HTTPResponse)
    /// No byte of the request can have been acted upon: connecting, TLS or our certificate failed. Sending again is safe.
    case nothingSent(WireFailure)
    /// At least the head of the request left and no complete answer came: the far end may or may not have acted.
    case unanswered(WireFailure)
}
