/// What can be wrong with a file before its meaning is asked: codes P0100 to P0111.
extension Diagnostic {
    static func unreadableFile(_ reason: Text, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0100", Text(fr: "lecture impossible : \(reason.fr)", en: "cannot be read: \(reason.en)"),
            mend: Text(fr: "vérifier le chemin et les droits du fichier", en: "check the path and the file's permissions"), at: place)
    }
    static func notUTF8(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0101", Text(fr: "ce fichier n'est pas en UTF-8", en: "this file is not UTF-8"),
            mend: Text(fr: "l'enregistrer en UTF-8", en: "save it as UTF-8"), at: place)
    }
    static func tooLarge(_ count: Int, limit: Int, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0102", Text(fr: "fichier de \(count) octets, la limite est de \(limit)", en: "file of \(count) bytes, the limit is \(limit)"),
            mend: Text(fr: "vérifier que c'est bien un fichier de configuration", en: "check that this is a configuration file"), at: place)
    }
    static func badYAML(_ problem: String, at place: Place) -> Diagnostic {
        let french = YAMLProblems.french[problem] ?? "syntaxe incorrecte"
        return Diagnostic(
            .error, "P0103", Text(fr: "YAML illisible : \(french)", en: "unreadable YAML: \(problem.isEmpty ? "bad syntax" : problem)"),
            mend: Text(
                fr: "vérifier l'indentation, les deux-points, les guillemets et les crochets ici ou juste avant",
                en: "check indentation, colons, quotes and brackets here or just before"), at: place)
    }
    static func duplicateKey(_ key: String, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0104", Text(fr: "la clé « \(key) » est écrite deux fois", en: "the key \"\(key)\" is written twice"),
            mend: Text(fr: "n'en garder qu'une", en: "keep one of them"), at: place)
    }
    static func anchor(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0105", Text(fr: "les ancres, les alias et « << » ne sont pas admis", en: "anchors, aliases and \"<<\" are not allowed"),
            mend: Text(fr: "écrire la valeur à chaque endroit", en: "write the value out in each place"), at: place)
    }
    static func tag(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0106", Text(fr: "les étiquettes YAML (« ! ») ne sont pas admises", en: "YAML tags (\"!\") are not allowed"),
            mend: Text(
                fr: "l'enlever ; mettre entre guillemets un texte qui commence par « ! »", en: "remove it; put a text that begins with \"!\" in quotes"),
            at: place)
    }
    static func manyDocuments(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0107", Text(fr: "un second document YAML commence ici", en: "a second YAML document begins here"),
            mend: Text(fr: "un fichier par route ou par établissement", en: "one file for each route or facility"), at: place)
    }
    static func tooDeep(limit: Int, at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0108", Text(fr: "plus de \(limit) niveaux imbriqués", en: "more than \(limit) nested levels"),
            mend: Text(fr: "vérifier les crochets et les accolades", en: "check brackets and braces"), at: place)
    }
    static func keyIsNoText(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0109", Text(fr: "une clé doit être un texte", en: "a key must be a text"),
            mend: Text(fr: "écrire « clé: valeur »", en: "write \"key: value\""), at: place)
    }
    static func emptyFile(at place: Place) -> Diagnostic {
        Diagnostic(
            .error, "P0110", Text(fr: "ce fichier est vide", en: "this file is empty"),
            mend: Text(fr: "le remplir ou le supprimer", en: "fill it or delete it"), at: place)
    }
}

/// What libyaml says most often, in French.
private enum YAMLProblems {
    static let french = [
        "mapping values are not allowed in this context": "« : » n'est pas admis ici",
        "found character that cannot start any token": "ce caractère ne peut rien commencer ici",
        "did not find expected key": "une clé était attendue",
        "did not find expected ',' or '}'": "« , » ou « } » était attendu",
        "did not find expected ',' or ']'": "« , » ou « ] » était attendu",
        "did not find expected node content": "une valeur était attendue",
        "did not find expected '-' indicator": "« - » était attendu",
        "could not find expected ':'": "« : » manque",
        "found unexpected end of stream": "le fichier finit trop tôt (guillemet non fermé ?)",
        "block sequence entries are not allowed in this context": "une liste ne peut pas commencer ici",
        "found unknown escape character": "séquence d'échappement inconnue",
        "found a tab character that violates indentation": "une tabulation sert d'indentation : mettre des espaces",
        "control characters are not allowed": "caractère de contrôle",
    ]
}
