import Testing

/// Who may import what (the import law). A module that stands in no row does not exist yet: it is added here with its reason first.
private let law: [String: Set<String>] = [
    // Knowledge: what documents mean
    "HL7v2": [],
    "XMLTree": ["CLibXML2", "Glibc", "FoundationEssentials"],
    "Trust": ["XMLTree", "COpenSSL", "CXMLSec", "CLibXML2", "Glibc", "FoundationEssentials"],
    "Clinical": ["XMLTree", "Trust", "CZip", "Glibc", "FoundationEssentials"],
    "France": ["Clinical", "HL7v2", "XMLTree", "Trust", "FoundationEssentials"],
    // Plumbing: what happens to a message; clocks, chance, disk and network are handed in
    "Pipeline": ["Yams", "Logging", "Metrics", "ServiceLifecycle", "FoundationEssentials"],
    "JournalSQLite": ["Pipeline", "CSQLite", "Glibc", "FoundationEssentials", "Dispatch"],
    "JournalPostgres": ["Pipeline", "CLibPQ", "Glibc", "FoundationEssentials"],
    "PipelineTesting": ["Pipeline", "Logging", "FoundationEssentials"],
    // Tests alone: the whole engine under chance that can be replayed, over the real SQLite on a disk of its own
    "Simulation": ["Pipeline", "PipelineTesting", "JournalSQLite", "CSQLite", "Logging", "Glibc"],
    "passerelle-simulate": ["Simulation", "Glibc"],
    // Where the two meet
    "Wire": ["CCurl", "Trust", "Glibc", "FoundationEssentials"],
    "Steps": ["Pipeline", "HL7v2", "Clinical", "France", "XMLTree", "Trust", "FoundationEssentials"],
    "Connectors": [
        "Pipeline", "Wire", "HL7v2", "Clinical", "France", "XMLTree", "Trust", "Logging", "ServiceLifecycle", "NIOCore", "NIOPosix", "NIOSSL",
        "Glibc", "FoundationEssentials", "Dispatch",
    ],
    // The product
    "Sandbox": [
        "HL7v2", "XMLTree", "Trust", "Logging", "ServiceLifecycle", "NIOCore", "NIOPosix", "NIOSSL", "NIOHTTP1", "Glibc", "FoundationEssentials",
    ],
    "Console": ["Pipeline", "Logging", "ServiceLifecycle", "NIOCore", "NIOPosix", "NIOHTTP1", "Glibc", "FoundationEssentials"],
    "passerelle": [
        "HL7v2", "XMLTree", "Trust", "Clinical", "France", "Pipeline", "JournalSQLite", "JournalPostgres", "Wire", "Steps", "Connectors", "Sandbox", "Console",
        "Logging",
        "ServiceLifecycle", "UnixSignals", "CMalloc", "ArgumentParser", "NIOCore", "NIOPosix", "NIOSSL", "CMalloc", "Glibc", "FoundationEssentials", "Dispatch",
    ],
]

/// What every module may use: the standard library.
private let standard: Set<String> = ["Swift", "Synchronization", "_Concurrency"]

@Suite("The import law")
struct ImportLawTests {
    @Test("every import stands in its module's row of the table")
    func table() {
        for file in Repository.swiftFiles("Sources") {
            guard let allowed = law[file.module] else {
                Issue.record("\(file.path): the module \(file.module) has no row in the table")
                continue
            }
            for (module, line) in file.imports where !allowed.contains(module) && !standard.contains(module) && module != "Foundation" {
                Issue.record("\(file.path):\(line): \(file.module) may not import \(module)")
            }
        }
    }

    @Test("the whole of Foundation stays out of the message path; elsewhere its line says why")
    func foundation() {
        let closed: Set<String> = ["HL7v2", "XMLTree", "Trust", "Clinical", "France", "Pipeline", "PipelineTesting", "Steps"]
        for file in Repository.swiftFiles("Sources") {
            for (module, line) in file.imports where module == "Foundation" {
                #expect(!closed.contains(file.module), "\(file.path):\(line): \(file.module) may not import Foundation")
                #expect(file.lines[line - 1].contains("//"), "\(file.path):\(line): say why FoundationEssentials will not do")
            }
        }
    }

    @Test("a C library is a two-file target and has one importer, libxml2 and its signatures excepted")
    func libraries() {
        let importers: [String: Set<String>] = [
            "COpenSSL": ["Trust"], "CXMLSec": ["Trust"], "CLibXML2": ["XMLTree", "Trust"], "CCurl": ["Wire"], "CSQLite": ["JournalSQLite", "Simulation"],
            "CLibPQ": ["JournalPostgres"],
            "CZip": ["Clinical"], "CMalloc": ["passerelle"],
        ]
        for (library, expected) in importers {
            let found = Set(Repository.swiftFiles("Sources").filter { $0.imports.contains { $0.module == library } }.map(\.module))
            #expect(found.isSubset(of: expected), "\(library) is imported by \(found.sorted())")
        }
        for folder in Repository.folders("Sources") where folder.hasPrefix("C") && Repository.text("Sources/\(folder)/module.modulemap") != nil {
            #expect(importers[folder] != nil, "\(folder) has no row in the table")
            #expect(Repository.text("Sources/\(folder)/shim.h") != nil)
            #expect(Repository.swiftFiles("Sources/\(folder)").isEmpty)
        }
    }

    @Test("tests of the knowledge import no plumbing, and the sandbox's judge no sender")
    func tests() {
        let plumbing: Set<String> = ["Pipeline", "JournalSQLite", "Connectors", "Console", "Sandbox", "NIOCore"]
        for file in Repository.swiftFiles("Tests") where ["HL7v2Tests", "XMLTreeTests", "TrustTests", "ClinicalTests", "FranceTests"].contains(file.module) {
            for (module, line) in file.imports { #expect(!plumbing.contains(module), "\(file.path):\(line): \(module)") }
        }
        for file in Repository.swiftFiles("Tests/SandboxTests") {
            for (module, line) in file.imports { #expect(!["Clinical", "France", "Connectors"].contains(module), "\(file.path):\(line): \(module)") }
        }
    }

    @Test("the reader of import lines sees every form of them")
    func reader() {
        let file = SourceFile(
            path: "Sources/X/A.swift",
            text: """
                package import Pipeline
                @preconcurrency import NIOCore  // a word
                import struct Yams.Node
                // import Nothing
                let text = "import Nothing"
                """)
        #expect(file.imports.map(\.module) == ["Pipeline", "NIOCore", "Yams"])
        #expect(file.imports.map(\.line) == [1, 2, 3])
    }
}
