extension CodeBook {
    static let mllp = [
        Entry(
            "P0611", fr: "Le journal ne prend pas ce message maintenant : AR, l'émetteur renverra.",
            en: "The journal does not take this message now: AR, its sender sends again."),
        Entry(
            "P0612", fr: "Un fichier de certificats ou de clé manque ou ne se lit pas.", en: "A file of certificates or of a key is missing or cannot be read."),
        Entry("P0613", fr: "tls nomme un trust que le fichier du nœud ne définit pas.", en: "tls names a trust that the node file does not define."),
        Entry("P0614", fr: "Un sujet s'écrit comme RFC 2253 : CN=dpi,O=CH DEMO,C=FR.", en: "A subject is written as in RFC 2253: CN=dpi,O=CH DEMO,C=FR."),
        Entry("P0615", fr: "tls nomme une identité que l'établissement ne définit pas.", en: "tls names an identity that the facility does not define."),
        Entry(
            "P0616", fr: "La clé privée n'est pas celle du certificat, ou l'un des deux ne se lit pas.",
            en: "The private key is not the certificate's, or one of them cannot be read."),
        Entry(
            "P0617", fr: "Un récepteur chiffré présente un certificat : certificate et key.",
            en: "An encrypted listener shows a certificate: certificate and key."),
        Entry("P0618", fr: "Pour juger les clients il faut des autorités : trust.", en: "To judge clients there must be authorities: trust."),
        Entry("P0619", fr: "Pour juger le serveur il faut des autorités : trust.", en: "To judge the server there must be authorities: trust."),
        Entry(
            "P0621", fr: "Le destinataire a fermé après l'envoi : nul ne sait s'il a pris le message. Il est renvoyé avec le même MSH-10.",
            en: "The far end closed after the sending: nobody knows whether it took the message. It is sent again with the same MSH-10."),
        Entry(
            "P0622", fr: "Aucun acquittement de ce MSH-10 dans le délai. Le message est renvoyé avec le même MSH-10.",
            en: "No acknowledgement of this MSH-10 in time. The message is sent again with the same MSH-10."),
        Entry("P0623", fr: "Le destinataire répond autre chose qu'un acquittement HL7.", en: "The far end answers something that is no HL7 acknowledgement."),
        Entry(
            "P0624", fr: "Le certificat du destinataire, ou le nôtre, est refusé. L'émetteur se repose : réparer, puis `queue resume`.",
            en: "The far end's certificate, or ours, is refused. The sender rests: mend it, then `queue resume`."),
    ]

