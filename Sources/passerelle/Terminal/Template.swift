/// A sentence with gaps, in English and in French: `check *: * findings`. What stands in the gaps of the one is put into those of the other.
struct Template {
    private let pieces: [Substring], words: [Substring]

    /// The gaps are `*`, in the same order in both.
    init(_ english: String, _ french: String) {
        pieces = english.split(separator: "*", omittingEmptySubsequences: false)
        words = french.split(separator: "*", omittingEmptySubsequences: false)
    }

    /// The French of an English sentence of this form, each gap by `gap`; nil when it is of another form.
    func french(_ sentence: String, gap: (Substring) -> String = { String($0) }) -> String? {
        guard let gaps = gaps(sentence), gaps.count + 1 == words.count else { return nil }
        var text = String(words[0])
        for (index, found) in gaps.enumerated() { text += gap(found) + words[index + 1] }
        return text
    }

    /// Each gap ends where the next piece first occurs; the last one runs up to the last piece.
    private func gaps(_ sentence: String) -> [Substring]? {
        guard let first = pieces.first, let last = pieces.last, sentence.hasPrefix(first) else { return nil }
        guard pieces.count > 1 else { return sentence == first ? [] : nil }
        var gaps: [Substring] = [], rest = sentence.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() {
            guard let range = rest.firstRange(of: piece) else { return nil }
            gaps.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        guard rest.hasSuffix(last), rest.count >= last.count else { return nil }
        return gaps + [rest.dropLast(last.count)]
    }
}
