/* Text that is made of records: HL7 v2 and X12 segments, CSV; and RTF's braces and a mail's first lines. */
#include "content_text_internal.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- HL7 v2: chapter 2, segments that end with CR (LF in files), each of three letters and the field separator; batches; MLLP blocks --------------
 */

static bool hl7_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 9 && (slice_starts(h, "MSH") || slice_starts(h, "FHS") || slice_starts(h, "BHS")) &&
		(h.p[3] == '|' ||
			(h.p[3] > ' ' && h.p[3] < 0x7F && !((h.p[3] | 32) >= 'a' && (h.p[3] | 32) <= 'z') && h.p[4] == '^' && h.p[5] == '~'));
}

static bool hl7_sniff_framed(struct content_checker *c, struct slice h)
{
	while (h.n && (*h.p == 0x0B || *h.p == 0x1C || *h.p == '\r' || *h.p == '\n')) {
		h.p++;
		h.n--;
	}
	return hl7_sniff(c, h);
}

static void hl7_begin(struct content_checker *c, struct slice h)
{
	const uint8_t *m = h.n ? memchr(h.p, 'H', h.n) : NULL; /* MSH, FHS, BHS */
	struct text_lines_state *l = &STATE_OF(c, struct text_state)->u.lines;
	while (h.n && *h.p < ' ') {
		h.p++;
		h.n--;
	}
	l->field = m && h.n > 3 ? h.p[3] : '|';
}

static void hl7_line(struct text_lines_state *l)
{
	const uint8_t *s = l->start;
	if (!l->n)
		return;
	bool good = l->n >= 4 ? s[3] == l->field : l->n == 3;
	good = good && s[0] >= 'A' && s[0] <= 'Z' && ((s[1] >= 'A' && s[1] <= 'Z') || (s[1] >= '0' && s[1] <= '9')) &&
		((s[2] >= 'A' && s[2] <= 'Z') || (s[2] >= '0' && s[2] <= '9'));
	l->good += good;
	l->bad += !good;
	l->n = 0;
}

static void hl7_feed(struct content_checker *c, struct slice s)
{
	struct text_lines_state *l = &STATE_OF(c, struct text_state)->u.lines;
	for (size_t i = 0; i < s.n;) {
		uint8_t b = s.p[i];
		if (b == '\r' || b == '\n' || b == 0x0B || b == 0x1C) {
			hl7_line(l);
			i++;
		} else if (l->n < 4) {
			l->start[l->n++] = b;
			i++;
		} else { /* the rest of the line */
			while (i < s.n && s.p[i] >= 0x20)
				i++;
			if (i < s.n && s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != 0x0B && s.p[i] != 0x1C)
				i++;
		}
	}
}

static enum grammar hl7_end(struct content_checker *c)
{
	struct text_lines_state *l = &STATE_OF(c, struct text_state)->u.lines;
	hl7_line(l);
	return l->good && l->bad * 4 <= l->good + l->bad ? GRAMMAR_HOLDS : GRAMMAR_BROKEN; /* texts and PDFs in OBX-5 do run over lines */
}

const struct text_reader text_hl7 = {CONTENT_HL7V2, hl7_sniff_framed, hl7_begin, hl7_feed, hl7_end};

/* ---- X12: ISA has 106 bytes, names the separators, and IEA ends what it began ---------------------------------------------------------------------
 */

static bool x12_sniff(struct content_checker *c, struct slice h)
{
	return h.n >= 106 && slice_starts(h, "ISA") && h.p[3] == h.p[6] && h.p[3] == h.p[17] && h.p[3] == h.p[103] && h.p[105] != h.p[3];
}

static void x12_begin(struct content_checker *c, struct slice h)
{
	struct text_lines_state *l = &STATE_OF(c, struct text_state)->u.lines;
	l->field = h.p[3];
	l->end = h.p[105];
}

static void x12_segment(struct text_lines_state *l)
{
	const uint8_t *s = l->start;
	if (!l->n)
		return;
	bool good = l->n >= 3 && s[0] >= 'A' && s[0] <= 'Z' && (s[2] == l->field || (l->n >= 4 && s[3] == l->field));
	l->good += good;
	l->bad += !good;
	if (memcmp(s, "ISA", 3) == 0)
		l->closed = false;
	if (memcmp(s, "IEA", 3) == 0)
		l->closed = true;
	l->n = 0;
}

static void x12_feed(struct content_checker *c, struct slice s)
{
	struct text_lines_state *l = &STATE_OF(c, struct text_state)->u.lines;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i];
		if (b == l->end)
			x12_segment(l);
		else if (l->n < 4 && (l->n || b > ' '))
			l->start[l->n++] = b;
	}
}

