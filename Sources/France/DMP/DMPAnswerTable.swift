package import Clinical

/// How an answer of the DMP is to be taken, before what happened to the delivery earlier is weighed (`DMPVerdict`).
package enum DMPAnswerClass: String, Sendable, CaseIterable {
    /// The far end is busy: later.
    case transient
    /// Perhaps busy, perhaps our fault: two more attempts, then a person.
    case twice
    /// Already there.
    case duplicate
    /// The entry to replace or delete is not what the look-up said.
    case stale
    /// Never.
    case refused
    /// A person must look.
    case held
    /// Our set-up is wrong: everything of this structure would fail.
    case halted
    /// The VIHF's times do not suit the far end: our clock, or theirs.
    case clock
}

/// Rows of `dmp-errors.csv`, tried in order: the first that fits decides. The table is data, since the DMP's own list is not public.
package struct DMPAnswerTable: Sendable {
    /// What fits, and what it means.
    package struct Row: Sendable, Hashable {
        /// `response`, `fault` or `any`.
        let place: String
        /// A code, a beginning followed by `*`, or empty.
        package let code: String
        /// Words in lower case, one of which must occur in the text; empty for none.
        let words: [String]
        /// How the answer is taken.
        package let outcome: DMPAnswerClass
        /// Who must look: `vendor`, `identity`, `secretariat`, `exploitation`, or empty.
        package let owner: String
        /// A sentence for users.
        package let french: String
        /// The same in English.
        package let english: String
    }

    /// In the order in which they are tried.
    package let rows: [Row]

    /// Reads the table.
    package init(_ text: String, file: String) throws(CodeTableError) {
        let table = try CodeTable(text, file: file, required: ["in", "code", "text", "outcome", "owner", "fr", "en"], unique: false)
        var rows: [Row] = []
        for (index, fields) in table.rows.enumerated() {
            func field(_ name: String) -> String { table.columns.firstIndex(of: name).map { fields[$0] } ?? "" }
            let owners = ["", "vendor", "identity", "secretariat", "network", "exploitation"]
            guard let outcome = DMPAnswerClass(rawValue: field("outcome")), ["response", "fault", "any"].contains(field("in")),
                owners.contains(field("owner"))
            else {
                throw CodeTableError(file: file, line: index + 1, text: "row \(index + 1): unknown word in columns in, outcome or owner")
            }
            rows.append(
                Row(
                    place: field("in"), code: field("code"), words: field("text").split(separator: "|").map(String.init), outcome: outcome,
                    owner: field("owner"), french: field("fr"), english: field("en")))
        }
        self.rows = rows
    }

    /// The row for a code and a text, in a response or a fault; nil when none fits.
    package func row(fault: Bool, code: String, text: String) -> Row? {
        let folded = text.lowercased()
        return rows.first { row in
            guard row.place == "any" || row.place == (fault ? "fault" : "response") else { return false }
            if row.code.isEmpty { return row.words.contains { folded.contains($0) } }
            if row.code.hasSuffix("*") { return code.hasPrefix(row.code.dropLast()) }
            return row.code == code
        }
    }
}
