import Pipeline
import Testing

@Suite("A clock that is followed forward only")
struct RisingClockTests {
    @Test("as the wall clock goes; after a step back it goes on by the time that passes, and falls in again when the wall clock has caught up")
    func steps() {
        var clock = RisingClock()
        func look(_ wall: Int64, _ uptime: UInt64) -> Int64 { clock.look(Instant(milliseconds: wall), uptime * 1_000_000).milliseconds }
        #expect(look(1_000_000, 50) == 1_000_000)
        #expect(look(1_000_100, 150) == 1_000_100)
        #expect(look(87_400_100, 150) == 87_400_100, "a step forward is believed")
        #expect(look(1_000_200, 250) == 87_400_200, "a step back is not: 100 ms have passed")
        #expect(look(1_000_150, 200) == 87_400_150, "asked by two at once, in the wrong order")
        #expect(look(1_010_200, 10_250) == 87_410_200)
        #expect(look(90_000_000, 10_250) == 90_000_000)
    }
}
