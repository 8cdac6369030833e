/* An ER7 message into segments and fields (HL7 v2.9 chapter 2.6): nothing below the field is cut here.
 *
 * Three walks over the bytes, each at the speed of memory: a sweep that counts separators and line ends and looks for high bytes, so that the
 * arrays have their exact size before anything is cut (a 64 MB message of one field takes 8 bytes here, not 512 MB); the UTF-8 test, only when there
 * are high bytes; and the cut itself. On x86-64 sweep and cut look at 16 bytes at a time (SSE2 is part of the architecture), elsewhere at one.
 *
 * Delimiters come from the message's own header: MSH-1 is the byte behind the name, MSH-2 is component, repetition, escape, subcomponent and, from v2.7,
 * truncation character. Seen in the field and read: "^~\&#"; "!@%*" behind '#'; "~&#\" behind '@'; "^~" alone (the rest is then not used);
 * "^~\\&" from somebody's JSON source (the doubled character counts once).
 */
#include "hl7_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct sweep {
	size_t separators, line_ends, escapes;
	bool high, esc; /* a byte from 0x80, a byte 0x1b */
};

struct problems {
	struct hl7_problem *v;
	size_t n, max;
};

static void problem(struct problems *ps, enum hl7_problem_kind kind, const char *place, const char *text)
{
	if (ps->n == ps->max)
		return;
	struct hl7_problem *p = &ps->v[ps->n++];
	*p = (struct hl7_problem){.kind = kind};
	snprintf(p->place, sizeof p->place, "%s", place);
	snprintf(p->text, sizeof p->text, "%s", text);
}

/* ---- the sweep ----------------------------------------------------------------------------------------------------------- */

static void sweep_bytes(const uint8_t *p, size_t n, uint8_t sep, uint8_t escape, struct sweep *ret)
{
	for (size_t i = 0; i < n; i++) {
		ret->separators += p[i] == sep;
		ret->line_ends += p[i] == '\r' || p[i] == '\n';
		ret->escapes += p[i] == escape;
		ret->high |= p[i] >= 0x80;
		ret->esc |= p[i] == ESC;
	}
}

#ifdef __SSE2__
static size_t sum_bytes(__m128i v)
{
	__m128i s = _mm_sad_epu8(v, _mm_setzero_si128());
	return (size_t)_mm_cvtsi128_si64(s) + (size_t)_mm_cvtsi128_si64(_mm_srli_si128(s, 8));
}

static void sweep(struct slice s, uint8_t sep, uint8_t escape, struct sweep *ret)
{
	*ret = (struct sweep){0};
	const uint8_t *p = s.p, *end = s.p + s.n;
	const __m128i vsep = _mm_set1_epi8((char)sep), vcr = _mm_set1_epi8('\r'), vlf = _mm_set1_epi8('\n');
	const __m128i vescape = _mm_set1_epi8((char)escape), vesc = _mm_set1_epi8(ESC);
	__m128i all = _mm_setzero_si128(), esc = all;
	while (end - p >= 16) {
		/* byte counters: emptied before they can overflow */
		size_t rounds = (size_t)(end - p) / 16;
		if (rounds > 255)
			rounds = 255;
		__m128i seps = _mm_setzero_si128(), ends = seps, escapes = seps;
		for (; rounds; rounds--, p += 16) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
			seps = _mm_sub_epi8(seps, _mm_cmpeq_epi8(v, vsep));
			ends = _mm_sub_epi8(ends, _mm_or_si128(_mm_cmpeq_epi8(v, vcr), _mm_cmpeq_epi8(v, vlf)));
			escapes = _mm_sub_epi8(escapes, _mm_cmpeq_epi8(v, vescape));
			esc = _mm_or_si128(esc, _mm_cmpeq_epi8(v, vesc));
			all = _mm_or_si128(all, v);
		}
		ret->separators += sum_bytes(seps);
		ret->line_ends += sum_bytes(ends);
		ret->escapes += sum_bytes(escapes);
	}
	ret->high = _mm_movemask_epi8(all) != 0;
	ret->esc = _mm_movemask_epi8(esc) != 0;
	sweep_bytes(p, (size_t)(end - p), sep, escape, ret);
}
#else
static void sweep(struct slice s, uint8_t sep, uint8_t escape, struct sweep *ret)
{
	*ret = (struct sweep){0};
	sweep_bytes(s.p, s.n, sep, escape, ret);
}
#endif

