/// Names of the fields that error texts speak of (HL7 v2.5, PAM FR, CI-SIS volets): only those, in our own words.
package enum HL7Dictionary {
    /// What a field is called, for people; nil when it is not one of ours.
    package static func label(_ segment: String, _ field: Int) -> HL7Text? {
        guard let label = labels["\(segment)-\(field)"] else { return nil }
        return HL7Text(fr: label.fr, en: label.en)
    }

    /// What a place is called: its path, and its name when it has one: `PID-3 (identifiants du patient)`.
    package static func name(_ location: HL7Location) -> HL7Text {
        guard let field = location.field, let label = label(location.segment, field) else {
            return HL7Text(fr: location.description, en: location.description)
        }
        return HL7Text(fr: "\(location) (\(label.fr))", en: "\(location) (\(label.en))")
    }

    private static let labels: [String: (fr: String, en: String)] = [
        "MSH-3": ("application émettrice", "sending application"), "MSH-4": ("établissement émetteur", "sending facility"),
        "MSH-5": ("application destinataire", "receiving application"), "MSH-6": ("établissement destinataire", "receiving facility"),
        "MSH-7": ("date du message", "date of the message"), "MSH-9": ("type de message", "message type"),
        "MSH-10": ("identifiant du message", "message control id"), "MSH-11": ("mode de traitement", "processing id"),
        "MSH-12": ("version", "version"), "MSH-17": ("pays", "country"), "MSH-18": ("jeu de caractères", "character set"),
        "MSH-21": ("profil", "profile"), "EVN-2": ("date de l'événement", "date of the event"),
        "PID-3": ("identifiants du patient", "patient identifiers"), "PID-5": ("nom du patient", "patient name"),
        "PID-7": ("date de naissance", "date of birth"), "PID-8": ("sexe", "sex"), "PID-11": ("adresses et lieu de naissance", "addresses and birth place"),
        "PID-18": ("numéro de dossier", "account number"), "PID-32": ("fiabilité de l'identité", "identity reliability"),
        "PV1-2": ("classe du patient", "patient class"), "PV1-19": ("numéro de venue", "visit number"),
        "ORC-1": ("demande", "order control"), "OBR-4": ("type du document", "document type"), "TXA-2": ("type du document", "document type"),
        "TXA-12": ("identifiant du document", "document id"), "TXA-13": ("identifiant du document remplacé", "id of the replaced document"),
        "TXA-17": ("état de validation", "completion status"), "OBX-2": ("type de valeur", "value type"),
        "OBX-3": ("nature de l'observation", "observation id"), "OBX-5": ("valeur", "value"), "OBX-11": ("état du résultat", "result status"),
        "PRT-4": ("rôle du participant", "role of the participant"), "PRT-5": ("personne", "person"), "PRT-8": ("organisation", "organisation"),
        "PRT-10": ("dispositif", "device"), "PRT-15": ("adresse de messagerie", "mail address"), "MSA-1": ("code d'acquittement", "acknowledgement code"),
        "MSA-2": ("identifiant acquitté", "acknowledged control id"), "ERR-3": ("code d'erreur", "error code"),
        "ZBE-1": ("identifiant du mouvement", "movement id"), "ZBE-4": ("action du mouvement", "movement action"),
        "ZFM-2": ("mode de sortie", "discharge mode"),
    ]
}
