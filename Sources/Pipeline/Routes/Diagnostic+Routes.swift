/// What can be wrong with a route: codes P0160 to P0171, P0174 to P0176.
extension Diagnostic {
    static func badCondition(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0160", Text(fr: "une condition est attendue ici", en: "a condition is expected here"),
            mend: Text(
                fr: "{chemin: {equals: valeur}}, ou all, any, not", en: "{path: {equals: value}}, or all, any, not"), at: place)
    }
    static func unknownTest(_ word: String, at place: Place) -> Diagnostic {
        let words = ConditionReader.tests, all = words.joined(separator: ", ")
        return Diagnostic(
            .error, "P0161", Text(fr: "test inconnu : « \(word) »", en: "unknown test \"\(word)\""),
            mend: Nearest.mend(for: word, among: words) ?? Text(fr: "il y a : \(all)", en: "there is: \(all)"), at: place)
    }
    static func badPattern(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0162",
            Text(
                fr: "expression régulière incorrecte, trop longue (\(Pattern.longestPattern)), ou qui répète une répétition ou un choix",
                en: "regular expression that is wrong, too long (\(Pattern.longestPattern)), or repeats a repetition or a choice"),
            mend: Text(fr: "par exemple : ORU|MDM, ou 1\\.2\\.250\\..*", en: "for example: ORU|MDM, or 1\\.2\\.250\\..*"), at: place)
    }
    static func noNotesHere(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0163",
            Text(
                fr: "les notes n'existent qu'après « do » : « when » et « check » lisent le message seul",
                en: "notes exist after \"do\" only: \"when\" and \"check\" read the message alone"),
            mend: Text(
                fr: "mettre cette condition sur une destination, dans « to »", en: "put this condition on a destination, in \"to\""), at: place)
    }
    static func unknownParameter(_ name: String, among known: [String], at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0164", Text(fr: "paramètre non déclaré : « \(name) »", en: "undeclared parameter \"\(name)\""),
            mend: Nearest.mend(for: name, among: known)
                ?? Text(fr: "le déclarer sous « parameters »", en: "declare it under \"parameters\""), at: place)
    }
    static func noValue(_ name: String, route: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0165",
            Text(
                fr: "la route « \(route) » demande le paramètre « \(name) »", en: "the route \"\(route)\" asks for the parameter \"\(name)\""),
            mend: Text(fr: "ajouter « \(name): … »", en: "add \"\(name): …\""), at: place)
    }
    static func destinationTwice(_ id: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0166", Text(fr: "deux destinations ont l'identifiant « \(id) »", en: "two destinations have the id \"\(id)\""),
            mend: Text(fr: "chacune a le sien : il entre dans la clé des envois", en: "each has its own: it is part of the deliveries' key"), at: place)
    }
    static func unusedRoute(_ name: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0167", Text(fr: "aucun établissement ne prend part à la route « \(name) »", en: "no facility takes part in the route \"\(name)\""),
            mend: Text(fr: "ajouter « \(name): {} » aux routes d'un établissement", en: "add \"\(name): {}\" to the routes of a facility"), at: place)
    }
    static func noAnswers(_ route: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0168",
            Text(
                fr: "ce partenaire n'a pas de point de livraison (answers), que la route « \(route) » utilise",
                en: "this partner has no endpoint for answers, which the route \"\(route)\" uses"),
            mend: Text(fr: "ajouter « answers: … »", en: "add \"answers: …\""), at: place)
    }
    static func badParameter(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0169", Text(fr: "un paramètre a un type, ou une liste « in »", en: "a parameter has a type, or a list \"in\""),
            mend: Text(fr: "{type: sender} ou {in: [strict, rules]}", en: "{type: sender} or {in: [strict, rules]}"), at: place)
    }
    static func badFrom(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0170", Text(fr: "« from » nomme des récepteurs ou {emitted: [zam]}", en: "\"from\" names listeners or {emitted: [zam]}"),
            mend: Text(fr: "from: mllp-in, une liste, ou {emitted: [zam]}", en: "from: mllp-in, a list, or {emitted: [zam]}"), at: place)
    }
    static func badClass(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0175", Text(fr: "« class » est today, bulk ou {bulk: condition}", en: "\"class\" is today, bulk or {bulk: condition}"),
            mend: Text(
                fr: "class: bulk, ou class: {bulk: {MSH-11.2: {in: [I, A]}}}", en: "class: bulk, or class: {bulk: {MSH-11.2: {in: [I, A]}}}"), at: place)
    }
    static func disagrees(_ field: String, _ other: Place, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0176",
            Text(
                fr: "« \(field) » n'a pas ici la même valeur qu'en \(other), dans la même route",
                en: "\"\(field)\" has another value here than at \(other), in the same route"),
            mend: Text(
                fr: "donner la même valeur aux deux, par un paramètre : {param: \(field)}", en: "give both the same value, by a parameter: {param: \(field)}"),
            at: place)
    }
    static func badSend(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0171", Text(fr: "« send » nomme un émetteur ou {partner: answers}", en: "\"send\" names a sender or {partner: answers}"),
            mend: Text(fr: "send: dmp-national, ou {partner: answers}", en: "send: dmp-national, or {partner: answers}"), at: place)
    }
    static func neverAWord(_ word: String, _ path: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0174", Text(fr: "« \(word) » ne sera jamais une valeur de \(path)", en: "\"\(word)\" will never be a value of \(path)"),
            mend: Text(fr: "en majuscules : « \(word.uppercased()) » ?", en: "in capitals: \"\(word.uppercased())\"?"), at: place)
    }
    static func neverHolds(_ path: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0174",
            Text(
                fr: "aucun message ne peut remplir cette condition : elle veut plusieurs valeurs de \(path) à la fois",
                en: "no message can meet this condition: it wants several values of \(path) at once"),
            mend: Text(fr: "{\(path): {in: [A, B]}} pour l'une ou l'autre", en: "{\(path): {in: [A, B]}} for one or the other"), at: place)
    }
}
