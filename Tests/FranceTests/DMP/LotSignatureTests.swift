import Clinical
import France
import Testing
import Trust
import XMLTree

@Suite("The lot is signed (XAdES)")
struct LotSignatureTests {
    @Test("xmlsec1 accepts the signature, SHA-1 and SHA-256", arguments: [Digest.sha1, .sha256])
    func verified(_ digest: Digest) throws {
        var input = try DMPFixture.input("oru-two-documents")
        input.digest = digest
        let lot = try DMPFixture.lot(input)
        let signature = try #require(lot.attachments.last).bytes
        let options =
            "--ignore-manifests --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Manifest --id-attr:Id http://uri.etsi.org/01903/v1.1.1#:SignedProperties"
        let verdict = try DMPFixture.xmlsec(signature, options)
        #expect(verdict.code == 0, "\(verdict.text)")
        let tampered = String(decoding: signature, as: UTF8.self).replacing("<SigningTime>2026", with: "<SigningTime>2027")
        #expect(try DMPFixture.xmlsec(Array(tampered.utf8), options).code != 0)
    }

    @Test("the manifest names the set and each document, with the digest of its canonical form")
    func manifest() throws {
        let input = try DMPFixture.input("oru-two-documents")
        let lot = try DMPFixture.lot(input)
        let content = try XMLSignature.verifyLot(#require(lot.attachments.last).bytes, expecting: input.seal.certificate)
        let manifest = XMLSignature.manifest(content)
        #expect(manifest.map(\.uri) == (["urn:oid:\(lot.setID)"] + input.documents.map { "urn:oid:\($0.header.id.root)" }))
        #expect(manifest.first?.value == [0])
        for (reference, document) in zip(manifest.dropFirst(), input.documents) {
            #expect(reference.transforms == ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"])
            #expect(reference.value == Digest.sha1(try XMLDocument(parsing: document.bytes, limits: .huge).canonical(.inclusive, comments: true)))
            // xmllint, as a second opinion on the canonical form (it keeps comments).
            let command = try DMPFixture.shell("xmllint --huge --c14n \"$FILE\" | sha1sum", document.bytes)
            #expect(command.text.hasPrefix(Digest.hex(reference.value)), "\(command.text)")
        }
    }

    @Test("it has the elements and algorithms of the sample signature")
    func shape() throws {
        let lot = try DMPFixture.lot(DMPFixture.input())
        func paths(_ element: XMLElement) -> [String] { [element.path.replacing(/\[[0-9]+\]/, with: "")] + element.children.flatMap(paths) }
        let ours = try XMLDocument(parsing: #require(lot.attachments.last).bytes).root
        let sample = try XMLDocument(parsing: DMPFixture.file("Tests/Fixtures/dmp/signature01-xades-sha1.xml")).root
        #expect(Set(paths(ours)) == Set(paths(sample)))
        func algorithms(_ element: XMLElement) -> [String] {
            ([element.attribute("Algorithm")].compactMap(\.self)) + element.children.flatMap(algorithms)
        }
        #expect(Set(algorithms(ours)) == Set(algorithms(sample)))
        #expect(ours.first("//x:SigningTime", ["x": "http://uri.etsi.org/01903/v1.1.1#"])?.text == "2026-03-02T09:15:00Z")
    }

    @Test("it is an entry of the lot: submitter as author, hidden, format and purpose of a signature")
    func entry() throws {
        let lot = try DMPFixture.lot(DMPFixture.input())
        let entry = try #require(lot.submission.entries.last)
        #expect(entry.confidentiality.map(\.code) == ["N", "MASQUE_PS", "INVISIBLE_PATIENT"])
        #expect(entry.formatCode?.code == "http://www.w3.org/2000/09/xmldsig#")
        #expect(entry.classCode?.scheme == "URN")
        #expect(entry.typeCode == CodedValue("E1762", scheme: "ASTM", label: "Full Document"))
        #expect(entry.languageCode == "art")
        #expect(entry.authors == lot.submission.set.authors)
        #expect(entry.creationTime == lot.submission.set.submissionTime)
    }

    @Test("a document of 20 MB is hashed without being copied into the tree")
    func large() throws {
        let text = String(decoding: try DMPFixture.file("Tests/Fixtures/cda/letter-n1.xml"), as: UTF8.self)
        let end = try #require(text.firstRange(of: "</text>")).lowerBound
        let bytes = Array((text[..<end] + "\r\n" + String(repeating: "QUJDREVGR0hJSktM\r\n", count: 1_200_000) + text[end...]).utf8)
        let input = try DMPFixture.input(documents: [DMPDocument(bytes)])
        let lot = try DMPFixture.lot(input)
        let content = try XMLSignature.verifyLot(#require(lot.attachments.last).bytes)
        let command = try DMPFixture.shell("xmllint --huge --c14n \"$FILE\" | sha1sum", bytes)
        #expect(command.text.hasPrefix(Digest.hex(XMLSignature.manifest(content)[1].value)))
    }
}
