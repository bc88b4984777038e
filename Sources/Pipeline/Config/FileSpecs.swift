/// The three files of a configuration as specifications: what `check` reads them by, and `help` prints.
package enum FileSpecs {
    /// A file: the words that a person may ask for it by, what it is, and where it stands.
    package struct File: Sendable {
        package let words: [String], spec: Spec, place: Text
    }

    /// In the order in which a person writes them.
    package static let all = [
        File(
            words: ["node", "noeud", "nœud"],
            spec: Spec(
                "node", Text(fr: "le fichier du nœud : ce qui reçoit, ce qui émet, le journal", en: "the node file: what receives, what sends, the journal"),
                NodeFile.fields),
            place: Text(fr: "passerelle.yaml", en: "passerelle.yaml")),
        File(
            words: ["facility", "établissement", "etablissement"],
            spec: Spec(
                "facility",
                Text(
                    fr: "un fichier d'établissement : qui il est, qui se connecte, ses certificats, ses routes",
                    en: "a facility file: who it is, who connects, its certificates, its routes"), FacilityFile.fields),
            place: Text(fr: "Routes/facilities/NOM.yaml", en: "Routes/facilities/NAME.yaml")),
        File(
            words: ["route"],
            spec: Spec(
                "route",
                Text(
                    fr: "un fichier de route : d'où, quand, quels contrôles, quelles étapes, vers où",
                    en: "a route file: from where, when, which checks, which steps, to where"), RouteFile.fields),
            place: Text(fr: "Routes/NOM.yaml", en: "Routes/NAME.yaml")),
    ]
}
