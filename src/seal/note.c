/* Signed notes (C2SP signed-note.md), with cosignature/v1 (C2SP tlog-cosignature.md).
 *
 *	text lines, each with its LF
 *	LF
 *	— NAME BASE64(key id (4 bytes, big-endian) || signature) LF          one or more; an em dash, U+2014
 *
 * UTF-8 without control characters but LF. The text ends at the last empty line. The key id is the first four bytes of SHA-256(NAME LF type public-key).
 *	type 0x01: Ed25519 over the text
 *	type 0x04: time (u64, big-endian) || Ed25519 over "cosignature/v1\ntime T\n" and the text
 */
#include <sodium.h>

#include "seal_internal.h"

#define ALG_ED25519 0x01
#define ALG_COSIGNATURE 0x04
#define NOTE_MAX (1024 * 1024) /* bytes of a note; a checkpoint is a few hundred */
#define NOTE_SIGS_MAX 100
#define SIG_MAX 8192 /* bytes of one decoded signature: ML-DSA has 2420 */
#define COSIGNATURE_SIZE (8 + crypto_sign_BYTES)

/* ---- names and keys ---- */

/* Unicode White_Space, which a name must not hold (Go's unicode.IsSpace). s is valid UTF-8. */
static bool has_space(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		const uint8_t *p = s.p + i;
		size_t left = s.n - i;
		if (*p <= 0x20 || *p == 0x7f)
			return true; /* and no control characters either */
		if (left >= 2 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
			return true;
		if (left < 3)
			continue;
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		if (v == 0xe19a80 || (v >= 0xe28080 && v <= 0xe2808a) || v == 0xe280a8 || v == 0xe280a9 || v == 0xe280af || v == 0xe2819f || v == 0xe38080)
			return true;
	}
	return false;
}

static bool name_ok(struct slice s)
{
	return s.n >= 1 && s.n <= NOTE_NAME_MAX && utf8_valid(s) && !memchr(s.p, '+', s.n) && !has_space(s);
}

