import Pipeline

/// The words that journal and door keep in English (states, owners, the audit, facts, the trace), in the language of the person.
enum Words {
    /// A state, an owner, a word of the audit, the severity of a finding, the class of a delivery.
    static func word(_ word: String) -> String { self.word(word, Say.language) }
    /// The same in a language that is said.
    static func word(_ word: String, _ language: Language) -> String { (language == .fr ? french : english)[word] ?? word }

    /// The name of a fact: `entry.0`, `submission-set`.
    static func fact(_ name: String) -> String {
        let parts = name.split(separator: ".", maxSplits: 1)
        guard let first = parts.first, let word = facts[String(first)] else { return name }
        let shown = word[Say.language]
        return parts.count == 2 ? shown + " " + parts[1] : shown
    }

    /// What a fact or an answer says; the far end's own words stay.
    static func value(_ text: String) -> String { Say.language == .fr ? values[text] ?? text : text }

    /// A line of the trace.
    static func trace(_ line: String) -> String {
        guard Say.language == .fr else { return line }
        for template in lines { if let text = template.french(line) { return text } }
        return line
    }

    private static let english = [
        "exploitation": "operations", "givenBack": "given back", "reused": "control id used again",
    ]

    private static let french = [
        // Messages and deliveries.
        "incoming": "à décider", "waiting": "en attente", "routed": "acheminé", "rejected": "refusé", "discarded": "abandonné", "queued": "en file",
        "active": "en cours", "deferred": "différé", "unknown": "sans réponse", "held": "retenu", "delivered": "remis", "refused": "refusé",
        "today": "du jour", "bulk": "historique",
        // Reports.
        "none": "aucun", "awaited": "attendu", "relayed": "relayé", "failed": "échec", "overdue": "en retard",
        // Who must look.
        "identity": "identitovigilance", "secretariat": "secrétariat", "vendor": "éditeur", "network": "réseau", "exploitation": "exploitation",
        // Findings.
        "error": "erreur", "warning": "avertissement", "information": "information",
        // The audit.
        "accepted": "reçu", "planned": "prévu", "givenBack": "rendu à sa file", "interrupted": "interrompu", "ignored": "sans effet",
        "repeated": "reçu de nouveau", "reused": "identifiant déjà utilisé", "released": "rendu", "retried": "réessayé", "resent": "renvoyé",
        "passed": "laissé passer", "alerts": "alertes", "report none": "compte rendu : aucun", "report awaited": "compte rendu attendu",
        "report relayed": "compte rendu : relayé", "report delivered": "compte rendu : remis", "report failed": "compte rendu : échec",
        "report overdue": "compte rendu en retard", "configured": "configuration en vigueur", "configuration refused": "configuration refusée",
        "resumed": "reprise", "erased": "effacement", "restored": "corps reçu de nouveau",
    ]

    private static let facts = [
        "digest": Text(fr: "empreinte", en: "digest"), "size": Text(fr: "taille en octets", en: "size in bytes"),
        "submission-set": Text(fr: "lot", en: "submission set"), "message-id": Text(fr: "Message-ID", en: "Message-ID"),
        "envid": Text(fr: "ENVID", en: "ENVID"),
        "pdf": Text(fr: "PDF", en: "PDF"), "vihf": Text(fr: "VIHF", en: "VIHF"), "role": Text(fr: "rôle", en: "role"),
        "entry": Text(fr: "entrée du DMP", en: "entry of the DMP"), "deleted": Text(fr: "entrée supprimée", en: "entry deleted"),
        "decided": Text(fr: "décidé", en: "decided"), "ack": Text(fr: "MSH-10 de l'ACK", en: "MSH-10 of the ACK"),
        "reply": Text(fr: "empreinte de la réponse", en: "digest of the answer"),
    ]

    private static let values = [
        "none: structured document, no renderer": "aucun : document structuré, pas de moteur de rendu", "route run again": "route exécutée de nouveau",
    ]

    /// The first that fits counts.
    private static let lines = [
        Template("*: route * matches", "* : la route * prend le message"),
        Template("*: check *: nothing to say", "* : contrôle * : rien à dire"),
        Template("*: check *: 1 finding", "* : contrôle * : 1 constat"),
        Template("*: check *: * findings", "* : contrôle * : * constats"),
        Template("*: step * drops: *", "* : l'étape * écarte le message : *"),
        Template("*: step * fails: *, held", "* : l'étape * échoue : *, retenu"),
        Template("*: step *", "* : étape *"),
        Template("*: route *, class bulk", "* : route *, historique (bulk)"),
        Template("*: * not asked", "* : * non demandé"),
        Template("*: * has no part", "* : * n'a aucun destinataire"),
        Template("*: * → *, part *", "* : * → *, envoi *"),
        Template("*: * → *", "* : * → *"),
        Template("held at route:*: *", "retenu à route:* : *"),
        Template("no route matches", "aucune route ne prend le message"),
        Template("rejected: it came again, so its sender saw no AA", "refusé : il est revenu, donc son émetteur n'avait pas vu d'AA"),
        Template("rejected", "refusé"),
    ]
}
