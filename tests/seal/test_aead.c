/* AES-256-GCM for the write-ahead segment. */
#include <sodium.h>

#include "seal/seal_test.h"

static void vectors(void **state)
{
	/* McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 and 14: key and nonce of zeros */
	static const uint8_t key[32];
	uint8_t out[32];
	struct err e;
	struct seal_aead *a = seal_aead_new(key);
	OK(seal_aead_seal(a, 0, SLICE_NULL, SLICE_NULL, out, &e));
	assert_hex(out, 16, "530f8afbc74536b9a963b4f1c4cb738b");
	static const uint8_t zero[16];
	OK(seal_aead_seal(a, 0, SLICE_NULL, slice_of(zero, 16), out, &e));
	assert_hex(out, 32, "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
	seal_aead_free(a);
	seal_aead_free(NULL);
}

/* The nonce is 4 zero bytes and the counter big-endian: libsodium agrees, with other data and odd sizes. */
static void against_libsodium(void **state)
{
	uint8_t key[32], ad[40], plain[600], ours[616], theirs[616];
	unsigned long long n;
	struct err e;
	if (sodium_init() < 0 || !crypto_aead_aes256gcm_is_available())
		skip();
	for (uint64_t i = 0; i < 300; i++) {
		rnd_fill(i, key, sizeof(key));
		rnd_fill(i + 1, ad, sizeof(ad));
		rnd_fill(i + 2, plain, sizeof(plain));
		uint64_t counter = i % 3 == 0 ? i : i * UINT64_C(0x0123456789abcdef);
		uint8_t nonce[12] = {0};
		for (int b = 0; b < 8; b++)
			nonce[4 + b] = (uint8_t)(counter >> (56 - 8 * b));
		struct seal_aead *a = seal_aead_new(key);
		OK(seal_aead_seal(a, counter, slice_of(ad, i % 40), slice_of(plain, 2 * i), ours, &e));
		crypto_aead_aes256gcm_encrypt(theirs, &n, plain, 2 * i, ad, i % 40, NULL, nonce, key);
		assert_int_equal(n, 2 * i + 16);
		assert_memory_equal(ours, theirs, n);
		memset(theirs, 0, sizeof(theirs));
		OK(seal_aead_open(a, counter, slice_of(ad, i % 40), slice_of(ours, n), theirs, &e));
		assert_memory_equal(theirs, plain, 2 * i);
		seal_aead_free(a);
	}
}

static void refused(struct seal_aead *a, uint64_t counter, struct slice ad, struct slice sealed)
{
	struct err e = {.code = 0};
	uint8_t out[128];
	memset(out, 0xee, sizeof(out));
	FAILS(seal_aead_open(a, counter, ad, sealed, out, &e), ERR_CRYPTO, "damaged");
	for (size_t i = 0; sealed.n > 16 && i < sealed.n - 16; i++)
		assert_int_equal(out[i], 0); /* nothing unverified is left */
}

static void every_bit(void **state)
{
	uint8_t key[32] = {9}, sealed[70 + 16], out[70];
	struct err e;
	struct seal_aead *a = seal_aead_new(key);
	OK(seal_aead_seal(a, 5, SLICE("ad"), SLICE("seventy bytes of text, no more and no less, that nobody may change...."), sealed, &e));
	for (size_t i = 0; i < 8 * sizeof(sealed); i++) {
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
		refused(a, 5, SLICE("ad"), slice_of(sealed, sizeof(sealed)));
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (size_t n = 0; n < sizeof(sealed); n++)
		refused(a, 5, SLICE("ad"), slice_of(sealed, n));
	refused(a, 4, SLICE("ad"), slice_of(sealed, sizeof(sealed)));
	refused(a, 5 | UINT64_C(1) << 40, SLICE("ad"), slice_of(sealed, sizeof(sealed)));
	refused(a, 5, SLICE("aD"), slice_of(sealed, sizeof(sealed)));
	refused(a, 5, SLICE_NULL, slice_of(sealed, sizeof(sealed)));
	key[31] ^= 1;
	struct seal_aead *other = seal_aead_new(key);
	refused(other, 5, SLICE("ad"), slice_of(sealed, sizeof(sealed)));
	OK(seal_aead_open(a, 5, SLICE("ad"), slice_of(sealed, sizeof(sealed)), out, &e)); /* and after all that it opens */
	assert_memory_equal(out, "seventy bytes", 13);
	seal_aead_free(a);
	seal_aead_free(other);
}

static void in_place(void **state)
{
	static const uint8_t key[32] = {3};
	static uint8_t text[5000 + 16], was[5000];
	struct err e;
	struct seal_aead *a = seal_aead_new(key);
	rnd_fill(3, was, sizeof(was));
	memcpy(text, was, sizeof(was));
	OK(seal_aead_seal(a, 1, SLICE_NULL, slice_of(text, 5000), text, &e));
	assert_memory_not_equal(text, was, sizeof(was));
	OK(seal_aead_open(a, 1, SLICE_NULL, slice_of(text, 5016), text, &e));
	assert_memory_equal(text, was, sizeof(was));
	seal_aead_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(against_libsodium),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
