extension HL7Message {
    /// A copy with one value changed: escaped, encoded in the message's character set; missing fields, repetitions, components and
    /// sub-components are made. A path without component replaces the whole repetition (without repetition: the whole field).
    /// Setting MSH-18 rewrites the message in that character set. Fails when the segment, or a repetition chosen by value, is not there.
    package func setting(_ path: HL7Path, to value: String) throws(HL7Error) -> HL7Message {
        if path.tag == HL7Index.tag("MSH"), path.field == 18, let target = Charset(msh18: value) { return try transcoded(to: target, naming: value) }
        guard let encoded = charset.encode(value), let escaped = Escape.escaped(encoded, delimiters) else { throw .unencodable(at: path.location) }
        return try setting(path, toRaw: escaped)
    }

    /// The same with bytes that go in as they are (already escaped, or Base64).
    package func setting(_ path: HL7Path, toRaw bytes: [UInt8]) throws(HL7Error) -> HL7Message {
        guard path.isValid, let segment = firstSegment(path) else { throw .noSuchPlace(path.location) }
        guard segment.index > 0 || path.field > 2 else { throw .notEditable(path.location) }
        let edit = try target(of: path, in: segment)
        var out = [UInt8]()
        out.reserveCapacity(self.bytes.count + bytes.count + edit.padding.count)
        out.append(contentsOf: self.bytes[..<edit.range.lowerBound])
        out.append(contentsOf: edit.padding)
        out.append(contentsOf: bytes)
        out.append(contentsOf: self.bytes[edit.range.upperBound...])
        return try HL7Message(out)
    }

    /// A copy without the segments for which `condition` is true. MSH stays.
    package func removing(where condition: (Segment) -> Bool) throws(HL7Error) -> HL7Message {
        var out = [UInt8]()
        for segment in segments where segment.index == 0 || !condition(segment) {
            out.append(contentsOf: segment.raw)
            out.append(0x0D)
        }
        return try HL7Message(out)
    }

    /// A copy with a segment added after another one (after the last one when nil). `line` is the whole segment, escaped, without line end.
    package func inserting(_ line: [UInt8], after place: Segment? = nil) throws(HL7Error) -> HL7Message {
        let position = place?.index ?? index.lines.count - 1
        var out = [UInt8]()
        for segment in segments {
            out.append(contentsOf: segment.raw)
            out.append(0x0D)
            if segment.index == position { out.append(contentsOf: line + [0x0D]) }
        }
        return try HL7Message(out)
    }

    /// A copy in another character set, MSH-18 included. Fails with the place of the first text that it cannot carry.
    package func transcoded(to target: Charset, naming name: String? = nil) throws(HL7Error) -> HL7Message {
        let edit = try self.target(of: "MSH-18", in: Segment(source: index, index: 0))
        let label = Array((name ?? target.rawValue).utf8)
        let renamed = bytes[..<edit.range.lowerBound] + edit.padding + label + bytes[edit.range.upperBound...]
        // Delimiters are ASCII, and ASCII is the same in every set that is read here: the message can be taken as one text.
        if let out = target.encode(charset.decode(renamed)) { return try HL7Message(out) }
        let place = segments.first { target.encode(charset.decode($0.raw)) == nil }?.location()
        throw .unencodable(at: place ?? HL7Location("MSH"))
    }

    private struct Edit {
        var range: Range<Int>
        var padding: [UInt8]
    }

    /// The bytes to replace, and the delimiters to write before when the place does not exist yet.
    private func target(of path: HL7Path, in segment: Segment) throws(HL7Error) -> Edit {
        guard let field = segment.field(path.field) else {
            let end = Int(index.lines[segment.index].end)
            let missing = path.field - segment.fieldCount
            var padding = [UInt8](repeating: delimiters.field, count: max(0, missing))
            padding += try inner(path, repetitionsMissing: try wantedRepetition(path) - 1)
            return Edit(range: end..<end, padding: padding)
        }
        let repetition: Repetition
        switch path.repetitionSelector {
        case .any:
            guard path.component != nil else { return Edit(range: field.range, padding: []) }
            guard let first = field.repetition(1) else { throw .noSuchPlace(path.location) }
            repetition = first
        case .number(let number):
            let all = field.repetitions
            guard number <= all.count else {
                let end = field.range.upperBound
                return Edit(range: end..<end, padding: try inner(path, repetitionsMissing: number - all.count))
            }
            repetition = all[number - 1]
        case .equal(_, let component, let subcomponent, let value):
            guard let match = field.repetitions.first(where: { ($0.value(component, subcomponent) ?? "") == value }) else {
                throw .noSuchPlace(path.location)
            }
            repetition = match
        }
        return try target(of: path, in: repetition)
    }

    private func target(of path: HL7Path, in repetition: Repetition) throws(HL7Error) -> Edit {
        guard let component = path.component else { return Edit(range: repetition.range, padding: []) }
        guard component <= repetition.componentCount else {
            let end = repetition.range.upperBound
            return Edit(range: end..<end, padding: try inner(path, componentsPresent: repetition.componentCount))
        }
        let found = repetition.range(component: component)
        guard let subcomponent = path.subcomponent else { return Edit(range: found.range, padding: []) }
        let present = repetition.subcomponentCount(component)
        guard subcomponent <= present else {
            let end = found.range.upperBound
            return Edit(range: end..<end, padding: try run(delimiters.subcomponent, subcomponent - present, path))
        }
        return Edit(range: repetition.range(component: component, subcomponent: subcomponent).range, padding: [])
    }

    private func wantedRepetition(_ path: HL7Path) throws(HL7Error) -> Int {
        switch path.repetitionSelector {
        case .any: 1
        case .number(let number): number
        case .equal: throw .noSuchPlace(path.location)
        }
    }

    /// Delimiters that lead from an empty repetition, or from its last component, to the place.
    private func inner(_ path: HL7Path, repetitionsMissing: Int = 0, componentsPresent: Int = 1) throws(HL7Error) -> [UInt8] {
        var padding = try run(delimiters.repetition, repetitionsMissing, path)
        padding += try run(delimiters.component, max(0, (path.component ?? 1) - componentsPresent), path)
        padding += try run(delimiters.subcomponent, (path.subcomponent ?? 1) - 1, path)
        return padding
    }

    private func run(_ delimiter: UInt8, _ count: Int, _ path: HL7Path) throws(HL7Error) -> [UInt8] {
        guard count > 0 else { return [] }
        guard delimiter != 0 else { throw .unencodable(at: path.location) }
        return [UInt8](repeating: delimiter, count: count)
    }
}
