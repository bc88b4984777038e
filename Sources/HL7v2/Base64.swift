/// What is wrong with a Base64 text.
package enum Base64Error: Error, Sendable, Hashable {
    /// A byte outside the alphabet, at this offset of the text.
    case badCharacter(offset: Int)
    /// The text ends inside a byte (one character too many), at this offset.
    case badLength(offset: Int)
    /// Something follows the padding, at this offset.
    case dataAfterPadding(offset: Int)

    /// Offset in the text, in bytes.
    package var offset: Int {
        switch self {
        case .badCharacter(let offset), .badLength(let offset), .dataAfterPadding(let offset): offset
        }
    }

    /// A fixed sentence for people.
    package var text: HL7Text {
        switch self {
        case .badCharacter(let at): HL7Text(fr: "Base64 : caractère interdit à l'octet \(at)", en: "Base64: forbidden character at byte \(at)")
        case .badLength(let at):
            HL7Text(fr: "Base64 : longueur impossible, texte tronqué à l'octet \(at)", en: "Base64: impossible length, text cut at byte \(at)")
        case .dataAfterPadding(let at): HL7Text(fr: "Base64 : données après la fin, à l'octet \(at)", en: "Base64: data after its end, at byte \(at)")
        }
    }
}

/// Base64 (RFC 4648, 4), fast on documents of tens of megabytes.
package enum Base64 {
    /// Decodes. Tolerant (what hospitals send): blanks, line breaks and the HL7 escape `\.br\` are skipped, padding may be missing or too
    /// much; a length of 1 modulo 4 is always refused, with its offset.
    package static func decode(_ text: ArraySlice<UInt8>, tolerant: Bool = true) throws(Base64Error) -> [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(text.count / 4 * 3 + 3)
        var decoder = Decoder(tolerant: tolerant)
        try decoder.update(text.span, into: &out)
        try decoder.finish(into: &out)
        return out
    }

    /// Decodes an array.
    package static func decode(_ text: [UInt8], tolerant: Bool = true) throws(Base64Error) -> [UInt8] {
        try decode(text[...], tolerant: tolerant)
    }

    /// Decodes in pieces of at most 64 KB, for a sink (digest, file) that needs no whole copy.
    package static func decode(_ text: ArraySlice<UInt8>, tolerant: Bool = true, into sink: ([UInt8]) -> Void) throws(Base64Error) {
        var decoder = Decoder(tolerant: tolerant)
        var start = text.startIndex
        while start < text.endIndex {
            let end = min(text.endIndex, start + 65_536)
            var piece = [UInt8]()
            piece.reserveCapacity(49_160)
            try decoder.update(text[start..<end].span, into: &piece)
            if end == text.endIndex { try decoder.finish(into: &piece) }
            if !piece.isEmpty { sink(piece) }
            start = end
        }
    }

    /// Encodes, with padding, without line breaks.
    package static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var out = [UInt8]()
        out.reserveCapacity((bytes.count + 2) / 3 * 4)
        var group: UInt32 = 0
        var count = 0
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            count += 1
            guard count == 3 else { continue }
            for shift in stride(from: 18, through: 0, by: -6) { out.append(alphabet[Int(group >> shift & 63)]) }
            (group, count) = (0, 0)
        }
        if count > 0 {
            group <<= UInt32(8 * (3 - count))
            for place in 0..<4 { out.append(place <= count ? alphabet[Int(group >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "=")) }
        }
        return out
    }

    /// Decodes a text that comes in pieces.
    package struct Decoder: Sendable {
        private let tolerant: Bool
        private var group: UInt32 = 0
        private var count = 0
        private var padding = 0
        private var offset = 0
        private var escape: Int?

        /// A decoder at the beginning of a text.
        package init(tolerant: Bool = true) { self.tolerant = tolerant }

        /// Takes the next piece and appends what it gives.
        package mutating func update(_ text: borrowing Span<UInt8>, into out: inout [UInt8]) throws(Base64Error) {
            let table = Base64.table.span
            var index = 0
            let end = text.count
            while index < end {
                // Four characters of the alphabet at once: nearly always.
                while count == 0, padding == 0, escape == nil, index + 4 <= end {
                    let a = table[Int(text[index])]
                    let b = table[Int(text[index + 1])]
                    let c = table[Int(text[index + 2])]
                    let d = table[Int(text[index + 3])]
                    if (a | b | c | d) & 0x80 != 0 { break }
                    out.append(a << 2 | b >> 4)
                    out.append(b << 4 | c >> 2)
                    out.append(c << 6 | d)
                    index += 4
                }
                guard index < end else { break }
                try take(text[index], table[Int(text[index])], at: offset + index, into: &out)
                index += 1
            }
            offset += end
        }

        /// Ends the text.
        package mutating func finish(into out: inout [UInt8]) throws(Base64Error) {
            guard escape == nil else { throw .badCharacter(offset: offset - 1) }
            guard count != 1 else { throw .badLength(offset: offset) }
            if !tolerant, (count + padding) & 3 != 0 { throw .badLength(offset: offset) }
            if count == 2 { out.append(UInt8(truncatingIfNeeded: group >> 4)) }
            if count == 3 {
                out.append(UInt8(truncatingIfNeeded: group >> 10))
                out.append(UInt8(truncatingIfNeeded: group >> 2))
            }
            count = 0
        }

        private mutating func take(_ byte: UInt8, _ value: UInt8, at place: Int, into out: inout [UInt8]) throws(Base64Error) {
            if let start = escape {
                // `\.br\` and its like, which some senders put where a line ends.
                if byte == UInt8(ascii: "\\") { escape = nil } else if place - start > 8 { throw .badCharacter(offset: start) }
                return
            }
            if value < 64 {
                guard padding == 0 else { throw .dataAfterPadding(offset: place) }
                group = group << 6 | UInt32(value)
                count += 1
                if count == 4 {
                    for shift in stride(from: 16, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: group >> shift)) }
                    (group, count) = (0, 0)
                }
            } else if byte == UInt8(ascii: "=") {
                padding += 1
                if !tolerant, padding > 2 { throw .badCharacter(offset: place) }
            } else if tolerant, byte == 0x20 || (0x09...0x0D).contains(byte) {
                return
            } else if tolerant, byte == UInt8(ascii: "\\") {
                escape = place
            } else {
                throw .badCharacter(offset: place)
            }
        }
    }

    /// The value of each character, 0x80 for those outside the alphabet.
    private static let table: [UInt8] = {
        var table = [UInt8](repeating: 0x80, count: 256)
        for (value, character) in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated() {
            table[Int(character)] = UInt8(value)
        }
        return table
    }()
}
