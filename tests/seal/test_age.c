/* age files written and read by us: every size at a chunk's border, every way to read them, and every way to damage them. */
#include "seal/seal_test.h"

#define BIG (5 * AGE_CHUNK + 1234)

static const size_t sizes[] = {0, 1, 2, 1000, 65535, 65536, 65537, 131071, 131072, 131073, 3 * AGE_CHUNK, BIG};
static uint8_t text[BIG];
static struct age_identity me, other;

static int setup(void **state)
{
	rnd_fill(42, text, sizeof(text));
	age_identity_new(&me);
	age_identity_new(&other);
	return 0;
}

static void seal(struct buf *file, size_t n)
{
	struct err e;
	buf_init(file, 1 << 24);
	OK(age_seal(&me.to, 1, slice_of(text, n), file, &e));
}

/* ---- keys ---- */

static void key_vectors(void **state)
{
	/* C2SP age.md: the secret is 32 times 'B' */
	struct age_identity id, again;
	struct age_recipient to;
	struct err e;
	char out[80];
	uint8_t secret[32];
	memset(secret, 'B', sizeof(secret));
	age_identity_of(secret, &id);
	age_identity_format(&id, out);
	assert_string_equal(out, "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX");
	age_recipient_format(&id.to, out);
	assert_string_equal(out, "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj");
	OK(age_identity_parse(SLICE("  AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n"), &again, &e));
	assert_memory_equal(&again, &id, sizeof(id));
	OK(age_recipient_parse(SLICE("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"), &to, &e));
	assert_memory_equal(&to, &id.to, sizeof(to));
}

/* One wrong character, anywhere, is found. */
static void key_typing(void **state)
{
	char secret[80], pub[80];
	struct err e;
	struct age_identity id;
	struct age_recipient to;
	age_identity_format(&me, secret);
	age_recipient_format(&me.to, pub);
	for (size_t i = 0; secret[i]; i++) {
		char was = secret[i];
		for (int c = 1; c < 256; c++) {
			secret[i] = (char)c;
			if (secret[i] != was)
				FAILS(age_identity_parse(slice_str(secret), &id, &e), ERR_INPUT, "AGE-SECRET-KEY-1");
		}
		secret[i] = was;
	}
	for (size_t i = 0; pub[i]; i++) {
		char was = pub[i];
		for (int c = 1; c < 256; c++) {
			pub[i] = (char)c;
			if (pub[i] != was)
				FAILS(age_recipient_parse(slice_str(pub), &to, &e), ERR_INPUT, "age1");
		}
		pub[i] = was;
	}
	assert_null(strstr(e.text, secret + 20));
	for (size_t n = 0; n < strlen(secret); n++)
		FAILS(age_identity_parse(slice_of(secret, n), &id, &e), ERR_INPUT, "no age identity");
	FAILS(age_identity_parse(slice_str(pub), &id, &e), ERR_INPUT, "no age identity");
	FAILS(age_recipient_parse(slice_str(secret), &to, &e), ERR_INPUT, "no age recipient");
}

/* ---- whole files ---- */

static void every_size(void **state)
{
	struct err e;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct buf file, plain;
		seal(&file, sizes[i]);
		buf_init(&plain, 1 << 24);
		OK(age_open(&me, 1, buf_slice(&file), &plain, &e));
		assert_true(slice_eq(buf_slice(&plain), slice_of(text, sizes[i])));
		size_t chunks = sizes[i] ? (sizes[i] + AGE_CHUNK - 1) / AGE_CHUNK : 1;
		assert_int_equal(file.n, 168 + 16 + sizes[i] + 16 * chunks); /* the header with one recipient is 168 bytes */
		buf_done(&file);
		buf_done(&plain);
	}
}

