/// MSA-1 in original mode; CA, CE and CR are not allowed by the volets and never written.
package enum AckCode: String, Sendable, Hashable {
    /// Received, stored, responsibility taken.
    case AA
    /// Faulty: do not send again as it is.
    case AE
    /// Refused by circumstance: send again later.
    case AR
}

/// Technical acknowledgements (volet "Transmission de documents CDA-R2 en HL7v2", ACK; PAM FR): MSH, MSA, ERR.
package enum Acknowledgement {
    /// Builds the acknowledgement of a message, in the sender's character set, with the standard delimiters. CR after each segment.
    ///
    /// - Parameters:
    ///   - code: MSA-1.
    ///   - message: what is answered, whole or only its header (`HL7Message.peek`); nil when there is no MSH: then MSA-2 is empty.
    ///   - sender: MSH-3 and MSH-4 of the answer when `message` says nothing.
    ///   - controlID: MSH-10 of the answer, at most 20 characters.
    ///   - time: MSH-7 of the answer.
    ///   - findings: one ERR each, for AE and AR; without any, a general one is written, since ERR is required then. None for AA.
    ///   - language: of ERR-8.
    package static func build(
        _ code: AckCode, for message: HL7Message?, sender: (application: String, facility: String) = ("PASSERELLE", ""), controlID: String,
        time: String, findings: [HL7Finding] = [], language: Language = .french
    ) -> [UInt8] {
        if code == .AA, let message, let bytes = accepting(message, controlID: controlID, time: time) { return bytes }
        return composed(code, for: message, sender: sender, controlID: controlID, time: time, findings: findings, language: language)
    }

    /// Any acknowledgement, field by field.
    package static func composed(
        _ code: AckCode, for message: HL7Message?, sender: (application: String, facility: String), controlID: String, time: String,
        findings: [HL7Finding], language: Language
    ) -> [UInt8] {
        let charset = message?.charset ?? .utf8
        var builder = HL7Builder(charset: charset, lossy: true)
        let msh = message?.segment("MSH")
        func copied(_ field: Int, or fallback: String = "") -> HL7Value {
            guard let value = msh?.field(field), !value.isEmpty else { return .text(fallback) }
            return HL7Value(copying: value)
        }
        var type: [HL7Value] = ["ACK"]
        if let event = message?.value("MSH-9.2") { type += [.text(event), "ACK"] }
        let stated = message.flatMap { $0.value("MSH-18") }.flatMap { Charset(msh18: $0) }
        // What was stated is repeated; what was found out is named.
        let name: HL7Value = stated == charset ? .text(message?.value("MSH-18") ?? charset.rawValue) : .text(charset.rawValue)
        append(
            "MSH", to: &builder,
            [
                3: copied(5, or: sender.application), 4: copied(6, or: sender.facility), 5: copied(3), 6: copied(4), 7: .text(time),
                9: .components(type), 10: .text(controlID), 11: copied(11, or: "P"), 12: copied(12, or: "2.5"), 17: "FRA", 18: name,
            ])
        append("MSA", to: &builder, [1: .text(code.rawValue), 2: .text(message?.value("MSH-10") ?? "")])
        guard code != .AA else { return builder.bytes }
        for finding in findings.isEmpty ? [general(code)] : findings { append("ERR", to: &builder, error(finding, language)) }
        return builder.bytes
    }

    /// The AA of a message whose header says all of it, in the standard delimiters: bytes are copied, no text is made. Nil: build it the long way.
    private static func accepting(_ message: HL7Message, controlID: String, time: String) -> [UInt8]? {
        guard message.delimiters == .standard, let msh = message.segment("MSH") else { return nil }
        func copied(_ field: Int) -> ArraySlice<UInt8>? {
            guard let raw = msh.raw(field), let last = raw.last, last != 0x5E, last != 0x26, last != 0x7E else { return nil }
            return raw
        }
        guard let application = copied(3), let facility = copied(4), let receiver = copied(5), let receiving = copied(6), let id = copied(10),
            let mode = copied(11), let version = copied(12), let charset = copied(18), !id.contains(0x5E), !id.contains(0x7E),
            charset.elementsEqual(message.charset.rawValue.utf8)
        else { return nil }
        var out = [UInt8]()
        out.reserveCapacity(256)
        out += "MSH|^~\\&".utf8
        for field in [receiver, receiving, application, facility] {
            out.append(0x7C)
            out += field
        }
        out.append(0x7C)
        out += time.utf8
        out += "||ACK".utf8
        if let event = msh.field(9)?.repetition(1)?.raw(component: 2), !event.isEmpty {
            out.append(0x5E)
            out += event
            out += "^ACK".utf8
        }
        out.append(0x7C)
        out += controlID.utf8
        for field in [mode, version] {
            out.append(0x7C)
            out += field
        }
        out += "|||||FRA|".utf8
        out += charset
        out += "\rMSA|AA|".utf8
        out += id
        out.append(0x0D)
        return out
    }

    /// Language of the text of ERR-8.
    package enum Language: Sendable {
        case french
        case english
    }

    /// The fields of an ERR segment (HL7 v2.5, 2.15.5) that says a finding; also for business acknowledgements.
    package static func error(_ finding: HL7Finding, _ language: Language = .french) -> [Int: HL7Value] {
        var fields: [Int: HL7Value] = [
            3: [.text(String(finding.code)), .text(HL7Finding.label(of: finding.code)), "messageErrorCondition"],
            4: .text(finding.severity.rawValue),
            8: .text(language == .french ? finding.text.fr : finding.text.en),
        ]
        if let location = finding.location { fields[2] = .components(location.erl.map(HL7Value.text)) }
        if let business = finding.business { fields[5] = [.text(business.code), .text(business.label), .text(business.system)] }
        return fields
    }

    private static func general(_ code: AckCode) -> HL7Finding {
        code == .AR
            ? HL7Finding(
                code: 207, text: HL7Text(fr: "Service momentanément indisponible, à renvoyer plus tard", en: "Service unavailable now, send again later"))
            : HL7Finding(code: 199, text: HL7Text(fr: "Message refusé", en: "Message refused"))
    }

    private static func append(_ name: String, to builder: inout HL7Builder, _ fields: [Int: HL7Value]) {
        // A lossy builder cannot fail: the standard delimiters can escape anything.
        try? builder.segment(name, fields)
    }
}

