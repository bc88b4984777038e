// swift-tools-version: 6.2
import PackageDescription

// Every dependency, with its reason:
let packages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),  // sockets, event loops, HTTP/1.1: the listeners
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),  // TLS for listeners, judged by our own callback
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),  // the logging facade that every Swift server uses
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),  // the command line and its --help
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),  // start and stop in order
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),  // YAML with the line and column of every node
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let http: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A module of ours under Sources/, and its tests under Tests/NAMETests.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: settings)
}
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests", exclude: exclude, swiftSettings: settings)
}
func library(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

var targets: [Target] = [
    // C libraries, each with its reason:
    library("COpenSSL", "openssl", "libssl-dev"),  // keys, certificates, digests
    library("CCurl", "libcurl", "libcurl4-openssl-dev"),  // HTTPS, SMTP and IMAP outbound
    library("CLibXML2", "libxml-2.0", "libxml2-dev"),  // XML: parse, XPath, canonical form, schema
    library("CXMLSec", "xmlsec1-openssl", "libxmlsec1-dev"),  // XML signatures
    library("CSQLite", "sqlite3", "libsqlite3-dev"),  // the embedded journal
    library("CLibPQ", "libpq", "libpq-dev"),  // the journal that several gateways share: PostgreSQL's own client, with pipelines and notifications
    library("CZip", "zlib", "zlib1g-dev"),  // deflate and CRC-32 of the XDM archive; the container is ours, so that its bytes are the same each time

    .systemLibrary(name: "CMalloc", path: "Sources/CMalloc"),  // mallopt: large blocks go back to the system

    // Knowledge
    module("HL7v2"),
    module("XMLTree", ["CLibXML2"]),
    module("Trust", ["XMLTree", "COpenSSL", "CXMLSec", "CLibXML2"]),
    module("Clinical", ["XMLTree", "Trust", "CZip"]),
    module("France", ["Clinical", "HL7v2", "XMLTree", "Trust"]),

    // Plumbing
    module("Pipeline", [.product(name: "Yams", package: "Yams"), log, lifecycle]),
    module("JournalSQLite", ["Pipeline", "CSQLite"]),
    module("JournalPostgres", ["Pipeline", "CLibPQ"]),
    module("PipelineTesting", ["Pipeline"]),
    module("Simulation", ["Pipeline", "PipelineTesting", "JournalSQLite", "CSQLite", log]),
    .executableTarget(name: "passerelle-simulate", dependencies: ["Simulation"], path: "Sources/passerelle-simulate", swiftSettings: settings),

    // Where the two meet
    module("Wire", ["CCurl", "Trust"]),
    module("Steps", ["Pipeline", "HL7v2", "Clinical", "France", "XMLTree", "Trust"]),
    module("Connectors", ["Pipeline", "Wire", "HL7v2", "Clinical", "France", "XMLTree", "Trust", log, lifecycle] + nio),

    // The product
    module("Sandbox", ["HL7v2", "XMLTree", "Trust", log, lifecycle, http] + nio),
    module("Console", ["Pipeline", log, lifecycle, http] + nio),
    .executableTarget(
        name: "passerelle",
        dependencies: [
            "HL7v2", "XMLTree", "Trust", "Clinical", "France", "Pipeline", "JournalSQLite", "JournalPostgres", "Wire", "Steps", "Connectors",
            "Sandbox", "Console", "CMalloc", log, lifecycle, .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ] + nio, path: "Sources/passerelle", swiftSettings: settings),

    // Tests
    tests("HL7v2", ["HL7v2"]),
    tests("XMLTree", ["XMLTree"]),
    tests("Trust", ["Trust", "XMLTree"]),
    tests("Clinical", ["Clinical", "XMLTree", "Trust"]),
    tests("France", ["France", "Clinical", "HL7v2", "XMLTree", "Trust"]),
    tests("Pipeline", ["Pipeline", "PipelineTesting"]),
    tests("JournalSQLite", ["JournalSQLite", "Pipeline", "PipelineTesting", "Simulation", "CSQLite"], exclude: ["Fixtures"]),
    tests("JournalPostgres", ["JournalPostgres", "JournalSQLite", "Pipeline", "PipelineTesting"]),
    tests("Wire", ["Wire", "Trust"], exclude: ["Fixtures"]),
    tests("Simulation", ["Simulation", "passerelle-simulate", "JournalSQLite", "Pipeline", "PipelineTesting"]),
    tests("Steps", ["Steps", "Pipeline", "PipelineTesting", "HL7v2", "France", "Trust", log]),
    tests(
        "Connectors",
        [
            "Connectors", "Sandbox", "Wire", "Pipeline", "PipelineTesting", "HL7v2", "France", "Clinical", "XMLTree", "Trust",
            .product(name: "NIOEmbedded", package: "swift-nio"),
        ]
            + nio),
    tests("Sandbox", ["Sandbox", "HL7v2", "XMLTree", "Trust"] + nio),
    tests("Console", ["Console", "Pipeline", "PipelineTesting"] + nio),
    tests("House", []),
    tests("EndToEnd", ["HL7v2", "XMLTree", "Trust"]),
]

// PASSERELLE_TARGETS=HL7v2,Trust builds and tests these modules and what they need, nothing else: minutes saved while working on one.
if let wanted = Context.environment["PASSERELLE_TARGETS"], !wanted.isEmpty {
    var keep = Set(wanted.split(separator: ",").map(String.init))
    keep.formUnion(keep.map { "\($0)Tests" })
    var grown = true
    while grown {
        grown = false
        for target in targets where keep.contains(target.name) {
            for case .byNameItem(let name, _) in target.dependencies where keep.insert(name).inserted { grown = true }
        }
    }
    targets = targets.filter { keep.contains($0.name) }
}

let package = Package(name: "passerelle", platforms: [.macOS(.v15)], dependencies: packages, targets: targets)
