import Trust
import XMLTree

/// Judges the XAdES signature of a lot against the documents as received (dossier DMP §4.6 and §8, point 19).
struct LotSignatureJudge {
    static let c14nWithComments = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"

    let store: TrustStore
    let structures: [String: [String]]

    /// A document with its metadata.
    struct Document {
        let entry: RIMObject
        let bytes: [UInt8]
    }

    static func isSignature(_ entry: RIMObject) -> Bool {
        entry.codes(Scheme.classCode).first?.representation == "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1"
            || entry.codes(Scheme.typeCode).first?.representation == "E1762"
    }

    func judge(_ submission: Submission, _ documents: [Document], structure: String, at time: Int64) -> [Complaint] {
        let signatures = documents.filter { Self.isSignature($0.entry) }
        guard let signature = signatures.first, signatures.count == 1 else {
            return [
                .registry("XDSRepositoryError", "lot non signé : une entrée de signature est attendue", rule: "signature.single", found: "\(signatures.count)")
            ]
        }
        var complaints = judgeEntry(signature.entry, submission)
        let content: SignedContent
        do { content = try XMLSignature.verifyLot(signature.bytes) } catch {
            complaints.append(.registry("XDSRepositoryError", "signature du lot incorrecte", rule: "signature.invalid", found: "\(error)"))
            return complaints
        }
        complaints += judgeSigner(content.signer, structure, at: time)
        complaints += judgeProperties(content)
        complaints += judgeManifest(XMLSignature.manifest(content), submission, documents.filter { !Self.isSignature($0.entry) })
        return complaints
    }

    private func judgeEntry(_ entry: RIMObject, _ submission: Submission) -> [Complaint] {
        var complaints: [Complaint] = []
        func expect(_ holds: Bool, _ rule: String) {
            if !holds { complaints.append(.metadata("fiche de la signature : \(rule)", rule: "signature.entry.\(rule)")) }
        }
        let format = entry.codes(Scheme.format).first?.representation ?? ""
        expect(entry.codes(Scheme.classCode).first?.slots["codingScheme"] == ["URN"], "class")
        expect(entry.codes(Scheme.typeCode).first?.representation == "E1762" && entry.codes(Scheme.typeCode).first?.slots["codingScheme"] == ["ASTM"], "type")
        expect(["http://www.w3.org/2000/09/xmldsig#", "urn:ihe:iti:dsg:detached:2014"].contains(format), "format")
        expect(entry.codes(Scheme.event).contains { $0.representation == "1.2.840.10065.1.12.1.14" }, "eventCode")
        expect(entry.element.attribute("mimeType") == "text/xml", "mimeType")
        expect(entry.slot("languageCode") == "art", "languageCode")
        let masks = Set(entry.codes(Scheme.confidentiality).map(\.representation))
        expect(masks.isSuperset(of: ["N", "MASQUE_PS", "INVISIBLE_PATIENT"]), "confidentialityCode")
        let signs = submission.links(Link.signs)
        expect(signs.count == 1 && signs[0].source == entry.id && signs[0].target == submission.package.id, "signs")
        return complaints
    }

    private func judgeSigner(_ signer: Certificate, _ structure: String, at time: Int64) -> [Complaint] {
        if let reason = store.judge(chain: [signer.der], at: time, purpose: .signer).reason {
            return [
                .registry(
                    "DMPInvalidCertificate", "certificat de signature du lot refusé : \(reason.text.fr)", rule: "signature.certificate", found: signer.subject)
            ]
        }
        guard signer.keyUsage.contains(.nonRepudiation) else {
            return [.registry("DMPInvalidCertificate", "le lot n'est pas signé par un cachet", rule: "signature.profile", found: signer.subject)]
        }
        let unit = signer.organisationalUnit ?? ""
        guard (structures[unit] ?? [unit]).contains(structure) else {
            return [.registry("XDSRepositoryError", "le lot est signé par une autre structure", rule: "signature.structure", found: unit)]
        }
        return []
    }

    /// What XAdES says about the signer must be true of the certificate that signed.
    private func judgeProperties(_ content: SignedContent) -> [Complaint] {
        let ns: XMLNamespaces = ["ds": XMLSignature.namespace]
        let root = content.document.root
        let cert =
            root.first("ds:Object//*[local-name()='SigningCertificate']/*[local-name()='Cert'][1]")
            ?? root.first("//*[local-name()='SigningCertificate']/*[local-name()='Cert'][1]")
        guard let cert else { return [.registry("XDSRepositoryError", "SigningCertificate absent", rule: "signature.signingCertificate")] }
        let algorithm = cert.string(".//ds:DigestMethod/@Algorithm", ns) ?? ""
        let value = cert.string(".//ds:DigestValue", ns)?.filter { !$0.isWhitespace } ?? ""
        guard let digest = digest(algorithm), Digest.base64(digest.of(content.signer.der)) == value else {
            return [.registry("XDSRepositoryError", "SigningCertificate n'est pas le certificat de signature", rule: "signature.signingCertificate")]
        }
        let serial = cert.string(".//ds:X509SerialNumber", ns) ?? ""
        let issuer = cert.string(".//ds:X509IssuerName", ns).flatMap { DistinguishedName($0) }
        guard serial == content.signer.serial, issuer == content.signer.issuerName else {
            return [.registry("XDSRepositoryError", "IssuerSerial n'est pas celui du certificat", rule: "signature.issuerSerial", found: serial)]
        }
        guard let time = root.string("//*[local-name()='SigningTime']"), Formats.instant(time) != nil else {
            return [.registry("XDSRepositoryError", "SigningTime", rule: "signature.signingTime")]
        }
        return []
    }

    private func judgeManifest(_ manifest: [ManifestReference], _ submission: Submission, _ documents: [Document]) -> [Complaint] {
        func wrong(_ rule: String, _ found: String) -> Complaint {
            .registry("XDSRepositoryError", "manifeste de la signature du lot : \(rule)", rule: "signature.manifest.\(rule)", found: found)
        }
        let lot = "urn:oid:" + (submission.package.identifier(Scheme.lotUnique) ?? "")
        var complaints: [Complaint] = []
        if manifest.filter({ $0.uri == lot && $0.value == [0] }).count != 1 { complaints.append(wrong("lot", lot)) }
        for document in documents {
            let uri = "urn:oid:" + (document.entry.identifier(Scheme.unique) ?? "")
            let lines = manifest.filter { $0.uri == uri }
            guard lines.count == 1, let digest = digest(lines[0].algorithm) else {
                complaints.append(wrong("document", uri))
                continue
            }
            let expected: [UInt8]?
            switch lines[0].transforms {
            case []: expected = digest.of(document.bytes)
            case [Self.c14nWithComments]: expected = Self.canonicalDigest(document.bytes, digest)
            default: expected = nil
            }
            if expected != lines[0].value { complaints.append(wrong("digest", uri)) }
        }
        if manifest.count != documents.count + 1 { complaints.append(wrong("count", "\(manifest.count)")) }
        return complaints
    }

    private static func canonicalDigest(_ bytes: [UInt8], _ digest: Digest) -> [UInt8]? {
        guard let document = try? XMLDocument(parsing: bytes, limits: XMLLimits(bytes: 128 << 20), eliding: true) else { return nil }
        let stream = DigestStream(digest)
        guard (try? document.canonicalise(.inclusive, comments: true, into: { stream.update($0) })) != nil else { return nil }
        return stream.finish()
    }

    private func digest(_ algorithm: String) -> Digest? { [Digest.sha1, .sha256].first { XMLSignature.algorithms($0).digest == algorithm } }
}
