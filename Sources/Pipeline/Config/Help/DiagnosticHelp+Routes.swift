extension DiagnosticHelp {
    static let routes = [
        Entry(
            "P0160",
            fr: "Une condition est un chemin et un test, {MSH-9.1: {equals: ORU}}, ou plusieurs réunies par all, any ou not. Plusieurs chemins dans "
                + "le même ensemble doivent tous convenir.",
            en: "A condition is a path and a test, {MSH-9.1: {equals: ORU}}, or several joined by all, any or not. Several paths in one map must "
                + "all hold."),
        Entry(
            "P0161",
            fr: "Les tests sont equals (la valeur), in (une liste de valeurs), contains (un texte à l'intérieur), matches (expression régulière sur "
                + "toute la valeur) et exists (true ou false). Quand un chemin donne plusieurs valeurs, une qui convient suffit.",
            en: "The tests are equals (the value), in (a list of values), contains (a text within), matches (a regular expression over the whole "
                + "value) and exists (true or false). Where a path gives several values, one that fits is enough."),
        Entry(
            "P0162",
            fr: "L'expression régulière ne se lit pas, est trop longue, ou répète un groupe qui répète déjà, comme (a+)* : certains textes "
                + "demanderaient alors un temps sans fin, avant l'accusé de réception.",
            en: "The regular expression cannot be read, is too long, or repeats a group that repeats already, like (a+)*: some texts would then "
                + "take endless time, before the acknowledgement."),
        Entry(
            "P0163",
            fr: "Les notes sont les faits trouvés par les traitements (do). Le choix de la route et ses contrôles ont lieu avant, sur le message "
                + "seul : ils ne peuvent pas les lire. Les conditions des destinations le peuvent.",
            en: "Notes are the facts that steps (do) find. Choosing the route and its checks come before, on the message alone: they cannot read "
                + "them. The conditions of destinations can."),
        Entry(
            "P0164",
            fr: "{param: x} renvoie à un paramètre déclaré sous parameters, en tête de la route.",
            en: "{param: x} refers to a parameter declared under parameters, at the top of the route."),
        Entry(
            "P0165",
            fr: "Ce paramètre de la route n'a pas de valeur par défaut : l'établissement qui prend part à la route doit la donner.",
            en: "This parameter of the route has no default: the facility that takes part in the route must give it."),
        Entry(
            "P0166",
            fr: "L'identifiant d'une destination entre dans la clé de ses envois : deux destinations de même identifiant seraient prises l'une pour "
                + "l'autre, et la seconde ne partirait pas.",
            en: "The id of a destination is part of the key of its deliveries: two destinations of one id would be taken for each other, and the "
                + "second would not leave."),
        Entry(
            "P0167",
            fr: "La route est lisible, mais aucun établissement n'y prend part : aucun message ne la suivra. Un établissement la nomme sous routes.",
            en: "The route can be read, but no facility takes part in it: no message will follow it. A facility names it under routes."),
        Entry(
            "P0168",
            fr: "La route envoie à l'émetteur du message (send: {partner: answers}), mais ce partenaire n'a pas de point de livraison : ce qui lui "
                + "est destiné sera retenu jusqu'à ce qu'il en ait un.",
            en: "The route sends to the message's sender (send: {partner: answers}), but this partner has no endpoint: what is meant for it will be "
                + "held until it has one."),
        Entry(
            "P0169",
            fr: "Un paramètre se déclare par un type ({type: sender}) ou par la liste de ses valeurs ({in: [strict, rules]}), pas les deux.",
            en: "A parameter is declared by a type ({type: sender}) or by the list of its values ({in: [strict, rules]}), not both."),
        Entry(
            "P0170",
            fr: "from dit d'où viennent les messages de la route : un récepteur du fichier du nœud, plusieurs, ou {emitted: [zam]} pour ceux que la "
                + "passerelle fait naître elle-même.",
            en: "from says where the route's messages come from: a listener of the node file, several, or {emitted: [zam]} for those that the "
                + "gateway itself gives rise to."),
        Entry(
            "P0171",
            fr: "send nomme un émetteur du fichier du nœud, un point de livraison de l'établissement, ou {partner: answers} : celui que le "
                + "partenaire du message a donné pour ses accusés.",
            en: "send names a sender of the node file, an endpoint of the facility, or {partner: answers}: the one that the message's partner gave "
                + "for its acknowledgements."),
        Entry(
            "P0172",
            fr: "La destination rend compte à l'émetteur du document d'un envoi d'une certaine sorte : zam-z01 de ce que répond le "
                + "DMP, zam-z02 de ce que devient un courriel MSSanté. Avec un autre émetteur, l'hôpital lirait « publié au DMP » "
                + "pour un document qui n'y est pas. L'émetteur se nomme dans la route, ou dans l'établissement si c'est un "
                + "paramètre. Hors production, l'émetteur null peut tenir la place de tous.",
            en: "The destination tells the document's sender of deliveries of one kind: zam-z01 of what the DMP answers, zam-z02 "
                + "of what becomes of an MSSanté mail. With another sender the hospital would read \"published to the DMP\" for a "
                + "document that is not there. The sender is named in the route, or in the facility where it is a parameter. Outside "
                + "production the sender null may stand for any."),
        Entry(
            "P0173",
            fr: "Certains émetteurs ne prennent pas n'importe quel message : dmp et mssante envoient une demande CDA que "
                + "cda-request (check) a contrôlée et que documents (do) a ouverte ; dmp la publie une fois, mssante envoie un "
                + "courriel à chaque destinataire que nomme « each » ; mllp n'envoie que du HL7v2.",
            en: "Some senders do not take just any message: dmp and mssante send a CDA request that cda-request (check) has "
                + "controlled and documents (do) has opened; dmp publishes it once, mssante mails it to each recipient that \"each\" "
                + "names; mllp sends HL7v2 only."),
        Entry(
            "P0174",
            fr: "La condition veut que le type ou l'événement du message soit deux choses à la fois, ou un mot en minuscules : la route ne prendrait jamais "
                + "rien. Pour l'une ou l'autre de plusieurs valeurs : {MSH-9.1: {in: [ORU, MDM]}}.",
            en: "The condition wants the message's type or event to be two things at once, or a word in small letters: the route would never take anything. "
                + "For one of several values: {MSH-9.1: {in: [ORU, MDM]}}."),
        Entry(
            "P0175",
            fr: "class dit quels envois sont du jour (today, par défaut) et lesquels rattrapent l'historique (bulk). À chaque destinataire, ceux du jour "
                + "passent toujours devant, pour les places comme pour le débit ; bulk prend ce qui reste, et une part sur vingt quand rien ne reste. "
                + "{bulk: condition} trie selon le message : les autres sont du jour. Un document qui en remplace un autre l'attend toujours.",
            en: "class says which deliveries are for today (today, the default) and which catch up on history (bulk). At each far end, today's always go "
                + "first, for places as for the rate; bulk takes what is left, and one share in twenty where nothing is left. {bulk: condition} sorts by "
                + "the message: the others are for today. A document that replaces another always waits for it."),
        Entry(
            "P0176",
            fr: "Ce réglage est lu par plusieurs contrôles ou étapes de la route. S'ils ne s'accordent pas, l'un laisse passer ce que l'autre refuse : le "
                + "message est acquitté, puis retenu. Un paramètre de la route donne la même valeur à tous.",
            en: "This setting is read by several checks or steps of the route. Where they disagree, one lets in what the other refuses: the message is "
                + "acknowledged, then held. A parameter of the route gives all the same value."),
        Entry(
            "P0177",
            fr: "Les destinations de cette route font naître des messages (les accusés métier zam), et aucune route de "
                + "l'établissement ne les prend : ils seront retenus, et l'hôpital n'apprendra pas ce que ses documents sont "
                + "devenus. Il suffit en général de prendre part à business-acknowledgements.",
            en: "The destinations of this route give rise to messages (the business acknowledgements zam), and no route of the "
                + "facility takes them: they will be held, and the hospital will not learn what became of its documents. Usually it "
                + "is enough to take part in business-acknowledgements."),
        Entry(
            "P0178",
            fr: "Ce qui reconnaît une répétition ou un compte rendu tardif survit au corps, les preuves survivent à ces faits, et l'audit à tout : "
                + "days ≤ facts_days ≤ proofs_days ≤ audit_days, dans keep du fichier du nœud ; les jours d'une route ne dépassent pas facts_days.",
            en: "What recognises a repeat or a late report outlives the body, proofs outlive those facts, and the audit outlives all: days ≤ facts_days "
                + "≤ proofs_days ≤ audit_days, in keep of the node file; the days of a route do not exceed facts_days."),
        Entry(
            "P0179",
            fr: "from: {emitted: [zam]} nomme les messages que la passerelle fait naître elle-même ; aucun « then » n'en fait "
                + "naître de ce nom, la route ne prendrait donc jamais rien.",
            en: "from: {emitted: [zam]} names the messages that the gateway itself gives rise to; no \"then\" gives rise to any of "
                + "this name, so the route would never take anything."),
    ]
}
