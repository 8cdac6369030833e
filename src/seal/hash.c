/* SHA-256, HMAC and HKDF over OpenSSL's EVP, SipHash over libsodium.
 *
 * What a hash costs here is not the hash but what stands around it (65 bytes, one tree node, on the machine this was written on: EVP_Digest with
 * EVP_sha256() 562 ns, because it looks the algorithm up each time; a fetched algorithm and a fresh context 230 ns; a kept context 170 ns). So the
 * algorithms are fetched once a process and each thread keeps its contexts. OpenSSL's older SHA256_Update is 100 ns, but deprecated and outside the
 * provider that a site with FIPS rules has configured.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <pthread.h>
#include <sodium.h>

#include "seal_internal.h"

static struct seal_algs algs;
static pthread_once_t algs_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key; /* only for its destructor */

struct thread_hash {
	EVP_MD_CTX *md;
	EVP_MAC_CTX *hmac;
};
static __thread struct thread_hash *thread_hash;

static void thread_hash_free(void *p)
{
	struct thread_hash *t = p;
	EVP_MD_CTX_free(t->md);
	EVP_MAC_CTX_free(t->hmac);
	free(t);
	thread_hash = NULL;
}

static void algs_fetch(void)
{
	algs.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	algs.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	algs.gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	algs.chacha = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	if (!algs.sha256 || !algs.hmac || !algs.gcm || !algs.chacha)
		seal_die("the system's OpenSSL does not offer SHA-256, HMAC, AES-256-GCM and ChaCha20-Poly1305 (see openssl.cnf and its providers)");
	if (sodium_init() < 0)
		seal_die("libsodium cannot start");
	if (pthread_key_create(&thread_key, thread_hash_free) != 0)
		seal_die("no thread key left");
}

const struct seal_algs *seal_algs(void)
{
	pthread_once(&algs_once, algs_fetch);
	return &algs;
}

static struct thread_hash *thread_hash_make(void)
{
	const struct seal_algs *a = seal_algs();
	struct thread_hash *t = calloc(1, sizeof(*t));
	char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_END};
	if (t) {
		t->md = EVP_MD_CTX_new();
		t->hmac = EVP_MAC_CTX_new(a->hmac);
	}
	if (!t || !t->md || !t->hmac || EVP_DigestInit_ex2(t->md, a->sha256, NULL) != 1 || EVP_MAC_CTX_set_params(t->hmac, params) != 1 ||
	    pthread_setspecific(thread_key, t) != 0)
		seal_die("no memory for a hash");
	thread_hash = t;
	return t;
}

static inline struct thread_hash *thread_hash_get(void)
{
	struct thread_hash *t = thread_hash;
	return __builtin_expect(t != NULL, 1) ? t : thread_hash_make();
}

void seal_init(void)
{
	(void)thread_hash_get();
}

/* ---- SHA-256 ---- */

struct seal_sha256 {
	EVP_MD_CTX *md;
};

/* Once a context has its algorithm and its memory, nothing in OpenSSL can fail here but a damaged process. */
static inline void hash_must(int ok)
{
	if (__builtin_expect(ok != 1, 0))
		seal_die("SHA-256 failed inside OpenSSL");
}

struct seal_sha256 *seal_sha256_new(void)
{
	struct seal_sha256 *h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->md = EVP_MD_CTX_new();
	if (!h->md || EVP_DigestInit_ex2(h->md, seal_algs()->sha256, NULL) != 1) {
		seal_sha256_free(h);
		return NULL;
	}
	return h;
}

void seal_sha256_free(struct seal_sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->md);
	free(h);
}

void seal_sha256_begin(struct seal_sha256 *h)
{
	hash_must(EVP_DigestInit_ex2(h->md, NULL, NULL)); /* NULL: the same algorithm from the start */
}

void seal_sha256_add(struct seal_sha256 *h, struct slice s)
{
	hash_must(EVP_DigestUpdate(h->md, s.p, s.n));
}

void seal_sha256_end(struct seal_sha256 *h, uint8_t out[SEAL_HASH])
{
	hash_must(EVP_DigestFinal_ex(h->md, out, NULL));
}

void seal_sha256_once(struct slice s, uint8_t out[SEAL_HASH])
{
	EVP_MD_CTX *md = thread_hash_get()->md;
	hash_must(EVP_DigestInit_ex2(md, NULL, NULL));
	hash_must(EVP_DigestUpdate(md, s.p, s.n));
	hash_must(EVP_DigestFinal_ex(md, out, NULL));
}

/* ---- HMAC (RFC 2104), HKDF (RFC 5869) ---- */

void seal_hmac_begin(struct slice key)
{
	/* OpenSSL takes a NULL key for "the key you have": the empty key needs an address */
	const uint8_t *k = key.n ? key.p : (const uint8_t *)"";
	hash_must(EVP_MAC_init(thread_hash_get()->hmac, k, key.n, NULL));
}

void seal_hmac_add(struct slice s)
{
	if (s.n)
		hash_must(EVP_MAC_update(thread_hash_get()->hmac, s.p, s.n));
}

void seal_hmac_end(uint8_t out[SEAL_HASH])
{
	size_t n = 0;
	hash_must(EVP_MAC_final(thread_hash_get()->hmac, out, &n, SEAL_HASH));
	assert(n == SEAL_HASH);
}

void seal_hmac_sha256(struct slice key, struct slice s, uint8_t out[SEAL_HASH])
{
	seal_hmac_begin(key);
	seal_hmac_add(s);
	seal_hmac_end(out);
}

int seal_hkdf_sha256(struct slice ikm, struct slice salt, struct slice info, uint8_t *out, size_t n, struct err *e)
{
	if (n == 0 || n > 255 * SEAL_HASH)
		return err_set(e, ERR_USAGE, NULL, "HKDF-SHA-256 gives 1 to 8160 bytes, not %zu", n);
	uint8_t prk[SEAL_HASH], t[SEAL_HASH];
	seal_hmac_sha256(salt, ikm, prk); /* 2.2 extract; no salt is 32 zero bytes, which HMAC's padding makes the same as none */
	size_t t_n = 0;
	for (uint8_t i = 1; n; i++) { /* 2.3 expand */
		seal_hmac_begin(slice_of(prk, sizeof(prk)));
		seal_hmac_add(slice_of(t, t_n));
		seal_hmac_add(info);
		seal_hmac_add(slice_of(&i, 1));
		seal_hmac_end(t);
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
