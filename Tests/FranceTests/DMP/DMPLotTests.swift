import Clinical
import France
import Testing
import Trust
import XMLTree

@Suite("A lot for the DMP (TD2.1)")
struct DMPLotTests {
    private func body(_ lot: DMPLot) throws -> XMLElement {
        let root = lot.request(to: "https://dmp.example/repository", messageID: "m", assertion: Array("<a/>".utf8)).pieces[1]
        return try #require(XMLDocument(parsing: root).root.child("Body")?.children.first)
    }

    @Test("its body is valid by the published schema, for our reader and for xmllint")
    func schema() throws {
        let schema = "\(DMPFixture.repository)/Mappings/schemas/xds/schema/IHE/IHEXDSB.xsd"
        for name in ["oru-initial", "mdm-initial", "oru-two-documents"] {
            // The schema knows the message as XOP means it: content in the place of the reference.
            let lot = try DMPFixture.lot(DMPFixture.input(name))
            var writer = XMLWriter()
            RegistryRequest.provideAndRegister(lot.submission, into: &writer) { _ in .inline(Array("QUJD".utf8)) }
            let bytes = writer.bytes
            #expect(try body(lot).name == "ProvideAndRegisterDocumentSetRequest")
            #expect(try XMLSchema(file: schema).violations(XMLDocument(parsing: bytes)).isEmpty)
            let lint = try DMPFixture.shell("xmllint --nonet --noout --schema '\(schema)' \"$FILE\"", bytes)
            #expect(lint.code == 0, "\(lint.text)")
        }
    }

