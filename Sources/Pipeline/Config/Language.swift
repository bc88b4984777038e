/// The two languages of every text for users.
package enum Language: String, Sendable, CaseIterable {
    case fr, en

    /// The language of a POSIX locale (`fr_FR.UTF-8`): French when it says so, else English.
    package init(locale: String) { self = locale.lowercased().hasPrefix("fr") ? .fr : .en }
}

extension Text {
    /// The sentence in one language.
    package subscript(_ language: Language) -> String {
        switch language {
        case .fr: fr
        case .en: en
        }
    }
}
