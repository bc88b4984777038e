import Clinical
import France
import Pipeline

/// What a facility or the node lacks for a sender: said by `check`, before a delivery has to rest for it.
extension Diagnostic {
    static func noIdentity(_ identity: String, of facility: Facility, for sender: String, at place: Place) -> Diagnostic {
        let known = facility.identities.keys.sorted(), all = known.joined(separator: ", ")
        let add = Text(
            fr: "ajouter sous « identities » : « \(identity): {certificate: {file: …}, key: {file: …}} »" + (known.isEmpty ? "" : " ; il y a : \(all)"),
            en: "add under \"identities\": \"\(identity): {certificate: {file: …}, key: {file: …}}\"" + (known.isEmpty ? "" : "; there is: \(all)"))
        return Diagnostic(
            .error, "P0808",
            Text(
                fr: "« \(facility.name) » n'a pas de certificat « \(identity) », avec lequel « \(sender) » envoie",
                en: "\"\(facility.name)\" has no certificate \"\(identity)\", with which \"\(sender)\" sends"),
            mend: Nearest.mend(for: identity, among: known) ?? add, at: place)
    }
    static func noMailbox(_ mailbox: String, _ host: String?, of facility: Facility, for sender: String, at place: Place) -> Diagnostic {
        let (fr, en) = host.map { (" chez l'opérateur « \($0) »", " at the operator \"\($0)\"") } ?? ("", "")
        return Diagnostic(
            .error, "P0647",
            Text(
                fr: "« \(facility.name) » n'a pas de boîte « \(mailbox) »\(fr), d'où « \(sender) » envoie",
                en: "\"\(facility.name)\" has no mailbox \"\(mailbox)\"\(en), from which \"\(sender)\" sends"),
            mend: Text(
                fr: "ajouter sous « mailboxes » : « \(mailbox): {address: …, operator: …, identity: …} »",
                en: "add under \"mailboxes\": \"\(mailbox): {address: …, operator: …, identity: …}\""), at: place)
    }
    static func softwareLacks(_ key: String, _ example: String, for sender: String, _ node: NodeSettings, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0815",
            Text(fr: "« lps.\(key) » manque : « \(sender) » ne peut envoyer sans lui", en: "\"lps.\(key)\" is missing: \"\(sender)\" cannot send without it"),
            mend: Text(fr: "ajouter sous « lps » : « \(key): \(example) »", en: "add under \"lps\": \"\(key): \(example)\""), at: node.places["lps"] ?? place)
    }
    static func badInstance(_ node: NodeSettings, _ error: DMPLotError) -> Diagnostic {
        Diagnostic(
            .error, "P0812", Text(fr: "lps.instance_oid : \(error.french)", en: "lps.instance_oid: \(error.english)"),
            mend: Text(
                fr: "un OID à vous, jamais changé ensuite : « lps: {…, instance_oid: 1.2.250.1.999.7.8} »",
                en: "an OID of yours that never changes afterwards: \"lps: {…, instance_oid: 1.2.250.1.999.7.8}\""),
            at: node.places["lps.instance_oid"] ?? node.places["lps"] ?? node.places["node"] ?? Place(file: node.folder))
    }

    static func namesService(_ service: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0818",
            Text(
                fr: "« url » finit par « \(service) », que la passerelle ajoute elle-même", en: "\"url\" ends in \"\(service)\", which the gateway adds itself"),
            mend: Text(fr: "l'enlever : …/si-dmp-server/v2/services", en: "remove it: …/si-dmp-server/v2/services"), at: place)
    }
    static func tooFast(_ rate: Double, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0818",
            Text(
                fr: "« rate: \(rate) » : le DMP demande au plus 5 envois par seconde et par établissement",
                en: "\"rate: \(rate)\": the DMP asks for at most 5 sendings a second for each facility"),
            mend: Text(fr: "rate: 5 (par seconde, non par minute)", en: "rate: 5 (a second, not a minute)"), at: place)
    }
    static func noProfessional(_ id: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0819",
            Text(
                fr: "« \(id) » n'est ni un numéro RPPS ni un numéro ADELI : ce rôle ne servira à personne",
                en: "\"\(id)\" is neither an RPPS nor an ADELI number: nobody will have this role"),
            mend: Text(
                fr: "RPPS : 8 puis 11 chiffres ; ADELI : 0 puis 9 chiffres", en: "RPPS: 8 and 11 digits; ADELI: 0 and 9 digits"), at: place)
    }

    /// A code of `feeds`. The table of all document types is the whole published value set, and the control refuses what is not in it: such a code is a
    /// slip. One that is in it and that the DMP does not take is a wish that will not come true: its documents are told `N`, so it is only a warning.
    static func notFed(_ code: String, _ tables: DMPTables, at place: Place) -> Diagnostic {
        if tables.documentTypes.contains(code) {
            return Diagnostic(
                .warning, "P0817",
                Text(
                    fr: "le DMP ne prend pas le type « \(code) » (\(label(code, tables))) : ces documents n'y seront pas mis",
                    en: "the DMP does not take the type \"\(code)\" (\(label(code, tables))): these documents will not be put there"),
                mend: Text(fr: "l'enlever de « feeds » ; table \(tables.types.file)", en: "remove it from \"feeds\"; table \(tables.types.file)"), at: place)
        }
        let near = Nearest.word(to: code, among: tables.types.rows.compactMap(\.first))
        return Diagnostic(
            .error, "P0816",
            Text(
                fr: "« \(code) » n'est pas un type de document (table \(tables.documentTypes.file))",
                en: "\"\(code)\" is no document type (table \(tables.documentTypes.file))"),
            mend: near.map {
                Text(
                    fr: "vouliez-vous écrire « \($0) » (\(label($0, tables))) ?", en: "did you mean \"\($0)\" (\(label($0, tables)))?")
            }
                ?? Text(fr: "codes admis : la première colonne de \(tables.types.file)", en: "allowed codes: the first column of \(tables.types.file)"),
            at: place)
    }

    private static func label(_ code: String, _ tables: DMPTables) -> String {
        [tables.documentTypes, tables.types].lazy.compactMap { $0.value("label", for: code) }.first { !$0.isEmpty } ?? code
    }
}
