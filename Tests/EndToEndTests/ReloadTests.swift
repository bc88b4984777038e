import Foundation
import Synchronization
import Testing

/// The real binary under load, its configuration changed again and again, for better and for worse.
@Suite("Reload under load", .serialized)
struct ReloadTests {
    /// A node of two plain listeners, one with TLS, and two senders to the sandbox's receiver; each reload changes one thing of it.
    private struct Plan {
        var route = "sink", senders = ["sink", "twin"], about = "one", second = false, blocked: Int?, extra = "", certificate = "a.pem", application = "DPI-2"
        let node: Node, workspace: Workspace
        let secondPort = freePort(), tls = freePort()

        init(_ node: Node, _ workspace: Workspace) { (self.node, self.workspace) = (node, workspace) }

        func write() throws {
            var listeners = "  in-a: {mllp: {host: 127.0.0.1, port: \(node.mllp)}}\n"
            listeners += "  in-tls: {mllp: {host: 127.0.0.1, port: \(tls), tls: {certificate: {file: tls/\(certificate)}, key: {file: tls/key.pem}}}}\n"
            if second { listeners += "  in-b: {mllp: {host: 127.0.0.1, port: \(secondPort)}}\n" }
            if let blocked { listeners += "  in-c: {mllp: {host: 127.0.0.1, port: \(blocked)}}\n" }
            let senders = senders.map { "  \($0): {mllp: {host: 127.0.0.1, port: \(node.zam)}}\n" }.joined()
            try workspace.write(
                "passerelle.yaml",
                """
                node: essai-1
                environment: test
                journal: {sqlite: {directory: \(workspace.path("journal"))}}
                listeners:
                \(listeners)senders:
                \(senders)routes: routes
                facilities: \(workspace.path("clinics"))
                socket: \(workspace.path("p.sock"))

                """)
            try workspace.write(
                "routes/adt.yaml",
                """
                route: adt
                about: {fr: \(about), en: \(about)}
                from: [in-a, in-tls\(second ? ", in-b" : "")]
                when: {MSH-9.1: {equals: ADT}}
                to:
                  - {id: out, send: \(route)}
                \(extra)
                """)
            try workspace.write(
                "clinics/clinique.yaml",
                """
                facility: clinique
                environment: test
                finess: {ej: "990000028", geo: "990000010"}
                identifiers: {ipp: 1.2.250.1.999.7.1}
                partners:
                  - {application: DPI-DEMO, facility: CH-DEMO, listener: in-a}
                  - {application: \(application), facility: CH-DEMO, listener: in-a}
                \(second ? "  - {application: DPI-DEMO, facility: CH-DEMO, listener: in-b}" : "")
                routes: {adt: {}}
                """)
        }
    }

    /// What the clients saw.
    private final class Ledger: Sendable {
        struct Seen: Sendable { var acknowledged: [String] = [], dropped = 0, other: [String] = [] }
        private let state = Mutex(Seen())
        func note(_ control: String, _ code: String?) {
            state.withLock { seen in
                if code == "AA" { seen.acknowledged.append(control) } else if let code { seen.other.append("\(control) \(code)") } else { seen.dropped += 1 }
            }
        }
        var seen: Seen { state.withLock { $0 } }
    }

