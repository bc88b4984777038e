/// Writes the headers of a mail or of a part: ASCII, CRLF, folded at blanks where a line passes 78 columns (RFC 5322 §2.2.3).
/// One function for each kind of header, and each refuses what would start another line: no header can be injected through a value.
package struct MailHeaders: Sendable {
    /// What was written so far, ending in CRLF.
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// A header made of ASCII words as they are (`Message-ID`, `MIME-Version`, `X-MSS-…`).
    package mutating func plain(_ name: String, _ value: String) throws(MailError) {
        guard value.utf8.allSatisfy({ $0 < 128 }) else { throw MailError(.notASCII, at: name) }
        try write(name, value)
    }

    /// A header of free text (`Subject`): words that are not ASCII become encoded words in UTF-8 (RFC 2047).
    package mutating func text(_ name: String, _ value: String) throws(MailError) {
        try Self.refuseControls(value, at: name)
        try write(name, EncodedWords.encode(value))
    }

    /// A header of one address, with a name to show (RFC 5322 §3.4).
    package mutating func address(_ name: String, _ address: String, shown: String? = nil) throws(MailError) {
        guard Self.isAddress(address) else { throw MailError(.malformed, at: name) }
        guard let shown, !shown.isEmpty else {
            try write(name, "<\(address)>")
            return
        }
        try Self.refuseControls(shown, at: name)
        if shown.utf8.allSatisfy({ $0 < 128 }) {
            let quoted = shown.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            try write(name, "\"\(quoted)\" <\(address)>")
        } else {
            try write(name, EncodedWords.encode(shown, all: true) + " <\(address)>")
        }
    }

    /// A header with parameters (`Content-Type`, `Content-Disposition`). A value that is not ASCII is given twice: transliterated, and in
    /// the form of RFC 2231.
    package mutating func parameters(_ name: String, _ value: String, _ parameters: [(name: String, value: String)]) throws(MailError) {
        var line = value
        for (key, text) in parameters {
            try Self.refuseControls(text, at: name)
            let plain = text.utf8.allSatisfy { $0 < 128 } ? text : ASCIIText.transliterated(text)
            let isToken = !plain.isEmpty && plain.utf8.allSatisfy { MailSyntax.isTokenByte($0) }
            line += "; \(key)=" + (isToken ? plain : "\"" + plain.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"")
            if plain != text { line += "; \(key)*=utf-8''" + MailSyntax.percentEncoded(text) }
        }
        try write(name, line)
    }

    private mutating func write(_ name: String, _ value: String) throws(MailError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ MailSyntax.isTokenByte($0) }) else { throw MailError(.malformed, at: "header name") }
        try Self.refuseControls(value, at: name)
        var column = name.utf8.count + 1
        bytes += Array(name.utf8) + [58]
        for word in value.utf8.split(separator: 32, omittingEmptySubsequences: true) {
            guard word.count < 990 else { throw MailError(.tooLong, at: name) }
            if column + 1 + word.count > 78, column > name.utf8.count + 1 {
                bytes += [13, 10]
                column = 0
            }
            bytes.append(32)
            bytes += word
            column += 1 + word.count
        }
        bytes += [13, 10]
    }

    private static func refuseControls(_ text: String, at place: String) throws(MailError) {
        let forbidden: (Unicode.Scalar) -> Bool = { $0.value < 32 || (127...0x9F).contains($0.value) || $0.value == 0x2028 || $0.value == 0x2029 }
        guard !text.unicodeScalars.contains(where: forbidden) else { throw MailError(.controlCharacter, at: place) }
    }

    private static func isAddress(_ address: String) -> Bool {
        let bytes = Array(address.utf8)
        guard (3...254).contains(bytes.count), bytes.allSatisfy({ $0 > 32 && $0 < 127 && !#"<>()[]\",;:"#.utf8.contains($0) }) else { return false }
        guard let at = bytes.firstIndex(of: 64), bytes.lastIndex(of: 64) == at else { return false }
        return at > 0 && at < bytes.count - 1
    }
}

/// Characters and codes of mail syntax.
package enum MailSyntax {
    /// RFC 2045 token, which also fits a header name.
    package static func isTokenByte(_ byte: UInt8) -> Bool { byte > 32 && byte < 127 && !#"()<>@,;:\"/[]?="#.utf8.contains(byte) }

    /// Percent-encoding of an extended parameter (RFC 2231 §7, attribute-char).
    package static func percentEncoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if isTokenByte(byte), byte != 37, byte != 39, byte != 42 {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + hex(byte)
            }
        }
    }

    /// Two upper-case hexadecimal digits.
    static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) }

    /// The value of a hexadecimal digit.
    static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}

/// Encoded words (RFC 2047): UTF-8, Q, at most 75 characters each, whole characters in one word.
enum EncodedWords {
    /// The text with the words that are not ASCII encoded; `all`: the whole text, for a phrase.
    static func encode(_ text: String, all: Bool = false) -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        var result: [String] = []
        var run: [Substring] = []
        for word in words {
            if all || word.utf8.contains(where: { $0 > 127 }) || word.hasPrefix("=?") {
                run.append(word)
            } else {
                if !run.isEmpty { result += split(run.joined(separator: " ")) }
                run = []
                result.append(String(word))
            }
        }
        if !run.isEmpty { result += split(run.joined(separator: " ")) }
        return result.joined(separator: " ")
    }

    /// Adjacent encoded words lose the blank between them when they are decoded, so blanks inside a run are encoded with it.
    private static func split(_ text: String) -> [String] {
        let open = "=?utf-8?Q?"
        var words: [String] = []
        var current = ""
        for character in text {
            let piece = character.utf8.reduce(into: "") { result, byte in
                let isPlain = (byte >= 48 && byte <= 57) || (byte | 32 >= 97 && byte | 32 <= 122)
                result += isPlain ? String(Unicode.Scalar(byte)) : byte == 32 ? "_" : "=" + MailSyntax.hex(byte)
            }
            if open.count + current.utf8.count + piece.utf8.count + 2 > 75 {
                words.append(open + current + "?=")
                current = ""
            }
            current += piece
        }
        return words + [open + current + "?="]
    }
}
