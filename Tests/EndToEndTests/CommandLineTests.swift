import Foundation
import Testing

/// The program as a person uses it: words, languages, exit codes.
@Suite("The command line", .serialized)
struct CommandLineTests {
    private static let fixtures = Workspace.root.appendingPathComponent("Tests/Fixtures/messages").path

    @Test("exit codes: 0 fine, 1 findings, 2 cannot read")
    func exitCodes() throws {
        let workspace = try Workspace("codes")
        _ = try Node(workspace)
        #expect(try workspace.run(Workspace.binary, ["version"]).hasPrefix("passerelle 0."))
        #expect(try workspace.run(Workspace.binary, ["check", "."]).contains("essai-1 (test)"))
        try workspace.run(Workspace.binary, ["check", "nowhere"], status: 2)
        try workspace.run(Workspace.binary, ["nonsense"], status: 2)
        try workspace.run(Workspace.binary, ["queue", "list", "--socket", workspace.path("none.sock")], status: 2)
        try workspace.run(Workspace.binary, ["send", "nothing.hl7", "--to", "127.0.0.1:9"], status: 2)
        try workspace.run(Workspace.binary, ["send", Self.fixtures + "/oru-initial.hl7", "--to", "127.0.0.1:\(freePort())"], status: 2)
    }

    @Test("texts follow the locale: French where it says so, else English")
    func languages() throws {
        let workspace = try Workspace("locale")
        func help(_ setting: String...) throws -> String {
            try workspace.run("/usr/bin/env", ["-u", "LC_ALL", "-u", "LC_MESSAGES", "-u", "LANG"] + setting + [Workspace.binary, "help", "P0502"])
        }
        #expect(try help("LANG=fr_FR.UTF-8").contains("aucune route"))
        #expect(try help("LANG=fr_FR.UTF-8", "LC_ALL=C").contains("no route"))
        #expect(try help().contains("no route"))
    }

    @Test("check says every error at once with file, line and column, as text and as JSON")
    func check() throws {
        let workspace = try Workspace("check")
        _ = try Node(workspace)
        var text = workspace.text("passerelle.yaml")
        text = text.replacingOccurrences(of: "environment: test", with: "environment: tset").replacingOccurrences(of: "port: ", with: "prot: ")
        try workspace.write("passerelle.yaml", text)
        let said = try workspace.run(Workspace.binary, ["check", "."], status: 1)
        #expect(said.contains("passerelle.yaml:2:14: error[P"), "\(said)")
        #expect(said.contains("passerelle.yaml:5:"), "\(said)")
        let json = try workspace.run(Workspace.binary, ["check", ".", "--format", "json"], status: 1)
        let records = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(records.contains { $0["line"] as? Int == 2 && ($0["code"] as? String)?.hasPrefix("P") == true })
    }

