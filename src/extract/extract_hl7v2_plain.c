/* One pass over a plain message: 64 bytes at a time, a bit for each field separator and line end, and a look whether anything in them is out of the ordinary. */
#include "extract_hl7v2.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PLAIN_MAX ((size_t)1 << 20)
static const char usual[] = "MSH|^~\\&|";

/* *cuts: separators and line ends. False: a byte that is no plain one: a control character, one above ASCII, an escape. */
static bool look(const uint8_t *p, size_t n, uint64_t *cuts)
{
	uint64_t cut = 0, odd = 0;
#ifdef __SSE2__
	uint8_t tail[64];
	if (n < 64) { /* the end: as if blanks came */
		memset(tail, ' ', sizeof tail);
		memcpy(tail, p, n);
		p = tail;
	}
	const __m128i bar = _mm_set1_epi8('|'), cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n'), escape = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(' ');
	for (unsigned k = 0; k < 4; k++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * k));
		__m128i end = _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, lf));
		/* below a blank as signed bytes: control characters and whatever is above ASCII */
		__m128i strange = _mm_or_si128(_mm_andnot_si128(end, _mm_cmplt_epi8(v, blank)), _mm_cmpeq_epi8(v, escape));
		cut |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(end, _mm_cmpeq_epi8(v, bar))) << (16 * k);
		odd |= (uint64_t)(unsigned)_mm_movemask_epi8(strange) << (16 * k);
	}
#else
	for (size_t i = 0; i < n && i < 64; i++) {
		uint8_t c = p[i];
		bool end = c == '\r' || c == '\n';
		cut |= (uint64_t)(end || c == '|') << i;
		odd |= (uint64_t)(c == '\\' || c >= 0x80 || (c < ' ' && !end)) << i;
	}
#endif
	*cuts = cut;
	return !odd;
}

static bool name_part(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

struct cutting {
	const uint8_t *p;
	size_t n;
	struct hl7_msg *m;
	struct hl7_segment *s; /* the one that is open */
	uint8_t end;           /* what ends lines here: the header's; 0: not known yet */
	bool crlf;
};

/* The segment that begins at `at`; its first field is `field`. */
static inline bool open_segment(struct cutting *x, size_t at, uint32_t field)
{
	const uint8_t *p = x->p + at;
	if (at + 4 > x->n || !name_part(p[0]) || !name_part(p[1]) || !name_part(p[2]) || p[3] != '|' || x->m->count >= HL7_SEGMENTS_MAX)
		return false;
	if (at && (!memcmp(p, "MSH", 3) || !memcmp(p, "FHS", 3) || !memcmp(p, "BHS", 3))) /* another header: its fields count from its separator */
		return false;
	x->s = &x->m->segments[x->m->count++];
	*x->s = (struct hl7_segment){.id = {(char)p[0], (char)p[1], (char)p[2]}, .at = (uint32_t)at, .first = field};
	return true;
}

static inline void close_segment(struct cutting *x, size_t to, uint32_t field)
{
	x->s->n = (uint32_t)(to - x->s->at);
	x->s->fields = field - x->s->first;
}

/* A line ends at i. Where the next one begins; 0: lines of two kinds, of which somebody has to think. */
static inline size_t line_end(struct cutting *x, size_t i)
{
	uint8_t c = x->p[i];
	bool crlf = c == '\r' && i + 1 < x->n && x->p[i + 1] == '\n', last = i + 1 + crlf == x->n; /* some put a line feed behind each message */
	if (!x->end) {
		x->end = c;
		x->crlf = crlf;
	}
	return c != x->end || (crlf != x->crlf && !last) ? 0 : i + 1 + crlf;
}

bool extract_hl7_plain(struct slice raw, struct arena *a, struct hl7_msg *ret)
{
	const size_t head = sizeof usual - 1;
	if (raw.n <= head || raw.n > PLAIN_MAX || memcmp(raw.p, usual, head) != 0)
		return false;
	struct cutting x = {.p = raw.p, .n = raw.n, .m = ret};
	*ret = (struct hl7_msg){.raw = raw, .text = raw, .d = {'|', '^', '~', '\\', '&', 0}, .encoding = HL7_CS_ASCII, .utf8 = true, .delims = {3, 5}};
	/* a separator or a line's end for each field, three letters and one more for each segment */
	struct hl7_span *const fields = arena_raw(a, (raw.n + 4) * sizeof *fields), *f = fields;
	ret->segments = arena_raw(a, (raw.n / 4 + 2) * sizeof *ret->segments);
	if (!fields || !ret->segments || !open_segment(&x, 0, 0))
		return false;
	*f++ = (struct hl7_span){3, 1};
	*f++ = (struct hl7_span){4, 4};
	size_t begin = head;
	bool open = true;
	for (size_t block = head; block < raw.n; block += 64) {
		uint64_t cuts;
		if (!look(raw.p + block, raw.n - block, &cuts))
			return false;
		for (; cuts; cuts &= cuts - 1) {
			size_t at = block + (size_t)__builtin_ctzll(cuts);
			if (__builtin_expect(at < begin, 0)) /* a line feed behind its return, the bar behind a segment's name */
				continue;
			*f++ = (struct hl7_span){(uint32_t)begin, (uint32_t)(at - begin)};
			begin = at + 1;
			if (__builtin_expect(raw.p[at] == '|', 1))
				continue;
			close_segment(&x, at, (uint32_t)(f - fields));
			size_t next = line_end(&x, at);
			open = next && next < raw.n;
			if (!next || (open && !open_segment(&x, next, (uint32_t)(f - fields))))
				return false;
			begin = next + (open ? 4 : 0);
		}
	}
	if (open) {
		*f++ = (struct hl7_span){(uint32_t)begin, (uint32_t)(raw.n - begin)};
		close_segment(&x, raw.n, (uint32_t)(f - fields));
	}
	ret->fields = fields;
	ret->field_count = (uint32_t)(f - fields);
	return ret->field_count <= HL7_FIELDS_MAX;
}
