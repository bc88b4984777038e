import France
import Pipeline
import Wire

/// One mail through one SMTP session, and what became of it in the words of the pipeline (mssante-xdm.md §2.5, §6.5). Blocking.
struct MailExchange {
    let server: MailServer
    let mail: BuiltMail
    let facts: [String: String]
    let scope: String

    func run() -> Outcome {
        let session: SMTPSession
        do throws(WireFailure) { session = try SMTPSession(server) } catch { return failed(error) }
        defer { session.quit() }
        // A failure is always wanted; success and delay where the sender of the request asked to be told.
        let notify: [SMTPEnvelope.Notify] = mail.wantsReport ? [.success, .failure, .delay] : [.failure]
        let envelope = SMTPEnvelope(sender: mail.sender, recipients: [.init(mail.recipient, notify: notify)], envelopeID: mail.envelopeID)
        switch session.send(envelope, mail.pieces.map { .bytes($0) }) {
        case .senderRefused(let reply): return refused(reply, bySender: true)
        case .settled(let recipients, nil): return recipients.first.map { refused($0, bySender: false) } ?? .held(MailReasons.noRecipient, owner: .exploitation)
        case .settled(_, let data?) where data.isPositive:
            let answer = "\(data.code) \(data.enhanced ?? "")"
            return .delivered(Proof(answer: answer, facts: facts, reportAwaited: session.capabilities.dsn && mail.wantsReport))
        case .settled(_, let data?): return refused(data, bySender: false)
        case .tooLarge(let limit): return .refused(MailReasons.tooLarge(limit))
        case .nothingSent(let failure): return failed(failure)
        case .unanswered(let failure): return .unknown(MailReasons.unanswered(failure.description))
        }
    }

    private func failed(_ failure: WireFailure) -> Outcome {
        failure.needsAPerson
            ? .halted(scope: scope, MailReasons.account(failure)) : .deferred(Reasons.farEndAway(detail: failure.description))
    }

    private func refused(_ reply: SMTPReply, bySender: Bool) -> Outcome {
        if reply.code == 421 { return .deferred(Reasons.farEndAway(detail: "\(reply.code) \(reply.text)")) }
        if reply.isTransient { return .deferred(MailReasons.reply(reply)) }
        if concernsOurAccount(reply, bySender: bySender) { return .halted(scope: scope, MailReasons.account("\(reply.code) \(reply.text)")) }
        return .refused(MailReasons.reply(reply))
    }

    /// The mailbox may not send at all, which says nothing of the letter. Servers that put off their answer to MAIL FROM until RCPT name
    /// the sender in their words.
    private func concernsOurAccount(_ reply: SMTPReply, bySender: Bool) -> Bool {
        if [530, 534, 535, 538].contains(reply.code) { return true }
        if bySender { return reply.code != 552 && reply.enhanced != "5.3.4" }
        let words = reply.text.lowercased()
        return ["sender address rejected", "not owned by user", "send as this sender", "client host rejected", "client certificate rejected"].contains {
            words.contains($0)
        }
    }
}