static enum grammar x12_end(struct content_checker *c)
{
	const struct text_lines_state *l = &STATE_OF(c, struct text_state)->u.lines;
	if (l->bad)
		return GRAMMAR_BROKEN;
	return l->closed ? GRAMMAR_HOLDS : GRAMMAR_CUT;
}

const struct text_reader text_x12 = {CONTENT_X12, x12_sniff, x12_begin, x12_feed, x12_end};

/* ---- CSV: RFC 4180 with the delimiter that the first line shows; most records have as many fields as the first
 * ------------------------------------- */

static bool csv_sniff(struct content_checker *c, struct slice h)
{
	return c->r.named == CONTENT_CSV;
}

static void csv_begin(struct content_checker *c, struct slice h)
{
	static const char delimiters[] = ",;\t|";
	struct text_csv_state *v = &STATE_OF(c, struct text_state)->u.csv;
	size_t n[4] = {0}, best = 0;
	bool quoted = false;
	for (size_t i = 0; i < h.n && (quoted || (h.p[i] != '\n' && h.p[i] != '\r')); i++) {
		quoted ^= h.p[i] == '"';
		for (size_t d = 0; d < 4 && !quoted; d++)
			n[d] += h.p[i] == (uint8_t)delimiters[d];
	}
	for (size_t d = 1; d < 4; d++)
		best = n[d] > n[best] ? d : best;
	v->delimiter = (uint8_t)delimiters[best];
}

static void csv_record(struct text_csv_state *v)
{
	if (!v->any)
		return;
	if (!v->records++)
		v->first = v->fields;
	v->fitting += v->fields == v->first;
	v->fields = 0;
	v->any = false;
}

/* Where among the first 64 bytes (fewer: all n) these stand; all other bytes are just text of a field. */
struct csv_marks {
	uint64_t delimiters, quotes, ends;
};

static struct csv_marks csv_marks(const uint8_t *p, size_t n, uint8_t delimiter)
{
	struct csv_marks m = {0, 0, 0};
#ifdef __SSE2__
	if (n >= 64) {
		const __m128i d = _mm_set1_epi8((char)delimiter), q = _mm_set1_epi8('"'), l = _mm_set1_epi8('\n'), r = _mm_set1_epi8('\r');
		for (unsigned k = 0; k < 4; k++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * k));
			m.delimiters |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, d)) << (16 * k);
			m.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, q)) << (16 * k);
			m.ends |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, l), _mm_cmpeq_epi8(v, r))) << (16 * k);
		}
		return m;
	}
#endif
	for (size_t i = 0; i < n && i < 64; i++) {
		m.delimiters |= (uint64_t)(p[i] == delimiter) << i;
		m.quotes |= (uint64_t)(p[i] == '"') << i;
		m.ends |= (uint64_t)(p[i] == '\n' || p[i] == '\r') << i;
	}
	return m;
}

/* n bytes, at most 64, none of them in quotes or a quote: fields are counted by whole lines. */
static void csv_unquoted(struct text_csv_state *v, const struct csv_marks *m, size_t n)
{
	size_t from = 0;
	for (uint64_t ends = m->ends; ends; ends &= ends - 1) {
		size_t i = (size_t)__builtin_ctzll(ends);
		v->any |= i > from;
		v->fields += (unsigned)__builtin_popcountll(m->delimiters >> from << from & ((UINT64_C(1) << i) - 1));
		csv_record(v);
		from = i + 1;
	}
	v->any |= n > from;
	v->fields += from < 64 ? (unsigned)__builtin_popcountll(m->delimiters >> from << from) : 0;
	v->field_begun = !((m->delimiters | m->ends) >> (n - 1) & 1);
	v->was_quote = false;
}

static void csv_plain(struct text_csv_state *v)
{
	v->was_quote = false;
	if (!v->quoted)
		v->field_begun = v->any = true;
}

static void csv_mark(struct text_csv_state *v, uint8_t b)
{
	if (b == '"' && (v->quoted || !v->field_begun || v->was_quote)) {
		v->quoted = !v->quoted;
		v->was_quote = true;
		v->field_begun = v->any = true;
		return;
	}
	v->was_quote = false;
	if (v->quoted)
		return;
	if (b == '\n' || b == '\r') {
		csv_record(v);
		v->field_begun = false;
	} else if (b == v->delimiter) {
		v->fields++;
		v->any = true;
		v->field_begun = false;
	} else {
		v->field_begun = v->any = true;
	}
}

static void csv_feed(struct content_checker *c, struct slice s)
{
	struct text_csv_state *v = &STATE_OF(c, struct text_state)->u.csv;
	for (size_t at = 0; at < s.n; at += 64) {
		size_t n = s.n - at < 64 ? s.n - at : 64, from = 0;
		const struct csv_marks m = csv_marks(s.p + at, n, v->delimiter);
		if (!v->quoted && !m.quotes) {
			csv_unquoted(v, &m, n);
			continue;
		}
		for (uint64_t marks = m.delimiters | m.quotes | m.ends; marks; marks &= marks - 1) {
			size_t i = (size_t)__builtin_ctzll(marks);
			if (i > from)
				csv_plain(v);
			csv_mark(v, s.p[at + i]);
			from = i + 1;
		}
		if (n > from)
			csv_plain(v);
	}
}

