/* Running text in any charset, and the text that stands in what is none. */
#include "extract_internal.h"

#define TEXT_MAX ((size_t)1 << 30)

int extract_text(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	struct slice text;
	buf_init(&b, TEXT_MAX);
	int r = extract_utf8(file, NULL, &b, &text, NULL, e);
	if (r < 0)
		return r;
	/* where it is as it stands in the file its offsets are the file's */
	return extract_put_layout(o, text, b.n ? 0 : (uint64_t)(text.p - file.p), e);
}

/* ---- strings ---- */

#define RUN_MIN 6u /* characters */

/* Printable ASCII and whole characters of UTF-8. 0: none begins here. */
static size_t printable(struct slice s)
{
	size_t len;
	if (s.p[0] < 0x80)
		return (s.p[0] >= 0x20 && s.p[0] < 0x7F) || s.p[0] == '\t';
	uint32_t c = utf8_get(s, &len);
	return c == 0xFFFD || c < 0xA0 ? 0 : len;
}

static size_t wide(struct slice s) /* how many bytes of UTF-16LE from here on are ASCII or Latin-1 */
{
	size_t n = 0;
	while (n + 1 < s.n && s.p[n + 1] == 0 && ((s.p[n] >= 0x20 && s.p[n] < 0x7F) || s.p[n] >= 0xA0 || s.p[n] == '\t'))
		n += 2;
	return n;
}

/* Each run with where it stands, gathered into pieces of a line a run while they are near each other, so that a name and a number of one row stay together. */
int extract_strings(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	uint64_t from = 0;
	size_t last = 0;
	int r = 0;
	buf_init(&b, EXTRACT_PIECE_MAX);
	for (size_t i = 0; i < file.n && r == 0;) {
		struct slice s = slice_of(file.p + i, file.n - i);
		size_t n = 0, chars = 0, w = s.n > 1 && s.p[1] == 0 ? wide(s) : 0;
		if (w < 2 * RUN_MIN) {
			for (size_t k; n < s.n && n < EXTRACT_PIECE_MAX / 4 && (k = printable(slice_of(s.p + n, s.n - n))); n += k)
				chars++;
			if (chars < RUN_MIN) {
				i += n ? n : 1;
				continue;
			}
		} else if (w > EXTRACT_PIECE_MAX / 4)
			w = EXTRACT_PIECE_MAX / 4;
		if (b.n && (i - last > 256 || b.n > EXTRACT_PIECE_MAX / 2)) {
			r = extract_put_text(o, buf_slice(&b), from, e);
			buf_reset(&b);
		}
		if (!b.n)
			from = i;
		if (w >= 2 * RUN_MIN) {
			uint8_t c[4];
			for (size_t k = 0; k < w; k += 2)
				buf_add(&b, c, utf8_put(s.p[k], c));
			i += w;
		} else {
			buf_add(&b, s.p, n);
			i += n;
		}
		buf_u8(&b, '\n');
		last = i;
	}
	return r == 0 ? extract_put_text(o, buf_slice(&b), from, e) : r;
}
