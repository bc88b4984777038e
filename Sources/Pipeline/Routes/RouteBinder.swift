/// Makes a route file into the route of one facility: parameters bound, conditions compiled, components built.
struct RouteBinder {
    let file: RouteFile
    let format: any Format
    let builder: ComponentBuilder
    /// Nil: nobody takes part, the file is only checked.
    let facility: Facility?
    /// Values of parameters.
    private var values: [String: Node] = [:]
    /// Words of `check:` and `do:`; nil: something in them is wrong, which is said there.
    private(set) var words: (checks: Set<String>, steps: Set<String>)?
    /// Parameters without a value while the file is only checked: what depends on them is not looked at.
    private var open: Set<String> = []

    init(file: RouteFile, format: any Format, builder: ComponentBuilder, facility: Facility?) {
        (self.file, self.format, self.builder, self.facility) = (file, format, builder, facility)
    }

    /// The route; nil when something is wrong. `given` is what the facility says of it, and where.
    mutating func bind(_ given: Node?, at place: Place, _ reader: inout SpecReader) -> RouteInstance? {
        let before = reader.diagnostics.count { $0.severity == .error }
        bindParameters(given, at: place, &reader)
        reader.format = format
        defer { reader.format = nil }
        let conditions = ConditionReader(format: format, notesAllowed: false)
        let from = from(part("from", &reader), &reader)
        let when = part("when", &reader).map { conditions.read($0, &reader) } ?? .always
        if let when { checkWords(of: when, &reader) }
        let order = order(part("order", &reader), &reader)
        let classRule = classRule(part("class", &reader), conditions, &reader)
        let scope = facility.map { builder.scope(file.name, $0) }
        var checks: [RouteInstance.PlacedCheck] = [], steps: [RouteInstance.PlacedStep] = []
        let checkEntries = part("check", &reader).map { ComponentBuilder.entries($0) } ?? []
        let stepsNode = part("do", &reader), stepEntries = stepsNode.map { ComponentBuilder.entries($0) } ?? []
        for entry in checkEntries {
            if let check = builder.build(entry, .check, scope, &reader) as? any Check { checks.append((entry.word, check, entry.place)) }
        }
        // What cannot be read without a value may write anything.
        var written: Set<String>? = stepsNode == nil && file.node["do"] != nil ? nil : []
        for entry in stepEntries {
            guard let step = builder.build(entry, .step, scope, &reader) as? any Step else {
                written = nil
                continue
            }
            check(step.reads, among: written, at: entry.place, &reader)
            if let more = step.writes { written?.formUnion(more) } else { written = nil }
            steps.append((entry.word, step, entry.place))
        }
        let isWhole = checks.count == checkEntries.count && steps.count == stepEntries.count
        let isRead = ["check", "do"].allSatisfy { file.node[$0] == nil || part($0, &reader) != nil }
        words = isWhole && isRead ? (Set(checks.map(\.name)), Set(steps.map(\.name))) : nil
        builder.checkShared(checkEntries.map { ($0, .check) } + stepEntries.map { ($0, .step) }, &reader)
        let destinations = destinations(part("to", &reader), written, scope, &reader)
        guard let facility, let when, reader.diagnostics.count(where: { $0.severity == .error }) == before else { return nil }
        return RouteInstance(
            name: file.name, about: file.about, place: file.place, facility: facility.name, from: from, format: format, when: when, order: order,
            checks: checks, steps: steps, destinations: destinations, classRule: classRule, keep: file.keep)
    }

    /// A condition that no message can meet: several words of one path at once, or one that is none.
    private func checkWords(of when: Condition, _ reader: inout SpecReader) {
        let place = file.node["when"]?.place ?? file.place
        for path in format.indexPaths {
            guard let words = when.words(of: path) else { continue }
            if words.isEmpty { return reader.diagnostics.append(.neverHolds(path, at: place)) }
            if let word = words.sorted().first(where: { !format.isPossible($0, at: path) }) {
                return reader.diagnostics.append(.neverAWord(word, path, at: place))
            }
        }
    }

    // MARK: Parameters

    private mutating func bindParameters(_ given: Node?, at place: Place, _ reader: inout SpecReader) {
        if let given {
            switch given {
            case .map(let pairs, _):
                for pair in pairs where !file.parameters.contains(where: { $0.name == pair.key }) {
                    reader.diagnostics.append(.unknownKey(pair.key, among: file.parameters.map(\.name), at: pair.keyPlace))
                }
            case .text("", _): break
            case .text, .list: reader.diagnostics.append(.wrongKind(.map(.text), example: "{}", at: given.place))
            }
        }
        for parameter in file.parameters {
            if let value = given?[parameter.name] ?? parameter.standard {
                let field = Field(parameter.name, parameter.kind, required: true, Text(fr: "", en: ""))
                if reader.value(parameter.kind, value, field) != nil { values[parameter.name] = value } else { open.insert(parameter.name) }
            } else {
                open.insert(parameter.name)
                if facility != nil { reader.diagnostics.append(.noValue(parameter.name, route: file.name, at: place)) }
            }
        }
    }

    /// A part of the file with every `{param: x}` replaced by its value; nil when it is absent or cannot be read without a value.
    private func part(_ key: String, _ reader: inout SpecReader) -> Node? { file.node[key].flatMap { bound($0, &reader) } }

