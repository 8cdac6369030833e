/* packet: a unit's charts in one HTML file that opens by double click on a PC with no network.
 *
 * The file is the viewer's page for packets, and inside it the unit's pages as the online viewer gets them, compressed and sealed (age v1). A unit has a key pair of its own (age X25519). Its private half
 * is sealed once to a passphrase (age scrypt), when the unit's words are made, and rides along in every packet; what is in a packet is sealed to the public half. So a site makes packets without knowing
 * any passphrase, and who takes the site's disk opens no packet. Records that are protected are sealed to a second pair with a second passphrase, or left out and counted.
 *
 * The file, from its first byte (packet_write.c):
 *   page      the template up to the line <!--holdfast-packet-->
 *   about     <script type="application/json" id="packet">: JSON without patients' data (struct packet_about), the sealed private half in base64, which script the page may run
 *   data      <script type="text/plain" id="packet-data">: base64 of an age file of a gzip stream (RFC 1952) of lines PATH TAB JSON LF: what the online page is answered to GET PATH
 *   protected the same under id="packet-protected", only where there is any
 *   page      the rest of the template
 *   note      "<!--holdfast-packet-note" LF, a signed note (C2SP signed-note) with exactly one signature, "-->" LF, and no byte after it
 * The note's text is the lines of struct packet_seal. It names the size and the SHA-256 of all bytes before "<!--holdfast-packet-note"; its own bytes have one spelling. So a file verifies if and only if no
 * byte of it was changed, added or taken away (tests change each). The log's key of the site signs; the first line keeps its notes apart from checkpoints, whose first line is the log's origin.
 *
 * What a page can do about its own signature is nothing: whoever changes a page changes what it says of itself. So packet_verify is the check, and the page says "maker not verified by this page".
 * Pure but for packet_key_save and _load. Nothing here knows charts: who makes a packet hands in the pages (serve).
 */
#ifndef HOLDFAST_PACKET_H
#define HOLDFAST_PACKET_H

#include "base.h"
#include "seal.h"

#define PACKET_MAX ((size_t)256 << 20) /* bytes of a file; a unit's pages come to a tenth of that in the largest house known to us */
#define PACKET_PART_MAX ((size_t)2 << 30) /* bytes of pages before compression */
#define PACKET_UNIT_MAX 80
#define PACKET_HOURS_MAX 24 /* by the clock of the PC that opens it */
#define PACKET_SCRYPT_LOG_N 17 /* 128 MiB and about a second of a browser; the words alone hold 96 bits */

/* ---- words and keys ---------------------------------------------------------------------------------------------------------- */

/* Six words of five letters, 16 bits each: proquints (D. Wilkerson, A Proposal for Proquints, arXiv:0901.4016). They can be said over a telephone in any of our languages. */
#define PACKET_WORDS 6
#define PACKET_WORDS_SIZE (PACKET_WORDS * 6)
void packet_words(char out[PACKET_WORDS_SIZE]);
/* One that a person chose: 10 to 200 bytes of UTF-8 without control characters, without blanks around it. ERR_INPUT says what is wrong. */
int packet_passphrase_check(struct slice passphrase, struct err *e) MUST;

#define PACKET_SEALED_MAX 512
struct packet_key { /* of a unit: no secret in it */
	char unit[PACKET_UNIT_MAX + 1];
	bool is_protected; /* the second one, for protected records */
	struct age_recipient to;
	uint8_t sealed[PACKET_SEALED_MAX]; /* the identity ("AGE-SECRET-KEY-1...") as an age file under the passphrase */
	size_t sealed_n;
	int64_t made;
};
/* A unit's name as packets take it: 1 to PACKET_UNIT_MAX bytes of UTF-8 without control characters. */
int packet_unit_check(struct slice unit, struct err *e) MUST;
/* A new pair. Costs a scrypt (a third of a second, 128 MiB). */
int packet_key_new(struct slice unit, bool is_protected, struct slice passphrase, int64_t now, struct packet_key *ret, struct err *e) MUST;
/* SITE/packets/keys/UNIT.key, UNIT.protected.key (doc/formats.md): durable when it returns. A key that is there is replaced: whoever asks has looked. */
int packet_key_save(int sitefd, const struct packet_key *k, struct err *e) MUST;
int packet_key_load(int sitefd, const char *unit, bool is_protected, struct packet_key *ret, struct err *e) MUST; /* ERR_NOT_FOUND: the unit has none */
int packet_key_parse(struct slice text, struct packet_key *ret, struct err *e) MUST;
/* The name of a unit in a file name: letters, digits, '-' and '_' as they are, each other byte as %XX. */
void packet_file_name(const char *unit, const char *suffix, char *out, size_t size);
/* Each unit that has a key. One that cannot be read is passed over, and is the error when the others are through (its place names the file); what fn returns below 0 ends it. */
typedef int packet_unit_fn(void *arg, const struct packet_key *k, struct err *e);
int packet_key_each(int sitefd, packet_unit_fn *fn, void *arg, struct err *e) MUST;

