/* An XML text as a tree. What may be in it, and how much of it, is in ecg_xml.h. */
#include "ecg_xml.h"

#include <expat.h>
#include <stdio.h>

struct reader {
	XML_Parser p;
	struct ecg *g;
	struct err *e;
	int code;
	struct xml_node *open[XML_DEPTH_MAX], *last[XML_DEPTH_MAX]; /* the path to where we are, and the last child of each */
	size_t text_at[XML_DEPTH_MAX];                              /* where the text of each begins in `text` */
	unsigned depth;
	uint32_t nodes;
	struct xml_node *root;
	struct buf text; /* of all open elements, one after the other: a child's is gone before its parent's goes on */
	const char *name[64]; /* names seen, by hash: files have a few dozen different ones */
	bool skipped, foreign, cut;
};

static void stop(struct reader *r, int code)
{
	if (r->code == 0)
		r->code = code;
	XML_StopParser(r->p, XML_FALSE);
}

static void no_room(struct reader *r)
{
	stop(r, err_set(r->e, arena_code(r->g->a) ? arena_code(r->g->a) : ERR_MEMORY, NULL, "there is no room for all that is in it"));
}

static const char *place(XML_Parser p, char out[48])
{
	snprintf(out, 48, "line %lu", (unsigned long)XML_GetCurrentLineNumber(p));
	return out;
}

static void refuse(struct reader *r, int code, const char *why)
{
	char where[48];
	stop(r, err_set(r->e, code, place(r->p, where), "%s", why));
}

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

/* One copy of a name serves all elements of it. */
static const char *intern(struct reader *r, const char *name)
{
	uint32_t h = UINT32_C(0x811C9DC5);
	size_t n = 0;
	for (; name[n] && n < XML_NAME_MAX; n++)
		h = (h ^ (uint8_t)name[n]) * UINT32_C(0x01000193);
	if (n == XML_NAME_MAX) {
		refuse(r, ERR_LIMIT, "a name is longer than is read here");
		return "";
	}
	const char **slot = &r->name[(h ^ h >> 16) % ARRAY_LEN(r->name)];
	if (*slot && !strcmp(*slot, name))
		return *slot;
	char *copy = arena_strdup(r->g->a, slice_of(name, n));
	if (!copy) {
		no_room(r);
		return "";
	}
	return *slot = copy;
}

static void attributes(struct reader *r, struct xml_node *n, const XML_Char **attr)
{
	struct xml_attr **at = &n->attr;
	for (unsigned i = 0; attr[0] && r->code == 0; attr += 2) {
		if (!strncmp(attr[0], "xmlns", 5) && (!attr[0][5] || attr[0][5] == ':'))
			continue;
		if (i++ == XML_ATTRS_MAX) {
			refuse(r, ERR_LIMIT, "an element has more attributes than are read here");
			return;
		}
		struct xml_attr *a = arena_alloc(r->g->a, sizeof *a);
		if (!a) {
			no_room(r);
			return;
		}
		a->name = intern(r, local(attr[0]));
		struct slice v = slice_trim(slice_str(attr[1]));
		if (v.n) {
			a->value = arena_dup(r->g->a, v);
			if (!a->value.p)
				no_room(r);
		}
		*at = a;
		at = &a->next;
	}
}

static void begin(void *arg, const XML_Char *name, const XML_Char **attr)
{
	struct reader *r = arg;
	if (r->code)
		return;
	if (r->depth == XML_DEPTH_MAX || r->nodes == XML_NODES_MAX) {
		refuse(r, ERR_LIMIT, r->depth == XML_DEPTH_MAX ? "elements lie deeper in each other than is read here" : "more elements than are read here");
		return;
	}
	struct xml_node *n = arena_alloc(r->g->a, sizeof *n);
	if (!n) {
		no_room(r);
		return;
	}
	n->name = intern(r, local(name));
	n->line = (uint32_t)XML_GetCurrentLineNumber(r->p);
	attributes(r, n, attr);
	unsigned d = r->depth++;
	r->nodes++;
	r->open[d] = n;
	r->last[d] = NULL;
	r->text_at[d] = r->text.n;
	if (d == 0) {
		r->root = n;
		return;
	}
	if (r->last[d - 1])
		r->last[d - 1]->next = n;
	else
		r->open[d - 1]->child = n;
	r->last[d - 1] = n;
}

