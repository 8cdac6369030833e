/* A site's keys: made, opened, brought back from shares, and never overwritten. */
#include "seal/seal_test.h"

static struct tmp tmp;

static int setup(void **state)
{
	tmp = tmp_new();
	return 0;
}

static int teardown(void **state)
{
	tmp_done(&tmp);
	return 0;
}

#define ORIGIN "hospital.example/log"

static void create(struct site_keys *k, struct share *s, int need, int n)
{
	struct err e;
	OK(site_keys_create(tmp.fd, ORIGIN, need, n, s, k, &e));
}

static mode_t mode_of(const char *path)
{
	struct stat st;
	assert_int_equal(fstatat(tmp.fd, path, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static int holds(const char *path, const struct stat *st, int type, struct FTW *f);
static struct slice needle;
static int found;

/* Does any file below the site hold these bytes? */
static bool anywhere(const void *p, size_t n)
{
	needle = slice_of(p, n);
	found = 0;
	assert_int_equal(nftw(tmp.path, holds, 16, FTW_PHYS), 0);
	return found > 0;
}

static int holds(const char *path, const struct stat *st, int type, struct FTW *f)
{
	struct err e;
	struct buf b;
	(void)st, (void)f;
	if (type != FTW_F)
		return 0;
	buf_init(&b, 1 << 20);
	OK(file_read(AT_FDCWD, path, 1 << 20, &b, &e));
	found += memmem(b.p, b.n, needle.p, needle.n) != NULL;
	buf_done(&b);
	return 0;
}

static void made(void **state)
{
	static const char *const files[] = {"keys/signing.key", "keys/care.key",   "keys/dedupe.key",  "keys/signing.age",
	                                    "keys/care.age",    "keys/dedupe.age", "keys/recovery.pub"};
	struct err e;
	struct site_keys k, again;
	struct share s[3];
	umask(0); /* the modes do not depend on it */
	create(&k, s, 2, 3);
	umask(022);
	assert_true(k.can_sign && k.can_open && k.can_dedupe);
	assert_string_equal(k.signing.v.name, ORIGIN);
	assert_int_equal(mode_of("keys"), 0700);
	assert_int_equal(mode_of("keys/period"), 0700);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		assert_int_equal(mode_of(files[i]), 0600);
	assert_int_equal(faccessat(tmp.fd, "keys.new", F_OK, 0), -1);
	OK(site_keys_open(tmp.fd, &again, &e));
	assert_memory_equal(&again, &k, sizeof(k));
	site_keys_wipe(&again);
	static const struct site_keys none;
	assert_memory_equal(&again, &none, sizeof(none));
}

static void recovery_is_nowhere(void **state)
{
	struct err e;
	struct site_keys k;
	struct share s[3];
	struct buf secret;
	struct age_identity recovery;
	char text[80];
	create(&k, s, 2, 3);
	buf_init(&secret, 64);
	OK(share_join(s + 1, 2, &secret, &e));
	age_identity_of(secret.p, &recovery);
	assert_memory_equal(&recovery.to, &k.recovery, sizeof(recovery.to));
	age_identity_format(&recovery, text);
	assert_false(anywhere(secret.p, 32));
	assert_false(anywhere(text, 40));
	for (int i = 0; i < 3; i++)
		assert_false(anywhere(s[i].data, s[i].len));
	/* the search can find: the care key is there */
	age_identity_format(&k.care, text);
	assert_true(anywhere(text, strlen(text)));
	buf_done(&secret);
}

static void never_overwritten(void **state)
{
	struct err e;
	struct site_keys k, other, again;
	struct share s[3], t[3];
	create(&k, s, 2, 3);
	memset(&other, 0xee, sizeof(other));
	memset(t, 0xee, sizeof(t));
	FAILS(site_keys_create(tmp.fd, ORIGIN, 2, 3, t, &other, &e), ERR_EXISTS, "already");
	assert_int_equal(((uint8_t *)&other)[0], 0xee);
	assert_int_equal(((uint8_t *)t)[0], 0xee);
	OK(site_keys_open(tmp.fd, &again, &e));
	assert_memory_equal(&again, &k, sizeof(k));
	/* nor anything else of that name */
	assert_int_equal(renameat(tmp.fd, "keys", tmp.fd, "away"), 0);
	assert_int_equal(symlinkat("away", tmp.fd, "keys"), 0);
	FAILS(site_keys_create(tmp.fd, ORIGIN, 2, 3, t, &other, &e), ERR_EXISTS, "already");
}

static void refused_without_traces(void **state)
{
	struct err e;
	struct site_keys k;
	struct share s[SHARE_MAX];
	FAILS(site_keys_create(tmp.fd, "has blank", 2, 3, s, &k, &e), ERR_USAGE, "key name");
	FAILS(site_keys_create(tmp.fd, ORIGIN, 4, 3, s, &k, &e), ERR_USAGE, "K/N");
	FAILS(site_keys_create(tmp.fd, ORIGIN, 1, 3, s, &k, &e), ERR_USAGE, "K/N");
	FAILS(site_keys_create(tmp.fd, ORIGIN, 2, 17, s, &k, &e), ERR_USAGE, "K/N");
	assert_int_equal(faccessat(tmp.fd, "keys", F_OK, 0), -1);
	assert_int_equal(faccessat(tmp.fd, "keys.new", F_OK, 0), -1);
	FAILS(site_keys_open(tmp.fd, &k, &e), ERR_NOT_FOUND, "recovery key is missing");
}

/* What an attempt that was killed left behind does not stop, or mix into, the next one. */
static void left_over(void **state)
{
	struct err e;
	struct site_keys k, again;
	struct share s[3];
	assert_int_equal(mkdirat(tmp.fd, "keys.new", 0777), 0);
	put(&tmp, "keys.new/care.key", SLICE("AGE-SECRET-KEY-of another attempt"));
	create(&k, s, 2, 3);
	assert_int_equal(mode_of("keys"), 0700);
	OK(site_keys_open(tmp.fd, &again, &e));
	assert_memory_equal(&again, &k, sizeof(k));
}

static void parts(void **state)
{
	struct err e;
	struct site_keys k, p;
	struct share s[3];
	create(&k, s, 2, 3);
	assert_int_equal(unlinkat(tmp.fd, "keys/care.key", 0), 0);
	OK(site_keys_open(tmp.fd, &p, &e));
	assert_true(p.can_sign && !p.can_open && p.can_dedupe);
	static const struct age_identity none;
	assert_memory_equal(&p.care, &none, sizeof(none));
	assert_int_equal(unlinkat(tmp.fd, "keys/signing.key", 0), 0);
	assert_int_equal(unlinkat(tmp.fd, "keys/dedupe.key", 0), 0);
	OK(site_keys_open(tmp.fd, &p, &e)); /* a replica */
	assert_true(!p.can_sign && !p.can_open && !p.can_dedupe);
	assert_memory_equal(&p.recovery, &k.recovery, sizeof(k.recovery));
	if (geteuid() != 0) { /* root reads everything */
		put(&tmp, "keys/care.key", SLICE("x"));
		assert_int_equal(fchmodat(tmp.fd, "keys/care.key", 0, 0), 0);
		OK(site_keys_open(tmp.fd, &p, &e));
		assert_false(p.can_open);
	}
}

static void damaged(void **state)
{
	static const char *const files[] = {"keys/signing.key", "keys/care.key", "keys/dedupe.key", "keys/recovery.pub"};
	static const char *const texts[] = {"", "\n", "nonsense\n", "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEY\n"};
	struct err e;
	struct site_keys k, p;
	struct share s[3];
	char line[1024];
	create(&k, s, 2, 3);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf was;
		get(&tmp, files[i], &was);
		for (size_t t = 0; t < ARRAY_LEN(texts) + 2; t++) {
			if (t < ARRAY_LEN(texts)) {
				put(&tmp, files[i], slice_str(texts[t]));
			} else if (t == ARRAY_LEN(texts)) {
				put(&tmp, files[i], slice_of(was.p, was.n - 9)); /* cut short */
			} else {
				put(&tmp, files[i], SLICE("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n"
				                          "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n")); /* two keys */
			}
			FAILS(site_keys_open(tmp.fd, &p, &e), ERR_CORRUPT, files[i]);
			assert_null(strstr(err_line(&e, line, sizeof(line)), "GFPYYSJZ")); /* no key in a message */
		}
		put(&tmp, files[i], buf_slice(&was));
		buf_done(&was);
	}
	OK(site_keys_open(tmp.fd, &p, &e));
}

/* The server is gone, a replica has the folder without the open keys, three people bring their papers. */
static void recovered(void **state)
{
	struct err e;
	struct site_keys k, back;
	struct share s[5], typed[3];
	struct buf secret;
	struct age_identity recovery, wrong;
	create(&k, s, 3, 5);
	assert_int_equal(unlinkat(tmp.fd, "keys/care.key", 0), 0);
	assert_int_equal(unlinkat(tmp.fd, "keys/signing.key", 0), 0);
	assert_int_equal(unlinkat(tmp.fd, "keys/dedupe.key", 0), 0);
	for (int i = 0; i < 3; i++) {
		struct buf paper;
		buf_init(&paper, 1 << 16);
		share_format(&s[4 - 2 * i], "Hospital", &paper);
		OK(share_parse(buf_slice(&paper), &typed[i], &e));
		buf_done(&paper);
	}
	buf_init_secret(&secret, 64);
	OK(share_join(typed, 3, &secret, &e));
	assert_int_equal(secret.n, 32);
	age_identity_of(secret.p, &recovery);
	age_identity_new(&wrong);
	FAILS(site_keys_recover(tmp.fd, &wrong, &back, &e), ERR_CRYPTO, "no key opens");
	assert_int_equal(faccessat(tmp.fd, "keys/signing.key", F_OK, 0), -1);
	OK(site_keys_recover(tmp.fd, &recovery, &back, &e));
	assert_memory_equal(&back, &k, sizeof(k));
	assert_int_equal(mode_of("keys/care.key"), 0600);
	buf_done(&secret);
}

/* The same without our program: age opens care.age with the recovery identity, and what comes out is an identity file. */
static void recovered_with_age(void **state)
{
	if (!have("age"))
		skip();
	struct err e;
	struct site_keys k;
	struct share s[3];
	struct buf secret, text, was;
	struct age_identity recovery;
	char id[512], in[512], out[512];
	create(&k, s, 2, 3);
	buf_init_secret(&secret, 64);
	OK(share_join(s, 2, &secret, &e));
	age_identity_of(secret.p, &recovery);
	buf_init(&text, 1024);
	site_identity_text(&recovery, &text);
	put(&tmp, "recovery.key", buf_slice(&text));
	const char *const argv[] = {"age", "-d", "-i", tmp_path(&tmp, "recovery.key", id), tmp_path(&tmp, "keys/care.age", in), NULL};
	assert_int_equal(run(argv, NULL, tmp_path(&tmp, "care", out)), 0);
	buf_done(&text);
	get(&tmp, "care", &text);
	get(&tmp, "keys/care.key", &was);
	assert_true(slice_eq(buf_slice(&text), buf_slice(&was)));
	buf_done(&text);
	buf_done(&was);
	buf_done(&secret);
}

/* ---- period keys ---- */

static void period_names(void **state)
{
	static const struct {
		int y, mo, d, h, mi, s;
		const char *name;
	} v[] = {
		{2026, 1, 1, 0, 0, 0, "care-2026Q1"},  {2026, 3, 31, 23, 59, 59, "care-2026Q1"}, {2026, 4, 1, 0, 0, 0, "care-2026Q2"},
		{2026, 7, 22, 12, 0, 0, "care-2026Q3"}, {2026, 12, 31, 23, 59, 59, "care-2026Q4"}, {2027, 1, 1, 0, 0, 0, "care-2027Q1"},
	};
	char out[SITE_PERIOD_MAX];
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		site_period_name("care", time_from_civil(v[i].y, v[i].mo, v[i].d, v[i].h, v[i].mi, v[i].s), out);
		assert_string_equal(out, v[i].name);
	}
	static const char *const bad[] = {"", "care", "../../x-2026Q1", "care-2026Q5", "care-2026Q0", "-2026Q1", "Care-2026Q1", "care/x-2026Q1", "care-202xQ1", "care-2026q1",
	                                  "care-2026Q1x", "ca.re-2026Q1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2026Q1"};
	struct err e;
	struct site_keys k;
	struct share s[3];
	struct age_recipient to;
	struct age_identity id;
	create(&k, s, 2, 3);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		FAILS(site_period_recipient(tmp.fd, &k, bad[i], true, &to, &e), ERR_USAGE, "care-2026Q3");
		FAILS(site_period_identity(tmp.fd, &k, bad[i], &id, &e), ERR_USAGE, "care-2026Q3");
	}
}

