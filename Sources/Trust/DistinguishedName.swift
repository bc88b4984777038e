/// The name of a certificate's subject or issuer, compared as a name and not as text.
///
/// Reads RFC 2253 / 4514 (most specific first, `CN=…,OU=…,C=FR`) and the reverse order with blanks that some guides
/// print. Two names are equal when their attributes are, in one order or the other, letter case and runs of blanks aside.
package struct DistinguishedName: Sendable, Hashable, CustomStringConvertible {
    /// One attribute: upper-case short type (`ST`, `GN`, …) or dotted OID, and unescaped value.
    package struct Attribute: Sendable, Hashable {
        /// Short type.
        package let type: String
        /// Value without escapes.
        package let value: String

        var folded: Attribute {
            Attribute(type: type, value: value.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased())
        }
    }

    /// As read, most specific first when the text was RFC 2253.
    package let attributes: [Attribute]

    /// Reads a name; nil when it is not one.
    package init?(_ text: String) {
        var found: [Attribute] = []
        for part in DistinguishedName.parts(text) {
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let type = DistinguishedName.trimmed(String(part[..<equals])).uppercased()
            guard !type.isEmpty, let value = DistinguishedName.unescaped(String(part[part.index(after: equals)...])) else { return nil }
            found.append(Attribute(type: DistinguishedName.aliases[type] ?? type, value: value))
        }
        guard !found.isEmpty else { return nil }
        attributes = found
    }

    /// The first value of a type, such as `OU`.
    package subscript(_ type: String) -> String? { attributes.first { $0.type == type.uppercased() }?.value }

    /// Equal as names.
    package static func == (a: DistinguishedName, b: DistinguishedName) -> Bool {
        let left = a.attributes.map(\.folded)
        let right = b.attributes.map(\.folded)
        return left == right || left == right.reversed()
    }

    /// The same in both orders.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(attributes.reduce(0) { $0 &+ $1.folded.hashValue })
    }

    /// RFC 2253, in the order read.
    package var description: String {
        attributes.map { "\($0.type)=\(DistinguishedName.escaped($0.value))" }.joined(separator: ",")
    }

    private static let aliases = [
        "S": "ST", "G": "GN", "GIVENNAME": "GN", "SURNAME": "SN", "E": "EMAILADDRESS", "COMMONNAME": "CN", "2.5.4.42": "GN", "2.5.4.8": "ST",
        "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.4": "SN", "2.5.4.7": "L",
    ]

    private static func trimmed(_ text: String) -> String {
        var slice = Substring(text)
        while slice.first == " " { slice.removeFirst() }
        while slice.last == " " { slice.removeLast() }
        return String(slice)
    }

    /// Cut at unescaped commas, semicolons and plus signs.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var escaped = false
        var quoted = false
        for character in text {
            if escaped {
                current.append("\\")
                current.append(character)
                escaped = false
            } else if character == "\\" {
                escaped = true
            } else if character == "\"" {
                quoted.toggle()
                current.append(character)
            } else if !quoted, character == "," || character == ";" || character == "+" {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        parts.append(current)
        return parts
    }

    private static func unescaped(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var source = Array(trimmed(text).utf8)
        if source.count >= 2, source.first == 0x22, source.last == 0x22 { source = Array(source.dropFirst().dropLast()) }
        var i = 0
        while i < source.count {
            guard source[i] == 0x5C, i + 1 < source.count else {
                bytes.append(source[i])
                i += 1
                continue
            }
            if i + 2 < source.count, let high = hexValue(source[i + 1]), let low = hexValue(source[i + 2]) {
                bytes.append(high << 4 | low)
                i += 3
            } else {
                bytes.append(source[i + 1])
                i += 2
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    private static func escaped(_ value: String) -> String {
        var out = ""
        for (index, character) in value.enumerated() {
            let atEnd = index == 0 || index == value.count - 1
            if ",+\"\\<>;".contains(character) || (index == 0 && character == "#") || (atEnd && character == " ") { out.append("\\") }
            out.append(character)
        }
        return out
    }
}
