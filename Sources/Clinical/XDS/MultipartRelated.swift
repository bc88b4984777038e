/// A received `multipart/related` body (RFC 2387), read for its root part. Tolerant of a preamble, bare LF and a missing `start`.
package struct MultipartRelated: Sendable {
    /// Why it could not be read.
    package struct Failure: Error, Sendable, Hashable {
        /// What is wrong, in English.
        package let text: String
    }

    /// One part: its headers (names in lower case) and where its content lies.
    package struct Part: Sendable {
        /// By name in lower case.
        package let headers: [String: String]
        /// A slice of the body.
        package let content: ArraySlice<UInt8>
    }

    /// In the order received.
    package let parts: [Part]
    /// The content of the root part: the one `start` names, else the first.
    package let root: ArraySlice<UInt8>

    /// Splits `body` by the boundary in `contentType`.
    package init(_ body: [UInt8], contentType: String) throws(Failure) {
        guard let boundary = MultipartRelated.parameter("boundary", of: contentType), !boundary.isEmpty else {
            throw Failure(text: "multipart without boundary")
        }
        let parts = try MultipartRelated.split(body, Array("--\(boundary)".utf8))
        guard let first = parts.first else { throw Failure(text: "multipart without a part") }
        self.parts = parts
        if let start = MultipartRelated.parameter("start", of: contentType) {
            let wanted = MultipartRelated.bare(start)
            guard let named = parts.first(where: { $0.headers["content-id"].map(MultipartRelated.bare) == wanted }) else {
                throw Failure(text: "no part has the Content-ID that start names")
            }
            root = named.content
        } else {
            root = first.content
        }
    }

    /// A parameter of a header value, unquoted; nil when absent.
    package static func parameter(_ name: String, of header: String) -> String? {
        var rest = Substring(header)
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" || $0 == "\r\n" || $0 == "\n" }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let found = rest[..<equals].lowercased()
            rest = rest[rest.index(after: equals)...]
            let value: Substring
            if rest.first == "\"" {
                let inside = rest.dropFirst()
                let end = inside.firstIndex(of: "\"") ?? inside.endIndex
                value = inside[..<end]
                rest = inside[end...]
            } else {
                let end = rest.firstIndex(of: ";") ?? rest.endIndex
                value = rest[..<end]
                rest = rest[end...]
            }
            if found == name { return String(value) }
        }
        return nil
    }

    private static func bare(_ id: String) -> String {
        var id = Substring(id).drop { $0 == " " }
        if id.first == "<" { id = id.dropFirst() }
        return String(id.prefix { $0 != ">" })
    }

    private static func split(_ body: [UInt8], _ delimiter: [UInt8]) throws(Failure) -> [Part] {
        var parts: [Part] = []
        var at = next(delimiter, in: body, from: 0)
        while let start = at {
            var i = start + delimiter.count
            if i + 1 < body.count, body[i] == 0x2D, body[i + 1] == 0x2D { return parts }
            while i < body.count, body[i] != 0x0A { i += 1 }
            guard let end = next(delimiter, in: body, from: i + 1) else { throw Failure(text: "the last part has no end") }
            var stop = end
            if stop > i + 1, body[stop - 1] == 0x0A { stop -= 1 }
            if stop > i + 1, body[stop - 1] == 0x0D { stop -= 1 }
            parts.append(part(body[min(i + 1, stop)..<stop]))
            at = end
        }
        return parts
    }

    /// A delimiter counts only at the start of a line.
    private static func next(_ delimiter: [UInt8], in body: [UInt8], from: Int) -> Int? {
        var i = from
        while i + delimiter.count <= body.count {
            if (i == 0 || body[i - 1] == 0x0A), body[i...].starts(with: delimiter) { return i }
            guard let line = body[i...].firstIndex(of: 0x0A) else { return nil }
            i = line + 1
        }
        return nil
    }

    private static func part(_ bytes: ArraySlice<UInt8>) -> Part {
        var headers: [String: String] = [:]
        var i = bytes.startIndex
        while i < bytes.endIndex {
            let end = bytes[i...].firstIndex(of: 0x0A) ?? bytes.endIndex
            var line = bytes[i..<end]
            if line.last == 0x0D { line = line.dropLast() }
            i = min(end + 1, bytes.endIndex)
            if line.isEmpty { break }
            if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                let value = String(decoding: line[(colon + 1)...], as: UTF8.self).drop { $0 == " " || $0 == "\t" }
                headers[String(decoding: line[..<colon], as: UTF8.self).lowercased()] = String(value)
            }
        }
        return Part(headers: headers, content: bytes[i...])
    }
}
