extension CodeBook {
    static let secrets = [
        Entry(
            "P0180", fr: "Un fichier de certificat, de clé ou de secret manque, ou le compte de la passerelle ne peut pas le lire.",
            en: "A file of a certificate, key or secret is missing, or the gateway's account cannot read it."),
        Entry(
            "P0181", fr: "Une credential de systemd est nommée, mais le service n'en reçoit pas (LoadCredential=).",
            en: "A systemd credential is named, but the service is given none (LoadCredential=)."),
        Entry("P0182", fr: "La variable d'environnement nommée n'est pas définie.", en: "The environment variable named is not set."),
    ]

    static let engine = [
        Entry(
            "P0500", fr: "Le destinataire ne répond pas. Une tentative à la fois le sonde, et tout repart quand il est là.",
            en: "The far end does not answer. One attempt at a time probes it, and all goes on when it is there."),
        Entry(
            "P0501",
            fr: "La route ou l'émetteur de cet envoi n'est plus dans la configuration. L'envoi est retenu ; quand la destination revient (`passerelle "
                + "reload`), il repart de lui-même, sauf s'il a pu partir avant : `queue release`. Sinon `queue discard`, qui prévient l'émetteur du document s'il l'a demandé.",
            en: "The route or the sender of this delivery is no longer in the configuration. The delivery is held; when the destination is back "
                + "(`passerelle reload`) it goes on by itself, unless it may have left before: `queue release`. Else `queue discard` it, which tells the document's sender if it asked."
        ),
        Entry(
            "P0502",
            fr: "Le message ne convient à aucune route de son établissement : AE, rien n'est envoyé. `passerelle explain FICHIER` dit quelles conditions ne "
                + "tiennent pas.",
            en: "The message fits no route of its facility: AE, nothing is delivered. `passerelle explain FILE` says which conditions do not hold."),
        Entry(
            "P0503",
            fr: "Jugé de nouveau après un arrêt brutal, ce message est refusé, alors qu'un AA a pu partir avant l'arrêt. Il est retenu pour qu'une personne "
                + "prévienne l'émetteur. S'il est renvoyé, il est répondu AE et l'affaire est close.",
            en: "Judged again after a crash, this message is refused, though an AA may have left before it. It is held so that a person can tell its "
                + "sender. If it is sent again, it is answered AE and the case is closed."),
        Entry(
            "P0504",
            fr: "Le processus s'est arrêté pendant l'envoi : personne ne sait si le destinataire l'a reçu. Ce qui suit dépend de l'émetteur : il redemande, "
                + "renvoie les mêmes octets sous le même identifiant, ou attend une personne.",
            en: "The process ended while sending: nobody knows whether the far end has it. What follows depends on the sender: it asks, sends the same "
                + "bytes under the same id again, or waits for a person."),
        Entry(
            "P0505",
            fr: "Les tentatives ont duré plus que la limite de cet émetteur. Voir le dernier motif, réparer, puis `queue retry`, ou `queue discard`.",
            en: "Attempts went on for longer than this sender's limit. See the last reason, mend it, then `queue retry`, or `queue discard`."),
        Entry(
            "P0506",
            fr: "Le corps du message manque sur le disque ou ne correspond plus à son empreinte : il n'est jamais envoyé. `passerelle journal check` "
                + "dit ce qui manque encore ; restaurer le dossier du journal. Un message retenu avant d'être jugé attend aussi son expéditeur : qu'il le "
                + "répète, et le corps reprend sa place (`restored` dans l'audit), le message est jugé et repart.",
            en: "The body of the message is missing on the disk or no longer fits its digest: it is never sent. `passerelle journal check` "
                + "says what else is missing; restore the folder of the journal. A message that was held before it was judged also waits for its sender: once it "
                + "comes again, the body takes its place (`restored` in the audit), the message is judged and goes on."),
        Entry(
            "P0507",
            fr: "Deux fois, le processus s'est arrêté en traitant ce message : il est mis de côté, compté comme pris. À signaler à l'éditeur.",
            en: "Twice the process ended while handling this message: it is put aside, and counts as taken. Tell the vendor."),
        Entry(
            "P0508",
            fr:
                "Parti, sans réponse, et ce destinataire ne peut pas être interrogé sans risque de doublon. Vérifier chez lui, puis `queue retry` ou `discard`.",
            en: "Sent, not answered, and this far end cannot be asked without risking a double. Look there, then `queue retry` or `discard`."),
        Entry(
            "P0509",
            fr: "Un avis de remise est arrivé dont l'identifiant n'est celui d'aucun envoi. Il est gardé pour qu'une personne le lise.",
            en: "A delivery report came whose id is that of no delivery. It is kept for a person to read."),
        Entry(
            "P0510",
            fr: "La passerelle s'arrête ou démarre : l'émetteur reçoit AR et renverra.", en: "The gateway stops or starts: the sender gets AR and sends again."),
        Entry(
            "P0511",
            fr: "Le disque du journal est presque plein. L'entrée se ferme (AR) pour que ce qui est déjà pris puisse partir ; elle se rouvre d'elle-même.",
            en: "The journal's disk is nearly full. The intake closes (AR) so that what is taken can leave; it opens again by itself."),
        Entry(
            "P0512",
            fr: "Le courriel est parti, mais l'avis de remise n'est pas venu dans le délai. Vérifier auprès de l'opérateur.",
            en: "The mail left, but its delivery report did not come in time. Ask the operator."),
        Entry("P0513", fr: "Le contenu ne se lit pas dans le format attendu.", en: "The content cannot be read in the expected format."),
        Entry(
            "P0514",
            fr: "Le message attendait une route qui n'existe plus. Remettre la route et recharger : il repart. Ou `queue discard`.",
            en: "The message waited for a route that is gone. Put the route back and reload: it goes on. Or `queue discard`."),
        Entry(
            "P0519",
            fr: "La route, rejouée avec la configuration d'aujourd'hui, n'envoie plus ce message à cette destination : rien ne part, une personne décide. Si "
                + "une configuration corrigée l'y envoie de nouveau, il repart de lui-même.",
            en: "The route, run again with today's configuration, no longer sends this message to this destination: nothing leaves, a person decides. If a "
                + "corrected configuration sends it there again, it goes on by itself."),
        Entry(
            "P0580",
            fr: "Le processus a ouvert autant de fichiers et de connexions qu'il en a le droit : les nouvelles connexions attendent, les envois sont "
                + "différés. Relever LimitNOFILE= (systemd) ou `ulimit -Hn`, ou baisser `connections` des écoutes.",
            en: "The process has as many files and links open as it may: new links wait, deliveries are deferred. Raise LimitNOFILE= (systemd) or "
                + "`ulimit -Hn`, or lower `connections` of the listeners."),
        Entry("P0515", fr: "Le journal ne répond pas : l'émetteur reçoit AR.", en: "The journal does not answer: the sender gets AR."),
        Entry(
            "P0516",
            fr: "Reconstruit après un envoi sans réponse, le contenu n'est plus le même (configuration changée, par exemple). Il n'est pas envoyé, pour ne "
                + "pas créer deux documents différents sous un même identifiant.",
            en: "Built again after a sending without answer, the content is no longer the same (a changed configuration, for example). It is not sent, so "
                + "that no two different documents exist under one id."),
    ]

