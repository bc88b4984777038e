import HL7v2

/// Segments, required fields and tables of the request's own segments. Order is not judged: reading does not depend on it.
struct StructureControl {
    let message: HL7Message
    let request: DocumentRequest
    let settings: ControlSettings

    private var isMDM: Bool { request.header.type == "MDM" }
    private var former: RequestCompatibility { settings.compatibility }

    func run(_ found: inout Findings) {
        segments(&found)
        patient(&found)
        visit(&found)
        order(&found)
        if isMDM { transcription(&found) }
        documents(&found)
    }

    private func segments(_ found: inout Findings) {
        let required = isMDM ? ["EVN", "PID", "PV1", "ORC", "OBR", "TXA", "OBX"] : ["PID", "ORC", "OBR", "OBX"]
        for name in required where message.segment(name) == nil {
            if former.contains(.formerOrder), name == "ORC" || name == "OBR" {
                found.warn(100, HL7Location(name), fr: "Segment \(name) absent", en: "Segment \(name) absent")
            } else {
                found.error(100, HL7Location(name), fr: "Segment \(name) obligatoire absent", en: "Required segment \(name) absent")
            }
        }
        for name in isMDM ? ["EVN", "PID", "PV1", "ORC", "OBR", "TXA"] : ["PID", "PV1"] where message.segments(name).count > 1 {
            found.error(
                198, HL7Location(name, ordinal: 2), fr: "Un seul segment \(name) est attendu", en: "Only one \(name) segment is expected")
        }
        if isMDM, let evn = message.segment("EVN"), evn.text(2).isEmpty { found.missing(HL7Location("EVN", field: 2)) }
    }

    private func patient(_ found: inout Findings) {
        guard message.segment("PID") != nil else { return }
        if request.patient.identifiers.isEmpty { found.missing(HL7Location("PID", field: 3)) }
        if request.patient.birthName.isEmpty, request.patient.usedName.isEmpty { found.missing(HL7Location("PID", field: 5)) }
        if !["", "F", "M", "U"].contains(request.patient.sex) {
            found.warn(103, HL7Location("PID", field: 8), fr: "PID-8 hors table (attendu : F, M, U)", en: "PID-8 not in the table (expected: F, M, U)")
        }
    }

    private func visit(_ found: inout Findings) {
        guard let visit = request.visit else { return }
        let place = HL7Location("PV1", field: 2)
        switch visit.patientClass {
        case "": found.missing(place)
        case "N": break
        case "E", "I", "O", "R":
            if visit.number == nil {
                found.error(
                    101, HL7Location("PV1", field: 19), fr: "PV1-19 est obligatoire quand PV1-2 vaut E, I, O ou R",
                    en: "PV1-19 is required when PV1-2 is E, I, O or R")
            }
        default: found.notInTable(place, "E, I, O, R, N")
        }
    }

    private func order(_ found: inout Findings) {
        if message.segment("ORC") != nil {
            let place = HL7Location("ORC", field: 1)
            if request.orderControl.isEmpty, !former.contains(.formerOrder) {
                found.missing(place)
            } else if !["NW", "RO", "CA", ""].contains(request.orderControl) {
                if former.contains(.formerOrder), request.orderControl == "SC" {
                    found.warn(103, place, fr: "ORC-1 d'une ancienne version", en: "ORC-1 of a former version")
                } else {
                    found.notInTable(place, "NW, RO, CA")
                }
            }
        }
        guard message.segment("OBR") != nil else { return }
        guard let code = request.orderCode else { return found.missing(HL7Location("OBR", field: 4)) }
        coded(code, at: HL7Location("OBR", field: 4), &found)
        // Former versions wrote the examination in OBR-4, not the type of the document.
        guard let isDocumentType = settings.isDocumentType, !former.contains(.formerVersions), !isDocumentType(code.code) else { return }
        found.error(
            103, HL7Location("OBR", field: 4, repetition: 1, component: 1), fr: "Type de document inconnu de la table JDV_J07",
            en: "Document type unknown to table JDV_J07")
    }

