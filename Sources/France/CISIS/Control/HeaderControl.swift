import HL7v2

/// MSH: type, event, version, environment, interface. Its errors end the control, the rest having no meaning for another grammar.
struct HeaderControl {
    let message: HL7Message
    let header: RequestHeader
    let settings: ControlSettings

    func run(_ found: inout Findings) {
        if !message.delimiters.isStandard {
            found.error(
                100, HL7Location("MSH", field: 2), fr: "Séparateurs autres que |^~\\&", en: "Delimiters other than |^~\\&")
        }
        type(&found)
        version(&found)
        processing(&found)
        interface(&found)
        required(&found)
        for warning in message.warnings {
            if warning == .charsetUnknown {
                found.error(103, place(of: warning), fr: warning.text.fr, en: warning.text.en)
            } else {
                found.warn(102, place(of: warning), fr: warning.text.fr, en: warning.text.en)
            }
        }
    }

    private func place(of warning: HL7Warning) -> HL7Location? {
        switch warning {
        case .charsetAbsent, .charsetUnknown: HL7Location("MSH", field: 18)
        case .byteOrderMark: nil
        case .lineBreakInField(let place): place
        }
    }

    private func type(_ found: inout Findings) {
        let structure: String
        switch (header.type, header.event) {
        case ("ORU", "R01"): structure = "ORU_R01"
        case ("MDM", "T02"), ("MDM", "T10"), ("MDM", "T04"): structure = "MDM_T02"
        case ("ORU", _), ("MDM", _):
            found.error(
                201, HL7Location("MSH", field: 9, repetition: 1, component: 2),
                fr: "Événement non pris en charge (attendu : ORU^R01, MDM^T02, MDM^T10, MDM^T04)",
                en: "Unsupported event (expected: ORU^R01, MDM^T02, MDM^T10, MDM^T04)")
            return
        default:
            found.error(
                200, HL7Location("MSH", field: 9, repetition: 1, component: 1),
                fr: "Type de message non pris en charge (attendu : ORU, MDM)", en: "Unsupported message type (expected: ORU, MDM)")
            return
        }
        guard message["MSH-9.3"] != structure else { return }
        found.warn(
            200, HL7Location("MSH", field: 9, repetition: 1, component: 3), fr: "Structure attendue : \(structure)",
            en: "Expected structure: \(structure)")
    }

    private func version(_ found: inout Findings) {
        let expected = header.type == "ORU" ? "2.5" : header.type == "MDM" ? "2.6" : nil
        guard let expected, header.version != expected else { return }
        found.error(
            203, HL7Location("MSH", field: 12), fr: "Version HL7 non prise en charge (attendu : \(expected) pour \(header.type))",
            en: "Unsupported HL7 version (expected: \(expected) for \(header.type))")
    }

    private func processing(_ found: inout Findings) {
        let allowed = settings.environment == .production ? ["P"] : ["P", "T", "D"]
        if header.processing.isEmpty {
            found.missing(HL7Location("MSH", field: 11))
        } else if !allowed.contains(header.processing) {
            found.error(
                202, HL7Location("MSH", field: 11), fr: "Mode de traitement refusé dans cet environnement",
                en: "Processing id refused in this environment")
        }
    }

    /// MSH-21, blanks trimmed: the volet's own examples print `2.1^ CISIS_…`.
    private func interface(_ found: inout Findings) {
        let profile = HL7Location("MSH", field: 21, repetition: header.interfaceRepetition, component: 2)
        let version = HL7Location("MSH", field: 21, repetition: header.interfaceRepetition, component: 1)
        let former = settings.compatibility.contains(.formerVersions)
        guard header.interfaceProfile == "CISIS_CDA_HL7_V2" || (former && header.interfaceProfile == "CISIS_CDA_HL7_V1") else {
            if header.interfaceProfile.isEmpty {
                found.missing(profile)
            } else {
                found.error(
                    203, profile, fr: "Profil d'interface non pris en charge (attendu : 2.1^CISIS_CDA_HL7_V2)",
                    en: "Unsupported interface profile (expected: 2.1^CISIS_CDA_HL7_V2)")
            }
            return
        }
        // 2.1.1 and 2.1.2 are editions of the same interface.
        guard header.interfaceVersion != "2.1", !header.interfaceVersion.hasPrefix("2.1.") else { return }
        let fr = "Version d'interface non prise en charge (attendu : 2.1)"
        let en = "Unsupported interface version (expected: 2.1)"
        if former { found.warn(203, version, fr: fr, en: en) } else { found.error(203, version, fr: fr, en: en) }
    }

    private func required(_ found: inout Findings) {
        let fields = [
            (3, header.sendingApplication), (4, header.sendingFacility), (5, header.receivingApplication), (6, header.receivingFacility),
            (7, header.time), (10, header.controlID),
        ]
        for (number, value) in fields where value.isEmpty { found.missing(HL7Location("MSH", field: number)) }
        if message["MSH-17"] != "FRA" {
            found.warn(101, HL7Location("MSH", field: 17), fr: "MSH-17 devrait valoir FRA", en: "MSH-17 should be FRA")
        }
        if [.latin1, .ascii].contains(message.charset), message.value("MSH-18") != nil {
            found.warn(
                103, HL7Location("MSH", field: 18), fr: "MSH-18 devrait valoir UNICODE UTF-8 ou 8859/15",
                en: "MSH-18 should be UNICODE UTF-8 or 8859/15")
        }
    }
}
