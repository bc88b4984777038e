import Foundation

/// A gateway of one facility that takes ADT from a link and passes them on by one route: senders and destinations as the test says. No certificates.
struct PlainNode {
    let workspace: Workspace
    let mllp = freePort()

    /// `senders`: by name, as the node file writes them. Each message goes to all of `to`.
    init(_ workspace: Workspace, senders: [(name: String, text: String)], to destinations: [String]) throws {
        self.workspace = workspace
        try workspace.write(
            "passerelle.yaml",
            """
            node: essai-1
            environment: test
            journal: {sqlite: {directory: \(workspace.path("journal"))}}
            listeners:
              mllp-in: {mllp: {host: 127.0.0.1, port: \(mllp)}}
            senders:
            \(senders.map { "  \($0.name): \($0.text)" }.joined(separator: "\n"))
            routes: routes
            facilities: clinics
            socket: \(workspace.path("p.sock"))

            """)
        try workspace.write(
            "routes/adt.yaml",
            """
            route: adt
            about: {fr: essai, en: test}
            from: mllp-in
            when: {MSH-9.1: {equals: ADT}}
            to:
            \(destinations.map { "  - {id: \($0), send: \($0)}" }.joined(separator: "\n"))

            """)
        try workspace.write(
            "clinics/clinique.yaml",
            """
            facility: clinique
            environment: test
            finess: {ej: "990000028", geo: "990000010"}
            identifiers: {ipp: 1.2.250.1.999.7.1}
            partners:
              - {application: DPI-DEMO, facility: CH-DEMO, listener: mllp-in}
            routes: {adt: {}}

            """)
    }

    /// An admission of a patient.
    static func message(_ control: String, patient: String, domain: String = "1.2.250.1.999.7.1", application: String = "DPI-DEMO") -> [UInt8] {
        Array(
            ("MSH|^~\\&|\(application)|CH-DEMO|P|X|20260101120000||ADT^A01^ADT_A01|\(control)|T|2.5\rEVN||20260101120000\r"
                + "PID|||\(patient)^^^HOP&\(domain)&ISO^PI||TEST^PATIENT||19700101|M\rPV1||I\r").utf8)
    }

    /// Starts the gateway and waits until it listens.
    func start() throws -> Process {
        let process = try workspace.start("gateway", Workspace.binary, ["serve", "--config", workspace.path("passerelle.yaml")])
        guard eventually(60, { !process.isRunning || MLLPPeer(port: mllp) != nil }), process.isRunning else {
            throw Failure("the gateway did not start:\n" + workspace.text("gateway.log"))
        }
        return process
    }

    /// Sends one message; the code of its answer.
    func send(_ message: [UInt8]) -> String? { MLLPPeer.code(MLLPPeer(port: mllp)?.exchange(message)) }

    /// Runs a command of the program on this node, in English; what it said.
    @discardableResult func command(_ words: String..., status: Int32? = 0) throws -> String {
        try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary] + words + ["--config", workspace.path("passerelle.yaml")], status: status)
    }

    /// The same for a command that knows no node file.
    @discardableResult func plain(_ words: String..., status: Int32? = 0) throws -> String {
        try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary] + words, status: status)
    }

    /// What `queue list` shows: number, state and control id, by destination.
    func deliveries() throws -> [[String: Any]] {
        let said = try workspace.run(
            "/bin/sh", ["-c", "'\(Workspace.binary)' queue list --format json --config '\(workspace.path("passerelle.yaml"))' 2>/dev/null"], status: nil)
        let object = try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any]
        return object?["deliveries"] as? [[String: Any]] ?? []
    }

    /// How many files a folder holds.
    func count(_ folder: String) -> Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: workspace.path(folder))) ?? []).count { $0.hasSuffix(".hl7") }
    }
}

/// A port on which connections are accepted by the system and nobody ever answers.
final class Silence {
    let port: Int
    private let descriptor: Int32

    init() throws {
        port = freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard bound == 0, listen(descriptor, 512) == 0 else { throw Failure("no port to be silent on") }
    }

    deinit { close(descriptor) }
}
