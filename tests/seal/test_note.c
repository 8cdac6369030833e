/* Signed notes: the format's rules one by one, and every bit of a note changed. */
#include <sodium.h>

#include "seal/seal_test.h"

static struct note_signer key, other, witness;

static int setup(void **state)
{
	struct err e;
	OK(note_signer_new("hospital.example/log", &key, &e));
	OK(note_signer_new("clinic.example/log", &other, &e));
	OK(note_cosigner_new("witness.example/w1", &witness, &e));
	return 0;
}

#define TEXT "hospital.example/log\n15368405\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n"

static void sign(struct buf *note, const char *text)
{
	struct err e;
	buf_init(note, 1 << 22);
	OK(note_sign(&key, slice_str(text), note, &e));
}

static int verify(struct slice note, const struct note_vkey *keys, size_t n, uint64_t *mask, struct err *e)
{
	struct slice text = SLICE_NULL;
	uint64_t m = 99;
	int r = note_verify(note, keys, n, &text, &m, NULL, e);
	if (r < 0)
		assert_true(text.p == NULL && m == 99); /* outputs only on success */
	else
		assert_true(text.p == note.p);
	if (mask)
		*mask = m;
	return r;
}

/* ---- keys ---- */

/* The key of the documentation of Go's note package (PeterNeumann). */
static void key_vectors(void **state)
{
	static const char skey[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
	static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	static const char note[] = "If you think cryptography is the answer to your problem,\n"
	                           "then you don't know what your problem is.\n"
	                           "\n"
	                           "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
	struct err e;
	struct note_signer k;
	struct note_vkey v;
	struct buf b;
	uint64_t mask = 0;
	OK(note_signer_parse(SLICE(skey), &k, &e));
	OK(note_vkey_parse(SLICE(vkey), &v, &e));
	assert_memory_equal(&k.v, &v, sizeof(v));
	assert_int_equal(v.id, 0xc74f20a3);
	OK(verify(SLICE(note), &v, 1, &mask, &e));
	assert_int_equal(mask, 1);
	buf_init(&b, 4096);
	OK(note_sign(&k, slice_of(note, 99), &b, &e));
	assert_true(slice_eq(buf_slice(&b), SLICE(note))); /* Ed25519 signs without randomness: the same bytes */
	buf_reset(&b);
	note_signer_format(&k, &b);
	assert_true(slice_eq(buf_slice(&b), SLICE(skey)));
	buf_reset(&b);
	note_vkey_format(&v, &b);
	assert_true(slice_eq(buf_slice(&b), SLICE(vkey)));
	buf_done(&b);
}

static void key_text(void **state)
{
	struct err e;
	struct buf s, v;
	struct note_signer k;
	struct note_vkey p;
	buf_init(&s, 1024);
	buf_init(&v, 1024);
	for (int i = 0; i < 3; i++) {
		const struct note_signer *from = i == 0 ? &key : i == 1 ? &other : &witness;
		buf_reset(&s);
		buf_reset(&v);
		note_signer_format(from, &s);
		note_vkey_format(&from->v, &v);
		OK(note_signer_parse(buf_slice(&s), &k, &e));
		OK(note_vkey_parse(buf_slice(&v), &p, &e));
		assert_memory_equal(&k, from, sizeof(k));
		assert_memory_equal(&p, &from->v, sizeof(p));
		assert_null(strstr(buf_cstr(&v), "PRIVATE"));
		for (size_t n = 0; n < v.n; n++)
			FAILS(note_vkey_parse(slice_of(v.p, n), &p, &e), ERR_INPUT, "no verifier key");
		for (size_t n = 0; n < s.n; n++)
			FAILS(note_signer_parse(slice_of(s.p, n), &k, &e), ERR_INPUT, "no signing key");
		/* each bit: the id binds name, type and key together (only the case of its letters is free) */
		for (size_t bit = 0; bit < 8 * v.n; bit++) {
			uint8_t was = v.p[bit / 8];
			v.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if ((was ^ 0x20) != v.p[bit / 8] || !memchr("abcdef", was, 6))
				FAILS(note_vkey_parse(buf_slice(&v), &p, &e), ERR_INPUT, "no verifier key");
			v.p[bit / 8] = was;
		}
		for (size_t bit = 0; bit < 8 * s.n; bit++) {
			uint8_t was = s.p[bit / 8];
			s.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if ((was ^ 0x20) != s.p[bit / 8] || !memchr("abcdef", was, 6))
				FAILS(note_signer_parse(buf_slice(&s), &k, &e), ERR_INPUT, "no signing key");
			s.p[bit / 8] = was;
		}
	}
	buf_done(&s);
	buf_done(&v);
}

static void names(void **state)
{
	static const char *const bad[] = {"", "a b", "a+b", "a\tb", "a\nb", "a\x7f", "\xff", "a\xc2\xa0", "a\xc2\x85", "\xe1\x9a\x80", "\xe2\x80\x80", "x\xe2\x80\x8a",
	                                  "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xed\xa0\x80"};
	static const char *const good[] = {"a", "example.com/log", "st.mary's-\xe5\x8c\xbb\xe9\x99\xa2", "\xe2\x80\x8b" /* zero width: no Unicode space */, "\xc3\xa0"};
	struct err e;
	struct note_signer k;
	char long_name[NOTE_NAME_MAX + 2];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(note_signer_new(bad[i], &k, &e), ERR_USAGE, "key name");
	FAILS(note_signer_new(NULL, &k, &e), ERR_USAGE, "key name");
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		OK(note_signer_new(good[i], &k, &e));
	memset(long_name, 'n', sizeof(long_name));
	long_name[NOTE_NAME_MAX + 1] = 0;
	FAILS(note_signer_new(long_name, &k, &e), ERR_USAGE, "128");
	long_name[NOTE_NAME_MAX] = 0;
	OK(note_signer_new(long_name, &k, &e));
	assert_string_equal(k.v.name, long_name);
	struct buf b;
	buf_init(&b, 4096);
	OK(note_sign(&k, SLICE("text\n"), &b, &e));
	OK(verify(buf_slice(&b), &k.v, 1, NULL, &e));
	buf_done(&b);
}

/* ---- signing and verifying ---- */

static void round_trip(void **state)
{
	static const char *const texts[] = {TEXT, "\n", "\n\n", "a\n\nb\n", "a\n\n", "ed \xc3\xa8 subito sera.\n", "\xe2\x80\x94 looks like a signature\n", "x\n\n\xe2\x80\x94 a b\n"};
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf b;
		struct slice text;
		uint64_t mask;
		sign(&b, texts[i]);
		OK(note_verify(buf_slice(&b), &key.v, 1, &text, &mask, NULL, &e));
		assert_true(slice_eq_str(text, texts[i]));
		assert_int_equal(mask, 1);
		buf_done(&b);
	}
}

