/* Samples of WFDB signal files, signal(5). All of a file's signals are interleaved frame by frame; sample k of the file lies at
 *
 *     8  byte k: the difference to the same signal's sample before (the first: to the header's initial value)
 *    16  2k: little-endian      61  2k: big-endian      160  2k: little-endian, 32768 added
 *    24  3k: little-endian      32  4k: little-endian    80  k: 128 added
 *   212  two in 3 bytes: low byte of the first; high nibbles, the first's below; low byte of the second
 *   310  three in two little-endian words of 16: bits 1..10 of each, then bits 11..15 of both
 *   311  three in a little-endian word of 32: bits 0..9, 10..19, 20..29
 *
 * The smallest value of a format says that nothing was recorded (not in 8). The last group may be cut off behind its last sample.
 */
#include "wfdb_internal.h"
#include "twice.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

unsigned wfdb_format_bits(unsigned format)
{
	switch (format) {
	case 8: return 16; /* the sums */
	case 16: case 61: case 160: return 16;
	case 24: return 24;
	case 32: return 32;
	case 80: return 8;
	case 212: return 12;
	case 310: case 311: return 10;
	default: return 0;
	}
}

uint64_t wfdb_format_samples(unsigned format, size_t n)
{
	switch (format) {
	case 8: case 80: return n;
	case 16: case 61: case 160: return n / 2;
	case 24: return n / 3;
	case 32: return n / 4;
	case 212: return n / 3 * 2 + (n % 3 == 2);
	case 310: return n / 4 * 3 + (n % 4 >= 2);
	case 311: return n / 4 * 3 + (n % 4 >= 2) + (n % 4 == 3);
	default: return 0;
	}
}

int32_t wfdb_format_gap(unsigned format)
{
	return format == 8 ? 1 : format == 32 ? INT32_MIN : -(INT32_C(1) << (wfdb_format_bits(format) - 1));
}

static inline uint16_t le16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof v);
	return le16toh(v);
}

static inline int32_t at_61(const uint8_t *p, uint64_t k)
{
	return (int16_t)(p[2 * k] << 8 | p[2 * k + 1]);
}

static inline int32_t at_160(const uint8_t *p, uint64_t k)
{
	return le16(p + 2 * k) - 32768;
}

static inline int32_t at_80(const uint8_t *p, uint64_t k)
{
	return p[k] - 128;
}

static inline int32_t at_24(const uint8_t *p, uint64_t k)
{
	p += 3 * k;
	return (int32_t)((uint32_t)p[0] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 24) >> 8;
}

static inline int32_t at_32(const uint8_t *p, uint64_t k)
{
	uint32_t v;
	memcpy(&v, p + 4 * k, sizeof v);
	return (int32_t)le32toh(v);
}

/* One load of two bytes and shifts: this is the format that is read by the hundred million. */
static inline int32_t first_212(const uint8_t *p)
{
	return (int16_t)(uint16_t)(le16(p) << 4) >> 4;
}

static inline int32_t second_212(const uint8_t *p)
{
	uint16_t v = le16(p + 1);
	return (int16_t)(uint16_t)((v & 0xf0) << 8 | (v >> 8) << 4) >> 4;
}

static inline int32_t at_212(const uint8_t *p, uint64_t k)
{
	p += k / 2 * 3;
	return k & 1 ? second_212(p) : first_212(p);
}

static inline int32_t sign10(uint32_t v)
{
	return (int32_t)(v << 22) >> 22;
}

static inline int32_t at_310(const uint8_t *p, uint64_t k)
{
	p += k / 3 * 4;
	switch (k % 3) {
	case 0: return sign10((uint32_t)le16(p) >> 1 & 0x3ff);
	case 1: return sign10((uint32_t)le16(p + 2) >> 1 & 0x3ff);
	default: return sign10((uint32_t)le16(p) >> 11 | (uint32_t)(le16(p + 2) >> 11) << 5);
	}
}

static inline int32_t at_311(const uint8_t *p, uint64_t k)
{
	p += k / 3 * 4;
	switch (k % 3) {
	case 0: return sign10(le16(p) & 0x3ff);
	case 1: return sign10((uint32_t)le16(p + 1) >> 2 & 0x3ff);
	default: return sign10((uint32_t)le16(p + 2) >> 4 & 0x3ff);
	}
}

/* Every step-th sample from the k-th on. GAP is what a gap is in the output; LOWEST what it is in the file. */
#define EACH(at, LOWEST)                                                                                                    \
	for (size_t i = 0; i < n; i++, k += step) {                                                                             \
		int32_t v = at(p, k);                                                                                               \
		out[i] = v == (LOWEST) ? GAP : OUT(v);                                                                              \
	}                                                                                                                       \
	return
