/// A person as a PRT segment names one (PRT-5, XCN).
package struct RequestPerson: Sendable, Hashable {
    /// XCN-1: RPPS, national identifier, or INS of the patient.
    package let identifier: String
    /// XCN-2, the name under which the person practises.
    package let family: String
    /// XCN-3.
    package let given: String
    /// XCN-9.2: OID of the authority (`1.2.250.1.71.4.2.1` for professionals). A bare OID in XCN-9.1 is read too.
    package let authority: String
    /// XCN-13: `IDNPS`, `RPPS`, `INS`…
    package let identifierType: String

    /// A person from its parts.
    package init(identifier: String, family: String, given: String, authority: String = "1.2.250.1.71.4.2.1", identifierType: String = "IDNPS") {
        (self.identifier, self.family, self.given) = (identifier, family, given)
        (self.authority, self.identifierType) = (authority, identifierType)
    }

    /// The national form of a professional's identifier (8 + RPPS, 0 + ADELI).
    package var nationalIdentifier: String { DirectoryIdentifier.nationalPerson(identifier, type: identifierType) }
}

/// An organisation as a PRT segment names one (PRT-8, XON).
package struct RequestOrganisation: Sendable, Hashable {
    /// XON-1.
    package let name: String
    /// XON-6.2: OID of the authority (`1.2.250.1.71.4.2.2` for structures).
    package let authority: String
    /// XON-7: `IDNST`, `FINEG`, `FINEJ`, `UF`, `SVR`, `SRV`…
    package let identifierType: String
    /// XON-10.
    package let identifier: String

    /// An organisation from its parts.
    package init(name: String, identifier: String, authority: String = "1.2.250.1.71.4.2.2", identifierType: String = "IDNST") {
        (self.name, self.identifier) = (name, identifier)
        (self.authority, self.identifierType) = (authority, identifierType)
    }

    /// Whether this is an inner unit of the hospital (UF or service), which has no national identifier.
    package var isInnerUnit: Bool { ["UF", "SVR", "SRV"].contains(identifierType.uppercased()) }
    /// The national form of the structure's identifier (1 + FINESS, 3 + SIRET).
    package var nationalIdentifier: String { DirectoryIdentifier.nationalStructure(identifier, type: identifierType) }
}

/// A participation: sender (`SB`), recipient (`RCT`) or reply address (`REPLY`) of a request.
/// Volet Transmission de documents CDA-R2 en HL7v2 2.1, segment PRT (pre-adopted from HL7 2.7); PRT-4 is matched on its code alone.
package struct RequestParty: Sendable, Hashable {
    /// What a recipient is, which decides the family of its mail.
    package enum Kind: String, Sendable {
        /// A health professional (PRT-5).
        case professional
        /// The patient (PRT-5 with an INS).
        case patient
        /// An organisation (PRT-8).
        case organisation
        /// An application or device (PRT-10).
        case application
        /// An address and nothing else.
        case address
    }

    /// PRT-5, when valued.
    package let person: RequestPerson?
    /// PRT-8, when valued.
    package let organisation: RequestOrganisation?
    /// PRT-10.1: identifier of a device or application.
    package let device: String?
    /// PRT-15.4: MSSanté address, as written: of the repetition of type `X.400` (PRT-15.3), else of the first that has one, since 15.2 and 15.3 vary.
    package let address: String?
    /// The repetition of PRT-15 that it stands in, 1 for the first.
    package let addressRepetition: Int
    /// Ordinal of the PRT segment in the message, 1 for the first.
    package let ordinal: Int

    /// A party from its parts.
    package init(
        person: RequestPerson?, organisation: RequestOrganisation?, device: String?, address: String?, addressRepetition: Int = 1, ordinal: Int = 1
    ) {
        (self.person, self.organisation, self.device) = (person, organisation, device)
        (self.address, self.addressRepetition, self.ordinal) = (address, addressRepetition, ordinal)
    }

    /// What this party is.
    package var kind: Kind {
        if let person {
            if person.identifierType.uppercased() == "INS" || INSRegister(rawValue: person.authority) != nil { return .patient }
            if address?.lowercased().hasSuffix("@patient.mssante.fr") == true { return .patient }
            return .professional
        }
        if address?.lowercased().hasSuffix("@patient.mssante.fr") == true { return .patient }
        if organisation != nil { return .organisation }
        return device != nil ? .application : .address
    }
}
