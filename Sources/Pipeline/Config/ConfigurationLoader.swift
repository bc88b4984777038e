/// What loading gives: the configuration when nothing is wrong with it, and what is to be said about its files.
package struct LoadedConfiguration: Sendable {
    /// Nil when a diagnostic is an error.
    package let configuration: Configuration?
    package let report: DiagnosticReport
    /// Of all its files, also when it is refused.
    package let digest: String
    /// The node's own settings as far as they could be read, also when it is refused.
    package let node: NodeSettings
}

/// What the loader is given: the kinds of components and formats, how files and secrets are read, and the engine for the components.
package struct LoadingContext: Sendable {
    package let registry: ComponentRegistry
    /// The first is that of routes which name none.
    package let formats: [any Format]
    package let files: FileAccess
    package let secrets: SecretReader
    package let engine: EngineServices
    package let purpose: Purpose
    /// Why a certificate and its key, which are there, cannot be used; nil: they can, or are not there yet. Certificates are not this module's trade.
    package let identityFault: (@Sendable (IdentityReference) -> Text?)?
    /// The same of authorities and revocation lists.
    package let trustFault: (@Sendable (TrustReference) -> TrustFault?)?

    /// What the configuration is read for.
    package enum Purpose: Sendable {
        /// To be looked at: `check`, `explain`.
        case look
        /// To run with, from the start: what lacks a secret starts all the same, and halts when it needs it.
        case start
        /// To take the place of one that runs: everything behind it must be readable.
        case reload
    }

    /// A context.
    package init(
        registry: ComponentRegistry, formats: [any Format], files: FileAccess = .disk, secrets: SecretReader, engine: EngineServices, purpose: Purpose = .look,
        identityFault: (@Sendable (IdentityReference) -> Text?)? = nil, trustFault: (@Sendable (TrustReference) -> TrustFault?)? = nil
    ) {
        (self.registry, self.formats, self.files, self.secrets, self.engine) = (registry, formats, files, secrets, engine)
        (self.purpose, self.identityFault, self.trustFault) = (purpose, identityFault, trustFault)
    }
}

extension Configuration {
    /// Reads a node file, with the routes and facilities that it names, and builds everything: all diagnostics at once.
    /// Blocks on files: for start-up, `check` and reload.
    package static func load(_ nodeFile: String, _ context: LoadingContext) -> LoadedConfiguration {
        var loader = ConfigurationLoader(context: context, nodeFile: nodeFile)
        return loader.load()
    }
}

/// A facility file, read, with its tree for the places of its parts.
struct FacilitySource {
    let facility: Facility, node: Node
    let partners: [(settings: PartnerSettings, place: Place)]
}

struct ConfigurationLoader {
    let context: LoadingContext
    let nodeFile: String
    var reader = SpecReader()
    var sources = SourceTexts()
    var configuration = Configuration()
    var builder: ComponentBuilder
    /// The names of the node's own senders.
    var nodeSenders: Set<String> = []
    /// A facility could not be read: what it takes part in is not known.
    var facilityFailed = false
    private var digested: [UInt8] = []
    /// The routes that take what thens emit, by its kind.
    var takers: [String: [String]] = [:]
    /// What components keep of the whole: see `Surroundings`.
    var surroundings: [UInt8] = []

    init(context: LoadingContext, nodeFile: String) {
        (self.context, self.nodeFile) = (context, nodeFile)
        builder = ComponentBuilder(registry: context.registry, formats: context.formats, secrets: context.secrets, engine: context.engine)
        reader.exists = context.files.exists
        for format in context.formats { configuration.formats[format.name] = format }
    }

    mutating func load() -> LoadedConfiguration {
        guard let node = tree(nodeFile), !FileSort.node.isElsewhere(node, &reader) else { return finished() }
        configuration.node = NodeFile.read(node, file: nodeFile, access: context.files, reader: &reader)
        checkTrust()
        reader.names["listener"] = Set(node["listeners"].map(NodeFile.keys) ?? [])
        nodeSenders = Set(node["senders"].map(NodeFile.keys) ?? [])
        reader.names["sender"] = nodeSenders
        reader.names["operator"] = Set(node["operators"].map(NodeFile.keys) ?? [])
        let base = Path.folder(of: nodeFile), routesFolder = Path.join(base, node["routes"]?.text ?? "Routes")
        let facilitiesFolder = node["facilities"]?.text.map { Path.join(base, $0) } ?? Path.join(routesFolder, "facilities")
        let looks = node["facilities"] != nil || context.files.list(routesFolder) != nil  // else it is said once, for the routes
        let facilities = looks ? facilities(in: facilitiesFolder, at: node["facilities"]?.place ?? node["routes"]?.place) : []
        builder.node = configuration.node
        builder.facilities = configuration.facilities
        reader.names["facility"] = Set(configuration.facilities.keys)
        printNode(node, facilities)
        buildNode(node)
        for source in facilities { buildEndpoints(source) }
        checkLease(node)
        routes(in: routesFolder, at: node["routes"]?.place, facilities)
        checkUse(node, facilities)
        return finished()
    }

