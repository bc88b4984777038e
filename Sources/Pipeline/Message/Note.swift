/// A fact that a step found: text, a list, or named facts. Notes live while a message is routed and, for a part, with its delivery.
package indirect enum Note: Sendable, Hashable, Codable {
    case text(String)
    case list([Note])
    case record([String: Note])

    /// The note at a dotted path (`recipients.pro`); the empty path is the note itself.
    package func at(_ path: some Sequence<Substring>) -> Note? {
        var here = self
        for name in path {
            guard case .record(let fields) = here, let next = fields[String(name)] else { return nil }
            here = next
        }
        return here
    }

    /// The texts of this note: one, or those of a list.
    package var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .list(let notes): notes.flatMap(\.texts)
        case .record: []
        }
    }

    /// The text, if it is one.
    package var text: String? { if case .text(let text) = self { text } else { nil } }
    /// A named fact of a record.
    package subscript(_ name: String) -> Note? { if case .record(let fields) = self { fields[name] } else { nil } }
}

/// Named notes.
package typealias Notes = [String: Note]
