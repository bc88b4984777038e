import Foundation
import Testing

/// What a person does on the command line, with and without a gateway that runs.
@Suite("A person's word, from the command line to the journal", .serialized)
struct PersonTests {
    @Test("journal check and salvage refuse a journal that a gateway has open, with its process; once it has stopped they read it")
    func doctor() throws {
        let workspace = try Workspace("doctor"), node = try PlainNode(workspace, senders: [("out", "{folder: {path: out}}")], to: ["out"])
        let gateway = try node.start()
        #expect(node.send(PlainNode.message("C1", patient: "1")) == "AA")
        #expect(eventually(60) { node.count("out") == 1 })
        let journal = workspace.path("journal"), pid = "process \(gateway.processIdentifier)"
        let check = try node.plain("journal", "check", journal, status: 2)
        #expect(check.contains("already open in \(pid)"), "\(check)")
        let salvage = try node.plain("journal", "salvage", journal, "--to", workspace.path("new"), status: 2)
        #expect(salvage.contains("already open in \(pid)"), "\(salvage)")
        #expect(!FileManager.default.fileExists(atPath: workspace.path("new/journal.sqlite")))
        #expect(node.send(PlainNode.message("C2", patient: "1")) == "AA", "the gateway was disturbed")
        #expect(eventually(60) { node.count("out") == 2 })
        Workspace.stop(gateway)
        #expect(try node.plain("journal", "check", journal).contains("nothing found"))
        #expect(try node.plain("journal", "salvage", journal, "--to", workspace.path("new")).contains("message  2"))
    }

    @Test("erase goes through the door of the gateway that runs, and opens the journal itself where none runs; the domain tells two people of one number apart")
    func erase() throws {
        let workspace = try Workspace("erase"), node = try PlainNode(workspace, senders: [("out", "{folder: {path: out}}")], to: ["out"])
        let gateway = try node.start()
        for (control, domain) in [("OWN1", "1.2.250.1.999.7.1"), ("OWN2", "1.2.250.1.999.7.1"), ("OTHER", "1.2.250.1.999.9.9")] {
            #expect(node.send(PlainNode.message(control, patient: "8001", domain: domain)) == "AA")
        }
        #expect(node.send(PlainNode.message("ELSE", patient: "9")) == "AA")
        #expect(eventually(60) { node.count("out") == 4 })
        #expect(try eventually(60) { try node.deliveries().isEmpty })
        let first = try node.command("erase", "--facility", "clinique", "--ipp", "8001")
        #expect(first.hasPrefix("2 messages erased") && first.contains("adt/out: 2"), "\(first)")
        Workspace.stop(gateway)
        let other = try node.command("erase", "--facility", "clinique", "--ipp", "8001", "--authority", "1.2.250.1.999.9.9")
        #expect(other.contains("no gateway runs") && other.contains("1 messages erased"), "\(other)")
        let audit = try node.command("audit")
        #expect(audit.split(separator: "\n").count { $0.contains("erased") } == 2, "\(audit)")
        let bytes = try FileManager.default.contentsOfDirectory(atPath: workspace.path("journal")).flatMap { workspace.read("journal/" + $0) }
        #expect(!String(decoding: bytes, as: UTF8.self).contains("8001^^^"), "the files still hold the patient")
        #expect(String(decoding: bytes, as: UTF8.self).contains("PID|||9^^^"))
    }

