import Testing

@testable import Wire

/// Against a real Dovecot.
@Suite("IMAP with an operator", .enabled(if: TestOperator.isAvailable, "needs the stand-in operator"), .serialized)
struct IMAPSessionTests {
    let operators: TestOperator
    let labo = "labo@\(TestOperator.domain)"

    init() throws { operators = try #require(TestOperator.shared) }

    func session(_ name: String = "labo") throws -> IMAPSession {
        try IMAPSession(operators.imap(as: name, login: .external(user: "\(name)@\(TestOperator.domain)")))
    }

    func send(_ subject: String, _ body: String = "bonjour") throws {
        let session = try SMTPSession(operators.smtp())
        let mail = BodyPart.text("From: <pfi@\(TestOperator.domain)>\r\nTo: <\(labo)>\r\nSubject: \(subject)\r\n\r\n\(body)\r\n")
        guard case .settled(_, let data?) = session.send(SMTPEnvelope(sender: "pfi@\(TestOperator.domain)", recipients: [.init(labo)]), [mail]) else {
            Issue.record("not sent")
            return
        }
        #expect(data.code == 250)
        session.quit()
    }

    @Test("A mail is found, read byte for byte without being marked, then flagged and moved")
    func life() throws {
        let subject = "essai-\(UInt64.random(in: 0...UInt64.max))"
        try send(subject, ".point\r\n(parenth\u{E8}se) {12}\r\n\"guillemet")
        let session = try session()
        #expect(session.capabilities.isSuperset(of: ["IDLE", "MOVE", "UIDPLUS"]))
        #expect(try session.select("INBOX").takesKeywords)
        var found: [UInt32] = []
        for _ in 0..<300 where found.isEmpty {
            found = try session.search("SUBJECT \"\(subject)\"")
            if found.isEmpty { _ = try session.idle(.milliseconds(200)) }
        }
        let uid = try #require(found.first)
        let bytes = try #require(try session.message(uid))
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\r\n.point\r\n(parenth\u{E8}se) {12}\r\n\"guillemet"))
        let summary = try #require(try session.summaries([uid]).first)
        #expect(summary.uid == uid)
        #expect(!summary.flags.contains("\\Seen"))
        #expect(String(decoding: summary.header ?? [], as: UTF8.self).contains("Subject: \(subject)"))
        #expect(#expect(throws: WireFailure.self) { try session.message(uid, limit: 10) }?.reason == .answerTooLarge)
        let again = try self.session()
        _ = try again.select("INBOX")
        try again.addFlags(["\\Seen", "$Passerelle"], to: uid)
        #expect(try again.summaries([uid]).first?.flags.contains("$Passerelle") == true)
        try again.create("Traites")
        #expect(try again.move(uid, to: "Traites"))
        #expect(try again.search("SUBJECT \"\(subject)\"").isEmpty)
        #expect(try again.message(uid) == nil)
        again.logout()
    }

    @Test("IDLE wakes when a mail comes, and ends when its time has passed")
    func idle() throws {
        let session = try session()
        _ = try session.select("INBOX", readOnly: true)
        _ = try session.search("ALL")
        #expect(try !session.idle(.milliseconds(100)))
        #expect(try !session.idle(.seconds(60), stop: { true }), "a shutdown is noticed")
        try send("reveil")
        #expect(try session.idle(.seconds(60)))
    }

    @Test(
        "Certificates that are revoked, expired or of another issuer, and wrong passwords, are refused as ours", arguments: ["revoked", "expired", "stranger"])
    func refused(_ name: String) throws {
        let server = try operators.imap(as: name, login: .external(user: "pfi@\(TestOperator.domain)"))
        let failure = #expect(throws: WireFailure.self) { try IMAPSession(server) }
        #expect(failure?.isOurSetup == true, "\(String(describing: failure))")
        let wrong = try operators.imap(as: nil, login: .plain(user: "medecin@\(TestOperator.domain)", password: "non"))
        #expect(#expect(throws: WireFailure.self) { try IMAPSession(wrong) }?.reason == .loginRefused)
    }
}

@Suite("IMAP values")
struct IMAPValueTests {
    @Test("Atoms, strings, literals, lists and sections are read")
    func values() throws {
        var reader = IMAPReader([
            (Array("* 12 FETCH (UID 5 FLAGS (\\Seen $A) BODY[HEADER.FIELDS (DATE FROM)] ".utf8), Array("x) y".utf8)), (Array(" X \"a\\\"b\" NIL)".utf8), nil),
        ])
        let values = try reader.values()
        #expect(values.count == 4)
        #expect(values[3].items.count == 9)
        #expect(values[3].items[4] == .atom("BODY[HEADER.FIELDS (DATE FROM)]"))
        #expect(values[3].items[5] == .string(Array("x) y".utf8)))
        #expect(values[3].items[7] == .string(Array("a\"b".utf8)))
    }

    @Test("A list without end, or nested without end, is refused", arguments: ["* (a", "* a)", "* \"a", "* " + String(repeating: "(", count: 200)])
    func broken(_ text: String) {
        #expect(throws: WireFailure.self) {
            var reader = IMAPReader([(Array(text.utf8), nil)])
            return try reader.values()
        }
    }
}
