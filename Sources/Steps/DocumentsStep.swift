import Clinical
import France
import HL7v2
package import Pipeline

/// `documents: {as: doc}`: opens the documents of a CDA request and puts what routes, destinations and people need into notes:
/// the ten flags by their code (`note.DESTDMP`), the recipients (`note.recipients.pro`, `note.recipients.patient`), the documents
/// (`note.doc`), and the tokens by which reports and replacements find the deliveries.
package struct DocumentsStep: Step {
    package static let spec = Spec(
        "documents",
        Text(
            fr: "Ouvre les documents CDA de la demande et en tire les destinations, les destinataires et les identifiants",
            en: "Opens the CDA documents of the request and finds destinations, recipients and identifiers"),
        [
            Field(
                "as", .text, default: "doc", Text(fr: "nom de la note qui décrit les documents", en: "name of the note that describes the documents")),
            Field(
                "former_versions", .boolean, default: "false",
                Text(fr: "lit les écritures des versions 1.2 et 2.0 du volet", en: "reads what versions 1.2 and 2.0 of the volet wrote"), shared: true),
        ])

    private let name: String
    private let compatibility: RequestCompatibility

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = fields.text("as") ?? "doc"
        compatibility = fields.boolean("former_versions") ? .former : []
    }

    package var isHeavy: Bool { true }
    package var writes: Set<String>? { Set(MetadataCode.allCases.map(\.rawValue) + [name, "kind", "recipients.pro", "recipients.patient"]) }

    package func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult {
        guard let hl7 = draft.hl7 else { throw StepFailure(NotHL7.reason) }
        let request = DocumentRequest(hl7, compatibility: compatibility)
        guard let kind = request.kind else {
            throw StepFailure(Reason("207", Text(fr: "Demande de nature inconnue", en: "Request of an unknown kind"), location: "ORC-1"))
        }
        var documents: [Note] = []
        for document in request.documents {
            let header = try open(document)
            documents.append(describe(document, header))
            name(header, kind, &draft)
        }
        for code in MetadataCode.allCases { draft.notes[code.rawValue] = .text(request.says(code) ? "Y" : "N") }
        draft.notes["kind"] = .text(kind.rawValue)
        draft.notes[name] = .list(documents)
        draft.notes["recipients"] = .record([
            "pro": .list(request.professionalRecipients.map(describe)), "patient": .list(request.patientRecipients.map(describe)),
        ])
        search(request, &draft)
        return .pass
    }

    /// The control opened it before the ACK; that it no longer opens is a fault of ours, and held.
    private func open(_ document: RequestDocument) throws(StepFailure) -> CDAHeader {
        let place = "OBX[\(document.ordinal)]-5.5"
        do {
            return try CDAHeader(reading: document.decoded())
        } catch let error as CDAError {
            throw StepFailure(Reason("207", Text(fr: "CDA illisible : \(error.french)", en: "CDA cannot be read: \(error.english)"), location: place))
        } catch {
            throw StepFailure(Reason("102", Text(fr: "Base64 illisible", en: "Base64 cannot be decoded"), location: place))
        }
    }

    private func describe(_ document: RequestDocument, _ header: CDAHeader) -> Note {
        .record([
            "id": .text(header.id.text), "type": .text(header.code.code), "label": .text(document.code.label),
            "replaces": .list(header.replaces.map { .text($0.text) }),
            "confidentiality": .text(header.confidentiality?.code ?? "N"), "mime": .text(header.mimeType),
            "level": .text(header.body == .structured ? "3" : "1"), "ordinal": .text(String(document.ordinal)),
        ])
    }

    /// A replacement names what it replaces; a deletion names the document itself, whose deliveries must be over first.
    private func name(_ header: CDAHeader, _ kind: RequestKind, _ draft: inout Draft) {
        let own = Token(kind: "unique-id", value: header.id.text)
        switch kind {
        case .initial: draft.tokens.append(own)
        case .replacement, .visibilityChange:
            draft.tokens.append(own)
            draft.replaces.append(contentsOf: header.replaces.map { Token(kind: "unique-id", value: $0.text) })
        case .deletion: draft.replaces.append(own)
        }
        draft.search.append(Token(kind: "document", value: header.id.text))
        draft.search.append(Token(kind: "type", value: header.code.code))
    }

    private func describe(_ party: RequestParty) -> Note {
        let fields: [(String, String?)] = [
            ("address", party.address), ("kind", party.kind.rawValue), ("identifier", party.person?.identifier), ("family", party.person?.family),
            ("given", party.person?.given), ("organisation", party.organisation?.name),
            ("organisation_id", party.organisation?.identifier), ("device", party.device), ("ordinal", String(party.ordinal)),
        ]
        var record: [String: Note] = [:]
        for (name, value) in fields { if let value, !value.isEmpty { record[name] = .text(value) } }
        return .record(record)
    }

    private func search(_ request: DocumentRequest, _ draft: inout Draft) {
        if let ins = request.patient.ins { draft.search.append(Token(kind: "ins", value: ins.value)) }
        if let ipp = request.patient.ipp { draft.search.append(Token(kind: "ipp", value: ipp.value)) }
        if let stay = request.visit?.number { draft.search.append(Token(kind: "visit", value: stay.value)) }
        if !request.patient.birthName.isEmpty { draft.search.append(Token(kind: "name", value: request.patient.birthName)) }
    }
}
