import Foundation
import Testing

@Suite("Bad input over the wire", .serialized)
struct BadInputOverTheWireTests {
    /// What is sent, the answer's code, its ERR-3.1, and words that must stand in the place of the error.
    struct Bad: Sendable, CustomStringConvertible {
        let name: String, bytes: [UInt8], answer: String, code: String, place: String
        var description: String { name }
    }

    private static func fixture(_ name: String, control: String, _ changes: [String: String] = [:]) throws -> [UInt8] {
        let file = Workspace.root.appendingPathComponent("Tests/Fixtures/messages/\(name).hl7")
        var text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        for (old, new) in changes { text = text.replacingOccurrences(of: old, with: new) }
        let lines = text.split(whereSeparator: \.isNewline)
        guard let header = lines.first else { throw Failure("\(name) is empty") }
        var fields = header.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        fields[9] = control
        return Array(([fields.joined(separator: "|")] + lines.dropFirst().map(String.init)).joined(separator: "\r").utf8) + [0x0D]
    }

    private static func bad() throws -> [Bad] {
        let header = "MSH|^~\\&|DPI-DEMO|CH-DEMO|PFI-DEMO|CH-DEMO|20260115103000||"
        return [
            Bad(
                name: "noise", bytes: (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 129) }.filter { $0 != 0x0B && $0 != 0x1C }, answer: "AE",
                code: "100", place: ""),
            Bad(name: "no MSH", bytes: Array("PID|1\rPV1|1\r".utf8), answer: "AE", code: "100", place: ""),
            Bad(name: "empty", bytes: [], answer: "AE", code: "100", place: ""),
            Bad(name: "delimiters", bytes: Array("MSH||||||DPI-DEMO|CH-DEMO|\r".utf8), answer: "AE", code: "100", place: "MSH^1^2"),
            Bad(
                name: "no segment name", bytes: Array((header + "ORU^R01^ORU_R01|W1|P|2.5\rhello world\r").utf8),
                answer: "AE", code: "100", place: "MSH^1"),
            Bad(name: "unknown type", bytes: Array((header + "ADT^A01^ADT_A01|W2|P|2.5\rPID|1\r").utf8), answer: "AE", code: "200", place: "MSH^1^9"),
            Bad(
                name: "unknown partner", bytes: Array("MSH|^~\\&|NOBODY|CH-DEMO|PFI-DEMO|CH-DEMO|20260115103000||ORU^R01^ORU_R01|W3|P|2.5\r".utf8),
                answer: "AE", code: "207", place: "MSH^1^3"),
            Bad(name: "Base64 damaged", bytes: try fixture("refused/base64-cut", control: "W4"), answer: "AE", code: "102", place: "OBX^1^5"),
            Bad(name: "DOCTYPE", bytes: try fixture("refused/doctype", control: "W5"), answer: "AE", code: "207", place: "OBX^1^5"),
            Bad(name: "entity", bytes: try fixture("refused/entity", control: "W6"), answer: "AE", code: "207", place: "OBX^1^5"),
            Bad(name: "style sheet on a network", bytes: try fixture("refused/style-sheet", control: "W7"), answer: "AE", code: "207", place: "OBX^1^5"),
            Bad(
                name: "header injection in an address",
                bytes: try fixture("oru-initial", control: "W9", ["anne.fictif-gamma@": "anne@essai.mssante.example\\X0D0A\\Bcc: x@"]), answer: "AE",
                code: "207", place: "PRT^2^15"),
            Bad(name: "patient's address", bytes: try fixture("refused/patient-address", control: "W8"), answer: "AE", code: "207", place: "PRT^3^15"),
        ]
    }

    @Test("every bad message is answered in HL7's own terms with code and place, kept as rejected, and stops nobody; logs name no patient")
    func answers() throws {
        let workspace = try Workspace("bad")
        let node = try Node(workspace)
        let documents = try Documents()
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        for (number, bad) in try Self.bad().enumerated() {
            let peer = try #require(MLLPPeer(port: node.mllp))
            let answer = try #require(peer.exchange(bad.bytes), "\(bad): no answer")
            #expect(MLLPPeer.code(answer) == bad.answer, "\(bad): \(answer)")
            let error = answer.split(separator: "\r").first { $0.hasPrefix("ERR|") }?.split(separator: "|", omittingEmptySubsequences: false) ?? []
            #expect(error.count > 3 && error[3].hasPrefix(bad.code + "^") && error[2].hasPrefix(bad.place), "\(bad): \(answer)")
            // The same connection goes on with the next message.
            #expect(MLLPPeer.code(peer.exchange(documents.request(control: "G\(number)", patient: 1, number: number + 1))) == "AA", "\(bad)")
        }
        let good = try Self.bad().count
        #expect(eventually(60) { node.received().filter(\.stored).count == good }, "\(node.received())")
        for control in ["W4", "W5", "W8"] {
            let text = try workspace.run(
                Workspace.binary, ["explain", control, "--config", workspace.path("passerelle.yaml")], status: nil)
            #expect(text.contains(control), "\(text)")
        }
        let log = workspace.text("gateway.log")
        for secret in Self.secrets + [Documents.ins(1)] { #expect(!log.contains(secret), "the log holds \(secret)") }
    }

    /// What the composed messages say of patient and recipients: identifiers, names, addresses.
    private static let secrets = [
        "269029910900215", "700012", "EXEMPLE-ALPHA", "CAMILLE", "FICTIF-GAMMA", "ESSAI-BETA", "patient.mssante.fr", "anne.fictif", "19690215",
    ]

    @Test("a fault at the end of a spooled frame is told with its code and place")
    func spooled() throws {
        let workspace = try Workspace("spooled")
        let node = try Node(workspace)
        let documents = try Documents()
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        let peer = try #require(MLLPPeer(port: node.mllp))
        let message = documents.request(control: "SPOOLED", patient: 3, number: 1, padding: 3_000_000) + Array("hello world\r".utf8)
        let answer = try #require(peer.exchange(message), "no answer")
        #expect(MLLPPeer.code(answer) == "AE" && answer.contains("|SPOOLED") && answer.contains("ERR||OBX^13|100^"), "\(answer)")
    }

    @Test("a frame of 60 MB is answered AE 199 with the control id that was seen, its connection closes, and nothing of it is kept")
    func sixtyMegabytes() throws {
        let workspace = try Workspace("sixty")
        let node = try Node(workspace)
        let documents = try Documents()
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        let peer = try #require(MLLPPeer(port: node.mllp))
        let message = documents.request(control: "BIG60", patient: 2, number: 1) + [UInt8](repeating: 0x41, count: 60_000_000)
        let answer = try #require(peer.exchange(message), "no answer")
        #expect(MLLPPeer.code(answer) == "AE" && answer.contains("|BIG60") && answer.contains("|199^"), "\(answer)")
        #expect(peer.exchange(documents.request(control: "AFTER", patient: 2, number: 2)) == nil, "the connection is closed")
        let next = try #require(MLLPPeer(port: node.mllp))
        #expect(MLLPPeer.code(next.exchange(documents.request(control: "NEXT", patient: 2, number: 3))) == "AA")
        #expect(eventually(60) { node.received().filter(\.stored).count == 1 })
        let bodies = FileManager.default.enumerator(atPath: workspace.path("journal/bodies"))?.allObjects.compactMap { $0 as? String } ?? []
        let large = bodies.filter { name in
            ((try? FileManager.default.attributesOfItem(atPath: workspace.path("journal/bodies/\(name)")))?[.size] as? Int ?? 0) > 10_000_000
        }
        #expect(large.isEmpty)
    }
}