#ifdef __clang__ /* which unrolls these loops at -O2 */
#define FAST
#else
#define FAST __attribute__((optimize("O3")))
#endif
#define RUN(name, type)                                                                                                     \
	FAST static void name(const struct wfdb_signal *s, uint64_t k, size_t step, size_t n, type *out)                        \
	{                                                                                                                       \
		const uint8_t *p = s->p;                                                                                            \
		switch (s->format) {                                                                                                \
		case 16:                                                                                                            \
			p += 2 * k;                                                                                                     \
			if (step == 2)                                                                                                  \
				for (size_t i = 0; i < n; i++)                                                                              \
					out[i] = FROM16((int16_t)le16(p + 4 * i));                                                              \
			else                                                                                                            \
				for (size_t i = 0; i < n; i++)                                                                              \
					out[i] = FROM16((int16_t)le16(p + 2 * step * i));                                                       \
			return;                                                                                                         \
		case 212:                                                                                                           \
			if (step % 2 == 0) {                                                                                            \
				p += k / 2 * 3;                                                                                             \
				if (k & 1)                                                                                                  \
					for (size_t i = 0; i < n; i++, p += step / 2 * 3) {                                                     \
						int32_t v = second_212(p);                                                                          \
						out[i] = v == -2048 ? GAP : OUT(v);                                                                 \
					}                                                                                                       \
				else                                                                                                        \
					for (size_t i = 0; i < n; i++, p += step / 2 * 3) {                                                     \
						int32_t v = first_212(p);                                                                           \
						out[i] = v == -2048 ? GAP : OUT(v);                                                                 \
					}                                                                                                       \
				return;                                                                                                     \
			}                                                                                                               \
			EACH(at_212, -2048);                                                                                            \
		case 61: EACH(at_61, -32768);                                                                                       \
		case 160: EACH(at_160, -32768);                                                                                     \
		case 80: EACH(at_80, -128);                                                                                         \
		case 24: EACH(at_24, -8388608);                                                                                     \
		case 32: EACH(at_32, INT32_MIN);                                                                                    \
		case 310: EACH(at_310, -512);                                                                                       \
		case 311: EACH(at_311, -512);                                                                                       \
		default: break;                                                                                                     \
		}                                                                                                                   \
	}

