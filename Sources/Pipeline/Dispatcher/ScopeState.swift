/// What holds a far end back: its rate, its rest after failures, a halt. One scope is a structure at the DMP, a mailbox, an MLLP endpoint.
struct ScopeState {
    /// Deliveries a second; nil: no limit.
    let rate: Double?
    private var tokens: Double
    private var filled: Instant
    /// Consecutive attempts that found the far end away.
    private(set) var failures = 0
    private(set) var restsUntil: Instant?
    private(set) var halted: Reason?
    /// While it rests, one delivery at a time probes it, each time the head of another lane: a lane that failed goes to the end of the line.
    private var probe: DeliveryID?

    init(rate: Double?, now: Instant) {
        self.rate = rate
        tokens = Self.burst(rate ?? 0)
        filled = now
    }

    /// A tenth of a second's worth at once, at least one: no second sees more than the rate.
    private static func burst(_ rate: Double) -> Double { max(rate / 10, 1) }

    /// Whether a delivery may start now; takes a rate token if so.
    mutating func take(now: Instant, by id: DeliveryID) -> Bool {
        if halted != nil { return false }
        if failures > 0 {
            guard probe == nil, now >= restsUntil ?? now else { return false }
        }
        if let rate {
            let elapsed = (now - filled).components
            tokens = min(Self.burst(rate), tokens + (Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18) * rate)
            filled = now
            guard tokens >= 1 else { return false }
            tokens -= 1
        }
        if failures > 0 { probe = id }
        return true
    }

    /// The journal did not let it start: gives the token back.
    mutating func giveBack(by id: DeliveryID) {
        if rate != nil { tokens += 1 }
        if probe == id { probe = nil }
    }

    /// An attempt ended; `away` tells that the far end was not there.
    mutating func ended(_ id: DeliveryID, away: Bool, now: Instant, policy: RetryPolicy, chance: UInt64) {
        let isProbe = probe == id
        if isProbe { probe = nil }
        guard away else {
            (failures, restsUntil, probe) = (0, nil, nil)
            return
        }
        // Those that were under way when it went away are one failure together, or the first rest would be as long as the tenth.
        guard failures == 0 || isProbe else { return }
        failures += 1
        restsUntil = now + policy.pause(after: failures, chance: chance)
    }

    mutating func halt(_ reason: Reason) {
        probe = nil
        halted = reason
    }

    mutating func resume() {
        halted = nil
        failures = 0
        restsUntil = nil
        probe = nil
    }
}
