/* Hashes against the vectors of their standards, and against libsodium where no vector is long enough. */
#include <pthread.h>
#include <sodium.h>

#include "seal/seal_test.h"

static void sha256_vectors(void **state)
{
	/* FIPS 180-4, CSRC examples */
	static const struct {
		const char *text, *hex;
	} v[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	struct seal_sha256 *h = seal_sha256_new();
	assert_non_null(h);
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		uint8_t out[SEAL_HASH];
		seal_sha256_once(slice_str(v[i].text), out);
		assert_hex(out, sizeof(out), v[i].hex);
		memset(out, 0, sizeof(out));
		seal_sha256_begin(h);
		for (const char *p = v[i].text; *p; p++)
			seal_sha256_add(h, slice_of(p, 1));
		seal_sha256_end(h, out);
		assert_hex(out, sizeof(out), v[i].hex);
	}
	seal_sha256_free(h);
	seal_sha256_free(NULL);
}

static void sha256_every_size(void **state)
{
	static uint8_t text[300];
	uint8_t ours[SEAL_HASH], theirs[SEAL_HASH];
	struct seal_sha256 *h = seal_sha256_new();
	rnd_fill(1, text, sizeof(text));
	for (size_t n = 0; n <= sizeof(text); n++) {
		crypto_hash_sha256(theirs, text, n);
		seal_sha256_once(slice_of(text, n), ours);
		assert_memory_equal(ours, theirs, sizeof(ours));
		seal_sha256_begin(h);
		seal_sha256_add(h, slice_of(text, n / 3));
		seal_sha256_add(h, slice_of(text + n / 3, n - n / 3));
		seal_sha256_end(h, ours);
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
	/* begun again in the middle, it begins at the beginning */
	seal_sha256_begin(h);
	seal_sha256_add(h, SLICE("left over"));
	seal_sha256_begin(h);
	seal_sha256_end(h, ours);
	assert_hex(ours, sizeof(ours), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	seal_sha256_free(h);
}

static void *hash_in_thread(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	uint8_t text[200], ours[SEAL_HASH], theirs[SEAL_HASH];
	for (int i = 0; i < 2000; i++) {
		rnd_fill(seed + (uint64_t)i, text, sizeof(text));
		seal_sha256_once(slice_of(text, sizeof(text)), ours);
		crypto_hash_sha256(theirs, text, sizeof(text));
		if (memcmp(ours, theirs, sizeof(ours)) != 0)
			return (void *)1;
		seal_hmac_sha256(slice_of(text, 32), slice_of(text, sizeof(text)), ours);
		crypto_auth_hmacsha256(theirs, text, sizeof(text), text);
		if (memcmp(ours, theirs, sizeof(ours)) != 0)
			return (void *)1;
	}
	return NULL;
}

/* Each thread has its own context, and gives it back when it ends (the sanitizer build counts). */
static void threads(void **state)
{
	pthread_t t[8];
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(t); i++)
			assert_int_equal(pthread_create(&t[i], NULL, hash_in_thread, (void *)(i * 1000 + 7)), 0);
		for (size_t i = 0; i < ARRAY_LEN(t); i++) {
			void *bad = NULL;
			assert_int_equal(pthread_join(t[i], &bad), 0);
			assert_null(bad);
		}
	}
}

