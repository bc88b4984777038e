/// A part of a configuration that can change by itself.
package struct ConfigurationPart: Sendable, Hashable {
    /// What it is. `node`: a key of the node file.
    package enum Kind: String, Sendable, CaseIterable {
        case node, listener, sender, facility, route

        /// For a person.
        package var noun: Text {
            switch self {
            case .node: Text(fr: "nœud", en: "node")
            case .listener: Text(fr: "récepteur", en: "listener")
            case .sender: Text(fr: "émetteur", en: "sender")
            case .facility: Text(fr: "établissement", en: "facility")
            case .route: Text(fr: "route", en: "route")
            }
        }
    }

    package let kind: Kind, name: String

    /// A part.
    package init(_ kind: Kind, _ name: String) { (self.kind, self.name) = (kind, name) }
}

/// What is different between the configuration in force and a new one.
package struct ConfigurationChanges: Sendable {
    /// How a part is different.
    package enum Change: String, Sendable { case added, changed, removed }

    package let parts: [ConfigurationPart: Change]

    /// The difference; both were read to run.
    package init(from old: Configuration, to new: Configuration) {
        var parts: [ConfigurationPart: Change] = [:]
        for (part, print) in new.prints where old.prints[part] != print { parts[part] = old.prints[part] == nil ? .added : .changed }
        for part in old.prints.keys where new.prints[part] == nil { parts[part] = .removed }
        self.parts = parts
    }

    /// The names of the parts of a kind that differ so.
    package func names(_ kind: ConfigurationPart.Kind, _ changes: Set<Change> = [.added, .changed, .removed]) -> Set<String> {
        Set(parts.filter { $0.key.kind == kind && changes.contains($0.value) }.map(\.key.name))
    }

    /// A line for each part, in an order that does not change: for people and the audit.
    package var lines: [Text] {
        let order = ConfigurationPart.Kind.allCases
        return parts.sorted { left, right in
            (order.firstIndex(of: left.key.kind) ?? 0, left.key.name) < (order.firstIndex(of: right.key.kind) ?? 0, right.key.name)
        }.map { part, change in
            let word =
                switch change {
                case .added: Text(fr: "ajouté", en: "added")
                case .changed: Text(fr: "modifié", en: "changed")
                case .removed: Text(fr: "enlevé", en: "removed")
                }
            return Text(fr: "\(part.kind.noun.fr) \(part.name) : \(word.fr)", en: "\(part.kind.noun.en) \(part.name): \(word.en)")
        }
    }

    /// What only a restart can change.
    package static func refused(from old: Configuration, to new: Configuration, file: String) -> [Diagnostic] {
        let journal = ConfigurationPart(.node, "journal")
        let keys = [
            ("journal", old.prints[journal] != new.prints[journal]), ("socket", old.node.socket != new.node.socket),
            ("environment", old.node.environment != new.node.environment),
        ]
        return keys.filter(\.1).map { .needsRestart($0.0, at: new.node.places[$0.0] ?? Place(file: file)) }
    }
}

extension Configuration {
    /// Takes over listeners and senders that did not change, with their connections. Those that did keep their new selves.
    package mutating func keepUntouched(of old: Configuration, _ changes: ConfigurationChanges) {
        let listeners = changes.names(.listener), senders = changes.names(.sender)
        for (name, listener) in old.listeners where self.listeners[name] != nil && !listeners.contains(name) { self.listeners[name] = listener }
        for (name, sender) in old.senders where self.senders[name] != nil && !senders.contains(name) { self.senders[name] = sender }
    }
}

extension Diagnostic {
    /// A secret or file behind the configuration cannot be read.
    static func unreadableBehind(_ reason: Reason, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0195", reason.placed,
            mend: Text(fr: "l'ancienne configuration reste ; réparer, puis recharger", en: "the old configuration stays; mend it, then reload"), at: place)
    }
    static func needsRestart(_ key: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0196", Text(fr: "« \(key) » ne change qu'au redémarrage", en: "\"\(key)\" changes at a restart only"),
            mend: Text(fr: "remettre l'ancienne valeur, ou redémarrer le service", en: "put the old value back, or restart the service"), at: place)
    }
    /// A listener cannot have its port.
    package static func cannotOpen(_ name: String, _ reason: Reason, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0197", Text(fr: "récepteur \(name) : \(reason.text.fr)", en: "listener \(name): \(reason.text.en)"),
            mend: Text(fr: "libérer le port, ou en choisir un autre", en: "free the port, or choose another"), at: place)
    }
}
