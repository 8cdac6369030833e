/* age v1, the header (C2SP age.md):
 *
 *	age-encryption.org/v1 LF
 *	-> X25519 SHARE LF            one stanza a recipient: "->", arguments of visible characters, one space before each
 *	BODY LF                       base64 in lines of 64 characters, the last one shorter (and empty if need be)
 *	--- MAC LF                    43 characters: HMAC-SHA-256 over all that stands before, with the "---"
 *
 * Base64 is unpadded and canonical everywhere. Valid if and only if exactly so: a header has one spelling, so nobody can change a byte unseen.
 */
#include <sodium.h>

#include "seal_internal.h"

#define ARGS_KEPT 4 /* our stanzas have at most three arguments */

struct stanza {
	struct slice args[ARGS_KEPT];
	size_t args_n;
	uint8_t body[32];
	size_t body_n; /* the whole body's; only the first 32 bytes are kept */
};

/* ---- base64 without padding ---- */

static int b64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int age_b64_get(struct slice s, uint8_t *out, size_t max, size_t *ret_n)
{
	uint32_t acc = 0;
	int bits = 0;
	size_t n = 0;
	if (s.n % 4 == 1)
		return ERR_INPUT;
	for (size_t i = 0; i < s.n; i++) {
		int v = b64_value(s.p[i]);
		if (v < 0)
			return ERR_INPUT;
		acc = (acc << 6 | (uint32_t)v) & 0x3fff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			if (n == max)
				return ERR_INPUT;
			out[n++] = (uint8_t)(acc >> bits);
		}
	}
	if (acc & ((1u << bits) - 1))
		return ERR_INPUT; /* RFC 4648 3.5: the bits left over are zero */
	*ret_n = n;
	return 0;
}

void age_b64_put(struct buf *out, struct slice s)
{
	size_t before = out->n;
	base64_put(out, s);
	while (buf_ok(out) && out->n > before && out->p[out->n - 1] == '=')
		out->n--;
}

/* ---- the grammar ---- */

static int bad(struct err *e, const struct cur *c, const char *what)
{
	char place[32];
	(void)snprintf(place, sizeof(place), "%zu", cur_offset(c));
	return err_set(e, ERR_INPUT, place, "the age header is damaged: %s", what);
}

static int read_args(struct slice line, struct stanza *st, const struct cur *c, struct err *e)
{
	if (!slice_starts(line, "-> "))
		return bad(e, c, "a line should begin with \"-> \" or \"--- \"");
	struct slice rest = slice_of(line.p + 3, line.n - 3);
	do {
		struct slice arg = slice_cut(rest, ' ', &rest);
		if (arg.n == 0)
			return bad(e, c, "an argument is empty");
		for (size_t i = 0; i < arg.n; i++)
			if (arg.p[i] < 0x21 || arg.p[i] > 0x7e)
				return bad(e, c, "an argument holds a character that is not visible ASCII");
		if (st->args_n < ARGS_KEPT)
			st->args[st->args_n] = arg;
		st->args_n++;
	} while (rest.p);
	return 0;
}

static int read_body(struct cur *c, struct stanza *st, struct err *e)
{
	for (;;) {
		struct slice line = cur_line(c);
		uint8_t bytes[48];
		size_t n = 0;
		if (c->failed)
			return 0; /* ends too early: the caller sees it */
		if (line.n > 64)
			return bad(e, c, "a line is longer than 64 characters");
		if (age_b64_get(line, bytes, sizeof(bytes), &n) < 0)
			return bad(e, c, "a line is not canonical base64");
		size_t keep = st->body_n < sizeof(st->body) ? sizeof(st->body) - st->body_n : 0;
		memcpy(st->body + (sizeof(st->body) - keep), bytes, keep < n ? keep : n);
		st->body_n += n;
		if (line.n < 64)
			return 0;
	}
}

static int take_x25519(struct age_header *h, const struct stanza *st, const struct cur *c, struct err *e)
{
	struct age_wrap w;
	size_t n = 0;
	if (st->args_n != 2)
		return bad(e, c, "an X25519 recipient has a wrong number of arguments");
	if (age_b64_get(st->args[1], w.share, sizeof(w.share), &n) < 0 || n != sizeof(w.share))
		return bad(e, c, "an X25519 share is not 32 bytes in canonical base64");
	if (st->body_n != sizeof(w.body))
		return bad(e, c, "a wrapped key is not 32 bytes");
	memcpy(w.body, st->body, sizeof(w.body));
	buf_add(&h->wraps, &w, sizeof(w));
	return seal_room(&h->wraps, "an age header", e);
}

static int take_scrypt(struct age_header *h, const struct stanza *st, const struct cur *c, struct err *e)
{
	size_t n = 0;
	if (st->args_n != 3)
		return bad(e, c, "a scrypt recipient has a wrong number of arguments");
	if (age_b64_get(st->args[1], h->salt, sizeof(h->salt), &n) < 0 || n != sizeof(h->salt))
		return bad(e, c, "a scrypt salt is not 16 bytes in canonical base64");
	struct slice f = st->args[2];
	if (f.p[0] == '0' || num_u64(f, 1, UINT64_MAX, &h->log_n) < 0)
		return bad(e, c, "a scrypt work factor is not a decimal number");
	if (st->body_n != sizeof(h->scrypt_body))
		return bad(e, c, "a wrapped key is not 32 bytes");
	memcpy(h->scrypt_body, st->body, sizeof(h->scrypt_body));
	h->scrypt = true;
	return 0;
}

