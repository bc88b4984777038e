/// Compiles conditions from their nodes; what is wrong goes to the reader's diagnostics.
struct ConditionReader {
    /// The words of the closed set.
    static let tests = ["equals", "in", "contains", "matches", "exists"]

    let format: any Format
    /// Notes exist once the steps have run: on destinations, not in the route's own `when`.
    let notesAllowed: Bool
    /// The notes that the route's steps write; nil: any.
    var written: Set<String>?

    /// The condition of a node; nil when something in it is wrong.
    func read(_ node: Node, _ reader: inout SpecReader) -> Condition? {
        guard case .map(let pairs, let place) = node, !pairs.isEmpty else {
            reader.diagnostics.append(.badCondition(at: node.place))
            return nil
        }
        let parts = pairs.map { part($0, &reader) }
        guard parts.allSatisfy({ $0 != nil }) else { return nil }
        let compiled = parts.compactMap { $0 }
        return compiled.count == 1 ? compiled[0] : .all(compiled, place)
    }

    private func part(_ pair: (key: String, keyPlace: Place, value: Node), _ reader: inout SpecReader) -> Condition? {
        switch pair.key {
        case "all": many(pair, &reader).map { .all($0, pair.keyPlace) }
        case "any": many(pair, &reader).map { .any($0, pair.keyPlace) }
        case "not": read(pair.value, &reader).map { .not($0, pair.keyPlace) }
        default: tests(pair, &reader)
        }
    }

    private func many(_ pair: (key: String, keyPlace: Place, value: Node), _ reader: inout SpecReader) -> [Condition]? {
        guard case .list(let items, _) = pair.value, !items.isEmpty else {
            reader.diagnostics.append(.badCondition(at: pair.value.place))
            return nil
        }
        let parts = items.map { read($0, &reader) }
        return parts.allSatisfy { $0 != nil } ? parts.compactMap { $0 } : nil
    }

    /// `{MSH-9.1: {in: [ORU, MDM]}}`: the tests of one path; several must all hold.
    private func tests(_ pair: (key: String, keyPlace: Place, value: Node), _ reader: inout SpecReader) -> Condition? {
        guard let subject = subject(pair.key, pair.keyPlace, &reader) else { return nil }
        guard case .map(let tests, let place) = pair.value, !tests.isEmpty else {
            reader.diagnostics.append(.badCondition(at: pair.value.place))
            return nil
        }
        var compiled: [Condition] = []
        for (word, wordPlace, value) in tests {
            guard Self.tests.contains(word) else {
                reader.diagnostics.append(.unknownTest(word, at: wordPlace))
                continue
            }
            guard let (predicate, text) = predicate(word, value, &reader) else { continue }
            compiled.append(.test(ValueTest(subject: subject, predicate: predicate, text: "\(pair.key) \(word) \(text)", place: pair.keyPlace)))
        }
        guard compiled.count == tests.count else { return nil }
        return compiled.count == 1 ? compiled[0] : .all(compiled, place)
    }

    private func subject(_ path: String, _ place: Place, _ reader: inout SpecReader) -> ValueTest.Subject? {
        if path.hasPrefix("note.") {
            guard notesAllowed else {
                reader.diagnostics.append(.noNotesHere(at: place))
                return nil
            }
            guard let note = NotePath(path.dropFirst(5)) else {
                reader.diagnostics.append(.badNotePath(path, at: place))
                return nil
            }
            if let written, !note.meets(written) {
                reader.diagnostics.append(.unwrittenNote(note, among: written, at: place))
                return nil
            }
            return .note(note)
        }
        do throws(PathError) {
            return .path(path, try format.path(path))
        } catch {
            reader.diagnostics.append(.badPath(path, error, at: place))
            return nil
        }
    }

    private func predicate(_ word: String, _ value: Node, _ reader: inout SpecReader) -> (ValueTest.Predicate, String)? {
        let kind: FieldKind =
            switch word {
            case "in": .list(.text)
            case "exists": .boolean
            default: .text
            }
        let field = Field(word, kind, required: true, Text(fr: "", en: ""))
        switch (word, reader.value(kind, value, field)) {
        case ("equals", .text(let text, _)?): return (.equals(text), text)
        case ("contains", .text(let text, _)?): return (.contains(text), text)
        case ("exists", .boolean(let wanted, _)?): return (.exists(wanted), String(wanted))
        case ("in", .list(let items, let place)?):
            let texts = items.compactMap { if case .text(let text, _) = $0 { text } else { nil } }
            if texts.isEmpty { reader.diagnostics.append(.emptyText(at: place)) }
            return texts.isEmpty ? nil : (.oneOf(Set(texts)), "[" + texts.joined(separator: ", ") + "]")
        case ("matches", .text(let text, let place)?):
            guard let pattern = Pattern(text) else {
                reader.diagnostics.append(.badPattern(at: place))
                return nil
            }
            return (.matches(pattern), text)
        default: return nil
        }
    }
}

extension Condition {
    /// The values that this condition demands of a path, for the index of routes; nil: any.
    func words(of path: String) -> Set<String>? {
        switch self {
        case .always, .not: return nil
        case .all(let parts, _):
            let sets = parts.compactMap { $0.words(of: path) }
            return sets.dropFirst().reduce(sets.first) { $0?.intersection($1) }
        case .any(let parts, _):
            let sets = parts.map { $0.words(of: path) }
            return sets.contains { $0 == nil } ? nil : sets.reduce(into: Set()) { $0.formUnion($1 ?? []) }
        case .test(let test):
            guard case .path(path, _) = test.subject else { return nil }
            switch test.predicate {
            case .equals(let word): return [word]
            case .oneOf(let words): return words
            case .contains, .matches, .exists: return nil
            }
        }
    }
}
