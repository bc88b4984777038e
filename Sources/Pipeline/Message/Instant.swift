/// A moment: milliseconds since 1970-01-01 UTC. Order never depends on it; `Seq` is the order.
package struct Instant: Sendable, Hashable, Comparable, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int64

    /// A moment from milliseconds since 1970.
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    /// The moment `duration` later; fractions of a millisecond are dropped.
    package static func + (a: Instant, duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        return Instant(milliseconds: a.milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// The time from `b` to `a`.
    package static func - (a: Instant, b: Instant) -> Duration { .milliseconds(a.milliseconds - b.milliseconds) }
}

/// Where the engine takes its time from, so that a simulation can turn the hands.
package protocol Timekeeper: Sendable {
    /// The wall clock.
    var now: Instant { get }
    /// The wall clock, but for its steps back: it goes on from where it was. Waits and rates are measured on it, or a step back by a day would put
    /// off by a day whatever waits.
    var rising: Instant { get }
    /// A clock that only rises, in nanoseconds: for leases and latencies.
    var uptime: UInt64 { get }
    /// Sleeps until `deadline`; returns early when the task is cancelled.
    func sleep(until deadline: Instant) async
}

extension Timekeeper {
    /// Of a clock that never steps back.
    package var rising: Instant { now }
}

/// Where the engine takes its chance from.
package protocol Randomness: Sendable {
    /// 64 random bits.
    func next() -> UInt64
}

/// What the pipeline needs of cryptography; handed in, since Pipeline imports no C.
package struct Digester: Sendable {
    /// SHA-256 of the bytes, 32 bytes.
    package let sha256: @Sendable ([UInt8]) -> [UInt8]

    /// A digester from its one function.
    package init(sha256: @escaping @Sendable ([UInt8]) -> [UInt8]) { self.sha256 = sha256 }
}
