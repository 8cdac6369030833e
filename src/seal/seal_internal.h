/* seal_internal: what the files of this room share with each other and with nobody else. */
#ifndef HOLDFAST_SEAL_INTERNAL_H
#define HOLDFAST_SEAL_INTERNAL_H

#include <openssl/evp.h>

#include "seal.h"

/* ---- OpenSSL's ciphers, fetched once in a process (hash.c); also starts libsodium ---- */

struct seal_algs {
	EVP_CIPHER *gcm;    /* AES-256-GCM */
	EVP_CIPHER *chacha; /* ChaCha20-Poly1305 */
};
const struct seal_algs *seal_algs(void);
void seal_die(const char *why) __attribute__((noreturn)); /* no way to go on that is not a lie: the process ends, with a sentence on stderr */

int seal_room(const struct buf *b, const char *what, struct err *e) MUST; /* 0, or why b failed */

/* ---- one ChaCha20-Poly1305 context with its key set; the nonce comes with each call (aead.c) ---- */

#define CHACHA_TAG 16
struct chacha; /* seals or opens, as it was made */
struct chacha *chacha_new(const uint8_t key[32], bool seal); /* NULL: no memory */
void chacha_free(struct chacha *c);
int chacha_seal(struct chacha *c, const uint8_t nonce[12], struct slice plain, uint8_t *out) MUST; /* n + 16 bytes; plain must not overlap out */
/* Writes sealed.n - 16 bytes, wiped again when the tag is wrong: ERR_CRYPTO. */
int chacha_open(struct chacha *c, const uint8_t nonce[12], struct slice sealed, uint8_t *out) MUST;

/* ---- Bech32 without the length limit, as age uses it (bech32.c) ---- */

/* The case of hrp is the case of the whole. */
#define BECH32_SIZE(hrp_n, n) ((hrp_n) + 1 + (8 * (n) + 4) / 5 + 6 + 1) /* with the NUL */
void bech32_put(const char *hrp, struct slice data, char *out);
int bech32_get(struct slice s, const char *hrp, uint8_t *out, size_t n) MUST; /* exactly n bytes */

/* ---- age's header (age_header.c) ---- */

#define AGE_FILE_KEY 16
#define AGE_NONCE 16
#define AGE_HEADER_MAX 65536 /* bytes: room for 668 recipients; more is refused */
#define AGE_SCRYPT_LABEL "age-encryption.org/v1/scrypt"
#define AGE_X25519_LABEL "age-encryption.org/v1/X25519"

struct age_wrap { /* one X25519 stanza */
	uint8_t share[32], body[32];
};
struct age_header {
	struct buf wraps;     /* of struct age_wrap */
	size_t stanzas;       /* of any kind */
	bool scrypt;          /* then it is the only stanza */
	uint8_t salt[16], scrypt_body[32];
	uint64_t log_n;
	size_t signed_n;      /* bytes under the MAC: up to and including "---" */
	size_t n;             /* of the whole header: the payload begins here */
	uint8_t mac[SEAL_HASH];
};
/* text is the beginning of a file. ret_more (never NULL) is set when text ends before the header does: read more of the file and ask again.
 * ERR_INPUT with the offset as the place. Free with age_header_done, whatever it returned. */
int age_header_parse(struct slice text, struct age_header *h, bool *ret_more, struct err *e) MUST;
void age_header_done(struct age_header *h);

void age_b64_put(struct buf *out, struct slice s);                      /* without padding */
int age_b64_get(struct slice s, uint8_t *out, size_t max, size_t *ret_n) MUST; /* canonical, without padding; max: at least 3 * s.n / 4 */

int age_wrap_key(const uint8_t shared[32], const uint8_t share[32], const uint8_t pub[32], uint8_t out[32], struct err *e) MUST;
int age_scrypt_key(struct slice passphrase, const uint8_t salt[16], int log_n, uint8_t out[32], struct err *e) MUST;
int age_header_mac(const uint8_t file_key[AGE_FILE_KEY], struct slice signed_text, uint8_t out[SEAL_HASH], struct err *e) MUST;
int age_payload_key(const uint8_t file_key[AGE_FILE_KEY], const uint8_t nonce[AGE_NONCE], uint8_t out[32], struct err *e) MUST;
void age_chunk_nonce(uint64_t chunk, bool last, uint8_t out[12]);

/* ---- shares ---- */

#define SHARE_WHOLE 5
void share_whole(const struct share *s, uint8_t out[SHARE_WHOLE]); /* the checksum on its last line */

/* ---- the site's keys ---- */

void site_care_path(int m, const char *end, char out[64]); /* keys/care-rM.END */
void site_identity_text(const struct age_identity *id, struct buf *ret); /* as age-keygen writes it */
int site_identity_text_parse(struct slice text, struct age_identity *ret, struct err *e) MUST; /* one identity among comments; ERR_CORRUPT */

#endif
