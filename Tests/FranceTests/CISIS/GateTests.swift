import France
import HL7v2
import Testing

@Suite("What stops a destination after AA (gates of the DMP and of the mails)")
struct GateTests {
    func request(_ name: String, _ bend: (inout RequestFixture) throws -> Void = { _ in }) throws -> DocumentRequest {
        var fixture = try RequestFixture(name)
        try bend(&fixture)
        return DocumentRequest(try fixture.message)
    }

    @Test("a qualified INS and a type that is fed open the DMP")
    func open() throws {
        #expect(RequestControl.dmpGate(try request("oru-initial"), environment: .test, feeds: ["11490-0"], isDMPType: { _ in true }) == nil)
    }

    @Test("an INS that is not qualified stops the DMP: Z01 N")
    func unqualified() throws {
        let refusal = RequestControl.dmpGate(try request("oru-ins-not-qualified"), environment: .test)
        #expect(refusal?.business == .init(code: "INSNotQualified", label: "INS non qualifié : PID-32 ne contient pas VALI", system: "DMP_ERROR_CODE"))
        #expect(refusal?.location?.description == "PID-32")
    }

    @Test("a type outside the DMP's table, or not fed by the facility, stops the DMP")
    func types() throws {
        let request = try request("oru-initial")
        #expect(RequestControl.dmpGate(request, environment: .test, isDMPType: { _ in false })?.business.code == "DocumentTypeNotInDMP")
        #expect(RequestControl.dmpGate(request, environment: .test, feeds: ["11502-2"])?.business.code == "DocumentTypeNotFed")
    }

    @Test("an opposition carried by the request (ZFA-9 IO) stops the DMP; ZFA-11, on consultation, does not")
    func opposition() throws {
        let opposed = try request("oru-initial") { try $0.insert("ZFA|ACTIF||||||||IO|20260101|IC|20260101", after: "PV1") }
        #expect(RequestControl.dmpGate(opposed, environment: .test)?.business.code == "PatientOpposed")
        let consultation = try request("oru-initial") { try $0.insert("ZFA|ACTIF||||||||INO|20260101|INC|20260101", after: "PV1") }
        #expect(RequestControl.dmpGate(consultation, environment: .test) == nil)
    }

    @Test("a deletion is stopped by the INS alone: neither by the type, nor by `feeds`, nor by an opposition", arguments: ["oru-deletion", "mdm-deletion"])
    func deletion(_ name: String) throws {
        let request = try request(name) { try $0.insert("ZFA|ACTIF||||||||IO|20260101|IC|20260101", after: "PV1") }
        #expect(RequestControl.dmpGate(request, environment: .test, feeds: [], isDMPType: { _ in false }) == nil)
        let unqualified = try self.request(name) { try $0.field("PID", 32) { _ in "PROV" } }
        #expect(RequestControl.dmpGate(unqualified, environment: .test)?.business.code == "INSNotQualified")
    }

    @Test("a Corsican INS in small letters is the same mailbox (mssante-xdm case 6)")
    func corsica() throws {
        let request = try request("oru-initial") {
            try $0.replace("269029910900215", "199012A00400308")
            try $0.set("PRT[3]-15.4", "199012a00400308@patient.mssante.fr")
        }
        #expect(RequestControl.mailGate(request, to: try #require(request.patientRecipients.first), environment: .test) { _ in false }.refusal == nil)
    }

    @Test("the lawful mail to a professional leaves with X-MSS-INS: N")
    func professional() throws {
        let request = try request("oru-ins-not-qualified")
        let verdict = RequestControl.mailGate(request, to: try #require(request.professionalRecipients.first), environment: .test) {
            $0 == "essai.mssante.example"
        }
        #expect(verdict == MailVerdict(refusal: nil, carriesQualifiedINS: false))
    }

    @Test("ECO.2.4.2: a qualified INS is told by X-MSS-INS: O")
    func qualified() throws {
        let request = try request("oru-initial")
        let verdict = RequestControl.mailGate(request, to: try #require(request.professionalRecipients.first), environment: .test) { _ in true }
        #expect(verdict.carriesQualifiedINS)
    }

    @Test("a patient without a qualified INS gets no mail: Z02 N 541")
    func patient() throws {
        let request = try request("oru-ins-not-qualified")
        let verdict = RequestControl.mailGate(request, to: try #require(request.patientRecipients.first), environment: .test) { _ in true }
        #expect(verdict.refusal?.business == .init(code: "541", label: "Message refusé", system: "SMTPERRORCODE"))
    }

    @Test("the patients' domain is always let through, to the box of the INS alone")
    func patientDomain() throws {
        let request = try request("oru-initial")
        let recipient = try #require(request.patientRecipients.first)
        #expect(RequestControl.mailGate(request, to: recipient, environment: .test) { _ in false }.refusal == nil)
        let other = try self.request("oru-initial") { try $0.set("PRT[3]-15.4", "185029910900158@patient.mssante.fr") }
        #expect(RequestControl.mailGate(other, to: try #require(other.patientRecipients.first), environment: .test) { _ in true }.refusal != nil)
    }

    @Test(
        "a domain is compared exactly with the white list: neither a sub-domain nor a longer one passes",
        arguments: ["a@sous.essai.mssante.example", "a@essai.mssante.example.evil.example", "a@mssante.example"])
    func whiteList(_ address: String) throws {
        let request = try request("oru-replacement") { try $0.set("PRT[2]-15.4", address) }
        let verdict = RequestControl.mailGate(request, to: try #require(request.professionalRecipients.first), environment: .test) {
            $0 == "essai.mssante.example"
        }
        #expect(verdict.refusal?.business.code == "541")
    }
}
