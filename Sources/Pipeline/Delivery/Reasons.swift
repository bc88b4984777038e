/// The pipeline's own reasons: stable codes `P05xx`, texts without patient data.
package enum Reasons {
    /// The far end cannot be reached, refuses connections, or answers "busy": its scope rests and is probed by one delivery. Senders use this code for it.
    package static let farEndAwayCode = "P0500"

    /// The far end cannot be reached.
    package static func farEndAway(detail: String? = nil) -> Reason {
        Reason(farEndAwayCode, Text(fr: "Le destinataire est injoignable", en: "The far end cannot be reached"), detail: detail)
    }
    /// Held until the configuration has it again (then it is released by itself), or a person decides. `destination`: `route/to.id`, and its sender.
    static func noSuchSender(_ destination: String) -> Reason {
        Reason(
            goneCode, Text(fr: "La destination n'existe plus dans la configuration", en: "The destination is gone from the configuration"),
            location: destination)
    }
    static let goneCode = "P0501", routeGoneCode = "P0514", notAskedCode = "P0519"
    /// A refusal of which the far end's code and words stay, after an attempt that ended unknown and may have arrived.
    static func refusedAfterUnknown(_ reason: Reason) -> Reason {
        Reason(
            reason.code,
            Text(
                fr: reason.text.fr + " (refus après un essai sans réponse, que le destinataire a pu enregistrer : à vérifier chez lui)",
                en: reason.text.en + " (refused after an attempt without answer, which the far end may have stored: look there)"),
            location: reason.location, business: reason.business, detail: reason.detail?.revealed)
    }
    /// Held until the configuration has what the delivery was planned for.
    static func waitsForConfiguration(_ reason: Reason) -> Bool { [goneCode, routeGoneCode, notAskedCode].contains(reason.code) }
    static func noLongerAsked(_ destination: String) -> Reason {
        Reason(
            notAskedCode,
            Text(
                fr: "La route, modifiée depuis, n'envoie plus ce message à cette destination",
                en: "The route, changed since, no longer sends this message to this destination"), location: destination)
    }
    static let noRoute = Reason("P0502", Text(fr: "Aucune route ne prend ce message", en: "No route takes this message"))
    static let rejudged = Reason(
        "P0503", Text(fr: "Refusé après un redémarrage, alors qu'un AA a pu partir", en: "Refused after a restart, when an AA may have been sent"))
    static let interrupted = Reason("P0504", Text(fr: "Interrompu pendant l'envoi : résultat inconnu", en: "Interrupted while sending: outcome unknown"))
    static let gaveUp = Reason(
        "P0505", Text(fr: "Abandon après des tentatives sans succès : à décider", en: "Given up after unsuccessful attempts: to be decided"))
    static let damaged = Reason(
        "P0506", Text(fr: "Le corps du message est absent ou abîmé dans le journal", en: "The body of the message is missing or damaged in the journal"))
    static let killer = Reason("P0507", Text(fr: "Le traitement de ce message a arrêté le processus", en: "Handling this message ended the process"))
    static let unknownToHold = Reason(
        "P0508", Text(fr: "Résultat inconnu, et le destinataire ne peut être interrogé", en: "Outcome unknown, and the far end cannot be asked"))
    static let unmatchedReport = Reason("P0509", Text(fr: "Compte rendu sans envoi correspondant", en: "Report that matches no delivery"))
    static let stopping = Reason("P0510", Text(fr: "Arrêt en cours", en: "Shutting down"))
    package static let full = Reason("P0511", Text(fr: "Journal plein ou disque presque plein", en: "Journal full or disk low"))
    static let overdue = Reason("P0512", Text(fr: "Compte rendu non reçu dans le délai", en: "Report overdue"))
    static let unreadable = Reason("P0513", Text(fr: "Contenu illisible", en: "Unreadable content"))
    static let reused = Reason(
        "207", Text(fr: "Identifiant de message déjà utilisé pour un autre contenu", en: "Control id already used for other content"), location: "MSH-10")
    static let routeGone = Reason(routeGoneCode, Text(fr: "La route n'existe plus dans la configuration", en: "The route is gone from the configuration"))
    static func unsupportedType(at place: String?) -> Reason {
        Reason("200", Text(fr: "Type de message non pris en charge", en: "Unsupported message type"), location: place)
    }
    static func unsupportedEvent(at place: String?) -> Reason {
        Reason("201", Text(fr: "Événement non pris en charge pour ce type de message", en: "Unsupported event for this type of message"), location: place)
    }
    static func conditionsNotMet(at place: String?) -> Reason {
        Reason(
            "200",
            Text(
                fr: "Aucune route ne prend ce message : son type est connu, les conditions des routes ne sont pas remplies",
                en: "No route takes this message: its type is known, the conditions of the routes are not met"), location: place)
    }
    static let broken = Reason("P0515", Text(fr: "Le journal ne répond pas", en: "The journal does not answer"))
    static let away = Reason("P0517", Text(fr: "La base de données ne répond pas", en: "The database does not answer"))
    /// What the gateway itself could not do: it says nothing of the far end, and an attempt that ends so is none.
    static func isOurs(_ reason: Reason) -> Bool {
        [stopping.code, full.code, broken.code, away.code, JournalReasons.tooLong.code].contains(reason.code)
    }
    static let elsewhere = Reason(
        "P0518", Text(fr: "Ce message est en cours d'examen sur une autre passerelle", en: "Another gateway is examining this message"))
    static let differentBytes = Reason(
        "P0516", Text(fr: "Le contenu reconstruit diffère de celui déjà parti", en: "The rebuilt content differs from what already left"))
}
