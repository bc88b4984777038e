/// The keys of passerelle.yaml: the node (design §8).
enum NodeFile {
    static let environment = FieldKind.choice(Environment.allCases.map(\.rawValue))
    /// `host:port`.
    static let address = FieldKind.text

    static let fields: [Field] = [
        Field("node", .text, required: true, Text(fr: "le nom de ce nœud", en: "the name of this node"), example: "demo-1"),
        Field(
            "environment", environment, required: true,
            Text(fr: "test ou production ; rien ne passe de l'un à l'autre", en: "test or production; nothing crosses"),
            example: "test"),
        Field(
            "production_ins_in_test", .boolean, default: "false",
            Text(fr: "laisser entrer en test les INS des OID de production", en: "let INS of the production OIDs into a test environment")),
        Field(
            "journal", .record(journal), required: true, Text(fr: "où le journal est tenu", en: "where the journal is kept"),
            example: "{sqlite: {directory: var/journal}}"),
        Field("listeners", .map(.any), required: true, Text(fr: "ce qui reçoit", en: "what receives"), example: "{mllp-in: {mllp: {port: 6660}}}"),
        Field("senders", .map(.any), default: "", Text(fr: "ce qui émet", en: "what sends"), example: "{archive: {folder: {path: out}}}"),
        Field("operators", .map(.record(mailOperator)), default: "", Text(fr: "les opérateurs MSSanté", en: "MSSanté operators")),
        Field("trust", .map(.record(trust)), default: "", Text(fr: "autorités et listes de révocation", en: "authorities and revocation lists")),
        Field("keep", .record(KeepSettings.fields), Text(fr: "durées de conservation", en: "how long things are kept"), example: "{days: 30, facts_days: 400}"),
        Field("lps", .record(software), Text(fr: "le logiciel tel qu'homologué", en: "the software as homologated")),
        Field("routes", .text, default: "Routes", Text(fr: "le dossier des routes", en: "the folder of routes")),
        Field(
            "facilities", .text,
            Text(
                fr: "le dossier des établissements (sinon facilities/ dans celui des routes)",
                en: "the folder of facilities (else facilities/ in that of the routes)")),
        Field("tables", .text, default: "Mappings/tables", Text(fr: "le dossier des tables de codes", en: "the folder of code tables")),
        Field(
            "report_overdue", .duration, default: "72 h",
            Text(fr: "délai après lequel un avis de remise attendu est signalé en retard", en: "time after which an awaited delivery report is told overdue")),
        Field("socket", .text, default: "var/passerelle.sock", Text(fr: "la socket de la ligne de commande", en: "the socket of the command line")),
    ]
    private static let journal = [
        Field(
            "sqlite", .record([Field("directory", .text, required: true, Text(fr: "son dossier", en: "its folder"), example: "var/journal")]),
            Text(fr: "journal local, d'une seule passerelle", en: "local journal, of one gateway"), example: "{directory: var/journal}"),
        Field(
            "postgres", .record(DatabaseSettings.fields),
            Text(fr: "journal que plusieurs passerelles partagent", en: "journal that several gateways share"), example: "{host: db1.example, failover: true}"),
    ]
    private static let mailOperator = [
        Field("smtp", address, required: true, Text(fr: "serveur d'envoi, hôte:port", en: "submission server, host:port"), example: "localhost:2587"),
        Field("imap", address, required: true, Text(fr: "serveur de boîtes, hôte:port", en: "mailbox server, host:port"), example: "localhost:2143"),
        Field("trust", .name(of: "trust"), required: true, Text(fr: "qui signe ses certificats", en: "who signs its certificates")),
        Field("environment", environment, Text(fr: "test ou production", en: "test or production")),
    ]
    private static let trust = [
        Field("ca", .list(.file), required: true, Text(fr: "autorités (PEM)", en: "authorities (PEM)"), example: "pki/ca.pem"),
        Field("crl", .list(.file), default: "", Text(fr: "listes de révocation (PEM)", en: "revocation lists (PEM)")),
    ]
    private static let software = [
        Field("name", .text, default: "Passerelle", Text(fr: "son nom", en: "its name")),
        Field("version", .text, required: true, Text(fr: "sa version", en: "its version"), example: "0.1.0"),
        Field("homologation", .secret, Text(fr: "le numéro d'homologation du DMP", en: "the DMP's homologation number")),
        Field("nil", .text, default: "", Text(fr: "sa référence NIL (X-MSS-NIL)", en: "its NIL reference (X-MSS-NIL)")),
        Field(
            "instance_oid", .text, default: "",
            Text(fr: "l'OID sous lequel cette instance forme ses identifiants", en: "the OID under which this instance makes its ids")),
        Field("instance_id", .text, default: "", Text(fr: "le numéro de cette instance", en: "the number of this instance")),
    ]

