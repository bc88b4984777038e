import FoundationEssentials
import France
import HL7v2
import Pipeline

/// What `passerelle help 207` says of the codes of the protocols: HL7 table 0357, SMTP, the answers of the DMP, and the gates before a destination.
enum ProtocolCodes {
    /// What a code means, a paragraph for each table that has it, as a person may type it. `tables`: folder of the code tables, nil where none is found.
    static func paragraphs(_ code: String, tables: String?) -> [Text] {
        let upper = code.uppercased()
        var found: [Text] = []
        if let number = Int(code), String(number) == code, let entry = errors[number] {
            found.append(headed("HL7 0357", "\(number) \(HL7Finding.label(of: number))", entry))
        }
        if let entry = smtp[smtpCode(code)] {
            let number = smtpCode(code)
            found.append(headed("SMTPERRORCODE", "\(number)", Text(fr: "\(ZAM.smtpLabel(number)). \(entry.fr)", en: entry.en)))
        }
        if let (name, entry) = gates.first(where: { $0.key.uppercased() == upper }) { found.append(headed("DMP_ERROR_CODE", name, entry)) }
        if upper.hasPrefix("HTTP_"), upper.dropFirst(5).count == 3, Int(upper.dropFirst(5)) != nil { found.append(headed("DMP_ERROR_CODE", upper, http)) }
        return found + answers(upper, tables)
    }

    private static func headed(_ table: String, _ code: String, _ text: Text) -> Text {
        Text(fr: "\(code) (\(table)) : \(text.fr)", en: "\(code) (\(table)): \(text.en)")
    }

    /// `5.1.1` as the three digits that the acknowledgement carries; those as they are.
    private static func smtpCode(_ code: String) -> String {
        code.split(separator: ".").count == 3 ? ZAM.smtpCode(reply: nil, status: code).code : code
    }

    // MARK: The DMP's answers

    /// The rows of `dmp-errors.csv` that name this code. Without the table: how to find it.
    private static func answers(_ upper: String, _ tables: String?) -> [Text] {
        guard let tables, let data = FileManager.default.contents(atPath: tables + "/dmp-errors.csv"),
            let table = try? DMPAnswerTable(String(decoding: data, as: UTF8.self), file: "dmp-errors.csv")
        else {
            guard upper.hasPrefix("XDS") || upper.hasPrefix("DMP"), !gates.keys.contains(where: { $0.uppercased() == upper }) else { return [] }
            return [
                Text(
                    fr: "La table dmp-errors.csv, qui explique les réponses du DMP, n'est pas trouvée ici : --config passerelle.yaml (clé tables).",
                    en: "The table dmp-errors.csv, which explains the DMP's answers, is not found here: --config passerelle.yaml (key tables).")
            ]
        }
        return table.rows.filter { !$0.code.isEmpty && $0.code.uppercased() == upper }.map { row in
            let owner = row.owner.isEmpty ? nil : row.owner
            let fate = fates[row.outcome]
            return headed(
                "DMP", row.code,
                Text(
                    fr: "\(row.french). \(fate?.fr ?? "")" + (owner.map { " À traiter par : \(Words.word($0, .fr))." } ?? ""),
                    en: "\(row.english). \(fate?.en ?? "")" + (owner.map { " To be looked at by: \(Words.word($0, .en))." } ?? "")))
        }
    }

    /// What the gateway does with such an answer, and what a person has to.
    private static let fates: [DMPAnswerClass: Text] = [
        .transient: Text(fr: "L'envoi est repris plus tard de lui-même ; rien à faire.", en: "The delivery is tried again later by itself; nothing to do."),
        .twice: Text(
            fr: "Repris deux fois, puis retenu : voir le lot et l'état du DMP, puis `passerelle queue retry` ou `discard`.",
            en: "Tried twice more, then held: look at the set and at the state of the DMP, then `passerelle queue retry` or `discard`."),
        .duplicate: Text(
            fr: "Après un essai sans réponse, c'est la preuve que le lot est au DMP : remis. Sinon retenu : un autre lot porte cet identifiant, voir le "
                + "logiciel qui l'a produit.",
            en: "After an attempt without answer it shows that the DMP has the set: delivered. Else held: another set carries this identifier, look at the "
                + "software that made it."),
        .stale: Text(
            fr: "L'entrée est cherchée de nouveau une fois ; ensuite refusé (Z01 N), ou retenu après un essai sans réponse. Voir au DMP ce qu'est devenu le "
                + "document visé.",
            en: "The entry is looked up once more; then refused (Z01 N), or held after an attempt without answer. Look in the DMP what became of the "
                + "document meant."),
        .refused: Text(
            fr: "Refus définitif : l'émetteur reçoit Z01 N s'il l'a demandé, sinon une alerte est levée. Corriger la cause et envoyer un nouveau message.",
            en: "A final refusal: the sender gets Z01 N if it asked, else an alert is raised. Mend the cause and send a new message."),
        .held: Text(
            fr: "Retenu : une personne décide (`passerelle queue retry` ou `discard`).",
            en: "Held: a person decides (`passerelle queue retry` or `discard`)."),
        .halted: Text(
            fr: "La structure est mise au repos, personne n'est refusé : corriger certificat, numéro d'homologation ou structure, puis `passerelle reload` ou "
                + "`queue resume`.",
            en: "The structure rests, nobody is refused: mend certificate, homologation number or structure, then `passerelle reload` or `queue resume`."),
        .clock: Text(
            fr: "La structure est mise au repos : remettre le serveur à l'heure (NTP), puis `passerelle queue resume`.",
            en: "The structure rests: set the server's clock right (NTP), then `passerelle queue resume`."),
    ]