    @Test("explain FILE names the route, each control and each delivery with file and line, and the refusal of a bad request by its place")
    func explainFile() throws {
        let workspace = try Workspace("explain")
        _ = try Node(workspace)
        let good = try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "explain", Self.fixtures + "/oru-initial.hl7"])
        for part in ["discharge-documents.yaml:", "check cda-request: nothing to say", "answer: AA", "discharge-documents/dmp by dmp-national"] {
            #expect(good.contains(part), "\(part) is not in:\n\(good)")
        }
        let bad = try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "explain", Self.fixtures + "/refused/other-patient.hl7"], status: 1)
        #expect(bad.contains("error[") && bad.contains("PID") && bad.contains("answer: AE"), "\(bad)")
    }

    @Test("send shows each ACK; --count sends under fresh control ids; LF files and several messages in a file are sent as they should")
    func send() throws {
        let workspace = try Workspace("send")
        let node = try Node(workspace)
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        let to = ["--to", "127.0.0.1:\(node.mllp)"]
        let many = try workspace.run(Workspace.binary, ["send", Self.fixtures + "/mdm-initial.hl7", "--count", "3"] + to)
        let answered = Set(many.split(separator: "\n").filter { $0.hasPrefix("MSA|AA|") })
        #expect(answered.count == 3)
        let one = try String(contentsOfFile: Self.fixtures + "/oru-initial.hl7", encoding: .utf8)
        let other = try String(contentsOfFile: Self.fixtures + "/refused/other-patient.hl7", encoding: .utf8)
        try workspace.write("both.hl7", (one + other).replacingOccurrences(of: "\r", with: "\n"))
        let both = try workspace.run(Workspace.binary, ["send", "both.hl7"] + to, status: 1)
        #expect(both.contains("MSA|AA|DPI0000001") && both.contains("MSA|AE|DPI0000061"), "\(both)")
    }

    @Test("a person's word: held with a reason, shown, released; a stale version changes nothing; discarded with its acknowledgement")
    func queue() throws {
        let workspace = try Workspace("queue")
        let node = try Node(workspace)
        // No sandbox yet: the DMP does not answer, so the delivery stays open.
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        try workspace.run(Workspace.binary, ["send", Self.fixtures + "/oru-dmp-closed.hl7", "--to", "127.0.0.1:\(node.mllp)"])
        let id = try #require(try delivery(of: "DPI0000051", to: "discharge-documents/dmp", workspace))
        #expect(try eventually(60) { try state(id, workspace) == "deferred" })
        try queue(["hold", id, "--reason", "à vérifier", "--owner", "network"], workspace)
        #expect(try state(id, workspace) == "held")
        #expect(try queue(["list"], workspace, status: 1).contains("→ network"))
        let shown = try queue(["show", id], workspace)
        #expect(shown.contains("discharge-documents/dmp") && !shown.contains("à vérifier"))
        #expect(try queue(["show", id, "--reveal"], workspace).contains("à vérifier"))
        try queue(["release", id, "--expecting", "1"], workspace, status: 1)
        #expect(try state(id, workspace) == "held")
        try queue(["release", id], workspace)
        #expect(try eventually(60) { try state(id, workspace) == "deferred" })
        let sandbox = try node.startSandbox()
        defer { Workspace.stop(sandbox) }
        _ = try? queue(["hold", id], workspace)
        #expect(
            try eventually(60) {
                _ = try? queue(["discard", id, "--reason", "doublon"], workspace); return try state(id, workspace) == "discarded"
            })
        let negative = eventually(60) { workspace.zams().contains { $0.contains("ZAM^Z01") && $0.contains("DPI0000051|N^^") } }
        #expect(negative, "no Z01 N after the discard")
    }

    @Test("one gateway a journal: the second says which process has it, and ends 2; SIGTERM ends the first with 0")
    func onlyOne() throws {
        let workspace = try Workspace("one")
        let node = try Node(workspace)
        let gateway = try node.startGateway()
        let second = try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "serve", "--config", workspace.path("passerelle.yaml")], status: 2)
        #expect(second.contains("\(gateway.processIdentifier)"), "\(second)")
        gateway.terminate()
        gateway.waitUntilExit()
        #expect(gateway.terminationStatus == 0)
        #expect(!FileManager.default.fileExists(atPath: workspace.path("p.sock")))
    }

    @discardableResult private func queue(_ words: [String], _ workspace: Workspace, status: Int32? = 0) throws -> String {
        try workspace.run("/usr/bin/env", ["LC_ALL=C", Workspace.binary, "queue"] + words + ["--socket", workspace.path("p.sock")], status: status)
    }

    private func state(_ id: String, _ workspace: Workspace) throws -> String? {
        let json = try queue(["show", id, "--format", "json"], workspace)
        return (try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])?["state"] as? String
    }

    private func delivery(of controlID: String, to destination: String, _ workspace: Workspace) throws -> String? {
        let json = try workspace.run(Workspace.binary, ["explain", controlID, "--format", "json", "--socket", workspace.path("p.sock")])
        let messages = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]]
        let deliveries = messages?.first?["deliveries"] as? [[String: Any]]
        return (deliveries?.first { $0["destination"] as? String == destination }?["id"] as? Int).map(String.init)
    }
}

extension Workspace {
    /// The business acknowledgements that the sandbox received.
    func zams() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path("out/zam"))) ?? []
        return names.map { text("out/zam/" + $0) }
    }
}
