import HL7v2
import Pipeline

/// From the bytes of a file to what the journal takes.
struct FolderReception: Sendable {
    let listener: String
    let partner: Partner
    let format: String
    /// OID of the facility's IPP domain, if its file names one.
    let ipp: String?
    let rule: RepeatRule
    let engine: EngineServices

    /// A file, read.
    struct Received: Sendable {
        let acceptance: Acceptance
        /// The parsed message where it was parsed for its keys.
        let content: (any Content)?
    }

    static let tooLarge = Reason("199", Text(fr: "Fichier trop grand", en: "File too large"))

    /// An HL7 message is known by its MSH-10, anything else by its name and content: the same file again is a repeat, another content is new.
    func read(_ bytes: [UInt8], name: String) -> Received {
        let digest = engine.digester.sha256(bytes)
        let now = engine.time.now
        var keys = OrderKeys(), notes: [String: String] = [:]
        var controlID = name + "@" + Key128.hex(digest.prefix(8))
        var content: (any Content)?
        var faults: [Finding] = []
        if format == "hl7v2" {
            do throws(HL7Error) {
                let message = try HL7Message(bytes)
                content = message
                let reader = MLLPKeys(hash: engine.hash, facility: partner.facility, ipp: ipp)
                (keys, notes) = reader.read(message, connection: listener)
                controlID = message.value("MSH-10") ?? controlID
            } catch {
                faults = [Finding(error.finding)]
            }
        } else {
            keys.connection = max(1, engine.hash.key("connection", partner.facility, listener).high)
        }
        let envelope = Envelope(
            id: MessageID(at: now, engine.random), listener: listener, partner: partner, received: now, format: format, controlID: controlID,
            keys: keys, notes: notes)
        let message = Message(envelope: envelope, body: .bytes(bytes), digest: digest)
        let verdict = faults.isEmpty ? nil : Verdict(.rejected, faults)
        return Received(acceptance: Acceptance(message, repeats: faults.isEmpty ? rule : nil, verdict: verdict), content: content)
    }
}
