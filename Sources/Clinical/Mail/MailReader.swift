/// How much of a mail is read (mssante-xdm.md §5.1).
package struct MailLimits: Sendable {
    /// Bytes of a header block; headers in it; levels of nesting; parts in all.
    package var headerBytes = 262_144, headers = 500, depth = 8, parts = 100

    package init() {}
}

/// A mail or one of its parts, read: headers, and either parts or content. Tolerant of bare LF and of a missing last boundary.
package struct ReadMail: Sendable {
    /// One header, unfolded.
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package let headers: [Header]
    /// `type/subtype` in lower case; `text/plain` when not said.
    package let type: String
    /// Parameters of Content-Type, names in lower case.
    package let parameters: [String: String]
    /// The content as it stands in the mail, encoded.
    package let content: ArraySlice<UInt8>
    /// The parts of a multipart.
    package let parts: [ReadMail]

    /// Reads a mail.
    package init(_ bytes: [UInt8], limits: MailLimits = MailLimits()) throws(MailError) {
        var budget = limits.parts
        try self.init(bytes[...], limits, depth: 0, &budget, defaultType: "text/plain")
    }

    private init(_ bytes: ArraySlice<UInt8>, _ limits: MailLimits, depth: Int, _ budget: inout Int, defaultType: String) throws(MailError) {
        guard depth < limits.depth, budget > 0 else { throw MailError(.overLimit, at: "MIME parts") }
        budget -= 1
        let end = try Self.headerEnd(bytes, limits)
        headers = try Self.headers(bytes[..<end.headers], limits)
        content = bytes[end.content...]
        let header = headers.first { $0.name.lowercased() == "content-type" }?.value
        let (value, parameters) = Self.parameters(header ?? defaultType)
        type = value.lowercased()
        self.parameters = parameters
        var parts: [ReadMail] = []
        if type.hasPrefix("multipart/"), let boundary = parameters["boundary"], (1...200).contains(boundary.utf8.count) {
            let inner = type == "multipart/digest" ? "message/rfc822" : "text/plain"
            for slice in Self.split(content, boundary) {
                parts.append(try ReadMail(slice, limits, depth: depth + 1, &budget, defaultType: inner))
            }
        }
        self.parts = parts
    }

    /// The first header of that name, without case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }

    /// The content with its transfer encoding undone. Only leaves have one.
    package var decoded: [UInt8] {
        guard parts.isEmpty else { return [] }
        switch header("Content-Transfer-Encoding")?.lowercased() {
        case "base64": return MailEncoding.decodedBase64(content)
        case "quoted-printable": return MailEncoding.decodedQuotedPrintable(content)
        default: return Array(content)
        }
    }

    /// The part itself and all below it, in order.
    package var all: [ReadMail] { [self] + parts.flatMap(\.all) }

    /// Reads header lines alone (`text/rfc822-headers`, a delivery status group).
    package static func headers(_ bytes: ArraySlice<UInt8>, _ limits: MailLimits = MailLimits()) throws(MailError) -> [Header] {
        var result: [Header] = []
        var name = ""
        var value = ""
        func keep() { if !name.isEmpty { result.append(Header(name: name, value: trimmed(value))) } }
        for line in lines(bytes) {
            if let first = line.first, first == 32 || first == 9 {
                value += " " + trimmed(String(decoding: line, as: UTF8.self))
                continue
            }
            keep()
            name = ""
            guard let colon = line.firstIndex(of: 58), colon > line.startIndex else { continue }
            name = trimmed(String(decoding: line[..<colon], as: UTF8.self))
            value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            guard result.count < limits.headers, line.count < limits.headerBytes else { throw MailError(.overLimit, at: "headers") }
        }
        keep()
        return result
    }

    /// Lines by LF, a CR before it taken off.
    static func lines(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        bytes.split(separator: 10, omittingEmptySubsequences: false).map { $0.last == 13 ? $0.dropLast() : $0 }
    }

    static func trimmed(_ text: String) -> String {
        guard let first = text.firstIndex(where: { !$0.isWhitespace }), let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(text[first...last])
    }

    private static func headerEnd(_ bytes: ArraySlice<UInt8>, _ limits: MailLimits) throws(MailError) -> (headers: Int, content: Int) {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard let newline = bytes[index...].firstIndex(of: 10) else { return (bytes.endIndex, bytes.endIndex) }
            if newline == index || newline == index + 1 && bytes[index] == 13 { return (index, newline + 1) }
            guard newline - bytes.startIndex < limits.headerBytes else { throw MailError(.overLimit, at: "headers") }
            index = newline + 1
        }
        return (bytes.endIndex, bytes.endIndex)
    }

    /// A header's value and its parameters; continuations and `*` forms of RFC 2231 are joined.
    static func parameters(_ header: String) -> (value: String, parameters: [String: String]) {
        var pieces = splitOutsideQuotes(header)
        let value = pieces.isEmpty ? "" : trimmed(pieces.removeFirst())
        var sections: [String: [(Int, String, Bool)]] = [:]
        for piece in pieces.prefix(64) {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            var name = trimmed(String(piece[..<equals])).lowercased()
            let text = unquoted(trimmed(String(piece[piece.index(after: equals)...])))
            let isEncoded = name.hasSuffix("*")
            if isEncoded { name.removeLast() }
            var number = 0
            if let star = name.lastIndex(of: "*"), let n = Int(name[name.index(after: star)...]) {
                number = n
                name = String(name[..<star])
            }
            sections[name, default: []].append((number, text, isEncoded))
        }
        var result: [String: String] = [:]
        for (name, parts) in sections {
            let extended = parts.contains { $0.2 } ? parts.filter { $0.2 || $0.0 > 0 } : parts
            var bytes: [UInt8] = []
            for (index, part) in extended.sorted(by: { $0.0 < $1.0 }).enumerated() {
                var text = Substring(part.1)
                if part.2, index == 0, let mark = text.lastIndex(of: "'") { text = text[text.index(after: mark)...] }
                bytes += part.2 ? percentDecoded(text) : Array(text.utf8)
            }
            result[name] = String(decoding: bytes, as: UTF8.self)
        }
        return (value, result)
    }

    private static func splitOutsideQuotes(_ text: String) -> [String] {
        var result = [""]
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if character == ";", !isQuoted {
                result.append("")
                continue
            }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && !isEscaped
            result[result.count - 1].append(character)
        }
        return result
    }

    private static func unquoted(_ text: String) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        var result = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }

    private static func percentDecoded(_ text: Substring) -> [UInt8] {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == 37, index + 2 < bytes.count, let high = MailSyntax.digit(bytes[index + 1]), let low = MailSyntax.digit(bytes[index + 2]) {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// The bodies between delimiter lines, without preamble, epilogue and the line end before each delimiter.
    private static func split(_ bytes: ArraySlice<UInt8>, _ boundary: String) -> [ArraySlice<UInt8>] {
        let delimiter = Array("--\(boundary)".utf8)
        var result: [ArraySlice<UInt8>] = []
        var start: Int?
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let newline = bytes[index...].firstIndex(of: 10) ?? bytes.endIndex
            let line = bytes[index..<newline]
            if line.starts(with: delimiter) {
                let tail = line.dropFirst(delimiter.count)
                let isEnd = tail.starts(with: [45, 45])
                if isEnd || tail.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) {
                    if let start { result.append(bytes[start..<max(start, lineEnd(bytes, before: index, from: start))]) }
                    start = isEnd ? nil : min(newline + 1, bytes.endIndex)
                    if isEnd { return result }
                }
            }
            index = newline + 1
        }
        if let start { result.append(bytes[start...]) }
        return result
    }

    private static func lineEnd(_ bytes: ArraySlice<UInt8>, before index: Int, from start: Int) -> Int {
        var end = index
        if end > start, bytes[end - 1] == 10 { end -= 1 }
        if end > start, bytes[end - 1] == 13 { end -= 1 }
        return end
    }
}
