import HL7v2
import Testing

@Suite struct TimeTests {
    @Test(
        "Precision and offset of the original are kept",
        arguments: [
            "2026", "202601", "20260115", "2026011510", "202601151030", "20260115103012", "20260115103012.1230", "20260115103012+0100", "20240229",
            "20260115103012.5000-0330",
        ])
    func keeps(time: String) {
        #expect(HL7Time(time)?.text == time)
    }

    @Test(
        "What is no time is nil",
        arguments: [
            "", "2", "20261", "20261301", "20260230", "20230229", "2026010124", "202601011060", "20260101103060", "abcd", "20260101+1", "2026-01-01",
            "20260101103012.",
            "20260101103012.12345", "00000101", "+0100", "20260101103012+9900",
        ])
    func refused(time: String) {
        #expect(HL7Time(time) == nil)
    }

    @Test("Civil arithmetic is right over four centuries and both ways")
    func arithmetic() {
        #expect(HL7Time("19700101000000+0000")?.milliseconds() == 0)
        #expect(HL7Time("20260115103012+0100")?.milliseconds() == 1_768_469_412_000)
        #expect(HL7Time(milliseconds: 1_768_469_412_123, offset: 60, precision: .fraction).text == "20260115103012.1230+0100")
        #expect(HL7Time(milliseconds: -1, statesOffset: false).text == "19691231235959")
        var day = (year: 1899, month: 12, day: 31)
        for days in HL7Time.days(1900, 1, 1)...HL7Time.days(2300, 1, 1) {
            let next = HL7Time.civil(days: days)
            let follows = next.day == day.day + 1 && next.month == day.month || next.day == 1 && day.day == HL7Time.days(in: day.month, of: day.year)
            guard follows, HL7Time.days(next.year, next.month, next.day) == days else {
                Issue.record("day \(days)")
                return
            }
            day = next
        }
    }
}
