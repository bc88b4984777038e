/// The typing of scalars: always from their text.
extension SpecReader {
    mutating func scalar(_ kind: FieldKind, _ text: String, _ place: Place, _ field: Field) -> Fields.Value? {
        guard !text.isEmpty || Self.isText(kind) && !field.required else { return refuse(.emptyText(at: place)) }
        switch kind {
        case .text: return .text(text, place)
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else { return refuse(.badInteger(range, example: field.example ?? field.standard, at: place)) }
            return .integer(number, place)
        case .number(let range):
            guard let number = Self.decimal(text), range.contains(number) else { return refuse(.badNumber(range, at: place)) }
            return .number(number, place)
        case .boolean:
            switch text {
            case "true", "yes": return .boolean(true, place)
            case "false", "no": return .boolean(false, place)
            default: return refuse(.badBoolean(at: place))
            }
        case .duration:
            guard let duration = Self.duration(text) else { return refuse(.badDuration(at: place)) }
            return .duration(duration, place)
        case .bytes:
            guard let bytes = Self.bytes(text) else { return refuse(.badBytes(at: place)) }
            return .integer(bytes, place)
        case .url(let schemes):
            guard Self.isURL(text, schemes) else { return refuse(.badURL(schemes, at: place)) }
            return .text(text, place)
        case .choice(let words):
            guard words.contains(text) else { return refuse(.badChoice(text, words, at: place)) }
            return .text(text, place)
        case .file: return .text(file(text, place), place)
        case .path: return path(text, place) ? .text(text, place) : nil
        case .name(let what):
            if let known = names[what], !known.contains(text) { return refuse(.unknownName(text, of: what, among: known, at: place)) }
            return .text(text, place)
        case .secret, .list, .map, .record, .wordOr, .any: return nil  // read by `value`
        }
    }

    private mutating func refuse(_ diagnostic: Diagnostic) -> Fields.Value? {
        diagnostics.append(diagnostic)
        return nil
    }

    private static func isText(_ kind: FieldKind) -> Bool { if case .text = kind { true } else { false } }

    private mutating func path(_ text: String, _ place: Place) -> Bool {
        if text.hasPrefix("note.") {
            if NotePath(text.dropFirst(5)) != nil { return true }
            diagnostics.append(.badNotePath(text, at: place))
            return false
        }
        guard let format else { return true }
        do throws(PathError) {
            _ = try format.path(text)
            return true
        } catch {
            diagnostics.append(.badPath(text, error, at: place))
            return false
        }
    }

    /// A plain decimal: no exponent, no hexadecimal, no infinity.
    private static func decimal(_ text: String) -> Double? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D } ? Double(text) : nil
    }

    /// `30 s`, `500 ms`, `1.5 h`: a number and a unit, with or without a blank.
    static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = measure(text) else { return nil }
        let milliseconds: Double? =
            switch unit {
            case "ms": 1
            case "s": 1000
            case "min": 60_000
            case "h": 3_600_000
            case "d", "j": 86_400_000
            default: nil
            }
        guard let milliseconds, number * milliseconds < 1e14 else { return nil }
        return .milliseconds(Int64((number * milliseconds).rounded()))
    }

    /// `50 MB`, `64 KB`: powers of 1000; a plain number is bytes.
    static func bytes(_ text: String) -> Int? {
        guard let (number, unit) = measure(text) else { return nil }
        let factor: Double? =
            switch unit {
            case "", "B", "o": 1
            case "KB", "kB", "Ko", "ko": 1e3
            case "MB", "Mo": 1e6
            case "GB", "Go": 1e9
            case "TB", "To": 1e12
            default: nil
            }
        guard let factor, number * factor < 1e18 else { return nil }
        return Int((number * factor).rounded())
    }

    private static func measure(_ text: String) -> (Double, Substring)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        guard let number = Double(digits) else { return nil }
        return (number, text[digits.endIndex...].drop { $0 == " " })
    }

    private static func isURL(_ text: String, _ schemes: [String]) -> Bool {
        guard let colon = text.firstRange(of: "://"), schemes.contains(String(text[..<colon.lowerBound])) else { return false }
        let host = text[colon.upperBound...].prefix { $0 != "/" && $0 != "?" }
        return !host.isEmpty && !host.contains("@") && !text.contains { $0.isWhitespace || !$0.isASCII }
    }
}
