/// Which lines a message may stand in beside its patient's: those of routes whose order goes by account, by connection or strictly. They are known when it
/// arrives, so that no later message of the same line is planned before its routes are known.
package struct OrderStreams: Sendable {
    private struct Route {
        let name: String, facility: String, by: OrderRule.Key
    }
    /// By listener.
    private var routes: [String: [Route]] = [:]

    /// No route.
    init() {}

    /// Every route goes by patient, or by nothing.
    var isEmpty: Bool { routes.isEmpty }

    mutating func add(_ route: RouteInstance) {
        guard ![.patient, .none].contains(route.order.by) else { return }
        for listener in route.from { routes[listener, default: []].append(Route(name: route.name, facility: route.facility, by: route.order.by)) }
    }

    /// The lines of the routes that may take the message.
    func lines(of envelope: Envelope, _ hash: SipHash) -> [UInt64] {
        guard !routes.isEmpty, let mine = routes[envelope.listener] else { return [] }
        return mine.filter { $0.facility == envelope.facility }.compactMap { Self.line(of: $0.name, by: $0.by, envelope.keys, hash) }
    }

    /// The line in which a route plans this message; nil: that of the patient. As `Examiner` chooses the lane of a delivery.
    static func line(of route: String, by: OrderRule.Key, _ keys: OrderKeys, _ hash: SipHash) -> UInt64? {
        switch by {
        case .patient, .none: nil
        case .account: keys.account == 0 ? nil : hash.key("order", route, by.rawValue, String(keys.account)).low
        case .connection: hash.key("order", route, by.rawValue, String(keys.connection)).low
        case .strict: hash.key("order", route, by.rawValue).low
        }
    }
}