    /// Reads what is known before any component is built. Listeners and senders are read later, with everybody's names.
    /// What is wrong is left out, so that the other files can be read all the same.
    static func read(_ node: Node, file: String, access: FileAccess, reader: inout SpecReader) -> NodeSettings {
        var settings = NodeSettings()
        settings.folder = Path.join(access.folder, Path.folder(of: file))
        reader.folder = settings.folder
        reader.names["trust"] = Set(node["trust"].map(keys) ?? [])
        settings.environment = node["environment"]?.text.flatMap(Environment.init) ?? .test
        places(of: node, into: &settings)
        if let fields = reader.sound(self.fields, node, at: node.place) { fill(&settings, fields, &reader) }
        return settings
    }

    private static func fill(_ settings: inout NodeSettings, _ fields: Fields, _ reader: inout SpecReader) {
        settings.name = fields.text("node") ?? ""
        settings.productionINSInTest = fields.boolean("production_ins_in_test")
        let local = fields.record("journal")?.record("sqlite")
        settings.database = fields.record("journal")?.record("postgres").map { DatabaseSettings($0, folder: settings.folder) }
        if fields.record("journal") != nil, (local == nil) == (settings.database == nil) {
            reader.diagnostics.append(.journalKind(at: fields.place(of: "journal")))
        }
        settings.journalDirectory = local.map { path($0.text("directory"), settings) } ?? ""
        if let keep = fields.record("keep") { settings.keep = KeepSettings(keep, &reader) }
        settings.tables = path(fields.text("tables"), settings)
        settings.reportOverdue = fields.duration("report_overdue") ?? settings.reportOverdue
        settings.socket = path(fields.text("socket"), settings)
        for (name, trust) in fields.records("trust") {
            settings.trust[name] = TrustReference(authorities: trust.texts("ca"), revocationLists: trust.texts("crl"))
        }
        for (name, fields) in fields.records("operators") { settings.operators[name] = mailOperator(name, fields, settings, &reader) }
        if let lps = fields.record("lps") { settings.software = software(lps, &reader) }
        if settings.environment == .production, settings.productionINSInTest {
            reader.diagnostics.append(.insSettingInProduction(at: fields.place(of: "production_ins_in_test")))
        }
    }

    private static func path(_ text: String?, _ settings: NodeSettings) -> String { Path.join(settings.folder, text ?? "") }

    private static func mailOperator(_ name: String, _ fields: Fields, _ settings: NodeSettings, _ reader: inout SpecReader) -> MailOperator {
        for key in ["smtp", "imap"] {
            if let text = fields.text(key), !isAddress(text) { reader.diagnostics.append(.badAddress(at: fields.place(of: key))) }
        }
        let environment = fields.text("environment").flatMap(Environment.init)
        if let environment, environment != settings.environment {
            reader.diagnostics.append(.crossing(environment, in: settings.environment, at: fields.place(of: "environment")))
        }
        return MailOperator(
            name: name, smtp: fields.text("smtp") ?? "", imap: fields.text("imap") ?? "", trust: fields.text("trust") ?? "", environment: environment)
    }

    private static func software(_ fields: Fields, _ reader: inout SpecReader) -> Software {
        var software = Software()
        software.name = fields.text("name") ?? ""
        software.version = fields.text("version") ?? ""
        software.homologation = fields.secret("homologation")
        software.nil_ = fields.text("nil") ?? ""
        software.instanceOID = fields.text("instance_oid") ?? ""
        software.instanceID = fields.text("instance_id") ?? ""
        if !software.instanceOID.isEmpty, !isOID(software.instanceOID) { reader.diagnostics.append(.badOID(at: fields.place(of: "instance_oid"))) }
        return software
    }

    private static func places(of node: Node, into settings: inout NodeSettings) {
        guard case .map(let pairs, _) = node else { return }
        for (key, place, value) in pairs {
            settings.places[key] = place
            guard case .map(let inner, _) = value else { continue }
            for (name, place, _) in inner { settings.places[key + "." + name] = place }
        }
    }

    /// The keys of a map.
    static func keys(_ node: Node) -> [String] { if case .map(let pairs, _) = node { pairs.map(\.key) } else { [] } }

    /// `host:port`, or `[v6]:port`.
    static func isAddress(_ text: String) -> Bool {
        guard let colon = text.lastIndex(of: ":"), colon != text.startIndex, let port = Int(text[text.index(after: colon)...]) else { return false }
        return (1...65535).contains(port) && !text.contains { $0 == " " || $0 == "/" || $0 == "@" }
    }

    /// Numbers and points.
    static func isOID(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count >= 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } && ($0 == "0" || $0.first != "0") }
    }
}
