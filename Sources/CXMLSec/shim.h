// SwiftPM drops the -D flags of pkg-config. Without the first, xmlSecSize has another width than in the library.
#define XMLSEC_NO_SIZE_T
#define XMLSEC_CRYPTO_OPENSSL 1
#define XMLSEC_NO_CRYPTO_DYNAMIC_LOADING 1
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>
#include <xmlsec/crypto.h>
