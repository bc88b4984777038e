import Testing

@testable import Pipeline

@Suite("The clock by which things grow old")
struct KeepClockTests {
    private static let day: Int64 = 86_400_000
    private func at(_ days: Double) -> Instant { Instant(milliseconds: Int64(days * Double(Self.day))) }
    private func up(_ days: Double) -> UInt64 { UInt64(days * Double(Self.day)) * 1_000_000 }

    @Test("a clock that goes as time goes is trusted; so is a stop of less than a day, and a step back of an hour never makes it go back")
    func normal() {
        var clock = KeepClock(noted: nil, uptime: 0)
        #expect(clock.look(wall: at(100), uptime: 0) == .trusted(at(100)))
        #expect(clock.look(wall: at(101), uptime: up(1)) == .trusted(at(101)))
        #expect(clock.look(wall: at(100.96), uptime: up(1.001)) == .trusted(at(101)))
        var later = KeepClock(noted: at(101), uptime: up(50))
        #expect(later.look(wall: at(101.9), uptime: up(50)) == .trusted(at(101.9)))
    }

    @Test("a jump forward of more than a day waits, is told once, and is believed after a day in which the clock stood by it")
    func forward() {
        var clock = KeepClock(noted: at(100), uptime: 0)
        #expect(clock.look(wall: at(500), uptime: up(0.001)) == .doubted(isNew: true))
        #expect(clock.look(wall: at(500.5), uptime: up(0.5)) == .doubted(isNew: false))
        #expect(clock.look(wall: at(500.999), uptime: up(1.0)) == .doubted(isNew: false))
        #expect(clock.look(wall: at(501.01), uptime: up(1.011)) == .trusted(at(501.01)))
    }

    @Test("a clock that jumps and comes back has made nothing old; another jump meanwhile starts the wait again")
    func back() {
        var clock = KeepClock(noted: at(100), uptime: 0)
        #expect(clock.look(wall: at(5000), uptime: up(0.1)) == .doubted(isNew: true))
        #expect(clock.look(wall: at(9000), uptime: up(0.9)) == .doubted(isNew: true))
        #expect(clock.look(wall: at(9000.5), uptime: up(1.4)) == .doubted(isNew: false))
        #expect(clock.look(wall: at(101.5), uptime: up(1.5)) == .trusted(at(101.5)))
    }

    @Test("a clock that falls back by years waits too, and what it noted since counts from then")
    func yearsBack() {
        var clock = KeepClock(noted: at(5000), uptime: 0)
        #expect(clock.look(wall: at(100), uptime: 0) == .doubted(isNew: true))
        #expect(clock.look(wall: at(101.1), uptime: up(1.1)) == .trusted(at(101.1)))
    }
}
