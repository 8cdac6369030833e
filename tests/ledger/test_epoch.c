/* Epochs: the tree goes on under a new name and key; the old head stays provable; a stop between any two steps is finished later. */
/* wrap: file_replace unlinkat */
#include "ledger_test.h"

static int left = -1; /* writes until one fails; -1: none does */
int __real_file_replace(int dirfd, const char *path, struct slice s, mode_t mode, struct err *e);
int __wrap_file_replace(int dirfd, const char *path, struct slice s, mode_t mode, struct err *e)
{
	if (left == 0)
		return err_set(e, ERR_SYSTEM, path, "the machine stopped");
	if (left > 0)
		left--;
	return __real_file_replace(dirfd, path, s, mode, e);
}

int __real_unlinkat(int dirfd, const char *path, int flags);
int __wrap_unlinkat(int dirfd, const char *path, int flags)
{
	if (left == 0 && !strcmp(path, "keys/epoch.next")) {
		errno = EIO;
		return -1;
	}
	return __real_unlinkat(dirfd, path, flags);
}

static int verify(const struct site *s, struct slice since, struct ledger_verify_report *rep, struct buf *faults)
{
	struct ledger_verify_options o = {.bodies = true, .since = since};
	buf_reset(faults);
	return ledger_verify(s->fd, &s->keys, &o, rep, faults, NULL);
}

static void head_of(const struct site *s, struct buf *note)
{
	buf_reset(note);
	OK(file_read(s->fd, "ledger/checkpoint", 1 << 16, note, e));
}

static void test_new_epoch(void **state)
{
	struct site s;
	struct site_keys now;
	struct ledger_epoch old, past[LEDGER_EPOCHS_MAX];
	struct ledger_verify_report rep;
	struct buf before, faults, proof;
	size_t n;
	buf_init(&before, 1 << 16);
	buf_init(&faults, 1 << 16);
	buf_init(&proof, 1 << 16);
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 700, 50);
	OK(ledger_close(l, e));
	head_of(&s, &before);
	FAILS(ledger_epoch_begin(s.fd, &s.keys, "", &now, &old, e), ERR_USAGE, "say why");
	FAILS(ledger_epoch_begin(s.fd, &s.keys, "two\nlines", &now, &old, e), ERR_USAGE, "one line");
	struct note_vkey first = s.keys.signing.v;
	OK(ledger_epoch_begin(s.fd, &s.keys, "the key was on a stolen laptop", &now, &old, e));
	assert_string_equal(now.signing.v.name, ORIGIN "-e2");
	assert_int_equal(old.number, 1);
	assert_true(old.handed_on);
	s.keys = now;

	/* the first entry says from where */
	l = open_with(&s, small());
	struct ledger_entry en;
	OK(ledger_read(l, old.last.size, &en, e));
	assert_int_equal(en.leaf.kind, LEDGER_SITE);
	assert_non_null(memmem(en.body.p, en.body.n, "stolen laptop", 13));
	assert_non_null(memmem(en.body.p, en.body.n, "\"epoch\":2", 9));
	for (uint64_t i = 0; i < 700; i += 3)
		expect_entry(l, i);
	fill(l, 300, 20);
	/* an old entry is proven under the new head, and the old head by consistency */
	struct ledger_leaf leaf;
	uint8_t bytes[LEDGER_LEAF_MAX];
	tick(l);
	OK(ledger_prove(l, 5, &proof, e));
	OK(ledger_read_leaf(l, 5, &leaf, e));
	OK(ledger_proof_verify(buf_slice(&proof), slice_of(bytes, ledger_leaf_encode(&leaf, bytes)), &now.signing.v, e));
	OK(ledger_close(l, e));

	/* verify goes across, also from a head that was kept in the epoch before */
	int r = verify(&s, buf_slice(&before), &rep, &faults);
	if (r < 0)
		print_error("%s", buf_cstr(&faults));
	assert_int_equal(r, 0);
	assert_int_equal(rep.epochs, 2);
	assert_true(rep.since_checked);

	/* and a third */
	OK(ledger_epoch_begin(s.fd, &s.keys, "rebuilt", &now, NULL, e));
	assert_string_equal(now.signing.v.name, ORIGIN "-e3");
	s.keys = now;
	int dirfd = file_open_dir(s.fd, "ledger", NULL);
	OK(ledger_epochs(dirfd, past, &n, e));
	assert_int_equal(n, 2);
	assert_memory_equal(past[0].vkey.pub, first.pub, 32);
	assert_memory_equal(past[1].next.pub, now.signing.v.pub, 32);
	assert_int_equal(verify(&s, buf_slice(&before), &rep, &faults), 0);

	/* what is kept of a past epoch cannot be replaced */
	struct buf cp;
	buf_init(&cp, 1 << 16);
	OK(file_read(dirfd, "epochs/1/checkpoint", 1 << 16, &cp, e));
	cp.p[cp.n / 2] ^= 1;
	OK(file_replace(dirfd, "epochs/1/checkpoint", buf_slice(&cp), 0644, e));
	FAILS(ledger_epochs(dirfd, past, &n, e), ERR_CORRUPT, "epochs/1");
	assert_int_equal(verify(&s, SLICE_NULL, &rep, &faults), ERR_NO);
	assert_non_null(strstr(buf_cstr(&faults), "epochs/1"));
	buf_done(&cp);
	close(dirfd);
	buf_done(&before);
	buf_done(&faults);
	buf_done(&proof);
	site_done(&s);
}

