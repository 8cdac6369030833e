/* Reader of ListObjectVersions' answers (Amazon S3 API reference; Ceph RGW answers alike). Pure. expat, with document types refused, so that there are no entities; names and numbers are the server's word, and
 * nothing more. What is longer than it may be makes the answer bad. */
#include "vault_store.h"

#include <expat.h>
#include <stdio.h>

#define DEPTH_MAX 64
#define TEXT_MAX 4096

struct listing {
	XML_Parser p;
	vault_listing_fn *fn;
	void *arg;
	struct vault_listing_more *more;
	struct err *e;
	int code;
	int depth;
	bool in_item, deleted, has_size, encoded;
	char text[TEXT_MAX];
	size_t text_n;
	bool text_long;
	char key[1024 * 3 + 1]; /* as it stands, maybe percent-encoded */
	char next_key[1024 * 3 + 1];
	bool truncated;
	struct vault_object o;
};

static void stop(struct listing *l, int code)
{
	if (l->code == 0)
		l->code = code;
	XML_StopParser(l->p, XML_FALSE);
}

static void bad(struct listing *l, const char *what)
{
	if (l->code == 0)
		stop(l, err_set(l->e, ERR_INPUT, "listing", "%s", what));
}

/* expat gives "namespace|name" or "name"; we do not ask for namespaces, so a prefix stands before a colon. */
static const char *local(const XML_Char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

static void begin(void *arg, const XML_Char *name, const XML_Char **attr)
{
	struct listing *l = arg;
	const char *n = local(name);
	if (++l->depth > DEPTH_MAX) {
		bad(l, "too many levels");
		return;
	}
	l->text_n = 0;
	l->text_long = false;
	if (l->depth == 2 && (!strcmp(n, "Version") || !strcmp(n, "DeleteMarker"))) {
		l->in_item = true;
		l->deleted = n[0] == 'D';
		l->has_size = false;
		l->key[0] = 0;
		memset(&l->o, 0, sizeof l->o);
	}
}

static void text(void *arg, const XML_Char *s, int n)
{
	struct listing *l = arg;
	if ((size_t)n > sizeof l->text - 1 - l->text_n) {
		l->text_long = true;
		return;
	}
	memcpy(l->text + l->text_n, s, (size_t)n);
	l->text_n += (size_t)n;
}

static void keep(struct listing *l, char *out, size_t size)
{
	if (l->text_long || l->text_n >= size) {
		bad(l, "a name is too long");
		return;
	}
	memcpy(out, l->text, l->text_n);
	out[l->text_n] = 0;
}

/* "&quot;d41d...&quot;": the MD5 of what was put in one piece; of others it is something else, with a hyphen. */
static void etag(struct listing *l)
{
	struct slice t = slice_of(l->text, l->text_n);
	while (t.n && t.p[0] == '"')
		t = slice_of(t.p + 1, t.n - 1);
	while (t.n && t.p[t.n - 1] == '"')
		t.n--;
	l->o.has_md5 = hex_get(l->o.md5, sizeof l->o.md5, t) == 0;
}

static void item_part(struct listing *l, const char *n)
{
	struct slice t = slice_of(l->text, l->text_n);
	if (!strcmp(n, "Key")) {
		keep(l, l->key, sizeof l->key);
	} else if (!strcmp(n, "VersionId")) {
		keep(l, l->o.version, sizeof l->o.version);
	} else if (!strcmp(n, "IsLatest")) {
		l->o.latest = slice_eq_str(t, "true");
	} else if (!strcmp(n, "Size")) {
		l->has_size = num_u64(t, 0, INT64_MAX, &l->o.size) == 0;
		if (!l->has_size)
			bad(l, "a size is no number");
	} else if (!strcmp(n, "ETag")) {
		etag(l);
	} else if (!strcmp(n, "LastModified") && time_parse(t, 0, &l->o.time) < 0) {
		l->o.time = 0;
	}
}

static bool decode(const char *in, char *out, size_t size, bool encoded)
{
	size_t n = 0;
	for (; *in; in++) {
		uint8_t c = (uint8_t)*in;
		if (encoded && c == '+')
			c = ' ';
		else if (encoded && c == '%') {
			if (hex_get(&c, 1, slice_of(in + 1, strnlen(in + 1, 2))) < 0)
				return false;
			in += 2;
		}
		if (n + 1 >= size)
			return false;
		out[n++] = (char)c;
	}
	out[n] = 0;
	return true;
}

static void end_item(struct listing *l)
{
	char key[1024 + 1];
	l->in_item = false;
	if (!l->deleted && !l->has_size)
		bad(l, "an object without a size");
	else if (!l->key[0] || !decode(l->key, key, sizeof key, l->encoded))
		bad(l, "an object's name is missing or broken");
	else if (l->code == 0) {
		int r = l->fn(l->arg, slice_str(key), l->deleted, &l->o, l->e);
		if (r < 0)
			stop(l, r);
	}
}

static void end(void *arg, const XML_Char *name)
{
	struct listing *l = arg;
	const char *n = local(name);
	if (l->in_item && l->depth == 3)
		item_part(l, n);
	else if (l->in_item && l->depth == 2)
		end_item(l);
	else if (l->depth == 2 && !strcmp(n, "IsTruncated"))
		l->truncated = slice_eq_str(slice_of(l->text, l->text_n), "true");
	else if (l->depth == 2 && !strcmp(n, "NextKeyMarker"))
		keep(l, l->next_key, sizeof l->next_key);
	else if (l->depth == 2 && !strcmp(n, "NextVersionIdMarker"))
		keep(l, l->more->version, sizeof l->more->version);
	else if (l->depth == 2 && !strcmp(n, "EncodingType"))
		l->encoded = slice_eq_str(slice_of(l->text, l->text_n), "url");
	l->depth--;
	l->text_n = 0;
}

static void doctype(void *arg, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int internal)
{
	bad(arg, "it has a document type");
}

int vault_listing_read(struct slice xml, vault_listing_fn *fn, void *arg, struct vault_listing_more *ret, struct err *e)
{
	struct vault_listing_more more = {0};
	struct listing l = {.fn = fn, .arg = arg, .more = &more, .e = e, .encoded = true}; /* we always ask for encoded names */
	if (xml.n > VAULT_LISTING_MAX)
		return err_set(e, ERR_LIMIT, "listing", "it is longer than an answer may be");
	if (!(l.p = XML_ParserCreate("UTF-8")))
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	XML_SetUserData(l.p, &l);
	XML_SetElementHandler(l.p, begin, end);
	XML_SetCharacterDataHandler(l.p, text);
	XML_SetStartDoctypeDeclHandler(l.p, doctype);
	if (XML_Parse(l.p, (const char *)xml.p, (int)xml.n, 1) != XML_STATUS_OK && l.code == 0)
		l.code = err_set(e, ERR_INPUT, "listing", "it is no XML: %s", XML_ErrorString(XML_GetErrorCode(l.p)));
	XML_ParserFree(l.p);
	more.truncated = l.truncated;
	if (l.code == 0 && !decode(l.next_key, more.key, sizeof more.key, l.encoded))
		l.code = err_set(e, ERR_INPUT, "listing", "where to go on is broken");
	if (l.code == 0 && more.truncated && !more.key[0])
		l.code = err_set(e, ERR_INPUT, "listing", "there is more, but not where");
	if (l.code == 0)
		*ret = more;
	return l.code;
}

/* A handful of plain elements: what stands between <Code> and </Code>. */
bool vault_listing_error(struct slice xml, char code[64])
{
	for (size_t i = 0; i + 6 <= xml.n; i++) {
		if (memcmp(xml.p + i, "<Code>", 6))
			continue;
		struct slice rest, word = slice_cut(slice_of(xml.p + i + 6, xml.n - i - 6), '<', &rest);
		bool ok = word.n > 0 && word.n < 64;
		for (size_t k = 0; ok && k < word.n; k++)
			ok = (word.p[k] >= 'A' && word.p[k] <= 'Z') || (word.p[k] >= 'a' && word.p[k] <= 'z') || (word.p[k] >= '0' && word.p[k] <= '9');
		if (!ok)
			return false;
		memcpy(code, word.p, word.n);
		code[word.n] = 0;
		return true;
	}
	return false;
}
