import FoundationEssentials
import Pipeline

/// Facts and reasons as JSON text. Small maps of text are written by hand: an encoder would cost more than the row.
enum JSON {
    /// The text of a map; nil when it is empty.
    static func text(_ map: [String: String]) -> String? {
        if map.isEmpty { return nil }
        var out = "{"
        for (key, value) in map.sorted(by: { $0.key < $1.key }) {
            if out.utf8.count > 1 { out += "," }
            quote(key, into: &out)
            out += ":"
            quote(value, into: &out)
        }
        return out + "}"
    }

    static func map(_ text: String?) -> [String: String] { value(text) ?? [:] }

    /// The text of any value that can be coded; nil stands for nil.
    static func text<T: Encodable>(_ value: T?) -> String? {
        guard let value, let data = try? JSONEncoder().encode(value) else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return text.contains("\\u0000") ? text.replacing("\\u0000", with: "\u{FFFD}") : text
    }

    /// A value from its text; nil when there is none or it cannot be read.
    static func value<T: Decodable>(_ text: String?) -> T? {
        guard let text else { return nil }
        return try? JSONDecoder().decode(T.self, from: Data(text.utf8))
    }

    // MARK: Proofs

    /// A proof as JSON, in the form that `JSONDecoder` reads.
    static func text(_ proof: Proof) -> String {
        var out = "{\"answer\":"
        quote(proof.answer, into: &out)
        out += ",\"facts\":" + (text(proof.facts) ?? "{}")
        return out + ",\"reportAwaited\":\(proof.reportAwaited)}"
    }

    // MARK: Notes

    /// Notes as plain JSON: text, lists and records.
    static func text(_ notes: Notes) -> String? {
        if notes.isEmpty { return nil }
        var out = ""
        write(.record(notes), into: &out)
        return out
    }

    static func notes(_ text: String?) -> Notes {
        guard let plain: [String: PlainNote] = value(text) else { return [:] }
        return plain.mapValues(\.note)
    }

    private static func write(_ note: Note, into out: inout String) {
        switch note {
        case .text(let text): quote(text, into: &out)
        case .list(let notes):
            out += "["
            for (i, note) in notes.enumerated() {
                if i > 0 { out += "," }
                write(note, into: &out)
            }
            out += "]"
        case .record(let fields):
            out += "{"
            for (i, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if i > 0 { out += "," }
                quote(field.key, into: &out)
                out += ":"
                write(field.value, into: &out)
            }
            out += "}"
        }
    }

    private struct PlainNote: Decodable {
        let note: Note

        init(from decoder: any Decoder) throws {
            let one = try decoder.singleValueContainer()
            if let text = try? one.decode(String.self) {
                note = .text(text)
            } else if let list = try? one.decode([PlainNote].self) {
                note = .list(list.map(\.note))
            } else {
                note = .record(try one.decode([String: PlainNote].self).mapValues(\.note))
            }
        }
    }

    // MARK: Strings

    /// A text as JSON. NUL, which PostgreSQL keeps in no text, becomes U+FFFD.
    static func quoted(_ text: String) -> String {
        var out = ""
        quote(text, into: &out)
        return out
    }

    private static let hex = Array("0123456789abcdef".utf8)

    private static func quote(_ text: String, into out: inout String) {
        out += "\""
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) {
            out += text
        } else {
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": out += "\\\""
                case "\\": out += "\\\\"
                case "\0": out += "\u{FFFD}"
                case _ where scalar.value < 0x20:
                    out += "\\u00"
                    out.unicodeScalars.append(Unicode.Scalar(hex[Int(scalar.value >> 4)]))
                    out.unicodeScalars.append(Unicode.Scalar(hex[Int(scalar.value & 15)]))
                default: out.unicodeScalars.append(scalar)
                }
            }
        }
        out += "\""
    }
}