static void periods(void **state)
{
	struct err e;
	struct site_keys k, replica;
	struct share s[3];
	struct age_recipient a, b, c, r;
	struct age_identity id, recovery;
	struct buf secret, file, plain;
	create(&k, s, 2, 3);
	buf_init(&secret, 64);
	OK(share_join(s, 2, &secret, &e));
	age_identity_of(secret.p, &recovery);
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &a, &e));
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &b, &e));
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q4", true, &c, &e));
	OK(site_period_recipient(tmp.fd, &k, "files-2026Q4", false, &r, &e));
	assert_memory_equal(&a, &b, sizeof(a)); /* made once */
	assert_memory_not_equal(&a, &c, sizeof(a));
	assert_int_equal(mode_of("keys/period/care-2026Q3.age"), 0600);
	/* sealed to the period, opened through care; and through recovery */
	buf_init(&file, 1 << 20);
	buf_init(&plain, 1 << 20);
	OK(age_seal(&a, 1, SLICE("a pack"), &file, &e));
	OK(site_period_identity(tmp.fd, &k, "care-2026Q3", &id, &e));
	OK(age_open(&id, 1, buf_slice(&file), &plain, &e));
	assert_true(slice_eq_str(buf_slice(&plain), "a pack"));
	OK(site_period_open(tmp.fd, &recovery, "care-2026Q3", &id, &e));
	assert_memory_equal(&id.to, &a, sizeof(a));
	/* what is for recovery only does not open with care */
	FAILS(site_period_identity(tmp.fd, &k, "files-2026Q4", &id, &e), ERR_CRYPTO, "no key opens");
	OK(site_period_open(tmp.fd, &recovery, "files-2026Q4", &id, &e));
	assert_memory_equal(&id.to, &r, sizeof(r));
	/* nor does one period's key open another's */
	OK(site_period_identity(tmp.fd, &k, "care-2026Q4", &id, &e));
	buf_reset(&plain);
	FAILS(age_open(&id, 1, buf_slice(&file), &plain, &e), ERR_CRYPTO, "no key opens");
	FAILS(site_period_identity(tmp.fd, &k, "care-2027Q1", &id, &e), ERR_NOT_FOUND, "");
	/* who has no care key cannot make one for care, and opens none; for recovery he can */
	replica = k;
	replica.can_open = false;
	FAILS(site_period_recipient(tmp.fd, &replica, "care-2027Q1", true, &a, &e), ERR_DENIED, "care key");
	FAILS(site_period_identity(tmp.fd, &replica, "care-2026Q3", &id, &e), ERR_DENIED, "care key");
	OK(site_period_recipient(tmp.fd, &replica, "files-2027Q1", false, &a, &e));
	buf_done(&secret);
	buf_done(&file);
	buf_done(&plain);
}

