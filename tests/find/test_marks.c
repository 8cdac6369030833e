/* The marks of a text are the same on every processor: what the wide registers find, the plain pass finds, whatever the bytes and wherever blocks of 64 end. */
#include "find_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define LOG 10

static uint64_t map[1 << (LOG - 5)];

static uint64_t next(uint64_t *seed)
{
	return *seed = key_mix(*seed + UINT64_C(0x9e3779b97f4a7c15));
}

static void same(struct slice text)
{
	struct marks wide = {0}, plain = {0};
	marks_make(text, map, LOG, &wide);
	marks_make_plain(text, map, LOG, &plain);
	assert_false(wide.no_memory || plain.no_memory);
	assert_int_equal(wide.n, plain.n);
	assert_int_equal(wide.lines, plain.lines);
	for (size_t i = 0; i < wide.n; i++) {
		const struct mark *a = &wide.v[i], *b = &plain.v[i];
		assert_true(a->h == b->h && a->at == b->at && a->len == b->len && a->kind == b->kind && a->is == b->is);
		assert_true((size_t)a->at + a->len <= text.n);
	}
	for (size_t i = 0; i < wide.lines; i++)
		assert_true(wide.line[i] == plain.line[i] && text.p[wide.line[i]] == '\n');
	free(wide.v);
	free(wide.line);
	free(plain.v);
	free(plain.line);
}

static void test_same(void **state)
{
	static const char some[] = "abcxyzABCXYZ`{@[0189/:;,.- \n\t\xc3\xa9\xe5\xb9\xb4\x7f\x80\xff";
	uint64_t seed = 7;
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		map[i] = next(&seed);
	for (unsigned turn = 0; turn < 3000; turn++) {
		uint8_t text[400];
		size_t n = next(&seed) % sizeof text, run = 0, from = 0;
		for (size_t i = 0; i < n; i++) { /* runs of one sort, up to longer than a block */
			if (!run) {
				run = next(&seed) % 9 ? next(&seed) % 12 + 1 : next(&seed) % 150 + 1;
				from = next(&seed) % (sizeof some - 1);
			}
			run--;
			text[i] = turn % 5 == 0 ? (uint8_t)next(&seed) : (uint8_t)some[(from + next(&seed) % 3) % (sizeof some - 1)];
		}
		same(slice_of(text, n));
	}
}

static bool word_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The same once more as it would be said aloud, a byte at a time, of ASCII. */
static void as_said(struct slice text)
{
	struct marks m = {0};
	size_t n = 0, lines = 0;
	marks_make(text, map, LOG, &m);
	assert_false(m.no_memory);
	for (size_t i = 0, end; i < text.n; i = end + (end == i)) {
		bool digit = false, other = false;
		lines += text.p[i] == '\n';
		for (end = i; end < text.n && word_byte(text.p[end]); end++) {
			bool d = text.p[end] <= '9';
			digit |= d;
			other |= !d;
		}
		uint64_t h = digit || end - i < 2 || end - i > 32 ? 0 : key_word(text.p + i, end - i), place = h >> (64 - LOG);
		unsigned is = h ? map[place >> 5] >> (place & 31) * 2 & 3 : 0;
		if (!digit && !is)
			continue;
		assert_true(n < m.n);
		const struct mark *a = &m.v[n++];
		assert_true(a->h == h && a->at == i && a->len == end - i && a->is == is && a->kind == (!digit ? MARK_WORD : other ? MARK_NUMBER : MARK_DIGITS));
	}
	assert_int_equal(n, m.n);
	assert_int_equal(lines, m.lines);
	free(m.v);
	free(m.line);
}

static void test_as_said(void **state)
{
	static const char some[] = "abcxyzABCXYZ`{@[0189/:;,.- \n\t";
	uint64_t seed = 11;
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		map[i] = next(&seed);
	for (unsigned turn = 0; turn < 3000; turn++) {
		uint8_t text[700];
		size_t n = next(&seed) % sizeof text, run = 0, from = 0;
		for (size_t i = 0; i < n; i++) {
			if (!run) {
				run = next(&seed) % 19 ? next(&seed) % 12 + 1 : next(&seed) % 150 + 1;
				from = next(&seed) % (sizeof some - 1);
			}
			run--;
			text[i] = (uint8_t)some[(from + next(&seed) % 3) % (sizeof some - 1)];
		}
		as_said(slice_of(text, n));
	}
}

/* A word in the map, a word that is in none, numbers and lines where they are. */
static void test_marks(void **state)
{
	struct slice text = SLICE("Ann saw 12 and B7\n2026 nothing");
	struct marks m = {0};
	uint64_t i = key_word((const uint8_t *)"ANN", 3) >> (64 - LOG);
	memset(map, 0, sizeof map);
	map[i >> 5] |= (uint64_t)MARK_NAME << (i & 31) * 2;
	marks_make(text, map, LOG, &m);
	assert_int_equal(m.n, 4);
	assert_int_equal(m.lines, 1);
	assert_int_equal(m.line[0], 17);
	assert_true(m.v[0].at == 0 && m.v[0].len == 3 && m.v[0].kind == MARK_WORD && m.v[0].is == MARK_NAME);
	assert_true(m.v[1].at == 8 && m.v[1].len == 2 && m.v[1].kind == MARK_DIGITS);
	assert_true(m.v[2].at == 15 && m.v[2].len == 2 && m.v[2].kind == MARK_NUMBER);
	assert_true(m.v[3].at == 18 && m.v[3].len == 4 && m.v[3].kind == MARK_DIGITS);
	free(m.v);
	free(m.line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_same), cmocka_unit_test(test_as_said), cmocka_unit_test(test_marks)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
