/* ledger: the append-only, sealed, tamper-evident record. Everything that happens is an entry; everything shown is a view of it.
 *
 * A site's ledger is these folders (every byte is described in doc/formats.md):
 *   SITE/ledger/  vkey, checkpoint (C2SP tlog-checkpoint), tile/... (C2SP tlog-tiles): public, without patient data
 *   SITE/wal/     NNNNNNNN.seg: the write-ahead segments, preallocated by writing, records under AES-256-GCM, key wrapped as an age file to care + recovery
 *   SITE/packs/   care-NNNNNNNN.age: closed packs, plain age v1 files of plain zstd frames; never change once closed; their SHA-256 is itself an entry
 *   SITE/keys/    see seal.h
 * Invariants
 *   - Entry n is the leaf with 0-based index n of an RFC 6962 tree (SHA-256). Receive time never decreases with n.
 *   - An entry is durable when ledger_commit returned 0 after it was appended: one pwrite per segment touched, one fdatasync.
 *   - A checkpoint is signed only over durable entries and only if it extends the last published one.
 *   - A segment is reused only after the packs and tiles that hold all its entries, and the pack entries themselves, are durable.
 *   - Killed at any instant it reopens with every durable entry; a torn tail is set aside in SITE/wal/torn/ and reported, never silently dropped. Damage that is not
 *     a torn tail (a bad record followed by good ones, fewer entries than the published checkpoint says) refuses to open for writing: ERR_CORRUPT.
 * One writer, which holds the lock on SITE/lock (the caller's business). Readers open read-only at any time beside a live writer: they see what is published, and with the care
 * key also what was committed since. The writer starts one thread of its own (ledger_options.single_thread: none); a handle is for one thread of the caller's.
 */
#ifndef HOLDFAST_LEDGER_H
#define HOLDFAST_LEDGER_H

#include "base.h"
#include "seal.h"

/* ---- leaves ---------------------------------------------------------------------------------------------------------- */

