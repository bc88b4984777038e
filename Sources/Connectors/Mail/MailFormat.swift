import Clinical
import France
import HL7v2
package import Pipeline

/// How the pipeline reads a mail: headers by name, and the delivery report that it may be.
package struct MailFormat: Format {
    /// The format.
    package init() {}

    package var name: String { "mail" }

    package func read(_ bytes: [UInt8]) throws(Reason) -> any Content {
        do throws(MailError) {
            return MailContent(mail: try ReadMail(bytes))
        } catch {
            throw Reason("P0640", Text(fr: "Courriel hors des limites de lecture", en: "Mail beyond the limits of reading"), location: error.place)
        }
    }

    /// A header's name: `Subject`.
    package func path(_ text: String) throws(PathError) -> any ContentPath {
        guard !text.isEmpty, let bad = text.utf8.firstIndex(where: { !MailSyntax.isTokenByte($0) }) else {
            if text.isEmpty { throw PathError(Self.expected, offset: 0) }
            return MailHeaderPath(name: text)
        }
        throw PathError(Self.expected, offset: text.utf8.distance(from: text.utf8.startIndex, to: bad))
    }

    package func setting(_ path: any ContentPath, to value: String, in content: any Content) throws(Reason) -> (bytes: [UInt8], content: any Content) {
        throw Reason("P0641", Text(fr: "Un courriel reçu ne se modifie pas", en: "A received mail is not changed"))
    }

    package func report(in content: any Content) -> CarriedReport? {
        guard let mail = (content as? MailContent)?.mail, let report = DeliveryReport(mail) else { return nil }
        return CarriedReport(report)
    }

    /// Whether these bytes are a delivery report that can find its delivery.
    static func isReport(_ bytes: [UInt8]) -> Bool {
        guard let mail = try? ReadMail(bytes), let report = DeliveryReport(mail) else { return false }
        return CarriedReport(report) != nil
    }

    /// The mail's own Message-ID, without brackets.
    static func messageID(_ bytes: [UInt8]) -> String? {
        guard let id = (try? ReadMail(bytes))?.header("Message-ID")?.filter({ !$0.isWhitespace && $0 != "<" && $0 != ">" }), !id.isEmpty else { return nil }
        return id
    }

    private static let expected = Text(fr: "un nom d'en-tête de courriel est attendu (Subject)", en: "the name of a mail header is expected (Subject)")
}

/// A mail, read.
struct MailContent: Content {
    let mail: ReadMail
}

/// A header, by name.
private struct MailHeaderPath: ContentPath {
    let name: String

    func values(in content: any Content) -> [String] {
        (content as? MailContent)?.mail.headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) ?? []
    }
}

extension CarriedReport {
    /// A delivery report in the words of the pipeline: tokens in the order to try, and what became of the mail's one recipient. Where a
    /// report names several, a failure counts first.
    init?(_ report: DeliveryReport) {
        var tokens: [Token] = []
        if let id = report.envelopeID, !id.isEmpty { tokens.append(Token(kind: MailToken.envelope, value: id)) }
        if let id = report.messageID { tokens.append(Token(kind: MailToken.message, value: id)) }
        guard !tokens.isEmpty, let one = report.recipients.first(where: { $0.action == .failed }) ?? report.recipients.first else { return nil }
        switch one.action {
        case .delivered, .expanded: self.init(tokens: tokens, report: Report(.delivered))
        case .relayed: self.init(tokens: tokens, report: Report(.relayed))
        case .delayed: self.init(tokens: tokens, report: Report(.awaited))
        case .failed: self.init(tokens: tokens, report: Report(.failed, reason: Reason(one)))
        }
    }
}

extension Reason {
    /// A failed recipient: the enhanced status, the code of SMTPERRORCODE, and the far end's words as a detail, as they may quote an address.
    init(_ report: RecipientReport) {
        self.init(
            report.status,
            Text(fr: "Le courriel n'a pas été remis (\(report.status))", en: "The mail was not delivered (\(report.status))"),
            business: BusinessCode(ZAM.smtpCode(reply: report.reply, status: report.status)), detail: report.diagnostic.isEmpty ? nil : report.diagnostic)
    }
}

extension BusinessCode {
    init(_ code: HL7Finding.BusinessCode) { self.init(code: code.code, label: code.label, system: code.system) }
}

/// The names by which a report finds its mail.
enum MailToken {
    static let envelope = "envid"
    static let message = "message-id"
}
