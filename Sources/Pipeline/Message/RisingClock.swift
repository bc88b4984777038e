/// The wall clock, followed forward only: when it steps back, the time that passes is added to what it showed before.
package struct RisingClock: Sendable {
    private var shown: Instant?
    private var uptime: UInt64 = 0

    /// A clock that has shown nothing yet.
    package init() {}

    /// What it shows, given the wall clock and the time since the machine's start (nanoseconds).
    package mutating func look(_ wall: Instant, _ now: UInt64) -> Instant {
        guard let last = shown else {
            (shown, uptime) = (wall, now)
            return wall
        }
        let passed = now > uptime ? Int64((now - uptime) / 1_000_000) : 0
        let gone = Instant(milliseconds: last.milliseconds + passed)
        guard wall >= gone else { return gone }
        (shown, uptime) = (wall, now)
        return wall
    }
}
