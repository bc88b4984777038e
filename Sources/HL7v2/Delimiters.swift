/// The five (or six) delimiters of an ER7 message, as MSH-1 and MSH-2 announce them (HL7 v2.5, 2.5.4; truncation character: v2.7).
package struct Delimiters: Sendable, Hashable {
    /// MSH-1, usually `|`.
    package let field: UInt8
    /// First of MSH-2, usually `^`.
    package let component: UInt8
    /// Second of MSH-2, usually `~`; 0 when MSH-2 stops before it: then nothing repeats.
    package let repetition: UInt8
    /// Third of MSH-2, usually `\`; 0 when absent: then nothing is escaped.
    package let escape: UInt8
    /// Fourth of MSH-2, usually `&`; 0 when absent.
    package let subcomponent: UInt8
    /// Fifth of MSH-2 (v2.7), usually `#`; 0 when absent.
    package let truncation: UInt8

    /// `|^~\&`, the only ones that the French volets allow.
    package static let standard = Delimiters()

    private init() {
        field = UInt8(ascii: "|")
        component = UInt8(ascii: "^")
        repetition = UInt8(ascii: "~")
        escape = UInt8(ascii: "\\")
        subcomponent = UInt8(ascii: "&")
        truncation = 0
    }

    /// True for `|^~\&`, with or without a truncation character.
    package var isStandard: Bool {
        let s = Delimiters.standard
        return field == s.field && component == s.component && repetition == s.repetition && escape == s.escape
            && subcomponent == s.subcomponent
    }

    /// The bytes of MSH-2.
    package var encodingCharacters: [UInt8] {
        [component, repetition, escape, subcomponent, truncation].filter { $0 != 0 }
    }

    /// Reads the delimiters after the letters `MSH`. Nil when they cannot be delimiters: missing, a letter, a digit, a blank, a control or
    /// non-ASCII byte, or one character used twice.
    init?(_ span: borrowing Span<UInt8>, after start: Int, end: Int) {
        guard start < end, Delimiters.canDelimit(span[start]) else { return nil }
        let separator = span[start]
        var found = [UInt8]()
        var index = start + 1
        while index < end, span[index] != separator, span[index] != 0x0D, span[index] != 0x0A {
            guard found.count < 5, Delimiters.canDelimit(span[index]), !found.contains(span[index]) else { return nil }
            found.append(span[index])
            index += 1
        }
        guard !found.isEmpty else { return nil }
        field = separator
        component = found[0]
        repetition = found.count > 1 ? found[1] : 0
        escape = found.count > 2 ? found[2] : 0
        subcomponent = found.count > 3 ? found[3] : 0
        truncation = found.count > 4 ? found[4] : 0
    }

    private static func canDelimit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }
}
