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
    /// While it rests, one delivery at a time probes it.
    private var probing = false

    init(rate: Double?, now: Instant) {
        self.rate = rate
        tokens = Self.burst(rate ?? 0)
        filled = now
    }

    /// A tenth of a second's worth at once, at least one: no second sees more than the rate.
    private static func burst(_ rate: Double) -> Double { max(rate / 10, 1) }

    /// Whether a delivery may start now; takes a rate token if so.
    mutating func take(now: Instant) -> Bool {
        if halted != nil { return false }
        if failures > 0 {
            guard !probing, now >= restsUntil ?? now else { return false }
        }
        if let rate {
            let elapsed = (now - filled).components
            tokens = min(Self.burst(rate), tokens + (Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18) * rate)
            filled = now
            guard tokens >= 1 else { return false }
            tokens -= 1
        }
        if failures > 0 { probing = true }
        return true
    }

    /// The journal did not let it start: gives the token back.
    mutating func giveBack() {
        if rate != nil { tokens += 1 }
        probing = false
    }

    /// An attempt ended; `away` tells that the far end was not there.
    mutating func ended(away: Bool, now: Instant, policy: RetryPolicy, chance: UInt64) {
        probing = false
        guard away else {
            failures = 0
            restsUntil = nil
            return
        }
        failures += 1
        restsUntil = now + policy.pause(after: failures, chance: chance)
    }

    mutating func halt(_ reason: Reason) {
        probing = false
        halted = reason
    }

    mutating func resume() {
        halted = nil
        failures = 0
        restsUntil = nil
        probing = false
    }
}