/// An acknowledgement that came back: what a sender of HL7 needs to know.
package struct HL7Answer: Sendable, Hashable {
    /// MSA-1 as written, upper case: `AA`, `AE`, `AR`, or the `CA`, `CE`, `CR` of enhanced mode.
    package let code: String
    /// MSA-2.
    package let controlID: String
    /// One finding for each ERR segment; `remoteText` may hold patient data.
    package let findings: [HL7Finding]

    /// Reads MSA and ERR; nil when there is no MSA.
    package init?(_ message: HL7Message) {
        guard let msa = message.segment("MSA") else { return nil }
        code = (msa.value(1) ?? "").uppercased()
        controlID = msa.value(2) ?? ""
        var read = message.segments("ERR").map(HL7Answer.finding)
        if read.isEmpty, let text = msa.value(3) { read = [HL7Answer.finding(code: 207, remoteText: text)] }
        findings = read
    }

    private static func finding(_ err: Segment) -> HL7Finding {
        // ERR-1 is the form before v2.5: segment ^ sequence ^ field ^ code & text.
        let old = err.field(1)?.repetition(1)
        let code = Int(err.value(3) ?? old?.value(4) ?? "") ?? 207
        let place = err.field(2)?.repetition(1) ?? old
        var location: HL7Location?
        if let segment = place?.value(1) {
            func number(_ component: Int) -> Int? { place?.value(component).flatMap { Int($0) } }
            let isOld = err.value(2) == nil
            location = HL7Location(
                segment, ordinal: number(2) ?? 1, field: number(3), repetition: isOld ? nil : number(4), component: isOld ? nil : number(5),
                subcomponent: isOld ? nil : number(6))
        }
        var business: HL7Finding.BusinessCode?
        if let value = err.value(5) {
            business = HL7Finding.BusinessCode(code: value, label: err.value(5, component: 2) ?? "", system: err.value(5, component: 3) ?? "")
        }
        let text = [err.value(8), err.value(7), err.value(3, component: 2)].compactMap { $0 }.first
        // Some examples print the word (`Error`) instead of the letter.
        let severity = HL7Finding.Severity(rawValue: String((err.value(4) ?? "E").prefix(1)).uppercased()) ?? .error
        return finding(code: code, severity: severity, location: location, business: business, remoteText: text)
    }

    private static func finding(
        code: Int, severity: HL7Finding.Severity = .error, location: HL7Location? = nil, business: HL7Finding.BusinessCode? = nil, remoteText: String?
    ) -> HL7Finding {
        let place = location.map { " (\($0))" } ?? ""
        let known = HL7Finding.label(of: code)
        let text = HL7Text(fr: "Refus du destinataire : \(code) \(known)\(place)", en: "Refused by the receiver: \(code) \(known)\(place)")
        return HL7Finding(severity: severity, code: code, location: location, business: business, text: text, remoteText: remoteText)
    }
}
