/// The bytes of a message and where its delimiters are: the one thing that all views of a message share. Immutable.
final class HL7Index: Sendable {
    /// One segment: its bytes, and its first delimiter in `separators`.
    struct Line {
        var start: UInt32
        var end: UInt32
        var firstSeparator: UInt32
    }

    let bytes: [UInt8]
    let delimiters: Delimiters
    let lines: [Line]
    /// Offset of every field, repetition, component and sub-component delimiter, in order. Those of MSH-1 and MSH-2 are left out, except the
    /// one that ends MSH-2.
    let separators: [UInt32]
    let charset: Charset
    let warnings: [HL7Warning]

    init(
        bytes: [UInt8], delimiters: Delimiters, lines: [Line], separators: [UInt32], charset: Charset, warnings: [HL7Warning]
    ) {
        self.bytes = bytes
        self.delimiters = delimiters
        self.lines = lines
        self.separators = separators
        self.charset = charset
        self.warnings = warnings
    }

    func separatorRange(_ line: Int) -> Range<Int> {
        let end = line + 1 < lines.count ? Int(lines[line + 1].firstSeparator) : separators.count
        return Int(lines[line].firstSeparator)..<end
    }

    /// The name of a segment as a number, to compare without a `String`.
    func tag(_ line: Int) -> UInt32 {
        let start = Int(lines[line].start)
        return UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
    }

    /// The tag of a name, or nil when it is not three ASCII characters.
    static func tag(_ name: String) -> UInt32? {
        var tag: UInt32 = 0
        var count = 0
        for byte in name.utf8 {
            tag = tag << 8 | UInt32(byte)
            count += 1
        }
        return count == 3 ? tag : nil
    }

    /// Is it MSH, where field 1 is the delimiter itself?
    func isHeader(_ line: Int) -> Bool { line == 0 }

    /// Bytes of field `number` (1-based), or nil when the segment is shorter. MSH-1 is not a range of bytes between delimiters: see `Field`.
    func field(_ number: Int, line: Int) -> (range: Range<Int>, separators: Range<Int>)? {
        guard number > 0 else { return nil }
        let entry = lines[line]
        let all = separatorRange(line)
        if isHeader(line), number <= 2 { return headerField(number, line: line) }
        // The first recorded delimiter of MSH ends MSH-2.
        var seen = isHeader(line) ? 2 : 0
        var index = all.lowerBound
        while index < all.upperBound {
            let offset = Int(separators[index])
            index += 1
            guard bytes[offset] == delimiters.field else { continue }
            seen += 1
            guard seen == number else { continue }
            let first = index
            while index < all.upperBound, bytes[Int(separators[index])] != delimiters.field { index += 1 }
            let end = index < all.upperBound ? Int(separators[index]) : Int(entry.end)
            return (offset + 1..<end, first..<index)
        }
        return nil
    }

    private func headerField(_ number: Int, line: Int) -> (range: Range<Int>, separators: Range<Int>)? {
        let start = Int(lines[line].start) + 3
        let none = separatorRange(line).lowerBound..<separatorRange(line).lowerBound
        if number == 1 { return (start..<start + 1, none) }
        return (start + 1..<start + 1 + delimiters.encodingCharacters.count, none)
    }

    /// How many fields a segment has.
    func fieldCount(_ line: Int) -> Int {
        var count = isHeader(line) ? 2 : 0
        for index in separatorRange(line) where bytes[Int(separators[index])] == delimiters.field { count += 1 }
        return count
    }

    /// Where a byte is, for an error text.
    func location(of offset: Int) -> HL7Location {
        guard let line = lines.lastIndex(where: { Int($0.start) <= offset }) else { return HL7Location("MSH") }
        let ordinal = (0...line).count { tag($0) == tag(line) }
        var field = isHeader(line) ? 2 : 0
        var repetition = 1
        var component = 1
        for index in separatorRange(line) {
            let place = Int(separators[index])
            guard place < offset else { break }
            switch bytes[place] {
            case delimiters.field: (field, repetition, component) = (field + 1, 1, 1)
            case delimiters.repetition: (repetition, component) = (repetition + 1, 1)
            case delimiters.component: component += 1
            default: break
            }
        }
        let name = name(line)
        guard field > 0 else { return HL7Location(name, ordinal: ordinal) }
        return HL7Location(name, ordinal: ordinal, field: field, repetition: repetition, component: component)
    }

    func name(_ line: Int) -> String {
        let start = Int(lines[line].start)
        return String(decoding: bytes[start..<start + 3], as: UTF8.self)
    }
}
