/* age v1, reading with random access (C2SP age.md, "Payload"; the layout is in age_write.c).
 *
 * The number of chunks and the plaintext's size follow from the file's size, so nothing but the header and the nonce is read at first. A file that was
 * shortened therefore shows when its last chunk is read: that one was sealed as "not the last", or at another place. age_reader_check_end does only that.
 */
#include <sodium.h>

#include "seal_internal.h"

#define SEALED_CHUNK (AGE_CHUNK + CHACHA_TAG)
#define NO_CHUNK UINT64_MAX

struct age_reader {
	age_source *read;
	void *arg;
	struct chacha *c;
	uint64_t payload; /* file offset of the first chunk */
	uint64_t size;    /* of the plaintext */
	uint64_t chunks;  /* at least one */
	uint64_t held;    /* number of the chunk in plain, or NO_CHUNK */
	uint8_t plain[AGE_CHUNK];
	uint8_t sealed[SEALED_CHUNK];
};

static int place(struct err *e, int code, uint64_t offset, const char *text)
{
	char at[32];
	(void)snprintf(at, sizeof(at), "%llu", (unsigned long long)offset);
	return err_set(e, code, at, "%s", text);
}

/* The whole of [offset, offset + n): sources may give less at a time. */
static int fetch(age_source *read, void *arg, uint8_t *out, size_t n, uint64_t offset, struct err *e)
{
	while (n) {
		ssize_t got = read(arg, out, n, offset, e);
		if (got < 0)
			return (int)got;
		if (got == 0)
			return place(e, ERR_CORRUPT, offset, "the age file is shorter than it was when it was opened");
		assert((size_t)got <= n);
		out += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* ---- the header: from stanzas to the file key ---- */

static int open_file_key(const uint8_t key[32], const uint8_t body[32], uint8_t file_key[AGE_FILE_KEY])
{
	static const uint8_t zero_nonce[12];
	struct chacha *c = chacha_new(key, false);
	int r = c ? chacha_open(c, zero_nonce, slice_of(body, 32), file_key) : ERR_MEMORY;
	chacha_free(c);
	return r;
}

static int unwrap_x25519(const struct age_wrap *w, const struct age_identity *id, uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	uint8_t shared[32], key[32];
	if (crypto_scalarmult_curve25519(shared, id->secret, w->share) != 0) /* all zero: age.md says abort, not skip */
		return err_set(e, ERR_INPUT, NULL, "the age header is damaged: an X25519 share is of small order");
	int r = age_wrap_key(shared, w->share, id->to.pub, key, e);
	if (r == 0)
		r = open_file_key(key, w->body, file_key);
	seal_wipe(shared, sizeof(shared));
	seal_wipe(key, sizeof(key));
	return r;
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for an age file");
}

static int unwrap_any(const struct age_header *h, const struct age_identity *ids, size_t n, uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	for (size_t at = 0; at + sizeof(struct age_wrap) <= h->wraps.n; at += sizeof(struct age_wrap)) {
		struct age_wrap w;
		memcpy(&w, h->wraps.p + at, sizeof(w));
		for (size_t i = 0; i < n; i++) {
			int r = unwrap_x25519(&w, &ids[i], file_key, e);
			if (r != ERR_CRYPTO)
				return r == ERR_MEMORY ? no_memory(e) : r;
		}
	}
	return err_set(e, ERR_CRYPTO, NULL, h->scrypt ? "no key opens this: it is sealed with a passphrase" : "no key opens this");
}

static int unwrap_passphrase(const struct age_header *h, struct slice passphrase, int max_log_n, uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	uint8_t key[32];
	if (!h->scrypt)
		return err_set(e, ERR_CRYPTO, NULL, "no passphrase opens this: it is sealed to keys");
	if (max_log_n > 30)
		max_log_n = 30;
	if (max_log_n < 1 || h->log_n > (uint64_t)max_log_n)
		return err_set(e, ERR_LIMIT, NULL, "this age file asks for a scrypt work factor of %llu; the limit here is %d", (unsigned long long)h->log_n, max_log_n);
	int r = age_scrypt_key(passphrase, h->salt, (int)h->log_n, key, e);
	if (r == 0) {
		r = open_file_key(key, h->scrypt_body, file_key);
		if (r == ERR_CRYPTO)
			r = err_set(e, ERR_CRYPTO, NULL, "the passphrase does not open this");
		else if (r < 0)
			r = no_memory(e);
	}
	seal_wipe(key, sizeof(key));
	return r;
}

struct opener { /* identities or a passphrase */
	const struct age_identity *ids;
	size_t ids_n;
	bool by_passphrase;
	struct slice passphrase;
	int max_log_n;
};

static int check_mac(const struct age_header *h, struct slice text, const uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	uint8_t mac[SEAL_HASH];
	int r = age_header_mac(file_key, slice_of(text.p, h->signed_n), mac, e);
	if (r == 0 && !seal_equal(mac, h->mac, sizeof(mac)))
		r = err_set(e, ERR_CRYPTO, "0", "the age header is damaged");
	return r;
}

static int open_header(const struct age_header *h, struct slice text, const struct opener *o, uint8_t file_key[AGE_FILE_KEY], struct err *e)
{
	int r = o->by_passphrase ? unwrap_passphrase(h, o->passphrase, o->max_log_n, file_key, e) : unwrap_any(h, o->ids, o->ids_n, file_key, e);
	return r == 0 ? check_mac(h, text, file_key, e) : r;
}

/* Most headers are a few hundred bytes: 4 KiB first, doubled while the header goes on. */
static int read_header(age_source *read, void *arg, uint64_t size, struct buf *text, struct age_header *h, struct err *e)
{
	size_t want = 4096;
	for (;;) {
		bool more = false;
		size_t n = size < want ? (size_t)size : want;
		uint8_t *at = buf_space(text, n - text->n);
		if (!at)
			return seal_room(text, "an age header", e);
		int r = fetch(read, arg, at, n - text->n, text->n, e);
		if (r < 0)
			return r;
		buf_commit(text, n - text->n);
		r = age_header_parse(buf_slice(text), h, &more, e);
		if (r == 0 || !more || n == size)
			return r;
		age_header_done(h);
		if (want >= AGE_HEADER_MAX)
			return err_set(e, ERR_LIMIT, NULL, "the age header is longer than %d bytes", AGE_HEADER_MAX);
		want *= 2;
	}
}

/* ---- the payload ---- */

/* How many chunks stand in n bytes, and how much plaintext? The last one is 1..65536 bytes and a tag; 0 only if it is the only one. */
static int count_chunks(struct age_reader *r, uint64_t n, uint64_t size, struct err *e)
{
	uint64_t chunks = n / SEALED_CHUNK + (n % SEALED_CHUNK != 0), last = n % SEALED_CHUNK;
	if (n < CHACHA_TAG || (last != 0 && last < CHACHA_TAG))
		return place(e, ERR_CRYPTO, size, "damaged: the age file is cut short");
	if (chunks > 1 && last == CHACHA_TAG)
		return place(e, ERR_CRYPTO, size - CHACHA_TAG, "damaged: the age file ends with an empty chunk");
	r->chunks = chunks;
	r->size = n - chunks * CHACHA_TAG;
	return 0;
}

static int start(struct age_reader *r, uint64_t size, const struct opener *o, struct err *e)
{
	uint8_t file_key[AGE_FILE_KEY], nonce[AGE_NONCE], key[32];
	struct age_header h = {.stanzas = 0};
	AUTO_BUF struct buf text = {0};
	buf_init(&text, AGE_HEADER_MAX);
	int err = read_header(r->read, r->arg, size, &text, &h, e);
	if (err == 0)
		err = open_header(&h, buf_slice(&text), o, file_key, e);
	if (err == 0 && size - h.n < AGE_NONCE)
		err = place(e, ERR_CRYPTO, size, "damaged: the age file is cut short");
	if (err == 0)
		err = fetch(r->read, r->arg, nonce, sizeof(nonce), h.n, e);
	if (err == 0)
		err = count_chunks(r, size - h.n - AGE_NONCE, size, e);
	if (err == 0)
		err = age_payload_key(file_key, nonce, key, e);
	if (err == 0 && !(r->c = chacha_new(key, false)))
		err = no_memory(e);
	r->payload = h.n + AGE_NONCE;
	age_header_done(&h);
	seal_wipe(file_key, sizeof(file_key));
	seal_wipe(key, sizeof(key));
	return err;
}

static int reader_new(age_source *read, void *arg, uint64_t size, const struct opener *o, struct age_reader **ret, struct err *e)
{
	(void)seal_algs();
	struct age_reader *r = malloc(sizeof(*r)); /* not calloc: 128 KiB that are written before they are read */
	if (!r)
		return no_memory(e);
	r->read = read;
	r->arg = arg;
	r->c = NULL;
	r->payload = r->size = 0;
	r->chunks = 1;
	r->held = NO_CHUNK;
	int err = start(r, size, o, e);
	if (err < 0) {
		age_reader_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

int age_reader_new(age_source *read, void *arg, uint64_t size, const struct age_identity *ids, size_t n, struct age_reader **ret, struct err *e)
{
	struct opener o = {.ids = ids, .ids_n = n};
	return reader_new(read, arg, size, &o, ret, e);
}

int age_reader_new_scrypt(age_source *read, void *arg, uint64_t size, struct slice passphrase, int max_log_n, struct age_reader **ret, struct err *e)
{
	struct opener o = {.by_passphrase = true, .passphrase = passphrase, .max_log_n = max_log_n};
	return reader_new(read, arg, size, &o, ret, e);
}

uint64_t age_reader_size(const struct age_reader *r)
{
	return r->size;
}

static size_t chunk_size(const struct age_reader *r, uint64_t chunk)
{
	return chunk + 1 < r->chunks ? AGE_CHUNK : (size_t)(r->size - chunk * AGE_CHUNK);
}

/* Chunk i, verified, into out (chunk_size bytes; wiped when it does not verify). */
static int open_chunk(struct age_reader *r, uint64_t i, uint8_t *out, struct err *e)
{
	uint8_t nonce[12];
	size_t n = chunk_size(r, i) + CHACHA_TAG;
	uint64_t at = r->payload + i * SEALED_CHUNK;
	int err = fetch(r->read, r->arg, r->sealed, n, at, e);
	if (err < 0)
		return err;
	age_chunk_nonce(i, i + 1 == r->chunks, nonce);
	if (chacha_open(r->c, nonce, slice_of(r->sealed, n), out) < 0)
		return place(e, ERR_CRYPTO, at, "damaged: this piece of the age file does not verify");
	return 0;
}

static int hold_chunk(struct age_reader *r, uint64_t i, struct err *e)
{
	if (r->held == i)
		return 0;
	r->held = NO_CHUNK;
	int err = open_chunk(r, i, r->plain, e);
	if (err == 0)
		r->held = i;
	return err;
}

int age_reader_check_end(struct age_reader *r, struct err *e)
{
	return hold_chunk(r, r->chunks - 1, e);
}

static int read_some(struct age_reader *r, uint8_t *to, size_t n, uint64_t offset, size_t *ret_done, struct err *e)
{
	uint64_t i = offset / AGE_CHUNK;
	size_t from = (size_t)(offset % AGE_CHUNK), have = chunk_size(r, i);
	size_t take = n < have - from ? n : have - from;
	*ret_done = take;
	if (from == 0 && take == have && r->held != i) /* the whole chunk is wanted: no copy */
		return open_chunk(r, i, to, e);
	int err = hold_chunk(r, i, e);
	if (err == 0)
		memcpy(to, r->plain + from, take);
	return err;
}

int age_read(struct age_reader *r, void *out, size_t n, uint64_t offset, struct err *e)
{
	if (offset > r->size || n > r->size - offset)
		return place(e, ERR_INPUT, offset, "this is past the end of what the age file holds");
	if (n == 0)
		return offset == r->size ? age_reader_check_end(r, e) : 0; /* also "nothing" is a statement, for an empty file */
	uint8_t *to = out;
	for (size_t left = n; left;) {
		size_t done = 0;
		int err = read_some(r, to, left, offset, &done, e);
		if (err < 0) {
			seal_wipe(out, n);
			return err;
		}
		to += done;
		offset += done;
		left -= done;
	}
	return 0;
}

void age_reader_free(struct age_reader *r)
{
	if (!r)
		return;
	chacha_free(r->c);
	seal_wipe(r->plain, sizeof(r->plain));
	free(r);
}

/* ---- small whole files ---- */

static ssize_t from_slice(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	const struct slice *s = arg;
	size_t have = offset < s->n ? s->n - (size_t)offset : 0;
	size_t take = n < have ? n : have;
	if (take)
		memcpy(out, s->p + offset, take);
	return (ssize_t)take;
}

static int read_whole(struct age_reader *r, struct buf *ret, struct err *e)
{
	uint8_t nothing, *at = &nothing;
	if (r->size && !(at = buf_space(ret, (size_t)r->size))) /* the file is in memory, so its size fits a size_t */
		return seal_room(ret, "what the age file holds", e);
	int err = age_read(r, at, (size_t)r->size, 0, e);
	if (err == 0)
		buf_commit(ret, (size_t)r->size);
	return err;
}

static int whole(struct slice file, const struct opener *o, struct buf *ret, struct err *e)
{
	struct age_reader *r = NULL;
	int err = reader_new(from_slice, &file, file.n, o, &r, e);
	if (r)
		err = read_whole(r, ret, e);
	age_reader_free(r);
	return err;
}

int age_open(const struct age_identity *ids, size_t n, struct slice file, struct buf *ret, struct err *e)
{
	struct opener o = {.ids = ids, .ids_n = n};
	return whole(file, &o, ret, e);
}

int age_open_scrypt(struct slice passphrase, int max_log_n, struct slice file, struct buf *ret, struct err *e)
{
	struct opener o = {.by_passphrase = true, .passphrase = passphrase, .max_log_n = max_log_n};
	return whole(file, &o, ret, e);
}
