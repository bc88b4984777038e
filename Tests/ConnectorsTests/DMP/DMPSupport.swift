import Clinical
import Foundation
import France
import Pipeline
import PipelineTesting
import Synchronization
import Testing
import Trust
import XMLTree

@testable import Connectors

/// A far end that answers by a script and remembers what it was sent.
final class ScriptedDMP: Sendable {
    struct Post: Sendable {
        let url: String
        let contentType: String
        let pieces: [[UInt8]]

        var bytes: [UInt8] { pieces.flatMap(\.self) }
        /// The SOAP envelope.
        var envelope: XMLElement? {
            let root = (try? MultipartRelated(bytes, contentType: contentType)).map { Array($0.root) } ?? bytes
            return try? XMLDocument(parsing: root).root
        }
        func text(_ xpath: String) -> String? {
            envelope?.string(xpath, ["s": "urn:oasis:names:tc:SAML:2.0:assertion", "w": XDSScheme.Namespace.addressing, "r": XDSScheme.Namespace.rim])
        }
    }
    private let script: Mutex<[DMPExchange]>
    private let sent = Mutex<[Post]>([])
    /// Facts recorded when each post arrived.
    let recordedBefore = Mutex<[[String: String]]>([])
    let recorded = Mutex<[String: String]>([:])

    init(_ answers: [DMPExchange]) { script = Mutex(answers) }

    var posts: [Post] { sent.withLock { $0 } }

    func post(_ url: String, _ contentType: String, _ pieces: [[UInt8]]) -> DMPExchange {
        sent.withLock { $0.append(Post(url: url, contentType: contentType, pieces: pieces)) }
        let facts = recorded.withLock { $0 }
        recordedBefore.withLock { $0.append(facts) }
        return script.withLock { $0.isEmpty ? .unanswered("nothing scripted") : $0.removeFirst() }
    }
}

extension DMPExchange {
    private static func answer(_ xml: String) -> DMPExchange {
        .answered(status: 200, contentType: "application/soap+xml", body: Array(xml.utf8), serverTime: nil)
    }
    static let success = answer("<r:RegistryResponse xmlns:r='urn:r' status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success'/>")
    static func failure(_ code: String) -> DMPExchange {
        answer(
            "<r:RegistryResponse xmlns:r='urn:r' status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure'><r:RegistryErrorList>"
                + "<r:RegistryError errorCode='\(code)' codeContext='dit' severity='urn:x:Error'/></r:RegistryErrorList></r:RegistryResponse>")
    }
    static func found(_ entries: String...) -> DMPExchange {
        answer(
            "<q:AdhocQueryResponse xmlns:q='urn:q' status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success'><q:RegistryObjectList>"
                + entries.map { "<q:ObjectRef id='\($0)'/>" }.joined() + "</q:RegistryObjectList></q:AdhocQueryResponse>")
    }
    static func fault(_ code: String) -> DMPExchange {
        .answered(
            status: 500, contentType: "application/soap+xml",
            body: Array(
                "<s:Fault xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>s:\(code)</s:Value></s:Subcode></s:Code></s:Fault>"
                    .utf8), serverTime: nil)
    }
}

/// A sender, a delivery of a composed message and a scripted far end.
struct DMPBench {
    static let repository = #filePath.split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }

    /// `PASSERELLE_PKI`, or one that the tests of all modules share for a day.
    static let pki: String = {
        if let given = ProcessInfo.processInfo.environment["PASSERELLE_PKI"] { return given }
        let folder = NSTemporaryDirectory() + "passerelle-test-pki-\(getuid())"
        let process = Process()
        process.executableURL = URL(filePath: "\(repository)/Deploy/pki.sh")
        process.arguments = [folder]
        process.standardOutput = FileHandle.nullDevice
        try? launch(process)
        process.waitUntilExit()
        if process.terminationStatus != 0 { Issue.record("pki.sh failed") }
        return folder
    }()

    let sender: DMPSender
    let far: ScriptedDMP
    var delivery: Delivery
    let bytes: [UInt8]
    var recordFails = false

