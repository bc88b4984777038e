/// The word that the user probably meant.
package enum Nearest {
    /// The nearest of `words`, if it is near enough: one slip for three letters, at least one.
    package static func word(to typed: String, among words: some Sequence<String>) -> String? {
        let wanted = Array(typed.lowercased().unicodeScalars)
        let allowed = max(1, wanted.count / 3)
        var best: (word: String, distance: Int)?
        for word in words.sorted() {
            let distance = distance(wanted, Array(word.lowercased().unicodeScalars))
            if distance <= allowed, distance < best?.distance ?? Int.max { best = (word, distance) }
        }
        return best?.word
    }

    /// The mend that proposes it; nil when no word is near enough.
    package static func mend(for typed: String, among words: some Sequence<String>) -> Text? {
        word(to: typed, among: words).map { Text(fr: "vouliez-vous écrire « \($0) » ?", en: "did you mean \"\($0)\"?") }
    }

    /// Letters changed, added, left out, or swapped with their neighbour (optimal string alignment).
    private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var before: [Int] = [], previous = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
                row.append(cost)
            }
            (before, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
