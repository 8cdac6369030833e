/* Debian's age reads what we write, and we read what it writes: X25519, several recipients, passphrases (which it asks for on its terminal, so it gets one). */
#include <poll.h>
#include <pty.h>

#include "seal/seal_test.h"

#define BIG (4 * AGE_CHUNK + 99)

static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 131073, BIG};
static uint8_t text[BIG];
static struct tmp tmp;
static struct age_identity ids[3];

static int setup(void **state)
{
	rnd_fill(1, text, sizeof(text));
	tmp = tmp_new();
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		struct buf b;
		char name[32];
		age_identity_new(&ids[i]);
		buf_init(&b, 1024);
		site_identity_text(&ids[i], &b);
		snprintf(name, sizeof(name), "key%zu", i);
		put(&tmp, name, buf_slice(&b));
		buf_done(&b);
	}
	return 0;
}

static int teardown(void **state)
{
	tmp_done(&tmp);
	return 0;
}

static int age_open_file(const char *key)
{
	char in[512], out[512], id[512];
	/* to its stdout: with -o it makes no file for an empty plaintext */
	const char *const argv[] = {"age", "-d", "-i", tmp_path(&tmp, key, id), tmp_path(&tmp, "sealed", in), NULL};
	return run(argv, NULL, tmp_path(&tmp, "opened", out));
}

static void same(const char *name, size_t n)
{
	struct buf b;
	get(&tmp, name, &b);
	assert_true(slice_eq(buf_slice(&b), slice_of(text, n)));
	buf_done(&b);
}

static void we_write_age_reads(void **state)
{
	struct err e;
	struct age_recipient to[3] = {ids[0].to, ids[1].to, ids[2].to};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct buf file;
		buf_init(&file, 1 << 24);
		OK(age_seal(to, i % 3 + 1, slice_of(text, sizes[i]), &file, &e));
		put(&tmp, "sealed", buf_slice(&file));
		for (size_t k = 0; k < 3; k++) {
			char key[8];
			snprintf(key, sizeof(key), "key%zu", k);
			if (k <= i % 3) {
				assert_int_equal(age_open_file(key), 0);
				same("opened", sizes[i]);
			} else {
				assert_int_not_equal(age_open_file(key), 0); /* the check can fail */
			}
		}
		buf_done(&file);
	}
}

static void age_writes_we_read(void **state)
{
	struct err e;
	char r[3][80], in[512], out[512];
	for (size_t k = 0; k < 3; k++)
		age_recipient_format(&ids[k].to, r[k]);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct buf file, plain;
		put(&tmp, "plain", slice_of(text, sizes[i]));
		const char *const argv[] = {"age", "-r", r[0], "-r", r[1], "-r", r[2], "-o", tmp_path(&tmp, "sealed", out), tmp_path(&tmp, "plain", in), NULL};
		assert_int_equal(run(argv, NULL, NULL), 0);
		get(&tmp, "sealed", &file);
		for (size_t k = 0; k < 3; k++) {
			buf_init(&plain, 1 << 24);
			OK(age_open(&ids[k], 1, buf_slice(&file), &plain, &e));
			assert_true(slice_eq(buf_slice(&plain), slice_of(text, sizes[i])));
			buf_done(&plain);
		}
		buf_done(&file);
	}
}

static void their_keys(void **state)
{
	struct err e;
	struct age_identity id;
	struct buf b;
	char path[512], out[512], pub[80];
	const char *const gen[] = {"age-keygen", "-o", tmp_path(&tmp, "theirs", path), NULL};
	assert_int_equal(run(gen, NULL, NULL), 0);
	get(&tmp, "theirs", &b);
	OK(site_identity_text_parse(buf_slice(&b), &id, &e));
	buf_done(&b);
	/* and they see the public half of ours as we do */
	const char *const y[] = {"age-keygen", "-y", tmp_path(&tmp, "key0", path), NULL};
	assert_int_equal(run(y, NULL, tmp_path(&tmp, "pub", out)), 0);
	get(&tmp, "pub", &b);
	age_recipient_format(&ids[0].to, pub);
	assert_true(slice_eq_str(slice_trim(buf_slice(&b)), pub));
	buf_done(&b);
}