/* ---- the header --------------------------------------------------------------------------------------------------------------- */

/* Where the header stands: past byte order mark, blanks, line ends, NULs and start blocks. */
static size_t header_offset(struct slice s)
{
	size_t at = 0;
	for (;;) {
		if (s.n - at >= 3 && memcmp(s.p + at, "\xEF\xBB\xBF", 3) == 0)
			at += 3;
		else if (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r' || s.p[at] == '\n' || s.p[at] == VT || s.p[at] == 0))
			at++;
		else
			return at;
	}
}

/* The header line, without its end. */
static struct slice header_line(struct slice s, size_t at)
{
	size_t n = at;
	while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
		n++;
	return slice_of(s.p + at, n - at);
}

static bool clashes(const struct hl7_delims *d, uint8_t c)
{
	return c == d->field || c == d->comp || c == d->rep || c == d->esc || c == d->sub;
}

/* MSH-2. Characters that cannot delimit, or that stand there twice, are left out; each is told. */
static void read_delims(struct slice line, struct hl7_delims *d, struct problems *ps)
{
	bool msh = slice_starts(line, "MSH");
	const char *place = msh ? "MSH.2" : "header field 2";
	assert(line.n >= 4 && line.n <= HL7_MESSAGE_MAX * 3); /* hl7_line_at saw name and separator */
	struct slice rest, two = slice_cut(slice_of(line.p + 4, line.n - 4), line.p[3], &rest);
	*d = (struct hl7_delims){.field = line.p[3]};
	if (two.n == 0) {
		problem(ps, HL7_P_DELIMITERS, place, "no encoding characters: the usual ^~\\& are assumed");
		two = SLICE("^~\\&");
	} else if (two.n < 4) {
		problem(ps, HL7_P_DELIMITERS, place, "fewer than four encoding characters: those that are missing are not used");
	}
	uint8_t *slots[] = {&d->comp, &d->rep, &d->esc, &d->sub, &d->trunc};
	size_t slot = 0;
	for (size_t i = 0; i < two.n && slot < ARRAY_LEN(slots); i++) {
		uint8_t c = two.p[i];
		if (slot == 3 && c == d->esc && i + 1 < two.n) { /* "^~\\&": written through JSON or C once too often */
			problem(ps, HL7_P_DELIMITERS, place, "the escape character stands there twice: it counts once");
			continue;
		}
		if (c <= ' ' || c >= 0x7f || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || clashes(d, c)) {
			problem(ps, HL7_P_DELIMITERS, place, "an encoding character that cannot be one, or that is there twice, is not used");
			slot++;
			continue;
		}
		*slots[slot++] = c;
	}
	if (two.n > 5 && slot == ARRAY_LEN(slots))
		problem(ps, HL7_P_DELIMITERS, place, "more than five encoding characters: the rest is not used");
}

/* MSH-18, first repetition, before the message is cut. *ret_utf8_too: a later repetition says UTF-8. No escape sequence switches to that, so it means "or UTF-8". */
static struct slice declared_charset(struct slice line, const struct hl7_delims *d, bool *ret_utf8_too)
{
	*ret_utf8_too = false;
	if (!slice_starts(line, "MSH"))
		return SLICE_NULL;
	struct slice rest = line, field = SLICE_NULL;
	for (int i = 0; i < 18; i++) { /* the name, then fields 2 to 18: field 1 is the separator itself */
		field = slice_cut(rest, d->field, &rest);
		if (!rest.p && i < 17)
			return SLICE_NULL;
	}
	if (d->rep)
		field = slice_cut(field, d->rep, &rest);
	for (struct slice more = rest, one; d->rep && more.p && !*ret_utf8_too;) {
		one = slice_trim(slice_cut(more, d->rep, &more));
		*ret_utf8_too = one.n && hl7_charset_of(one) == HL7_CS_UTF8;
	}
	return field;
}

/* ---- characters ------------------------------------------------------------------------------------------------------------------ */

/* Engines write 8859/1 into MSH-18 and send UTF-8 so often that bytes which are UTF-8 throughout count for more: in a Latin set each letter would be one
 * with an accent and a sign behind it ("kopieÃ«n"), which no language writes. In Cyrillic or Greek two capitals may look so: there the header counts. */
static bool is_latin(int cs)
{
	switch (cs) {
	case HL7_CS_8859_1:
	case HL7_CS_8859_2:
	case HL7_CS_8859_3:
	case HL7_CS_8859_4:
	case HL7_CS_8859_9:
	case HL7_CS_8859_10:
	case HL7_CS_8859_13:
	case HL7_CS_8859_14:
	case HL7_CS_8859_15:
	case HL7_CS_8859_16:
	case HL7_CS_CP1250:
	case HL7_CS_CP1252: return true;
	default: return false;
	}
}

/* Of text that is valid UTF-8: whether each of its characters above ASCII has three bytes or more, as Chinese, Japanese and Korean have in it. The two-byte
 * characters of GB 18030, Big5 and their like fall into such threes in no text that anybody writes; into valid twos they may. */
static bool in_threes(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 0xC0 && s.p[i] < 0xE0)
			return false;
	return true;
}

