// Without ICU in the headers: Foundation brings an ICU of its own, whose types of the same names differ. Only pointers to the one structure
// concerned are ever used, here and in CXMLSec, which must say the same.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/SAX2.h>
#include <libxml/tree.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <libxml/xmlIO.h>

// xmlFree is a mutable global function pointer, which Swift 6 may not touch.
static inline void passerelle_xml_free(void *p) { xmlFree(p); }

// As in libxml/xmlschemastypes.h, whose other declarations would open structures that Swift need not see.
extern void xmlSchemaInitTypes(void);
