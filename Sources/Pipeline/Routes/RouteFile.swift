/// A route file as written; each facility that takes part binds its parameters and builds its components.
struct RouteFile {
    /// A parameter that facilities may give.
    struct Parameter {
        let name: String, kind: FieldKind, standard: Node?
    }

    let name: String
    let about: Text
    let place: Place
    let parameters: [Parameter]
    let format: String?
    let keep: KeepRule?
    /// The whole file.
    let node: Node

    static let fields: [Field] = [
        Field("route", .text, required: true, Text(fr: "le nom de la route", en: "the route's name"), example: "discharge-documents"),
        Field(
            "about", .any, Text(fr: "ce qu'elle fait, en fr et en", en: "what it does, in fr and en"), example: "{fr: Documents de sortie, en: Discharge}",
            shape: .map(.text)),
        Field("parameters", .map(.record(parameter)), default: "", Text(fr: "ce que les établissements règlent", en: "what facilities may set")),
        Field("format", .name(of: "format"), Text(fr: "le format des messages", en: "the format of the messages")),
        Field("from", .any, required: true, Text(fr: "récepteurs, ou {emitted: [zam]}", en: "listeners, or {emitted: [zam]}"), example: "mllp-in"),
        Field("when", .any, condition(Text(fr: "condition sur le message", en: "condition on the message")), example: "{MSH-9.1: {in: [ORU, MDM]}}"),
        Field("order", .any, Text(fr: "ordre des envois", en: "order of deliveries"), example: "{by: patient, when_held: block}", shape: .record(order)),
        Field("class", .any, Text(fr: "today ou bulk, ou {bulk: condition}", en: "today or bulk, or {bulk: condition}"), example: "bulk"),
        Field("check", .any, Text(fr: "contrôles qui décident de la réponse", en: "checks that decide the answer"), example: "{cda-request: {}}"),
        Field("do", .any, Text(fr: "traitements", en: "steps"), example: "[{documents: {as: doc}}]"),
        Field("keep", .record(KeepRule.fields), Text(fr: "durée de garde des corps", en: "how long bodies are kept"), example: "{days: 30, bytes: 200 GB}"),
        Field(
            "to", .any, required: true, Text(fr: "destinations", en: "destinations"), example: "[{id: archive, send: archive}]",
            shape: .list(.record(destination))),
    ]

    /// What a condition is, behind what it is about.
    private static func condition(_ about: Text) -> Text {
        let tests = ConditionReader.tests.joined(separator: ", ")
        return Text(
            fr: "\(about.fr) : {CHEMIN: {TEST: VALEUR}} (\(tests)), ou all, any, not", en: "\(about.en): {PATH: {TEST: VALUE}} (\(tests)), or all, any, not")
    }
    private static let parameter = [
        Field(
            "type", .choice(["text", "integer", "number", "boolean", "duration", "bytes", "sender", "listener", "endpoint", "identity", "mailbox", "list"]),
            Text(fr: "son type", en: "its type")),
        Field("in", .list(.text), Text(fr: "les valeurs admises", en: "the allowed values")),
        Field("default", .any, Text(fr: "sa valeur si l'établissement n'en donne pas", en: "its value when the facility gives none")),
    ]
    static let order: [Field] = [
        Field("by", .choice(OrderRule.Key.allCases.map(\.rawValue)), default: "patient", Text(fr: "ce qui garde l'ordre", en: "what keeps the order")),
        Field(
            "when_held", .choice(OrderRule.WhenHeld.allCases.map(\.rawValue)), default: "block",
            Text(fr: "ce que fait un envoi retenu à ceux qui le suivent", en: "what a held delivery does to those behind it")),
    ]
    static let destination: [Field] = [
        Field("id", .text, required: true, Text(fr: "son identifiant dans la route", en: "its id within the route"), example: "dmp"),
        Field(
            "send", .any, required: true,
            Text(
                fr: "l'émetteur : un nom, {param: NOM}, ou {partner: answers} (le point de livraison du partenaire)",
                en: "the sender: a name, {param: NAME}, or {partner: answers} (the partner's endpoint)"), example: "dmp-national"),
        Field(
            "when", .any, condition(Text(fr: "condition sur le message et les notes", en: "condition on the message and the notes")),
            example: "{note.DESTDMP: {equals: Y}}"),
        Field(
            "each", .path, Text(fr: "la note dont chaque élément fait un envoi", en: "the note whose items make one delivery each"),
            example: "note.recipients.pro"),
        Field("then", .any, Text(fr: "les messages que le résultat fait naître", en: "the messages that the outcome gives rise to"), example: "zam-z01"),
    ]
    /// Words of routes that come with later work.
    static let later: Set<String> = ["ask"]

    /// Reads what does not depend on a facility.
    init?(_ node: Node, formats: [any Format], reader: inout SpecReader) {
        if FileSort.route.isElsewhere(node, &reader) { return nil }
        reader.names["format"] = Set(formats.map(\.name))
        let errors = reader.diagnostics.count
        let known = Self.refuseLater(node, &reader)
        guard let fields = reader.fields(Self.fields, known, at: node.place) else { return nil }
        name = fields.text("route") ?? ""
        let about = fields.node("about")
        self.about = Text(fr: about?["fr"]?.text ?? about?.text ?? name, en: about?["en"]?.text ?? about?.text ?? name)
        if case .map(let pairs, _)? = about {
            for pair in pairs where !["fr", "en"].contains(pair.key) {
                reader.diagnostics.append(.unknownKey(pair.key, among: ["fr", "en"], at: pair.keyPlace))
            }
        }
        (place, format, self.node) = (node.place, fields.text("format"), known)
        keep = fields.record("keep").map { KeepRule($0) }
        parameters = fields.records("parameters").compactMap { Self.parameter($0.key, $0.fields, node, &reader) }
        if !ConfigurationLoader.isName(name) { reader.diagnostics.append(.badName(at: fields.place(of: "route"))) }
        if reader.diagnostics[errors...].contains(where: { $0.code != "P0190" && $0.severity == .error }) { return nil }
    }

    /// The tree without the words of later work, each of which is refused at its place.
    private static func refuseLater(_ node: Node, _ reader: inout SpecReader) -> Node {
        guard case .map(let pairs, let place) = node else { return node }
        for pair in pairs where later.contains(pair.key) { reader.diagnostics.append(.notYet(pair.key, at: pair.keyPlace)) }
        return .map(
            pairs.filter { !later.contains($0.key) }.map { $0.key == "to" || $0.key == "do" ? ($0.key, $0.keyPlace, inner($0.value, &reader)) : $0 }, place)
    }

    private static func inner(_ node: Node, _ reader: inout SpecReader) -> Node {
        guard case .list(let items, let place) = node else { return node }
        return .list(items.map { refuseLater($0, &reader) }.filter { if case .map(let pairs, _) = $0 { !pairs.isEmpty } else { true } }, place)
    }

    private static func parameter(_ name: String, _ fields: Fields, _ node: Node, _ reader: inout SpecReader) -> Parameter? {
        let words = fields.texts("in"), type = fields.text("type")
        guard words.isEmpty != (type == nil) else {
            reader.diagnostics.append(.badParameter(at: fields.place))
            return nil
        }
        let kind: FieldKind =
            switch type {
            case nil: .choice(words)
            case "integer": .integer(Int.min...Int.max)
            case "number": .number(-1e15...1e15)
            case "boolean": .boolean
            case "duration": .duration
            case "bytes": .bytes
            case "list": .list(.text)
            case "text": .text
            case .some(let what): .name(of: what)
            }
        return Parameter(name: name, kind: kind, standard: fields.node("default"))
    }
}
