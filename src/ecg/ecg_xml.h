/* ecg_xml: an XML text as a tree in the arena, for the formats that are XML (aECG, MUSE, Sierra).
 *
 * expat below. No entity is ever defined (a document type with declarations of its own is refused) and none is fetched, so nothing expands; references that nobody defined are left out and counted.
 * Names are local names: what stands before a colon is dropped, and with it every xmlns. Text is UTF-8, of the element itself without its children's, blanks trimmed.
 * Encodings: UTF-8, UTF-16, ISO-8859-1, US-ASCII, windows-1252, ISO-8859-15; any other single-byte or ASCII-like one is read as ISO-8859-1 and said so. A text that is not what it declares (UTF-16 declared and
 * UTF-8 written, UTF-8 declared and Latin-1 written: both are met in the field) is read as what it is, and said so. A text that ends in the middle (a transfer that broke off) gives the elements that
 * are whole, and a warning; those that are still open have no text. */
#ifndef HOLDFAST_ECG_XML_H
#define HOLDFAST_ECG_XML_H

#include "ecg_internal.h"

#define XML_BYTES_MAX ((size_t)1 << 29)
#define XML_DEPTH_MAX 128
#define XML_NODES_MAX 4000000u
#define XML_ATTRS_MAX 64
#define XML_NAME_MAX 128

struct xml_attr {
	const char *name;
	struct slice value;
	struct xml_attr *next;
};
struct xml_node {
	const char *name;
	struct slice text;
	struct xml_attr *attr;
	struct xml_node *child, *next;
	uint32_t line;
};

int xml_read(struct ecg *g, struct slice file, const struct xml_node **ret, struct err *e) MUST; /* ret: the root; oddities go to g's warnings */
/* The root element's local name without reading more than the first 64 KiB: past a byte order mark, declaration, comments, instructions, document type. out: "" when there is none. */
void xml_root(struct slice file, char out[XML_NAME_MAX]);

/* n may be NULL everywhere: nothing is found in nothing. */
const struct xml_node *xml_child(const struct xml_node *n, const char *name);                     /* the first of that name */
const struct xml_node *xml_next(const struct xml_node *n);                                        /* the next sibling of n's name */
const struct xml_node *xml_path(const struct xml_node *n, const char *slashed);                   /* "author/seriesAuthor/id": the first at every step */
struct slice xml_attr(const struct xml_node *n, const char *name);                                /* SLICE_NULL: absent */
struct slice xml_text(const struct xml_node *n, const char *slashed);
bool xml_number(const struct xml_node *n, const char *slashed, double *ret);                      /* of the text */
/* base64 of a text, blanks skipped, as little-endian 16-bit samples in g's arena; a last odd byte is dropped. NULL: it is none, or no room; e is set. */
int16_t *xml_samples(struct ecg *g, struct slice base64, struct slice *ret_bytes, size_t *ret_n, struct err *e) MUST;

#endif
