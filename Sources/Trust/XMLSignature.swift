import CXMLSec
package import XMLTree

/// Why an XML signature is refused, or cannot be made.
package enum XMLSignatureError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not XML, or not as hardened parsing wants it.
    case xml(XMLError)
    /// No signature where it must stand, or more than one.
    case misplaced(String)
    /// The references are not those of the profile: what is used would not be what is signed.
    case reference(String)
    /// The certificate in KeyInfo is absent, unreadable, or not the expected one.
    case certificate
    /// A digest or the signature value does not agree with the content.
    case invalid
    /// The library could not sign.
    case failed

    /// One English sentence; no content of the document.
    package var description: String {
        switch self {
        case .xml(let error): "XML: \(error.kind.rawValue) at \(error.line):\(error.column)"
        case .misplaced(let what): "signature: \(what)"
        case .reference(let what): "signature reference: \(what)"
        case .certificate: "the certificate of the signature is absent, unreadable or not the expected one"
        case .invalid: "the signature does not agree with the content"
        case .failed: "the signature cannot be made"
        }
    }
}

/// XML signatures of the two profiles in use: the enveloped one of a SAML assertion, and the XAdES one of a DMP lot.
package enum XMLSignature {
    /// Namespace of XML signatures.
    package static let namespace = "http://www.w3.org/2000/09/xmldsig#"
    static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    static let enveloped = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

    /// Identifiers of the algorithms that go with a digest.
    package static func algorithms(_ digest: Digest) -> (digest: String, signature: String) {
        digest == .sha1
            ? ("http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
            : ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256")
    }

    /// Signs an assertion: `ds:Signature` is placed right after the root's first child, which is `Issuer`.
    ///
    /// One reference to the root's `ID`; enveloped signature and exclusive canonical form; the certificate alone in
    /// KeyInfo (dossier DMP, VIHF §3.4). The result is UTF-8 without XML declaration and must be carried byte for byte.
    package static func signEnveloped(
        _ xml: [UInt8], key: PrivateKey, certificate: Certificate, digest: Digest = .sha256
    ) throws(XMLSignatureError) -> [UInt8] {
        let document = try parsed(xml)
        guard let id = document.root.attribute("ID"), !id.isEmpty else { throw .reference("the root has no ID") }
        guard let issuer = document.root.children.first, issuer.name == "Issuer" else { throw .misplaced("the first child must be Issuer") }
        let skeleton = try parsed(template(id: id, certificate: certificate, digest: digest))
        try graft(skeleton, after: issuer, of: document)
        try sign(document, key: key)
        return document.serialised()
    }

    /// Fills a signature skeleton: digests of its own same-document references, then the signature value.
    ///
    /// `skeleton` is a whole `ds:Signature` with its algorithms, KeyInfo, manifest digests and properties written, and
    /// empty `DigestValue` (in SignedInfo) and `SignatureValue`. RSASSA-PKCS1-v1_5, so the same skeleton gives the same bytes.
    package static func signTemplate(_ skeleton: [UInt8], key: PrivateKey) throws(XMLSignatureError) -> [UInt8] {
        let document = try parsed(skeleton)
        guard document.root.name == "Signature", document.root.namespace == namespace else { throw .misplaced("the root must be ds:Signature") }
        try sign(document, key: key)
        return document.serialised()
    }

    static func parsed(_ xml: [UInt8]) throws(XMLSignatureError) -> XMLDocument {
        do { return try XMLDocument(parsing: xml) } catch { throw .xml(error) }
    }

    private static func template(id: String, certificate: Certificate, digest: Digest) -> [UInt8] {
        let algorithms = algorithms(digest)
        var w = XMLWriter()
        w.open("ds:Signature", ["xmlns:ds": namespace])
        w.open("ds:SignedInfo")
        w.element("ds:CanonicalizationMethod", ["Algorithm": exclusive])
        w.element("ds:SignatureMethod", ["Algorithm": algorithms.signature])
        w.open("ds:Reference", ["URI": "#" + id])
        w.open("ds:Transforms")
        w.element("ds:Transform", ["Algorithm": enveloped])
        w.element("ds:Transform", ["Algorithm": exclusive])
        w.close()
        w.element("ds:DigestMethod", ["Algorithm": algorithms.digest])
        w.element("ds:DigestValue")
        w.close()
        w.close()
        w.element("ds:SignatureValue")
        w.open("ds:KeyInfo")
        w.open("ds:X509Data")
        w.element("ds:X509Certificate", text: certificate.base64)
        w.closeAll()
        return w.bytes
    }

    /// Moves the root of `skeleton` behind `sibling`. Both documents were made here and have no other holder.
    private static func graft(_ skeleton: XMLDocument, after sibling: XMLElement, of document: XMLDocument) throws(XMLSignatureError) {
        let done = document.withTree { target in
            skeleton.withTree { source in
                let into = target.assumingMemoryBound(to: xmlDoc.self)
                guard let copy = xmlDocCopyNode(xmlDocGetRootElement(source.assumingMemoryBound(to: xmlDoc.self)), into, 1),
                    let first = xmlFirstElementChild(xmlDocGetRootElement(into))
                else { return false }
                return xmlAddNextSibling(first, copy) != nil
            }
        }
        guard done, sibling.name == "Issuer" else { throw .failed }
    }

    private static func sign(_ document: XMLDocument, key: PrivateKey) throws(XMLSignatureError) {
        guard key.isRSA else { throw .failed }
        let good = document.withTree { tree in
            XMLSec.withContext(tree, key: { XMLSec.key(private: key) }) { context, signature in
                xmlSecDSigCtxSign(context, signature) == 0 && context.pointee.status == xmlSecDSigStatusSucceeded
            }
        }
        guard good else { throw .failed }
    }
}
