/// Route files, and their binding to the facilities that take part.
extension ConfigurationLoader {
    mutating func routes(in folder: String, at place: Place?, _ facilities: [FacilitySource]) {
        var routes: [RouteFile] = [], unreadable: Set<String> = []
        for file in files(in: folder, at: place) {
            let node = tree(file)
            guard let node, let route = RouteFile(node, formats: context.formats, reader: &reader) else {
                // What it is called is likely the name that facilities use: they are not blamed for it.
                unreadable.insert(node?["route"]?.text ?? String(Path.name(of: file).prefix { $0 != "." }))
                continue
            }
            if let other = routes.first(where: { $0.name == route.name }) {
                reader.diagnostics.append(.nameTwice(route.name, other.place, at: route.node["route"]?.place ?? route.place))
                continue
            }
            if !Path.name(of: file).hasPrefix(route.name + ".") {
                reader.diagnostics.append(.otherFileName(route.name, at: route.node["route"]?.place ?? route.place))
            }
            let facts = configuration.node.keep.factsDays
            if let days = route.keep?.days, days > facts, let place = route.node["keep"]?["days"]?.place {
                reader.diagnostics.append(.keepOrder("days", "facts_days", at: place))
            }
            routes.append(route)
            for item in route.node["from"]?.items ?? [] {
                for kind in item["emitted"]?.items ?? [] { takers[kind.text ?? "", default: []].append(route.name) }
            }
        }
        checkRouteNames(facilities, unreadable.union(routes.map(\.name)))
        for route in routes { bind(route, facilities) }
    }

    /// A facility can take part only in routes that there are.
    private mutating func checkRouteNames(_ facilities: [FacilitySource], _ names: Set<String>) {
        for source in facilities {
            guard case .map(let pairs, _)? = source.node["routes"] else { continue }
            for (name, place, _) in pairs where !names.contains(name) {
                reader.diagnostics.append(.unknownName(name, of: "route", among: names, at: place))
            }
        }
    }

    private mutating func bind(_ route: RouteFile, _ facilities: [FacilitySource]) {
        guard let format = context.formats.first(where: { $0.name == route.format }) ?? context.formats.first else { return }
        var taken = false
        for source in facilities {
            guard case .map(let pairs, _)? = source.node["routes"], let given = pairs.first(where: { $0.key == route.name }) else { continue }
            taken = true
            enter(source)
            defer { leave() }
            var binder = RouteBinder(file: route, format: format, builder: builder, facility: source.facility)
            guard let instance = binder.bind(given.value, at: given.keyPlace, &reader) else { continue }
            printRoute(route, instance.facility, given.value)
            for case .named(let name) in instance.destinations.map(\.sender) {
                reader.diagnostics += configuration.senders[name]?.faults(for: source.facility, at: given.keyPlace) ?? []
            }
            configuration.add(instance, words: format.indexPaths.map { instance.when.words(of: $0) })
            if instance.destinations.contains(where: { $0.sender == .partnerAnswers }) { checkAnswers(source, route) }
        }
        if !taken {
            // Another node's names may be meant: only what does not depend on them is looked at.
            let names = reader.names
            defer { reader.names = names }
            for what in ["sender", "listener", "endpoint", "identity", "mailbox"] { reader.names[what] = nil }
            var binder = RouteBinder(file: route, format: format, builder: builder, facility: nil)
            _ = binder.bind(nil, at: route.place, &reader)
            if !facilityFailed { reader.diagnostics.append(.unusedRoute(route.name, at: route.node["route"]?.place ?? route.place)) }
        }
    }

    /// A route that answers partners is of no use to one without an endpoint.
    private mutating func checkAnswers(_ source: FacilitySource, _ route: RouteFile) {
        for (partner, place) in source.partners where partner.answers == nil {
            reader.diagnostics.append(.noAnswers(route.name, at: place))
        }
    }
}
