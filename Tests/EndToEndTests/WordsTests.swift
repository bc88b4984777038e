import Foundation
import Testing

/// What the command line says: everything in the language of the person, every control with its place, every code and word explained.
@Suite("The words of the command line", .serialized)
struct WordsTests {
    private static let fixtures = Workspace.root.appendingPathComponent("Tests/Fixtures/messages").path
    private static let french = "fr_FR.UTF-8"

    private func say(_ workspace: Workspace, _ language: String, _ words: String..., status: Int32? = 0) throws -> String {
        try workspace.run("/usr/bin/env", ["LC_ALL=\(language)", Workspace.binary] + words, status: status)
    }

    private func expect(_ text: String, has parts: [String], not others: [String] = [], _ source: SourceLocation = #_sourceLocation) {
        for part in parts { #expect(text.contains(part), "\(part) is not in:\n\(text)", sourceLocation: source) }
        for part in others { #expect(!text.contains(part), "\(part) is in:\n\(text)", sourceLocation: source) }
    }

    @Test("explain ID names routes and controls with file and line, of a refused message too; in French nothing of it stays English")
    func explainID() throws {
        let workspace = try Workspace("words")
        let node = try Node(workspace)
        let gateway = try node.startGateway()
        defer { Workspace.stop(gateway) }
        let to = "127.0.0.1:\(node.mllp)", socket = workspace.path("p.sock")
        _ = try say(workspace, "C", "send", Self.fixtures + "/oru-initial.hl7", "--to", to)
        _ = try say(workspace, "C", "send", Self.fixtures + "/refused/other-patient.hl7", "--to", to, status: 1)
        var shown = ""
        let isTried = try eventually(60) {
            shown = try say(workspace, "C", "explain", "DPI0000001", "--socket", socket)
            return shown.contains("deferred  discharge-documents/dmp")
        }
        #expect(isTried, "\(shown)")
        expect(
            shown,
            has: [
                "discharge-documents.yaml:2:1: route discharge-documents matches", ": check cda-request: nothing to say", ": step documents",
                "discharge-documents/dmp → dmp-national",
            ])
        let refused = try say(workspace, "C", "explain", "DPI0000061", "--socket", socket, status: 1)
        expect(refused, has: ["route discharge-documents matches", ": check cda-request: ", " finding", "\n  rejected\n", "error ["])
        #expect(refused.firstMatch(of: /discharge-documents\.yaml:\d+:\d+: check cda-request: [1-9]/) != nil, "\(refused)")

        let english = [
            "matches", "check ", "step ", "nothing to say", "finding", "not asked", "rejected", "routed", "deferred", "error [", "accepted", "planned",
        ]
        let accepted = try say(workspace, Self.french, "explain", "DPI0000001", "--socket", socket)
        expect(
            accepted,
            has: ["la route discharge-documents prend le message", "contrôle cda-request : rien à dire", "étape documents", "acheminé", " reçu", " prévu"],
            not: english)
        let refusedFrench = try say(workspace, Self.french, "explain", "DPI0000061", "--socket", socket, status: 1)
        expect(refusedFrench, has: ["contrôle cda-request : ", "constat", "refusé", "erreur ["], not: english)
        let queue = try say(workspace, Self.french, "queue", "list", "--socket", socket, status: nil)
        expect(queue, has: ["messages sans décision"], not: ["deferred", "queued", " active "])
    }

    @Test("explain FILE tells which destinations will be refused, and shows no id that no delivery will have")
    func foreseen() throws {
        let workspace = try Workspace("foreseen")
        _ = try Node(workspace)
        let file = Self.fixtures + "/oru-ins-not-qualified.hl7"
        let unqualified = try say(workspace, "C", "explain", file)
        expect(
            unqualified, has: ["answer: AA", "will be refused [INSNotQualified]", "PID-32"],
            not: [" key ", "envid", "Message-ID", "message-id", "submission-set"])
        expect(try say(workspace, Self.french, "explain", file), has: ["sera refusé [INSNotQualified]", "contrôle cda-request"], not: ["check ", "matches"])

        let initial = Self.fixtures + "/oru-initial.hl7"
        expect(try say(workspace, "C", "explain", initial), has: ["answer: AA"], not: ["will be refused"])
        try workspace.write("white.xml", "<ListeBlanche><Domaine><Nom>autre.mssante.example</Nom></Domaine></ListeBlanche>")
        expect(try say(workspace, "C", "explain", initial), has: ["will be refused [541]", "white list"])
        let facility = workspace.text("facilities/clinique.yaml")
        try workspace.write("facilities/clinique.yaml", facility.replacingOccurrences(of: "\npartners:", with: "\nfeeds: [34112-3]\npartners:"))
        expect(try say(workspace, "C", "explain", initial), has: ["will be refused [DocumentTypeNotFed]", "OBX"])
    }

    @Test("what the command line cannot read is said in the language of the person, with the usage below; the help page too")
    func parser() throws {
        let workspace = try Workspace("parser")
        func french(_ words: String..., status: Int32 = 2) throws -> String {
            try workspace.run("/usr/bin/env", ["LC_ALL=\(Self.french)", Workspace.binary] + words, status: status)
        }
        let english = ["Unexpected", "Missing", "invalid", "Unknown", "Error", "See '", "<subcommand>"]
        expect(try french("nonsense"), has: ["passerelle: argument inattendu : 'nonsense'", "Usage : passerelle"], not: english)
        expect(try french("send"), has: ["il manque '<files> ...'"], not: english)
        expect(try french("send", "--to"), has: ["il manque une valeur pour '--to <to>'"], not: english)
        expect(try french("send", "x", "--to", "y"), has: ["la valeur 'y' ne convient pas à '--to <to>'"], not: english)
        expect(try french("check", "--fromat", "json"), has: ["option inconnue : '--fromat'", "'--format'"], not: english)
        expect(try french("send", "x", "--count", "0", "--to", "a:1"), has: ["--count attend un nombre positif"], not: english)
        expect(try french("send", Self.fixtures + "/oru-initial.hl7", "--to", "127.0.0.1:\(freePort())"), has: ["est injoignable : connexion refusée"])
        expect(
            try french("queue", "--help", status: 0), has: ["OBJET : ", "USAGE : passerelle queue <commande>", "COMMANDES :", "Montre cette aide."],
            not: ["OVERVIEW", "SUBCOMMANDS", "Show help", "detailed help"])
        #expect(try french("--version", status: 0).hasPrefix("0."))
        expect(try say(workspace, "C", "nonsense", status: 2), has: ["passerelle: Unexpected argument 'nonsense'", "Usage: passerelle <subcommand>"])
    }

    @Test("a sandbox that is given something else says where, and what a sandbox configuration is")
    func sandbox() throws {
        let workspace = try Workspace("sandbox-words")
        func told(_ text: String, _ language: String = "C") throws -> String {
            try workspace.write("s.json", text)
            return try say(workspace, language, "sandbox", "--config", workspace.path("s.json"), "--out", workspace.path("o"), status: 2)
        }
        expect(try told("node: essai\n"), has: ["s.json:1:1: this is not JSON", "Deploy/demo/sandbox.json"], not: ["DecodingError"])
        expect(try told("{\"dmp\":\n {\"tls\": }}"), has: ["s.json:2:10: this is not JSON"])
        expect(try told("{\"dmp\":\n {\"tls\": {}}}"), has: ["s.json:2:10: dmp.tls: the key certificate is missing"])
        expect(
            try told("{\"control\":\n {\"port\": \"x\"}}", Self.french), has: ["s.json:2:11 : control.port : un nombre entier est attendu ici"],
            not: ["DecodingError", "wanted"])
        expect(
            try told("{\"dmp\": {\"tls\": {\"certificate\": \"c\", \"key\": \"k\"}}}", Self.french), has: ["dmp.tls.authorities manque"], not: ["needs"])
    }

    @Test("help explains the codes of the protocols in both languages: HL7 0357, SMTP, the DMP's answers, the gates")
    func codes() throws {
        let workspace = try Workspace("codes-words")
        expect(try say(workspace, "C", "help", "207"), has: ["HL7 0357", "Application error", "business rule"])
        expect(try say(workspace, "C", "help", "101"), has: ["HL7 0357", "Required field missing", "SMTPERRORCODE", "cannot be connected"])
        expect(try say(workspace, Self.french, "help", "541"), has: ["SMTPERRORCODE", "liste blanche"])
        expect(try say(workspace, "C", "help", "5.1.1"), has: ["550"])
        expect(try say(workspace, "C", "help", "dmpclosed"), has: ["The DMP is closed", "Z01 N", "secretariat"])
        expect(try say(workspace, Self.french, "help", "DMPClosed"), has: ["DMP fermé", "Z01 N", "secrétariat"])
        let table = try String(contentsOf: Workspace.root.appendingPathComponent("Mappings/tables/dmp-errors.csv"), encoding: .utf8)
        let named = table.split(separator: "\n").dropFirst(4).compactMap { line in
            line.split(separator: ",", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
        }.filter { !$0.isEmpty && !$0.hasSuffix("*") }
        #expect(named.count > 30)
        let others = [
            "100", "102", "103", "198", "199", "200", "201", "202", "203", "421", "450", "451", "523", "550", "554", "INSAbsent", "INSNotQualified",
            "PatientOpposed", "DocumentTypeNotInDMP", "DocumentTypeNotFed", "DocumentMetadata", "DMP_DOCUMENT_INCONNU", "DMP_NO_ANSWER", "HTTP_503",
        ]
        for code in Set(named + others) {
            let (french, english) = (try say(workspace, Self.french, "help", code), try say(workspace, "C", "help", code))
            #expect(french.count > 30 && english.count > 30 && french != english, "\(code): \(french)\(english)")
        }
        _ = try say(workspace, "C", "help", "299", status: 2)
    }

    @Test("help prints the keys of every word that a configuration may use, and help alone lists the words")
    func words() throws {
        let workspace = try Workspace("spec-words")
        let all = try say(workspace, "C", "help")
        let words = ["mllp", "folder", "imap", "cda-request", "documents", "set", "dmp", "mssante", "http", "null", "zam-z01", "zam-z02"]
        expect(all, has: words + ["SUBCOMMANDS:"])
        for word in words {
            let (french, english) = (try say(workspace, Self.french, "help", word), try say(workspace, "C", "help", word))
            #expect(french.hasPrefix("\(word) (") && english.hasPrefix("\(word) (") && french != english, "\(word): \(french)\(english)")
        }
        expect(
            try say(workspace, "C", "help", "mllp"),
            has: ["mllp (listener)", "mllp (sender)", "listeners: {NAME: {mllp: {port: 6660}}}", "port to listen on", "from 0 to 65535, required", "subjects"])
        expect(try say(workspace, Self.french, "help", "mssante"), has: ["white_list", "obligatoire", "par défaut applicative", "liste blanche"])
        expect(try say(workspace, "C", "help", "cda-request"), has: ["check: {cda-request", "masking", "one word of", "default rules"])
        expect(try say(workspace, "C", "help", "zam-z01"), has: ["no keys"])
    }

    @Test("help prints every key of the node, facility and route files, asked for in either language, and of a key that has keys of its own")
    func files() throws {
        let workspace = try Workspace("file-words")
        expect(try say(workspace, "C", "help"), has: ["file: node, facility, route"])
        expect(try say(workspace, Self.french, "help"), has: ["fichier : noeud, établissement, route"])
        let node = try say(workspace, "C", "help", "node")
        expect(node, has: ["passerelle.yaml: the node file", "journal", "directory", "report_overdue", "homologation", "→ passerelle help WORD: dmp, folder"])
        let facility = try say(workspace, Self.french, "help", "établissement")
        expect(facility, has: ["Routes/facilities/NOM.yaml : ", "finess", "obligatoire", "reused_control_id", "par défaut refuse"], not: ["required"])
        #expect(try facility == say(workspace, Self.french, "help", "facility") && facility == say(workspace, Self.french, "help", "etablissement"))
        #expect(try say(workspace, Self.french, "help", "noeud") == say(workspace, Self.french, "help", "node"))
        expect(
            try say(workspace, "C", "help", "route"),
            has: ["Routes/NAME.yaml", "when_held", "one word of block, pass", "each", "equals, in, contains, matches, exists", "WORD: cda-request", "zam-z01"])
        expect(try say(workspace, Self.french, "help", "partners"), has: ["la clé partners", "listener", "MSH-3"])
        // What the files of the demonstration say is explained: no key of theirs is missing from the pages.
        let pages = try ["node", "facility", "route"].map { try say(workspace, "C", "help", $0) }
        for (page, file) in zip(pages, ["Deploy/demo/passerelle.yaml", "Routes/facilities/clinique-exemple.yaml", "Routes/discharge-documents.yaml"]) {
            let text = try String(contentsOf: Workspace.root.appendingPathComponent(file), encoding: .utf8)
            for key in text.matches(of: /(?m)^([a-z_]+):/).map({ String($0.output.1) }) { #expect(page.contains("\n  \(key): "), "\(key) of \(file)") }
        }
    }
}
