import FoundationEssentials
import HL7v2
import Logging
import Pipeline
import PipelineTesting
import Steps

enum Steps {
    struct Missing: Error { let what: String }

    static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

    /// A composed request of Tests/Fixtures/messages.
    static func request(_ name: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: "\(root)/Tests/Fixtures/messages/\(name).hl7") else { throw Missing(what: name) }
        return Array(data)
    }

    /// What a component sees: a test facility and the project's tables.
    static func scope(_ environment: Environment = .test) -> Scope {
        var node = NodeSettings()
        node.environment = environment
        node.tables = root + "/Mappings/tables"
        var facility = Facility()
        facility.name = "clinique-exemple"
        facility.environment = environment
        let engine = EngineServices(
            intake: ClosedIntake(), journal: nil, time: ManualClock(), random: SeededRandom(1), digester: testDigester(),
            hash: SipHash(secret: Key128(high: 1, low: 2)), io: InlineDoor(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return Scope(
            name: "discharge-documents", node: node, facilities: [facility.name: facility], facility: facility,
            secrets: SecretReader { (_) throws(Reason) in [] }, engine: engine)
    }

    /// A component from the texts of its fields, read by its own specification as a route file would be.
    static func make<C: Component>(_ type: C.Type, _ fields: [(String, String)] = [], in scope: Scope = scope()) throws -> C {
        let place = Place(file: "route.yaml", line: 1, column: 1)
        var reader = SpecReader()
        reader.format = HL7Format()
        let node = Node.map(fields.map { ($0.0, place, .text($0.1, place)) }, place)
        guard let read = reader.fields(C.spec.fields, node, at: place) else { throw ConfigError(reader.diagnostics) }
        return try C(read, scope)
    }

    static func message(_ bytes: [UInt8]) -> Message {
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: "mllp-in", partner: Partner(facility: "clinique-exemple", name: "DPI-DEMO|CH-DEMO"),
            received: Instant(milliseconds: 1_768_469_412_000), format: "hl7v2", controlID: "DPI0000001")
        return Message(envelope: envelope, body: .bytes(bytes), digest: testDigester().sha256(bytes))
    }

    static func reading(_ bytes: [UInt8]) throws -> Reading {
        Reading(message: message(bytes), content: try HL7Format().read(bytes), bytes: bytes)
    }

    static func draft(_ name: String) throws -> Draft { Draft(try reading(request(name)), format: HL7Format()) }

    static func delivery(_ bytes: [UInt8], part: Part = Part()) -> Delivery {
        Delivery(
            id: 1, key: Key128(high: 7, low: 7), message: message(bytes), route: "discharge-documents", destination: "discharge-documents/dmp",
            sender: "dmp-national", part: part, lane: Lane(1))
    }

    /// 2026-01-15 10:31:00 in Paris.
    static let context = EmissionContext(time: Instant(milliseconds: 1_768_469_460_123)) { "PFI000000000000000\($0)" }
}
