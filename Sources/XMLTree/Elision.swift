/// Long runs of Base64 cut out of a source before it is parsed.
///
/// A tree of libxml2 would hold two or three copies of an embedded PDF. A run of ≥ 64 KB made only of Base64 letters
/// and white space, between a `>` (or a CDATA opening) and the next `<` or `]`, can only be character data, so a
/// short random token stands in its place and the run stays where it is: in the source.
struct Elision: Sendable {
    struct Run: Sendable {
        let range: Range<Int>
        /// Where the token stands in the parsed (shortened) text, and the line feeds the run took with it.
        let line: Int
        let column: Int
        let lineFeeds: Int
    }

    static let shortest = 64 << 10
    /// Random, so no document can contain it by design; the number of the run follows it in `numeral` letters.
    /// Only ASCII letters: nothing to escape, the same in every ASCII superset.
    let token: [UInt8]
    static let numeral = 4
    let runs: [Run]
    /// What is parsed instead of the source.
    let shortened: [UInt8]

    private init(token: [UInt8], runs: [Run]) {
        self.token = token
        self.runs = runs
        shortened = []
    }

    /// The same without the text that was parsed.
    func withoutText() -> Elision { Elision(token: token, runs: runs) }

    /// Nil when the source has no such run, or is not in an encoding that contains ASCII.
    init?(_ source: [UInt8]) {
        guard source.count >= Elision.shortest, Elision.isASCIISuperset(source) else { return nil }
        let ranges = Elision.candidates(source)
        guard !ranges.isEmpty else { return nil }
        var token = Array("elided".utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2 {
            let word: UInt64 = generator.next()
            for shift in stride(from: 0, to: 64, by: 4) { token.append(0x61 + UInt8((word >> UInt64(shift)) & 15)) }
        }
        var out: [UInt8] = []
        out.reserveCapacity(source.count - ranges.reduce(0) { $0 + $1.count } + ranges.count * (token.count + Elision.numeral))
        var runs: [Run] = []
        var at = 0
        var shortLine = 1
        for (number, range) in ranges.enumerated() {
            shortLine += Elision.lineFeeds(source, at..<range.lowerBound)
            out += source[at..<range.lowerBound]
            let column = out.count - (out.lastIndex(of: 0x0A) ?? -1)
            out += token
            for shift in stride(from: 12, through: 0, by: -4) { out.append(0x61 + UInt8((number >> shift) & 15)) }
            runs.append(Run(range: range, line: shortLine, column: column, lineFeeds: Elision.lineFeeds(source, range)))
            at = range.upperBound
        }
        out += source[at...]
        self.token = token
        self.runs = runs
        shortened = out
    }

    /// The line of the source for a place in the shortened text.
    func sourceLine(_ line: Int, column: Int) -> Int {
        runs.reduce(line) { $1.line < line || ($1.line == line && $1.column < column) ? $0 + $1.lineFeeds : $0 }
    }

    private static func lineFeeds(_ source: [UInt8], _ range: Range<Int>) -> Int {
        source.withUnsafeBufferPointer { bytes in
            var count = 0
            for i in range where bytes[i] == 0x0A { count += 1 }
            return count
        }
    }

    private static func isASCIISuperset(_ source: [UInt8]) -> Bool {
        if source.starts(with: [0xFE, 0xFF]) || source.starts(with: [0xFF, 0xFE]) { return false }
        return !source.prefix(64).contains(0)
    }

    private static let letters: [Bool] = {
        var table = [Bool](repeating: false, count: 256)
        for byte in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n".utf8 { table[Int(byte)] = true }
        return table
    }()

    private static func opensCDATA(_ bytes: UnsafeBufferPointer<UInt8>, _ end: Int) -> Bool {
        let opening = StaticString("<![CDATA[")
        guard end >= opening.utf8CodeUnitCount else { return false }
        return (1...opening.utf8CodeUnitCount).allSatisfy { bytes[end - $0] == opening.utf8Start[opening.utf8CodeUnitCount - $0] }
    }

    private static func candidates(_ source: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        source.withUnsafeBufferPointer { bytes in
            letters.withUnsafeBufferPointer { isLetter in
                var probe = 0
                // A run of `shortest` bytes must cover a multiple of `shortest`: look there first, then both ways.
                while probe < bytes.count {
                    guard isLetter[Int(bytes[probe])] else {
                        probe += shortest
                        continue
                    }
                    var low = probe
                    while low > 0, isLetter[Int(bytes[low - 1])] { low -= 1 }
                    var high = probe + 1
                    while high < bytes.count, isLetter[Int(bytes[high])] { high += 1 }
                    if high - low >= shortest, low > 0, high < bytes.count, bytes[low - 1] == 0x3E || opensCDATA(bytes, low),
                        bytes[high] == 0x3C || bytes[high] == 0x5D
                    {
                        found.append(low..<high)
                    }
                    probe = (high / shortest + 1) * shortest
                }
            }
        }
        return found
    }
}

/// Puts the runs back into text that flows by, line ends made one LF as XML 1.0 §2.11 asks.
struct Restorer {
    private let elision: Elision
    private let source: [UInt8]
    private var held: [UInt8] = []