static void bad_texts(void **state)
{
	static const char *const bad[] = {"", "no end", "tab\there\n", "cr\r\n", "\x01\n", "\xff\n", "\xed\xa0\x80\n", "half \xe2\x80\n"};
	struct err e;
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		FAILS(note_sign(&key, slice_str(bad[i]), &b, &e), ERR_USAGE, "text of a note");
	FAILS(note_sign(&key, slice_of("a\0b\n", 4), &b, &e), ERR_USAGE, "text of a note");
	FAILS(note_sign(&witness, SLICE(TEXT), &b, &e), ERR_USAGE, "cosigner");
	assert_int_equal(b.n, 0);
	buf_done(&b);
	buf_init(&b, 100);
	FAILS(note_sign(&key, SLICE(TEXT), &b, &e), ERR_LIMIT, "fit");
	assert_int_equal(b.n, 0);
	buf_done(&b);
}

static void every_bit(void **state)
{
	struct err e;
	struct buf b;
	sign(&b, TEXT);
	size_t text_n = strlen(TEXT);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		e.code = 0;
		int r = verify(buf_slice(&b), &key.v, 1, NULL, &e);
		if (r == 0)
			fail_msg("a note with bit %zu changed was taken for good", bit);
		assert_int_equal(e.code, r);
		/* in the text, with nothing else out of order, it is the signature that says so */
		assert_true(r == ERR_CRYPTO || r == ERR_INPUT || (r == ERR_NO && bit >= 8 * text_n));
		b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t n = 0; n < b.n; n++)
		assert_int_not_equal(verify(slice_of(b.p, n), &key.v, 1, NULL, &e), 0);
	OK(verify(buf_slice(&b), &key.v, 1, NULL, &e));
	buf_done(&b);
}

/* A second note's signature under the first one's text. */
static void moved_signature(void **state)
{
	struct err e;
	struct buf a, b, c;
	sign(&a, TEXT);
	sign(&b, "hospital.example/log\n15368406\n31JQUq8EyQx5lpqtKRqryJzA+77WD2xmTyuB4uIlXeE=\n");
	buf_init(&c, 4096);
	buf_str(&c, TEXT);
	buf_add(&c, b.p + strlen(TEXT), b.n - strlen(TEXT));
	FAILS(verify(buf_slice(&c), &key.v, 1, NULL, &e), ERR_CRYPTO, "hospital.example/log");
	buf_done(&a);
	buf_done(&b);
	buf_done(&c);
}

