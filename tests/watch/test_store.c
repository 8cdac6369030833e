/* The log of pre-images: what is put is read back, a torn end is not looked at, what is clean goes first, what a verdict needs stays. */
#include "watch_internal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static int folder(char path[64])
{
	snprintf(path, 64, "/tmp/hf-watch-store.XXXXXX");
	assert_non_null(mkdtemp(path));
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void put_change(struct store *s, uint64_t number, uint64_t session, size_t n)
{
	struct err e;
	static uint8_t bytes[RECORD_DATA_MAX];
	struct record c = {.kind = RECORD_CHANGE, .number = number, .session = session, .size = n, .path = "/a/b", .extra = slice_str("user.x")};
	struct record d = {.kind = RECORD_DATA, .number = number, .session = session, .offset = 4096, .length = n};
	memset(bytes, (int)number, n);
	assert_int_equal(store_put(s, &c, SLICE_NULL, NULL, &e), 0);
	assert_int_equal(store_put(s, &d, slice_of(bytes, n), NULL, &e), 0);
}

struct seen {
	struct store *s;
	uint64_t changes, data, last;
};

static int see(void *arg, const struct record *r, const struct place *p)
{
	struct seen *x = arg;
	uint8_t byte;
	if (r->kind == RECORD_CHANGE) {
		x->changes++;
		x->last = r->number;
		assert_string_equal(r->path, "/a/b");
		assert_true(slice_eq_str(r->extra, "user.x"));
	} else if (r->kind == RECORD_DATA) {
		x->data++;
		assert_int_equal(p->offset, 4096);
		assert_int_equal(store_read(x->s, p, p->length - 1, &byte, 1), 1);
		assert_int_equal(byte, (uint8_t)r->number);
		assert_int_equal(store_read(x->s, p, p->length, &byte, 1), 0);
	}
	return 0;
}

static struct seen all(int dir)
{
	struct store s;
	struct err e;
	struct seen x = {.s = &s};
	assert_int_equal(store_open(&s, dir, 0, &e), 0);
	assert_int_equal(store_each(&s, see, &x, &e), 0);
	store_close(&s);
	x.s = NULL;
	return x;
}

static void test_put_and_read(void **state)
{
	(void)state;
	char path[64];
	int dir = folder(path);
	struct store s;
	struct err e;
	assert_int_equal(store_open(&s, dir, 0, &e), ERR_NOT_FOUND);
	assert_int_equal(store_open(&s, dir, 64 << 20, &e), 0);
	for (uint64_t i = 1; i <= 40; i++)
		put_change(&s, i, 7, i * 1000);
	store_close(&s);
	struct seen x = all(dir);
	assert_int_equal(x.changes, 40);
	assert_int_equal(x.data, 40);
	assert_int_equal(store_open(&s, dir, 64 << 20, &e), 0); /* numbers go on where they were */
	assert_int_equal(s.last_number, 40);
	assert_int_equal(s.last_session, 7);
	store_close(&s);
	close(dir);
	file_remove_tree(AT_FDCWD, path);
}

/* Cut at every byte of the last record, or with one byte of it changed: the ones before are there, and nothing else is made of it. */
static void test_torn(void **state)
{
	(void)state;
	char path[64], name[96];
	int dir = folder(path);
	struct store s;
	struct err e;
	struct stat st;
	assert_int_equal(store_open(&s, dir, 64 << 20, &e), 0);
	put_change(&s, 1, 7, 100);
	uint64_t whole = s.seg[0].size;
	put_change(&s, 2, 7, 100);
	store_close(&s);
	snprintf(name, sizeof name, "%s/log/00000001", path);
	assert_int_equal(stat(name, &st), 0);
	for (off_t at = st.st_size - 1; at >= (off_t)whole; at--) {
		assert_int_equal(truncate(name, at), 0);
		struct seen x = all(dir);
		assert_true(x.changes <= 2 && x.changes >= 1);
		assert_int_equal(x.data, 1);
	}
	assert_int_equal(all(dir).changes, 1);
	int fd = open(name, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 30), 1);
	close(fd);
	assert_int_equal(all(dir).changes, 0);
	close(dir);
	file_remove_tree(AT_FDCWD, path);
}