static void many_recipients(void **state)
{
	struct err e;
	struct age_identity ids[668 + 1];
	struct age_recipient to[668 + 1];
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		age_identity_new(&ids[i]);
		to[i] = ids[i].to;
	}
	struct buf file, plain;
	buf_init(&file, 1 << 24);
	buf_init(&plain, 1 << 24);
	OK(age_seal(to, 20, SLICE("for twenty"), &file, &e));
	for (size_t i = 0; i < 20; i++) {
		buf_reset(&plain);
		OK(age_open(&ids[i], 1, buf_slice(&file), &plain, &e));
		assert_true(slice_eq_str(buf_slice(&plain), "for twenty"));
	}
	FAILS(age_open(&ids[20], 1, buf_slice(&file), &plain, &e), ERR_CRYPTO, "no key opens this");
	OK(age_open(ids + 19, 3, buf_slice(&file), &plain, &e)); /* one of several fits */
	FAILS(age_open(NULL, 0, buf_slice(&file), &plain, &e), ERR_CRYPTO, "no key opens this");
	/* the stated maximum, and one more */
	buf_reset(&file);
	buf_reset(&plain);
	OK(age_seal(to, 667, SLICE("many"), &file, &e));
	OK(age_open(&ids[666], 1, buf_slice(&file), &plain, &e));
	size_t before = file.n;
	FAILS(age_seal(to, 669, SLICE("too many"), &file, &e), ERR_LIMIT, "recipients");
	assert_int_equal(file.n, before);
	FAILS(age_seal(to, 0, SLICE("none"), &file, &e), ERR_USAGE, "recipient");
	struct age_recipient zero = {.pub = {0}};
	FAILS(age_seal(&zero, 1, SLICE("to nobody, so to everybody"), &file, &e), ERR_INPUT, "usable");
	buf_done(&file);
	buf_done(&plain);
}

static void passphrase(void **state)
{
	struct err e;
	struct buf file, plain;
	buf_init(&file, 1 << 20);
	buf_init(&plain, 1 << 20);
	OK(age_seal_scrypt(SLICE("ward 7 north"), 10, SLICE("a packet"), &file, &e));
	OK(age_open_scrypt(SLICE("ward 7 north"), 10, buf_slice(&file), &plain, &e));
	assert_true(slice_eq_str(buf_slice(&plain), "a packet"));
	FAILS(age_open_scrypt(SLICE("ward 7 north"), 9, buf_slice(&file), &plain, &e), ERR_LIMIT, "work factor");
	FAILS(age_open_scrypt(SLICE("ward 7 north"), -1, buf_slice(&file), &plain, &e), ERR_LIMIT, "work factor");
	FAILS(age_open_scrypt(SLICE("ward 7 south"), 20, buf_slice(&file), &plain, &e), ERR_CRYPTO, "passphrase does not open");
	FAILS(age_open_scrypt(SLICE_NULL, 20, buf_slice(&file), &plain, &e), ERR_CRYPTO, "passphrase does not open");
	FAILS(age_open(&me, 1, buf_slice(&file), &plain, &e), ERR_CRYPTO, "sealed with a passphrase");
	FAILS(age_seal_scrypt(SLICE("x"), 9, SLICE("y"), &file, &e), ERR_USAGE, "10 to 22");
	FAILS(age_seal_scrypt(SLICE("x"), 23, SLICE("y"), &file, &e), ERR_USAGE, "10 to 22");
	FAILS(age_seal_scrypt(SLICE_NULL, 10, SLICE("y"), &file, &e), ERR_USAGE, "empty passphrase");
	buf_reset(&file);
	OK(age_seal(&me.to, 1, SLICE("to a key"), &file, &e));
	FAILS(age_open_scrypt(SLICE("x"), 20, buf_slice(&file), &plain, &e), ERR_CRYPTO, "sealed to keys");
	buf_done(&file);
	buf_done(&plain);
}

