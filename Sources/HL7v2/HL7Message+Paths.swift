extension HL7Message {
    /// The text at the first match of a path, unescaped and decoded. Nil when absent or empty; HL7 null is `""` (two quotes).
    package func value(_ path: HL7Path) -> String? {
        firstRepetition(path)?.value(path.component ?? 1, path.subcomponent ?? 1)
    }

    /// The text, or the empty string.
    package subscript(_ path: HL7Path) -> String { value(path) ?? "" }

    /// The texts of every segment and repetition that match, in order, without the empty ones.
    package func values(_ path: HL7Path) -> [String] {
        var found = [String]()
        visit(path) { repetition in
            if let text = repetition.value(path.component ?? 1, path.subcomponent ?? 1) { found.append(text) }
            return true
        }
        return found
    }

    /// The bytes at the first match of a path, neither unescaped nor decoded nor copied. Without a component: the whole repetition (a path
    /// without repetition: the whole field). Nil when absent or empty.
    package func raw(_ path: HL7Path) -> ArraySlice<UInt8>? {
        guard let component = path.component else {
            if path.repetitionSelector == .any { return firstSegment(path)?.raw(path.field) }
            guard let raw = firstRepetition(path)?.raw, !raw.isEmpty else { return nil }
            return raw
        }
        return firstRepetition(path)?.raw(component: component, subcomponent: path.subcomponent)
    }

    /// The repetitions that match a path, in every segment that matches.
    package func repetitions(_ path: HL7Path) -> [Repetition] {
        var found = [Repetition]()
        visit(path) { repetition in
            found.append(repetition)
            return true
        }
        return found
    }

    /// The first segment that matches the segment part of a path.
    package func firstSegment(_ path: HL7Path) -> Segment? {
        var seen = 0
        for line in index.lines.indices where index.tag(line) == path.tag {
            seen += 1
            let segment = Segment(source: index, index: line)
            if HL7Message.matches(segment, path.segmentSelector, ordinal: seen) { return segment }
        }
        return nil
    }

    /// A repetition chosen by its value is looked for in every segment; else the first segment that matches decides, even when it is empty.
    private func firstRepetition(_ path: HL7Path) -> Repetition? {
        switch path.repetitionSelector {
        case .any: return path.isValid ? firstSegment(path)?.field(path.field)?.repetition(1) : nil
        case .number(let number): return path.isValid ? firstSegment(path)?.field(path.field)?.repetition(number) : nil
        case .equal: break
        }
        var first: Repetition?
        visit(path) { repetition in
            first = repetition
            return false
        }
        return first
    }

    /// Calls `body` with each match until it says false.
    private func visit(_ path: HL7Path, _ body: (Repetition) -> Bool) {
        guard path.isValid else { return }
        var seen = 0
        for line in index.lines.indices where index.tag(line) == path.tag {
            seen += 1
            let segment = Segment(source: index, index: line)
            guard HL7Message.matches(segment, path.segmentSelector, ordinal: seen) else { continue }
            var number = 1
            let field = segment.field(path.field)
            while let repetition = field?.repetition(number) {
                if HL7Message.matches(repetition, path.repetitionSelector), !body(repetition) { return }
                number += 1
            }
        }
    }

    private static func matches(_ segment: Segment, _ selector: HL7Path.Selector, ordinal: Int) -> Bool {
        switch selector {
        case .any: true
        case .number(let number): number == ordinal
        case .equal(let field, let component, let subcomponent, let value):
            segment.repetitions(field).contains { ($0.value(component, subcomponent) ?? "") == value }
        }
    }

    private static func matches(_ repetition: Repetition, _ selector: HL7Path.Selector) -> Bool {
        switch selector {
        case .any: true
        case .number(let number): repetition.number == number
        case .equal(_, let component, let subcomponent, let value): (repetition.value(component, subcomponent) ?? "") == value
        }
    }
}
