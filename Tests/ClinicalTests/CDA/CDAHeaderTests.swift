import Clinical
import Testing
import XMLTree

@Suite("The header of a CDA document is read")
struct CDAHeaderTests {
    @Test("every field that metadata need, from a level 1 letter")
    func levelOne() throws {
        let bytes = try fixture("cda/letter-n1.xml")
        let header = try CDAHeader(reading: bytes)
        #expect(header.id == CDAHeader.Identifier(root: "1.2.250.1.999.7.9.20260115.1", extension: nil))
        #expect(header.setID?.root == "1.2.250.1.999.7.9.20260115.0")
        #expect(header.version == 1)
        #expect(header.code == CodedValue("11490-0", scheme: "2.16.840.1.113883.6.1", label: "Lettre de liaison à la sortie d'un établissement de soins"))
        #expect(header.title == "Lettre de liaison à la sortie")
        #expect(header.effectiveTime.utc(assuming: .utc) == "20260115100000")
        #expect(header.confidentiality?.code == "N")
        #expect(header.language == "fr-FR")
        #expect(header.patient.ids.map(\.text) == ["1.2.250.1.213.1.4.10^269029910900215", "1.2.250.1.999.7.1^700012"])
        #expect(header.patient.name.birthFamily == "EXEMPLE-ALPHA")
        #expect(header.patient.name.birthGiven == "CAMILLE")
        #expect(header.patient.name.usualFamily == nil)
        #expect(header.patient.birthTime?.date == "19690215")
        #expect(header.patient.gender == "F")
        let author = try #require(header.authors.first)
        #expect(author.ids.first?.extension == "899700099999")
        #expect(author.name?.birthFamily == "FICTIF-GAMMA")
        #expect(author.role == "Responsable de la sortie")
        #expect(author.specialty?.code == "G15_10/SM26")
        #expect(author.organisation?.name == "CH DE DEMONSTRATION")
        #expect(header.legalAuthenticator?.ids.first?.extension == "899700099999")
        #expect(header.services.first?.low?.utc(assuming: .utc) == "20260112070000")
        #expect(header.services.first?.performer?.organisation?.industry?.code == "ETABLISSEMENT")
        #expect(header.facilityType?.code == "SA01")
        #expect(header.replaces.isEmpty)
        #expect(header.mimeType == "text/xml")
        guard case .embedded(let file) = header.body else {
            Issue.record("a level 1 document holds a file")
            return
        }
        #expect(file.mediaType == "application/pdf")
        #expect(file.isBase64)
        #expect(file.content(in: bytes).starts(with: "JVBERi0xLjQK".utf8))
    }

    @Test("a replacement names the document it replaces")
    func replacement() throws {
        let header = try CDAHeader(reading: fixture("cda/letter-n1-v2.xml"))
        #expect(header.replaces.map(\.text) == ["1.2.250.1.999.7.9.20260115.1"])
        #expect(header.version == 2)
    }

    @Test("a level 3 document and its self-rendering form differ in MIME type alone")
    func selfRendering() throws {
        let bare = try CDAHeader(reading: fixture("cda/biology-n3.xml"))
        let carried = try CDAHeader(reading: fixture("cda/biology-self-rendering.xml"))
        #expect(bare.body == .structured)
        #expect(bare.services.compactMap(\.code?.code) == ["18719-5", "18723-7"])
        #expect(carried.selfRendering)
        #expect(carried.mimeType == "application/xslt+xml")
        #expect(carried.code == bare.code)
        #expect(carried.templates == bare.templates)
    }

    @Test("20 MB of embedded PDF stay where they are, and come out whole")
    func largeFile() throws {
        let text = String(decoding: try fixture("cda/letter-n1.xml"), as: UTF8.self)
        let start = try #require(text.firstRange(of: "representation=\"B64\">")).upperBound
        let end = try #require(text.firstRange(of: "</text>")).lowerBound
        let line = String(repeating: "QUJD", count: 19) + "\n"
        let base64 = String(repeating: line, count: 300_000)
        let bytes = Array((text[..<start] + "\n" + base64 + "  " + text[end...]).utf8)
        let document = try CDAHeader.parse(bytes)
        let header = try CDAHeader(document)
        guard case .embedded(let file) = header.body else {
            Issue.record("the file was not found")
            return
        }
        #expect(file.range != nil)
        #expect(Array(file.content(in: bytes)) == Array(("\n" + base64 + "  ").utf8))
    }

    @Test(
        "what is missing or malformed is named by its XPath",
        arguments: [
            ("<id root=\"1.2.250.1.999.7.9.20260115.1\"/>", "", CDAError.Kind.missing, "/ClinicalDocument/id/@root"),
            ("<effectiveTime value=\"20260115110000+0100\"/>", "", .missing, "/ClinicalDocument/effectiveTime/@value"),
            ("value=\"20260115110000+0100\"", "value=\"hier\"", .malformed, "/ClinicalDocument/effectiveTime/@value"),
            ("<code code=\"11490-0\"", "<code nullFlavor=\"UNK\"", .missing, "/ClinicalDocument/code/@code"),
            ("recordTarget>", "recordTargets>", .missing, "/ClinicalDocument/recordTarget/patientRole"),
            ("xmlns=\"urn:hl7-org:v3\"", "xmlns=\"urn:hl7-org:v2\"", .notCDA, "/"),
            ("<realmCode code=\"FR\"/>", "<realmCode code=\"FR\">", .notXML, ""),
            (
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]>", .notXML, ""
            ),
        ])
    func refusals(_ old: String, _ new: String, _ kind: CDAError.Kind, _ location: String) throws {
        let text = String(decoding: try fixture("cda/letter-n1.xml"), as: UTF8.self)
        let broken = text.replacing(old, with: new)
        #expect(broken != text)
        let error = #expect(throws: CDAError.self) { try CDAHeader(reading: Array(broken.utf8)) }
        #expect(error?.kind == kind)
        if !location.isEmpty { #expect(error?.location == location) }
        #expect(error?.french.contains("EXEMPLE") == false)
    }

    @Test("a byte order mark, no prolog and a trailing CRLF are accepted (dossier HL7 §8.3)")
    func shapes() throws {
        let bytes = try fixture("cda/letter-n1.xml")
        _ = try CDAHeader(reading: [0xEF, 0xBB, 0xBF] + bytes + [13, 10])
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try CDAHeader(reading: Array(text.replacing("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", with: "").utf8))
    }
}
