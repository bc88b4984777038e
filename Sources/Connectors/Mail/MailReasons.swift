import France
import HL7v2
import Pipeline
import Wire

/// Reasons of the mail connectors.
enum MailReasons {
    static let notARequest = Reason(
        "P0643",
        Text(fr: "Le message n'est plus lisible comme une demande de transmission de CDA", en: "The message can no longer be read as a CDA request"))
    static let noRecipient = Reason(
        "P0644", Text(fr: "L'envoi ne nomme aucun destinataire de la demande", en: "The delivery names no recipient of the request"), location: "PRT-15.4")
    static let otherBytes = Reason(
        "P0645",
        Text(
            fr: "Le courriel reconstruit diffère de celui qui est peut-être déjà parti : à décider",
            en: "The rebuilt mail differs from the one that may have left already: to be decided"))
    static let notRecorded = Reason(
        "P0646", Text(fr: "Le journal n'a pas pu garder la trace de l'envoi : rien n'est parti", en: "The journal could not record the sending: nothing left"))

    static func noMailbox(_ facility: String, _ mailbox: String) -> Reason {
        Reason(
            "P0647",
            Text(
                fr: "L'établissement \(facility) n'a pas de boîte « \(mailbox) » (mailboxes)",
                en: "The facility \(facility) has no mailbox \"\(mailbox)\" (mailboxes)"))
    }
    static func badMailbox(_ name: String, _ fr: String, _ en: String) -> Reason {
        Reason("P0648", Text(fr: "Boîte « \(name) » inutilisable : \(fr)", en: "Mailbox \"\(name)\" cannot be used: \(en)"))
    }

    /// The operator refuses the account, the certificate or the sender: a person must look, nobody's letter is refused for it.
    static func account(_ words: String) -> Reason {
        Reason(
            "P0649",
            Text(
                fr: "L'opérateur refuse notre boîte ou notre certificat, ou son certificat ne peut être vérifié",
                en: "The operator refuses our mailbox or our certificate, or its own certificate cannot be verified"), detail: words)
    }

    /// The same, with what TLS or the log-in said: it names nobody.
    static func account(_ failure: WireFailure) -> Reason {
        let reason = account(failure.description), why = failure.reason.rawValue
        return Reason(
            reason.code, Text(fr: "\(reason.text.fr) (\(SystemWords.french(why)))", en: "\(reason.text.en) (\(why))"), detail: failure.description)
    }

    /// A reply that is final or to be tried again; the words of the server are a detail: they may quote the address.
    static func reply(_ reply: SMTPReply) -> Reason {
        let code = reply.enhanced ?? String(reply.code)
        return Reason(
            code,
            Text(
                fr: reply.isTransient ? "L'opérateur diffère le courriel (\(code))" : "L'opérateur refuse le courriel (\(code))",
                en: reply.isTransient ? "The operator defers the mail (\(code))" : "The operator refuses the mail (\(code))"),
            business: BusinessCode(ZAM.smtpCode(reply: String(reply.code), status: reply.enhanced)), detail: "\(reply.code) \(reply.text)")
    }

    static func tooLarge(_ limit: Int) -> Reason {
        Reason(
            "523",
            Text(
                fr: "Courriel plus grand que la limite de l'opérateur (\(limit) octets)", en: "Mail larger than the operator's limit (\(limit) bytes)"),
            business: BusinessCode(code: "523", label: ZAM.smtpLabel("523"), system: ZAM.smtpCodeSystem))
    }

    /// Sent to the end, no answer: the operator may have taken it.
    static func unanswered(_ words: String) -> Reason {
        Reason("P0650", Text(fr: "Connexion perdue après la fin du courriel", en: "Connection lost after the end of the mail"), detail: words)
    }
}

extension Reason {
    init(_ refusal: MailRefusal) {
        self.init(
            refusal.business.code, Text(fr: refusal.text.fr, en: refusal.text.en), location: refusal.location, business: BusinessCode(refusal.business))
    }
}

extension WireFailure {
    /// Whether nothing will change until a person has mended something, here or at the operator's.
    var needsAPerson: Bool {
        isOurSetup || [.serverCertificateExpired, .serverCertificateRevoked, .revocationListUnusable].contains(reason)
    }
}
