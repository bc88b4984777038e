/// What is configured and leads nowhere. Said once everything else is right: what is wrong would be the reason for it.
extension ConfigurationLoader {
    mutating func checkUse(_ node: Node, _ facilities: [FacilitySource]) {
        guard !facilities.isEmpty, !reader.diagnostics.contains(where: { $0.severity == .error }) else { return }
        unusedSenders(node, facilities)
        unusedListeners(node, facilities)
        for source in facilities {
            let routes = configuration.routes.filter { $0.facility == source.facility.name }
            let taken = routes.reduce(into: Set<String>()) { $0.formUnion($1.from) }
            waysIn(source, routes, taken)
            waysOut(source, routes, taken)
        }
    }

    private mutating func unusedSenders(_ node: Node, _ facilities: [FacilitySource]) {
        var used: Set<String> = []
        for case .named(let name) in configuration.routes.flatMap(\.destinations).map(\.sender) { used.insert(name) }
        for (name, place, _) in pairs(node["senders"]) where !used.contains(name) { reader.diagnostics.append(.unused(name, .sender, at: place)) }
        for source in facilities {
            let answers = Set(source.facility.partners.compactMap(\.answers))
            for (name, place, _) in pairs(source.node["endpoints"]) where !answers.contains(name) && !used.contains(source.facility.name + "/" + name) {
                reader.diagnostics.append(.unused(name, .sender, at: place))
            }
        }
    }

    private mutating func unusedListeners(_ node: Node, _ facilities: [FacilitySource]) {
        let used = configuration.routes.reduce(into: Set(facilities.flatMap { $0.facility.partners.map(\.listener) })) { $0.formUnion($1.from) }
        for (name, place, _) in pairs(node["listeners"]) where !used.contains(name) && admission(name) != .reports {
            reader.diagnostics.append(.unused(name, .listener, at: place))
        }
    }

    /// Partners whose messages no route takes, and routes to which no partner sends.
    private mutating func waysIn(_ source: FacilitySource, _ routes: [RouteInstance], _ taken: Set<String>) {
        var said: Set<String> = []
        for (partner, place) in source.partners where !taken.contains(partner.listener) && said.insert(partner.listener).inserted {
            reader.diagnostics.append(.noRouteFrom(partner.listener, source.facility.name, at: place))
        }
        let doors = Set(source.facility.partners.map(\.listener))
        for route in routes where !route.from.isEmpty && route.from.allSatisfy({ admission($0) == .partners && !doors.contains($0) }) {
            reader.diagnostics.append(.nobodyComes(route.from.sorted().joined(separator: ", "), source.facility.name, at: place(route, source)))
        }
    }

    /// What the routes' thens emit, and no route of the facility takes.
    private mutating func waysOut(_ source: FacilitySource, _ routes: [RouteInstance], _ taken: Set<String>) {
        for route in routes {
            let born = route.destinations.compactMap(\.then).reduce(into: Set<String>()) { $0.formUnion(type(of: $1).emits) }
            for kind in born.sorted() where !taken.contains("emitted/" + kind) {
                reader.diagnostics.append(.leadsNowhere(kind, route.name, takers[kind] ?? [], at: place(route, source)))
            }
        }
    }

    private func admission(_ listener: String) -> Admission? { configuration.listeners[listener].map { type(of: $0).admission } }

    /// Where a facility says that it takes part in a route.
    private func place(_ route: RouteInstance, _ source: FacilitySource) -> Place {
        pairs(source.node["routes"]).first { $0.key == route.name }?.keyPlace ?? source.facility.place
    }
}