    @Test("the entry says what header and message say, in the national formats")
    func entry() throws {
        var input = try DMPFixture.input("oru-initial", documents: [DMPFixture.document("letter-n1")])
        input.masks = ["INVISIBLE_PATIENT"]
        let entry = try #require(DMPFixture.lot(input).submission.entries.first)
        #expect(entry.mimeType == "text/xml")
        #expect(entry.uniqueID == "1.2.250.1.999.7.9.20260115.1")
        #expect(entry.patientID == "269029910900215^^^&1.2.250.1.213.1.4.10&ISO^NH")
        #expect(entry.sourcePatientID == "700012^^^&1.2.250.1.999.7.1&ISO^PI")
        #expect(entry.sourcePatientInfo == ["PID-5|EXEMPLE-ALPHA^CAMILLE^^^^^L", "PID-7|19690215", "PID-8|F"])
        #expect(entry.creationTime == "20260115100000")
        #expect(entry.serviceStart == "20260112070000")
        #expect(entry.serviceStop == "20260115090000")
        #expect(entry.languageCode == "fr-FR")
        #expect(entry.legalAuthenticator == "899700099999^FICTIF-GAMMA^Anne^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS")
        #expect(
            entry.authors == [
                Author(
                    person: "899700099999^FICTIF-GAMMA^Anne^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS",
                    institutions: ["CH DE DEMONSTRATION^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1990000010"], roles: ["Responsable de la sortie"],
                    specialties: ["G15_10/SM26^Médecin - Qualifié en Médecine Générale (SM)^1.2.250.1.213.1.1.4.5"])
            ])
        #expect(entry.classCode == CodedValue("10", scheme: "1.2.250.1.213.1.1.4.1", label: "Compte rendu"))
        #expect(entry.typeCode?.code == "11490-0")
        #expect(entry.formatCode?.code == "urn:ihe:iti:xds-sd:pdf:2008")
        #expect(entry.formatCode?.scheme == "1.3.6.1.4.1.19376.1.2.3")
        #expect(entry.confidentiality.map(\.code) == ["N", "INVISIBLE_PATIENT"])
        #expect(entry.facilityType?.code == "SA01")
        #expect(entry.practiceSetting?.code == "ETABLISSEMENT")
        let bytes = try DMPFixture.file("Tests/Fixtures/cda/letter-n1.xml")
        #expect(entry.size == bytes.count)
        #expect(entry.hash == Digest.hex(Digest.sha1(bytes)))
        let command = try DMPFixture.shell("sha1sum < \"$FILE\"", bytes)
        #expect(command.text.hasPrefix(entry.hash ?? "-"))
    }

    @Test("a level 3 document has the format of its template and the codes of its acts")
    func levelThree() throws {
        for (name, type) in [("biology-n3", "text/xml"), ("biology-self-rendering", "application/xslt+xml")] {
            let lot = try DMPFixture.lot(DMPFixture.input(documents: [DMPFixture.document(name)]))
            let entry = try #require(lot.submission.entries.first)
            #expect(entry.formatCode?.code == "urn:ihe:lab:xd-lab:2008")
            #expect(entry.events.map(\.code) == ["18719-5", "18723-7"])
            #expect(entry.mimeType == type)
        }
    }

    @Test("the set is made from the sender and the encounter, not from the document's author")
    func set() throws {
        let set = try DMPFixture.lot(DMPFixture.input()).submission.set
        #expect(set.submissionTime == "20260302091500")
        #expect(set.contentType?.code == "03")
        #expect(set.authors.first?.person == "810098765430^ESSAI-BETA^Maxime^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS")
        #expect(set.authors.first?.institutions == ["CH DE DEMONSTRATION^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1990000010"])
        #expect(set.authors.first?.specialties == ["G15_10/SM26^Médecin - Qualifié en Médecine générale (SM)^1.2.250.1.213.1.1.4.5"])
        #expect(set.patientID == "269029910900215^^^&1.2.250.1.213.1.4.10&ISO^NH")
        #expect(set.sourceID == "1.2.250.1.999.77.1")
        #expect(DerivedIDs.isOID(set.uniqueID))
    }

    @Test(
        "the content type follows the class of the encounter",
        arguments: [("I", "03"), ("O", "07"), ("E", "07"), ("R", "19"), ("N", "97"), ("?", "97"), (nil, "97")])
    func contentType(_ patientClass: String?, _ code: String) throws {
        #expect(try DMPFixture.tables().contentType(patientClass: patientClass).code == code)
    }

    @Test("two documents are one lot: one set, one signature, HasMember to all")
    func twoDocuments() throws {
        let lot = try DMPFixture.lot(DMPFixture.input("oru-two-documents"))
        #expect(lot.submission.entries.map(\.id) == ["Document01", "Document02", "Signature01"])
        #expect(lot.attachments.count == 3)
        let members = lot.submission.associations.filter { $0.kind == .hasMember }
        #expect(members.map(\.target) == ["Document01", "Document02", "Signature01"])
        #expect(lot.submission.associations.filter { $0.kind == .signs }.map(\.target) == ["SubmissionSet01"])
    }

    @Test("a replacement points at the entry that was looked up")
    func replacement() throws {
        var input = try DMPFixture.input("mdm-replacement")
        input.replaces = [0: "urn:uuid:99999999-8888-4777-8666-555555555555"]
        let lot = try DMPFixture.lot(input)
        let association = try #require(lot.submission.associations.last)
        #expect(association == Association(.replaces, from: "Document01", to: "urn:uuid:99999999-8888-4777-8666-555555555555"))
    }

    @Test("the same delivery gives the same bytes; another key, time or entry gives others")
    func determinism() throws {
        let input = try DMPFixture.input()
        let lot = try DMPFixture.lot(input)
        let again = try DMPFixture.lot(DMPFixture.input())
        #expect(lot.digest == again.digest)
        let pieces = lot.request(to: "u", messageID: "m", assertion: []).pieces
        #expect(pieces == again.request(to: "u", messageID: "m", assertion: []).pieces)
        var others = [try DMPFixture.input(key: DMPFixture.key.reversed())]
        for change in [{ (input: inout DMPLotInput) in input.accepted += 1000 }, { $0.replaces = [0: "urn:uuid:1"] }, { $0.masks = ["MASQUE_PS"] }] {
            var other = input
            change(&other)
            others.append(other)
        }
        for other in others { #expect(try DMPFixture.lot(other).digest != lot.digest) }
    }

    @Test("the document leaves byte for byte, without being joined with the rest")
    func bytes() throws {
        let document = try DMPFixture.document("letter-n1")
        let message = try DMPFixture.lot(DMPFixture.input(documents: [document])).request(to: "u", messageID: "m", assertion: [])
        #expect(message.pieces.count == 7)
        #expect(message.pieces[3] == document.bytes)
        #expect(message.contentType.contains("multipart/related; type=\"application/xop+xml\""))
        let read = try MultipartRelated(message.pieces.flatMap(\.self), contentType: message.contentType)
        let root = try XMLDocument(parsing: Array(read.root)).root
        let includes = root.all("//x:Include", ["x": XDSScheme.Namespace.xop]).compactMap { $0.attribute("href") }
        #expect(includes == read.parts.dropFirst().compactMap { $0.headers["content-id"] }.map { "cid:\($0.dropFirst().dropLast())" })
    }

    @Test("headers stand in the samples' order, the assertion raw within Security")
    func header() throws {
        let root = try DMPFixture.lot(DMPFixture.input()).request(to: "https://dmp.example/", messageID: "m-1", assertion: Array("<v a='1'/>".utf8))
            .pieces[1]
        let header = try #require(XMLDocument(parsing: root).root.child("Header"))
        #expect(header.children.map(\.name) == ["MessageID", "To", "ReplyTo", "Action", "Security"])
        #expect(header.child("MessageID")?.text == "urn:uuid:m-1")
        #expect(header.child("To")?.text == "https://dmp.example/")
        #expect(String(decoding: root, as: UTF8.self).contains("<v a='1'/></wsse:Security>"))
    }

    @Test(
        "what the DMP would refuse is refused here, with its place",
        arguments: [
            ("<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", "<id root=\"1.2.250.1.999.7\" extension=\"1\"/>", "/ClinicalDocument/id"),
            (
                "<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", "<id root=\"0f8fad5b-d9cb-469f-a165-70867728950e\"/>", "/ClinicalDocument/id"
            ),
            ("<code code=\"11490-0\"", "<code code=\"60280-5\"", "/ClinicalDocument/code/@code"),
            ("<title>Lettre de liaison à la sortie</title>", "", "/ClinicalDocument/title"),
            ("<languageCode code=\"fr-FR\"/>", "", "/ClinicalDocument/languageCode/@code"),
            ("legalAuthenticator>", "legalAuthenticators>", "/ClinicalDocument/legalAuthenticator/assignedEntity"),
            (
                "healthCareFacility>", "healthCareFacilities>",
                "/ClinicalDocument/componentOf/encompassingEncounter/location/healthCareFacility/code"
            ),
            (
                "standardIndustryClassCode code", "standardIndustryClass code",
                "/ClinicalDocument/documentationOf[1]/serviceEvent/performer/assignedEntity/representedOrganization/standardIndustryClassCode"
            ),
        ])
    func refusals(_ old: String, _ new: String, _ location: String) throws {
        let text = String(decoding: try DMPFixture.file("Tests/Fixtures/cda/letter-n1.xml"), as: UTF8.self)
        let input = try DMPFixture.input(documents: [DMPDocument(Array(text.replacing(old, with: new).utf8))])
        let error = #expect(throws: DMPLotError.self) { try DMPFixture.lot(input) }
        #expect(error?.location == location)
    }

    @Test("an instance OID that is none, or too long, is a fault of the configuration")
    func instanceOID() {
        for root in ["", "1.2.03", "3.1", "a.b", "1", String(repeating: "1.2", count: 12)] {
            #expect(throws: DMPLotError.self) { try DerivedIDs(key: DMPFixture.key, root: root) }
        }
    }
}

