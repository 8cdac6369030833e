/* The JSON pull reader: RFC 8259, strictly, without recursion.
 *
 * The whole text is looked at once for valid UTF-8 before anything is read, so that afterwards only ASCII matters. Then one token a
 * call. A state says what may stand next:
 *
 *   VALUE       a value (the top one, or after a colon, or after a comma in an array)
 *   FIRST       in an array just opened: a value or ]
 *   FIRST_KEY   in an object just opened: a key or }
 *   KEY         in an object after a comma: a key
 *   AFTER       after a value in a container: a comma or its end
 *   DONE        after the top value: nothing
 *   BAD         it was said what is wrong
 */
#include "base_internal.h"

#include <stdio.h>

enum state { VALUE, FIRST, FIRST_KEY, KEY, AFTER, DONE, BAD };

static enum json_type bad_code(struct json *j, const uint8_t *where, int code, const char *text)
{
	char place[40];
	snprintf(place, sizeof place, "offset %zu", (size_t)(where - j->c.begin));
	j->code = err_set(j->e, code, place, "%s", text);
	j->state = BAD;
	j->value = SLICE_NULL;
	j->start = (size_t)(where - j->c.begin);
	return JSON_BAD;
}

static enum json_type bad(struct json *j, const uint8_t *where, const char *text)
{
	return bad_code(j, where, ERR_INPUT, text);
}

void json_init(struct json *j, struct slice text, struct arena *a, struct err *e)
{
	*j = (struct json){.c = cur_of(text), .a = a, .e = e, .state = VALUE};
	size_t valid = utf8_valid_prefix(text);
	if (valid != text.n) {
		bad(j, j->c.begin + valid, "this is not UTF-8, so it is not JSON");
		return;
	}
	if (text.n >= 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0)
		j->c.p += 3;
}

static inline void skip_blanks(struct cur *c)
{
	const uint8_t *p = c->p, *end = c->end;
	if (p < end && *p > ' ')
		return;
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
		p++;
		/* pretty-printed text is a third blanks, in runs */
		while (end - p >= 8 && word_at(p) == BYTES(' '))
			p += 8;
	}
	c->p = p;
}

/* ---- strings ---- */

static int hex4(const uint8_t *p, const uint8_t *end, uint32_t *ret)
{
	uint8_t two[2];
	if (end - p < 4 || hex_get(two, 2, slice_of(p, 4)))
		return ERR_INPUT;
	*ret = (uint32_t)two[0] << 8 | two[1];
	return 0;
}

/* The escape at p (behind its backslash): writes its character at *to, returns where it ends, or NULL with the reason. */
static const uint8_t *unescape_unicode(const uint8_t *p, const uint8_t *end, uint8_t **to, const char **why)
{
	uint32_t cp, low;
	*why = "four hexadecimal digits must follow \\u";
	if (hex4(p, end, &cp))
		return NULL;
	p += 4;
	*why = "a surrogate stands alone: a \\ud800..\\udbff must be followed by a \\udc00..\\udfff, and only there may one stand";
	if (cp >= 0xdc00 && cp <= 0xdfff)
		return NULL;
	if (cp >= 0xd800 && cp <= 0xdbff) {
		if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || hex4(p + 2, end, &low) || low < 0xdc00 || low > 0xdfff)
			return NULL;
		cp = 0x10000 + ((cp - 0xd800) << 10 | (low - 0xdc00));
		p += 6;
	}
	*to += utf8_put(cp, *to);
	return p;
}

static const uint8_t *unescape(const uint8_t *p, const uint8_t *end, uint8_t **to, const char **why)
{
	uint8_t c = *p++; /* there is one: the caller has seen the closing quote behind it */
	switch (c) {
	case '"':
	case '\\':
	case '/': break;
	case 'b': c = '\b'; break;
	case 'f': c = '\f'; break;
	case 'n': c = '\n'; break;
	case 'r': c = '\r'; break;
	case 't': c = '\t'; break;
	case 'u': return unescape_unicode(p, end, to, why);
	default: *why = "there is no such escape in JSON"; return NULL;
	}
	*(*to)++ = c;
	return p;
}

/* The closing quote of the string whose content begins at p; NULL with the error set. */
static const uint8_t *find_quote(struct json *j, const uint8_t *open, const uint8_t *p)
{
	for (;;) {
		p = json_plain_end(p, j->c.end);
		if (p == j->c.end || (*p == '\\' && j->c.end - p < 2)) {
			bad(j, open, "the string that begins here does not end");
			return NULL;
		}
		if (*p == '"')
			return p;
		if (*p < 0x20) {
			bad(j, p, "a control character in a string must be written as an escape");
			return NULL;
		}
		p += 2;
	}
}

/* An unescaped string is never longer than its escaped form. */
static bool string_with_escapes(struct json *j, const uint8_t *open, const uint8_t *p)
{
	const uint8_t *begin = open + 1, *quote = find_quote(j, open, p), *why_at;
	const char *why = NULL;
	if (!quote)
		return false;
	uint8_t *out = arena_raw(j->a, (size_t)(quote - begin)), *to = out;
	if (!out) {
		bad_code(j, open, arena_code(j->a), "there is no room for the text of this string");
		return false;
	}
	for (const uint8_t *from = begin; from < quote;) {
		const uint8_t *stop = json_plain_end(from, quote);
		memcpy(to, from, (size_t)(stop - from));
		to += stop - from;
		if (stop == quote)
			break;
		why_at = stop;
		from = unescape(stop + 1, quote, &to, &why);
		if (!from) {
			bad(j, why_at, why);
			return false;
		}
	}
	j->value = slice_of(out, (size_t)(to - out));
	j->c.p = quote + 1;
	return true;
}

