import Glibc
import Pipeline

/// A bound TCP socket that listens. A listener that takes another's place shares it: a peer that connects meanwhile is never refused, and the port is
/// never free for somebody else. Closed with the last who holds it.
final class ListeningSocket: Sendable {
    private let descriptor: CInt
    /// The port, also where the system chose it.
    let port: Int

    /// Binds and listens. Blocks where the host is a name.
    init(host: String, port: Int) throws(Reason) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, String(port), &hints, &found)
        guard failure == 0, let address = found else { throw Self.reason(host, port, String(cString: gai_strerror(failure))) }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.reason(host, port, String(cString: strerror(errno))) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0, listen(descriptor, 256) == 0 else {
            let error = errno
            close(descriptor)
            throw Self.reason(host, port, String(cString: strerror(error)))
        }
        self.descriptor = descriptor
        self.port = Self.port(of: descriptor) ?? port
    }

    deinit { close(descriptor) }

    /// A descriptor of the same socket, for one who closes it.
    func duplicate() throws(Reason) -> CInt {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Self.reason("", port, String(cString: strerror(errno))) }
        return copy
    }

    private static func port(of descriptor: CInt) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
                // The port stands at the same place in both families.
                ? pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(in_port_t(bigEndian: $0.pointee.sin_port)) } : nil
        }
    }

    private static func reason(_ host: String, _ port: Int, _ words: String) -> Reason {
        Reason("P0626", Text(fr: "impossible d'écouter sur \(host):\(port) : \(SystemWords.french(words))", en: "cannot listen on \(host):\(port): \(words)"))
    }

    /// Only this machine reaches it.
    static func isLoopback(_ host: String) -> Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
