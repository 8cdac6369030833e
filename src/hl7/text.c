/* What a field says: escape sequences resolved, characters as UTF-8 (HL7 v2.9 chapter 2.7).
 *
 *   \F\ \S\ \R\ \E\ \T\ \P\   the message's own field, component, repetition, escape, subcomponent and truncation character
 *   \Xdd..\                   bytes in the message's character set; neighbours are decoded together, so \XC3\\XA9\ is one letter
 *   \.br\ \.sp<n>\ \.ce\      a line feed (n of them for .sp, one when n is missing)
 *   \.sk<n>\ \.ti<n>\ \.in<n>\ n blanks for .sk; indents and \.fi\ \.nf\ \H\ \N\ say nothing in plain text and go
 *   \Cxxyy\ \Mxxyy[zz]\       the character set changes until the next one or the end of the value: the bytes are an ISO 2022 escape sequence
 * Anything else is kept as it stands, escape characters and all: somebody may know it, and nothing a clinician wrote is dropped.
 * Numbers in formatting commands are held to 100, so that no one makes gigabytes of blanks with a few bytes.
 */
#include "hl7_internal.h"

#define FORMAT_MAX 100

/* Bytes waiting to be decoded under one state. */
struct run {
	const struct hl7_msg *m;
	struct buf *out;
	struct buf bytes;
	struct hl7_2022 st;
	bool hex; /* they came from \X..\ in a copied message: still in the message's own set while the rest is UTF-8 */
};

/* Text of a message whose set nobody could name: UTF-8 where it is that, else windows-1252, value by value. A value that holds good multi-byte UTF-8 beside a broken piece was
 * cut by somebody in the middle of a letter: only that piece is lost. */
static void decode_mixed(struct slice s, struct buf *out)
{
	bool utf8 = utf8_valid(s);
	struct slice rest = s;
	while (!utf8 && rest.n) {
		size_t good = utf8_valid_prefix(rest), bad;
		for (size_t i = 0; i < good; i++)
			utf8 |= rest.p[i] >= 0x80;
		if (good == rest.n)
			break;
		utf8_get(slice_of(rest.p + good, rest.n - good), &bad);
		rest = slice_of(rest.p + good + bad, rest.n - good - bad);
	}
	hl7_decode(utf8 ? HL7_CS_UTF8 : HL7_CS_CP1252, s, out);
}

static void flush(struct run *r)
{
	struct slice s = buf_slice(&r->bytes);
	if (!buf_ok(&r->bytes)) {
		r->out->failed = true;
		r->out->no_memory = r->bytes.no_memory;
	}
	if (!s.p || s.n == 0) {
		buf_reset(&r->bytes);
		return;
	}
	int cs = r->m->encoding;
	if (r->m->copied && !r->hex)
		cs = HL7_CS_UTF8;
	bool shifted = r->st.g0 != HL7_G0_ASCII || r->st.g1 != -1 || memchr(s.p, ESC, s.n);
	if (shifted)
		hl7_2022_decode(&r->st, cs, s, r->out);
	else if (cs == HL7_CS_ASCII || cs == HL7_CS_UTF8)
		decode_mixed(s, r->out);
	else
		hl7_decode(cs, s, r->out);
	buf_reset(&r->bytes);
}

static void add(struct run *r, struct slice s, bool hex)
{
	if (s.n == 0)
		return;
	if (hex != r->hex && r->m->copied)
		flush(r);
	r->hex = hex;
	buf_add_slice(&r->bytes, s);
}

static void add_byte(struct run *r, uint8_t c)
{
	add(r, slice_of(&c, 1), false);
}

