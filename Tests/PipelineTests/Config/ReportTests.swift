import FoundationEssentials
import Testing

@testable import Pipeline

/// Folders of Tests/Fixtures/config: a configuration, and what `check` says of it in both languages, whole.
@Suite("What check prints")
struct ReportTests {
    static let fixtures = Path.join(Path.folder(of: #filePath), "../../Fixtures/config")

    @Test("the whole output is as the golden files have it", arguments: ["slips", "secrets", "broken-yaml", "environments"])
    func golden(_ name: String) throws {
        let folder = Path.join(Self.fixtures, name)
        let report = Configuration.load(folder + "/passerelle.yaml", ConfigBench.context(.disk)).report
        for (language, file) in [(Language.en, "expected.en.txt"), (.fr, "expected.fr.txt")] {
            let text = report.text(language).replacing(folder + "/", with: "")
            let expected = FileManager.default.contents(atPath: folder + "/" + file).map { String(decoding: $0, as: UTF8.self) }
            if ProcessInfo.processInfo.environment["PASSERELLE_GOLDEN"] == "write" {  // renews the golden files, to be read before they are kept
                _ = FileManager.default.createFile(atPath: folder + "/" + file, contents: Data(text.utf8))
            }
            #expect(text == expected, "\(name)/\(file)")
        }
    }

    @Test("a secret written into the file is shown nowhere, neither as text nor as JSON")
    func secrets() {
        let folder = Path.join(Self.fixtures, "secrets")
        let report = Configuration.load(folder + "/passerelle.yaml", ConfigBench.context(.disk)).report
        for text in [report.text(.fr), report.text(.en), report.json()] {
            #expect(!text.contains("hunter2") && !text.contains("s3same") && !text.contains("BEGIN"))
        }
        #expect(report.diagnostics.contains { $0.code == "P0130" })
    }

    @Test("JSON has file, line, column, code and both languages")
    func json() throws {
        struct Record: Decodable {
            let file: String, line: Int, column: Int, severity: String, code: String, text: Text, mend: Text?
        }
        let report = ConfigBench(Slip.route, "from: in\n", "form: in\n").load().report
        let records = try JSONDecoder().decode([Record].self, from: Data(report.json().utf8))
        #expect(records.map(\.code) == ["P0121", "P0120"])
        #expect(records.map(\.line) == [1, 4] && records.allSatisfy { $0.file == "/c/Routes/letters.yaml" && $0.column == 1 && $0.severity == "error" })
        #expect(records.last?.text.en == "unknown key \"form\"" && records.last?.mend?.fr == "vouliez-vous écrire « from » ?")
        #expect(ConfigBench().load().report.json() == "[\n\n]")
    }

    @Test("a tab before the caret stays a tab, and a very long line is cut")
    func lines() {
        var sources = SourceTexts()
        sources.add("\tab\n" + String(repeating: "x", count: 1000), file: "f")
        let place = Place(file: "f", line: 1, column: 3), long = Place(file: "f", line: 2, column: 1)
        let report = DiagnosticReport([Diagnostic(.warning, "P0000", Text(fr: "a", en: "b"), at: place)], sources: sources)
        #expect(report.text(.en) == "f:1:3: warning[P0000]: b\n    1 | \tab\n      | \t ^\n\n1 warning\n")
        #expect(DiagnosticReport([Diagnostic(.error, "P0000", Text(fr: "a", en: "b"), at: long)], sources: sources).text(.fr).count < 600)
    }
}
