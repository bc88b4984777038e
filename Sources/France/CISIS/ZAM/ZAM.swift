package import HL7v2

/// The business acknowledgement of a CDA request: `ZAM^Z01` (DMP), `ZAM^Z02` (mail delivered), `ZAM^Z03` (mail read), one structure `ZAM_Z01`.
/// Volet Transmission de documents CDA-R2 en HL7v2 2.1, messages ZAM.
package struct ZAM: Sendable {
    /// What is acknowledged.
    package enum Subject: Sendable, Hashable {
        /// Z01: the DMP's answer.
        case dmp
        /// Z02: the delivery of the mail to one recipient.
        case delivery(Recipient)
        /// Z03: its reading or processing.
        case reading(Recipient)
    }

    /// Whose mail it is.
    package struct Recipient: Sendable, Hashable {
        /// Identifier of the recipient (PRT-5.1 of the request), when there is one.
        package let identifier: String?
        /// The MSSanté address, as the request wrote it.
        package let address: String

        /// A recipient.
        package init(identifier: String?, address: String) { (self.identifier, self.address) = (identifier, address) }
    }

    /// How it ended.
    package enum Result: Sendable, Hashable {
        /// `Y`.
        case positive
        /// `N`, with ERR-5.
        case negative(HL7Finding.BusinessCode)
    }

    package let subject: Subject
    package let result: Result
    /// When the fact happened (EVN-2), as HL7 writes a time.
    package let eventTime: String

    /// An acknowledgement.
    package init(_ subject: Subject, _ result: Result, eventTime: String) {
        (self.subject, self.result, self.eventTime) = (subject, result, eventTime)
    }

    /// The code system of ERR-5 for Z01.
    package static let dmpCodeSystem = "DMP_ERROR_CODE"
    /// The code system of ERR-5 for Z02.
    package static let smtpCodeSystem = "SMTPERRORCODE"
    /// The code system of ERR-5 for Z03.
    package static let applicationCodeSystem = "applicationErrorCondition"

    /// `Z01`, `Z02` or `Z03`.
    package var event: String {
        switch subject {
        case .dmp: "Z01"
        case .delivery: "Z02"
        case .reading: "Z03"
        }
    }

    /// The message, CR after each segment, in the character set of the request it answers.
    /// - Parameters:
    ///   - original: the request; its MSH gives sender, receiver, MSH-11 and the control id of OBX-4.
    ///   - controlID: MSH-10, at most 20 characters.
    ///   - time: MSH-7.
    package func message(answering original: HL7Message, controlID: String, time: String) -> [UInt8] {
        var builder = HL7Builder(charset: original.charset, lossy: true)
        let msh = original.segment("MSH")
        let copied: (Int) -> HL7Value = { HL7Value(copying: msh?.field($0)) }
        let processing = original.value("MSH-11") ?? "P"
        append(
            "MSH",
            [
                3: copied(5), 4: copied(6), 5: copied(3), 6: copied(4), 7: .text(time), 9: ["ZAM", .text(event), "ZAM_Z01"], 10: .text(controlID),
                11: .text(processing), 12: "2.6", 17: "FRA", 18: .text(original.charset.rawValue), 21: ["2.1", "CISIS_CDA_HL7_V2"],
            ], &builder)
        append("EVN", [2: .text(eventTime)], &builder)
        append("OBX", observation(controlID: original.value("MSH-10") ?? ""), &builder)
        if let recipient = recipientSegment { append("OBX", recipient, &builder) }
        if case .negative(let code) = result {
            append(
                "ERR",
                [
                    3: ["207", "Application error", "messageErrorCondition"], 4: "E",
                    5: [.text(code.code), .text(code.label), .text(code.system)],
                ], &builder)
        }
        return builder.bytes
    }

    private func observation(controlID: String) -> [Int: HL7Value] {
        let code: HL7Value =
            switch subject {
            case .dmp: ["ACK_RECEPTION_DMP", "Accusé de réception DMP", "AckMetierZAM"]
            case .delivery: ["ACK_RECEPTION_MSS", "Accusé de réception MSSanté", "AckMetierZAM"]
            case .reading: ["ACK_LECTURE_MSS", "Accusé de lecture", "AckMetierZAM"]
            }
        return [
            1: "1", 2: "CWE", 3: code, 4: .text(controlID), 5: [result == .positive ? "Y" : "N", "", "expandedYes-NoIndicator"], 11: "F",
        ]
    }

    private var recipientSegment: [Int: HL7Value]? {
        let code: HL7Value
        let recipient: Recipient
        switch subject {
        case .dmp: return nil
        case .delivery(let to): (code, recipient) = (["DESTINATAIRE_MSS", "Destinataire MSSanté", "AckMetierZAM"], to)
        case .reading(let by): (code, recipient) = (["LECTEUR_MSS", "Lecteur du courriel MSSanté", "AckMetierZAM"], by)
        }
        return [
            1: "2", 2: "XTN", 3: code, 4: HL7Value(recipient.identifier), 5: ["", "", "X.400", .text(recipient.address)], 11: "F",
        ]
    }

    /// A lossy builder with the standard delimiters cannot fail.
    private func append(_ name: String, _ fields: [Int: HL7Value], _ builder: inout HL7Builder) { try? builder.segment(name, fields) }
}
