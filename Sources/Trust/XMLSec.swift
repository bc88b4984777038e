import COpenSSL
import CXMLSec

/// The one door to xmlsec: prepared once, a closed context per call.
enum XMLSec {
    /// Prepares the library; false when it cannot be used.
    static let ready: Bool = {
        xmlInitParser()
        guard xmlSecInit() >= 0, xmlSecOpenSSLAppInit(nil) >= 0, xmlSecOpenSSLInit() >= 0 else { return false }
        // Its default call-back prints on stderr what it finds in documents.
        xmlSecErrorsSetCallback { _, _, _, _, _, _, _ in }
        xmlSecBase64SetDefaultLineSize(0)
        return true
    }()

    static func key(private key: PrivateKey) -> xmlSecKeyPtr? {
        guard EVP_PKEY_up_ref(key.handle) == 1 else { return nil }
        return adopted(key.handle)
    }

    static func key(of certificate: Certificate) -> xmlSecKeyPtr? {
        guard let one = certificate.decoded() else { return nil }
        defer { X509_free(one) }
        guard let handle = X509_get_pubkey(one) else { return nil }
        return adopted(handle)
    }

    /// Takes over one reference to the key.
    private static func adopted(_ handle: OpaquePointer) -> xmlSecKeyPtr? {
        guard ready, let data = xmlSecOpenSSLEvpKeyAdopt(handle) else {
            EVP_PKEY_free(handle)
            return nil
        }
        guard let key = xmlSecKeyCreate() else {
            xmlSecKeyDataDestroy(data)
            return nil
        }
        guard xmlSecKeySetValue(key, data) >= 0 else {
            xmlSecKeyDataDestroy(data)
            xmlSecKeyDestroy(key)
            return nil
        }
        return key
    }

    /// Runs `body` with a context that knows this key, the transforms of the profiles and nothing outside the document.
    ///
    /// False when an ID occurs twice, no `ds:Signature` is found, or `body` says so.
    static func withContext(
        _ tree: UnsafeMutableRawPointer, key: () -> xmlSecKeyPtr?, _ body: (xmlSecDSigCtxPtr, xmlNodePtr) -> Bool
    ) -> Bool {
        let document = tree.assumingMemoryBound(to: xmlDoc.self)
        guard ready, let root = xmlDocGetRootElement(document), addIDs(root, document),
            let signature = passerelle_dsig_find(root), let context = xmlSecDSigCtxCreate(nil)
        else { return false }
        defer { xmlSecDSigCtxDestroy(context) }
        guard passerelle_dsig_allow(context) == 0, let key = key() else { return false }
        passerelle_dsig_close(context)
        context.pointee.signKey = key
        let good = body(context, signature)
        ERR_clear_error()
        return good
    }

    /// Makes every `ID` and `Id` a target of references; false when two are the same, which no honest document needs.
    private static func addIDs(_ root: xmlNodePtr, _ document: xmlDocPtr) -> Bool {
        var waiting: [xmlNodePtr] = [root]
        while let node = waiting.popLast() {
            var attribute = node.pointee.properties
            while let one = attribute {
                if one.pointee.ns == nil, let name = one.pointee.name.map({ String(cString: $0) }), name == "ID" || name == "Id" {
                    guard let value = xmlNodeGetContent(UnsafeMutableRawPointer(one).assumingMemoryBound(to: xmlNode.self)) else { return false }
                    defer { passerelle_xmlsec_free(value) }
                    guard xmlAddID(nil, document, value, one) != nil else { return false }
                }
                attribute = one.pointee.next
            }
            var child = xmlFirstElementChild(node)
            while let one = child {
                waiting.append(one)
                child = xmlNextElementSibling(one)
            }
        }
        return true
    }
}