static void text(void *arg, const XML_Char *s, int n)
{
	struct reader *r = arg;
	if (r->code == 0 && r->depth) {
		buf_add(&r->text, s, (size_t)n);
		if (!buf_ok(&r->text))
			stop(r, err_set(r->e, buf_code(&r->text), NULL, "there is no room for all that is in it"));
	}
}

static void end(void *arg, const XML_Char *name)
{
	struct reader *r = arg;
	if (r->code)
		return;
	unsigned d = --r->depth;
	struct slice s = SLICE_NULL;
	if (r->text.n > r->text_at[d]) /* else there may be no memory to point into */
		s = slice_trim(slice_of(r->text.p + r->text_at[d], r->text.n - r->text_at[d]));
	if (s.n) {
		r->open[d]->text = arena_dup(r->g->a, s);
		if (!r->open[d]->text.p)
			no_room(r);
	}
	r->text.n = r->text_at[d];
}

static void doctype(void *arg, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int internal)
{
	struct reader *r = arg;
	if (internal && r->code == 0)
		refuse(r, ERR_INPUT, "its document type has declarations of its own: entities and defaults are not read here");
}

static void skipped(void *arg, const XML_Char *name, int parameter)
{
	((struct reader *)arg)->skipped = true;
}

/* What windows-1252 has where Latin-1 has controls; 0: nothing. */
static const uint16_t cp1252[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
	0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178};

static int unknown_encoding(void *arg, const XML_Char *name, XML_Encoding *info)
{
	static const struct {
		uint8_t at;
		uint16_t is;
	} latin9[] = {{0xA4, 0x20AC}, {0xA6, 0x0160}, {0xA8, 0x0161}, {0xB4, 0x017D}, {0xB8, 0x017E}, {0xBC, 0x0152}, {0xBD, 0x0153}, {0xBE, 0x0178}};
	struct reader *r = arg;
	struct slice s = slice_str(name);
	bool windows = slice_eq_nocase(s, "windows-1252") || slice_eq_nocase(s, "cp1252") || slice_eq_nocase(s, "ansi");
	bool nine = slice_eq_nocase(s, "ISO-8859-15") || slice_eq_nocase(s, "latin9");
	for (int i = 0; i < 256; i++)
		info->map[i] = i;
	for (size_t i = 0; windows && i < ARRAY_LEN(cp1252); i++)
		if (cp1252[i])
			info->map[0x80 + i] = cp1252[i];
	for (size_t i = 0; nine && i < ARRAY_LEN(latin9); i++)
		info->map[latin9[i].at] = latin9[i].is;
	r->foreign = !windows && !nine;
	info->data = NULL;
	info->convert = NULL;
	info->release = NULL;
	return XML_STATUS_OK;
}

/* One run of expat over the text; encoding NULL: what it declares. Returns expat's error, 0 done; -1: refused by us, r->code is set. */
static int run(struct reader *r, struct slice file, const char *encoding)
{
	r->depth = 0;
	r->nodes = 0;
	r->root = NULL;
	r->skipped = r->foreign = r->cut = false;
	memset(r->name, 0, sizeof r->name);
	buf_reset(&r->text);
	r->p = XML_ParserCreate(encoding);
	if (!r->p) {
		r->code = err_set(r->e, ERR_MEMORY, NULL, "no memory");
		return -1;
	}
	XML_SetUserData(r->p, r);
	XML_SetElementHandler(r->p, begin, end);
	XML_SetCharacterDataHandler(r->p, text);
	XML_SetStartDoctypeDeclHandler(r->p, doctype);
	XML_SetSkippedEntityHandler(r->p, skipped);
	XML_SetUnknownEncodingHandler(r->p, unknown_encoding, r);
	int bad = 0;
	if (XML_Parse(r->p, (const char *)file.p, (int)file.n, 1) != XML_STATUS_OK) {
		char where[48];
		bad = r->code ? -1 : (int)XML_GetErrorCode(r->p);
		if (bad == XML_ERROR_NO_MEMORY) {
			r->code = err_set(r->e, ERR_MEMORY, NULL, "no memory");
			bad = -1;
		} else if (r->depth && (bad == XML_ERROR_NO_ELEMENTS || bad == XML_ERROR_UNCLOSED_TOKEN || bad == XML_ERROR_PARTIAL_CHAR || bad == XML_ERROR_UNCLOSED_CDATA_SECTION)) {
			/* a transfer that broke off: elements that are whole stay, what was open has no text */
			r->cut = true;
			bad = 0;
		} else if (bad > 0)
			err_set(r->e, ERR_INPUT, place(r->p, where), "this is no XML: %s", XML_ErrorString((enum XML_Error)bad));
	}
	XML_ParserFree(r->p);
	return bad;
}

