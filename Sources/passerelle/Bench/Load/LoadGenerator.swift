import Glibc
import Synchronization

/// An MLLP load: one plain thread a connection, blocking sockets. Closed loop: each connection sends a message, waits for its ACK, sends the
/// next. Open loop (`rate`): messages are due at fixed times, and the time to the ACK counts from when a message was due, not from when it
/// could leave.
struct LoadGenerator: Sendable {
    let port: Int
    let connections: Int
    /// The end, by time or by count, whichever comes first.
    var seconds = 3600.0
    var messages = Int.max
    /// Messages a second over all connections; nil: closed loop.
    var rate: Double?
    /// Messages cut around MSH-10: each is sent as head + a fresh control id + tail, framed.
    let templates: [Template]

    /// A message around its control id.
    struct Template: Sendable {
        let head: [UInt8], tail: [UInt8]
        var count: Int { head.count + tail.count }

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
        /// Bytes of the messages that were acknowledged.
        var bytes = 0
        /// Times to the ACK in microseconds, sorted.
        var latencies: [UInt32] = []
        var elapsed = 0.0
        /// The first answer that was not AA.
        var complaint: String?

        var rate: Double { elapsed > 0 ? Double(acknowledged) / elapsed : 0 }
        /// Milliseconds.
        func percentile(_ p: Double) -> Double {
            latencies.isEmpty ? 0 : Double(latencies[min(latencies.count - 1, Int(Double(latencies.count) * p))]) / 1000
        }
    }

    private final class Gathered: Sendable {
        let result = Mutex(Result())
        let begun = Atomic<Int>(0)
    }

    /// Runs the load; blocks the calling thread until it is over.
    func run(prefix: String) -> Result {
        let gathered = Gathered()
        let start = Uptime.now
        let deadline = start + UInt64(seconds * 1e9)
        var threads: [pthread_t] = []
        for index in 0..<connections {
            if let thread = Loopback.thread({ one(index, prefix, start, until: deadline, into: gathered) }) { threads.append(thread) }
        }
        for thread in threads { pthread_join(thread, nil) }
        return gathered.result.withLock { result in
            result.elapsed = Double(Uptime.now - start) / 1e9
            result.latencies.sort()
            return result
        }
    }

    private func one(_ index: Int, _ prefix: String, _ start: UInt64, until deadline: UInt64, into gathered: Gathered) {
        guard let descriptor = Loopback.connect(port) else {
            gathered.result.withLock { $0.failed += 1 }
            return
        }
        defer { close(descriptor) }
        var mine = Result()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var number = 0
        while gathered.begun.add(1, ordering: .relaxed).oldValue < messages {
            guard let due = wait(index, number, start, until: deadline) else { break }
            let template = templates[(index + number * connections) % templates.count]
            let frame = template.head + Array("\(prefix)\(index)-\(number)".utf8) + template.tail
            number += 1
            guard Loopback.write(descriptor, frame), let accepted = Self.readAnswer(descriptor, &buffer) else {
                mine.failed += 1
                break
            }
            if accepted {
                mine.acknowledged += 1
                mine.bytes += frame.count
            } else {
                mine.failed += 1
                if mine.complaint == nil { mine.complaint = String(decoding: buffer.prefix { $0 != 0x1C }, as: UTF8.self) }
            }
            mine.latencies.append(UInt32(clamping: (Uptime.now - due) / 1000))
        }
        gathered.result.withLock { result in
            result.acknowledged += mine.acknowledged
            result.failed += mine.failed
            result.bytes += mine.bytes
            result.complaint = result.complaint ?? mine.complaint
            result.latencies.append(contentsOf: mine.latencies)
        }
    }

    /// When the next message of a connection is due, once that time has come; nil when the load is over.
    private func wait(_ index: Int, _ number: Int, _ start: UInt64, until deadline: UInt64) -> UInt64? {
        guard let rate else {
            let now = Uptime.now
            return now < deadline ? now : nil
        }
        let due = start + UInt64(1e9 / rate * Double(index + number * connections))
        guard due < deadline else { return nil }
        var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
        while clock_nanosleep(CLOCK_MONOTONIC, Int32(TIMER_ABSTIME), &time, nil) == EINTR {}
        return due
    }

    /// True for AA, false for another answer, nil when the connection ended.
    private static func readAnswer(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Bool? {
        var filled = 0
        while filled < 2 || buffer[filled - 2] != 0x1C {
            guard filled < buffer.count, let now = Loopback.read(descriptor, &buffer, filled) else { return nil }
            filled = now
        }
        return Loopback.find(accepted, in: buffer, filled) != nil
    }

    private static let accepted = Array("\rMSA|AA|".utf8)
}