    @Test("a sender that halted is shown with its reason, resumed by its name, and the audit says by whom")
    func resume() throws {
        // The far end says 401: our own set-up is wrong, so the sender rests until a person resumes it.
        let workspace = try Workspace("resume"), port = freePort()
        try workspace.write(
            "far.py",
            """
            import http.server, os
            class Far(http.server.BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    good = os.path.exists("good")
                    if good: open("taken", "a").write("x")
                    self.send_response(200 if good else 401)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                def log_message(self, *words): pass
            http.server.HTTPServer(("127.0.0.1", \(port)), Far).serve_forever()
            """)
        let far = try workspace.start("far", "/usr/bin/python3", [workspace.path("far.py")])
        defer { Workspace.murder(far) }
        #expect(eventually(60) { MLLPPeer(port: port) != nil })
        let node = try PlainNode(workspace, senders: [("out", "{http: {url: \"http://127.0.0.1:\(port)/adt\"}}")], to: ["out"])
        let gateway = try node.start()
        defer { Workspace.stop(gateway) }
        #expect(node.send(PlainNode.message("C1", patient: "1")) == "AA")
        #expect(try eventually(60) { try node.command("queue", "list", status: nil).contains("out") && halted(node).contains("out") })
        #expect(try node.command("queue", "resume", "nobody", status: 1).contains("P"))
        try workspace.write("good", "")
        #expect(try node.command("queue", "resume", "out").contains("out resumes"))
        #expect(eventually(60) { !workspace.read("taken").isEmpty }, "\(workspace.text("gateway.log").suffix(1500))")
        let audit = try node.command("audit")
        #expect(audit.split(separator: "\n").contains { $0.contains("resumed") && $0.contains("by ") }, "\(audit)")
        #expect(halted(node).isEmpty)
    }

    private func halted(_ node: PlainNode) -> String {
        guard let answer = unixGet(node.workspace.path("p.sock"), "/health"), let start = answer.range(of: "\r\n\r\n"),
            let health = try? JSONSerialization.jsonObject(with: Data(answer[start.upperBound...].utf8)) as? [String: Any]
        else { return "" }
        return (health["halted"] as? [[String: Any]] ?? []).compactMap { $0["scope"] as? String }.joined(separator: " ")
    }

    @Test("where no gateway runs: a deferred delivery is retried, another is discarded with its reason; the next start sends the one and not the other")
    func offline() throws {
        let workspace = try Workspace("words"), port = freePort()
        let node = try PlainNode(workspace, senders: [("out", "{mllp: {host: 127.0.0.1, port: \(port)}}")], to: ["out"])
        var gateway = try node.start()
        #expect(node.send(PlainNode.message("KEEP", patient: "1")) == "AA")
        #expect(node.send(PlainNode.message("DROP", patient: "2")) == "AA")
        #expect(try eventually(60) { try node.deliveries().count { $0["state"] as? String == "deferred" } == 2 })
        Workspace.stop(gateway)
        let ids = try node.deliveries().compactMap { ($0["id"] as? NSNumber)?.stringValue }.sorted { Int64($0) ?? 0 < Int64($1) ?? 0 }
        try #require(ids.count == 2)
        let retried = try node.command("queue", "retry", ids[0])
        #expect(retried.contains("no gateway runs") && retried.contains("queued"), "\(retried)")
        let discarded = try node.command("queue", "discard", ids[1], "--reason", "doublon")
        #expect(discarded.contains("discarded"), "\(discarded)")
        try node.command("queue", "discard", ids[1], status: 1)
        #expect(try node.command("queue", "show", ids[1], "--reveal").contains("doublon"))
        try workspace.write(
            "far.py",
            """
            import socketserver
            class Far(socketserver.BaseRequestHandler):
                def handle(self):
                    data = b""
                    while True:
                        part = self.request.recv(65536)
                        if not part: return
                        data += part
                        while b"\\x1c\\r" in data:
                            frame, data = data.split(b"\\x1c\\r", 1)
                            control = frame.split(b"|")[9]
                            open("got", "ab").write(control + b"\\n")
                            self.request.sendall(b"\\x0bMSH|^~\\\\&|X|Y|A|B|20260101||ACK|1|T|2.5\\rMSA|AA|" + control + b"\\r\\x1c\\r")
            socketserver.ThreadingTCPServer.allow_reuse_address = True
            socketserver.ThreadingTCPServer(("127.0.0.1", \(port)), Far).serve_forever()
            """)
        let far = try workspace.start("far", "/usr/bin/python3", [workspace.path("far.py")])
        defer { Workspace.murder(far) }
        gateway = try node.start()
        defer { Workspace.stop(gateway) }
        #expect(eventually(60) { workspace.text("got") == "KEEP\n" }, "\(workspace.text("got"))\n\(workspace.text("gateway.log").suffix(1500))")
        #expect(try eventually(60) { try node.deliveries().isEmpty })
        #expect(workspace.text("got") == "KEEP\n")
    }
}
