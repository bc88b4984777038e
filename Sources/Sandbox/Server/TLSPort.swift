import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Trust

/// TLS of one port: our certificate, and the client's judged by `TrustStore`.
final class TLSPort: Sendable {
    private let context: NIOSSLContext
    private let store: TrustStore?
    private let clock: @Sendable () -> Int64

    init(_ config: SandboxConfig.TLS, clock: @escaping @Sendable () -> Int64) throws {
        self.clock = clock
        store = try config.authorities.map { authorities in
            let lists = try config.revocationLists.map { [try contents($0)] } ?? []
            return try TrustStore(authorities: [try contents(authorities)], revocationLists: lists)
        }
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(config.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: config.key, format: .pem)))
        tls.minimumTLSVersion = .tlsv12
        if store != nil { tls.certificateVerification = .noHostnameVerification }
        context = try NIOSSLContext(configuration: tls)
    }

    /// A handler for one connection; the client's certificate is put into `peer` when it is accepted.
    func handler(_ peer: Peer) -> NIOSSLServerHandler {
        guard let store else { return NIOSSLServerHandler(context: context) }
        return NIOSSLServerHandler(context: context) { [clock] chain, promise in
            let der = chain.compactMap { try? $0.toDERBytes() }
            switch store.judge(chain: der, at: clock(), purpose: .client) {
            case .accepted(let certificate):
                peer.certificate.withLock { $0 = certificate }
                promise.succeed(.certificateVerified)
            case .refused: promise.succeed(.failed)
            }
        }
    }
}

/// Who is at the other end of a connection.
final class Peer: Sendable {
    let certificate = Mutex<Certificate?>(nil)
}
