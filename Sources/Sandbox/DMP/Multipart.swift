/// A MIME `multipart/related` body cut into parts, without copying them (RFC 2387, XOP).
struct Multipart {
    struct Part {
        /// Header names in lower case.
        let headers: [String: String]
        let body: Range<Int>
        /// Without angle brackets.
        var contentID: String { headers["content-id"].map { $0.hasPrefix("<") ? String($0.dropFirst().dropLast()) : $0 } ?? "" }
    }

    let parts: [Part]
    let root: Part

    /// Nil, with the reason in `fault`, when the body does not follow its header.
    static func read(_ body: [UInt8], _ type: ContentType) throws(Complaint) -> Multipart {
        guard let boundary = type.parameters["boundary"], !boundary.isEmpty else { throw .mime("boundary absent") }
        guard type.parameters["type"]?.lowercased() == "application/xop+xml" else { throw .mime("type doit être application/xop+xml") }
        let delimiter = Array("--\(boundary)".utf8)
        var starts = Scan.all(delimiter, in: body).filter { $0 == 0 || ($0 >= 2 && body[$0 - 2] == 0x0D && body[$0 - 1] == 0x0A) }
        guard let first = starts.first, first == 0 else { throw .mime("le corps doit commencer par la frontière") }
        guard let last = starts.last, body[(last + delimiter.count)...].starts(with: [0x2D, 0x2D]) else { throw .mime("frontière finale absente") }
        var parts: [Part] = []
        starts.removeLast()
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : last
            parts.append(try part(body, start + delimiter.count, end - 2))
        }
        guard let root = type.parameters["start"].map({ start in parts.first { "<\($0.contentID)>" == start || $0.contentID == start } }) ?? parts.first
        else { throw .mime("la partie start n'existe pas") }
        guard root.headers["content-type"]?.lowercased().hasPrefix("application/xop+xml") ?? false else {
            throw .mime("la partie racine doit être application/xop+xml")
        }
        return Multipart(parts: parts, root: root)
    }

    private static func part(_ body: [UInt8], _ start: Int, _ end: Int) throws(Complaint) -> Part {
        guard start + 2 <= end, body[start] == 0x0D, body[start + 1] == 0x0A, let blank = Scan.first([0x0D, 0x0A, 0x0D, 0x0A], in: body, from: start),
            blank + 4 <= end
        else { throw .mime("partie sans en-têtes terminés par une ligne vide") }
        var headers: [String: String] = [:]
        for line in String(decoding: body[(start + 2)..<max(start + 2, blank)], as: UTF8.self).split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { throw .mime("en-tête de partie illisible") }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return Part(headers: headers, body: (blank + 4)..<end)
    }
}

/// A `Content-Type` header.
struct ContentType {
    /// `multipart/related`, in lower case.
    let media: String
    /// Names in lower case, values without quotes.
    let parameters: [String: String]

    init(_ text: String) {
        var pieces: [String] = []
        var current = ""
        var quoted = false
        for character in text {
            if character == "\"" {
                quoted.toggle()
            } else if character == ";", !quoted {
                pieces.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        pieces.append(current)
        media = pieces[0].lowercased().filter { $0 != " " }
        var found: [String: String] = [:]
        for piece in pieces.dropFirst() {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            found[piece[..<equals].lowercased().filter { $0 != " " }] = String(piece[piece.index(after: equals)...])
        }
        parameters = found
    }
}

/// Looking for bytes in bytes.
enum Scan {
    static func first(_ pattern: [UInt8], in bytes: [UInt8], from: Int = 0) -> Int? {
        guard let head = pattern.first, bytes.count - from >= pattern.count else { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            var i = from
            while i <= bytes.count - pattern.count {
                if bytes[i] == head, pattern.indices.allSatisfy({ bytes[i + $0] == pattern[$0] }) { return i }
                i += 1
            }
            return nil
        }
    }

    static func all(_ pattern: [UInt8], in bytes: [UInt8]) -> [Int] {
        var found: [Int] = []
        var at = 0
        while let next = first(pattern, in: bytes, from: at) {
            found.append(next)
            at = next + pattern.count
        }
        return found
    }
}