    // MARK: Gates

    private static let http = Text(
        fr: "Le DMP a répondu par ce code HTTP, sans message lisible. 408, 429 et 503 sont repris ; 401, 403, 404, 405 et 415 mettent la structure au repos "
            + "(certificat, adresse) ; les autres 4xx sont refusés ou retenus ; un 5xx laisse l'envoi sans réponse, et le même lot repart.",
        en: "The DMP answered with this HTTP status and no readable message. 408, 429 and 503 are tried again; 401, 403, 404, 405 and 415 let the structure "
            + "rest (certificate, address); other 4xx are refused or held; a 5xx leaves the delivery unanswered, and the same set leaves again.")

    private static let gates: [String: Text] = [
        "INSAbsent": Text(
            fr:
                "Le message ne porte pas d'INS (PID-3) : rien ne part au DMP, Z01 N ; rien ne part au patient. L'identitovigilance qualifie l'identité, puis le "
                + "logiciel envoie de nouveau.",
            en: "The message has no INS (PID-3): nothing goes to the DMP, Z01 N; nothing to the patient. The identity unit qualifies the identity, then the "
                + "software sends again."),
        "INSNotQualified": Text(
            fr: "L'INS n'est pas qualifié (PID-32 sans VALI, trait absent, ou OID d'un autre environnement) : rien ne part au DMP, Z01 N ; rien ne part au "
                + "patient ; le courriel aux professionnels part avec X-MSS-INS: N. Qualifier l'identité, puis envoyer de nouveau.",
            en:
                "The INS is not qualified (PID-32 without VALI, a trait missing, or the OID of another environment): nothing goes to the DMP, Z01 N; nothing to "
                + "the patient; mail to professionals leaves with X-MSS-INS: N. Qualify the identity, then send again."),
        "PatientOpposed": Text(
            fr: "Le message dit que le patient s'oppose à l'alimentation de son DMP (ZFA-9) : Z01 N. Rien à corriger si c'est vrai.",
            en: "The message says that the patient opposes the feeding of the DMP (ZFA-9): Z01 N. Nothing to mend if it is so."),
        "DocumentTypeNotInDMP": Text(
            fr:
                "Ce type de document (OBX-3) n'est pas dans la table du DMP (ASS_X16) : Z01 N. Le logiciel doit coder le document autrement, ou ne pas demander le "
                + "DMP.",
            en: "This document type (OBX-3) is not in the DMP's table (ASS_X16): Z01 N. The software must code the document otherwise, or not ask for the DMP."),
        "DocumentTypeNotFed": Text(
            fr:
                "L'établissement n'envoie pas ce type de document au DMP : Z01 N, compté. Pour l'envoyer, l'ajouter à `feeds` dans le fichier de l'établissement, "
                + "puis `passerelle reload`.",
            en: "The facility does not feed this document type to the DMP: Z01 N, counted. To feed it, add it to `feeds` in the facility file, then "
                + "`passerelle reload`."),
        "DocumentMetadata": Text(
            fr: "Le lot ne peut pas être formé de ce document (Z01 N) : `passerelle explain` dit l'endroit. Corriger le CDA dans le logiciel qui l'a produit.",
            en: "No set can be made of this document (Z01 N): `passerelle explain` tells the place. Mend the CDA in the software that made it."),
        "DMP_DOCUMENT_INCONNU": Text(
            fr:
                "Le document à remplacer ou à supprimer n'est pas dans le DMP : refusé, Z01 N. A-t-il été publié, par cette structure, sous cet identifiant ? Un "
                + "document jamais publié s'envoie en initial.",
            en: "The document to be replaced or deleted is not in the DMP: refused, Z01 N. Was it published, by this structure, under this identifier? A "
                + "document that was never published is sent as an initial one."),
        "DMP_NO_ANSWER": Text(
            fr: "La demande est partie et le DMP n'a pas répondu : le même lot repart de lui-même, sans double possible.",
            en: "The request left and the DMP did not answer: the same set leaves again by itself; no double can come of it."),
        "DMP_CONNECTION": Text(
            fr: "La connexion au DMP a échoué : l'envoi est repris. Si cela dure : adresse, pare-feu, certificat ORG AUTH_CLI (`passerelle check --online`).",
            en: "The connection to the DMP failed: the delivery is tried again. If it lasts: address, firewall, certificate ORG AUTH_CLI "
                + "(`passerelle check --online`)."),
        "DMP_ANSWER": Text(
            fr: "La réponse du DMP n'est pas lisible : l'envoi reste sans réponse et le même lot repart.",
            en: "The DMP's answer cannot be read: the delivery stays unanswered and the same set leaves again."),
        "Abandoned": Text(
            fr: "Une personne a abandonné l'envoi (`passerelle queue discard`) : `passerelle explain` dit qui et quand.",
            en: "A person discarded the delivery (`passerelle queue discard`): `passerelle explain` tells who and when."),
    ]
}
