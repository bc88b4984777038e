/// The keys of a facility file: who a hospital or clinic is, who may connect, and the routes it takes part in (design §8).
enum FacilityFile {
    static let fields: [Field] = [
        Field(
            "facility", .text, required: true, Text(fr: "le nom court, celui du fichier", en: "the short name, that of the file"), example: "clinique-exemple"),
        Field("name", .text, default: "", Text(fr: "le nom usuel", en: "the name people know it by")),
        Field("environment", NodeFile.environment, required: true, Text(fr: "test ou production", en: "test or production"), example: "test"),
        Field(
            "finess", .record(finess), required: true, Text(fr: "les numéros FINESS", en: "the FINESS numbers"),
            example: "{ej: \"990000028\", geo: \"990000010\"}"),
        Field("identifiers", .record(identifiers), default: "", Text(fr: "OID des domaines d'identifiants", en: "OIDs of identifier domains")),
        Field("professionals", .map(.record(professional)), default: "", Text(fr: "rôles VIHF par identifiant", en: "VIHF roles by id")),
        Field("sector", .text, default: "SA01", Text(fr: "secteur d'activité (VIHF)", en: "activity sector (VIHF)")),
        Field("feeds", .list(.text), Text(fr: "types de documents envoyés au DMP ; absent : tous", en: "document types fed to the DMP; absent: all")),
        Field("partners", .list(.record(partner)), default: "", Text(fr: "qui peut se connecter", en: "who may connect")),
        Field("endpoints", .map(.any), default: "", Text(fr: "où livrer dans l'établissement", en: "where to deliver within the facility")),
        Field("identities", .map(.record(identity)), default: "", Text(fr: "certificats et clés, par renvoi", en: "certificates and keys, by reference")),
        Field("mailboxes", .map(.record(mailbox)), default: "", Text(fr: "boîtes MSSanté", en: "MSSanté mailboxes")),
        Field("routes", .map(.any), default: "", Text(fr: "les routes et leurs paramètres", en: "the routes and their parameters")),
    ]
    private static let finess = [
        Field("ej", .text, required: true, Text(fr: "entité juridique", en: "legal entity"), example: "\"990000028\""),
        Field("geo", .text, required: true, Text(fr: "site géographique", en: "geographic place"), example: "\"990000010\""),
    ]
    private static let identifiers = [
        Field("ipp", .text, Text(fr: "identifiants permanents des patients", en: "the facility's own patient ids"), example: "1.2.250.1.999.7.1"),
        Field("nda", .text, Text(fr: "numéros de dossier administratif", en: "numbers of stays"), example: "1.2.250.1.999.7.2"),
    ]
    private static let professional = [
        Field("role", .text, required: true, Text(fr: "profession (TRE_G15)", en: "profession (TRE_G15)"), example: "\"10\""),
        Field("specialty", .text, Text(fr: "spécialité (TRE_R01)", en: "speciality (TRE_R01)"), example: "SM26"),
    ]
    private static let partner = [
        Field("application", .text, required: true, Text(fr: "MSH-3", en: "MSH-3"), example: "DPI"),
        Field("facility", .text, required: true, Text(fr: "MSH-4", en: "MSH-4"), example: "CH"),
        Field("listener", .name(of: "listener"), required: true, Text(fr: "par où il entre", en: "where it comes in"), example: "mllp-in"),
        Field("subject", .text, Text(fr: "sujet de son certificat (RFC 2253)", en: "its certificate's subject (RFC 2253)"), example: "\"CN=dpi.exemple\""),
        Field("answers", .name(of: "endpoint"), Text(fr: "où vont ses accusés métier", en: "where its business acknowledgements go")),
        Field(
            "reused_control_id", .choice(["refuse", "accept"]), default: "refuse",
            Text(fr: "un identifiant déjà vu, avec un autre contenu", en: "a control id seen before, with other content")),
    ]
    private static let identity = [
        Field(
            "certificate", .secret, required: true, Text(fr: "certificat et chaîne (PEM)", en: "certificate and chain (PEM)"), example: "{file: pki/auth.pem}"),
        Field("key", .secret, required: true, Text(fr: "clé privée (PEM)", en: "private key (PEM)"), example: "{credential: org-auth-key}"),
        Field("environment", NodeFile.environment, Text(fr: "test ou production", en: "test or production")),
    ]
    private static let mailbox = [
        Field("address", .text, required: true, Text(fr: "adresse", en: "address"), example: "pfi@essai.mssante.example"),
        Field("operator", .name(of: "operator"), required: true, Text(fr: "son opérateur", en: "its operator")),
        Field("identity", .name(of: "identity"), required: true, Text(fr: "le certificat qui l'ouvre", en: "the certificate that opens it")),
        Field("environment", NodeFile.environment, Text(fr: "test ou production", en: "test or production")),
    ]

