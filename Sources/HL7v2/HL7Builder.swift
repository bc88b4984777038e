/// The content of one field to be written: text is escaped and encoded, structure is not.
package indirect enum HL7Value: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    /// A text; delimiters in it are escaped.
    case text(String)
    /// Components of a field.
    case components([HL7Value])
    /// Sub-components of a component.
    case subcomponents([HL7Value])
    /// Repetitions of a field.
    case repetitions([HL7Value])
    /// Bytes that go out as they are: Base64, or a part of another message with the same delimiters and character set.
    case raw([UInt8])

    /// A text.
    package init(stringLiteral text: String) { self = .text(text) }
    /// Components: `["OBX", "label", "system"]`.
    package init(arrayLiteral parts: HL7Value...) { self = .components(parts) }
    /// A text that may be missing.
    package init(_ text: String?) { self = .text(text ?? "") }

    /// What a field of a message says, to be written into another, whatever its delimiters and character set.
    package init(copying field: Field?) {
        guard let field, !field.isEmpty else {
            self = .text("")
            return
        }
        self = .repetitions(field.repetitions.map(HL7Value.init(copying:)))
    }

    /// What a repetition of a message says.
    package init(copying repetition: Repetition) {
        self = .components(
            (1...repetition.componentCount).map { component in
                .subcomponents((1...max(1, repetition.subcomponentCount(component))).map { .text(repetition.value(component, $0) ?? "") })
            })
    }
}

/// Builds a message segment by segment, with the standard delimiters.
package struct HL7Builder: Sendable {
    /// What texts are encoded in. MSH-18 is written by whoever writes MSH.
    package let charset: Charset
    /// Write what the character set lacks without accents or as `?`, instead of failing. For acknowledgements only.
    package let lossy: Bool
    /// The message so far; each segment ends with CR.
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init(charset: Charset = .utf8, lossy: Bool = false) {
        self.charset = charset
        self.lossy = lossy
    }

    /// Adds a segment; absent numbers are empty fields, trailing empty fields are left out. For MSH, fields 1 and 2 are written of themselves.
    /// Fails with `unencodable` when the character set lacks a character.
    package mutating func segment(_ name: String, _ fields: [Int: HL7Value]) throws(HL7Error) {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        let header = name == "MSH"
        if header { bytes.append(contentsOf: [Delimiters.standard.field] + Delimiters.standard.encodingCharacters) }
        let last = fields.keys.max() ?? 0
        let first = header ? 3 : 1
        if last >= first {
            for number in first...last {
                bytes.append(Delimiters.standard.field)
                if let value = fields[number] { try append(value, level: 0, at: HL7Location(name, field: number)) }
            }
        }
        while bytes.count > start + 3, bytes.last == Delimiters.standard.field { bytes.removeLast() }
        bytes.append(0x0D)
    }

    /// The finished message, indexed. Fails only when no MSH was written first.
    package func message() throws(HL7Error) -> HL7Message { try HL7Message(bytes) }

    private mutating func append(_ value: HL7Value, level: Int, at place: HL7Location) throws(HL7Error) {
        let d = Delimiters.standard
        switch value {
        case .text(let text):
            guard let encoded = lossy ? charset.encodeLossy(text) : charset.encode(text), let escaped = Escape.escaped(encoded, d) else {
                throw .unencodable(at: place)
            }
            bytes.append(contentsOf: escaped)
        case .raw(let raw): bytes.append(contentsOf: raw)
        case .repetitions(let parts): try join(parts, d.repetition, level: 0, place)
        case .components(let parts): try join(parts, level == 0 ? d.component : d.subcomponent, level: 1, place)
        case .subcomponents(let parts): try join(parts, d.subcomponent, level: 2, place)
        }
    }

    private mutating func join(_ parts: [HL7Value], _ delimiter: UInt8, level: Int, _ place: HL7Location) throws(HL7Error) {
        let start = bytes.count
        for (number, part) in parts.enumerated() {
            if number > 0 { bytes.append(delimiter) }
            try append(part, level: level, at: place)
        }
        // Trailing empty parts say nothing (HL7 v2.5, 2.5.3); an empty repetition between others does.
        while bytes.count > start, bytes.last == delimiter { bytes.removeLast() }
    }
}
