package import Clinical
package import Trust
package import XMLTree

/// A decoded document with its header, parsed once.
package struct DMPDocument: Sendable {
    /// The exact bytes decoded from the message.
    package let bytes: [UInt8]
    /// The tree, without the embedded file.
    package let xml: XMLDocument
    /// What the header says.
    package let header: CDAHeader

    /// Parses the bytes; large embedded files are not copied.
    package init(_ bytes: [UInt8]) throws(CDAError) {
        let xml = try CDAHeader.parse(bytes)
        self.init(bytes: bytes, xml: xml, header: try CDAHeader(xml))
    }

    /// A document that is parsed already.
    package init(bytes: [UInt8], xml: XMLDocument, header: CDAHeader) {
        self.bytes = bytes
        self.xml = xml
        self.header = header
    }
}

/// What a lot is made of. Nothing in it depends on the moment of the attempt.
package struct DMPLotInput: Sendable {
    /// In the order of the message.
    package var documents: [DMPDocument]
    /// Who asks: author of the lot.
    package var submitter: DMPSubmitter
    /// The patient, in the lot and in every entry.
    package var ins: INS
    /// The hospital's own patient identifier in the message.
    package var ipp: CX?
    /// PV1-2.
    package var patientClass: String?
    /// Confidentiality codes that the message adds.
    package var masks: [String]
    /// entryUUID of the entry that each document replaces, by index; nil for a first sending.
    package var replaces: [Int: String]
    /// Identifiers made from the delivery's key.
    package var ids: DerivedIDs
    /// When the message was accepted, milliseconds since 1970.
    package var accepted: Int64
    /// Signs the lot; its OU is the structure of the certificate.
    package var seal: Identity
    /// `sha1` until the homologation says otherwise.
    package var digest: Digest
    /// The zone of times that give none.
    package var zone: CDATime.Zone

    /// An input from its parts.
    package init(
        documents: [DMPDocument], submitter: DMPSubmitter, ins: INS, ipp: CX?, patientClass: String?, masks: [String],
        replaces: [Int: String] = [:], ids: DerivedIDs, accepted: Int64, seal: Identity, digest: Digest = .sha1,
        zone: CDATime.Zone = .metropolitanFrance
    ) {
        self.documents = documents
        self.submitter = submitter
        self.ins = ins
        self.ipp = ipp
        self.patientClass = patientClass
        self.masks = masks
        self.replaces = replaces
        self.ids = ids
        self.accepted = accepted
        self.seal = seal
        self.digest = digest
        self.zone = zone
    }

    /// The same for every document of a request; `submitter` and the rest as read from it.
    package init(
        _ request: DocumentRequest, ins: INS, documents: [DMPDocument], submitter: DMPSubmitter, ids: DerivedIDs, accepted: Int64,
        seal: Identity
    ) {
        let masks = MetadataCode.allCases.filter { request.says($0) }.compactMap(\.confidentialityCode)
        let ipp = request.patient.ipp.map { CX($0.value, authority: $0.authority, type: "PI") }
        self.init(
            documents: documents, submitter: submitter, ins: ins, ipp: ipp, patientClass: request.visit?.patientClass, masks: masks,
            ids: ids, accepted: accepted, seal: seal)
    }
}

