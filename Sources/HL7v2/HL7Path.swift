/// Why a path could not be read: where in its text, and what was expected.
package struct HL7PathError: Error, Sendable, Hashable {
    /// The path as written.
    package let path: String
    /// Offset in its UTF-8 bytes.
    package let offset: Int
    /// What was expected there.
    package let expected: HL7Text
}

/// A place in a message, as people write it: `MSH-9.1`, `PID-3[CX.5=INS].1` (the letters before the number are decoration),
/// `PID-3[2].4.2`, `OBX[2]-5.5`, `OBX[3.1=DESTDMP]-5.1`. All numbers are 1-based.
///
/// Without a repetition, the first is meant by `value` and every one by `values`; the same for segments. Without a component, `value` gives
/// the first one.
package struct HL7Path: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// Which segment or repetition.
    enum Selector: Sendable, Hashable {
        case any
        case number(Int)
        /// field (segments only, else 0), component, sub-component, value
        case equal(field: Int, component: Int, subcomponent: Int, value: String)
    }

    let segment: String
    let tag: UInt32
    let segmentSelector: Selector
    let field: Int
    let repetitionSelector: Selector
    let component: Int?
    let subcomponent: Int?
    /// The path as written.
    package let description: String

    /// Reads a path.
    package init(parsing text: String) throws(HL7PathError) {
        var reader = PathReader(text)
        description = text
        segment = try reader.name()
        tag = HL7Index.tag(segment) ?? 0
        segmentSelector = try reader.selector(segment: true)
        try reader.expect("-", HL7Text(fr: "un tiret puis un numéro de champ", en: "a hyphen and a field number"))
        field = try reader.number()
        repetitionSelector = try reader.selector(segment: false)
        component = try reader.optionalPart()
        subcomponent = component == nil ? nil : try reader.optionalPart()
        try reader.end()
    }

    /// A path written in our own source. A literal that is not a path matches nothing; a test keeps all of ours right.
    package init(stringLiteral text: String) {
        if let path = try? HL7Path(parsing: text) { self = path } else { self.init(nothing: text) }
    }

    private init(nothing text: String) {
        description = text
        segment = ""
        tag = 0
        segmentSelector = .any
        field = 0
        repetitionSelector = .any
        component = nil
        subcomponent = nil
    }

    /// False for a literal that could not be read.
    package var isValid: Bool { field > 0 }
    /// The name of its segment.
    package var segmentName: String { segment }
    /// The number of its field.
    package var fieldNumber: Int { field }
    /// The place of its first match, for findings.
    package var location: HL7Location {
        var ordinal = 1
        if case .number(let number) = segmentSelector { ordinal = number }
        var repetition: Int?
        if case .number(let number) = repetitionSelector { repetition = number }
        return HL7Location(
            segment, ordinal: ordinal, field: field == 0 ? nil : field, repetition: repetition, component: component, subcomponent: subcomponent)
    }
}

/// Reads the text of a path, one part at a time.
private struct PathReader {
    let text: String
    let bytes: [UInt8]
    var index = 0

    init(_ text: String) {
        self.text = text
        bytes = [UInt8](text.utf8)
    }

    func failure(_ expected: HL7Text) -> HL7PathError { HL7PathError(path: text, offset: index, expected: expected) }

    mutating func name() throws(HL7PathError) -> String {
        let name = bytes.prefix(3)
        let wellFormed = name.count == 3 && name.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
        guard wellFormed, !(0x30...0x39).contains(bytes[0]) else {
            throw failure(HL7Text(fr: "un nom de segment de trois caractères", en: "a segment name of three characters"))
        }
        index = 3
        return String(decoding: name, as: UTF8.self)
    }

    mutating func expect(_ character: Character, _ expected: HL7Text) throws(HL7PathError) {
        guard let ascii = character.asciiValue, index < bytes.count, bytes[index] == ascii else { throw failure(expected) }
        index += 1
    }

    mutating func number() throws(HL7PathError) -> Int {
        let start = index
        var value = 0
        while index < bytes.count, (0x30...0x39).contains(bytes[index]), index - start < 6 {
            value = value * 10 + Int(bytes[index] - 0x30)
            index += 1
        }
        guard value > 0 else {
            index = start
            throw failure(HL7Text(fr: "un numéro à partir de 1", en: "a number from 1"))
        }
        return value
    }

    mutating func optionalPart() throws(HL7PathError) -> Int? {
        guard index < bytes.count, bytes[index] == UInt8(ascii: ".") else { return nil }
        index += 1
        return try number()
    }

    mutating func selector(segment: Bool) throws(HL7PathError) -> HL7Path.Selector {
        guard index < bytes.count, bytes[index] == UInt8(ascii: "[") else { return .any }
        index += 1
        let letters = bytes[index...].prefix { (0x41...0x5A).contains($0) }
        if !letters.isEmpty, letters.endIndex < bytes.count, bytes[letters.endIndex] == UInt8(ascii: ".") { index = letters.endIndex + 1 }
        var parts = [try number()]
        while let part = try optionalPart() { parts.append(part) }
        if parts.count == 1, letters.isEmpty, index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            return .number(parts[0])
        }
        try expect("=", HL7Text(fr: "« = » et une valeur, ou « ] »", en: "'=' and a value, or ']'"))
        guard let close = bytes[index...].firstIndex(of: UInt8(ascii: "]")) else {
            index = bytes.count
            throw failure(HL7Text(fr: "« ] »", en: "']'"))
        }
        let value = String(decoding: bytes[index..<close], as: UTF8.self)
        index = close + 1
        guard parts.count <= (segment ? 3 : 2) else {
            throw failure(HL7Text(fr: "au plus un champ, un composant et un sous-composant", en: "at most field, component and sub-component"))
        }
        if segment { return .equal(field: parts[0], component: parts.count > 1 ? parts[1] : 1, subcomponent: parts.count > 2 ? parts[2] : 1, value: value) }
        return .equal(field: 0, component: parts[0], subcomponent: parts.count > 1 ? parts[1] : 1, value: value)
    }

    func end() throws(HL7PathError) {
        guard index == bytes.count else { throw failure(HL7Text(fr: "la fin du chemin", en: "the end of the path")) }
    }
}
