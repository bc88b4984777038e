/// Listeners, senders and endpoints.
extension ConfigurationLoader {
    /// The node's own listeners and senders.
    mutating func buildNode(_ node: Node) {
        checkNames(node["listeners"])
        checkNames(node["senders"])
        var owners: [String: String] = [:]
        for (name, place, value) in pairs(node["listeners"]) {
            guard let entry = component(value, .listener) else { continue }
            guard let made = builder.make(entry, .listener, builder.scope(name, nil), &reader), let listener = made.component as? any Listener else {
                continue
            }
            printComponent(.listener, name, made, nil)
            for resource in listener.owns {
                if let other = owners.updateValue(name, forKey: resource) { reader.diagnostics.append(.ownedTwice(resource, by: other, at: place)) }
            }
            configuration.listeners[name] = listener
        }
        for (name, _, value) in pairs(node["senders"]) {
            guard let entry = component(value, .sender) else { continue }
            builder.note(name, entry)
            let made = builder.make(entry, .sender, builder.scope(name, nil), &reader)
            configuration.senders[name] = made?.component as? any Sender
            if let made { printComponent(.sender, name, made, nil) }
        }
    }

    /// The senders that belong to a facility.
    mutating func buildEndpoints(_ source: FacilitySource) {
        enter(source)
        defer { leave() }
        for (name, _, value) in pairs(source.node["endpoints"]) {
            guard let entry = component(value, .sender) else { continue }
            let full = source.facility.name + "/" + name
            builder.note(full, entry)
            let made = builder.make(entry, .sender, builder.scope(full, source.facility), &reader)
            configuration.senders[full] = made?.component as? any Sender
            if let made { printComponent(.sender, full, made, source.facility) }
        }
    }

    /// The component of an entry `{mllp: {…}, environment: test}`, whose environment must be the node's.
    private mutating func component(_ node: Node, _ kind: ComponentKind) -> ComponentEntry? {
        if let value = node["environment"] {
            let field = Field("environment", NodeFile.environment, required: true, Text(fr: "", en: ""))
            if case .text(let text, let place)? = reader.value(NodeFile.environment, value, field), let found = Environment(rawValue: text),
                found != configuration.node.environment
            {
                reader.diagnostics.append(.crossing(found, in: configuration.node.environment, at: place))
            }
        }
        return builder.single(node, kind, besides: ["environment"], &reader)
    }

    func pairs(_ node: Node?) -> [(key: String, keyPlace: Place, value: Node)] { if case .map(let pairs, _)? = node { pairs } else { [] } }

    /// Makes a facility's names known while its parts are read.
    mutating func enter(_ source: FacilitySource) {
        for (what, key) in [("endpoint", "endpoints"), ("identity", "identities"), ("mailbox", "mailboxes")] {
            reader.names[what] = Set(source.node[key].map(NodeFile.keys) ?? [])
        }
        reader.names["sender"] = nodeSenders.union(reader.names["endpoint"] ?? [])
    }

    /// Forgets them.
    mutating func leave() {
        for what in ["endpoint", "identity", "mailbox"] { reader.names[what] = nil }
        reader.names["sender"] = nodeSenders
    }
}