static uint32_t key_id(const char *name, uint8_t alg, const uint8_t pub[32])
{
	uint8_t text[NOTE_NAME_MAX + 2 + 32], hash[SEAL_HASH];
	size_t n = strlen(name);
	memcpy(text, name, n);
	text[n] = '\n';
	text[n + 1] = alg;
	memcpy(text + n + 2, pub, 32);
	seal_sha256_once(slice_of(text, n + 34), hash);
	return (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
}

static void expand(const uint8_t seed[32], uint8_t pub[32], uint8_t secret[crypto_sign_SECRETKEYBYTES])
{
	(void)seal_algs();
	(void)crypto_sign_seed_keypair(pub, secret, seed); /* cannot fail */
}

static void set_key(struct note_signer *k, struct slice name, uint8_t alg)
{
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	memcpy(k->v.name, name.p, name.n);
	k->v.name[name.n] = 0;
	k->v.alg = alg;
	expand(k->seed, k->v.pub, secret);
	k->v.id = key_id(k->v.name, alg, k->v.pub);
	seal_wipe(secret, sizeof(secret));
}

int note_signer_new(const char *name, struct note_signer *ret, struct err *e)
{
	struct slice s = slice_str(name);
	if (!name_ok(s))
		return err_set(e, ERR_USAGE, NULL, "a key name is 1 to %d bytes of UTF-8 without blanks and without '+'", NOTE_NAME_MAX);
	*ret = (struct note_signer){.v.alg = 0};
	seal_random(ret->seed, sizeof(ret->seed));
	set_key(ret, s, ALG_ED25519);
	return 0;
}

/* "name+hex8+base64(type || 32 bytes)" */
struct key_text {
	struct slice name;
	uint32_t id;
	uint8_t alg, bytes[32];
};

static int key_text_parse(struct slice s, struct key_text *ret)
{
	struct slice rest, more;
	uint8_t id[4];
	ret->name = slice_cut(s, '+', &rest);
	struct slice hex = slice_cut(rest, '+', &more);
	if (!name_ok(ret->name) || hex.n != 8 || hex_get(id, 4, hex) < 0 || !more.p)
		return ERR_INPUT;
	uint8_t key[33]; /* 44 characters, so padding has no place in it */
	size_t n = 0;
	if (age_b64_get(more, key, sizeof(key), &n) < 0 || n != sizeof(key))
		return ERR_INPUT;
	ret->id = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 | (uint32_t)id[2] << 8 | id[3];
	ret->alg = key[0];
	memcpy(ret->bytes, key + 1, 32);
	seal_wipe(key, sizeof(key));
	return ret->alg == ALG_ED25519 || ret->alg == ALG_COSIGNATURE ? 0 : ERR_INPUT;
}

static void key_text_put(struct buf *ret, const struct note_vkey *v, const uint8_t bytes[32])
{
	uint8_t key[33];
	key[0] = v->alg;
	memcpy(key + 1, bytes, 32);
	buf_printf(ret, "%s+%08x+", v->name, v->id);
	base64_put(ret, slice_of(key, sizeof(key)));
	seal_wipe(key, sizeof(key));
}

int note_signer_parse(struct slice s, struct note_signer *ret, struct err *e)
{
	static const char before[] = "PRIVATE+KEY+";
	struct key_text t = {.alg = 0};
	struct note_signer k = {.v.alg = 0};
	int r = ERR_INPUT;
	s = slice_trim(s);
	if (slice_starts(s, before))
		r = key_text_parse(slice_of(s.p + sizeof(before) - 1, s.n - (sizeof(before) - 1)), &t);
	if (r == 0) {
		memcpy(k.seed, t.bytes, sizeof(k.seed));
		set_key(&k, t.name, t.alg);
		if (k.v.id != t.id)
			r = ERR_INPUT;
	}
	if (r == 0)
		*ret = k;
	seal_wipe(&k, sizeof(k));
	seal_wipe(&t, sizeof(t));
	return r == 0 ? 0 : err_set(e, ERR_INPUT, NULL, "this is no signing key: it should read PRIVATE+KEY+name+id+key on one line, and the id must fit the key");
}

void note_signer_format(const struct note_signer *k, struct buf *ret)
{
	buf_str(ret, "PRIVATE+KEY+");
	key_text_put(ret, &k->v, k->seed);
}

int note_vkey_parse(struct slice s, struct note_vkey *ret, struct err *e)
{
	struct key_text t = {.alg = 0};
	struct note_vkey v = {.alg = 0};
	int r = key_text_parse(slice_trim(s), &t);
	if (r == 0) {
		memcpy(v.name, t.name.p, t.name.n);
		v.alg = t.alg;
		memcpy(v.pub, t.bytes, sizeof(v.pub));
		v.id = key_id(v.name, v.alg, v.pub);
		if (v.id != t.id)
			r = ERR_INPUT;
	}
	if (r < 0)
		return err_set(e, ERR_INPUT, NULL, "this is no verifier key: it should read name+id+key on one line, and the id must fit the key");
	*ret = v;
	return 0;
}

void note_vkey_format(const struct note_vkey *v, struct buf *ret)
{
	key_text_put(ret, v, v->pub);
}

/* ---- the text ---- */

static bool text_ok(struct slice s)
{
	if (s.n > NOTE_MAX || !utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 && s.p[i] != '\n')
			return false;
	return true;
}

/* What is signed: the text, or the cosigner's two lines and the text. */
static void message(struct buf *b, uint8_t alg, uint64_t time, struct slice text)
{
	buf_init(b, NOTE_MAX + 64);
	if (alg == ALG_COSIGNATURE)
		buf_printf(b, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
	buf_add_slice(b, text);
}

/* ---- signing ---- */

static int put_signature(const struct note_signer *k, struct slice text, uint64_t time, struct buf *ret, struct err *e)
{
	uint8_t sig[4 + COSIGNATURE_SIZE], pub[32], secret[crypto_sign_SECRETKEYBYTES];
	AUTO_BUF struct buf msg = {0};
	size_t n = 0;
	message(&msg, k->v.alg, time, text);
	int r = seal_room(&msg, "a signed note", e);
	if (r < 0)
		return r;
	for (int i = 3; i >= 0; i--)
		sig[n++] = (uint8_t)(k->v.id >> 8 * i);
	for (int i = 7; k->v.alg == ALG_COSIGNATURE && i >= 0; i--)
		sig[n++] = (uint8_t)(time >> 8 * i);
	expand(k->seed, pub, secret);
	(void)crypto_sign_detached(sig + n, NULL, msg.p, msg.n, secret); /* cannot fail */
	seal_wipe(secret, sizeof(secret));
	n += crypto_sign_BYTES;
	buf_printf(ret, "\xe2\x80\x94 %s ", k->v.name);
	base64_put(ret, slice_of(sig, n));
	buf_str(ret, "\n");
	return seal_room(ret, "a signed note", e);
}

int note_sign(const struct note_signer *k, struct slice text, struct buf *ret, struct err *e)
{
	size_t before = ret->n;
	if (k->v.alg != ALG_ED25519)
		return err_set(e, ERR_USAGE, NULL, "a cosigner's key signs a note that exists, with its time");
	if (text.n == 0 || text.p[text.n - 1] != '\n' || !text_ok(text))
		return err_set(e, ERR_USAGE, NULL, "the text of a note is UTF-8, ends in a line feed and holds no other control characters");
	buf_add_slice(ret, text);
	buf_str(ret, "\n");
	int r = put_signature(k, text, 0, ret, e);
	if (r < 0)
		ret->n = before;
	return r;
}

/* ---- reading ---- */

static int malformed(struct err *e, const char *what)
{
	return err_set(e, ERR_INPUT, NULL, "this is no signed note: %s", what);
}

/* The text with its last LF; *ret_sigs: the signature lines. */
static int split(struct slice note, struct slice *ret_text, struct slice *ret_sigs, struct err *e)
{
	if (!text_ok(note))
		return malformed(e, "it is not UTF-8, holds control characters, or is longer than 1 MiB");
	size_t at = note.n;
	for (size_t i = note.n; i >= 2 && at == note.n; i--)
		if (note.p[i - 1] == '\n' && note.p[i - 2] == '\n')
			at = i - 1; /* of the empty line's LF */
	if (at == note.n || at + 1 == note.n)
		return malformed(e, "there are no signatures after an empty line");
	if (note.p[note.n - 1] != '\n')
		return malformed(e, "its last line does not end");
	*ret_text = slice_of(note.p, at);
	*ret_sigs = slice_of(note.p + at + 1, note.n - at - 1);
	return 0;
}

struct sig {
	struct slice name;
	uint32_t id;
	struct slice bytes; /* after the id */
};

/* One line without its LF. The bytes live in b. */
static int sig_parse(struct slice line, struct buf *b, struct sig *ret, struct err *e)
{
	static const char dash[] = "\xe2\x80\x94 ";
	struct slice rest;
	if (!slice_starts(line, dash))
		return malformed(e, "a signature line does not begin with a dash");
	ret->name = slice_cut(slice_of(line.p + sizeof(dash) - 1, line.n - (sizeof(dash) - 1)), ' ', &rest);
	/* a foreign signer's name may be longer than ours */
	if (ret->name.n == 0 || memchr(ret->name.p, '+', ret->name.n) || has_space(ret->name))
		return malformed(e, "a signature line has a bad name");
	buf_reset(b);
	int bad = base64_get(b, rest);
	int r = seal_room(b, "a signature", e);
	if (r < 0)
		return r;
	if (bad || b->n < 5)
		return malformed(e, "a signature is not base64");
	struct cur c = cur_of(buf_slice(b));
	ret->id = cur_u32be(&c);
	ret->bytes = cur_take(&c, cur_left(&c));
	return 0;
}

/* 0, ERR_CRYPTO, or ERR_MEMORY. */
static int verify_one(const struct note_vkey *k, struct slice sig, struct slice text, uint64_t *ret_time, struct err *e)
{
	AUTO_BUF struct buf msg = {0};
	struct cur c = cur_of(sig);
	uint64_t time = k->alg == ALG_COSIGNATURE ? cur_u64be(&c) : 0;
	struct slice s = cur_take(&c, crypto_sign_BYTES);
	message(&msg, k->alg, time, text);
	int r = seal_room(&msg, "a signed note", e);
	if (r < 0)
		return r;
	if (!cur_done(&c) || time > INT64_MAX || crypto_sign_verify_detached(s.p, msg.p, msg.n, k->pub) != 0)
		return err_set(e, ERR_CRYPTO, NULL, "the signature of %s does not fit this note: it was changed, or the key is not the signer's", k->name);
	*ret_time = time;
	return 0;
}

struct found {
	uint64_t mask, times[64];
};

static int try_keys(const struct sig *s, struct slice text, const struct note_vkey *keys, size_t n, struct found *f, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t time = 0;
		if (keys[i].id != s->id || !slice_eq_str(s->name, keys[i].name))
			continue;
		int r = verify_one(&keys[i], s->bytes, text, &time, e);
		if (r < 0)
			return r;
		if (!(f->mask >> i & 1))
			f->times[i] = time; /* of the first one, if there are two */
		f->mask |= UINT64_C(1) << i;
	}
	return 0;
}

int note_verify(struct slice note, const struct note_vkey *keys, size_t n, struct slice *ret_text, uint64_t *ret_mask, uint64_t *ret_times, struct err *e)
{
	struct slice text = SLICE_NULL, sigs = SLICE_NULL;
	struct found f = {.mask = 0};
	assert(n <= 64);
	(void)seal_algs();
	int r = split(note, &text, &sigs, e);
	if (r < 0)
		return r;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, SIG_MAX);
	struct cur c = cur_of(sigs);
	for (int count = 0; cur_left(&c); count++) {
		struct sig s = {.id = 0};
		if (count == NOTE_SIGS_MAX)
			return err_set(e, ERR_LIMIT, NULL, "a note holds at most %d signatures", NOTE_SIGS_MAX);
		r = sig_parse(cur_line(&c), &b, &s, e);
		if (r == 0)
			r = try_keys(&s, text, keys, n, &f, e);
		if (r < 0)
			return r;
	}
	if (f.mask == 0)
		return err_set(e, ERR_NO, NULL, "none of the known keys signed this note");
	*ret_text = text;
	*ret_mask = f.mask;
	for (size_t i = 0; ret_times && i < n; i++)
		ret_times[i] = f.times[i];
	return 0;
}