static void add_times(struct run *r, uint8_t c, unsigned n)
{
	while (n--)
		add_byte(r, c);
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \Xdd..\ : false when these are no pairs of hex digits. */
static bool hex(struct run *r, struct slice digits)
{
	if (digits.n == 0 || digits.n % 2)
		return false;
	for (size_t i = 0; i < digits.n; i++)
		if (hex_digit(digits.p[i]) < 0)
			return false;
	for (size_t i = 0; i < digits.n; i += 2) {
		uint8_t c = (uint8_t)(hex_digit(digits.p[i]) << 4 | hex_digit(digits.p[i + 1]));
		add(r, slice_of(&c, 1), true);
	}
	return true;
}

/* \Cxxyy\ and \Mxxyy[zz]\ : the digits are the bytes behind ESC. HL7 leaves out the "(" of "$(D" in some editions: both are taken. */
static bool shift(struct run *r, struct slice digits)
{
	uint8_t seq[3];
	if (digits.n != 4 && digits.n != 6)
		return false;
	for (size_t i = 0; i < digits.n; i += 2) {
		int a = hex_digit(digits.p[i]), b = hex_digit(digits.p[i + 1]);
		if (a < 0 || b < 0)
			return false;
		seq[i / 2] = (uint8_t)(a << 4 | b);
	}
	struct hl7_2022 st = r->st;
	if (hl7_2022_switch(&st, slice_of(seq, digits.n / 2)) != digits.n / 2)
		return false;
	flush(r);
	r->st = st;
	return true;
}

/* \.xx<n>\ */
static bool format(struct run *r, struct slice s)
{
	if (s.n < 2)
		return false;
	unsigned n = 0;
	struct slice digits = slice_of(s.p + 2, s.n - 2);
	if (digits.n && (digits.p[0] == '+' || digits.p[0] == '-'))
		digits = slice_of(digits.p + 1, digits.n - 1);
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		n = n * 10 + (unsigned)(digits.p[i] - '0');
		n = n > FORMAT_MAX ? FORMAT_MAX : n;
	}
	struct slice name = slice_of(s.p, 2);
	if (slice_eq_nocase(name, "br") || slice_eq_nocase(name, "ce"))
		add_byte(r, '\n');
	else if (slice_eq_nocase(name, "sp"))
		add_times(r, '\n', digits.n ? n : 1);
	else if (slice_eq_nocase(name, "sk"))
		add_times(r, ' ', digits.n ? n : 1);
	else
		return slice_eq_nocase(name, "in") || slice_eq_nocase(name, "ti") || slice_eq_nocase(name, "fi") || slice_eq_nocase(name, "nf");
	return true;
}

/* What stands between two escape characters. False: nobody knows it. */
static bool sequence(struct run *r, struct slice s)
{
	const struct hl7_delims *d = &r->m->d;
	if (s.n == 0)
		return false;
	if (s.n == 1) {
		uint8_t c = 0;
		switch (s.p[0]) {
		case 'F':
			c = d->field;
			break;
		case 'S':
			c = d->comp;
			break;
		case 'R':
			c = d->rep;
			break;
		case 'E':
			c = d->esc;
			break;
		case 'T':
			c = d->sub;
			break;
		case 'P':
			c = d->trunc;
			break;
		case 'H':
		case 'N':
			return true;
		}
		if (c)
			add_byte(r, c);
		return c != 0;
	}
	struct slice rest = slice_of(s.p + 1, s.n - 1);
	switch (s.p[0]) {
	case 'X':
	case 'x':
		return hex(r, rest);
	case 'C':
	case 'M':
		return shift(r, rest);
	case '.':
		return format(r, rest);
	}
	return false;
}

bool hl7_text_is_plain(const struct hl7_msg *m, struct slice raw)
{
	if (hl7_uncut(m, raw))
		return true;
	if (m->escapes && raw.n && memchr(raw.p, m->d.esc, raw.n))
		return false;
	if (m->utf8)
		return true;
	for (size_t i = 0; i < raw.n; i++)
		if (raw.p[i] >= 0x80 || raw.p[i] == ESC)
			return false;
	return true;
}

void hl7_text_put(const struct hl7_msg *m, struct slice raw, struct buf *out, unsigned *unknown)
{
	*unknown = 0;
	if (hl7_text_is_plain(m, raw)) {
		buf_add_slice(out, raw);
		return;
	}
	struct run r = {.m = m, .out = out, .st = {HL7_G0_ASCII, -1}};
	buf_init(&r.bytes, SIZE_MAX / 2);
	uint8_t esc = m->escapes ? m->d.esc : 0;
	while (raw.n) {
		const uint8_t *open = esc ? memchr(raw.p, esc, raw.n) : NULL;
		size_t before = open ? (size_t)(open - raw.p) : raw.n;
		add(&r, slice_of(raw.p, before), false);
		raw = slice_of(raw.p + before, raw.n - before);
		if (raw.n == 0)
			break;
		const uint8_t *close = memchr(raw.p + 1, esc, raw.n - 1);
		size_t n = close ? (size_t)(close - raw.p) - 1 : 0;
		if (close && sequence(&r, slice_of(raw.p + 1, n))) {
			raw = slice_of(raw.p + n + 2, raw.n - n - 2);
			continue;
		}
		++*unknown; /* this character is text, and the next one may begin a sequence that is known */
		add_byte(&r, esc);
		raw = slice_of(raw.p + 1, raw.n - 1);
	}
	flush(&r);
	buf_done(&r.bytes);
}

struct slice hl7_text(const struct hl7_msg *m, struct slice raw, struct arena *a)
{
	if (!raw.p || hl7_text_is_plain(m, raw))
		return raw;
	AUTO_BUF struct buf out = {0};
	unsigned unknown;
	buf_init(&out, (size_t)4 * HL7_MESSAGE_MAX); /* the longest growth of a value is \.sk100\ ... */
	hl7_text_put(m, raw, &out, &unknown);
	return buf_ok(&out) ? arena_dup(a, buf_slice(&out)) : SLICE_NULL;
}
