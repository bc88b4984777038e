import HL7v2
import Pipeline
import Steps
import Testing

@Suite("check: cda-request")
struct CDARequestCheckTests {
    func findings(_ name: String, _ fields: [(String, String)] = [], _ environment: Environment = .test) throws -> [Finding] {
        let check = try Steps.make(CDARequestCheck.self, fields, in: Steps.scope(environment))
        return check.findings(try Steps.reading(Steps.request(name)))
    }

    func errors(_ name: String, _ fields: [(String, String)] = [], _ environment: Environment = .test) throws -> [String] {
        try findings(name, fields, environment).filter { $0.severity == .error }.map { "\($0.reason.code) \($0.reason.location ?? "")" }
    }

    @Test(
        "good requests have no error, with the shipped table of document types",
        arguments: [
            "oru-initial", "oru-replacement", "oru-deletion", "mdm-initial", "mdm-replacement", "mdm-visibility", "mdm-deletion", "oru-two-documents",
            "oru-initial-latin9", "oru-ins-not-qualified", "oru-dmp-closed",
        ])
    func good(_ name: String) throws { #expect(try errors(name).isEmpty) }

    @Test(
        "bad requests are refused with code and place",
        arguments: [
            ("refused/patient-address", "207 PRT[3]-15.4"), ("refused/base64-cut", "102 OBX-5.5"), ("refused/doctype", "207 OBX-5.5"),
            ("refused/entity", "207 OBX-5.5"), ("refused/style-sheet", "207 OBX-5.5"), ("refused/no-recipient", "101 PRT[4]-4"),
            ("refused/hidden-from-patient", "207 OBX[3]-5"),
        ])
    func bad(_ name: String, _ error: String) throws { #expect(try errors(name) == [error]) }

    @Test("the environment is the facility's: a test INS in production is refused")
    func production() throws { #expect(try errors("oru-initial", [], .production).first == "207 PID-3.4.2") }

    @Test("masking: strict is read from the route")
    func strict() throws {
        #expect(try errors("oru-replacement").isEmpty)
        #expect(try errors("oru-replacement", [("masking", "strict")]) == ["207 OBX[8]-5"])
    }

    @Test("a limit on the document is read from the route")
    func limit() throws { #expect(try errors("oru-initial", [("largest_document", "1 KB")]) == ["207 OBX-5.5"]) }

    @Test("a folder without the table of types is a configuration error with its file name")
    func noTable() throws {
        var node = Steps.scope().node
        node.tables = "/nowhere"
        let old = Steps.scope()
        let scope = Scope(name: old.name, node: node, facilities: old.facilities, facility: old.facility, secrets: old.secrets, engine: old.engine)
        #expect(throws: ConfigError.self) { try Steps.make(CDARequestCheck.self, in: scope) }
    }

    @Test("bytes that are no HL7 message are AE 100")
    func noise() throws {
        let check = try Steps.make(CDARequestCheck.self)
        let bytes = Array("noise".utf8)
        let found = check.findings(Reading(message: Steps.message(bytes), content: 0, bytes: bytes))
        #expect(found.map(\.reason.code) == ["100"])
    }
}
