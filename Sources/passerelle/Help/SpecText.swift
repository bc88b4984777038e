import Pipeline

/// What `passerelle help mssante` says of a word of the configuration: every key with its kind, default, meaning and example, from its `Spec`.
enum SpecText {
    /// The words by their places in the files, in the order in which a message meets them.
    static let kinds: [(noun: Text, place: String, specs: [Spec])] = [
        (Text(fr: "récepteur", en: "listener"), "listeners: {NAME: {%}}", Composition.registry.listeners.map { $0.spec }),
        (Text(fr: "contrôle", en: "check"), "check: {%}", Composition.registry.checks.map { $0.spec }),
        (Text(fr: "étape", en: "step"), "do: [{%}]", Composition.registry.steps.map { $0.spec }),
        (Text(fr: "émetteur", en: "sender"), "senders: {NAME: {%}}", Composition.registry.senders.map { $0.spec }),
        (Text(fr: "accusé (then)", en: "then"), "to: [{…, then: %}]", Composition.registry.thens.map { $0.spec }),
    ]

    /// A line for the files, and one for each kind, with its words.
    static var index: [String] {
        let files = FileSpecs.all.map { $0.words[Say.language == .fr && $0.words.count > 1 ? 1 : 0] }.joined(separator: ", ")
        return [Say.text(fr: "  fichier : \(files)", en: "  file: \(files)")]
            + kinds.map { kind in
                "  " + kind.noun[Say.language] + Say.text(fr: " : ", en: ": ") + kind.specs.map(\.word).sorted().joined(separator: ", ")
            }
    }

    /// The page of a file of that word, in either language, and of every key of a file that has keys below it.
    static func filePages(_ word: String) -> [String] {
        let word = word.lowercased()
        let whole = FileSpecs.all.filter { $0.words.contains(word) }.map { file in
            ([file.place[Say.language] + Say.text(fr: " : ", en: ": ") + file.spec.about[Say.language]] + file.spec.fields.flatMap { lines($0, 2) }).joined(
                separator: "\n")
        }
        let keys = FileSpecs.all.flatMap { file in
            file.spec.fields.filter { $0.name == word && !file.words.contains(word) }.map { field in
                ([file.place[Say.language] + Say.text(fr: ", la clé \(word)", en: ", the key \(word)")] + lines(field, 2)).joined(separator: "\n")
            }
        }
        return whole + keys
    }

    /// A page for each component of that word; empty: there is none.
    static func pages(_ word: String) -> [String] {
        kinds.flatMap { kind in
            kind.specs.filter { $0.word == word }.map { spec in
                let named = example(spec, bare: !kind.place.contains("{%}"))
                let example = kind.place.replacing("%", with: named).replacing("NAME", with: Say.text(fr: "NOM", en: "NAME"))
                let head = "\(spec.word) (\(kind.noun[Say.language]))" + Say.text(fr: " : ", en: ": ") + spec.about[Say.language]
                let none = spec.fields.isEmpty ? ["  " + Say.text(fr: "aucune clé", en: "no keys")] : []
                return ([head, "  " + example] + none + spec.fields.flatMap { lines($0, 2) }).joined(separator: "\n")
            }
        }
    }

    /// How a file names it, with the keys that must be there; YAML takes a bare null for nothing.
    private static func example(_ spec: Spec, bare: Bool) -> String {
        let word = spec.word == "null" ? "\"null\"" : spec.word
        return bare && spec.fields.isEmpty ? word : "\(word): " + FieldKind.record(spec.fields).example
    }

    /// `  port: a whole number, required — port to listen on (6660)`, and the keys of a record below it.
    private static func lines(_ field: Field, _ depth: Int) -> [String] {
        var facts = [kind(field.shape ?? field.kind)]
        if field.required { facts.append(Say.text(fr: "obligatoire", en: "required")) }
        if let standard = field.standard, !standard.isEmpty { facts.append(Say.text(fr: "par défaut ", en: "default ") + standard) }
        let example = field.example.map { Say.text(fr: " ; exemple : ", en: "; example: ") + $0 } ?? ""
        let line = String(repeating: " ", count: depth) + field.name + Say.text(fr: " : ", en: ": ") + field.help[Say.language]
        return [line, String(repeating: " ", count: depth + 4) + facts.joined(separator: ", ") + example] + components(field, depth + 4)
            + inner(field.shape ?? field.kind).flatMap { lines($0, depth + 2) }
    }

    /// Below a field that names components: which there are.
    private static func components(_ field: Field, _ depth: Int) -> [String] {
        let key = field.name == "endpoints" ? "senders" : field.name
        guard case .any = innermost(field.kind),
            let kind = kinds.first(where: {
                key == "then" ? $0.place.contains("then:") : $0.place.hasPrefix(key + ": {NAME") || $0.place == key + ": {%}" || $0.place == key + ": [{%}]"
            })
        else { return [] }
        let words = kind.specs.map(\.word).sorted().joined(separator: ", ")
        return [String(repeating: " ", count: depth) + Say.text(fr: "→ passerelle help MOT : \(words)", en: "→ passerelle help WORD: \(words)")]
    }

    private static func innermost(_ kind: FieldKind) -> FieldKind { if case .map(let inner) = kind { innermost(inner) } else { kind } }

    /// What the field holds. A number tells its range too.
    private static func kind(_ kind: FieldKind) -> String {
        let noun = kind.noun[Say.language].hasSuffix(",") ? String(kind.noun[Say.language].dropLast()) : kind.noun[Say.language]
        switch kind {
        case .integer(let range):
            return noun + Say.text(fr: " de \(range.lowerBound) à \(range.upperBound)", en: " from \(range.lowerBound) to \(range.upperBound)")
        case .number(let range):
            return noun + Say.text(fr: " de \(range.lowerBound) à \(range.upperBound)", en: " from \(range.lowerBound) to \(range.upperBound)")
        default: return noun
        }
    }

    /// The keys below a field.
    private static func inner(_ kind: FieldKind) -> [Field] {
        switch kind {
        case .record(let fields): fields
        case .list(let kind), .map(let kind), .wordOr(_, let kind): inner(kind)
        default: []
        }
    }
}