/* Without the old key (it was lost) the note that hands on carries the new signature only. */
static void test_old_key_lost(void **state)
{
	struct site s;
	struct site_keys now;
	struct ledger_epoch old;
	site_new(&s);
	struct ledger *l = open_with(&s, small());
	fill(l, 10, 5);
	OK(ledger_close(l, e));
	OK(ledger_epoch_begin(s.fd, &s.keys, "a", &now, &old, e));
	assert_true(old.handed_on);
	struct buf note;
	buf_init(&note, 1 << 16);
	OK(file_read(s.fd, "ledger/epochs/1/next", 1 << 16, &note, e));
	/* the last line is the old key's */
	size_t n = note.n - 1;
	while (note.p[n - 1] != '\n')
		n--;
	OK(file_replace(s.fd, "ledger/epochs/1/next", slice_of(note.p, n), 0644, e));
	struct ledger_epoch past[LEDGER_EPOCHS_MAX];
	size_t k;
	int dirfd = file_open_dir(s.fd, "ledger", NULL);
	OK(ledger_epochs(dirfd, past, &k, e));
	assert_false(past[0].handed_on);
	close(dirfd);
	buf_done(&note);
	site_done(&s);
}

/* Each write of it fails once; then it is finished. */
static void test_every_stop(void **state)
{
	for (int stop = 0;; stop++) {
		struct site s;
		struct site_keys now, again;
		struct ledger_verify_report rep;
		struct buf faults;
		struct stat st;
		buf_init(&faults, 1 << 16);
		site_new(&s);
		struct ledger *l = open_with(&s, small());
		fill(l, 300, 50);
		OK(ledger_close(l, e));
		left = stop;
		int r = ledger_epoch_begin(s.fd, &s.keys, "why", &now, NULL, NULL);
		bool all = r == 0;
		left = -1;
		bool begun = fstatat(s.fd, "keys/epoch.next", &st, 0) == 0;
		assert_true(all != begun || !begun);
		/* as a start would: keys as they are on disk, then the rest */
		OK(site_keys_open(s.fd, &again, e));
		if (begun) {
			FAILS(ledger_epoch_begin(s.fd, &s.keys, "why", &now, NULL, e), ERR_EXISTS, "not finished");
			assert_int_equal(ledger_epoch_resume(s.fd, &again, NULL), 1);
		}
		assert_int_equal(ledger_epoch_resume(s.fd, &again, NULL), 0);
		s.keys = again;
		int v = verify(&s, SLICE_NULL, &rep, &faults);
		if (v < 0)
			print_error("stop %d: %s", stop, buf_cstr(&faults));
		assert_int_equal(v, 0);
		assert_int_equal(rep.epochs, begun || all ? 2 : 1);
		l = open_with(&s, small());
		uint64_t firsts = 0;
		for (uint64_t i = 0; i < ledger_size(l); i++) {
			struct ledger_leaf leaf;
			OK(ledger_read_leaf(l, i, &leaf, e));
			firsts += leaf.kind == LEDGER_SITE;
		}
		assert_int_equal(firsts, begun || all ? 1 : 0);
		OK(ledger_close(l, e));
		buf_done(&faults);
		site_done(&s);
		if (all) {
			assert_true(stop >= 8);
			return;
		}
		assert_true(stop < 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_epoch),
		cmocka_unit_test(test_old_key_lost),
		cmocka_unit_test(test_every_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
