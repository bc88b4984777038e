import FoundationEssentials
import Sandbox
import Testing
import Trust
import XMLTree

/// Requests made by text from the composed samples, signed with the throw-away PKI: no code of the senders.
struct Lot {
    var number = RandomBytes.make(4).reduce(0) { $0 << 8 | UInt64($1) }
    var signer = "igc/sign"
    var issued = now()
    /// Changes in the assertion before it is signed.
    var inVIHF: [(String, String)] = []
    /// Changes in the envelope.
    var inRequest: [(String, String)] = []
    /// Changes in the signature document after signing.
    var inSignature: [(String, String)] = []
    var document: [UInt8] = []
    var replaces: String?
    var digest = Digest.sha1

    static let type = #"multipart/related; type="application/xop+xml"; start="<root@pfi.example>"; start-info="application/soap+xml"; boundary="frontiere""#
    static let repository = "/si-dmp-server/v2/services/repository"
    static let registry = "/si-dmp-server/v2/services/registry"

    init() throws {
        let patient = #"<recordTarget><patientRole><id extension="269054958815780" root="1.2.250.1.213.1.4.10"/></patientRole></recordTarget>"#
        document = Array(
            try fixture("document01-cda-shell.xml").replacing("1.2.250.1.999.77.1.20.20260302091500.1", with: unique)
                .replacing("Lettre de liaison (donnée fictive)", with: "Lettre de liaison à la sortie d'un établissement de soins")
                .replacing("</ClinicalDocument>", with: patient + "</ClinicalDocument>").utf8)
    }

    /// uniqueId of the document of this lot.
    var unique: String { "1.2.250.1.999.77.1.20.\(number).1" }

    static func iso(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    func vihf() throws -> String {
        var text = try fixture("vihf-indirecte-signed.xml")
        text = text.replacing(try Regex("<ds:Signature.*</ds:Signature>"), with: "")
        text = text.replacing(
            try Regex("<saml2:Issuer(.*)>CN=.*</saml2:Issuer>"),
            with: { _ in
                #"<saml2:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName">"# + ((try? PKI.certificate(signer).subject) ?? "")
                    + "</saml2:Issuer>"
            })
        text = text.replacing("2026-03-02T09:15:00.000Z", with: Self.iso(issued)).replacing("2026-03-02T08:00:00.000Z", with: Self.iso(issued - 60))
        for (from, to) in inVIHF { text = text.replacing(from, with: to) }
        return String(
            decoding: try XMLSignature.signEnveloped(Array(text.utf8), key: PKI.key(signer), certificate: PKI.certificate(signer), digest: .sha256),
            as: UTF8.self)
    }

    func signature() throws -> [UInt8] {
        var text = try fixture("signature01-xades-\(digest.rawValue).xml")
        let certificate = try PKI.certificate("igc/sign")
        text = text.replacing("1.2.250.1.999.77.1.10.20260302091500.1", with: "1.2.250.1.999.77.1.10.\(number).1")
        text = text.replacing("1.2.250.1.999.77.1.20.20260302091500.1", with: unique)
        let c14n = try XMLDocument(parsing: document, limits: .huge, eliding: true).canonical(.inclusive, comments: true)
        text = try fill(text, after: "</Transforms>", Digest.base64(digest.of(c14n)))
        text = try fill(text, after: "<CertDigest>", Digest.base64(digest.of(certificate.der)))
        text = text.replacing(try Regex("<X509Certificate>.*</X509Certificate>"), with: "<X509Certificate>\(certificate.base64)</X509Certificate>")
        text = text.replacing("CN=AC FICTIVE ORGANISATIONS,O=AUTORITE FICTIVE,C=FR", with: certificate.issuer)
        text = text.replacing("464931253061059912570434908297247276023138337455", with: certificate.serial)
        text = text.replacing(try Regex("<SignatureValue>.*</SignatureValue>"), with: "<SignatureValue/>")
        let end = try #require(text.firstRange(of: "</SignedInfo>")).lowerBound
        text = String(text[..<end]).replacing(try Regex("<DigestValue>[^<]*</DigestValue>"), with: "<DigestValue/>") + text[end...]
        let signed = String(decoding: try XMLSignature.signTemplate(Array(text.utf8), key: PKI.key("igc/sign")), as: UTF8.self)
        return Array(inSignature.reduce(signed) { $0.replacing($1.0, with: $1.1) }.utf8)
    }

    /// Puts a value into the first DigestValue after a mark.
    private func fill(_ text: String, after mark: String, _ value: String) throws -> String {
        let from = try #require(text.firstRange(of: mark)).upperBound
        let start = try #require(text[from...].firstRange(of: "<DigestValue")).lowerBound
        let open = try #require(text[start...].firstIndex(of: ">"))
        let close = try #require(text[open...].firstRange(of: "</DigestValue>")).lowerBound
        return text[...open] + value + text[close...]
    }

    func envelope(_ sample: String) throws -> String {
        var text = try fixture(sample)
        text = text.replacing(try Regex("<saml2:Assertion.*</saml2:Assertion>"), with: { _ in "@VIHF@" })
        for part in ["10", "20", "30"] { text = text.replacing("77.1.\(part).20260302091500.1", with: "77.1.\(part).\(number).1") }
        text = text.replacing("3ab4330f359545a3bc5e001127dee49e0b7714db", with: Digest.hex(Digest.sha1(document)))
        text = text.replacing("<Value>522</Value>", with: "<Value>\(document.count)</Value>")
        if let replaces { text = text.replacing("urn:uuid:99999999-8888-4777-8666-555555555555", with: replaces) }
        for (from, to) in inRequest { text = text.replacing(from, with: to) }
        return text.replacing("@VIHF@", with: try vihf())
    }

    func body() throws -> [UInt8] {
        let root = try envelope(replaces == nil ? "td21-root.xml" : "td21-rplc-root.xml")
        var out: [UInt8] = []
        func part(_ id: String, _ type: String, _ bytes: [UInt8]) {
            out += Array("--frontiere\r\nContent-Type: \(type)\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <\(id)@pfi.example>\r\n\r\n".utf8)
            out += bytes + [0x0D, 0x0A]
        }
        part("root", #"application/xop+xml; charset=UTF-8; type="application/soap+xml""#, Array(root.utf8))
        part("document01", "text/xml", document)
        part("signature01", "text/xml", try signature())
        return out + Array("--frontiere--\r\n".utf8)
    }

    func send(to bench: Bench, as client: String = "igc/auth") async throws -> Wire.Answer? {
        try await Wire.post(Self.repository, Self.type, body(), to: bench.server.ports.dmp ?? 0, as: client)
    }

    /// TD3.1b for a uniqueId, TD3.3c for an entryUUID: plain SOAP.
    func ask(_ sample: String, to bench: Bench) async throws -> Wire.Answer? {
        try await Wire.post(Self.registry, "application/soap+xml; charset=UTF-8", Array(envelope(sample).utf8), to: bench.server.ports.dmp ?? 0, as: "igc/auth")
    }
}