static enum grammar csv_end(struct content_checker *c)
{
	struct text_csv_state *v = &STATE_OF(c, struct text_state)->u.csv;
	if (v->quoted)
		return GRAMMAR_BROKEN; /* cut off in a quoted field, or quotes used as inches: told as text */
	csv_record(v);
	return v->records && v->fitting * 10 >= v->records * 8 ? GRAMMAR_HOLDS : GRAMMAR_BROKEN;
}

const struct text_reader text_csv = {CONTENT_CSV, csv_sniff, csv_begin, csv_feed, csv_end};

/* ---- RTF: braces balance; \binN is followed by N bytes of anything
 * ---------------------------------------------------------------------------------- */

static bool rtf_sniff(struct content_checker *c, struct slice h)
{
	return slice_starts(h, "{\\rtf");
}

static void rtf_word_over(struct text_rtf_state *r)
{
	r->mode = 0;
	r->word[r->word_n < sizeof r->word ? r->word_n : sizeof r->word - 1] = 0;
	if (r->word_n > 3 && memcmp(r->word, "bin", 3) == 0 && r->word[3] >= '0' && r->word[3] <= '9')
		for (unsigned i = 3; i < r->word_n && i < sizeof r->word && r->word[i] >= '0' && r->word[i] <= '9'; i++)
			r->skip = r->skip * 10 + (r->word[i] - '0');
}

static void rtf_byte(struct text_rtf_state *r, uint8_t b)
{
	if (r->skip) {
		r->skip--;
		return;
	}
	if (r->mode == 1 && !r->word_n && (b == '\\' || b == '{' || b == '}')) { /* an escaped one */
		r->mode = 0;
		return;
	}
	if (r->mode == 1) {
		if (((b | 32) >= 'a' && (b | 32) <= 'z') || (b >= '0' && b <= '9') || b == '-') {
			if (r->word_n < sizeof r->word - 1)
				r->word[r->word_n++] = b;
			return;
		}
		rtf_word_over(r);
		if (b == ' ')
			return;
	}
	if (b == '\\') {
		r->mode = 1;
		r->word_n = 0;
	} else if (b == '{')
		r->depth++;
	else if (b == '}') {
		if (!r->depth || r->closed)
			r->broken = true;
		else
			r->closed = --r->depth == 0;
	}
}

static void rtf_feed(struct content_checker *c, struct slice s)
{
	struct text_rtf_state *r = &STATE_OF(c, struct text_state)->u.rtf;
	for (size_t i = 0; i < s.n && !r->broken; i++)
		rtf_byte(r, s.p[i]);
}

static enum grammar rtf_end(struct content_checker *c)
{
	const struct text_rtf_state *r = &STATE_OF(c, struct text_state)->u.rtf;
	return r->broken ? GRAMMAR_BROKEN : r->closed ? GRAMMAR_HOLDS : GRAMMAR_CUT;
}

const struct text_reader text_rtf = {CONTENT_RTF, rtf_sniff, NULL, rtf_feed, rtf_end};

/* ---- mail: RFC 5322 header fields at the top, two of those that mail has and little else has
 * --------------------------------------------------------- */

static bool mail_sniff(struct content_checker *c, struct slice h)
{
	static const char *const fields[] = {"Received", "Return-Path", "Delivered-To", "From", "To", "Date", "Subject", "Message-ID", "MIME-Version",
		"Content-Type", "Reply-To", "X-Mailer", "DKIM-Signature"};
	unsigned known = 0, lines = 0;
	bool strong = false;
	if (slice_starts(h, "From ")) {
		slice_cut(h, '\n', &h);
		strong = true;
	}
	while (h.n && lines < 40) {
		struct slice line = slice_cut(h, '\n', &h), value;
		if (!slice_trim(line).n)
			break;
		lines++;
		if (line.p[0] == ' ' || line.p[0] == '\t')
			continue;
		struct slice name = slice_cut(line, ':', &value);
		if (!value.p || memchr(name.p, ' ', name.n))
			return false;
		for (size_t i = 0; i < ARRAY_LEN(fields); i++)
			if (slice_eq_nocase(name, fields[i])) {
				known++;
				strong |= i < 3 || i == 7 || i == 8 || i == 11 || i == 12;
			}
	}
	return known >= 2 && (strong || c->r.named == CONTENT_MAIL);
}

const struct text_reader text_mail = {CONTENT_MAIL, mail_sniff, NULL, NULL, NULL};