/* A lost .pub is made again from the key, never the key from nothing; a .pub alone is what a crash leaves, and nothing was sealed to it. */
static void period_files_lost(void **state)
{
	struct err e;
	struct site_keys k;
	struct share s[3];
	struct age_recipient a, b;
	struct buf before, after;
	create(&k, s, 2, 3);
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &a, &e));
	get(&tmp, "keys/period/care-2026Q3.age", &before);
	assert_int_equal(unlinkat(tmp.fd, "keys/period/care-2026Q3.pub", 0), 0);
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &b, &e));
	assert_memory_equal(&a, &b, sizeof(a));
	get(&tmp, "keys/period/care-2026Q3.age", &after);
	assert_true(slice_eq(buf_slice(&before), buf_slice(&after)));
	OK(site_period_recipient(tmp.fd, &k, "files-2026Q3", false, &a, &e));
	assert_int_equal(unlinkat(tmp.fd, "keys/period/files-2026Q3.pub", 0), 0);
	FAILS(site_period_recipient(tmp.fd, &k, "files-2026Q3", false, &b, &e), ERR_CRYPTO, "no key opens");
	assert_int_equal(unlinkat(tmp.fd, "keys/period/care-2026Q3.age", 0), 0);
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &b, &e));
	put(&tmp, "keys/period/care-2026Q3.pub", SLICE("age1nonsense\n"));
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &a, &e));
	assert_memory_equal(&a, &b, sizeof(a));
	struct site_keys no_care = k;
	no_care.can_open = false;
	put(&tmp, "keys/period/care-2026Q3.pub", SLICE("age1nonsense\n"));
	FAILS(site_period_recipient(tmp.fd, &no_care, "care-2026Q3", true, &b, &e), ERR_CORRUPT, "care-2026Q3.pub");
	buf_done(&before);
	buf_done(&after);
}

