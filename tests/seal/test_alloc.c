/* Each allocation fails once, in turn: an error with its sentence, no crash, nothing half given out, nothing leaked.
 * malloc is replaced in this program; the sanitizers have their own, so in their build the program is skipped.
 */
#include "seal/seal_test.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED
int main(void)
{
	fprintf(stderr, "skipped: the sanitizer has its own malloc\n");
	return 77;
}
#else

#include <malloc.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

static long until = -1; /* allocations before the one that fails; negative: none does */
static bool failed;

static bool now(void)
{
	if (until < 0)
		return false;
	if (until-- > 0)
		return false;
	failed = true;
	return true;
}

void *malloc(size_t n)
{
	return now() ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	return now() ? NULL : __libc_calloc(count, n);
}

void *realloc(void *p, size_t n)
{
	return now() ? NULL : __libc_realloc(p, n);
}

/* ---- what is tried ---- */

static struct age_identity me;
static struct note_signer signer, witness;
static struct share shares[3];
static struct buf sealed, by_pass, note;
static uint8_t text[3 * AGE_CHUNK];
static struct tmp tmp;

static int try_seal(struct err *e)
{
	struct age_recipient to[3] = {me.to, me.to, me.to};
	struct buf b;
	buf_init(&b, 1 << 22);
	int r = age_seal(to, 3, slice_of(text, sizeof(text)), &b, e);
	buf_done(&b);
	return r;
}

static int try_open(struct err *e)
{
	struct buf b;
	buf_init(&b, 1 << 22);
	int r = age_open(&me, 1, buf_slice(&sealed), &b, e);
	assert_true(r < 0 ? b.n == 0 : b.n == sizeof(text));
	buf_done(&b);
	return r;
}

static int try_passphrase(struct err *e)
{
	struct buf b;
	buf_init(&b, 1 << 22);
	int r = age_seal_scrypt(SLICE("pass"), 10, SLICE("text"), &b, e);
	buf_reset(&b);
	if (r == 0)
		r = age_open_scrypt(SLICE("pass"), 10, buf_slice(&by_pass), &b, e);
	buf_done(&b);
	return r;
}

static int try_sign(struct err *e)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	int r = note_sign(&signer, SLICE("text\n"), &b, e);
	if (r == 0)
		r = note_cosign(&witness, buf_slice(&note), 1, &b, e);
	buf_done(&b);
	return r;
}

static int try_verify(struct err *e)
{
	struct note_vkey v[2] = {signer.v, witness.v};
	struct slice got;
	uint64_t mask = 0, times[2];
	int r = note_verify(buf_slice(&note), v, 2, &got, &mask, times, e);
	assert_true(r < 0 || mask == 3);
	return r;
}

static int try_shares(struct err *e)
{
	struct share s[3];
	struct buf b;
	int r = share_split(SLICE("a secret"), 2, 3, s, e);
	buf_init(&b, 64);
	if (r == 0)
		r = share_join(shares, 2, &b, e);
	assert_true(r < 0 ? b.n == 0 : b.n == 8);
	buf_done(&b);
	return r;
}

static int try_password(struct err *e)
{
	char h[128];
	return seal_password_hash(SLICE("password"), h, e);
}

static int try_create(struct err *e)
{
	struct site_keys k;
	struct share s[3];
	char keys[512];
	long later = until;
	until = -1; /* clearing up is not what is tried */
	remove_tree(tmp_path(&tmp, "keys", keys));
	until = later;
	return site_keys_create(tmp.fd, "hospital.example/log", 2, 3, s, &k, e);
}

static int try_open_keys(struct err *e)
{
	struct site_keys k;
	return site_keys_open(tmp.fd, &k, e);
}

static int try_contexts(struct err *e)
{
	struct seal_sha256 *h = seal_sha256_new();
	struct seal_aead *a = seal_aead_new(text);
	int r = h && a ? 0 : err_set(e, ERR_MEMORY, NULL, "the caller's own sentence");
	seal_sha256_free(h);
	seal_aead_free(a);
	return r;
}

