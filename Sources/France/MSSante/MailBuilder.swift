import Clinical
package import HL7v2
import Trust

/// Why a mail does not leave: final, and told by `ZAM^Z02` N.
package struct MailRefusal: Error, Sendable, Hashable {
    /// ERR-5.
    package let business: HL7Finding.BusinessCode
    /// No value of the message.
    package let text: HL7Text
    /// HL7 path, XPath, or name of a setting.
    package let location: String?
    /// Our own settings are wrong: nobody's letter is refused for that.
    package let isConfiguration: Bool

    package init(_ code: String, fr: String, en: String, location: String? = nil, isConfiguration: Bool = false) {
        business = .init(code: code, label: ZAM.smtpLabel(code), system: ZAM.smtpCodeSystem)
        text = HL7Text(fr: fr, en: en)
        self.location = location
        self.isConfiguration = isConfiguration
    }
}

/// A mail ready to be sent.
package struct BuiltMail: Sendable {
    /// MAIL FROM and RCPT TO.
    package let sender: String, recipient: String
    /// Without angle brackets.
    package let messageID: String
    package let envelopeID: String
    /// Piece after piece, lines ending in CRLF.
    package let pieces: [[UInt8]]
    /// The sender of the request wants to know that it arrived (ACK_RECEPTION).
    package let wantsReport: Bool
    /// True when a document went without a PDF: it is not of level 1, and no renderer is there.
    package let lacksReadableCopy: Bool
    /// `uniqueId` of the submission set.
    package let setID: String

    /// Length in bytes.
    package var count: Int { pieces.reduce(0) { $0 + $1.count } }

    /// SHA-256 of the mail, hexadecimal.
    package var digest: String {
        let stream = DigestStream(.sha256)
        for piece in pieces { stream.update(piece) }
        return Digest.hex(stream.finish())
    }
}

