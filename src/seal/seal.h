/* seal: keys, sealing and opening, signatures, recovery shares.
 *
 * Public formats only: age v1 (C2SP age.md; X25519 and scrypt recipients), signed-note with Ed25519 (C2SP signed-note.md), k-of-n shares over GF(256)
 * (libgfshare), Argon2id (libsodium). Bulk work is OpenSSL 3 (SHA-256, AES-256-GCM, ChaCha20-Poly1305); libsodium elsewhere (X25519, Ed25519 which
 * it does in half OpenSSL 3.0's time, scrypt, Argon2id, SipHash). Everything may be called from any thread; one struct from one thread at a time.
 * Secrets live in structs that the caller wipes with seal_wipe(); nothing here logs or prints a secret. Errors never say which check failed more finely than
 * "no key opens this" / "damaged at offset N".
 */
#ifndef HOLDFAST_SEAL_H
#define HOLDFAST_SEAL_H

#include "base.h"

#define SEAL_HASH 32
#define AGE_CHUNK 65536

/* Optional: fetches OpenSSL's ciphers and starts libsodium now. Call it before a role locks its sandbox: the first use reads openssl.cnf and its providers.
 * Dies, with a sentence on stderr, when the system's OpenSSL lacks one of them. */
void seal_init(void);

void seal_wipe(void *p, size_t n);
int seal_lock_memory(void *p, size_t n, struct err *e) MUST; /* mlock + MADV_DONTDUMP; a refused mlock is not an error for small keys: reports by return 1 */
void seal_random(void *out, size_t n);                       /* never fails: dies when the kernel has no randomness */
bool seal_equal(const void *a, const void *b, size_t n);     /* constant time */

/* ---- hashing ------------------------------------------------------------------------------------------------------- */

/* Hashing never fails and never allocates (but for _new). */
struct seal_sha256; /* a reusable context */
struct seal_sha256 *seal_sha256_new(void); /* NULL: no memory */
void seal_sha256_free(struct seal_sha256 *h);
void seal_sha256_begin(struct seal_sha256 *h);
void seal_sha256_add(struct seal_sha256 *h, struct slice s);
void seal_sha256_end(struct seal_sha256 *h, uint8_t out[SEAL_HASH]);
/* s to a and t to b, two different ones: nearly twice as fast as one after the other where the processor has SHA instructions, for as much as both have (hash_two.c). */
void seal_sha256_add_two(struct seal_sha256 *a, struct slice s, struct seal_sha256 *b, struct slice t);
void seal_sha256_once(struct slice s, uint8_t out[SEAL_HASH]); /* the hot path: 65 bytes in 100 ns, 1.5 kB in 880 (SHA-NI) */
void seal_hmac_sha256(struct slice key, struct slice s, uint8_t out[SEAL_HASH]);
/* The same of each text, under one key; two at a time, likewise. */
void seal_hmac_sha256_many(struct slice key, const struct slice *texts, size_t n, uint8_t (*out)[SEAL_HASH]);
int seal_hkdf_sha256(struct slice ikm, struct slice salt, struct slice info, uint8_t *out, size_t n, struct err *e) MUST; /* n: 1..8160 */
uint64_t seal_fingerprint(const uint8_t key[16], struct slice s); /* SipHash-2-4: for tables keyed by hostile bytes */
void seal_fingerprint128(const uint8_t key[16], struct slice s, uint8_t out[16]);

/* ---- AEAD for the write-ahead segment: AES-256-GCM, one key a segment, counter nonces --------------------------------- */

struct seal_aead;
struct seal_aead *seal_aead_new(const uint8_t key[32]); /* NULL: no memory */
void seal_aead_free(struct seal_aead *a);
/* nonce = 4 zero bytes || counter big-endian. out holds n + 16 bytes. A counter is never used twice under a key: the caller's promise.
 * out may be where the input is (exactly), or apart from it. At most 1 GiB in one call. What does not verify is wiped from out. */
int seal_aead_seal(struct seal_aead *a, uint64_t counter, struct slice ad, struct slice plain, uint8_t *out, struct err *e) MUST;
int seal_aead_open(struct seal_aead *a, uint64_t counter, struct slice ad, struct slice sealed, uint8_t *out, struct err *e) MUST; /* ERR_CRYPTO */

/* ---- age v1 --------------------------------------------------------------------------------------------------------- */

