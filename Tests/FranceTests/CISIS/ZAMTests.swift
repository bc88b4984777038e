import France
import HL7v2
import Testing

@Suite("ZAM^Z01, Z02, Z03 (volet Transmission de documents CDA-R2 en HL7v2 2.1, messages ZAM)")
struct ZAMTests {
    static let request =
        "MSH|^~\\&|SGL-DEMO|CH-DEMO|PFI-DEMO|CH-DEMO|20260115103012||ORU^R01^ORU_R01|SGL0000001|P|2.5|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2\r"

    func text(_ zam: ZAM, id: String, time: String) throws -> String {
        let request = try HL7Message(Array(Self.request.utf8))
        return String(decoding: zam.message(answering: request, controlID: id, time: time), as: UTF8.self)
    }

    @Test("Z01 N, byte for byte")
    func z01() throws {
        let zam = ZAM(.dmp, .negative(ZAM.dmpCode("DMPClosed", label: "")), eventTime: "20260115103058")
        #expect(
            try text(zam, id: "PFI0000910", time: "20260115103100")
                == "MSH|^~\\&|PFI-DEMO|CH-DEMO|SGL-DEMO|CH-DEMO|20260115103100||ZAM^Z01^ZAM_Z01|PFI0000910|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2\r"
                + "EVN||20260115103058\r"
                + "OBX|1|CWE|ACK_RECEPTION_DMP^Accusé de réception DMP^AckMetierZAM|SGL0000001|N^^expandedYes-NoIndicator||||||F\r"
                + "ERR|||207^Application error^messageErrorCondition|E|DMPClosed^DMP fermé^DMP_ERROR_CODE\r")
    }

    @Test("Z01 Y has no ERR")
    func z01Positive() throws {
        let lines = try text(ZAM(.dmp, .positive, eventTime: "20260115103058"), id: "X", time: "20260115103100").split(separator: "\r")
        #expect(lines.count == 3)
        #expect(lines[2] == "OBX|1|CWE|ACK_RECEPTION_DMP^Accusé de réception DMP^AckMetierZAM|SGL0000001|Y^^expandedYes-NoIndicator||||||F")
    }

    @Test("Z02 N, byte for byte")
    func z02() throws {
        let recipient = ZAM.Recipient(identifier: "899700099999", address: "anne.fictif-gamma@essai.mssante.example")
        let zam = ZAM(.delivery(recipient), .negative(ZAM.smtpCode(reply: "550", status: "5.1.1")), eventTime: "20260115103455")
        #expect(
            try text(zam, id: "PFI0000911", time: "20260115103500")
                == "MSH|^~\\&|PFI-DEMO|CH-DEMO|SGL-DEMO|CH-DEMO|20260115103500||ZAM^Z02^ZAM_Z01|PFI0000911|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2\r"
                + "EVN||20260115103455\r"
                + "OBX|1|CWE|ACK_RECEPTION_MSS^Accusé de réception MSSanté^AckMetierZAM|SGL0000001|N^^expandedYes-NoIndicator||||||F\r"
                + "OBX|2|XTN|DESTINATAIRE_MSS^Destinataire MSSanté^AckMetierZAM|899700099999|^^X.400^anne.fictif-gamma@essai.mssante.example||||||F\r"
                + "ERR|||207^Application error^messageErrorCondition|E|550^Boîte aux lettres non disponible^SMTPERRORCODE\r")
    }

    @Test("Z03 Y, byte for byte")
    func z03() throws {
        let recipient = ZAM.Recipient(identifier: "899700099999", address: "anne.fictif-gamma@essai.mssante.example")
        #expect(
            try text(ZAM(.reading(recipient), .positive, eventTime: "20260115141155"), id: "PFI0000912", time: "20260115141200")
                == "MSH|^~\\&|PFI-DEMO|CH-DEMO|SGL-DEMO|CH-DEMO|20260115141200||ZAM^Z03^ZAM_Z01|PFI0000912|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2\r"
                + "EVN||20260115141155\r"
                + "OBX|1|CWE|ACK_LECTURE_MSS^Accusé de lecture^AckMetierZAM|SGL0000001|Y^^expandedYes-NoIndicator||||||F\r"
                + "OBX|2|XTN|LECTEUR_MSS^Lecteur du courriel MSSanté^AckMetierZAM|899700099999|^^X.400^anne.fictif-gamma@essai.mssante.example||||||F\r")
    }

    @Test("the answer is in the sender's character set")
    func charset() throws {
        let request = try RequestFixture("oru-initial-latin9").message
        let bytes = ZAM(.dmp, .positive, eventTime: "2026").message(answering: request, controlID: "X", time: "2026")
        let answer = try HL7Message(bytes)
        #expect(answer.charset == .latin9)
        #expect(answer["MSH-18"] == "8859/15")
        #expect(answer["OBX-3.2"] == "Accusé de réception DMP")
    }

    @Test("what the DMP wrote cannot break the segment")
    func escaping() throws {
        let zam = ZAM(.dmp, .negative(ZAM.dmpCode("XDSError", label: "a|b^c\rMSH")), eventTime: "2026")
        let answer = try HL7Message(Array(try text(zam, id: "X", time: "2026").utf8))
        #expect(answer.segments.count == 4)
        #expect(answer["ERR-5.2"].hasPrefix("a|b^c"))
    }

    @Test(
        "SMTPERRORCODE: the basic code when the table has it, else the enhanced status mapped",
        arguments: [
            ("550", "5.1.1", "550"), ("556", "5.1.2", "512"), (nil, "5.1.3", "513"), (nil, "5.2.2", "552"), (nil, "4.2.2", "422"), (nil, "5.3.4", "523"),
            (nil, "5.7.1", "541"), (nil, "4.4.1", "441"), (nil, "4.4.2", "442"), (nil, "5.9.9", "554"), (nil, "4.9.9", "451"), ("251", "5.1.1", "550"),
            (nil, nil, "554"),
        ] as [(String?, String?, String)])
    func smtp(_ reply: String?, _ status: String?, _ code: String) { #expect(ZAM.smtpCode(reply: reply, status: status).code == code) }

    @Test("reading reports carry 900 to 906, 906 for anything else")
    func application() {
        #expect(ZAM.applicationCode("902").label == "Identifiant patient inconnu")
        #expect(ZAM.applicationCode("999").code == "906")
    }
}