/* Too small a place for the result is an error, and leaves what stood there. */
static void limits(void **state)
{
	struct err e;
	struct buf file, small;
	seal(&file, 70000);
	buf_init(&small, 69999);
	FAILS(age_open(&me, 1, buf_slice(&file), &small, &e), ERR_LIMIT, "does not fit");
	assert_int_equal(small.n, 0);
	buf_done(&small);
	buf_init(&small, 70000);
	OK(age_open(&me, 1, buf_slice(&file), &small, &e));
	buf_done(&small);
	buf_init(&small, 200);
	buf_str(&small, "before");
	FAILS(age_seal(&me.to, 1, slice_of(text, 1000), &small, &e), ERR_LIMIT, "does not fit");
	assert_int_equal(small.n, 6);
	buf_done(&small);
	buf_done(&file);
}

/* ---- the stream writer ---- */

struct sink {
	struct buf b;
	int calls, fail_at; /* the call that fails; 0: none */
};

static int sink(void *arg, struct slice piece, struct err *e)
{
	struct sink *s = arg;
	if (++s->calls == s->fail_at)
		return err_set(e, ERR_FULL, "disk", "full");
	buf_add_slice(&s->b, piece);
	return 0;
}

static void any_pieces(void **state)
{
	struct err e;
	uint64_t seed = 7;
	for (int round = 0; round < 200; round++) {
		size_t n = round < (int)ARRAY_LEN(sizes) ? sizes[round] : rnd(&seed) % (BIG + 1), at = 0;
		struct sink s = {.calls = 0};
		struct age_writer *w = NULL;
		struct buf plain;
		buf_init(&s.b, 1 << 24);
		buf_init(&plain, 1 << 24);
		OK(age_writer_new(&me.to, 1, sink, &s, &w, &e));
		while (at < n) {
			size_t piece = rnd(&seed) % (rnd(&seed) % 3 == 0 ? 200000 : 70000);
			if (piece > n - at)
				piece = n - at;
			OK(age_write(w, slice_of(text + at, piece), &e));
			at += piece;
		}
		OK(age_writer_end(w, &e));
		age_writer_free(w);
		OK(age_open(&me, 1, buf_slice(&s.b), &plain, &e));
		assert_true(slice_eq(buf_slice(&plain), slice_of(text, n)));
		buf_done(&s.b);
		buf_done(&plain);
	}
	age_writer_free(NULL);
}

/* The sink fails at each of its calls: the error comes up, and stays. */
static void sink_fails(void **state)
{
	for (int at = 1; at <= 5; at++) { /* header, three chunks in the middle, the last one */
		struct err e;
		struct sink s = {.fail_at = at};
		struct age_writer *w = NULL;
		buf_init(&s.b, 1 << 24);
		if (at == 1) {
			FAILS(age_writer_new(&me.to, 1, sink, &s, &w, &e), ERR_FULL, "full");
			assert_null(w);
		} else {
			OK(age_writer_new(&me.to, 1, sink, &s, &w, &e));
			if (at < 5) {
				FAILS(age_write(w, slice_of(text, 4 * AGE_CHUNK), &e), ERR_FULL, "full");
				FAILS(age_write(w, slice_of(text, 1), &e), ERR_SYSTEM, "earlier");
			} else {
				OK(age_write(w, slice_of(text, 4 * AGE_CHUNK), &e));
				FAILS(age_writer_end(w, &e), ERR_FULL, "full");
			}
			FAILS(age_writer_end(w, &e), ERR_SYSTEM, "earlier");
		}
		assert_int_equal(s.calls, at); /* nothing after the failure */
		age_writer_free(w);
		buf_done(&s.b);
	}
}

/* The same plaintext twice has nothing in common but its form. */
static void fresh_keys(void **state)
{
	struct buf a, b;
	seal(&a, 1000);
	seal(&b, 1000);
	assert_int_equal(a.n, b.n);
	size_t same = 0;
	for (size_t i = 168; i < a.n; i++)
		same += a.p[i] == b.p[i];
	assert_true(same < 40); /* 1032 bytes: four on average */
	buf_done(&a);
	buf_done(&b);
}

