import HL7v2
import Pipeline

/// The keys by which the order of HL7 messages is kept (design §2): patient by IPP, by INS, account, connection; hashed with the journal's
/// secret, so that a key says nothing of the patient.
struct MLLPKeys {
    let hash: SipHash
    let facility: String
    /// OID of the facility's IPP domain, if its file names one.
    let ipp: String?

    private static let event: HL7Path = "MSH-9.2"

    /// The keys of a message, and what is noted of a merge beside them: the other identity's INS, where it has a local identifier, too.
    func read(_ message: HL7Message, connection: String) -> (keys: OrderKeys, notes: [String: String]) {
        var keys = OrderKeys()
        keys.connection = key("connection", connection)
        guard let pid = message.segment("PID") else { return (keys, [:]) }
        let identifiers = pid.repetitions(3)
        keys.patient = local(identifiers) ?? 0
        keys.ins = number(identifiers)
        keys.account = pid.value(18).map { key("account", $0) } ?? 0
        guard let prior = prior(message) else { return (keys, [:]) }
        let identifier = local(prior), ins = number(prior), other = identifier ?? ins
        keys.merged = other == keys.planning ? 0 : other
        return (keys, identifier == nil || ins == 0 ? [:] : [Envelope.mergedINSNote: String(ins, radix: 16)])
    }

    /// The identifiers that a merge takes away.
    private func prior(_ message: HL7Message) -> [Repetition]? {
        let event = message.value(Self.event)
        guard event == "A40" || event == "A47" else { return nil }
        return message.segment("MRG")?.repetitions(1)
    }

    /// The key of the INS; 0 without one.
    private func number(_ identifiers: [Repetition]) -> UInt64 {
        identifiers.first { $0.value(5) == "INS" }?.value.map { hash.ins($0, facility: facility) } ?? 0
    }

    /// The key of the local identifier: that of the facility's own domain, else of the first of type PI. One that names the domain of another is another
    /// person's, whatever its number.
    private func local(_ identifiers: [Repetition]) -> UInt64? {
        let candidates = identifiers.filter { $0.value(5) == "PI" }
        let own = candidates.first { ipp != nil && $0.value(4, 2) == ipp }
        guard let chosen = own ?? candidates.first, let value = chosen.value else { return nil }
        let domain = chosen.value(4, 2).flatMap { ipp == nil || $0.isEmpty || $0 == ipp ? nil : $0 }
        return hash.patient(value, facility: facility, authority: domain)
    }

    /// Never 0, which means "none".
    private func key(_ kind: String, _ value: String) -> UInt64 { max(1, hash.key(kind, facility, value).high) }
}
