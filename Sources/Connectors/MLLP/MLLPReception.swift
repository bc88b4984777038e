import Glibc
import HL7v2
import Pipeline

/// From a frame to what the journal takes, and from a verdict to the bytes of the acknowledgement. No sockets here.
struct MLLPReception: Sendable {
    let listener: String
    let environment: Environment
    /// MSH-3 of an answer to bytes that have no MSH.
    let application: String
    let engine: EngineServices
    let language: Acknowledgement.Language

    private static let sendingApplication: HL7Path = "MSH-3", sendingFacility: HL7Path = "MSH-4"
    private static let controlID: HL7Path = "MSH-10", processing: HL7Path = "MSH-11"

    /// A frame, read.
    struct Received: Sendable {
        let acceptance: Acceptance
        /// What the acknowledgement is made for: the message, its header, or nothing.
        let header: HL7Message?
        /// The parsed message: nobody parses twice.
        let content: (any Content)?
    }

    /// Reads a whole frame that is in memory.
    func read(_ bytes: [UInt8], id: MessageID, at time: Instant, subject: String?) -> Received {
        let digest = engine.digester.sha256(bytes)
        do throws(HL7Error) {
            let message = try HL7Message(bytes)
            return received(message, body: .bytes(bytes), digest: digest, id: id, at: time, subject: subject, fault: nil, whole: true)
        } catch {
            let header = HL7Message.peek(bytes)
            return received(header, body: .bytes(bytes), digest: digest, id: id, at: time, subject: subject, fault: error, whole: false)
        }
    }

    /// Reads the header of a frame that was spooled; its whole is read when it is judged.
    func read(head: [UInt8], body: Body, digest: [UInt8], id: MessageID, at time: Instant, subject: String?) -> Received {
        let header = HL7Message.peek(head)
        return received(
            header, body: body, digest: digest, id: id, at: time, subject: subject, fault: header == nil ? .noMSH : nil, whole: false)
    }

    private func received(
        _ header: HL7Message?, body: Body, digest: [UInt8], id: MessageID, at time: Instant, subject: String?, fault: HL7Error?, whole: Bool
    ) -> Received {
        let application = header?.value(Self.sendingApplication) ?? ""
        let code = header?.value(Self.sendingFacility) ?? ""
        var partner = Partner(facility: "", name: application + "|" + code)
        var rule = RepeatRule.refuseReuse
        var ipp: String?
        var faults = fault.map { [Finding($0.finding)] } ?? []
        if header != nil {
            switch engine.intake.partner(listener: listener, application: application, facilityCode: code, subject: subject) {
            case .known(let known, let reuse, let domain): (partner, rule, ipp) = (known, reuse, domain)
            case .unknown(let reason): faults = [Finding(.error, reason)]
            }
        }
        if let header, faults.isEmpty { faults = headerFaults(header) }
        var keys = OrderKeys(), notes: [String: String] = [:]
        if let header, faults.isEmpty {
            let reader = MLLPKeys(hash: engine.hash, facility: partner.facility, ipp: ipp)
            (keys, notes) = reader.read(header, connection: listener + "/" + partner.origin)
        }
        if let warnings = header?.warnings, !warnings.isEmpty { notes["warnings"] = warnings.map(\.text.en).joined(separator: "; ") }
        let envelope = Envelope(
            id: id, listener: listener, partner: partner, received: time, format: "hl7v2", controlID: header?.value(Self.controlID) ?? "", keys: keys,
            notes: notes)
        let message = Message(envelope: envelope, body: body, digest: digest)
        let acceptance = Acceptance(
            message, repeats: faults.isEmpty ? rule : nil, verdict: faults.isEmpty ? nil : Verdict(.rejected, faults))
        return Received(acceptance: acceptance, header: header, content: whole && faults.isEmpty ? header : nil)
    }

    /// What must stand in MSH before a message can be journaled as one: its id, and a processing id of this environment (design §5).
    private func headerFaults(_ header: HL7Message) -> [Finding] {
        var faults = [Finding]()
        if header.value(Self.controlID) == nil {
            faults.append(finding(101, "MSH-10", HL7Text(fr: "Identifiant du message absent (MSH-10)", en: "Message control id missing (MSH-10)")))
        }
        let processing = header.value(Self.processing)
        let allowed = environment == .production ? ["P"] : ["P", "T", "D"]
        if let processing, !allowed.contains(processing) {
            faults.append(
                finding(202, "MSH-11", HL7Text(fr: "Mode de traitement refusé dans cet environnement (MSH-11)", en: "Processing id not accepted here (MSH-11)"))
            )
        }
        return faults
    }

    private func finding(_ code: Int, _ path: HL7Path, _ text: HL7Text) -> Finding {
        Finding(HL7Finding(code: code, location: path.location, text: text))
    }

    /// The bytes that answer a message (volet 1, ACK): AA, AE or AR, in the sender's character set.
    func acknowledgement(_ answer: Answer, header: HL7Message?, id: MessageID) -> [UInt8] {
        let (code, findings): (AckCode, [HL7Finding]) =
            switch answer {
            case .accepted: (.AA, [])
            case .rejected(let findings): (.AE, findings.filter { $0.severity != .information }.map(HL7Finding.init))
            case .later(let reason): (.AR, [HL7Finding(Finding(.error, reason))])
            }
        let now = engine.time.now
        let time = HL7Time(milliseconds: now.milliseconds, offset: LocalTime.offset(at: now), statesOffset: false).text
        return Acknowledgement.build(
            code, for: header, sender: (application, ""), controlID: id.key.base32(letters: 20), time: time, findings: findings, language: language)
    }

    /// AE 199: the frame passes the limit. The header is what was seen of it.
    func tooLarge(_ head: [UInt8], limit: Int, id: MessageID) -> [UInt8] {
        acknowledgement(.rejected([Finding(HL7Error.tooLarge(limit: limit).finding)]), header: HL7Message.peek(head), id: id)
    }
}

/// The offset of local time, which HL7 times without offset are in.
enum LocalTime {
    /// Minutes east of UTC at a moment.
    static func offset(at moment: Instant) -> Int {
        var seconds = time_t(moment.milliseconds / 1000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return parts.tm_gmtoff / 60
    }
}

extension Finding {
    /// A finding of the HL7 library, in the pipeline's words.
    init(_ finding: HL7Finding) {
        self.init(
            finding.severity == .warning ? .warning : .error,
            Reason(String(finding.code), Text(fr: finding.text.fr, en: finding.text.en), location: finding.location?.description))
    }
}

extension HL7Finding {
    /// A finding of the pipeline as an ERR segment says it: codes outside table 0357 become 207.
    init(_ finding: Finding) {
        let known = Int(finding.reason.code).flatMap { [100, 101, 102, 103, 198, 199, 200, 201, 202, 203, 207].contains($0) ? $0 : nil }
        let place = finding.reason.location.flatMap(HL7Location.init(written:))
        let business = finding.reason.business.map { BusinessCode(code: $0.code, label: $0.label, system: $0.system) }
        // A place that ERR-2 cannot name (an XPath) is told in the text.
        let tail = place == nil ? finding.reason.location.map { " (\($0))" } ?? "" : ""
        let text = HL7Text(fr: finding.reason.text.fr + tail, en: finding.reason.text.en + tail)
        self.init(severity: finding.severity == .warning ? .warning : .error, code: known ?? 207, location: place, business: business, text: text)
    }
}
