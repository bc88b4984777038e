import Glibc
import Pipeline
import Synchronization

/// The clocks of the machine.
struct SystemTime: Timekeeper {
    var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    var rising: Instant { Self.risen.withLock { $0.look(now, uptime) } }

    /// One for the process: whoever asks sees the same time.
    private static let risen = Mutex(RisingClock())

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

/// The chance of the machine, fetched 32 numbers at a time: ids of messages and the jitter of retries need three a message.
final class SystemChance: Randomness {
    private let numbers = Mutex<[UInt64]>([])

    func next() -> UInt64 {
        numbers.withLock { numbers in
            if numbers.isEmpty { numbers = Self.fetch() }
            return numbers.removeLast()
        }
    }

    private static func fetch() -> [UInt64] {
        var fresh = [UInt64](repeating: 0, count: 32)
        let got = fresh.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
        return got == 0 ? fresh : [UInt64.random(in: 0 ... .max)]
    }
}
