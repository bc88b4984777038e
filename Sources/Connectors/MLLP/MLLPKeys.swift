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

    func keys(of message: HL7Message, connection: String) -> OrderKeys {
        var keys = OrderKeys()
        keys.connection = key("connection", connection)
        guard let pid = message.segment("PID") else { return keys }
        let identifiers = pid.repetitions(3)
        keys.patient = local(identifiers).map { key("ipp", $0) } ?? 0
        keys.ins = identifiers.first { $0.value(5) == "INS" }?.value.map { key("ins", String($0.prefix(15))) } ?? 0
        keys.account = pid.value(18).map { key("account", $0) } ?? 0
        let event = message.value(Self.event)
        if event == "A40" || event == "A47", let prior = message.segment("MRG")?.repetitions(1) {
            let other = local(prior).map { key("ipp", $0) } ?? prior.first { $0.value(5) == "INS" }?.value.map { key("ins", String($0.prefix(15))) } ?? 0
            keys.merged = other == keys.planning ? 0 : other
        }
        return keys
    }

    /// The local identifier: that of the facility's own domain, else the first of type PI.
    private func local(_ identifiers: [Repetition]) -> String? {
        let candidates = identifiers.filter { $0.value(5) == "PI" }
        let own = candidates.first { ipp != nil && $0.value(4, 2) == ipp }
        return (own ?? candidates.first)?.value
    }

    /// Never 0, which means "none".
    private func key(_ kind: String, _ value: String) -> UInt64 { max(1, hash.key(kind, facility, value).high) }
}
