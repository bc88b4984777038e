import Pipeline

/// The clock of one process: the world's, until the process dies. A sleeper sleeps for a length of time, as on a real system: a step of the clock
/// neither wakes nor keeps it.
// @unchecked: a world runs on one thread.
final class LifeClock: Timekeeper, @unchecked Sendable {
    private struct Sleeper {
        let at: Int
        let continuation: CheckedContinuation<Void, Never>
    }
    private let world: WorldClock
    private var sleepers: [Sleeper] = []
    private var isDead = false
    private var ticks = 0
    private var rise: RisingClock

    /// A clock that never goes back behind what it showed when the journal was opened.
    init(_ world: WorldClock) { (self.world, rise) = (world, world.opened) }

    /// For a dead process time flies: whatever waits for a deadline is past it.
    var now: Instant {
        guard isDead else { return world.now }
        ticks += 1
        return world.now + .seconds(3600 * ticks)
    }
    var uptime: UInt64 { world.uptime }
    var rising: Instant { isDead ? now : rise.look(world.now, world.uptime) }

    func sleep(until deadline: Instant) async {
        let rest = deadline - now
        guard !isDead, rest > .zero else { return }
        let (seconds, attoseconds) = rest.components
        let at = world.elapsed + Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
        await withCheckedContinuation { sleepers.append(Sleeper(at: at, continuation: $0)) }
    }

    /// When the first sleeper wakes.
    var next: Int? { sleepers.map(\.at).min() }

    /// Wakes who slept until now.
    func wake() {
        let woken = sleepers.filter { $0.at <= world.elapsed }
        if woken.isEmpty { return }
        sleepers.removeAll { $0.at <= world.elapsed }
        for sleeper in woken { sleeper.continuation.resume() }
    }

    func die() {
        isDead = true
        let all = sleepers
        sleepers = []
        for sleeper in all { sleeper.continuation.resume() }
    }
}

/// The time of the world, and what its wall clock shows.
// @unchecked: a world runs on one thread.
final class WorldClock: Timekeeper, @unchecked Sendable {
    /// Milliseconds since the beginning.
    var elapsed = 0
    /// How far the wall clock was moved.
    var step = 0
    /// As a process sees time that opened its journal when it was last noted.
    private(set) var opened = RisingClock()

    func noteOpening() {
        opened = RisingClock()
        _ = opened.look(now, uptime)
    }

    var now: Instant { Instant(milliseconds: 1_767_225_600_000 + Int64(elapsed + step)) }
    var uptime: UInt64 { UInt64(elapsed) * 1_000_000 }
    func sleep(until deadline: Instant) async {}
}