/* What the bytes are, whatever they declare. */
static const char *looks_like(struct slice f)
{
	if (f.n >= 2 && ((f.p[0] == 0xff && f.p[1] == 0xfe) || (f.p[0] == 0xfe && f.p[1] == 0xff) || !f.p[0] || !f.p[1]))
		return "UTF-16";
	return utf8_valid(f) ? "UTF-8" : "ISO-8859-1";
}

int xml_read(struct ecg *g, struct slice file, const struct xml_node **ret, struct err *e)
{
	AUTO_BUF struct buf text_buf = {0};
	struct reader r = {.g = g, .e = e};
	if (file.n > XML_BYTES_MAX)
		return err_set(e, ERR_LIMIT, NULL, "it is longer than an XML file that is read here");
	while (file.n && (file.p[0] == ' ' || file.p[0] == '\n' || file.p[0] == '\r' || file.p[0] == '\t'))
		file = slice_of(file.p + 1, file.n - 1); /* blank lines before the declaration: not well-formed, and met */
	buf_init(&r.text, 4 * XML_BYTES_MAX);
	int bad = run(&r, file, NULL);
	bool again = bad == XML_ERROR_INVALID_TOKEN || bad == XML_ERROR_INCORRECT_ENCODING || bad == XML_ERROR_UNKNOWN_ENCODING || bad == XML_ERROR_PARTIAL_CHAR;
	if (again && (bad != XML_ERROR_INVALID_TOKEN || !utf8_valid(file))) {
		const char *is = looks_like(file);
		bad = run(&r, file, is);
		if (bad == 0 && e)
			*e = (struct err){0};
		if (bad == 0)
			ecg_warn(g, "its text is not in the encoding that it declares: read as %s", is);
	}
	text_buf = r.text; /* NOLINT(clang-analyzer-deadcode.DeadStores): freed at the end, whatever happens */
	if (bad)
		return r.code ? r.code : ERR_INPUT;
	if (r.skipped)
		ecg_warn(g, "references to entities that it does not define were left out");
	if (r.cut)
		ecg_warn(g, "the file ends in the middle: what is whole before that was read");
	if (r.foreign)
		ecg_warn(g, "its encoding is not known here: letters beyond ASCII may be wrong");
	*ret = r.root;
	return 0;
}

/* ---- the root's name, for telling formats apart ---- */

struct peek { /* characters of the first bytes, whatever their width; those beyond ASCII are 0x7f */
	struct slice s;
	size_t at;
	unsigned width, low; /* bytes a character, and which of them has the ASCII */
};

static int peek_get(struct peek *k)
{
	if (k->at + k->width > k->s.n)
		return -1;
	uint8_t c = k->s.p[k->at + k->low];
	if (k->width == 2 && k->s.p[k->at + 1 - k->low])
		c = 0x7f;
	k->at += k->width;
	return c < 0x80 ? c : 0x7f;
}

/* Past the end of a comment ("-->") or an instruction ("?>"): so many of a mark, or more, then the bracket. */
static bool peek_past(struct peek *k, int mark, unsigned n)
{
	unsigned run = 0;
	for (int c; (c = peek_get(k)) >= 0; run = c == mark ? run + 1 : 0)
		if (c == '>' && run >= n)
			return true;
	return false;
}

static bool name_char(int c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-' || c == '.' || c == ':' || c == 0x7f;
}

