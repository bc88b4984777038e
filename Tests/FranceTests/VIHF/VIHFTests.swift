import Clinical
import France
import HL7v2
import Testing
import Trust
import XMLTree

@Suite("The VIHF (SAML assertion of indirect authentication)")
struct VIHFTests {
    private static let saml: XMLNamespaces = ["s": "urn:oasis:names:tc:SAML:2.0:assertion", "h": "urn:hl7-org:v3"]

    private func vihf(
        _ professionals: [String: ProfessionalRole] = DMPFixture.professionals, secret: Bool = false, _ change: (inout VIHFSettings) -> Void = { _ in }
    ) throws -> VIHF {
        let request = try DMPFixture.request("oru-initial")
        var settings = VIHFSettings()
        change(&settings)
        return VIHF(
            submitter: try DMPFixture.submitter(request, professionals), patient: try #require(request.patient.ins), sector: "SA01",
            isSecret: secret, lps: LPSIdentity(name: "Passerelle", version: "0.1.0", instance: "demo-1", homologation: "NUMERO-FICTIF"),
            settings: settings, issued: 1_772_442_900_007, authenticated: 1_772_438_400_000, id: "11111111-2222-4333-8444-555555555555")
    }

    private func texts(_ document: XMLDocument) -> [String: String] {
        var found: [String: String] = [:]
        for attribute in document.all("//s:Attribute", Self.saml) {
            found[attribute.attribute("Name") ?? ""] = attribute.children.map(\.text).joined(separator: "|")
        }
        return found
    }