/* At the opening quote. */
static inline bool string(struct json *j)
{
	const uint8_t *open = j->c.p, *stop = json_plain_end(open + 1, j->c.end);
	if (__builtin_expect(stop == j->c.end || *stop != '"', 0))
		return string_with_escapes(j, open, stop);
	j->value = slice_of(open + 1, (size_t)(stop - open - 1));
	j->c.p = stop + 1;
	return true;
}

/* ---- numbers and words ---- */

static const uint8_t *digits(const uint8_t *p, const uint8_t *end)
{
	while (p < end && *p - (unsigned)'0' <= 9)
		p++;
	return p;
}

/* RFC 8259 section 6: [minus] int [frac] [exp], no leading zeros. */
size_t json_number_length(struct slice s)
{
	const uint8_t *p = s.p, *end = s.p + s.n, *from;
	p += p < end && *p == '-';
	from = p;
	p = digits(p, end);
	if (p == from || (*from == '0' && p - from > 1))
		return 0;
	if (p < end && *p == '.') {
		from = ++p;
		p = digits(p, end);
		if (p == from)
			return 0;
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		p += p < end && (*p == '+' || *p == '-');
		from = p;
		p = digits(p, end);
		if (p == from)
			return 0;
	}
	return (size_t)(p - s.p);
}

static enum json_type after_value(struct json *j, enum json_type t)
{
	j->state = j->depth ? AFTER : DONE;
	return t;
}

static enum json_type number(struct json *j)
{
	size_t n = json_number_length(slice_of(j->c.p, cur_left(&j->c)));
	if (n == 0)
		return bad(j, j->c.p, "this is not a number as JSON writes them");
	j->value = cur_take(&j->c, n);
	return after_value(j, JSON_NUM);
}

static enum json_type word(struct json *j, const char *text, enum json_type t)
{
	struct slice rest = slice_of(j->c.p, cur_left(&j->c));
	if (!slice_starts(rest, text))
		return bad(j, j->c.p, "a value was expected here");
	j->c.p += strlen(text);
	return after_value(j, t);
}

/* ---- containers ---- */

static enum json_type open_container(struct json *j, enum json_type t)
{
	if (j->depth == JSON_DEPTH_MAX)
		return bad_code(j, j->c.p, ERR_LIMIT, "this is nested too deeply");
	j->c.p++;
	j->stack[j->depth++] = (uint8_t)t;
	j->state = t == JSON_OBJ ? FIRST_KEY : FIRST;
	return t;
}

static enum json_type close_container(struct json *j)
{
	j->c.p++;
	enum json_type t = j->stack[--j->depth] == JSON_OBJ ? JSON_OBJ_END : JSON_ARR_END;
	return after_value(j, t);
}

static enum json_type value(struct json *j)
{
	if (j->c.p == j->c.end)
		return bad(j, j->c.p, "the text ends where a value was expected");
	switch (*j->c.p) {
	case '"': return string(j) ? after_value(j, JSON_STR) : JSON_BAD;
	case '{': return open_container(j, JSON_OBJ);
	case '[': return open_container(j, JSON_ARR);
	case 't': return word(j, "true", JSON_TRUE);
	case 'f': return word(j, "false", JSON_FALSE);
	case 'n': return word(j, "null", JSON_NULL);
	case '-':
	case '0' ... '9': return number(j);
	default: return bad(j, j->c.p, "a value was expected here");
	}
}

static enum json_type key(struct json *j)
{
	if (j->c.p == j->c.end || *j->c.p != '"')
		return bad(j, j->c.p, "a name in double quotes was expected here");
	if (!string(j))
		return JSON_BAD;
	skip_blanks(&j->c);
	if (j->c.p == j->c.end || *j->c.p != ':')
		return bad(j, j->c.p, "a colon was expected here");
	j->c.p++;
	j->state = VALUE;
	return JSON_KEY;
}

/* In a container, behind a value. */
static enum json_type after(struct json *j)
{
	bool object = j->stack[j->depth - 1] == JSON_OBJ;
	if (j->c.p == j->c.end)
		return bad(j, j->c.p, object ? "the text ends inside an object" : "the text ends inside an array");
	if (*j->c.p == (object ? '}' : ']'))
		return close_container(j);
	if (*j->c.p != ',')
		return bad(j, j->c.p, object ? "a comma or } was expected here" : "a comma or ] was expected here");
	j->c.p++;
	skip_blanks(&j->c);
	j->start = cur_offset(&j->c);
	return object ? key(j) : value(j);
}

enum json_type json_next(struct json *j)
{
	if (__builtin_expect(j->state == BAD, 0))
		return JSON_BAD;
	skip_blanks(&j->c);
	j->start = cur_offset(&j->c);
	switch ((enum state)j->state) {
	case AFTER: return after(j);
	case VALUE: return value(j);
	case FIRST: return cur_left(&j->c) && *j->c.p == ']' ? close_container(j) : value(j);
	case FIRST_KEY: return cur_left(&j->c) && *j->c.p == '}' ? close_container(j) : key(j);
	case KEY: return key(j);
	case DONE: return cur_left(&j->c) ? bad(j, j->c.p, "something stands behind the end of the JSON text") : JSON_END;
	case BAD: break;
	}
	return JSON_BAD;
}

int json_skip(struct json *j, enum json_type t)
{
	if (t == JSON_KEY)
		t = json_next(j);
	if (t == JSON_OBJ || t == JSON_ARR)
		for (int outside = j->depth - 1; j->depth > outside;)
			if (json_next(j) == JSON_BAD)
				return j->code;
	return t == JSON_BAD ? j->code : 0;
}
