/* The rules of C2SP age.md, each with a file that breaks only that one. The files are made here, from the specification and libsodium alone, with a right MAC over
 * whatever stands in the header, so that nothing but the rule can be what refuses them.
 */
#include <sodium.h>

#include "seal/seal_test.h"

static const uint8_t file_key[16] = "a test file key.";
static const uint8_t nonce[16] = "a payload nonce.";
static struct age_identity me;

/* ---- an age of our own ---- */

static void hkdf(const uint8_t *ikm, size_t ikm_n, const uint8_t *salt, size_t salt_n, const char *info, uint8_t out[32])
{
	uint8_t prk[32], one = 1;
	crypto_auth_hmacsha256_state st;
	crypto_auth_hmacsha256_init(&st, salt, salt_n);
	crypto_auth_hmacsha256_update(&st, ikm, ikm_n);
	crypto_auth_hmacsha256_final(&st, prk);
	crypto_auth_hmacsha256_init(&st, prk, 32);
	crypto_auth_hmacsha256_update(&st, (const uint8_t *)info, strlen(info));
	crypto_auth_hmacsha256_update(&st, &one, 1);
	crypto_auth_hmacsha256_final(&st, out);
}

static void b64(const uint8_t *p, size_t n, char *out, size_t size)
{
	sodium_bin2base64(out, size, p, n, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

static const uint8_t eph[32] = "an ephemeral secret, not really.";

/* "-> X25519 share\nbody\n" for me; with the parts in share and body (may be NULL) */
static void x25519(char out[256], char share_out[64], char body_out[64])
{
	uint8_t share[32], shared[32], key[32], salt[64], body[32], zero[12] = {0};
	char s[64], b[64];
	unsigned long long n;
	crypto_scalarmult_base(share, eph);
	assert_int_equal(crypto_scalarmult(shared, eph, me.to.pub), 0);
	memcpy(salt, share, 32);
	memcpy(salt + 32, me.to.pub, 32);
	hkdf(shared, 32, salt, 64, "age-encryption.org/v1/X25519", key);
	crypto_aead_chacha20poly1305_ietf_encrypt(body, &n, file_key, 16, NULL, 0, NULL, zero, key);
	b64(share, 32, s, sizeof(s));
	b64(body, 32, b, sizeof(b));
	snprintf(out, 256, "-> X25519 %s\n%s\n", s, b);
	if (share_out)
		memcpy(share_out, s, 64);
	if (body_out)
		memcpy(body_out, b, 64);
}

static void scrypt(char out[256], const char *pass, int log_n, const char *log_text)
{
	uint8_t salt[44], key[32], body[32], zero[12] = {0};
	char s[64], b[64];
	unsigned long long n;
	memcpy(salt, "age-encryption.org/v1/scrypt", 28);
	memcpy(salt + 28, "sixteen of salt.", 16);
	assert_int_equal(crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)pass, strlen(pass), salt, 44, UINT64_C(1) << log_n, 8, 1, key, 32), 0);
	crypto_aead_chacha20poly1305_ietf_encrypt(body, &n, file_key, 16, NULL, 0, NULL, zero, key);
	b64(salt + 28, 16, s, sizeof(s));
	b64(body, 32, b, sizeof(b));
	snprintf(out, 256, "-> scrypt %s %s\n%s\n", s, log_text, b);
}

static void mac_line(struct buf *f)
{
	uint8_t key[32], mac[32];
	char m[64];
	hkdf(file_key, 16, file_key, 0, "header", key); /* no salt */
	crypto_auth_hmacsha256(mac, f->p, f->n, key);
	b64(mac, 32, m, sizeof(m));
	buf_printf(f, " %s\n", m);
}

static void chunk(struct buf *f, struct slice plain, uint64_t number, bool last)
{
	uint8_t key[32], n12[12] = {0};
	unsigned long long n;
	hkdf(file_key, 16, nonce, 16, "payload", key);
	for (int i = 0; i < 8; i++)
		n12[3 + i] = (uint8_t)(number >> (56 - 8 * i));
	n12[11] = last;
	uint8_t *at = buf_space(f, plain.n + 16);
	assert_non_null(at);
	crypto_aead_chacha20poly1305_ietf_encrypt(at, &n, plain.p, plain.n, NULL, 0, NULL, n12, key);
	buf_commit(f, n);
}

/* A header of these stanzas, and "hello" for a payload. */
static void file_with(struct buf *f, const char *stanzas)
{
	buf_init(f, 1 << 20);
	buf_printf(f, "age-encryption.org/v1\n%s---", stanzas);
	mac_line(f);
	buf_add(f, nonce, 16);
	chunk(f, SLICE("hello"), 0, true);
}