    private func bound(_ node: Node, _ reader: inout SpecReader) -> Node? {
        switch node {
        case .text: return node
        case .list(let items, let place):
            let items = items.map { bound($0, &reader) }
            return items.allSatisfy { $0 != nil } ? .list(items.compactMap { $0 }, place) : nil
        case .map(let pairs, let place):
            if pairs.count == 1, pairs[0].key == "param", case .text(let name, let namePlace) = pairs[0].value {
                if values[name] == nil, !open.contains(name) {
                    reader.diagnostics.append(.unknownParameter(name, among: file.parameters.map(\.name), at: namePlace))
                }
                return values[name]
            }
            var bound: [(key: String, keyPlace: Place, value: Node)] = []
            for pair in pairs {
                guard let value = self.bound(pair.value, &reader) else { return nil }
                bound.append((pair.key, pair.keyPlace, value))
            }
            return .map(bound, place)
        }
    }

    // MARK: Parts

    private func from(_ node: Node?, _ reader: inout SpecReader) -> Set<String> {
        var names: Set<String> = []
        let field = Field("from", .name(of: "listener"), required: true, Text(fr: "", en: ""))
        for item in node?.items ?? [] {
            if case .map(let pairs, _) = item, pairs.count == 1, pairs[0].key == "emitted" {
                for kind in pairs[0].value.items {
                    guard let text = kind.text, !text.isEmpty else {
                        reader.diagnostics.append(.badFrom(at: kind.place))
                        continue
                    }
                    names.insert("emitted/" + text)
                    let known = builder.emitted
                    if !known.contains(text) { reader.diagnostics.append(.nobodyEmits(text, among: known, at: kind.place)) }
                }
            } else if case .text = item {
                if case .text(let name, _)? = reader.value(.name(of: "listener"), item, field) { names.insert(name) }
            } else {
                reader.diagnostics.append(.badFrom(at: item.place))
            }
        }
        return names
    }

    private func order(_ node: Node?, _ reader: inout SpecReader) -> OrderRule {
        guard let node, let fields = reader.fields(RouteFile.order, node, at: node.place) else { return OrderRule() }
        return OrderRule(
            by: fields.text("by").flatMap(OrderRule.Key.init) ?? .patient, whenHeld: fields.text("when_held").flatMap(OrderRule.WhenHeld.init) ?? .block)
    }

    private func classRule(_ node: Node?, _ conditions: ConditionReader, _ reader: inout SpecReader) -> ClassRule {
        switch node {
        case nil: return .inherited
        case .text(let word, let place):
            if let one = DeliveryClass(rawValue: word) { return .always(one) }
            reader.diagnostics.append(.badClass(at: place))
        case .map(let pairs, _) where pairs.count == 1 && pairs[0].key == DeliveryClass.bulk.rawValue:
            if let condition = conditions.read(pairs[0].value, &reader) { return .bulk(when: condition) }
        case .some(let other): reader.diagnostics.append(.badClass(at: other.place))
        }
        return .inherited
    }

    private func destinations(_ node: Node?, _ written: Set<String>?, _ scope: Scope?, _ reader: inout SpecReader) -> [Destination] {
        guard let node else { return [] }
        var destinations: [Destination] = []
        for item in node.items {
            guard let fields = reader.fields(RouteFile.destination, item, at: item.place) else { continue }
            let id = fields.text("id") ?? ""
            if !ConfigurationLoader.isName(id) { reader.diagnostics.append(.badName(at: fields.place(of: "id"))) }
            if destinations.contains(where: { $0.id == id }) { reader.diagnostics.append(.destinationTwice(id, at: fields.place(of: "id"))) }
            let when = fields.node("when").map { ConditionReader(format: format, notesAllowed: true, written: written).read($0, &reader) } ?? .some(nil)
            let then = fields.node("then").map { self.then($0, scope, &reader) } ?? nil
            guard let sender = fields.node("send").flatMap({ self.sender($0, &reader) }), let when else { continue }
            let each = fields.text("each").flatMap { text in text.hasPrefix("note.") ? NotePath(text.dropFirst(5)) : NotePath(text) }
            check(each.map { [$0] } ?? [], among: written, at: fields.place(of: "each"), &reader)
            let destination = Destination(id: id, place: item.place, sender: sender, when: when, each: each, then: then)
            checkSender(of: destination, at: fields.place(of: "send"), fields.place(of: "then"), &reader)
            destinations.append(destination)
        }
        return destinations
    }

    private func check(_ notes: [NotePath], among written: Set<String>?, at place: Place, _ reader: inout SpecReader) {
        guard let written else { return }
        for note in notes where !note.meets(written) { reader.diagnostics.append(.unwrittenNote(note, among: written, at: place)) }
    }

    private func then(_ node: Node, _ scope: Scope?, _ reader: inout SpecReader) -> (any Then)? {
        guard let entry = builder.single(node, .then, &reader) else { return nil }
        return builder.build(entry, .then, scope, &reader) as? any Then
    }

    private func sender(_ node: Node, _ reader: inout SpecReader) -> SenderReference? {
        switch node {
        case .text(let name, _):
            if let facility, reader.names["endpoint"]?.contains(name) == true { return .named(facility.name + "/" + name) }
            let field = Field("send", .name(of: "sender"), required: true, Text(fr: "", en: ""))
            return reader.value(.name(of: "sender"), node, field) == nil ? nil : .named(name)
        case .map(let pairs, _) where pairs.count == 1 && pairs[0].key == "partner" && pairs[0].value.text == "answers": return .partnerAnswers
        case .map, .list:
            reader.diagnostics.append(.badSend(at: node.place))
            return nil
        }
    }
}