static void several_signatures(void **state)
{
	struct err e;
	struct buf a, b, line;
	struct note_vkey keys[3] = {other.v, key.v, witness.v};
	uint64_t mask, times[3] = {7, 7, 7};
	struct slice text;
	sign(&a, TEXT);
	buf_init(&b, 4096);
	OK(note_sign(&other, SLICE(TEXT), &b, &e));
	buf_init(&line, 4096);
	OK(note_cosign(&witness, buf_slice(&a), 1679315147, &line, &e));
	buf_add(&a, b.p + strlen(TEXT) + 1, b.n - strlen(TEXT) - 1);
	buf_add_slice(&a, buf_slice(&line));
	OK(note_verify(buf_slice(&a), keys, 3, &text, &mask, times, &e));
	assert_int_equal(mask, 7);
	assert_int_equal(times[0], 0);
	assert_int_equal(times[2], 1679315147);
	for (size_t i = 0; i < 3; i++) { /* the others are unknown, and skipped */
		OK(note_verify(buf_slice(&a), &keys[i], 1, &text, &mask, NULL, &e));
		assert_int_equal(mask, 1);
	}
	struct note_signer stranger;
	OK(note_signer_new("hospital.example/log", &stranger, &e)); /* the same name, another key */
	FAILS(verify(buf_slice(&a), &stranger.v, 1, NULL, &e), ERR_NO, "none of the known keys");
	FAILS(verify(buf_slice(&a), NULL, 0, NULL, &e), ERR_NO, "none of the known keys");
	/* the same id under another name is another key, too */
	struct note_vkey renamed = key.v;
	renamed.name[0] = 'H';
	FAILS(verify(buf_slice(&a), &renamed, 1, NULL, &e), ERR_NO, "none of the known keys");
	/* one good signature does not excuse a bad one of a known key */
	struct note_vkey swapped[2] = {key.v, other.v};
	memcpy(swapped[1].pub, key.v.pub, 32);
	FAILS(verify(buf_slice(&a), swapped, 2, NULL, &e), ERR_CRYPTO, "clinic.example/log");
	buf_done(&a);
	buf_done(&b);
	buf_done(&line);
}

static void cosignature_rules(void **state)
{
	struct err e;
	struct buf a, line, c;
	uint64_t mask, times[1];
	struct slice text;
	sign(&a, TEXT);
	buf_init(&line, 4096);
	buf_init(&c, 4096);
	FAILS(note_cosign(&key, buf_slice(&a), 1, &line, &e), ERR_USAGE, "cosigner");
	FAILS(note_cosign(&witness, buf_slice(&a), UINT64_MAX, &line, &e), ERR_USAGE, "time");
	FAILS(note_cosign(&witness, SLICE("no note\n"), 1, &line, &e), ERR_INPUT, "no signed note");
	static const uint64_t good[] = {0, 1, 1679315147, INT64_MAX};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		buf_reset(&c);
		buf_reset(&line);
		OK(note_cosign(&witness, buf_slice(&a), good[i], &line, &e));
		buf_add_slice(&c, buf_slice(&a));
		buf_add_slice(&c, buf_slice(&line));
		OK(note_verify(buf_slice(&c), &witness.v, 1, &text, &mask, times, &e));
		assert_int_equal(times[0], good[i]);
	}
	/* the time is signed: change it alone */
	AUTO_BUF struct buf sig = {0}, text64 = {0};
	buf_init(&sig, 200);
	buf_init(&text64, 200);
	size_t name_n = strlen("\xe2\x80\x94 witness.example/w1 ");
	OK(base64_get(&sig, slice_of(line.p + name_n, line.n - name_n - 1)));
	assert_int_equal(sig.n, 4 + 8 + 64);
	sig.p[11] ^= 1;
	base64_put(&text64, buf_slice(&sig));
	buf_reset(&c);
	buf_add_slice(&c, buf_slice(&a));
	buf_add(&c, line.p, name_n);
	buf_add_slice(&c, buf_slice(&text64));
	buf_str(&c, "\n");
	FAILS(verify(buf_slice(&c), &witness.v, 1, NULL, &e), ERR_CRYPTO, "witness.example/w1");
	/* a time after 2^63 is refused, though it be signed (tlog-cosignature: MUST NOT exceed 2^63 - 1) */
	uint8_t pub[32], secret[64];
	buf_reset(&c);
	buf_str(&c, "cosignature/v1\ntime 9223372036854775808\n" TEXT);
	crypto_sign_seed_keypair(pub, secret, witness.seed);
	crypto_sign_detached(sig.p + 12, NULL, c.p, c.n, secret);
	memcpy(sig.p + 4, "\x80\0\0\0\0\0\0", 8);
	buf_reset(&text64);
	base64_put(&text64, buf_slice(&sig));
	buf_reset(&c);
	buf_add_slice(&c, buf_slice(&a));
	buf_add(&c, line.p, name_n);
	buf_add_slice(&c, buf_slice(&text64));
	buf_str(&c, "\n");
	FAILS(verify(buf_slice(&c), &witness.v, 1, NULL, &e), ERR_CRYPTO, "witness.example/w1");
	/* the same made with the largest good time is taken: it is the time that was refused */
	buf_reset(&c);
	buf_str(&c, "cosignature/v1\ntime 9223372036854775807\n" TEXT);
	crypto_sign_detached(sig.p + 12, NULL, c.p, c.n, secret);
	memcpy(sig.p + 4, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8);
	buf_reset(&text64);
	base64_put(&text64, buf_slice(&sig));
	buf_reset(&c);
	buf_add_slice(&c, buf_slice(&a));
	buf_add(&c, line.p, name_n);
	buf_add_slice(&c, buf_slice(&text64));
	buf_str(&c, "\n");
	OK(note_verify(buf_slice(&c), &witness.v, 1, &text, &mask, times, &e));
	assert_int_equal(times[0], INT64_MAX);
	/* a log's signature is no cosignature, nor the other way round, though the Ed25519 key be the same */
	struct note_signer same = key;
	same.v.alg = 0x04;
	FAILS(verify(buf_slice(&a), &same.v, 1, NULL, &e), ERR_CRYPTO, "does not fit");
	buf_done(&a);
	buf_done(&line);
	buf_done(&c);
}