    /// Reads a facility; its endpoints are built and its routes bound later, with everybody's names.
    static func read(_ node: Node, node settings: NodeSettings, reader: inout SpecReader) -> FacilitySource? {
        if FileSort.facility.isElsewhere(node, &reader) { return nil }
        reader.names["endpoint"] = Set(node["endpoints"].map(NodeFile.keys) ?? [])
        reader.names["identity"] = Set(node["identities"].map(NodeFile.keys) ?? [])
        reader.names["mailbox"] = Set(node["mailboxes"].map(NodeFile.keys) ?? [])
        guard let fields = reader.sound(self.fields, node, at: node.place), let name = fields.text("facility") else { return nil }
        var facility = Facility()
        facility.place = node.place
        facility.name = name
        facility.title = fields.text("name").flatMap { $0.isEmpty ? nil : $0 } ?? facility.name
        facility.environment = environment(fields, settings, &reader) ?? .test
        facility.finessEJ = fields.record("finess")?.text("ej") ?? ""
        facility.finessGeo = fields.record("finess")?.text("geo") ?? ""
        facility.sector = fields.text("sector") ?? ""
        facility.feeds = fields["feeds"] == nil ? nil : Set(fields.texts("feeds"))
        if case .list(let items, _)? = fields["feeds"] {
            for case .text(let code, let place) in items { facility.places["feeds.\(code)"] = place }
        }
        for domain in identifiers { facility.identifiers[domain.name] = fields.record("identifiers")?.text(domain.name) }
        for (id, role) in fields.records("professionals") {
            facility.professionals[id] = Professional(role: role.text("role") ?? "", specialty: role.text("specialty"))
            for key in ["role", "specialty"] { facility.places["professionals.\(id).\(key)"] = role.place(of: key) }
        }
        let partners = fields.list("partners").map { (settings: partner($0), place: $0.place) }
        facility.partners = partners.map(\.settings)
        for (name, fields) in fields.records("identities") {
            _ = environment(fields, settings, &reader)
            guard let certificate = fields.secret("certificate"), let key = fields.secret("key") else { continue }
            facility.identities[name] = IdentityReference(certificate: certificate, key: key)
        }
        for (name, fields) in fields.records("mailboxes") { facility.mailboxes[name] = mailbox(name, fields, settings, &reader) }
        for (name, value) in fields.map("endpoints") {
            guard case .node(let node) = value, let entry = ComponentBuilder.entries(node, besides: ["environment"]).first else { continue }
            facility.endpoints[name] = EndpointSettings(word: entry.word, node: entry.fields)
        }
        for (name, value) in fields.map("routes") {
            guard case .node(let node) = value else { continue }
            if case .map(let pairs, _) = node {
                facility.routes[name] = Dictionary(pairs.map { ($0.key, $0.value) }) { first, _ in first }
            } else {
                facility.routes[name] = [:]
            }
        }
        check(facility, fields, &reader)
        return FacilitySource(facility: facility, node: node, partners: partners)
    }

    private static func environment(_ fields: Fields, _ settings: NodeSettings, _ reader: inout SpecReader) -> Environment? {
        guard let environment = fields.text("environment").flatMap(Environment.init) else { return nil }
        if environment != settings.environment {
            reader.diagnostics.append(.crossing(environment, in: settings.environment, at: fields.place(of: "environment")))
        }
        return environment
    }

    private static func partner(_ fields: Fields) -> PartnerSettings {
        PartnerSettings(
            application: fields.text("application") ?? "", facilityCode: fields.text("facility") ?? "", listener: fields.text("listener") ?? "",
            subject: fields.text("subject"), answers: fields.text("answers"), reuse: fields.text("reused_control_id") == "accept" ? .acceptReuse : .refuseReuse)
    }

    private static func mailbox(_ name: String, _ fields: Fields, _ settings: NodeSettings, _ reader: inout SpecReader) -> Mailbox {
        _ = environment(fields, settings, &reader)
        let box = Mailbox(name: name, address: fields.text("address") ?? "", operator: fields.text("operator") ?? "", identity: fields.text("identity") ?? "")
        if !isMailAddress(box.address) { reader.diagnostics.append(.badMailAddress(at: fields.place(of: "address"))) }
        return box
    }

    private static func check(_ facility: Facility, _ fields: Fields, _ reader: inout SpecReader) {
        for key in ["ej", "geo"] {
            guard let finess = fields.record("finess"), let text = finess.text(key) else { continue }
            if text.utf8.count != 9 || !text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x42).contains($0) }) {
                reader.diagnostics.append(.badFINESS(at: finess.place(of: key)))
            }
        }
        for domain in identifiers {
            guard let given = fields.record("identifiers"), let text = given.text(domain.name), !NodeFile.isOID(text) else { continue }
            reader.diagnostics.append(.badOID(at: given.place(of: domain.name)))
        }
        for partner in fields.list("partners") {
            guard let subject = partner.text("subject") else { continue }
            let place = partner.place(of: "subject")
            switch Subject.judge(subject) {
            case .right: break
            case .malformed: reader.diagnostics.append(.badSubject(at: place))
            case .reversed: reader.diagnostics.append(.reversedSubject(at: place))
            }
        }
    }

    /// The subject of a certificate as RFC 2253 writes it: the name first, the country last.
    private enum Subject {
        case right, malformed, reversed

        static func judge(_ text: String) -> Subject {
            let types = text.replacing("\\,", with: "").split(separator: ",", omittingEmptySubsequences: false).map { part in
                part.firstIndex(of: "=").map { part[..<$0].filter { $0 != " " }.uppercased() } ?? ""
            }
            guard types.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") } }) else { return .malformed }
            return types.count > 1 && types[0] == "C" ? .reversed : .right
        }
    }

    /// One `@`, a domain with a point, no blank and nothing that could end a header.
    private static func isMailAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].contains("."), !parts[1].hasPrefix("."), !parts[1].hasSuffix(".") else { return false }
        return text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E && $0 != 0x2C && $0 != 0x3B }
    }
}
