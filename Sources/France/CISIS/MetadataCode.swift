/// The coded questions that a CDA request answers in its metadata OBX (OBX-3, system `MetaDMPMSS`), each with `Y` or `N`.
/// Volet Transmission de documents CDA-R2 en HL7v2 2.1, OBX segments; in the order in which they are written.
package enum MetadataCode: String, Sendable, CaseIterable {
    /// Hidden from professionals in the DMP.
    case maskedFromProfessionals = "MASQUE_PS"
    /// Hidden from the patient.
    case hiddenFromPatient = "INVISIBLE_PATIENT"
    /// Hidden from the legal representatives of a minor.
    case hiddenFromRepresentatives = "INVISIBLE_REP_LEGAUX"
    /// Secret connection of a minor.
    case secretConnection = "CONNEXION_SECRETE"
    /// This message changes the visibility of a document and nothing else.
    case confidentialityChange = "MODIF_CONF_CODE"
    /// To be published to the DMP.
    case toDMP = "DESTDMP"
    /// To be mailed to the recipients that are not the patient.
    case toProfessionals = "DESTMSSANTEPS"
    /// To be mailed to the patient.
    case toPatient = "DESTMSSANTEPAT"
    /// The sender wants ZAM^Z01 and ZAM^Z02.
    case acknowledgeReception = "ACK_RECEPTION"
    /// The sender wants ZAM^Z03.
    case acknowledgeReading = "ACK_LECTURE_MSS"

    /// The code that `text` stands for.
    /// - Parameter aliases: whether names of former versions of the volet (1.2, 2.0) are read too.
    package init?(_ text: String, aliases: Bool) {
        let trimmed = text.trimmingBlanks()
        if let code = MetadataCode(rawValue: trimmed) {
            self = code
            return
        }
        guard aliases else { return nil }
        switch trimmed {
        case "INVISIBLE_REPRESENTANTS_LEGAUX": self = .hiddenFromRepresentatives
        case "MODIF_CONFIDENTIALITYCODE": self = .confidentialityChange
        case "ACK_LECTURE": self = .acknowledgeReading
        default: return nil
        }
    }

    /// The code that XDS metadata carries for a masking flag (system 1.2.250.1.213.1.1.4.13), or nil for the others.
    /// The representatives' code is spelt in full there, unlike OBX-3.
    package var confidentialityCode: String? {
        switch self {
        case .maskedFromProfessionals: "MASQUE_PS"
        case .hiddenFromPatient: "INVISIBLE_PATIENT"
        case .hiddenFromRepresentatives: "INVISIBLE_REPRESENTANTS_LEGAUX"
        default: nil
        }
    }
}

/// What of former versions of the volet is let in. Off by default: a sender of version 2.1 needs none of it.
package struct RequestCompatibility: OptionSet, Sendable, Hashable {
    package let rawValue: Int
    /// A set of tolerances from its bits.
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Former names of metadata (`INVISIBLE_REPRESENTANTS_LEGAUX`, `MODIF_CONFIDENTIALITYCODE`, `ACK_LECTURE`).
    package static let formerNames = RequestCompatibility(rawValue: 1)
    /// `ORC-1=SC` or no ORC at all: the kind of the request is read from the event or from OBX-11.
    package static let formerOrder = RequestCompatibility(rawValue: 2)
    /// Interface versions before 2.1 in MSH-21.
    package static let formerVersions = RequestCompatibility(rawValue: 4)
    /// `TXA-17=LA`, and acknowledgement flags that are absent (read as N).
    package static let formerFields = RequestCompatibility(rawValue: 8)
    /// Every tolerance.
    package static let former: RequestCompatibility = [.formerNames, .formerOrder, .formerVersions, .formerFields]
}
