import Glibc
import NIOCore
import NIOPosix
import Pipeline

/// The words for errors of the system and of the network.
enum Failure {
    /// What the system says of an error, short and in the language of the person; its description where it has no number.
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as Reason: error.placed[Say.language]
        case let error as IOError: system(error.errnoCode)
        case let error as NIOConnectionError: connection(error)
        case is SocketAddressError, is SocketAddressError.UnknownHost: Say.text(fr: "nom d'hôte inconnu", en: "unknown host name")
        case ChannelError.connectTimeout: Say.text(fr: "pas de réponse à temps", en: "no answer in time")
        default: SystemWords.text("\(error)")[Say.language]
        }
    }

    /// The words for an error number: the system's own are there in English only, unless somebody installed a locale.
    static func system(_ number: Int32) -> String {
        SystemWords.text(String(cString: strerror(number)))[Say.language]
    }

    /// An address that answered, if only with a refusal, says more than a name that was not found.
    private static func connection(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first?.error { return words(first) }
        return error.dnsAError != nil || error.dnsAAAAError != nil ? Say.text(fr: "nom d'hôte inconnu", en: "unknown host name") : "\(error)"
    }
}
