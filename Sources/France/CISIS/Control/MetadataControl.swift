import HL7v2

/// The ten questions (Y or N, each exactly once) and the bodies of the mails.
struct MetadataControl {
    let message: HL7Message
    let request: DocumentRequest
    let settings: ControlSettings

    func run(_ found: inout Findings) {
        for code in MetadataCode.allCases { question(code, &found) }
        body(request.professionalBody, "CORPSMAIL_PS", isUsed: request.says(.toProfessionals), &found)
        body(request.patientBody, "CORPSMAIL_PATIENT", isUsed: request.says(.toPatient), &found)
        guard !request.hasDestination, MetadataCode.allCases.allSatisfy({ request.metadata[$0] != nil }) else { return }
        let place = value(.toDMP)
        let fr = "Aucune destination demandée (DESTDMP, DESTMSSANTEPS, DESTMSSANTEPAT)"
        let en = "No destination asked for (DESTDMP, DESTMSSANTEPS, DESTMSSANTEPAT)"
        if settings.acceptsNoDestination { found.warn(207, place, fr: fr, en: en) } else { found.error(207, place, fr: fr, en: en) }
    }

    private func question(_ code: MetadataCode, _ found: inout Findings) {
        guard let values = request.metadata[code], let first = values.first else { return absent(code, &found) }
        if values.count > 1 {
            found.error(
                198, HL7Location("OBX", ordinal: values[1].ordinal, field: 3), fr: "\(code.rawValue) est présent plusieurs fois",
                en: "\(code.rawValue) stands more than once")
        }
        for value in values where !["Y", "N"].contains(value.value.uppercased()) {
            let place = HL7Location("OBX", ordinal: value.ordinal, field: 5)
            if value.value.isEmpty { found.missing(place) } else { found.notInTable(place, "Y, N") }
        }
        let segments = message.segments("OBX")
        guard first.ordinal <= segments.count else { return }
        let obx = segments[first.ordinal - 1]
        if obx.text(3, 3).isEmpty {
            found.warn(
                101, HL7Location("OBX", ordinal: first.ordinal, field: 3, repetition: 1, component: 3), fr: "Système de codage absent",
                en: "Coding system absent")
        }
        if obx.text(11).uppercased() != "F" {
            found.warn(
                103, HL7Location("OBX", ordinal: first.ordinal, field: 11), fr: "OBX-11 d'une métadonnée doit valoir F",
                en: "OBX-11 of a metadata must be F")
        }
    }

    /// The missing OBX would stand after the last one: that is where ERR-2 points.
    private func absent(_ code: MetadataCode, _ found: inout Findings) {
        let place = HL7Location("OBX", ordinal: message.segments("OBX").count + 1, field: 3)
        let fr = "Métadonnée \(code.rawValue) absente", en = "Metadata \(code.rawValue) absent"
        if settings.compatibility.contains(.formerFields), code == .acknowledgeReception || code == .acknowledgeReading {
            found.warn(101, place, fr: fr, en: en)
        } else {
            found.error(101, place, fr: fr, en: en)
        }
    }

    /// A body that cannot be decoded would be replaced by a text the sender did not write.
    private func body(_ content: ArraySlice<UInt8>?, _ code: String, isUsed: Bool, _ found: inout Findings) {
        guard let content else { return }
        do {
            _ = try Base64.decode(content, tolerant: true)
        } catch {
            let ordinal = message.segments("OBX").first { $0.text(3) == code }?.ordinal ?? 1
            let place = HL7Location("OBX", ordinal: ordinal, field: 5, repetition: 1, component: 5)
            let fr = "\(code) : Base64 illisible", en = "\(code): Base64 cannot be decoded"
            if isUsed { found.error(102, place, fr: fr, en: en) } else { found.warn(102, place, fr: fr, en: en) }
        }
    }

    private func value(_ code: MetadataCode) -> HL7Location {
        HL7Location("OBX", ordinal: request.metadata[code]?.first?.ordinal ?? 1, field: 5)
    }
}
