/* Bytes that come in order, however many: what is text is read in windows that end where a record ends, so that a file of a hundred GB needs no more memory than one of a hundred MB. Files are read and not mapped: one that shrinks under the
 * reader is a short file, and no fault. */
#include "extract_internal.h"

#include "csv.h"

#define WINDOW     ((size_t)64 << 20)
#define WINDOW_MAX ((size_t)1 << 30)  /* one record, and what has to be whole in memory, where it is ours */
#define WHOLE_MAX  ((size_t)256 << 20) /* the same in the child */

/* Adds up to n in all. 0: there is more; 1: that was the end; below 0: it broke off, and was told. */
static int fill(const struct extract_source *s, const struct extract_out *o, struct buf *b, size_t n, struct err *e)
{
	while (b->n < n) {
		size_t want = n - b->n < (size_t)1 << 20 ? n - b->n : (size_t)1 << 20, got = 0;
		uint8_t *to = buf_space(b, want);
		if (!to)
			return err_set(e, buf_code(b), NULL, "no memory for a file's bytes");
		int r = s->pull(s->arg, to, want, &got, e);
		if (r < 0)
			return r;
		if (got == 0)
			return 1;
		buf_commit(b, got);
		r = s->counted ? extract_count(o, got, e) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- where a window may end: behind it a record begins. 0: nowhere ---- */

static size_t last_line(struct slice s, const char *before, const char *begins) /* the last line that begins so, behind a line that ends so */
{
	size_t nb = strlen(begins), ne = strlen(before);
	for (size_t i = s.n; i-- > 1;) {
		if ((s.p[i - 1] != '\n' && s.p[i - 1] != '\r') || s.n - i < nb + 1 || memcmp(s.p + i, begins, nb))
			continue;
		size_t k = i;
		while (k && (s.p[k - 1] == '\n' || s.p[k - 1] == '\r'))
			k--;
		if (k >= ne && memcmp(s.p + k - ne, before, ne) == 0)
			return i;
	}
	return 0;
}

static size_t last_row(struct slice s)
{
	bool quoted = false;
	size_t at = 0;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '\n' && !quoted)
			at = i + 1;
	if (!at) { /* a quote that is never closed */
		const uint8_t *p = memrchr(s.p, '\n', s.n);
		at = p ? (size_t)(p - s.p) + 1 : 0;
	}
	return at;
}

static size_t last_segment(struct slice s, const char *id, uint8_t field, uint8_t end)
{
	size_t n = strlen(id);
	for (size_t i = s.n; i-- > 1;) {
		if (s.n - i < n + 1 || s.p[i] != (uint8_t)id[0] || memcmp(s.p + i, id, n) || s.p[i + n] != field)
			continue;
		size_t k = i;
		while (k && (s.p[k - 1] == '\n' || s.p[k - 1] == '\r' || s.p[k - 1] == ' '))
			k--;
		if (k && s.p[k - 1] == end)
			return i;
	}
	return 0;
}

static size_t last_text(struct slice s, size_t unit, bool big)
{
	for (size_t i = s.n - s.n % unit; i >= unit; i -= unit) {
		const uint8_t *p = s.p + i - unit;
		bool line = unit == 1 ? p[0] == '\n' : p[big ? unit - 1 : 0] == '\n' && p[big ? unit - 2 : 1] == 0;
		if (line)
			return i;
	}
	for (size_t i = s.n; unit == 1 && i > s.n / 2; i--)
		if (s.p[i - 1] == ' ')
			return i;
	return s.n < WINDOW_MAX ? 0 : s.n - s.n % 4;
}

struct cutter {
	int type;
	const char *charset;
	size_t unit;
	bool big;
	struct buf again; /* what each further window begins with: a list's header, an interchange's first segments */
};

static size_t cut(const struct cutter *c, struct slice s, struct slice first)
{
	size_t at;
	if (c->unit > 1)
		return last_text(s, c->unit, c->big);
	switch (c->type) {
	case CONTENT_CSV: return last_row(s);
	case CONTENT_HL7V2:
		at = last_line(s, "", "MSH");
		return at ? at : last_line(s, "", "\vMSH");
	case CONTENT_JSON: return last_line(s, "}", "{");
	case CONTENT_MAIL: return last_line(s, "", "From ");
	case CONTENT_X12:
		at = last_segment(s, "ISA", first.p[3], first.p[105]);
		return at ? at : last_segment(s, "ST", first.p[3], first.p[105]);
	default: return last_text(s, 1, false);
	}
}

/* A list's header where it has one that is recognised; an interchange's ISA and GS. */
static void note_first(struct cutter *c, struct slice s)
{
	if (c->unit > 1)
		return;
	if (c->type == CONTENT_X12 && s.n > 106) {
		struct slice rest = slice_of(s.p + 106, s.n - 106), gs;
		while (rest.n && rest.p[0] <= ' ')
			rest = slice_of(rest.p + 1, rest.n - 1);
		gs = slice_cut(rest, s.p[105], &rest);
		buf_add(&c->again, s.p, 106);
		if (gs.n < 256) {
			buf_add_slice(&c->again, gs);
			buf_u8(&c->again, s.p[105]);
		}
	}
	for (unsigned line = 0; c->type == CONTENT_CSV && line < 20 && s.n; line++) {
		struct slice row = slice_cut(s, '\n', &s), rest = row;
		uint8_t sep = csv_separator(row);
		unsigned known = 0;
		while (rest.n) {
			struct slice name = slice_cut(rest, sep, &rest);
			if (name.n >= 2 && name.p[0] == '"')
				name = slice_of(name.p + 1, name.n - 2);
			known += name.n < 64 && person_role_of_column(name, NULL) != PERSON_ROLE_OTHER;
		}
		if (known >= 2 && row.n < 65536) {
			buf_add_slice(&c->again, row);
			buf_u8(&c->again, '\n');
			return;
		}
	}
}

static bool in_windows(int type)
{
	return type == CONTENT_TEXT || type == CONTENT_CSV || type == CONTENT_HL7V2 || type == CONTENT_JSON || type == CONTENT_MAIL || type == CONTENT_X12;
}

/* One window: b's first n bytes, behind what is to be said again. */
static int window(const struct extract_out *o, const struct cutter *c, struct slice name, struct slice w, uint64_t at, struct err *e)
{
	AUTO_BUF struct buf whole = {0};
	struct extract_out own = *o;
	own.base = o->base + at;
	bool again = at && c->again.n && !(c->type == CONTENT_X12 && slice_starts(w, "ISA"));
	if (!again)
		return extract_typed(&own, c->type, name, w, c->charset, e);
	buf_init(&whole, 2 * WINDOW_MAX);
	buf_add_slice(&whole, buf_slice(&c->again));
	buf_add_slice(&whole, w);
	own.base -= c->again.n;
	return buf_ok(&whole) ? extract_typed(&own, c->type, name, buf_slice(&whole), c->charset, e) : err_set(e, buf_code(&whole), NULL, "no memory for a file's bytes");
}

static int windows(const struct extract_source *s, const struct extract_out *o, struct cutter *c, struct slice name, struct buf *b, struct err *e)
{
	uint64_t at = 0;
	size_t most = o->walk && o->walk->apart ? WHOLE_MAX : WINDOW_MAX, size = WINDOW;
	note_first(c, buf_slice(b));
	for (int end = 0; !end;) {
		end = fill(s, o, b, size, e);
		if (end < 0)
			return end;
		size_t n = end ? b->n : cut(c, buf_slice(b), buf_slice(&c->again));
		if (!n && size < most) {
			size = size * 2 < most ? size * 2 : most;
			continue;
		}
		if (!n) {
			extract_tell(o, EXTRACT_LIMIT, "one record of it is longer than %zu MiB: from byte %llu on it was read as text", most >> 20, (unsigned long long)at);
			c->type = CONTENT_TEXT;
			continue;
		}
		int r = window(o, c, name, slice_of(b->p, n), at, e);
		if (r != 0)
			return r;
		at += n;
		buf_drop(b, n);
		size = WINDOW;
	}
	return 0;
}

/* No text, and longer than is held in memory: its runs of text at least. */
static int too_long(const struct extract_source *s, const struct extract_out *o, int type, struct buf *b, struct err *e)
{
	uint64_t at = 0;
	extract_tell(o, EXTRACT_LIMIT, "%s of more than %zu MiB is not unpacked to be read; the runs of text in it were told", content_type_name(type), WHOLE_MAX >> 20);
	for (int end = 0; !end;) {
		struct extract_out own = *o;
		own.base = o->base + at;
		end = fill(s, o, b, WINDOW, e);
		int r = end < 0 ? end : extract_strings(buf_slice(b), &own, e);
		if (r != 0)
			return r;
		at += b->n;
		buf_reset(b);
	}
	return 0;
}

int extract_stream(const struct extract_source *s, const struct extract_out *o, int type, struct slice name, struct buf *b, struct err *e)
{
	struct cutter c = {.type = type, .unit = 1};
	int end = fill(s, o, b, in_windows(type) ? WINDOW : WHOLE_MAX, e);
	if (end < 0)
		return end;
	if (end)
		return extract_bytes(o, type, name, buf_slice(b), e);
	if (!in_windows(type))
		return too_long(s, o, type, b, e);
	c.charset = extract_charset_guess(buf_slice(b));
	c.unit = !strncmp(c.charset, "UTF-16", 6) ? 2 : !strncmp(c.charset, "UTF-32", 6) ? 4 : 1;
	c.big = c.charset[strlen(c.charset) - 2] == 'B';
	if (!strcmp(c.charset, "UTF-8")) /* each window by itself: one in which a byte is none is not turned as a whole */
		c.charset = NULL;
	buf_init(&c.again, (size_t)1 << 20);
	int r = windows(s, o, &c, name, b, e);
	buf_done(&c.again);
	return r;
}

int extract_head(const struct extract_source *s, const struct extract_out *o, struct buf *b, bool *ret_whole, struct err *e)
{
	int end = fill(s, o, b, EXTRACT_HEAD, e);
	*ret_whole = end == 1;
	return end < 0 ? end : 0;
}

int extract_joined_pull(void *joined, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct extract_joined *x = joined;
	if (!x->first.n)
		return x->rest->pull(x->rest->arg, to, n, ret_got, e);
	n = n < x->first.n ? n : x->first.n;
	memcpy(to, x->first.p, n);
	x->first = slice_of(x->first.p + n, x->first.n - n);
	*ret_got = n;
	return 0;
}
