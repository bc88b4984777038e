import NIOCore
import NIOSSL
import Pipeline
import Synchronization
import Trust

/// The far end of a connection: its address, and what its certificate says once it was judged. Confined to the event loop of the channel.
final class MLLPPeer {
    let address: String
    /// Subject of the certificate that was accepted (RFC 2253).
    var subject: String?
    /// Why its certificate was refused.
    var refusal: String?

    init(address: String) { self.address = address }
}

/// Judges the peers of one listener or sender by Trust: authorities, revocation lists, allowed subjects. The same policy as on all outbound TLS.
final class MLLPTrust: Sendable {
    private let store: Mutex<TrustStore>
    private let reference: TrustReference
    private let secrets: SecretReader
    private let allowed: [DistinguishedName]?
    private let purpose: TrustStore.Purpose
    private let time: any Timekeeper
    /// Chains that were accepted, by leaf.
    private let chains = Mutex<[[UInt8]: [[UInt8]]]>([:])
    /// The authorities as NIOSSL wants them: their names are told to clients.
    let authorities: [NIOSSLCertificate]

    init(
        _ reference: TrustReference, allowed: [DistinguishedName]?, purpose: TrustStore.Purpose, secrets: SecretReader, time: any Timekeeper
    ) throws(Reason) {
        let read = try MLLPTrust.read(reference, secrets)
        store = Mutex(read.store)
        authorities = (try? read.pems.flatMap { try NIOSSLCertificate.fromPEMBytes($0) }) ?? []
        (self.reference, self.secrets, self.allowed, self.purpose, self.time) = (reference, secrets, allowed, purpose, time)
    }

    /// Reads the files again: revocation lists are renewed while the gateway runs. On failure the former ones stay.
    func refresh() throws(Reason) {
        let fresh = try MLLPTrust.read(reference, secrets).store
        store.withLock { $0 = fresh }
    }

    func judge(_ chain: [NIOSSLCertificate]) -> TrustStore.Verdict {
        let ders = chain.compactMap { try? $0.toDERBytes() }
        guard ders.count == chain.count else { return .refused(.unreadable, nil) }
        let verdict = judge(ders)
        if case .accepted = verdict, let leaf = ders.first {
            chains.withLock { chains in
                if chains.count > 1000 { chains.removeAll() }
                chains[leaf] = ders
            }
        }
        return verdict
    }

    /// A resumed TLS session shows no chain: the one that the same certificate came with before is judged again.
    func judgeResumed(_ leaf: NIOSSLCertificate) -> TrustStore.Verdict {
        guard let der = try? leaf.toDERBytes() else { return .refused(.unreadable, nil) }
        return judge(chains.withLock { $0[der] } ?? [der])
    }

    private func judge(_ ders: [[UInt8]]) -> TrustStore.Verdict {
        let store = store.withLock { $0 }
        return store.judge(chain: ders, at: time.now.milliseconds / 1000, purpose: purpose, allowedSubjects: allowed)
    }

    private static func read(_ reference: TrustReference, _ secrets: SecretReader) throws(Reason) -> (store: TrustStore, pems: [[UInt8]]) {
        var authorities = [[UInt8]]()
        for path in reference.authorities { authorities.append(try secrets.read(.file(path))) }
        var lists = [[UInt8]]()
        for path in reference.revocationLists { lists.append(try secrets.read(.file(path))) }
        do throws(TrustError) {
            return (try TrustStore(authorities: authorities, revocationLists: lists), authorities)
        } catch {
            throw Reason(
                "P0612",
                Text(
                    fr: "Autorités de certification illisibles : \(SystemWords.french("\(error)"))",
                    en: "Certificate authorities cannot be read: \(error)"))
        }
    }
}

/// Making TLS contexts from the configuration.
enum MLLPTLS {
    /// The `tls:` record, for listener and sender.
    static let fields = [
        Field(
            "trust", .name(of: "trust"),
            Text(fr: "autorités et listes de révocation qui jugent le pair", en: "authorities and revocation lists that judge the peer")),
        Field("certificate", .secret, Text(fr: "notre chaîne de certificats, PEM, la feuille d'abord", en: "our certificate chain, PEM, leaf first")),
        Field("key", .secret, Text(fr: "la clé privée, PEM", en: "the private key, PEM")),
        Field(
            "identity", .name(of: "identity"),
            Text(fr: "une identité de l'établissement, au lieu de certificate et key", en: "an identity of the facility, instead of certificate and key")),
        Field(
            "subjects", .list(.text), Text(fr: "sujets admis (RFC 2253) ; absents : tous", en: "subjects let in (RFC 2253); absent: all"),
            example: "[\"CN=dpi.exemple\"]"),
        Field(
            "clients", .choice(["required", "optional", "none"]),
            Text(fr: "certificat du client ; par défaut exigé si trust est donné", en: "client certificate; required by default if trust is given")),
        Field("server_name", .text, Text(fr: "nom attendu du serveur, si ce n'est pas host", en: "expected name of the server, if it is not host")),
    ]