/* Kinds are for ever: numbers are never reused. Names are what `ledger list` prints. */
#define LEDGER_KINDS(X)                                                                                                          \
	X(1, HL7V2, "hl7v2")                 /* one HL7 v2 message, its bytes as they stood */                                   \
	X(2, HL7V2_ENVELOPE, "hl7v2-envelope") /* FHS, BHS, BTS, FTS line of a batch */                                          \
	X(3, HL7V2_FRAGMENT, "hl7v2-fragment") /* evidence: partial frame, bytes outside any frame (a whole frame is a message, also when its MSH cannot be read) */            \
	X(4, FHIR, "fhir")                   /* a FHIR resource or bundle, JSON, bytes as they came */                           \
	X(5, OTHER, "other")                 /* something imported that we keep but cannot name */                               \
	X(6, IDENTITY, "identity")           /* merge, un-merge, link by a registrar (JSON, doc/formats.md) */                   \
	X(16, SITE, "site")                  /* first entry of an epoch: name, origin, share hashes, previous epoch */           \
	X(17, PACK, "pack")                  /* a closed pack: name, SHA-256, size, entries it holds */                          \
	X(18, QUARANTINE, "quarantine")      /* the reader died on entry N twice; or the lifting of that */                      \
	X(19, ACCOUNT, "account")            /* user added, changed, disabled; token made or revoked */                          \
	X(20, SESSION, "session")            /* sign-in, failure, sign-out, break-glass with its reason */                       \
	X(21, AUDIT, "audit")                /* a view: FHIR AuditEvent */                                                       \
	X(22, ALARM, "alarm")                /* raised or cleared */                                                             \
	X(23, CONFIG, "config")              /* listener or setting changed */                                                   \
	X(24, SNAPSHOT, "snapshot")          /* of a file tree: counts, verdict, where its catalogue lies; or what a drill of the vault showed */ \
	X(25, VAULT_PACK, "vault-pack")      /* a pack of the vault: name, SHA-256, size */                                      \
	X(26, KEYS, "keys")                  /* keys were rotated: which, why, by whom */                                        \
	X(27, RETENTION, "retention")        /* a rule, a hold, an erasure or the receipt of one (doc/formats.md) */ \
	X(28, KEPT, "kept")                  /* what an erasure of a quarter of messages leaves of it (ledger_erased.c) */ \
	X(29, ECG, "ecg")                    /* a recording: a line of JSON and the files as they came (src/ecg/ecg.h) */ \
	X(30, ECG_ACT, "ecg-act")            /* what somebody did with one: matched, read, signed ... (doc/formats.md) */ \
	X(36, GATE_ACT, "gate-act")          /* a partner link was added, cut, signed for, moved, or proven cut (serve/keeper_gate.c) */ \
	X(37, GATE_HELD, "gate-held")        /* a message of ours that waits for a link: a line of JSON, then the message as it stood */ \
	X(38, GATE_SENT, "gate-sent")        /* that one reached the far side, and what it answered */ \
	X(39, GATE_LETTER, "gate-letter")    /* a letter about a link was made: who, which, its hash */ \
	X(40, GATE_COUNT, "gate-count")      /* what passed each link in an hour */ \
	X(49, DRILL, "drill")                /* what a drill showed; that a recovery share was tested (drill/drill.h) */ \
	X(41, SHEET, "sheet")                /* sheets of paper were printed; or what became of one (doc/formats.md) */ \
	X(42, PACKET, "packet")              /* a unit's charts went into a packet, or one was fetched (serve/keeper_packet.c) */ \
	X(43, CAPTURE, "capture")            /* what a ward wrote down while the EHR was away: a line of JSON, of a scanned sheet its bytes behind it (downtime/downtime.h) */ \
	X(44, DOWNTIME, "downtime")          /* a downtime began, moved on, was closed; a block of numbers was given out */ \
	X(45, BACKLOAD, "backload")          /* what was done to bring a captured item back into the EHR: a line of JSON, of a message its bytes behind it */ \
	X(46, TRANSFER, "transfer")          /* one patient's record went into a file for another hospital; or what became of one (transfer/transfer.h) */ \
	X(47, CONTACTS, "contacts")          /* a list of whom to call: a line of JSON and the file as it came; or that one was taken away (contacts/contacts.h) */ \
	X(48, STATION, "station")            /* a ward's PC was enrolled or revoked, or a pack made for those of a unit to print (serve/keeper_station.c) */ \
	X(51, SCAN, "scan")                  /* a page of paper that nobody could place yet: a line of JSON, its picture behind it; or what became of one (ward/ward_scan.c) */ \
	X(52, CALLS, "calls")                /* whom a cancelled appointment or a diversion has to be told: a list, or what became of one call (contacts/contacts.h) */ \
	X(53, SCOPE, "scope")                /* a case: opened, an input, a question, a decision, a run (scope/scope.h) */ \
	X(50, SCOPE_PART, "scope-part")      /* bytes of an input of a case, which the entry of kind scope behind it names */ \
	X(54, NOTICE, "notice")              /* what is said to whom of a breach: prepared, signed for, sent, come back (notice/notice.h) */ \
	X(55, REGISTRY, "registry-import")   /* a list of reported breaches: a line of JSON and the file as it came (registry/registry.h) */ \
	X(31, REPACK, "repack")               /* a pack was written anew without a body that was erased: as kind pack */

enum ledger_kind {
#define X(n, id, name) LEDGER_##id = n,
	LEDGER_KINDS(X)
#undef X
};
const char *ledger_kind_name(uint8_t kind);       /* "kind-77" for an unknown one: static buffer per kind is not needed, returns "unknown" */
int ledger_kind_parse(struct slice name) MUST;    /* -1: unknown */

#define LEDGER_SOURCE_MAX 64
#define LEDGER_FLAG_ID_REUSED 0x01 /* same sender and control id as an earlier entry, with other bytes */
#define LEDGER_FLAG_REPAIRED 0x02  /* the frame was odd (no VT, missing CR, two MSH in one frame ...); body as it stood */

/* Leaf bytes: version 0x01, kind, flags, u64 receive time ns, u64 body size, 32-byte commitment, u8 length + source. All big-endian.
 * commitment = SHA-256(32-byte salt || body). Valid if and only if exactly these bytes and source is printable ASCII without blanks. */
#define LEDGER_LEAF_MAX (1 + 1 + 1 + 8 + 8 + 32 + 1 + LEDGER_SOURCE_MAX)
struct ledger_leaf {
	uint8_t kind, flags;
	int64_t time;  /* receive time, ns UTC */
	uint64_t size; /* of the body, bytes */
	uint8_t commit[SEAL_HASH];
	char source[LEDGER_SOURCE_MAX + 1]; /* the channel it came on, stamped by us: "mllp/lab", "import", "fhir/NAME", "web/NAME", "site" */
};
size_t ledger_leaf_encode(const struct ledger_leaf *l, uint8_t out[LEDGER_LEAF_MAX]);
int ledger_leaf_decode(struct slice s, struct ledger_leaf *ret, struct err *e) MUST;

