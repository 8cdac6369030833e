/* What the tests of content share: a file checked in pieces of any size, and damage as ransomware does it. */
#ifndef CONTENT_TEST_H
#define CONTENT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "content.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES_MOST ((size_t)1 << 21)

static struct content_checker *checker;

static int set_up(void **state)
{
	checker = content_new();
	return checker ? 0 : -1;
}

static int tear_down(void **state)
{
	content_free(checker);
	return 0;
}

__attribute__((unused)) static struct content_report check_pieces(const char *name, struct slice s, size_t piece)
{
	struct content_report r;
	content_begin(checker, slice_str(name), s.n);
	for (size_t i = 0; i < s.n; i += piece)
		content_add(checker, slice_of(s.p + i, s.n - i < piece ? s.n - i : piece));
	content_end(checker, &r);
	return r;
}

__attribute__((unused)) static struct content_report check_slice(const char *name, struct slice s)
{
	return check_pieces(name, s, 65536);
}

__attribute__((unused)) static struct content_report check_buf(const char *name, struct buf *b)
{
	assert_true(buf_ok(b));
	return check_slice(name, buf_slice(b));
}

#define assert_report(r, want_type, want_state)                                                                                             \
	do {                                                                                                                                \
		struct content_report seen_ = (r);                                                                                          \
		if (seen_.type != (want_type) || seen_.state != (want_state))                                                               \
			fail_msg("line %d: %s, state %d (%s); expected %s, state %d", __LINE__, content_type_name(seen_.type), seen_.state, \
				seen_.why, content_type_name(want_type), (want_state));                                                     \
	} while (0)
#define assert_valid(r, type) assert_report(r, type, CONTENT_VALID)
#define assert_lost(r, type)  assert_report(r, type, CONTENT_LOST)

/* The same bytes each time: splitmix64. */
__attribute__((unused)) static void noise(uint8_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed += UINT64_C(0x9E3779B97F4A7C15);
		uint64_t z = seed;
		z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
		z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
		p[i] = (uint8_t)(z ^ z >> 31);
	}
}

__attribute__((unused)) static void words(struct buf *b, size_t n)
{
	static const char *const list[] = {
		"patient", "ward", "dose", "blood", "pressure", "allergy", "penicillin", "stable", "fever", "left", "chest", "result", "with"};
	uint64_t seed = n;
	size_t end = b->n + n;
	while (b->n < end) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		buf_str(b, list[(seed >> 33) % ARRAY_LEN(list)]);
		buf_str(b, seed >> 61 ? " " : ".\n");
	}
	b->n = end;
}

__attribute__((unused)) static void load(const char *path, struct buf *ret)
{
	struct err e = {0};
	buf_init(ret, BYTES_MOST);
	if (file_read(AT_FDCWD, path, BYTES_MOST, ret, &e) < 0)
		fail_msg("%s: %s", path, e.text);
}

#endif
