/* Pieces out of a stream: objects of JSON, elements of XML. What is not at its end yet waits in v->whole, which has a limit; what stands between is passed over. */
#include "evidence_internal.h"

static int too_long(struct evidence *v)
{
	return err_set(v->e, buf_code(&v->whole), v->src->name, "one value in it is longer than %zu MiB: export it in parts, one record a line", EVIDENCE_DOCUMENT_MAX >> 20);
}

/* Depth counts objects and arrays, a top array not: its elements are handed out one by one. */
int evidence_split_json(struct evidence *v, struct slice s, int (*each)(struct evidence *v, struct slice text))
{
	size_t from = 0;
	int r = 0;
	for (size_t i = 0; r == 0 && i < s.n; i++) {
		uint8_t c = s.p[i];
		v->at_line += c == '\n';
		if (v->in_string) {
			if (v->escaped)
				v->escaped = false;
			else if (c == '\\')
				v->escaped = true;
			else if (c == '"' || (c == '\n' && v->depth == 0))
				v->in_string = false;
			continue;
		}
		if (v->depth == 0) {
			if (c != '{')
				continue;
			from = i;
			v->depth = 1;
			v->record = v->at_line + 1;
		} else if (c == '"')
			v->in_string = true;
		else if (c == '{' || c == '[')
			v->depth++;
		else if ((c == '}' || c == ']') && --v->depth == 0) {
			buf_add(&v->whole, s.p + from, i + 1 - from);
			if (!buf_ok(&v->whole))
				return too_long(v);
			r = each(v, buf_slice(&v->whole));
			buf_reset(&v->whole);
		}
	}
	if (r == 0 && v->depth) {
		buf_add(&v->whole, s.p + from, s.n - from);
		if (!buf_ok(&v->whole))
			return too_long(v);
	}
	return r;
}

/* <name or <prefix:name at the front, and a byte that ends the name behind it */
static const char *opens(struct slice s, const char *const *names, bool closing, size_t *len)
{
	size_t i = closing ? 2 : 1, start = i;
	while (i < s.n && s.p[i] != '>' && s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '/') {
		if (s.p[i] == ':')
			start = i + 1;
		i++;
	}
	*len = i;
	if (i >= s.n)
		return NULL;
	for (size_t k = 0; names[k]; k++)
		if (slice_eq_str(slice_of(s.p + start, i - start), names[k]))
			return names[k];
	return NULL;
}

/* Where the tag that begins at `at` ends; 0: not yet; `at` itself: it is none, for another begins in it (XML 1.0, 2.3: no '<' in a value either), so that nothing is looked at again and again. Quotes may hold '>'. */
static size_t tag_end(struct slice s, size_t at)
{
	uint8_t quote = 0;
	for (size_t i = at; i < s.n; i++) {
		if (s.p[i] == '<' && i > at)
			return at;
		if (quote)
			quote = s.p[i] == quote ? 0 : quote;
		else if (s.p[i] == '"' || s.p[i] == '\'')
			quote = s.p[i];
		else if (s.p[i] == '>')
			return i + 1;
	}
	return 0;
}

#define TAG_MAX (1u << 16)

/* v->whole holds what is not settled yet; at is where the search goes on in it. An element of one of the names inside of another one of them is a part of that. */
int evidence_split_xml(struct evidence *v, struct slice bytes, const char *const *names, int (*each)(struct evidence *v, struct slice text))
{
	int r = 0;
	buf_add_slice(&v->whole, bytes);
	if (!buf_ok(&v->whole))
		return too_long(v);
	struct slice s = buf_slice(&v->whole);
	if (!s.p)
		return 0;
	size_t at = v->search, begun = v->begun ? 0 : SIZE_MAX, used = 0;
	while (r == 0 && at < s.n) {
		const uint8_t *lt = memchr(s.p + at, '<', s.n - at);
		if (!lt) {
			at = s.n;
			break;
		}
		at = (size_t)(lt - s.p);
		bool closing = at + 1 < s.n && s.p[at + 1] == '/';
		size_t len, end = tag_end(s, at);
		if (!end) {
			if (s.n - at < TAG_MAX)
				break; /* the rest of the tag is to come */
			at++;
			continue;
		}
		if (end == at) {
			at++;
			continue;
		}
		const char *name = opens(slice_of(s.p + at, end - at), names, closing, &len);
		if (name && !closing && begun == SIZE_MAX && s.p[end - 2] != '/') {
			begun = at;
			v->begun_name = name;
		} else if (name && !closing && begun != SIZE_MAX && !strcmp(name, v->begun_name) && s.p[end - 2] != '/') {
			/* the one before never ended */
			evidence_damaged(v);
			begun = at;
		} else if (name && closing && begun != SIZE_MAX && !strcmp(name, v->begun_name)) {
			r = each(v, slice_of(s.p + begun, end - begun));
			begun = SIZE_MAX;
			used = end;
		}
		at = end;
		if (begun == SIZE_MAX)
			used = at;
	}
	if (begun == SIZE_MAX && used < at)
		used = at;
	if (begun != SIZE_MAX)
		used = begun;
	buf_drop(&v->whole, used);
	v->search = at - used;
	v->begun = begun != SIZE_MAX;
	return r;
}
