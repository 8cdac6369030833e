/* Sign-off: two persons, the same bytes. */
#include "notice.h"

/* The same person under two spellings of a name is one: case and blanks around do not make another. */
static bool same(struct slice a, struct slice b)
{
	AUTO_BUF struct buf x = {0}, y = {0};
	buf_init(&x, 4096);
	buf_init(&y, 4096);
	utf8_fold(&x, slice_trim(a));
	utf8_fold(&y, slice_trim(b));
	return !buf_ok(&x) || !buf_ok(&y) || slice_eq(buf_slice(&x), buf_slice(&y));
}

bool notice_signed(const uint8_t of[32], const struct notice_signature *v, size_t n, unsigned *ret_n)
{
	unsigned who = 0;
	for (size_t i = 0; i < n; i++) {
		bool counts = slice_trim(v[i].who).n > 0 && !memcmp(v[i].of, of, 32);
		for (size_t k = 0; counts && k < i; k++)
			counts = memcmp(v[k].of, of, 32) || !same(v[i].who, v[k].who);
		who += counts;
	}
	*ret_n = who;
	return who >= NOTICE_SIGNERS;
}