int note_verify_alone(struct slice note, const struct note_vkey *key, struct slice *ret_text, struct err *e)
{
	AUTO_BUF struct buf raw = {0}, again = {0};
	struct slice text = SLICE_NULL, sigs = SLICE_NULL;
	uint64_t mask;
	int r = split(note, &text, &sigs, e);
	if (r == 0)
		r = note_verify(note, key, 1, &text, &mask, NULL, e);
	if (r < 0)
		return r == ERR_NO ? err_set(e, ERR_CRYPTO, NULL, "this note is signed by another key") : r;
	buf_init(&raw, SIG_MAX);
	buf_init(&again, SIG_MAX + NOTE_NAME_MAX + 16);
	buf_printf(&again, "\xe2\x80\x94 %s ", key->name);
	size_t head = again.n;
	if (sigs.n > head && base64_get(&raw, slice_of(sigs.p + head, sigs.n - head - 1)) == 0)
		base64_put(&again, buf_slice(&raw));
	buf_u8(&again, '\n');
	if (!buf_ok(&again) || !slice_eq(buf_slice(&again), sigs))
		return err_set(e, ERR_CRYPTO, NULL, "this note has more than its one signature, or has it in another spelling");
	*ret_text = text;
	return 0;
}

bool note_vkey_equal(const struct note_vkey *a, const struct note_vkey *b)
{
	return a->alg == b->alg && a->id == b->id && !strcmp(a->name, b->name) && memcmp(a->pub, b->pub, sizeof a->pub) == 0;
}