/* What may wait is in the file with the next record that may not, in front of it, over the ends of segments, and when the store is closed; until then it is in no one's way. */
static int see_order(void *arg, const struct record *r, const struct place *p)
{
	uint64_t *next = arg;
	(void)p;
	if (r->kind != RECORD_DATA)
		assert_int_equal(r->number, ++*next);
	return 0;
}

static void test_soon(void **state)
{
	(void)state;
	char path[64];
	int dir = folder(path);
	struct store s;
	struct err e;
	uint64_t n = 0, next = 0;
	assert_int_equal(store_open(&s, dir, WATCH_PREIMAGES_MIN, &e), 0);
	struct record made = {.kind = RECORD_CREATE, .session = 7, .path = "/a/b"};
	made.number = ++n;
	assert_int_equal(store_put_soon(&s, &made, &e), 0);
	assert_int_equal(s.seg[0].size, 0);
	assert_int_equal(store_flush(&s, &e), 0);
	assert_true(s.seg[0].size > 0);
	assert_int_equal(all(dir).changes, 0);
	while (s.count < 4) {
		for (int i = 0; i < 3; i++) {
			made.number = ++n;
			assert_int_equal(store_put_soon(&s, &made, &e), 0);
		}
		put_change(&s, ++n, 7, 100000);
	}
	for (int i = 0; i < 4000; i++) { /* more than waits at a time */
		made.number = ++n;
		assert_int_equal(store_put_soon(&s, &made, &e), 0);
	}
	store_close(&s);
	assert_int_equal(store_open(&s, dir, 0, &e), 0);
	assert_int_equal(store_each(&s, see_order, &next, &e), 0);
	assert_int_equal(next, n);
	store_close(&s);
	close(dir);
	file_remove_tree(AT_FDCWD, path);
}

static void test_room(void **state)
{
	(void)state;
	char path[64];
	int dir = folder(path);
	struct store s;
	struct err e;
	assert_int_equal(store_open(&s, dir, WATCH_PREIMAGES_MIN, &e), 0);
	put_change(&s, 1, 1, 500000); /* of a verdict */
	store_hold(&s, 1);
	for (uint64_t i = 2; i < 200; i++) {
		put_change(&s, i, 2, 500000);
		if (i % 2)
			store_clean(&s, i);
	}
	assert_true(s.used <= WATCH_PREIMAGES_MIN);
	assert_true(s.forgotten > 0); /* half were not clean, and it is said */
	store_close(&s);
	struct seen x = all(dir);
	assert_true(x.changes > 8 && x.changes < 40);
	assert_int_equal(x.last, 199);
	assert_int_equal(store_open(&s, dir, WATCH_PREIMAGES_MIN, &e), 0);
	bool first = false;
	for (size_t i = 0; i < s.count; i++)
		first |= s.seg[i].number == 1;
	assert_true(first); /* what the verdict needs */
	/* everything belongs to verdicts: nothing more is taken, nothing of them is lost */
	int r = 0;
	store_hold(&s, 2);
	for (uint64_t i = 200; i < 260 && r == 0; i++) {
		struct record c = {.kind = RECORD_CHANGE, .number = i, .session = 2, .path = "/a/b"};
		static uint8_t bytes[500000];
		r = store_put(&s, &c, slice_of(bytes, sizeof bytes), NULL, &e);
	}
	assert_int_equal(r, ERR_FULL);
	store_close(&s);
	close(dir);
	file_remove_tree(AT_FDCWD, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_put_and_read), cmocka_unit_test(test_torn), cmocka_unit_test(test_soon), cmocka_unit_test(test_room)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