    init(_ elision: Elision, source: [UInt8]) {
        self.elision = elision
        self.source = source
    }

    mutating func feed(_ bytes: UnsafeRawBufferPointer, into sink: (UnsafeRawBufferPointer) -> Void) {
        held.append(contentsOf: bytes)
        let whole = elision.token.count + Elision.numeral
        let start = held.withUnsafeBytes { text in
            var start = 0
            while let at = elision.find(in: text, from: start) {
                if at > start { sink(UnsafeRawBufferPointer(rebasing: text[start..<at])) }
                emit(elision.number(in: text, at: at), into: sink)
                start = at + whole
            }
            // The tail may be the head of a token.
            let keep = max(start, text.count - (whole - 1))
            if keep > start { sink(UnsafeRawBufferPointer(rebasing: text[start..<keep])) }
            return keep
        }
        held.removeFirst(start)
    }

    mutating func finish(into sink: (UnsafeRawBufferPointer) -> Void) {
        if !held.isEmpty { held.withUnsafeBytes { sink($0) } }
        held.removeAll()
    }

    /// The run in slices of the source: no copy of it is made.
    private func emit(_ number: Int, into sink: (UnsafeRawBufferPointer) -> Void) {
        guard number < elision.runs.count else { return }
        let range = elision.runs[number].range
        source.withUnsafeBytes { bytes in
            var start = range.lowerBound
            var i = start
            while i < range.upperBound {
                if bytes[i] == 0x0D {
                    if i > start { sink(UnsafeRawBufferPointer(rebasing: bytes[start..<i])) }
                    if i + 1 == range.upperBound || bytes[i + 1] != 0x0A { withUnsafeBytes(of: UInt8(0x0A)) { sink($0) } }
                    start = i + 1
                }
                i += 1
            }
            if range.upperBound > start { sink(UnsafeRawBufferPointer(rebasing: bytes[start..<range.upperBound])) }
        }
    }
}

extension Elision {
    /// Where the next token begins whose number is there too.
    func find(in text: UnsafeRawBufferPointer, from: Int) -> Int? {
        let last = text.count - token.count - Elision.numeral
        guard from <= last else { return nil }
        return token.withUnsafeBytes { token in
            var i = from
            while i <= last {
                if text[i] == token[0], text[i..<i + token.count].elementsEqual(token) { return i }
                i += 1
            }
            return nil
        }
    }

    /// The number of the run whose token begins at `at`.
    func number(in text: UnsafeRawBufferPointer, at: Int) -> Int {
        (0..<Elision.numeral).reduce(0) { $0 << 4 | Int((text[at + token.count + $1] &- 0x61) & 15) }
    }
}
