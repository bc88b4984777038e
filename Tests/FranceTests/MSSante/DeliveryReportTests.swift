import Clinical
import Testing

@testable import France

@Suite("Delivery reports (RFC 3464)")
struct DeliveryReportTests {
    func report(_ status: String, encoding: String = "7bit", returned: String = "Message-ID: <01jh.mss@essai.mssante.example>\r\nSubject: x") throws
        -> DeliveryReport?
    {
        let text = """
            From: MAILER-DAEMON@mx.essai.example (Mail Delivery System)
            Subject: Undelivered Mail Returned to Sender
            Content-Type: multipart/report; report-type=delivery-status;
            \tboundary="8A1B.17/mx"
            MIME-Version: 1.0

            --8A1B.17/mx
            Content-Type: text/plain

            I'm sorry.
            --8A1B.17/mx
            Content-Type: message/delivery-status
            Content-Transfer-Encoding: \(encoding)

            \(status)
            --8A1B.17/mx
            Content-Type: text/rfc822-headers

            \(returned)

            --8A1B.17/mx--
            """
        return DeliveryReport(try ReadMail(Array(text.utf8)))
    }

    static let postfix = """
        Reporting-MTA: dns; mx.essai.example
        Original-Envelope-Id: gw-01JHK3+2B
        X-Postfix-Queue-ID: 8A1B
        Arrival-Date: Thu, 15 Jan 2026 10:32:09 +0100 (CET)

        Final-Recipient: rfc822; anne@b.example
        Original-Recipient: rfc822;anne+2Bx@b.example
        Action: failed
        Status: 5.1.1
        Remote-MTA: dns; mx.cible.example
        Diagnostic-Code: smtp; 550 5.1.1 <anne>: Recipient
            address rejected
        """

    @Test("Postfix: ENVID, Message-ID, recipient by ORCPT, reply of the diagnostic (case 75)")
    func postfix() throws {
        let report = try #require(try report(Self.postfix))
        #expect(report.envelopeID == "gw-01JHK3+")
        #expect(report.messageID == "01jh.mss@essai.mssante.example")
        let one = try #require(report.recipients.first)
        #expect(one.address == "anne+x@b.example" && one.action == .failed && one.status == "5.1.1" && one.reply == "550")
        #expect(one.diagnostic.hasSuffix("Recipient address rejected"))
    }

    @Test("Exchange: no blank after the semicolon, two recipients, a folded Message-ID (case 76)")
    func exchange() throws {
        let status = """
            Reporting-MTA: dns;AM7PR02.example
            Received-From-MTA: dns;relay.example


            Final-Recipient: rfc822;info@cible.example
            Action: failed
            Status: 5.1.10
            Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
            X-Display-Name: info

            Final-Recipient: rfc822;b@cible.example
            Action: delayed
            Status: 4.4.7
            """
        let report = try #require(try report(status, returned: "Message-ID:\r\n <a.b@c>\r\nSubject: x"))
        #expect(report.messageID == "a.b@c" && report.envelopeID == nil)
        #expect(report.recipients.map(\.action) == [.failed, .delayed])
        #expect(report.recipients[0].reply == "550" && report.recipients[1].reply == nil)
    }

    @Test("James: a sentence for a status; the action decides (case 77)")
    func james() throws {
        let status = """
            Reporting-MTA: dns; 192.0.2.7

            Final-Recipient: rfc822; u@cible.example
            Action: Failed (permanently)
            Status: Temporary problem looking up mail server
            Diagnostic-Code: X-James; Temporary problem looking up mail server
            """
        let one = try #require(try report(status)?.recipients.first)
        #expect(one.action == .failed && one.status == "5.0.0" && one.reply == nil)
    }

    @Test("a status part in Base64 is read (case 78)")
    func base64() throws {
        let encoded = String(decoding: MailEncoding.base64(Array(Self.postfix.utf8)), as: UTF8.self)
        #expect(try report(encoded, encoding: "base64")?.recipients.first?.status == "5.1.1")
    }

    @Test("what is no report is none: reading receipts, absences, plain mails (case 83)")
    func others() throws {
        let receipt =
            "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n"
        #expect(DeliveryReport(try ReadMail(Array(receipt.utf8))) == nil)
        #expect(!DeliveryReport.isReport(header: Array("Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n".utf8)))
        #expect(!DeliveryReport.isReport(header: Array("Subject: Absence du bureau\r\nAuto-Submitted: auto-replied\r\n\r\n".utf8)))
        #expect(
            DeliveryReport.isReport(header: Array("Content-Type: multipart/report;\r\n\treport-type=\"delivery-status\"; boundary=b\r\n\r\n".utf8)))
    }
}
