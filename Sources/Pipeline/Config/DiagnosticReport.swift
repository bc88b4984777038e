import FoundationEssentials

/// Diagnostics with the texts they point into, ready to be shown: to a person, or as JSON.
package struct DiagnosticReport: Sendable {
    /// In the order of files, lines and columns; each once.
    package let diagnostics: [Diagnostic]
    private let sources: SourceTexts
    private let hidden: Set<Place>

    /// A report; `hidden`: where values begin that must not be shown.
    package init(_ diagnostics: [Diagnostic], sources: SourceTexts, hidden: Set<Place> = []) {
        self.hidden = hidden
        var seen: Set<Diagnostic> = []
        self.diagnostics = diagnostics.filter { seen.insert($0).inserted }.sorted { ($0.place, $0.code) < ($1.place, $1.code) }
        self.sources = sources
    }

    /// The same report with more to say.
    package func adding(_ more: [Diagnostic]) -> DiagnosticReport { DiagnosticReport(diagnostics + more, sources: sources, hidden: hidden) }

    /// Whether anything keeps the configuration from being used.
    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// Everything as text: `file:line:col: error[P0123]: what`, the line, a caret, the mend; then how many there are.
    package func text(_ language: Language) -> String {
        guard !diagnostics.isEmpty else { return "" }
        return diagnostics.map { text($0, language) }.joined(separator: "\n") + "\n" + summary(language) + "\n"
    }

    private func text(_ diagnostic: Diagnostic, _ language: Language) -> String {
        var text = "\(diagnostic.place): \(Self.word(diagnostic.severity)[language])[\(diagnostic.code)]: \(diagnostic.text[language])\n"
        if let line = shown(diagnostic.place) {
            let number = String(diagnostic.place.line)
            let margin = String(repeating: " ", count: max(0, 5 - number.count)) + number + " | "
            let indent = String(repeating: " ", count: margin.count - 2) + "| "
            // A tab stays a tab, so that the caret stands under its character however wide the terminal makes it.
            let pad = line.prefix(max(0, diagnostic.place.column - 1)).map { $0 == "\t" ? "\t" : " " }.joined()
            var scalars = String.UnicodeScalarView()
            scalars.append(contentsOf: line)
            text += margin + String(scalars) + "\n" + indent + pad + "^\n"
        }
        if let mend = diagnostic.mend { text += "      = \(mend[language])\n" }
        return text
    }

    private func summary(_ language: Language) -> String {
        let errors = diagnostics.count { $0.severity == .error }, warnings = diagnostics.count { $0.severity == .warning }
        let other = diagnostics.count - errors - warnings
        let words: [(Int, Text)] = [
            (errors, Text(fr: errors > 1 ? "erreurs" : "erreur", en: errors > 1 ? "errors" : "error")),
            (warnings, Text(fr: warnings > 1 ? "avertissements" : "avertissement", en: warnings > 1 ? "warnings" : "warning")),
            (other, Text(fr: other > 1 ? "remarques" : "remarque", en: other > 1 ? "remarks" : "remark")),
        ]
        return words.filter { $0.0 > 0 }.map { "\($0.0) \($0.1[language])" }.joined(separator: ", ")
    }

    private static func word(_ severity: Finding.Severity) -> Text {
        switch severity {
        case .error: Text(fr: "erreur", en: "error")
        case .warning: Text(fr: "avertissement", en: "warning")
        case .information: Text(fr: "remarque", en: "remark")
        }
    }

    // MARK: The source line

    /// The line of a place, without what could be a secret.
    private func shown(_ place: Place) -> [Unicode.Scalar]? {
        guard var line = sources.line(at: place) else { return nil }
        var cut = hidden.filter { $0.file == place.file && $0.line == place.line }.map { $0.column - 1 }.min() ?? line.count
        cut = min(cut, Self.secretValue(in: line) ?? line.count)
        if cut < line.count { line = Array(line[..<cut]) + ["•", "•", "•"] }
        return line.count > 400 ? Array(line[..<400]) + ["…"] : line
    }

    /// Where YAML itself is broken, nothing else is known.
    private static let secretWords = ["password", "passwd", "passphrase", "pwd", "secret", "token", "motdepasse", "mot_de_passe", "private_key", "api_key"]

    /// Where the plain value behind a key with a telling name begins: such a value is never shown, even where the key is unknown.
    private static func secretValue(in line: [Unicode.Scalar]) -> Int? {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: line)
        let lower = String(scalars).lowercased()
        guard lower.unicodeScalars.count == line.count else { return nil }
        for word in secretWords {
            guard let found = lower.firstRange(of: word) else { continue }
            let from = lower.unicodeScalars.distance(from: lower.startIndex, to: found.upperBound)
            guard let colon = line[from...].firstIndex(of: ":") else { continue }
            let value = line[(colon + 1)...].firstIndex { $0 != " " } ?? line.endIndex
            if value < line.endIndex, line[value] != "{" { return value }
        }
        return nil
    }

    // MARK: JSON

    private struct Record: Encodable {
        let file: String, line: Int, column: Int, severity: String, code: String, text: Text, mend: Text?
    }

    /// Everything as a JSON array of {file, line, column, severity, code, text: {fr, en}, mend: {fr, en}}. Source lines are not in it.
    package func json() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let records = diagnostics.map {
            Record(
                file: $0.place.file, line: $0.place.line, column: $0.place.column, severity: $0.severity.rawValue, code: $0.code, text: $0.text, mend: $0.mend)
        }
        guard let data = try? encoder.encode(records) else { return "[]" }
        return String(decoding: data, as: UTF8.self)
    }
}
