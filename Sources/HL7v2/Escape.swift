/// Escape sequences of ER7 text (HL7 v2.5, 2.7; `\P\` from v2.7).
enum Escape {
    /// Text of the bytes of a value: escapes undone, then decoded. An unknown or unfinished escape stays as it is.
    static func text(of bytes: ArraySlice<UInt8>, _ delimiters: Delimiters, _ charset: Charset) -> String {
        let escape = delimiters.escape
        guard escape != 0, bytes.contains(escape) else { return charset.decode(bytes) }
        return charset.decode(undo(bytes, delimiters))
    }

    /// The bytes without escapes.
    static func undo(_ bytes: ArraySlice<UInt8>, _ delimiters: Delimiters) -> [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == delimiters.escape, let close = closing(bytes, after: index, delimiters.escape) else {
                out.append(byte)
                index += 1
                continue
            }
            if !decode(bytes[(index + 1)..<close], delimiters, into: &out) { out.append(contentsOf: bytes[index...close]) }
            index = close + 1
        }
        return out
    }

    /// An escape is short; without a bound, many lone escape characters would cost quadratic time.
    private static func closing(_ bytes: ArraySlice<UInt8>, after start: Int, _ escape: UInt8) -> Int? {
        let limit = min(bytes.endIndex, start + 1 + 4096)
        return bytes[(start + 1)..<limit].firstIndex(of: escape)
    }

    /// Appends what a sequence stands for. False when it is unknown.
    private static func decode(_ code: ArraySlice<UInt8>, _ delimiters: Delimiters, into out: inout [UInt8]) -> Bool {
        guard let first = code.first else { return false }
        if code.count == 1 {
            switch first {
            case UInt8(ascii: "F"): out.append(delimiters.field)
            case UInt8(ascii: "S"): out.append(delimiters.component)
            case UInt8(ascii: "T"): out.append(delimiters.subcomponent == 0 ? UInt8(ascii: "&") : delimiters.subcomponent)
            case UInt8(ascii: "R"): out.append(delimiters.repetition == 0 ? UInt8(ascii: "~") : delimiters.repetition)
            case UInt8(ascii: "E"): out.append(delimiters.escape)
            case UInt8(ascii: "P"): out.append(delimiters.truncation == 0 ? UInt8(ascii: "#") : delimiters.truncation)
            case UInt8(ascii: "H"), UInt8(ascii: "N"): break
            default: return false
            }
            return true
        }
        if first == UInt8(ascii: "X") { return hexadecimal(code.dropFirst(), into: &out) }
        if first == UInt8(ascii: ".") { return formatting(code, into: &out) }
        return false
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>, into out: inout [UInt8]) -> Bool {
        guard digits.count.isMultiple(of: 2) else { return false }
        var bytes = [UInt8]()
        var high: UInt8?
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 0x80 else { return false }
            if let top = high {
                bytes.append(top << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        out.append(contentsOf: bytes)
        return true
    }

    /// Formatting commands of type FT: line breaks are kept, the others have no meaning here.
    private static func formatting(_ code: ArraySlice<UInt8>, into out: inout [UInt8]) -> Bool {
        let command = code.dropFirst().prefix(2)
        if command.elementsEqual("br".utf8) || command.elementsEqual("sp".utf8) || command.elementsEqual("ce".utf8) {
            out.append(0x0A)
            return true
        }
        return ["in", "ti", "sk", "fi", "nf"].contains { command.elementsEqual($0.utf8) }
    }

    /// Bytes with what would be read as a delimiter, an escape or a line end written as an escape. Nil when the delimiters lack an escape
    /// character and the bytes need one.
    static func escaped(_ bytes: [UInt8], _ delimiters: Delimiters) -> [UInt8]? {
        guard bytes.contains(where: { needsEscape($0, delimiters) }) else { return bytes }
        guard delimiters.escape != 0 else { return nil }
        var out = [UInt8]()
        out.reserveCapacity(bytes.count + 16)
        for byte in bytes {
            guard needsEscape(byte, delimiters) else {
                out.append(byte)
                continue
            }
            out.append(delimiters.escape)
            switch byte {
            case 0x0A: out.append(contentsOf: ".br".utf8)
            case 0..<0x20:
                out.append(contentsOf: [UInt8(ascii: "X"), 0x30 + (byte >> 4)])
                out.append(byte & 15 < 10 ? 0x30 + (byte & 15) : 0x37 + (byte & 15))
            case delimiters.field: out.append(UInt8(ascii: "F"))
            case delimiters.component: out.append(UInt8(ascii: "S"))
            case delimiters.subcomponent: out.append(UInt8(ascii: "T"))
            case delimiters.repetition: out.append(UInt8(ascii: "R"))
            case delimiters.escape: out.append(UInt8(ascii: "E"))
            default: out.append(UInt8(ascii: "P"))
            }
            out.append(delimiters.escape)
        }
        return out
    }

    private static func needsEscape(_ byte: UInt8, _ delimiters: Delimiters) -> Bool {
        if byte < 0x20 { return byte != 0x09 }
        return byte == delimiters.field || byte == delimiters.component || byte == delimiters.subcomponent || byte == delimiters.repetition
            || byte == delimiters.escape || byte == delimiters.truncation
    }
}