static int setup(void **state)
{
	uint8_t secret[32] = "the identity of these tests ...";
	if (sodium_init() < 0)
		return -1;
	age_identity_of(secret, &me);
	return 0;
}

/* ---- what opens ---- */

static void opens(struct buf *f)
{
	struct err e;
	struct buf plain;
	buf_init(&plain, 1 << 20);
	OK(age_open(&me, 1, buf_slice(f), &plain, &e));
	assert_true(slice_eq_str(buf_slice(&plain), "hello"));
	buf_done(&plain);
	buf_done(f);
}

static void refused(struct buf *f, int code, const char *word)
{
	struct err e;
	struct buf plain;
	buf_init(&plain, 1 << 20);
	FAILS(age_open(&me, 1, buf_slice(f), &plain, &e), code, word);
	assert_int_equal(plain.n, 0);
	buf_done(&plain);
	buf_done(f);
}

static void plain_one(void **state)
{
	char st[256];
	struct buf f;
	x25519(st, NULL, NULL);
	file_with(&f, st);
	opens(&f);
}

/* Unknown stanzas are ignored, whatever legal shape they have, before and after ours. */
static void unknown_stanzas(void **state)
{
	static const char *const others[] = {
		"-> grease\n\n",
		"-> grease.example/x !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~\nAA\n",
		"-> a b c d e f g h i j k l\n\n",
		"-> x25519 abc\n\n", /* another name: case matters */
		"-> full AAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n",
		"-> full AAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\nAAA\n",
		"-> mlkem768x25519 AAAA\nAAAA\n",
	};
	char st[256], all[1024];
	x25519(st, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct buf f;
		snprintf(all, sizeof(all), "%s%s", others[i], st);
		file_with(&f, all);
		opens(&f);
		snprintf(all, sizeof(all), "%s%s%s", others[0], st, others[i]);
		file_with(&f, all);
		opens(&f);
		file_with(&f, others[i]);
		refused(&f, ERR_CRYPTO, "no key opens");
	}
}

