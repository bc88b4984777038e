/// A code with the system it belongs to and its label, as XDS, CDA and SAML carry it.
package struct CodedValue: Sendable, Hashable {
    /// The code itself, `11490-0`.
    package var code: String
    /// Its system: an OID, or a word such as `URN` or `ASTM`.
    package var scheme: String
    /// The label, shown to people; may be empty when a source gives none.
    package var label: String

    /// A code, its system and its label.
    package init(_ code: String, scheme: String, label: String) {
        self.code = code
        self.scheme = scheme
        self.label = label
    }
}
