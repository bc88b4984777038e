import Clinical
import FoundationEssentials
package import France
package import Pipeline

/// `check: {cda-request: …}`: the control of a CDA request that decides the ACK (volet Transmission de documents CDA-R2 en HL7v2 2.1).
package struct CDARequestCheck: Check {
    package static let spec = Spec(
        "cda-request",
        Text(
            fr: "Contrôle une demande de transmission de documents CDA (ORU^R01, MDM^T02, T10, T04) avant l'accusé de réception",
            en: "Controls a request to transmit CDA documents (ORU^R01, MDM^T02, T10, T04) before the acknowledgement"),
        [
            Field(
                "masking", .choice(MaskingRule.allCases.map(\.rawValue)), default: MaskingRule.rules.rawValue,
                Text(
                    fr: "rules : rien de masqué à quelqu'un ne lui est envoyé ; strict : les trois lignes du volet seulement",
                    en: "rules: nothing hidden from someone is mailed to them; strict: the three rows of the volet only")),
            Field(
                "masked_to_professionals", .choice(["refuse", "accept"]), default: "refuse",
                Text(fr: "document masqué aux professionnels et envoyé à des professionnels", en: "document masked from professionals and mailed to them")),
            Field(
                "no_destination", .choice(["refuse", "accept"]), default: "refuse",
                Text(fr: "demande sans aucune destination", en: "request without any destination")),
            Field(
                "check_digits", .choice(["warn", "refuse"]), default: "warn",
                Text(
                    fr: "clé fausse d'un professionnel ou d'une structure, en production (en test : avertissement)",
                    en: "wrong key of a professional or a structure, in production (in test: a warning)")),
            Field(
                "former_versions", .boolean, default: "false",
                Text(fr: "accepte les écritures des versions 1.2 et 2.0 du volet", en: "lets in what versions 1.2 and 2.0 of the volet wrote"), shared: true),
            Field(
                "largest_document", .bytes, default: "64 MB",
                Text(fr: "taille maximale d'un document décodé", en: "largest decoded document"), example: "50 MB"),
        ])

    /// What the control works with.
    package let settings: ControlSettings

    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        let environment = scope.facility?.environment ?? scope.node.environment
        var settings = ControlSettings(environment: NationalEnvironment(environment))
        settings.productionINSInTest = scope.node.productionINSInTest
        settings.masking = fields.text("masking").flatMap(MaskingRule.init(rawValue:)) ?? .rules
        settings.mailsMaskedToProfessionals = fields.text("masked_to_professionals") == "accept"
        settings.acceptsNoDestination = fields.text("no_destination") == "accept"
        settings.refusesWrongCheckDigits = fields.text("check_digits") == "refuse"
        settings.compatibility = fields.boolean("former_versions") ? .former : []
        if let bytes = fields.integer("largest_document") { settings.largestDocument = bytes }
        settings.isDocumentType = try CDARequestCheck.documentTypes(scope.node.tables, fields.place)
        self.settings = settings
    }

    package var isHeavy: Bool { true }

    package func findings(_ message: Reading) -> [Finding] {
        guard let hl7 = message.hl7 else { return [Finding(.error, NotHL7.reason)] }
        return RequestControl.findings(message: hl7, settings: settings).map(Finding.init)
    }

    /// The table of document types (JDV_J07); without a folder of tables, types are not looked up.
    private static func documentTypes(_ folder: String, _ place: Place) throws(ConfigError) -> (@Sendable (String) -> Bool)? {
        guard !folder.isEmpty else { return nil }
        let file = "JDV_J07-typeCode.csv"
        guard let data = FileManager.default.contents(atPath: folder + "/" + file) else {
            throw ConfigError(
                "P0701", Text(fr: "table \(file) absente du dossier \(folder)", en: "table \(file) is missing from folder \(folder)"),
                mend: Text(fr: "corriger « tables » dans le fichier du nœud", en: "correct \"tables\" in the node file"), at: place)
        }
        do {
            let table = try CodeTable(String(decoding: data, as: UTF8.self), file: file, required: ["code"])
            return { table.contains($0) }
        } catch {
            throw ConfigError("P0702", Text(fr: "table illisible : \(error)", en: "table cannot be read: \(error)"), at: place)
        }
    }
}

extension NationalEnvironment {
    /// The pipeline's environment in the words of the national services.
    package init(_ environment: Environment) {
        switch environment {
        case .test: self = .test
        case .production: self = .production
        }
    }
}