    static let mail = [
        Entry(
            "P0640", fr: "Un courriel reçu dépasse les limites de lecture (taille, en-têtes, parties).",
            en: "A received mail passes the limits of reading (size, headers, parts)."),
        Entry("P0641", fr: "Une route ne modifie pas un courriel reçu.", en: "A route does not change a received mail."),
        Entry(
            "P0643", fr: "Le message du journal ne se lit plus comme une demande de transmission de documents.",
            en: "The journaled message can no longer be read as a request to transmit documents."),
        Entry("P0644", fr: "L'envoi ne correspond à aucun destinataire (PRT-15) de la demande.", en: "The delivery fits no recipient (PRT-15) of the request."),
        Entry(
            "P0645",
            fr:
                "Après un envoi sans réponse, le courriel reconstruit n'est plus le même (configuration changée) : deux courriels différents auraient le même Message-ID. Une personne décide.",
            en:
                "After a sending without answer, the rebuilt mail is no longer the same (a changed configuration): two different mails would share a Message-ID. A person decides."
        ),
        Entry(
            "P0646", fr: "Rien n'est parti : le journal n'a pas noté l'envoi. Un autre essai suit.",
            en: "Nothing left: the journal did not note the sending. Another attempt follows."),
        Entry(
            "P0647", fr: "L'établissement n'a pas de boîte de ce nom : l'ajouter sous mailboxes, puis `queue resume`.",
            en: "The facility has no mailbox of this name: add it under mailboxes, then `queue resume`."),
        Entry(
            "P0648", fr: "La boîte d'envoi est mal réglée (certificat, opérateur, adresse). Elle se repose : réparer, puis `queue resume`.",
            en: "The sending mailbox is not set up well (certificate, operator, address). It rests: mend it, then `queue resume`."),
        Entry(
            "P0649",
            fr:
                "L'opérateur refuse notre boîte ou notre certificat, ou le sien ne peut être vérifié : la boîte se repose, personne n'est refusé. Réparer, puis `queue resume`.",
            en:
                "The operator refuses our mailbox or certificate, or its own cannot be verified: the mailbox rests, nobody is refused. Mend it, then `queue resume`."
        ),
        Entry(
            "P0650", fr: "Connexion perdue après le contenu : le courriel repart avec le même Message-ID.",
            en: "Connection lost after the content: the mail leaves again with the same Message-ID."),
        Entry(
            "P0651", fr: "La liste blanche ne se lit pas, est vide, plus ancienne, ou a perdu plus d'un cinquième de ses domaines.",
            en: "The white list cannot be read, is empty, older, or lost more than a fifth of its domains."),
        Entry(
            "P0653",
            fr:
                "La liste blanche a plus de 7 jours, ou ne dit pas sa date : un domaine nouveau serait refusé (541), un domaine retiré encore servi. Remettre le téléchargement en marche ; rappelé une fois par jour.",
            en:
                "The white list is more than 7 days old, or does not say its date: a new domain would be refused (541), a removed one still served. Mend its download; told once a day."
        ),
        Entry("P0652", fr: "mailboxes nomme une boîte qu'aucun établissement ne définit.", en: "mailboxes names a mailbox that no facility defines."),
    ]

    static let http = [
        Entry("P0660", fr: "En https le serveur est jugé : trust nomme les autorités.", en: "With https the server is judged: trust names the authorities."),
        Entry(
            "P0661", fr: "Un certificat client n'est montré qu'en TLS : l'adresse commence par https.",
            en: "A client certificate is shown in TLS only: the address starts with https."),
        Entry(
            "P0662", fr: "identity prend le certificat de l'établissement du message ; certificate et key, celui du nœud. L'un ou l'autre.",
            en: "identity takes the certificate of the message's facility; certificate and key, the node's. One or the other."),
        Entry(
            "P0663",
            fr:
                "Un nom d'en-tête est fait de lettres, chiffres et tirets ; ceux que l'émetteur écrit lui-même (Content-Type, Idempotency-Key…) ont leur propre réglage.",
            en:
                "A header's name is made of letters, digits and dashes; those that the sender itself writes (Content-Type, Idempotency-Key…) have their own setting."
        ),
        Entry(
            "P0665", fr: "Le destinataire n'a pas pris la requête à temps (408, 425). Un autre essai suit.",
            en: "The far end did not take the request in time (408, 425). Another attempt follows."),
        Entry(
            "P0666", fr: "401, 403 ou 407 : jeton, compte ou certificat. L'émetteur se repose, personne n'est refusé : réparer, puis `queue resume`.",
            en: "401, 403 or 407: token, account or certificate. The sender rests, nobody is refused: mend it, then `queue resume`."),
        Entry(
            "P0667", fr: "Le serveur renvoie ailleurs, ou n'a pas cette méthode : corriger url ou method. L'émetteur se repose.",
            en: "The server points elsewhere, or has no such method: mend url or method. The sender rests."),
        Entry(
            "P0668", fr: "Un statut 4xx : ce message est refusé pour de bon. Une alerte est levée.",
            en: "A 4xx status: this message is refused for good. An alert is raised."),
        Entry(
            "P0669",
            fr:
                "Un statut 500 : nul ne sait si le message est pris. `after_unknown` dit la suite ; hold : vérifier chez le destinataire, puis `queue release` ou `discard`.",
            en:
                "A 500 status: nobody knows whether the message was taken. `after_unknown` says what follows; hold: look at the far end, then `queue release` or `discard`."
        ),
        Entry(
            "P0670", fr: "La requête est partie, aucune réponse n'est venue. Comme P0669.", en: "The request left, no answer came. As P0669."),
        Entry(
            "P0671", fr: "Un certificat ou une clé ne va pas : l'émetteur se repose. Réparer, puis `queue resume`.",
            en: "A certificate or key is not right: the sender rests. Mend it, then `queue resume`."),
        Entry(
            "P0672", fr: "L'établissement n'a pas d'identité de ce nom (identities). L'ajouter, puis `queue resume`.",
            en: "The facility has no identity of this name (identities). Add it, then `queue resume`."),
    ]

