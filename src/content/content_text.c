/* Text: UTF-8, 8859/x and the like, or UTF-16, and the finer types that stand on it.
 *
 * Whether bytes are text is told from the counts of each block, never from a grammar alone: random bytes show nearly all control characters that text
 * never has (27 of 256 values), also when only every other 16 bytes are random, and in any encoding of the text around them. A grammar that does not
 * hold while every block is text makes the file plain text; noise makes it LOST. A text that became base64 has no separators left and the even counts
 * of 64 letters; that is LOST too, unless what it decodes to is something. */
#include "content_text_internal.h"

#include <stdio.h>

const struct text_reader text_plain = {CONTENT_TEXT, NULL, NULL, NULL, NULL};
static const struct text_reader *const readers[] = {&text_rtf, &text_hl7, &text_x12, &text_json, &text_html, &text_xml, &text_mail, &text_csv};

static bool is_text_type(int type)
{
	return (type >= CONTENT_TEXT && type <= CONTENT_RTF) || type == CONTENT_MAIL;
}

/* UTF-16 without a byte order mark: half the bytes are NUL, all on one side. */
static bool looks_utf16(struct slice h, bool *ret_big)
{
	size_t even = 0, odd = 0;
	if (HEAD_IS(h, 0, "\xFF\xFE") || HEAD_IS(h, 0, "\xFE\xFF")) {
		*ret_big = h.p[0] == 0xFE;
		return h.n % 2 == 0 && !(h.n >= 4 && h.p[2] == 0 && h.p[3] == 0);
	}
	if (h.n < 16 || h.n % 2 || !memchr(h.p, 0, h.n))
		return false;
	for (size_t i = 0; i + 1 < h.n; i += 2) {
		even += h.p[i] == 0;
		odd += h.p[i + 1] == 0;
	}
	size_t units = h.n / 2;
	*ret_big = even > odd;
	if (!((even * 10 >= units * 8 && odd == 0) || (odd * 10 >= units * 8 && even == 0)))
		return false;
	size_t plain = 0; /* letters on the other side, and not tables of small numbers */
	for (size_t i = *ret_big ? 1 : 0; i < h.n; i += 2)
		plain += (h.p[i] >= 0x20 && h.p[i] < 0x7F) || h.p[i] == '\n' || h.p[i] == '\r' || h.p[i] == '\t';
	return plain * 10 >= units * 8;
}

bool text_sniff(struct content_checker *c, struct slice head)
{
	uint32_t h[256];
	struct noise z;
	bool big;
	if (looks_utf16(head, &big))
		return true;
	counts_of(head, h);
	noise_of(h, &z);
	bool promised = is_text_type(c->r.named) && !c->weak_name;
	if (noise_is_noisy(&z, head.n) || noise_is_random(&z, head.n))
		return promised; /* text that is none any more: let it be looked at as such */
	if (h[0] * 16 > head.n)
		return false;
	if (c->r.named == CONTENT_UNKNOWN && (h[0] || z.kinds > 2 || (z.high * 3 > head.n && z.bad_utf8 > 3)))
		return false; /* nobody says that it is text: then it has to look like it */
	if (z.high * 20 > head.n && z.bad_utf8 <= 3)
		return true; /* UTF-8, whatever else is in it: random bytes never are */
	if (head.n >= 64)
		return z.kinds <= 3 || z.controls * 100 < head.n;
	return z.kinds == 0 && h[0] == 0 && (z.high * 4 <= head.n || z.bad_utf8 <= 1 || promised);
}

static void narrow_head(struct slice *head, bool big, uint8_t out[HEAD_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i + 1 < head->n; i += 2) {
		unsigned u = big ? (unsigned)head->p[i] << 8 | head->p[i + 1] : (unsigned)head->p[i + 1] << 8 | head->p[i];
		out[n++] = u < 0x80 ? (uint8_t)u : 0xB7;
	}
	*head = slice_of(out, n);
}

static size_t text_feed(struct content_checker *c, struct slice s);

void text_begin(struct content_checker *c)
{
	struct text_state *t = content_state_new(c, sizeof(struct text_state));
	struct slice head = slice_of(c->head, c->head_n);
	uint8_t narrow[HEAD_MAX];
	c->is_text = true;
	t->utf16 = looks_utf16(head, &t->big_endian);
	if (t->utf16)
		narrow_head(&head, t->big_endian, narrow);
	if (slice_starts(head, "\xEF\xBB\xBF"))
		t->to_skip = 3;
	else if (t->utf16 && head.n && head.p[0] == 0xB7 && (c->head[0] & 0xFE) == 0xFE)
		t->to_skip = 1; /* a unit */
	head = slice_of(head.p + t->to_skip, head.n - (size_t)t->to_skip);
	t->reader = &text_plain;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i]->sniff(c, slice_trim(head))) {
			t->reader = readers[i];
			break;
		}
	c->r.type = t->reader->type;
	if (t->reader->begin)
		t->reader->begin(c, slice_trim(head));
	walk_feed(c, WALK_FOREVER, text_feed, 0, NULL);
}

