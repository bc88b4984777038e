import Pipeline
import Sandbox

/// Why a sandbox does not start, in words: what is wrong, where, and what is wanted.
enum SandboxFault {
    /// A configuration that cannot be read.
    static func text(_ error: any Error, file: String, _ bytes: [UInt8]) -> Text {
        let places = JSONPlaces(bytes)
        let mend = Text(
            fr: "\n  = une configuration du banc d'essai est un objet JSON (tables, schemas, dmp, control, smtp, mllp), non celle d'une passerelle ; un "
                + "exemple : Deploy/demo/sandbox.json",
            en: "\n  = a sandbox configuration is a JSON object (tables, schemas, dmp, control, smtp, mllp), not that of a gateway; an example: "
                + "Deploy/demo/sandbox.json")
        if let fault = places.fault {
            return Text(fr: "\(file):\(fault) : ce n'est pas du JSON" + mend.fr, en: "\(file):\(fault): this is not JSON" + mend.en)
        }
        guard let error = error as? DecodingError else { return Text(fr: "\(file) : \(error)" + mend.fr, en: "\(file): \(error)" + mend.en) }
        let (path, what) = told(error)
        let place = places.place(of: path), key = path.isEmpty ? "" : path.joined(separator: ".") + " : "
        return Text(
            fr: "\(file):\(place) : \(key)\(what.fr)" + mend.fr, en: "\(file):\(place): \(key.replacing(" : ", with: ": "))\(what.en)" + mend.en)
    }

    private static func told(_ error: DecodingError) -> (path: [String], what: Text) {
        switch error {
        case .keyNotFound(let key, let context):
            return (
                context.codingPath.map(\.stringValue),
                Text(fr: "il manque la clé \(key.stringValue)", en: "the key \(key.stringValue) is missing")
            )
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            let noun = noun(type)
            return (context.codingPath.map(\.stringValue), Text(fr: "\(noun.fr) est attendu ici", en: "\(noun.en) is wanted here"))
        case .dataCorrupted(let context):
            return (context.codingPath.map(\.stringValue), Text(fr: "valeur qui ne convient pas", en: "a value that does not fit"))
        @unknown default: return ([], Text(fr: "illisible", en: "unreadable"))
        }
    }

    private static func noun(_ type: any Any.Type) -> Text {
        switch "\(type)" {
        case let name where name.hasPrefix("Dictionary"): Text(fr: "un objet {…}", en: "an object {…}")
        case let name where name.hasPrefix("Array"): Text(fr: "une liste […]", en: "a list […]")
        case "Int": Text(fr: "un nombre entier", en: "a whole number")
        case "Bool": Text(fr: "true ou false", en: "true or false")
        default: Text(fr: "un texte \"…\"", en: "a text \"…\"")
        }
    }

    /// A start that failed.
    static func text(_ error: any Error) -> Text {
        switch error as? SandboxError {
        case .folder(let path): Text(fr: "le dossier \(path) ne peut pas être créé", en: "the folder \(path) cannot be made")
        case .file(let path): Text(fr: "\(path) ne peut pas être lu", en: "\(path) cannot be read")
        case .certificate(let what): Text(fr: "certificat ou clé inutilisable : \(what)", en: "certificate or key cannot be used: \(what)")
        case .authorities:
            Text(
                fr: "dmp.tls.authorities manque : le DMP d'essai juge les certificats de ses clients, il lui faut leurs autorités",
                en: "dmp.tls.authorities is missing: the stand-in DMP judges the certificates of its clients and needs their authorities")
        case .port(let what): Text(fr: "écoute impossible : \(what)", en: "cannot listen: \(what)")
        case nil:
            Text(fr: "le banc d'essai ne démarre pas : \(Failure.words(error))", en: "the sandbox does not start: \(Failure.words(error))")
        }
    }
}
