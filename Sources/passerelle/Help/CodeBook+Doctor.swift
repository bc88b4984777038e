extension CodeBook {
    static let doctor = [
        Entry(
            "P0544",
            fr: "Le fichier du journal est plus court que son en-tête ne le dit : disque plein à la copie, sauvegarde incomplète. `journal salvage` "
                + "en lit ce qui reste.",
            en: "The journal's file is shorter than its header says: a full disk while copying, an incomplete backup. `journal salvage` reads what is left."),
        Entry(
            "P0545",
            fr: "La base contient moins qu'à son dernier arrêt : le fichier -wal a été perdu ou coupé, ou une sauvegarde a été remise. Remettre le "
                + "fichier -wal ; si le retour est voulu, ôter le fichier « state » du dossier du journal : ce qui a été accepté depuis manque.",
            en: "The database holds less than when it was last open: the -wal file was lost or cut, or a backup was put back. Put the -wal file back; if "
                + "going back is meant, remove the file \"state\" of the journal's folder: what was accepted since is missing."),
        Entry(
            "P0546", fr: "SQLite trouve le fichier abîmé. Arrêter, `journal check` dit où, `journal salvage` lit le reste dans un nouveau journal.",
            en: "SQLite finds the file damaged. Stop, `journal check` says where, `journal salvage` reads the rest into a new journal."),
        Entry("P0547", fr: "Le dossier ne contient pas de fichier journal.sqlite.", en: "The folder holds no file journal.sqlite."),
        Entry("P0548", fr: "Donner un dossier vide ou nouveau à `--to`.", en: "Give `--to` an empty or new folder."),
        Entry(
            "P0554", fr: "Une personne a fait effacer les données d'un patient : voir l'audit.", en: "A person had a patient's data erased: see the audit."),
        Entry("P0740", fr: "Une page ne se lit plus. `journal salvage`.", en: "A page cannot be read any more. `journal salvage`."),
        Entry(
            "P0741", fr: "Le journal est d'une version ancienne : un démarrage le met à jour.", en: "The journal is of an old version: a start takes it over."),
        Entry(
            "P0742", fr: "Un envoi ouvert n'a plus son message : il ne peut partir. `journal salvage` l'écarte et le nomme.",
            en: "An open delivery has lost its message: it cannot leave. `journal salvage` leaves it out and names it."),
        Entry(
            "P0743", fr: "Le corps manque à un message non décidé ou dont un envoi est ouvert : la passerelle le retient.",
            en: "The body of a message that is undecided or has an open delivery is missing: the gateway holds it."),
        Entry("P0744", fr: "Le corps manque à un message réglé : rien ne l'attend.", en: "The body of a settled message is missing: nothing waits for it."),
        Entry(
            "P0745", fr: "Les drapeaux d'une file sont faux : un envoi pourrait attendre sans fin. `journal salvage` les refait.",
            en: "The flags of a lane are wrong: a delivery could wait for ever. `journal salvage` makes them anew."),
        Entry(
            "P0746", fr: "Un nom mène à un envoi absent : un compte rendu ne le trouvera pas.", en: "A name leads to no delivery: a report will not find it."),
        Entry("P0747", fr: "Un identifiant mène à un message absent.", en: "A control id leads to no message."),
        Entry("P0748", fr: "L'audit ne dit pas comment ceci fut décidé.", en: "The audit does not say how this was decided."),
        Entry("P0749", fr: "Un compteur est faux : seuls les affichages en souffrent.", en: "A counter is wrong: only what is shown suffers."),
        Entry(
            "P0750", fr: "Un corps manque ou diffère de son empreinte : il ne partira pas, ce qui l'attend est retenu. Remettre le fichier d'une sauvegarde.",
            en: "A body is missing or differs from its digest: it will not leave, what waits for it is held. Put the file back from a backup."),
        Entry(
            "P0751",
            fr: "Un nom ou un partenaire est perdu, et des lignes le désignent par son numéro : le suivant prendrait ce numéro, et un envoi partirait "
                + "ailleurs. `journal salvage` le nomme « lost-N » ; ce qui est ouvert là est retenu.",
            en: "A name or a partner is lost, and rows name it by its number: the next one would take that number, and a delivery would leave for elsewhere. "
                + "`journal salvage` names it \"lost-N\"; what is open there is held."),
        Entry(
            "P9030", fr: "Donner le nom d'un établissement de la configuration, ou l'OID de son domaine d'IPP.",
            en: "Give the name of a facility of the configuration, or the OID of its IPP domain."),
    ]
}