static void malformed(void **state)
{
	struct err e;
	struct buf good, b;
	sign(&good, TEXT);
	buf_init(&b, 1 << 21);
	const char *sig = (const char *)good.p + strlen(TEXT) + 1;
#define BAD(word, ...)                                                                                                                              \
	do {                                                                                                                                        \
		buf_reset(&b);                                                                                                                      \
		buf_printf(&b, __VA_ARGS__);                                                                                                        \
		FAILS(verify(buf_slice(&b), &key.v, 1, NULL, &e), ERR_INPUT, word);                                                                 \
	} while (0)
	int sig_n = (int)(good.n - strlen(TEXT) - 1);
	BAD("no signatures", "%s", TEXT);
	BAD("no signatures", "%s\n", TEXT);
	BAD("no signatures", "%s%.*s", TEXT, sig_n, sig); /* without the empty line */
	BAD("no signatures", "%s\n%.*s\n", TEXT, sig_n, sig); /* the last empty line is the one that counts */
	BAD("does not end", "%s\n%.*s", TEXT, sig_n - 1, sig);
	BAD("dash", "%s\n-- hospital.example/log AAAAAAAA\n", TEXT);
	BAD("dash", "%s\n%.*sand more\n", TEXT, sig_n, sig);
	BAD("bad name", "%s\n\xe2\x80\x94  AAAAAAAA\n", TEXT);
	BAD("bad name", "%s\n\xe2\x80\x94 a+b AAAAAAAA\n", TEXT);
	BAD("bad name", "%s\n\xe2\x80\x94 a\xc2\xa0 AAAAAAAA\n", TEXT);
	BAD("base64", "%s\n\xe2\x80\x94 name\n", TEXT);
	BAD("base64", "%s\n\xe2\x80\x94 name \n", TEXT);
	BAD("base64", "%s\n\xe2\x80\x94 name AAAA AAAA\n", TEXT);
	BAD("base64", "%s\n\xe2\x80\x94 name AAAAAAA\n", TEXT); /* without its padding */
	BAD("base64", "%s\n\xe2\x80\x94 name AAAAAA==\n", TEXT); /* an id and nothing */
	BAD("base64", "%s\n\xe2\x80\x94 name AAAAAAB=\n", TEXT); /* not canonical */
	BAD("control characters", "%s\r\n\n%.*s", TEXT, sig_n, sig);
	BAD("control characters", "\xff%s\n%.*s", TEXT, sig_n, sig);
#undef BAD
	/* many signatures of strangers: up to 100 lines */
	for (int n = 99; n <= 100; n++) {
		buf_reset(&b);
		buf_add_slice(&b, buf_slice(&good));
		for (int i = 0; i < n; i++)
			buf_str(&b, "\xe2\x80\x94 stranger AAAAAAAA\n");
		if (n < 100)
			OK(verify(buf_slice(&b), &key.v, 1, NULL, &e));
		else
			FAILS(verify(buf_slice(&b), &key.v, 1, NULL, &e), ERR_LIMIT, "100");
	}
	/* too large a note is not read */
	buf_reset(&b);
	for (size_t i = 0; i < (1 << 20); i++)
		buf_u8(&b, 'x');
	buf_str(&b, "\n\n");
	buf_add(&b, sig, (size_t)sig_n);
	FAILS(verify(buf_slice(&b), &key.v, 1, NULL, &e), ERR_INPUT, "1 MiB");
	/* a stranger's signature may be as long as a post-quantum one */
	buf_reset(&b);
	buf_add_slice(&b, buf_slice(&good));
	buf_str(&b, "\xe2\x80\x94 stranger ");
	static uint8_t pq[2424];
	base64_put(&b, slice_of(pq, sizeof(pq)));
	buf_str(&b, "\n");
	OK(verify(buf_slice(&b), &key.v, 1, NULL, &e));
	buf_done(&good);
	buf_done(&b);
}

