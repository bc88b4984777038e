import France
import Testing

@Suite("INS (referential INS; annex INS of the CI-SIS)")
struct INSTests {
    static let oid = "1.2.250.1.213.1.4.10"

    @Test(
        "the key of a matricule is 97 less the number modulo 97, Corsica read as 19 and 18",
        arguments: [
            "269029910900215", "185029910900158", "269039910900231", "234019910900562", "155089999900147", "199012A00400308", "260072B03301741",
            "799069999912356", "279035121518989", "277076322082910", "274075176079430",
        ])
    func rightKey(_ value: String) {
        #expect(INS(value: value, oid: Self.oid).isWellFormed)
        #expect(INS(value: value, oid: Self.oid).hasRightKey)
    }

    @Test(
        "a wrong key is seen, with the one expected",
        arguments: [
            ("269029910900216", 15), ("199012A00400309", 8), ("276037510669380", 26), ("221042545611404", 83), ("223042545611404", 82),
            ("222127505611201", 47), ("224027511583555", 12),
        ])
    func wrongKey(_ value: String, _ expected: Int) {
        let ins = INS(value: value, oid: Self.oid)
        #expect(!ins.hasRightKey)
        #expect(ins.expectedKey == expected)
    }

    @Test(
        "malformed: length, type, month, department, letters",
        arguments: ["27902991090021", "569029910900215", "269139910900215", "2690299109002AA", "26902C910900215", "", "2690299109002155", "269022C10900215"])
    func malformed(_ value: String) {
        #expect(!INS(value: value, oid: Self.oid).isWellFormed)
        #expect(!INS(value: value, oid: Self.oid).hasRightKey)
    }

    @Test("a letter replaced by a digit is another matricule, with another key")
    func corsicanDigit() { #expect(!INS(value: "199012000400308", oid: Self.oid).hasRightKey) }

    @Test("small letters and blanks are forgiven, and normalised")
    func normalised() { #expect(INS(value: " 199012a00400308 ", oid: Self.oid) == INS(value: "199012A00400308", oid: Self.oid)) }

    @Test("unknown months are 20 to 99")
    func unknownMonth() {
        #expect(INS(value: "269209910900200", oid: Self.oid).isWellFormed)
        #expect(!INS(value: "269009910900200", oid: Self.oid).isWellFormed)
    }

    @Test("test and production registers never mix; a setting lets production ones into test, never the reverse")
    func environments() {
        for register in [INSRegister.nir, .nia] {
            #expect(register.isAllowed(in: .production))
            #expect(!register.isAllowed(in: .test))
            #expect(register.isAllowed(in: .test, productionInTest: true))
        }
        for register in [INSRegister.test, .demonstration] {
            #expect(register.isAllowed(in: .test))
            #expect(!register.isAllowed(in: .production))
            #expect(!register.isAllowed(in: .production, productionInTest: true))
        }
        for other in ["1.2.250.1.213.1.4.2", "1.2.250.1.213.1.4.13", ""] { #expect(INS(value: "269029910900215", oid: other).register == nil) }
    }

    @Test("the mailbox of Mon espace santé and the XDS form (type NH there)")
    func forms() {
        let ins = INS(value: "269029910900215", oid: Self.oid)
        #expect(ins.mailbox == "269029910900215@patient.mssante.fr")
        #expect(ins.xdsForm == "269029910900215^^^&1.2.250.1.213.1.4.10&ISO^NH")
    }
}