    /// The coding system is mandatory as soon as the code is there (pre-adopted from HL7 2.7).
    private func coded(_ code: RequestCode, at place: HL7Location, _ found: inout Findings) {
        let system = HL7Location(place.segment, ordinal: place.ordinal, field: place.field, repetition: 1, component: 3)
        let known = ["LN", "TRE_A05", "2.16.840.1.113883.6.1", "1.2.250.1.213.1.1.4.12"]
        if code.system.isEmpty {
            if former.contains(.formerFields) {
                found.warn(101, system, fr: "\(system) absent", en: "\(system) absent")
            } else {
                found.missing(system)
            }
        } else if !known.contains(code.system) {
            found.notInTable(system, "LN, TRE_A05")
        }
    }

    private func transcription(_ found: inout Findings) {
        guard message.segment("TXA") != nil else { return }
        if request.transcriptionType.isEmpty { found.missing(HL7Location("TXA", field: 2)) }
        if message["TXA-3"].uppercased() != "TEXT" {
            found.warn(103, HL7Location("TXA", field: 3), fr: "TXA-3 devrait valoir TEXT", en: "TXA-3 should be TEXT")
        }
        if let id = request.documentID {
            if !id.namespace.isEmpty {
                found.warn(
                    102, HL7Location("TXA", field: 12, repetition: 1, component: 2), fr: "TXA-12.2 doit rester vide",
                    en: "TXA-12.2 must stay empty")
            }
        } else {
            found.missing(HL7Location("TXA", field: 12))
        }
        if request.header.event == "T10", request.replacedID == nil { found.missing(HL7Location("TXA", field: 13)) }
        if request.header.event == "T02", request.replacedID != nil {
            found.warn(199, HL7Location("TXA", field: 13), fr: "TXA-13 n'est pas attendu ici", en: "TXA-13 is not expected here")
        }
        let place = HL7Location("TXA", field: 17)
        switch request.completion {
        case "AU": break
        case "": found.missing(place)
        case "LA" where former.contains(.formerFields):
            found.warn(103, place, fr: "TXA-17 d'une ancienne version", en: "TXA-17 of a former version")
        default: found.notInTable(place, "AU")
        }
    }

    private func documents(_ found: inout Findings) {
        let most = isMDM ? 1 : 2
        if request.documents.isEmpty, message.segment("OBX") != nil {
            found.error(
                101, HL7Location("OBX", field: 2), fr: "Aucun OBX de type ED ne porte de document", en: "No OBX of type ED carries a document")
        }
        if request.documents.count > most {
            found.error(
                198, HL7Location("OBX", ordinal: request.documents[most].ordinal),
                fr: isMDM ? "Un MDM porte exactement un document" : "Un ORU porte un ou deux documents",
                en: isMDM ? "An MDM carries exactly one document" : "An ORU carries one or two documents")
        }
        for document in request.documents { self.document(document, &found) }
    }

    private func document(_ document: RequestDocument, _ found: inout Findings) {
        let place: (Int, Int?) -> HL7Location = { field, component in
            HL7Location("OBX", ordinal: document.ordinal, field: field, repetition: component == nil ? nil : 1, component: component)
        }
        if document.code.code.isEmpty {
            found.missing(place(3, 1))
        } else {
            coded(document.code, at: place(3, nil), &found)
        }
        if document.dataType.uppercased() != "TEXT" {
            found.warn(103, place(5, 2), fr: "OBX-5.2 devrait valoir TEXT", en: "OBX-5.2 should be TEXT")
        }
        if document.dataSubtype.uppercased() != "XML" { found.notInTable(place(5, 3), "XML") }
        if document.encoding.uppercased() != "BASE64" { found.notInTable(place(5, 4), "Base64") }
        if document.content.isEmpty { found.missing(place(5, 5)) }
        if document.repetitions > 1 { found.repeated(place(5, nil)) }
        switch document.status {
        case "F", "C", "D": break
        case "": found.missing(place(11, nil))
        default: found.notInTable(place(11, nil), "F, C, D")
        }
    }
}
