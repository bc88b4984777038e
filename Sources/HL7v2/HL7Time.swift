/// A point in time as HL7 writes it (TS/DTM, HL7 v2.5 2.A.22): `YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ]`. Keeps the precision and the
/// offset of the original: `2026` is not `20260101000000`.
package struct HL7Time: Sendable, Hashable {
    /// The smallest part that is stated.
    package enum Precision: Int, Sendable, Comparable {
        case year = 4
        case month = 6
        case day = 8
        case hour = 10
        case minute = 12
        case second = 14
        /// Tenths of milliseconds.
        case fraction = 15

        package static func < (a: Precision, b: Precision) -> Bool { a.rawValue < b.rawValue }
    }

    /// Year, 1 to 9999.
    package let year: Int
    /// 1 to 12.
    package let month: Int
    /// 1 to 31.
    package let day: Int
    /// 0 to 23.
    package let hour: Int
    /// 0 to 59.
    package let minute: Int
    /// 0 to 59.
    package let second: Int
    /// Ten-thousandths of a second.
    package let fraction: Int
    /// Minutes east of UTC; nil when not stated.
    package let offset: Int?
    /// The smallest part that is stated.
    package let precision: Precision

    /// Reads a text; blanks around it are forgiven. Nil when it is not a time, or a day that does not exist.
    package init?(_ text: String) {
        var digits = Substring(text)
        while digits.first == " " { digits.removeFirst() }
        while digits.last == " " { digits.removeLast() }
        var offset: Int?
        if let sign = digits.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            guard let minutes = HL7Time.offset(digits[sign...]) else { return nil }
            offset = minutes
            digits = digits[..<sign]
        }
        var fraction = 0
        var hasFraction = false
        if let dot = digits.firstIndex(of: ".") {
            let part = digits[digits.index(after: dot)...]
            guard (1...4).contains(part.utf8.count), let value = HL7Time.number(part) else { return nil }
            fraction = value * [1000, 100, 10, 1][part.utf8.count - 1]
            hasFraction = true
            digits = digits[..<dot]
            guard digits.utf8.count == 14 else { return nil }
        }
        guard digits.utf8.count <= 14, let stated = Precision(rawValue: digits.utf8.count) else { return nil }
        var parts = [0, 1, 1, 0, 0, 0]
        var rest = digits
        for (place, width) in [4, 2, 2, 2, 2, 2].enumerated() where !rest.isEmpty {
            guard let value = HL7Time.number(rest.prefix(width)) else { return nil }
            parts[place] = value
            rest = rest.dropFirst(width)
        }
        guard parts[0] >= 1, (1...12).contains(parts[1]), (1...HL7Time.days(in: parts[1], of: parts[0])).contains(parts[2]), parts[3] < 24,
            parts[4] < 60, parts[5] < 60
        else { return nil }
        (year, month, day, hour, minute, second) = (parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])
        self.fraction = fraction
        self.offset = offset
        precision = hasFraction ? .fraction : stated
    }

    /// The civil time of an instant (milliseconds since 1970 UTC) at an offset (minutes east of UTC). `statesOffset` false leaves the
    /// offset out when written.
    package init(milliseconds: Int64, offset: Int = 0, precision: Precision = .second, statesOffset: Bool = true) {
        let local = milliseconds + Int64(offset) * 60_000
        let (days, rest) = HL7Time.divide(local, 86_400_000)
        (year, month, day) = HL7Time.civil(days: Int(days))
        hour = Int(rest / 3_600_000)
        minute = Int(rest / 60_000 % 60)
        second = Int(rest / 1000 % 60)
        fraction = Int(rest % 1000) * 10
        self.offset = statesOffset ? offset : nil
        self.precision = precision
    }

    /// Milliseconds since 1970 UTC of its beginning; `assuming` (minutes east of UTC) where no offset is stated.
    package func milliseconds(assuming offset: Int = 0) -> Int64 {
        let days = Int64(HL7Time.days(year, month, day))
        let seconds = days * 86_400 + Int64(hour * 3600 + minute * 60 + second) - Int64(self.offset ?? offset) * 60
        return seconds * 1000 + Int64(fraction / 10)
    }

    /// As HL7 writes it, with its own precision and offset.
    package var text: String { text(to: precision) }

    /// As HL7 writes it, cut to a precision. The offset is written from hours on.
    package func text(to precision: Precision) -> String {
        let cut = min(precision, self.precision)
        var out = [UInt8]()
        HL7Time.append(year, 4, to: &out)
        for (value, level) in [(month, Precision.month), (day, .day), (hour, .hour), (minute, .minute), (second, .second)] where level <= cut {
            HL7Time.append(value, 2, to: &out)
        }
        if cut == .fraction {
            out.append(UInt8(ascii: "."))
            HL7Time.append(fraction, 4, to: &out)
        }
        if let offset, cut >= .hour {
            out.append(UInt8(ascii: offset < 0 ? "-" : "+"))
            HL7Time.append(abs(offset) / 60, 2, to: &out)
            HL7Time.append(abs(offset) % 60, 2, to: &out)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func append(_ value: Int, _ width: Int, to out: inout [UInt8]) {
        var divisor = width == 4 ? 1000 : 10
        while divisor > 0 {
            out.append(UInt8(0x30 + value / divisor % 10))
            divisor /= 10
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func offset(_ text: Substring) -> Int? {
        let digits = text.dropFirst()
        guard digits.utf8.count == 4, let hours = number(digits.prefix(2)), let minutes = number(digits.suffix(2)), hours <= 14, minutes < 60
        else { return nil }
        return (text.first == "-" ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func divide(_ value: Int64, _ by: Int64) -> (Int64, Int64) {
        let rest = ((value % by) + by) % by
        return ((value - rest) / by, rest)
    }

    /// Days of a month.
    package static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar; years count from March so that leap days come last.
    package static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The day of the Gregorian calendar, days after 1970-01-01.
    package static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
