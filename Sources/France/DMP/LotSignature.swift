package import Trust
package import XMLTree

/// The XAdES signature of a lot: a detached manifest of the set and of each document, signed by the structure's seal.
/// Source: ANS, signature of the lot (profile IHE DSG, XAdES 1.1.1); algorithm by setting.
package struct LotSignature: Sendable {
    /// One document of the lot.
    package struct Document: Sendable {
        /// The entry's uniqueId: an OID.
        package let uniqueID: String
        /// The exact bytes sent.
        package let bytes: [UInt8]
        /// Its parsed form when it is XML: then its canonical form is hashed.
        package let xml: XMLDocument?

        /// A document to be named in the manifest.
        package init(uniqueID: String, bytes: [UInt8], xml: XMLDocument?) {
            self.uniqueID = uniqueID
            self.bytes = bytes
            self.xml = xml
        }
    }

    static let canonicalForm = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"
    static let xades = "http://uri.etsi.org/01903/v1.1.1#"
    static let purpose = "1.2.840.10065.1.12.1.14"

    /// `Id` of the signature element.
    package let id: String
    /// uniqueId of the submission set.
    package let set: String
    /// In the order of the lot.
    package let documents: [Document]
    /// UTC, `YYYY-MM-DDTHH:MM:SSZ`.
    package let signingTime: String
    /// For every digest and for the signature.
    package let digest: Digest

    /// A signature to be made.
    package init(id: String, set: String, documents: [Document], signingTime: String, digest: Digest) {
        self.id = id
        self.set = set
        self.documents = documents
        self.signingTime = signingTime
        self.digest = digest
    }

    /// The signed document. RSASSA-PKCS1-v1_5: the same lot gives the same bytes.
    package func signed(by identity: Identity) throws(DMPLotError) -> [UInt8] {
        let skeleton = try skeleton(identity)
        do {
            return try XMLSignature.signTemplate(skeleton, key: identity.key)
        } catch {
            throw DMPLotError(
                .configuration, at: "identities.sign", french: "le lot ne peut pas être signé : \(error)",
                english: "the lot cannot be signed: \(error)")
        }
    }

    private func skeleton(_ identity: Identity) throws(DMPLotError) -> [UInt8] {
        let algorithms = XMLSignature.algorithms(digest)
        var w = XMLWriter()
        w.open("Signature", ["xmlns": XMLSignature.namespace, "Id": id])
        w.open("SignedInfo")
        w.element("CanonicalizationMethod", ["Algorithm": LotSignature.canonicalForm])
        w.element("SignatureMethod", ["Algorithm": algorithms.signature])
        let references = [("\(XMLSignature.namespace)Manifest", "#IHEManifest"), ("\(LotSignature.xades)SignedProperties", "#S0-SignedProperties")]
        for (type, uri) in references {
            w.open("Reference", ["Type": type, "URI": uri])
            w.element("DigestMethod", ["Algorithm": algorithms.digest])
            w.element("DigestValue")
            w.close()
        }
        w.close()
        w.element("SignatureValue")
        w.open("KeyInfo")
        w.open("X509Data")
        w.element("X509Certificate", text: identity.certificate.base64)
        w.close()
        w.close()
        w.open("Object")
        try manifest(algorithms.digest, &w)
        w.close()
        w.open("Object")
        w.open("SignatureProperties")
        w.element("SignatureProperty", ["Id": "purposeOfSignature", "Target": "#\(id)"], text: LotSignature.purpose)
        w.close()
        w.close()
        w.open("Object")
        properties(algorithms.digest, identity, &w)
        w.closeAll()
        return w.bytes
    }

    private func manifest(_ algorithm: String, _ w: inout XMLWriter) throws(DMPLotError) {
        w.open("Manifest", ["Id": "IHEManifest"])
        w.open("Reference", ["URI": "urn:oid:\(set)"])
        w.element("DigestMethod", ["Algorithm": algorithm])
        // A set has no bytes: by convention the digest is the single byte 0.
        w.element("DigestValue", text: "AA==")
        w.close()
        for document in documents {
            w.open("Reference", ["URI": "urn:oid:\(document.uniqueID)"])
            if document.xml != nil {
                w.open("Transforms")
                w.element("Transform", ["Algorithm": LotSignature.canonicalForm])
                w.close()
            }
            w.element("DigestMethod", ["Algorithm": algorithm])
            w.element("DigestValue", text: Digest.base64(try hash(document)))
            w.close()
        }
        w.close()
    }

    private func hash(_ document: Document) throws(DMPLotError) -> [UInt8] {
        guard let xml = document.xml else { return digest.of(document.bytes) }
        let stream = DigestStream(digest)
        do {
            try xml.canonicalise(.inclusive, comments: true) { stream.update($0) }
        } catch {
            throw DMPLotError(
                .document, at: "/", french: "le document n'a pas de forme canonique", english: "the document has no canonical form")
        }
        return stream.finish()
    }

    private func properties(_ algorithm: String, _ identity: Identity, _ w: inout XMLWriter) {
        let namespace: KeyValuePairs = ["xmlns": XMLSignature.namespace]
        w.open("QualifyingProperties", ["xmlns": LotSignature.xades, "Target": "#\(id)"])
        w.open("SignedProperties", ["Id": "S0-SignedProperties"])
        w.open("SignedSignatureProperties")
        w.element("SigningTime", text: signingTime)
        w.open("SigningCertificate")
        for certificate in [identity.certificate] + identity.chain {
            w.open("Cert")
            w.open("CertDigest")
            w.element("DigestMethod", ["xmlns": XMLSignature.namespace, "Algorithm": algorithm])
            w.element("DigestValue", namespace, text: Digest.base64(digest.of(certificate.der)))
            w.close()
            w.open("IssuerSerial")
            w.element("X509IssuerName", namespace, text: certificate.issuer)
            w.element("X509SerialNumber", namespace, text: certificate.serial)
            w.close()
            w.close()
        }
        w.close()
        w.open("SignaturePolicyIdentifier")
        w.element("SignaturePolicyImplied")
        w.close()
        w.close()
        w.element("SignedDataObjectProperties")
        w.close()
        w.close()
    }
}