static int read_stanza(struct cur *c, struct slice line, struct age_header *h, struct err *e)
{
	struct stanza st = {.args_n = 0};
	int r = read_args(line, &st, c, e);
	if (r == 0)
		r = read_body(c, &st, e);
	if (r < 0 || c->failed)
		return r;
	h->stanzas++;
	if (slice_eq_str(st.args[0], "X25519"))
		r = take_x25519(h, &st, c, e);
	else if (slice_eq_str(st.args[0], "scrypt"))
		r = take_scrypt(h, &st, c, e);
	if (r == 0 && h->scrypt && h->stanzas > 1) /* a passphrase promises that its holder wrote the file: nobody else may hold a key */
		r = bad(e, c, "a scrypt recipient stands beside another one");
	return r;
}

static int read_mac(struct cur *c, struct slice line, struct age_header *h, struct err *e)
{
	size_t n = 0;
	if (line.n != 47 || line.p[3] != ' ' || age_b64_get(slice_of(line.p + 4, 43), h->mac, sizeof(h->mac), &n) < 0 || n != sizeof(h->mac))
		return bad(e, c, "its last line is not \"--- \" and 43 characters of canonical base64");
	if (h->stanzas == 0)
		return bad(e, c, "it names no recipient");
	h->signed_n = (size_t)(line.p - c->begin) + 3;
	h->n = cur_offset(c);
	return 0;
}

static int version(struct cur *c, struct err *e)
{
	static const char v1[] = "age-encryption.org/v1\n", armor[] = "-----BEGIN AGE";
	struct slice have = slice_of(c->p, cur_left(c));
	if (have.n >= sizeof(v1) - 1 && memcmp(have.p, v1, sizeof(v1) - 1) == 0) {
		(void)cur_take(c, sizeof(v1) - 1);
		return 0;
	}
	if (slice_starts(have, armor))
		return err_set(e, ERR_INPUT, "0", "this age file is in its text form; turn it into the binary form first (age -d, then age without -a)");
	if (slice_starts(have, "age-encryption.org/"))
		return err_set(e, ERR_INPUT, "0", "this age file is of a version that we do not know, or damaged");
	return err_set(e, ERR_INPUT, "0", "this is no age file");
}

static int parse(struct cur *c, struct age_header *h, struct err *e)
{
	int r = version(c, e);
	while (r == 0) {
		struct slice line = cur_line(c);
		if (c->failed)
			return 0;
		if (slice_starts(line, "---"))
			return read_mac(c, line, h, e);
		r = read_stanza(c, line, h, e);
		if (c->failed)
			return r;
	}
	return r;
}

int age_header_parse(struct slice text, struct age_header *h, bool *ret_more, struct err *e)
{
	struct cur c = cur_of(text);
	*h = (struct age_header){.stanzas = 0};
	*ret_more = false;
	buf_init(&h->wraps, AGE_HEADER_MAX);
	int r = parse(&c, h, e);
	if (r == 0 && c.failed) {
		*ret_more = true;
		r = err_set(e, ERR_INPUT, NULL, "the age header is cut short");
	}
	return r;
}

void age_header_done(struct age_header *h)
{
	buf_done(&h->wraps);
}

/* ---- the keys ---- */

int age_wrap_key(const uint8_t shared[32], const uint8_t share[32], const uint8_t pub[32], uint8_t out[32], struct err *e)
{
	uint8_t salt[64];
	memcpy(salt, share, 32);
	memcpy(salt + 32, pub, 32);
	return seal_hkdf_sha256(slice_of(shared, 32), slice_of(salt, sizeof(salt)), SLICE(AGE_X25519_LABEL), out, 32, e);
}

int age_scrypt_key(struct slice passphrase, const uint8_t salt[16], int log_n, uint8_t out[32], struct err *e)
{
	uint8_t s[sizeof(AGE_SCRYPT_LABEL) - 1 + 16];
	(void)seal_algs();
	memcpy(s, AGE_SCRYPT_LABEL, sizeof(AGE_SCRYPT_LABEL) - 1);
	memcpy(s + sizeof(AGE_SCRYPT_LABEL) - 1, salt, 16);
	const uint8_t *pass = passphrase.n ? passphrase.p : s; /* libsodium takes no NULL */
	if (crypto_pwhash_scryptsalsa208sha256_ll(pass, passphrase.n, s, sizeof(s), UINT64_C(1) << log_n, 8, 1, out, 32) != 0)
		return err_set(e, ERR_MEMORY, NULL, "scrypt with work factor %d needs %llu MiB of memory", log_n, 1ULL << (log_n > 10 ? log_n - 10 : 0));
	return 0;
}

int age_header_mac(const uint8_t file_key[AGE_FILE_KEY], struct slice signed_text, uint8_t out[SEAL_HASH], struct err *e)
{
	uint8_t key[32];
	int r = seal_hkdf_sha256(slice_of(file_key, AGE_FILE_KEY), SLICE_NULL, SLICE("header"), key, sizeof(key), e);
	if (r == 0)
		seal_hmac_sha256(slice_of(key, sizeof(key)), signed_text, out);
	seal_wipe(key, sizeof(key));
	return r;
}

int age_payload_key(const uint8_t file_key[AGE_FILE_KEY], const uint8_t nonce[AGE_NONCE], uint8_t out[32], struct err *e)
{
	return seal_hkdf_sha256(slice_of(file_key, AGE_FILE_KEY), slice_of(nonce, AGE_NONCE), SLICE("payload"), out, 32, e);
}

void age_chunk_nonce(uint64_t chunk, bool last, uint8_t out[12])
{
	memset(out, 0, 12);
	for (int i = 0; i < 8; i++)
		out[3 + i] = (uint8_t)(chunk >> (56 - 8 * i));
	out[11] = last;
}
