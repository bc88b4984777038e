/// The time by which things grow old. A wall clock that jumps by more than a day (a battery that died, a wrong year set by hand, a stop of some days) is
/// not believed at once: retention waits until it has stood by its word for a day of uptime, and a person is told.
struct KeepClock {
    enum Verdict: Equatable {
        case trusted(Instant)
        /// Nothing grows old meanwhile. `isNew`: said once.
        case doubted(isNew: Bool)
    }

    /// A jump below this is believed; above, the clock must stand by it for as long.
    static let doubt = Duration.seconds(86_400)

    /// The last trusted time, and the uptime (nanoseconds) then.
    private var noted: Instant?
    private var uptime: UInt64
    /// What the clock showed when it was first doubted, and the uptime then.
    private var doubted: (wall: Instant, uptime: UInt64)?

    /// A clock that goes on from the last time that was noted; nil: none ever was.
    init(noted: Instant?, uptime: UInt64) { (self.noted, self.uptime) = (noted, uptime) }

    mutating func look(wall: Instant, uptime now: UInt64) -> Verdict {
        guard let noted else { return trust(wall, now) }
        let expected = noted + Self.span(from: uptime, to: now)
        if Self.isNear(wall, expected) { return trust(max(wall, noted), now) }
        guard let since = doubted, Self.isNear(wall, since.wall + Self.span(from: since.uptime, to: now)) else {
            doubted = (wall, now)
            return .doubted(isNew: true)
        }
        if Self.span(from: since.uptime, to: now) >= Self.doubt { return trust(wall, now) }
        return .doubted(isNew: false)
    }

    private mutating func trust(_ time: Instant, _ now: UInt64) -> Verdict {
        (noted, uptime, doubted) = (time, now, nil)
        return .trusted(time)
    }

    private static func span(from: UInt64, to: UInt64) -> Duration { .nanoseconds(Int64(clamping: to >= from ? to - from : 0)) }

    private static func isNear(_ a: Instant, _ b: Instant) -> Bool { (a > b ? a - b : b - a) <= doubt }
}