/* Which set the text is read in: MSH-18, then the UTF-8 test, then windows-1252. ERR_MEMORY when that could not be found out. */
static int decide(struct slice text, struct slice declared, bool utf8_too, const struct sweep *w, struct problems *ps, bool *ret_utf8)
{
	*ret_utf8 = !w->high;
	struct slice name = slice_trim(declared);
	if (slice_eq_str(name, "\"\""))
		name = SLICE_NULL;
	int cs = name.n ? hl7_charset_of(name) : HL7_CS_ASCII;
	if (cs < 0)
		problem(ps, HL7_P_CHARSET, "MSH.18", "a character set that we do not know: read as UTF-8 if it is that, else as windows-1252");
	if (cs == HL7_CS_UTF16LE || cs == HL7_CS_UTF16BE) /* it says UTF-16, but its header could be read byte by byte */
		cs = HL7_CS_UTF8;
	if (!w->high) {
		if (!name.n && w->esc && memmem(text.p, text.n, "\x1b$", 2))
			return HL7_CS_ISO_IR_87; /* Japanese ISO 2022 that nobody declared: nothing else has ESC $ */
		return cs < 0 ? HL7_CS_ASCII : cs;
	}
	if (is_latin(cs) && !utf8_too && (*ret_utf8 = utf8_valid(text))) {
		problem(ps, HL7_P_CHARSET, "MSH.18", "declared as a Latin set of single bytes, but all of it is UTF-8: read as that");
		return HL7_CS_UTF8;
	}
	if (cs > HL7_CS_UTF8 && !hl7_charset_hides_delimiters(cs) && !(utf8_too && (*ret_utf8 = utf8_valid(text))))
		return cs;
	if (*ret_utf8 && utf8_too)
		return HL7_CS_UTF8;
	bool utf8 = *ret_utf8 = utf8_valid(text);
	if (cs > HL7_CS_UTF8) {
		int decodes = utf8 && !in_threes(text) ? hl7_decodes(cs, text) : !utf8;
		if (decodes)
			return decodes < 0 ? decodes : cs;
		problem(ps, HL7_P_CHARSET, "MSH.18", "the bytes are not of the character set that is declared, but are UTF-8: read as UTF-8");
		return HL7_CS_UTF8;
	}
	if (utf8) {
		if (cs == HL7_CS_ASCII && name.n)
			problem(ps, HL7_P_CHARSET, "MSH.18", "declared as ASCII but not ASCII: read as UTF-8, which it is");
		return HL7_CS_UTF8;
	}
	if (cs == HL7_CS_UTF8) {
		problem(ps, HL7_P_CHARSET, "MSH.18", "declared as UTF-8 but not everywhere UTF-8: values that are not are read as windows-1252");
		return HL7_CS_UTF8;
	}
	problem(ps, HL7_P_CHARSET, "MSH.18", name.n ? "not of the character set that is declared, and not UTF-8: read as windows-1252" : "no character set declared, and not UTF-8: read as windows-1252");
	return HL7_CS_CP1252;
}

