import Testing

@testable import Pipeline

@Suite("Conditions")
struct ConditionTests {
    private func condition(_ yaml: String, notes: Bool = true) throws -> Condition {
        var sources = SourceTexts(), reader = SpecReader()
        let node = try #require(YAML.read(Array(yaml.utf8), file: "r.yaml", sources: &sources).node)
        let condition = ConditionReader(format: FieldsFormat(), notesAllowed: notes).read(node, &reader)
        #expect(reader.diagnostics == [])
        return try #require(condition)
    }

    private func body(_ text: String) throws -> any Content { try FieldsFormat().read(Array(text.utf8)) }

    static let table: [(condition: String, body: String, holds: Bool)] = [
        ("{KIND: {equals: ORU}}", "KIND=ORU", true), ("{KIND: {equals: ORU}}", "KIND=ORUX", false), ("{KIND: {equals: ORU}}", "", false),
        ("{KIND: {equals: ORU}}", "KIND=MDM;KIND=ORU", true), ("{KIND: {in: [ORU, MDM]}}", "KIND=MDM", true), ("{KIND: {in: [ORU, MDM]}}", "KIND=ADT", false),
        ("{KIND: {in: ORU}}", "KIND=ORU", true), ("{KIND: {contains: DA_}}", "KIND=CISIS_CDA_HL7", true), ("{KIND: {contains: XYZ}}", "KIND=CISIS", false),
        ("{KIND: {matches: \"O.U\"}}", "KIND=ORU", true), ("{KIND: {matches: \"O\"}}", "KIND=ORU", false), ("{KIND: {matches: \"ORU|MDM\"}}", "KIND=MDM", true),
        ("{KIND: {exists: true}}", "KIND=x", true), ("{KIND: {exists: yes}}", "KIND=", false), ("{KIND: {exists: false}}", "EVENT=x", true),
        ("{KIND: {exists: false}}", "KIND=x", false), ("{not: {KIND: {equals: ORU}}}", "KIND=MDM", true), ("{not: {KIND: {equals: ORU}}}", "KIND=ORU", false),
        ("{any: [{KIND: {equals: A}}, {EVENT: {equals: B}}]}", "EVENT=B", true), ("{any: [{KIND: {equals: A}}, {EVENT: {equals: B}}]}", "EVENT=A", false),
        ("{all: [{KIND: {equals: A}}, {EVENT: {equals: B}}]}", "KIND=A;EVENT=B", true), ("{KIND: {equals: A}, EVENT: {equals: B}}", "KIND=A", false),
        ("{KIND: {contains: A, matches: \"..\"}}", "KIND=AB", true), ("{KIND: {contains: A, matches: \"..\"}}", "KIND=A", false),
        ("{KIND: {equals: NO}}", "KIND=NO", true), ("{KIND: {equals: 08}}", "KIND=08", true), ("{KIND: {equals: 1.10}}", "KIND=1.10", true),
        ("{KIND: {in: [ON, ~, null]}}", "KIND=ON", true), ("{KIND: {in: [ON, ~, null]}}", "KIND=null", true),
    ]

    @Test("each test of the closed set holds as written, on texts that YAML would have typed", arguments: table)
    func holds(_ row: (condition: String, body: String, holds: Bool)) throws {
        let condition = try condition(row.condition), body = try body(row.body)
        #expect(condition.holds(body, [:]) == row.holds)
        #expect(condition.explain(body, [:]).holds == row.holds)
    }

    @Test("notes are read by their dotted path, as texts or by being there")
    func notes() throws {
        let body = try body(""),
            notes: Notes = [
                "DESTDMP": .text("Y"), "recipients": .record(["pro": .list([.text("a"), .text("b")]), "patient": .list([])]),
            ]
        #expect(try condition("{note.DESTDMP: {equals: Y}}").holds(body, notes))
        #expect(try condition("{note.recipients.pro: {equals: b}}").holds(body, notes))
        #expect(try condition("{note.recipients.patient: {exists: false}}").holds(body, notes))
        #expect(try condition("{note.recipients: {exists: true}}").holds(body, notes))
        #expect(try !condition("{note.recipients: {exists: false}}").holds(body, notes))
        #expect(try !condition("{note.nothing.at.all: {exists: true}}").holds(body, notes))
    }

    @Test("explain says which part failed, with its place and without the message's values")
    func explain() throws {
        let condition = try condition("all:\n  - {KIND: {in: [ORU, MDM]}}\n  - not: {EVENT: {equals: A40}}\n")
        let failed = condition.explain(try body("KIND=SECRET;EVENT=A40"), [:])
        #expect(!failed.holds)
        #expect(failed.parts.map { "\($0.place) \($0.text)" } == ["r.yaml:2:6 KIND in [ORU, MDM]", "r.yaml:3:11 not EVENT equals A40"])
        #expect(condition.explain(try body("KIND=ORU"), [:]).parts.count == 2)
        #expect(Condition.always.explain(try body(""), [:]) == .init(holds: true, parts: []))
    }

    @Test(
        "patterns that could take for ever are refused, and long values never fit", arguments: ["(a+)+", "(a*)*b", "((ab)*)+", "(a|ab)*", "(x{2,})+", "[", ""])
    func patterns(_ text: String) {
        #expect((Pattern(text) == nil) == (text != ""))
        #expect(Pattern(String(repeating: "a", count: 300)) == nil)
        #expect(Pattern("(ab)+") != nil && Pattern("[+*]+(a)(b+)") != nil && Pattern("\\(a+\\)+") != nil)
        #expect(Pattern("a*")?.matches(String(repeating: "a", count: 2000)) == false)
    }

    @Test("the words demanded of an index path are found through all and any, and never too narrow")
    func words() throws {
        func words(_ yaml: String) throws -> Set<String>? { try condition(yaml).words(of: "KIND") }
        #expect(try words("{KIND: {in: [A, B]}}") == ["A", "B"])
        #expect(try words("{all: [{KIND: {in: [A, B]}}, {KIND: {equals: B}}, {EVENT: {equals: C}}]}") == ["B"])
        #expect(try words("{any: [{KIND: {equals: A}}, {KIND: {equals: B}}]}") == ["A", "B"])
        #expect(try words("{any: [{KIND: {equals: A}}, {EVENT: {equals: B}}]}") == nil)
        #expect(try words("{not: {KIND: {equals: A}}}") == nil)
        #expect(try words("{KIND: {contains: A}}") == nil)
    }
}
