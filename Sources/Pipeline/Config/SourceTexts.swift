/// The texts of the files read, line by line, for the lines that diagnostics show.
package struct SourceTexts: Sendable {
    private var files: [String: [[Unicode.Scalar]]] = [:]

    /// No text yet.
    package init() {}

    /// Keeps the text of a file. Lines end where libyaml ends them, so that its line numbers fit.
    mutating func add(_ text: String, file: String) {
        var lines: [[Unicode.Scalar]] = [], line: [Unicode.Scalar] = [], afterReturn = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n" where afterReturn: break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                lines.append(line)
                line = []
            default: line.append(scalar)
            }
            afterReturn = scalar == "\r"
        }
        lines.append(line)
        files[file] = lines
    }

    /// The line of a place.
    func line(at place: Place) -> [Unicode.Scalar]? {
        guard let lines = files[place.file], place.line >= 1, place.line <= lines.count else { return nil }
        return lines[place.line - 1]
    }

    /// The character at a place.
    func scalar(at place: Place) -> Unicode.Scalar? {
        guard let line = line(at: place), place.column >= 1, place.column <= line.count else { return nil }
        return line[place.column - 1]
    }
}
