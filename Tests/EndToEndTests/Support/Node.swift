import Foundation

/// A gateway of one facility beside a sandbox, on free loopback ports.
struct Node {
    let workspace: Workspace
    let mllp = freePort(), dmp = freePort(), control = freePort(), zam = freePort()
    /// The folder of its journal.
    let journal: String
    private let pki: String

    init(_ workspace: Workspace, dmpRate: Int = 1000, journal: String? = nil) throws {
        self.workspace = workspace
        self.journal = journal ?? workspace.path("journal")
        pki = try workspace.pki()
        try writeSandbox()
        try writeGateway(dmpRate: dmpRate)
        try writeFacility()
    }

    private func writeSandbox() throws {
        let root = Workspace.root.path
        try workspace.write(
            "sandbox.json",
            """
            {"output": "\(workspace.path("out"))", "schemas": "\(root)/Mappings/schemas", "tables": "\(root)/Mappings/tables",
             "dmp": {"address": {"port": \(dmp)}, "structures": {"1750999990": ["1990000010"]},
                     "tls": {"certificate": "\(pki)/dmp/server.chain.pem", "key": "\(pki)/dmp/server.key",
                             "authorities": "\(pki)/igc/ca.pem", "revocationLists": "\(pki)/igc/ca.crl"}},
             "control": {"port": \(control)}, "mllp": {"address": {"port": \(zam)}}}
            """)
    }

    private func writeGateway(dmpRate: Int) throws {
        try workspace.write(
            "passerelle.yaml",
            """
            node: essai-1
            environment: test
            journal: {sqlite: {directory: \(journal)}}
            listeners:
              mllp-in: {mllp: {host: 127.0.0.1, port: \(mllp)}}
            senders:
              dmp-national: {dmp: {url: "https://localhost:\(dmp)/si-dmp-server/v2/services", rate: \(dmpRate), trust: igc}}
              mssante: {mssante: {operator: essai, white_list: \(workspace.path("white.xml"))}}
            operators:
              essai: {smtp: "localhost:2587", imap: "localhost:2143", trust: igc}
            trust:
              igc: {ca: [\(pki)/igc/ca.pem], crl: [\(pki)/igc/ca.crl]}
            lps: {name: Passerelle, version: 0.1.0, homologation: {file: \(workspace.path("homologation"))}, nil: DEMO-0001, instance_oid: 1.2.250.1.999.7.8}
            routes: \(Workspace.root.path)/Routes
            facilities: \(workspace.path("facilities"))
            tables: \(Workspace.root.path)/Mappings/tables
            socket: \(workspace.path("p.sock"))
            """)
        try workspace.write("homologation", "HOMOLOGATION-ESSAI")
        try workspace.write("white.xml", "<ListeBlanche><Domaine><Nom>essai.mssante.example</Nom></Domaine></ListeBlanche>")
    }

    private func writeFacility() throws {
        try workspace.write(
            "facilities/clinique.yaml",
            """
            facility: clinique
            name: Clinique d'essai
            environment: test
            finess: {ej: "990000028", geo: "990000010"}
            identifiers: {ipp: 1.2.250.1.999.7.1, nda: 1.2.250.1.999.7.2}
            partners:
              - {application: DPI-DEMO, facility: CH-DEMO, listener: mllp-in, answers: dpi}
            endpoints:
              dpi: {mllp: {host: 127.0.0.1, port: \(zam)}}
            identities:
              auth: {certificate: {file: \(pki)/igc/auth.chain.pem}, key: {file: \(pki)/igc/auth.key}}
              sign: {certificate: {file: \(pki)/igc/sign.pem}, key: {file: \(pki)/igc/sign.key}}
            mailboxes:
              applicative: {address: pfi@essai.mssante.example, operator: essai, identity: auth}
            routes:
              discharge-documents: {dmp: dmp-national}
              business-acknowledgements: {}
            """)
    }

    func startSandbox(_ prefix: [String] = []) throws -> Process {
        let command = prefix + [Workspace.binary, "sandbox", "--config", workspace.path("sandbox.json"), "--out", workspace.path("out")]
        let process = try workspace.start("sandbox", command[0], Array(command.dropFirst()))
        guard eventually(60, { MLLPPeer(port: zam) != nil }) else { throw Failure("the sandbox did not start:\n" + workspace.text("sandbox.log")) }
        return process
    }

    /// Starts the gateway and waits until it listens.
    func startGateway(_ prefix: [String] = []) throws -> Process {
        let command = prefix + [Workspace.binary, "serve", "--config", workspace.path("passerelle.yaml")]
        let process = try workspace.start("gateway", command[0], Array(command.dropFirst()))
        guard eventually(60, { !process.isRunning || MLLPPeer(port: mllp) != nil }), process.isRunning else {
            throw Failure("the gateway did not start:\n" + workspace.text("gateway.log"))
        }
        return process
    }

    /// Starts a gateway that is expected to end by itself, and waits for that; its exit code, and what it said.
    func tryGateway(_ prefix: [String] = []) throws -> (status: Int32, text: String) {
        let before = workspace.read("gateway.log").count
        let command = prefix + [Workspace.binary, "serve", "--config", workspace.path("passerelle.yaml")]
        let process = try workspace.start("gateway", command[0], Array(command.dropFirst()))
        guard eventually(60, { !process.isRunning }) else {
            Workspace.murder(process)
            throw Failure("the gateway went on:\n" + workspace.text("gateway.log"))
        }
        return (process.terminationStatus, String(decoding: workspace.read("gateway.log").dropFirst(before), as: UTF8.self))
    }

    /// `GET /health` at the gateway's door; nil when nobody answers.
    func health() -> [String: Any]? {
        guard let answer = unixGet(workspace.path("p.sock"), "/health"), let start = answer.range(of: "\r\n\r\n") else { return nil }
        return try? JSONSerialization.jsonObject(with: Data(answer[start.upperBound...].utf8)) as? [String: Any]
    }

    /// What `queue list` shows a person.
    func queue(_ arguments: String...) throws -> String {
        try workspace.run(Workspace.binary, ["queue", "list", "--config", workspace.path("passerelle.yaml")] + arguments, status: nil)
    }

    /// What the sandbox's DMP received, in the order it came: document id, and whether it stored it.
    func received() -> [(document: String, stored: Bool)] {
        let dmp = workspace.folder.appendingPathComponent("out/dmp")
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: dmp.path)) ?? []).compactMap { Int($0) }.sorted()
        return numbers.compactMap { number in
            guard let data = try? Data(contentsOf: dmp.appendingPathComponent("\(number)/outcome.json")),
                let outcome = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
            else { return nil }
            let document = (outcome["documents"] as? [String])?.first ?? outcome["document"] as? String ?? ""
            return (document, (outcome["status"] as? String)?.hasSuffix("Success") ?? false)
        }
    }

    /// Open deliveries, as `queue list --format json` tells.
    func openDeliveries() throws -> Int {
        let text = try workspace.run(
            Workspace.binary, ["queue", "list", "--config", workspace.path("passerelle.yaml"), "--format", "json"], status: nil)
        guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return -1 }
        let open = (object["counts"] as? [String: Any])?["open"] as? [String: [String: Int]] ?? object["open"] as? [String: [String: Int]] ?? [:]
        return open.values.flatMap(\.values).reduce(0, +)
    }
}
