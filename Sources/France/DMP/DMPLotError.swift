/// Why a lot cannot be built. Texts hold no value of the message.
package struct DMPLotError: Error, Sendable, Hashable {
    /// Where the cause lies.
    package enum Kind: String, Sendable {
        /// A field of the sender (HL7 path).
        case sender
        /// A field of the document's header (XPath).
        case document
        /// The document's type is not in the DMP's table.
        case type
        /// The patient has no INS.
        case patient
        /// The identifier is not a plain OID, as the DMP demands.
        case identifier
        /// Our own configuration: instance OID, signing key.
        case configuration
    }

    /// Where the cause lies.
    package let kind: Kind
    /// HL7 path, XPath or name of the setting.
    package let location: String
    /// A sentence for users.
    package let french: String
    /// The same in English.
    package let english: String

    /// An error at a place, in both languages.
    package init(_ kind: Kind, at location: String, french: String, english: String) {
        self.kind = kind
        self.location = location
        self.french = french
        self.english = english
    }

    static func missing(_ location: String, _ kind: Kind) -> DMPLotError {
        DMPLotError(
            kind, at: location, french: "donnée obligatoire pour le DMP absente : \(location)",
            english: "mandatory for the DMP and absent: \(location)")
    }
}
