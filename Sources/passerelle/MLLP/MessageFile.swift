import FoundationEssentials
import HL7v2

/// The HL7 messages of a file: lines may end in CR, LF or CRLF, messages may be framed, and each begins with MSH.
struct MessageFile {
    let messages: [[UInt8]]

    /// Reads a file; nil when it cannot be read.
    init?(path: String) {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        self.init(Array(data))
    }

    /// Splits bytes into messages with CR at the end of each segment. What stands before the first MSH is a message too: it is sent as it is.
    init(_ bytes: [UInt8]) {
        let start = Array("MSH".utf8)
        var messages: [[UInt8]] = []
        var current: [UInt8] = []
        for line in Self.lines(bytes) {
            if line.starts(with: start), !current.isEmpty {
                messages.append(current)
                current = []
            }
            current += line
            current.append(0x0D)
        }
        if !current.isEmpty { messages.append(current) }
        self.messages = messages
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let marks: Set<UInt8> = [0x0B, 0x1C]  // frame marks of a captured exchange
        return bytes.split(whereSeparator: { $0 == 0x0D || $0 == 0x0A || marks.contains($0) })
            .map { $0.starts(with: [0xEF, 0xBB, 0xBF]) ? $0.dropFirst(3) : $0 }
    }

    /// A message under another control id; the message itself when it is no HL7 or the id does not fit.
    static func renamed(_ bytes: [UInt8], to controlID: String) -> [UInt8] {
        guard let message = try? HL7Message(bytes), let renamed = try? message.setting("MSH-10", to: controlID) else { return bytes }
        return renamed.bytes
    }
}
