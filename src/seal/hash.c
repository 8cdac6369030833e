/* SHA-256, HMAC and HKDF over OpenSSL, SipHash over libsodium.
 *
 * What a hash of one tree node (65 bytes) costs is mostly what stands around it. Measured on two Ice Lake cores: EVP_Digest with EVP_sha256() 562 ns, because it
 * looks the algorithm up each time; with an algorithm fetched once 230; a kept EVP context 170; SHA256_Update and its like 100. OpenSSL 3.0's EVP also frees
 * and allocates its state at each beginning, so every hash could fail for want of memory; these cannot fail at all. They are the same code under it (SHA-NI where
 * there is any) and "deprecated" in name since 3.0, because they pass by the provider: a site with FIPS rules would change this file and no other.
 */
#include <pthread.h>
#include <sodium.h>

#include "hash_internal.h"

static struct seal_algs algs;
static pthread_once_t algs_once = PTHREAD_ONCE_INIT;

static void algs_fetch(void)
{
	algs.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	algs.chacha = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	if (!algs.gcm || !algs.chacha)
		seal_die("the system's OpenSSL does not offer AES-256-GCM and ChaCha20-Poly1305 (see openssl.cnf and its providers)");
	if (sodium_init() < 0)
		seal_die("libsodium cannot start");
}

const struct seal_algs *seal_algs(void)
{
	pthread_once(&algs_once, algs_fetch);
	return &algs;
}

void seal_init(void)
{
	(void)seal_algs();
}

/* ---- SHA-256 ---- */

struct seal_sha256 *seal_sha256_new(void)
{
	struct seal_sha256 *h = malloc(sizeof(*h));
	if (h)
		SHA256_Init(&h->c);
	return h;
}

void seal_sha256_free(struct seal_sha256 *h)
{
	if (!h)
		return;
	seal_wipe(h, sizeof(*h));
	free(h);
}

void seal_sha256_begin(struct seal_sha256 *h)
{
	SHA256_Init(&h->c);
}

void seal_sha256_add(struct seal_sha256 *h, struct slice s)
{
	SHA256_Update(&h->c, s.p, s.n);
}

void seal_sha256_end(struct seal_sha256 *h, uint8_t out[SEAL_HASH])
{
	SHA256_Final(out, &h->c);
}

void seal_sha256_once(struct slice s, uint8_t out[SEAL_HASH])
{
	SHA256_CTX c;
	SHA256_Init(&c);
	SHA256_Update(&c, s.p, s.n);
	SHA256_Final(out, &c); /* wipes what stood in c of the text */
}

/* ---- HMAC (RFC 2104), HKDF (RFC 5869) ---- */

struct hmac {
	SHA256_CTX inner, outer;
};

static void hmac_begin(struct hmac *h, struct slice key)
{
	uint8_t pad[64] = {0};
	if (key.n > sizeof(pad))
		seal_sha256_once(key, pad);
	else if (key.n)
		memcpy(pad, key.p, key.n);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	SHA256_Init(&h->inner);
	SHA256_Update(&h->inner, pad, sizeof(pad));
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&h->outer);
	SHA256_Update(&h->outer, pad, sizeof(pad));
	seal_wipe(pad, sizeof(pad));
}

static void hmac_add(struct hmac *h, struct slice s)
{
	SHA256_Update(&h->inner, s.p, s.n);
}

static void hmac_end(struct hmac *h, uint8_t out[SEAL_HASH])
{
	uint8_t hash[SEAL_HASH];
	SHA256_Final(hash, &h->inner);
	SHA256_Update(&h->outer, hash, sizeof(hash));
	SHA256_Final(out, &h->outer);
	seal_wipe(hash, sizeof(hash));
	seal_wipe(h, sizeof(*h));
}

void seal_hmac_sha256(struct slice key, struct slice s, uint8_t out[SEAL_HASH])
{
	struct hmac h;
	hmac_begin(&h, key);
	hmac_add(&h, s);
	hmac_end(&h, out);
}

int seal_hkdf_sha256(struct slice ikm, struct slice salt, struct slice info, uint8_t *out, size_t n, struct err *e)
{
	if (n == 0 || n > 255 * SEAL_HASH)
		return err_set(e, ERR_USAGE, NULL, "HKDF-SHA-256 gives 1 to 8160 bytes, not %zu", n);
	uint8_t prk[SEAL_HASH], t[SEAL_HASH];
	seal_hmac_sha256(salt, ikm, prk); /* 2.2 extract; no salt is 32 zero bytes, which HMAC's padding makes the same as none */
	size_t t_n = 0;
	for (uint8_t i = 1; n; i++) { /* 2.3 expand */
		struct hmac h;
		hmac_begin(&h, slice_of(prk, sizeof(prk)));
		hmac_add(&h, slice_of(t, t_n));
		hmac_add(&h, info);
		hmac_add(&h, slice_of(&i, 1));
		hmac_end(&h, t);
		t_n = sizeof(t);
		size_t take = n < t_n ? n : t_n;
		memcpy(out, t, take);
		out += take;
		n -= take;
	}
	seal_wipe(prk, sizeof(prk));
	seal_wipe(t, sizeof(t));
	return 0;
}

/* ---- SipHash-2-4 ---- */

uint64_t seal_fingerprint(const uint8_t key[16], struct slice s)
{
	uint8_t out[crypto_shorthash_siphash24_BYTES];
	crypto_shorthash_siphash24(out, s.p, s.n, key);
	uint64_t v = 0; /* SipHash gives a little-endian number */
	for (size_t i = sizeof(out); i > 0; i--)
		v = v << 8 | out[i - 1];
	return v;
}

void seal_fingerprint128(const uint8_t key[16], struct slice s, uint8_t out[16])
{
	crypto_shorthash_siphashx24(out, s.p, s.n, key);
}
