/* What responder and judge say to each other: as it was sent; hostile bytes are refused; a file put together of what is and what was kept. */
#include "watch_internal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct layout_place places[2] = {{.offset = 4, .length = 4, .at = 0, .fd = 1}, {.offset = 12, .length = 2, .at = 4, .fd = 1}};

static struct wire sample(void)
{
	struct wire w = {.kind = WIRE_ASK, .tag = 77, .before = {.known = true, .size = 16, .base = 0, .place = places, .places = 2}, .after = {.base = -1}};
	w.c = (struct watch_change){.mono_ns = 5, .who = {.session = 9, .pid = 3, .uid = 1, .comm = "c", .client = "10.0.0.1", .user = "erna", .started = -77}, .op = WATCH_RENAMED, .fresh = true, .path = "/a", .to = "/b", .dev = 1, .ino = 2, .length = 8};
	return w;
}

static void test_there_and_back(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(1 << 20);
	struct wire w = sample(), r;
	buf_init(&b, WIRE_MAX);
	wire_put(&w, &b);
	struct cur c = cur_of(buf_slice(&b));
	assert_int_equal(wire_get(&c, a, &r), 0);
	assert_true(cur_done(&c));
	assert_int_equal(r.tag, 77);
	assert_string_equal(r.c.path, "/a");
	assert_string_equal(r.c.to, "/b");
	assert_string_equal(r.c.who.client, "10.0.0.1");
	assert_string_equal(r.c.who.user, "erna");
	assert_int_equal(r.c.who.started, -77);
	assert_true(r.c.fresh && !r.c.folder && !r.c.was_read);
	assert_int_equal(r.before.places, 2);
	assert_int_equal(r.before.place[1].at, 4);
	for (size_t n = 0; n < b.n; n++) { /* cut anywhere */
		struct cur cut = cur_of(slice_of(b.p, n));
		arena_reset(a);
		assert_true(wire_get(&cut, a, &r) < 0);
	}
	srandom(3);
	for (int i = 0; i < 20000; i++) { /* and changed anywhere: an error or a value, and nothing read beyond */
		uint8_t hurt[512];
		assert_true(b.n < sizeof hurt);
		memcpy(hurt, b.p, b.n);
		for (int k = 0; k < 3; k++)
			hurt[(size_t)random() % b.n] = (uint8_t)random();
		struct cur h = cur_of(slice_of(hurt, b.n));
		arena_reset(a);
		if (wire_get(&h, a, &r) == 0 && r.kind <= WIRE_ASK)
			assert_true(strlen(r.c.path) < WATCH_PATH_MAX && r.before.places <= WIRE_PLACES && r.before.base < WIRE_FDS);
	}
}

static void test_layout(void **state)
{
	(void)state;
	char one[] = "/tmp/hf-watch-a.XXXXXX", two[] = "/tmp/hf-watch-b.XXXXXX", out[32] = "";
	int fd[WIRE_FDS] = {mkstemp(one), mkstemp(two), -1, -1, -1, -1, -1, -1};
	struct wire w = sample();
	assert_int_equal(write(fd[0], "0123XXXX89abXXef", 16), 16);
	assert_int_equal(write(fd[1], "4567cd", 6), 6);
	assert_int_equal(layout_read(&w.before, fd, 0, out, sizeof out), 16);
	assert_memory_equal(out, "0123456789abcdef", 16);
	for (uint64_t at = 0; at < 16; at++)
		for (size_t n = 1; n < 20; n++) {
			int64_t got = layout_read(&w.before, fd, at, out, n);
			assert_int_equal(got, at + n > 16 ? 16 - at : n);
			assert_memory_equal(out, &"0123456789abcdef"[at], (size_t)got);
		}
	assert_int_equal(layout_read(&w.before, fd, 16, out, 4), 0);
	assert_int_equal(ftruncate(fd[0], 0), 0); /* what is neither there nor kept reads as zeros */
	assert_int_equal(layout_read(&w.before, fd, 0, out, 8), 8);
	assert_memory_equal(out, "\0\0\0\0" "4567", 8);
	fd[1] = -1;
	assert_true(layout_read(&w.before, fd, 4, out, 4) < 0);
	unlink(one);
	unlink(two);
}

static void test_verdict(void **state)
{
	(void)state;
	AUTO_BUF struct buf b = {0};
	AUTO_ARENA struct arena *a = arena_new(4 << 20);
	static struct watch_verdict v, r;
	v = (struct watch_verdict){.number = 4, .mono_ns = 8, .began = 7, .who = {.session = 1, .pid = 2}, .sessions = {1, 2, 3}, .session_count = 3, .reason = {"one", "two"}, .reason_count = 2, .file_count = 900, .file_named = 2};
	v.file = calloc(2, sizeof *v.file);
	snprintf(v.file[1].path, WATCH_PATH_MAX, "/x");
	buf_init(&b, WIRE_MAX);
	wire_put_verdict(&v, &b);
	struct cur c = cur_of(buf_slice(&b));
	assert_int_equal(cur_u8(&c), WIRE_VERDICT);
	assert_int_equal(wire_get_verdict(&c, a, &r), 0);
	assert_true(cur_done(&c));
	assert_int_equal(r.session_count, 3);
	assert_int_equal(r.file_count, 900);
	assert_string_equal(r.file[1].path, "/x");
	assert_string_equal(r.reason[1], "two");
	free(v.file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_layout), cmocka_unit_test(test_verdict)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
