extension DiagnosticHelp {
    static let fields = [
        Entry(
            "P0120",
            fr: "Cette clé n'est pas connue ici. Une faute de frappe n'est jamais ignorée en silence : un réglage qu'on croit actif et qui ne l'est "
                + "pas est plus dangereux qu'une erreur. La proposition est la clé connue la plus proche.",
            en: "This key is not known here. A slip is never ignored in silence: a setting that is believed active and is not is more dangerous "
                + "than an error. The suggestion is the nearest known key."),
        Entry(
            "P0121",
            fr: "Une clé obligatoire manque. La parenthèse dit à quoi elle sert, et la ligne « ajouter » donne un exemple à adapter.",
            en: "A required key is missing. The words in brackets say what it is for, and the line \"add\" gives an example to adapt."),
        Entry(
            "P0122",
            fr: "La valeur n'a pas la forme attendue : une liste à la place d'un texte, un texte à la place d'un ensemble de clés… L'exemple montre "
                + "la bonne forme.",
            en: "The value does not have the expected form: a list in place of a text, a text in place of a map… The example shows the right form."),
        Entry(
            "P0123",
            fr: "Un nombre entier, sans espace ni séparateur de milliers, dans l'intervalle indiqué.",
            en: "A whole number, without blanks or thousands separators, within the range given."),
        Entry(
            "P0124",
            fr: "Un nombre avec au besoin un point décimal (pas de virgule, pas d'exposant), dans l'intervalle indiqué.",
            en: "A number, with a decimal point if needed (no comma, no exponent), within the range given."),
        Entry(
            "P0125",
            fr: "Seuls true, yes, false et no sont lus comme oui ou non ; ON, OFF, Y et N sont des codes de santé, pas des réponses.",
            en: "Only true, yes, false and no are read as yes or no; ON, OFF, Y and N are health-care codes, not answers."),
        Entry(
            "P0126",
            fr: "Une durée a un nombre et une unité : ms, s, min, h ou d. Un nombre seul est refusé, car personne ne saurait s'il compte des "
                + "secondes ou des minutes.",
            en: "A duration has a number and a unit: ms, s, min, h or d. A bare number is refused, since nobody could tell seconds from minutes."),
        Entry(
            "P0127",
            fr: "Une taille a un nombre et une unité : KB, MB, GB, TB (puissances de 1000). Un nombre seul compte des octets.",
            en: "A size has a number and a unit: KB, MB, GB, TB (powers of 1000). A bare number counts bytes."),
        Entry(
            "P0128",
            fr: "Une URL complète, avec le protocole indiqué. Un identifiant ou un mot de passe dans l'URL (« utilisateur:secret@ ») est refusé : "
                + "il se retrouverait dans les journaux.",
            en: "A whole URL, with the scheme given. A user or password within the URL (\"user:secret@\") is refused: it would end up in logs."),
        Entry(
            "P0129",
            fr: "La valeur est un mot d'une liste fermée, écrit exactement ainsi.",
            en: "The value is one word of a closed list, spelled exactly so."),
        Entry(
            "P0130",
            fr: "Un mot de passe, une clé ou un certificat est écrit là où un renvoi est attendu. Les secrets ne sont jamais dans la configuration, "
                + "qui se copie, s'archive et s'affiche : {file: …} donne un fichier, {credential: …} un secret systemd, {env: …} une variable. La valeur "
                + "n'est ni montrée ni journalisée ; elle est à changer, car le fichier a pu être vu.",
            en: "A password, key or certificate is written where a reference is expected. Secrets are never in the configuration, which is copied, "
                + "archived and shown: {file: …} names a file, {credential: …} a systemd credential, {env: …} a variable. The value is neither shown nor "
                + "logged; change it, since the file may have been seen."),
        Entry(
            "P0131",
            fr: "Un renvoi a une seule clé (file, credential ou env) et sa valeur est un texte.",
            en: "A reference has one key (file, credential or env) and its value is a text."),
        Entry(
            "P0132",
            fr: "La clé est là, mais sans valeur. Pour s'en tenir à la valeur par défaut, enlever la clé.",
            en: "The key is there without a value. To keep the default, remove the key."),
        Entry(
            "P0133",
            fr: "Le chemin ne se lit pas dans le format de la route. Pour HL7v2 : segment, champ, composante (MSH-9.1, PID-3[CX.5=INS].1, OBX[2]-5) "
                + "; pour les notes des traitements : note.nom.",
            en: "The path cannot be read in the route's format. For HL7v2: segment, field, component (MSH-9.1, PID-3[CX.5=INS].1, OBX[2]-5); for "
                + "the notes of steps: note.name."),
        Entry(
            "P0134",
            fr: "Le nom renvoie à quelque chose qui n'est pas dans la configuration : un récepteur, un émetteur, un opérateur, un magasin de "
                + "confiance, un certificat, un point de livraison, une route… Le définir d'abord, ou corriger le nom.",
            en: "The name points to something that is not in the configuration: a listener, a sender, an operator, a trust, an identity, an "
                + "endpoint, a route… Define it first, or correct the name."),
        Entry(
            "P0135",
            fr: "Le fichier nommé n'existe pas. Ce n'est qu'un avertissement, car des clés et des listes peuvent arriver après la configuration ; "
                + "ce qui en a besoin ne marchera pas sans lui.",
            en: "The file named does not exist. This is a warning only, since keys and lists may come after the configuration; what needs it will "
                + "not work without it."),
        Entry(
            "P0136",
            fr: "La condition, ou la liste « each », lit une note qu'aucun traitement de la route n'écrit : elle ne serait jamais vraie, et rien ne "
                + "partirait. Corriger le nom, ou ajouter sous « do » le traitement qui écrit la note (documents, pour les demandes de documents).",
            en: "The condition, or the list \"each\", reads a note that no step of the route writes: it would never hold, and nothing would leave. "
                + "Correct the name, or add the step that writes the note under \"do\" (documents, for document requests)."),
        Entry(
            "P0137",
            fr: "Le certificat et la clé d'une identité ne vont pas ensemble, ne se lisent pas, ou le certificat a expiré ou expire dans moins de 30 "
                + "jours. Ce n'est qu'un avertissement : la passerelle démarre, et la structure s'arrête avec la même raison dès qu'elle en a besoin.",
            en: "The certificate and the key of an identity do not belong together, cannot be read, or the certificate has expired or expires in "
                + "less than 30 days. Only a warning: the gateway starts, and the structure halts with the same reason as soon as it needs them."),
        Entry(
            "P0138",
            fr: "Les fichiers d'un magasin de confiance (trust) sont là, mais ne contiennent ni certificats d'autorités ni listes "
                + "de révocation en PEM : rien de ce qui s'y fie ne pourrait se connecter. En avertissement : une autorité a expiré, "
                + "ou une liste de révocation est périmée, et tout certificat de cette autorité sera refusé. Un fichier renouvelé "
                + "est relu par « passerelle reload ».",
            en: "The files of a trust are there but hold no certificates of authorities or revocation lists in PEM: nothing that "
                + "relies on it could connect. As a warning: an authority has expired, or a revocation list is out of date, and "
                + "every certificate of that authority will be refused. A renewed file is read by `passerelle reload`."),
        Entry(
            "P0139",
            fr: "Le sujet d'un partenaire est comparé à celui de son certificat, écrit selon la RFC 2253 : le nom d'abord, le pays "
                + "en dernier, des virgules entre les parties. La forme « /C=FR/O=…/CN=… » et l'ordre inverse, que d'anciens outils "
                + "affichent, ne correspondraient jamais : le partenaire serait refusé.",
            en: "The subject of a partner is compared with that of its certificate, written as RFC 2253 does: the name first, the "
                + "country last, commas between the parts. The form \"/C=FR/O=…/CN=…\" and the reverse order, which older tools "
                + "show, would never fit: the partner would be refused."),
    ]
}
