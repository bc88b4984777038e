/// A part of a mail: its content and how it is named.
package struct MailPart: Sendable {
    /// What it holds.
    package enum Content: Sendable {
        /// Text in UTF-8, quoted-printable.
        case text(String)
        /// Bytes with a media type, Base64, under a file name.
        case attachment([UInt8], type: String, name: String)
    }

    package let content: Content

    /// The text that clients show.
    package static func text(_ text: String) -> MailPart { MailPart(content: .text(text)) }

    /// A file.
    package static func attachment(_ bytes: [UInt8], type: String, name: String) -> MailPart {
        MailPart(content: .attachment(bytes, type: type, name: name))
    }

    /// How long it will be in the mail, about: for a limit checked before anything is built.
    package var encodedLength: Int {
        switch content {
        case .text(let text): text.utf8.count * 2 + 200
        case .attachment(let bytes, _, let name): MailEncoding.base64Length(bytes.count) + name.utf8.count * 2 + 300
        }
    }
}

/// A mail as pieces of bytes, to be sent one after the other: headers, then `multipart/mixed` in the order of the parts.
/// Pure ASCII, lines of 76 columns in bodies, CRLF everywhere: neither 8BITMIME nor SMTPUTF8 is needed.
package struct MailBytes: Sendable {
    /// The mail, piece after piece.
    package let pieces: [[UInt8]]
    /// Its length in bytes.
    package var count: Int { pieces.reduce(0) { $0 + $1.count } }

    /// Lays out a mail.
    /// - Parameters:
    ///   - headers: everything but `MIME-Version` and `Content-Type`.
    ///   - boundary: 1 to 70 characters of the token alphabet, that no part can hold: parts are encoded, and it starts with `=_`.
    package init(_ headers: MailHeaders, boundary: String, parts: [MailPart]) throws(MailError) {
        let plain = boundary.utf8.allSatisfy { MailSyntax.isTokenByte($0) || $0 == 61 }
        guard (1...70).contains(boundary.utf8.count), plain, boundary.hasPrefix("=_") else { throw MailError(.malformed, at: "boundary") }
        var top = headers
        try top.plain("MIME-Version", "1.0")
        try top.parameters("Content-Type", "multipart/mixed", [("boundary", boundary)])
        var pieces = [top.bytes]
        for part in parts {
            pieces.append(Array("\r\n--\(boundary)\r\n".utf8) + (try Self.headers(of: part)) + [13, 10])
            switch part.content {
            case .text(let text): pieces.append(MailEncoding.quotedPrintable(text))
            case .attachment(let bytes, _, _): pieces.append(MailEncoding.base64(bytes))
            }
        }
        pieces.append(Array("\r\n--\(boundary)--\r\n".utf8))
        self.pieces = pieces
    }

    private static func headers(of part: MailPart) throws(MailError) -> [UInt8] {
        var headers = MailHeaders()
        switch part.content {
        case .text:
            try headers.parameters("Content-Type", "text/plain", [("charset", "utf-8")])
            try headers.plain("Content-Transfer-Encoding", "quoted-printable")
        case .attachment(_, let type, let name):
            try headers.parameters("Content-Type", type, [("name", name)])
            try headers.plain("Content-Transfer-Encoding", "base64")
            try headers.parameters("Content-Disposition", "attachment", [("filename", name)])
        }
        return headers.bytes
    }
}
