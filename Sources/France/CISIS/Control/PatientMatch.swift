import Clinical
import HL7v2

/// The patient of the message and the patient of the document are one: identifiers, then traits.
/// A mismatch is a case of patient safety: nothing leaves, whatever was asked.
struct PatientMatch {
    let patient: RequestPatient
    let header: CDAHeader
    let place: HL7Location
    let settings: ControlSettings
    let forDMP: Bool

    func run(_ found: inout Findings) {
        identifiers(&found)
        traits(&found)
    }

    private func identifiers(_ found: inout Findings) {
        let numbers = header.patient.ids.filter { INSRegister(rawValue: $0.root) != nil }.map { INS(value: $0.extension ?? "", oid: $0.root) }
        for number in numbers {
            guard let register = number.register, !register.isAllowed(in: settings.environment, productionInTest: settings.productionINSInTest)
            else { continue }
            found.error(
                207, place, fr: "Le document porte un INS d'un autre environnement (\(register.rawValue))",
                en: "The document carries an INS of another environment (\(register.rawValue))")
        }
        if Dictionary(grouping: Set(numbers.filter { !$0.value.isEmpty }), by: \.oid).contains(where: { $0.value.count > 1 }) {
            found.error(
                207, place, fr: "Le document porte deux INS différents du même registre", en: "The document carries two different INS of the same register")
        }
        let shares = sharesLocalIdentifier(&found)
        others(numbers, &found)
        guard let ins = patient.ins else {
            if !shares { disjoint(&found) }
            return
        }
        if numbers.contains(ins) { return }
        let pid = patient.numbers.first { $0.ins == ins }.map { place(of: $0.repetition) }
        if !numbers.isEmpty {
            found.error(207, pid, fr: "L'INS de PID-3 n'est pas celui du document", en: "The INS of PID-3 is not the document's")
        } else if forDMP {
            found.error(207, pid, fr: "Le document ne porte pas l'INS de PID-3", en: "The document does not carry the INS of PID-3")
        } else if !shares {
            disjoint(&found)
        }
    }

    /// Beside the INS that counts: a number of PID-3 whose register the document has too is the document's.
    private func others(_ numbers: [INS], _ found: inout Findings) {
        for (ins, repetition) in patient.numbers where ins != patient.ins && ins.oid != patient.ins?.oid {
            guard numbers.contains(where: { $0.oid == ins.oid }), !numbers.contains(ins) else { continue }
            found.error(207, place(of: repetition), fr: "Un INS de PID-3 n'est pas celui du document", en: "An INS of PID-3 is not the document's")
        }
    }

    private func place(of repetition: Int) -> HL7Location { HL7Location("PID", field: 3, repetition: repetition, component: 1) }

    private func disjoint(_ found: inout Findings) {
        found.error(
            207, HL7Location("PID", field: 3), fr: "Aucun identifiant de PID-3 n'est dans le document (recordTarget/patientRole/id)",
            en: "No identifier of PID-3 is in the document (recordTarget/patientRole/id)")
    }

    /// Whether an identifier other than the INS stands on both sides. The same domain with another value is a mismatch.
    private func sharesLocalIdentifier(_ found: inout Findings) -> Bool {
        var shares = false
        for identifier in patient.identifiers where identifier.type.uppercased() != "INS" && !identifier.authority.isEmpty {
            let same = header.patient.ids.filter { $0.root == identifier.authority }
            if same.contains(where: { $0.extension == identifier.value }) {
                shares = true
            } else if !same.isEmpty, identifier.type.uppercased() == "PI" {
                found.error(
                    207, HL7Location("PID", field: 3, repetition: identifier.repetition, component: 1),
                    fr: "L'identifiant local de PID-3 n'est pas celui du document", en: "The local identifier of PID-3 is not the document's")
            }
        }
        return shares
    }

    private func traits(_ found: inout Findings) {
        let name = header.patient.name
        let families = patient.birthName.isEmpty ? name.families.map(\.text) : [name.birthFamily]
        let family = patient.birthName.isEmpty ? patient.usedName : patient.birthName
        if !family.isEmpty, !families.contains(where: { Fold.name($0) == Fold.name(family) }) { differs(5, "nom", "name", &found) }
        if !patient.firstGivenName.isEmpty || !patient.givenNames.isEmpty, !givenNamesMeet(name) { differs(5, "prénom", "given name", &found) }
        if let birth = header.patient.birthTime?.date, let day = patient.birthDay {
            let shorter = min(birth.count, day.count)
            if birth.prefix(shorter) != day.prefix(shorter) { differs(7, "date de naissance", "birth date", &found) }
        }
        if let gender = header.patient.gender, ["F", "M"].contains(gender), ["F", "M"].contains(patient.sex), gender != patient.sex {
            differs(8, "sexe", "sex", &found)
        }
    }

    /// A CDA writes the first given name of birth (`BR`), the whole list, or both: any of them may meet XPN-2 or XPN-3.
    private func givenNamesMeet(_ name: CDAHeader.Name) -> Bool {
        let written = name.givens.filter { $0.qualifier != "CL" }.map { Fold.name($0.text) }
        let all = written.isEmpty ? name.givens.map { Fold.name($0.text) } : written
        guard !all.isEmpty else { return true }
        let expected = [patient.firstGivenName, patient.givenNames].filter { !$0.isEmpty }.map { Fold.name($0) }
        return all.contains { text in
            expected.contains { $0 == text || $0.hasPrefix(text + " ") || text.hasPrefix($0 + " ") }
        }
    }

    private func differs(_ field: Int, _ fr: String, _ en: String, _ found: inout Findings) {
        found.error(
            207, HL7Location("PID", field: field), fr: "PID-\(field) diffère du document : \(fr)",
            en: "PID-\(field): the \(en) is not the document's")
    }
}

/// Names made comparable.
enum Fold {
    /// Capitals without accents, hyphens and apostrophes as blanks, one blank between words.
    static func name(_ text: String) -> String {
        var out = ""
        var gap = false
        for scalar in text.uppercased().unicodeScalars {
            for plain in plain(scalar) {
                if plain == " " {
                    gap = !out.isEmpty
                } else {
                    if gap { out += " " }
                    gap = false
                    out.unicodeScalars.append(plain)
                }
            }
        }
        return out
    }

    private static func plain(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        switch scalar {
        case "A"..."Z", "0"..."9": [scalar]
        case "À"..."Å": ["A"]
        case "Æ": ["A", "E"]
        case "Ç": ["C"]
        case "È"..."Ë": ["E"]
        case "Ì"..."Ï": ["I"]
        case "Ñ": ["N"]
        case "Ò"..."Ö", "Ø": ["O"]
        case "Œ": ["O", "E"]
        case "Ù"..."Ü": ["U"]
        case "Ý", "Ÿ": ["Y"]
        // Combining marks of a decomposed text.
        case "\u{300}"..."\u{36F}": []
        case " ", "-", "'", "’", "\u{2010}"..."\u{2015}", "\u{A0}", "_", ".", ",": [" "]
        default: [scalar]
        }
    }
}
