/// Reads nodes by their specification: all diagnostics at once, each at its place, and the checked fields where nothing is wrong.
package struct SpecReader {
    /// What is wrong so far.
    package var diagnostics: [Diagnostic] = []
    /// Where values begin that must not be shown.
    var hidden: Set<Place> = []
    /// Names that a `.name(of:)` field may give, by what they name; a kind that is absent is not checked here.
    package var names: [String: Set<String>] = [:]
    /// The folder that relative files start from.
    package var folder = ""
    /// Compiles the paths of the route's format; nil: paths are kept as text.
    package var format: (any Format)?
    /// Whether a file is there; a missing one is a warning, since it may come before the start.
    package var exists: (@Sendable (String) -> Bool)?

    /// A reader.
    package init() {}

    /// The fields of a map by their specification; nil when something is wrong. Text without content stands for a map without keys.
    package mutating func fields(_ specification: [Field], _ node: Node, at place: Place) -> Fields? {
        let before = errors, fields = sound(specification, node, at: place)
        return errors == before ? fields : nil
    }

    /// The fields that are right, whatever is wrong with the others: so that more can be said at once. Nil when it is no map.
    mutating func sound(_ specification: [Field], _ node: Node, at place: Place) -> Fields? {
        guard let pairs = pairs(node, expecting: specification) else { return nil }
        var values: [String: Fields.Value] = [:], seen: Set<String> = []
        for (key, keyPlace, value) in pairs {
            guard let field = specification.first(where: { $0.name == key }) else {
                unknown(key, keyPlace, value, specification)
                continue
            }
            seen.insert(key)
            if let read = self.value(field.kind, value, field) { values[key] = read }
        }
        for field in specification where !seen.contains(field.name) {
            if let standard = field.standard {
                values[field.name] = self.value(field.kind, .text(standard, place), field)
            } else if field.required {
                diagnostics.append(.missing(field, at: place))
            }
        }
        return Fields(values, at: place)
    }

    /// A key that is not known. Where a secret was probably meant, its value is not shown.
    private mutating func unknown(_ key: String, _ place: Place, _ value: Node, _ specification: [Field]) {
        let secrets = specification.filter { if case .secret = $0.kind { true } else { false } }.map(\.name)
        if Nearest.word(to: key, among: secrets) != nil { hidden.insert(value.place) }
        diagnostics.append(.unknownKey(key, among: specification.map(\.name), at: place))
    }

    private var errors: Int { diagnostics.count { $0.severity == .error } }

    private mutating func pairs(_ node: Node, expecting specification: [Field]) -> [(key: String, keyPlace: Place, value: Node)]? {
        switch node {
        case .map(let pairs, _): return pairs
        case .text("", _): return []
        case .text(_, let place), .list(_, let place):
            diagnostics.append(.wrongKind(.record(specification), example: specification.first.map { "{\($0.name): …}" }, at: place))
            return nil
        }
    }

    /// One value by its kind; nil when something is wrong.
    package mutating func value(_ kind: FieldKind, _ node: Node, _ field: Field) -> Fields.Value? {
        switch kind {
        case .any: return .node(node)
        case .record(let inner): return fields(inner, node, at: node.place).map { .record($0) }
        case .wordOr(let words, let kind):
            if case .text(let text, let place) = node, words.contains(text) { return .text(text, place) }
            return value(kind, node, field)
        case .list(let item): return list(item, node, field)
        case .map(let item): return map(item, node, field)
        case .secret: return secret(node).map { .secret($0, node.place) }
        default: break
        }
        guard case .text(let text, let place) = node else {
            diagnostics.append(.wrongKind(kind, example: field.example, at: node.place))
            return nil
        }
        return scalar(kind, text, place, field)
    }

    private mutating func list(_ kind: FieldKind, _ node: Node, _ field: Field) -> Fields.Value? {
        if case .map = node, !Self.takesMaps(kind) {
            diagnostics.append(.wrongKind(.list(kind), example: field.example, at: node.place))
            return nil
        }
        let items: [Node] = node.text == "" ? [] : node.items
        return .list(items.compactMap { value(kind, $0, field) }, node.place)
    }

    private static func takesMaps(_ kind: FieldKind) -> Bool {
        switch kind {
        case .record, .map, .any, .secret: true
        default: false
        }
    }

    private mutating func map(_ kind: FieldKind, _ node: Node, _ field: Field) -> Fields.Value? {
        switch node {
        case .text("", let place): return .map([], place)
        case .map(let pairs, let place):
            return .map(pairs.compactMap { pair in value(kind, pair.value, field).map { (pair.key, $0) } }, place)
        case .text, .list:
            diagnostics.append(.wrongKind(.map(kind), example: field.example, at: node.place))
            return nil
        }
    }

    /// A reference to a secret. A text is taken for the secret itself: refused without showing it.
    private mutating func secret(_ node: Node) -> SecretReference? {
        guard case .map(let pairs, let place) = node else {
            diagnostics.append(.plainSecret(at: node.place))
            hidden.insert(node.place)
            return nil
        }
        guard pairs.count == 1, case .text(let text, let textPlace) = pairs[0].value else {
            diagnostics.append(.badSecretReference(at: place))
            return nil
        }
        guard !text.isEmpty else {
            diagnostics.append(.emptyText(at: textPlace))
            return nil
        }
        switch pairs[0].key {
        case "file": return .file(file(text, textPlace))
        case "credential": return .credential(text)
        case "env": return .environment(text)
        default:
            diagnostics.append(.unknownKey(pairs[0].key, among: ["file", "credential", "env"], at: pairs[0].keyPlace))
            return nil
        }
    }

    /// The absolute path of a file, which should be there.
    mutating func file(_ text: String, _ place: Place) -> String {
        let path = Path.join(folder, text)
        if let exists, !exists(path) { diagnostics.append(.noSuchFile(text, at: place)) }
        return path
    }
}
