import Clinical
import Testing

@Suite("Code tables are data, with errors placed")
struct CodeTableTests {
    private let head = "# source: us\n# version: 1\n"

    @Test("quotes, commas and doubled quotes are read")
    func quotes() throws {
        let table = try CodeTable(head + "code,label,codingScheme\nA,\"x, \"\"y\"\" z\",1.2\n\nB,,1.3\n", file: "t.csv", required: ["code"])
        #expect(table.coded("A") == CodedValue("A", scheme: "1.2", label: "x, \"y\" z"))
        #expect(table.value("label", for: "B") == "")
        #expect(table.coded("C") == nil)
        #expect(table.notes["version"] == "1")
    }

    @Test(
        "an error names the file and the line",
        arguments: [
            ("code,label\nA\n", "t.csv:4: 1 fields, 2 expected"), ("code,label\nA,b\nA,c\n", "t.csv:5: A is already there (row 1)"),
            ("code,label\nA,\"b\n", "t.csv:4: a quote is not closed, or text follows a closing quote"),
            ("code,label\nA,\"b\"c\n", "t.csv:4: a quote is not closed, or text follows a closing quote"),
            ("label\nx\n", "t.csv:3: column code is missing"), ("", "t.csv: no line with column names"),
        ])
    func errors(_ rows: String, _ expected: String) {
        let error = #expect(throws: CodeTableError.self) { try CodeTable(head + rows, file: "t.csv", required: ["code"]) }
        #expect(error?.description == expected)
    }

    @Test("a table without source or version is refused")
    func provenance() {
        #expect(throws: CodeTableError.self) { try CodeTable("# source: us\ncode\nA\n", file: "t.csv", required: ["code"]) }
    }
}
