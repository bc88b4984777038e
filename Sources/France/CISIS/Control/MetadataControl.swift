import HL7v2

/// The ten questions (Y or N, each exactly once) and the bodies of the mails.
struct MetadataControl {
    let message: HL7Message
    let request: DocumentRequest
    let settings: ControlSettings

    func run(_ found: inout Findings) {
        for code in MetadataCode.allCases { question(code, &found) }
        bodies(request.professionalBodies, "CORPSMAIL_PS", isUsed: request.says(.toProfessionals), &found)
        bodies(request.patientBodies, "CORPSMAIL_PATIENT", isUsed: request.says(.toPatient), &found)
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
        if obx.valued(5) > 1 { found.repeated(HL7Location("OBX", ordinal: first.ordinal, field: 5)) }
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

    private func bodies(_ bodies: [RequestBody], _ code: String, isUsed: Bool, _ found: inout Findings) {
        if bodies.count > 1 {
            found.error(
                198, HL7Location("OBX", ordinal: bodies[1].ordinal, field: 3), fr: "\(code) est présent plusieurs fois",
                en: "\(code) stands more than once")
        }
        for body in bodies { self.body(body, code, isUsed: isUsed, &found) }
    }

    /// A body that cannot be read would be replaced by a text the sender did not write. An OBX-5 that is empty says that there is none.
    private func body(_ body: RequestBody, _ code: String, isUsed: Bool, _ found: inout Findings) {
        if body.repetitions > 1 { found.repeated(HL7Location("OBX", ordinal: body.ordinal, field: 5)) }
        guard body.repetitions > 0 else { return }
        let place = HL7Location("OBX", ordinal: body.ordinal, field: 5, repetition: 1, component: 5)
        let (number, fr, en): (Int, String, String)
        do {
            let decoded = try Base64.decode(body.content ?? [], tolerant: true)
            guard decoded.isEmpty else { return }
            (number, fr, en) = (101, "\(code) : texte absent (Base64 en OBX-5.5)", "\(code): text absent (Base64 in OBX-5.5)")
        } catch {
            (number, fr, en) = (102, "\(code) : Base64 illisible", "\(code): Base64 cannot be decoded")
        }
        if isUsed { found.error(number, place, fr: fr, en: en) } else { found.warn(number, place, fr: fr, en: en) }
    }

    private func value(_ code: MetadataCode) -> HL7Location {
        HL7Location("OBX", ordinal: request.metadata[code]?.first?.ordinal ?? 1, field: 5)
    }
}