@Suite("Deletion and look-up (TD3.3c, TD3.1b)")
struct DMPTransactionTests {
    private static let schemas = "\(DMPFixture.repository)/Mappings/schemas/xds/schema/ebRS30"

    @Test("a deletion is a set and a change of status, valid by the schema, the same at every attempt")
    func deletion() throws {
        let input = try DMPFixture.input("mdm-deletion")
        let deletion = DMPDeletion(input, entryUUID: "urn:uuid:99999999-8888-4777-8666-555555555555", tables: try DMPFixture.tables())
        let root = try XMLDocument(parsing: deletion.request(to: "u", messageID: "m", assertion: Array("<v/>".utf8))).root
        let body = try #require(root.child("Body")?.children.first)
        #expect(root.child("Header")?.child("Action")?.text == "urn:ihe:iti:2010:UpdateDocumentSet")
        #expect(try XMLSchema(file: "\(Self.schemas)/lcm.xsd").violations(XMLDocument(parsing: body.document.serialised(body))).isEmpty)
        let association = try #require(body.first("//r:Association", ["r": XDSScheme.Namespace.rim]))
        #expect(association.attribute("targetObject") == "urn:uuid:99999999-8888-4777-8666-555555555555")
        #expect(association.text == "urn:oasis:names:tc:ebxml-regrep:StatusType:Approvedurn:asip:ci-sis:2010:StatusType:Deleted")
        let again = DMPDeletion(input, entryUUID: deletion.entryUUID, tables: try DMPFixture.tables())
        #expect(deletion.digest == again.digest)
        #expect(deletion.digest != DMPDeletion(input, entryUUID: "urn:uuid:1", tables: try DMPFixture.tables()).digest)
    }

    @Test("a look-up asks for references by uniqueId and nothing else (EX_3.1-1055)")
    func lookUp() throws {
        let bytes = DMPTransaction.lookUp(uniqueID: "1.2.3", to: "u", messageID: "m", assertion: Array("<v/>".utf8))
        let body = try #require(XMLDocument(parsing: bytes).root.child("Body")?.children.first)
        #expect(try XMLSchema(file: "\(Self.schemas)/query.xsd").violations(XMLDocument(parsing: body.document.serialised(body))).isEmpty)
        #expect(body.all(".//r:Slot", ["r": XDSScheme.Namespace.rim]).map { $0.attribute("name") } == ["$XDSDocumentEntryUniqueId"])
        #expect(body.first("//q:ResponseOption", ["q": XDSScheme.Namespace.query])?.attribute("returnType") == "ObjectRef")
    }
}
