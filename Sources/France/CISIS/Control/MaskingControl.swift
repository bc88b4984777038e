import HL7v2

/// Who may be mailed what: the volet's management rules of MSSanté. Nothing applies when no mail is asked for.
struct MaskingControl {
    let request: DocumentRequest
    let settings: ControlSettings

    func run(_ found: inout Findings) {
        guard request.says(.toProfessionals) || request.says(.toPatient) else { return }
        switch settings.masking {
        case .rules: rules(&found)
        case .strict: strict(&found)
        }
    }

    private func rules(_ found: inout Findings) {
        if request.says(.toPatient), request.says(.hiddenFromPatient) {
            found.error(
                207, place(.hiddenFromPatient), fr: "Document non visible par le patient : pas d'envoi au patient",
                en: "Document hidden from the patient: no mail to the patient")
        }
        if request.says(.toPatient), request.says(.hiddenFromRepresentatives), isMinor {
            found.error(
                207, place(.hiddenFromRepresentatives),
                fr: "Document non visible par les représentants légaux : pas d'envoi dans la messagerie d'un patient mineur",
                en: "Document hidden from the legal representatives: no mail to the box of a minor")
        }
        if request.says(.toPatient), request.says(.secretConnection), isMinor {
            found.warn(
                207, place(.secretConnection), fr: "Connexion secrète : les parents peuvent ouvrir la messagerie d'un patient mineur",
                en: "Secret connection: parents may open the box of a minor")
        }
        if request.says(.toProfessionals), request.says(.maskedFromProfessionals) {
            let fr = "Document masqué aux professionnels : pas d'envoi aux professionnels"
            let en = "Document masked from professionals: no mail to professionals"
            if settings.mailsMaskedToProfessionals {
                found.warn(207, place(.maskedFromProfessionals), fr: fr, en: en)
            } else {
                found.error(207, place(.maskedFromProfessionals), fr: fr, en: en)
            }
        }
    }

    /// The three rows of the volet, which presents them as exhaustive.
    private func strict(_ found: inout Findings) {
        let says = request.says
        let masked = says(.maskedFromProfessionals), hidden = says(.hiddenFromPatient), representatives = says(.hiddenFromRepresentatives)
        let both = says(.toProfessionals) && says(.toPatient) && !masked && !hidden && !representatives
        let professionals = says(.toProfessionals) && !says(.toPatient) && !masked && hidden && !representatives
        let patient = !says(.toProfessionals) && says(.toPatient) && !hidden && !says(.secretConnection) && !says(.toDMP)
        guard !both, !professionals, !patient else { return }
        found.error(
            207, place(says(.toPatient) ? .toPatient : .toProfessionals),
            fr: "Combinaison de masquages et de destinataires absente des règles de gestion MSSanté",
            en: "Combination of masking and recipients absent from the MSSanté management rules")
    }

    /// Under 18 on the day of the message. A birth date that cannot be read counts as a minor's: masking errs on the safe side.
    private var isMinor: Bool {
        let today = String(request.header.time.prefix(8))
        guard let birth = request.patient.birthDay.flatMap({ Int($0) }), today.utf8.count == 8, let day = Int(today) else { return true }
        return day - birth < 180_000
    }

    private func place(_ code: MetadataCode) -> HL7Location {
        HL7Location("OBX", ordinal: request.metadata[code]?.first?.ordinal ?? 1, field: 5)
    }
}
