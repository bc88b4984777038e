extension FieldKind {
    /// What is expected, as a noun with its article.
    package var noun: Text {
        switch self {
        case .text: Text(fr: "un texte", en: "a text")
        case .integer: Text(fr: "un nombre entier", en: "a whole number")
        case .number: Text(fr: "un nombre", en: "a number")
        case .boolean: Text(fr: "oui ou non (true, false)", en: "yes or no (true, false)")
        case .duration: Text(fr: "une durée (texte)", en: "a duration")
        case .bytes: Text(fr: "un nombre d'octets", en: "a size in bytes")
        case .url: Text(fr: "une URL (texte)", en: "a URL")
        case .choice(let words): Text(fr: "un mot parmi \(words.joined(separator: ", "))", en: "one word of \(words.joined(separator: ", "))")
        case .file: Text(fr: "un nom de fichier", en: "a file name")
        case .secret: Text(fr: "un renvoi {file: …}, {credential: …} ou {env: …}", en: "a reference {file: …}, {credential: …} or {env: …}")
        case .path: Text(fr: "un chemin", en: "a path")
        case .name(let what): Text(fr: "un nom (\(what))", en: "the name of a \(what)")
        case .list(let kind): Text(fr: "une liste, dont chaque élément est \(kind.noun.fr),", en: "a list, each item \(kind.noun.en),")
        case .map: Text(fr: "un ensemble de clés et de valeurs", en: "a map of keys and values")
        case .record: Text(fr: "un ensemble de clés", en: "a map of keys")
        case .wordOr(let words, let kind):
            Text(fr: "\(kind.noun.fr) ou \(words.joined(separator: ", "))", en: "\(kind.noun.en) or \(words.joined(separator: ", "))")
        case .any: Text(fr: "une valeur", en: "a value")
        }
    }

    /// A value of this kind.
    package var example: String {
        switch self {
        case .text: "…"
        case .integer(let range): String(range.lowerBound)
        case .number(let range): String(range.lowerBound)
        case .boolean: "true"
        case .duration: "30 s"
        case .bytes: "50 MB"
        case .url(let schemes): (schemes.first ?? "https") + "://localhost:8443/"
        case .choice(let words): words.first ?? ""
        case .file: "pki/ca.pem"
        case .secret: "{credential: auth-key}"
        case .path: "MSH-9.1"
        case .name(let what): "my-\(what)"
        case .list(let kind): "[\(kind.example)]"
        case .map(let kind): "{a: \(kind.example)}"
        case .record(let fields):
            "{" + fields.filter { $0.required }.prefix(3).map { "\($0.name): \($0.example ?? $0.kind.example)" }.joined(separator: ", ") + "}"
        case .wordOr(_, let kind): kind.example
        case .any: "…"
        }
    }
}
