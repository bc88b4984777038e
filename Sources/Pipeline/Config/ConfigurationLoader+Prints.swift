/// Prints of the parts, so that a reload knows what changed.
extension ConfigurationLoader {
    private var isPrinting: Bool { context.purpose != .look }

    /// Notes a print; what is unreadable behind it is an error only where a configuration that runs would be replaced.
    private mutating func note(_ print: Print, of part: ConfigurationPart) {
        configuration.prints[part] = print.digest
        guard context.purpose == .reload else { return }
        for (reason, place) in print.unreadable { reader.diagnostics.append(.unreadableBehind(reason, at: place)) }
    }

    /// The parts of the node file beside listeners and senders, the facilities, and what components keep of them all.
    mutating func printNode(_ node: Node, _ facilities: [FacilitySource]) {
        guard isPrinting, case .map(let pairs, _) = node else { return }
        var whole = Print(context)
        for (key, _, value) in pairs where !["listeners", "senders"].contains(key) {
            var print = Print(context)
            print.add(value)
            if key == "trust" { files(of: value, &print) }
            if key == "lps" { print.add(configuration.node.software.homologation, at: value["homologation"]?.place ?? value.place) }
            if key == "tables" { tables(&print, value.place) }
            if !["node", "socket", "routes", "facilities", "report_overdue", "journal"].contains(key) {
                whole.add(key)
                whole.add(print.digest)
            }
            note(print, of: ConfigurationPart(.node, key))
        }
        if node["tables"] == nil {
            tables(&whole, node.place)
        }
        for source in facilities {
            var print = Print(context)
            guard case .map(let pairs, let place) = source.node else { continue }
            print.add(Node.map(pairs.filter { !["partners", "routes", "endpoints"].contains($0.key) }, place))
            for (name, identity) in source.facility.identities.sorted(by: { $0.key < $1.key }) {
                let entry = source.node["identities"]?[name]
                print.add(identity.certificate, at: entry?["certificate"]?.place ?? place)
                print.add(identity.key, at: entry?["key"]?.place ?? place)
            }
            whole.add(print.digest)
            print.add(Node.map(pairs.filter { ["partners", "routes"].contains($0.key) }, place))
            note(print, of: ConfigurationPart(.facility, source.facility.name))
        }
        surroundings = whole.digest
    }

    private func files(of trust: Node, _ print: inout Print) {
        guard case .map(let pairs, _) = trust else { return }
        for (name, _, value) in pairs.sorted(by: { $0.key < $1.key }) {
            let reference = configuration.node.trust[name]
            for file in reference?.authorities ?? [] { print.add(file: file, at: value["ca"]?.place ?? value.place) }
            for file in reference?.revocationLists ?? [] { print.add(file: file, at: value["crl"]?.place ?? value.place) }
        }
    }

    private func tables(_ print: inout Print, _ place: Place) {
        let folder = configuration.node.tables
        for name in (context.files.list(folder) ?? []).sorted() where name.hasSuffix(".csv") { print.add(file: Path.join(folder, name), at: place) }
    }

    mutating func printComponent(_ kind: ConfigurationPart.Kind, _ name: String, _ made: ComponentBuilder.Made, _ facility: Facility?) {
        guard isPrinting else { return }
        var print = Print(context)
        print.add(made.type.spec.word)
        print.add("\(configuration.node.environment) \(configuration.node.software.name)")
        print.add(made.type.spec.fields, made.fields, configuration.node, facility)
        if made.type.keeps == .everything { print.add(surroundings) }
        note(print, of: ConfigurationPart(kind, name))
    }

    mutating func printRoute(_ route: RouteFile, _ facility: String, _ given: Node) {
        guard isPrinting else { return }
        var print = Print(context)
        print.add(route.node)
        print.add(given)
        note(print, of: ConfigurationPart(.route, "\(route.name) (\(facility))"))
    }
}
