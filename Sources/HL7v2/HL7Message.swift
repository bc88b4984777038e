/// A message of HL7 v2 in ER7 form: its bytes and the places of its delimiters. One pass, no text made until a value is asked for.
/// A value type of one reference: cheap to copy and to send between threads.
package struct HL7Message: Sendable {
    let index: HL7Index

    /// Indexes a whole message. Accepts a BOM, blanks before MSH, and CR, LF or CRLF after segments (HL7 allows CR alone; French senders use
    /// all three). Errors say code, place and text for an ERR segment.
    package init(_ bytes: [UInt8], limits: HL7Limits = .standard) throws(HL7Error) {
        index = try HL7Message.read(bytes, limits: limits, open: false)
    }

    /// Indexes the beginning of a message: for a header when the whole is faulty, or not there yet. Never fails on character sets and drops
    /// a last segment that may be cut. Nil when not even MSH can be read.
    package static func peek(_ prefix: some Collection<UInt8>) -> HL7Message? {
        let bytes = [UInt8](prefix)
        if let index = try? read(bytes, limits: .standard, open: true) { return HL7Message(index: index) }
        let start = bytes.firstIndex(of: UInt8(ascii: "M")) ?? 0
        guard let end = bytes[start...].firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else { return nil }
        guard let index = try? read([UInt8](bytes[..<end]), limits: .standard, open: true) else { return nil }
        return HL7Message(index: index)
    }

    init(index: HL7Index) { self.index = index }

    /// The bytes exactly as given.
    package var bytes: [UInt8] { index.bytes }
    /// What MSH-1 and MSH-2 say.
    package var delimiters: Delimiters { index.delimiters }
    /// What MSH-18 says, or what the bytes turned out to be.
    package var charset: Charset { index.charset }
    /// Oddities that did not stop the reading.
    package var warnings: [HL7Warning] { index.warnings }

    /// The segments, in order.
    package var segments: some RandomAccessCollection<Segment> { index.lines.indices.lazy.map { Segment(source: index, index: $0) } }

    /// The segments of one name, in order.
    package func segments(_ name: String) -> [Segment] {
        guard let tag = HL7Index.tag(name) else { return [] }
        return index.lines.indices.filter { index.tag($0) == tag }.map { Segment(source: index, index: $0) }
    }

    /// The first segment of a name.
    package func segment(_ name: String) -> Segment? {
        guard let tag = HL7Index.tag(name), let line = index.lines.indices.first(where: { index.tag($0) == tag }) else { return nil }
        return Segment(source: index, index: line)
    }

    private static func read(_ bytes: [UInt8], limits: HL7Limits, open: Bool) throws(HL7Error) -> HL7Index {
        guard bytes.count <= limits.bytes else { throw .tooLarge(limit: limits.bytes) }
        let span = bytes.span
        var start = 0
        var marked = false
        if span.count >= 3, span[0] == 0xEF, span[1] == 0xBB, span[2] == 0xBF {
            start = 3
            marked = true
        }
        while start < span.count, [0x0D, 0x0A, 0x20, 0x09].contains(span[start]) { start += 1 }
        guard start + 3 < span.count, span[start] == UInt8(ascii: "M"), span[start + 1] == UInt8(ascii: "S"), span[start + 2] == UInt8(ascii: "H")
        else { throw .noMSH }
        guard let delimiters = Delimiters(span, after: start + 3, end: span.count) else { throw .badDelimiters }
        var scanner = Scanner(delimiters: delimiters, limits: limits, expecting: span.count)
        try scanner.run(span, from: start, open: open)
        let draft = HL7Index(
            bytes: bytes, delimiters: delimiters, lines: scanner.lines, separators: scanner.separators, charset: .ascii, warnings: [])
        let ascii = scanner.union & 0x8080_8080_8080_8080 == 0
        var (charset, warnings) = try settleCharset(draft, ascii: ascii, lenient: open)
        if marked { warnings.append(.byteOrderMark) }
        if let place = scanner.continuation { warnings.append(.lineBreakInField(draft.location(of: place))) }
        return HL7Index(
            bytes: bytes, delimiters: delimiters, lines: scanner.lines, separators: scanner.separators, charset: charset, warnings: warnings)
    }

    /// MSH-18, held against the bytes.
    private static func settleCharset(_ draft: HL7Index, ascii: Bool, lenient: Bool) throws(HL7Error) -> (Charset, [HL7Warning]) {
        let stated = Segment(source: draft, index: 0).field(18)?.repetition(1)?.value ?? ""
        if stated.allSatisfy({ $0 == " " }) {
            let read: Charset = ascii || firstFault(draft.bytes) == nil ? .utf8 : .latin9
            return (read, [.charsetAbsent(read: read)])
        }
        guard let charset = Charset(msh18: stated) else {
            // Where all bytes are ASCII nothing depends on the name: only who restricts MSH-18 (the CDA volets) refuses it.
            if ascii { return (.ascii, [.charsetUnknown]) }
            guard lenient else { throw .unsupportedCharset }
            return (firstFault(draft.bytes) == nil ? .utf8 : .latin9, [])
        }
        if ascii || lenient { return (charset, []) }
        switch charset {
        case .latin1, .latin9: return (charset, [])
        case .utf8:
            if let fault = firstFault(draft.bytes) { throw .badCharset(at: draft.location(of: fault)) }
        case .ascii:
            if let fault = draft.bytes.firstIndex(where: { $0 >= 0x80 }) { throw .badCharset(at: draft.location(of: fault)) }
        }
        return (charset, [])
    }

    /// Offset of the first byte that is not UTF-8, or nil.
    private static func firstFault(_ bytes: [UInt8]) -> Int? {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch { return error.byteOffsets.lowerBound }
    }
}
