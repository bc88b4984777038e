import Clinical
import Testing
import XMLTree

/// The submission that Tests/Fixtures/dmp/td21-root.xml shows, as a value.
enum SampleSubmission {
    static let patient = CX("269054958815780", authority: "1.2.250.1.213.1.4.10", type: "NH").text
    static let person = XCN(
        id: "899900000019", family: "DURAND", given: "ALICE", authority: "1.2.250.1.71.4.2.1", nameType: "D", idType: "IDNPS")
    static let structure = XON(name: "CENTRE HOSPITALIER FICTIF", authority: "1.2.250.1.71.4.2.2", type: "IDNST", id: "1750999990")
    static let author = Author(
        person: person.text, institutions: [structure.text],
        specialties: ["G15_10/SM26^Médecin - Qualifié en Médecine Générale (SM)^1.2.250.1.213.1.1.4.5"])

    static var set: SubmissionSet {
        var set = SubmissionSet(
            submissionTime: "20260302091500", patientID: patient, sourceID: "1.2.250.1.999.77.1",
            uniqueID: "1.2.250.1.999.77.1.10.20260302091500.1")
        set.title = "Lettre de liaison a la sortie"
        set.authors = [author]
        set.contentType = CodedValue("03", scheme: "1.2.250.1.213.2.2", label: "Hospitalisation complète")
        return set
    }

    static var document: DocumentEntry {
        let title = "Lettre de liaison à la sortie d'un établissement de soins"
        var entry = DocumentEntry(
            id: "Document01", mimeType: "text/xml", uniqueID: "1.2.250.1.999.77.1.20.20260302091500.1", patientID: patient)
        entry.creationTime = "20260302090000"
        entry.hash = "3ab4330f359545a3bc5e001127dee49e0b7714db"
        entry.size = 522
        entry.languageCode = "fr-FR"
        entry.legalAuthenticator = person.text
        entry.serviceStart = "20260226080000"
        entry.serviceStop = "20260302083000"
        entry.sourcePatientID = CX("IPP0000042", authority: "1.2.250.1.999.77.1.2", type: "PI").text
        entry.sourcePatientInfo = ["PID-5|MARTIN^CLAIRE^^^^^L", "PID-7|19690512", "PID-8|F"]
        entry.title = title
        entry.authors = [author]
        entry.classCode = CodedValue("10", scheme: "1.2.250.1.213.1.1.4.1", label: "Compte rendu")
        entry.typeCode = CodedValue("11490-0", scheme: "2.16.840.1.113883.6.1", label: title)
        entry.confidentiality = [CodedValue("N", scheme: "2.16.840.1.113883.5.25", label: "Normal")]
        entry.formatCode = CodedValue(
            "urn:asip:ci-sis:ldl-ses:2017", scheme: "1.2.250.1.213.1.1.4.2.282",
            label: "Lettre de Liaison à la sortie de l'établissement de santé")
        entry.facilityType = CodedValue("SA01", scheme: "1.2.250.1.71.4.2.4", label: "Etablissement public de santé")
        entry.practiceSetting = CodedValue("ETABLISSEMENT", scheme: "1.2.250.1.213.1.1.4.9", label: "Etablissement de santé")
        return entry
    }

    static var signature: DocumentEntry {
        var entry = DocumentEntry(
            id: "Signature01", mimeType: "text/xml", uniqueID: "1.2.250.1.999.77.1.30.20260302091500.1", patientID: patient)
        (entry.creationTime, entry.serviceStart, entry.serviceStop) = ("20260302091500", "20260302091500", "20260302091500")
        entry.languageCode = "art"
        entry.legalAuthenticator = person.text
        entry.sourcePatientID = patient
        entry.title = "Source"
        entry.authors = [author]
        entry.classCode = CodedValue("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", scheme: "URN", label: "Digital Signature")
        entry.typeCode = CodedValue("E1762", scheme: "ASTM", label: "Full Document")
        entry.confidentiality =
            document.confidentiality + [
                CodedValue("MASQUE_PS", scheme: "1.2.250.1.213.1.1.4.13", label: "Masqué aux professionnels de santé"),
                CodedValue("INVISIBLE_PATIENT", scheme: "1.2.250.1.213.1.1.4.13", label: "Non visible par le patient"),
            ]
        entry.formatCode = CodedValue("http://www.w3.org/2000/09/xmldsig#", scheme: "URN", label: "Default Signature Style")
        entry.facilityType = document.facilityType
        entry.practiceSetting = document.practiceSetting
        entry.events = [CodedValue("1.2.840.10065.1.12.1.14", scheme: "1.2.840.10065.1.12", label: "Source")]
        return entry
    }

    static var submission: Submission {
        var submission = Submission(set: set, entries: [document, signature])
        submission.associations.append(
            Association(.signs, from: "Signature01", to: "SubmissionSet01", slots: [Slot("SubmissionSetStatus", ["Original"])]))
        return submission
    }
}

@Suite("XDS metadata are written as the registries want them")
struct MetadataTests {
    private static let schemas = "\(repositoryFolder())/Mappings/schemas/xds/schema"

    /// Canonical form with the numbering of classifications, identifiers and associations taken out.
    private func comparable(_ element: XMLElement) throws -> String {
        let text = String(decoding: try element.document.canonical(.exclusive, from: element), as: UTF8.self)
        return text.replacing(/\ id="(?:cl|ei|as)[0-9]+"/, with: "").replacing("><", with: ">\n<")
    }

