import Pipeline

/// The sentences of the library that reads the command line, in the language of the person.
enum ParserWords {
    /// A complaint about the command line, with its usage below.
    static func complaint(_ message: String) -> String {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.map { line in
            let isError = line.hasPrefix("Error: ")
            let sentence = isError ? String(line.dropFirst(7)) : line
            let shown = Say.language == .fr ? translated(sentence, complaints) : sentence
            return (isError ? "passerelle: " : "") + shown
        }.joined(separator: "\n")
    }

    /// A page of help; what is no such page (a version, a script for a shell) stays.
    static func help(_ page: String) -> String {
        guard Say.language == .fr, page.contains("USAGE: ") else { return page }
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false).map { translated(String($0), pages) }
        return [
            ("<subcommand>", "<commande>"), ("(default:", "(par défaut :"), ("; default:", " ; par défaut :"), ("(default)", "(par défaut)"),
            ("(values:", "(valeurs :"), ("Show the version.", "Montre la version."), ("Show help information.", "Montre cette aide."),
        ].reduce(lines.joined(separator: "\n")) { $0.replacing($1.0, with: $1.1) }
    }

    private static func translated(_ sentence: String, _ templates: [Template]) -> String {
        for template in templates { if let text = template.french(sentence) { return text } }
        return sentence
    }

    /// The first that fits counts.
    private static let complaints = [
        Template("Unexpected argument '*'", "argument inattendu : '*'"),
        Template("* unexpected arguments: *", "* arguments inattendus : *"),
        Template("Unknown option '*'. Did you mean '*'?", "option inconnue : '*' ; vouliez-vous dire '*' ?"),
        Template("Unknown option '*'", "option inconnue : '*'"),
        Template("   or: Missing value for '*' in '*'", "   ou : il manque une valeur pour '*' dans '*'"),
        Template("Missing expected argument '*'", "il manque '*'"),
        Template("Missing one of: *", "il manque l'un de : *"),
        Template("Missing value for '*'", "il manque une valeur pour '*'"),
        Template("Missing required subcommand.", "il manque la commande"),
        Template("The value '*' is invalid for '*'. Please provide one of *", "la valeur '*' ne convient pas à '*' ; une de celles-ci est attendue : *"),
        Template("The value '*' is invalid for '*': *", "la valeur '*' ne convient pas à '*' : *"),
        Template("The value '*' is invalid for '*'", "la valeur '*' ne convient pas à '*'"),
        Template("The option '*' does not take any value, but '*' was specified.", "l'option '*' ne prend pas de valeur, et '*' lui est donné"),
        Template("Value to be set with flag '*' had already been set with flag '*'", "'*' contredit '*', déjà donné"),
        Template("Invalid option: *", "option mal écrite : *"),
        Template("Help:  *", "Aide :  *"),
        Template("Usage: * <subcommand>", "Usage : * <commande>"),
        Template("Usage: *", "Usage : *"),
        Template("  See '*' for more information.", "  Pour en savoir plus : *"),
    ]

    private static let pages = [
        Template("OVERVIEW: *", "OBJET : *"), Template("USAGE: *", "USAGE : *"), Template("ARGUMENTS:", "ARGUMENTS :"), Template("OPTIONS:", "OPTIONS :"),
        Template("SUBCOMMANDS:", "COMMANDES :"), Template("  See '*' for detailed help.", "  Pour l'aide d'une commande : *"),
    ]
}