    static let folder = [
        Entry(
            "P0680", fr: "L'extension des fichiers écrits n'a que des lettres et des chiffres.",
            en: "The extension of written files has only letters and digits."),
        Entry(
            "P0682", fr: "Le dossier de sortie n'est pas accessible en écriture, ou son disque est plein.",
            en: "The output folder cannot be written, or its disk is full."),
    ]

    static let steps = [
        Entry("P0701", fr: "Une table de codes manque dans le dossier `tables` du nœud.", en: "A code table is missing from the node's `tables` folder."),
        Entry("P0702", fr: "Une table de codes ne se lit pas : la ligne est dite.", en: "A code table cannot be read: the line is told."),
        Entry("P0703", fr: "Une note s'écrit nom.champ.", en: "A note is written name.field."),
        Entry("P0704", fr: "Le chemin ne se lit pas dans le format du message.", en: "The path cannot be read in the message's format."),
        Entry(
            "P0705", fr: "La valeur ne peut pas être écrite à cet endroit (jeu de caractères, segment absent).",
            en: "The value cannot be written at this place (character set, absent segment)."),
    ]

    static let dmp = [
        Entry("P0801", fr: "Une table de codes du DMP manque ou ne se lit pas.", en: "A code table of the DMP is missing or cannot be read."),
        Entry(
            "P0802", fr: "Le lot ne peut pas être construit : l'endroit du message est dit. Refus, et Z01 N s'il est demandé.",
            en: "The lot cannot be built: the place in the message is told. Refused, and Z01 N if asked for."),
        Entry(
            "P0804", fr: "Le message du journal ne se lit plus comme une demande de transmission de documents.",
            en: "The journaled message can no longer be read as a request to transmit documents."),
        Entry(
            "P0805",
            fr: "Après un envoi sans réponse, le lot reconstruit n'est plus le même (configuration changée) : le DMP a peut-être l'autre. Une personne décide.",
            en: "After a sending without answer, the rebuilt set is no longer the same (a changed configuration): the DMP may have the other. A person decides."
        ),
        Entry(
            "P0806", fr: "Rien n'est parti : le journal n'a pas noté l'envoi. Un autre essai suit.",
            en: "Nothing left: the journal did not note the sending. Another attempt follows."),
        Entry(
            "P0807", fr: "Un remplacement nomme dans son CDA le document remplacé (relatedDocument).",
            en: "A replacement names the replaced document in its CDA (relatedDocument)."),
        Entry(
            "P0808", fr: "L'établissement n'a pas d'identité de ce nom (identities) : la structure se repose. L'ajouter, puis `queue resume`.",
            en: "The facility has no identity of this name (identities): the structure rests. Add it, then `queue resume`."),
        Entry(
            "P0809",
            fr: "Le certificat ou la clé de l'établissement ne se lit pas, est expiré ou révoqué : la structure se repose. Réparer, puis `queue resume`.",
            en: "The facility's certificate or key cannot be read, is expired or revoked: the structure rests. Mend it, then `queue resume`."),
        Entry(
            "P0810", fr: "Le cachet (certificat, clé) de l'établissement ne peut pas signer. La structure se repose : réparer, puis `queue resume`.",
            en: "The facility's seal (certificate, key) cannot sign. The structure rests: mend it, then `queue resume`."),
        Entry("P0811", fr: "L'établissement de cet envoi n'est plus configuré.", en: "The facility of this delivery is no longer configured."),
        Entry(
            "P0812", fr: "lps.instance_oid est un OID d'au plus 30 caractères : tous les identifiants envoyés en dérivent.",
            en: "lps.instance_oid is an OID of 30 characters at most: all ids that leave are derived from it."),
        Entry(
            "P0813",
            fr:
                "professionals : role est un code de la table TRE_G15, specialty un code de TRE_R01 (dossier `tables` du nœud). Avec un code inconnu, le document partirait au nom d'un automate.",
            en:
                "professionals: role is a code of table TRE_G15, specialty one of TRE_R01 (the node's `tables` folder). With an unknown code the document would leave in an automaton's name."
        ),
        Entry(
            "P0814",
            fr: "Un réglage à nous empêche de construire le lot : il est nommé. La structure se repose, personne n'est refusé : réparer, puis `queue resume`.",
            en: "A setting of ours keeps the lot from being built: it is named. The structure rests, nobody is refused: mend it, then `queue resume`."),
        Entry(
            "P0815",
            fr: "Le logiciel se déclare sous lps, dans le fichier du nœud, tel qu'il est homologué : le DMP veut le numéro "
                + "d'homologation dans chaque VIHF, et chaque courriel MSSanté porte la référence NIL (X-MSS-NIL). Sans eux, tout "
                + "serait refusé.",
            en: "The software declares itself under lps, in the node file, as it was homologated: the DMP wants the homologation "
                + "number in each VIHF, and each MSSanté mail carries the NIL reference (X-MSS-NIL). Without them everything would "
                + "be refused."),
        Entry(
            "P0816",
            fr: "feeds donne les types de documents (LOINC et autres codes du jeu JDV_J07) que l'établissement envoie au DMP. Ce "
                + "code n'est dans aucune table du dossier tables : c'est une faute de frappe, et les documents du vrai type ne "
                + "partiraient pas.",
            en: "feeds gives the document types (LOINC and other codes of the value set JDV_J07) that the facility sends to the "
                + "DMP. This code is in no table of the tables folder: it is a slip, and the documents of the real type would not "
                + "leave."),
        Entry(
            "P0817",
            fr: "Ce type de document existe, mais le DMP ne le prend pas (table ASS_X16) : la demande est acceptée, son émetteur "
                + "apprend par un Z01 N que le document n'y est pas mis.",
            en: "This document type exists, but the DMP does not take it (table ASS_X16): the request is accepted, and its sender "
                + "learns by a Z01 N that the document is not put there."),
        Entry(
            "P0818",
            fr: "L'adresse ou le débit de l'émetteur dmp ne peut guère être voulu : la passerelle ajoute elle-même /repository et "
                + "/registry à url, et les services nationaux demandent au plus cinq envois par seconde pour chaque structure.",
            en: "The address or the rate of the dmp sender can hardly be meant: the gateway itself adds /repository and /registry "
                + "to url, and the national services ask for at most five sendings a second for each structure."),
        Entry(
            "P0819",
            fr: "professionals donne le rôle de chaque professionnel par son numéro national : RPPS (11 chiffres, souvent précédés "
                + "de 8) ou ADELI (9, précédés de 0). Sous un autre numéro, il n'est jamais retrouvé, et le document part au nom "
                + "d'un automate.",
            en: "professionals gives the role of each professional by the national number: RPPS (11 digits, often preceded by 8) "
                + "or ADELI (9, preceded by 0). Under another number it is never found, and the document leaves in an automaton's "
                + "name."),
    ]
}
