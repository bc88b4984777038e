/// What is wrong with a document's header. The texts hold no value of the document.
package struct CDAError: Error, Sendable, Hashable {
    /// What sort of fault.
    package enum Kind: Sendable, Hashable {
        /// Not XML, or XML that is refused (DOCTYPE, entities, depth, size).
        case notXML
        /// No `ClinicalDocument` of `urn:hl7-org:v3` in it.
        case notCDA
        /// A mandatory element or attribute is absent or empty.
        case missing
        /// It is there, but its form is not allowed.
        case malformed
    }

    /// What sort of fault.
    package let kind: Kind
    /// XPath of the place, `/ClinicalDocument/effectiveTime/@value`; for `notXML` the line and column.
    package let location: String
    /// For people, in French and in English.
    package let french: String
    /// The same in English.
    package let english: String

    /// A fault at an XPath, in both languages.
    package init(_ kind: Kind, at location: String, french: String, english: String) {
        self.kind = kind
        self.location = location
        self.french = french
        self.english = english
    }

    static func missing(_ location: String) -> CDAError {
        CDAError(.missing, at: location, french: "\(location) est absent ou vide", english: "\(location) is absent or empty")
    }

    static func malformed(_ location: String) -> CDAError {
        CDAError(
            .malformed, at: location, french: "\(location) n'a pas la forme attendue",
            english: "\(location) does not have the expected form")
    }
}
