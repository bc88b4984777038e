import HL7v2
import Trust
import XMLTree

/// The stand-in DMP: one request in, one answer out, everything written down. Blocking; called on a thread of its own.
final class DMPStandIn: Sendable {
    /// One HTTP request, complete.
    struct Request: Sendable {
        let method: String
        let path: String
        let contentType: String
        let body: [UInt8]
        let client: Certificate?
    }

    let config: SandboxConfig.DMP
    let faults = FaultPlan()
    let repository = Repository()
    let outbox: Outbox
    let tables: CodeTables
    let judge: VIHFJudge
    let schema: XMLSchema
    let store: TrustStore
    let clock: @Sendable () -> Int64

    init(_ config: SandboxConfig.DMP, _ all: SandboxConfig, store: TrustStore, outbox: Outbox, clock: @escaping @Sendable () -> Int64) throws {
        self.config = config
        self.outbox = outbox
        self.store = store
        self.clock = clock
        tables = try CodeTables(folder: all.tables)
        schema = try XMLSchema(file: all.schemas + "/xds/schema/IHE/IHEXDSB.xsd")
        judge = VIHFJudge(config: config, store: store, schema: try XMLSchema(file: all.schemas + "/saml/sstc-saml-schema-assertion-2.0.xsd"))
    }

    /// Judges, stores, answers, writes `dmp/N`.
    func handle(_ request: Request) -> HTTPReply {
        let service = DMPService.of(request)
        var record = Record(number: outbox.next("dmp"), request: request, service: service ?? .provide, time: clock())
        let fault = service.flatMap { faults.take(action: $0.action) }
        record.outcome.injected = fault?.kind.rawValue
        var reply = before(fault, &record)
        if reply == nil {
            let answer = respond(request, service, fault, &record)
            reply = after(fault, answer, &record)
        }
        record.outcome.answered = if case .answer = reply { true } else { false }
        record.write(to: outbox)
        return reply ?? .cut
    }

    private func before(_ fault: OrderedFault?, _ record: inout Record) -> HTTPReply? {
        guard let fault else { return nil }
        func written(_ reply: HTTPReply) -> HTTPReply {
            record.outcome.result = "injected"
            record.keepBody()
            return reply
        }
        switch fault.kind {
        case .timeoutBeforeStore: return written(.silence(seconds: fault.seconds ?? 60))
        case .cutBeforeStore: return written(.cut)
        case .unavailable:
            return written(.answer(status: 503, contentType: "text/html", body: Array("<html><body>DMPService Unavailable</body></html>".utf8), after: 0))
        case .soapFault:
            let complaint = Complaint.fault(fault.code ?? "DMPInvalidCertificate", "panne simulée", rule: "injected", sender: fault.code != "Receiver")
            return written(.answer(status: 500, contentType: "application/soap+xml; charset=UTF-8", body: Answers.fault(complaint), after: 0))
        case .busy, .registryError:
            let code = fault.kind == .busy ? "XDSRepositoryBusy" : fault.code ?? "XDSRepositoryError"
            let action = record.service.answer
            let body = Answers.registry([.registry(code, "panne simulée", rule: "injected")], action: action, relatesTo: "")
            return written(.answer(status: 200, contentType: "application/soap+xml; charset=UTF-8", body: body, after: 0))
        case .timeoutAfterStore, .cutAfterStore, .brokenMIME, .slow, .warning, .wrongRelatesTo: return nil
        }
    }

    private func after(_ fault: OrderedFault?, _ answer: (status: Int, body: [UInt8]), _ record: inout Record) -> HTTPReply {
        let soap = "application/soap+xml; charset=UTF-8"
        switch fault?.kind {
        case .timeoutAfterStore: return .silence(seconds: fault?.seconds ?? 60)
        case .cutAfterStore: return .cut
        case .slow: return .answer(status: answer.status, contentType: soap, body: answer.body, after: fault?.seconds ?? 10)
        case .brokenMIME:
            let type = #"multipart/related; type="application/xop+xml"; start="<r@dmp>"; boundary="dmp""#
            let head = Array("--dmp\r\nContent-Type: application/xop+xml\r\nContent-ID: <r@dmp>\r\n\r\n".utf8)
            return .answer(status: 200, contentType: type, body: head + answer.body.prefix(answer.body.count / 2), after: 0)
        default: return .answer(status: answer.status, contentType: soap, body: answer.body, after: 0)
        }
    }

