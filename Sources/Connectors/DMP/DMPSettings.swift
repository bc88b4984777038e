import Clinical
import FoundationEssentials
import France
import Pipeline
import Trust

/// The fields of `dmp`, read.
struct DMPSettings: Sendable {
    let base: String
    let rate: Double
    let concurrency: Int
    let connect: Duration
    let total: Duration
    let proxy: String?
    let trust: TrustReference?
    /// Names in the facility's `identities`.
    let authentication: String
    let seal: String
    let vihf: VIHFSettings
    let lotDigest: Digest
    let zone: CDATime.Zone

    static let fields = [
        Field(
            "url", .url(schemes: ["https"]), required: true,
            Text(fr: "adresse des services du DMP, sans le nom du service", en: "address of the DMP's services, without the service's name"),
            example: "https://localhost:8443/si-dmp-server/v2/services"),
        Field("trust", .name(of: "trust"), required: true, Text(fr: "autorités qui jugent le serveur", en: "authorities that judge the server")),
        Field(
            "rate", .number(0.1...1000), default: "5",
            Text(fr: "envois par seconde et par établissement", en: "sendings a second for each facility")),
        Field("concurrency", .integer(1...64), default: "4", Text(fr: "envois simultanés", en: "sendings at a time")),
        Field("connect", .duration, default: "10 s", Text(fr: "délai de connexion", en: "time to connect")),
        Field("timeout", .duration, default: "60 s", Text(fr: "délai de réponse", en: "time to wait for the answer")),
        Field("proxy", .url(schemes: ["http"]), Text(fr: "mandataire HTTP", en: "HTTP proxy"), example: "http://proxy.hopital.example:3128"),
        Field(
            "authentication", .text, default: "auth",
            Text(
                fr: "certificat client de l'établissement (nom dans identities)", en: "client certificate of the facility (name in identities)")),
        Field(
            "seal", .text, default: "sign",
            Text(fr: "cachet de l'établissement : VIHF et lot", en: "seal of the facility: VIHF and lot")),
        Field("vihf", .record(vihfFields), Text(fr: "points ouverts du VIHF", en: "open points of the VIHF")),
        Field(
            "lot_hash", .choice(["sha1", "sha256"]), default: "sha1",
            Text(fr: "empreinte de la signature du lot", en: "digest of the lot's signature")),
        Field(
            "times", .choice(["metropole", "utc"]), default: "metropole",
            Text(fr: "fuseau des heures qui n'en donnent pas", en: "zone of times that give none")),
    ]

    private static let vihfFields = [
        Field("version", .text, default: "3.0", Text(fr: "VIHF_Version", en: "VIHF_Version")),
        Field(
            "mode_attribute", .choice(["Authentification_Mode", "Authentification_mode"]), default: "Authentification_Mode",
            Text(fr: "nom de l'attribut du mode", en: "name of the attribute for the mode")),
        Field("signature", .choice(["sha256", "sha1"]), default: "sha256", Text(fr: "empreinte de sa signature", en: "digest of its signature")),
        Field("lifetime", .duration, Text(fr: "durée jusqu'à NotOnOrAfter ; absent : aucune", en: "time to NotOnOrAfter; absent: none")),
        Field("context", .text, default: "unspecified", Text(fr: "fin de AuthnContextClassRef", en: "end of AuthnContextClassRef")),
    ]

    init(_ fields: Fields, _ scope: Scope) {
        var base = fields.text("url") ?? ""
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        rate = fields.number("rate") ?? 5
        concurrency = fields.integer("concurrency") ?? 4
        connect = fields.duration("connect") ?? .seconds(10)
        total = fields.duration("timeout") ?? .seconds(60)
        proxy = fields.text("proxy")
        trust = fields.text("trust").flatMap { scope.node.trust[$0] }
        authentication = fields.text("authentication") ?? "auth"
        seal = fields.text("seal") ?? "sign"
        lotDigest = fields.text("lot_hash") == "sha256" ? .sha256 : .sha1
        zone = fields.text("times") == "utc" ? .utc : .metropolitanFrance
        var settings = VIHFSettings()
        if let vihf = fields.record("vihf") {
            settings.version = vihf.text("version") ?? "3.0"
            settings.modeAttribute = vihf.text("mode_attribute") ?? "Authentification_Mode"
            settings.digest = vihf.text("signature") == "sha1" ? .sha1 : .sha256
            settings.lifetime = vihf.duration("lifetime").map { Int($0.components.seconds) }
            settings.authentication = vihf.text("context") ?? "unspecified"
        }
        self.vihf = settings
    }

    /// The code tables of the node, or what is wrong with them, placed at the component; or what the facilities write that is in none of them,
    /// placed where they write it.
    static func tables(_ scope: Scope, _ place: Place) throws(ConfigError) -> DMPTables {
        let tables = try read(scope, place)
        let unknown = scope.facilities.values.flatMap { unknownRoles($0, tables) }
        if !unknown.isEmpty { throw ConfigError(unknown) }
        return tables
    }

    private static func unknownRoles(_ facility: Facility, _ tables: DMPTables) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for (id, professional) in facility.professionals {
            let codes: [(key: String, code: String?, table: CodeTable)] = [
                ("role", professional.role, tables.professions), ("specialty", professional.specialty, tables.specialities),
            ]
            for (key, code, table) in codes {
                guard let code, !table.contains(code) else { continue }
                let text = Text(fr: "« \(code) » n'est pas dans la table \(table.file)", en: "\"\(code)\" is not in the table \(table.file)")
                let mend = Text(fr: "codes admis : la première colonne de ce fichier", en: "allowed codes: the first column of that file")
                found.append(Diagnostic(.error, "P0813", text, mend: mend, at: facility.places["professionals.\(id).\(key)"] ?? facility.place))
            }
        }
        return found
    }

    private static let missing = "missing"

    private static func read(_ scope: Scope, _ place: Place) throws(ConfigError) -> DMPTables {
        let folder = scope.node.tables
        do throws(CodeTableError) {
            return try DMPTables { (name) throws(CodeTableError) in
                guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
                    throw CodeTableError(file: name, line: 0, text: missing)
                }
                return String(decoding: data, as: UTF8.self)
            }
        } catch {
            let isMissing = error.text == missing
            throw ConfigError(
                "P0801",
                Text(
                    fr: isMissing ? "table de codes absente : \(folder)/\(error.file)" : "table de codes illisible : \(error)",
                    en: isMissing ? "code table missing: \(folder)/\(error.file)" : "code table cannot be read: \(error)"),
                mend: Text(
                    fr: "corriger « tables » dans le fichier du nœud : le dossier Mappings/tables du produit",
                    en: "correct \"tables\" in the node file: the product's folder Mappings/tables"), at: scope.node.places["tables"] ?? place)
        }
    }
}
