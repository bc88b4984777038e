import Foundation
import Testing

/// CONFORMANCE.md says which test shows which requirement; here the tests it names are looked for.
@Suite("CONFORMANCE.md")
struct ConformanceTests {
    @Test("every test that the table names exists, in the file that it names, under that title")
    func namedTestsExist() throws {
        let text = try #require(Repository.text("CONFORMANCE.md"))
        let sources = Dictionary(Repository.swiftFiles("Tests").map { ($0.path.split(separator: "/").last.map(String.init) ?? "", $0) }) { first, _ in first }
        var count = 0
        for row in text.split(separator: "\n") where row.hasPrefix("| ") && row.contains("Tests` \"") {
            guard let open = row.range(of: "`", options: .backwards, range: row.startIndex..<(row.range(of: "Tests` \"")?.lowerBound ?? row.endIndex)),
                let close = row.range(of: "` \"", range: open.upperBound..<row.endIndex),
                let end = row.range(of: "\" |", range: close.upperBound..<row.endIndex)
            else {
                Issue.record("row cannot be read: \(row)")
                continue
            }
            let name = row[open.upperBound..<close.lowerBound] + ".swift", title = String(row[close.upperBound..<end.lowerBound])
            let source = sources[String(name)]
            #expect(source != nil, "\(name) does not exist")
            if let source { #expect(source.lines.contains { $0.contains(title) }, "\(name) has no \"\(title)\"") }
            count += 1
        }
        #expect(count > 50)
    }

    @Test("every test that RELIABILITY.md names exists, in the file that it names, under that title")
    func reliability() throws {
        let text = try #require(Repository.text("RELIABILITY.md"))
        var titles: [String: [Substring]] = [:]
        for file in Repository.swiftFiles("Tests") { titles[file.path.split(separator: "/").last.map(String.init) ?? "", default: []] += file.lines }
        var count = 0
        for row in text.split(separator: "\n") where row.hasPrefix("| ") {
            let named = row.matches(of: /`(?<file>\w+Tests)` "(?<title>[^"]+)"/)
            for test in named {
                let name = String(test.output.file) + ".swift", title = String(test.output.title)
                #expect(titles[name]?.contains { $0.contains(title) } ?? false, "\(name) has no \"\(title)\"")
                count += 1
            }
        }
        #expect(count > 35)
    }
}
