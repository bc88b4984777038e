// SwiftPM drops the -D flags of pkg-config. Without the first, xmlSecSize has another width than in the library.
#define XMLSEC_NO_SIZE_T
#define XMLSEC_CRYPTO_OPENSSL 1
#define XMLSEC_NO_CRYPTO_DYNAMIC_LOADING 1
// See CLibXML2/shim.h.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <xmlsec/xmlsec.h>
#include <xmlsec/base64.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

// xmlFree is a mutable global function pointer, which Swift 6 may not touch.
static inline void passerelle_xmlsec_free(void *p) { xmlFree(p); }

// Transform identifiers are macros around functions.
static inline int passerelle_dsig_allow(xmlSecDSigCtxPtr c) {
    return xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformEnvelopedId) < 0
        || xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformInclC14NId) < 0
        || xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformInclC14NWithCommentsId) < 0
        || xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformExclC14NId) < 0
        || xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformExclC14NWithCommentsId) < 0
        || xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformSha1Id) < 0
        || xmlSecDSigCtxEnableReferenceTransform(c, xmlSecTransformSha256Id) < 0
        || xmlSecDSigCtxEnableSignatureTransform(c, xmlSecTransformInclC14NId) < 0
        || xmlSecDSigCtxEnableSignatureTransform(c, xmlSecTransformInclC14NWithCommentsId) < 0
        || xmlSecDSigCtxEnableSignatureTransform(c, xmlSecTransformExclC14NId) < 0
        || xmlSecDSigCtxEnableSignatureTransform(c, xmlSecTransformExclC14NWithCommentsId) < 0
        || xmlSecDSigCtxEnableSignatureTransform(c, xmlSecTransformRsaSha1Id) < 0
        || xmlSecDSigCtxEnableSignatureTransform(c, xmlSecTransformRsaSha256Id) < 0 ? -1 : 0;
}
// Only "#id" of the same document, and no manifest: its references name things outside the document.
static inline void passerelle_dsig_close(xmlSecDSigCtxPtr c) {
    c->flags |= XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
    c->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
}
// Its names are arrays without a length.
static inline xmlNodePtr passerelle_dsig_find(xmlNodePtr root) { return xmlSecFindNode(root, xmlSecNodeSignature, xmlSecDSigNs); }
