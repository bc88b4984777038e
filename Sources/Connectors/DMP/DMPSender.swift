import Clinical
import France
package import Pipeline
import Synchronization
import Wire

/// `dmp`: publishes to the DMP in indirect authentication: TD2.1 (ITI-41), replacement after TD3.1b, deletion by TD3.3c.
package struct DMPSender: Sender {
    /// What `senders: {name: {dmp: …}}` may say.
    package static let spec = Spec(
        "dmp",
        Text(
            fr: "publie les documents CDA au DMP, en authentification indirecte", en: "publishes CDA documents to the DMP, in indirect authentication"),
        DMPSettings.fields)
    /// One lot for a whole request, which the control let in and the step opened: replacements wait for what they replace by its tokens.
    package static let demand = SenderDemand(checks: ["cda-request"], steps: ["documents"], format: "hl7v2", each: .never)

    let name: String
    let settings: DMPSettings
    let tables: DMPTables
    let services: Scope
    private let structures = Structures()

    /// Structures that were used, by facility; read again after a reload, which makes a new sender.
    private final class Structures: Sendable {
        let known = Mutex<[String: DMPStructure]>([:])
    }

    /// The same lot with a fresh VIHF (no search after a feeding: EX_3.1-2030).
    package var afterUnknown: AfterUnknown { .sendAgain }
    /// Sendings at a time.
    package var concurrency: Int { settings.concurrency }
    package var patience: Duration { settings.connect + settings.total }
    /// For each structure: the national services ask for at most five a second.
    package var rate: Double? { settings.rate }
    /// Up to three days: a DMP that is away over a weekend costs nobody a letter.
    package var retry: RetryPolicy { RetryPolicy(first: .seconds(2), longest: .seconds(600), giveUp: .seconds(3 * 86_400)) }

    /// Reads the settings and the code tables; certificates are read when a facility first sends.
    package init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        name = scope.name
        settings = DMPSettings(fields, scope)
        tables = try DMPSettings.tables(scope, fields.place)
        services = scope
        do throws(DMPLotError) {
            _ = try DerivedIDs(key: [], root: scope.node.software.instanceOID)
        } catch {
            throw ConfigError([.badInstance(scope.node, error)])
        }
    }

    /// Its certificate and seal, the number of homologation, and the types that it feeds.
    package func faults(for facility: Facility, at place: Place) -> [Diagnostic] {
        let names = [settings.authentication, settings.seal].filter { facility.identities[$0] == nil }
        var found = names.map { Diagnostic.noIdentity($0, of: facility, for: name, at: place) }
        if services.node.software.homologation == nil {
            found.append(.softwareLacks("homologation", "{file: homologation}", for: name, services.node, at: place))
        }
        found += oddities(of: facility, at: place)
        for code in (facility.feeds ?? []).sorted() where !tables.isFed(type: code) {
            found.append(.notFed(code, tables, at: facility.places["feeds.\(code)"] ?? place))
        }
        return found
    }

    /// What is well formed and can hardly be meant.
    private func oddities(of facility: Facility, at place: Place) -> [Diagnostic] {
        var found: [Diagnostic] = []
        let own = services.node.places["senders.\(name)"] ?? place
        if let service = ["/repository", "/registry"].first(where: { settings.base.hasSuffix($0) }) { found.append(.namesService(service, at: own)) }
        if facility.environment == .production, settings.rate > 5 { found.append(.tooFast(settings.rate, at: own)) }
        for id in facility.professionals.keys.sorted() where !Self.isNational(id) {
            found.append(.noProfessional(id, at: facility.places["professionals.\(id).role"] ?? place))
        }
        return found
    }

    /// RPPS or ADELI number, with or without the digit of its kind; a local number has another form and is not judged.
    private static func isNational(_ id: String) -> Bool {
        guard id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return true }
        switch id.utf8.count {
        case 9, 11: return true
        case 10: return id.hasPrefix("0")
        case 12: return id.hasPrefix("8")
        default: return false
        }
    }

    /// One attempt: see `DMPConversation`.
    package func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome {
        let conversation = DMPConversation(sender: self, delivery: delivery, attempt: attempt) { [self] facility in
            await services.engine.io.run(name) { [self] in structure(facility).map(DMPConversation.Line.init) }
        }
        return await conversation.run()
    }

    /// Connects with the certificate of each facility; any HTTP answer will do.
    package func probe() async -> Reason? {
        for facility in services.facilities.values.sorted(by: { $0.name < $1.name }) where facility.identities[settings.authentication] != nil {
            let failure: Reason? = await services.engine.io.run(name) { [self] in
                switch structure(facility.name) {
                case .failure(let reason): return reason
                case .success(let structure):
                    guard case .nothingSent(let text, _) = structure.post(settings.base + "/repository", contentType: "text/plain", []) else { return nil }
                    return Reasons.farEndAway(detail: text)
                }
            }
            if let failure { return failure }
        }
        return nil
    }

    /// Finds the delivery of a submission set by its uniqueId.
    package func tokens(_ key: Key128, _ message: Message, _ part: Part) -> [Token] {
        guard let ids = try? DerivedIDs(key: key.bytes, root: services.node.software.instanceOID) else { return [] }
        return [Token(kind: "submission-set", value: ids.set)]
    }

    /// The structure: a refused certificate or an unknown homologation concerns one facility.
    package func scope(_ delivery: Delivery) -> String { "\(name)/\(delivery.facility)" }

    /// Documents of one patient leave in order: by INS, else by local identifier.
    package func laneKey(_ keys: OrderKeys, _ part: Part) -> UInt64 {
        keys.ins != 0 ? keys.ins : keys.patient != 0 ? keys.patient : keys.connection
    }

    /// Blocking: on an I/O thread.
    func structure(_ facility: String) -> Result<DMPStructure, Reason> {
        if let known = structures.known.withLock({ $0[facility] }) { return .success(known) }
        guard let found = services.facilities[facility] else { return .failure(DMPReasons.noFacility(facility)) }
        do throws(Reason) {
            let made = try DMPStructure(found, settings, services)
            structures.known.withLock { $0[facility] = made }
            return .success(made)
        } catch {
            return .failure(error)
        }
    }
}
