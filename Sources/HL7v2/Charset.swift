/// The character sets of ER7 messages read and written here (MSH-18, HL7 table 0211, restricted by PAM FR and the CI-SIS volets).
/// The raw value is what MSH-18 says.
package enum Charset: String, Sendable, Hashable, CaseIterable {
    case utf8 = "UNICODE UTF-8"
    case latin1 = "8859/1"
    case latin9 = "8859/15"
    case ascii = "ASCII"

    /// Reads MSH-18, forgiving case, blanks and the usual spellings (`UTF-8`, `ISO-8859-15`). Nil when unknown.
    package init?(msh18 text: String) {
        switch text {  // as the volet writes them: no folding on the path to the ACK
        case "UNICODE UTF-8":
            self = .utf8
            return
        case "8859/15":
            self = .latin9
            return
        default: break
        }
        var folded = ""
        for character in text.uppercased().unicodeScalars where character.properties.isAlphabetic || ("0"..."9").contains(character) {
            folded.unicodeScalars.append(character)
        }
        switch folded {
        case "UNICODEUTF8", "UTF8", "UNICODE": self = .utf8
        case "88591", "ISO88591", "LATIN1": self = .latin1
        case "885915", "ISO885915", "LATIN9": self = .latin9
        case "ASCII", "USASCII": self = .ascii
        default: return nil
        }
    }

    /// Text of bytes; bytes that cannot be are shown as U+FFFD (the message's own were checked when it was read).
    package func decode(_ bytes: some Collection<UInt8>) -> String {
        switch self {
        case .utf8, .ascii: return String(decoding: bytes, as: UTF8.self)
        case .latin1, .latin9:
            if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
            var text = String.UnicodeScalarView()
            for byte in bytes { text.append(scalar(byte)) }
            return String(text)
        }
    }

    /// Bytes of a text, or nil when the set lacks one of its characters.
    package func encode(_ text: String) -> [UInt8]? {
        if self == .utf8 { return [UInt8](text.utf8) }
        var bytes = [UInt8]()
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = byte(scalar) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// Bytes of a text for people: what the set lacks is written without its accent, or as `?`. For ERR texts, never for data.
    package func encodeLossy(_ text: String) -> [UInt8] {
        if let exact = encode(text) { return exact }
        var bytes = [UInt8]()
        for scalar in text.unicodeScalars {
            if let byte = byte(scalar) {
                bytes.append(byte)
            } else if let plain = Charset.plain[scalar] {
                bytes.append(contentsOf: plain.utf8)
            } else if !scalar.properties.isDiacritic {
                bytes.append(UInt8(ascii: "?"))
            }
        }
        return bytes
    }

    private func scalar(_ byte: UInt8) -> Unicode.Scalar {
        if self == .latin9, let special = Charset.latin9Special.first(where: { $0.byte == byte }) { return special.scalar }
        return Unicode.Scalar(byte)
    }

    private func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        let limit: UInt32 = self == .ascii ? 0x80 : 0x100
        if self == .latin9 {
            if let special = Charset.latin9Special.first(where: { $0.scalar == scalar }) { return special.byte }
            if Charset.latin9Special.contains(where: { UInt32($0.byte) == scalar.value }) { return nil }
        }
        return scalar.value < limit ? UInt8(scalar.value) : nil
    }

    /// The eight places where ISO 8859-15 differs from 8859-1.
    private static let latin9Special: [(byte: UInt8, scalar: Unicode.Scalar)] = [
        (0xA4, "€"), (0xA6, "Š"), (0xA8, "š"), (0xB4, "Ž"), (0xB8, "ž"), (0xBC, "Œ"), (0xBD, "œ"), (0xBE, "Ÿ"),
    ]

    private static let plain: [Unicode.Scalar: String] = [
        "à": "a", "â": "a", "ä": "a", "ç": "c", "é": "e", "è": "e", "ê": "e", "ë": "e", "î": "i", "ï": "i", "ô": "o", "ö": "o",
        "ù": "u", "û": "u", "ü": "u", "ÿ": "y", "œ": "oe", "æ": "ae", "À": "A", "Â": "A", "Ç": "C", "É": "E", "È": "E", "Ê": "E",
        "Ë": "E", "Î": "I", "Ï": "I", "Ô": "O", "Ù": "U", "Û": "U", "Ü": "U", "Œ": "OE", "Æ": "AE", "’": "'", "–": "-", "…": "...",
        "«": "\"", "»": "\"", "\u{A0}": " ", "\u{202F}": " ",
    ]
}
