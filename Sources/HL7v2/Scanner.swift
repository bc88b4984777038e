/// One pass over the bytes of a message: notes where the delimiters are, makes no text.
struct Scanner: ~Copyable {
    private let delimiters: Delimiters
    private let limits: HL7Limits
    /// 1 for the bytes that end something, for one byte at a time.
    private let special: [Bool]
    /// The delimiters again, for sixteen bytes at a time.
    private let patterns: (SIMD16<UInt8>, SIMD16<UInt8>, SIMD16<UInt8>, SIMD16<UInt8>)

    private(set) var lines = [HL7Index.Line]()
    private(set) var separators = [UInt32]()
    private(set) var warnings = [HL7Warning]()
    /// All bytes seen, or-ed: below 0x80 the message is pure ASCII.
    private(set) var union: UInt64 = 0
    /// Where the reading of a line break inside a field was first accepted.
    private(set) var continuation: Int?

    init(delimiters: Delimiters, limits: HL7Limits, expecting count: Int) {
        self.delimiters = delimiters
        self.limits = limits
        var table = [Bool](repeating: false, count: 256)
        for byte in [delimiters.field, delimiters.repetition, delimiters.component, delimiters.subcomponent, 0x0D, 0x0A] where byte != 0 {
            table[Int(byte)] = true
        }
        special = table
        func repeated(_ byte: UInt8) -> SIMD16<UInt8> { SIMD16(repeating: byte == 0 ? delimiters.field : byte) }
        patterns = (
            repeated(delimiters.field), repeated(delimiters.repetition), repeated(delimiters.component), repeated(delimiters.subcomponent)
        )
        separators.reserveCapacity(min(count / 5 + 16, 16_384))
        lines.reserveCapacity(min(count / 64 + 8, 1_024))
    }

    /// Reads from the M of MSH to the end of the bytes.
    mutating func run(_ span: borrowing Span<UInt8>, from start: Int, open: Bool) throws(HL7Error) {
        let end = span.count
        lines.append(HL7Index.Line(start: UInt32(start), end: UInt32(end), firstSeparator: 0))
        var index = start + 4 + delimiters.encodingCharacters.count
        while index < end {
            index = try scanToLineBreak(span, from: index)
            guard index < end else { break }
            index = try openLine(span, after: index)
        }
        if let last = lines.indices.last, lines[last].end == UInt32(end), open, lines.count > 1 {
            // A prefix of a longer message: what follows the last line break may be half a segment.
            separators.removeLast(separators.count - Int(lines[last].firstSeparator))
            lines.removeLast()
        }
    }

    /// Notes delimiters until CR, LF or the end; returns where it stopped.
    private mutating func scanToLineBreak(_ span: borrowing Span<UInt8>, from start: Int) throws(HL7Error) -> Int {
        let end = span.count
        let special = special
        let table = special.span
        var index = start
        var quiet = 0
        var seen: UInt8 = 0
        while index < end {
            let byte = span[index]
            seen |= byte
            if table[Int(byte)] {
                if byte == 0x0D || byte == 0x0A { break }
                guard separators.count < limits.delimiters else { throw .tooMany(limit: limits.delimiters) }
                separators.append(UInt32(truncatingIfNeeded: index))
                quiet = 0
            } else {
                quiet += 1
                if quiet == 32 {
                    index = skip(span, from: index + 1)
                    quiet = 0
                    continue
                }
            }
            index += 1
        }
        union |= UInt64(seen)
        return index
    }

    /// Runs over long data (Base64) sixteen bytes at a time; stops at, or a few bytes before, the next special byte.
    private mutating func skip(_ span: borrowing Span<UInt8>, from start: Int) -> Int {
        let raw = span.bytes
        let last = span.count - 16
        let controls = SIMD16<UInt8>(repeating: 0x0E)
        var index = start
        var seen = SIMD16<UInt8>(repeating: 0)
        while index <= last {
            let bytes = raw.unsafeLoadUnaligned(fromByteOffset: index, as: SIMD16<UInt8>.self)
            let isSpecial =
                (bytes .== patterns.0) .| (bytes .== patterns.1) .| (bytes .== patterns.2) .| (bytes .== patterns.3) .| (bytes .< controls)
            let hits = unsafeBitCast(isSpecial, to: SIMD2<UInt64>.self)
            if hits.x | hits.y != 0 { break }
            seen |= bytes
            index += 16
        }
        let halves = unsafeBitCast(seen, to: SIMD2<UInt64>.self)
        union |= halves.x | halves.y
        return index
    }

    /// At a line break: opens the next segment, or takes the break as part of the field when what follows can only be Base64.
    private mutating func openLine(_ span: borrowing Span<UInt8>, after lineBreak: Int) throws(HL7Error) -> Int {
        let end = span.count
        var next = lineBreak
        while next < end, span[next] == 0x0D || span[next] == 0x0A || span[next] == 0x20 || span[next] == 0 { next += 1 }
        guard next < end else {
            lines[lines.count - 1].end = UInt32(lineBreak)
            return end
        }
        if isSegmentName(span, at: next) {
            guard lines.count < limits.segments else { throw .tooMany(limit: limits.segments) }
            lines[lines.count - 1].end = UInt32(lineBreak)
            lines.append(HL7Index.Line(start: UInt32(next), end: UInt32(end), firstSeparator: UInt32(separators.count)))
            return next + 3
        }
        guard lines.count > 1, isBase64(span, at: next) else { throw .badSegment(after: HL7Location(lastName(span), ordinal: lastOrdinal(span))) }
        if continuation == nil { continuation = lineBreak }
        return next
    }

    private func isSegmentName(_ span: borrowing Span<UInt8>, at index: Int) -> Bool {
        guard index + 3 <= span.count, (0x41...0x5A).contains(span[index]) else { return false }
        guard Scanner.isUpperOrDigit(span[index + 1]), Scanner.isUpperOrDigit(span[index + 2]) else { return false }
        guard index + 3 < span.count else { return true }
        let after = span[index + 3]
        return after == delimiters.field || after == 0x0D || after == 0x0A
    }

    private static func isUpperOrDigit(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) }

    private func isBase64(_ span: borrowing Span<UInt8>, at start: Int) -> Bool {
        var index = start
        while index < span.count, index < start + 16, !special[Int(span[index])] {
            switch span[index] {
            case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2B, 0x2F, 0x3D: index += 1
            default: return false
            }
        }
        // Three letters and a field delimiter are a misspelt segment name, rather than the end of a document.
        return index - start != 3 || index == span.count || span[index] != delimiters.field
    }

    private func name(_ span: borrowing Span<UInt8>, _ line: Int) -> [UInt8] {
        let start = Int(lines[line].start)
        return [span[start], span[start + 1], span[start + 2]]
    }

    private func lastName(_ span: borrowing Span<UInt8>) -> String {
        String(decoding: name(span, lines.count - 1), as: UTF8.self)
    }

    private func lastOrdinal(_ span: borrowing Span<UInt8>) -> Int {
        let last = name(span, lines.count - 1)
        var count = 0
        for line in lines.indices where name(span, line) == last { count += 1 }
        return count
    }
}