    static let journal = [
        Entry("P0520", fr: "Aucun envoi de ce numéro : voir `queue list`.", en: "No delivery has this number: see `queue list`."),
        Entry("P0530", fr: "Aucun message de ce numéro.", en: "No message has this number."),
        Entry("P0531", fr: "Un essai est en cours : recommencer dans un instant.", en: "An attempt is under way: repeat in a moment."),
        Entry(
            "P0532",
            fr: "Cette action ne convient pas à l'état de l'envoi : on ne relâche que ce qui est retenu, on n'abandonne pas ce qui est remis.",
            en: "This does not fit the delivery's state: only what is held is released, what is delivered is not discarded."),
        Entry(
            "P0533",
            fr: "Un envoi plus récent au même destinataire est déjà réglé : relâcher celui-ci remettrait l'ancien par-dessus le nouveau. `queue discard`.",
            en: "A later delivery to the same far end is settled already: releasing this one would put the old over the new. `queue discard`."),
        Entry("P0534", fr: "Un message a au plus 4096 envois.", en: "A message has 4096 deliveries at most."),
        Entry(
            "P0536",
            fr: "`queue pass` laisse une fusion d'identités (A40, A47) partir avant ce qu'elle attend, elle seule. L'ordre des autres envois ne se change "
                + "pas : retenir, relancer ou abandonner ce qui est devant.",
            en: "`queue pass` lets a merge (A40, A47) leave before what it waits for, alone. The order of other deliveries is not changed: hold, retry or "
                + "discard what stands before."),
        Entry(
            "P0537",
            fr: "Le fichier journal.sqlite-wal dépasse 256 Mo : une lecture longue (console, sauvegarde, outil externe) empêche de le vider. La trouver et "
                + "l'arrêter ; à 1 Go, plus rien n'est reçu.",
            en: "The file journal.sqlite-wal is over 256 MB: a long reading (console, backup, another tool) keeps it from being emptied. Find it and stop "
                + "it; at 1 GB nothing more is taken in."),
        Entry(
            "P0538",
            fr: "Le fichier journal.sqlite-wal dépasse 1 Go : les émetteurs reçoivent AR et reviendront. Arrêter la lecture qui le retient ; la réception "
                + "reprend d'elle-même.",
            en: "The file journal.sqlite-wal is over 1 GB: senders get AR and will come back. Stop the reading that holds it; the intake opens again by "
                + "itself."),
        Entry("P0535", fr: "Un corps porte déjà cet identifiant.", en: "A body has this id already."),
        Entry(
            "P0540", fr: "La recherche dépasse deux secondes : ajouter une destination ou un état.",
            en: "The search takes over two seconds: add a destination or a state."),
        Entry(
            "P0541",
            fr: "Un journal s'ouvre par un seul processus. Arrêter l'autre, ou lui parler par `passerelle queue`.",
            en: "A journal is open in one process alone. Stop the other, or talk to it by `passerelle queue`."),
        Entry("P0542", fr: "Le dossier du journal contient un autre fichier sous son nom.", en: "The folder of the journal holds another file of its name."),
        Entry(
            "P0543", fr: "Le journal vient d'une version plus récente : utiliser cette version.",
            en: "The journal comes from a later version: use that version."),
        Entry(
            "P0550",
            fr: "Le corps a dépassé la durée ou les octets de garde (keep) : il n'est plus lu ni renvoyé. Réponses, empreintes et audit restent.",
            en: "The body was kept for its days or bytes (keep): it is read and sent no more. Answers, digests and the audit stay."),
        Entry(
            "P0551", fr: "Le corps a été effacé par `passerelle erase` : l'audit dit par qui et quand.",
            en: "The body was erased by `passerelle erase`: the audit says by whom and when."),
        Entry(
            "P0552",
            fr: "La route garde plus d'octets que keep.bytes, et ce qui reste ne peut partir : envois ouverts, retenus, ou compte rendu attendu. "
                + "Voir `queue list`, ou relever la limite.",
            en: "The route keeps more bytes than keep.bytes, and the rest cannot go: deliveries open, held, or a report awaited. See `queue list`, or raise "
                + "the limit."),
        Entry(
            "P0553",
            fr: "L'horloge a sauté de plus d'un jour, ou la passerelle est restée arrêtée plus d'un jour : rien n'est effacé avant que l'horloge ait "
                + "tenu un jour entier. Si l'heure est fausse, la corriger ; rien d'autre à faire.",
            en: "The clock jumped by more than a day, or the gateway was stopped for more than a day: nothing is erased before the clock has stood by its "
                + "word for a whole day. If the time is wrong, correct it; there is nothing else to do."),
    ]

