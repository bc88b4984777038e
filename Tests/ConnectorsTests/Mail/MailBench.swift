import Foundation
import France
import HL7v2
import Pipeline
import PipelineTesting
import Synchronization
import Testing
import Trust
import Wire

@testable import Connectors

/// The project's own Postfix and Dovecot; see Tests/Fixtures/mail/operator.sh and Deploy/test.sh.
struct MailStand {
    let directory: String
    let pki: String

    static let shared: MailStand? = {
        let environment = ProcessInfo.processInfo.environment
        if let directory = environment["PASSERELLE_OPERATOR"], let pki = environment["PASSERELLE_OPERATOR_PKI"] {
            return MailStand(directory: directory, pki: pki)
        }
        let folder = NSTemporaryDirectory() + "/passerelle-test-operator"
        guard system("'\(DMPBench.repository)/Tests/Fixtures/mail/operator.sh' \(getpid()) '\(folder)'") == 0 else { return nil }
        return MailStand(directory: folder + "/state", pki: folder + "/pki")
    }()

    func port(_ name: String) -> Int {
        let text = (try? String(contentsOfFile: directory + "/env", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").first { $0.hasPrefix(name + "=") }.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }
}

/// A `mssante` sender with one facility, and deliveries of a composed message to whom a test likes.
struct MailBench {
    static let domain = "essai.mssante.example"

    let stand: MailStand
    var node = NodeSettings()
    var facility = Facility()
    private let listFile = TemporaryFile("white-list.xml")
    var whiteList: String { listFile.path }
    let recorded = Recorded()

    final class Recorded: Sendable {
        let facts = Mutex<[String: String]>([:])
    }

    init(_ stand: MailStand) throws {
        self.stand = stand
        try Self.list([Self.domain]).write(toFile: whiteList, atomically: true, encoding: .utf8)
        node.tables = "\(DMPBench.repository)/Mappings/tables"
        node.software.instanceOID = "1.2.250.1.999.77.1"
        node.software.nil_ = "DEMO-0001"
        node.trust = ["mss": TrustReference(authorities: ["\(stand.pki)/mss/ca.pem"], revocationLists: ["\(stand.pki)/mss/ca.crl"])]
        setOperator(smtp: stand.port("OPERATOR_SMTP"))
        facility.name = "clinique"
        facility.title = "CH DE DEMONSTRATION"
        facility.finessGeo = "990000010"
        setIdentity("pfi")
        facility.mailboxes = ["applicative": Mailbox(name: "applicative", address: "pfi@\(Self.domain)", operator: "essai", identity: "mail")]
    }

    mutating func setOperator(smtp: Int) {
        node.operators = ["essai": MailOperator(name: "essai", smtp: "localhost:\(smtp)", imap: "localhost:\(stand.port("OPERATOR_IMAP"))", trust: "mss")]
    }

    mutating func setIdentity(_ name: String) {
        facility.identities = [
            "mail": IdentityReference(certificate: .file("\(stand.pki)/mss/\(name).chain.pem"), key: .file("\(stand.pki)/mss/\(name).key"))
        ]
    }

    static func list(_ domains: [String]) -> String {
        "<l><DateDeGeneration>2026-01-15</DateDeGeneration>" + domains.map { "<Domaine><Nom>\($0)</Nom></Domaine>" }.joined() + "</l>"
    }

    func scope(_ intake: any Intake = ClosedIntake()) -> Scope {
        Scope(
            name: "mssante", node: node, facilities: [facility.name: facility], facility: nil,
            secrets: SecretReader { (reference) throws(Reason) in
                guard case .file(let path) = reference, let data = FileManager.default.contents(atPath: path) else {
                    throw Reason("P0", Text(fr: "absent", en: "missing"))
                }
                return [UInt8](data)
            }, engine: .scripted(intake))
    }

    func sender(_ fields: [String: Fields.Value] = [:]) throws -> MSSanteSender {
        try MSSanteSender(.test(fields.merging(["white_list": .text(whiteList), "reply": .duration(.seconds(60))]) { mine, _ in mine }), scope())
    }

    /// A delivery of the composed request whose professional is somebody else.
    func delivery(to local: String, domain: String = Self.domain, message: String = "mdm-initial", key: Key128? = nil) throws -> (Delivery, [UInt8]) {
        let address = "\(local)@\(domain)"
        let text = try String(contentsOfFile: "\(DMPBench.repository)/Tests/Fixtures/messages/\(message).hl7", encoding: .utf8)
        let bytes = Array(text.replacingOccurrences(of: "anne.fictif-gamma@essai.mssante.example", with: address).utf8)
        let envelope = Envelope(
            id: MessageID(Key128(high: 1, low: 1)), listener: "mllp-in", partner: Partner(facility: "clinique", name: "DPI|CH"),
            received: Instant(milliseconds: 1_768_469_527_000), format: "hl7v2", controlID: "1")
        let part = Part(id: address, notes: ["address": .text(address)])
        let random = Key128(high: .random(in: 0...UInt64.max), low: .random(in: 0...UInt64.max))
        let delivery = Delivery(
            id: 1, key: key ?? random, message: Message(envelope: envelope, body: .bytes(bytes), digest: Digest.sha256(bytes)), route: "r",
            destination: "r/pro", sender: "mssante", part: part, lane: Lane(1))
        return (delivery, bytes)
    }

    func attempt(_ bytes: [UInt8]) -> Attempt {
        let recorded = recorded
        return Attempt(
            time: Instant(milliseconds: 0), record: { facts throws(JournalError) in recorded.facts.withLock { $0.merge(facts) { _, new in new } } },
            bytes: { () throws(JournalError) in bytes })
    }

    /// One attempt to somebody.
    func outcome(to local: String, domain: String = Self.domain, fields: [String: Fields.Value] = [:]) async throws -> Outcome {
        let (delivery, bytes) = try delivery(to: local, domain: domain)
        return await (try sender(fields)).deliver(delivery, attempt(bytes))
    }

    /// A mailbox, read by its own certificate or password.
    func imap(_ name: String, password: String? = nil) throws -> IMAPSession {
        let read = { (file: String) in Array(FileManager.default.contents(atPath: "\(stand.pki)/mss/\(file)") ?? Data()) }
        let identity = password == nil ? TLSIdentity(chain: read("\(name).chain.pem"), key: read("\(name).key")) : nil
        let user = "\(name)@\(Self.domain)"
        let login: MailServer.Login = if let password { .plain(user: user, password: password) } else { .external(user: user) }
        return try IMAPSession(
            MailServer(
                host: "localhost", port: stand.port("OPERATOR_IMAP"), tls: TLSPolicy(anchors: read("ca.pem"), identity: identity), login: login,
                ownName: "essai.example"))
    }

    /// The first mail that a search finds, waited for.
    func mail(in session: IMAPSession, _ criteria: String) throws -> [UInt8]? {
        for _ in 0..<600 {
            _ = try session.select("INBOX", readOnly: true)
            if let uid = try session.search(criteria).first { return try session.message(uid) }
            _ = try session.idle(.milliseconds(100))
        }
        return nil
    }
}