    init(
        _ message: String, _ answers: [DMPExchange], _ fields: [String: Fields.Value] = [:], key: Key128 = Key128(high: 7, low: 9),
        homologation: String = "NUMERO-FICTIF\n", facility change: (inout Facility) -> Void = { _ in }
    ) throws {
        var facility = Facility()
        facility.name = "clinique"
        facility.title = "CH DE DEMONSTRATION"
        facility.finessGeo = "990000010"
        facility.professionals = ["810098765430": Professional(role: "10", specialty: "SM26")]
        for name in ["auth", "sign"] {
            let path = "\(Self.pki)/igc/\(name)"
            facility.identities[name] = IdentityReference(certificate: .file(path + ".chain.pem"), key: .file(path + ".key"))
        }
        change(&facility)
        sender = try DMPSender(
            .test(fields.merging(["url": .text("https://dmp.example/v2/services/")]) { mine, _ in mine }),
            Self.scope(facility, homologation: homologation))
        far = ScriptedDMP(answers)
        bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(Self.repository)/Tests/Fixtures/messages/\(message).hl7")))
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: "mllp-in", partner: Partner(facility: "clinique", name: "DPI|CH"),
            received: Instant(milliseconds: 1_772_442_900_123), format: "hl7v2", controlID: "1")
        delivery = Delivery(
            id: 1, key: key, message: Message(envelope: envelope, body: .bytes(bytes), digest: Digest.sha256(bytes)), route: "r",
            destination: "r/dmp", sender: "dmp-national", part: Part(), lane: Lane(1))
    }

    static func scope(_ facility: Facility, oid: String = "1.2.250.1.999.77.1", homologation: String = "NUMERO-FICTIF\n") -> Scope {
        var node = NodeSettings()
        node.tables = "\(repository)/Mappings/tables"
        node.software.name = "Passerelle"
        node.software.version = "0.1.0"
        node.software.instanceOID = oid
        node.software.homologation = .file("homologation")
        node.trust = ["igc": TrustReference(authorities: ["\(pki)/igc/ca.pem"], revocationLists: [])]
        return Scope(
            name: "dmp-national", node: node, facilities: [facility.name: facility], facility: nil,
            secrets: SecretReader { (reference) throws(Reason) in
                if case .file("homologation") = reference { return Array(homologation.utf8) }
                guard case .file(let path) = reference, let data = FileManager.default.contents(atPath: path) else {
                    throw Reason("P0", Text(fr: "absent", en: "missing"))
                }
                return [UInt8](data)
            }, engine: .scripted(ClosedIntake()))
    }

    /// One attempt; facts recorded go into the delivery, as the engine does it.
    mutating func attempt(facility change: (inout Facility) -> Void = { _ in }) async throws -> Outcome {
        let (far, bytes, fails) = (far, bytes, recordFails)
        let attempt = Attempt(
            time: Instant(milliseconds: 0),
            record: { facts throws(JournalError) in
                if fails { throw JournalError.stale }
                far.recorded.withLock { $0.merge(facts) { _, new in new } }
            }, bytes: { () throws(JournalError) in bytes })
        var changed = try #require(sender.services.facilities["clinique"])
        change(&changed)
        let facility = changed
        let seal = try Identity(
            certificatePEM: sender.services.secrets.read(.file("\(Self.pki)/igc/sign.chain.pem")),
            keyPEM: sender.services.secrets.read(.file("\(Self.pki)/igc/sign.key")))
        let line = DMPConversation.Line(
            facility: facility, seal: seal, lps: LPSIdentity(name: "Passerelle", version: "0.1.0", instance: "", homologation: "N"), post: far.post)
        let outcome = await DMPConversation(sender: sender, delivery: delivery, attempt: attempt) { _ in .success(line) }.run()
        delivery.facts.merge(far.recorded.withLock { $0 }) { _, new in new }
        delivery.attempt += 1
        if case .unknown = outcome { delivery.wasUnknown = true }
        return outcome
    }
}

/// One word for an outcome, and its code.
func word(_ outcome: Outcome) -> String {
    switch outcome {
    case .delivered(let proof): "delivered \(proof.answer)"
    case .deferred(let reason, _, let nothingStored): "deferred \(reason.code)\(nothingStored ? "" : " ?")"
    case .refused(let reason): "refused \(reason.business?.code ?? reason.code)"
    case .unknown(let reason): "unknown \(reason.code)"
    case .halted(let scope, let reason): "halted \(scope) \(reason.code)"
    case .held(let reason, let owner): "held \(owner) \(reason.code)"
    }
}
