import Clinical
import HL7v2
import Testing
import Trust

@testable import France

@Suite("The mail of a CDA request (volet CDA-R2 en HL7v2, Référentiel socle MSSanté #2)")
struct MailBuilderTests {
    @Test("the same delivery gives the same bytes; another key, another Message-ID and envelope id (mssante-xdm case 34)")
    func deterministic() throws {
        let request = try DMPFixture.request("oru-initial")
        let one = try MailFixture.build(request)
        #expect(try MailFixture.build(request).digest == one.digest)
        let other = try MailFixture.build(request, letters: "16EHTWM8C0000000000000000A")
        #expect(other.messageID != one.messageID && other.envelopeID != one.envelopeID)
        #expect(one.messageID == "06ehtwm8c0000000000000000a.mss@essai.mssante.example")
    }

    @Test("Python's email and zipfile read headers, body, archive and PDF as the volet wants them")
    func professional() throws {
        let request = try DMPFixture.request("oru-initial")
        let built = try MailFixture.build(request)
        let script = """
            assert m['Subject'] == "XDM/1.0/DDM+Lettre de liaison a la sortie d'un etabl EXEMPLE-ALPHA CAMILLE 15/02/1969", m['Subject']
            assert m['From'].addresses[0].addr_spec == 'pfi@essai.mssante.example' and m['From'].addresses[0].display_name == 'CH DE DEMONSTRATION - Direction'
            assert m['To'] == '<anne.fictif-gamma@essai.mssante.example>' or m['To'].addresses[0].addr_spec == 'anne.fictif-gamma@essai.mssante.example'
            assert m['Reply-To'].addresses[0].addr_spec == 'secretariat.demo@essai.mssante.example'
            assert m['Date'] == 'Thu, 15 Jan 2026 10:32:07 +0100', m['Date']
            assert m['X-MSS-INS'] == 'O' and m['X-MSS-CODECDA'] == '11490-0' and m['X-MSS-NIL'] == 'DEMO-0001' and m['X-MSS-MES'] is None
            assert m['Disposition-Notification-To'].strip('<>') == 'pfi@essai.mssante.example'
            assert len(raw) < 1000000 and all(len(l) <= 78 for l in raw.split(b'\\r\\n')) and all(b < 128 for b in raw)
            parts = list(m.iter_parts())
            assert [p.get_content_type() for p in parts] == ['text/plain', 'application/zip']
            assert parts[0].get_content().startswith('Chère consœur') or parts[0].get_content().startswith('Cher'), parts[0].get_content()
            doc = z.read('IHE_XDM/SUBSET01/DOC00001.XML')
            meta = z.read('IHE_XDM/SUBSET01/METADATA.XML').decode()
            assert hashlib.sha1(doc).hexdigest() in meta and str(len(doc)) in meta and 'DOC00001.XML' in meta
            print('ok')
            """
        let said = try MailFixture.python(built, script)
        #expect(said == "ok\n", "\(said)")
        #expect(built.wantsReport)
        let archived = try ReadXDM(MailFixture.mail(built).parts[1].decoded)
        #expect(archived.subsets[0].files["DOC00001.XML"] == (try request.documents[0].decoded()), "byte for byte")
    }

    @Test("the PDF inside a level 1 stands beside the archive, byte for byte (ECO.2.1.5, ECO.2.1.6)")
    func readableCopy() throws {
        let built = try MailFixture.build(DMPFixture.request("mdm-initial"))
        let script = """
            parts = list(m.iter_parts())
            assert [p.get_content_type() for p in parts] == ['text/plain', 'application/zip', 'application/pdf']
            import re, base64
            inner = re.search(rb'representation="B64"[^>]*>([^<]*)', z.read('IHE_XDM/SUBSET01/DOC00001.XML')).group(1)
            assert base64.b64decode(inner) == parts[2].get_content() and parts[2].get_content().startswith(b'%PDF')
            print(parts[2].get_filename())
            """
        let said = try MailFixture.python(built, script)
        #expect(said.hasPrefix("202601") && said.hasSuffix("_CR_d_imagerie_medicale_EXEMPLE-DELTA_HUGO.pdf\n"), "\(said)")
        #expect(!built.lacksReadableCopy)
    }

