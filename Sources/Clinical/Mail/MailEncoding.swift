/// Transfer encodings of a mail (RFC 2045 §6).
package enum MailEncoding {
    /// Base64 in lines of 76 columns that end in CRLF, the last one too.
    package static func base64(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(base64Length(bytes.count))
        var column = 0
        var group: UInt32 = 0
        var held = 0
        func write(_ value: UInt32, _ result: inout [UInt8]) { result.append(alphabet[Int(value & 63)]) }
        for byte in bytes {
            group = group << 8 | UInt32(byte)
            held += 1
            guard held == 3 else { continue }
            for shift in [18, 12, 6, 0] as [UInt32] { write(group >> shift, &result) }
            (group, held, column) = (0, 0, column + 4)
            if column == 76 {
                result += [13, 10]
                column = 0
            }
        }
        if held > 0 {
            group <<= UInt32(8 * (3 - held))
            write(group >> 18, &result)
            write(group >> 12, &result)
            if held == 2 { write(group >> 6, &result) } else { result.append(61) }
            result.append(61)
            column += 4
        }
        if column > 0 { result += [13, 10] }
        return result
    }

    /// How long `base64` of so many bytes is: × 1.3684.
    package static func base64Length(_ count: Int) -> Int {
        let letters = (count + 2) / 3 * 4
        return letters + (letters + 75) / 76 * 2
    }

    /// Quoted-printable (RFC 2045 §6.7): lines of 76 columns at most, CRLF, any line end of the text becomes one.
    package static func quotedPrintable(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for line in lines(of: text) {
            var column = 0
            for (index, byte) in line.enumerated() {
                let isLast = index == line.count - 1
                let isPlain = byte >= 33 && byte <= 126 && byte != 61 || (byte == 32 || byte == 9) && !isLast
                let piece = isPlain && !(column == 0 && byte == 46) ? [byte] : [61] + Array(MailSyntax.hex(byte).utf8)
                if column + piece.count > 75 {
                    result += [61, 13, 10]
                    column = 0
                }
                result += piece
                column += piece.count
            }
            result += [13, 10]
        }
        return result
    }

    /// Lines by CRLF, LF or CR, without their ends; a NUL is dropped.
    private static func lines(of text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var previous: UInt8 = 0
        for byte in text.utf8 where byte != 0 {
            if byte == 13 || byte == 10 && previous != 13 { lines.append([]) } else if byte != 10 { lines[lines.count - 1].append(byte) }
            previous = byte
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// Decodes Base64 as mails carry it: what is not of the alphabet is skipped, missing padding is forgiven, the first full padding ends it.
    package static func decodedBase64(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var group: UInt32 = 0
        var held = 0
        for byte in bytes {
            if byte == 61 { break }
            guard let value = values[Int(byte)] else { continue }
            group = group << 6 | UInt32(value)
            held += 1
            if held == 4 {
                result += [UInt8(truncatingIfNeeded: group >> 16), UInt8(truncatingIfNeeded: group >> 8), UInt8(truncatingIfNeeded: group)]
                (group, held) = (0, 0)
            }
        }
        if held == 2 { result.append(UInt8(truncatingIfNeeded: group >> 4)) }
        if held == 3 { result += [UInt8(truncatingIfNeeded: group >> 10), UInt8(truncatingIfNeeded: group >> 2)] }
        return result
    }

    /// Decodes quoted-printable; what is malformed stays as it is.
    package static func decodedQuotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == 61 else {
                result.append(byte)
                index += 1
                continue
            }
            let rest = bytes[(index + 1)...].prefix(2)
            if let first = rest.first, first == 10 {
                index += 2
            } else if rest.elementsEqual([13, 10]) {
                index += 3
            } else if rest.count == 2, let high = MailSyntax.digit(rest[rest.startIndex]), let low = MailSyntax.digit(rest[rest.startIndex + 1]) {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(byte)
                index += 1
            }
        }
        return result
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (index, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(index) }
        return values
    }()
}