    /// A gateway begins no attempt that could outlast its lease: with too short a one, a sender would never begin.
    private mutating func checkLease(_ node: Node) {
        guard let lease = configuration.node.database?.lease else { return }
        let slowest = configuration.senders.sorted { $0.key < $1.key }.max { $0.value.patience < $1.value.patience }
        guard let (name, sender) = slowest, sender.patience + .seconds(5) > lease else { return }
        reader.diagnostics.append(.shortLease(name, patience: sender.patience, at: node["journal"]?["postgres"]?.place ?? node.place))
    }

    /// Authorities and lists that are there and cannot be used.
    private mutating func checkTrust() {
        for (name, trust) in configuration.node.trust.sorted(by: { $0.key < $1.key }) {
            guard let fault = context.trustFault?(trust) else { continue }
            reader.diagnostics.append(.unusableTrust(fault, at: configuration.node.places["trust." + name] ?? Place(file: nodeFile)))
        }
    }

    private func finished() -> LoadedConfiguration {
        let report = DiagnosticReport(reader.diagnostics, sources: sources, hidden: reader.hidden)
        var whole = configuration
        whole.digest = Key128.hex(context.engine.digester.sha256(digested))
        return LoadedConfiguration(configuration: report.hasErrors ? nil : whole, report: report, digest: whole.digest, node: whole.node)
    }

    // MARK: Files

    /// The tree of a file; nil with diagnostics when it cannot be read.
    mutating func tree(_ file: String) -> Node? {
        do throws(Reason) {
            let bytes = try context.files.read(file)
            digested += Array(Path.name(of: file).utf8) + [0] + bytes + [0]
            let (node, diagnostics) = YAML.read(bytes, file: file, sources: &sources)
            reader.diagnostics += diagnostics
            return node
        } catch {
            reader.diagnostics.append(.unreadableFile(error.text, at: Place(file: file)))
            return nil
        }
    }

    /// The YAML files of a folder by name; those of later work are refused.
    mutating func files(in folder: String, at place: Place?) -> [String] {
        guard let names = context.files.list(folder) else {
            reader.diagnostics.append(.noFolder(folder, at: place ?? Place(file: nodeFile)))
            return []
        }
        let yaml = names.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
        for name in yaml where Self.isTest(name) { reader.diagnostics.append(.notYet(name, at: Place(file: Path.join(folder, name), line: 1, column: 1))) }
        return yaml.filter { !Self.isTest($0) }.map { Path.join(folder, $0) }
    }

    private static func isTest(_ name: String) -> Bool { name.hasSuffix(".test.yaml") || name.hasSuffix(".test.yml") }

    /// Names end up in paths, identifiers and logs.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E
            }
    }

    /// Refuses names of a map's keys that cannot be names.
    mutating func checkNames(_ node: Node?) {
        guard case .map(let pairs, _)? = node else { return }
        for (key, place, _) in pairs where !Self.isName(key) { reader.diagnostics.append(.badName(at: place)) }
    }

    // MARK: Facilities

    private mutating func facilities(in folder: String, at place: Place?) -> [FacilitySource] {
        var sources: [FacilitySource] = []
        for file in files(in: folder, at: place) {
            guard let node = tree(file), let source = FacilityFile.read(node, node: configuration.node, reader: &reader) else {
                facilityFailed = true
                continue
            }
            let facility = source.facility
            let namePlace = node["facility"]?.place ?? node.place
            if let other = configuration.facilities[facility.name] {
                reader.diagnostics.append(.nameTwice(facility.name, other.place, at: namePlace))
                continue
            }
            if !Self.isName(facility.name) { reader.diagnostics.append(.badName(at: namePlace)) }
            if !Path.name(of: file).hasPrefix(facility.name + ".") { reader.diagnostics.append(.otherFileName(facility.name, at: namePlace)) }
            for key in ["endpoints", "identities", "mailboxes"] { checkNames(node[key]) }
            checkPartners(source, against: sources)
            for (name, identity) in facility.identities.sorted(by: { $0.key < $1.key }) {
                guard let fault = context.identityFault?(identity) else { continue }
                reader.diagnostics.append(.unusableIdentity(fault, at: node["identities"]?[name]?.place ?? node.place))
            }
            configuration.add(facility)
            sources.append(source)
        }
        return sources
    }

    /// Two partners that no connection could tell apart.
    private mutating func checkPartners(_ source: FacilitySource, against others: [FacilitySource]) {
        for (index, (partner, place)) in source.partners.enumerated() {
            let clash = (others.flatMap(\.partners) + source.partners[..<index]).first { $0.settings.cannotBeTold(from: partner) }
            if let clash { reader.diagnostics.append(.partnerTwice(clash.place, at: place)) }
        }
    }
}

extension PartnerSettings {
    /// Whether a connection could fit both.
    fileprivate func cannotBeTold(from other: PartnerSettings) -> Bool {
        guard listener == other.listener, application == other.application, facilityCode == other.facilityCode else { return false }
        guard let mine = subject, let others = other.subject else { return true }
        return Configuration.spelling(mine) == Configuration.spelling(others)
    }
}
