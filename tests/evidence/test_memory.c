/* Every allocation fails once while a log is read and folded, of every kind that is known: an error with a sentence comes back, or the same objects as with memory; never fewer that look like all. */
/* wrap: malloc calloc realloc reallocarray strdup strndup */
#include "evidence_internal.h"
#include "scarce.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Objects as lines; below 0: it failed. */
static int answer(struct slice log, struct buf *b, struct err *e)
{
	static const struct evidence_fold_options o = {.from = EVIDENCE_NO_TIME, .to = EVIDENCE_NO_TIME};
	static const struct evidence_source source = {.name = "log"};
	struct evidence_account account = {0};
	uint32_t number;
	struct evidence_fold *f = evidence_fold_new(&o);
	buf_reset(b);
	if (!f)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	const struct evidence_out out = {evidence_fold_touch, evidence_fold_flow, f, evidence_fold_loose};
	int r = evidence_fold_source(f, "log", &number, e);
	if (r == 0)
		r = evidence_read(log, &source, &out, &account, e);
	if (r == 0)
		evidence_fold_kind(f, account.dialect ? account.dialect : "");
	if (r == 0)
		r = evidence_fold_finish(f, e);
	if (r == 0) {
		long kept = scarce_rest(); /* what is asked now is the test's own */
		for (size_t i = 0; i < evidence_fold_count(f); i++) {
			evidence_object_json(f, evidence_fold_at(f, i), b);
			buf_u8(b, '\n');
		}
		buf_printf(b, "%s %llu records, %llu damaged, %zu flows\n", account.dialect ? account.dialect : "", (unsigned long long)account.records, (unsigned long long)account.damaged, evidence_fold_flow_count(f));
		scarce_left = kept;
	}
	evidence_fold_free(f);
	return r;
}

static void each_fails(const char *name, struct slice log, long *ret_all, long *ret_errors)
{
	AUTO_BUF struct buf want = {0}, got = {0};
	struct err e = {0};
	long all = 0;
	int whole = 0;
	buf_init(&want, (size_t)16 << 20);
	buf_init(&got, (size_t)16 << 20);
	for (int warm = 0; warm < 2; warm++) { /* what is made once and kept is made in the first */
		scarce_after(LONG_MAX);
		whole = answer(log, &want, &e);
		all = scarce_asked();
	}
	for (long n = 0; n < all; n++) {
		e = (struct err){0};
		scarce_after(n);
		int r = answer(log, &got, &e);
		scarce_rest();
		assert_true(scarce_failed);
		if (r < 0 && !e.text[0])
			fail_msg("%s, allocation %ld: code %d without a sentence", name, n, r);
		if (r < 0 && r != whole && r != ERR_MEMORY && r != ERR_LIMIT)
			fail_msg("%s, allocation %ld: code %d: %s", name, n, r, e.text);
		if (r == 0 && (whole != 0 || strcmp(buf_cstr(&got), buf_cstr(&want))))
			fail_msg("%s, allocation %ld: nothing is said, and it is not the same answer:\n%s-- but\n%s", name, n, buf_cstr(&want), buf_cstr(&got));
		*ret_errors += r < 0;
	}
	*ret_all += all;
}

static void of_every_kind(void **state)
{
	(void)state;
	const char *folder = HF_SOURCE_DIR "/fuzz/seeds/fuzz_evidence_read";
	DIR *d = opendir(folder);
	long all = 0, errors = 0, files = 0;
	assert_non_null(d);
	for (struct dirent *x; (x = readdir(d));) {
		AUTO_BUF struct buf b = {0};
		struct err e = {0};
		if (x->d_name[0] == '.')
			continue;
		buf_init(&b, (size_t)4 << 20);
		assert_int_equal(file_read(dirfd(d), x->d_name, (size_t)4 << 20, &b, &e), 0);
		assert_true(b.n > 1);
		each_fails(x->d_name, slice_of(b.p + 1, b.n - 1), &all, &errors); /* the first byte is the fuzz target's own */
		files++;
	}
	closedir(d);
	print_message("%ld logs, %ld allocations, %ld errors\n", files, all, errors);
	assert_true(files > 20 && errors > all / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(of_every_kind)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
