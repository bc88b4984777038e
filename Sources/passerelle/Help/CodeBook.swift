import Pipeline

/// What `passerelle help P0501` says of the codes that the configuration knows nothing of: the engine's, the door's and the command line's.
enum CodeBook {
    /// The paragraph of a code; nil when there is none.
    static func paragraph(_ code: String) -> Text? { paragraphs[code] }

    static let paragraphs: [String: Text] = [:]
}