/* Format 212, a signal of two in a file: eight samples out of 24 bytes, as many at a time as the processor likes. How many were read. */
#if defined(__x86_64__)
__attribute__((target("avx2"))) static size_t pairs_wide(const uint8_t *p, bool second, size_t n, int16_t *out)
{
	/* of each three bytes the first two, or the second and (below it) the third */
	const __m128i one = _mm_setr_epi8(0, 1, 3, 4, 6, 7, 9, 10, -1, -1, -1, -1, -1, -1, -1, -1), two = _mm_setr_epi8(2, 1, 5, 4, 8, 7, 11, 10, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m256i pick = _mm256_broadcastsi128_si256(second ? two : one), lowest = _mm256_set1_epi16(-2048), turn = _mm256_set1_epi16((int16_t)(ECG_GAP16 ^ -2048));
	size_t i = 0;
	for (; i + 18 <= n; i += 16, p += 48) {
		__m256i a = _mm256_loadu2_m128i((const __m128i *)(p + 24), (const __m128i *)p), b = _mm256_loadu2_m128i((const __m128i *)(p + 36), (const __m128i *)(p + 12));
		__m256i v = _mm256_unpacklo_epi64(_mm256_shuffle_epi8(a, pick), _mm256_shuffle_epi8(b, pick));
		if (second)
			v = _mm256_or_si256(_mm256_and_si256(v, _mm256_set1_epi16((int16_t)0xf000)), _mm256_slli_epi16(_mm256_and_si256(v, _mm256_set1_epi16(0xff)), 4));
		else
			v = _mm256_slli_epi16(v, 4);
		v = _mm256_srai_epi16(v, 4);
		v = _mm256_xor_si256(v, _mm256_and_si256(_mm256_cmpeq_epi16(v, lowest), turn));
		_mm256_storeu_si256((__m256i *)(out + i), v);
	}
	return i;
}
#endif

static size_t pairs_212(const uint8_t *p, bool second, size_t n, int16_t *out)
{
#if defined(__x86_64__)
	if (twice_wide())
		return pairs_wide(p, second, n, out);
#endif
	return 0;
}

#define GAP ECG_GAP
#define OUT(v) (v)
#define FROM16(v) ((v) == INT16_MIN ? ECG_GAP : (v))
RUN(run32, int32_t)
#undef GAP
#undef OUT
#undef FROM16
#define GAP ECG_GAP16
#define OUT(v) ((int16_t)(v))
#define FROM16(v) (v)
RUN(run16, int16_t)

/* ---- format 8: sums of differences ---- */

static inline uint64_t file_index(const struct wfdb_signal *s, uint64_t own) /* of the signal's own-th sample, without skew */
{
	return own / s->spf * s->frame + s->index + own % s->spf;
}

int wfdb_signal_index(struct wfdb_signal *s, struct arena *a, struct err *e)
{
	uint64_t n = s->frames * s->spf;
	int32_t v = s->init;
	if (s->format != 8)
		return 0;
	s->sums = arena_array(a, (size_t)(n / WFDB_SUMS_EVERY + 1), sizeof *s->sums);
	if (!s->sums)
		return err_set(e, arena_code(a), NULL, "no room for the sums of a signal in format 8");
	for (uint64_t i = 0; i < n; i++) {
		if (i % WFDB_SUMS_EVERY == 0)
			s->sums[i / WFDB_SUMS_EVERY] = v;
		v = (int32_t)((uint32_t)v + (uint32_t)(int8_t)s->p[file_index(s, i)]);
	}
	return 0;
}

static void sums_read(const struct wfdb_signal *s, uint64_t first, size_t n, int32_t *out)
{
	uint64_t at = first - first % WFDB_SUMS_EVERY;
	int32_t v = s->sums[at / WFDB_SUMS_EVERY];
	for (; at < first + n; at++) {
		v = (int32_t)((uint32_t)v + (uint32_t)(int8_t)s->p[file_index(s, at)]);
		if (at >= first)
			out[at - first] = v == ECG_GAP ? v + 1 : v;
	}
}

/* ---- reading ---- */

/* How many samples from own on lie in the file without a break in the pattern (step); 0: own is outside, and *outside are. */
static size_t piece(const struct wfdb_signal *s, uint64_t own, size_t n, uint64_t *k, size_t *step, size_t *outside)
{
	int64_t frame = (int64_t)(own / s->spf) + s->skew;
	uint32_t sub = (uint32_t)(own % s->spf);
	if (frame < 0 || (uint64_t)frame >= s->frames) {
		uint64_t until = frame < 0 ? (uint64_t)-frame * s->spf - sub : UINT64_MAX;
		*outside = until < n ? (size_t)until : n;
		return 0;
	}
	uint64_t left = (s->frames - (uint64_t)frame) * s->spf - sub;
	*k = (uint64_t)frame * s->frame + s->index + sub;
	*step = 1;
	if (s->spf == 1)
		*step = s->frame;
	else if (s->frame != s->spf)
		left = s->spf - sub; /* of this frame */
	return left < n ? (size_t)left : n;
}

void wfdb_signal_read(const struct wfdb_signal *s, uint64_t first, size_t n, int32_t *out)
{
	while (n) {
		uint64_t k = 0;
		size_t step = 1, outside = 0, here = piece(s, first, n, &k, &step, &outside), done = here ? here : outside;
		if (!here)
			for (size_t i = 0; i < outside; i++)
				out[i] = ECG_GAP;
		else if (s->format == 8)
			sums_read(s, (uint64_t)((int64_t)first + s->skew * (int64_t)s->spf), here, out);
		else
			run32(s, k, step, here, out);
		if (s->convert)
			for (size_t i = 0; i < here; i++)
				if (out[i] != ECG_GAP) {
					double v = (double)out[i] * s->mul + s->add;
					v = v < 0 ? v - 0.5 : v + 0.5;
					out[i] = v <= INT32_MIN ? INT32_MIN + 1 : v >= INT32_MAX ? INT32_MAX : (int32_t)v;
				}
		first += done;
		n -= done;
		out += done;
	}
}

void wfdb_signal_read16(const struct wfdb_signal *s, uint64_t first, size_t n, int16_t *out)
{
	assert(!s->convert && s->format != 8);
	while (n) {
		uint64_t k = 0;
		size_t step = 1, outside = 0, here = piece(s, first, n, &k, &step, &outside), done = here ? here : outside;
		size_t fast = here && s->format == 212 && step == 2 ? pairs_212(s->p + k / 2 * 3, k & 1, here, out) : 0;
		if (here)
			run16(s, k + fast * step, step, here - fast, out + fast);
		else
			for (size_t i = 0; i < outside; i++)
				out[i] = ECG_GAP16;
		first += done;
		n -= done;
		out += done;
	}
}
