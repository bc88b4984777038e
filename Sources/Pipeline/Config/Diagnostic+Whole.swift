/// What can be wrong between the parts of a configuration: codes P0140 to P0155, and P0190.
extension Diagnostic {
    static func unknownComponent(_ word: String, _ kind: ComponentKind, among known: [String], _ other: ComponentKind?, at place: Place) -> Diagnostic {
        let all = known.sorted().joined(separator: ", ")
        return Diagnostic(
            .error, "P0140", Text(fr: "\(kind.noun.fr) inconnu : « \(word) »", en: "unknown \(kind.noun.en) \"\(word)\""),
            mend: other.map { Text(fr: "c'est un \($0.noun.fr) : à écrire sous « \($0.key) »", en: "it is a \($0.noun.en): write it under \"\($0.key)\"") }
                ?? Nearest.mend(for: word, among: known)
                ?? Text(fr: known.isEmpty ? "il n'y en a aucun" : "il y a : \(all)", en: known.isEmpty ? "there is none" : "there is: \(all)"), at: place)
    }
    static func notOneComponent(_ kind: ComponentKind, example: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0141", Text(fr: "un seul \(kind.noun.fr) est attendu ici", en: "one \(kind.noun.en) is expected here"),
            mend: Text(fr: "par exemple : {\(example): {…}}", en: "for example: {\(example): {…}}"), at: place)
    }
    static func crossing(_ found: Environment, in node: Environment, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0142",
            Text(
                fr: "déclaré en \(found.rawValue), alors que ce nœud est en \(node.rawValue)",
                en: "declared as \(found.rawValue), while this node is \(node.rawValue)"),
            mend: Text(fr: "un nœud par environnement : rien ne passe de l'un à l'autre", en: "one node for each environment: nothing crosses"), at: place)
    }
    static func insSettingInProduction(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0143",
            Text(
                fr: "ce réglage n'a pas de sens en production, où les INS de test sont refusées",
                en: "this setting means nothing in production, where test INS are refused"),
            mend: Text(fr: "l'enlever", en: "remove it"), at: place)
    }
    static func badAddress(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0144", Text(fr: "une adresse hôte:port est attendue", en: "an address host:port is expected"),
            mend: Text(fr: "par exemple : localhost:2587", en: "for example: localhost:2587"), at: place)
    }
    static func journalKind(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0154", Text(fr: "un journal est tenu par sqlite ou par postgres", en: "a journal is kept by sqlite or by postgres"),
            mend: Text(fr: "l'un des deux : {sqlite: {directory: var/journal}}", en: "one of the two: {sqlite: {directory: var/journal}}"), at: place)
    }
    static func shortLease(_ sender: String, patience: Duration, at place: Place) -> Diagnostic {
        let seconds = patience.components.seconds + 5
        return Diagnostic(
            .error, "P0155",
            Text(
                fr: "bail trop court : un envoi de « \(sender) » peut durer plus longtemps",
                en: "the lease is too short: an attempt of \"\(sender)\" may last longer"),
            mend: Text(fr: "lease: \(seconds) s au moins, ou des délais plus courts", en: "lease: \(seconds) s at least, or shorter times to wait"), at: place)
    }
    static func badOID(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0145", Text(fr: "un OID est attendu : des nombres séparés par des points", en: "an OID is expected: numbers separated by points"),
            mend: Text(fr: "par exemple : 1.2.250.1.999.7.1", en: "for example: 1.2.250.1.999.7.1"), at: place)
    }
    static func badFINESS(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0146", Text(fr: "un numéro FINESS a neuf caractères", en: "a FINESS number has nine characters"),
            mend: Text(fr: "par exemple : \"990000010\"", en: "for example: \"990000010\""), at: place)
    }
    static func badMailAddress(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0147", Text(fr: "une adresse de messagerie est attendue", en: "a mail address is expected"),
            mend: Text(fr: "par exemple : service@hopital.mssante.fr", en: "for example: service@hopital.mssante.fr"), at: place)
    }
    static func ownedTwice(_ resource: String, by other: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0148", Text(fr: "« \(resource) » est déjà pris par « \(other) »", en: "\"\(resource)\" is already taken by \"\(other)\""),
            mend: Text(fr: "un port, une boîte ou un dossier n'a qu'un récepteur", en: "a port, mailbox or folder has one listener"), at: place)
    }
    static func partnerTwice(_ other: Place, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0149",
            Text(
                fr: "ce partenaire ne se distingue pas de celui de \(other)", en: "this partner cannot be told from the one at \(other)"),
            mend: Text(
                fr: "changer MSH-3, MSH-4, le récepteur, ou donner à chacun le sujet de son certificat",
                en: "change MSH-3, MSH-4, the listener, or give each the subject of its certificate"), at: place)
    }
    static func nameTwice(_ name: String, _ other: Place, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0150", Text(fr: "le nom « \(name) » est déjà pris en \(other)", en: "the name \"\(name)\" is already taken at \(other)"),
            mend: Text(fr: "en choisir un autre", en: "choose another"), at: place)
    }
    static func otherFileName(_ name: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0151", Text(fr: "ce fichier ne porte pas le nom « \(name) »", en: "this file is not called \"\(name)\""),
            mend: Text(fr: "le renommer \(name).yaml", en: "rename it \(name).yaml"), at: place)
    }
    static func noFolder(_ folder: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0152", Text(fr: "il n'y a pas de dossier « \(folder) »", en: "there is no folder \"\(folder)\""),
            mend: Text(
                fr: "le créer, ou corriger « routes » ou « facilities » dans le fichier du nœud",
                en: "make it, or correct \"routes\" or \"facilities\" in the node file"), at: place)
    }
    static func badName(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0153",
            Text(
                fr: "un nom n'a que des lettres sans accent, des chiffres, « - », « _ » et « . »",
                en: "a name has only plain letters, digits, \"-\", \"_\" and \".\""),
            mend: Text(fr: "par exemple : clinique-exemple", en: "for example: clinique-exemple"), at: place)
    }
    static func notYet(_ what: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0190", Text(fr: "« \(what) » n'est pas encore pris en charge", en: "\"\(what)\" is not yet supported"),
            mend: Text(fr: "l'enlever : cette version ne le ferait pas", en: "remove it: this version would not do it"), at: place)
    }
}

/// The five kinds of components.
enum ComponentKind: CaseIterable {
    case listener, sender, check, step, then

    /// The key of a file under which they stand.
    var key: String {
        switch self {
        case .listener: "listeners"
        case .sender: "senders"
        case .check: "check"
        case .step: "do"
        case .then: "then"
        }
    }

    var noun: Text {
        switch self {
        case .listener: Text(fr: "récepteur", en: "listener")
        case .sender: Text(fr: "émetteur", en: "sender")
        case .check: Text(fr: "contrôle", en: "check")
        case .step: Text(fr: "traitement", en: "step")
        case .then: Text(fr: "accusé (then)", en: "then")
        }
    }
}
