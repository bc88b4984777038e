import Clinical
import HL7v2
import XMLTree

/// One document opened and held against the message that carries it: patient, identifiers, type, what it replaces.
struct DocumentControl {
    let request: DocumentRequest
    let document: RequestDocument
    let settings: ControlSettings

    private var place: HL7Location { HL7Location("OBX", ordinal: document.ordinal, field: 5, repetition: 1, component: 5) }

    func run(_ found: inout Findings) -> OpenedDocument? {
        guard let (header, count) = open(&found) else { return nil }
        PatientMatch(patient: request.patient, header: header, place: place, settings: settings, forDMP: request.says(.toDMP)).run(&found)
        type(header, &found)
        identifier(header, &found)
        replaced(header, &found)
        if request.says(.toDMP), let code = header.confidentiality?.code, code != "N" {
            found.warn(
                207, place, fr: "Document de confidentialité R ou V : ne devrait pas être partagé au DMP",
                en: "Document of confidentiality R or V: should not be shared in the DMP")
        }
        return OpenedDocument(document: document, header: header, count: count)
    }

    private func open(_ found: inout Findings) -> (header: CDAHeader, count: Int)? {
        guard !document.content.isEmpty, document.encoding.uppercased() == "BASE64" else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try document.decoded()
        } catch {
            found.error(
                102, place, fr: "Base64 illisible à l'octet \(error.offset) du champ",
                en: "Base64 cannot be decoded at byte \(error.offset) of the field")
            return nil
        }
        guard bytes.count <= settings.largestDocument else {
            found.error(
                207, place, fr: "Document trop grand (limite : \(settings.largestDocument) octets)",
                en: "Document too large (limit: \(settings.largestDocument) bytes)")
            return nil
        }
        do {
            let xml = try CDAHeader.parse(bytes, limits: XMLLimits(bytes: settings.largestDocument))
            guard !StyleSheetReference.isRemote(in: xml) else {
                found.error(
                    207, place, fr: "Le document fait appel à une feuille de style externe (réseau)",
                    en: "The document calls an external style sheet (network)")
                return nil
            }
            return (try CDAHeader(xml), bytes.count)
        } catch {
            found.error(207, place, fr: "CDA illisible : \(error.french)", en: "CDA cannot be read: \(error.english)")
            return nil
        }
    }

    /// OBX-3, OBR-4 and TXA-2 name the type that the document gives itself.
    private func type(_ header: CDAHeader, _ found: inout Findings) {
        let fields = [
            (HL7Location("OBX", ordinal: document.ordinal, field: 3), document.code.code),
            (HL7Location("OBR", field: 4), settings.compatibility.contains(.formerVersions) ? "" : request.orderCode?.code ?? ""),
            (HL7Location("TXA", field: 2), request.transcriptionType),
        ]
        for (place, code) in fields where !code.isEmpty && code != header.code.code {
            found.error(
                207, place, fr: "\(place) n'est pas le type du document (ClinicalDocument/code)",
                en: "\(place) is not the type of the document (ClinicalDocument/code)")
        }
    }

    /// TXA-12 against the document's id; what the DMP takes as an id.
    private func identifier(_ header: CDAHeader, _ found: inout Findings) {
        if let id = request.documentID { match(id, [header.id], HL7Location("TXA", field: 12), "ClinicalDocument/id", &found) }
        guard request.says(.toDMP) else { return }
        dmp(header.id, "ClinicalDocument/id", &found)
    }

    /// What a replacement names: RPLC in the document, TXA-13 in the message, both the same.
    private func replaced(_ header: CDAHeader, _ found: inout Findings) {
        guard let kind = request.kind else { return }
        guard kind.replaces else {
            if kind == .initial, !header.replaces.isEmpty {
                found.warn(
                    207, place, fr: "Un envoi initial porte un relatedDocument RPLC", en: "An initial sending carries a relatedDocument RPLC")
            }
            return
        }
        guard let parent = header.replaces.first else {
            found.error(
                207, place, fr: "Remplacement sans relatedDocument RPLC dans le document",
                en: "Replacement without a relatedDocument RPLC in the document")
            return
        }
        if parent == header.id {
            found.error(
                207, place, fr: "Le document remplace son propre identifiant : un remplacement porte un nouvel identifiant",
                en: "The document replaces its own identifier: a replacement carries a new one")
        }
        if let id = request.replacedID { match(id, header.replaces, HL7Location("TXA", field: 13), "relatedDocument RPLC", &found) }
        guard request.says(.toDMP) else { return }
        dmp(parent, "relatedDocument/parentDocument/id", &found)
    }

    private func match(
        _ id: RequestDocumentID, _ allowed: [CDAHeader.Identifier], _ place: HL7Location, _ what: String, _ found: inout Findings
    ) {
        guard !allowed.contains(where: { $0.root == id.root && $0.extension == id.idExtension }) else { return }
        found.error(207, place, fr: "\(place) n'est pas l'identifiant du document (\(what))", en: "\(place) is not the document's identifier (\(what))")
    }

    /// The DMP takes an OID alone: neither a root with an extension nor a UUID.
    private func dmp(_ id: CDAHeader.Identifier, _ what: String, _ found: inout Findings) {
        if id.extension != nil {
            found.error(
                207, place, fr: "\(what) porte une extension, que le DMP n'accepte pas", en: "\(what) has an extension, which the DMP does not accept")
        } else if !OID.isValid(id.root) {
            found.error(207, place, fr: "\(what) n'est pas un OID, que le DMP exige", en: "\(what) is not an OID, which the DMP demands")
        }
    }
}

/// Object identifiers as text.
enum OID {
    /// Whether `text` is an OID of at most 64 characters: numbers without leading zeros, dots between, first arc 0 to 2.
    static func isValid(_ text: String) -> Bool {
        let arcs = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard arcs.count >= 2, text.utf8.count <= 64, let first = arcs[0].first, arcs[0].count == 1, first <= 0x32 else { return false }
        return arcs.allSatisfy { arc in
            !arc.isEmpty && arc.allSatisfy(\.isDigit) && (arc.count == 1 || arc.first != 0x30)
        }
    }
}
