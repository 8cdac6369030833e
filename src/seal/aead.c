/* AES-256-GCM for the write-ahead segment and ChaCha20-Poly1305 for age, over OpenSSL's EVP. A context keeps its expanded key; a call sets only the nonce. */
#include <limits.h>

#include "seal_internal.h"

#define AEAD_TAG 16
#define AEAD_MAX ((size_t)1 << 30) /* EVP counts in int */

/* ---- AES-256-GCM ---- */

struct seal_aead {
	EVP_CIPHER_CTX *enc, *dec;
};

struct seal_aead *seal_aead_new(const uint8_t key[32])
{
	struct seal_aead *a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->enc = EVP_CIPHER_CTX_new();
	a->dec = EVP_CIPHER_CTX_new();
	if (!a->enc || !a->dec || EVP_EncryptInit_ex2(a->enc, seal_algs()->gcm, key, NULL, NULL) != 1 ||
	    EVP_DecryptInit_ex2(a->dec, seal_algs()->gcm, key, NULL, NULL) != 1) {
		seal_aead_free(a);
		return NULL;
	}
	return a;
}

void seal_aead_free(struct seal_aead *a)
{
	if (!a)
		return;
	EVP_CIPHER_CTX_free(a->enc); /* wipes the key schedule */
	EVP_CIPHER_CTX_free(a->dec);
	free(a);
}

static void counter_nonce(uint64_t counter, uint8_t out[12])
{
	memset(out, 0, 4);
	for (int i = 0; i < 8; i++)
		out[4 + i] = (uint8_t)(counter >> (56 - 8 * i));
}

static int too_long(struct err *e)
{
	return err_set(e, ERR_LIMIT, NULL, "one sealed record holds at most %zu bytes", AEAD_MAX);
}

int seal_aead_seal(struct seal_aead *a, uint64_t counter, struct slice ad, struct slice plain, uint8_t *out, struct err *e)
{
	uint8_t nonce[12];
	int n = 0, rest = 0;
	if (ad.n > AEAD_MAX || plain.n > AEAD_MAX)
		return too_long(e);
	counter_nonce(counter, nonce);
	if (EVP_EncryptInit_ex2(a->enc, NULL, NULL, nonce, NULL) != 1 || (ad.n && EVP_EncryptUpdate(a->enc, NULL, &n, ad.p, (int)ad.n) != 1) ||
	    (plain.n && EVP_EncryptUpdate(a->enc, out, &n, plain.p, (int)plain.n) != 1) || EVP_EncryptFinal_ex(a->enc, out + plain.n, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(a->enc, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG, out + plain.n) != 1)
		return err_set(e, ERR_SYSTEM, NULL, "AES-256-GCM failed inside OpenSSL");
	return 0;
}

int seal_aead_open(struct seal_aead *a, uint64_t counter, struct slice ad, struct slice sealed, uint8_t *out, struct err *e)
{
	uint8_t nonce[12], tag[AEAD_TAG];
	int n = 0, rest = 0;
	if (sealed.n < AEAD_TAG)
		return err_set(e, ERR_CRYPTO, NULL, "damaged: too short to be a sealed record");
	size_t plain_n = sealed.n - AEAD_TAG;
	if (ad.n > AEAD_MAX || plain_n > AEAD_MAX)
		return too_long(e);
	counter_nonce(counter, nonce);
	memcpy(tag, sealed.p + plain_n, AEAD_TAG); /* a copy: out may stand where sealed stands */
	if (EVP_DecryptInit_ex2(a->dec, NULL, NULL, nonce, NULL) != 1 || EVP_CIPHER_CTX_ctrl(a->dec, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG, tag) != 1 ||
	    (ad.n && EVP_DecryptUpdate(a->dec, NULL, &n, ad.p, (int)ad.n) != 1) ||
	    (plain_n && EVP_DecryptUpdate(a->dec, out, &n, sealed.p, (int)plain_n) != 1) || EVP_DecryptFinal_ex(a->dec, out + plain_n, &rest) != 1) {
		seal_wipe(out, plain_n); /* nobody uses what was not verified */
		return err_set(e, ERR_CRYPTO, NULL, "damaged, or sealed under another key");
	}
	return 0;
}

/* ---- ChaCha20-Poly1305 ---- */

struct chacha {
	EVP_CIPHER_CTX *c;
};

struct chacha *chacha_new(const uint8_t key[32], bool seal)
{
	struct chacha *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->c = EVP_CIPHER_CTX_new();
	if (!c->c || EVP_CipherInit_ex2(c->c, seal_algs()->chacha, key, NULL, seal, NULL) != 1) {
		chacha_free(c);
		return NULL;
	}
	return c;
}

void chacha_free(struct chacha *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->c);
	free(c);
}

int chacha_seal(struct chacha *c, const uint8_t nonce[12], struct slice plain, uint8_t *out)
{
	int n = 0;
	assert(plain.n <= AEAD_MAX);
	if (EVP_CipherInit_ex2(c->c, NULL, NULL, nonce, -1, NULL) != 1 || (plain.n && EVP_CipherUpdate(c->c, out, &n, plain.p, (int)plain.n) != 1) ||
	    EVP_CipherFinal_ex(c->c, out + plain.n, &n) != 1 || EVP_CIPHER_CTX_ctrl(c->c, EVP_CTRL_AEAD_GET_TAG, CHACHA_TAG, out + plain.n) != 1)
		return ERR_SYSTEM;
	return 0;
}

int chacha_open(struct chacha *c, const uint8_t nonce[12], struct slice sealed, uint8_t *out)
{
	int n = 0;
	uint8_t tag[CHACHA_TAG];
	if (sealed.n < CHACHA_TAG || sealed.n > AEAD_MAX)
		return ERR_CRYPTO;
	size_t plain_n = sealed.n - CHACHA_TAG;
	memcpy(tag, sealed.p + plain_n, CHACHA_TAG);
	if (EVP_CipherInit_ex2(c->c, NULL, NULL, nonce, -1, NULL) != 1 || EVP_CIPHER_CTX_ctrl(c->c, EVP_CTRL_AEAD_SET_TAG, CHACHA_TAG, tag) != 1 ||
	    (plain_n && EVP_CipherUpdate(c->c, out, &n, sealed.p, (int)plain_n) != 1) || EVP_CipherFinal_ex(c->c, out + plain_n, &n) != 1) {
		seal_wipe(out, plain_n);
		return ERR_CRYPTO;
	}
	return 0;
}
