import France
import HL7v2
import Testing

@Suite("Reading a CDA request (volet Transmission de documents CDA-R2 en HL7v2 2.1)")
struct DocumentRequestTests {
    func request(_ name: String) throws -> DocumentRequest { DocumentRequest(try RequestFixture(name).message) }

    @Test(
        "the kind comes from ORC-1 and MODIF_CONF_CODE",
        arguments: [
            ("oru-initial", RequestKind.initial), ("oru-replacement", .replacement), ("oru-deletion", .deletion), ("mdm-initial", .initial),
            ("mdm-replacement", .replacement), ("mdm-visibility", .visibilityChange), ("mdm-deletion", .deletion),
        ])
    func kind(_ name: String, _ kind: RequestKind) throws { #expect(try request(name).kind == kind) }

    @Test("patient, visit, parties, flags and bodies of an ORU")
    func oru() throws {
        let request = try request("oru-initial")
        #expect(request.header.controlID == "DPI0000001")
        #expect(request.header.sendingApplication == "DPI-DEMO")
        #expect(request.patient.ins == INS(value: "269029910900215", oid: "1.2.250.1.213.1.4.10"))
        #expect(request.patient.ipp?.value == "700012")
        #expect(request.patient.birthName == "EXEMPLE-ALPHA")
        #expect(request.patient.firstGivenName == "CAMILLE")
        #expect(request.patient.givenNames == "CAMILLE LEONIE")
        #expect(request.patient.birthDay == "19690215")
        #expect(request.patient.birthPlace == "99109")
        #expect(request.patient.reliability == ["VALI"])
        #expect(request.patient.account?.value == "26000451")
        #expect(request.visit?.patientClass == "I")
        #expect(request.visit?.number?.value == "26000451-1")
        #expect(request.sender?.person?.nationalIdentifier == "810098765430")
        #expect(request.sender?.organisation?.nationalIdentifier == "1990000010")
        #expect(request.professionalRecipients.map(\.address) == ["anne.fictif-gamma@essai.mssante.example"])
        #expect(request.patientRecipients.map(\.address) == ["269029910900215@patient.mssante.fr"])
        #expect(request.replyTo == "secretariat.demo@essai.mssante.example")
        #expect(request.closesExchange)
        #expect(request.says(.toDMP) && request.says(.toPatient) && request.says(.acknowledgeReception))
        #expect(!request.says(.maskedFromProfessionals))
        let body = try #require(request.professionalBody)
        #expect(String(decoding: try Base64.decode(body), as: UTF8.self).hasPrefix("Cher confrère"))
    }

    @Test("PRT-15: the address of type X.400, else the first (volet, segment PRT)")
    func address() throws {
        func address(_ field: String) throws -> String {
            var fixture = try RequestFixture("oru-replacement")
            try fixture.field("PRT||UC||RCT", 15) { _ in field }
            let party = DocumentRequest(try fixture.message).professionalRecipients.first
            return "\(party?.addressRepetition ?? 0) \(party?.address ?? "none")"
        }
        #expect(try address("^NET^Internet^anne@usuel.example~^^X.400^anne@essai.mssante.example") == "2 anne@essai.mssante.example")
        #expect(try address("^^x.400^anne@essai.mssante.example~^^X.400^autre@essai.mssante.example") == "1 anne@essai.mssante.example")
        #expect(try address("^^X.400^~^NET^Internet^anne@essai.mssante.example") == "2 anne@essai.mssante.example")
        #expect(try address("^^X.400") == "1 none")
    }

    @Test("a request that was taken is read as its control read it: former names count only where the present ones lack")
    func taken() throws {
        var both = try RequestFixture("oru-initial")
        try both.answer(.acknowledgeReading, "N")
        try both.insert("OBX|99|CE|ACK_LECTURE^Accusé de lecture^MetaDMPMSS||Y^^expandedYes-NoIndicator||||||F", after: "OBX|9|")
        #expect(!DocumentRequest(taken: try both.message).says(.acknowledgeReading))
        var former = try RequestFixture("oru-initial")
        try former.replace("|ACK_LECTURE_MSS^", "|ACK_LECTURE^")
        #expect(DocumentRequest(taken: try former.message).says(.acknowledgeReading))
        var order = try RequestFixture("oru-initial")
        try order.set("ORC-1", "SC")
        #expect(DocumentRequest(taken: try order.message).kind == .initial)
    }

    @Test("the document is a slice of the message, decoded when asked for")
    func document() throws {
        let request = try request("oru-initial")
        let document = try #require(request.documents.first)
        #expect(document.code == RequestCode(code: "11490-0", label: "Lettre de liaison à la sortie d'un établissement de soins", system: "LN"))
        #expect(try document.decoded().starts(with: "<?xml".utf8))
    }

    @Test("an MDM gives the ids of TXA-12 and TXA-13")
    func mdm() throws {
        let request = try request("mdm-replacement")
        #expect(request.documentID?.root == "1.2.250.1.999.7.9.20260115.12")
        #expect(request.documentID?.idExtension == nil)
        #expect(request.replacedID?.root == "1.2.250.1.999.7.9.20260115.11")
    }

    @Test("an ORU in two forms: two documents, the parties of the first, one set of flags")
    func twoDocuments() throws {
        let request = try request("oru-two-documents")
        #expect(request.documents.map(\.ordinal) == [1, 2])
        #expect(request.recipients.count == 1)
        #expect(request.sender != nil)
    }

    @Test("what a recipient is: professional, organisation, application, patient")
    func kinds() throws {
        var fixture = try RequestFixture("oru-replacement")
        try fixture.insert("PRT||UC||RCT^^participation||||CHIR^^^^^X&1.2&ISO^UF^^^6268|||||||^^X.400^service@essai.mssante.example", after: "PRT")
        try fixture.insert("PRT||UC||RCT^^participation||||||DPI-7|||||^^X.400^dpi@essai.mssante.example", after: "PRT")
        try fixture.insert("PRT||UC||RCT^^participation|||||||||||^^X.400^269029910900215@patient.mssante.fr", after: "PRT")
        try fixture.insert("PRT||UC||RCT^^participation|||||||||||^NET^X.400^boite@essai.mssante.example", after: "PRT")
        let kinds = DocumentRequest(try fixture.message).recipients.map(\.kind)
        #expect(kinds == [.professional, .organisation, .application, .patient, .address])
    }

    @Test("a recipient named twice gets one mail")
    func twice() throws {
        var fixture = try RequestFixture("oru-replacement")
        try fixture.insert("PRT||UC||RCT^^participation|||||||||||^^X.400^ANNE.fictif-gamma@essai.mssante.example", after: "PRT")
        #expect(DocumentRequest(try fixture.message).recipients.count == 1)
    }

    @Test("names escaped in HL7 are read with their characters (trap 48 of the examples)")
    func escapes() throws {
        var fixture = try RequestFixture("oru-replacement")
        try fixture.set("PRT[1]-8.1", "CH A & B | C")
        #expect(DocumentRequest(try fixture.message).sender?.organisation?.name == "CH A & B | C")
    }

    @Test("a message of another kind shows no document and no kind")
    func foreign() throws {
        let message = try HL7Message(Array("MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\rPID|1||2^^^X&1.2&ISO^PI\r".utf8))
        let request = DocumentRequest(message)
        #expect(request.documents.isEmpty && request.kind == nil && request.patient.ipp?.value == "2")
    }
}
