import Foundation
import Testing

/// What `check` says of configurations as an operator gets them wrong, whole, with every component of the product.
@Suite("What an operator gets wrong", .serialized)
struct OperatorSlipTests {
    @Test(
        "check says it with place, mend and help, in both languages",
        arguments: [("senders", Int32(1)), ("dead-ends", 0)])
    func golden(_ name: String, _ status: Int32) throws {
        let workspace = try Workspace("slips-" + name)
        let folder = Workspace.root.appendingPathComponent("Tests/Fixtures/config/" + name).path
        for (locale, language) in [("C", "en"), ("fr_FR.UTF-8", "fr")] {
            let check = ["LC_ALL=\(locale)", Workspace.binary, "check", folder]
            let said = try workspace.run("/usr/bin/env", check, status: status)
                .replacingOccurrences(of: folder + "/", with: "").replacingOccurrences(of: Workspace.root.path + "/", with: "")
            let file = folder + "/expected.\(language).txt"
            if ProcessInfo.processInfo.environment["PASSERELLE_GOLDEN"] == "write" {  // renews the golden files, to be read before they are kept
                try said.write(toFile: file, atomically: true, encoding: .utf8)
            }
            #expect(try said == String(contentsOfFile: file, encoding: .utf8), "\(name) \(language)")
            for code in said.matches(of: /\[(P\d{4})\]/).map({ String($0.output.1) }) {
                #expect(try workspace.run(Workspace.binary, ["help", code]).count > 30, "\(code)")
            }
        }
    }

    @Test("a command that cannot read its configuration says so in sentences, and where there is none, what to give it")
    func nothingHere() throws {
        let workspace = try Workspace("nothing-here")
        func french(_ words: String...) throws -> String {
            try workspace.run("/usr/bin/env", ["-C", workspace.folder.path, "LC_ALL=fr_FR.UTF-8", Workspace.binary] + words, status: 2)
        }
        #expect(try french("check").contains("passerelle help noeud"))
        #expect(try french("queue", "list").contains("il n'y a pas de fichier passerelle.yaml ici : --config"))
        #expect(try french("journal", "migrate").hasPrefix("passerelle.yaml: erreur[P0100]"))
        #expect(try french("explain", "messages/lettre.hl7").contains("pas de fichier de ce nom"))
        #expect(try french("serve").hasPrefix("passerelle.yaml: erreur[P0100]"))
        #expect(try french("journal", "check", "var/journal").contains("Ce dossier ne contient pas de journal"))
    }

    @Test("a start that fails for the machine says what the machine said, in French too: a port that is taken, a folder that cannot be made, a database away")
    func machine() throws {
        let workspace = try Workspace("machine")
        let node = try PlainNode(workspace, senders: [("out", "{folder: {path: out}}")], to: ["out"])
        func french() throws -> String {
            try workspace.run(
                "/usr/bin/env", ["LC_ALL=fr_FR.UTF-8", Workspace.binary, "serve", "--config", workspace.path("passerelle.yaml"), "--log", "warning"], status: 2)
        }
        let gateway = try node.start()
        let own = workspace.text("passerelle.yaml").replacingOccurrences(of: "/p.sock", with: "/other.sock")
        func expect(_ journal: String, _ parts: [String], not others: [String] = []) throws {
            try workspace.write("passerelle.yaml", own.replacing(/(?m)^journal: .*$/, with: "journal: " + journal))
            let said = try french()
            for part in parts { #expect(said.contains(part), "\(said)") }
            for part in others { #expect(!said.contains(part), "\(said)") }
        }
        try expect("{sqlite: {directory: other}}", ["écoute mllp-in : impossible d'écouter sur", "adresse déjà prise"], not: ["Reason(", "already in use"])
        try expect("{sqlite: {directory: /proc/none}}", ["fichier ou dossier absent", "Voir « journal »"], not: ["salvage"])
        try expect(
            "{postgres: {host: 127.0.0.1, port: \(freePort()), failover: false, tls: disable}}", ["Connexion à PostgreSQL impossible : connexion refusée"])
        Workspace.stop(gateway)
    }
}