struct age_recipient { /* X25519 public key */
	uint8_t pub[32];
};
struct age_identity { /* X25519 secret key */
	uint8_t secret[32];
	struct age_recipient to;
};
void age_identity_new(struct age_identity *ret);
void age_identity_of(const uint8_t secret[32], struct age_identity *ret); /* from the 32 bytes that recovery shares join to */
int age_identity_parse(struct slice s, struct age_identity *ret, struct err *e) MUST; /* AGE-SECRET-KEY-1..., blanks around are fine */
void age_identity_format(const struct age_identity *id, char out[80]);
int age_recipient_parse(struct slice s, struct age_recipient *ret, struct err *e) MUST; /* age1... */
void age_recipient_format(const struct age_recipient *r, char out[80]);

/* Streaming writer. The sink is called with each piece of the file, in order; a negative return is passed up. */
typedef int age_sink(void *arg, struct slice piece, struct err *e);
struct age_writer;
int age_writer_new(const struct age_recipient *to, size_t n, age_sink *sink, void *arg, struct age_writer **ret, struct err *e) MUST;
int age_writer_new_scrypt(struct slice passphrase, int log_n, age_sink *sink, void *arg, struct age_writer **ret, struct err *e) MUST; /* log_n 10..22 */
int age_write(struct age_writer *w, struct slice s, struct err *e) MUST;
int age_writer_end(struct age_writer *w, struct err *e) MUST; /* last chunk; the writer can only be freed afterwards */
void age_writer_free(struct age_writer *w);

/* Reader with random access: `read` gives up to n bytes at offset (short only at the end). Each chunk is verified before a byte of it is given out.
 * size is the file's; the plaintext size is known after open and is checked against the last chunk when that chunk is read. */
typedef ssize_t age_source(void *arg, void *out, size_t n, uint64_t offset, struct err *e);
struct age_reader;
int age_reader_new(age_source *read, void *arg, uint64_t size, const struct age_identity *ids, size_t n, struct age_reader **ret, struct err *e) MUST;
int age_reader_new_scrypt(age_source *read, void *arg, uint64_t size, struct slice passphrase, int max_log_n, struct age_reader **ret, struct err *e) MUST;
uint64_t age_reader_size(const struct age_reader *r);
/* Is the file whole? Verifies its last chunk. Until this, or a read of the last byte, the size is only what the file's length says: a shortened file shows here. */
int age_reader_check_end(struct age_reader *r, struct err *e) MUST;
int age_read(struct age_reader *r, void *out, size_t n, uint64_t offset, struct err *e) MUST; /* exactly n; sequential reads decrypt each chunk once */
void age_reader_free(struct age_reader *r);

/* Small whole files in memory. */
int age_seal(const struct age_recipient *to, size_t n, struct slice plain, struct buf *ret, struct err *e) MUST;
int age_open(const struct age_identity *ids, size_t n, struct slice file, struct buf *ret, struct err *e) MUST;
int age_seal_scrypt(struct slice passphrase, int log_n, struct slice plain, struct buf *ret, struct err *e) MUST;
int age_open_scrypt(struct slice passphrase, int max_log_n, struct slice file, struct buf *ret, struct err *e) MUST;

/* ---- signed notes (C2SP signed-note) ----------------------------------------------------------------------------------- */

#define NOTE_NAME_MAX 128
struct note_vkey { /* "name+hex8+base64(0x01 || pubkey)" */
	char name[NOTE_NAME_MAX + 1];
	uint32_t id;
	uint8_t alg; /* 0x01 Ed25519; 0x04 Ed25519 cosignature/v1 (C2SP tlog-cosignature.md) */
	uint8_t pub[32];
};
struct note_signer {
	struct note_vkey v;
	uint8_t seed[32];
};
int note_signer_new(const char *name, struct note_signer *ret, struct err *e) MUST; /* name: no blank, no '+', 1..128 bytes UTF-8 */
int note_signer_parse(struct slice s, struct note_signer *ret, struct err *e) MUST; /* "PRIVATE+KEY+name+hex8+base64" as Go's note package writes it */
void note_signer_format(const struct note_signer *k, struct buf *ret);
int note_vkey_parse(struct slice s, struct note_vkey *ret, struct err *e) MUST;
void note_vkey_format(const struct note_vkey *v, struct buf *ret);
/* text must end in LF and hold no other control characters. ret: text, blank line, one signature line. */
int note_sign(const struct note_signer *k, struct slice text, struct buf *ret, struct err *e) MUST;
/* Splits a note; verifies with the given keys. Unknown signatures are skipped; a known key whose signature is wrong is ERR_CRYPTO; none known is ERR_NO.
 * ret_mask bit i: keys[i] signed (n <= 64). For alg 0x04 ret_times[i] (may be NULL) is its UNIX time. */