static void sweep(int (*try)(struct err *e), const char *name)
{
	int errors = 0, n;
	for (n = 0;; n++) {
		struct err e = {.code = 0};
		assert_true(n < 10000);
		failed = false;
		until = n;
		int r = try(&e);
		until = -1;
		if (r < 0) {
			errors++;
			if (!failed || e.code != r || !e.text[0] || (r != ERR_MEMORY && r != ERR_SYSTEM))
				fail_msg("%s, allocation %d: %d %s", name, n, r, e.text);
		}
		if (!failed) {
			assert_int_equal(r, 0);
			break;
		}
		e.code = 0;
		OK(try(&e)); /* and the next time it works */
	}
	print_message("%s: %d allocations, %d of them matter\n", name, n, errors);
	assert_true(errors > 0);
}

#define SWEEP(f)                                                                                                                                   \
	static void sweep_##f(void **state)                                                                                                        \
	{                                                                                                                                          \
		sweep(f, #f);                                                                                                                      \
	}
SWEEP(try_seal)
SWEEP(try_open)
SWEEP(try_passphrase)
SWEEP(try_sign)
SWEEP(try_verify)
SWEEP(try_shares)
SWEEP(try_create)
SWEEP(try_open_keys)
SWEEP(try_contexts)

static int nothing_leaks(int (*try)(struct err *e))
{
	struct err e;
	size_t before = 0;
	struct mallinfo2 m;
	for (int n = 0; n < 400; n++) {
		if (n == 100) {
			m = mallinfo2();
			before = m.uordblks + m.hblkhd;
		}
		until = n % 50;
		int r = try(&e);
		(void)r;
		until = -1;
	}
	m = mallinfo2();
	size_t after = m.uordblks + m.hblkhd;
	return after > before + 2000 ? (int)(after - before) : 0;
}

static void leaks(void **state)
{
	assert_int_equal(nothing_leaks(try_seal), 0);
	assert_int_equal(nothing_leaks(try_open), 0);
	assert_int_equal(nothing_leaks(try_passphrase), 0);
	assert_int_equal(nothing_leaks(try_sign), 0);
	assert_int_equal(nothing_leaks(try_verify), 0);
	assert_int_equal(nothing_leaks(try_shares), 0);
	assert_int_equal(nothing_leaks(try_open_keys), 0);
	assert_int_equal(nothing_leaks(try_contexts), 0);
}

static int setup(void **state)
{
	struct err e;
	seal_init();
	tmp = tmp_new();
	age_identity_new(&me);
	OK(note_signer_new("hospital.example/log", &signer, &e));
	OK(note_cosigner_new("witness.example/w1", &witness, &e));
	OK(share_split(SLICE("a secret"), 2, 3, shares, &e));
	buf_init(&sealed, 1 << 22);
	buf_init(&by_pass, 1 << 22);
	buf_init(&note, 1 << 16);
	OK(age_seal(&me.to, 1, slice_of(text, sizeof(text)), &sealed, &e));
	OK(age_seal_scrypt(SLICE("pass"), 10, SLICE("text"), &by_pass, &e));
	struct buf line;
	buf_init(&line, 4096);
	OK(note_sign(&signer, SLICE("text\n"), &note, &e));
	OK(note_cosign(&witness, buf_slice(&note), 1, &line, &e));
	buf_add_slice(&note, buf_slice(&line));
	buf_done(&line);
	OK(try_password(&e));
	return 0;
}

static int teardown(void **state)
{
	tmp_done(&tmp);
	buf_done(&sealed);
	buf_done(&by_pass);
	buf_done(&note);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sweep_try_seal),     cmocka_unit_test(sweep_try_open),   cmocka_unit_test(sweep_try_passphrase), cmocka_unit_test(sweep_try_sign),
		cmocka_unit_test(sweep_try_verify),   cmocka_unit_test(sweep_try_shares),   cmocka_unit_test(sweep_try_create),
		cmocka_unit_test(sweep_try_open_keys), cmocka_unit_test(sweep_try_contexts), cmocka_unit_test(leaks),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
#endif