    @Test("xmlsec1 accepts the signature, SHA-256 by default and SHA-1 by setting; not when a value was changed", arguments: [Digest.sha256, .sha1])
    func verified(_ digest: Digest) throws {
        let bytes = try vihf { $0.digest = digest }.signed(by: DMPFixture.seal())
        let options = "--id-attr:ID urn:oasis:names:tc:SAML:2.0:assertion:Assertion"
        let verdict = try DMPFixture.xmlsec(bytes, options)
        #expect(verdict.code == 0, "\(verdict.text)")
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains(digest == .sha256 ? "rsa-sha256" : "rsa-sha1"))
        #expect(try DMPFixture.xmlsec(Array(text.replacing("INDIRECTE", with: "DIRECTE").utf8), options).code != 0)
    }

    @Test("it stays valid within the envelope, where it stands byte for byte")
    func enveloped() throws {
        let bytes = try vihf().signed(by: DMPFixture.seal())
        let request = DMPTransaction.lookUp(uniqueID: "1.2", to: "u", messageID: "m", assertion: bytes)
        let verdict = try DMPFixture.xmlsec(request, "--id-attr:ID urn:oasis:names:tc:SAML:2.0:assertion:Assertion")
        #expect(verdict.code == 0, "\(verdict.text)")
        #expect(String(decoding: request, as: UTF8.self).contains(String(decoding: bytes, as: UTF8.self)))
    }

    @Test("attributes of the sample are all there, with the values of the request")
    func attributes() throws {
        let ours = try texts(XMLDocument(parsing: vihf().signed(by: DMPFixture.seal())))
        let sample = try texts(XMLDocument(parsing: DMPFixture.file("Tests/Fixtures/dmp/vihf-indirecte-signed.xml")))
        #expect(Set(ours.keys) == Set(sample.keys))
        #expect(ours["VIHF_Version"] == "3.0")
        #expect(ours["Authentification_Mode"] == "INDIRECTE")
        #expect(ours["Secteur_Activite"] == "SA01^1.2.250.1.71.4.2.4")
        #expect(ours["urn:oasis:names:tc:xacml:2.0:resource:resource-id"] == "269029910900215^^^&1.2.250.1.213.1.4.10&ISO^NH")
        #expect(ours["Ressource_URN"] == "urn:dmp")
        #expect(ours["urn:oasis:names:tc:xspa:1.0:subject:subject-id"] == "ESSAI-BETA Maxime")
        #expect(ours["Identifiant_Structure"] == "1990000010")
        #expect(ours["LPS_Nom"] == "Passerelle")
        #expect(ours["LPS_Version"] == "0.1.0")
        #expect(ours["LPS_ID_HOMOLOGATION_DMP"] == "NUMERO-FICTIF")
    }

    @Test("subject, issuer, times and order of the schema")
    func order() throws {
        let seal = try DMPFixture.seal()
        let root = try XMLDocument(parsing: vihf().signed(by: seal)).root
        #expect(root.children.map(\.name) == ["Issuer", "Signature", "Subject", "AuthnStatement", "AttributeStatement"])
        #expect(root.attribute("ID") == "_11111111-2222-4333-8444-555555555555")
        #expect(root.attribute("IssueInstant") == "2026-03-02T09:15:00.007Z")
        #expect(root.string("s:Issuer", Self.saml) == seal.certificate.subject)
        #expect(root.first("s:Issuer", Self.saml)?.attribute("Format") == "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName")
        #expect(root.string("s:Subject/s:NameID", Self.saml) == "810098765430")
        #expect(root.first("s:AuthnStatement", Self.saml)?.attribute("AuthnInstant") == "2026-03-02T08:00:00.000Z")
        #expect(root.string("//s:AuthnContextClassRef", Self.saml) == "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified")
    }

    @Test("a physician has two roles, a nurse one, an unlisted person is an automaton and counted")
    func roles() throws {
        func roles(_ professionals: [String: ProfessionalRole]) throws -> [String] {
            try XMLDocument(parsing: vihf(professionals).signed(by: DMPFixture.seal())).all("//h:Role", Self.saml)
                .map { "\($0.attribute("code") ?? "")@\($0.attribute("codeSystem") ?? "")" }
        }
        #expect(try roles(DMPFixture.professionals) == ["10@1.2.250.1.71.1.2.7", "SM26@1.2.250.1.71.4.2.5"])
        #expect(try roles(["10098765430": ProfessionalRole(profession: "60", specialty: nil)]) == ["60@1.2.250.1.71.1.2.7"])
        #expect(try roles([:]) == ["AUTOMATE@1.2.250.1.213.1.1.4.6"])
        #expect(try DMPFixture.submitter(DMPFixture.request("oru-initial"), [:]).isUnlisted)
        #expect(try DMPFixture.submitter(DMPFixture.request("oru-initial")).isUnlisted == false)
    }

    @Test("a role or speciality that the tables lack is a fault of the configuration, never an automaton")
    func unknownRoles() throws {
        for one in [ProfessionalRole(profession: "99", specialty: "SM26"), ProfessionalRole(profession: "10", specialty: "XX")] {
            let error = #expect(throws: DMPLotError.self) { try DMPFixture.submitter(DMPFixture.request("oru-initial"), ["810098765430": one]) }
            #expect(error?.kind == .configuration)
        }
    }

    @Test("settings: version, spelling of the mode, life time; a secret connection adds its attribute")
    func settings() throws {
        let bytes = try vihf(secret: true) {
            $0.version = "4.0"
            $0.modeAttribute = "Authentification_mode"
            $0.lifetime = 300
        }.signed(by: DMPFixture.seal())
        let document = try XMLDocument(parsing: bytes)
        let found = texts(document)
        #expect(found["VIHF_Version"] == "4.0")
        #expect(found["Authentification_mode"] == "INDIRECTE")
        #expect(document.first("//s:Conditions", Self.saml)?.attribute("NotOnOrAfter") == "2026-03-02T09:20:00.007Z")
        #expect(document.root.holds("//s:AudienceRestriction", Self.saml) == false)
        #expect(document.first("//h:ConfidentialityCode", Self.saml)?.attribute("code") == "INVISIBLE_REPRESENTANTS_LEGAUX")
    }

    @Test("a device signs under structure and identifier")
    func device() throws {
        let text = String(decoding: try DMPFixture.file("Tests/Fixtures/messages/oru-initial.hl7"), as: UTF8.self)
        let bare = "\rPRT||UC||SB^Send by^participation||||||9762"
        let message = text.replacing(/\rPRT\|\|UC\|\|SB\^[^\r]*/, with: bare)
        let party = try #require(DocumentRequest(HL7Message(Array(message.utf8))).sender)
        let submitter = try DMPSubmitter(
            party, facility: "1990000010", facilityName: "CH DE DEMONSTRATION", application: "DPI-DEMO", professionals: [:],
            tables: DMPFixture.tables())
        #expect(submitter.nameID == "1990000010/9762")
        #expect(submitter.subjectID == "DPI-DEMO,9762")
        #expect(submitter.xcn.text == "1990000010/9762^DPI-DEMO^9762^^^^^^&1.2.250.1.71.4.2.1&ISO^U^^^RI")
        #expect(submitter.role.code == "AUTOMATE")
        #expect(submitter.isUnlisted == false)
    }
}
