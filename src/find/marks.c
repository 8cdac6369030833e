/* Marks: one pass over a text that finds its words and numbers, 64 bytes at a time, and keeps those that may matter.
 *
 * A byte is of a word when it is a letter, a digit or beyond ASCII. For each block three masks are made (word, digit, beyond ASCII); runs are cut out of them with the number of trailing zeros. A run of letters is kept when one of its two
 * bits is set in the map (words of known names, words with a meaning), every run with a digit is kept.
 *
 * The pass is compiled twice where the processor may have AVX2 and BMI2: the same code, with half the instructions a block and shifts that do not wait for the flags. */
#include "find_internal.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <immintrin.h>
#define WIDE __attribute__((target("avx2,bmi,bmi2,lzcnt")))
#endif

#define WORD_MAX 32

struct masks {
	uint64_t word, digit, high, feed;
};

typedef struct masks masks_fn(const uint8_t p[64]);

#ifdef __SSE2__
static inline __attribute__((always_inline)) WIDE struct masks masks_wide(const uint8_t p[64])
{
	struct masks m = {0, 0, 0, 0};
	const __m256i fold = _mm256_set1_epi8(0x20), below_a = _mm256_set1_epi8('a' - 1), z = _mm256_set1_epi8('z'), below_0 = _mm256_set1_epi8('0' - 1), nine = _mm256_set1_epi8('9');
	for (unsigned i = 0; i < 2; i++) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32 * i)), low = _mm256_or_si256(v, fold);
		__m256i letter = _mm256_andnot_si256(_mm256_cmpgt_epi8(low, z), _mm256_cmpgt_epi8(low, below_a));
		__m256i digit = _mm256_andnot_si256(_mm256_cmpgt_epi8(v, nine), _mm256_cmpgt_epi8(v, below_0));
		uint64_t high = (uint32_t)_mm256_movemask_epi8(v), d = (uint32_t)_mm256_movemask_epi8(digit);
		m.feed |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n'))) << 32 * i;
		m.high |= high << 32 * i;
		m.digit |= d << 32 * i;
		m.word |= ((uint32_t)_mm256_movemask_epi8(letter) | d | high) << 32 * i;
	}
	return m;
}

static inline __attribute__((always_inline)) struct masks masks_of(const uint8_t p[64])
{
	struct masks m = {0, 0, 0, 0};
	const __m128i fold = _mm_set1_epi8(0x20), below_a = _mm_set1_epi8('a' - 1), above_z = _mm_set1_epi8('z' + 1), below_0 = _mm_set1_epi8('0' - 1), above_9 = _mm_set1_epi8('9' + 1);
	for (unsigned i = 0; i < 4; i++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), low = _mm_or_si128(v, fold);
		/* signed comparison: bytes beyond ASCII are below every letter */
		__m128i letter = _mm_and_si128(_mm_cmpgt_epi8(low, below_a), _mm_cmplt_epi8(low, above_z));
		__m128i digit = _mm_and_si128(_mm_cmpgt_epi8(v, below_0), _mm_cmplt_epi8(v, above_9));
		uint64_t high = (uint32_t)_mm_movemask_epi8(v), d = (uint32_t)_mm_movemask_epi8(digit);
		m.feed |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n'))) << 16 * i;
		m.high |= high << 16 * i;
		m.digit |= d << 16 * i;
		m.word |= ((uint32_t)_mm_movemask_epi8(letter) | d | high) << 16 * i;
	}
	return m;
}
#else
static inline __attribute__((always_inline)) struct masks masks_of(const uint8_t p[64])
{
	struct masks m = {0, 0, 0, 0};
	for (unsigned i = 0; i < 64; i++) {
		uint8_t c = p[i];
		uint64_t digit = c >= '0' && c <= '9', high = c >> 7, letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
		m.feed |= (uint64_t)(c == '\n') << i;
		m.digit |= digit << i;
		m.high |= high << i;
		m.word |= (digit | high | letter) << i;
	}
	return m;
}
#endif

