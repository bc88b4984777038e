package import Pipeline
import FoundationEssentials

/// What may be asked at the door.
package enum DoorRequest: Sendable, Hashable {
    /// `GET /queue?state=held,deferred&destination=…&after=…&limit=…`
    case queue(states: Set<DeliveryState>, destination: String?, after: DeliveryID, limit: Int, reveal: Bool)
    /// `GET /delivery/ID`
    case delivery(DeliveryID, reveal: Bool)
    /// `GET /message/ID`, by its 26 letters or by the sender's control id.
    case message(String, reveal: Bool)
    /// `POST /delivery/ID/{retry,hold,release,discard,pass}`
    case command(DeliveryID, OperatorCommand, CommandBody)
    /// `POST /scope/NAME/resume`
    case resume(String, CommandBody)
    /// `POST /erase`: the identifier stands in the body alone, and is hashed here.
    case erase(EraseBody)
    /// `POST /reload`
    case reload(CommandBody)
    /// `GET /audit`: that of the gateway itself
    case audit
    /// `GET /health`
    case health

    /// States that still ask for work: what `queue list` shows when none is named.
    package static let openStates = Set(DeliveryState.allCases.filter(\.isOpen))
}

/// The JSON body of a command; every field may be absent.
package struct CommandBody: Sendable, Codable, Hashable {
    /// The version that the person saw; absent: the newest.
    package var expecting: Int?
    /// Who commands, for the audit.
    package var by: String?
    /// Why, for `hold` and `discard`.
    package var reason: String?
    /// Who must look at it, for `hold`.
    package var owner: String?

    /// A body.
    package init(expecting: Int? = nil, by: String? = nil, reason: String? = nil, owner: String? = nil) {
        (self.expecting, self.by, self.reason, self.owner) = (expecting, by, reason, owner)
    }
}

/// The JSON body of `POST /erase`.
package struct EraseBody: Sendable, Codable, Hashable {
    /// The facility's name, or the OID of its IPP domain.
    package var facility: String
    package var ipp: String?, ins: String?
    /// The domain (OID) of the local identifier; absent: the facility's own.
    package var authority: String?
    package var force: Bool
    /// Who asks, for the audit.
    package var by: String?

    /// A body.
    package init(facility: String, ipp: String?, ins: String?, authority: String? = nil, force: Bool, by: String?) {
        (self.facility, self.ipp, self.ins, self.authority, self.force, self.by) = (facility, ipp, ins, authority, force, by)
    }
}

/// A request that the door cannot read, as an HTTP status and a reason.
package struct DoorRefusal: Error, Sendable, Hashable {
    package let status: Int
    package let reason: Reason

    /// A refusal.
    package init(_ status: Int, _ code: String, _ text: Text) { (self.status, reason) = (status, Reason(code, text)) }
    /// A refusal for a reason.
    package init(_ status: Int, _ reason: Reason) { (self.status, self.reason) = (status, reason) }

    static let unknownPath = DoorRefusal(404, "P9001", Text(fr: "Rien à cette adresse.", en: "Nothing at this address."))
    static let wrongMethod = DoorRefusal(405, "P9002", Text(fr: "Méthode non admise ici.", en: "This method is not allowed here."))
    static let badID = DoorRefusal(400, "P9003", Text(fr: "Identifiant illisible.", en: "This id cannot be read."))
    static let badBody = DoorRefusal(400, "P9004", Text(fr: "Corps JSON illisible.", en: "The JSON body cannot be read."))
    static let badState = DoorRefusal(400, "P9005", Text(fr: "État ou destinataire inconnu.", en: "Unknown state or owner."))
    static let tooLarge = DoorRefusal(413, "P9006", Text(fr: "Requête trop grande.", en: "The request is too large."))
    static let notFound = DoorRefusal(404, "P9007", Text(fr: "Introuvable dans le journal.", en: "Not found in the journal."))
}

extension DoorRequest {
    /// Reads a request from its parts.
    package init(method: String, uri: String, body: [UInt8]) throws(DoorRefusal) {
        guard let target = RequestTarget(uri) else { throw .unknownPath }
        let (path, query) = (target.path, target.query)
        let reveal = query["reveal"] == "yes"
        switch (method, path.first, path.count) {
        case ("GET", "queue", 1): self = try Self.queue(query, reveal: reveal)
        case ("GET", "health", 1): self = .health
        case ("GET", "delivery", 2): self = .delivery(try Self.id(path[1]), reveal: reveal)
        case ("GET", "message", 2): self = .message(path[1], reveal: reveal)
        case ("POST", "delivery", 3):
            let body = try Self.commandBody(body)
            self = .command(try Self.id(path[1]), try Self.command(path[2], body), body)
        case ("POST", "erase", 1):
            do { self = .erase(try JSONDecoder().decode(EraseBody.self, from: Data(body))) } catch { throw .badBody }
        case ("GET", "audit", 1): self = .audit
        case ("POST", "reload", 1): self = .reload(try Self.commandBody(body))
        case ("POST", "scope", 3) where path[2] == "resume": self = .resume(path[1], try Self.commandBody(body))
        case (_, "queue", 1), (_, "health", 1), (_, "erase", 1), (_, "reload", 1), (_, "audit", 1), (_, "delivery", 2...3), (_, "message", 2), (_, "scope", 3):
            throw .wrongMethod
        default: throw .unknownPath
        }
    }

    private static func queue(_ query: [String: String], reveal: Bool) throws(DoorRefusal) -> DoorRequest {
        var states = openStates
        if let named = query["state"], !named.isEmpty {
            states = []
            for word in named.split(separator: ",") {
                guard let state = DeliveryState(rawValue: String(word)) else { throw .badState }
                states.insert(state)
            }
        }
        let limit = min(max(query["limit"].flatMap(Int.init) ?? 100, 1), 1000)
        let after = query["after"].flatMap(DeliveryID.init) ?? 0
        return .queue(states: states, destination: query["destination"], after: after, limit: limit, reveal: reveal)
    }

    private static func id(_ text: String) throws(DoorRefusal) -> DeliveryID {
        guard let id = DeliveryID(text), id > 0 else { throw .badID }
        return id
    }

    private static func commandBody(_ body: [UInt8]) throws(DoorRefusal) -> CommandBody {
        if body.isEmpty { return CommandBody() }
        do { return try JSONDecoder().decode(CommandBody.self, from: Data(body)) } catch { throw .badBody }
    }

    private static func command(_ word: String, _ body: CommandBody) throws(DoorRefusal) -> OperatorCommand {
        // The person's own words may name a patient: they are a detail, never the text.
        func reason(_ code: String, _ text: Text) -> Reason { Reason(code, text, detail: body.reason) }
        switch word {
        case "retry": return .retry
        case "release": return .release
        case "pass": return .pass
        case "discard": return .discard(reason("P9010", Text(fr: "Abandonné par un opérateur.", en: "Discarded by an operator.")))
        case "hold":
            guard let owner = Owner(rawValue: body.owner ?? Owner.exploitation.rawValue) else { throw .badState }
            return .hold(reason("P9011", Text(fr: "Retenu par un opérateur.", en: "Held by an operator.")), owner: owner)
        default: throw .unknownPath
        }
    }
}