struct slice note_value(struct cur *c, const char *key)
{
	struct slice line = cur_line(c);
	size_t n = strlen(key);
	if (c->failed || line.n <= n || !slice_starts(line, key)) {
		cur_fail(c);
		return SLICE_NULL;
	}
	return slice_of(line.p + n, line.n - n);
}

void note_value_text(struct cur *c, const char *key, char *out, size_t size)
{
	struct slice s = note_value(c, key);
	if (s.n >= size) {
		cur_fail(c);
		return;
	}
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
}

int note_cosign(const struct note_signer *k, struct slice note, uint64_t time, struct buf *ret, struct err *e)
{
	struct slice text = SLICE_NULL, sigs = SLICE_NULL;
	if (k->v.alg != ALG_COSIGNATURE || time > INT64_MAX)
		return err_set(e, ERR_USAGE, NULL, "a cosignature needs a cosigner's key and a time since 1970");
	int r = split(note, &text, &sigs, e);
	return r < 0 ? r : put_signature(k, text, time, ret, e);
}

int note_cosigner_new(const char *name, struct note_signer *ret, struct err *e)
{
	struct note_signer k;
	int r = note_signer_new(name, &k, e);
	if (r == 0) {
		k.v.alg = ALG_COSIGNATURE;
		k.v.id = key_id(k.v.name, ALG_COSIGNATURE, k.v.pub);
		*ret = k;
	}
	seal_wipe(&k, sizeof(k));
	return r;
}