static bool mark_room(struct marks *m)
{
	if (m->lines + 64 > m->line_cap) {
		size_t cap = m->line_cap ? m->line_cap * 2 : 1024;
		uint32_t *grown = reallocarray(m->line, cap, sizeof *grown);
		if (!grown) {
			m->no_memory = true;
			return false;
		}
		m->line = grown;
		m->line_cap = cap;
	}
	if (m->n + 80 <= m->cap)
		return true;
	size_t cap = m->cap ? m->cap * 2 : 8192;
	struct mark *grown = reallocarray(m->v, cap, sizeof *grown);
	if (!grown) {
		m->no_memory = true;
		return false;
	}
	m->v = grown;
	m->cap = cap;
	return true;
}

/* The two bits of a word: MARK_NAME, MARK_MEANS. */
static inline unsigned in_map(const uint64_t *map, unsigned log, uint64_t h)
{
	uint64_t i = h >> (64 - log);
	return map[i >> 5] >> (i & 31) * 2 & 3;
}

/* The same of a word whose first byte is a capital or beyond ASCII, in the names. Without a branch: which words have a capital cannot be foreseen. */
static inline unsigned in_names(const uint64_t *names, uint64_t h, uint8_t first)
{
	uint64_t i = h >> (64 - NAMES_MAP_LOG) & -(uint64_t)(first >= 0x80 || !(first & 0x20));
	return (names[i >> 6] >> (i & 63) & 1) * MARK_MEANS;
}

#define SIGNS_LEAST 2 /* of a name in Chinese, Japanese or Korean script */
#define SIGNS_MOST  5

/* In scripts without blanks a name stands in the middle of a sentence: any two to five signs that follow each other may be one. */
static void sign_names(struct slice text, size_t at, size_t n, const uint64_t *map, unsigned log, struct marks *ret)
{
	for (size_t i = at, end = at + n; i + 3 * SIGNS_LEAST <= end;) {
		size_t signs = 0;
		while (signs < SIGNS_MOST && i + 3 * signs < end && name_sign(text.p + i + 3 * signs, end - i - 3 * signs)) {
			signs++;
			uint64_t h = signs < SIGNS_LEAST ? 0 : key_word(text.p + i, 3 * signs);
			if (!h || !(in_map(map, log, h) & MARK_NAME))
				continue;
			if (!mark_room(ret))
				return;
			ret->v[ret->n++] = (struct mark){h, (uint32_t)i, (uint16_t)(3 * signs), MARK_HIGH, MARK_NAME};
		}
		i += signs ? 3 : 1;
	}
}

/* A run with bytes beyond ASCII: its words are folded first. Several words of one run (a curly apostrophe, a dash between them) are marks of their own, at the run's place. */
static void high_run(struct slice text, size_t at, size_t n, const uint64_t *map, unsigned log, struct marks *ret)
{
	struct name_words w;
	if (n >= 6)
		sign_names(text, at, n, map, log, ret);
	if (!mark_room(ret) || n > 100)
		return;
	name_words(slice_of(text.p + at, n), &w);
	for (unsigned i = 0; i < w.n; i++) {
		unsigned is = in_map(map, log, w.h[i]) | (ret->names ? in_names(ret->names, w.h[i], text.p[at]) : 0);
		if (w.len[i] >= 6 && name_sign((const uint8_t *)w.text + w.at[i], w.len[i]))
			is &= ~(unsigned)MARK_NAME; /* sign_names has it */
		if (is)
			ret->v[ret->n++] = (struct mark){w.h[i], (uint32_t)at, (uint16_t)n, MARK_HIGH, (uint8_t)is};
	}
}

/* Does a character of a script without blanks (Chinese, Japanese), or a sign of more than two bytes, end at `at`? */
static bool unspaced(struct slice text, size_t at)
{
	size_t i = at;
	while (i && at - i < 3 && (text.p[i - 1] & 0xC0) == 0x80)
		i--;
	return i && at - i >= 2 && text.p[i - 1] >= 0xE2;
}

