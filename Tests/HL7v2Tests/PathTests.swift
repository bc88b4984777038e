import HL7v2
import Testing

@Suite struct PathTests {
    @Test(
        "A path that cannot be read says where and what was expected",
        arguments: [
            ("", 0), ("PI-3", 0), ("pid-3", 0), ("1ID-3", 0), ("PID", 3), ("PID3", 3), ("PID-", 4), ("PID-0", 4), ("PID-x", 4), ("PID-3.", 6),
            ("PID-3.0", 6), ("PID-3[", 6), ("PID-3[]", 6), ("PID-3[2", 7), ("PID-3[5=INS", 11), ("PID-3[CX.5]", 10), ("PID-3[1.2.3=x]", 14), ("PID-3.1.2.3", 9),
            ("PID-3 ", 5), ("PID[3.1.1.1=x]-5", 14), ("PID-9999999", 10),
        ])
    func malformed(path: String, offset: Int) {
        let error = #expect(throws: HL7PathError.self) { try HL7Path(parsing: path) }
        #expect(error?.offset == offset, "\(path)")
        #expect(error?.expected.fr.isEmpty == false)
    }

    @Test("A well-formed path keeps its text and knows its place")
    func wellFormed() throws {
        #expect(try HL7Path(parsing: "PID-3[CX.5=INS].1").description == "PID-3[CX.5=INS].1")
        #expect(try HL7Path(parsing: "OBX[2]-5[3].4.1").location == HL7Location("OBX", ordinal: 2, field: 5, repetition: 3, component: 4, subcomponent: 1))
        #expect(!("nonsense" as HL7Path).isValid)
        #expect(HL7Location("PID", field: 3).erl == ["PID", "1", "3"])
        #expect(HL7Location("PID", ordinal: 2, field: 3, component: 4, subcomponent: 2).erl == ["PID", "2", "3", "1", "4", "2"])
        #expect(HL7Dictionary.name(HL7Location("PID", field: 3)).fr == "PID-3 (identifiants du patient)")
    }

    @Test("A path without selector means the first segment, even when its field is empty; values means all")
    func firstOnly() throws {
        let m = try HL7Message(er7("MSH|^~\\&|A\nOBX|1||a\nOBX|2||b||x\nOBX|3||c||y~z"))
        #expect(m.value("OBX-5") == nil)
        #expect(m.values("OBX-5") == ["x", "y", "z"])
        #expect(m.values("OBX[3]-5[2]") == ["z"])
        #expect(m.raw("OBX[3]-5").map(text) == "y~z")
        #expect(m.raw("OBX[3]-5[1]").map(text) == "y")
        #expect(m.repetitions("OBX[3.1=c]-5").count == 2)
    }
}
