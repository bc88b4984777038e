/// What can be wrong between a route and the senders of its destinations, and what nobody uses: codes P0156 to P0159, P0172, P0173, P0177, P0179.
extension Diagnostic {
    typealias Named = (name: String, word: String)

    static func wrongSender(
        _ found: Named, wanted: [String], _ names: [String], by then: (word: String, place: Place), in destination: String, at place: Place
    ) -> Diagnostic {
        let kinds = wanted.joined(separator: ", ")
        let mend =
            names.isEmpty
            ? Text(fr: "ajouter un émetteur \(kinds) sous « senders »", en: "add a \(kinds) sender under \"senders\"")
            : Text(fr: "il y a : \(names.joined(separator: ", "))", en: "there is: \(names.joined(separator: ", "))")
        return Diagnostic(
            .error, "P0172",
            Text(
                fr: "« \(found.name) » est un émetteur \(found.word) ; \(destination) en veut un \(kinds), dont \(then.word) (\(then.place)) rend compte",
                en: "\"\(found.name)\" is a \(found.word) sender; \(destination) wants a \(kinds) one, which \(then.word) (\(then.place)) tells of"),
            mend: mend, at: place)
    }
    static func wrongFormat(_ found: Named, _ wanted: String, _ format: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0173",
            Text(
                fr: "« \(found.name) » (\(found.word)) n'envoie que des messages \(wanted), la route porte des messages \(format)",
                en: "\"\(found.name)\" (\(found.word)) sends \(wanted) messages only, the route carries \(format) messages"),
            mend: Text(fr: "un autre émetteur, ou « format: \(wanted) » dans la route", en: "another sender, or \"format: \(wanted)\" in the route"), at: place)
    }
    static func eachMissing(_ found: Named, _ destination: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0173",
            Text(
                fr: "« \(found.name) » (\(found.word)) envoie à des destinataires : « \(destination) » n'en nomme pas",
                en: "\"\(found.name)\" (\(found.word)) sends to recipients: \"\(destination)\" names none"),
            mend: Text(fr: "ajouter « each: note.recipients.pro »", en: "add \"each: note.recipients.pro\""), at: place)
    }
    static func eachTooMuch(_ found: Named, _ destination: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0173",
            Text(
                fr: "« \(found.name) » (\(found.word)) prend la demande entière : « each » l'enverrait une fois par élément",
                en: "\"\(found.name)\" (\(found.word)) takes the whole request: \"each\" would send it once for each item"),
            mend: Text(fr: "enlever « each » de « \(destination) »", en: "remove \"each\" from \"\(destination)\""), at: place)
    }
    static func workMissing(_ found: Named, _ word: String, under key: String, _ route: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0173",
            Text(
                fr: "« \(found.name) » (\(found.word)) n'envoie que ce que « \(word) » a vu, et la route « \(route) » ne l'appelle pas",
                en: "\"\(found.name)\" (\(found.word)) sends only what \"\(word)\" has seen, and the route \"\(route)\" does not call it"),
            mend: Text(fr: "un autre émetteur, ou « \(word) » sous « \(key) » de la route", en: "another sender, or \"\(word)\" under \"\(key)\" of the route"),
            at: place)
    }
    static func nobodyEmits(_ kind: String, among known: Set<String>, at place: Place) -> Diagnostic {
        let all = known.sorted().joined(separator: ", ")
        return Diagnostic(
            .error, "P0179", Text(fr: "rien ne fait naître de message « \(kind) »", en: "nothing gives rise to a message \"\(kind)\""),
            mend: Nearest.mend(for: kind, among: known) ?? Text(fr: "il y a : \(all)", en: "there is: \(all)"), at: place)
    }

    // MARK: What leads nowhere

    static func unused(_ name: String, _ kind: ComponentKind, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0156", Text(fr: "\(kind.noun.fr) « \(name) » : aucune route ne s'en sert", en: "\(kind.noun.en) \"\(name)\": no route uses it"),
            mend: Text(fr: "l'enlever, ou corriger la route qui devait le nommer", en: "remove it, or correct the route that should name it"), at: place)
    }
    static func nobodyComes(_ listener: String, _ facility: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0157",
            Text(
                fr: "aucun partenaire de « \(facility) » n'entre par « \(listener) », d'où vient cette route : aucun message ne la suivra",
                en: "no partner of \"\(facility)\" comes in by \"\(listener)\", from which this route takes: no message will follow it"),
            mend: Text(
                fr: "donner « listener: \(listener) » à un partenaire, ou corriger « from » de la route",
                en: "give a partner \"listener: \(listener)\", or correct \"from\" of the route"), at: place)
    }
    static func noRouteFrom(_ listener: String, _ facility: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0158",
            Text(
                fr: "aucune route de « \(facility) » ne prend ce qui entre par « \(listener) » : tout y sera refusé",
                en: "no route of \"\(facility)\" takes what comes in by \"\(listener)\": all of it will be refused"),
            mend: Text(
                fr: "prendre part, sous « routes », à une route dont « from » le nomme", en: "take part, under \"routes\", in a route whose \"from\" names it"),
            at: place)
    }
    static func leadsNowhere(_ kind: String, _ route: String, _ takers: [String], at place: Place) -> Diagnostic {
        let all = takers.joined(separator: ", ")
        let mend =
            takers.isEmpty
            ? Text(fr: "ajouter une route « from: {emitted: [\(kind)]} »", en: "add a route \"from: {emitted: [\(kind)]}\"")
            : Text(fr: "prendre part à : \(all)", en: "take part in: \(all)")
        return Diagnostic(
            .warning, "P0177",
            Text(
                fr: "les messages « \(kind) » que fait naître « \(route) » n'iront nulle part : ils seront retenus",
                en: "the messages \"\(kind)\" that \"\(route)\" gives rise to will lead nowhere: they will be held"), mend: mend, at: place)
    }
    static func otherFile(_ what: Text, _ folder: Text, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0159", Text(fr: "ce fichier décrit \(what.fr), qui n'est pas lu ici", en: "this file describes \(what.en), which is not read here"),
            mend: Text(fr: "le mettre dans \(folder.fr)", en: "put it into \(folder.en)"), at: place)
    }
}