static bool doctype_over(struct peek *k)
{
	int c, inside = 0;
	while ((c = peek_get(k)) >= 0 && (c != '>' || inside))
		inside = c == '[' ? 1 : c == ']' ? 0 : inside;
	return c >= 0;
}

void xml_root(struct slice file, char out[XML_NAME_MAX])
{
	struct peek k = {.s = slice_of(file.p, file.n < 65536 ? file.n : 65536), .width = 1};
	const uint8_t *p = file.p;
	out[0] = 0;
	if (file.n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		k.at = 3;
	else if (file.n >= 4 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == '<' && !p[1])))
		k.width = 2, k.low = 0, k.at = p[0] == 0xff ? 2 : 0;
	else if (file.n >= 4 && ((p[0] == 0xfe && p[1] == 0xff) || (!p[0] && p[1] == '<')))
		k.width = 2, k.low = 1, k.at = p[0] == 0xfe ? 2 : 0;
	for (;;) {
		int c = peek_get(&k);
		while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
			c = peek_get(&k);
		if (c != '<')
			return;
		size_t back = k.at;
		c = peek_get(&k);
		if (c == '?') {
			if (!peek_past(&k, '?', 1))
				return;
		} else if (c == '!') {
			if (peek_get(&k) == '-' ? !peek_past(&k, '-', 2) : !doctype_over(&k))
				return;
		} else {
			k.at = back;
			break;
		}
	}
	size_t n = 0;
	for (int c = peek_get(&k); name_char(c) && n < XML_NAME_MAX - 1; c = peek_get(&k)) {
		out[n++] = (char)c;
		if (c == ':')
			n = 0;
	}
	out[n] = 0;
}

/* ---- looking around in it ---- */

const struct xml_node *xml_child(const struct xml_node *n, const char *name)
{
	for (n = n ? n->child : NULL; n; n = n->next)
		if (!strcmp(n->name, name))
			return n;
	return NULL;
}

const struct xml_node *xml_next(const struct xml_node *n)
{
	for (const struct xml_node *k = n ? n->next : NULL; k; k = k->next)
		if (!strcmp(k->name, n->name))
			return k;
	return NULL;
}

const struct xml_node *xml_path(const struct xml_node *n, const char *slashed)
{
	char step[XML_NAME_MAX];
	while (n && *slashed) {
		size_t k = strcspn(slashed, "/");
		assert(k && k < sizeof step);
		memcpy(step, slashed, k);
		step[k] = 0;
		n = xml_child(n, step);
		slashed += k + (slashed[k] == '/');
	}
	return n;
}

struct slice xml_attr(const struct xml_node *n, const char *name)
{
	for (const struct xml_attr *a = n ? n->attr : NULL; a; a = a->next)
		if (!strcmp(a->name, name))
			return a->value;
	return SLICE_NULL;
}

struct slice xml_text(const struct xml_node *n, const char *slashed)
{
	n = xml_path(n, slashed);
	return n ? n->text : SLICE_NULL;
}

bool xml_number(const struct xml_node *n, const char *slashed, double *ret)
{
	return ecg_number(xml_text(n, slashed), ret);
}

int16_t *xml_samples(struct ecg *g, struct slice base64, struct slice *ret_bytes, size_t *ret_n, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, XML_BYTES_MAX);
	int r = base64_get_loose(&b, base64);
	if (r < 0) {
		err_set(e, r, NULL, r == ERR_INPUT ? "samples that are no base64" : "no room for the samples");
		return NULL;
	}
	/* one byte more, so that nothing at all is not taken for a failure */
	uint8_t *p = arena_alloc(g->a, b.n + 2);
	if (!p) {
		err_set(e, arena_code(g->a), NULL, "no room for the samples");
		return NULL;
	}
	if (b.n)
		memcpy(p, b.p, b.n);
	*ret_bytes = slice_of(p, b.n);
	*ret_n = b.n / 2;
	int16_t *s = arena_array(g->a, *ret_n + 1, sizeof *s);
	if (!s) {
		err_set(e, arena_code(g->a), NULL, "no room for the samples");
		return NULL;
	}
	for (size_t i = 0; i < *ret_n; i++)
		s[i] = (int16_t)(p[2 * i] | p[2 * i + 1] << 8);
	return s;
}