static void feed_reader(struct content_checker *c, struct text_state *t, struct slice s)
{
	size_t skip = t->to_skip < s.n ? (size_t)t->to_skip : s.n;
	t->to_skip -= skip;
	if (t->reader->feed && s.n > skip)
		t->reader->feed(c, slice_of(s.p + skip, s.n - skip));
}

static void unit(struct text_state *t, unsigned u)
{
	bool low = u >= 0xDC00 && u < 0xE000;
	t->units++;
	t->wrong_units += low != t->high_waits; /* half a pair */
	t->wrong_units += u >= 0xFFFE || (u < 0x20 && u != '\t' && u != '\n' && u != '\r' && u != '\f' && u != 0x0B && u != 0x1C) ||
		(u >= 0xFDD0 && u < 0xFDF0);
	t->high_waits = u >= 0xD800 && u < 0xDC00;
	if (t->units % (BLOCK / 2) == 0) { /* a block of noise has some sixty lone surrogates, half a block of it thirty; text has none */
		t->wrong_blocks += t->wrong_units - t->wrong_before > 12;
		t->wrong_before = t->wrong_units;
	}
}

static void feed_utf16(struct content_checker *c, struct text_state *t, struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!t->half) {
			t->odd = s.p[i];
			t->half = true;
			continue;
		}
		unsigned u = t->big_endian ? (unsigned)t->odd << 8 | s.p[i] : (unsigned)s.p[i] << 8 | t->odd;
		t->half = false;
		unit(t, u);
		t->narrow[n++] = u < 0x80 ? (uint8_t)u : 0xB7;
		if (n == sizeof t->narrow) {
			feed_reader(c, t, slice_of(t->narrow, n));
			n = 0;
		}
	}
	feed_reader(c, t, slice_of(t->narrow, n));
}

static size_t text_feed(struct content_checker *c, struct slice s)
{
	struct text_state *t = STATE_OF(c, struct text_state);
	if (t->utf16)
		feed_utf16(c, t, s);
	else
		feed_reader(c, t, s);
	return s.n;
}

/* ---- block by block --------------------------------------------------------------------------------------------------------- */

static bool is_base64(const uint32_t h[256], size_t n)
{
	unsigned upper = 0, lower = 0, digit = 0, mark = 0, line = h['\n'] + h['\r'];
	for (unsigned b = 'A'; b <= 'Z'; b++) {
		upper += h[b];
		lower += h[b + 32];
	}
	for (unsigned b = '0'; b <= '9'; b++)
		digit += h[b];
	mark = h['+'] + h['/'] + h['-'] + h['_'];
	size_t letters = upper + lower + digit + mark;
	if (letters + line + h['='] != n || h['='] > 2 || letters < 32)
		return false;
	if (letters < 256)
		return upper * 5 > letters && lower * 5 > letters && digit * 20 > letters;
	/* 26, 26, 10 and 2 of 64 */
	return upper * 100 > letters * 33 && upper * 100 < letters * 48 && lower * 100 > letters * 33 && lower * 100 < letters * 48 &&
		digit * 100 > letters * 10 && digit * 100 < letters * 22 && mark * 200 > letters;
}

void text_block(struct content_checker *c, const uint32_t h[256], size_t n)
{
	struct text_state *t = STATE_OF(c, struct text_state);
	struct text_seen *x = &c->text;
	struct noise z;
	x->blocks++;
	if (t->utf16)
		return;
	noise_of(h, &z);
	t->binary_blocks += h[0] * 4 > n;
	t->base64_blocks += is_base64(h, n);
	x->unclean += z.kinds > 0 || z.nul > 0 || (z.bad_utf8 > 6 && z.high * 4 > n);
	x->noisy_last = noise_is_noisy(&z, n) || noise_is_random(&z, n);
	if (!x->noisy_last) {
		x->resumed = x->noisy > 0 && h[0] * 16 <= n;
		return;
	}
	uint64_t at = c->r.f.size - n;
	if (!x->noisy++)
		x->first_noisy = at;
	x->last_noisy = at;
}

/* ---- verdict ---------------------------------------------------------------------------------------------------------------- */

