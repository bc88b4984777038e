import Glibc
import NIOCore
import NIOPosix

/// The words for errors of the system and of the network.
enum Failure {
    /// What the system says of an error, short; its description where it has no number.
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError: (error.connectionErrors.first?.error).map(words) ?? error.dnsAError.map(words) ?? "\(error)"
        default: "\(error)"
        }
    }
}