/// Builds the mail of one recipient: text, `IHE_XDM.zip`, and the PDF inside each document of level 1. Pure: the same request, recipient,
/// key, time and settings give the same bytes, the same Message-ID and the same envelope id.
package struct MailBuilder: Sendable {
    package let settings: MailSettings
    package let tables: DMPTables

    package init(_ settings: MailSettings, tables: DMPTables) {
        self.settings = settings
        self.tables = tables
    }

    /// The Message-ID of a delivery, without brackets: letters of its key at the mailbox's domain.
    package static func messageID(key: String, mailbox: MailAddress) -> String { "\(key.lowercased()).mss@\(mailbox.domain)" }
    /// The ENVID of a delivery (RFC 3461 §4.4). The key is a keyed hash: nobody can guess another's.
    package static func envelopeID(key: String) -> String { "gw-\(key.lowercased())" }

    /// The mail.
    /// - Parameters:
    ///   - key: the delivery's key: its bytes, and its letters.
    ///   - accepted: when the message was accepted, milliseconds since 1970.
    ///   - isListed: whether a domain is in the white list.
    package func mail(
        _ request: DocumentRequest, to recipient: RequestParty, key: (bytes: [UInt8], letters: String), accepted: Int64, isListed: (String) -> Bool
    ) throws(MailRefusal) -> BuiltMail {
        let verdict = RequestControl.mailGate(
            request, to: recipient, environment: settings.environment, productionINSInTest: settings.productionINSInTest, isListed: isListed)
        if let refusal = verdict.refusal { throw MailRefusal(refusal) }
        guard let address = recipient.address.flatMap({ MailAddress($0) }) else { throw MailRefusal("510", fr: "Adresse mal formée", en: "Malformed address") }
        let isPatient = recipient.kind == .patient || address.isPatient
        let limit = isPatient ? settings.patientLimit : settings.limit
        let opened = try documents(of: request, limit: limit)
        let headers = opened.map(\.header)
        let isQualified = verdict.carriesQualifiedINS && headers.allSatisfy { RequestControl.carriesINS($0, of: request.patient) }
        let ids = try derivedIDs(key.bytes)
        let archive = try XDMContent(
            request: request, recipient: recipient, address: address, documents: opened, ids: ids, accepted: accepted,
            isQualified: isQualified, settings: settings, tables: tables
        ).archive()
        let copies = readableCopies(opened, request)
        var text = MailText.body(
            isPatient ? request.patientBody : request.professionalBody, default: isPatient ? settings.patientText : settings.professionalText)
        if copies.count < opened.count { text += MailText.noReadableCopy }
        let parts = [MailPart.text(text), .attachment(archive, type: "application/zip", name: "IHE_XDM.zip")] + copies
        let messageID = Self.messageID(key: key.letters, mailbox: settings.mailbox)
        let mail: MailBytes
        do throws(MailError) {
            let top = try self.headers(request, address, headers, messageID, accepted, isPatient, isQualified)
            mail = try MailBytes(top, boundary: "=_gw_\(key.letters)", parts: parts)
        } catch {
            throw MailRefusal(
                "554", fr: "Courriel impossible à composer : \(error.place)", en: "Mail cannot be composed: \(error.place)", location: error.place)
        }
        guard mail.count <= limit else { throw Self.tooLarge(limit) }
        return BuiltMail(
            sender: settings.mailbox.text, recipient: address.text, messageID: messageID, envelopeID: Self.envelopeID(key: key.letters),
            pieces: mail.pieces, wantsReport: request.says(.acknowledgeReception), lacksReadableCopy: copies.count < opened.count, setID: ids.set)
    }

    private func headers(
        _ request: DocumentRequest, _ address: MailAddress, _ documents: [CDAHeader], _ messageID: String, _ accepted: Int64, _ isPatient: Bool,
        _ isQualified: Bool
    ) throws(MailError) -> MailHeaders {
        var headers = MailHeaders()
        try headers.plain("Date", MailDate.text(accepted))
        try headers.address("From", settings.mailbox.text, shown: MailText.clean(settings.label))
        try headers.address("To", address.text)
        if let reply = request.replyTo.flatMap({ MailAddress($0) }) { try headers.address("Reply-To", reply.text) }
        try headers.text("Subject", MailText.subject(request, documents, charset: settings.subjectCharset, tables: tables))
        try headers.plain("Message-ID", "<\(messageID)>")
        if request.says(.acknowledgeReading) { try headers.address("Disposition-Notification-To", settings.mailbox.text) }
        try headers.plain("X-MSS-NIL", settings.productReference)
        var codes: [String] = []
        for document in documents where !codes.contains(document.code.code) { codes.append(MailText.clean(document.code.code)) }
        try headers.plain("X-MSS-CODECDA", codes.joined(separator: ","))
        try headers.plain("X-MSS-INS", isQualified && documents.allSatisfy(Self.carriesINS) ? "O" : "N")
        if isPatient, request.closesExchange { try headers.plain("X-MSS-MES", "FIN") }
        return headers
    }

    /// ECO.2.4.2: matricule, OID and the four traits stand in the document itself.
    private static func carriesINS(_ header: CDAHeader) -> Bool {
        let name = header.patient.name
        let isBirth = name.families.contains { $0.qualifier == "BR" } && !name.birthGiven.isEmpty
        let hasINS = header.patient.ids.contains { INSRegister(rawValue: $0.root) != nil && $0.extension != nil }
        return hasINS && isBirth && header.patient.birthTime != nil && header.patient.gender != nil
    }

    private func documents(of request: DocumentRequest, limit: Int) throws(MailRefusal) -> [DMPDocument] {
        // Base64 in the message is 4/3 of the bytes, as it will be in the mail; deflate may shrink a document, never the PDF beside it.
        guard request.documents.reduce(0, { $0 + $1.content.count }) <= limit * 8 else { throw Self.tooLarge(limit) }
        var result: [DMPDocument] = []
        for document in request.documents {
            let place = "OBX[\(document.ordinal)]-5.5"
            do {
                result.append(try DMPDocument(document.decoded()))
            } catch {
                throw MailRefusal("554", fr: "Document illisible", en: "Document cannot be read", location: place)
            }
        }
        return result
    }

    private func derivedIDs(_ key: [UInt8]) throws(MailRefusal) -> DerivedIDs {
        do throws(DMPLotError) {
            return try DerivedIDs(key: key, root: settings.instance)
        } catch {
            throw MailRefusal("554", fr: error.french, en: error.english, location: error.location, isConfiguration: true)
        }
    }

    /// The PDF inside a level 1, byte for byte (ECO.2.1.5).
    private func readableCopies(_ documents: [DMPDocument], _ request: DocumentRequest) -> [MailPart] {
        var parts: [MailPart] = []
        for (index, document) in documents.enumerated() {
            guard case .embedded(let file) = document.header.body, file.mediaType.lowercased() == "application/pdf", file.isBase64,
                let pdf = try? Base64.decode(file.content(in: document.bytes), tolerant: true), !pdf.isEmpty
            else { continue }
            let name = MailText.fileName(document.header, request, number: index + 1, of: documents.count, tables: tables)
            parts.append(.attachment(pdf, type: "application/pdf", name: name))
        }
        return parts
    }

    private static func tooLarge(_ limit: Int) -> MailRefusal {
        MailRefusal(
            "523", fr: "Courriel de plus de \(limit / 1_048_576) Mo, non envoyé", en: "Mail of more than \(limit / 1_048_576) MB, not sent", location: "OBX-5.5"
        )
    }
}

extension MailRefusal {
    init(_ gate: GateRefusal) {
        business = gate.business
        text = gate.text
        location = gate.location.map { "\($0)" }
        isConfiguration = false
    }
}