#define LEDGER_BODY_MAX (UINT64_C(80) << 20) /* bytes; larger things are files and go to the vault */

struct ledger_entry {
	uint64_t seq;
	struct ledger_leaf leaf;
	uint8_t salt[32];
	struct slice body; /* valid until the next call on the ledger that gave it, or until the callback returns */
	bool erased;       /* only in ledger_scan with bodies: it was erased; the leaf is the tree's, salt and body are empty */
	struct slice rest; /* then: what is left of it (ledger_kept_rest), or empty */
};

/* ---- writing --------------------------------------------------------------------------------------------------------- */

struct ledger;

struct ledger_options {
	bool write;               /* needs keys that can sign and open; read-only otherwise */
	uint64_t segment_size;    /* 0: 64 MiB */
	bool brief;               /* open for a moment only: no segments are written ahead of need */
	uint64_t pack_size;       /* 0: 32 MiB of plaintext */
	int64_t pack_age;         /* 0: 60 s */
	int64_t publish_interval; /* 0: 1 s */
	uint64_t reserve;         /* 0: 1 GiB of written-ahead segments stays for views, captures and cuts (small: for tests and small disks) */
	int64_t (*clock)(void);   /* NULL: time_now */
	unsigned helpers;         /* threads that help while opening has to read every pack again (a rebuild); 0: none */
	void (*progress)(void *arg, uint64_t done, uint64_t total); /* may be NULL: entries, while it does */
	void *arg;
	bool single_thread;       /* everything in the caller's thread, inside ledger_tick: for tests, and where no thread may be started (commits then wait for packs) */
};

/* A new, empty ledger under SITE (folders made; vkey written; checkpoint of size 0 signed). */
int ledger_create(int sitefd, const struct site_keys *keys, struct err *e) MUST;
/* ret_note (may be NULL) gets a sentence when a torn tail was set aside or something else deserves saying. */
int ledger_open(int sitefd, const struct site_keys *keys, const struct ledger_options *o, struct ledger **ret, struct buf *ret_note, struct err *e) MUST;
/* Closes the current pack if it holds entries, publishes, syncs. Freeing without it (ledger_free) is what a crash does. */
int ledger_close(struct ledger *l, struct err *e) MUST;
void ledger_free(struct ledger *l);

/* Stage an entry; it gets its number now and is durable after the next ledger_commit. ERR_FULL: the disk's reserve is reached (ordinary entries only;
 * pass ordinary = false for views, captures and cuts, which may use the reserve). ret_time: the receive time in the leaf. */
int ledger_append(struct ledger *l, uint8_t kind, uint8_t flags, const char *source, struct slice body, bool ordinary, uint64_t *ret_seq, int64_t *ret_time,
                  struct err *e) MUST;
/* Group commit: everything staged, whole or not at all. After a failed write or fdatasync the ledger refuses further writes (fsync-gate). When no segment can be made (ERR_FULL, ...) nothing
 * was written, what is staged stays staged, and it may be called again. */
int ledger_commit(struct ledger *l, struct err *e) MUST;
/* Signs and publishes a checkpoint over everything durable, with its tiles, and closes/recycles what is due; call it often. force: publish now if anything is new.
 * ret_next_ms: when it wants to be called again. */
int ledger_tick(struct ledger *l, bool force, int *ret_next_ms, struct err *e) MUST;

/* The site's care key was rotated (site_rotation_carry): from now on segments are wrapped to the new one, and packs sealed to the quarter's newest key. What was committed stays readable. */
int ledger_rekey(struct ledger *l, const struct site_keys *keys, struct err *e) MUST;

uint64_t ledger_size(const struct ledger *l);      /* staged + durable */
uint64_t ledger_durable(const struct ledger *l);   /* entries that survive a crash */
uint64_t ledger_published(const struct ledger *l); /* covered by the checkpoint on disk */
int64_t ledger_last_time(const struct ledger *l);
void ledger_checkpoint(struct ledger *l, struct buf *ret); /* the published signed note */

/* Has this very body been stored before (for the kinds that ledger_remembers, among them HL7V2, FHIR and CALLS)? Keyed fingerprint table beside the ledger (a cache: rebuilt when missing or stale), each hit confirmed against the
 * stored bytes. ERR_NO: no. Staged entries count. */
