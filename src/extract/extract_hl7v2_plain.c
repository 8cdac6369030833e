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
	if (n >= 64) {
		const __m128i bar = _mm_set1_epi8('|'), cr = _mm_set1_epi8('\r'), lf = _mm_set1_epi8('\n'), escape = _mm_set1_epi8('\\'), blank = _mm_set1_epi8(' ');
		for (unsigned k = 0; k < 4; k++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * k));
			__m128i end = _mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, lf));
			/* below a blank as signed bytes: control characters and whatever is above ASCII */
			__m128i strange = _mm_or_si128(_mm_andnot_si128(end, _mm_cmplt_epi8(v, blank)), _mm_cmpeq_epi8(v, escape));
			cut |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_or_si128(end, _mm_cmpeq_epi8(v, bar))) << (16 * k);
			odd |= (uint64_t)(unsigned)_mm_movemask_epi8(strange) << (16 * k);
		}
		*cuts = cut;
		return !odd;
	}
#endif
	for (size_t i = 0; i < n && i < 64; i++) {
		uint8_t c = p[i];
		bool end = c == '\r' || c == '\n';
		cut |= (uint64_t)(end || c == '|') << i;
		odd |= (uint64_t)(c == '\\' || c >= 0x80 || (c < ' ' && !end)) << i;
	}
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
	struct hl7_span *field; /* the next one */
	size_t begin;           /* of the field that is open */
	size_t line;            /* of the segment that is open */
	uint8_t end;            /* what ends lines here: the header's; 0: not known yet */
	bool crlf;
};

/* The segment that begins at `at`. */
static bool open_segment(struct cutting *x, size_t at)
{
	if (at + 4 > x->n || !name_part(x->p[at]) || !name_part(x->p[at + 1]) || !name_part(x->p[at + 2]) || x->p[at + 3] != '|' || x->m->count >= HL7_SEGMENTS_MAX)
		return false;
	struct hl7_segment *s = &x->m->segments[x->m->count];
	*s = (struct hl7_segment){.at = (uint32_t)at, .first = x->m->field_count};
	memcpy(s->id, x->p + at, 3);
	s->id[3] = 0;
	x->line = at;
	x->begin = at + 4;
	return true;
}

static void put_field(struct cutting *x, size_t from, size_t to)
{
	x->field[x->m->field_count++] = (struct hl7_span){(uint32_t)from, (uint32_t)(to - from)};
}

static void close_segment(struct cutting *x, size_t to)
{
	struct hl7_segment *s = &x->m->segments[x->m->count++];
	put_field(x, x->begin, to);
	s->n = (uint32_t)(to - x->line);
	s->fields = x->m->field_count - s->first;
}

/* A line ends at i. *i: behind it. */
static bool line_end(struct cutting *x, size_t *i)
{
	uint8_t c = x->p[*i];
	size_t after = *i + 1;
	bool crlf = c == '\r' && after < x->n && x->p[after] == '\n';
	if (!x->end) {
		x->end = c;
		x->crlf = crlf;
	}
	bool last = after + crlf == x->n; /* some put a line feed behind each message */
	if (c != x->end || (crlf != x->crlf && !last)) /* lines of two kinds: somebody has to think about them */
		return false;
	close_segment(x, *i);
	after += crlf;
	*i = after;
	return after == x->n || open_segment(x, after);
}

bool extract_hl7_plain(struct slice raw, struct arena *a, struct hl7_msg *ret)
{
	const size_t head = sizeof usual - 1;
	if (raw.n <= head || raw.n > PLAIN_MAX || memcmp(raw.p, usual, head) != 0)
		return false;
	struct cutting x = {.p = raw.p, .n = raw.n, .m = ret};
	*ret = (struct hl7_msg){.raw = raw, .text = raw, .d = {'|', '^', '~', '\\', '&', 0}, .encoding = HL7_CS_ASCII, .utf8 = true, .delims = {3, 5}};
	/* a separator or a line's end for each field, three letters and one more for each segment */
	ret->fields = x.field = arena_raw(a, (raw.n + 4) * sizeof *x.field);
	ret->segments = arena_raw(a, (raw.n / 4 + 2) * sizeof *ret->segments);
	if (!ret->fields || !ret->segments || !open_segment(&x, 0))
		return false;
	put_field(&x, 3, 4);
	put_field(&x, 4, 8);
	x.begin = head;
	size_t i = head;
	for (size_t block = head; block < raw.n; block += 64) {
		uint64_t cuts;
		if (!look(raw.p + block, raw.n - block, &cuts))
			return false;
		for (; cuts; cuts &= cuts - 1) {
			size_t at = block + (size_t)__builtin_ctzll(cuts);
			if (at < i) /* the line feed, or the bar behind a name, that was passed over */
				continue;
			if (raw.p[at] == '|') {
				put_field(&x, x.begin, at);
				x.begin = i = at + 1;
			} else {
				i = at;
				if (!line_end(&x, &i))
					return false;
				if (i < raw.n)
					i = x.begin; /* behind "PID|" */
			}
		}
	}
	if (i < raw.n || (raw.p[raw.n - 1] != '\r' && raw.p[raw.n - 1] != '\n'))
		close_segment(&x, raw.n);
	return ret->field_count <= HL7_FIELDS_MAX;
}
