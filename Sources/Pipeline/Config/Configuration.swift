/// A whole configuration, checked: every listener, sender and route is built and may run.
package struct Configuration: Sendable {
    package var node = NodeSettings()
    package var facilities: [String: Facility] = [:]
    /// Formats by name.
    package var formats: [String: any Format] = [:]
    package var listeners: [String: any Listener] = [:]
    /// The node's senders by name, and the facilities' endpoints as `facility/endpoint`.
    package var senders: [String: any Sender] = [:]
    /// In the order in which they run: by file, then by facility.
    package private(set) var routes: [RouteInstance] = []
    /// SHA-256 of all its files, in hex: part of what makes built bytes the same (design §5).
    package var digest = "" { didSet { traceLine = "configuration " + digest.prefix(12) } }
    /// What the trace of a message says of the configuration that judged it.
    package private(set) var traceLine = "configuration"
    /// A print of each part with the secrets and files behind it: equal prints mean that it is the same. Empty when it was read only to be looked at.
    package var prints: [ConfigurationPart: [UInt8]] = [:]
    /// Counts the configurations that were in force in this process.
    package var generation = 0
    /// The lines of routes that go by another key than the patient.
    package private(set) var streams = OrderStreams()
    private var index = RouteIndex()
    private var byName: [RouteKey: RouteInstance] = [:]
    private var partners: [PartnerKey: [KnownPartner]] = [:]

    private struct RouteKey: Hashable { let name: String, facility: String }
    private struct PartnerKey: Hashable { let listener: String, application: String, facilityCode: String }
    private struct KnownPartner {
        let partner: Partner, reuse: RepeatRule
        /// As `spelling` writes it; nil: any.
        let subject: String?
        let ipp: String?
    }

    /// An empty configuration: nothing listens, nothing is routed.
    package init() {}

    /// The routes that may take a message, in order; their `when` is still to be asked.
    package func candidates(listener: String, facility: String, index words: [String]) -> [RouteInstance] {
        index.candidates(listener: listener, facility: facility, index: words)
    }

    /// Whether any route takes messages of this first index word (for HL7v2 MSH-9.1), whatever the second.
    package func routesType(listener: String, facility: String, type: String) -> Bool {
        index.routesType(listener: listener, facility: facility, type: type)
    }

    /// A route as a facility takes part in it.
    package func route(_ name: String, facility: String) -> RouteInstance? { byName[RouteKey(name: name, facility: facility)] }

    /// The name of the sender that a reference means for a message: nil when its partner has no endpoint for answers, or is gone.
    package func senderName(_ reference: SenderReference, _ envelope: Envelope) -> String? {
        switch reference {
        case .named(let name): return name
        case .partnerAnswers:
            let settings = facilities[envelope.facility]?.partners.first { $0.name == envelope.partner.name && $0.answers != nil }
            return settings?.answers.map { envelope.facility + "/" + $0 }
        }
    }

    /// The delivery with its sender, or with the one that its destination names now where that one is gone: unless an attempt through the old one may
    /// have arrived.
    func present(_ delivery: Delivery) -> Delivery {
        guard senders[delivery.sender] == nil, delivery.sender != InternalSender.route, !delivery.wasUnknown,
            let destination = route(delivery.route, facility: delivery.facility)?.destination(delivery.destination),
            let name = senderName(destination.sender, delivery.message.envelope), senders[name] != nil
        else { return delivery }
        var next = delivery
        next.sender = name
        return next
    }

    /// Who may use these names (MSH-3, MSH-4) on this listener, with this certificate subject (RFC 2253).
    package func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch {
        guard let named = partners[PartnerKey(listener: listener, application: application, facilityCode: facilityCode)] else {
            return .unknown(Reason("207", .init(fr: "émetteur inconnu (MSH-3, MSH-4)", en: "unknown sender (MSH-3, MSH-4)"), location: "MSH-3"))
        }
        let spelled = named.contains { $0.subject != nil } ? subject.map(Self.spelling) : nil
        if let match = named.first(where: { $0.subject == nil || $0.subject == spelled }) { return .known(match.partner, match.reuse, ipp: match.ipp) }
        return .unknown(
            Reason(
                "207", .init(fr: "le certificat présenté n’est pas celui de cet émetteur", en: "the client certificate is not this sender's"),
                location: "MSH-3"))
    }

    /// A subject without blanks around its commas and equals signs.
    static func spelling(_ subject: String) -> String {
        subject.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed).joined(separator: "=") }.joined(separator: ",")
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let end = text.lastIndex { $0 != " " }.map(text.index(after:)) ?? text.startIndex
        return text[..<end].drop { $0 == " " }
    }

    /// Adds a route after those there are; `words`: see `RouteIndex`.
    package mutating func add(_ route: RouteInstance, words: [Set<String>?] = []) {
        routes.append(route)
        byName[RouteKey(name: route.name, facility: route.facility)] = route
        index.add(route, words: words)
        streams.add(route)
    }

    /// Adds a facility and its partners.
    package mutating func add(_ facility: Facility) {
        facilities[facility.name] = facility
        for settings in facility.partners {
            let key = PartnerKey(listener: settings.listener, application: settings.application, facilityCode: settings.facilityCode)
            partners[key, default: []].append(
                KnownPartner(
                    partner: Partner(facility: facility.name, name: settings.name), reuse: settings.reuse, subject: settings.subject.map(Self.spelling),
                    ipp: facility.identifiers["ipp"]))
        }
    }
}
