/* age v1, writing. The payload (C2SP age.md, "Payload"): a 16-byte nonce, then chunks of 65,536 bytes under ChaCha20-Poly1305, each with its 16-byte tag; the
 * chunk's nonce is its number in 11 bytes big-endian and one byte that is 1 for the last chunk. The last chunk is empty only if the whole is. So a full chunk
 * is kept back until it is known whether anything follows it.
 */
#include <sodium.h>

#include "seal_internal.h"

enum state { OPEN, ENDED, FAILED };

struct age_writer {
	age_sink *sink;
	void *arg;
	struct chacha *c;
	uint64_t chunk;
	size_t n; /* bytes kept back in plain */
	enum state state;
	uint8_t plain[AGE_CHUNK];
	uint8_t sealed[AGE_CHUNK + CHACHA_TAG];
};

/* ---- the header ---- */

static int seal_file_key(const uint8_t wrap_key[32], const uint8_t file_key[AGE_FILE_KEY], uint8_t body[32], struct err *e)
{
	static const uint8_t zero_nonce[12]; /* each wrap key is used once */
	struct chacha *c = chacha_new(wrap_key, true);
	int r = c ? chacha_seal(c, zero_nonce, slice_of(file_key, AGE_FILE_KEY), body) : ERR_MEMORY;
	chacha_free(c);
	return r < 0 ? err_set(e, r, NULL, "a file key cannot be sealed") : 0;
}

static int put_x25519(struct buf *h, const struct age_recipient *to, const uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	uint8_t eph[32], share[32], shared[32], key[32], body[32];
	seal_random(eph, sizeof(eph));
	(void)crypto_scalarmult_curve25519_base(share, eph);
	int r = 0;
	if (crypto_scalarmult_curve25519(shared, eph, to->pub) != 0) /* a point of small order: anyone could open it */
		r = err_set(e, ERR_INPUT, NULL, "an age recipient is not a usable public key");
	if (r == 0)
		r = age_wrap_key(shared, share, to->pub, key, e);
	if (r == 0)
		r = seal_file_key(key, file_key, body, e);
	if (r == 0) {
		buf_str(h, "-> X25519 ");
		age_b64_put(h, slice_of(share, sizeof(share)));
		buf_str(h, "\n");
		age_b64_put(h, slice_of(body, sizeof(body))); /* 43 characters: one short line */
		buf_str(h, "\n");
	}
	seal_wipe(eph, sizeof(eph));
	seal_wipe(shared, sizeof(shared));
	seal_wipe(key, sizeof(key));
	return r;
}

static int put_scrypt(struct buf *h, struct slice passphrase, int log_n, const uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	uint8_t salt[16], key[32], body[32];
	seal_random(salt, sizeof(salt));
	int r = age_scrypt_key(passphrase, salt, log_n, key, e);
	if (r == 0)
		r = seal_file_key(key, file_key, body, e);
	if (r == 0) {
		buf_str(h, "-> scrypt ");
		age_b64_put(h, slice_of(salt, sizeof(salt)));
		buf_printf(h, " %d\n", log_n);
		age_b64_put(h, slice_of(body, sizeof(body)));
		buf_str(h, "\n");
	}
	seal_wipe(key, sizeof(key));
	return r;
}

struct addressee { /* recipients or a passphrase */
	const struct age_recipient *to;
	size_t to_n;
	struct slice passphrase;
	int log_n;
};

static int put_header(struct buf *h, const struct addressee *a, const uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	uint8_t mac[SEAL_HASH];
	int r = 0;
	buf_str(h, "age-encryption.org/v1\n");
	for (size_t i = 0; r == 0 && i < a->to_n; i++)
		r = put_x25519(h, &a->to[i], file_key, e);
	if (r == 0 && a->to_n == 0)
		r = put_scrypt(h, a->passphrase, a->log_n, file_key, e);
	buf_str(h, "---");
	if (r == 0)
		r = seal_room(h, "the header of an age file (its recipients)", e);
	if (r == 0)
		r = age_header_mac(file_key, buf_slice(h), mac, e);
	if (r == 0) {
		buf_str(h, " ");
		age_b64_put(h, slice_of(mac, sizeof(mac)));
		buf_str(h, "\n");
	}
	return r;
}

/* ---- the stream ---- */

static int emit(struct age_writer *w, struct slice piece, struct err *e)
{
	int r = w->sink(w->arg, piece, e);
	if (r < 0)
		w->state = FAILED;
	return r < 0 ? r : 0;
}