int note_verify(struct slice note, const struct note_vkey *keys, size_t n, struct slice *ret_text, uint64_t *ret_mask, uint64_t *ret_times, struct err *e) MUST;
/* The same for a note of ours in a file that is believed byte for byte: this key's signature stands there alone, in its one spelling (note_verify passes over what others wrote). ERR_CRYPTO: it does not. */
int note_verify_alone(struct slice note, const struct note_vkey *key, struct slice *ret_text, struct err *e) MUST;
bool note_vkey_equal(const struct note_vkey *a, const struct note_vkey *b);
/* The next line of a text that reads "KEY VALUE" (key: with its blank); empty, and c failed, where it is another or says nothing. As a string of at most size - 1 bytes: the same. */
struct slice note_value(struct cur *c, const char *key);
void note_value_text(struct cur *c, const char *key, char *out, size_t size);
/* A witness: a key of type 0x04, and its signature line for the text of a note that exists, to be put at the note's end. The note's own signatures are not looked at:
 * verify first. time: UNIX seconds. */
int note_cosigner_new(const char *name, struct note_signer *ret, struct err *e) MUST;
int note_cosign(const struct note_signer *k, struct slice note, uint64_t time, struct buf *ret_line, struct err *e) MUST;

/* ---- recovery shares --------------------------------------------------------------------------------------------------- */

/* A share as text, made to be printed and typed: a header line, set id, index, k, n, groups of base32 with a checksum a line, and a checksum of the whole.
 * The set id is random per split. share_hash is salted by the set id and is what the ledger keeps, so one holder can be tested without joining. */
#define SHARE_MAX 16
struct share {
	uint8_t set[8];
	int index, k, n; /* 1 <= index <= n <= SHARE_MAX, 2 <= k <= n (1/1 allowed for trials) */
	uint8_t data[64];
	size_t len;
};
/* secret: 1..56 bytes. */
int share_split(struct slice secret, int k, int n, struct share *ret /* n of them */, struct err *e) MUST;
int share_join(const struct share *shares, size_t count, struct buf *ret_secret, struct err *e) MUST; /* >= k of one set, distinct; checks an inner checksum: ERR_CRYPTO.
 * All that are given must fit; with one to spare the sentence names the wrong one. */
void share_format(const struct share *s, const char *name, struct buf *ret); /* the whole file's text, with words for its holder */
int share_parse(struct slice text, struct share *ret, struct err *e) MUST;   /* says which line was mistyped */
void share_hash(const struct share *s, uint8_t out[SEAL_HASH]);

/* ---- passwords ------------------------------------------------------------------------------------------------------- */

int seal_password_hash(struct slice password, char out[128], struct err *e) MUST; /* Argon2id, interactive limits or better; libsodium's string form */
bool seal_password_ok(const char *hash, struct slice password); /* hash NULL (no such user): false, after the same work */
void seal_password_new(char out[32]); /* one-time password: 4 groups of 4 unambiguous characters */

/* ---- the site's keys ------------------------------------------------------------------------------------------------- */

/* SITE/keys: signing.key (note signer), care.key (age identity), recovery.pub (age recipient), dedupe.key (32 random bytes, hex); signing.age,
 * care.age and dedupe.age (the same three sealed to recovery); care-rM.key and care-rM.age (the care keys before the M-th rotation); period/CLASS-YYYYQN[rM].age (an age identity sealed to care + recovery,
 * or to recovery only) and .pub (its recipient). Directories 0700, files 0600. The folder appears whole or not at all; keys that exist are never overwritten (ERR_EXISTS).
 * The recovery identity exists in memory only while the shares are made. */
#define SITE_CARE_OLDER 32 /* rotations of the care key in a site's life */
#define SITE_CARE_MAX (1 + SITE_CARE_OLDER)
struct site_keys {
	struct note_signer signing;
	struct age_identity care;
	struct age_identity older[SITE_CARE_OLDER]; /* care keys of before the last rotations, newest first: what was sealed to them stays readable */
	size_t older_n;
	struct age_recipient recovery;
	uint8_t dedupe[32];
	bool can_sign, can_open, can_dedupe; /* signing.key / care.key / dedupe.key were readable */
};
int site_keys_create(int sitefd, const char *origin, int k, int n, struct share *ret_shares, struct site_keys *ret, struct err *e) MUST;
int site_keys_open(int sitefd, struct site_keys *ret, struct err *e) MUST; /* missing private parts only clear can_sign / can_open */
void site_keys_wipe(struct site_keys *k);
/* Writes signing.key, care.key and dedupe.key again from what is sealed to recovery; recovery comes from share_join and age_identity_of. Only for who holds the
 * site's lock. */
