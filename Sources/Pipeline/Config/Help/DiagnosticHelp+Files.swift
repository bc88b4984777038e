extension DiagnosticHelp {
    static let files = [
        Entry(
            "P0100",
            fr: "Un fichier de la configuration n'a pas pu être lu : il n'existe pas, ou le compte qui fait tourner la passerelle n'en a pas le "
                + "droit. Les chemins partent du dossier du fichier du nœud.",
            en: "A file of the configuration could not be read: it does not exist, or the account that runs the gateway may not read it. Paths "
                + "start from the folder of the node file."),
        Entry(
            "P0101",
            fr: "Les fichiers de configuration sont en UTF-8. Celui-ci a été enregistré dans un autre codage, souvent Windows-1252 ; la place "
                + "donnée est celle du premier caractère qui n'est pas de l'UTF-8.",
            en: "Configuration files are UTF-8. This one was saved in another encoding, often Windows-1252; the place given is that of the first "
                + "character that is not UTF-8."),
        Entry(
            "P0102",
            fr: "Un fichier de configuration de plus d'un mégaoctet n'en est pas un : sans doute un export ou un document mis là par erreur. Il "
                + "n'est pas lu.",
            en: "A configuration file of more than one megabyte is none: probably an export or a document put there by mistake. It is not read."),
        Entry(
            "P0103",
            fr: "Le fichier n'est pas du YAML correct. L'erreur est à la place indiquée ou juste avant : indentation irrégulière, deux-points sans "
                + "espace, guillemet ou crochet non fermé, tabulation. Seule la première est signalée, les suivantes en dépendent.",
            en: "The file is not correct YAML. The error is at the place given or just before it: uneven indentation, a colon without a blank, a "
                + "quote or bracket left open, a tab. Only the first is reported, since the rest depends on it."),
        Entry(
            "P0104",
            fr: "La même clé est écrite deux fois au même niveau : YAML garderait l'une des deux sans le dire. N'en garder qu'une.",
            en: "The same key is written twice at the same level: YAML would keep one of them without saying so. Keep one."),
        Entry(
            "P0105",
            fr: "Les ancres (« & »), les alias (« * ») et les fusions (« << ») de YAML sont refusés : une valeur se lit là où elle est écrite, et "
                + "un petit fichier ne peut pas en devenir un énorme. Pour ce qui varie d'un établissement à l'autre, il y a les paramètres des routes. "
                + "Un texte qui commence par « & » ou « * » se met entre guillemets.",
            en: "YAML's anchors (\"&\"), aliases (\"*\") and merges (\"<<\") are refused: a value is read where it is written, and a small file "
                + "cannot become a huge one. For what differs between facilities there are the parameters of routes. A text that begins with \"&\" or "
                + "\"*\" goes in quotes."),
        Entry(
            "P0106",
            fr: "Les étiquettes de YAML (« !!int », « !secret ») sont refusées : le type d'une valeur vient de la clé, jamais du fichier.",
            en: "YAML tags (\"!!int\", \"!secret\") are refused: the type of a value comes from its key, never from the file."),
        Entry(
            "P0107",
            fr: "Un fichier contient un seul document YAML. « --- » au milieu en commence un second, qui serait ignoré : le mettre dans un autre "
                + "fichier.",
            en: "A file holds one YAML document. A \"---\" in the middle begins a second one, which would be ignored: put it in another file."),
        Entry(
            "P0108",
            fr: "Trop de niveaux imbriqués : aucune configuration n'en demande autant. Un crochet ou une accolade n'est sans doute pas fermé.",
            en: "Too many nested levels: no configuration needs that many. A bracket or brace is probably not closed."),
        Entry(
            "P0109",
            fr: "Une clé est un texte ; ici c'est une liste ou un ensemble. Il manque souvent des guillemets autour d'un texte qui commence par « [ "
                + "» ou « { ».",
            en: "A key is a text; here it is a list or a map. Often the quotes are missing around a text that begins with \"[\" or \"{\"."),
        Entry(
            "P0110",
            fr: "Le fichier est vide, ou ne contient que des commentaires. Un fichier d'établissement ou de route qui n'a plus d'objet se supprime.",
            en: "The file is empty, or holds only comments. A facility or route file that has no purpose any more is deleted."),
    ]
}
