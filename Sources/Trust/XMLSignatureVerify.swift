import CXMLSec
package import XMLTree

/// A signature that agrees with its content. Whether its signer is trusted is another question: `TrustStore.judge`.
package struct SignedContent: Sendable {
    /// What was parsed to verify: read the content from here, never from another copy.
    package let document: XMLDocument
    /// The certificate of KeyInfo, whose key made the signature.
    package let signer: Certificate
    /// The digest of the signature method.
    package let digest: Digest
}

/// One line of a lot's manifest.
package struct ManifestReference: Sendable, Hashable {
    /// `urn:oid:…`.
    package let uri: String
    /// Algorithm identifiers of its transforms; empty for bytes taken as they are.
    package let transforms: [String]
    /// Algorithm identifier of its digest.
    package let algorithm: String
    /// The digest written there.
    package let value: [UInt8]
}

extension XMLSignature {
    private static let ds: XMLNamespaces = ["ds": namespace]

    /// Verifies an assertion signed as `signEnveloped` does, whoever made it.
    ///
    /// Against wrapping: the assertion is the root, its only signature is its own child, the only reference names the
    /// root, every ID occurs once, and only enveloped-signature and exclusive C14N transform it.
    package static func verifyEnveloped(_ xml: [UInt8], expecting expected: Certificate? = nil) throws(XMLSignatureError) -> SignedContent {
        let document = try parsed(xml)
        let root = document.root
        guard document.all("//ds:Signature", ds).count == 1, let signature = root.child("Signature", namespace: namespace) else {
            throw .misplaced("the root must have exactly one signature, and nothing under it another")
        }
        guard let id = root.attribute("ID"), !id.isEmpty else { throw .reference("the root has no ID") }
        let references = signature.all("ds:SignedInfo/ds:Reference", ds)
        guard references.count == 1, references[0].attribute("URI") == "#" + id else { throw .reference("it must name the root, and nothing else") }
        let transforms = references[0].all("ds:Transforms/ds:Transform", ds).map { $0.attribute("Algorithm") ?? "" }
        guard transforms == [enveloped, exclusive] else { throw .reference("only enveloped-signature and exclusive C14N may transform it") }
        return try verified(document, signature, expected)
    }

    /// Verifies the XAdES signature of a lot: a whole document whose root is `ds:Signature` (dossier DMP §4.6).
    ///
    /// Its two references must name its own Manifest and SignedProperties, untransformed. The digests *in* the
    /// manifest are the caller's to compare: see `manifest`.
    package static func verifyLot(_ xml: [UInt8], expecting expected: Certificate? = nil) throws(XMLSignatureError) -> SignedContent {
        let document = try parsed(xml)
        let signature = document.root
        guard signature.name == "Signature", signature.namespace == namespace, document.all("//ds:Signature", ds).count == 1 else {
            throw .misplaced("the root must be the only ds:Signature")
        }
        let references = signature.all("ds:SignedInfo/ds:Reference", ds)
        guard references.count == 2, references.allSatisfy({ $0.child("Transforms") == nil }) else {
            throw .reference("two are needed, without transforms")
        }
        let manifest = signature.all("ds:Object/ds:Manifest", ds)
        let properties = signature.all("ds:Object/*[local-name()='QualifyingProperties']/*[local-name()='SignedProperties']", ds)
        guard manifest.count == 1, properties.count == 1, let first = manifest[0].attribute("Id"), let second = properties[0].attribute("Id"),
            Set(references.compactMap { $0.attribute("URI") }) == ["#" + first, "#" + second]
        else { throw .reference("they must name the manifest and the signed properties") }
        return try verified(document, signature, expected)
    }

    /// The manifest of a verified lot signature.
    package static func manifest(_ content: SignedContent) -> [ManifestReference] {
        content.document.root.all("ds:Object/ds:Manifest/ds:Reference", ds).map { reference in
            ManifestReference(
                uri: reference.attribute("URI") ?? "",
                transforms: reference.all("ds:Transforms/ds:Transform", ds).map { $0.attribute("Algorithm") ?? "" },
                algorithm: reference.child("DigestMethod", namespace: namespace)?.attribute("Algorithm") ?? "",
                value: Base64Text.decode(reference.child("DigestValue", namespace: namespace)?.text ?? "") ?? [])
        }
    }

    private static func verified(
        _ document: XMLDocument, _ signature: XMLElement, _ expected: Certificate?
    ) throws(XMLSignatureError) -> SignedContent {
        let certificates = signature.all("ds:KeyInfo/ds:X509Data/ds:X509Certificate", ds)
        guard certificates.count == 1, let der = Base64Text.decode(certificates[0].text), let signer = try? Certificate(der: der),
            expected == nil || expected == signer
        else { throw .certificate }
        let method = signature.first("ds:SignedInfo/ds:SignatureMethod", ds)?.attribute("Algorithm")
        guard let digest = [Digest.sha1, .sha256].first(where: { algorithms($0).signature == method }) else {
            throw .reference("unknown signature algorithm")
        }
        // A copy for xmlsec, which registers identifiers in the tree: `document` is given away unchanged.
        let copy = try parsed(document.source)
        let good = copy.withTree { tree in
            XMLSec.withContext(tree, key: { XMLSec.key(of: signer) }) { context, node in
                xmlSecDSigCtxVerify(context, node) >= 0 && context.pointee.status == xmlSecDSigStatusSucceeded
            }
        }
        guard good else { throw .invalid }
        return SignedContent(document: document, signer: signer, digest: digest)
    }
}