/* A run with digits and bytes beyond ASCII, as "电话：281": where a script is written without blanks, digits between its characters are a number, and the characters between digits words. A number with letters of an alphabet at its ends is none. */
static void packed_run(struct slice text, size_t at, size_t n, const uint64_t *map, unsigned log, struct marks *ret)
{
	for (size_t i = at, end = at + n; i < end;) {
		size_t from = i;
		bool high = text.p[i] >= 0x80, digit = false, other = false;
		for (; i < end && (text.p[i] >= 0x80) == high; i++) {
			bool d = text.p[i] >= '0' && text.p[i] <= '9';
			digit |= d;
			other |= !d;
		}
		if (!mark_room(ret))
			return;
		if (high) {
			if (unspaced(text, i))
				high_run(text, from, i - from, map, log, ret);
			continue;
		}
		if ((from > at && !unspaced(text, from)) || (i < end && text.p[i] < 0xE2))
			continue;
		if (!digit && i - from >= 2 && i - from <= WORD_MAX) {
			uint64_t h = key_word(text.p + from, i - from);
			unsigned means = in_map(map, log, h);
			if (means)
				ret->v[ret->n++] = (struct mark){h, (uint32_t)from, (uint16_t)(i - from), MARK_WORD, (uint8_t)means};
		} else if (digit) {
			ret->v[ret->n++] = (struct mark){0, (uint32_t)from, (uint16_t)(i - from < UINT16_MAX ? i - from : UINT16_MAX), other ? MARK_NUMBER : MARK_DIGITS, 0};
		}
	}
}

/* What stands in a run, by the bytes of it so far. */
struct run_of {
	bool digit, high, other; /* other: no digit */
};

static inline __attribute__((always_inline)) struct run_of run_more(struct run_of r, const struct masks *m, uint64_t mine)
{
	return (struct run_of){r.digit | ((m->digit & mine) != 0), r.high | ((m->high & mine) != 0), r.other | ((~m->digit & mine) != 0)};
}

static inline __attribute__((always_inline)) void run_ends(struct slice text, size_t at, size_t end, struct run_of is, const uint64_t *map, unsigned log, struct marks *ret)
{
	size_t n = end - at;
	if (is.digit && is.high) {
		packed_run(text, at, n, map, log, ret);
		return;
	}
	if (is.digit) {
		ret->v[ret->n++] = (struct mark){0, (uint32_t)at, (uint16_t)(n < UINT16_MAX ? n : UINT16_MAX), is.other ? MARK_NUMBER : MARK_DIGITS, 0};
		return;
	}
	if (is.high) {
		high_run(text, at, n, map, log, ret);
		return;
	}
	if (n < 2 || n > WORD_MAX)
		return;
	uint64_t h;
	if (n <= 16 && text.n - at >= 16) { /* without a branch on the length, which nobody can foresee */
		uint64_t head, tail;
		memcpy(&head, text.p + at, 8);
		memcpy(&tail, text.p + at + (n > 8 ? n - 8 : 0), 8);
		head &= n < 8 ? (UINT64_C(1) << 8 * n) - 1 : ~UINT64_C(0);
		h = key_short(head, n > 8 ? tail : 0, n);
	} else {
		h = key_word(text.p + at, n);
	}
	unsigned means = in_map(map, log, h);
	if (ret->names)
		means |= in_names(ret->names, h, text.p[at]);
	ret->v[ret->n] = (struct mark){h, (uint32_t)at, (uint16_t)n, MARK_WORD, (uint8_t)means};
	ret->n += means != 0;
}

/* The runs of a block that begin in it, of ASCII alone, with eight bytes of text behind it: most of what there is, so each step counts. The lowest bit added to the mask carries through its run: the sum has the bit behind it, and what is left.
 * Returns the mask of a run that goes on in the next block; 0: none. */
