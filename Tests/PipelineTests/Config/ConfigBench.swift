import Logging
import PipelineTesting
import Testing

@testable import Pipeline

/// A configuration in memory: a good one, with what a test changes in it.
struct ConfigBench {
    var files: [String: String]

    static let node = """
        node: demo-1
        environment: test
        journal: {sqlite: {directory: var/journal}}
        listeners:
          in: {tap: {port: 6660}}
        senders:
          out: {probe: {}}
        operators:
          op: {smtp: "localhost:2587", imap: "localhost:2143", trust: igc, environment: test}
        trust:
          igc: {ca: ca.pem}
        lps: {version: 0.1.0, instance_oid: 1.2.250.1.999.1}
        """
    static let facility = """
        facility: clinic
        environment: test
        finess: {ej: "990000028", geo: "990000010"}
        identifiers: {ipp: 1.2.250.1.999.7.1}
        partners:
          - {application: DPI, facility: CH, listener: in, subject: "CN=dpi.exemple", answers: back}
        endpoints:
          back: {probe: {}, environment: test}
        identities:
          auth: {certificate: {file: auth.pem}, key: {credential: auth-key}, environment: test}
        mailboxes:
          box: {address: pfi@essai.mssante.example, operator: op, identity: auth, environment: test}
        routes:
          letters: {target: out}
        """
    static let route = """
        route: letters
        about: {fr: Lettres, en: Letters}
        parameters: {target: {type: sender}, level: {in: [low, high], default: low}}
        from: in
        when:
          all:
            - {KIND: {in: [ORU, MDM]}}
            - {EVENT: {equals: R01}}
        order: {by: patient, when_held: block}
        check: {spell: {level: {param: level}}}
        do:
          - mark: {note: seen}
        to:
          - {id: one, send: {param: target}, when: {note.seen: {exists: true}}, then: reply}
          - {id: two, send: {partner: answers}, each: note.people}
        """

    /// The good configuration.
    init() {
        files = [
            "/c/passerelle.yaml": Self.node, "/c/Routes/letters.yaml": Self.route, "/c/Routes/facilities/clinic.yaml": Self.facility, "/c/ca.pem": "",
            "/c/auth.pem": "",
        ]
    }

    /// The good configuration with one text of a file replaced.
    init(_ file: String, _ old: String, _ new: String) {
        self.init()
        let text = files["/c/" + file] ?? ""
        #expect(old.isEmpty || text.contains(old), "the test's text is not in \(file)")
        files["/c/" + file] = old.isEmpty ? new : text.replacing(old, with: new)
    }

    /// The same with one more text replaced.
    func changing(_ file: String, _ old: String, _ new: String) -> ConfigBench {
        let text = files["/c/" + file] ?? ""
        #expect(text.contains(old), "the test's text is not in \(file)")
        return adding(file, text.replacing(old, with: new))
    }

    /// The good configuration with one more file.
    func adding(_ file: String, _ text: String) -> ConfigBench {
        var more = self
        more.files["/c/" + file] = text
        return more
    }

    static let registry = ComponentRegistry(
        checks: [SpellCheck.self], steps: [MarkStep.self], thens: [ReplyThen.self, TellThen.self], listeners: [TapListener.self],
        senders: [ProbeSender.self, PickySender.self, BlankSender.self])

    static func context(_ files: FileAccess) -> LoadingContext {
        let engine = EngineServices(
            intake: ClosedIntake(), journal: nil, time: ManualClock(), random: FixedChance(), digester: testDigester(),
            hash: SipHash(secret: Key128(high: 1, low: 2)), io: InlineDoor(), logger: Logger(label: "test"))
        let secrets = SecretReader { (_) throws(Reason) in [] }
        return LoadingContext(registry: registry, formats: [FieldsFormat()], files: files, secrets: secrets, engine: engine) {
            $0.key == .credential("other-key") ? Text(fr: "pas la sienne", en: "not its own") : nil
        } trustFault: {
            $0.revocationLists.isEmpty ? nil : TrustFault(Text(fr: "périmée", en: "out of date"), isUnreadable: $0.revocationLists.count > 1)
        }
    }

    func load() -> LoadedConfiguration { Configuration.load("/c/passerelle.yaml", Self.context(.memory(files))) }

    /// `file:line:column code` of each diagnostic.
    var found: [String] { load().report.diagnostics.map { "\($0.place) \($0.code)".replacing("/c/", with: "") } }
}

struct FixedChance: Randomness {
    func next() -> UInt64 { 4 }
}

/// Bodies of `KIND=ORU;EVENT=R01`; paths are words of capital letters.
struct FieldsFormat: Format {
    struct Body: Content { let values: [String: [String]] }
    struct FieldPath: ContentPath {
        let name: String
        func values(in content: any Content) -> [String] { (content as? Body)?.values[name] ?? [] }
    }
    var name: String { "fields" }
    var indexPaths: [String] { ["KIND", "EVENT"] }

