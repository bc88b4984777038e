import Testing

@testable import Wire

/// Against a real Postfix.
@Suite("SMTP submission to an operator", .enabled(if: TestOperator.isAvailable, "needs the stand-in operator"))
struct SMTPSessionTests {
    let mail: [BodyPart] = [.text("From: <pfi@essai.mssante.example>\r\nSubject: essai\r\n\r\nbonjour\r\n"), .text(".\r\n..\r\nfin\r\n")]
    let operators: TestOperator

    init() throws { operators = try #require(TestOperator.shared) }

    func envelope(_ recipients: String..., sender: String = "pfi", id: String? = nil) -> SMTPEnvelope {
        SMTPEnvelope(
            sender: "\(sender)@\(TestOperator.domain)",
            recipients: recipients.map { .init("\($0)@\(TestOperator.domain)", notify: [.success, .failure, .delay]) }, envelopeID: id)
    }

    @Test("Each recipient has its own reply, and one refused does not stop the others (mssante-xdm case 21)")
    func replies() throws {
        let session = try SMTPSession(operators.smtp())
        #expect(session.capabilities.dsn)
        #expect((session.capabilities.size ?? 0) > 10_000_000)
        guard case .settled(let recipients, let data) = session.send(envelope("labo", "refuse550", "refuse450", "medecin", id: "essai=1+2"), mail) else {
            Issue.record("not settled")
            return
        }
        #expect(recipients.map(\.code) == [250, 550, 450, 250])
        #expect(recipients[1].enhanced == "5.1.1")
        #expect(recipients[2].isTransient)
        #expect(data?.code == 250)
        session.quit()
    }

    @Test("No accepted recipient: nothing is sent and the session goes on")
    func nobody() throws {
        let session = try SMTPSession(operators.smtp())
        guard case .settled(let recipients, nil) = session.send(envelope("refuse554"), mail) else {
            Issue.record("not settled")
            return
        }
        #expect(recipients.map(\.code) == [554])
        guard case .settled(_, let data?) = session.send(envelope("labo"), mail) else {
            Issue.record("the second mail did not leave")
            return
        }
        #expect(data.code == 250)
    }

    @Test("A domain that is not on the operator's white list is refused at RCPT")
    func domain() throws {
        let session = try SMTPSession(operators.smtp())
        let outcome = session.send(SMTPEnvelope(sender: "pfi@\(TestOperator.domain)", recipients: [.init("a@ailleurs.example")]), mail)
        guard case .settled(let recipients, nil) = outcome else {
            Issue.record("not settled: \(outcome)")
            return
        }
        #expect(recipients[0].code == 550 && recipients[0].enhanced == "5.7.1")
    }

    @Test("A sender that is not the certificate's mailbox is refused")
    func owner() throws {
        let session = try SMTPSession(operators.smtp())
        guard case .settled(let recipients, nil) = session.send(envelope("labo", sender: "labo"), mail) else {
            Issue.record("not settled")
            return
        }
        #expect(recipients[0].isPermanent)
    }

    @Test("A refused client certificate is named as ours, not as a far end that is away", arguments: ["expired", "stranger", ""])
    func certificate(_ name: String) throws {
        let server = try operators.smtp(as: name.isEmpty ? nil : name)
        let failure = #expect(throws: WireFailure.self) { try SMTPSession(server) }
        #expect(failure?.reason == .ownCertificateRefused, "\(String(describing: failure))")
        #expect(failure?.isOurSetup == true)
    }

    @Test("A server that closes in the middle is a reply of its recipient, and nothing was taken")
    func cut() throws {
        let session = try SMTPSession(operators.smtp())
        guard case .settled(let recipients, nil) = session.send(envelope("coupe421"), mail) else {
            Issue.record("not settled")
            return
        }
        #expect(recipients[0].code == 421)
        guard case .nothingSent(let failure) = session.send(envelope("labo"), mail) else {
            Issue.record("the session should be over")
            return
        }
        #expect(failure.reason == .connectionBroken)
    }

    @Test("A mail larger than the announced SIZE is not sent (case 17)")
    func size() throws {
        let session = try SMTPSession(operators.smtp())
        guard case .tooLarge(let limit) = session.send(envelope("labo"), [.bytes([UInt8](repeating: 65, count: 12_000_000))]) else {
            Issue.record("not refused")
            return
        }
        #expect(limit == session.capabilities.size)
    }

    func rude(_ manner: String) throws -> (server: MailServer, process: TestServer) {
        let process = try TestServer(smtp: operators.pki, manner)
        var server = try operators.smtp()
        server.port = process.port
        server.replyTimeout = .seconds(manner == "slow" ? 5 : 60)
        return (server, process)
    }

    @Test("A connection lost after the final dot leaves it open whether the mail was taken (case 20)", arguments: ["cut", "slow"])
    func unanswered(_ manner: String) throws {
        let (server, process) = try rude(manner)
        let session = try SMTPSession(server)
        guard case .unanswered(let failure) = session.send(envelope("labo"), mail) else {
            Issue.record("not unanswered")
            return
        }
        #expect(failure.reason == (manner == "cut" ? .connectionBroken : .timedOut))
        withExtendedLifetime(process) {}
    }

    @Test("A positive answer to DATA that does not ask for the mail is no delivery: nothing was sent")
    func answeredTwice() throws {
        let (server, process) = try rude("twice")
        let outcome = try SMTPSession(server).send(envelope("labo"), mail)
        guard case .nothingSent(let failure) = outcome else {
            Issue.record("not told as unsent: \(outcome)")
            return
        }
        #expect(failure.reason == .protocolViolation && !failure.isOurSetup)
        withExtendedLifetime(process) {}
    }

    @Test("A second 354 after the final dot leaves it open whether the mail was taken")
    func askedTwice() throws {
        let (server, process) = try rude("again")
        let outcome = try SMTPSession(server).send(envelope("labo"), mail)
        guard case .unanswered(let failure) = outcome else {
            Issue.record("not told as unanswered: \(outcome)")
            return
        }
        #expect(failure.reason == .protocolViolation)
        withExtendedLifetime(process) {}
    }

    @Test("Without STARTTLS nothing is said (case 10)")
    func noTLS() throws {
        let (server, process) = try rude("plain")
        let failure = #expect(throws: WireFailure.self) { try SMTPSession(server) }
        #expect(failure?.reason == .startTLSMissing && failure?.isOurSetup == true, "\(String(describing: failure))")
        withExtendedLifetime(process) {}
    }

    @Test("What is said in clear behind \"220 go\" is not believed after TLS (case 11)")
    func injected() throws {
        let (server, process) = try rude("inject")
        if let session = try? SMTPSession(server) { #expect(session.capabilities.size == 10_000_000) }
        withExtendedLifetime(process) {}
    }

    @Test("An address with a line end or a bracket is never written", arguments: ["a@b\r\nRCPT TO:<c@d>", "a b@c", "<a@b>", "a@b@c", "", "é@b.fr"])
    func injection(_ address: String) throws {
        let session = try SMTPSession(operators.smtp())
        guard case .nothingSent(let failure) = session.send(SMTPEnvelope(sender: "pfi@\(TestOperator.domain)", recipients: [.init(address)]), mail) else {
            Issue.record("sent")
            return
        }
        #expect(failure.reason == .requestInvalid)
    }

    @Test("Implicit TLS and a password open the other ports")
    func otherDoors() throws {
        guard case .settled(_, let data?) = try SMTPSession(operators.smtp(port: "OPERATOR_SMTPS")).send(envelope("labo"), mail) else {
            Issue.record("implicit TLS: not settled")
            return
        }
        #expect(data.code == 250)
        let user = "medecin@\(TestOperator.domain)"
        let login = MailServer.Login.plain(user: user, password: "essai")
        let session = try SMTPSession(operators.smtp(as: nil, port: "OPERATOR_PASSWORD", login: login))
        guard case .settled(_, let data?) = session.send(envelope("labo", sender: "medecin"), mail) else {
            Issue.record("password: not settled")
            return
        }
        #expect(data.code == 250)
        let wrong = try operators.smtp(as: nil, port: "OPERATOR_PASSWORD", login: .plain(user: user, password: "non"))
        #expect(throws: WireFailure.self) { try SMTPSession(wrong) }
    }

    @Test("A server that is away, or of another name or issuer, is named")
    func away() throws {
        var server = try operators.smtp()
        server.port = 1
        #expect(#expect(throws: WireFailure.self) { try SMTPSession(server) }?.reason == .unreachable)
        server = try operators.smtp()
        server.host = "127.0.0.2"
        #expect([.serverNameMismatch, .unreachable].contains(#expect(throws: WireFailure.self) { try SMTPSession(server) }?.reason))
        server = try operators.smtp()
        server.tls = try TLSPolicy(anchors: operators.file("stranger.pem"))
        #expect(#expect(throws: WireFailure.self) { try SMTPSession(server) }?.reason == .serverNotTrusted)
    }
}

@Suite("SMTP words")
struct SMTPWordTests {
    @Test("A reply of several lines is one reply, its enhanced code is read once")
    func reply() throws {
        let reply = try #require(SMTPReply(lines: ["550-5.1.1 no such", "550 5.1.1 mailbox"]))
        #expect(reply == SMTPReply(code: 550, enhanced: "5.1.1", text: "no such mailbox"))
        #expect(SMTPReply(lines: ["250 2.5.x ok"])?.enhanced == nil)
        #expect(SMTPReply(lines: ["bonjour"]) == nil)
        #expect(SMTPReply(lines: ["250"])?.code == 250)
    }

    @Test("xtext encodes plus, equals, blanks and what is not ASCII (RFC 3461 §4)")
    func xtext() { #expect(SMTPEnvelope.xtext("a+b=c é") == "a+2Bb+3Dc+20+C3+A9") }

    @Test("Dots at the start of a line are doubled, also across pieces (RFC 5321 §4.5.2)")
    func dots() {
        var stuffing = DotStuffing()
        let first = stuffing.stuffed(Array(".a\r\n".utf8)[...])
        let second = stuffing.stuffed(Array(".\r\nb.c\r\n".utf8)[...])
        #expect(String(decoding: first + second + stuffing.end, as: UTF8.self) == "..a\r\n..\r\nb.c\r\n.\r\n")
        var open = DotStuffing()
        _ = open.stuffed(Array("a".utf8)[...])
        #expect(open.end == Array("\r\n.\r\n".utf8))
    }
}
