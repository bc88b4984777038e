/// What can be wrong with a field: codes P0120 to P0139. No text shows a value that could be a secret.
extension Diagnostic {
    static func unknownKey(_ key: String, among known: [String], at place: Place) -> Diagnostic {
        let words = known.joined(separator: ", ")
        let all =
            known.isEmpty
            ? Text(fr: "rien n'est attendu ici", en: "nothing is expected here") : Text(fr: "clés admises : \(words)", en: "allowed keys: \(words)")
        return Diagnostic(
            .error, "P0120", Text(fr: "clé inconnue : « \(key) »", en: "unknown key \"\(key)\""), mend: Nearest.mend(for: key, among: known) ?? all, at: place)
    }
    static func missing(_ field: Field, at place: Place) -> Diagnostic {
        let example = field.example ?? field.kind.example
        let help = Text(fr: field.help.fr.isEmpty ? "" : " (\(field.help.fr))", en: field.help.en.isEmpty ? "" : " (\(field.help.en))")
        return Diagnostic(
            .error, "P0121", Text(fr: "« \(field.name) » manque\(help.fr)", en: "\"\(field.name)\" is missing\(help.en)"),
            mend: Text(fr: "ajouter « \(field.name): \(example) »", en: "add \"\(field.name): \(example)\""), at: place)
    }
    static func wrongKind(_ kind: FieldKind, example: String?, at place: Place) -> Diagnostic {
        let example = example ?? kind.example
        return Diagnostic(
            .error, "P0122", Text(fr: "\(kind.noun.fr) est attendu ici", en: "\(kind.noun.en) is expected here"),
            mend: Text(fr: "par exemple : \(example)", en: "for example: \(example)"), at: place)
    }
    static func badInteger(_ range: ClosedRange<Int>, example: String?, at place: Place) -> Diagnostic {
        let example = example ?? String(range.lowerBound)
        return Diagnostic(
            .error, "P0123",
            Text(
                fr: "un nombre entier de \(range.lowerBound) à \(range.upperBound) est attendu",
                en: "a whole number from \(range.lowerBound) to \(range.upperBound) is expected"),
            mend: Text(fr: "par exemple : \(example)", en: "for example: \(example)"), at: place)
    }
    static func badNumber(_ range: ClosedRange<Double>, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0124",
            Text(
                fr: "un nombre de \(range.lowerBound) à \(range.upperBound) est attendu",
                en: "a number from \(range.lowerBound) to \(range.upperBound) is expected"),
            mend: Text(fr: "avec un point décimal, sans exposant", en: "with a decimal point, without exponent"), at: place)
    }
    static func badBoolean(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0125", Text(fr: "oui ou non est attendu", en: "yes or no is expected"),
            mend: Text(fr: "écrire true ou false (ou yes, no)", en: "write true or false (or yes, no)"), at: place)
    }
    static func badDuration(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0126", Text(fr: "une durée est attendue", en: "a duration is expected"),
            mend: Text(
                fr: "un nombre et une unité : 500 ms, 30 s, 10 min, 2 h, 1 d", en: "a number and a unit: 500 ms, 30 s, 10 min, 2 h, 1 d"), at: place)
    }
    static func badBytes(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0127", Text(fr: "une taille en octets est attendue", en: "a size in bytes is expected"),
            mend: Text(fr: "un nombre et une unité : 64 KB, 50 MB, 200 GB", en: "a number and a unit: 64 KB, 50 MB, 200 GB"), at: place)
    }
    static func badURL(_ schemes: [String], at place: Place) -> Diagnostic {
        let scheme = schemes.first ?? "https"
        return Diagnostic(
            .error, "P0128",
            Text(
                fr: "une adresse \(scheme):// sans identifiant ni espace est attendue", en: "a \(scheme):// address without credentials or blanks is expected"),
            mend: Text(fr: "par exemple : \(scheme)://hôte:443/chemin", en: "for example: \(scheme)://host:443/path"), at: place)
    }
    static func badChoice(_ text: String, _ words: [String], at place: Place) -> Diagnostic {
        let all = words.joined(separator: ", ")
        return Diagnostic(
            .error, "P0129", Text(fr: "un de ces mots est attendu : \(all)", en: "one of these words is expected: \(all)"),
            mend: Nearest.mend(for: text, among: words), at: place)
    }
    static func plainSecret(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0130",
            Text(fr: "un secret ne s'écrit pas dans la configuration", en: "a secret is not written into the configuration"),
            mend: Text(
                fr: "le mettre dans un fichier et écrire {file: …}, {credential: …} ou {env: …} ; changer ce secret, il a pu être vu",
                en: "keep it in a file and write {file: …}, {credential: …} or {env: …}; change this secret, it may have been seen"), at: place)
    }
    static func badSecretReference(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0131",
            Text(
                fr: "une référence de secret a une seule clé : file, credential ou env", en: "a reference to a secret has one key: file, credential or env"),
            mend: Text(fr: "par exemple : {credential: cle-auth}", en: "for example: {credential: auth-key}"), at: place)
    }
    static func emptyText(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0132", Text(fr: "cette valeur est vide", en: "this value is empty"),
            mend: Text(fr: "l'écrire, ou enlever la clé", en: "write it, or remove the key"), at: place)
    }
    static func badPath(_ path: String, _ error: PathError, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0133", Text(fr: "chemin « \(path) » : \(error.text.fr)", en: "path \"\(path)\": \(error.text.en)"),
            mend: Text(fr: "à partir du caractère \(error.offset + 1) du chemin", en: "from character \(error.offset + 1) of the path"), at: place)
    }
    static func badNotePath(_ path: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0133", Text(fr: "chemin « \(path) » : un nom est vide", en: "path \"\(path)\": a name is empty"),
            mend: Text(fr: "par exemple : note.recipients.pro", en: "for example: note.recipients.pro"), at: place)
    }
    static func unwrittenNote(_ note: NotePath, among written: Set<String>, at place: Place) -> Diagnostic {
        let known = written.map { "note." + $0 }.sorted()
        let mend: Text =
            if let near = Nearest.mend(for: note.description, among: known) {
                near
            } else if known.isEmpty {
                Text(fr: "ajouter sous « do » le traitement qui l'écrit", en: "add the step that writes it under \"do\"")
            } else {
                Text(fr: "notes écrites ici : " + known.joined(separator: ", "), en: "notes that are written here: " + known.joined(separator: ", "))
            }
        return Diagnostic(
            .error, "P0136", Text(fr: "aucun traitement de la route n'écrit « \(note) »", en: "no step of the route writes \"\(note)\""), mend: mend, at: place)
    }
    static func unknownName(_ name: String, of what: String, among known: Set<String>, at place: Place) -> Diagnostic {
        let noun = Noun.of(what), all = known.sorted().joined(separator: ", ")
        let mend: Text =
            if let near = Nearest.mend(for: name, among: known) {
                near
            } else if known.isEmpty {
                Text(fr: "il n'y en a aucun : l'ajouter d'abord", en: "there is none: add it first")
            } else {
                Text(fr: "il y a : \(all)", en: "there is: \(all)")
            }
        return Diagnostic(
            .error, "P0134", Text(fr: "\(noun.fr) inconnu : « \(name) »", en: "unknown \(noun.en) \"\(name)\""), mend: mend, at: place)
    }
    static func unusableIdentity(_ fault: Text, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0137", Text(fr: "certificat à revoir : \(fault.fr)", en: "certificate to be looked at: \(fault.en)"),
            mend: Text(
                fr: "un certificat en cours de validité (la feuille d'abord) et sa propre clé, en PEM",
                en: "a certificate that is valid (leaf first) and its own key, in PEM"), at: place)
    }
    static func unusableTrust(_ fault: TrustFault, at place: Place) -> Diagnostic {
        Diagnostic(
            fault.isUnreadable ? .error : .warning, "P0138",
            Text(fr: "autorités inutilisables : \(fault.text.fr)", en: "unusable authorities: \(fault.text.en)"),
            mend: fault.isUnreadable
                ? Text(
                    fr: "sous « ca » les certificats des autorités, sous « crl » leurs listes de révocation, en PEM",
                    en: "under \"ca\" the certificates of the authorities, under \"crl\" their revocation lists, in PEM")
                : Text(fr: "remplacer le fichier, puis « passerelle reload »", en: "replace the file, then `passerelle reload`"), at: place)
    }
    static func badSubject(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0139", Text(fr: "ce n'est pas le sujet d'un certificat (RFC 2253)", en: "this is not the subject of a certificate (RFC 2253)"),
            mend: Text(
                fr: "tel que le donne : openssl x509 -noout -subject -nameopt RFC2253 -in dpi.pem",
                en: "as this tells it: openssl x509 -noout -subject -nameopt RFC2253 -in dpi.pem"), at: place)
    }
    static func reversedSubject(at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0139",
            Text(fr: "le pays vient en premier : ce sujet semble écrit à l'envers", en: "the country comes first: this subject seems reversed"),
            mend: Text(
                fr: "CN=dpi,O=CH DEMO,C=FR, tel que le donne : openssl x509 -noout -subject -nameopt RFC2253 -in dpi.pem",
                en: "CN=dpi,O=CH DEMO,C=FR, as this tells it: openssl x509 -noout -subject -nameopt RFC2253 -in dpi.pem"), at: place)
    }
    static func noSuchFile(_ file: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .warning, "P0135", Text(fr: "il n'y a pas (encore) de fichier « \(file) »", en: "there is no file \"\(file)\" (yet)"),
            mend: Text(
                fr: "les chemins partent du dossier du fichier du nœud", en: "paths start from the folder of the node file"), at: place)
    }
}

/// What a name stands for, in words.
private enum Noun {
    static func of(_ what: String) -> Text {
        switch what {
        case "trust": Text(fr: "magasin de confiance", en: "trust")
        case "operator": Text(fr: "opérateur", en: "operator")
        case "identity": Text(fr: "certificat (identities)", en: "identity")
        case "sender": Text(fr: "émetteur", en: "sender")
        case "listener": Text(fr: "récepteur", en: "listener")
        case "mailbox": Text(fr: "nom de boîte", en: "mailbox")
        case "facility": Text(fr: "établissement", en: "facility")
        case "route": Text(fr: "nom de route", en: "route")
        case "endpoint": Text(fr: "point de livraison (endpoints)", en: "endpoint")
        case "parameter": Text(fr: "paramètre", en: "parameter")
        case "format": Text(fr: "format", en: "format")
        default: Text(fr: "nom (\(what))", en: what)
        }
    }
}
