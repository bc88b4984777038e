/// Where something stands in a file of the configuration.
package struct Place: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The file as the user named it; line and column from 1 (0: the file as a whole).
    package let file: String, line: Int, column: Int

    /// A place.
    package init(file: String, line: Int = 0, column: Int = 0) { (self.file, self.line, self.column) = (file, line, column) }

    package static func < (a: Place, b: Place) -> Bool { (a.file, a.line, a.column) < (b.file, b.line, b.column) }
    package var description: String { line == 0 ? file : "\(file):\(line):\(column)" }
}

/// One thing wrong, or doubtful, in the configuration: `file:line:col: error[P0123]: what`, and its mend.
package struct Diagnostic: Sendable, Hashable {
    package let severity: Finding.Severity
    /// `P` and four digits, stable; `passerelle help P0123` explains it.
    package let code: String
    package let text: Text
    /// What to write instead.
    package let mend: Text?
    package let place: Place

    /// A diagnostic.
    package init(_ severity: Finding.Severity = .error, _ code: String, _ text: Text, mend: Text? = nil, at place: Place) {
        (self.severity, self.code, self.text, self.mend, self.place) = (severity, code, text, mend, place)
    }
}

/// The configuration cannot be used; holds every diagnostic.
package struct ConfigError: Error, Sendable {
    package let diagnostics: [Diagnostic]

    /// An error from its diagnostics.
    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
    /// An error of one diagnostic.
    package init(_ code: String, _ text: Text, mend: Text? = nil, at place: Place) { diagnostics = [Diagnostic(.error, code, text, mend: mend, at: place)] }
}
