import HL7v2

/// Sender and recipients: complete for what is asked, addresses that can be written in a mail, the patient's box the patient's own.
struct PartyControl {
    let request: DocumentRequest
    let settings: ControlSettings

    func run(_ found: inout Findings) {
        sender(&found)
        family(.toProfessionals, request.professionalRecipients, &found)
        family(.toPatient, request.patientRecipients, &found)
        for party in request.documents.flatMap(\.replies) {
            guard let address = party.address else { return found.missing(place(party, 15, 4)) }
            syntax(address, of: party, &found)
        }
    }

    private func sender(_ found: inout Findings) {
        for document in request.documents where document.senders.count > 1 {
            found.error(
                198, HL7Location("PRT", ordinal: document.senders[1].ordinal, field: 4), fr: "Un seul expéditeur (SB) par document",
                en: "Only one sender (SB) a document")
        }
        guard let sender = request.sender else {
            guard let first = request.documents.first else { return }
            let ordinal = (first.recipients + first.replies).map(\.ordinal).max().map { $0 + 1 } ?? 1
            found.error(
                101, HL7Location("PRT", ordinal: ordinal, field: 4), fr: "Expéditeur (PRT-4 = SB) absent", en: "Sender (PRT-4 = SB) absent")
            return
        }
        guard let organisation = sender.organisation else { return found.missing(place(sender, 8)) }
        if request.says(.toDMP) { complete(sender, organisation, &found) }
        checkDigits(sender, &found)
    }

    /// The DMP wants a structure with its national identifier, and a professional or a device (SC.DMP/CONF.12).
    private func complete(_ sender: RequestParty, _ organisation: RequestOrganisation, _ found: inout Findings) {
        if organisation.identifier.isEmpty {
            found.missing(place(sender, 8, 10))
        } else if organisation.isInnerUnit {
            found.error(
                103, place(sender, 8, 7), fr: "Pour le DMP, l'expéditeur est une structure (IDNST, FINEG ou FINEJ), pas une unité interne",
                en: "For the DMP the sender is a structure (IDNST, FINEG or FINEJ), not an inner unit")
        }
        let hasPerson = sender.person.map { !$0.identifier.isEmpty } ?? false
        if !hasPerson, sender.device == nil {
            found.error(
                101, place(sender, 5, 1), fr: "Pour le DMP, l'expéditeur est un professionnel (PRT-5.1) ou un automate (PRT-10.1)",
                en: "For the DMP the sender is a professional (PRT-5.1) or a device (PRT-10.1)")
        }
    }

    private func family(_ flag: MetadataCode, _ parties: [RequestParty], _ found: inout Findings) {
        guard request.says(flag) else { return }
        if parties.isEmpty, let first = request.documents.first {
            let ordinal = (first.senders + first.recipients + first.replies).map(\.ordinal).max().map { $0 + 1 } ?? 1
            found.error(
                101, HL7Location("PRT", ordinal: ordinal, field: 4), fr: "\(flag.rawValue)=Y sans destinataire (PRT-4 = RCT)",
                en: "\(flag.rawValue)=Y without a recipient (PRT-4 = RCT)")
        }
        for party in parties {
            guard let address = party.address else {
                found.missing(place(party, 15, 4))
                continue
            }
            syntax(address, of: party, &found)
            if flag == .toPatient { patient(party, address, &found) } else { checkDigits(party, &found) }
        }
    }

    private func syntax(_ address: String, of party: RequestParty, _ found: inout Findings) {
        guard MailAddress(address) == nil else { return }
        found.error(
            207, place(party, 15, 4), fr: "Adresse de messagerie mal formée", en: "Malformed mail address")
    }

    /// The patient's box is named by the INS: another local part is nobody's, or somebody else's.
    private func patient(_ party: RequestParty, _ address: String, _ found: inout Findings) {
        guard let ins = request.patient.ins else { return }
        if let mailbox = MailAddress(address), !mailbox.isPatient || mailbox.local.uppercased() != ins.value {
            found.error(
                207, place(party, 15, 4), fr: "L'adresse du patient n'est pas celle de l'INS de PID-3 (INS@patient.mssante.fr)",
                en: "The patient's address is not the one of the INS in PID-3 (INS@patient.mssante.fr)")
        }
        if let identifier = party.person?.identifier, !identifier.isEmpty, identifier.uppercased() != ins.value {
            found.error(
                207, place(party, 5, 1), fr: "L'identifiant du patient destinataire n'est pas l'INS de PID-3",
                en: "The identifier of the patient as recipient is not the INS of PID-3")
        }
    }

    /// Keys of professionals and structures: official samples carry wrong ones, so production may refuse them, by setting.
    private func checkDigits(_ party: RequestParty, _ found: inout Findings) {
        if let person = party.person, !person.identifier.isEmpty, !DirectoryIdentifier.isNationalPerson(person.nationalIdentifier) {
            doubt(place(party, 5, 1), &found)
        }
        if let organisation = party.organisation, !organisation.identifier.isEmpty, !organisation.isInnerUnit,
            !DirectoryIdentifier.isNationalStructure(organisation.nationalIdentifier)
        {
            doubt(place(party, 8, 10), &found)
        }
    }

    private func doubt(_ place: HL7Location, _ found: inout Findings) {
        let fr = "\(place) : forme ou clé de l'identifiant incorrecte", en = "\(place): wrong form or key of the identifier"
        if settings.environment == .production, settings.refusesWrongCheckDigits {
            found.error(102, place, fr: fr, en: en)
        } else {
            found.warn(102, place, fr: fr, en: en)
        }
    }

    private func place(_ party: RequestParty, _ field: Int, _ component: Int? = nil) -> HL7Location {
        let repetition = component.map { _ in field == 15 ? party.addressRepetition : 1 }
        return HL7Location("PRT", ordinal: party.ordinal, field: field, repetition: repetition, component: component)
    }
}
