/* transfer: one patient's record in one file, for the hospital that takes them.
 *
 * The file is age v1 (C2SP age.md), sealed to the receiver's keys or to a passphrase, so that the ordinary `age` opens it; inside is a tar (POSIX.1-2017 pax, "ustar Interchange Format") that the ordinary `tar` lists:
 *   manifest.json   what the transfer is, and of each file that follows its name, length and SHA-256
 *   manifest.note   a signed note (C2SP signed-note) by the log's key of the sending site, over the manifest
 *   ...             the files, in the manifest's order: README.txt and SHA256SUMS, ips.json, PDFs, ecg/, documents/
 * Nothing follows but the two empty blocks of a tar's end. A header has one spelling (transfer_tar.c), and so has the note; what a check finds is made again and compared. So a tar verifies if and only if no byte of it was changed, added
 * or taken away (tests/transfer/test_check.c changes each), and what tar can say beside files (links, devices, paths that lead elsewhere, a name twice, sparse and huge sizes) it cannot say here.
 *
 * Emergency care law wants the record to go with the patient (EMTALA, 42 CFR 489.24(e)(2)(iii)); the IPS is what the receiver's systems read, the PDFs what its people read.
 * Pure: bytes in, bytes out. Nothing here knows charts: who makes a transfer hands in the files (cli).
 */
#ifndef HOLDFAST_TRANSFER_H
#define HOLDFAST_TRANSFER_H

#include "base.h"
#include "seal.h"

#define TRANSFER_FILES_MAX 256
#define TRANSFER_NAME_MAX 99                    /* bytes of a file's name, which the header's first field takes whole */
#define TRANSFER_FILE_MAX ((size_t)128 << 20)   /* bytes of one file */
#define TRANSFER_MAX ((size_t)512 << 20)        /* bytes of a tar: an ordinary one has two or three MiB, with a day's Holter recording a hundred more */
#define TRANSFER_MANIFEST_MAX ((size_t)1 << 20)
#define TRANSFER_TEXT_MAX 300                   /* bytes of a receiver, a bed, a reason ... */
#define TRANSFER_HOURS_MAX 168                  /* past its time a record stays a record, and its medications are no longer what somebody should go by */
#define TRANSFER_SCRYPT_LOG_N 18                /* as age has it */
#define TRANSFER_SCRYPT_LOG_N_MAX 20            /* of what is opened: 1 GiB */
#define TRANSFER_KEYS_MAX 16                    /* receivers of one file */

/* ---- what it is ---------------------------------------------------------------------------------------------------------------- */

#define TRANSFER_ID_MAX 24
/* "T4711", from the entry that began it: never twice in a ledger. */
void transfer_id_put(uint64_t entry, char ret[TRANSFER_ID_MAX]);
int transfer_id_get(struct slice text, uint64_t *ret, struct err *e) MUST; /* in any case, blanks around */

struct transfer_about {
	char id[TRANSFER_ID_MAX];
	struct slice vkey, origin, site;                   /* of the log, as in SITE/ledger/vkey; the ledger's name; the hospital's */
	struct slice by, receiver, bed, transport, reason; /* empty: not said */
	int64_t made, until;                               /* whole seconds; at most TRANSFER_HOURS_MAX apart */
	uint64_t entries;                                  /* what it shows: entries [0, entries) of the ledger ... */
	int64_t entry_time;                                /* ... the newest of which was received then; 0: none */
	uint64_t checkpoint;                               /* entries that the newest checkpoint covers ... */
	uint8_t root[SEAL_HASH];                           /* ... and its root */
	struct {
		struct slice id, family, given, birth, sex, number, assigner;
	} patient;
	bool is_protected;                                 /* a protected record, included on purpose: reason says why */
	uint32_t ecgs_left_out, documents_left_out;        /* older ones, larger ones */
	int zone_minutes;
};
struct transfer_file {
	struct slice name;  /* transfer_name_ok */
	struct slice type;  /* media type */
	struct slice title; /* what people call it */
	uint64_t entry;     /* it stands in; UINT64_MAX: made for this transfer */
	struct slice bytes;
	uint64_t size;      /* transfer_check: as stated; transfer_tar goes by bytes */
	uint8_t sha256[SEAL_HASH];
};
/* "ips.json", "ecg/4711.pdf": ASCII letters, digits, '.', '-' and '_', no part that begins with one of these three, at most two folders. */
bool transfer_name_ok(struct slice name);

/* ---- making --------------------------------------------------------------------------------------------------------------------- */

/* How to open and check it, in English, French and Chinese. */
void transfer_readme(const struct transfer_about *a, struct buf *ret);
/* Lines for `sha256sum -c`, of these files. */
void transfer_sums(const struct transfer_file *files, size_t n, struct buf *ret);
/* manifest.json. ERR_INPUT, ERR_LIMIT: names, numbers or sizes that cannot stand there. */
int transfer_manifest(const struct transfer_about *a, const struct transfer_file *files, size_t n, struct buf *ret, struct err *e) MUST;

