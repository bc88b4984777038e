/// A text for people, in the two languages of the product. Never holds a value of the message.
package struct HL7Text: Sendable, Hashable {
    /// French.
    package let fr: String
    /// English.
    package let en: String

    /// Makes a text of both languages.
    package init(fr: String, en: String) {
        self.fr = fr
        self.en = en
    }
}

/// Where something is in a message: what ERR-2 (data type ERL, HL7 v2.5 2.A.28) says. Numbers are 1-based; absent parts are nil.
package struct HL7Location: Sendable, Hashable, CustomStringConvertible {
    /// Segment name, three characters.
    package let segment: String
    /// 1 for the first segment of that name.
    package let ordinal: Int
    /// Field number.
    package let field: Int?
    /// Repetition number.
    package let repetition: Int?
    /// Component number.
    package let component: Int?
    /// Sub-component number.
    package let subcomponent: Int?

    /// Makes a location; leave out what is not known.
    package init(_ segment: String, ordinal: Int = 1, field: Int? = nil, repetition: Int? = nil, component: Int? = nil, subcomponent: Int? = nil) {
        self.segment = segment
        self.ordinal = ordinal
        self.field = field
        self.repetition = repetition
        self.component = component
        self.subcomponent = subcomponent
    }

    /// As people write it: `PID-3[2].4.2`, `OBX[3]-5`.
    package var description: String {
        var text = segment
        if ordinal > 1 { text += "[\(ordinal)]" }
        guard let field else { return text }
        text += "-\(field)"
        if let repetition, repetition > 1 { text += "[\(repetition)]" }
        guard let component else { return text }
        text += ".\(component)"
        if let subcomponent { text += ".\(subcomponent)" }
        return text
    }

    /// The components of an ERL: segment, sequence, field, repetition, component, sub-component, cut after the last known one.
    package var erl: [String] {
        var parts = [segment, String(ordinal)]
        guard let field else { return parts }
        parts.append(String(field))
        guard repetition != nil || component != nil else { return parts }
        parts.append(String(repetition ?? 1))
        guard let component else { return parts }
        parts.append(String(component))
        if let subcomponent { parts.append(String(subcomponent)) }
        return parts
    }
}

/// The bounds of what is read. Beyond them the message is refused, never cut.
package struct HL7Limits: Sendable {
    /// Most bytes of a message; at most 4 GB.
    package var bytes: Int
    /// Most segments.
    package var segments: Int
    /// Most delimiters of all kinds: bounds the memory of the index (4 bytes each).
    package var delimiters: Int

    /// Makes limits; the defaults are those of the MLLP listener.
    package init(bytes: Int = 50_000_000, segments: Int = 200_000, delimiters: Int = 8_000_000) {
        self.bytes = min(bytes, Int(UInt32.max) - 1)
        self.segments = segments
        self.delimiters = delimiters
    }

    /// 50 MB, 200 000 segments, 8 million delimiters.
    package static let standard = HL7Limits()
}

extension HL7Location {
    /// Reads what `description` writes (`PID[2]-3[2].4.2`, `ZBE`). Nil when it is no place in a message.
    package init?(written text: String) {
        if let path = try? HL7Path(parsing: text), path.isValid {
            self = path.location
            return
        }
        var name = text[...]
        var ordinal = 1
        if let open = name.firstIndex(of: "["), name.last == "]" {
            guard let number = Int(name[name.index(after: open)...].dropLast()), number > 0 else { return nil }
            ordinal = number
            name = name[..<open]
        }
        guard (try? HL7Path(parsing: String(name) + "-1")) != nil else { return nil }
        self.init(String(name), ordinal: ordinal)
    }
}
