/// One component as a file names it: `{mllp: {port: 6660}}`, or the bare word when it needs no field.
struct ComponentEntry {
    let word: String, place: Place, fields: Node
}

/// Finds a component's type by its word, reads its fields and builds it.
struct ComponentBuilder {
    let registry: ComponentRegistry
    let formats: [any Format]
    let secrets: SecretReader
    let engine: EngineServices
    var node = NodeSettings()
    var facilities: [String: Facility] = [:]
    /// The kinds of the senders by their names, the facilities' endpoints as `facility/endpoint`.
    var senders: [String: any Sender.Type] = [:]

    /// What a component of a route, a listener or an endpoint sees.
    func scope(_ name: String, _ facility: Facility?) -> Scope {
        Scope(name: name, node: node, facilities: facilities, facility: facility, secrets: secrets, engine: engine)
    }

    /// The entries of a node: a word, a map of words, or a list of either. Keys named in `besides` are no components.
    static func entries(_ node: Node, besides: Set<String> = []) -> [ComponentEntry] {
        switch node {
        case .text(let word, let place): word.isEmpty ? [] : [ComponentEntry(word: word, place: place, fields: .text("", place))]
        case .map(let pairs, _): pairs.filter { !besides.contains($0.key) }.map { ComponentEntry(word: $0.key, place: $0.keyPlace, fields: $0.value) }
        case .list(let items, _): items.flatMap { entries($0, besides: besides) }
        }
    }

    /// The one entry of a node that must name exactly one component.
    func single(_ node: Node, _ kind: ComponentKind, besides: Set<String> = [], _ reader: inout SpecReader) -> ComponentEntry? {
        let entries = Self.entries(node, besides: besides)
        if case .list = node {} else if entries.count == 1 { return entries[0] }
        reader.diagnostics.append(.notOneComponent(kind, example: types(kind).map { $0.spec.word }.min() ?? "…", at: node.place))
        return nil
    }

    /// A component with what it was built from.
    struct Made {
        let component: any Component, type: any Component.Type, fields: Fields
    }

    /// Builds it; nil when something is wrong, or when there is no scope and its fields were only to be read.
    func build(_ entry: ComponentEntry, _ kind: ComponentKind, _ scope: Scope?, _ reader: inout SpecReader) -> (any Component)? {
        make(entry, kind, scope, &reader)?.component
    }

    func make(_ entry: ComponentEntry, _ kind: ComponentKind, _ scope: Scope?, _ reader: inout SpecReader) -> Made? {
        let types = types(kind)
        guard let type = types.first(where: { $0.spec.word == entry.word }) else {
            let other = ComponentKind.allCases.first { self.types($0).contains { $0.spec.word == entry.word } }
            reader.diagnostics.append(.unknownComponent(entry.word, kind, among: types.map { $0.spec.word }, other, at: entry.place))
            return nil
        }
        guard let fields = reader.fields(type.spec.fields, entry.fields, at: entry.place), let scope else { return nil }
        do throws(ConfigError) {
            return Made(component: try type.init(fields, scope), type: type, fields: fields)
        } catch {
            reader.diagnostics += error.diagnostics
            return nil
        }
    }

    /// What one component lets in, another must not refuse: fields marked as shared have one value in a route.
    func checkShared(_ entries: [(ComponentEntry, ComponentKind)], _ reader: inout SpecReader) {
        var said: [String: (value: String, place: Place)] = [:]
        for (entry, kind) in entries {
            guard let spec = types(kind).first(where: { $0.spec.word == entry.word })?.spec else { continue }
            for field in spec.fields where field.isShared {
                let node = entry.fields[field.name] ?? field.standard.map { .text($0, entry.place) }
                var scratch = SpecReader()
                guard let node, let value = scratch.value(field.kind, node, field)?.plain else { continue }
                if let other = said[field.name], other.value != value {
                    reader.diagnostics.append(.disagrees(field.name, other.place, at: node.place))
                } else if said[field.name] == nil {
                    said[field.name] = (value, node.place)
                }
            }
        }
    }

    /// What thens emit: `from: {emitted: [zam]}` names it.
    var emitted: Set<String> { registry.thens.reduce(into: []) { $0.formUnion($1.emits) } }

    /// Notes what kind of sender a name means.
    mutating func note(_ name: String, _ entry: ComponentEntry) { senders[name] = registry.senders.first { $0.spec.word == entry.word } }

    private func types(_ kind: ComponentKind) -> [any Component.Type] {
        switch kind {
        case .listener: registry.listeners
        case .sender: registry.senders
        case .check: registry.checks
        case .step: registry.steps
        case .then: registry.thens
        }
    }
}