/* ---- the reader ---- */

struct source {
	struct slice file;
	size_t most;  /* bytes given at a time; 0: all */
	int calls, fail_at;
	uint64_t bytes;
	bool short_file; /* the file shrank since */
};

static ssize_t source(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	struct source *s = arg;
	if (++s->calls == s->fail_at)
		return err_set(e, ERR_SYSTEM, "disk", "broken");
	if (offset >= s->file.n)
		return 0;
	size_t left = s->file.n - (size_t)offset, take = n < left ? n : left;
	if (s->most && take > s->most)
		take = s->most;
	memcpy(out, s->file.p + offset, take);
	s->bytes += take;
	return (ssize_t)take;
}

static void random_access(void **state)
{
	struct err e;
	uint64_t seed = 11;
	static uint8_t out[BIG];
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct buf file;
		struct age_reader *r = NULL;
		seal(&file, sizes[i]);
		struct source s = {.file = buf_slice(&file), .most = i % 2 ? 1000 : 0};
		OK(age_reader_new(source, &s, file.n, &me, 1, &r, &e));
		assert_int_equal(age_reader_size(r), sizes[i]);
		for (int round = 0; round < 150; round++) {
			uint64_t from = rnd(&seed) % (sizes[i] + 1);
			size_t n = rnd(&seed) % (sizes[i] - from + 1);
			if (round % 3 == 0) { /* around the borders of chunks */
				from = rnd(&seed) % 6 * AGE_CHUNK;
				from = from > sizes[i] ? sizes[i] : from;
				n = rnd(&seed) % 3 * AGE_CHUNK;
				n = n > sizes[i] - from ? sizes[i] - from : n;
			}
			OK(age_read(r, out, n, from, &e));
			assert_memory_equal(out, text + from, n);
		}
		FAILS(age_read(r, out, 1, sizes[i], &e), ERR_INPUT, "past the end");
		FAILS(age_read(r, out, sizes[i] + 1, 0, &e), ERR_INPUT, "past the end");
		FAILS(age_read(r, out, 1, UINT64_MAX, &e), ERR_INPUT, "past the end");
		FAILS(age_read(r, out, SIZE_MAX, 1, &e), ERR_INPUT, "past the end");
		OK(age_read(r, out, 0, sizes[i], &e));
		OK(age_reader_check_end(r, &e));
		age_reader_free(r);
		buf_done(&file);
	}
	age_reader_free(NULL);
}

/* Small reads in order fetch and decrypt each chunk once. */
static void sequential(void **state)
{
	struct err e;
	struct buf file;
	struct age_reader *r = NULL;
	uint8_t out[100];
	seal(&file, BIG);
	struct source s = {.file = buf_slice(&file)};
	OK(age_reader_new(source, &s, file.n, &me, 1, &r, &e));
	uint64_t header = s.bytes;
	for (size_t at = 0; at + 100 <= BIG; at += 100)
		OK(age_read(r, out, 100, at, &e));
	assert_int_equal(s.bytes - header, file.n - 168 - 16);
	age_reader_free(r);
	buf_done(&file);
}

