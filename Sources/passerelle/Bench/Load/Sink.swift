import Glibc
import Synchronization

/// A far end that takes everything, answers and counts: HTTP or MLLP, a plain thread a connection. One buffer a connection, no allocation a message.
final class Sink: Sendable {
    enum Kind: String, CaseIterable { case http, mllp }

    let kind: Kind
    let port: Int
    private let listening: Int32
    private let state = Mutex<(open: Set<Int32>, closed: Bool)>(([], false))
    private let taken = Atomic<Int>(0)
    private let remembers: Bool
    private let last = Mutex<[UInt8]>([])

    /// How many messages it answered.
    var count: Int { taken.load(ordering: .relaxed) }

    /// The last message it took, if it remembers.
    var lastMessage: String { last.withLock { String(decoding: $0, as: UTF8.self) } }

    /// Listens from now on; port 0: any.
    init(_ kind: Kind, port: Int = 0, remembers: Bool = false) throws {
        (self.kind, self.remembers) = (kind, remembers)
        (listening, self.port) = try Loopback.listen(port)
        guard Glibc.listen(listening, 1024) == 0 else { throw BenchFailure(text: "listen: errno \(errno)") }
        if let thread = Loopback.thread({ [self] in accept() }) { pthread_detach(thread) }
    }

    /// Closes the door and every connection.
    func close() {
        let open = state.withLock { state in
            state.closed = true
            return state.open
        }
        shutdown(listening, Int32(SHUT_RDWR))
        for one in open { shutdown(one, Int32(SHUT_RDWR)) }
    }

    /// What `senders: {name: …}` says of it, as YAML.
    func sender(connections: Int) -> String {
        switch kind {
        case .http: "{http: {url: \"http://127.0.0.1:\(port)/\", connections: \(connections), after_unknown: send_again}}"
        case .mllp: "{mllp: {host: 127.0.0.1, port: \(port), connections: \(connections)}}"
        }
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listening, nil, nil)
            if connection < 0 { break }
            Loopback.noDelay(connection)
            let isOpen = state.withLock { state in
                if !state.closed { state.open.insert(connection) }
                return !state.closed
            }
            guard isOpen, let thread = Loopback.thread({ [self] in serve(connection) }) else {
                Glibc.close(connection)
                continue
            }
            pthread_detach(thread)
        }
        Glibc.close(listening)
    }

    private func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var filled = 0
        while let now = Loopback.read(connection, &buffer, filled) {
            filled = now
            while let (used, answer) = kind == .http ? Self.request(buffer, filled) : Self.frame(buffer, filled) {
                guard Loopback.write(connection, answer) else { break }
                taken.add(1, ordering: .relaxed)
                if remembers { last.withLock { $0 = Array(buffer[..<used]) } }
                buffer.withUnsafeMutableBytes { bytes in if let base = bytes.baseAddress { memmove(base, base + used, filled - used) } }
                filled -= used
            }
            if filled == buffer.count { break }
        }
        state.withLock { _ = $0.open.remove(connection) }
        Glibc.close(connection)
    }

    /// The bytes of the first whole request with a Content-Length, and its answer.
    private static func request(_ buffer: [UInt8], _ filled: Int) -> (Int, [UInt8])? {
        guard let end = Loopback.find(headEnd, in: buffer, filled) else { return nil }
        var length = 0
        if let at = Loopback.find(lengthName, in: buffer, end) {
            for byte in buffer[(at + lengthName.count)..<end] {
                if byte == 0x20 { continue }
                guard (0x30...0x39).contains(byte) else { break }
                length = length * 10 + Int(byte - 0x30)
            }
        }
        let total = end + headEnd.count + length
        return total <= filled ? (total, created) : nil
    }

    /// The bytes of the first whole frame, and its acknowledgement.
    private static func frame(_ buffer: [UInt8], _ filled: Int) -> (Int, [UInt8])? {
        guard let end = Loopback.find(frameEnd, in: buffer, filled) else { return nil }
        var bars = 0, start = 0
        while start < end, bars < 9 {
            if buffer[start] == 0x7C { bars += 1 }
            start += 1
        }
        var stop = start
        while stop < end, buffer[stop] != 0x7C { stop += 1 }
        let id = buffer[start..<stop]
        return (end + frameEnd.count, ackHead + id + ackMiddle + id + ackTail)
    }

    private static let headEnd = Array("\r\n\r\n".utf8), lengthName = Array("Content-Length:".utf8)
    private static let created = Array("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}".utf8)
    private static let frameEnd: [UInt8] = [0x1C, 0x0D]
    private static let ackHead = [0x0B] + Array("MSH|^~\\&|SINK|SINK|||20260101000000||ACK|".utf8)
    private static let ackMiddle = Array("|P|2.5\rMSA|AA|".utf8), ackTail: [UInt8] = [0x0D, 0x1C, 0x0D]
}
