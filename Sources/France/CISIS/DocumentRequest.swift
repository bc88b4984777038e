/// What a CDA request asks for.
package enum RequestKind: String, Sendable {
    /// A first sending.
    case initial
    /// A new version takes the place of a document sent before.
    case replacement
    /// As a replacement, because only the visibility changes (MODIF_CONF_CODE = Y).
    case visibilityChange
    /// A document sent before is withdrawn.
    case deletion

    /// Whether a document sent before is replaced, for its content or for its visibility.
    package var replaces: Bool { self == .replacement || self == .visibilityChange }
}

/// The facts of MSH that answers and acknowledgements need.
package struct RequestHeader: Sendable, Hashable {
    /// MSH-9.1: `ORU` or `MDM`.
    package let type: String
    /// MSH-9.2: `R01`, `T02`, `T10`, `T04`.
    package let event: String
    /// MSH-10.
    package let controlID: String
    /// MSH-3, first component.
    package let sendingApplication: String
    /// MSH-4, first component.
    package let sendingFacility: String
    /// MSH-5, first component.
    package let receivingApplication: String
    /// MSH-6, first component.
    package let receivingFacility: String
    /// MSH-7, as written.
    package let time: String
    /// MSH-11.1: `P`, `T`, `D`.
    package let processing: String
    /// MSH-12.1: `2.5`, `2.6`.
    package let version: String
    /// MSH-21.1, blanks trimmed: version of the interface, `2.1`.
    package let interfaceVersion: String
    /// MSH-21.2, blanks trimmed: `CISIS_CDA_HL7_V2`.
    package let interfaceProfile: String
    /// The repetition of MSH-21 that these stand in: the first that names an interface of this volet, else 1.
    package let interfaceRepetition: Int
}

/// A request of the volet "Transmission de documents CDA-R2 en HL7v2" 2.1 (`ORU^R01`, `MDM^T02`, `MDM^T10`, `MDM^T04`), read.
///
/// A pure view: it says what the message says, keeps the order of nothing, matches codes and never labels, and judges nothing
/// (``RequestControl`` does). What the message lacks is nil or empty. Base64 is not decoded.
package struct DocumentRequest: Sendable {
    /// What MSH says.
    package let header: RequestHeader
    /// ORC-1: `NW`, `RO`, `CA`; empty when there is no ORC.
    package let orderControl: String
    /// OBR-4.
    package let orderCode: RequestCode?
    /// What PID says.
    package let patient: RequestPatient
    /// What PV1 says, nil when there is none.
    package let visit: RequestVisit?
    /// TXA-2 (MDM): code of the document's type.
    package let transcriptionType: String
    /// TXA-12 (MDM): the document's identifier.
    package let documentID: RequestDocumentID?
    /// TXA-13 (MDM): identifier of the document it replaces.
    package let replacedID: RequestDocumentID?
    /// TXA-17 (MDM): `AU`.
    package let completion: String
    /// The documents: one, or two in an ORU that carries the same report in two forms.
    package let documents: [RequestDocument]
    /// Metadata OBX: every value found for a code, in order of appearance.
    package let metadata: [MetadataCode: [MetadataValue]]
    /// CORPSMAIL_PS: bodies of the mail to professionals; more than one is refused.
    package let professionalBodies: [RequestBody]
    /// CORPSMAIL_PATIENT: bodies of the mail to the patient; more than one is refused.
    package let patientBodies: [RequestBody]
    /// NTE-4 = `FIN` after DESTMSSANTEPAT: the patient may not answer.
    package let closesExchange: Bool
    /// ZFA-9 = `IO` in the same message: the patient, informed, opposes the feeding of the DMP. Requests seldom carry a ZFA.
    package let opposesFeeding: Bool
    /// The tolerances with which the message was read.
    package let compatibility: RequestCompatibility

    /// One answer to a metadata question.
    package struct MetadataValue: Sendable, Hashable {
        /// OBX-5.1, as written.
        package let value: String
        /// Ordinal of the OBX segment.
        package let ordinal: Int
    }

    /// Whether `code` is answered `Y`. Absent and unreadable are false; ``RequestControl`` refuses them.
    package func says(_ code: MetadataCode) -> Bool { metadata[code]?.first?.value.uppercased() == "Y" }

    /// What is asked for, from ORC-1 and MODIF_CONF_CODE; nil when ORC-1 says nothing known.
    /// With ``RequestCompatibility/formerOrder``, `SC` or no ORC: from the event of an MDM, from OBX-11 of an ORU.
    package var kind: RequestKind? {
        let changesVisibility = says(.confidentialityChange)
        switch orderControl {
        case "NW": return .initial
        case "RO": return changesVisibility ? .visibilityChange : .replacement
        case "CA": return .deletion
        default: break
        }
        guard compatibility.contains(.formerOrder), orderControl.isEmpty || orderControl == "SC" else { return nil }
        switch header.type == "MDM" ? header.event : documents.first?.status ?? "" {
        case "T02", "F": return .initial
        case "T10", "C": return changesVisibility ? .visibilityChange : .replacement
        case "T04", "D": return .deletion
        default: return nil
        }
    }

    /// Body of the mail to professionals, Base64 as received; nil: the settings' text.
    package var professionalBody: ArraySlice<UInt8>? { professionalBodies.first?.content }
    /// Body of the mail to the patient, Base64 as received; nil: the settings' text.
    package var patientBody: ArraySlice<UInt8>? { patientBodies.first?.content }

    /// The sender (PRT-4 = `SB`) of the first document that has one.
    package var sender: RequestParty? { documents.lazy.compactMap(\.senders.first).first }

    /// Recipients of every document, each address once.
    package var recipients: [RequestParty] {
        var seen: Set<String> = []
        return documents.flatMap(\.recipients).filter { party in
            guard let address = party.address?.lowercased() else { return true }
            return seen.insert(address).inserted
        }
    }

    /// Recipients that are not the patient: professionals, organisations, applications.
    package var professionalRecipients: [RequestParty] { recipients.filter { $0.kind != .patient } }
    /// The patient as recipient.
    package var patientRecipients: [RequestParty] { recipients.filter { $0.kind == .patient } }
    /// PRT-15.4 of the `REPLY` participation.
    package var replyTo: String? { documents.lazy.compactMap { $0.replies.first?.address }.first }

    /// Whether any destination is asked for.
    package var hasDestination: Bool { says(.toDMP) || says(.toProfessionals) || says(.toPatient) }
}