int site_keys_recover(int sitefd, const struct age_identity *recovery, struct site_keys *ret, struct err *e) MUST;

/* All care keys there are, the one in use first: for age_open and whatever takes a list. The caller wipes them. */
size_t site_care_all(const struct site_keys *k, struct age_identity ret[SITE_CARE_MAX]);

/* The deduplication key of a backup agent on another host: HKDF-SHA-256 of the site's (RFC 5869), no salt, info "holdfast-agent-1 NAME". So the site keeps none of them, and no agent's key tells another's or the site's. */
int seal_agent_key(const uint8_t dedupe[32], const char *agent, uint8_t ret[32], struct err *e) MUST;

/* Period keys. One writer (who holds the site's lock). name: "care-2026Q3" is a quarter's first key, "care-2026Q3r1" the one after it (`key rotate`); a class is small letters and digits. */
#define SITE_PERIOD_MAX 40
#define SITE_PERIOD_M_MAX 99
void site_period_name(const char *class, int64_t time, char out[SITE_PERIOD_MAX]); /* the quarter's first */
/* The parts of a name: class (may be NULL), year, quarter 1..4, M (0: the first). ERR_USAGE. */
int site_period_parts(const char *name, char ret_class[SITE_PERIOD_MAX], int *ret_year, int *ret_quarter, int *ret_m, struct err *e) MUST;
void site_period_join(const char *class, int year, int quarter, int m, char out[SITE_PERIOD_MAX]);
/* The key in use for the quarter of this time: the highest M of which there is anything. */
void site_period_current(int sitefd, const char *class, int64_t time, char out[SITE_PERIOD_MAX]);
/* What to seal to; made, durably, when it is not there. care: sealed to care and recovery, else to recovery only. A .age without its .pub is never overwritten. */
int site_period_recipient(int sitefd, const struct site_keys *k, const char *name, bool care, struct age_recipient *ret, struct err *e) MUST;
int site_period_identity(int sitefd, const struct site_keys *k, const char *name, struct age_identity *ret, struct err *e) MUST; /* with the care key */
int site_period_open(int sitefd, const struct age_identity *with, const char *name, struct age_identity *ret, struct err *e) MUST; /* with any, e.g. recovery */
int site_period_open_any(int sitefd, const struct age_identity *with, size_t n, const char *name, struct age_identity *ret, struct err *e) MUST;

/* A period's key, both files, overwritten and unlinked, durably. 1: there was something; 0: nothing. On disks that write elsewhere (SSD, copy-on-write, journals of data) what was overwritten may still be found by who takes
 * the disk apart: so a key that must be gone is one whose disk is encrypted, or destroyed. */
int site_period_destroy(int sitefd, const char *name, struct err *e) MUST;
/* SHA-256 of its sealed file; ERR_NOT_FOUND. */
int site_period_sha256(int sitefd, const char *name, uint8_t out[SEAL_HASH], struct err *e) MUST;
/* Each name that has a .age or a .pub, in no order; once or twice. */
typedef int site_period_fn(void *arg, const char *name, struct err *e);
int site_period_each(int sitefd, site_period_fn *fn, void *arg, struct err *e) MUST;

/* ---- rotation (rotate.c): another care key, and other period keys for the rest of this quarter. For who holds the site's lock. DESIGN.md says what that is good for.
 *
 * The plan, keys/rotate.next, holds the new care key and all that is decided; it is durable before anything else changes, and removed when all of it, the ledger's entry too, is there. Every step can be
 * done again, so whoever opens the site next finishes what a kill left. */
#define SITE_ROTATE_REASON 400
#define SITE_ROTATE_PERIODS 4
struct site_rotation {
	struct age_identity care;
	int number;           /* of the old care key: care-rNUMBER */
	uint64_t at;          /* entries in the ledger when it was planned: its entry stands at or behind this */
	char who[64], reason[SITE_ROTATE_REASON + 1];
	char period[SITE_ROTATE_PERIODS][SITE_PERIOD_MAX];
	size_t period_n;
};
/* Plans it, durably. time: the ledger's. files: the key for contents of files too (they are stored again then). reason: one line. */
int site_rotation_plan(int sitefd, const struct site_keys *k, int64_t time, bool files, const char *who, const char *reason, uint64_t at, struct site_rotation *ret, struct err *e) MUST;
int site_rotation_read(int sitefd, struct site_rotation *ret, struct err *e) MUST; /* ERR_NOT_FOUND: none is under way */
int site_rotation_carry(int sitefd, const struct site_rotation *p, struct site_keys *k, struct err *e) MUST; /* k becomes what the site has then */
int site_rotation_end(int sitefd, struct err *e) MUST;

#endif
