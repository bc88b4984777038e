import Clinical
import Testing

@Suite("Answers of registries are read by local name")
struct RegistryAnswerTests {
    private func read(_ name: String) throws -> RegistryAnswer { try RegistryAnswer(fixture("dmp/\(name)"), contentType: "application/soap+xml") }

    @Test("Success, Failure with its code, a query's identifiers, a fault")
    func samples() throws {
        #expect(try read("td21-response-success.xml") == .registry(RegistryResponse(status: .success)))
        guard case .registry(let busy) = try read("td21-response-failure-busy.xml") else {
            Issue.record("a registry response")
            return
        }
        #expect(busy.status == .failure)
        #expect(busy.firstError?.code == "XDSRepositoryBusy")
        #expect(busy.firstError?.context == "simulated")
        guard case .query(let response, let objects) = try read("td31b-response.xml") else {
            Issue.record("a query response")
            return
        }
        #expect(response.status == .success)
        #expect(objects == ["urn:uuid:99999999-8888-4777-8666-555555555555"])
        guard case .fault(let fault) = try read("fault-invalid-certificate.xml") else {
            Issue.record("a fault")
            return
        }
        #expect(fault == SOAPFault(code: "Sender", subcode: "DMPInvalidCertificate", reason: "Certificat de signature du VIHF refusé (simulé)"))
    }

    @Test("warnings beside Success do not make an error")
    func warnings() throws {
        let xml =
            "<r:RegistryResponse xmlns:r='urn:x' status='urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success'><r:RegistryErrorList>"
            + "<r:RegistryError errorCode='XDSExtraMetadataNotSaved' severity='urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Warning'/>"
            + "</r:RegistryErrorList></r:RegistryResponse>"
        guard case .registry(let response) = try RegistryAnswer(Array(xml.utf8), contentType: nil) else {
            Issue.record("a registry response")
            return
        }
        #expect(response.status == .success)
        #expect(response.firstError == nil)
        #expect(response.errors.map(\.code) == ["XDSExtraMetadataNotSaved"])
    }

    @Test("the root part of a multipart answer, wherever it stands, with bare LF, preamble and BOM")
    func multipart() throws {
        let fault = String(decoding: try fixture("dmp/fault-invalid-certificate.xml"), as: UTF8.self)
        let body = "ignored\n--b\nContent-ID: <a>\n\nbytes\n--b\nContent-Type: x\nContent-ID: <root@x>\n\n\u{FEFF}\(fault)\n--b--\n"
        let type = "multipart/related; start=\"<root@x>\"; boundary=b; type=\"application/xop+xml\""
        guard case .fault = try RegistryAnswer(Array(body.utf8), contentType: type) else {
            Issue.record("a fault")
            return
        }
    }

    @Test("SOAP 1.1 faults are understood")
    func soap11() throws {
        let xml =
            "<S:Envelope xmlns:S='http://schemas.xmlsoap.org/soap/envelope/'><S:Body><S:Fault><faultcode>S:Server</faultcode>"
            + "<faultstring>non</faultstring></S:Fault></S:Body></S:Envelope>"
        #expect(try RegistryAnswer(Array(xml.utf8), contentType: "text/xml") == .fault(SOAPFault(code: "Server", subcode: nil, reason: "non")))
    }

    @Test(
        "broken answers are said to be unreadable",
        arguments: [
            ("", nil), ("<a>", nil), ("<a/>", nil), ("--b\n\n<a/>", "multipart/related; boundary=b"), ("x", "multipart/related"),
            ("--b\nContent-ID: <y>\n\n<a/>\n--b--", "multipart/related; boundary=b; start=\"<x>\""),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", nil),
        ])
    func broken(_ body: String, _ type: String?) {
        #expect(throws: RegistryAnswer.Failure.self) { try RegistryAnswer(Array(body.utf8), contentType: type) }
    }
}
