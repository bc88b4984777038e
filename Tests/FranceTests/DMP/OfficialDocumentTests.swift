import Clinical
import FoundationEssentials
import France
import Testing

/// The official CDA examples, where they are at hand (`PASSERELLE_SAMPLES`, else `../shared/samples`).
@Suite("Official CDA examples")
struct OfficialDocumentTests {
    private static let folder =
        (ProcessInfo.processInfo.environment["PASSERELLE_SAMPLES"] ?? "\(DMPFixture.repository)/../shared/samples") + "/cda"

    @Test("every one is read; each gives a complete entry for the DMP, or names what it lacks")
    func all() throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: Self.folder) else {
            print("official CDA examples: 0 run (none at hand)")
            return
        }
        let tables = try DMPFixture.tables()
        var complete = 0
        for name in names.sorted() where name.lowercased().hasSuffix(".xml") {
            let document = try DMPDocument(Array(try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))))
            let number = try #require(document.header.patient.ids.first { INSRegister(rawValue: $0.root) != nil } ?? document.header.patient.ids.first)
            let context = NationalEntry.Context(ins: INS(value: number.extension ?? "", oid: number.root), ipp: nil, masks: [])
            let entry = NationalEntry(document.header, context, tables).entry(id: "Document01")
            let missing = NationalEntry.firstMissing(entry)
            if missing == nil { complete += 1 }
            print("\(name): \(entry.formatCode?.code ?? "-") class \(entry.classCode?.code ?? "none") lacks \(missing ?? "nothing")")
            #expect(entry.mimeType == (name.contains("Auto-Presentable") ? "application/xslt+xml" : "text/xml"))
        }
        print("official CDA examples: \(names.count) run, \(complete) complete for the DMP")
        #expect(complete > names.count / 2)
    }
}
