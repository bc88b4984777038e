/// Finds the routes that may take a message, at a cost that does not grow with the number of routes: by listener, facility and the
/// index words of the format (for HL7v2 MSH-9.1 and MSH-9.2), built when the configuration is loaded (design §8).
struct RouteIndex: Sendable {
    private struct Key: Hashable {
        let listener: String, facility: String
        /// Nil: the route takes any word here.
        let first: String?, second: String?
    }
    private var routes: [RouteInstance] = []
    private var ordinals: [Key: [Int]] = [:]
    /// Listener, facility and first word of each entry.
    private var types: Set<Key> = []

    /// More combinations than this in one route: indexed by listener and facility alone.
    static let mostWords = 64

    init() {}

    /// Adds a route, in the order in which routes run; `words` are what its `when` demands of each index word, nil where it takes any.
    mutating func add(_ route: RouteInstance, words: [Set<String>?]) {
        let ordinal = routes.count
        routes.append(route)
        var firsts: [String?] = words.first.flatMap { $0 }.map { $0.sorted() } ?? [nil]
        var seconds: [String?] = words.dropFirst().first.flatMap { $0 }.map { $0.sorted() } ?? [nil]
        if firsts.count * seconds.count > Self.mostWords { (firsts, seconds) = ([nil], [nil]) }
        for listener in route.from {
            for first in firsts {
                types.insert(Key(listener: listener, facility: route.facility, first: first, second: nil))
                for second in seconds {
                    ordinals[Key(listener: listener, facility: route.facility, first: first, second: second), default: []].append(ordinal)
                }
            }
        }
    }

    /// Whether a route names this first word, with whatever second one.
    func routesType(listener: String, facility: String, type: String) -> Bool {
        types.contains(Key(listener: listener, facility: facility, first: type, second: nil))
    }

    /// The routes whose `when` may hold, in order.
    func candidates(listener: String, facility: String, index: [String]) -> [RouteInstance] {
        var found: [Int] = []
        let firsts: [String?] = index.isEmpty ? [nil] : [index[0], nil]
        let seconds: [String?] = index.count < 2 ? [nil] : [index[1], nil]
        for first in firsts {
            for second in seconds {
                if let more = ordinals[Key(listener: listener, facility: facility, first: first, second: second)] { found += more }
            }
        }
        if found.count > 1 { found.sort() }
        return found.map { routes[$0] }
    }
}