/// A lot ready to be sent: what stays the same at every attempt. The same input gives the same bytes.
package struct DMPLot: Sendable {
    /// Set, entries and associations.
    package let submission: Submission
    /// Documents, then the signature: one for each entry, in order.
    package let attachments: [MTOMMessage.Attachment]
    private let ids: DerivedIDs

    /// uniqueId of the submission set.
    package var setID: String { submission.set.uniqueID }

    /// Builds the lot of TD2.1 (ITI-41): set, entries, signature document, associations.
    package init(_ input: DMPLotInput, tables: DMPTables) throws(DMPLotError) {
        ids = input.ids
        let set = DMPLot.set(input, tables)
        var entries: [DocumentEntry] = []
        for (index, document) in input.documents.enumerated() {
            entries.append(try DMPLot.entry(document, number: index + 1, input, tables))
        }
        guard let first = entries.first else { throw .missing("OBX-5", .document) }
        let signature = try LotSignature(
            id: input.ids.signatureElement, set: set.uniqueID,
            documents: input.documents.map { LotSignature.Document(uniqueID: $0.header.id.text, bytes: $0.bytes, xml: $0.xml) },
            signingTime: Civil.iso(milliseconds: input.accepted, fraction: false), digest: input.digest
        ).signed(by: input.seal)
        let signatureEntry = DMPLot.signatureEntry(input, set, beside: first)
        var submission = Submission(set: set, entries: entries + [signatureEntry])
        submission.associations.append(
            Association(.signs, from: signatureEntry.id, to: set.id, slots: [Slot("SubmissionSetStatus", ["Original"])]))
        for (index, target) in input.replaces.sorted(by: { $0.key < $1.key }) where entries.indices.contains(index) {
            submission.associations.append(Association(.replaces, from: entries[index].id, to: target))
        }
        self.submission = submission
        let bytes = input.documents.map(\.bytes) + [signature]
        attachments = zip(submission.entries, bytes).map {
            MTOMMessage.Attachment(contentID: input.ids.contentID($0.id), contentType: "text/xml", bytes: $1)
        }
    }

    /// SHA-256 of what stays the same at every attempt: metadata, then each part, hexadecimal.
    package var digest: String {
        var writer = XMLWriter()
        MetadataWriter.write(submission, into: &writer)
        let stream = DigestStream(.sha256)
        stream.update(writer.bytes)
        for attachment in attachments { stream.update(attachment.bytes) }
        return Digest.hex(stream.finish())
    }

    /// The request of one attempt, in MTOM form.
    /// - Parameters:
    ///   - messageID: a UUID made for this attempt.
    ///   - assertion: the VIHF made for this attempt.
    package func request(to endpoint: String, messageID: String, assertion: [UInt8]) -> MTOMMessage {
        let root = SOAPEnvelope.bytes(
            action: XDSScheme.Action.provideAndRegister, to: endpoint, messageID: messageID, security: assertion
        ) { writer in
            RegistryRequest.provideAndRegister(submission, into: &writer) { .part(ids.contentID($0.id)) }
        }
        return MTOMMessage(
            action: XDSScheme.Action.provideAndRegister, boundary: ids.boundary, rootID: ids.contentID("root"), root: root,
            attachments: attachments)
    }

    /// The submission set, made from the sender and the encounter, never from the document's author.
    static func set(_ input: DMPLotInput, _ tables: DMPTables) -> SubmissionSet {
        var set = SubmissionSet(
            submissionTime: Civil.stamp(input.accepted / 1000), patientID: input.ins.xdsForm, sourceID: input.ids.source,
            uniqueID: input.ids.set)
        set.title = input.documents.first?.header.title
        set.authors = [input.submitter.author]
        set.contentType = tables.contentType(patientClass: input.patientClass)
        return set
    }

    private static func entry(
        _ document: DMPDocument, number: Int, _ input: DMPLotInput, _ tables: DMPTables
    ) throws(DMPLotError) -> DocumentEntry {
        let header = document.header
        let context = NationalEntry.Context(ins: input.ins, ipp: input.ipp, masks: input.masks, zone: input.zone)
        var entry = NationalEntry(header, context, tables).entry(id: number < 10 ? "Document0\(number)" : "Document\(number)")
        guard header.id.extension == nil, DerivedIDs.isOID(header.id.root) else {
            throw DMPLotError(
                .identifier, at: "/ClinicalDocument/id", french: "le DMP demande un OID sans extension comme identifiant de document",
                english: "the DMP demands an OID without extension as document identifier")
        }
        guard entry.classCode != nil else {
            throw DMPLotError(
                .type, at: "/ClinicalDocument/code/@code", french: "le DMP n'accepte pas ce type de document",
                english: "the DMP does not take this type of document")
        }
        if let missing = NationalEntry.firstMissing(entry) { throw .missing(missing, .document) }
        entry.hash = Digest.hex(Digest.sha1(document.bytes))
        entry.size = document.bytes.count
        return entry
    }

    /// The signature as a document of the lot (IHE DSG): signed by the submitter, hidden from everybody.
    private static func signatureEntry(_ input: DMPLotInput, _ set: SubmissionSet, beside document: DocumentEntry) -> DocumentEntry {
        let author = input.submitter.author
        var entry = DocumentEntry(id: "Signature01", mimeType: "text/xml", uniqueID: input.ids.signature, patientID: set.patientID)
        entry.creationTime = set.submissionTime
        entry.serviceStart = set.submissionTime
        entry.serviceStop = set.submissionTime
        entry.languageCode = "art"
        entry.legalAuthenticator = author.person
        entry.sourcePatientID = set.patientID
        entry.title = "Source"
        entry.authors = [author]
        entry.classCode = CodedValue("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", scheme: "URN", label: "Digital Signature")
        entry.typeCode = CodedValue("E1762", scheme: "ASTM", label: "Full Document")
        entry.formatCode = CodedValue("http://www.w3.org/2000/09/xmldsig#", scheme: "URN", label: "Default Signature Style")
        entry.confidentiality = [
            CodedValue("N", scheme: "2.16.840.1.113883.5.25", label: "Normal"),
            CodedValue("MASQUE_PS", scheme: "1.2.250.1.213.1.1.4.13", label: "Masqué aux professionnels de santé"),
            CodedValue("INVISIBLE_PATIENT", scheme: "1.2.250.1.213.1.1.4.13", label: "Non visible par le patient"),
        ]
        entry.facilityType = document.facilityType
        entry.practiceSetting = document.practiceSetting
        entry.events = [CodedValue(LotSignature.purpose, scheme: "1.2.840.10065.1.12", label: "Source")]
        return entry
    }
}
