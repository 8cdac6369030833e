/* The site is lost and so is Holdfast: Debian's libgfshare-bin joins the shares' bytes. */
#include "seal/seal_test.h"

static const uint8_t secret[32] = "thirty-two bytes of a secret ...";

/* Debian's gfcombine (libgfshare-bin) joins our shares: FILE.001 holds the bytes of share 1. */
static void gfcombine(void **state)
{
	struct err e;
	struct share s[5];
	struct buf b;
	struct tmp t = tmp_new();
	char name[64], path[3][512], out[512];
	OK(share_split(slice_of(secret, 32), 3, 5, s, &e));
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "share.%03d", s[i].index);
		put(&t, name, slice_of(s[i].data, s[i].len));
	}
	const char *const argv[] = {"gfcombine", "-o", tmp_path(&t, "joined", out), tmp_path(&t, "share.005", path[0]), tmp_path(&t, "share.002", path[1]),
	                            tmp_path(&t, "share.003", path[2]), NULL};
	assert_int_equal(run(argv, NULL, NULL), 0);
	get(&t, "joined", &b);
	assert_int_equal(b.n, 40);
	assert_memory_equal(b.p, secret, 32);
	buf_done(&b);
	tmp_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(gfcombine)};
	if (!have("gfcombine")) {
		fprintf(stderr, "skipped: gfcombine (libgfshare-bin) is not installed\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
