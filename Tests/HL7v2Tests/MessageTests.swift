import HL7v2
import Testing

@Suite struct MessageTests {
    @Test("Segments, fields, repetitions, components and sub-components of an ORU are found by path")
    func paths() throws {
        let m = try HL7Message(fixture("oru-initial.hl7"))
        #expect(m["MSH-1"] == "|")
        #expect(m["MSH-2"] == "^~\\&")
        #expect(m["MSH-9.1"] == "ORU")
        #expect(m["MSH-9"] == "ORU")
        #expect(m["MSH-10"] == "SGL0000001")
        #expect(m["MSH-21.2"] == "CISIS_CDA_HL7_V2")
        #expect(m["PID-3[CX.5=INS].1"] == "269029910900215")
        #expect(m["PID-3[5=PI].4.2"] == "1.2.250.1.999.7.1")
        #expect(m["PID-3[2].1"] == "700012")
        #expect(m["PID-11[XAD.7=BDL].9"] == "99109")
        #expect(m["PID-32"] == "VALI")
        #expect(m["PV1-44"] == "20260112080000")
        #expect(m["OBX[3.1=DESTDMP]-5.1"] == "Y")
        #expect(m["OBX[2]-3.2"] == "Masqué aux professionnels de Santé")
        #expect(m["PRT[4.1=RCT]-15.4"] == "anne.fictif-gamma@essai.mssante.example")
        #expect(m.value("PID-40") == nil)
        #expect(m.value("ZZZ-1") == nil)
        #expect(m.value("PID-3[5=NH].1") == nil)
        #expect(m.values("OBX-3.1") == ["11502-2", "MASQUE_PS", "DESTDMP", "DESTMSSANTEPAT"])
        #expect(m.values("PID-3.1") == ["269029910900215", "700012"])
        #expect(try text(Base64.decode(#require(m.raw("OBX-5.5")))) == "<ClinicalDocument/>")
        #expect(m.warnings.isEmpty)
        #expect(m.charset == .utf8)
    }

    @Test("A delimiter, a line break and a letter beyond ASCII are found at any place of a long field")
    func places() throws {
        let head = "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5||||||8859/1\rNTE|1||"
        for before in 0..<100 {
            let long = String(repeating: "x", count: before), rest = String(repeating: "y", count: 50)
            let m = try HL7Message(Array((head + long + "^" + rest + "~" + long + "&" + rest + "|" + long + "\rNTE|2||" + rest).utf8))
            #expect(m["NTE-3.1"] == long && m["NTE-3.2"] == rest, "\(before)")
            #expect(m["NTE-3[2].1.1"] == long && m["NTE-3[2].1.2"] == rest, "\(before)")
            #expect(m["NTE-4"] == long && m["NTE[2]-3"] == rest, "\(before)")
            let accented = try HL7Message(Array((head + long).utf8) + [0xE9] + Array(rest.utf8))
            #expect(accented["NTE-3"] == long + "é" + rest, "\(before)")
        }
    }

    @Test("Segments know their name, place and ordinal; pre-adopted PRT is a segment like any other")
    func segments() throws {
        let m = try HL7Message(fixture("oru-initial.hl7"))
        #expect(m.segments.map(\.name) == ["MSH", "PID", "PV1", "ORC", "OBR", "OBX", "PRT", "PRT", "OBX", "OBX", "OBX", "NTE"])
        let second = try #require(m.segments("PRT").last)
        #expect(second.ordinal == 2)
        #expect(second.index == 7)
        #expect(second.location(field: 15).description == "PRT[2]-15")
        #expect(second.value(4) == "RCT")
        #expect(second.value(5, component: 2) == "FICTIF-GAMMA")
        #expect(second.value(field: 5, rep: 0, component: 9, sub: 2) == "1.2.250.1.71.4.2.1")
        #expect(second.raw(1) == nil)
        #expect(m.segment("PID")?.repetitions(3).count == 2)
        #expect(m.segment("PID")?.repetitions(4).count == 0)
        #expect(m.segment("MSH")?.fieldCount == 21)
        #expect(m.segment("ORC")?.fieldCount == 1)
    }

    @Test("CR, LF and CRLF after segments, blank lines, a BOM and blanks before MSH give the same message", arguments: ["\r", "\n", "\r\n", "\r\r\n"])
    func lineEnds(end: String) throws {
        let lines = ["MSH|^~\\&|A|||||||1|P|2.5||||||UNICODE UTF-8", "PID|1||X", "OBX|1||a^b||é", ""]
        let plain = try HL7Message(Array(lines.joined(separator: end).utf8))
        let marked = try HL7Message([0xEF, 0xBB, 0xBF] + Array(lines.joined(separator: end).utf8))
        let spaced = try HL7Message(Array((" \n" + lines.joined(separator: end) + end + " " + end).utf8))
        for m in [plain, marked, spaced] {
            #expect(m.segments.map(\.name) == ["MSH", "PID", "OBX"])
            #expect(m["OBX-5"] == "é")
            #expect(m["PID-3"] == "X")
        }
        #expect(marked.warnings == [.byteOrderMark])
    }

