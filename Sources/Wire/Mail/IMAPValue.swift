/// A value in an IMAP response (RFC 9051 §4).
enum IMAPValue: Equatable, Sendable {
    /// An atom or number; a section such as `BODY[HEADER.FIELDS (DATE)]` is one atom.
    case atom(String)
    /// A quoted string or a literal.
    case string([UInt8])
    case list([IMAPValue])

    var text: String? {
        switch self {
        case .atom(let text): text
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .list: nil
        }
    }
    var number: UInt32? { text.flatMap { UInt32($0) } }
    var bytes: [UInt8]? {
        switch self {
        case .string(let bytes): bytes
        case .atom(let text) where text.uppercased() != "NIL": Array(text.utf8)
        default: nil
        }
    }
    var items: [IMAPValue] { if case .list(let items) = self { items } else { [] } }
}

/// Reads the values of one response: the text of its lines, and the literals between them.
struct IMAPReader {
    /// Text, and the literal after it (nil after the last text).
    let pieces: [(text: [UInt8], literal: [UInt8]?)]
    private var piece = 0
    private var position = 0

    init(_ pieces: [(text: [UInt8], literal: [UInt8]?)]) { self.pieces = pieces }

    private var byte: UInt8? { position < pieces[piece].text.count ? pieces[piece].text[position] : nil }

    /// Every value up to the end.
    mutating func values() throws(WireFailure) -> [IMAPValue] {
        guard !pieces.isEmpty else { return [] }
        return try values(until: nil, depth: 0)
    }

    private mutating func values(until end: UInt8?, depth: Int) throws(WireFailure) -> [IMAPValue] {
        guard depth < 32 else { throw WireFailure(.protocolViolation, "an IMAP response nested too deep") }
        var result: [IMAPValue] = []
        while true {
            guard let next = byte else {
                if let literal = pieces[piece].literal, piece + 1 < pieces.count {
                    result.append(.string(literal))
                    piece += 1
                    position = 0
                    continue
                }
                guard end == nil else { throw WireFailure(.protocolViolation, "an IMAP list without end") }
                return result
            }
            switch next {
            case 32: position += 1
            case 40:
                position += 1
                result.append(.list(try values(until: 41, depth: depth + 1)))
            case 41:
                position += 1
                guard end == 41 else { throw WireFailure(.protocolViolation, "a closing bracket too many in an IMAP response") }
                return result
            case 34: result.append(.string(try quoted()))
            default: result.append(.atom(atom()))
            }
        }
    }

    private mutating func quoted() throws(WireFailure) -> [UInt8] {
        position += 1
        var result: [UInt8] = []
        while let next = byte {
            position += 1
            if next == 34 { return result }
            if next == 92, let escaped = byte {
                position += 1
                result.append(escaped)
            } else {
                result.append(next)
            }
        }
        throw WireFailure(.protocolViolation, "an IMAP string without end")
    }

    private mutating func atom() -> String {
        var result: [UInt8] = []
        var brackets = 0
        while let next = byte, brackets > 0 || (next != 32 && next != 40 && next != 41) {
            if next == 91 { brackets += 1 }
            if next == 93 { brackets -= 1 }
            result.append(next)
            position += 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}
