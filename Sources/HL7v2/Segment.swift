/// One segment of a message: a view, no copy.
package struct Segment: Sendable {
    let source: HL7Index
    /// Its place in the message: 0 for MSH.
    package let index: Int

    /// Three characters: `PID`, `ZBE`.
    package var name: String { source.name(index) }
    /// 1 for the first of its name.
    package var ordinal: Int {
        let tag = source.tag(index)
        return (0...index).count { source.tag($0) == tag }
    }
    /// Where it stands, for findings; give field, repetition, component to be more precise.
    package func location(field: Int? = nil, repetition: Int? = nil, component: Int? = nil, subcomponent: Int? = nil) -> HL7Location {
        HL7Location(name, ordinal: ordinal, field: field, repetition: repetition, component: component, subcomponent: subcomponent)
    }
    /// All its bytes, without the line end.
    package var raw: ArraySlice<UInt8> { source.bytes[Int(source.lines[index].start)..<Int(source.lines[index].end)] }
    /// How many fields it has; MSH-1 counts.
    package var fieldCount: Int { source.fieldCount(index) }

    /// Field `number`, 1-based; nil when the segment is shorter. MSH-1 and MSH-2 are given as they stand.
    package func field(_ number: Int) -> Field? {
        guard let found = source.field(number, line: index) else { return nil }
        return Field(source: source, range: found.range, separators: found.separators, isDelimiters: source.isHeader(index) && number <= 2)
    }

    /// The text of a field: its first repetition, first component, first sub-component. Nil when absent or empty.
    package func value(_ field: Int) -> String? { value(field: field) }
    /// The text of a component of the first repetition. Nil when absent or empty.
    package func value(_ field: Int, component: Int) -> String? { value(field: field, component: component) }
    /// The text at a place: `rep` counts from 0 (as in `repetitions`), field, component and sub-component from 1 (as in HL7). Nil when
    /// absent or empty; HL7 null is `""` (two quotes).
    package func value(field: Int, rep: Int = 0, component: Int = 1, sub: Int = 1) -> String? {
        self.field(field)?.repetition(rep + 1)?.value(component, sub)
    }
    /// The bytes of a field with all its repetitions; nil when absent or empty.
    package func raw(_ field: Int) -> ArraySlice<UInt8>? {
        guard let raw = self.field(field)?.raw, !raw.isEmpty else { return nil }
        return raw
    }
    /// The bytes of a component (all its sub-components), undecoded: a document of 27 MB is not copied. Nil when absent or empty.
    /// `rep` counts from 0.
    package func raw(_ field: Int, rep: Int = 0, component: Int) -> ArraySlice<UInt8>? {
        self.field(field)?.repetition(rep + 1)?.raw(component: component)
    }
    /// The repetitions of a field; none when it is absent or empty.
    package func repetitions(_ field: Int) -> [Repetition] {
        guard let found = self.field(field), !found.raw.isEmpty else { return [] }
        return found.repetitions
    }
}

/// One field of a segment: a view, no copy.
package struct Field: Sendable {
    let source: HL7Index
    let range: Range<Int>
    let separators: Range<Int>
    /// MSH-1 and MSH-2: nothing inside is a delimiter or an escape.
    let isDelimiters: Bool

    /// Its bytes, all repetitions.
    package var raw: ArraySlice<UInt8> { source.bytes[range] }
    /// True when nothing stands between its delimiters.
    package var isEmpty: Bool { range.isEmpty }

    /// Its repetitions; an empty field has one, empty.
    package var repetitions: [Repetition] {
        var all = [Repetition]()
        var number = 1
        while let next = repetition(number) {
            all.append(next)
            number += 1
        }
        return all
    }

    /// Repetition `number`, 1-based; nil when there are fewer.
    func repetition(_ number: Int) -> Repetition? {
        guard number > 0 else { return nil }
        var start = range.lowerBound
        var first = separators.lowerBound
        var seen = 1
        for place in separators {
            let offset = Int(source.separators[place])
            guard source.bytes[offset] == source.delimiters.repetition else { continue }
            if seen == number {
                return Repetition(source: source, range: start..<offset, separators: first..<place, number: number, isDelimiters: false)
            }
            seen += 1
            start = offset + 1
            first = place + 1
        }
        guard seen == number else { return nil }
        return Repetition(
            source: source, range: start..<range.upperBound, separators: first..<separators.upperBound, number: number, isDelimiters: isDelimiters)
    }
}

/// One repetition of a field: a view, no copy.
package struct Repetition: Sendable {
    let source: HL7Index
    let range: Range<Int>
    let separators: Range<Int>
    /// 1-based.
    package let number: Int
    let isDelimiters: Bool

    /// Its bytes.
    package var raw: ArraySlice<UInt8> { source.bytes[range] }
    /// Text of its first component (first sub-component). Nil when empty.
    package var value: String? { value(1) }

    /// Text of a component, or of a sub-component of it; the first sub-component when none is named. Nil when absent or empty.
    package func value(_ component: Int, _ subcomponent: Int = 1) -> String? {
        guard let bytes = raw(component: component, subcomponent: subcomponent) else { return nil }
        return isDelimiters ? source.charset.decode(bytes) : Escape.text(of: bytes, source.delimiters, source.charset)
    }

    /// Text of a component (`component(2)`), as `value`.
    package func component(_ number: Int) -> String? { value(number) }
    /// Text of a sub-component, as `value`.
    package func subcomponent(_ component: Int, _ number: Int) -> String? { value(component, number) }

    /// Bytes of a component with its sub-components, or of one sub-component; undecoded. Nil when absent or empty.
    package func raw(component: Int, subcomponent: Int? = nil) -> ArraySlice<UInt8>? {
        guard component > 0, component <= componentCount else { return nil }
        if let subcomponent, subcomponent < 1 || subcomponent > subcomponentCount(component) { return nil }
        let found = range(component: component, subcomponent: subcomponent).range
        return found.isEmpty ? nil : source.bytes[found]
    }

    /// Where a component, or a sub-component of it, stands; empty at the end when it is not there.
    func range(component: Int, subcomponent: Int? = nil) -> (range: Range<Int>, separators: Range<Int>) {
        let whole = cut(range, separators, at: source.delimiters.component, number: component)
        guard let subcomponent else { return whole }
        return cut(whole.range, whole.separators, at: source.delimiters.subcomponent, number: subcomponent)
    }

    /// How many components it has.
    package var componentCount: Int {
        1 + separators.count { source.bytes[Int(source.separators[$0])] == source.delimiters.component }
    }

    /// How many sub-components a component has.
    package func subcomponentCount(_ component: Int) -> Int {
        1 + range(component: component).separators.count { source.bytes[Int(source.separators[$0])] == source.delimiters.subcomponent }
    }

    private func cut(_ range: Range<Int>, _ places: Range<Int>, at delimiter: UInt8, number: Int) -> (range: Range<Int>, separators: Range<Int>) {
        var start = range.lowerBound
        var first = places.lowerBound
        var seen = 1
        for place in places {
            let offset = Int(source.separators[place])
            guard source.bytes[offset] == delimiter else { continue }
            if seen == number { return (start..<offset, first..<place) }
            seen += 1
            start = offset + 1
            first = place + 1
        }
        return seen == number
            ? (start..<range.upperBound, first..<places.upperBound)
            : (range.upperBound..<range.upperBound, places.upperBound..<places.upperBound)
    }
}