    /// The peers' judge, if the record names a trust.
    static func trust(_ tls: Fields, _ scope: Scope, _ purpose: TrustStore.Purpose) throws(ConfigError) -> MLLPTrust? {
        guard let name = tls.text("trust") else { return nil }
        guard let reference = scope.node.trust[name] else {
            throw ConfigError("P0613", Text(fr: "trust inconnu : \(name)", en: "unknown trust: \(name)"), at: tls.place(of: "trust"))
        }
        var allowed: [DistinguishedName]?
        for text in tls.texts("subjects") {
            guard let subject = DistinguishedName(text) else {
                throw ConfigError(
                    "P0614", Text(fr: "sujet illisible (RFC 2253 attendu) : \(text)", en: "subject cannot be read (RFC 2253 expected): \(text)"),
                    at: tls.place(of: "subjects"))
            }
            allowed = (allowed ?? []) + [subject]
        }
        do throws(Reason) {
            return try MLLPTrust(reference, allowed: allowed, purpose: purpose, secrets: scope.secrets, time: scope.engine.time)
        } catch {
            throw ConfigError("P0612", error.placed, at: tls.place(of: "trust"))
        }
    }

    /// Our own certificate and key, if the record names them.
    static func identity(_ tls: Fields, _ scope: Scope) throws(ConfigError) -> (chain: [NIOSSLCertificate], key: NIOSSLPrivateKey)? {
        var reference: IdentityReference?
        if let certificate = tls.secret("certificate"), let key = tls.secret("key") { reference = IdentityReference(certificate: certificate, key: key) }
        if let name = tls.text("identity") {
            reference = scope.facility?.identities[name]
            if reference == nil {
                throw ConfigError("P0615", Text(fr: "identité inconnue : \(name)", en: "unknown identity: \(name)"), at: tls.place(of: "identity"))
            }
        }
        guard let reference else { return nil }
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(scope.secrets.read(reference.certificate))
            return (chain, try NIOSSLPrivateKey(bytes: scope.secrets.read(reference.key), format: .pem))
        } catch {
            let text = (error as? Reason)?.text ?? Text(fr: "certificat ou clé illisible (PEM attendu)", en: "certificate or key cannot be read (PEM expected)")
            throw ConfigError("P0616", text, at: tls.place)
        }
    }

    /// The context of a listener. Without `trust` clients are not asked for a certificate.
    static func server(_ tls: Fields, _ scope: Scope, _ trust: MLLPTrust?) throws(ConfigError) -> NIOSSLContext {
        guard let own = try identity(tls, scope) else {
            throw ConfigError(
                "P0617", Text(fr: "tls d'un récepteur : certificate et key sont requis", en: "tls of a listener: certificate and key are required"),
                at: tls.place)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: own.chain.map { .certificate($0) }, privateKey: .privateKey(own.key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(trust?.authorities ?? [])
        configuration.sendCANameList = trust != nil
        configuration.shutdownTimeout = .seconds(1)
        let clients = tls.text("clients") ?? (trust == nil ? "none" : "required")
        if clients != "none", trust == nil {
            throw ConfigError("P0618", Text(fr: "clients demande trust", en: "clients needs trust"), at: tls.place(of: "clients"))
        }
        configuration.certificateVerification = clients == "none" ? .none : clients == "optional" ? .optionalVerification : .noHostnameVerification
        return try context(configuration, tls)
    }

    /// The context of a sender. The server is always judged: `trust` is required.
    static func client(_ tls: Fields, _ scope: Scope, _ trust: MLLPTrust?) throws(ConfigError) -> NIOSSLContext {
        guard let trust else {
            throw ConfigError("P0619", Text(fr: "tls d'un émetteur : trust est requis", en: "tls of a sender: trust is required"), at: tls.place)
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(trust.authorities)
        configuration.certificateVerification = .noHostnameVerification
        configuration.shutdownTimeout = .seconds(1)
        if let own = try identity(tls, scope) {
            configuration.certificateChain = own.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(own.key)
        }
        return try context(configuration, tls)
    }

    private static func context(_ configuration: TLSConfiguration, _ tls: Fields) throws(ConfigError) -> NIOSSLContext {
        do { return try NIOSSLContext(configuration: configuration) } catch {
            throw ConfigError("P0616", Text(fr: "le certificat et la clé ne vont pas ensemble", en: "certificate and key do not fit together"), at: tls.place)
        }
    }

    /// Does a server certificate name this host? DNS names of the extension, a wildcard for one label, or an IP address.
    static func names(_ certificate: NIOSSLCertificate, _ host: String) -> Bool {
        let address = try? SocketAddress(ipAddress: host, port: 0)
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: if matches(String(decoding: name.contents, as: UTF8.self), host) { return true }
            case .ipAddress:
                if let address, address == (try? SocketAddress(packedIPAddress: ByteBuffer(bytes: name.contents), port: 0)) { return true }
            default: continue
            }
        }
        return false
    }

    static func matches(_ pattern: String, _ host: String) -> Bool {
        let (name, host) = (pattern.lowercased(), host.lowercased())
        if name == host { return true }
        guard name.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
        return host[dot...] == name.dropFirst()
    }
}
