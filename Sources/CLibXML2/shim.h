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