/* The message as UTF-8 in the arena. Line by line, because an ISO 2022 shift ends with its line whatever the sender forgot. */
static int copy_as_utf8(struct slice s, int cs, struct arena *a, struct slice *ret, struct err *e)
{
	AUTO_BUF struct buf out = {0};
	buf_init(&out, s.n < SIZE_MAX / 4 ? 3 * s.n + 64 : SIZE_MAX / 2); /* no character of these sets grows more than threefold */
	if (cs == HL7_CS_ISO_IR_87 || cs == HL7_CS_ISO_IR_14 || cs == HL7_CS_ISO_IR_159) {
		for (size_t i = 0; i < s.n;) {
			size_t n = i;
			while (n < s.n && s.p[n] != '\r' && s.p[n] != '\n')
				n++;
			n += n < s.n;
			struct hl7_2022 st = {HL7_G0_ASCII, -1};
			hl7_2022_decode(&st, cs, slice_of(s.p + i, n - i), &out);
			i = n;
		}
	} else {
		hl7_decode(cs, s, &out);
	}
	if (!buf_ok(&out))
		return err_set(e, buf_code(&out), NULL, "no memory to read a message in this character set");
	*ret = arena_dup(a, buf_slice(&out));
	return ret->p ? 0 : err_set(e, arena_code(a), NULL, "the message is too large to read");
}

/* ---- the cut ------------------------------------------------------------------------------------------------------------------------ */

struct cutter {
	const uint8_t *base;
	uint32_t n;
	struct hl7_segment *segments;
	struct hl7_span *spans;
	uint32_t segment_max, span_max;
	uint32_t count, spans_n; /* done */
	uint32_t line;           /* where this line begins */
	uint32_t first;          /* its first span: the name */
	uint32_t from;           /* where the span that is open begins */
	uint32_t line_number;
	bool cr_only;            /* the header line ended in CR alone: a lone LF may be text */
	uint8_t ends;            /* bits: which line ends were seen */
	bool text_lf, full;
	struct problems *ps;
};
#define END_CR 1
#define END_LF 2
#define END_CRLF 4