/* ---- passphrases ---- */

/* age on a terminal of its own; the passphrase is typed at each prompt. */
static int on_a_terminal(const char *const argv[], const char *passphrase)
{
	int fd, status;
	pid_t pid = forkpty(&fd, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	char seen[4096];
	size_t n = 0;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, 30000) <= 0) {
			kill(pid, SIGKILL);
			break;
		}
		ssize_t got = read(fd, seen + n, sizeof(seen) - 1 - n);
		if (got <= 0)
			break; /* EIO: it has ended */
		n += (size_t)got;
		seen[n] = 0;
		if (strstr(seen, "passphrase") && seen[n - 1] == ' ') { /* "Enter passphrase: ", "Confirm passphrase: " */
			struct err e;
			OK(file_write_all(fd, slice_str(passphrase), &e, NULL));
			OK(file_write_all(fd, SLICE("\n"), &e, NULL));
			n = 0;
			seen[0] = 0;
		}
	}
	close(fd);
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void passphrase_ours_to_age(void **state)
{
	struct err e;
	struct buf file;
	char in[512], out[512];
	buf_init(&file, 1 << 24);
	OK(age_seal_scrypt(SLICE("ward 7 north, in the blue folder"), 12, slice_of(text, BIG), &file, &e));
	put(&tmp, "sealed", buf_slice(&file));
	buf_done(&file);
	const char *const argv[] = {"age", "-d", "-o", tmp_path(&tmp, "opened", out), tmp_path(&tmp, "sealed", in), NULL};
	unlink(out);
	assert_int_equal(on_a_terminal(argv, "ward 7 north, in the blue folder"), 0);
	same("opened", BIG);
	unlink(out);
	assert_int_not_equal(on_a_terminal(argv, "ward 8 north, in the blue folder"), 0);
}

static void passphrase_age_to_ours(void **state)
{
	struct err e;
	struct buf file, plain;
	char in[512], out[512];
	put(&tmp, "plain", slice_of(text, BIG));
	const char *const argv[] = {"age", "-p", "-o", tmp_path(&tmp, "sealed", out), tmp_path(&tmp, "plain", in), NULL};
	assert_int_equal(on_a_terminal(argv, "zwölf Äpfel"), 0);
	get(&tmp, "sealed", &file);
	buf_init(&plain, 1 << 24);
	FAILS(age_open_scrypt(SLICE("zwölf Apfel"), 20, buf_slice(&file), &plain, &e), ERR_CRYPTO, "passphrase");
	OK(age_open_scrypt(SLICE("zwölf Äpfel"), 20, buf_slice(&file), &plain, &e)); /* age 1.1 uses 18 */
	assert_true(slice_eq(buf_slice(&plain), slice_of(text, BIG)));
	buf_done(&file);
	buf_done(&plain);
}

/* age refuses what we refuse: a shortened file, a changed bit. So our tests of damage measure the same thing. */
static void age_refuses_too(void **state)
{
	struct err e;
	struct buf file;
	buf_init(&file, 1 << 24);
	OK(age_seal(&ids[0].to, 1, slice_of(text, 3 * AGE_CHUNK), &file, &e));
	put(&tmp, "sealed", slice_of(file.p, 184 + 2 * 65552));
	assert_int_not_equal(age_open_file("key0"), 0);
	file.p[100] ^= 1;
	put(&tmp, "sealed", buf_slice(&file));
	assert_int_not_equal(age_open_file("key0"), 0);
	buf_done(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(we_write_age_reads),     cmocka_unit_test(age_writes_we_read),     cmocka_unit_test(their_keys),
		cmocka_unit_test(passphrase_ours_to_age), cmocka_unit_test(passphrase_age_to_ours), cmocka_unit_test(age_refuses_too),
	};
	if (!have("age") || !have("age-keygen"))
		return missing("age");
	return cmocka_run_group_tests(tests, setup, teardown);
}