struct transfer_seal { /* what is signed */
	char vkey[256], id[TRANSFER_ID_MAX];
	int64_t made, until;
	uint64_t entries, bytes; /* bytes: of the manifest */
	uint8_t sha256[SEAL_HASH];
};
/* The text to sign (transfer_note.c). ERR_INPUT: longer valid than TRANSFER_HOURS_MAX, an id or key that cannot stand there. */
int transfer_seal_text(const struct transfer_seal *s, struct buf *ret, struct err *e) MUST;
int transfer_tar(int64_t made, struct slice manifest, struct slice note, const struct transfer_file *files, size_t n, struct buf *ret, struct err *e) MUST;

/* ---- opening --------------------------------------------------------------------------------------------------------------------- */

struct transfer {
	struct transfer_about about;
	struct transfer_seal seal;
	struct note_vkey signer;
	struct slice manifest, note;
	struct transfer_file *files;
	size_t n;
};
/* Is every byte as it was signed? vkey NULL: by the key that it names itself, which says that it is whole and nothing of who made it. What was read stands in the arena and in tar.
 * ERR_INPUT: no transfer. ERR_CRYPTO: it was changed; faults has a line for each file that was, as far as can be told. ERR_NO: whole, and signed by another key than vkey. *ret is filled for 0 and for ERR_NO. */
int transfer_check(struct slice tar, const struct note_vkey *vkey, struct arena *a, struct transfer *ret, struct buf *faults, struct err *e) MUST;
const struct transfer_file *transfer_find(const struct transfer *t, const char *name); /* NULL */
/* The private halves in a key file as `age-keygen` writes it: a key a line, '#' comments. At most TRANSFER_KEYS_MAX. The caller wipes them. */
int transfer_identities(struct slice text, struct age_identity ret[TRANSFER_KEYS_MAX], size_t *ret_n, struct err *e) MUST;

/* ---- entries of kind transfer (doc/formats.md) ------------------------------------------------------------------------------------- */

enum transfer_state {
	TRANSFER_BEGUN,     /* and no file was made: it was stopped on the way */
	TRANSFER_MADE,      /* the file's hash is entered, and nothing says that it was written */
	TRANSFER_WRITTEN,   /* the file is there */
	TRANSFER_SENT,
	TRANSFER_RECEIVED,
	TRANSFER_CANCELLED,
	TRANSFER_STATES,
};
const char *transfer_state_name(enum transfer_state s); /* "begun" ... as in the entries */
struct transfer_entry {
	struct slice id, patient, unit, receiver, bed, transport, to, sha256, by, reason, at; /* id: empty with begun; at: RFC 3339, empty: now */
	uint64_t entries;
	bool is_protected;
};
void transfer_entry_put(enum transfer_state what, const struct transfer_entry *n, struct buf *ret);
/* May a command enter this? ret_of: the entry of the transfer that it is about, UINT64_MAX with begun. ERR_INPUT, ERR_DENIED. */
int transfer_entry_check(struct slice body, uint64_t *ret_of, struct err *e) MUST;

struct transfer_row {
	char id[TRANSFER_ID_MAX];
	enum transfer_state state;
	struct slice patient, unit, receiver, bed, transport, to, sha256, by, reason; /* by, reason: of its state */
	uint64_t entry;              /* that began it */
	int64_t begun, made, sent, received, since; /* 0: not; since: of its state. As people said, where they said when */
	bool is_protected;
};
struct transfer_log; /* bodies are read in the order of the ledger */
int transfer_log_new(struct transfer_log **ret, struct err *e) MUST;
void transfer_log_free(struct transfer_log *l); /* NULL is fine */
/* What is no such entry, or cannot follow the state that a transfer is in, is counted as odd and changes nothing. */
int transfer_log_take(struct transfer_log *l, uint64_t entry, int64_t time, struct slice body, struct err *e) MUST;
size_t transfer_log_count(const struct transfer_log *l);
const struct transfer_row *transfer_log_row(const struct transfer_log *l, size_t i); /* in the order of their beginning */
const struct transfer_row *transfer_log_find(const struct transfer_log *l, uint64_t entry); /* NULL */
size_t transfer_log_odd(const struct transfer_log *l);
/* May it become this? ERR_NO says why not. */
int transfer_may_become(const struct transfer_row *t, enum transfer_state s, struct err *e) MUST;
/* Made or sent, and nobody has said that it arrived: since when; 0: nothing is waited for. */
int64_t transfer_waiting_since(const struct transfer_row *t);

/* ---- SMART Health Links (HL7 SMART Health Cards and Links 1.0.0, "SMART Health Links") ----------------------------------------------- */

#define TRANSFER_LINK_URL_MAX 128
#define TRANSFER_LINK_LABEL_MAX 80 /* characters */
struct transfer_link {
	struct slice url;   /* https, where the file will be fetched: at most TRANSFER_LINK_URL_MAX characters */
	struct slice label; /* empty: none */
	int64_t expires;    /* 0: never */
};
/* The file that goes to the url: a compact JWE (RFC 7516: dir, A256GCM, zip DEF), of content type application/fhir+json; and the link that opens it, "shlink:/...", which holds the key. key: 32 random bytes, used once. */
int transfer_link(const struct transfer_link *l, const uint8_t key[32], struct slice fhir, struct buf *ret_jwe, struct buf *ret_link, struct err *e) MUST;

#endif