/* Keys of small order, under which one signature fits many texts, verify nothing. */
static void weak_key(void **state)
{
	struct err e;
	struct buf b;
	struct note_vkey v = key.v;
	sign(&b, TEXT);
	memset(v.pub, 0, sizeof(v.pub));
	FAILS(verify(buf_slice(&b), &v, 1, NULL, &e), ERR_CRYPTO, "does not fit");
	v.pub[0] = 1; /* the neutral element: R = B*s, and any message */
	FAILS(verify(buf_slice(&b), &v, 1, NULL, &e), ERR_CRYPTO, "does not fit");
	buf_done(&b);
}

/* One signature, by that key, in its one spelling; and the lines of a text. */
static void alone(void **state)
{
	struct buf b, c;
	struct slice text;
	struct note_signer stranger;
	struct err e;
	sign(&b, TEXT);
	OK(note_verify_alone(buf_slice(&b), &key.v, &text, &e));
	assert_true(slice_eq_str(text, TEXT));
	OK(note_signer_new("other.example", &stranger, &e));
	assert_int_equal(note_verify_alone(buf_slice(&b), &stranger.v, &text, &e), ERR_CRYPTO); /* another key's: no */
	assert_true(note_vkey_equal(&key.v, &key.v) && !note_vkey_equal(&key.v, &stranger.v));
	buf_init(&c, 1 << 16);
	OK(note_sign(&stranger, slice_str(TEXT), &c, &e));
	struct slice line = slice_of(c.p + strlen(TEXT) + 1, c.n - strlen(TEXT) - 1);
	size_t whole = b.n;
	buf_add_slice(&b, line); /* beside another's: note_verify passes over it */
	uint64_t mask;
	OK(note_verify(buf_slice(&b), &key.v, 1, &text, &mask, NULL, &e));
	assert_int_equal(note_verify_alone(buf_slice(&b), &key.v, &text, &e), ERR_CRYPTO);
	b.n = whole;
	for (size_t i = 0; i < b.n; i++) { /* no byte of it can be another */
		for (unsigned bit = 0; bit < 8; bit++) {
			b.p[i] ^= (uint8_t)(1u << bit);
			assert_true(note_verify_alone(buf_slice(&b), &key.v, &text, NULL) < 0);
			b.p[i] ^= (uint8_t)(1u << bit);
		}
	}
	OK(note_verify_alone(buf_slice(&b), &key.v, &text, &e));
	buf_done(&b);
	buf_done(&c);
	char name[4];
	struct cur lines = cur_of(SLICE("key abc\nid 7\nid\n"));
	note_value_text(&lines, "key ", name, sizeof name);
	assert_string_equal(name, "abc");
	assert_true(slice_eq_str(note_value(&lines, "id "), "7") && !lines.failed);
	assert_true(!note_value(&lines, "id ").n && lines.failed); /* it says nothing */
	lines = cur_of(SLICE("key abcd\n"));
	note_value_text(&lines, "key ", name, sizeof name);
	assert_true(lines.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_vectors),        cmocka_unit_test(key_text),          cmocka_unit_test(names),     cmocka_unit_test(round_trip),
		cmocka_unit_test(bad_texts),          cmocka_unit_test(every_bit),         cmocka_unit_test(moved_signature),
		cmocka_unit_test(several_signatures), cmocka_unit_test(cosignature_rules), cmocka_unit_test(malformed), cmocka_unit_test(weak_key), cmocka_unit_test(alone),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
