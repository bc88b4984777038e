import HL7v2
import Testing

@Suite struct EditingTests {
    private func message(_ line: String) throws -> HL7Message { try HL7Message(Array((header + line + "\rPV1|1|I\r").utf8)) }

    @Test(
        "Setting a value makes what is missing and touches nothing else",
        arguments: [
            ("PID|1", "PID-3", "x", "PID|1||x"), ("PID|1||a^b~c|d", "PID-3.2", "x", "PID|1||a^x~c|d"),
            ("PID|1||a^b~c|d", "PID-3[2].4", "x", "PID|1||a^b~c^^^x|d"),
            ("PID|1||a^b~c|d", "PID-3[4]", "x", "PID|1||a^b~c~~x|d"), ("PID|1||a^b&c|d", "PID-3.2.2", "x", "PID|1||a^b&x|d"),
            ("PID|1||a|d", "PID-3.2.3", "x", "PID|1||a^&&x|d"), ("PID|1||a|d", "PID-3", "", "PID|1|||d"), ("PID|1||a^b|d", "PID-3", "x", "PID|1||x|d"),
            ("PID|1||a^^^^INS~b^^^^PI|d", "PID-3[5=PI].1", "x", "PID|1||a^^^^INS~x^^^^PI|d"), ("PID", "PID-2[2].2", "x", "PID||~^x"),
            ("PID|1||a|d", "PID-3", "p|q", "PID|1||p\\F\\q|d"), ("PID|1||a&b^c|", "PID-3.1.1", "x", "PID|1||x&b^c|"),
        ])
    func setting(before: String, path: String, value: String, after: String) throws {
        let m = try message(before)
        let changed = try m.setting(HL7Path(parsing: path), to: value)
        #expect(text(changed.bytes) == header + after + "\rPV1|1|I\r")
        #expect(changed[try HL7Path(parsing: path)] == value)
    }

    @Test("An edit of what is not there, or must not change, is refused")
    func refused() throws {
        let m = try message("PID|1||a^^^^INS")
        #expect(throws: HL7Error.self) { try m.setting("ZZZ-1", to: "x") }
        #expect(throws: HL7Error.self) { try m.setting("PID-3[5=PI].1", to: "x") }
        #expect(throws: HL7Error.notEditable(HL7Location("MSH", field: 2))) { try m.setting("MSH-2", to: "x") }
        let latin = try HL7Message(fixture("adt-a03-latin9.hl7"))
        #expect(throws: HL7Error.unencodable(at: HL7Location("PID", field: 5))) { try latin.setting("PID-5", to: "Ω") }
    }

    @Test("Setting MSH-18 rewrites the message in that character set")
    func transcoding() throws {
        let latin = try HL7Message(fixture("adt-a03-latin9.hl7"))
        let utf8 = try latin.setting("MSH-18", to: "UNICODE UTF-8")
        #expect(utf8.charset == .utf8 && utf8["PV1-3"] == "MŒD")
        #expect(try utf8.transcoded(to: .latin9).bytes == latin.bytes)
        #expect(throws: HL7Error.unencodable(at: HL7Location("EVN"))) { try utf8.transcoded(to: .ascii) }
    }

    @Test("Segments can be removed and added")
    func segments() throws {
        let m = try message("PID|1")
        #expect(try m.removing { $0.name == "PID" }.segments.map(\.name) == ["MSH", "PV1"])
        #expect(try m.inserting(Array("ZBE|1".utf8), after: m.segment("PID")).segments.map(\.name) == ["MSH", "PID", "ZBE", "PV1"])
        #expect(try m.inserting(Array("ZBE|1".utf8)).segments.map(\.name) == ["MSH", "PID", "PV1", "ZBE"])
    }

    @Test("The builder writes a ZAM as the volet prints it")
    func builder() throws {
        var b = HL7Builder(charset: .latin9)
        try b.segment("MSH", [3: "PFI-DEMO", 9: ["ZAM", "Z01", "ZAM_Z01"], 10: "PFI1", 11: "P", 12: "2.6", 17: "FRA", 18: "8859/15"])
        try b.segment("EVN", [2: "20260115103058"])
        try b.segment(
            "OBX", [1: "1", 2: "CWE", 3: ["ACK_RECEPTION_DMP", "Accusé de réception DMP", "AckMetierZAM"], 5: ["N", "", "expandedYes-NoIndicator"], 11: "F"])
        try b.segment("PRT", [4: .repetitions([.components([.subcomponents(["a", "b"]), "c"]), "d"]), 6: ["", ""]])
        let m = try b.message()
        #expect(m.charset == .latin9 && m["OBX-3.2"] == "Accusé de réception DMP")
        #expect(
            m.segment("OBX").map { m.charset.decode($0.raw) }
                == "OBX|1|CWE|ACK_RECEPTION_DMP^Accusé de réception DMP^AckMetierZAM||N^^expandedYes-NoIndicator||||||F")
        #expect(m.segment("PRT").map { text($0.raw) } == "PRT||||a&b^c~d")
        #expect(throws: HL7Error.unencodable(at: HL7Location("NTE", field: 3))) { try b.segment("NTE", [3: "Ω"]) }
    }
}
