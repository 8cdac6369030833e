/* Passwords. */
#include "seal/seal_test.h"

static void hash_and_check(void **state)
{
	struct err e;
	char a[128], b[128];
	OK(seal_password_hash(SLICE("correct horse"), a, &e));
	OK(seal_password_hash(SLICE("correct horse"), b, &e));
	assert_string_not_equal(a, b); /* salted */
	assert_true(slice_starts(slice_str(a), "$argon2id$v=19$m=65536,t=2,p=1$"));
	assert_true(seal_password_ok(a, SLICE("correct horse")));
	assert_true(seal_password_ok(b, SLICE("correct horse")));
	assert_false(seal_password_ok(a, SLICE("correct horsf")));
	assert_false(seal_password_ok(a, SLICE("correct hors")));
	assert_false(seal_password_ok(a, SLICE("correct horse ")));
	assert_false(seal_password_ok(a, SLICE_NULL));
	assert_true(memchr(a, 0, sizeof(a)) != NULL);
	FAILS(seal_password_hash(SLICE_NULL, a, &e), ERR_INPUT, "empty");
}

/* Any bytes: UTF-8, and a NUL, which is not an end. */
static void any_bytes(void **state)
{
	struct err e;
	char h[128];
	OK(seal_password_hash(slice_of("a\0b\xff", 4), h, &e));
	assert_true(seal_password_ok(h, slice_of("a\0b\xff", 4)));
	assert_false(seal_password_ok(h, slice_of("a\0c\xff", 4)));
	assert_false(seal_password_ok(h, slice_of("a", 1)));
}

/* A hash that we did not write: refused quickly, whatever it asks for. */
static void foreign_hashes(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"$argon2id$",
		"$argon2i$v=19$m=65536,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=4194304,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=65536,t=4000000,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=65536,t=2,p=9$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=65536,t=2,p=1$$",
		"$argon2id$v=19$m=65536,t=2,p=1",
		"$argon2id$v=19$m=,t=,p=$$",
	};
	int64_t from = time_monotonic();
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(seal_password_ok(bad[i], SLICE("x")));
	char longer[300];
	memset(longer, 'a', sizeof(longer));
	longer[299] = 0;
	assert_false(seal_password_ok(longer, SLICE("x")));
	assert_true(time_monotonic() - from < 5 * TIME_SEC);
}

static int64_t worked(void) /* ns of this thread's own work: what else the machine does counts for nothing */
{
	struct timespec t;
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return t.tv_sec * TIME_SEC + t.tv_nsec;
}

/* No such user costs what a wrong password costs. */
static void nobody(void **state)
{
	struct err e;
	char h[128];
	int64_t wrong = INT64_MAX, none = INT64_MAX;
	OK(seal_password_hash(SLICE("secret"), h, &e));
	for (int i = 0; i < 5; i++) {
		int64_t t = worked();
		assert_false(seal_password_ok(h, SLICE("guess")));
		int64_t u = worked();
		assert_false(seal_password_ok(NULL, SLICE("guess")));
		int64_t v = worked();
		wrong = u - t < wrong ? u - t : wrong;
		none = v - u < none ? v - u : none;
	}
	assert_true(none > wrong / 3 && none < wrong * 3);
}

static void one_time(void **state)
{
	char a[32], b[32];
	bool seen[256] = {false};
	int kinds = 0;
	for (int i = 0; i < 500; i++) {
		seal_password_new(a);
		seal_password_new(b);
		assert_int_equal(strlen(a), 19);
		assert_string_not_equal(a, b);
		for (int c = 0; c < 19; c++) {
			if (c % 5 == 4)
				assert_int_equal(a[c], '-');
			else
				assert_non_null(strchr("abcdefghijkmnpqrstuvwxyz23456789", a[c])); /* no l, o, 0, 1 */
			kinds += !seen[(uint8_t)a[c]];
			seen[(uint8_t)a[c]] = true;
		}
	}
	assert_int_equal(kinds, 33);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_and_check), cmocka_unit_test(any_bytes), cmocka_unit_test(foreign_hashes), cmocka_unit_test(nobody), cmocka_unit_test(one_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
