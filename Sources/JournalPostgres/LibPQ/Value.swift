/// A parameter of a statement: text, or bytes as they are.
enum Value: Sendable {
    case null
    case text(String)
    case bytes([UInt8])

    static func integer(_ n: some BinaryInteger) -> Value { .text(String(n)) }
    static func flag(_ flag: Bool) -> Value { .text(flag ? "t" : "f") }
    /// A text of unknown origin: PostgreSQL keeps no NUL in a text, so it stands there as U+FFFD.
    static func words(_ text: String) -> Value {
        text.utf8.contains(0) ? .text(String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))) : .text(text)
    }
    static func optional(_ text: String?) -> Value { text.map { .words($0) } ?? .null }
    /// An array of integers.
    static func integers(_ numbers: some Sequence<some BinaryInteger>) -> Value {
        .text("{" + numbers.map { String($0) }.joined(separator: ",") + "}")
    }
    /// An array of texts.
    static func texts(_ texts: some Sequence<String>) -> Value {
        .text(
            "{" + texts.map { "\"" + $0.filter { $0 != "\0" }.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }.joined(separator: ",") + "}")
    }

    var size: Int {
        switch self {
        case .null: 0
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        }
    }
}

/// One statement with its parameters. Statements are prepared once a connection, by their text.
struct Statement: Sendable {
    let sql: String
    var values: [Value]

    init(_ sql: String, _ values: [Value] = []) { (self.sql, self.values) = (sql, values) }
}

/// A row of an answer, in PostgreSQL's text form.
struct Row: Sendable {
    let columns: [[UInt8]?]

    func isNull(_ column: Int) -> Bool { columns[column] == nil }
    func optionalText(_ column: Int) -> String? { columns[column].map { String(decoding: $0, as: UTF8.self) } }
    func text(_ column: Int) -> String { optionalText(column) ?? "" }
    func optionalInteger(_ column: Int) -> Int64? { columns[column].flatMap { Int64(String(decoding: $0, as: UTF8.self)) } }
    func integer(_ column: Int) -> Int64 { optionalInteger(column) ?? 0 }
    func int(_ column: Int) -> Int { Int(integer(column)) }
    func flag(_ column: Int) -> Bool { columns[column]?.first == UInt8(ascii: "t") }

    /// A bytea: `\x` and hex digits.
    func bytes(_ column: Int) -> [UInt8] {
        guard let hex = columns[column], hex.count >= 2 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: (hex.count - 2) / 2) { out, count in
            var at = 2
            while at + 1 < hex.count {
                out[count] = Self.digit(hex[at]) << 4 | Self.digit(hex[at + 1])
                count += 1
                at += 2
            }
        }
    }

    private static func digit(_ letter: UInt8) -> UInt8 { letter < 0x3A ? letter &- 0x30 : (letter | 0x20) &- 0x57 }

    /// An array of integers: `{1,2}`.
    func integers(_ column: Int) -> [Int64] {
        guard let text = columns[column], text.count > 2 else { return [] }
        return String(decoding: text.dropFirst().dropLast(), as: UTF8.self).split(separator: ",").compactMap { Int64($0) }
    }

    /// An uuid as a key.
    func key(_ column: Int) -> Key128Text { Key128Text(text(column)) }
}
