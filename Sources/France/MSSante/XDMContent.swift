import Clinical
import Trust

/// The archive of one mail: the documents byte for byte, and METADATA.XML with the full set of attributes, file names, hash and size.
struct XDMContent {
    let request: DocumentRequest
    let recipient: RequestParty
    let address: MailAddress
    let documents: [DMPDocument]
    let ids: DerivedIDs
    let accepted: Int64
    let isQualified: Bool
    let settings: MailSettings
    let tables: DMPTables

    func archive() throws(MailRefusal) -> [UInt8] {
        let metadata = MetadataWriter.archiveMetadata(try submission())
        do throws(XDMError) {
            return try XDMArchive.bytes(
                source: settings.source, metadata: metadata, documents: documents.map(\.bytes), stamp: Civil.stamp(accepted / 1000))
        } catch {
            throw MailRefusal("554", fr: "Archive IHE_XDM.zip impossible à composer", en: "IHE_XDM.zip cannot be composed", location: error.place)
        }
    }

    private func submission() throws(MailRefusal) -> Submission {
        let entries = documents.enumerated().map { entry($1, number: $0 + 1) }
        let patient = entries.first?.patientID ?? ""
        var set = SubmissionSet(submissionTime: Civil.stamp(accepted / 1000), patientID: patient, sourceID: ids.source, uniqueID: ids.set)
        set.title = documents.first?.header.title
        set.authors = [try author()]
        set.contentType = tables.contentType(patientClass: request.visit?.patientClass)
        set.intendedRecipients = [intendedRecipient]
        var submission = Submission(set: set, entries: entries)
        if request.kind?.replaces == true {
            for (document, entry) in zip(documents, entries) {
                for replaced in document.header.replaces {
                    submission.associations.append(Association(.replaces, from: entry.id, to: Self.urn(replaced)))
                }
            }
        }
        return submission
    }

    private func entry(_ document: DMPDocument, number: Int) -> DocumentEntry {
        let masks = MetadataCode.allCases.filter { request.says($0) }.compactMap(\.confidentialityCode)
        let ipp = request.patient.ipp.map { CX($0.value, authority: $0.authority, type: "PI") }
        let context = NationalEntry.Context(ins: isQualified ? request.patient.ins : nil, ipp: ipp, masks: masks, zone: settings.zone)
        var entry = NationalEntry(document.header, context, tables).entry(id: number < 10 ? "Document0\(number)" : "Document\(number)")
        entry.uri = XDMArchive.documentName(number)
        entry.hash = Digest.hex(Digest.sha1(document.bytes))
        entry.size = document.bytes.count
        if let action { entry.extraSlots.append(Slot(settings.actionSlot, [action])) }
        return entry
    }

    /// Absent for a first sending.
    private var action: String? {
        switch request.kind {
        case .replacement, .visibilityChange: "C"
        case .deletion: "D"
        case .initial, nil: nil
        }
    }

    /// Who asked for the sending; a sender that names nobody stands as its structure alone.
    private func author() throws(MailRefusal) -> Author {
        let facility = XON(name: settings.structureName, authority: DMPSubmitter.structureAuthority, type: "IDNST", id: settings.structure)
        guard let sender = request.sender else { return Author(person: nil, institutions: [facility.text]) }
        do throws(DMPLotError) {
            return try DMPSubmitter(
                sender, facility: settings.structure, facilityName: settings.structureName, application: request.header.sendingApplication,
                professionals: settings.professionals, tables: tables
            ).author
        } catch {
            guard error.kind == .configuration else { return Author(person: nil, institutions: [facility.text]) }
            throw MailRefusal("554", fr: error.french, en: error.english, location: error.location, isConfiguration: true)
        }
    }

    /// `XON|XCN|XTN` (IHE ITI TF-3 §4.2.3.3.7); the address is an `Internet` one here, whatever HL7v2 calls it.
    private var intendedRecipient: String {
        var organisation = "", person = ""
        if let named = recipient.organisation {
            let isNational = !named.isInnerUnit && !named.identifier.isEmpty
            organisation =
                XON(
                    name: named.name, authority: isNational ? DMPSubmitter.structureAuthority : nil, type: isNational ? "IDNST" : nil,
                    id: isNational ? named.nationalIdentifier : nil
                ).text
        }
        if let named = recipient.person, !named.identifier.isEmpty {
            let authority = recipient.kind == .patient ? named.authority : DMPSubmitter.personAuthority
            person =
                XCN(
                    id: recipient.kind == .patient ? named.identifier : named.nationalIdentifier, family: named.family, given: named.given,
                    authority: authority, nameType: "D", idType: recipient.kind == .patient ? "NH" : "IDNPS"
                ).text
        }
        return "\(organisation)|\(person)|^^Internet^\(address.text)"
    }

    /// The replaced document as a URI: this mail's receiver knows it by its identifier, not by an entry of ours.
    private static func urn(_ id: CDAHeader.Identifier) -> String {
        id.extension.map { "urn:hl7ii:\(id.root):\(MailSyntax.percentEncoded($0))" } ?? "urn:oid:\(id.root)"
    }
}
