/* XML as it comes, for those of extract that read formats made of it. expat underneath; entities that a document declares are told and never expanded. In the child. */
#ifndef HOLDFAST_EXTRACT_XML_H
#define HOLDFAST_EXTRACT_XML_H

#include "extract_internal.h"

#define EXTRACT_XML_DEPTH 512u

/* Names without their prefix: "w:t" is "t". atts: name, value, ..., NULL. */
struct extract_xml_taker {
	void (*start)(void *arg, const char *name, const char **atts);
	void (*end)(void *arg, const char *name);
	void (*text)(void *arg, struct slice s);
	void (*comment)(void *arg, struct slice s); /* and what entities stand for; may be NULL */
	uint64_t *at; /* may be NULL: set before start and text to where what they tell begins in the document */
};
/* To the end, or until *code (the taker's own) is not 0. What is wrong with it is told; the source's code is handed on. */
int extract_xml_parse(const struct extract_source *s, const struct extract_xml_taker *t, void *arg, const int *code, const struct extract_out *o, struct err *e) MUST;
const char *extract_xml_att(const char **atts, const char *name); /* without prefix; NULL: none */
const char *extract_xml_local(const char *name);

#endif
