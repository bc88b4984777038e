import Pipeline

/// Reads the rows of a damaged table: forward as far as it goes, backward from the end, then the middle of what is left, and so on. A page that
/// cannot be read costs the rows on it, not those behind.
struct RangeScan {
    private let connection: Connection
    private let key: String, forward: Statement, backward: Statement
    /// Questions that may still be asked: a table whose root is gone is given up, not asked for ever.
    private var budget = 20_000
    /// Of these, how many in a row found nothing to read: behind the last sound page every question fails.
    private var failures = 0
    private static let patience = 1000
    /// Ranges of keys that could not be read.
    private(set) var lost: [ClosedRange<Int64>] = []

    init(_ connection: Connection, table: String, key: String, columns: [String]) throws(JournalError) {
        (self.connection, self.key) = (connection, key)
        let all = ([key] + columns).joined(separator: ", ")
        forward = try Statement(connection, "SELECT \(all) FROM \(table) NOT INDEXED WHERE \(key) >= ?1 AND \(key) <= ?2 ORDER BY \(key) ASC")
        backward = try Statement(connection, "SELECT \(all) FROM \(table) NOT INDEXED WHERE \(key) >= ?1 AND \(key) <= ?2 ORDER BY \(key) DESC")
    }

    /// Hands each row over once, in no order; the key is column 0, and never below 0.
    mutating func rows(_ take: (Statement) throws(JournalError) -> Void) throws(JournalError) {
        try scan(0, Int64.max, take)
        lost = Self.joined(lost)
    }

    private mutating func scan(_ low: Int64, _ high: Int64, _ take: (Statement) throws(JournalError) -> Void) throws(JournalError) {
        guard low <= high, budget > 0, failures < Self.patience else {
            if low <= high { lost.append(low...high) }
            return
        }
        var first = low, last = high
        guard let read = try run(first, last, isForward: true, take) else { return }
        if let read { first = read < Int64.max ? read + 1 : read }
        guard first <= last, let back = try run(first, last, isForward: false, take) else { return }
        if let back { last = back - 1 }
        guard first <= last else { return }
        if first == last { return lost.append(first...last) }
        let middle = first + (last - first) / 2
        try scan(first, middle, take)
        try scan(middle + 1, last, take)
    }

    /// Rows of a range from one end: nil when all of it was read, else the last key that was (nil: none).
    private mutating func run(_ low: Int64, _ high: Int64, isForward: Bool, _ take: (Statement) throws(JournalError) -> Void) throws(JournalError) -> Int64?? {
        budget -= 1
        var last: Int64?
        do throws(JournalError) {
            let statement = isForward ? forward : backward
            defer { statement.reset() }
            statement.bind(1, low).bind(2, high)
            while try statement.step() {
                let now = statement.integer(0)
                // Keys out of order: the page is not what it should be.
                if let last, isForward ? now < last : now > last { return .some(last) }
                last = now
                try take(statement)
            }
            return nil
        } catch {
            guard error.isDamage else { throw error }
            failures = last == nil ? failures + 1 : 0
            return .some(last)
        }
    }

    private static func joined(_ ranges: [ClosedRange<Int64>]) -> [ClosedRange<Int64>] {
        var all: [ClosedRange<Int64>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = all.last, last.upperBound < Int64.max, range.lowerBound <= last.upperBound + 1 {
                all[all.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                all.append(range)
            }
        }
        return all
    }
}
