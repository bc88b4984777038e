import Trust
import XMLTree

/// What each service does once the caller is known.
extension DMPStandIn {
    /// TD2.1: judges everything, then stores everything or nothing.
    func provide(_ envelope: Envelope, _ vihf: VIHF, _ record: inout Record) throws(Complaint) {
        guard vihf.patient != nil else { throw .token("resource-id est exigé pour alimenter", rule: "vihf.patient") }
        guard let request = envelope.body.child("SubmitObjectsRequest", namespace: Envelope.ns.prefixes["lcm"]) else {
            throw .soap("SubmitObjectsRequest absent")
        }
        let submission = try Submission(request)
        var judge = LotJudge(submission, LotContext(vihf: vihf, insRoots: config.insRoots, tables: tables))
        var complaints = judge.judge()
        var documents: [LotSignatureJudge.Document] = []
        for entry in submission.entries {
            guard let found = envelope.attached.first(where: { $0.id == entry.id }) else {
                complaints.append(.registry("XDSMissingDocument", "fiche sans document", rule: "lot.missingDocument", found: entry.id))
                continue
            }
            documents.append(LotSignatureJudge.Document(entry: entry, bytes: found.bytes))
        }
        for one in envelope.attached where !submission.entries.contains(where: { $0.id == one.id }) {
            complaints.append(.registry("XDSMissingDocumentMetadata", "document sans fiche", rule: "lot.missingMetadata", found: one.id))
        }
        for document in documents { complaints += DocumentJudge(entry: document.entry, bytes: document.bytes, insRoots: config.insRoots).judge() }
        if config.lotSignature {
            complaints += LotSignatureJudge(store: store, structures: config.structures).judge(submission, documents, structure: vihf.structure, at: clock())
        }
        record.add(documents, submission)
        try record.refuseIfNeeded(complaints)
        var change = Repository.Change(
            lotUniqueID: submission.package.identifier(Scheme.lotUnique) ?? "", patient: vihf.patient?.ins ?? "", structure: vihf.structure)
        change.documents = documents.map { ($0.entry.id, $0.entry.identifier(Scheme.unique) ?? "", Digest.hex(Digest.sha256($0.bytes))) }
        change.replacements = submission.links(Link.replaces).map { ($0.source, $0.target) }
        switch repository.store(change) {
        case .success(let done):
            record.stored(done.stored, replaced: done.replaced)
        case .failure(let refusal):
            try record.refuseIfNeeded(refusal.complaints)
        }
    }

    /// TD3.1b: references of documents by uniqueId or entryUUID, and nothing else in indirect mode.
    func query(_ envelope: Envelope) throws(Complaint) -> [String] {
        let body = envelope.body
        guard let query = body.first("rim:AdhocQuery", Envelope.ns), query.attribute("id") == "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
            body.string("q:ResponseOption/@returnType", Envelope.ns) == "ObjectRef"
        else { throw .fault("DMPNotAuthorized", "transaction non autorisée en authentification indirecte", rule: "query.kind") }
        let slots = RIMObject.slots(query)
        let allowed: Set<String> = ["$XDSDocumentEntryUniqueId", "$XDSDocumentEntryEntryUUID"]
        guard slots.count == 1, let slot = slots.first, allowed.contains(slot.key) else {
            throw .registry(
                "XDSStoredQueryParamNumber", "uniqueId ou entryUUID, l'un des deux", rule: "query.parameters", found: slots.keys.sorted().joined(separator: " ")
            )
        }
        var values: [String] = []
        for text in slot.value { values += try Self.list(text) }
        let found = slot.key.hasSuffix("UniqueId") ? repository.find(uniqueIDs: values, entryUUIDs: []) : repository.find(uniqueIDs: [], entryUUIDs: values)
        return found.map(\.entryUUID)
    }

    /// `('a','b')`, a quote doubled inside.
    private static func list(_ text: String) throws(Complaint) -> [String] {
        let wrong = Complaint.registry("XDSStoredQueryMissingParam", "valeur ('…','…') attendue", rule: "query.value", found: text)
        guard text.hasPrefix("('"), text.hasSuffix("')") else { throw wrong }
        var values: [String] = []
        var current = ""
        var rest = Array(text.dropFirst(2).dropLast(2))[...]
        while let character = rest.popFirst() {
            guard character == "'" else {
                current.append(character)
                continue
            }
            if rest.first == "'" {
                rest.removeFirst()
                current.append("'")
            } else {
                rest = rest.drop { $0 == " " }
                guard rest.popFirst() == "," else { throw wrong }
                rest = rest.drop { $0 == " " }
                guard rest.popFirst() == "'" else { throw wrong }
                values.append(current)
                current = ""
            }
        }
        return values + [current]
    }

    /// TD3.3c: a status, by its current entryUUID, of a document of the caller's own structure.
    func update(_ envelope: Envelope, _ vihf: VIHF, _ record: inout Record) throws(Complaint) {
        let submission = try Submission(envelope.body)
        var judge = LotJudge(submission, LotContext(vihf: vihf, insRoots: config.insRoots, tables: tables))
        var complaints = judge.judge(links: false)
        let updates = submission.links(Link.updates)
        guard updates.count == 1, submission.associations.count == 1, submission.entries.isEmpty, let one = updates.first else {
            throw .metadata("une association UpdateAvailabilityStatus et rien d'autre", rule: "update.shape")
        }
        if one.source != submission.package.id { complaints.append(.metadata("sourceObject doit être le lot", rule: "update.source")) }
        guard let original = one.object.slot("OriginalStatus"), let new = one.object.slot("NewStatus") else {
            throw .metadata("OriginalStatus et NewStatus sont exigés", rule: "update.slots")
        }
        if new != Status.deleted {
            throw .fault("DMPNotAuthorized", "seule la suppression est permise en authentification indirecte", rule: "update.right", found: new)
        }
        try record.refuseIfNeeded(complaints)
        let lot = submission.package.identifier(Scheme.lotUnique) ?? ""
        record.outcome.lot = lot
        if let entry = repository.find(uniqueIDs: [], entryUUIDs: [one.target]).first, entry.patient != vihf.patient?.ins {
            throw .registry("XDSPatientIdDoesNotMatch", "document d'un autre patient", rule: "update.patient")
        }
        switch repository.update(one.target, from: original, to: new, structure: vihf.structure, lot: lot) {
        case .success(let entry): record.outcome.documents = [.init(entry)]
        case .failure(let refusal): try record.refuseIfNeeded(refusal.complaints)
        }
    }
}
