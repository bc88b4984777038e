/// The words that rows name by a number, by table. SQLite gives a number that lost its row to the next word: what stood for one far end would stand for
/// another.
struct NumberedWords {
    let table: String
    /// The columns of the word, unique together.
    let columns: [String]
    /// Every number that a row holds, as `n`.
    let used: String
    /// What stands for a number (`?1`) without its word, by column: nobody configures such a name.
    let standIn: [String]

    /// Numbers in use without their word, as `n`.
    var missing: String { "SELECT n FROM (\(used)) WHERE typeof(n) = 'integer' AND n NOT IN (SELECT id FROM \(table)) ORDER BY n" }

    static var all: [NumberedWords] { [names, peers] }

    static var names: NumberedWords {
        NumberedWords(
            table: "name", columns: ["text"],
            used: """
                SELECT route AS n FROM delivery UNION SELECT destination FROM delivery UNION SELECT sender FROM delivery
                UNION SELECT listener FROM message UNION SELECT format FROM message UNION SELECT keep FROM message WHERE keep > 0
                """,
            standIn: [lost("?1")])
    }

    static var peers: NumberedWords {
        NumberedWords(
            table: "peer", columns: ["facility", "name"], used: "SELECT peer AS n FROM message UNION SELECT peer FROM seen", standIn: ["''", lost("?1")])
    }

    /// The name of a number that lost its own, in SQL: the same wherever it is made.
    static func lost(_ number: String) -> String { "'lost-' || \(number)" }
}
