import HL7v2

/// The INS of PID-3: of this environment, well formed, with its key.
struct PatientControl {
    let request: DocumentRequest
    let settings: ControlSettings

    func run(_ found: inout Findings) {
        var known: [String: INS] = [:]
        for (ins, repetition) in request.patient.numbers {
            check(ins, repetition, &found)
            // A temporary number (NIA) may stand beside the NIR; two numbers of one register are two patients.
            if let other = known[ins.oid], other != ins {
                found.error(
                    207, HL7Location("PID", field: 3, repetition: repetition, component: 1), fr: "PID-3 porte deux INS différents du même registre",
                    en: "PID-3 carries two different INS of the same register")
            }
            if known[ins.oid] == nil { known[ins.oid] = ins }
        }
        if !request.patient.birthPlace.isEmpty, request.patient.birthPlace.utf8.count != 5 {
            found.warn(
                102, HL7Location("PID", field: 11), fr: "Lieu de naissance : code COG de 5 caractères attendu",
                en: "Birth place: COG code of 5 characters expected")
        }
    }

    private func check(_ ins: INS, _ repetition: Int, _ found: inout Findings) {
        let oid = HL7Location("PID", field: 3, repetition: repetition, component: 4, subcomponent: 2)
        let value = HL7Location("PID", field: 3, repetition: repetition, component: 1)
        guard let register = ins.register else {
            found.notInTable(oid, INSRegister.allCases.map(\.rawValue).joined(separator: ", "))
            return
        }
        if !register.isAllowed(in: settings.environment, productionInTest: settings.productionINSInTest) {
            found.error(
                207, oid, fr: "INS d'un autre environnement (\(register.rawValue) en \(settings.environment.french))",
                en: "INS of another environment (\(register.rawValue) in \(settings.environment.rawValue))")
        }
        // A wrong key stops the message where the identity goes to the DMP in production; official samples carry wrong keys.
        guard !ins.hasRightKey else { return }
        let fr = ins.isWellFormed ? "Clé de l'INS incorrecte" : "INS mal formé", en = ins.isWellFormed ? "Wrong key of the INS" : "Malformed INS"
        if settings.environment == .production, request.says(.toDMP) {
            found.error(207, value, fr: fr, en: en)
        } else {
            found.warn(207, value, fr: fr, en: en)
        }
    }
}

extension NationalEnvironment {
    /// The word for a French sentence.
    var french: String { self == .production ? "production" : "test" }
}
