import HL7v2
import Testing

@Suite struct AcknowledgementTests {
    private func lines(_ bytes: [UInt8], _ charset: Charset = .utf8) -> [String] {
        bytes.split(separator: 0x0D).map { charset.decode($0) }
    }

    @Test("AA: names swapped, event, processing id and version copied, FRA, character set, control id (volet 1, ACK)")
    func accepted() throws {
        let m = try HL7Message(fixture("oru-initial.hl7"))
        let ack = Acknowledgement.build(.AA, for: m, controlID: "PFI1", time: "20260115103013")
        #expect(
            lines(ack) == [
                "MSH|^~\\&|PFI-DEMO|CH-DEMO|SGL-DEMO|CH-DEMO|20260115103013||ACK^R01^ACK|PFI1|P|2.5|||||FRA|UNICODE UTF-8", "MSA|AA|SGL0000001",
            ])
    }

    @Test("AE: one ERR a finding with ERR-2, 3, 4, 5 and 8, in the sender's character set")
    func refused() throws {
        let m = try HL7Message(fixture("adt-a03-latin9.hl7"))
        let findings = [
            HL7Finding(code: 203, location: HL7Location("MSH", field: 12), text: HL7Text(fr: "Version HL7 refusée | œ", en: "x")),
            HL7Finding(
                severity: .warning, code: 207, location: HL7Location("PID", ordinal: 1, field: 3, repetition: 2, component: 4, subcomponent: 2),
                business: .init(code: "902", label: "Identifiant patient inconnu", system: "applicationErrorCondition"), text: HL7Text(fr: "b", en: "c")),
        ]
        let ack = Acknowledgement.build(.AE, for: m, controlID: "PFI2", time: "1", findings: findings)
        #expect(
            lines(ack, .latin9) == [
                "MSH|^~\\&|PFI-DEMO|CH-DEMO|DPI-DEMO|CH-DEMO|1||ACK^A03^ACK|PFI2|P|2.5^FRA^2.11|||||FRA|8859/15", "MSA|AE|DPI0000201",
                "ERR||MSH^1^12|203^Unsupported version id^messageErrorCondition|E||||Version HL7 refusée \\F\\ œ",
                "ERR||PID^1^3^2^4^2|207^Application error^messageErrorCondition|W|902^Identifiant patient inconnu^applicationErrorCondition|||b",
            ])
    }

    @Test("No MSH: AE 100 with an empty MSA-2; AR without findings still has an ERR")
    func poor() throws {
        let none = Acknowledgement.build(.AE, for: nil, controlID: "X1", time: "1", findings: [HL7Error.noMSH.finding])
        #expect(lines(none)[0] == "MSH|^~\\&|PASSERELLE||||1||ACK|X1|P|2.5|||||FRA|UNICODE UTF-8")
        #expect(lines(none)[1] == "MSA|AE")
        #expect(lines(none)[2].hasPrefix("ERR|||100^Segment sequence error^messageErrorCondition|E||||Le message"))
        let busy = Acknowledgement.build(.AR, for: HL7Message.peek(er7(header)), controlID: "X2", time: "1")
        #expect(lines(busy)[1...].map { String($0.prefix(10)) } == ["MSA|AR|ID1", "ERR|||207^"])
    }

    @Test("The answer uses standard delimiters, whatever the sender's were, and is itself readable")
    func delimiters() throws {
        let m = try HL7Message(er7("MSH$*#@%$A@S@1$B%C$D*E$F$1$$ADT*A01$I@F@9|$P$2.5$$$$$$8859/1"))
        let ack = try HL7Message(Acknowledgement.build(.AE, for: m, controlID: "1", time: "1"))
        #expect(ack.delimiters.isStandard)
        #expect(ack["MSH-5"] == "A*1" && ack["MSH-6.1.2"] == "C" && ack["MSH-3.2"] == "E")
        #expect(ack["MSA-2"] == "I$9|" && ack.charset == .latin1)
    }

    @Test("An answer that comes back is read: code, control id, ERR of 2.5 and of older versions")
    func reading() throws {
        let modern = try #require(
            HL7Answer(HL7Message(Array((header + "MSA|AE|Q1\rERR||PID^1^3|101^Required^messageErrorCondition|Error|902^X^Y|||chez Mme Z\r").utf8))))
        #expect(modern.code == "AE" && modern.controlID == "Q1")
        let finding = try #require(modern.findings.first)
        #expect(finding.code == 101 && finding.location == HL7Location("PID", field: 3) && finding.business?.code == "902")
        #expect(finding.remoteText == "chez Mme Z")
        #expect(!finding.text.fr.contains("Mme Z") && finding.text.fr.contains("PID-3"))
        let old = try #require(HL7Answer(HL7Message(Array((header + "MSA|AR|Q2|busy\rERR|PID^1^3^101&Required\r").utf8))))
        #expect(old.code == "AR" && old.findings.first?.code == 101 && old.findings.first?.location == HL7Location("PID", field: 3))
        let bare = try #require(HL7Answer(HL7Message(Array((header + "MSA|aa|Q3|note\r").utf8))))
        #expect(bare.code == "AA" && bare.findings.first?.remoteText == "note")
        #expect(try HL7Answer(HL7Message(Array(header.utf8))) == nil)
    }

    @Test(
        "the AA that is copied from the header is the one that is composed field by field",
        arguments: [
            "MSH|^~\\&|DPI|CH|PFI|CH&1.2&ISO|20260101||ADT^A03^ADT_A03|ID-1|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8",
            "MSH|^~\\&|DPI|CH|PFI|CH|20260101||ORU|ID\\T\\1|T|2.5|||||FRA|8859/15",
            "MSH|^~\\&|DPI|CH|PFI|CH^^|20260101||ADT^A03|ID 1|P|2.5|||||FRA|8859/1", "MSH|^~\\&|DPI|CH|PFI||20260101||ADT^A03|1|P|2.5",
            "MSH|^~\\&|DPI|CH|PFI|CH|20260101||ADT^A03|1^2|P|2.5|||||FRA|utf-8", "MSH$%~\\&$DPI$CH$PFI$CH$20260101$$ADT%A03$1$P$2.5$$$$$FRA$8859/15",
        ])
    func copied(header: String) throws {
        let message = try HL7Message(Array((header + "\rEVN\r").utf8))
        let composed = Acknowledgement.composed(
            .AA, for: message, sender: ("PASSERELLE", ""), controlID: "A1", time: "20260102", findings: [], language: .french)
        #expect(Acknowledgement.build(.AA, for: message, controlID: "A1", time: "20260102") == composed)
    }
}