    private func body(_ name: String) throws -> XMLElement {
        let document = try XMLDocument(parsing: fixture("dmp/\(name)"))
        return try #require(document.root.child("Body")?.children.first)
    }

    private func write(_ body: (inout XMLWriter) -> Void) -> [UInt8] {
        var writer = XMLWriter()
        body(&writer)
        return writer.bytes
    }

    @Test("ITI-41 as the sample message shows it, element by element (EX_2.1-1260: by reference to MIME parts)")
    func provideAndRegister() throws {
        let bytes = write { writer in
            RegistryRequest.provideAndRegister(SampleSubmission.submission, into: &writer) { .part("\($0.id.lowercased())@pfi.example") }
        }
        #expect(try comparable(XMLDocument(parsing: bytes).root) == comparable(body("td21-root.xml")))
    }

    @Test("ITI-41 with a replacement as the sample message shows it")
    func replacement() throws {
        var submission = SampleSubmission.submission
        submission.entries[0].confidentiality.append(SampleSubmission.signature.confidentiality[2])
        submission.associations.append(Association(.replaces, from: "Document01", to: "urn:uuid:99999999-8888-4777-8666-555555555555"))
        let bytes = write { writer in
            RegistryRequest.provideAndRegister(submission, into: &writer) { .part("\($0.id.lowercased())@pfi.example") }
        }
        #expect(try comparable(XMLDocument(parsing: bytes).root) == comparable(body("td21-rplc-root.xml")))
    }

    @Test("ITI-18 GetDocuments and ITI-57 as the sample messages show them")
    func otherRequests() throws {
        let query = write { RegistryRequest.getDocuments(uniqueIDs: [SampleSubmission.document.uniqueID], into: &$0) }
        #expect(try comparable(XMLDocument(parsing: query).root) == comparable(body("td31b-request.xml")))
        let update = write { writer in
            RegistryRequest.updateAvailability(
                of: "urn:uuid:99999999-8888-4777-8666-555555555555", from: "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved",
                to: "urn:asip:ci-sis:2010:StatusType:Deleted", set: SampleSubmission.set, into: &writer)
        }
        #expect(try comparable(XMLDocument(parsing: update).root) == comparable(body("td33c-request.xml")))
    }

    @Test("every request and METADATA.XML are valid by the published schemas, by our reader and by xmllint")
    func schemas() throws {
        var full = SampleSubmission.submission
        full.set.intendedRecipients = ["||^^Internet^a@b.example"]
        full.set.comments = "c"
        full.entries[0].uri = "DOC00001.XML"
        full.entries[0].comments = "<&>"
        full.entries[0].referenceIDs = ["1^^^&1.2&ISO^urn:ihe:iti:xds:2013:order"]
        full.entries[0].extraSlots = [Slot("urn:x:action", ["C"])]
        let requests = [
            ("IHE/IHEXDSB.xsd", write { RegistryRequest.provideAndRegister(full, into: &$0) { _ in .inline(Array("QUJD".utf8)) } }),
            ("ebRS30/query.xsd", write { RegistryRequest.getDocuments(uniqueIDs: ["1.2", "it's"], into: &$0) }),
            ("ebRS30/lcm.xsd", MetadataWriter.archiveMetadata(full)),
            (
                "ebRS30/lcm.xsd",
                write { RegistryRequest.updateAvailability(of: "urn:uuid:1", from: "a", to: "b", set: full.set, into: &$0) }
            ),
        ]
        for (schema, bytes) in requests {
            #expect(try XMLSchema(file: "\(Self.schemas)/\(schema)").violations(XMLDocument(parsing: bytes)).isEmpty)
            let lint = try shell("xmllint --nonet --noout --schema '\(Self.schemas)/\(schema)' \"$FILE\"", bytes)
            #expect(lint.code == 0, "\(lint.text)")
        }
    }

    @Test("the archive's metadata start with a prolog and hold file name, hash and size")
    func archive() throws {
        var submission = Submission(set: SampleSubmission.set, entries: [SampleSubmission.document])
        submission.entries[0].uri = "DOC00001.XML"
        let text = String(decoding: MetadataWriter.archiveMetadata(submission), as: UTF8.self)
        #expect(text.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<lcm:SubmitObjectsRequest "))
        #expect(text.contains("<Slot name=\"URI\"><ValueList><Value>DOC00001.XML</Value>"))
    }

    @Test("a delimiter within a name cannot add a component (header injection through metadata)")
    func escapes() {
        let person = XCN(id: "8^1", family: "D&D|", given: "A\nB", authority: "1.2", nameType: "D", idType: "IDNPS")
        #expect(person.text == "8\\S\\1^D\\T\\D\\F\\^A B^^^^^^&1.2&ISO^D^^^IDNPS")
        #expect(XON(name: "A~B", authority: nil, type: nil, id: nil).text == "A\\R\\B")
    }

    @Test("a query literal doubles quotes; a Content-ID is percent-encoded in its cid URL (RFC 2392)")
    func literals() throws {
        let query = String(decoding: write { RegistryRequest.getDocuments(uniqueIDs: ["a'b", "c"], into: &$0) }, as: UTF8.self)
        #expect(query.contains("('a''b','c')"))
        let body = String(
            decoding: write { RegistryRequest.provideAndRegister(SampleSubmission.submission, into: &$0) { _ in .part("urn:a<b é") } }, as: UTF8.self)
        #expect(body.contains("cid:urn%3Aa%3Cb%20%C3%A9"))
    }
}
