package import HL7v2
package import Pipeline

extension Reading {
    /// The message as HL7: the one that the listener parsed, else parsed again. Nil when the bytes are no HL7 message.
    package var hl7: HL7Message? { content as? HL7Message ?? (try? HL7Message(bytes)) }
}

extension Draft {
    /// The bytes of the draft as an HL7 message; nil when they are none.
    package var hl7: HL7Message? { content as? HL7Message ?? (try? HL7Message(bytes)) }
}

extension Finding {
    /// A finding of the HL7 library in the pipeline's words. The place is written as people write it (`PID-3[2].4.2`).
    package init(_ finding: HL7Finding) {
        let severity: Severity =
            switch finding.severity {
            case .error, .fatal: .error
            case .warning: .warning
            case .information: .information
            }
        self.init(
            severity,
            Reason(
                String(finding.code), Text(fr: finding.text.fr, en: finding.text.en), location: finding.location?.description,
                business: finding.business.map { BusinessCode(code: $0.code, label: $0.label, system: $0.system) }))
    }
}

extension HL7Finding.BusinessCode {
    /// A business code of the pipeline in the words of the HL7 library.
    init(_ code: BusinessCode) { self.init(code: code.code, label: code.label, system: code.system) }
}

/// Nothing of a message that is no HL7 can be controlled.
enum NotHL7 {
    static let reason = Reason("100", Text(fr: "Le message n'est pas un message HL7 v2", en: "The message is not an HL7 v2 message"))
}
