import Glibc
import Synchronization

/// A closed-loop MLLP load: each connection sends a message, waits for its ACK, sends the next. One plain thread a connection, blocking sockets.
struct LoadGenerator: Sendable {
    let port: Int
    let connections: Int
    let seconds: Double
    /// Messages cut around MSH-10: each is sent as head + a fresh control id + tail, framed.
    let templates: [Template]

    /// A message around its control id.
    struct Template: Sendable {
        let head: [UInt8], tail: [UInt8]

        /// Cuts a message (segments ended by CR) around MSH-10; nil if it has none.
        init?(_ message: [UInt8]) {
            var bars = 0
            guard
                let start = message.firstIndex(where: {
                    bars += $0 == UInt8(ascii: "|") ? 1 : 0; return bars == 9
                })
            else { return nil }
            guard let end = message[(start + 1)...].firstIndex(of: UInt8(ascii: "|")) else { return nil }
            head = [0x0B] + message[...start]
            tail = message[end...] + [0x1C, 0x0D]
        }
    }

    /// What was measured.
    struct Result: Sendable {
        var acknowledged = 0
        /// Not AA, or no answer.
        var failed = 0
        /// Round trips in microseconds, sorted.
        var latencies: [UInt32] = []
        var elapsed = 0.0
        /// The first answer that was not AA.
        var complaint: String?

        var rate: Double { elapsed > 0 ? Double(acknowledged) / elapsed : 0 }
        func percentile(_ p: Double) -> Double {
            latencies.isEmpty ? 0 : Double(latencies[min(latencies.count - 1, Int(Double(latencies.count) * p))]) / 1000
        }
    }

    private final class Gathered: Sendable {
        let result = Mutex(Result())
    }

    /// Runs the load; blocks the calling thread until it is over.
    func run(prefix: String) -> Result {
        let gathered = Gathered()
        let start = Self.now()
        let deadline = start + UInt64(seconds * 1e9)
        var threads: [pthread_t] = []
        for index in 0..<connections {
            if let thread = Self.spawn({ one(index, prefix, until: deadline, into: gathered) }) { threads.append(thread) }
        }
        for thread in threads { pthread_join(thread, nil) }
        return gathered.result.withLock { result in
            result.elapsed = Double(Self.now() - start) / 1e9
            result.latencies.sort()
            return result
        }
    }

    private func one(_ index: Int, _ prefix: String, until deadline: UInt64, into gathered: Gathered) {
        guard let descriptor = Self.connect(port) else {
            gathered.result.withLock { $0.failed += 1 }
            return
        }
        defer { close(descriptor) }
        var mine = Result()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var number = 0
        while true {
            let begun = Self.now()
            if begun >= deadline { break }
            let template = templates[(index + number * connections) % templates.count]
            let frame = template.head + Array("\(prefix)\(index)-\(number)".utf8) + template.tail
            number += 1
            guard Self.write(descriptor, frame), let accepted = Self.readAnswer(descriptor, &buffer) else {
                mine.failed += 1
                break
            }
            if accepted {
                mine.acknowledged += 1
            } else {
                mine.failed += 1
                if mine.complaint == nil { mine.complaint = String(decoding: buffer.prefix { $0 != 0x1C }, as: UTF8.self) }
            }
            mine.latencies.append(UInt32(truncatingIfNeeded: (Self.now() - begun) / 1000))
        }
        gathered.result.withLock { result in
            result.acknowledged += mine.acknowledged
            result.failed += mine.failed
            result.complaint = result.complaint ?? mine.complaint
            result.latencies.append(contentsOf: mine.latencies)
        }
    }

    /// Whether something listens on the port.
    static func answers(_ port: Int) -> Bool {
        guard let descriptor = connect(port) else { return false }
        close(descriptor)
        return true
    }

    private static func connect(_ port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func write(_ descriptor: Int32, _ frame: [UInt8]) -> Bool {
        var sent = 0
        while sent < frame.count {
            let n = frame.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, frame.count - sent, Int32(MSG_NOSIGNAL)) }
            guard n > 0 else { return false }
            sent += n
        }
        return true
    }

    /// True for AA, false for another answer, nil when the connection ended.
    private static func readAnswer(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Bool? {
        var filled = 0
        while filled < 2 || buffer[filled - 2] != 0x1C {
            let n = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled, 0) }
            guard n > 0 else { return nil }
            filled += n
            guard filled < buffer.count else { return nil }
        }
        let wanted = Array("\rMSA|AA|".utf8)
        for start in 0..<max(0, filled - wanted.count) where buffer[start] == 0x0D && buffer[start..<(start + wanted.count)].elementsEqual(wanted) {
            return true
        }
        return false
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private static func spawn(_ work: @escaping @Sendable () -> Void) -> pthread_t? {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Work(work))
        let made = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        guard made == 0 else {
            box.release()
            return nil
        }
        return thread
    }
}
