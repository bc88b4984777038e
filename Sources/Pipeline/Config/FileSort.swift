/// The three sorts of files of a configuration, told apart by the key that names what they describe.
enum FileSort: String, CaseIterable {
    case node, facility, route

    private var noun: Text {
        switch self {
        case .node: Text(fr: "un nœud", en: "a node")
        case .facility: Text(fr: "un établissement", en: "a facility")
        case .route: Text(fr: "une route", en: "a route")
        }
    }

    private var folder: Text {
        switch self {
        case .node: Text(fr: "passerelle.yaml, à côté du dossier des routes", en: "passerelle.yaml, beside the folder of routes")
        case .facility: Text(fr: "le dossier des établissements (facilities)", en: "the folder of facilities")
        case .route: Text(fr: "le dossier des routes", en: "the folder of routes")
        }
    }

    /// Whether a file of another sort stands where this one is wanted: said once, instead of every key that it has and should not.
    func isElsewhere(_ node: Node, _ reader: inout SpecReader) -> Bool {
        guard node[rawValue] == nil, case .map(let pairs, _) = node, let other = Self.allCases.first(where: { node[$0.rawValue] != nil }) else { return false }
        let place = pairs.first { $0.key == other.rawValue }?.keyPlace ?? node.place
        reader.diagnostics.append(.otherFile(other.noun, other.folder, at: place))
        return true
    }
}