static bool head_decodes(struct content_checker *c) /* base64 of something that is a type, or text */
{
	AUTO_BUF struct buf b;
	struct slice head = slice_of(c->head, c->head_n);
	uint32_t h[256];
	struct noise z;
	size_t n = 0;
	uint8_t letters[1024];
	buf_init(&b, 4096);
	for (size_t i = 0; i < head.n && n < sizeof letters; i++)
		if (head.p[i] > ' ')
			letters[n++] = head.p[i] == '-' ? '+' : head.p[i] == '_' ? '/' : head.p[i];
	if (base64_get_loose(&b, slice_of(letters, n - n % 4)) < 0)
		return false;
	struct slice s = buf_slice(&b);
	for (const struct content_format *const *f = content_formats; *f; f++)
		if ((*f)->sniff(c, s))
			return true;
	counts_of(s, h);
	noise_of(h, &z);
	return s.n && !noise_is_noisy(&z, s.n) && !noise_is_random(&z, s.n) && z.printable * 10 > s.n * 7;
}

/* What holds keys and signatures as bare base64 by habit. */
static bool may_be_base64(const struct content_checker *c)
{
	static const char *const suffix[] = {
		"b64", "base64", "pem", "key", "pub", "crt", "cer", "sig", "token", "enc", "p7m", "p7s", "csr", "mime", "uu"};
	for (size_t i = 0; i < ARRAY_LEN(suffix); i++)
		if (strcmp(c->suffix, suffix[i]) == 0)
			return true;
	return false;
}

static bool lost_to_base64(struct content_checker *c, const struct text_state *t)
{
	int named = c->r.named;
	if (t->base64_blocks != c->text.blocks || !c->text.blocks || named == CONTENT_UNKNOWN || may_be_base64(c) || c->weak_name)
		return false;
	if (named == CONTENT_TEXT && c->size < 512)
		return false; /* a token, a key, a digest */
	return !head_decodes(c);
}

static bool is_postscript(const struct content_checker *c) /* may hold binary pictures */
{
	return head_is(slice_of(c->head, c->head_n), 0, "%!", 2) && c->r.named == CONTENT_UNKNOWN;
}

static bool is_script(const struct content_checker *c) /* its payload may stand behind it */
{
	return head_is(slice_of(c->head, c->head_n), 0, "#!", 2) && (!c->suffix[0] || strcmp(c->suffix, "sh") == 0 || strcmp(c->suffix, "run") == 0);
}

static void noise_verdict(struct content_checker *c)
{
	const struct text_seen *x = &c->text;
	bool promised = (is_text_type(c->r.named) && !c->weak_name) || c->r.type != CONTENT_TEXT;
	if (is_script(c) && !x->resumed)
		promised = false;
	if (promised || (x->resumed && x->noisy * 2 <= x->blocks && x->unclean <= x->noisy && !is_postscript(c))) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "%llu of %llu blocks are no text, the first at byte %llu", (unsigned long long)x->noisy,
			(unsigned long long)x->blocks, (unsigned long long)x->first_noisy);
		return;
	}
	c->r.type = CONTENT_UNKNOWN;
	c->r.state = CONTENT_UNCHECKED;
}

static void grammar_verdict(struct content_checker *c, const struct text_state *t)
{
	enum grammar g = t->reader->end ? t->reader->end(c) : GRAMMAR_HOLDS;
	c->r.state = CONTENT_VALID;
	if (g == GRAMMAR_CUT && c->r.named == c->r.type) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "truncated: %s goes on behind byte %llu", content_type_name(c->r.type),
			(unsigned long long)c->size);
	} else if (g != GRAMMAR_HOLDS)
		c->r.type = CONTENT_TEXT;
}

void text_end(struct content_checker *c)
{
	const struct text_state *t = STATE_OF(c, struct text_state);
	if (t->utf16 && (t->wrong_blocks || (t->wrong_units * 100 > t->units && t->wrong_units > 2))) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "%llu of %llu units are not UTF-16", (unsigned long long)t->wrong_units,
			(unsigned long long)t->units);
		return;
	}
	if (c->text.noisy) {
		noise_verdict(c);
		return;
	}
	if (t->binary_blocks ||
		(c->r.named == CONTENT_UNKNOWN && c->r.type == CONTENT_TEXT && !t->utf16 && c->text.unclean * 4 > c->text.blocks &&
			c->text.unclean > 1)) {
		c->r.type = CONTENT_UNKNOWN;
		c->r.state = CONTENT_UNCHECKED;
		return;
	}
	if (lost_to_base64(c, t)) {
		c->r.state = CONTENT_LOST;
		snprintf(c->r.why, sizeof c->r.why, "its name says %s, it is base64 of nothing that we know", content_type_name(c->r.named));
		return;
	}
	grammar_verdict(c, t);
}
