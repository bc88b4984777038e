/// A CDA time (`TS`): what its digits say, with their precision and the offset given with them.
///
/// The precision is kept: a date stays a date when it is written for XDS.
package struct CDATime: Sendable, Hashable {
    /// As written.
    package let year: Int
    /// Nil when the source stops before.
    package let month: Int?
    /// Nil when the source stops before.
    package let day: Int?
    /// Nil when the source stops before.
    package let hour: Int?
    /// Nil when the source stops before.
    package let minute: Int?
    /// Nil when the source stops before; fractions are dropped.
    package let second: Int?
    /// Minutes east of UTC; nil when the source gives none.
    package let offset: Int?

    /// Which offset a time without one has.
    package enum Zone: Sendable {
        case utc
        /// Metropolitan legal time: UTC+1, UTC+2 from the last Sunday of March to the last of October, at 01:00 UTC.
        case metropolitanFrance
    }

    /// Reads `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ]` (HL7 V3 `TS`); nil for anything else.
    package init?(_ text: String) {
        var digits: [Int] = []
        var rest = Substring(text).utf8
        while let byte = rest.first, byte >= 0x30, byte <= 0x39 {
            digits.append(Int(byte) - 0x30)
            rest = rest.dropFirst()
        }
        guard [4, 6, 8, 10, 12, 14].contains(digits.count) else { return nil }
        if rest.first == UInt8(ascii: ".") {
            guard digits.count == 14 else { return nil }
            rest = rest.dropFirst()
            guard let byte = rest.first, byte >= 0x30, byte <= 0x39 else { return nil }
            while let byte = rest.first, byte >= 0x30, byte <= 0x39 { rest = rest.dropFirst() }
        }
        var east: Int?
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            let zone = rest.dropFirst().map { Int($0) - 0x30 }
            guard zone.count == 4, zone.allSatisfy({ (0...9).contains($0) }) else { return nil }
            let minutes = (zone[0] * 10 + zone[1]) * 60 + zone[2] * 10 + zone[3]
            guard minutes <= 14 * 60, zone[2] < 6 else { return nil }
            east = sign == UInt8(ascii: "+") ? minutes : -minutes
            rest = rest.dropFirst(5)
        }
        guard rest.isEmpty else { return nil }
        func pair(_ at: Int) -> Int? { digits.count >= at + 2 ? digits[at] * 10 + digits[at + 1] : nil }
        self.init(
            year: digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3],
            month: pair(4), day: pair(6), hour: pair(8), minute: pair(10), second: pair(12), offset: east)
    }

    private init?(year: Int, month: Int?, day: Int?, hour: Int?, minute: Int?, second: Int?, offset: Int?) {
        guard year > 0, (1...12).contains(month ?? 1), (0...23).contains(hour ?? 0), (0...59).contains(minute ?? 0),
            (0...60).contains(second ?? 0), (1...Civil.days(in: month ?? 1, of: year)).contains(day ?? 1)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.offset = offset
    }

    /// As XDS wants it (IHE ITI TF-3 §4.2.3.1.7 `DTM`): UTC, no offset, as many digits as the source gave. A time without
    /// offset is taken in `zone`. Years, months and days are not moved: they are not instants.
    package func utc(assuming zone: Zone) -> String {
        guard let month, let day, let hour else {
            return Civil.digits(year, 4) + (month.map { Civil.digits($0, 2) } ?? "") + (day.map { Civil.digits($0, 2) } ?? "")
        }
        var minutes = (Civil.day(year, month, day) * 24 + hour) * 60 + (minute ?? 0)
        minutes -= offset ?? (zone == .utc ? 0 : Civil.metropolitanOffset(minutes))
        let moved = Civil.date(ofDay: Int((Double(minutes) / 1440).rounded(.down)))
        let ofDay = ((minutes % 1440) + 1440) % 1440
        var out = Civil.digits(moved.year, 4) + Civil.digits(moved.month, 2) + Civil.digits(moved.day, 2)
        out += Civil.digits(ofDay / 60, 2)
        // An offset that is no whole number of hours gives minutes that the source did not write.
        if minute != nil || ofDay % 60 != 0 { out += Civil.digits(ofDay % 60, 2) }
        if let second { out += Civil.digits(min(second, 59), 2) }
        return out
    }

    /// The calendar day as written by the source, `YYYYMMDD`; shorter when it gives less.
    package var date: String {
        Civil.digits(year, 4) + (month.map { Civil.digits($0, 2) } ?? "") + (day.map { Civil.digits($0, 2) } ?? "")
    }
}

/// Civil calendar arithmetic in integers, proleptic Gregorian.
package enum Civil {
    /// Days since 1970-01-01.
    package static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let ofEra = y - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    /// The date of a day counted from 1970-01-01.
    package static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let z = day + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let ofEra = z - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }

    /// UTC `YYYYMMDDHHMMSS` of an instant in seconds since 1970.
    package static func stamp(_ seconds: Int64) -> String {
        let days = Int((Double(seconds) / 86_400).rounded(.down))
        let date = date(ofDay: days)
        let rest = Int(seconds) - days * 86_400
        return digits(date.year, 4) + digits(date.month, 2) + digits(date.day, 2) + digits(rest / 3600, 2)
            + digits(rest / 60 % 60, 2) + digits(rest % 60, 2)
    }

    /// UTC `YYYY-MM-DDTHH:MM:SS` (+ `.mmm`) and `Z` of an instant in milliseconds since 1970.
    package static func iso(milliseconds: Int64, fraction: Bool) -> String {
        let seconds = Int64((Double(milliseconds) / 1000).rounded(.down))
        let text = Array(stamp(seconds))
        let date = "\(String(text[0..<4]))-\(String(text[4..<6]))-\(String(text[6..<8]))"
        let time = "\(String(text[8..<10])):\(String(text[10..<12])):\(String(text[12..<14]))"
        return "\(date)T\(time)\(fraction ? "." + digits(Int(milliseconds - seconds * 1000), 3) : "")Z"
    }

    static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    static func digits(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// Offset in minutes of metropolitan France for a local time in minutes since 1970-01-01T00:00 local
    /// (directive 2000/84/EC; the repeated hour of autumn counts as summer time).
    static func metropolitanOffset(_ local: Int) -> Int {
        let year = date(ofDay: Int((Double(local) / 1440).rounded(.down))).year
        let start = lastSunday(of: 3, year) * 1440 + 120
        let end = lastSunday(of: 10, year) * 1440 + 180
        return local >= start && local < end ? 120 : 60
    }

    private static func lastSunday(of month: Int, _ year: Int) -> Int {
        let last = day(year, month, 31)
        // 1970-01-01 was a Thursday: day + 4 counts from a Sunday.
        return last - ((last + 4) % 7 + 7) % 7
    }
}
