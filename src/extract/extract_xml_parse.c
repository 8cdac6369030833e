/* expat, fed from a source: bounded in depth, without entities, in any charset that a table of bytes describes. */
#include "extract_xml.h"

#include <expat.h>

#define BLOCK 65536

struct parsing {
	XML_Parser p;
	const struct extract_xml_taker *t;
	void *arg;
	const int *code;
	unsigned depth;
	const char *refused; /* why it was stopped; NULL: it was not */
};

const char *extract_xml_local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

const char *extract_xml_att(const char **atts, const char *name)
{
	for (; *atts; atts += 2)
		if (!strcmp(extract_xml_local(*atts), name))
			return atts[1];
	return NULL;
}

static void stop(struct parsing *x, const char *why)
{
	x->refused = why;
	XML_StopParser(x->p, XML_FALSE);
}

static void note_place(const struct parsing *x)
{
	if (x->t->at)
		*x->t->at = (uint64_t)XML_GetCurrentByteIndex(x->p);
}

static void start(void *arg, const char *name, const char **atts)
{
	struct parsing *x = arg;
	if (++x->depth > EXTRACT_XML_DEPTH) {
		stop(x, "its elements are nested deeper than is read");
		return;
	}
	note_place(x);
	x->t->start(x->arg, extract_xml_local(name), atts);
	if (*x->code)
		XML_StopParser(x->p, XML_FALSE);
}

static void end(void *arg, const char *name)
{
	struct parsing *x = arg;
	if (*x->code || x->refused)
		return;
	x->depth--;
	x->t->end(x->arg, extract_xml_local(name));
	if (*x->code)
		XML_StopParser(x->p, XML_FALSE);
}

static void text(void *arg, const char *s, int n)
{
	struct parsing *x = arg;
	if (*x->code || x->refused)
		return;
	note_place(x);
	x->t->text(x->arg, slice_of(s, (size_t)n));
}

static void comment(void *arg, const char *s)
{
	struct parsing *x = arg;
	if (x->t->comment && !*x->code)
		x->t->comment(x->arg, slice_str(s));
}

/* What a document declares is told once, where it is declared, and never expanded: a default handler keeps expat from that. */
static void entity(void *arg, const char *name, int parameter, const char *value, int n, const char *base, const char *system, const char *public, const char *notation)
{
	struct parsing *x = arg;
	if (value && n > 0 && x->t->comment && !*x->code) {
		char *s = strndup(value, (size_t)n);
		if (s)
			x->t->comment(x->arg, slice_str(s));
		free(s);
	}
}

static void other(void *arg, const char *s, int n)
{
}

/* Charsets of one byte a character, by what each byte is. */
static int charset(void *arg, const char *name, XML_Encoding *info)
{
	AUTO_BUF struct buf b = {0};
	struct slice s;
	size_t len;
	buf_init(&b, 64);
	for (unsigned i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i;
		buf_reset(&b);
		info->map[i] = (int)i;
		if (i < 0x80)
			continue;
		if (extract_utf8(slice_of(&byte, 1), name, &b, &s, NULL, NULL) < 0)
			return XML_STATUS_ERROR;
		uint32_t c = s.n ? utf8_get(s, &len) : 0xFFFD;
		info->map[i] = c == 0xFFFD || c > 0xFFFF || c < 0x80 ? -1 : (int)c;
	}
	info->data = NULL;
	info->convert = NULL;
	info->release = NULL;
	return XML_STATUS_OK;
}

static XML_Parser parser_new(struct parsing *x)
{
	XML_Parser p = XML_ParserCreate(NULL);
	if (!p)
		return NULL;
	XML_SetUserData(p, x);
	XML_SetElementHandler(p, start, end);
	XML_SetCharacterDataHandler(p, text);
	XML_SetCommentHandler(p, comment);
	XML_SetEntityDeclHandler(p, entity);
	XML_SetDefaultHandler(p, other);
	XML_SetUnknownEncodingHandler(p, charset, NULL);
	XML_SetParamEntityParsing(p, XML_PARAM_ENTITY_PARSING_NEVER);
	XML_UseForeignDTD(p, XML_TRUE); /* names of entities that nobody declares ("&nbsp;") are passed over */
	return p;
}

int extract_xml_parse(const struct extract_source *s, const struct extract_xml_taker *t, void *arg, const int *code, const struct extract_out *o, struct err *e)
{
	struct parsing x = {.t = t, .arg = arg, .code = code};
	int r = 0;
	x.p = parser_new(&x);
	if (!x.p)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read XML in");
	for (size_t got = 1; got && r == 0 && !*code && !x.refused;) {
		void *to = XML_GetBuffer(x.p, BLOCK);
		r = to ? s->pull(s->arg, to, BLOCK, &got, e) : err_set(e, ERR_MEMORY, NULL, "no memory to read XML in");
		if (r == 0 && s->counted)
			r = extract_count(o, got, e);
		if (r < 0)
			break;
		if (XML_ParseBuffer(x.p, (int)got, got == 0) == XML_STATUS_ERROR && !*code && !x.refused) {
			extract_tell(o, EXTRACT_BROKEN, "%s in line %lu of its XML; what came before was read", XML_ErrorString(XML_GetErrorCode(x.p)), (unsigned long)XML_GetCurrentLineNumber(x.p));
			break;
		}
	}
	if (x.refused && !*code)
		extract_tell(o, EXTRACT_LIMIT, "%s; what came before was read", x.refused);
	XML_ParserFree(x.p);
	return r < 0 ? r : *code;
}