int ledger_find_same(struct ledger *l, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
/* The same for the body of an entry of kind ECG: is there one with the same files, whoever sent them and whatever was said with them? */
int ledger_find_recording(struct ledger *l, struct slice body, uint64_t *ret_seq, int64_t *ret_time, struct err *e) MUST;
/* The same table under a second key: was control_key (sender and control id, any bytes) seen with an entry that is still there? It is remembered together with the next HL7V2
 * (or HL7V2_ENVELOPE) entry appended, so what a crash took back does not count as seen. */
bool ledger_control_seen(struct ledger *l, struct slice control_key);
/* Is this very body there, with this kind, as the entry that was remembered under control_key? For lines that are repeated only together with what stands beside them (a batch's envelope). It
 * is remembered, in the same way, together with the next HL7V2_ENVELOPE entry appended. */
bool ledger_control_same(struct ledger *l, struct slice control_key, uint8_t kind, struct slice body, uint64_t *ret_seq, int64_t *ret_time);
/* The ledger cannot read control ids out of bodies. After an unclean stop, or when the table was lost, those of the entries from ledger_control_from to the ledger_size that
 * ledger_open found may be missing (usually none: then the two are equal). A caller that cares scans them, teaches each, and says when it is through. */
uint64_t ledger_control_from(const struct ledger *l);
int ledger_control_learn(struct ledger *l, uint64_t seq, struct slice control_key, struct err *e) MUST;
void ledger_control_learned(struct ledger *l);

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

int ledger_read_leaf(struct ledger *l, uint64_t seq, struct ledger_leaf *ret, struct err *e) MUST; /* needs no key */
int ledger_read(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e) MUST;     /* with body; commitment checked. ERR_ERASED: the sentence says by which entry, when, by whom and why */
/* In order, [from, to). A negative return from fn stops and is passed up. Bodies are opened only when want_bodies; erased ones are given out as that. Fast path of rebuilds. */
typedef int ledger_scan_fn(void *arg, const struct ledger_entry *en, struct err *e);
int ledger_scan(struct ledger *l, uint64_t from, uint64_t to, bool want_bodies, ledger_scan_fn *fn, void *arg, struct err *e) MUST;
/* The same over leaves, for a few kinds (LEDGER_KIND_BIT of each, or-ed): only those are given out, and bundles of leaves without any are not read (SITE/ledger/kinds.idx, a cache: ledger_kinds.c). A kind from 63 on shares its bit with the others from there on. */
#define LEDGER_KIND_BIT(kind) (UINT64_C(1) << ((kind) < 63 ? (kind) : 63))
int ledger_scan_kinds(struct ledger *l, uint64_t from, uint64_t to, uint64_t kinds, ledger_scan_fn *fn, void *arg, struct err *e) MUST;
int ledger_refresh(struct ledger *l, struct err *e) MUST; /* read-only handle beside a live writer: see what is new */
/* The first entry whose receive time is greater than t (so [0, ret) is "as of t"). Binary search over leaves. */
int ledger_at_time(struct ledger *l, int64_t t, uint64_t *ret_seq, struct err *e) MUST;

/* What `ledger verify` finds missing or wrong among tiles and bundles, made again from bundles and packs. Reads every leaf. Never touches what a signature does not cover. */
int ledger_repair(struct ledger *l, struct err *e) MUST;

/* ---- proving and verifying: no private key needed ------------------------------------------------------------------------ */

/* C2SP tlog-proof@v1 text: index, inclusion proof, checkpoint. Then anyone verifies with the vkey alone; ledger_proof_verify is ours. */
int ledger_prove(struct ledger *l, uint64_t seq, struct buf *ret, struct err *e) MUST;
int ledger_proof_verify(struct slice proof, struct slice leaf, const struct note_vkey *v, struct err *e) MUST;
int ledger_consistency(struct ledger *l, uint64_t old_size, uint64_t new_size, struct buf *ret_hashes /* 32 bytes each */, struct err *e) MUST;
/* RFC 6962/9162 verification, pure. */
bool tlog_inclusion_ok(uint64_t index, uint64_t size, const uint8_t leaf_hash[SEAL_HASH], struct slice hashes, const uint8_t root[SEAL_HASH]);
bool tlog_consistency_ok(uint64_t old_size, const uint8_t old_root[SEAL_HASH], uint64_t new_size, const uint8_t new_root[SEAL_HASH], struct slice hashes);
struct tlog_checkpoint {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size;
	uint8_t root[SEAL_HASH];
};
int tlog_checkpoint_parse(struct slice text, struct tlog_checkpoint *ret, struct err *e) MUST; /* the note's text, already verified or not */

struct ledger_verify_options {
	struct slice since;       /* a kept checkpoint (signed note) that this ledger must extend; empty: none */
	bool bodies;              /* open every body and check its commitment: needs care key */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};
struct ledger_verify_report {
	uint64_t size;            /* of the checkpoint */
	uint64_t entries, packs, pack_bytes, wal_entries, bodies;
	uint64_t erased; /* bodies that entries say were erased: gone, and no fault */
	uint8_t root[SEAL_HASH];
	char origin[NOTE_NAME_MAX + 1];
	uint64_t epochs;          /* this one counted in */
	bool since_checked, wal_checked;
};
/* Recomputes every tile from the leaves, the root from the tiles, the signature; every pack against its entry; the tail that is not yet in packs (with the care key). All faults found go to
 * ret_faults, a sentence a line with the place; ERR_NO when there is any. keys may lack the private parts. */
int ledger_verify(int sitefd, const struct site_keys *keys, const struct ledger_verify_options *o, struct ledger_verify_report *ret, struct buf *ret_faults,
                  struct err *e) MUST;

/* ---- epochs (DESIGN 4): the same tree, under a new name and key -------------------------------------------------------------- *
 *
 * After a rebuild, or when the signing key may be in other hands, the log goes on under a new origin and a new key. Entries keep their numbers and the tree goes on growing in the same files, so everything old is readable,
 * and provable under the checkpoint that the old epoch ended with. The first entry of the new epoch (kind site, its number is the old size) names the old origin, size and root. What is kept of each
 * past epoch N: SITE/ledger/epochs/N/vkey and checkpoint, as they stood, and `next`, a signed note that names the new key, signed with it and (where that was to be had) with the old one. */
struct ledger_epoch {
	uint64_t number;             /* from 1 */
	struct note_vkey vkey;
	struct tlog_checkpoint last; /* its last head, signature checked */
	bool handed_on;              /* the old key signed who comes next */
	struct note_vkey next;
};
#define LEDGER_EPOCHS_MAX 64
/* The past epochs, oldest first; ret_n 0: this is the first. dirfd: SITE/ledger. ERR_CORRUPT: what is kept of one does not hold together. */
int ledger_epochs(int dirfd, struct ledger_epoch ret[LEDGER_EPOCHS_MAX], size_t *ret_n, struct err *e) MUST;
/* Begins one. For who holds the site's lock, with no handle open. keys: can sign with the old key, and open; ret_keys: the same with the new one. Killed at any point, ledger_epoch_resume finishes it.
 * `ended` (may be NULL) gets what was ended. reason: printable, at most 400 bytes. */
int ledger_epoch_begin(int sitefd, const struct site_keys *keys, const char *reason, struct site_keys *ret_keys, struct ledger_epoch *ended, struct err *e) MUST;
/* Finishes what ledger_epoch_begin was killed in, and gives the keys as they are then. 1: there was something; 0: nothing. */
int ledger_epoch_resume(int sitefd, struct site_keys *keys, struct err *e) MUST;

/* ---- retention, holds, erasures (DESIGN 5), as the entries of kind retention say them (ledger_retain.c) ------------------------ *
 *
 * Packs are sealed to one key a class and quarter, so what dies is a quarter of a class. Times are the ledger's own: a quarter is due when it has ended and what the rule says has gone by, measured by the receive time of the newest
 * entry. Pure, but for what takes a ledger. */
enum { RETAIN_CARE, RETAIN_FILES, RETAIN_CATALOGUE, RETAIN_CLASSES };
#define RETAIN_MOST 65536
#define RETAIN_KEYS 100
#define RETAIN_SOURCES 4096
struct retain_keep {
	uint32_t n;
	char unit; /* 'y', 'q', 'd'; 0: for ever */
};
struct retain_rule {
	uint64_t seq;
	int64_t time;
	int class;       /* -1: all */
	char source[64]; /* "": of the class */
	struct retain_keep keep;
	char reason[420], who[64];
};
struct retain_hold {
	uint64_t seq;    /* "h" and this is its name */
	int64_t time;
	int class;       /* -1: all */
	uint32_t quarter; /* year * 10 + quarter; 0: all */
	char source[64]; /* "": all */
	char reason[420], who[64];
	uint64_t lifted; /* by this entry; 0: it stands */
	int64_t lifted_at;
};
struct retain_key {
	char name[SITE_PERIOD_MAX];
	uint8_t sha256[SEAL_HASH]; /* of the sealed key file, as it was when erasing was decided */
};
struct retain_erasure {
	uint64_t seq;
	int64_t time;
	int class;
	uint32_t quarter;
	uint64_t packs, bytes;
	bool one;                      /* the body of one entry, `first`; quarter is 0 */
	uint64_t first, end;           /* care: the entries that were erased, [first, end) */
	uint64_t kept_from, kept_to;   /* care: entries of kind kept in this range are what was left of them */
	uint64_t erased, kept, active; /* care: bodies erased, bodies kept, and of those the ones kept for charts in use */
	struct retain_key key[RETAIN_KEYS];
	size_t key_n;
	char reason[420], who[64];
};
struct retain_receipt { /* the last word of one copy about one erasure */
	uint64_t seq, erasure;
	int64_t time;
	char copy[64], where[512], why[300];
	bool done;
	uint64_t destroyed, pending; /* files */
	int64_t until;               /* of what is pending: the latest end of a lock; 0: not known */
};
struct ledger_retain {
	struct retain_rule *rule;
	struct retain_hold *hold;
	struct retain_erasure *erasure;
	struct retain_receipt *receipt;
	size_t rule_n, hold_n, erasure_n, receipt_n;
};
const char *ledger_retain_class_name(int class); /* "care", "files", "catalogue" */
int ledger_retain_class(struct slice s);         /* -1: none */
uint32_t ledger_quarter_of(int64_t time);
void ledger_quarter_format(uint32_t quarter, char out[16]); /* "2026Q4" */
int ledger_quarter_parse(struct slice s, uint32_t *ret) MUST;
int64_t ledger_quarter_end(uint32_t quarter); /* the first instant of the next */
int ledger_keep_parse(struct slice s, struct retain_keep *ret, struct err *e) MUST; /* "10y", "8q", "400d", "forever" */
void ledger_keep_format(struct retain_keep k, char out[16]);
int ledger_keep_enough(int class, struct retain_keep k, struct err *e) MUST;
int64_t ledger_retain_due(uint32_t quarter, struct retain_keep k); /* INT64_MAX: never */
void ledger_retain_done(struct ledger_retain *s);
/* One entry's body. Below 0, and nothing changed: it says nothing that we understand. */
int ledger_retain_take(struct ledger_retain *s, uint64_t seq, int64_t time, struct slice body, struct err *e) MUST;
/* May this body become an entry now (the ledger's time)? ERR_DENIED with the hold, ERR_USAGE, ERR_EXISTS, ... */
int ledger_retain_may(const struct ledger_retain *s, int64_t now, struct slice body, struct err *e) MUST;
const struct retain_rule *ledger_retain_rule(const struct ledger_retain *s, int class, const char *source); /* NULL: none, or for ever */
const struct retain_erasure *ledger_retain_erased(const struct ledger_retain *s, int class, uint32_t quarter);
const struct retain_erasure *ledger_retain_erased_one(const struct ledger_retain *s, uint64_t entry); /* by itself, not with its quarter */
const struct retain_hold *ledger_retain_held(const struct ledger_retain *s, int class, uint32_t quarter, const char *const *sources, size_t n);
int ledger_retain_refuse(const struct retain_hold *h, struct err *e) MUST; /* ERR_DENIED, naming it */
/* All entries of kind retention from `from` on, added to s. Where they stand is remembered in SITE/packs/retention (a cache, written by who writes the ledger): only leaves behind it are looked at. */
int ledger_retain_read(struct ledger *l, uint64_t from, struct ledger_retain *s, struct err *e) MUST;
/* A quarter's key was destroyed, and the entry that says so is durable: what this handle remembers of it goes, the erasure is known from now on, and the segment in use is left for another one, so that its copy goes too. */
int ledger_erased_now(struct ledger *l, struct err *e) MUST;

/* ---- the body of one entry (ledger_repack.c) ---------------------------------------------------------------------------------- *
 *
 * Its pack is written anew without it, under the same name, and an entry of kind repack says what the file is now. Leaf, tree and proofs stay as they are. */
/* May it be? ERR_BUSY: it is in no pack yet, or in the newest: in a minute; ERR_DENIED: Holdfast's own entries, and what an erasure of a quarter kept. *ret_quarter: of its pack, for holds. */
int ledger_may_erase_body(struct ledger *l, uint64_t seq, uint32_t *ret_quarter, struct err *e) MUST;
/* For the writer. Each pack that still holds a body that an entry erased is written anew; *ret_packs: how many. Killed at any point, opening for writing goes on with it or throws it away, and the next call finishes. */
int ledger_repack(struct ledger *l, uint64_t *ret_packs, struct err *e) MUST;

/* ---- what an erasure of a quarter of messages leaves (ledger_erased.c) --------------------------------------------------------- *
 *
 * The body of an entry of kind kept: items in the order of their entries, each either a whole entry as it stood (ledger_entry.c), or what is left of an erased one. */
struct ledger_kept {
	uint64_t seq;
	bool whole;
	struct ledger_entry en; /* whole: commit is not computed */
	struct slice rest;      /* else: JSON of what hangs on this entry's number (doc/formats.md) */
};
int ledger_kept_next(struct cur *c, struct ledger_kept *ret, struct err *e) MUST; /* pure */
void ledger_kept_put(struct buf *out, const struct ledger_entry *en);
void ledger_kept_rest(struct buf *out, uint64_t seq, struct slice rest);
#define LEDGER_KEPT_BODY ((uint64_t)8 << 20) /* a body is closed when it is this long */
/* Is each item of this body what its leaf says, and do they stand in [first, end), in order? *ret_n (may be NULL): whole ones. */
int ledger_kept_check(struct ledger *l, struct slice body, uint64_t first, uint64_t end, uint64_t *ret_n, struct err *e) MUST;
/* Does this kind of entry outlive its quarter? What Holdfast itself has to know again does; what speaks of patients does not. */
bool ledger_outlives(uint8_t kind);
/* The entries that are sealed to keys of this quarter, [first, end); ERR_NOT_FOUND: none. packs and bytes of their files (each may be NULL). */
int ledger_quarter_span(struct ledger *l, uint32_t quarter, uint64_t *ret_first, uint64_t *ret_end, uint64_t *ret_packs, uint64_t *ret_bytes, uint8_t ret_digest[SEAL_HASH], struct err *e) MUST;
/* Each quarter of messages that has packs, in order. */
typedef int ledger_quarter_fn(void *arg, uint32_t quarter, struct err *e);
int ledger_each_quarter(struct ledger *l, ledger_quarter_fn *fn, void *arg, struct err *e) MUST;
/* The first entry that still lies in a segment: what is before it stands in packs only. */
uint64_t ledger_tail_begin(const struct ledger *l);
/* The last place where the time of two neighbouring entries is more than `most` apart: a clock that was set wrong looks so. seq 0: there is none. */
struct retain_jump {
	uint64_t seq;
	int64_t from, to;
};
int ledger_retain_last_jump(struct ledger *l, int64_t most, struct retain_jump *ret, struct err *e) MUST;

/* ---- copies elsewhere: what replicas are made of, without any private key ------------------------------------------------------ */

#define LEDGER_TILE_ENTRIES (-1) /* the "level" of the bundles of leaves */
#define LEDGER_TILE_WIDTH 256
#define LEDGER_TILE_PATH_MAX 96
#define LEDGER_TILE_LEVELS 8
#define LEDGER_BUNDLE_MAX (LEDGER_TILE_WIDTH * (2 + LEDGER_LEAF_MAX))
void ledger_tile_path(int level, uint64_t n, unsigned width, char out[LEDGER_TILE_PATH_MAX]); /* "tile/L/N" or "tile/L/N.p/W", below SITE/ledger */
unsigned ledger_tile_width(int level, uint64_t n, uint64_t size);                              /* of tile n in a tree of this size: 0..256 */

/* One record of SITE/packs/index. */
#define LEDGER_PACK_RECORD 512
struct ledger_pack_ref {
	char name[48];
	uint64_t number, entry, size, first, count;
	char period[SITE_PERIOD_MAX]; /* "care-2026Q3" */
	uint8_t sha256[SEAL_HASH];
	struct ledger_leaf leaf; /* of the entry, computed from its salt and body: where the tree has this leaf, the record is true */
};
int ledger_pack_record_read(struct slice record, uint64_t number, struct ledger_pack_ref *ret, struct err *e) MUST; /* ERR_CORRUPT */

/* What is needed of SITE/wal to open the ledger with the packs up to entry `from` and the checkpoint of `to` entries: each segment's first page and the records that reach beyond `from` (rounded down to a full tile), as a segment file cut
 * off behind them, sealed as it stands. fn gets one after the other, in order; name is the segment's. ERR_NOT_FOUND: segments went out of use meanwhile: read the checkpoint anew. */
typedef int ledger_tail_fn(void *arg, const char *name, int fd, uint64_t size, struct err *e);
int ledger_tail_copy(int sitefd, uint64_t from, uint64_t to, ledger_tail_fn *fn, void *arg, struct err *e) MUST;
int ledger_tail_extend(int fd, struct err *e) MUST; /* such a file becomes a segment again: its full length */
bool ledger_tail_name_ok(const char *name);

/* Copies of the view (ledger_view.c): SITE/copies/copy-ENTRIES-RECORD-VERSION-PART.PARTS.age. A cache to start charts from after a rebuild: it may be missing, old, or of another version, and nothing else hangs on it. */
#define LEDGER_VIEW_VERSION_MAX 48
#define LEDGER_VIEW_PARTS_MAX 9999
#define LEDGER_VIEW_NAME_MAX 128
struct ledger_view_copy {
	uint64_t entries; /* the view holds those below */
	uint64_t record;  /* the entry that names its bytes */
	char version[LEDGER_VIEW_VERSION_MAX];
	unsigned parts;
};
struct ledger_view_part {
	uint64_t size;
	uint8_t sha256[SEAL_HASH];
};
void ledger_view_name(const struct ledger_view_copy *c, unsigned part /* 1.. */, char out[LEDGER_VIEW_NAME_MAX]);
bool ledger_view_name_read(const char *name, struct ledger_view_copy *ret, unsigned *ret_part);
bool ledger_view_same(const struct ledger_view_copy *a, const struct ledger_view_copy *b);
void ledger_view_body_put(const struct ledger_view_copy *c, const char *period, uint64_t plain, const struct ledger_view_part *part, struct buf *out);
/* Pure; everything lives in the arena; record is the caller's to set. ERR_NO: another kind of entry; ERR_CORRUPT. */
int ledger_view_body_read(struct slice body, struct arena *a, struct ledger_view_copy *ret, struct ledger_view_part **ret_part, struct err *e) MUST;
/* Does the ledger name this copy, with these bytes? ERR_NO: it does not. */
int ledger_view_proven(struct ledger *l, const struct ledger_view_copy *c, const struct ledger_view_part *part, struct err *e) MUST;

/* The tree of a signed head, read from a place that nobody trusts. Each tile is proven from the root down before it is given out, so a wrong one is named, and another version of it may be tried. */
struct ledger_trust;
/* The turn-th thing that is said to be this file below SITE/ledger (0 first); ERR_NOT_FOUND: there are no more. */
typedef int ledger_candidate_fn(void *arg, const char *path, unsigned turn, size_t most, struct buf *ret, struct err *e);
int ledger_trust_new(const struct tlog_checkpoint *head, ledger_candidate_fn *fn, void *arg, struct ledger_trust **ret, struct err *e) MUST;
void ledger_trust_free(struct ledger_trust *t);
int ledger_trust_tile(struct ledger_trust *t, int level, uint64_t n, struct slice *ret, struct err *e) MUST; /* its hashes, as wide as it is; valid until the next call */
int ledger_trust_bundle(struct ledger_trust *t, uint64_t n, struct slice *ret, struct err *e) MUST;          /* valid until the next call */
int ledger_trust_leaf(struct ledger_trust *t, uint64_t seq, struct slice *ret, struct err *e) MUST;
int ledger_trust_root(struct ledger_trust *t, uint64_t at, uint8_t out[SEAL_HASH], struct err *e) MUST;      /* of the first `at` entries */
/* The root of the first `at` entries, from the tiles of this ledger. */
int ledger_root(struct ledger *l, uint64_t at, uint8_t out[SEAL_HASH], struct err *e) MUST;
/* The head that is published under SITE/ledger (dirfd), its signature checked with the vkey there. */
int ledger_published_head(int dirfd, struct note_vkey *ret_vkey, struct tlog_checkpoint *ret, struct buf *ret_note, struct err *e) MUST;

#endif