static int start(struct age_writer *w, const struct addressee *a, struct err *e)
{
	uint8_t file_key[AGE_FILE_KEY], nonce[AGE_NONCE], key[32];
	AUTO_BUF struct buf h = {0};
	buf_init(&h, AGE_HEADER_MAX);
	seal_random(file_key, sizeof(file_key));
	seal_random(nonce, sizeof(nonce));
	int r = put_header(&h, a, file_key, e);
	buf_add(&h, nonce, sizeof(nonce));
	if (r == 0)
		r = seal_room(&h, "the header of an age file (its recipients)", e);
	if (r == 0)
		r = age_payload_key(file_key, nonce, key, e);
	if (r == 0 && !(w->c = chacha_new(key, true)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory for an age file");
	if (r == 0)
		r = emit(w, buf_slice(&h), e);
	seal_wipe(file_key, sizeof(file_key));
	seal_wipe(key, sizeof(key));
	return r;
}

static int writer_new(const struct addressee *a, age_sink *sink, void *arg, struct age_writer **ret, struct err *e)
{
	(void)seal_algs();
	struct age_writer *w = malloc(sizeof(*w)); /* not calloc: 128 KiB that are written before they are read */
	if (!w)
		return err_set(e, ERR_MEMORY, NULL, "no memory for an age file");
	w->sink = sink;
	w->arg = arg;
	w->c = NULL;
	w->chunk = 0;
	w->n = 0;
	w->state = OPEN;
	int r = start(w, a, e);
	if (r < 0) {
		age_writer_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

int age_writer_new(const struct age_recipient *to, size_t n, age_sink *sink, void *arg, struct age_writer **ret, struct err *e)
{
	if (n == 0)
		return err_set(e, ERR_USAGE, NULL, "an age file needs a recipient");
	struct addressee a = {.to = to, .to_n = n};
	return writer_new(&a, sink, arg, ret, e);
}

int age_writer_new_scrypt(struct slice passphrase, int log_n, age_sink *sink, void *arg, struct age_writer **ret, struct err *e)
{
	if (log_n < 10 || log_n > 22)
		return err_set(e, ERR_USAGE, NULL, "a scrypt work factor is 10 to 22, not %d", log_n);
	if (passphrase.n == 0)
		return err_set(e, ERR_USAGE, NULL, "an empty passphrase protects nothing");
	struct addressee a = {.passphrase = passphrase, .log_n = log_n};
	return writer_new(&a, sink, arg, ret, e);
}

static int put_chunk(struct age_writer *w, struct slice plain, bool last, struct err *e)
{
	uint8_t nonce[12];
	age_chunk_nonce(w->chunk++, last, nonce);
	if (chacha_seal(w->c, nonce, plain, w->sealed) < 0) {
		w->state = FAILED;
		return err_set(e, ERR_SYSTEM, NULL, "ChaCha20-Poly1305 failed inside OpenSSL");
	}
	return emit(w, slice_of(w->sealed, plain.n + CHACHA_TAG), e);
}

int age_write(struct age_writer *w, struct slice s, struct err *e)
{
	if (w->state == FAILED)
		return err_set(e, ERR_SYSTEM, NULL, "this age file failed at an earlier write");
	assert(w->state == OPEN); /* writing after the end is our own bug */
	while (s.n) {
		int r = 0;
		if (w->n == AGE_CHUNK) { /* more follows: what was kept back is not the last */
			r = put_chunk(w, slice_of(w->plain, AGE_CHUNK), false, e);
			w->n = 0;
		}
		if (r == 0 && w->n == 0 && s.n > AGE_CHUNK) { /* whole chunks need no copy */
			r = put_chunk(w, slice_of(s.p, AGE_CHUNK), false, e);
			s = slice_of(s.p + AGE_CHUNK, s.n - AGE_CHUNK);
		} else if (r == 0) {
			size_t take = s.n < AGE_CHUNK - w->n ? s.n : AGE_CHUNK - w->n;
			memcpy(w->plain + w->n, s.p, take);
			w->n += take;
			s = slice_of(s.p + take, s.n - take);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int age_writer_end(struct age_writer *w, struct err *e)
{
	if (w->state == FAILED)
		return err_set(e, ERR_SYSTEM, NULL, "this age file failed at an earlier write");
	assert(w->state == OPEN);
	int r = put_chunk(w, slice_of(w->plain, w->n), true, e);
	if (r == 0)
		w->state = ENDED;
	return r;
}

void age_writer_free(struct age_writer *w)
{
	if (!w)
		return;
	chacha_free(w->c);
	seal_wipe(w->plain, w->n);
	free(w);
}

/* ---- small whole files ---- */

static int to_buf(void *arg, struct slice piece, struct err *e)
{
	struct buf *b = arg;
	buf_add_slice(b, piece);
	return seal_room(b, "a sealed file", e);
}

static int finish(struct age_writer *w, int r, struct slice plain, struct err *e)
{
	if (w)
		r = age_write(w, plain, e);
	if (w && r == 0)
		r = age_writer_end(w, e);
	age_writer_free(w);
	return r;
}

int age_seal(const struct age_recipient *to, size_t n, struct slice plain, struct buf *ret, struct err *e)
{
	struct age_writer *w = NULL;
	size_t before = ret->n;
	int r = age_writer_new(to, n, to_buf, ret, &w, e);
	r = finish(w, r, plain, e);
	if (r < 0)
		ret->n = before;
	return r;
}

int age_seal_scrypt(struct slice passphrase, int log_n, struct slice plain, struct buf *ret, struct err *e)
{
	struct age_writer *w = NULL;
	size_t before = ret->n;
	int r = age_writer_new_scrypt(passphrase, log_n, to_buf, ret, &w, e);
	r = finish(w, r, plain, e);
	if (r < 0)
		ret->n = before;
	return r;
}