    func read(_ bytes: [UInt8]) throws(Reason) -> any Content {
        var values: [String: [String]] = [:]
        for pair in String(decoding: bytes, as: UTF8.self).split(separator: ";") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if halves.count == 2 { values[String(halves[0]), default: []].append(String(halves[1])) }
        }
        return Body(values: values)
    }
    func path(_ text: String) throws(PathError) -> any ContentPath {
        if let bad = text.firstIndex(where: { !$0.isUppercase }) {
            throw PathError(Text(fr: "majuscule attendue", en: "capital letter expected"), offset: text.distance(from: text.startIndex, to: bad))
        }
        return FieldPath(name: text)
    }
    func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) { ([], content) }
    func index(of content: any Content) -> [String] { indexPaths.map { (content as? Body)?.values[$0]?.first ?? "" } }
}

final class TapListener: Listener {
    static let spec = Spec(
        "tap", Text(fr: "", en: ""), [Field("port", .integer(1...65535), required: true, Text(fr: "le port", en: "the port"), example: "6660")])
    let port: Int
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { port = fields.integer("port") ?? 0 }
    static let admission = Admission.partners
    var owns: [String] { ["port \(port)"] }
    var boundPort: Int? { get async { port } }
    func run() async throws {}
}

final class ProbeSender: Sender {
    static let spec = Spec(
        "probe", Text(fr: "", en: ""),
        [
            Field("rate", .number(0.1...100), Text(fr: "", en: "")), Field("on", .boolean, Text(fr: "", en: "")),
            Field("wait", .duration, default: "30 s", Text(fr: "", en: "")), Field("size", .bytes, default: "50 MB", Text(fr: "", en: "")),
            Field("url", .url(schemes: ["https"]), Text(fr: "", en: "")), Field("mode", .choice(["fast", "slow"]), Text(fr: "", en: "")),
            Field("password", .secret, Text(fr: "", en: "")), Field("path", .path, Text(fr: "", en: "")), Field("words", .list(.text), Text(fr: "", en: "")),
            Field("file", .file, Text(fr: "", en: "")),
        ])
    let fields: Fields
    let name: String
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { (self.fields, name) = (fields, scope.name) }
    var afterUnknown: AfterUnknown { .hold }
    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome { .delivered(Proof(answer: "ok")) }
}

struct SpellCheck: Check {
    static let spec = Spec(
        "spell", Text(fr: "", en: ""),
        [
            Field("level", .choice(["low", "high"]), required: true, Text(fr: "", en: "")),
            Field("shared", .boolean, default: "no", Text(fr: "", en: ""), shared: true),
        ])
    let level: String, facility: String?
    var isHeavy: Bool { false }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) { (level, facility) = (fields.text("level") ?? "", scope.facility?.name) }
    func findings(_ message: Reading) -> [Finding] { [] }
}

struct MarkStep: Step {
    static let spec = Spec(
        "mark", Text(fr: "", en: ""),
        [
            Field("note", .text, required: true, Text(fr: "", en: "")), Field("at", .path, Text(fr: "", en: "")),
            Field("shared", .boolean, default: "false", Text(fr: "", en: ""), shared: true),
        ])
    let note: String
    var isHeavy: Bool { false }
    /// "only": nobody else writes notes here.
    var writes: Set<String>? { note == "only" ? ["only.a"] : nil }
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {
        note = fields.text("note") ?? ""
        if note == "refused" { throw ConfigError("P0999", Text(fr: "refusé", en: "refused"), at: fields.place(of: "note")) }
    }
    func apply(_ draft: inout Draft) throws(StepFailure) -> StepResult { .pass }
}

struct ReplyThen: Then {
    static let spec = Spec("reply", Text(fr: "", en: ""))
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission] { [] }
    func isAsked(_ message: Reading) -> Bool { false }
}

/// Tells of what `picky` did, and emits `told`.
struct TellThen: Then {
    static let spec = Spec("tell", Text(fr: "", en: ""))
    static let tellsOf: Set<String>? = ["picky"], emits: Set<String> = ["told"]
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    func emit(_ message: Reading, _ delivery: Delivery, _ event: Event, _ emission: EmissionContext) -> [Emission] { [] }
    func isAsked(_ message: Reading) -> Bool { false }
}

/// Sends to each of some people what `spell` let in and `mark` saw.
struct PickySender: Sender {
    static let spec = Spec("picky", Text(fr: "", en: ""))
    static let demand = SenderDemand(checks: ["spell"], steps: ["mark"], each: .always)
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    var afterUnknown: AfterUnknown { .hold }
    func faults(for facility: Facility, at place: Place) -> [Diagnostic] {
        facility.identities["auth"] == nil ? [Diagnostic(.error, "P0998", Text(fr: "sans auth", en: "no auth"), at: place)] : []
    }
    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome { .delivered(Proof(answer: "ok")) }
}

/// Takes everything and sends nothing.
struct BlankSender: Sender {
    static let spec = Spec("blank", Text(fr: "", en: ""))
    static let sendsNothing = true
    init(_ fields: Fields, _ scope: Scope) throws(ConfigError) {}
    var afterUnknown: AfterUnknown { .hold }
    func deliver(_ delivery: Delivery, _ attempt: Attempt) async -> Outcome { .delivered(Proof(answer: "ok")) }
}