static void bad_grammar(void **state)
{
	static const struct {
		const char *stanza, *word;
	} bad[] = {
		{"-> \n\n", "argument is empty"},
		{"->\n\n", "\"-> \""},
		{"->x y\n\n", "\"-> \""},
		{"-> x  y\n\n", "argument is empty"},
		{"-> x \n\n", "argument is empty"},
		{"->  x\n\n", "argument is empty"},
		{"-> x\ty\n\n", "visible ASCII"},
		{"-> x\x7f\n\n", "visible ASCII"},
		{"-> caf\xc3\xa9\n\n", "visible ASCII"},
		{"-> x\r\n\n", "visible ASCII"},
		{"-> x\n\r\n", "canonical base64"},
		{"x\n", "\"-> \""},
		{"\n", "\"-> \""},
		{"-> x\nAA==\n", "canonical base64"},
		{"-> x\nA\n", "canonical base64"},    /* 6 bits are no byte */
		{"-> x\nAB\n", "canonical base64"},   /* bits left over that are not zero */
		{"-> x\nAAB\n", "canonical base64"},
		{"-> x\nA-A_\n", "canonical base64"}, /* the other alphabet */
		{"-> x\nAA A\n", "canonical base64"},
		{"-> x\nAAAA\nAAAA\n", "\"-> \""},      /* a short line is the last */
		{"-> x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "longer than 64"},
		{"-> x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "longer than 64"},
		/* a full line, and the empty one that must follow is not there */
		{"-> x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-> y\n\n", "canonical base64"},
	};
	char st[256], all[1024];
	x25519(st, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf f;
		snprintf(all, sizeof(all), "%s%s", bad[i].stanza, st);
		file_with(&f, all);
		refused(&f, ERR_INPUT, bad[i].word);
		snprintf(all, sizeof(all), "%s%s", st, bad[i].stanza);
		file_with(&f, all);
		refused(&f, ERR_INPUT, ""); /* seen also behind ours */
	}
	struct buf f;
	file_with(&f, "");
	refused(&f, ERR_INPUT, "no recipient");
}

static void x25519_rules(void **state)
{
	char st[256], share[64], body[64], line[512];
	struct buf f;
	x25519(st, share, body);
#define X25519(code, word, ...)                                                                                                                     \
	do {                                                                                                                                        \
		snprintf(line, sizeof(line), __VA_ARGS__);                                                                                          \
		file_with(&f, line);                                                                                                                \
		refused(&f, code, word);                                                                                                            \
	} while (0)
	X25519(ERR_INPUT, "number of arguments", "-> X25519\n%s\n", body);
	X25519(ERR_INPUT, "number of arguments", "-> X25519 %s x\n%s\n", share, body);
	X25519(ERR_INPUT, "32 bytes", "-> X25519 %.40s\n%s\n", share, body);
	X25519(ERR_INPUT, "32 bytes", "-> X25519 %sAAAA\n%s\n", share, body);
	X25519(ERR_INPUT, "32 bytes", "-> X25519 %s=\n%s\n", share, body);
	X25519(ERR_INPUT, "wrapped key", "-> X25519 %s\n%.40s\n", share, body);
	X25519(ERR_INPUT, "wrapped key", "-> X25519 %s\n\n", share);
	X25519(ERR_INPUT, "wrapped key", "-> X25519 %s\n%.42sAAAA\n", share, body);
	X25519(ERR_INPUT, "wrapped key", "-> X25519 %s\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n\n", share);
	/* the last character of 43 carries 4 bits: three more spellings of the same share and of the same body */
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (int spell = 1; spell < 4; spell++) {
		char s2[64], b2[64];
		memcpy(s2, share, 64);
		memcpy(b2, body, 64);
		s2[42] = abc[(strchr(abc, share[42]) - abc) | spell];
		b2[42] = abc[(strchr(abc, body[42]) - abc) | spell];
		X25519(ERR_INPUT, "canonical", "-> X25519 %s\n%s\n", s2, body);
		X25519(ERR_INPUT, "canonical", "-> X25519 %s\n%s\n", share, b2);
	}
	/* a stanza for somebody else is no reason to refuse; a wrong tag is not ours */
	body[0] = body[0] == 'A' ? 'B' : 'A';
	X25519(ERR_CRYPTO, "no key opens", "-> X25519 %s\n%s\n", share, body);
	snprintf(line, sizeof(line), "-> X25519 %s\n%s\n%s", share, body, st);
	file_with(&f, line);
	opens(&f);
#undef X25519
}

/* The all-zero shared secret: every point of small order (RFC 7748, section 6.1, and cr.yp.to/ecdh.html). */
static void small_order(void **state)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	for (size_t i = 0; i < ARRAY_LEN(points); i++) {
		struct buf f, b;
		uint8_t body[32], key[32], salt[64], zero[32] = {0}, zero12[12] = {0};
		char share[64], text[64], line[256];
		unsigned long long n;
		buf_init(&b, 100);
		struct slice p = unhex(&b, points[i]);
		/* what a cheat would send: the key follows from a shared secret of zeros, which everyone knows */
		memcpy(salt, p.p, 32);
		memcpy(salt + 32, me.to.pub, 32);
		hkdf(zero, 32, salt, 64, "age-encryption.org/v1/X25519", key);
		crypto_aead_chacha20poly1305_ietf_encrypt(body, &n, file_key, 16, NULL, 0, NULL, zero12, key);
		b64(p.p, 32, share, sizeof(share));
		b64(body, 32, text, sizeof(text));
		snprintf(line, sizeof(line), "-> X25519 %s\n%s\n", share, text);
		file_with(&f, line);
		refused(&f, ERR_INPUT, "small order");
		buf_done(&b);
	}
}

static void scrypt_rules(void **state)
{
	static const struct {
		const char *log_n;
		int code;
		const char *word;
	} factors[] = {
		{"10", 0, ""},
		{"010", ERR_INPUT, "decimal"},
		{"0", ERR_INPUT, "decimal"},
		{"+10", ERR_INPUT, "decimal"},
		{"-10", ERR_INPUT, "decimal"},
		{"0xa", ERR_INPUT, "decimal"},
		{"10 ", ERR_INPUT, "argument"},
		{"10x", ERR_INPUT, "decimal"},
		{"1e1", ERR_INPUT, "decimal"},
		{"23", ERR_LIMIT, "work factor"},
		{"63", ERR_LIMIT, "work factor"},
		{"64", ERR_LIMIT, "work factor"},
		{"74", ERR_LIMIT, "work factor"}, /* 10 modulo 64 */
		{"4294967306", ERR_LIMIT, "work factor"}, /* 10 modulo 2^32 */
		{"18446744073709551615", ERR_LIMIT, "work factor"},
		{"18446744073709551626", ERR_INPUT, "decimal"}, /* 10 modulo 2^64 */
		{"11", ERR_CRYPTO, "passphrase"}, /* a number that the key was not made with */
	};
	struct err e;
	char st[256], x[256], all[600];
	struct buf f, plain;
	buf_init(&plain, 100);
	for (size_t i = 0; i < ARRAY_LEN(factors); i++) {
		scrypt(st, "pass", 10, factors[i].log_n);
		file_with(&f, st);
		buf_reset(&plain);
		if (factors[i].code) {
			FAILS(age_open_scrypt(SLICE("pass"), 22, buf_slice(&f), &plain, &e), factors[i].code, factors[i].word);
		} else {
			OK(age_open_scrypt(SLICE("pass"), 22, buf_slice(&f), &plain, &e));
			assert_true(slice_eq_str(buf_slice(&plain), "hello"));
		}
		buf_done(&f);
	}
	/* it stands alone: not with a key, in either order, not with itself, not with a stranger */
	scrypt(st, "pass", 10, "10");
	x25519(x, NULL, NULL);
	const char *const pairs[][2] = {{st, x}, {x, st}, {st, st}, {st, "-> grease\n\n"}, {"-> grease\n\n", st}};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		snprintf(all, sizeof(all), "%s%s", pairs[i][0], pairs[i][1]);
		file_with(&f, all);
		FAILS(age_open_scrypt(SLICE("pass"), 22, buf_slice(&f), &plain, &e), ERR_INPUT, "beside another");
		refused(&f, ERR_INPUT, "beside another"); /* nor for who holds a key */
	}
	static const char *const bad[] = {
		"-> scrypt c2l4dGVlbiBvZiBzYWx0Lg\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"-> scrypt c2l4dGVlbiBvZiBzYWx0Lg 10 x\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"-> scrypt c2l4dGVlbiBvZiBzYWx0Lh 10\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"-> scrypt c2l4dGVlbiBvZiBzYWx0 10\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"-> scrypt c2l4dGVlbiBvZiBzYWx0LgAA 10\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
		"-> scrypt c2l4dGVlbiBvZiBzYWx0Lg 10\nAAAA\n",
		"-> scrypt\n\n",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		file_with(&f, bad[i]);
		FAILS(age_open_scrypt(SLICE("pass"), 22, buf_slice(&f), &plain, &e), ERR_INPUT, "damaged");
		buf_done(&f);
	}
	buf_done(&plain);
}