/* Somebody puts another recipient in the place of ours, or another quarter's file: nothing is ever sealed to it. */
static void period_files_swapped(void **state)
{
	struct err e;
	struct site_keys k;
	struct share s[3];
	struct age_recipient care, files, got;
	struct age_identity thief;
	struct buf other;
	char text[81];
	create(&k, s, 2, 3);
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &care, &e));
	OK(site_period_recipient(tmp.fd, &k, "files-2026Q3", false, &files, &e));
	OK(site_period_recipient(tmp.fd, &k, "files-2026Q4", false, &got, &e));
	age_identity_new(&thief);
	age_recipient_format(&thief.to, text);
	size_t n = strlen(text);
	text[n++] = '\n';
	put(&tmp, "keys/period/care-2026Q3.pub", slice_of(text, n));
	OK(site_period_recipient(tmp.fd, &k, "care-2026Q3", true, &got, &e));
	assert_memory_equal(&got, &care, sizeof(got));
	put(&tmp, "keys/period/files-2026Q3.pub", slice_of(text, n));
	FAILS(site_period_recipient(tmp.fd, &k, "files-2026Q3", false, &got, &e), ERR_CORRUPT, "did not write");
	get(&tmp, "keys/period/files-2026Q4.pub", &other);
	put(&tmp, "keys/period/files-2026Q3.pub", buf_slice(&other));
	FAILS(site_period_recipient(tmp.fd, &k, "files-2026Q3", false, &got, &e), ERR_CORRUPT, "did not write");
	buf_done(&other);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(made),  T(recovery_is_nowhere), T(never_overwritten), T(refused_without_traces), T(left_over), T(parts),
		T(damaged), T(recovered), T(recovered_with_age), T(period_names), T(periods), T(period_files_lost), T(period_files_swapped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
