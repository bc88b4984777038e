package import XMLTree

/// Writes a submission as ebRIM 3.0: the `SubmitObjectsRequest` of ITI-41, of METADATA.XML in an XDM archive and of ITI-57.
///
/// The same submission always gives the same bytes: identifiers of classifications are numbered in writing order.
package struct MetadataWriter {
    private var writer: XMLWriter
    private var count = 0

    /// Continues in `writer`; take it back with `finish`.
    init(into writer: consuming XMLWriter) {
        self.writer = writer
    }

    consuming func finish() -> XMLWriter { writer }

    /// METADATA.XML (IHE ITI-32): the bare request with a prolog, UTF-8 without BOM.
    package static func archiveMetadata(_ submission: Submission) -> [UInt8] {
        var writer = XMLWriter()
        writer.raw(Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8))
        write(submission, into: &writer)
        return writer.bytes
    }

    /// Writes `lcm:SubmitObjectsRequest`; ebRIM is its default namespace.
    package static func write(_ submission: Submission, into writer: inout XMLWriter) {
        var metadata = MetadataWriter(into: writer)
        metadata.write(submission)
        writer = metadata.finish()
    }

    private mutating func write(_ submission: Submission) {
        writer.open("lcm:SubmitObjectsRequest", ["xmlns": XDSScheme.Namespace.rim, "xmlns:lcm": XDSScheme.Namespace.lcm])
        writer.open("RegistryObjectList", [:])
        write(submission.set)
        for entry in submission.entries { write(entry) }
        for association in submission.associations { write(association) }
        writer.close()
        writer.close()
    }

    private mutating func write(_ set: SubmissionSet) {
        typealias Scheme = XDSScheme.SubmissionSet
        writer.open("RegistryPackage", ["id": set.id])
        slot("intendedRecipient", set.intendedRecipients)
        slot("submissionTime", [set.submissionTime])
        for extra in set.extraSlots { slot(extra.name, extra.values) }
        localized("Name", set.title)
        localized("Description", set.comments)
        for author in set.authors { write(author, Scheme.author, of: set.id) }
        if let type = set.contentType { write(type, Scheme.contentType, of: set.id) }
        writer.element(
            "Classification",
            ["classificationNode": Scheme.node, "classifiedObject": set.id, "id": next("cl")], text: "")
        identifier(set.patientID, Scheme.patientID, "XDSSubmissionSet.patientId", of: set.id)
        identifier(set.sourceID, Scheme.sourceID, "XDSSubmissionSet.sourceId", of: set.id)
        identifier(set.uniqueID, Scheme.uniqueID, "XDSSubmissionSet.uniqueId", of: set.id)
        writer.close()
    }

    private mutating func write(_ entry: DocumentEntry) {
        typealias Scheme = XDSScheme.DocumentEntry
        writer.open(
            "ExtrinsicObject",
            ["id": entry.id, "mimeType": entry.mimeType, "objectType": XDSScheme.stableDocument])
        slots(of: entry)
        localized("Name", entry.title)
        localized("Description", entry.comments)
        for author in entry.authors { write(author, Scheme.author, of: entry.id) }
        let classified: [(CodedValue?, String)] =
            [(entry.classCode, Scheme.classCode), (entry.typeCode, Scheme.typeCode)]
            + entry.confidentiality.map { ($0, Scheme.confidentiality) }
            + [
                (entry.formatCode, Scheme.formatCode), (entry.facilityType, Scheme.facilityType),
                (entry.practiceSetting, Scheme.practiceSetting),
            ] + entry.events.map { ($0, Scheme.event) }
        for case (let code?, let scheme) in classified { write(code, scheme, of: entry.id) }
        identifier(entry.patientID, Scheme.patientID, "XDSDocumentEntry.patientId", of: entry.id)
        identifier(entry.uniqueID, Scheme.uniqueID, "XDSDocumentEntry.uniqueId", of: entry.id)
        writer.close()
    }

    private mutating func slots(of entry: DocumentEntry) {
        let known: [(String, [String])] = [
            ("URI", [entry.uri].compactMap(\.self)), ("creationTime", [entry.creationTime].compactMap(\.self)),
            ("hash", [entry.hash].compactMap(\.self)), ("languageCode", [entry.languageCode].compactMap(\.self)),
            ("legalAuthenticator", [entry.legalAuthenticator].compactMap(\.self)),
            ("serviceStartTime", [entry.serviceStart].compactMap(\.self)),
            ("serviceStopTime", [entry.serviceStop].compactMap(\.self)),
            ("size", [entry.size].compactMap { $0.map(String.init) }),
            ("sourcePatientId", [entry.sourcePatientID].compactMap(\.self)),
            ("sourcePatientInfo", entry.sourcePatientInfo), ("urn:ihe:iti:xds:2013:referenceIdList", entry.referenceIDs),
        ]
        for (name, values) in known { slot(name, values) }
        for extra in entry.extraSlots { slot(extra.name, extra.values) }
    }

    private mutating func write(_ author: Author, _ scheme: String, of object: String) {
        writer.open(
            "Classification",
            ["classificationScheme": scheme, "classifiedObject": object, "id": next("cl"), "nodeRepresentation": ""])
        slot("authorPerson", [author.person].compactMap(\.self))
        slot("authorRole", author.roles)
        slot("authorSpecialty", author.specialties)
        slot("authorInstitution", author.institutions)
        writer.close()
    }

    private mutating func write(_ code: CodedValue, _ scheme: String, of object: String) {
        writer.open(
            "Classification",
            [
                "classificationScheme": scheme, "classifiedObject": object, "id": next("cl"),
                "nodeRepresentation": code.code,
            ])
        slot("codingScheme", [code.scheme])
        localized("Name", code.label.isEmpty ? code.code : code.label)
        writer.close()
    }

    private mutating func write(_ association: Association) {
        writer.open(
            "Association",
            [
                "associationType": association.kind.rawValue, "id": next("as"), "sourceObject": association.source,
                "targetObject": association.target,
            ])
        for extra in association.slots { slot(extra.name, extra.values) }
        writer.close()
    }

    private mutating func identifier(_ value: String, _ scheme: String, _ name: String, of object: String) {
        writer.open(
            "ExternalIdentifier",
            ["id": next("ei"), "identificationScheme": scheme, "registryObject": object, "value": value])
        localized("Name", name)
        writer.close()
    }

    /// Nothing for an empty list: a slot without value is not valid.
    private mutating func slot(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        writer.open("Slot", ["name": name])
        writer.open("ValueList", [:])
        for value in values { writer.element("Value", [:], text: value) }
        writer.close()
        writer.close()
    }

    private mutating func localized(_ element: String, _ text: String?) {
        guard let text, !text.isEmpty else { return }
        writer.open(element, [:])
        writer.element("LocalizedString", ["charset": "UTF8", "value": text, "xml:lang": "FR"], text: "")
        writer.close()
    }

    private mutating func next(_ prefix: String) -> String {
        count += 1
        return "\(prefix)\(count)"
    }
}
