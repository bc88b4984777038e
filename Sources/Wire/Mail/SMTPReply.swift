/// A server's reply, all its lines (RFC 5321 §4.2), with its enhanced status code where there is one (RFC 2034, 3463).
package struct SMTPReply: Sendable, Equatable {
    /// Three digits.
    package let code: Int
    /// `5.1.1`, if the reply has one.
    package let enhanced: String?
    /// The texts of the lines, without codes, joined by blanks.
    package let text: String

    package init(code: Int, enhanced: String?, text: String) {
        self.code = code
        self.enhanced = enhanced
        self.text = text
    }

    /// 2xx or 3xx.
    package var isPositive: Bool { code < 400 }
    /// 4xx: later.
    package var isTransient: Bool { (400..<500).contains(code) }
    /// 5xx: never.
    package var isPermanent: Bool { code >= 500 }

    /// Reads the lines of one reply; nil when they are none.
    init?(lines: [String]) {
        guard let first = lines.first, let code = Int(first.prefix(3)), (200..<600).contains(code) else { return nil }
        self.code = code
        var enhanced: String?
        var texts: [String] = []
        for line in lines {
            var text = line.dropFirst(min(4, line.count))
            let word = text.prefix { $0 != " " }
            if Self.isEnhanced(word, code) {
                enhanced = enhanced ?? String(word)
                text = text.dropFirst(word.count + 1)
            }
            if !text.isEmpty { texts.append(String(text)) }
        }
        self.enhanced = enhanced
        text = texts.joined(separator: " ")
    }

    private static func isEnhanced(_ word: Substring, _ code: Int) -> Bool {
        let numbers = word.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers[0] == "\(code / 100)" && numbers.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isNumber) }
    }
}
