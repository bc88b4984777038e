import Foundation

@testable import Wire

/// The project's own Postfix and Dovecot (Deploy/operator), shared by all the tests of a run. `PASSERELLE_OPERATOR` and
/// `PASSERELLE_OPERATOR_PKI` (the two directories given to start.sh) name one that runs already; otherwise it is started here (which needs root) and ends with the test process.
struct TestOperator {
    let pki: String
    let ports: [String: Int]

    static let shared: TestOperator? = start()
    static var isAvailable: Bool { shared != nil }
    static let domain = "essai.mssante.example"

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func start() -> TestOperator? {
        let environment = ProcessInfo.processInfo.environment
        if let directory = environment["PASSERELLE_OPERATOR"], let pki = environment["PASSERELLE_OPERATOR_PKI"] {
            return TestOperator(directory: directory, pki: pki)
        }
        let directory = NSTemporaryDirectory() + "/passerelle-test-operator"
        let script = "'\(root)/Tests/Fixtures/mail/operator.sh' \(getpid()) '\(directory)'"
        guard shell(script) == 0 else {
            print("the mail operator did not start (root, postfix and dovecot are needed): see \(directory)/start.log")
            return nil
        }
        return TestOperator(directory: directory + "/state", pki: directory + "/pki")
    }

    private init?(directory: String, pki: String) {
        guard let text = try? String(contentsOfFile: directory + "/env", encoding: .utf8) else { return nil }
        var ports: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=")
            if parts.count == 2 { ports[String(parts[0])] = Int(parts[1]) }
        }
        self.pki = pki + "/mss"
        self.ports = ports
    }

    /// Not Foundation's Process: it waits for the daemons, too.
    static func shell(_ script: String) -> Int32 { system(script) }

    func file(_ name: String) -> [UInt8] { FileManager.default.contents(atPath: "\(pki)/\(name)").map(Array.init) ?? [] }

    func tls(_ name: String?, crl: Bool = true) throws -> TLSPolicy {
        try TLSPolicy(
            anchors: file("ca.pem"), revocationLists: crl ? file("ca.crl") : nil,
            identity: name.map { TLSIdentity(chain: file("\($0).chain.pem"), key: file("\($0).key")) })
    }

    func smtp(as name: String? = "pfi", port: String = "OPERATOR_SMTP", login: MailServer.Login = .none) throws -> MailServer {
        MailServer(
            host: "localhost", port: ports[port] ?? 0, security: port == "OPERATOR_SMTPS" ? .implicit : .startTLS, tls: try tls(name), login: login,
            ownName: "passerelle.essai.example", replyTimeout: .seconds(60))
    }

    func imap(as name: String?, login: MailServer.Login) throws -> MailServer {
        MailServer(
            host: "localhost", port: ports["OPERATOR_IMAP"] ?? 0, tls: try tls(name), login: login, ownName: "passerelle.essai.example",
            replyTimeout: .seconds(60))
    }
}
