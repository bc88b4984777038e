/// A compiled condition of a route: a closed set of tests on paths of the format and on notes, joined by all, any, not (design §8).
/// Pure and free of allocation beyond what reading a value takes.
package indirect enum Condition: Sendable {
    /// No condition: always true.
    case always
    case all([Condition], Place)
    case any([Condition], Place)
    case not(Condition, Place)
    case test(ValueTest)

    /// Whether it holds. `notes` are those of the steps so far; none while the route itself is being chosen.
    package func holds(_ content: any Content, _ notes: Notes) -> Bool {
        switch self {
        case .always: true
        case .all(let parts, _): parts.allSatisfy { $0.holds(content, notes) }
        case .any(let parts, _): parts.contains { $0.holds(content, notes) }
        case .not(let part, _): !part.holds(content, notes)
        case .test(let test): test.holds(content, notes)
        }
    }

    /// The parts that decided: those that failed when it does not hold, those that held when it does. No value of the message is shown.
    package func explain(_ content: any Content, _ notes: Notes) -> Explanation {
        switch self {
        case .always: return Explanation(holds: true, parts: [])
        case .all(let parts, _):
            let each = parts.map { $0.explain(content, notes) }, holds = each.allSatisfy(\.holds)
            return Explanation(holds: holds, parts: each.filter { $0.holds == holds }.flatMap(\.parts))
        case .any(let parts, _):
            let each = parts.map { $0.explain(content, notes) }, holds = each.contains { $0.holds }
            return Explanation(holds: holds, parts: each.filter { $0.holds == holds }.flatMap(\.parts))
        case .not(let part, _):
            let inner = part.explain(content, notes)
            return Explanation(holds: !inner.holds, parts: inner.parts.map { .init(text: "not " + $0.text, place: $0.place) })
        case .test(let test):
            return Explanation(holds: test.holds(content, notes), parts: [.init(text: test.text, place: test.place)])
        }
    }

    /// Why a condition holds or not.
    package struct Explanation: Sendable, Hashable {
        /// A part of the condition as the file writes it, and where.
        package struct Part: Sendable, Hashable {
            package let text: String
            package let place: Place
        }
        package let holds: Bool
        /// The parts that decided.
        package let parts: [Part]
    }
}

/// One test of the values at a path, or of a note.
package struct ValueTest: Sendable {
    /// Where the values come from.
    package enum Subject: Sendable {
        /// The path as written, and compiled.
        case path(String, any ContentPath)
        case note(NotePath)
    }
    /// What is asked of the values. A path may give several (repetitions): one that fits is enough.
    package enum Predicate: Sendable {
        case equals(String)
        case oneOf(Set<String>)
        /// The value has this text in it.
        case contains(String)
        /// The whole value fits the pattern.
        case matches(Pattern)
        /// There is, or is not, a value.
        case exists(Bool)
    }

    package let subject: Subject, predicate: Predicate
    /// The test as the file writes it, for `explain`.
    package let text: String
    package let place: Place

    func holds(_ content: any Content, _ notes: Notes) -> Bool {
        let values: [String] =
            switch subject {
            case .path(_, let path): path.values(in: content)
            case .note(let path): path.note(in: notes)?.texts ?? []
            }
        switch predicate {
        case .equals(let wanted): return values.contains(wanted)
        case .oneOf(let wanted): return values.contains { wanted.contains($0) }
        case .contains(let wanted): return values.contains { $0.contains(wanted) }
        case .matches(let pattern): return values.contains { pattern.matches($0) }
        case .exists(let wanted):
            if case .note(let path) = subject, values.isEmpty, case .record = path.note(in: notes) { return wanted }
            return values.contains { !$0.isEmpty } == wanted
        }
    }
}

/// A regular expression of a route, compiled once.
package struct Pattern: Sendable {
    /// Longer values never fit: a pattern runs on the path to the ACK.
    package static let longestValue = 1024
    /// Longer patterns are refused.
    package static let longestPattern = 256

    /// As the file writes it.
    package let text: String
    private let compiled: Compiled

    /// Swift's `Regex` is not marked Sendable because it may hold closures.
    /// A regex compiled from text holds none, and matching does not change it: sharing it between threads is safe.
    private struct Compiled: @unchecked Sendable {  // see above: immutable, and without closures
        let regex: Regex<AnyRegexOutput>
    }

    /// Compiles; nil when the text is no regular expression, is too long, or repeats a repetition or a choice (which can take exponential time).
    package init?(_ text: String) {
        guard text.utf8.count <= Self.longestPattern, !Self.repeatsARepetition(text), let regex = try? Regex(text) else { return nil }
        (self.text, compiled) = (text, Compiled(regex: regex))
    }

    /// Whether the whole value fits.
    package func matches(_ value: String) -> Bool {
        value.utf8.count <= Self.longestValue && (try? compiled.regex.wholeMatch(in: value)) != nil
    }

    /// `(a+)*`, `(a|ab)*` and their like: a group with a repetition or a choice inside that is itself repeated.
    private static func repeatsARepetition(_ text: String) -> Bool {
        var open: [Bool] = [], inside = false, escaped = false, closedWithRepetition = false
        for letter in text.utf8 {
            defer { escaped = letter == UInt8(ascii: "\\") && !escaped }
            if escaped { closedWithRepetition = false; continue }
            switch letter {
            case UInt8(ascii: "["): inside = true
            case UInt8(ascii: "]"): inside = false
            case UInt8(ascii: "(") where !inside:
                open.append(false)
                closedWithRepetition = false
                continue
            case UInt8(ascii: ")") where !inside:
                closedWithRepetition = open.popLast() ?? false
                if closedWithRepetition, !open.isEmpty { open[open.count - 1] = true }
                continue
            case UInt8(ascii: "|") where !inside: if !open.isEmpty { open[open.count - 1] = true }
            case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "{"):
                if inside { break }
                if closedWithRepetition { return true }
                if !open.isEmpty { open[open.count - 1] = true }
            default: break
            }
            closedWithRepetition = false
        }
        return false
    }
}
