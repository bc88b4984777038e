/// Where the values of a JSON text begin, and where it stops being JSON: the decoder tells keys, not lines.
struct JSONPlaces {
    /// Line and column, from 1.
    struct Place: CustomStringConvertible {
        let line: Int, column: Int
        var description: String { "\(line):\(column)" }
    }

    /// The first byte that cannot be; nil: the text is JSON.
    private(set) var fault: Place?
    private var starts: [String: Int] = [:]
    private let bytes: [UInt8]
    private var at = 0

    /// Reads a text.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        skip()
        guard value("", depth: 0) else {
            fault = place(at)
            return
        }
        skip()
        if at < bytes.count { fault = place(at) }
    }

    /// Where the value of a path (`dmp.tls`) begins; of the nearest that is there, when it is not.
    func place(of path: [String]) -> Place {
        var path = path
        while !path.isEmpty {
            if let start = starts[path.joined(separator: ".")] { return place(start) }
            path.removeLast()
        }
        return place(starts[""] ?? 0)
    }

    private func place(_ offset: Int) -> Place {
        let before = bytes[..<min(offset, bytes.count)]
        let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        // Columns count characters: continuation bytes of UTF-8 do not.
        return Place(line: before.count { $0 == 0x0A } + 1, column: before[start...].count { $0 & 0xC0 != 0x80 } + 1)
    }

    private mutating func skip() { while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 } }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// Reads one value; false: `at` is where it stops being one.
    private mutating func value(_ path: String, depth: Int) -> Bool {
        guard at < bytes.count, depth < 64 else { return false }
        starts[path] = at
        switch bytes[at] {
        case UInt8(ascii: "{"): return members(path, depth, named: true, end: UInt8(ascii: "}"))
        case UInt8(ascii: "["): return members(path, depth, named: false, end: UInt8(ascii: "]"))
        case UInt8(ascii: "\""): return string() != nil
        default: return scalar()
        }
    }

    private mutating func members(_ path: String, _ depth: Int, named: Bool, end: UInt8) -> Bool {
        at += 1
        skip()
        if take(end) { return true }
        var index = 0
        while true {
            var name = String(index)
            if named {
                guard let key = string() else { return false }
                name = key
                skip()
                guard take(UInt8(ascii: ":")) else { return false }
                skip()
            }
            guard value(path.isEmpty ? name : path + "." + name, depth: depth + 1) else { return false }
            skip()
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
            skip()
            index += 1
        }
    }

    private mutating func string() -> String? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
        let start = at + 1
        var next = start
        while next < bytes.count, bytes[next] != UInt8(ascii: "\""), bytes[next] >= 0x20 { next += bytes[next] == UInt8(ascii: "\\") ? 2 : 1 }
        guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else {
            at = min(next, bytes.count)
            return nil
        }
        at = next + 1
        return String(decoding: bytes[start..<next], as: UTF8.self)
    }

    /// `true`, `false`, `null` or a number.
    private mutating func scalar() -> Bool {
        let start = at
        var next = at
        while next < bytes.count, !" \t\r\n,]}:".utf8.contains(bytes[next]) { next += 1 }
        let word = String(decoding: bytes[start..<next], as: UTF8.self)
        guard ["true", "false", "null"].contains(word) || (Double(word) != nil && "-0123456789".utf8.contains(bytes[start])) else { return false }
        at = next
        return true
    }
}
