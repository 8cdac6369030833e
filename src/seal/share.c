/* Recovery shares: Shamir's k-of-n over GF(256), byte by byte, by libgfshare (polynomial 0x11d; a share's x is its index), so that gfcombine of Debian's
 * libgfshare-bin joins them as well.
 *
 * What is split is the secret and an inner checksum, the first 8 bytes of SHA-256("holdfast-share-secret-v1" LF secret): shares that do not belong together
 * give a wrong secret without complaint in Shamir's scheme, and this is where it shows.
 */
#include <libgfshare.h>

#include "seal_internal.h"

#define CHECK 8
#define SECRET_LABEL "holdfast-share-secret-v1\n"
#define WHOLE_LABEL "holdfast-share-v1\n"
#define HASH_LABEL "holdfast-share-hash-v1\n"

static void inner_check(struct slice secret, uint8_t out[CHECK])
{
	uint8_t text[sizeof(SECRET_LABEL) - 1 + sizeof(((struct share *)0)->data)], hash[SEAL_HASH];
	size_t n = sizeof(SECRET_LABEL) - 1;
	assert(secret.n <= sizeof(text) - n);
	memcpy(text, SECRET_LABEL, n);
	memcpy(text + n, secret.p, secret.n);
	seal_sha256_once(slice_of(text, n + secret.n), hash);
	memcpy(out, hash, CHECK);
	seal_wipe(text, sizeof(text));
	seal_wipe(hash, sizeof(hash));
}

static void gf_random(unsigned char *p, unsigned int n)
{
	seal_random(p, n);
}

static bool numbers_ok(int index, int k, int n)
{
	return n >= 1 && n <= SHARE_MAX && k >= 1 && k <= n && (k >= 2 || n == 1) && index >= 1 && index <= n;
}

/* ---- splitting ---- */

static int split(uint8_t *data, size_t len, int k, int n, struct share *ret, struct err *e)
{
	uint8_t numbers[SHARE_MAX], set[8];
	for (int i = 0; i < n; i++)
		numbers[i] = (uint8_t)(i + 1);
	gfshare_fill_rand = gf_random; /* a global of the library's; always the same value */
	gfshare_ctx *c = gfshare_ctx_init_enc(numbers, (unsigned)n, (unsigned char)k, (unsigned)len);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory for recovery shares");
	seal_random(set, sizeof(set));
	gfshare_ctx_enc_setsecret(c, data);
	for (int i = 0; i < n; i++) {
		ret[i] = (struct share){.index = i + 1, .k = k, .n = n, .len = len};
		memcpy(ret[i].set, set, sizeof(set));
		gfshare_ctx_enc_getshare(c, (unsigned char)i, ret[i].data);
	}
	gfshare_ctx_free(c); /* overwrites the secret with random bytes */
	return 0;
}

int share_split(struct slice secret, int k, int n, struct share *ret, struct err *e)
{
	uint8_t data[sizeof(ret->data)];
	if (!numbers_ok(1, k, n))
		return err_set(e, ERR_USAGE, NULL, "shares are K/N with 2 <= K <= N <= %d (or 1/1 for a trial), not %d/%d", SHARE_MAX, k, n);
	if (secret.n == 0 || secret.n > sizeof(data) - CHECK)
		return err_set(e, ERR_USAGE, NULL, "a secret to be split is 1 to %zu bytes", sizeof(data) - CHECK);
	memcpy(data, secret.p, secret.n);
	inner_check(secret, data + secret.n);
	int r = split(data, secret.n + CHECK, k, n, ret, e);
	seal_wipe(data, sizeof(data));
	return r;
}

/* ---- joining ---- */

/* Joins those shares whose bit is set in use. 1: the inner checksum fits; 0: it does not; negative: no memory. */
static int combine(const struct share *s, size_t count, uint32_t use, uint8_t out[64])
{
	uint8_t numbers[SHARE_MAX], check[CHECK], copy[64];
	unsigned used = 0;
	size_t len = s[0].len;
	for (size_t i = 0; i < count; i++)
		if (use >> i & 1)
			numbers[used++] = (uint8_t)s[i].index;
	gfshare_fill_rand = gf_random; /* gfshare_ctx_free overwrites with it */
	gfshare_ctx *c = gfshare_ctx_init_dec(numbers, used, (unsigned)len);
	if (!c)
		return ERR_MEMORY;
	used = 0;
	for (size_t i = 0; i < count; i++) {
		if (!(use >> i & 1))
			continue;
		memcpy(copy, s[i].data, len); /* the library takes no const */
		gfshare_ctx_dec_giveshare(c, (unsigned char)used++, copy);
	}
	gfshare_ctx_dec_extract(c, out);
	gfshare_ctx_free(c);
	inner_check(slice_of(out, len - CHECK), check);
	bool ok = seal_equal(check, out + len - CHECK, CHECK);
	seal_wipe(copy, sizeof(copy));
	return ok;
}