/* The source fails, or ends, at each of its calls. */
static void source_fails(void **state)
{
	struct err e;
	struct buf file;
	static uint8_t out[BIG];
	seal(&file, BIG);
	int calls = 0;
	for (int at = 1; at == 1 || at <= calls; at++) {
		struct age_reader *r = NULL;
		struct source s = {.file = buf_slice(&file), .fail_at = at};
		int x = age_reader_new(source, &s, file.n, &me, 1, &r, &e);
		if (x == 0) {
			memset(out, 1, sizeof(out));
			x = age_read(r, out, BIG, 0, &e);
			for (size_t i = 0; i < BIG; i++)
				assert_int_equal(out[i], 0); /* not even what verified, when the whole did not come */
		}
		fails_(x, ERR_SYSTEM, &e, "broken", __FILE__, __LINE__);
		age_reader_free(r);
		if (at == 1) {
			r = NULL;
			s = (struct source){.file = buf_slice(&file)};
			OK(age_reader_new(source, &s, file.n, &me, 1, &r, &e));
			OK(age_read(r, out, BIG, 0, &e));
			calls = s.calls;
			assert_true(calls >= 8);
			s.file.n -= 70000; /* now it is shorter than it was */
			FAILS(age_read(r, out, BIG, 0, &e), ERR_CORRUPT, "shorter");
			age_reader_free(r);
		}
	}
	buf_done(&file);
}

/* After a failure the reader goes on: the next good chunk is good. */
static void damaged_chunk_alone(void **state)
{
	struct err e;
	struct buf file;
	struct age_reader *r = NULL;
	static uint8_t out[AGE_CHUNK];
	seal(&file, BIG);
	size_t at = 168 + 16 + 65552 * 2 + 77;
	file.p[at] ^= 0x10;
	struct source s = {.file = buf_slice(&file)};
	OK(age_reader_new(source, &s, file.n, &me, 1, &r, &e));
	for (uint64_t c = 0; c < 6; c++) {
		size_t n = c < 5 ? AGE_CHUNK : 1234;
		if (c == 2) {
			FAILS(age_read(r, out, n, c * AGE_CHUNK, &e), ERR_CRYPTO, "does not verify");
			assert_string_equal(e.place, "131288"); /* where the chunk begins in the file */
			/* what was kept of another chunk is not mixed up with what failed */
			OK(age_read(r, out, 10, AGE_CHUNK + 7, &e));
			FAILS(age_read(r, out + 10, 1, c * AGE_CHUNK + 5, &e), ERR_CRYPTO, "does not verify");
			OK(age_read(r, out, 10, AGE_CHUNK + 7, &e));
			assert_memory_equal(out, text + AGE_CHUNK + 7, 10);
		} else {
			OK(age_read(r, out, n, c * AGE_CHUNK, &e));
			assert_memory_equal(out, text + c * AGE_CHUNK, n);
		}
	}
	age_reader_free(r);
	buf_done(&file);
}

/* ---- damage ---- */

static void refuse(struct slice file)
{
	struct err e = {.code = 0};
	struct buf plain;
	buf_init(&plain, 1 << 24);
	int r = age_open(&me, 1, file, &plain, &e);
	if (r == 0)
		fail_msg("a damaged file of %zu bytes was opened", file.n);
	assert_true(r == ERR_CRYPTO || r == ERR_INPUT);
	assert_int_equal(e.code, r);
	assert_true(strlen(e.text) > 10);
	assert_int_equal(plain.n, 0);
	buf_done(&plain);
}