    static let door = [
        Entry("P9001", fr: "La porte ne connaît pas cette adresse.", en: "The door does not know this address."),
        Entry("P9002", fr: "Les lectures sont des GET, les commandes des POST.", en: "Reading is GET, commands are POST."),
        Entry(
            "P9003", fr: "Un envoi se nomme par son numéro, comme `queue list` le montre.", en: "A delivery is named by its number, as `queue list` shows it."),
        Entry("P9004", fr: "Le corps d'une commande est un objet JSON.", en: "The body of a command is a JSON object."),
        Entry(
            "P9005", fr: "États : queued, active, deferred, unknown, held, delivered, refused, discarded. Destinataires : voir `queue hold --help`.",
            en: "States: queued, active, deferred, unknown, held, delivered, refused, discarded. Owners: see `queue hold --help`."),
        Entry("P9006", fr: "Une requête a au plus 64 Kio.", en: "A request has 64 KiB at most."),
        Entry("P9007", fr: "Ni message, ni envoi, ni nom au repos de ce nom.", en: "No message, delivery or resting scope has this name."),
        Entry("P9010", fr: "Une personne a abandonné l'envoi ; l'audit dit qui.", en: "A person discarded the delivery; the audit says who."),
        Entry("P9011", fr: "Une personne a retenu l'envoi ; l'audit dit qui.", en: "A person held the delivery; the audit says who."),
        Entry(
            "P9020", fr: "L'envoi a changé depuis qu'il a été lu : relire, puis recommencer.",
            en: "The delivery changed since it was read: read it again, then repeat."),
        Entry("P9021", fr: "Plus de place pour noter la commande.", en: "No room to write the command down."),
        Entry("P9022", fr: "La passerelle s'arrête.", en: "The gateway is stopping."),
        Entry("P9023", fr: "Le journal a échoué : voir les lignes de la passerelle.", en: "The journal failed: see the gateway's lines."),
        Entry("P9024", fr: "Voir P0506.", en: "See P0506."),
    ]
}
