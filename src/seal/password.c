/* Passwords: Argon2id in libsodium's string form, and one-time passwords. */
#include <sodium.h>

#include "seal_internal.h"

/* What a hash may cost us to check: it comes from the ledger, which we wrote, but an old or foreign one must not stop the keeper for minutes. */
#define MEM_KIB_MAX (1024 * 1024)
#define OPS_MAX 16

int seal_password_hash(struct slice password, char out[128], struct err *e)
{
	(void)seal_algs();
	_Static_assert(crypto_pwhash_STRBYTES <= 128, "the string form fits");
	if (password.n == 0)
		return err_set(e, ERR_INPUT, NULL, "the password is empty");
	memset(out, 0, 128);
	if (crypto_pwhash_str_alg(out, (const char *)password.p, password.n, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
	                          crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(e, ERR_MEMORY, NULL, "hashing a password needs 64 MiB of memory");
	return 0;
}

static bool number(struct slice *rest, const char *name, uint8_t end, uint64_t max)
{
	uint64_t v;
	if (!slice_starts(*rest, name))
		return false;
	struct slice s = slice_of(rest->p + strlen(name), rest->n - strlen(name));
	return num_u64(slice_cut(s, end, rest), 1, max, &v) == 0 && rest->p;
}

static bool affordable(const char *hash) /* "$argon2id$v=19$m=65536,t=2,p=1$..." */
{
	struct slice rest = slice_str(hash);
	return rest.n < 128 && number(&rest, "$argon2id$v=", '$', 19) && number(&rest, "m=", ',', MEM_KIB_MAX) && number(&rest, "t=", ',', OPS_MAX) &&
	       number(&rest, "p=", '$', 1);
}

bool seal_password_ok(const char *hash, struct slice password)
{
	/* of no password; checked where there is no such user, so that a wrong name takes as long as a wrong password */
	static const char nobody[] = "$argon2id$v=19$m=65536,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	(void)seal_algs();
	if (password.n == 0 || (hash && !affordable(hash)))
		return false;
	bool same = crypto_pwhash_str_verify(hash ? hash : nobody, (const char *)password.p, password.n) == 0;
	return hash && same;
}

void seal_password_new(char out[32])
{
	static const char letters[32] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: no l, o, 0, 1; five bits each, 80 bits in all */
	uint8_t r[16];
	char *at = out;
	seal_random(r, sizeof(r));
	for (int i = 0; i < 16; i++) {
		if (i && i % 4 == 0)
			*at++ = '-';
		*at++ = letters[r[i] % 32];
	}
	*at = 0;
	seal_wipe(r, sizeof(r));
}