    @Test("METADATA.XML is valid by the published schema, and names the recipient")
    func metadata() throws {
        let metadata = try MailFixture.metadata(MailFixture.build(DMPFixture.request("oru-initial")))
        let schema = "\(DMPFixture.repository)/Mappings/schemas/xds/schema/ebRS30/lcm.xsd"
        let lint = try DMPFixture.shell("xmllint --nonet --noout --schema '\(schema)' \"$FILE\"", Array(metadata.utf8))
        #expect(lint.code == 0, "\(lint.text)")
        #expect(
            metadata.contains(
                "|899700099999^FICTIF-GAMMA^Anne^^^^^^&amp;1.2.250.1.71.4.2.1&amp;ISO^D^^^IDNPS|^^Internet^anne.fictif-gamma@essai.mssante.example"))
        #expect(metadata.contains("269029910900215^^^&amp;1.2.250.1.213.1.4.10&amp;ISO^NH"))
        #expect(!metadata.contains("\"action\""))
    }

    @Test("the patient's mail: own address, own body, X-MSS-MES only there (case 8, 9)")
    func patient() throws {
        let request = try DMPFixture.request("oru-initial")
        let mail = try MailFixture.mail(MailFixture.build(request, patient: true))
        #expect(mail.header("To") == "<269029910900215@patient.mssante.fr>")
        #expect(mail.header("X-MSS-MES") == "FIN")
        #expect(String(decoding: mail.parts[0].decoded, as: UTF8.self).hasPrefix("Bonjour,\r\n\r\nvoici votre"))
    }

    @Test("a replacement carries action C and RPLC, a deletion action D and the document (case 39)")
    func actions() throws {
        let replacement = try MailFixture.metadata(MailFixture.build(DMPFixture.request("mdm-replacement")))
        #expect(replacement.contains("<Slot name=\"action\"><ValueList><Value>C</Value>"))
        #expect(replacement.contains("AssociationType:RPLC") && replacement.contains("urn:oid:1.2.250.1.999.7.9.20260115.11"))
        let deletion = try MailFixture.build(DMPFixture.request("mdm-deletion"))
        #expect(try MailFixture.metadata(deletion).contains("<Slot name=\"action\"><ValueList><Value>D</Value>"))
        #expect(try MailFixture.mail(deletion).all.contains { $0.type == "application/zip" })
    }

    @Test("a document of level 3 leaves without PDF, and the body says so")
    func level3() throws {
        let built = try MailFixture.build(DMPFixture.request("oru-initial"))
        let mail = try MailFixture.mail(built)
        #expect(built.lacksReadableCopy && !mail.all.contains { $0.type == "application/pdf" })
        #expect(String(decoding: mail.parts[0].decoded, as: UTF8.self).contains("sans copie PDF"))
        let two = try MailFixture.build(DMPFixture.request("oru-two-documents"))
        #expect(try MailFixture.mail(two).header("X-MSS-CODECDA") == "11502-2")
        #expect(try MailFixture.mail(two).header("Subject")?.hasPrefix("XDM/1.0/DDM+2 documents ") == true, "case 31")
        #expect(two.lacksReadableCopy)
    }

    @Test("INS not qualified: the patient's mail is blocked with 541, the professional's leaves with X-MSS-INS N (cases 1, 2)")
    func notQualified() throws {
        let request = try DMPFixture.request("oru-ins-not-qualified")
        #expect(try MailFixture.mail(MailFixture.build(request)).header("X-MSS-INS") == "N")
        if !request.patientRecipients.isEmpty {
            #expect(#expect(throws: MailRefusal.self) { try MailFixture.build(request, patient: true) }?.business.code == "541")
        }
    }

    @Test("a domain that is not listed exactly is refused with 541 before any connection (cases 3, 4)")
    func domain() throws {
        var fixture = try RequestFixture("oru-initial")
        try fixture.replace("anne.fictif-gamma@essai.mssante.example", "anne@essai.mssante.example.evil.example")
        let request = DocumentRequest(try fixture.message)
        let refusal = #expect(throws: MailRefusal.self) { try MailFixture.build(request) }
        #expect(refusal?.business.code == "541" && refusal?.business.system == "SMTPERRORCODE")
    }

    @Test("a mail over its limit is refused with 523 before it is sent: 10 MB, 25 MB to a patient (cases 17, 18)")
    func size() throws {
        var settings = try MailFixture.settings()
        settings.limit = 5000
        let request = try DMPFixture.request("oru-initial")
        #expect(#expect(throws: MailRefusal.self) { try MailFixture.build(request, settings: settings) }?.business.code == "523")
        _ = try MailFixture.build(request, patient: true, settings: settings)
        #expect(try MailFixture.settings().limit == 10 << 20 && MailFixture.settings().patientLimit == 25 << 20)
    }

    @Test("line ends and controls of the message start no header and reach no file name (cases 28, 35)")
    func injection() throws {
        var fixture = try RequestFixture("mdm-initial")
        try fixture.set("PID-5.1", "EX/EM'PLE\r\nBcc: x@y.fr")
        var settings = try MailFixture.settings()
        settings.label = "CH\r\nBcc: z@y.fr"
        let built = try MailFixture.build(DocumentRequest(try fixture.message), settings: settings)
        let mail = try MailFixture.mail(built)
        #expect(mail.headers.allSatisfy { $0.name.lowercased() != "bcc" })
        let names = mail.all.compactMap { $0.parameters["name"] }
        #expect(names.count == 2 && names.allSatisfy { $0.utf8.allSatisfy { MailSyntax.isTokenByte($0) && $0 != 39 } }, "\(names)")
    }

    @Test("CORPSMAIL in 8859-15 comes out in UTF-8 (case 30)")
    func latin() throws {
        var fixture = try RequestFixture("oru-initial")
        let content = String(decoding: Base64.encode(Array("Prix : 3 ".utf8) + [0xA4, 0xE9]), as: UTF8.self)
        try fixture.set("OBX[3.1=CORPSMAIL_PS]-5.5", content)
        let mail = try MailFixture.mail(MailFixture.build(DocumentRequest(try fixture.message)))
        #expect(String(decoding: mail.parts[0].decoded, as: UTF8.self).hasPrefix("Prix : 3 €é\r\n"))
    }

    @Test("summer and winter time in the Date header (RFC 5322 §3.3)")
    func dates() {
        #expect(MailDate.text(1_768_469_527_000) == "Thu, 15 Jan 2026 10:32:07 +0100")
        #expect(MailDate.text(1_774_746_000_000) == "Sun, 29 Mar 2026 03:00:00 +0200")
        #expect(MailDate.text(1_774_745_999_000) == "Sun, 29 Mar 2026 01:59:59 +0100")
    }

    @Test("a role that the tables lack halts the mailbox: the archive names nobody else as its author")
    func unknownRole() throws {
        var settings = try MailFixture.settings()
        settings.professionals = ["810098765430": ProfessionalRole(profession: "99", specialty: nil)]
        let refusal = #expect(throws: MailRefusal.self) { try MailFixture.build(DMPFixture.request("oru-initial"), settings: settings) }
        #expect(refusal?.isConfiguration == true && refusal?.location == "professionals.role")
    }
}
