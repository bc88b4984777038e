import Testing

@testable import Clinical

@Suite("Writing mails")
struct MailWriterTests {
    @Test(
        "no header can be injected through a value (mssante-xdm case 28)",
        arguments: ["a\r\nBcc: x@y.fr", "é\r\nBcc: x", "a\nb", "a\rb", "a\0b", "a\u{85}b", "a\u{2028}b"])
    func injection(_ value: String) {
        var headers = MailHeaders()
        #expect(throws: MailError.self) { try headers.text("Subject", value) }
        #expect(throws: MailError.self) { try headers.plain("X-MSS-NIL", value) }
        #expect(throws: MailError.self) { try headers.address("To", value + "@b.fr") }
        #expect(throws: MailError.self) { try headers.address("To", "a@b.fr", shown: value) }
        #expect(throws: MailError.self) { try headers.parameters("Content-Type", "text/plain", [("name", value)]) }
        #expect(throws: MailError.self) { try headers.plain("X: y\r\nZ", "a") }
        #expect(headers.bytes.isEmpty)
    }

    @Test("a long subject is folded at 78 columns and unfolds to the same text (case 27)")
    func folding() throws {
        var headers = MailHeaders()
        let subject = "XDM/1.0/DDM+CR d'examens biologiques EXEMPLE-ALPHA-TRES-LONG-NOM CAMILLE-LEONIE 15/02/1969"
        try headers.text("Subject", subject)
        let text = String(decoding: headers.bytes, as: UTF8.self)
        #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 } && text.contains("\r\n "))
        #expect(try ReadMail(headers.bytes + [13, 10]).header("Subject") == subject)
    }

    @Test("Python reads headers, encoded words, names of files, bodies and attachments as they were meant (RFC 2045, 2047, 2231)")
    func python() throws {
        var headers = MailHeaders()
        try headers.text("Subject", "XDM/1.0/DDM+CR d'imagerie médicale très détaillée de l'épaule côté gauche à l'hôpital EXEMPLE")
        try headers.address("From", "pfi@essai.example", shown: "Hôpital \"Nord\" - Ω")
        try headers.address("To", "a@b.fr", shown: "Dr \"X\" \\ Y")
        let long = String(repeating: "é", count: 3000)
        let bytes: [UInt8] = (0..<70_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let mail = try MailBytes(
            headers, boundary: "=_gw_1",
            parts: [.text("ligne 1\n.\n.point\r\n\(long)\nfin=  "), .attachment(bytes, type: "application/pdf", name: "Compte rendu d’épaule.pdf")])
        let script = """
            import sys, email
            from email import policy
            raw = open(sys.argv[1], 'rb').read()
            assert all(len(l) <= 78 for l in raw.split(b'\\r\\n')) and all(b < 128 for b in raw) and b'\\n' not in raw.replace(b'\\r\\n', b'')
            m = email.message_from_bytes(raw, policy=policy.default)
            assert m['Subject'] == "XDM/1.0/DDM+CR d'imagerie médicale très détaillée de l'épaule côté gauche à l'hôpital EXEMPLE", m['Subject']
            assert m['From'].addresses[0].display_name == 'Hôpital "Nord" - Ω' and m['From'].addresses[0].addr_spec == 'pfi@essai.example'
            assert m['To'].addresses[0].display_name == 'Dr "X" \\\\ Y'
            text, pdf = list(m.iter_parts())
            got = text.get_content().replace('\\r\\n', '\\n')
            assert got == 'ligne 1\\n.\\n.point\\n' + 'é' * 3000 + '\\nfin=  \\n', repr(got[:60])
            assert pdf.get_filename() == "Compte rendu d'epaule.pdf", pdf.get_filename()
            assert b"filename*=utf-8''Compte%20rendu%20d%E2%80%99%C3%A9paule.pdf" in raw
            assert pdf.get_content() == bytes((i * 7) % 256 for i in range(70001))
            print('ok')
            """
        let result = try shell("python3 -c \"$(cat <<'PY'\n\(script)\nPY\n)\" \"$FILE\"", mail.pieces.flatMap(\.self))
        #expect(result.text == "ok\n", "\(result.text)")
    }

    @Test("Base64 has the length that the estimate says, and comes back")
    func base64() {
        for count in [0, 1, 2, 3, 56, 57, 58, 114, 1000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let text = MailEncoding.base64(bytes)
            #expect(text.count == MailEncoding.base64Length(count))
            #expect(MailEncoding.decodedBase64(text) == bytes)
        }
        #expect(MailEncoding.decodedBase64(Array("QQ==QQ==".utf8)) == [65], "the first padding ends it")
    }
}

@Suite("Reading mails")
struct MailReaderTests {
    @Test("parts of parts, bare line feeds, a missing last boundary")
    func nested() throws {
        let text = """
            From: a@b.fr
            Content-Type: multipart/mixed;
              boundary="x y"

            preamble
            --x y
            Content-Type: multipart/alternative; boundary=in

            --in

            one
            --in
            Content-Type: text/html
            Content-Transfer-Encoding: quoted-printable

            t=C3=A9=
            xt
            --in--
            --x y
            Content-Type: application/zip; name*0*=utf-8''%C3%A9; name*1=".zip"
            Content-Transfer-Encoding: base64

            QUJD
            """
        let mail = try ReadMail(Array(text.utf8))
        #expect(mail.all.map(\.type) == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/zip"])
        #expect(mail.parts[0].parts.map { String(decoding: $0.decoded, as: UTF8.self) } == ["one", "téxt"])
        #expect(mail.parts[1].parameters["name"] == "é.zip")
        #expect(mail.parts[1].decoded == Array("ABC".utf8))
    }

    @Test("depth, number of parts and size of the headers have limits (case 70)")
    func limits() {
        var nested = ""
        for n in 0..<50 { nested += "Content-Type: multipart/mixed; boundary=b\(n)\n\n--b\(n)\n" }
        #expect(throws: MailError.self) { try ReadMail(Array(nested.utf8)) }
        let many = "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 10_000)
        #expect(throws: MailError.self) { try ReadMail(Array(many.utf8)) }
        #expect(throws: MailError.self) { try ReadMail(Array(("X: " + String(repeating: "a\n ", count: 500_000) + "\n\n").utf8)) }
    }
}
