import Clinical
import France
import Pipeline
import PipelineTesting
import Synchronization
import Testing
import Wire

@testable import Connectors

/// Takes what a listener hands in, or says "later".
private final class ReportIntake: Intake {
    let taken = Mutex<[Message]>([])
    let isFull = Mutex(false)

    func receive(_ acceptance: Acceptance, content: (any Content)?, turn: Turn?, answer: @escaping @Sendable (Answer) -> Void) {
        if isFull.withLock({ $0 }) { return answer(.later(Reason("P0", Text(fr: "plein", en: "full")))) }
        taken.withLock { $0.append(acceptance.message) }
        answer(.accepted([]))
    }
    func partner(listener: String, application: String, facilityCode: String, subject: String?) -> PartnerMatch {
        .unknown(Reason("P0", Text(fr: "", en: "")))
    }

    /// Reports found for one of these tokens.
    func reports(_ tokens: [Token]) -> [CarriedReport] {
        taken.withLock { $0 }.compactMap { message in
            guard case .bytes(let bytes) = message.body, let content = try? MailFormat().read(bytes), let report = MailFormat().report(in: content),
                !Set(report.tokens).isDisjoint(with: tokens)
            else { return nil }
            return report
        }
    }
}

/// Against a real Postfix and Dovecot: the reports are theirs.
@Suite("imap: delivery reports of the sending mailbox", .enabled(if: MailStand.shared != nil, "needs the stand-in operator"), .serialized)
struct IMAPListenerTests {
    let bench: MailBench