    @Test("Delimiters are those of MSH-1 and MSH-2, whatever they are; missing ones delimit nothing")
    func delimiters() throws {
        let odd = try HL7Message(er7("MSH$*#@%$A$$$$$$X*Y$1\nPID$1$$a*b%c#d$e@S@f"))
        #expect(odd["MSH-2"] == "*#@%")
        #expect(odd["MSH-9.2"] == "Y")
        #expect(odd["PID-3.2.2"] == "c")
        #expect(odd["PID-3[2]"] == "d")
        #expect(odd["PID-4"] == "e*f")
        #expect(!odd.delimiters.isStandard)
        let short = try HL7Message(er7("MSH|^~|A\nPID|1||a\\T\\&b~c"))
        #expect(short["PID-3"] == "a\\T\\&b")
        let truncation = try HL7Message(er7("MSH|^~\\&#|A\nPID|1||a\\P\\b"))
        #expect(truncation["PID-3"] == "a#b")
        #expect(truncation.delimiters.isStandard)
        let alone = try HL7Message(er7("MSH|^~\\&"))
        #expect(alone["MSH-2"] == "^~\\&" && alone.value("MSH-3") == nil)
    }

    @Test("HL7 null is two quotes, an absent value is nil")
    func null() throws {
        let m = try HL7Message(er7("MSH|^~\\&|A\nPID|1||\"\"||"))
        #expect(m.value("PID-3") == "\"\"")
        #expect(m.value("PID-4") == nil)
    }

    @Test("Base64 cut into lines stays one field, with a warning; the document decodes")
    func brokenBase64() throws {
        for end in ["\n", "\r\n", "\r"] {
            let m = try HL7Message(Array("MSH|^~\\&|A\rOBX|1|ED|||^TEXT^XML^Base64^PENsaW5p\(end)Y2FsRG9jdW1lbnQv\(end)Pg==\(end)||||||F\rNTE|1\r".utf8))
            #expect(m.segments.map(\.name) == ["MSH", "OBX", "NTE"])
            #expect(m["OBX-11"] == "F")
            #expect(try text(Base64.decode(#require(m.raw("OBX-5.5")))) == "<ClinicalDocument/>")
            #expect(m.warnings.contains(.lineBreakInField(HL7Location("OBX", field: 5, repetition: 1, component: 5))))
        }
    }

    @Test("A field of many megabytes is indexed without a copy")
    func bigField() throws {
        #if DEBUG
            let size = 2_000_000
        #else
            let size = 27_000_000
        #endif
        let document = [UInt8](repeating: UInt8(ascii: "A"), count: size)
        let bytes = Array((header + "OBX|1|ED|X||^TEXT^XML^Base64^").utf8) + document + Array("||||||F\r".utf8)
        let m = try HL7Message(bytes)
        #expect(m.raw("OBX-5.5")?.count == size)
        #expect(m["OBX-11"] == "F")
        let decoded = try Base64.decode(#require(m.raw("OBX-5.5")))
        #expect(decoded.count == size / 4 * 3)
    }

    @Test("A character set that is not known refuses a message only where its bytes depend on it")
    func unknownCharset() throws {
        let message = try HL7Message(er7("MSH|^~\\&|A||||||ADT^A03|7|P|2.5||||||FRA|UNICODE UTF-8\nPID|1"))
        #expect(message.warnings == [.charsetUnknown])
        #expect(message.charset == .ascii)
    }

    @Test("The header of a message that is faulty or cut can still be read")
    func peek() throws {
        let cut = try #require(HL7Message.peek(er7(header + "PID|1||X^^^Y\nPV1|1|")))
        #expect(cut["PID-3.4"] == "Y")
        #expect(cut.segments.map(\.name) == ["MSH", "PID"])
        let faulty = Array(header.utf8) + er7("pid|1\n") + [0xFF, 0xFE]
        #expect(throws: HL7Error.self) { try HL7Message(faulty) }
        #expect(HL7Message.peek(faulty)?["MSH-10"] == "ID1")
        let charset = er7("MSH|^~\\&|A||||||ORU^R01|7|P|2.5||||||KLINGON\nPID|1|é")
        #expect(throws: HL7Error.unsupportedCharset) { try HL7Message(charset) }
        #expect(HL7Message.peek(charset)?["MSH-10"] == "7")
        #expect(HL7Message.peek(er7("PID|1")) == nil)
    }
}