    @Test("20 reloads while links send: no ACK is missing, no link of an untouched listener drops, nothing is lost or doubled, order is kept")
    func load() throws {
        let workspace = try Workspace("reload"), node = try Node(workspace)
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        try secrets(workspace, node)
        var plan = Plan(node, workspace)
        try plan.write()
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        let ledger = Ledger(), stopping = Mutex(false), running = Mutex(4), port = node.mllp
        for client in 0..<4 {
            Thread {
                defer { running.withLock { $0 -= 1 } }
                guard let peer = MLLPPeer(port: port) else { return ledger.note("none", nil) }
                var n = 0
                while !stopping.withLock({ $0 }) {
                    n += 1
                    let control = "C\(client)-\(n)"
                    let code = MLLPPeer.code(peer.exchange(PlainNode.message(control, patient: "P\(client * 5 + n % 5)")))
                    ledger.note(control, code)
                    if code == nil { return }
                    usleep(20_000)
                }
            }.start()
        }
        for _ in 0..<2 { try changes(&plan, workspace, gateway) }
        // A machine that is slow has answered fewer until now.
        #expect(eventually(60) { ledger.seen.acknowledged.count > 200 }, "too little load to show anything: \(ledger.seen.acknowledged.count)")
        stopping.withLock { $0 = true }
        #expect(eventually(60) { running.withLock { $0 } == 0 })
        let seen = ledger.seen, log = workspace.text("gateway.log").suffix(3000)
        #expect(seen.dropped == 0 && seen.other.isEmpty, "dropped \(seen.dropped), \(seen.other.prefix(5))\n\(log)")
        #expect(
            eventually(120) { received(workspace).count { $0.hasPrefix("C") } >= seen.acknowledged.count },
            "\(received(workspace).count) of \(seen.acknowledged.count)\n\(log)")
        let controls = received(workspace).filter { $0.hasPrefix("C") }
        #expect(Set(controls).count == controls.count && Set(controls) == Set(seen.acknowledged), "lost or doubled\n\(log)")
        for patient in 0..<20 {
            let mine = controls.filter { control in
                let parts = control.dropFirst().split(separator: "-").compactMap { Int($0) }
                return parts[0] * 5 + parts[1] % 5 == patient
            }.compactMap { Int($0.split(separator: "-")[1]) }
            #expect(mine == mine.sorted(), "patient \(patient) out of order")
        }
        let audit = try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "audit", "--config", workspace.path("passerelle.yaml")])
        #expect(audit.split(separator: "\n").count { $0.contains("configured") } == 15 && audit.contains("by SIGHUP"), "\(audit)")
        #expect(audit.split(separator: "\n").count { $0.contains("configuration refused") } == 6, "\(audit)")
        print("reload: 20 reloads, \(seen.acknowledged.count) messages acknowledged, each delivered once")
    }

    @Test("where no gateway runs, queue shows and decides on the journal itself, and the next start goes on from there")
    func offline() throws {
        let workspace = try Workspace("offline"), node = try Node(workspace)
        try secrets(workspace, node)
        try Plan(node, workspace).write()
        let config = ["--config", workspace.path("passerelle.yaml")]
        var gateway = try node.startGateway()
        #expect(MLLPPeer.code(MLLPPeer(port: node.mllp)?.exchange(PlainNode.message("C0-1", patient: "P1"))) == "AA")
        #expect(try eventually(60) { try node.openDeliveries() == 1 })
        Workspace.stop(gateway)
        let listed = try workspace.run("/bin/sh", ["-c", "'\(Workspace.binary)' queue list --format json --config passerelle.yaml 2>/dev/null"])
        let object = try JSONSerialization.jsonObject(with: Data(listed.utf8)) as? [String: Any]
        let id = try #require(((object?["deliveries"] as? [[String: Any]])?.first?["id"] as? NSNumber)?.stringValue)
        let held = try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "queue", "hold", id] + config)
        #expect(held.contains("no gateway runs") && held.contains("held"))
        try workspace.run(Workspace.binary, ["queue", "list"] + config, status: 1)
        #expect(try workspace.run(Workspace.binary, ["queue", "show", id] + config).contains("P9011"))
        try workspace.run(Workspace.binary, ["queue", "release", id] + config)
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        #expect(eventually(60) { received(workspace) == ["C0-1"] })
    }

    /// Ten reloads: seven good ones, three bad ones.
    private func changes(_ plan: inout Plan, _ workspace: Workspace, _ gateway: Process) throws {
        plan.extra = "  bad"
        try reload(plan, refusing: "routes/adt.yaml:")
        plan.extra = ""
        plan.about += "x"
        try reload(plan, saying: "route adt (clinique): changed")
        plan.second = true
        try reload(plan, saying: "listener in-b: added")
        #expect(MLLPPeer.code(MLLPPeer(port: plan.secondPort)?.exchange(PlainNode.message("B\(plan.about)", patient: "P99"))) == "AA")
        plan.certificate = "none.pem"
        try reload(plan, refusing: "P0616")
        plan.certificate = "a.pem"
        let (taken, port) = try Self.occupy()
        plan.blocked = port
        try reload(plan, refusing: "P0197")
        close(taken)
        plan.blocked = nil
        (plan.route, plan.senders) = ("twin", ["twin"])
        try reload(plan, saying: "sender sink: removed")
        (plan.route, plan.senders) = ("sink", ["sink", "twin"])
        try reload(plan, saying: "sender sink: added")
        let before = try presented(plan, workspace)
        try renew(workspace)
        try reload(plan, saying: "listener in-tls: changed")
        #expect(try presented(plan, workspace) != before)
        plan.second = false
        try reload(plan, saying: "listener in-b: removed")
        #expect(eventually(60) { MLLPPeer(port: plan.secondPort) == nil })
        plan.application += "x"
        try plan.write()
        kill(gateway.processIdentifier, SIGHUP)
        let name = plan.application, node = plan.node
        #expect(
            eventually(60) {
                MLLPPeer.code(MLLPPeer(port: node.mllp)?.exchange(PlainNode.message("H\(name)", patient: "P98", application: name))) == "AA"
            }, "the partner named at SIGHUP is not known")
    }

    private func reload(_ plan: Plan, saying: String? = nil, refusing: String? = nil) throws {
        try plan.write()
        let config = plan.workspace.path("passerelle.yaml")
        let said = try plan.workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "reload", "--config", config], status: refusing == nil ? 0 : 1)
        if let saying { #expect(said.contains(saying), "\(said)") }
        if let refusing { #expect(said.contains(refusing) && said.contains("the old one stays"), "\(said)") }
        usleep(100_000)
    }

    /// The control ids that the sandbox received, in the order they came.
    private func received(_ workspace: Workspace) -> [String] {
        let folder = workspace.path("out/zam")
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".er7") }
        return files.sorted { (Int($0.prefix { $0.isNumber }) ?? 0) < (Int($1.prefix { $0.isNumber }) ?? 0) }.compactMap { name in
            let fields = workspace.text("out/zam/" + name).split(separator: "\r")[0].split(separator: "|", omittingEmptySubsequences: false)
            return fields.count > 9 ? String(fields[9]) : nil
        }
    }

    private func secrets(_ workspace: Workspace, _ node: Node) throws {
        try workspace.write("tls/.keep", "")
        try renew(workspace)
    }

    /// A new certificate in the place of the old one.
    private func renew(_ workspace: Workspace) throws {
        try workspace.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", workspace.path("tls/key.pem"),
                "-out", workspace.path("tls/a.pem"),
            ])
    }

    /// The certificate that the TLS listener shows.
    private func presented(_ plan: Plan, _ workspace: Workspace) throws -> String {
        let said = try workspace.run(
            "/bin/sh", ["-c", "openssl s_client -connect 127.0.0.1:\(plan.tls) </dev/null 2>/dev/null | openssl x509 -noout -fingerprint"])
        #expect(said.contains("ingerprint"), "\(said)")
        return said
    }

    /// A port that somebody else listens on.
    private static func occupy() throws -> (Int32, Int) {
        let port = freePort(), descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard bound == 0, listen(descriptor, 1) == 0 else { throw Failure("no port to occupy") }
        return (descriptor, port)
    }
}
