/* The JSON writer: compact, and what it writes our own reader and every other accepts, whatever bytes go in. */
#include "base_internal.h"

void jsonw_init(struct jsonw *w, struct buf *b)
{
	*w = (struct jsonw){.b = b, .first = true};
}

void jsonw_done(const struct jsonw *w)
{
	assert(w->depth == 0 && !w->first);
}

static bool in_object(const struct jsonw *w)
{
	return w->depth > 0 && w->stack[w->depth - 1] == '{';
}

/* What stands before a value: nothing behind a key, a comma behind another element. */
static void value(struct jsonw *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	assert(!in_object(w));             /* a value in an object needs a key */
	assert(w->depth > 0 || w->first); /* one value at the top */
	if (!w->first)
		buf_u8(w->b, ',');
	w->first = false;
}

static void open_container(struct jsonw *w, uint8_t c)
{
	value(w);
	assert(w->depth < JSON_DEPTH_MAX);
	w->stack[w->depth++] = c;
	w->first = true;
	buf_u8(w->b, c);
}

static void close_container(struct jsonw *w, uint8_t open, uint8_t c)
{
	assert(w->depth > 0 && w->stack[w->depth - 1] == open && !w->after_key);
	w->depth--;
	w->first = false;
	buf_u8(w->b, c);
}

void jsonw_obj(struct jsonw *w)
{
	open_container(w, '{');
}

void jsonw_obj_end(struct jsonw *w)
{
	close_container(w, '{', '}');
}

void jsonw_arr(struct jsonw *w)
{
	open_container(w, '[');
}

void jsonw_arr_end(struct jsonw *w)
{
	close_container(w, '[', ']');
}

static void escape(struct buf *b, uint8_t c)
{
	static const char digit[] = "0123456789abcdef";
	static const char letter[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	for (size_t i = 0; i < sizeof letter - 1; i += 2)
		if ((uint8_t)letter[i] == c) {
			buf_u8(b, '\\');
			buf_u8(b, (uint8_t)letter[i + 1]);
			return;
		}
	const uint8_t u[] = {'\\', 'u', '0', '0', (uint8_t)digit[c >> 4], (uint8_t)digit[c & 15]};
	buf_add(b, u, sizeof u);
}

/* No quotes, backslashes or control characters in here; perhaps broken UTF-8. */
static void plain(struct buf *b, struct slice s)
{
	for (;;) {
		size_t n = utf8_valid_prefix(s), broken;
		buf_add(b, s.p, n);
		if (n == s.n)
			return;
		utf8_get(slice_of(s.p + n, s.n - n), &broken);
		buf_str(b, "\xef\xbf\xbd");
		s = slice_of(s.p + n + broken, s.n - n - broken);
	}
}

static void string(struct buf *b, struct slice s)
{
	const uint8_t *p = s.p, *end = s.n ? s.p + s.n : s.p; /* no arithmetic on NULL */
	buf_u8(b, '"');
	while (p != end) {
		const uint8_t *stop = json_plain_end(p, end);
		plain(b, slice_of(p, (size_t)(stop - p)));
		if (stop < end)
			escape(b, *stop++);
		p = stop;
	}
	buf_u8(b, '"');
}

void jsonw_key_slice(struct jsonw *w, struct slice key)
{
	assert(in_object(w) && !w->after_key);
	if (!w->first)
		buf_u8(w->b, ',');
	w->first = false;
	string(w->b, key);
	buf_u8(w->b, ':');
	w->after_key = true;
}

void jsonw_key(struct jsonw *w, const char *key)
{
	jsonw_key_slice(w, slice_str(key));
}

void jsonw_slice(struct jsonw *w, struct slice s)
{
	value(w);
	string(w->b, s);
}

void jsonw_str(struct jsonw *w, const char *s)
{
	jsonw_slice(w, slice_str(s));
}

static void digits(struct buf *b, uint64_t v, bool minus)
{
	uint8_t out[21], *p = out + sizeof out;
	do
		*--p = (uint8_t)('0' + v % 10);
	while (v /= 10);
	if (minus)
		*--p = '-';
	buf_add(b, p, (size_t)(out + sizeof out - p));
}

void jsonw_u64(struct jsonw *w, uint64_t v)
{
	value(w);
	digits(w->b, v, false);
}

void jsonw_i64(struct jsonw *w, int64_t v)
{
	value(w);
	digits(w->b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

void jsonw_dec(struct jsonw *w, struct slice number_as_written)
{
	if (number_as_written.n == 0 || json_number_length(number_as_written) != number_as_written.n)
		jsonw_slice(w, number_as_written);
	else
		jsonw_raw(w, number_as_written);
}

void jsonw_bool(struct jsonw *w, bool v)
{
	jsonw_raw(w, v ? SLICE("true") : SLICE("false"));
}

void jsonw_null(struct jsonw *w)
{
	jsonw_raw(w, SLICE("null"));
}

void jsonw_raw(struct jsonw *w, struct slice json)
{
	assert(json.n > 0);
	value(w);
	buf_add_slice(w->b, json);
}

void jsonw_kstr(struct jsonw *w, const char *key, const char *s)
{
	jsonw_key(w, key);
	jsonw_str(w, s);
}

void jsonw_kslice(struct jsonw *w, const char *key, struct slice s)
{
	jsonw_key(w, key);
	jsonw_slice(w, s);
}

void jsonw_kslice_opt(struct jsonw *w, const char *key, struct slice s)
{
	if (s.n)
		jsonw_kslice(w, key, s);
}

void jsonw_ku64(struct jsonw *w, const char *key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_u64(w, v);
}

void jsonw_ki64(struct jsonw *w, const char *key, int64_t v)
{
	jsonw_key(w, key);
	jsonw_i64(w, v);
}

void jsonw_kbool(struct jsonw *w, const char *key, bool v)
{
	jsonw_key(w, key);
	jsonw_bool(w, v);
}

void jsonw_ktime(struct jsonw *w, const char *key, int64_t t)
{
	char out[32];
	jsonw_kstr(w, key, time_rfc3339(t, 3, out));
}