static bool alnum(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* A name that is not three letters or digits: kept; blanks around a good one are no matter. False: the line is blank. */
static bool odd_name(struct cutter *c, struct hl7_segment *s, struct hl7_span name)
{
	struct slice line = slice_of(c->base + s->at, s->n), t = slice_trim(slice_of(c->base + name.at, name.n));
	if (slice_trim(line).n == 0)
		return false;
	if (t.n == 3 && alnum(t.p[0]) && alnum(t.p[1]) && alnum(t.p[2]))
		memcpy(s->id, t.p, 3);
	char place[64];
	snprintf(place, sizeof place, "line %u", c->line_number);
	problem(c->ps, HL7_P_SEGMENT_NAME, place, "a segment name is three capital letters or digits: the line is kept as it stands");
	return true;
}

/* The line [c->line, end) is complete, or cut short where the limit was reached. */
static void end_line(struct cutter *c, uint32_t end)
{
	uint32_t at = c->line, n = end - at;
	c->line_number++;
	if (n == 0)
		return;
	if (c->count == c->segment_max || (c->spans_n == c->span_max && c->first == c->spans_n)) {
		c->full = true;
		return;
	}
	if (c->spans_n < c->span_max)
		c->spans[c->spans_n++] = (struct hl7_span){c->from, end - c->from};
	else
		c->full = true;
	struct hl7_segment *s = &c->segments[c->count];
	*s = (struct hl7_segment){.at = at, .n = n, .first = c->first + 1, .fields = c->spans_n - c->first - 1};
	const uint8_t *p = c->base + at;
	struct hl7_span *name = &c->spans[c->first];
	if (name->n == 3 && alnum(p[0]) && alnum(p[1]) && alnum(p[2])) {
		memcpy(s->id, p, 3);
		if (n > 3 && (memcmp(p, "MSH", 3) == 0 || memcmp(p, "FHS", 3) == 0 || memcmp(p, "BHS", 3) == 0)) {
			*name = (struct hl7_span){at + 3, 1}; /* the place of the name becomes field 1, the separator: what follows is then MSH-2 and on */
			s->first--;
			s->fields++;
		}
	} else if (!odd_name(c, s, *name)) {
		c->spans_n = c->first;
		return;
	}
	c->count++;
}

/* In a message whose header ends in CR, is the LF at i text? Only if no segment follows it: real feeds mix line ends, and real notes hold lone LFs. */
static bool lf_is_text(const struct cutter *c, uint32_t i, uint8_t sep)
{
	if (i == c->line || c->base[i - 1] == '\r')
		return false;
	uint32_t at = i + 1, stop = c->n - i > 64 ? i + 64 : c->n; /* blank lines of the text; no more of them than that */
	while (at < stop && c->base[at] == '\n')
		at++;
	const uint8_t *p = c->base + at;
	uint32_t left = c->n - at;
	if (left == 0 || p[0] == '\r' || p[0] == '\n')
		return false;
	return !(left >= 4 && p[3] == sep && alnum(p[0]) && alnum(p[1]) && alnum(p[2]));
}

/* A line end at i. */
static void at_line_end(struct cutter *c, uint32_t i, uint8_t sep)
{
	if (c->base[i] == '\n') {
		if (c->cr_only && lf_is_text(c, i, sep)) {
			c->text_lf = true;
			return;
		}
		bool pair = i > 0 && c->base[i - 1] == '\r' && c->line == i; /* the other half of CRLF: an empty line, and not one of its own */
		c->ends |= pair ? END_CRLF : END_LF;
		if (pair)
			c->line_number--;
	} else {
		bool pair = i + 1 < c->n && c->base[i + 1] == '\n';
		if (!pair)
			c->ends |= END_CR;
		if (c->count == 0 && i > c->line)
			c->cr_only = !pair;
	}
	end_line(c, i);
	c->line = c->from = i + 1;
	c->first = c->spans_n;
}

static inline __attribute__((always_inline)) void at_mark(struct cutter *c, uint32_t i, uint8_t sep)
{
	if (__builtin_expect(c->base[i] == sep, 1)) {
		if (__builtin_expect(c->spans_n == c->span_max, 0)) {
			end_line(c, i);
			c->full = true;
			return;
		}
		c->spans[c->spans_n++] = (struct hl7_span){c->from, i - c->from};
		c->from = i + 1;
	} else {
		at_line_end(c, i, sep);
	}
}

static void cut(struct cutter *c, uint32_t i, uint8_t sep)
{
#ifdef __SSE2__
	const __m128i vsep = _mm_set1_epi8((char)sep), vcr = _mm_set1_epi8('\r'), vlf = _mm_set1_epi8('\n');
	for (; c->n - i >= 64 && !c->full; i += 64) {
		uint64_t marks = 0;
		for (unsigned k = 0; k < 4; k++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(c->base + i + (size_t)16 * k));
			__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, vsep), _mm_or_si128(_mm_cmpeq_epi8(v, vcr), _mm_cmpeq_epi8(v, vlf)));
			marks |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << (16 * k);
		}
		for (; marks && !c->full; marks &= marks - 1)
			at_mark(c, i + (uint32_t)__builtin_ctzll(marks), sep);
	}
#endif
	for (; i < c->n && !c->full; i++)
		if (c->base[i] == sep || c->base[i] == '\r' || c->base[i] == '\n')
			at_mark(c, i, sep);
	if (!c->full)
		end_line(c, c->n);
}

static void tell(struct cutter *c)
{
	if (c->full)
		problem(c->ps, HL7_P_LIMIT, "message", "more segments or fields than we read: what follows is kept but not shown");
	if (c->ends & (c->ends - 1))
		problem(c->ps, HL7_P_LINE_END, "message", "lines end in more than one way");
	if (c->text_lf)
		problem(c->ps, HL7_P_LINE_END, "message", "line feeds inside a field are kept as text");
}

/* Behind the last line: line ends, frame bytes and NULs are no data. */
static struct slice without_tail(struct slice s)
{
	while (s.n && (s.p[s.n - 1] == '\r' || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == VT || s.p[s.n - 1] == FS || s.p[s.n - 1] == 0))
		s.n--;
	return s;
}

