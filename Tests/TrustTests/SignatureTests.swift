import FoundationEssentials
import Testing
import Trust
import XMLTree

@Suite("Signature of the VIHF (dossier DMP §3.4)") struct VIHFSignatureTests {
    static let assertion = Array(
        (##"<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema" "##
            + ##"xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ID="_1" Version="2.0"><s:Issuer>CN=é &amp; C</s:Issuer>"##
            + ##"<s:Subject><s:NameID xsi:type="xs:string">1</s:NameID></s:Subject></s:Assertion>"##).utf8)

    func signed(_ digest: Digest) throws -> [UInt8] {
        try XMLSignature.signEnveloped(Self.assertion, key: PKI.key("igc/sign"), certificate: PKI.certificate("igc/sign"), digest: digest)
    }

    @Test("The golden vector verifies, and its signer is the seal") func golden() throws {
        let content = try XMLSignature.verifyEnveloped(dmp("vihf-indirecte-signed.xml"))
        #expect(content.signer == (try Certificate(pem: dmp("pki-sign.pem"))))
        #expect(content.digest == .sha256)
    }

    @Test("What is signed here verifies, stands right after Issuer and is the same each time", arguments: [Digest.sha1, .sha256])
    func roundTrip(_ digest: Digest) throws {
        let bytes = try signed(digest)
        #expect(try bytes == signed(digest))
        let content = try XMLSignature.verifyEnveloped(bytes, expecting: PKI.certificate("igc/sign"))
        #expect(content.digest == digest)
        #expect(content.document.root.children.map(\.name) == ["Issuer", "Signature", "Subject"])
        #expect(String(decoding: bytes, as: UTF8.self).contains("xmlns:xs="))
        #expect(throws: XMLSignatureError.certificate) { try XMLSignature.verifyEnveloped(bytes, expecting: PKI.certificate("igc/auth")) }
    }

    @Test("xmlsec1 --verify accepts it", .enabled(if: has("xmlsec1")), arguments: [Digest.sha1, .sha256])
    func xmlsec(_ digest: Digest) throws {
        let result = try withFile(signed(digest)) { file in
            try run(
                "xmlsec1",
                [
                    "--verify", "--id-attr:ID", "urn:oasis:names:tc:SAML:2.0:assertion:Assertion", "--trusted-pem", PKI.folder + "/igc/root.pem",
                    "--untrusted-pem", PKI.folder + "/igc/issuer.pem", file,
                ])
        }
        #expect(result.code == 0, "\(result.text)")
    }

    @Test("One changed letter is seen") func tampered() throws {
        let text = String(decoding: try signed(.sha256), as: UTF8.self)
        #expect(throws: XMLSignatureError.invalid) { try XMLSignature.verifyEnveloped(Array(text.replacing(">1<", with: ">2<").utf8)) }
        let vector = String(decoding: try dmp("vihf-indirecte-signed.xml"), as: UTF8.self)
        #expect(throws: XMLSignatureError.invalid) { try XMLSignature.verifyEnveloped(Array(vector.replacing("NUMERO-FICTIF", with: "NUMERO-VRAI").utf8)) }
    }

    @Test("A signed assertion wrapped in a forged one is refused") func wrapping() throws {
        let good = String(decoding: try signed(.sha256), as: UTF8.self)
        let forged = good.replacing(#"ID="_1""#, with: #"ID="_evil""#).replacing(">1<", with: ">evil<")
        // The true assertion hidden inside the forged one, whose signature still names the true one.
        let inside = forged.replacing("</s:Assertion>", with: good + "</s:Assertion>")
        #expect(throws: XMLSignatureError.self) { try XMLSignature.verifyEnveloped(Array(inside.utf8)) }
        let stripped = good.replacing(try Regex("<ds:Signature.*</ds:Signature>"), with: "")
        let object = forged.replacing("</ds:Signature>", with: "<ds:Object>\(stripped)</ds:Object></ds:Signature>")
        #expect(throws: XMLSignatureError.self) { try XMLSignature.verifyEnveloped(Array(object.utf8)) }
        let twice = forged.replacing(#"ID="_evil""#, with: #"ID="_1""#).replacing("</ds:Signature>", with: "<ds:Object>\(stripped)</ds:Object></ds:Signature>")
        #expect(throws: XMLSignatureError.invalid) { try XMLSignature.verifyEnveloped(Array(twice.utf8)) }
    }

    @Test("Other transforms, an absent signature, no Issuer: refused") func refusals() throws {
        let good = String(decoding: try signed(.sha256), as: UTF8.self)
        let xslt = good.replacing("http://www.w3.org/2000/09/xmldsig#enveloped-signature", with: "http://www.w3.org/TR/1999/REC-xslt-19991116")
        #expect(throws: XMLSignatureError.self) { try XMLSignature.verifyEnveloped(Array(xslt.utf8)) }
        #expect(throws: XMLSignatureError.self) { try XMLSignature.verifyEnveloped(Self.assertion) }
        #expect(throws: XMLSignatureError.self) {
            try XMLSignature.signEnveloped(Array("<a ID='_1'><b/></a>".utf8), key: PKI.key("igc/sign"), certificate: PKI.certificate("igc/sign"))
        }
    }

    @Test("Many sign at once") func concurrent() async throws {
        let key = try PKI.key("igc/sign")
        let certificate = try PKI.certificate("igc/sign")
        let expected = try signed(.sha256)
        let same = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 {
                group.addTask { (try? XMLSignature.signEnveloped(Self.assertion, key: key, certificate: certificate)) == expected }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(same == 32)
    }
}

@Suite("Signature of the lot (dossier DMP §4.6)") struct LotSignatureTests {
    @Test("The vectors verify, and their manifest digests are those of the lot and the document", arguments: [Digest.sha1, .sha256])
    func vectors(_ digest: Digest) throws {
        let content = try XMLSignature.verifyLot(dmp("signature01-xades-\(digest.rawValue).xml"), expecting: Certificate(pem: dmp("pki-sign.pem")))
        #expect(content.digest == digest)
        let manifest = XMLSignature.manifest(content)
        #expect(manifest.map(\.uri) == ["urn:oid:1.2.250.1.999.77.1.10.20260302091500.1", "urn:oid:1.2.250.1.999.77.1.20.20260302091500.1"])
        #expect(manifest[0].value == [0])
        #expect(manifest[0].transforms.isEmpty)
        #expect(manifest[1].transforms == ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"])
        let document = try XMLDocument(parsing: dmp("document01-cda-shell.xml"))
        #expect(try manifest[1].value == digest.of(document.canonical(.inclusive, comments: true)))
    }

    /// The vector with what signing computes taken out, for the demonstration seal.
    func skeleton(_ digest: Digest) throws -> [UInt8] {
        var text = String(decoding: try dmp("signature01-xades-\(digest.rawValue).xml"), as: UTF8.self)
        text = text.replacing(try Regex("<SignatureValue>.*</SignatureValue>"), with: "<SignatureValue/>")
        text = text.replacing(
            try Regex("<X509Certificate>.*</X509Certificate>"), with: "<X509Certificate>\(try PKI.certificate("igc/sign").base64)</X509Certificate>")
        let end = try #require(text.firstRange(of: "</SignedInfo>")).lowerBound
        let info = text[..<end].replacing(try Regex("<DigestValue>[^<]*</DigestValue>"), with: "<DigestValue/>")
        return Array((info + text[end...]).utf8)
    }

    @Test("A filled skeleton verifies, keeps its manifest and is the same each time", arguments: [Digest.sha1, .sha256])
    func filled(_ digest: Digest) throws {
        let key = try PKI.key("igc/sign")
        let bytes = try XMLSignature.signTemplate(skeleton(digest), key: key)
        #expect(try bytes == XMLSignature.signTemplate(skeleton(digest), key: key))
        let content = try XMLSignature.verifyLot(bytes, expecting: PKI.certificate("igc/sign"))
        let vector = try XMLSignature.verifyLot(dmp("signature01-xades-\(digest.rawValue).xml"))
        #expect(XMLSignature.manifest(content) == XMLSignature.manifest(vector))
    }

    @Test("xmlsec1 --verify accepts it", .enabled(if: has("xmlsec1")), arguments: [Digest.sha1, .sha256])
    func xmlsec(_ digest: Digest) throws {
        let bytes = try XMLSignature.signTemplate(skeleton(digest), key: PKI.key("igc/sign"))
        let result = try withFile(bytes) { file in
            try run(
                "xmlsec1",
                [
                    "--verify", "--ignore-manifests", "--id-attr:Id", "Manifest", "--id-attr:Id", "http://uri.etsi.org/01903/v1.1.1#:SignedProperties",
                    "--trusted-pem", PKI.folder + "/igc/root.pem", "--untrusted-pem", PKI.folder + "/igc/issuer.pem", file,
                ])
        }
        #expect(result.code == 0, "\(result.text)")
    }

    @Test("A changed manifest or property is seen; a reference elsewhere is refused") func tampered() throws {
        let text = String(decoding: try dmp("signature01-xades-sha1.xml"), as: UTF8.self)
        for (from, to) in [("AA==", "AQ=="), ("2026-03-02T09:15:00Z", "2027-03-02T09:15:00Z")] {
            #expect(throws: XMLSignatureError.invalid) { try XMLSignature.verifyLot(Array(text.replacing(from, with: to).utf8)) }
        }
        for (from, to) in [("URI=\"#IHEManifest\"", "URI=\"#lotSignature\""), ("URI=\"#IHEManifest\"", "URI=\"http://192.0.2.1/x\"")] {
            #expect(throws: XMLSignatureError.self) { try XMLSignature.verifyLot(Array(text.replacing(from, with: to).utf8)) }
        }
    }
}