static int check_set(const struct share *s, size_t count, struct err *e)
{
	if (count == 0 || count > SHARE_MAX)
		return err_set(e, ERR_INPUT, NULL, "give 1 to %d recovery shares", SHARE_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!numbers_ok(s[i].index, s[i].k, s[i].n) || s[i].len <= CHECK || s[i].len > sizeof(s[i].data))
			return err_set(e, ERR_INPUT, NULL, "share %d is not well formed", s[i].index);
		if (memcmp(s[i].set, s[0].set, sizeof(s[0].set)) != 0 || s[i].k != s[0].k || s[i].n != s[0].n || s[i].len != s[0].len)
			return err_set(e, ERR_INPUT, NULL, "share %d and share %d are of different sets: compare their \"set\" lines", s[0].index, s[i].index);
		for (size_t j = 0; j < i; j++)
			if (s[j].index == s[i].index)
				return err_set(e, ERR_INPUT, NULL, "share %d was given twice", s[i].index);
	}
	if (count < (size_t)s[0].k)
		return err_set(e, ERR_INPUT, NULL, "%d shares of this set are needed, and %zu given", s[0].k, count);
	return 0;
}

/* Joined all together they gave nonsense. With one to spare the wrong one can be named: without it the rest fits. */
static int name_wrong(const struct share *s, size_t count, struct err *e)
{
	uint8_t out[64];
	int wrong = 0;
	for (size_t i = 0; count > (size_t)s[0].k && i < count && !wrong; i++)
		if (combine(s, count, ((UINT32_C(1) << count) - 1) & ~(UINT32_C(1) << i), out) == 1)
			wrong = s[i].index;
	seal_wipe(out, sizeof(out));
	if (wrong)
		return err_set(e, ERR_CRYPTO, NULL, "share %d is wrong; the others fit together: leave it out", wrong);
	return err_set(e, ERR_CRYPTO, NULL, "these shares do not fit together: at least one is wrong (test each with \"key check\", or add another share)");
}

int share_join(const struct share *shares, size_t count, struct buf *ret_secret, struct err *e)
{
	uint8_t out[64];
	int r = check_set(shares, count, e);
	if (r < 0)
		return r;
	r = combine(shares, count, (UINT32_C(1) << count) - 1, out);
	if (r == 1) {
		buf_add(ret_secret, out, shares[0].len - CHECK);
		r = seal_room(ret_secret, "the joined secret", e);
	} else if (r == 0) {
		r = name_wrong(shares, count, e);
	} else {
		r = err_set(e, ERR_MEMORY, NULL, "no memory for recovery shares");
	}
	seal_wipe(out, sizeof(out));
	return r;
}

/* ---- what identifies a share ---- */

static void labelled_hash(const char *label, const struct share *s, uint8_t out[SEAL_HASH])
{
	uint8_t text[32 + 8 + 4 + sizeof(s->data)];
	size_t n = strlen(label);
	assert(n <= 32 && s->len <= sizeof(s->data));
	memcpy(text, label, n);
	memcpy(text + n, s->set, 8);
	n += 8;
	text[n++] = (uint8_t)s->index;
	text[n++] = (uint8_t)s->k;
	text[n++] = (uint8_t)s->n;
	text[n++] = (uint8_t)s->len;
	memcpy(text + n, s->data, s->len);
	seal_sha256_once(slice_of(text, n + s->len), out);
	seal_wipe(text, sizeof(text));
}

void share_hash(const struct share *s, uint8_t out[SEAL_HASH])
{
	labelled_hash(HASH_LABEL, s, out);
}

void share_whole(const struct share *s, uint8_t out[SHARE_WHOLE])
{
	uint8_t hash[SEAL_HASH];
	labelled_hash(WHOLE_LABEL, s, hash);
	memcpy(out, hash, SHARE_WHOLE);
}