    init() throws { bench = try MailBench(#require(MailStand.shared)) }

    private func box(_ intake: ReportIntake, _ mark: ReportMailbox.Mark) throws -> ReportMailbox {
        let mailbox = try #require(bench.facility.mailboxes["applicative"])
        return ReportMailbox(
            facility: bench.facility, mailbox: mailbox, listener: "reports",
            access: MailAccess(.test(["login": .text("external")])), scope: bench.scope(intake), mark: mark, period: .seconds(60), limit: 10_000_000)
    }

    /// Sends to somebody and gives the tokens by which the report will be known.
    private func send(to local: String) async throws -> [Token] {
        let (delivery, bytes) = try bench.delivery(to: local, message: "mdm-initial")
        let sender = try bench.sender()
        guard case .delivered = await sender.deliver(delivery, bench.attempt(bytes)) else {
            Issue.record("not sent to \(local)")
            return []
        }
        return sender.tokens(delivery.key, delivery.message, delivery.part)
    }

    @Test("a success and a late bounce are found, matched by ENVID and Message-ID, marked once journaled; other mails are not touched")
    func reports() async throws {
        let good = try await send(to: "medecin")
        let bad = try await send(to: "lent")
        let other = try other()
        let intake = ReportIntake()
        let end = try box(intake, .keyword("$Passerelle")).watch { !intake.reports(good).isEmpty && !intake.reports(bad).isEmpty }
        guard case .done = end else {
            Issue.record("\(end)")
            return
        }
        let success = try #require(intake.reports(good).first)
        #expect(success.tokens.first == good.first && success.tokens.count == 2)
        #expect([.relayed, .delivered].contains(success.report.status))
        let failure = try #require(intake.reports(bad).first)
        #expect(failure.report.status == .failed)
        #expect(failure.report.reason?.business?.code == "550" && failure.report.reason?.business?.system == "SMTPERRORCODE")
        #expect(failure.report.reason?.text.fr.contains("@") == false)
        let message = try #require(intake.taken.withLock { $0.first })
        #expect(message.envelope.format == "mail" && message.envelope.partner.name == "pfi@essai.mssante.example" && !message.envelope.controlID.isEmpty)
        let session = try bench.imap("pfi")
        _ = try session.select("INBOX", readOnly: true)
        for token in [good.first, bad.first] {
            #expect(try session.search("UNKEYWORD $Passerelle BODY \"\(token?.value ?? "")\" HEADER Content-Type delivery-status").isEmpty)
        }
        let untouched = try session.summaries(session.search("SUBJECT \"\(other)\""))
        #expect(untouched.count == 2 && untouched.allSatisfy { !$0.flags.contains("\\Seen") && !$0.flags.contains("$Passerelle") })
        #expect(intake.taken.withLock { $0 }.allSatisfy { if case .bytes(let bytes) = $0.body { MailFormat.isReport(bytes) } else { false } })
        let again = ReportIntake()
        _ = try box(again, .keyword("$Passerelle")).watch(stop: stopAtSecondLook())
        #expect(again.reports(good + bad).isEmpty, "once is enough")
    }

    @Test("while the journal is full a report stays as it is; later it is moved away")
    func full() async throws {
        let tokens = try await send(to: "lent")
        let intake = ReportIntake()
        intake.isFull.withLock { $0 = true }
        let session = try bench.imap("pfi")
        let envelope = try #require(tokens.first).value
        #expect(try bench.mail(in: session, "BODY \"\(envelope)\"") != nil)
        _ = try box(intake, .move("Rapports")).watch(stop: stopAtSecondLook())
        #expect(intake.taken.withLock { $0.isEmpty })
        _ = try session.select("INBOX", readOnly: true)
        #expect(try !session.search("BODY \"\(envelope)\"").isEmpty)
        intake.isFull.withLock { $0 = false }
        _ = try box(intake, .move("Rapports")).watch { !intake.reports(tokens).isEmpty }
        #expect(intake.reports(tokens).count == 1)
        _ = try session.select("INBOX", readOnly: true)
        #expect(try session.search("BODY \"\(envelope)\"").isEmpty)
        _ = try session.select("Rapports", readOnly: true)
        #expect(try !session.search("BODY \"\(envelope)\"").isEmpty)
    }

    @Test("a report that cannot be moved away does not keep back the later ones")
    func unmovable() async throws {
        let first = try await send(to: "lent"), second = try await send(to: "lent")
        let intake = ReportIntake()
        let until = ContinuousClock.now + .seconds(60)
        // No server has such a folder.
        let end = try box(intake, .move("a//b..c")).watch {
            ContinuousClock.now > until || !intake.reports(first).isEmpty && !intake.reports(second).isEmpty
        }
        guard case .done = end else {
            Issue.record("\(end)")
            return
        }
        #expect(intake.reports(first).count == 1 && intake.reports(second).count == 1)
    }

    @Test("a refused certificate is told as ours; the listener owns each mailbox once; unknown mailboxes are named")
    func refused() throws {
        var bench = bench
        bench.setIdentity("revoked")
        let mailbox = try #require(bench.facility.mailboxes["applicative"])
        let box = ReportMailbox(
            facility: bench.facility, mailbox: mailbox, listener: "r", access: MailAccess(.test(["login": .text("external")])), scope: bench.scope(),
            mark: .seen, period: .seconds(1), limit: 1000)
        guard case .refused = box.watch(stop: { false }) else {
            Issue.record("not refused")
            return
        }
        bench.facility.mailboxes["again"] = Mailbox(name: "again", address: "PFI@essai.mssante.example", operator: "essai", identity: "mail")
        #expect(try IMAPListener(.test([:]), bench.scope()).owns == ["imap:essai/pfi@essai.mssante.example"])
        #expect(throws: ConfigError.self) { try IMAPListener(.test(["mailboxes": .texts(["clinique/nulle"])]), bench.scope()) }
    }

    /// A plain mail and an absence note in the sending mailbox; their subject.
    private func other() throws -> String {
        let subject = "autre-\(UInt64.random(in: 0...UInt64.max))"
        let scope = bench.scope()
        let mailbox = try #require(bench.facility.mailboxes["applicative"])
        let session = try SMTPSession(MailAccess(.test([:])).server(bench.facility, mailbox, imap: false, scope))
        for header in ["", "Auto-Submitted: auto-replied\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n"] {
            let mail = "From: <pfi@essai.mssante.example>\r\nSubject: \(subject)\r\n\(header)\r\nbonjour\r\n"
            let outcome = session.send(
                SMTPEnvelope(sender: "pfi@essai.mssante.example", recipients: [.init("pfi@essai.mssante.example")]), [.text(mail)])
            guard case .settled(_, let data?) = outcome, data.isPositive else {
                Issue.record("not sent")
                break
            }
        }
        session.quit()
        let reading = try bench.imap("pfi")
        for _ in 0..<600 {
            _ = try reading.select("INBOX", readOnly: true)
            if try reading.search("SUBJECT \"\(subject)\"").count == 2 { break }
            _ = try reading.idle(.milliseconds(100))
        }
        return subject
    }

    /// Stops after everything that waits was looked at once.
    private func stopAtSecondLook() -> @Sendable () -> Bool {
        let until = ContinuousClock.now + .seconds(2)
        return { ContinuousClock.now > until }
    }
}

@Suite("mail as a format")
struct MailFormatTests {
    @Test("headers are paths, nothing can be set, what is too deep is refused")
    func format() throws {
        let format = MailFormat()
        let content = try format.read(Array("Subject: bonjour\r\nX-A: 1\r\nX-a: 2\r\n\r\ntexte".utf8))
        #expect(try format.path("x-a").values(in: content) == ["1", "2"])
        #expect(#expect(throws: PathError.self) { try format.path("a:b") }?.offset == 1)
        #expect(throws: PathError.self) { try format.path("") }
        #expect(format.report(in: content) == nil)
        #expect(throws: Reason.self) { try format.setting(format.path("Subject"), to: "x", in: content) }
        let deep = (0..<20).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }.joined()
        #expect(throws: Reason.self) { try format.read(Array(deep.utf8)) }
    }
}