/* ---- the first and the last line ---- */

static void version_line(void **state)
{
	static const struct {
		const char *line, *word;
	} bad[] = {
		{"age-encryption.org/v2\n", "version"},     {"age-encryption.org/v1\r\n", "version"}, {"age-encryption.org/v1 \n", "version"},
		{"age-encryption.org/v10\n", "version"},    {"Age-encryption.org/v1\n", "no age"},    {" age-encryption.org/v1\n", "no age"},
		{"-----BEGIN AGE ENCRYPTED FILE-----\n", "text form"}, {"\n", "no age"}, {"PK\003\004", "no age"},
	};
	char st[256];
	x25519(st, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf f;
		buf_init(&f, 1 << 20);
		buf_printf(&f, "%s%s---", bad[i].line, st);
		mac_line(&f);
		buf_add(&f, nonce, 16);
		chunk(&f, SLICE("hello"), 0, true);
		refused(&f, ERR_INPUT, bad[i].word);
	}
}

static void last_line(void **state)
{
	char st[256];
	struct buf f;
	x25519(st, NULL, NULL);
	file_with(&f, st);
	size_t at = (size_t)((const uint8_t *)memmem(f.p, f.n, "--- ", 4) - f.p);
	static const struct {
		size_t at;       /* from "---" */
		const char *put; /* instead of as many characters */
		int insert;
	} edits[] = {
		{3, "  ", 1}, {3, "", -1}, {47, " ", 1}, {47, "=", 1}, {47, "\r", 1}, {46, "", -1}, {40, "", -1}, {47, "A", 1}, {3, "- ", 1}, {4, "=", 0}, {4, "-", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		struct buf g;
		buf_init(&g, 1 << 20);
		buf_add(&g, f.p, at + edits[i].at);
		buf_str(&g, edits[i].put);
		size_t skip = at + edits[i].at + (edits[i].insert < 0 ? 1 : edits[i].insert > 0 ? 0 : strlen(edits[i].put));
		buf_add(&g, f.p + skip, f.n - skip);
		refused(&g, ERR_INPUT, "damaged");
	}
	/* other spellings of the same MAC */
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t *last = f.p + at + 46, was = *last;
	for (int spell = 1; spell < 4; spell++) {
		struct buf g;
		*last = (uint8_t)abc[(strchr(abc, was) - abc) | spell];
		buf_init(&g, 1 << 20);
		buf_add_slice(&g, buf_slice(&f));
		refused(&g, ERR_INPUT, "canonical");
	}
	/* a MAC that is another's */
	*last = was;
	f.p[at + 10] = f.p[at + 10] == 'A' ? 'B' : 'A';
	refused(&f, ERR_CRYPTO, "header is damaged");
	/* a header without an end */
	buf_init(&f, 1 << 20);
	buf_printf(&f, "age-encryption.org/v1\n%s", st);
	refused(&f, ERR_INPUT, "cut short");
	buf_init(&f, 1 << 20);
	buf_str(&f, "age-encryption.org/v1\n");
	for (int i = 0; i < 20000; i++)
		buf_str(&f, "-> x\n\n");
	refused(&f, ERR_LIMIT, "longer than 65536");
	/* the longest that is allowed, and it needs more than one look */
	struct buf s;
	buf_init(&s, 1 << 20);
	while (s.n + strlen(st) + 6 + 22 + 48 <= AGE_HEADER_MAX)
		buf_str(&s, "-> x\n\n");
	buf_str(&s, st);
	file_with(&f, buf_cstr(&s));
	opens(&f);
	buf_done(&s);
}

/* ---- the payload ---- */

static void payload(struct buf *f)
{
	char st[256];
	x25519(st, NULL, NULL);
	buf_init(f, 1 << 20);
	buf_printf(f, "age-encryption.org/v1\n%s---", st);
	mac_line(f);
	buf_add(f, nonce, 16);
}

static void chunks(void **state)
{
	static const uint8_t full[AGE_CHUNK];
	struct slice whole = slice_of(full, AGE_CHUNK), none = SLICE_NULL;
	struct err e;
	struct buf f, plain;
	buf_init(&plain, 1 << 20);
	/* right */
	payload(&f);
	chunk(&f, none, 0, true);
	OK(age_open(&me, 1, buf_slice(&f), &plain, &e));
	assert_int_equal(plain.n, 0);
	buf_done(&f);
	payload(&f);
	chunk(&f, whole, 0, false);
	chunk(&f, whole, 1, true);
	OK(age_open(&me, 1, buf_slice(&f), &plain, &e));
	assert_int_equal(plain.n, 2 * AGE_CHUNK);
	buf_done(&f);
	buf_done(&plain);
	/* no chunk at all; no nonce */
	payload(&f);
	refused(&f, ERR_CRYPTO, "cut short");
	for (size_t less = 1; less <= 16; less++) {
		payload(&f);
		f.n -= less;
		refused(&f, ERR_CRYPTO, "cut short");
	}
	/* the last chunk is empty, and not the only one */
	payload(&f);
	chunk(&f, whole, 0, false);
	chunk(&f, none, 1, true);
	refused(&f, ERR_CRYPTO, "empty chunk");
	/* no last chunk */
	payload(&f);
	chunk(&f, SLICE("x"), 0, false);
	refused(&f, ERR_CRYPTO, "does not verify");
	payload(&f);
	chunk(&f, whole, 0, false);
	refused(&f, ERR_CRYPTO, "does not verify");
	payload(&f);
	chunk(&f, none, 0, false);
	refused(&f, ERR_CRYPTO, "does not verify");
	/* two last chunks */
	payload(&f);
	chunk(&f, whole, 0, true);
	chunk(&f, SLICE("x"), 1, true);
	refused(&f, ERR_CRYPTO, "does not verify");
	/* a short chunk in the middle */
	payload(&f);
	chunk(&f, SLICE("x"), 0, false);
	chunk(&f, SLICE("y"), 1, true);
	refused(&f, ERR_CRYPTO, "does not verify");
	/* counted wrong */
	payload(&f);
	chunk(&f, whole, 0, false);
	chunk(&f, SLICE("x"), 2, true);
	refused(&f, ERR_CRYPTO, "does not verify");
	payload(&f);
	chunk(&f, SLICE("x"), 1, true);
	refused(&f, ERR_CRYPTO, "does not verify");
	/* a longer one than there may be: read as a full chunk and a rest */
	static const uint8_t longer[AGE_CHUNK + 1];
	payload(&f);
	chunk(&f, slice_of(longer, sizeof(longer)), 0, true);
	refused(&f, ERR_CRYPTO, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_one),    cmocka_unit_test(unknown_stanzas), cmocka_unit_test(bad_grammar),
		cmocka_unit_test(x25519_rules), cmocka_unit_test(small_order),     cmocka_unit_test(scrypt_rules),
		cmocka_unit_test(version_line), cmocka_unit_test(last_line),       cmocka_unit_test(chunks),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
