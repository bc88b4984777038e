import Pipeline

extension ProtocolCodes {
    /// HL7 table 0357, with the French addition 198: what an AE says in ERR-3. `passerelle explain` gives the place (ERR-2).
    static let errors: [Int: Text] = [
        0: Text(fr: "message accepté.", en: "message accepted."),
        100: Text(
            fr: "un segment manque, est de trop ou n'est pas à sa place, ou ce n'est pas un message HL7. Corriger la structure dans le logiciel émetteur.",
            en: "a segment is missing, superfluous or out of place, or this is no HL7 message. Mend the structure in the sending software."),
        101: Text(
            fr: "un champ obligatoire est vide : ERR-2 dit lequel. Le remplir dans le logiciel émetteur.",
            en: "a required field is empty: ERR-2 tells which. Fill it in the sending software."),
        102: Text(
            fr: "une valeur n'a pas la forme de son type (date, Base64, document, jeu de caractères) : ERR-2 dit où.",
            en: "a value is not of its type's form (date, Base64, document, character set): ERR-2 tells where."),
        103: Text(
            fr: "une valeur n'est pas dans sa table de codes : ERR-2 dit laquelle. Vérifier le paramétrage des nomenclatures de l'émetteur.",
            en: "a value is not in its code table: ERR-2 tells which. Check the sender's terminology settings."),
        198: Text(
            fr: "un segment ou un champ est répété plus ou moins que le volet ne l'admet.",
            en: "a segment or field is repeated more or less often than the volet allows."),
        199: Text(
            fr: "autre faute du message (trop grand, trop de segments) : ERR-8 dit laquelle.",
            en: "another fault of the message (too large, too many segments): ERR-8 tells."),
        200: Text(
            fr: "aucune route ne prend ce type de message, ou ses conditions ne sont pas remplies. Vérifier MSH-9, MSH-21 et `when:` des routes, avec "
                + "`passerelle explain FICHIER`.",
            en: "no route takes this type of message, or their conditions are not met. Check MSH-9, MSH-21 and `when:` of the routes, with "
                + "`passerelle explain FILE`."),
        201: Text(
            fr: "ce type de message est pris, mais pas cet événement (MSH-9.2).", en: "this type of message is taken, but not this event (MSH-9.2)."),
        202: Text(
            fr: "MSH-11 ne convient pas à cet environnement (test ou production).", en: "MSH-11 does not suit this environment (test or production)."),
        203: Text(fr: "version de HL7 non prise en charge (MSH-12).", en: "version of HL7 that is not supported (MSH-12)."),
        207: Text(
            fr:
                "règle métier non respectée : émetteur inconnu (MSH-3, MSH-4, certificat), identifiant déjà utilisé pour un autre contenu (MSH-10), PID différent "
                + "du CDA, INS, destinataires, masquage… ERR-2 dit l'endroit, ERR-8 la règle.",
            en:
                "a business rule is broken: unknown sender (MSH-3, MSH-4, certificate), control id used for other content (MSH-10), PID differs from the CDA, INS, "
                + "recipients, masking… ERR-2 tells the place, ERR-8 the rule."),
    ]

    /// The codes of a ZAM^Z02 N: those of the volet. French has the volet's label before it.
    static let smtp: [String: Text] = {
        let later = Text(
            fr: "Passager : l'envoi est repris jusqu'à `give_up`, puis retenu.", en: "Passing: the delivery is tried again until `give_up`, then held.")
        let address = Text(
            fr: "Définitif : Z02 N. Vérifier l'adresse auprès du destinataire, puis envoyer un nouveau message.",
            en: "Final: Z02 N. Check the address with the recipient, then send a new message.")
        let talk = Text(
            fr: "Définitif : Z02 N. Les serveurs ne se comprennent pas : joindre l'opérateur avec la réponse exacte (`passerelle explain --reveal`).",
            en: "Final: Z02 N. The servers do not understand each other: call the operator with the exact answer (`passerelle explain --reveal`).")
        func entry(_ english: String, _ advice: Text) -> Text { Text(fr: advice.fr, en: "\(english). \(advice.en)") }
        return [
            "101": entry("The server cannot be connected to", later), "111": entry("Connection refused", later),
            "251": Text(fr: "Relayé : rien à faire.", en: "The recipient is elsewhere, the message was relayed. Nothing to do."),
            "252": Text(fr: "Tenté : un compte rendu peut suivre.", en: "The recipient could not be verified, the sending was tried. A report may follow."),
            "420": entry("Time-out during the transfer", later), "421": entry("Service not available", later), "422": entry("The mailbox is full", later),
            "431": entry("Out of disk or memory", later), "432": entry("A password transition is needed", later),
            "441": entry("The recipient's server does not answer", later), "442": entry("The connection broke during the transfer", later),
            "450": entry("The mailbox is not available", later), "451": entry("Local error in processing", later),
            "452": entry("Insufficient system storage", later), "500": entry("Command not recognised", talk), "501": entry("Malformed parameter", talk),
            "502": entry("Command not implemented", talk), "503": entry("Bad sequence of commands", talk), "504": entry("Parameter not implemented", talk),
            "510": entry("Bad mail address", address), "512": entry("DNS error, the domain is not found", address),
            "513": entry("Bad type of address", address),
            "523": entry(
                "The message is larger than the limit",
                Text(
                    fr: "Définitif : Z02 N, avant tout envoi (10 Mo, 25 Mo vers un patient : `size`, `size_patient`). Réduire le document.",
                    en: "Final: Z02 N, before anything is sent (10 MB, 25 MB to a patient: `size`, `size_patient`). Make the document smaller.")),
            "530": entry(
                "Authentication is required",
                Text(
                    fr: "La boîte est mise au repos : vérifier son certificat ou son mot de passe, puis `passerelle queue resume`.",
                    en: "The mailbox rests: check its certificate or password, then `passerelle queue resume`.")),
            "541": entry(
                "The message is refused",
                Text(
                    fr:
                        "Définitif : Z02 N. Avant l'envoi : domaine hors de la liste blanche MSSanté, INS du patient non qualifié, ou adresse qui n'est pas celle de son "
                        + "INS. Après : l'opérateur du destinataire refuse. `passerelle explain` dit lequel.",
                    en:
                        "Final: Z02 N. Before sending: a domain outside the white list of MSSanté, the patient's INS not qualified, or an address that is not the one "
                        + "of the INS. After: the recipient's operator refuses. `passerelle explain` tells which.")),
            "550": entry("The mailbox does not exist or is not available", address), "551": entry("The address is not hosted there, relaying denied", address),
            "552": entry("The mailbox is over its quota", address), "553": entry("The mailbox name is not allowed", address),
            "554": entry("The sending failed for good", talk),
        ]
    }()
}