/* ---- making ------------------------------------------------------------------------------------------------------------------- */

/* Pages, compressed as they come. */
struct packet_part;
int packet_part_new(struct packet_part **ret, struct err *e) MUST;
int packet_part_add(struct packet_part *p, const char *path, struct slice json, struct err *e) MUST; /* path without TAB and LF, json without LF: our own bug else */
void packet_part_free(struct packet_part *p); /* NULL is fine */

struct packet_about { /* stands in clear in the file: nothing of a patient */
	const char *site, *origin, *unit, *vkey; /* vkey: of the log, as in SITE/ledger/vkey */
	int64_t made, until;          /* whole seconds; at most PACKET_HOURS_MAX apart */
	uint64_t entries;             /* what the pages show: entries [0, entries) of the ledger ... */
	int64_t entry_time;           /* ... the newest of which was received then; 0: none */
	uint64_t checkpoint;          /* entries that the newest checkpoint covers ... */
	uint8_t root[SEAL_HASH];      /* ... and its root */
	uint32_t persons, left_out;   /* whose pages are in it; protected ones that are not in it at all */
	uint32_t sealed_apart;        /* protected ones under the second passphrase */
	int zone_minutes;
	bool drill;                   /* of a drill: each page says so */
};
/* The file up to its note, appended to ret. apart_key, apart: the second pair and what is for it; NULL: none. Uses the parts up. ERR_LIMIT: larger than PACKET_MAX. ERR_NOT_FOUND: the program was built without the page. */
int packet_write(const struct packet_about *a, const struct packet_key *key, struct packet_part *data, const struct packet_key *apart_key, struct packet_part *apart, struct buf *ret, struct err *e) MUST;

struct packet_seal { /* what is signed */
	char vkey[256], unit[PACKET_UNIT_MAX + 1];
	int64_t made, until;
	uint64_t entries, bytes; /* bytes: before the note */
	uint8_t sha256[SEAL_HASH];
};
/* The text to sign. ERR_INPUT: longer than PACKET_HOURS_MAX valid, a unit or key that cannot stand there. */
int packet_seal_text(const struct packet_seal *s, struct buf *ret, struct err *e) MUST;
/* Puts the note to the end of the file. */
int packet_end(struct buf *file, struct slice note, struct err *e) MUST;

/* ---- checking ------------------------------------------------------------------------------------------------------------------ */

/* Is every byte as it was signed? vkey NULL: by the key that it names itself, which says that it is whole and nothing of who made it. ERR_INPUT: no packet; ERR_CRYPTO: it was changed; ERR_NO: whole, and signed by another key than vkey. */
int packet_verify(struct slice file, const struct note_vkey *vkey, struct packet_seal *ret, struct err *e) MUST;

/* Its pages, appended to ret, opened with the unit's words (not the protected ones): lines PATH TAB JSON LF. ret: of patients' data; its limit is how much is taken. ERR_CRYPTO: other words. Costs a scrypt. */
int packet_open(struct slice file, struct slice words, struct buf *ret, struct err *e) MUST;
bool packet_page_next(struct slice *rest, struct slice *ret_path, struct slice *ret_json); /* false: that was the last, or it is no such line (then something is left of rest) */

/* The page that packets are made with; empty when the program was built without it. */
struct slice packet_template(void);

#endif
