/// What is wrong with a table file, with its place.
package struct CodeTableError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Name of the file, without folder.
    package let file: String
    /// 1-based; 0 when the whole file is meant.
    package let line: Int
    /// What is wrong, in English.
    package let text: String

    /// An error of a table; `line` 0 means the whole file.
    package init(file: String, line: Int, text: String) {
        self.file = file
        self.line = line
        self.text = text
    }

    /// `file:line: text`.
    package var description: String { line > 0 ? "\(file):\(line): \(text)" : "\(file): \(text)" }
}

/// A table of codes kept as data: a CSV file (RFC 4180, comma, UTF-8) whose first lines `# key: value` say source and version.
package struct CodeTable: Sendable, Hashable {
    /// Name of the file, without folder.
    package let file: String
    /// The `# key: value` lines: `source`, `version`, `licence`.
    package let notes: [String: String]
    /// Names of the columns.
    package let columns: [String]
    /// Each with as many fields as there are columns.
    package let rows: [[String]]
    private let index: [String: Int]

    /// Reads the text of a table.
    ///
    /// - Parameters:
    ///   - required: columns that must be there.
    ///   - unique: whether two rows with the same first column are an error.
    package init(_ text: String, file: String, required: [String], unique: Bool = true) throws(CodeTableError) {
        var notes: [String: String] = [:]
        var columns: [String] = []
        var rows: [[String]] = []
        var index: [String: Int] = [:]
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            if line.isEmpty { continue }
            if line.first == "#", columns.isEmpty {
                let note = line.dropFirst().split(separator: ":", maxSplits: 1)
                if note.count == 2 { notes[note[0].trimmed] = note[1].trimmed }
                continue
            }
            guard let fields = CodeTable.fields(line) else {
                throw CodeTableError(file: file, line: number, text: "a quote is not closed, or text follows a closing quote")
            }
            if columns.isEmpty {
                columns = fields
                if let missing = required.first(where: { !fields.contains($0) }) {
                    throw CodeTableError(file: file, line: number, text: "column \(missing) is missing")
                }
                continue
            }
            guard fields.count == columns.count else {
                throw CodeTableError(file: file, line: number, text: "\(fields.count) fields, \(columns.count) expected")
            }
            if let earlier = index.updateValue(rows.count, forKey: fields[0]), unique {
                throw CodeTableError(file: file, line: number, text: "\(fields[0]) is already there (row \(earlier + 1))")
            }
            rows.append(fields)
        }
        guard !columns.isEmpty else { throw CodeTableError(file: file, line: 0, text: "no line with column names") }
        for note in ["source", "version"] where notes[note] == nil {
            throw CodeTableError(file: file, line: 0, text: "no line \"# \(note): …\" at its head")
        }
        self.file = file
        self.notes = notes
        self.columns = columns
        self.rows = rows
        self.index = index
    }

    /// The value of a column in the row whose first column is `key`; nil when there is no such row or column.
    package func value(_ column: String, for key: String) -> String? {
        guard let row = index[key], let at = columns.firstIndex(of: column) else { return nil }
        return rows[row][at]
    }

    /// Whether a row has this first column.
    package func contains(_ key: String) -> Bool { index[key] != nil }

    /// The whole row as a code with system and label, from columns `code` (first), `codingScheme` and `label`.
    package func coded(_ code: String) -> CodedValue? {
        guard let scheme = value("codingScheme", for: code) else { return nil }
        return CodedValue(code, scheme: scheme, label: value("label", for: code) ?? "")
    }

    /// The fields of a line; nil for a broken quotation.
    private static func fields(_ line: Substring) -> [String]? {
        var fields: [String] = []
        var field = ""
        var rest = line[...]
        while true {
            if rest.first == "\"" {
                rest = rest.dropFirst()
                var isClosed = false
                while !isClosed, let end = rest.firstIndex(of: "\"") {
                    field += rest[..<end]
                    rest = rest[rest.index(after: end)...]
                    isClosed = rest.first != "\""
                    if !isClosed {
                        field += "\""
                        rest = rest.dropFirst()
                    }
                }
                guard isClosed, rest.isEmpty || rest.first == "," else { return nil }
            } else {
                let end = rest.firstIndex(of: ",") ?? rest.endIndex
                field += rest[..<end]
                rest = rest[end...]
            }
            fields.append(field)
            field = ""
            guard rest.first == "," else { return fields }
            rest = rest.dropFirst()
        }
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first == " " { text = text.dropFirst() }
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}
