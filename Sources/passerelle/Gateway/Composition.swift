import Connectors
import FoundationEssentials
import HL7v2
import Logging
import Pipeline
import Steps
import Trust

/// Where everything that a configuration may name comes together. Only this module knows all of them.
enum Composition {
    static let registry = ComponentRegistry(
        checks: StepRegistry.checks, steps: StepRegistry.steps, thens: StepRegistry.thens, listeners: ConnectorRegistry.listeners,
        senders: ConnectorRegistry.senders)

    /// The first is that of routes which name none.
    static let formats: [any Format] = [HL7Format(), MailFormat()]

    static let digester = Digester { Digest.sha256($0) }

    /// Secrets from files, systemd credentials and the environment, read each time they are asked for.
    static let secrets = SecretReader { (reference) throws(Reason) in
        let environment = ProcessInfo.processInfo.environment
        switch reference {
        case .file(let path): return try contents(path)
        case .credential(let name):
            guard let folder = environment["CREDENTIALS_DIRECTORY"] else {
                throw Reason("P0181", Text(fr: "CREDENTIALS_DIRECTORY n'est pas défini.", en: "CREDENTIALS_DIRECTORY is not set."))
            }
            return try contents(folder + "/" + name)
        case .environment(let name):
            guard let value = environment[name] else {
                throw Reason("P0182", Text(fr: "Variable d'environnement non définie.", en: "The environment variable is not set."), location: name)
            }
            return Array(value.utf8)
        }
    }

    private static func contents(_ path: String) throws(Reason) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Reason("P0180", Text(fr: "Fichier absent ou illisible.", en: "The file is missing or cannot be read."), location: path)
        }
        return Array(data)
    }

    /// Why a certificate and its key, which are there, cannot be used.
    static let identityFault: @Sendable (IdentityReference) -> Text? = { reference in
        guard let certificate = try? secrets.read(reference.certificate), let key = try? secrets.read(reference.key) else { return nil }
        do throws(TrustError) {
            let identity = try Identity(certificatePEM: certificate, keyPEM: key)
            let now = SystemTime().now.milliseconds / 1000, end = identity.certificate.notAfter, day = day(end)
            if end < now { return Text(fr: "il a expiré (\(day))", en: "it has expired (\(day))") }
            if end < now + 30 * 86_400 { return Text(fr: "il expire bientôt (\(day))", en: "it expires soon (\(day))") }
            return nil
        } catch {
            return SystemWords.text("\(error)")
        }
    }

    /// Why authorities and revocation lists, which are there, cannot be used.
    static let trustFault: @Sendable (TrustReference) -> TrustFault? = { reference in
        var authorities: [[UInt8]] = [], lists: [[UInt8]] = []
        for path in reference.authorities {
            guard let bytes = try? contents(path) else { return nil }  // said where it is named
            authorities.append(bytes)
        }
        for path in reference.revocationLists {
            guard let bytes = try? contents(path) else { return nil }
            lists.append(bytes)
        }
        do throws(TrustError) {
            let store = try TrustStore(authorities: authorities, revocationLists: lists), now = SystemTime().now.milliseconds / 1000
            if let end = store.listsEnd, end < now {
                let day = day(end)
                return TrustFault(Text(fr: "liste de révocation périmée (\(day))", en: "revocation list out of date (\(day))"), isUnreadable: false)
            }
            guard let old = store.authorities.first(where: { $0.notAfter < now }) else { return nil }
            return TrustFault(
                Text(fr: "« \(old.subject) » a expiré (\(day(old.notAfter)))", en: "\"\(old.subject)\" has expired (\(day(old.notAfter)))"), isUnreadable: false
            )
        } catch {
            return TrustFault(SystemWords.text("\(error)"), isUnreadable: true)
        }
    }

    /// The day of a time in seconds, UTC: `20261121`.
    private static func day(_ seconds: Int64) -> Substring { HL7Time(milliseconds: seconds * 1000, offset: 0, statesOffset: false).text.prefix(8) }

    /// What a configuration is loaded with when nothing is to run: `check`, `explain`, and the first look at the node file.
    static func offline() -> LoadingContext {
        let services = EngineServices(
            intake: IntakeRelay(), journal: nil, time: SystemTime(), random: SystemChance(), digester: digester,
            hash: SipHash(secret: Key128(high: 0, low: 0)), io: IOThreads(), logger: Logger(label: "offline") { _ in SwiftLogNoOpLogHandler() })
        return context(services, .look)
    }

    /// What a configuration is loaded with.
    static func context(_ services: EngineServices, _ purpose: LoadingContext.Purpose) -> LoadingContext {
        LoadingContext(
            registry: registry, formats: formats, secrets: secrets, engine: services, purpose: purpose, identityFault: identityFault,
            trustFault: trustFault)
    }

    /// Loads a configuration to look at it; `path` is the node file, or the folder that holds `passerelle.yaml`.
    static func look(at path: String) -> LoadedConfiguration { Configuration.load(nodeFile(path), offline()) }

    /// The node file that a path means.
    static func nodeFile(_ path: String) -> String {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder ? path + "/passerelle.yaml" : path
    }
}

/// Where the socket of a node is, from its file.
enum NodeSocket {
    /// The socket that the file names, also where the configuration has errors: they are what `reload` is asked about. Where the file itself cannot be
    /// read, the one beside it that a node has by default.
    static func path(config: String) -> String {
        let file = Composition.nodeFile(config)
        let socket = Composition.look(at: file).node.socket
        if !socket.isEmpty { return socket }
        return Path.join(Path.folder(of: file), "var/passerelle.sock")
    }
}
