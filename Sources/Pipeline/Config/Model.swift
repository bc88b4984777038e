/// Test or production: the two never mix (design §5).
package enum Environment: String, Sendable, Codable, CaseIterable { case test, production }

/// passerelle.yaml: the node.
package struct NodeSettings: Sendable {
    package var name: String = ""
    package var environment: Environment = .test
    /// Whether INS of the production OIDs (`.8`, `.9`) are let into a test environment.
    package var productionINSInTest = false
    /// The folder of the SQLite journal, absolute.
    package var journalDirectory: String = ""
    /// Set where several gateways share a database; the directory is empty then.
    package var database: DatabaseSettings?
    /// The software as homologated: name, version, numbers; equal everywhere they appear.
    package var software = Software()
    /// How long things are kept.
    package var keep = KeepSettings()
    package var trust: [String: TrustReference] = [:]
    package var operators: [String: MailOperator] = [:]
    /// The folder that relative paths start from.
    package var folder: String = ""
    /// The folder of code tables (`Mappings/tables`), absolute.
    package var tables: String = ""
    /// The Unix socket of the command line.
    package var socket: String = ""
    /// How long a delivery report may take before a person is told.
    package var reportOverdue: Duration = .seconds(72 * 3600)
    /// Levels and places of the file's parts, for diagnostics.
    package var places: [String: Place] = [:]

    /// Settings to be filled in.
    package init() {}
}

/// `lps:` of the node file.
package struct Software: Sendable, Hashable {
    package var name = "Passerelle", version = ""
    /// The number given by the CNDA: a secret.
    package var homologation: SecretReference?
    /// Reference in the convergence tool (X-MSS-NIL), and the OID under which this instance's ids are made.
    package var nil_ = "", instanceOID = "", instanceID = ""

    /// Software to be filled in.
    package init() {}
}

/// `operators:` of the node file: an MSSanté operator.
package struct MailOperator: Sendable, Hashable {
    package let name: String
    /// `host:port`.
    package let smtp: String, imap: String
    /// A name of `trust`.
    package let trust: String
    package let environment: Environment?

    /// An operator.
    package init(name: String, smtp: String, imap: String, trust: String, environment: Environment? = nil) {
        (self.name, self.smtp, self.imap, self.trust, self.environment) = (name, smtp, imap, trust, environment)
    }
}

/// A facility file: the identity of a hospital or clinic, who may connect, and the routes it takes part in.
package struct Facility: Sendable {
    package var name = ""
    /// The name that people know it by.
    package var title = ""
    package var environment: Environment = .test
    /// FINESS of the legal entity and of the place.
    package var finessEJ = "", finessGeo = ""
    /// OIDs of identifier domains: `ipp`, `nda`.
    package var identifiers: [String: String] = [:]
    /// VIHF roles by professional id.
    package var professionals: [String: Professional] = [:]
    /// Activity sector for the VIHF (`SA01`).
    package var sector = "SA01"
    /// Document types fed to the DMP; nil: all.
    package var feeds: Set<String>?
    package var partners: [PartnerSettings] = []
    package var endpoints: [String: EndpointSettings] = [:]
    package var identities: [String: IdentityReference] = [:]
    package var mailboxes: [String: Mailbox] = [:]
    /// Route name → parameter → text.
    package var routes: [String: [String: Node]] = [:]
    package var place = Place(file: "")
    /// Places of the file's parts, for diagnostics: `professionals.ID.role`, `professionals.ID.specialty`, `feeds.CODE`.
    package var places: [String: Place] = [:]

    /// A facility to be filled in.
    package init() {}
}

/// `professionals:` of a facility file.
package struct Professional: Sendable, Hashable {
    /// Profession (TRE_G15) and speciality (TRE_R01) codes.
    package let role: String, specialty: String?

    /// A professional.
    package init(role: String, specialty: String?) { (self.role, self.specialty) = (role, specialty) }
}

/// `partners:` of a facility file: who may connect.
package struct PartnerSettings: Sendable, Hashable {
    /// MSH-3 and MSH-4.
    package let application: String, facilityCode: String
    package let listener: String
    /// The client certificate's subject that may use this name; nil: any that the listener lets in.
    package let subject: String?
    /// The endpoint that business acknowledgements go to.
    package let answers: String?
    /// How repeats with other content are treated.
    package let reuse: RepeatRule

    /// A partner.
    package init(application: String, facilityCode: String, listener: String, subject: String?, answers: String?, reuse: RepeatRule = .refuseReuse) {
        (self.application, self.facilityCode, self.listener) = (application, facilityCode, listener)
        (self.subject, self.answers, self.reuse) = (subject, answers, reuse)
    }

    /// Its name within the facility: `MSH-3|MSH-4`.
    package var name: String { application + "|" + facilityCode }
}

/// `endpoints:` of a facility file: a sender that belongs to the facility; its sender name is `facility/endpoint`.
package struct EndpointSettings: Sendable {
    /// The kind word of the sender (`mllp`) and its unchecked fields.
    package let word: String, node: Node

    /// An endpoint.
    package init(word: String, node: Node) { (self.word, self.node) = (word, node) }
}

/// `mailboxes:` of a facility file.
package struct Mailbox: Sendable, Hashable {
    package let name: String, address: String
    /// A name of the node's `operators`, and of the facility's `identities`.
    package let `operator`: String, identity: String

    /// A mailbox.
    package init(name: String, address: String, operator: String, identity: String) {
        (self.name, self.address, self.operator, self.identity) = (name, address, `operator`, identity)
    }
}

/// What a component may see of the rest of the configuration while it is built.
package struct Scope: Sendable {
    /// The component's name: the listener or sender name, or the route's.
    package let name: String
    package let node: NodeSettings
    package let facilities: [String: Facility]
    /// The facility this route instance or endpoint belongs to; nil for the node's own listeners and senders.
    package let facility: Facility?
    package let secrets: SecretReader
    package let engine: EngineServices

    /// A scope.
    package init(
        name: String, node: NodeSettings, facilities: [String: Facility], facility: Facility?, secrets: SecretReader, engine: EngineServices
    ) {
        (self.name, self.node, self.facilities, self.facility, self.secrets, self.engine) = (name, node, facilities, facility, secrets, engine)
    }
}
