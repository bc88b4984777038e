#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// Macros, typed stacks and flag sums that Swift cannot import.
static inline BIO *passerelle_bio(const void *p, int n) { return BIO_new_mem_buf(p, n); }
static inline long passerelle_bio_bytes(BIO *b, char **p) { return BIO_get_mem_data(b, p); }
static inline unsigned long passerelle_rfc2253(void) { return XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB; }
static inline STACK_OF(X509) *passerelle_chain(void) { return sk_X509_new_null(); }
static inline void passerelle_chain_push(STACK_OF(X509) *s, X509 *x) { sk_X509_push(s, x); }
static inline int passerelle_chain_count(const STACK_OF(X509) *s) { return sk_X509_num(s); }
static inline X509 *passerelle_chain_at(const STACK_OF(X509) *s, int i) { return sk_X509_value(s, i); }
static inline void passerelle_chain_free(STACK_OF(X509) *s) { sk_X509_pop_free(s, X509_free); }
static inline int passerelle_oid_count(const EXTENDED_KEY_USAGE *s) { return sk_ASN1_OBJECT_num(s); }
static inline ASN1_OBJECT *passerelle_oid_at(const EXTENDED_KEY_USAGE *s, int i) { return sk_ASN1_OBJECT_value(s, i); }
static inline void passerelle_openssl_free(void *p) { OPENSSL_free(p); }
static inline unsigned long passerelle_error(void) { return ERR_peek_last_error(); }