/* Each bit of the header and the nonce, one by one. */
static void every_header_bit(void **state)
{
	struct buf file;
	seal(&file, 100);
	for (size_t i = 0; i < 8 * (168 + 16); i++) {
		file.p[i / 8] ^= (uint8_t)(1u << i % 8);
		refuse(buf_slice(&file));
		file.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	buf_done(&file);
}

/* Each bit of a small payload; of a large one, bits all over each chunk and each bit of its tag. */
static void every_payload_bit(void **state)
{
	struct buf file;
	uint64_t seed = 5;
	seal(&file, 100);
	for (size_t i = 8 * 184; i < 8 * file.n; i++) {
		file.p[i / 8] ^= (uint8_t)(1u << i % 8);
		refuse(buf_slice(&file));
		file.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	buf_done(&file);
	seal(&file, 2 * AGE_CHUNK + 300);
	for (size_t c = 0; c < 3; c++) {
		size_t from = 184 + c * 65552, n = c < 2 ? 65552 : 316;
		for (size_t i = 0; i < 8 * 16 + 200; i++) {
			size_t bit = i < 8 * 16 ? 8 * (from + n - 16) + i : 8 * from + rnd(&seed) % (8 * (n - 16));
			file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
			refuse(buf_slice(&file));
			file.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	buf_done(&file);
}

/* Cut at every byte around each border of a chunk, and at every byte of a small file. */
static void truncation(void **state)
{
	struct buf file;
	seal(&file, 300);
	for (size_t n = 0; n < file.n; n++)
		refuse(slice_of(file.p, n));
	buf_done(&file);
	for (size_t size = 3 * AGE_CHUNK; size <= 3 * AGE_CHUNK + 300; size += 300) {
		seal(&file, size);
		for (size_t c = 0; c <= 3; c++)
			for (size_t d = 0; d < 40; d++) {
				size_t n = 184 + c * 65552 - 20 + d;
				if (n < file.n)
					refuse(slice_of(file.p, n));
			}
		buf_done(&file);
	}
}

/* A reader that only looks at the beginning cannot know; age_reader_check_end does, without reading the rest. */
static void truncation_seen_at_the_end(void **state)
{
	struct err e;
	struct buf file;
	struct age_reader *r = NULL;
	static uint8_t out[AGE_CHUNK];
	seal(&file, BIG);
	struct source s = {.file = slice_of(file.p, 184 + 3 * 65552)};
	OK(age_reader_new(source, &s, s.file.n, &me, 1, &r, &e));
	assert_int_equal(age_reader_size(r), 3 * AGE_CHUNK);
	OK(age_read(r, out, AGE_CHUNK, AGE_CHUNK, &e)); /* what is there can be saved */
	s.bytes = 0;
	FAILS(age_reader_check_end(r, &e), ERR_CRYPTO, "does not verify");
	assert_int_equal(s.bytes, 65552);
	FAILS(age_read(r, out, 1, 3 * AGE_CHUNK - 1, &e), ERR_CRYPTO, "does not verify");
	age_reader_free(r);
	buf_done(&file);
}

/* Chunks exchanged, doubled, left out; bytes put on. */
static void rearranged(void **state)
{
	struct buf file, b;
	seal(&file, 4 * AGE_CHUNK);
	uint8_t *c = file.p + 184;
	buf_init(&b, 1 << 24);
	static const int orders[][6] = {{1, 0, 2, 3, -1}, {0, 2, 3, -1}, {0, 1, 1, 2, 3, -1}, {0, 1, 2, 3, 3, -1}, {3, -1}, {0, 1, 2, -1}, {1, 2, 3, -1}};
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		buf_reset(&b);
		buf_add(&b, file.p, 184);
		for (size_t k = 0; orders[i][k] >= 0; k++)
			buf_add(&b, c + (size_t)orders[i][k] * 65552, 65552);
		refuse(buf_slice(&b));
	}
	for (size_t more = 1; more < 40; more++) {
		buf_reset(&b);
		buf_add_slice(&b, buf_slice(&file));
		buf_add(&b, text, more);
		refuse(buf_slice(&b));
	}
	buf_done(&file);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_vectors),
		cmocka_unit_test(key_typing),
		cmocka_unit_test(every_size),
		cmocka_unit_test(many_recipients),
		cmocka_unit_test(passphrase),
		cmocka_unit_test(limits),
		cmocka_unit_test(any_pieces),
		cmocka_unit_test(sink_fails),
		cmocka_unit_test(fresh_keys),
		cmocka_unit_test(random_access),
		cmocka_unit_test(sequential),
		cmocka_unit_test(source_fails),
		cmocka_unit_test(damaged_chunk_alone),
		cmocka_unit_test(every_header_bit),
		cmocka_unit_test(every_payload_bit),
		cmocka_unit_test(truncation),
		cmocka_unit_test(truncation_seen_at_the_end),
		cmocka_unit_test(rearranged),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
