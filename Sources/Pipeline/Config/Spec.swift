/// The one declarative idea: what a component is called and which fields it takes. Parsing, diagnostics with suggestions, redaction,
/// `explain` and the reference documentation all come from this value (design §4).
package struct Spec: Sendable {
    /// The kind word in the file: `mllp`, `dmp`, `set`.
    package let word: String
    package let about: Text
    package let fields: [Field]

    /// A specification.
    package init(_ word: String, _ about: Text, _ fields: [Field] = []) { (self.word, self.about, self.fields) = (word, about, fields) }
}

/// A field of a component.
package struct Field: Sendable {
    package let name: String
    package let kind: FieldKind
    package let required: Bool
    /// The text that stands for an absent field.
    package let standard: String?
    package let help: Text
    package let example: String?
    /// The components of one route that have this field must agree on it.
    package let isShared: Bool
    /// The kind by which a field of kind `any` is read once parameters are bound, for `help`; nil: the field's own.
    package let shape: FieldKind?

    /// A field.
    package init(
        _ name: String, _ kind: FieldKind, required: Bool = false, default standard: String? = nil, _ help: Text, example: String? = nil,
        shared: Bool = false, shape: FieldKind? = nil
    ) {
        (self.name, self.kind, self.required, self.standard, self.help, self.example) = (name, kind, required, standard, help, example)
        (isShared, self.shape) = (shared, shape)
    }
}

/// What a field may hold. The scalar's text is taken from YAML and typed here, never by YAML's resolver.
package indirect enum FieldKind: Sendable {
    case text
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// `true`/`false`, `yes`/`no`.
    case boolean
    /// `500 ms`, `30 s`, `10 min`, `2 h`, `1 d`.
    case duration
    /// `50 MB`, `64 KB`, `200 GB` (powers of 1000), or a plain number.
    case bytes
    /// `https://…` with one of these schemes.
    case url(schemes: [String])
    /// One of these words.
    case choice([String])
    /// A file, relative to the folder of passerelle.yaml.
    case file
    /// `{file: }`, `{credential: }` (systemd) or `{env: }`.
    case secret
    /// A path of the route's format.
    case path
    /// The name of another thing: `trust`, `operator`, `identity`, `sender`, `listener`.
    case name(of: String)
    case list(FieldKind)
    /// Any keys, each of this kind.
    case map(FieldKind)
    case record([Field])
    /// One of these words, or another kind (`tls: none`, or a map).
    case wordOr([String], FieldKind)
    /// Checked by the component itself.
    case any
}

/// The node of a configuration tree: text, list or map, each with its place. Scalars keep their text (`NO`, `08`, `1.10` are not typed).
package indirect enum Node: Sendable {
    case text(String, Place)
    case list([Node], Place)
    /// Pairs in the order of the file, with the place of each key.
    case map([(key: String, keyPlace: Place, value: Node)], Place)

    /// Where it stands.
    package var place: Place {
        switch self {
        case .text(_, let place), .list(_, let place), .map(_, let place): place
        }
    }

    /// The value of a key of a map.
    package subscript(_ key: String) -> Node? { if case .map(let pairs, _) = self { pairs.first { $0.key == key }?.value } else { nil } }
    /// The text of a scalar.
    package var text: String? { if case .text(let text, _) = self { text } else { nil } }
    /// The items of a list; a single item stands for a list of one.
    package var items: [Node] { if case .list(let items, _) = self { items } else { [self] } }
}

/// The checked fields of one component: every value has passed its `FieldKind`, defaults are filled in. Getters of absent optional fields return nil.
package struct Fields: Sendable {
    private let values: [String: Value]
    /// Where the component stands.
    package let place: Place

    /// A value that passed its kind.
    package indirect enum Value: Sendable {
        case text(String, Place)
        case integer(Int, Place)
        case number(Double, Place)
        case boolean(Bool, Place)
        case duration(Duration, Place)
        case secret(SecretReference, Place)
        case list([Value], Place)
        case map([(key: String, value: Value)], Place)
        case record(Fields)
        case node(Node)

        /// A scalar as text, the same for the same value however it is written; nil for what is no scalar.
        var plain: String? {
            switch self {
            case .text(let v, _): v
            case .integer(let v, _): String(v)
            case .number(let v, _): String(v)
            case .boolean(let v, _): String(v)
            case .duration(let v, _): String(describing: v)
            case .secret, .list, .map, .record, .node: nil
            }
        }

        /// Where it stands.
        package var place: Place {
            switch self {
            case .text(_, let p), .integer(_, let p), .number(_, let p), .boolean(_, let p), .duration(_, let p), .secret(_, let p), .list(_, let p),
                .map(_, let p):
                p
            case .record(let fields): fields.place
            case .node(let node): node.place
            }
        }
    }

    /// Fields from checked values.
    package init(_ values: [String: Value], at place: Place) { (self.values, self.place) = (values, place) }

    /// The checked value itself.
    package subscript(_ name: String) -> Value? { values[name] }
    /// Where a field stands; the component's place when it is absent.
    package func place(of name: String) -> Place { values[name]?.place ?? place }
    /// Text, choice, URL, path, file or name.
    package func text(_ name: String) -> String? { if case .text(let v, _) = values[name] { v } else { nil } }
    package func integer(_ name: String) -> Int? { if case .integer(let v, _) = values[name] { v } else { nil } }
    package func number(_ name: String) -> Double? { if case .number(let v, _) = values[name] { v } else { nil } }
    package func boolean(_ name: String) -> Bool { if case .boolean(let v, _) = values[name] { v } else { false } }
    package func duration(_ name: String) -> Duration? { if case .duration(let v, _) = values[name] { v } else { nil } }
    package func secret(_ name: String) -> SecretReference? { if case .secret(let v, _) = values[name] { v } else { nil } }
    package func record(_ name: String) -> Fields? { if case .record(let v) = values[name] { v } else { nil } }
    /// The texts of a list.
    package func texts(_ name: String) -> [String] {
        guard case .list(let items, _) = values[name] else { return [] }
        return items.compactMap { if case .text(let v, _) = $0 { v } else { nil } }
    }
    /// The pairs of a map, in the order of the file.
    package func map(_ name: String) -> [(key: String, value: Value)] { if case .map(let pairs, _) = values[name] { pairs } else { [] } }
    /// The records of a map, in the order of the file.
    package func records(_ name: String) -> [(key: String, fields: Fields)] {
        map(name).compactMap { pair in if case .record(let fields) = pair.value { (pair.key, fields) } else { nil } }
    }
    /// The records of a list.
    package func list(_ name: String) -> [Fields] {
        guard case .list(let items, _) = values[name] else { return [] }
        return items.compactMap { if case .record(let fields) = $0 { fields } else { nil } }
    }
    /// The unchecked node of a field of kind `any`.
    package func node(_ name: String) -> Node? { if case .node(let v) = values[name] { v } else { nil } }
}
