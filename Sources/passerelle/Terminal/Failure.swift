import Glibc
import NIOCore
import NIOPosix
import Pipeline

/// The words for errors of the system and of the network.
enum Failure {
    /// What the system says of an error, short and in the language of the person; its description where it has no number.
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: system(error.errnoCode)
        case let error as NIOConnectionError: connection(error)
        case is SocketAddressError, is SocketAddressError.UnknownHost: Say.text(fr: "nom d'hôte inconnu", en: "unknown host name")
        case ChannelError.connectTimeout: Say.text(fr: "pas de réponse à temps", en: "no answer in time")
        default: "\(error)"
        }
    }

    /// The words for an error number: the system's own are there in English only, unless somebody installed a locale.
    static func system(_ number: Int32) -> String {
        if Say.language == .fr, let known = french[number] { return known }
        return String(cString: strerror(number))
    }

    /// An address that answered, if only with a refusal, says more than a name that was not found.
    private static func connection(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first?.error { return words(first) }
        return error.dnsAError != nil || error.dnsAAAAError != nil ? Say.text(fr: "nom d'hôte inconnu", en: "unknown host name") : "\(error)"
    }

    private static let french: [Int32: String] = [
        ECONNREFUSED: "connexion refusée", ETIMEDOUT: "pas de réponse à temps", EHOSTUNREACH: "aucun chemin vers cet hôte",
        ENETUNREACH: "réseau inaccessible", ECONNRESET: "connexion coupée par l'autre", EPIPE: "connexion fermée par l'autre",
        EADDRINUSE: "adresse déjà prise", EADDRNOTAVAIL: "cette adresse n'est pas sur cette machine", EACCES: "accès refusé", EPERM: "opération interdite",
        ENOENT: "fichier ou dossier absent", ENOSPC: "disque plein", EROFS: "disque en lecture seule", EMFILE: "trop de fichiers ouverts",
        ENOTDIR: "n'est pas un dossier", EISDIR: "est un dossier", EIO: "erreur d'entrée-sortie", EINVAL: "argument refusé par le système",
    ]
}