static void hmac_vectors(void **state)
{
	/* RFC 4231, cases 1, 2, 3, 6, 7 */
	uint8_t out[SEAL_HASH], k1[20], k3[20], k6[131], d3[50];
	memset(k1, 0x0b, sizeof(k1));
	memset(k3, 0xaa, sizeof(k3));
	memset(k6, 0xaa, sizeof(k6));
	memset(d3, 0xdd, sizeof(d3));
	seal_hmac_sha256(slice_of(k1, sizeof(k1)), SLICE("Hi There"), out);
	assert_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	seal_hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), out);
	assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	seal_hmac_sha256(slice_of(k3, sizeof(k3)), slice_of(d3, sizeof(d3)), out);
	assert_hex(out, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
	seal_hmac_sha256(slice_of(k6, sizeof(k6)), SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	seal_hmac_sha256(slice_of(k6, sizeof(k6)),
	                 SLICE("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being "
	                       "used by the HMAC algorithm."),
	                 out);
	assert_hex(out, 32, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

/* Many under one key are each what one by one is: every length round the blocks' ends, lanes that end in any order, every number of texts. */
static void hmac_many(void **state)
{
	enum { MOST = 260 };
	static uint8_t bytes[1 << 16], many[MOST][SEAL_HASH];
	static struct slice t[MOST];
	uint8_t one[SEAL_HASH], long_key[131];
	rnd_fill(2, bytes, sizeof(bytes));
	rnd_fill(3, long_key, sizeof(long_key));
	for (size_t round = 0; round < 12; round++) {
		size_t n = round < 5 ? round : MOST;
		struct slice key = round == 7 ? SLICE_NULL : round == 8 ? slice_of(long_key, sizeof(long_key)) : slice_of(bytes + round, 32);
		for (size_t i = 0; i < n; i++) {
			size_t len = round % 3 == 0 ? i : round % 3 == 1 ? MOST - 1 - i : (size_t)bytes[i] << (bytes[i + 1] & 7);
			t[i] = slice_of(bytes + i, len);
		}
		memset(many, 0, sizeof(many));
		seal_hmac_sha256_many(key, t, n, many);
		for (size_t i = 0; i < n; i++) {
			seal_hmac_sha256(key, t[i], one);
			assert_memory_equal(many[i], one, sizeof(one));
		}
		for (size_t i = 0; n < MOST && i < SEAL_HASH; i++)
			assert_int_equal(many[n][i], 0);
	}
}

/* Two streams in pieces of any length, also when one begins in the middle of a block. */
static void two_streams(void **state)
{
	static uint8_t bytes[20000];
	uint8_t out[SEAL_HASH], right[SEAL_HASH];
	struct seal_sha256 *a = seal_sha256_new(), *b = seal_sha256_new();
	assert_non_null(a);
	assert_non_null(b);
	rnd_fill(4, bytes, sizeof(bytes));
	for (size_t piece = 1; piece < 700; piece = piece * 2 + (piece & 1)) {
		for (size_t odd = 0; odd < 3; odd++) {
			size_t at = 0, bt = 0, n = sizeof(bytes), m = sizeof(bytes) - piece % 61;
			seal_sha256_begin(a);
			seal_sha256_begin(b);
			if (odd == 1) {
				seal_sha256_add(a, slice_of(bytes, 5));
				at = 5;
			}
			while (at < n || bt < m) {
				size_t x = n - at < piece ? n - at : piece, y = m - bt < piece + odd ? m - bt : piece + odd;
				seal_sha256_add_two(a, slice_of(bytes + at, x), b, slice_of(bytes + bt, y));
				at += x;
				bt += y;
			}
			seal_sha256_end(a, out);
			crypto_hash_sha256(right, bytes, n);
			assert_memory_equal(out, right, sizeof(out));
			seal_sha256_end(b, out);
			crypto_hash_sha256(right, bytes, m);
			assert_memory_equal(out, right, sizeof(out));
		}
	}
	seal_sha256_free(a);
	seal_sha256_free(b);
}

/* The empty key is a key, not "the key of the last call". */
static void hmac_empty(void **state)
{
	uint8_t out[SEAL_HASH];
	seal_hmac_sha256(SLICE("another key"), SLICE("x"), out);
	seal_hmac_sha256(SLICE_NULL, SLICE_NULL, out);
	assert_hex(out, 32, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void hkdf_vectors(void **state)
{
	/* RFC 5869, A.1, A.2, A.3 */
	struct err e;
	uint8_t okm[82], ikm[80], salt[80], info[80], ikm1[22];
	memset(ikm1, 0x0b, sizeof(ikm1));
	for (int i = 0; i < 80; i++) {
		ikm[i] = (uint8_t)i;
		salt[i] = (uint8_t)(0x60 + i);
		info[i] = (uint8_t)(0xb0 + i);
	}
	OK(seal_hkdf_sha256(slice_of(ikm1, 22), slice_of(ikm, 13), SLICE("\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9"), okm, 42, &e));
	assert_hex(okm, 42, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
	OK(seal_hkdf_sha256(slice_of(ikm, 80), slice_of(salt, 80), slice_of(info, 80), okm, 82, &e));
	assert_hex(okm, 82,
	           "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c581"
	           "79ec3e87c14c01d5c1f3434f1d87");
	OK(seal_hkdf_sha256(slice_of(ikm1, 22), SLICE_NULL, SLICE_NULL, okm, 42, &e));
	assert_hex(okm, 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

static void hkdf_limits(void **state)
{
	static uint8_t okm[8161];
	struct err e;
	OK(seal_hkdf_sha256(SLICE("k"), SLICE_NULL, SLICE_NULL, okm, 8160, &e));
	FAILS(seal_hkdf_sha256(SLICE("k"), SLICE_NULL, SLICE_NULL, okm, 8161, &e), ERR_USAGE, "8160");
	FAILS(seal_hkdf_sha256(SLICE("k"), SLICE_NULL, SLICE_NULL, okm, 0, &e), ERR_USAGE, "8160");
}

static void siphash_vectors(void **state)
{
	/* the reference implementation's vectors: key 00..0f, text 00 01 02 ... */
	uint8_t key[16], text[15], out[16];
	for (int i = 0; i < 16; i++)
		key[i] = (uint8_t)i;
	for (int i = 0; i < 15; i++)
		text[i] = (uint8_t)i;
	assert_int_equal(seal_fingerprint(key, slice_of(text, 15)), UINT64_C(0xa129ca6149be45e5)); /* the paper's appendix A */
	assert_int_equal(seal_fingerprint(key, SLICE_NULL), UINT64_C(0x726fdb47dd0e0e31));
	seal_fingerprint128(key, SLICE_NULL, out);
	assert_hex(out, 16, "a3817f04ba25a8e66df67214c7550293");
	seal_fingerprint128(key, slice_of(text, 1), out);
	assert_hex(out, 16, "da87c1d86b99af44347659119b22fc45");
}

static void equal(void **state)
{
	uint8_t a[32] = {1}, b[32] = {1};
	assert_true(seal_equal(a, b, sizeof(a)));
	assert_true(seal_equal(NULL, NULL, 0));
	for (size_t i = 0; i < 8 * sizeof(a); i++) {
		b[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_false(seal_equal(a, b, sizeof(a)));
		b[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}

static void randomness(void **state)
{
	uint8_t seen[256] = {0}, p[64 * 256];
	int kinds = 0;
	seal_random(p, sizeof(p));
	seal_random(NULL, 0);
	for (size_t i = 0; i < sizeof(p); i++)
		seen[p[i]] = 1;
	for (int i = 0; i < 256; i++)
		kinds += seen[i];
	assert_int_equal(kinds, 256); /* a value stays away with a chance of e^-64 each */
}

static void wiping_and_locking(void **state)
{
	struct err e;
	uint8_t p[100];
	memset(p, 7, sizeof(p));
	seal_wipe(p + 1, sizeof(p) - 2);
	for (size_t i = 1; i < sizeof(p) - 1; i++)
		assert_int_equal(p[i], 0);
	assert_int_equal(p[0], 7);
	assert_int_equal(p[99], 7);
	seal_wipe(NULL, 0);
	int r = seal_lock_memory(p, sizeof(p), &e); /* 1 where the machine's limit is small: not an error */
	assert_true(r == 0 || r == 1);
	assert_int_equal(seal_lock_memory(p, 0, &e), 0);
	p[50] = 1; /* still ours to write */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_vectors), cmocka_unit_test(sha256_every_size), cmocka_unit_test(threads),
		cmocka_unit_test(hmac_vectors), cmocka_unit_test(hmac_many), cmocka_unit_test(two_streams),   cmocka_unit_test(hmac_empty),        cmocka_unit_test(hkdf_vectors),
		cmocka_unit_test(hkdf_limits),    cmocka_unit_test(siphash_vectors),   cmocka_unit_test(equal),
		cmocka_unit_test(randomness),     cmocka_unit_test(wiping_and_locking),
	};
	seal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
