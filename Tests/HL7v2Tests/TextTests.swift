import HL7v2
import Testing

@Suite struct TextTests {
    @Test(
        "Escapes are undone; what is not an escape stays",
        arguments: [
            ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"), ("\\X41\\\\XC3A9\\", "Aé"), ("l1\\.br\\l2", "l1\nl2"), ("\\H\\gras\\N\\", "gras"),
            ("\\.in+4\\x", "x"), ("C:\\temp", "C:\\temp"), ("\\Q\\x", "\\Q\\x"), ("\\X4\\", "\\X4\\"), ("\\XZZ\\", "\\XZZ\\"), ("end\\", "end\\"),
            ("\\\\", "\\\\"), ("\\Z1\\", "\\Z1\\"),
        ])
    func unescaping(raw: String, expected: String) throws {
        let m = try HL7Message(Array((header + "NTE|1||" + raw + "\r").utf8))
        #expect(m["NTE-3"] == expected)
    }

    @Test(
        "What is written is read back the same",
        arguments: [
            "plain", "a|b^c&d~e\\f", "l1\nl2\r\nl3", "É & œ", "\\F\\", "|", "\u{1}\u{1F}", "tab\there", "\u{0}", "# MSH|^~\\&",
        ])
    func roundTrip(value: String) throws {
        let m = try HL7Message(Array((header + "NTE|1\r").utf8)).setting("NTE-3.2", to: value)
        #expect(m["NTE-3.2"] == value)
        #expect(m.segments.count == 2)
        var builder = HL7Builder()
        try builder.segment("MSH", [3: "A", 18: "UNICODE UTF-8"])
        try builder.segment("NTE", [3: ["x", .text(value), "y"]])
        #expect(try builder.message()["NTE-3.2"] == value)
        #expect(try builder.message()["NTE-3.3"] == "y")
    }

    @Test(
        "MSH-18 rules the decoding, in its usual spellings",
        arguments: [
            ("UNICODE UTF-8", Charset.utf8), ("UTF-8", .utf8), ("unicode utf-8 ", .utf8), ("8859/1", .latin1), ("8859/15", .latin9), ("ISO-8859-15", .latin9),
            ("ASCII", .ascii),
        ])
    func spellings(stated: String, charset: Charset) throws {
        let m = try HL7Message(er7("MSH|^~\\&|A|||||||1|P|2.5||||||\(stated)\nPID|1"))
        #expect(m.charset == charset)
        #expect(m.warnings.isEmpty)
    }

    @Test("8859/15 and 8859/1 differ where they must")
    func latin() throws {
        let m = try HL7Message(fixture("adt-a03-latin9.hl7"))
        #expect(m.charset == .latin9)
        #expect(m["PID-5.2"] == "ZOË")
        #expect(m["PV1-3"] == "MŒD")
        #expect(Charset.latin1.decode([0xA4, 0xBD]) == "¤½")
        #expect(Charset.latin9.decode([0xA4, 0xBD]) == "€œ")
        #expect(Charset.latin9.encode("€œ") == [0xA4, 0xBD])
        #expect(Charset.latin9.encode("¤") == nil)
        #expect(Charset.latin1.encode("€") == nil)
        #expect(Charset.ascii.encode("é") == nil)
        #expect(text(Charset.ascii.encodeLossy("Refusé : cœur…日")) == "Refuse : coeur...?")
        for charset in [Charset.latin1, .latin9] {
            for byte in UInt8.min...UInt8.max { #expect(charset.encode(charset.decode([byte])) == [byte]) }
        }
    }

    @Test("Without MSH-18: strict UTF-8, else 8859/15, with a warning")
    func absent() throws {
        let start = Array("MSH|^~\\&|A\rPID|1||".utf8)
        let utf8 = try HL7Message(start + Array("é".utf8))
        #expect(utf8.charset == .utf8 && utf8["PID-3"] == "é" && utf8.warnings == [.charsetAbsent(read: .utf8)])
        let latin = try HL7Message(start + [0xE9, 0xA4])
        #expect(latin.charset == .latin9 && latin["PID-3"] == "é€" && latin.warnings == [.charsetAbsent(read: .latin9)])
    }

    @Test("Bytes outside the stated character set are refused with their place and code 102")
    func wrongBytes() throws {
        let bytes = Array((header + "PID|1||a^b^").utf8) + [0xE9] + Array("\rPV1|1\r".utf8)
        let error = #expect(throws: HL7Error.self) { try HL7Message(bytes) }
        #expect(error == .badCharset(at: HL7Location("PID", field: 3, repetition: 1, component: 3)))
        #expect(error?.code == 102)
        #expect(throws: HL7Error.badCharset(at: HL7Location("PID", field: 3, repetition: 1, component: 1))) {
            try HL7Message(Array("MSH|^~\\&|A|||||||1|P|2.5||||||ASCII\rPID|1||".utf8) + [0xE9])
        }
    }
}
