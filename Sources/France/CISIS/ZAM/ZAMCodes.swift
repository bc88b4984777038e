package import HL7v2

extension ZAM {
    /// French label of a code of SMTPERRORCODE (ERR-5 of Z02); the one of 554 for a code that the table lacks.
    package static func smtpLabel(_ code: String) -> String { smtpLabels[code] ?? smtpLabels["554"] ?? "" }

    /// The ERR-5 of a mail that failed.
    ///
    /// The table holds basic codes of three digits, while servers and reports give enhanced ones too (RFC 3463): the basic code is taken
    /// when the table has it, else the enhanced status is mapped.
    /// - Parameters:
    ///   - reply: the three digits of the reply or of the Diagnostic-Code, if any.
    ///   - status: the enhanced status, `5.1.1`, if any.
    package static func smtpCode(reply: String?, status: String?) -> HL7Finding.BusinessCode {
        let code = reply.flatMap { isFailure($0) ? $0 : nil } ?? status.map(basic) ?? (reply?.first == "4" ? "451" : "554")
        return HL7Finding.BusinessCode(code: code, label: smtpLabel(code), system: smtpCodeSystem)
    }

    /// The ERR-5 of a refusal by the DMP: its own code unchanged, its context as label, since its full table is not public.
    package static func dmpCode(_ code: String, label: String) -> HL7Finding.BusinessCode {
        let known = dmpLabels[code]
        return HL7Finding.BusinessCode(code: code, label: label.isEmpty ? known ?? code : label, system: dmpCodeSystem)
    }

    /// The ERR-5 of a reading report that failed (Z03): 900 to 906, 906 for anything else.
    package static func applicationCode(_ code: String) -> HL7Finding.BusinessCode {
        let known = applicationLabels[code] != nil ? code : "906"
        return HL7Finding.BusinessCode(code: known, label: applicationLabels[known] ?? "", system: applicationCodeSystem)
    }

    /// 251 and 252 stand in the table and are no failures.
    private static func isFailure(_ code: String) -> Bool { smtpLabels[code] != nil && !code.hasPrefix("2") }

    private static func basic(_ status: String) -> String {
        let parts = status.split(separator: ".", omittingEmptySubsequences: false)
        let isTransient = parts.first == "4"
        guard parts.count == 3 else { return isTransient ? "451" : "554" }
        switch (String(parts[1]), String(parts[2])) {
        case ("1", "1"): return "550"
        case ("1", "2"): return "512"
        case ("1", "3"): return "513"
        case ("2", "2"): return isTransient ? "422" : "552"
        case ("3", "4"): return "523"
        case ("4", "1"): return "441"
        case ("4", "2"): return "442"
        case ("7", _): return isTransient ? "451" : "541"
        default: return isTransient ? "451" : "554"
        }
    }

    /// Short labels; the codes are those of the volet.
    private static let smtpLabels: [String: String] = [
        "101": "Connexion au serveur impossible", "111": "Connexion refusée",
        "251": "Destinataire non local, message relayé", "252": "Vérification impossible, transmission tentée",
        "420": "Temporisation pendant le transfert", "421": "Service indisponible", "422": "Boîte aux lettres pleine",
        "431": "Espace disque ou mémoire insuffisant", "432": "Mot de passe de transition nécessaire",
        "441": "Le serveur du destinataire ne répond pas", "442": "Connexion interrompue pendant la transmission",
        "450": "Boîte aux lettres indisponible", "451": "Erreur de traitement", "452": "Ressources système insuffisantes",
        "500": "Commande non reconnue", "501": "Paramètre ou argument mal formé", "502": "Commande non implémentée",
        "503": "Séquence de commandes incorrecte", "504": "Paramètre non implémenté", "510": "Adresse de messagerie erronée",
        "512": "Erreur DNS, domaine introuvable", "513": "Type d'adresse incorrect", "523": "Taille du message supérieure à la limite",
        "530": "Authentification requise", "541": "Message refusé", "550": "Boîte aux lettres non disponible",
        "551": "Adresse non hébergée, relais interdit", "552": "Quota de stockage dépassé", "553": "Nom de boîte aux lettres non valide",
        "554": "Échec permanent de l'envoi",
    ]

    private static let dmpLabels: [String: String] = [
        "DMPClosed": "DMP fermé", "XDSUnknownPatientId": "DMP inexistant ou INS inconnu du DMP",
        "XDSDuplicateUniqueIdInRegistry": "Document déjà présent dans le DMP", "XDSReplaceFailed": "Document à remplacer absent ou déjà remplacé",
    ]

    private static let applicationLabels: [String: String] = [
        "900": "Version du document incorrecte lors d'une demande de remplacement/suppression",
        "901": "Auteur non autorisé à remplacer ou supprimer un document", "902": "Identifiant patient inconnu",
        "903": "INS non présent dans le document", "904": "L'INS transmis ne correspond pas exactement à celui stocké",
        "905": "L'INS transmis n'est pas complet", "906": "Erreur 'Autre'",
    ]
}