    private func respond(_ request: Request, _ service: DMPService?, _ fault: OrderedFault?, _ record: inout Record) -> (status: Int, body: [UInt8]) {
        var relatesTo = ""
        do throws(Complaint) {
            guard let service, request.method == "POST" else { throw .soap("service inconnu", rule: "http.path", found: request.path) }
            let envelope = try Envelope.read(request, service)
            record.outcome.action = service.action
            relatesTo = fault?.kind == .wrongRelatesTo ? "urn:uuid:00000000-0000-4000-8000-000000000000" : envelope.messageID
            record.add("request.xml", envelope.bytes)
            let assertion = try VIHFJudge.extract(envelope.document)
            record.add("vihf.xml", assertion[...])
            let vihf = try judge.judge(assertion, client: request.client, at: clock())
            record.outcome.structure = vihf.structure
            record.outcome.patient = vihf.patient?.ins
            try closedDoors(vihf)
            let result = try carryOut(envelope, vihf, &record)
            let warning = fault?.kind == .warning ? "XDSExtraMetadataNotSaved" : nil
            record.outcome.result = service == .query ? "answered" : service == .update ? "updated" : "stored"
            if service != .query { record.outcome.status = Answers.success }
            if let references = result {
                return (200, Answers.references(references, action: service.answer, relatesTo: relatesTo))
            }
            return (200, Answers.registry([], action: service.answer, relatesTo: relatesTo, warning: warning))
        } catch {
            record.outcome.complain(error)
            if case .registry = error.shape {
                let all = record.outcome.pending.isEmpty ? [error] : record.outcome.pending
                record.outcome.result = "refused"
                record.outcome.status = Answers.failure
                return (200, Answers.registry(all, action: (service ?? .provide).answer, relatesTo: relatesTo))
            }
            record.outcome.result = "fault"
            return (500, Answers.fault(error))
        }
    }

    private func closedDoors(_ vihf: VIHF) throws(Complaint) {
        guard let patient = vihf.patient?.ins else { return }
        if config.withoutDMP.contains(patient) { throw .registry("XDSUnknownPatientId", "le patient n'a pas de DMP", rule: "patient.absent") }
        if config.closed.contains(patient) { throw .registry("DMPClosed", "le DMP du patient est fermé", rule: "patient.closed") }
    }

    /// References for a query, nil otherwise.
    private func carryOut(_ envelope: Envelope, _ vihf: VIHF, _ record: inout Record) throws(Complaint) -> [String]? {
        record.add("metadata.xml", envelope.metadata()[...])
        if let violation = schema.violations(try envelope.validatable()).first {
            throw .metadata("la demande ne respecte pas son schéma", rule: "schema", found: violation.text)
        }
        switch envelope.service {
        case .query: return try query(envelope)
        case .update: try update(envelope, vihf, &record)
        case .provide: try provide(envelope, vihf, &record)
        }
        return nil
    }
}

/// The three services of indirect mode (dossier DMP §1.2).
enum DMPService: Sendable, Hashable {
    case provide
    case query
    case update

    /// By path, and on the registry's path by what the message says it is; `Envelope` checks its `wsa:Action` for good.
    static func of(_ request: DMPStandIn.Request) -> DMPService? {
        if request.path.hasSuffix("/si-dmp-server/v2/services/repository") { return .provide }
        guard request.path.hasSuffix("/si-dmp-server/v2/services/registry") else { return nil }
        return Scan.first(Array(update.action.utf8), in: request.body) == nil ? .query : .update
    }

    var action: String {
        switch self {
        case .provide: "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
        case .query: "urn:ihe:iti:2007:RegistryStoredQuery"
        case .update: "urn:ihe:iti:2010:UpdateDocumentSet"
        }
    }

    var answer: String {
        switch self {
        case .provide: "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse"
        case .query: "urn:ihe:iti:2007:RegistryStoredQueryResponse"
        case .update: "urn:ihe:iti:2010:UpdateDocumentSet-Response"
        }
    }
}
