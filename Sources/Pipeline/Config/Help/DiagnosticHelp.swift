/// What `passerelle help P0123` says: one paragraph for each code of the configuration.
package enum DiagnosticHelp {
    /// Paragraphs by code.
    package static let paragraphs: [String: Text] = Dictionary(
        uniqueKeysWithValues: (files + fields + whole + routes).map { ($0.code, $0.text) })

    /// The paragraph of a code, as a person may type it (`p0120`, `0120`); nil when there is none.
    package static func paragraph(_ code: String) -> Text? {
        let upper = code.uppercased()
        return paragraphs[upper.hasPrefix("P") ? upper : "P" + upper]
    }

    struct Entry {
        let code: String, text: Text

        init(_ code: String, fr: String, en: String) { (self.code, text) = (code, Text(fr: fr, en: en)) }
    }
}
