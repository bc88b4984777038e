import Glibc
import Pipeline

/// The clocks of the machine.
struct SystemTime: Timekeeper {
    var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    var uptime: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    func sleep(until deadline: Instant) async {
        let rest = deadline - now
        if rest > .zero { try? await Task.sleep(for: rest) }  // thrown on cancellation only: an early return is the contract
    }
}

/// The chance of the machine.
struct SystemChance: Randomness {
    func next() -> UInt64 { UInt64.random(in: 0 ... .max) }
}
