import XMLTree

/// The style sheet that a document asks its reader to fetch.
enum StyleSheetReference {
    /// Whether an `xml-stylesheet` instruction beside the root names a place on a network or a disk (`http:`, `file:`, `//host`), or whether a
    /// document that is itself a style sheet ("auto-présentable") takes in such a one.
    ///
    /// Relative references are usual in French documents and never followed. The instructions are the parser's: neither blanks, character
    /// references, comments nor the encoding of the document hide one.
    static func isRemote(in document: XMLDocument) -> Bool {
        for instruction in document.instructions where instruction.target == "xml-stylesheet" {
            if hrefs(instruction.data).contains(where: isRemote) { return true }
        }
        let root = document.root
        guard root.namespace == transformation else { return false }
        return root.children.contains { child in
            child.namespace == transformation && ["import", "include"].contains(child.name) && isRemote(child.attribute("href") ?? "")
        }
    }

    private static let transformation = "http://www.w3.org/1999/XSL/Transform"

    /// Every `href` among pseudo-attributes (Associating Style Sheets with XML documents 1.0, §3), its character references decoded.
    /// Readers differ on what is written badly, so that a value without quotes and a second `href` count too.
    static func hrefs(_ data: String) -> [String] {
        var found: [String] = []
        // By scalars: a combining mark must not hide the sign before it.
        var rest = Substring(data).unicodeScalars
        while !rest.isEmpty {
            rest = rest.drop(while: isBlank)
            let name = rest.prefix { !isBlank($0) && $0 != "=" }
            rest = rest.dropFirst(name.count).drop(while: isBlank)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst().drop(while: isBlank)
            let value: Substring.UnicodeScalarView
            if let quote = rest.first, quote == "\"" || quote == "'" {
                value = rest.dropFirst().prefix { $0 != quote }
                rest = rest.dropFirst(value.count + 2)
            } else {
                value = rest.prefix { !isBlank($0) }
                rest = rest.dropFirst(value.count)
            }
            if String(name).lowercased() == "href" { found.append(decoded(value)) }
        }
        return found
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.value <= 0x20 }

    /// The five entities of XML, and references by number; what is none of these stays as it is.
    private static func decoded(_ text: Substring.UnicodeScalarView) -> String {
        var out = String.UnicodeScalarView()
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            out += rest[..<start]
            rest = rest[start...].dropFirst()
            if let end = rest.firstIndex(of: ";"), let scalar = scalar(Substring(rest[..<end])) {
                out.append(scalar)
                rest = rest[end...].dropFirst()
            } else {
                out.append("&")
            }
        }
        out += rest
        return String(out)
    }

    private static func scalar(_ reference: Substring) -> Unicode.Scalar? {
        switch reference {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default: break
        }
        guard reference.first == "#" else { return nil }
        let digits = reference.dropFirst()
        let number = digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return number.flatMap(Unicode.Scalar.init)
    }

    /// As readers of addresses take them: blanks and line ends do not count, `\` is `/`.
    private static func isRemote(_ reference: String) -> Bool {
        let target = reference.unicodeScalars.filter { $0.value > 0x20 }.map { $0 == "\\" ? "/" : $0 }
        if target.starts(with: ["/", "/"]) { return true }
        guard let colon = target.firstIndex(of: ":"), colon > 0 else { return false }
        return target[..<colon].allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "+", "-", ".": true
            default: false
            }
        }
    }
}