/* A header that lacks what everything hangs on is told here, once, for all who read. */
static void tell_missing(const struct hl7_msg *m, struct problems *ps)
{
	const struct hl7_segment *s = &m->segments[0];
	if (strcmp(s->id, "MSH") != 0)
		return;
	if (hl7_field(m, s, 9).n == 0)
		problem(ps, HL7_P_VALUE, "MSH.9", "no message type");
	if (hl7_field(m, s, 10).n == 0)
		problem(ps, HL7_P_VALUE, "MSH.10", "no control id");
}

int hl7_parse(struct slice raw, struct arena *a, struct hl7_msg *ret, struct hl7_problem *problems, size_t max, size_t *ret_problems, struct err *e)
{
	struct problems ps = {problems, 0, problems ? max : 0};
	struct hl7_msg m = {.raw = raw, .text = raw};
	if (raw.n > HL7_MESSAGE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "larger than the %u MiB that a message may have", (unsigned)(HL7_MESSAGE_MAX >> 20));
	int wide = hl7_wide(raw), r;
	if (wide) {
		r = copy_as_utf8(raw, wide, a, &m.text, e);
		if (r < 0)
			return r;
		m.copied = true;
	}
	size_t at = header_offset(m.text);
	enum hl7_line kind = hl7_line_at(m.text.p + at, m.text.n - at, 0, false);
	if (kind != HL7_LINE_MSH && kind != HL7_LINE_FHS && kind != HL7_LINE_BHS)
		return err_set(e, ERR_INPUT, "offset 0", "no MSH segment at the start: not an HL7 v2 message");
	struct slice line = header_line(m.text, at);
	read_delims(line, &m.d, &ps);
	struct sweep w;
	sweep(slice_of(m.text.p + at, m.text.n - at), m.d.field, m.d.esc ? m.d.esc : m.d.field, &w);
	bool utf8 = true, utf8_too;
	struct slice declared = declared_charset(line, &m.d, &utf8_too);
	m.encoding = wide ? wide : decide(slice_of(m.text.p + at, m.text.n - at), declared, utf8_too, &w, &ps, &utf8);
	if (m.encoding < 0)
		return err_set(e, m.encoding, NULL, "no memory to read a message in this character set");
	if (!wide && (w.high || w.esc) && hl7_charset_hides_delimiters(m.encoding)) {
		r = copy_as_utf8(raw, m.encoding, a, &m.text, e);
		if (r < 0)
			return r;
		m.copied = true;
		at = header_offset(m.text);
		sweep(slice_of(m.text.p + at, m.text.n - at), m.d.field, m.d.esc ? m.d.esc : m.d.field, &w);
	}
	m.utf8 = m.copied || (!w.esc && (!w.high || (m.encoding == HL7_CS_UTF8 && utf8)));

	struct slice body = without_tail(m.text);
	struct cutter c = {.base = m.text.p, .n = (uint32_t)body.n, .ps = &ps, .line = (uint32_t)at, .from = (uint32_t)at};
	size_t lines = w.line_ends + 1, spans = w.separators + lines;
	c.segment_max = (uint32_t)(lines < HL7_SEGMENTS_MAX ? lines : HL7_SEGMENTS_MAX);
	c.span_max = (uint32_t)(spans < HL7_FIELDS_MAX ? spans : HL7_FIELDS_MAX);
	c.segments = arena_array(a, c.segment_max, sizeof *c.segments);
	c.spans = arena_array(a, c.span_max, sizeof *c.spans);
	if (!c.segments || !c.spans)
		return err_set(e, arena_code(a), NULL, "the message has more fields than there is room for");
	cut(&c, (uint32_t)at, m.d.field);
	assert(c.count > 0); /* the header line is there: hl7_line_at saw it */
	m.segments = c.segments;
	m.count = c.count;
	m.fields = c.spans;
	m.field_count = c.spans_n;
	struct slice two = hl7_field(&m, &m.segments[0], 2);
	m.delims = (struct hl7_span){(uint32_t)at + 3, 1 + (uint32_t)two.n};
	m.escapes = m.d.esc && w.escapes > (two.n && memchr(two.p, m.d.esc, two.n) ? 1 : 0);
	m.charset = kind == HL7_LINE_MSH ? hl7_rep(&m, hl7_field(&m, &m.segments[0], 18), 1) : SLICE_NULL;
	tell(&c);
	tell_missing(&m, &ps);
	*ret = m;
	if (ret_problems)
		*ret_problems = ps.n;
	return 0;
}