static inline __attribute__((always_inline)) uint64_t short_runs(struct slice text, size_t base, uint64_t word, uint64_t digits, const uint64_t *map, unsigned log, struct marks *ret)
{
	const uint8_t *p = text.p + base;
	struct mark *to = ret->v + ret->n;
	const uint64_t *names = ret->names;
	while (word) {
		uint64_t sum = word + (word & -word), mine = word & ~sum;
		if (!sum)
			break;
		size_t from = (unsigned)__builtin_ctzll(word), n = (unsigned)__builtin_ctzll(sum) - from;
		word &= sum;
		if (mine & digits) {
			*to++ = (struct mark){0, (uint32_t)(base + from), (uint16_t)n, mine & ~digits ? MARK_NUMBER : MARK_DIGITS, 0};
			continue;
		}
		if (n < 2 || n > WORD_MAX)
			continue;
		uint64_t head, tail = 0, h;
		memcpy(&head, p + from, 8);
		if (n > 8)
			memcpy(&tail, p + from + n - 8, 8);
		else
			head &= UINT64_MAX >> (64 - 8 * n);
		h = __builtin_expect(n > 16, 0) ? key_word(p + from, n) : key_short(head, tail, n);
		unsigned means = in_map(map, log, h);
		if (names)
			means |= in_names(names, h, p[from]);
		*to = (struct mark){h, (uint32_t)(base + from), (uint16_t)n, MARK_WORD, (uint8_t)means};
		to += means != 0;
	}
	ret->n = (size_t)(to - ret->v);
	return word;
}

static inline __attribute__((always_inline)) void make(struct slice text, const uint64_t *map, unsigned log, struct marks *ret, masks_fn *masks_of_block)
{
	size_t start = 0;
	struct run_of is = {false, false, false};
	bool open = false;
	ret->n = ret->lines = 0;
	for (size_t base = 0; base < text.n; base += 64) {
		uint8_t tail[64];
		const uint8_t *p = text.p + base;
		if (text.n - base < 64) {
			memset(tail, 0, sizeof tail);
			memcpy(tail, p, text.n - base);
			p = tail;
		}
		const struct masks m = masks_of_block(p);
		uint64_t word = m.word;
		if (!mark_room(ret))
			return;
		for (uint64_t feed = m.feed; feed; feed &= feed - 1)
			ret->line[ret->lines++] = (uint32_t)(base + (unsigned)__builtin_ctzll(feed));
		if (open) {
			unsigned n = ~word ? (unsigned)__builtin_ctzll(~word) : 64;
			uint64_t mine = n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
			is = run_more(is, &m, mine);
			if (n == 64)
				continue;
			run_ends(text, start, base + n, is, map, log, ret);
			open = false;
			word &= ~mine;
		}
		if (!m.high && text.n - base >= 64 + 8) {
			word = short_runs(text, base, word, m.digit, map, log, ret);
			if (word) {
				start = base + (unsigned)__builtin_ctzll(word);
				is = run_more((struct run_of){false, false, false}, &m, word);
				open = true;
			}
			continue;
		}
		while (word) {
			unsigned s = (unsigned)__builtin_ctzll(word);
			uint64_t rest = ~(word >> s);
			unsigned n = rest ? (unsigned)__builtin_ctzll(rest) : 64;
			if (s + n >= 64) {
				start = base + s;
				is = run_more((struct run_of){false, false, false}, &m, ~UINT64_C(0) << s);
				open = true;
				break;
			}
			assert(n < 64);
			uint64_t mine = UINT64_MAX >> (64 - n) << s;
			run_ends(text, base + s, base + s + n, run_more((struct run_of){false, false, false}, &m, mine), map, log, ret);
			word &= ~mine;
		}
	}
	if (open)
		run_ends(text, start, text.n, is, map, log, ret);
}

#ifdef __SSE2__
static WIDE void make_wide(struct slice text, const uint64_t *map, unsigned log, struct marks *ret)
{
	make(text, map, log, ret, masks_wide);
}
#endif

void marks_make_plain(struct slice text, const uint64_t *map, unsigned log, struct marks *ret)
{
	make(text, map, log, ret, masks_of);
}

void marks_make(struct slice text, const uint64_t *map, unsigned log, struct marks *ret)
{
#ifdef __SSE2__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")) {
		make_wide(text, map, log, ret);
		return;
	}
#endif
	marks_make_plain(text, map, log, ret);
}
