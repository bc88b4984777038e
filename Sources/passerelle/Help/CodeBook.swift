import Pipeline

/// What `passerelle help P0501` says of the codes that are no faults of the configuration: the engine's, the connectors', the door's.
/// A house test keeps it whole.
enum CodeBook {
    /// The paragraph of a code, as a person may type it (`p0501`, `0501`); nil when there is none.
    static func paragraph(_ code: String) -> Text? {
        let upper = code.uppercased()
        return paragraphs[upper.hasPrefix("P") ? upper : "P" + upper]
    }

    static let paragraphs: [String: Text] = Dictionary(
        uniqueKeysWithValues: (secrets + engine + journal + mllp + mail + http + folder + steps + dmp + door + shared + doctor + reload).map {
            ($0.code, $0.text)
        })

    struct Entry {
        let code: String, text: Text

        init(_ code: String, fr: String, en: String) { (self.code, text) = (code, Text(fr: fr, en: en)) }
    }
}
