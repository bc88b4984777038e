extension DiagnosticHelp {
    static let whole = [
        Entry(
            "P0140",
            fr: "Ce mot ne nomme aucun composant de cette sorte : récepteurs (listeners), émetteurs (senders, endpoints), contrôles (check), "
                + "traitements (do) et accusés (then) ont chacun leurs mots.",
            en: "This word names no component of this kind: listeners, senders (also endpoints), checks, steps (do) and thens each have their "
                + "words."),
        Entry(
            "P0154",
            fr: "Un déploiement n'a qu'un journal : sqlite pour une passerelle seule, postgres pour plusieurs. Pour passer de l'un à l'autre avec ce qui est "
                + "en cours : `passerelle journal copy`.",
            en: "A deployment has one journal: sqlite for one gateway alone, postgres for several. To move from one to the other with what is under way: "
                + "`passerelle journal copy`."),
        Entry(
            "P0155",
            fr: "Quand plusieurs passerelles partagent un journal, aucune ne commence un envoi qui pourrait finir après son bail : une autre pourrait avoir "
                + "repris la file. Le bail (lease) doit donc dépasser le plus long délai de chaque émetteur.",
            en: "Where several gateways share a journal, none begins an attempt that could end after its lease: another might have taken the lane over. So "
                + "the lease must be longer than the longest time to wait of each sender."),
        Entry(
            "P0141",
            fr: "Un récepteur, un émetteur ou un accusé est un seul composant : un mot, puis ses champs, par exemple {mllp: {port: 6660}}.",
            en: "A listener, a sender or a then is one component: a word, then its fields, for example {mllp: {port: 6660}}."),
        Entry(
            "P0142",
            fr: "Test et production ne se mêlent jamais. Le nœud, l'établissement, l'opérateur, la boîte, le certificat et le point de livraison "
                + "déclarent chacun leur environnement, et tous doivent être celui du nœud. Pour changer d'environnement, un autre nœud, avec son journal "
                + "et ses certificats.",
            en: "Test and production never mix. The node, the facility, the operator, the mailbox, the certificate and the endpoint each declare an "
                + "environment, and all must be the node's. To change environment, use another node, with its own journal and certificates."),
        Entry(
            "P0143",
            fr: "production_ins_in_test laisse entrer, en test seulement, des INS dont l'OID est de production. En production ce sont les INS de "
                + "test qui sont refusées, et aucun réglage n'y change rien.",
            en: "production_ins_in_test lets in, in test only, INS whose OID is that of production. In production it is test INS that are refused, "
                + "and no setting changes that."),
        Entry(
            "P0144",
            fr: "Un serveur s'écrit hôte:port, sans protocole ni chemin ; une adresse IPv6 se met entre crochets.",
            en: "A server is written host:port, without scheme or path; an IPv6 address goes in brackets."),
        Entry(
            "P0145",
            fr: "Un OID est fait de nombres séparés par des points, sans zéro de tête. Il entre dans les identifiants envoyés au DMP.",
            en: "An OID is made of numbers separated by points, without leading zeros. It becomes part of the identifiers sent to the DMP."),
        Entry(
            "P0146",
            fr: "Un numéro FINESS a neuf caractères (2A et 2B pour la Corse). Entre guillemets, un zéro de tête se lit mieux.",
            en: "A FINESS number has nine characters (2A and 2B for Corsica). In quotes a leading zero is easier to see."),
        Entry(
            "P0147",
            fr: "Une adresse MSSanté complète, sans nom affiché ni chevrons.",
            en: "A whole MSSanté address, without display name or angle brackets."),
        Entry(
            "P0148",
            fr: "Deux récepteurs ne peuvent tenir le même port, la même boîte ou le même dossier : le second ne s'ouvrirait pas, ou chacun "
                + "prendrait une part des messages de l'autre.",
            en: "Two listeners cannot own the same port, mailbox or folder: the second would not open, or each would take part of the other's "
                + "messages."),
        Entry(
            "P0149",
            fr: "Un partenaire se reconnaît à son récepteur, à MSH-3, à MSH-4 et, s'il est donné, au sujet de son certificat. Ici deux partenaires "
                + "répondraient au même message : l'établissement d'un message dépendrait de l'ordre des fichiers.",
            en: "A partner is recognised by its listener, MSH-3, MSH-4 and, where given, the subject of its certificate. Here two partners would "
                + "fit the same message: a message's facility would depend on the order of files."),
        Entry(
            "P0150",
            fr: "Deux fichiers portent le même nom d'établissement ou de route. Les noms entrent dans les clés des envois et dans le journal : ils "
                + "sont uniques.",
            en: "Two files have the same name of facility or route. Names are part of delivery keys and of the journal: they are unique."),
        Entry(
            "P0151",
            fr: "Le fichier s'appelle autrement que l'établissement ou la route qu'il décrit. Rien ne s'y oppose, mais qui cherche le nom ne "
                + "trouvera pas le fichier.",
            en: "The file is called otherwise than the facility or route it describes. Nothing forbids it, but who looks for the name will not find "
                + "the file."),
        Entry(
            "P0152",
            fr: "Le dossier des routes ou des établissements n'existe pas. Par défaut ce sont Routes et Routes/facilities, à côté du fichier du "
                + "nœud ; les clés routes et facilities de ce fichier en nomment d'autres.",
            en: "The folder of routes or facilities does not exist. By default these are Routes and Routes/facilities, beside the node file; the "
                + "keys routes and facilities of that file name others."),
        Entry(
            "P0153",
            fr: "Les noms d'établissements, de routes, de récepteurs, d'émetteurs et de destinations entrent dans des clés, des fichiers et des "
                + "journaux : lettres sans accent, chiffres, « - », « _ » et « . », 64 caractères au plus.",
            en: "Names of facilities, routes, listeners, senders and destinations become part of keys, files and logs: plain letters, digits, "
                + "\"-\", \"_\" and \".\", at most 64 characters."),
        Entry(
            "P0156",
            fr: "Cet émetteur, ce point de livraison ou ce récepteur est défini, et rien ne s'en sert : ni route, ni partenaire. "
                + "C'est souvent le nom d'à côté qui est faux, ou un reste d'un ancien réglage. La passerelle démarre quand même.",
            en: "This sender, endpoint or listener is defined, and nothing uses it: no route, no partner. Often the name beside it "
                + "is wrong, or it is left over from a former setting. The gateway starts all the same."),
        Entry(
            "P0157",
            fr: "La route prend ce qui entre par un récepteur, mais aucun partenaire de cet établissement n'y entre : elle ne "
                + "verra jamais de message de lui. Le récepteur du partenaire (listener) ou celui de la route (from) est sans doute "
                + "faux.",
            en: "The route takes what comes in by a listener, but no partner of this facility comes in there: it will never see a "
                + "message of it. The partner's listener or that of the route (from) is probably wrong."),
        Entry(
            "P0158",
            fr: "Ce partenaire peut se connecter, mais aucune des routes auxquelles son établissement prend part ne commence à ce "
                + "récepteur : chacun de ses messages recevra AE (200, aucune route).",
            en: "This partner may connect, but none of the routes that its facility takes part in begins at this listener: each of "
                + "its messages will get AE (200, no route)."),
        Entry(
            "P0159",
            fr: "Un fichier d'établissement est parmi les routes, un fichier de route parmi les établissements, ou l'un d'eux a "
                + "été donné à la place de passerelle.yaml. Par défaut : passerelle.yaml, Routes/ pour les routes, "
                + "Routes/facilities/ pour les établissements.",
            en: "A facility file stands among the routes, a route file among the facilities, or one of them was given in place of "
                + "passerelle.yaml. By default: passerelle.yaml, Routes/ for routes, Routes/facilities/ for facilities."),
        Entry(
            "P0190",
            fr: "ask (question à l'extérieur) et les fichiers .test.yaml sont prévus, mais cette version ne les fait pas. Ils sont refusés "
                + "plutôt qu'ignorés : ce qu'on croit fait et qui ne l'est pas serait pire qu'une erreur.",
            en: "ask (a question to the outside) and .test.yaml files are planned, but this version does not do them. They are refused rather "
                + "than ignored: what is believed done and is not would be worse than an error."),
    ]
}
