/* What the files of this room share. How it hangs together is in DESIGN.md beside it; each format stands at the head of the file that owns it. */
#ifndef HOLDFAST_LEDGER_INTERNAL_H
#define HOLDFAST_LEDGER_INTERNAL_H

#include "ledger.h"

#include <pthread.h>

static inline void put_u32(uint8_t *to, uint32_t v)
{
	v = htobe32(v);
	memcpy(to, &v, sizeof v);
}

static inline void put_u64(uint8_t *to, uint64_t v)
{
	v = htobe64(v);
	memcpy(to, &v, sizeof v);
}

/* ---- leaves (ledger_leaf.c) and entries as text (ledger_entry.c) ---- */

#define LEAF_VERSION 0x01
#define LEAF_FIXED 52 /* bytes before the source */
bool ledger_source_ok(struct slice s);
void ledger_commitment(const uint8_t salt[32], struct slice body, struct seal_sha256 *h, uint8_t out[SEAL_HASH]);

#define ENTRY_MAGIC "holdfast-entry "
#define ENTRY_LINE_MAX (sizeof ENTRY_MAGIC + 21 + 4 + 4 + 21 + LEDGER_SOURCE_MAX + 1 + 21 + 45)
size_t ledger_entry_line(uint64_t seq, const struct ledger_leaf *l, const uint8_t salt[32], uint8_t out[ENTRY_LINE_MAX]);
bool ledger_base64_32(struct slice s, uint8_t out[32]);
int ledger_entry_next(struct cur *c, struct ledger_entry *ret, struct err *e) MUST;
int ledger_entry_any(struct cur *c, struct ledger_entry *ret, struct err *e) MUST; /* or what is left of an erased one: then only seq, erased and rest are set */

/* ---- the tree and its proofs (tlog_tree.c, tlog_proof.c) ---- */

#define TILE_WIDTH LEDGER_TILE_WIDTH
#define TILE_BYTES (TILE_WIDTH * SEAL_HASH)
#define TREE_LEVELS LEDGER_TILE_LEVELS /* 256^8 leaves */

struct tlog_tile {
	int level;
	uint64_t index;
	uint8_t hash[TILE_WIDTH][SEAL_HASH];
};
struct tlog_tree {
	uint64_t size;
	uint16_t n[TREE_LEVELS]; /* hashes in the open tile of each level, below 256 */
	uint8_t hash[TREE_LEVELS][TILE_WIDTH][SEAL_HASH];
	unsigned closed_n; /* tiles that the last leaf closed: the caller takes them and sets this to 0 */
	struct tlog_tile closed[TREE_LEVELS];
};
void tlog_leaf_hash(struct slice leaf, uint8_t out[SEAL_HASH]);
void tlog_node_hash(const uint8_t left[SEAL_HASH], const uint8_t right[SEAL_HASH], uint8_t out[SEAL_HASH]);
void tlog_perfect(uint8_t *hashes, size_t n, uint8_t out[SEAL_HASH]);
void tlog_fold(uint8_t (*roots)[SEAL_HASH], size_t n, uint8_t out[SEAL_HASH]);
void tlog_tree_init(struct tlog_tree *t);
void tlog_tree_add(struct tlog_tree *t, const uint8_t hash[SEAL_HASH]);
void tlog_tree_root(const struct tlog_tree *t, uint8_t out[SEAL_HASH]);
void tlog_checkpoint_put(struct buf *out, const struct tlog_checkpoint *k);
void tlog_proof_put(struct buf *out, uint64_t index, struct slice hashes, struct slice checkpoint_note);
int tlog_proof_parse(struct slice proof, uint64_t *ret_index, struct buf *ret_hashes, struct slice *ret_note, struct err *e) MUST;

/* ---- tiles on disk (ledger_tiles.c) ---- */

#define TILE_ENTRIES LEDGER_TILE_ENTRIES
#define TILE_PATH_MAX LEDGER_TILE_PATH_MAX
#define BUNDLE_MAX LEDGER_BUNDLE_MAX
struct ledger_tile_slot {
	int level;
	unsigned width; /* 0: empty */
	uint64_t n, used;
	uint8_t *hash;
};
struct ledger_bundle_slot {
	unsigned width;
	uint64_t n, used;
	struct buf bytes;
	uint32_t at[TILE_WIDTH + 1];
};
struct ledger_tiles { /* a reader with a small cache */
	int dirfd;
	uint64_t clock;
	struct ledger_tile_slot tile[24];
	struct ledger_bundle_slot bundle[4];
};
bool ledger_tile_fits(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes); /* is it there, with these bytes? */
int ledger_tile_put(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes, struct err *e) MUST;
int ledger_tile_put_durable(int dirfd, int level, uint64_t n, unsigned width, struct slice bytes, struct err *e) MUST;
int ledger_partials_put(int dirfd, const struct tlog_tree *t, uint64_t before, struct slice bundle, struct err *e) MUST;
void ledger_tile_drop_partials(int dirfd, int level, uint64_t n);
int ledger_tiles_sync(int dirfd, uint64_t from, uint64_t to, struct err *e) MUST;
void ledger_tiles_init(struct ledger_tiles *t, int dirfd);
void ledger_tiles_forget(struct ledger_tiles *t); /* empties the cache */
void ledger_tiles_done(struct ledger_tiles *t);
int ledger_tile_get(struct ledger_tiles *t, int level, uint64_t n, unsigned width, const uint8_t **ret, struct err *e) MUST;
int ledger_bundle_parse(struct slice bytes, unsigned width, uint32_t at[TILE_WIDTH + 1], struct err *e) MUST;
int ledger_bundle_get(struct ledger_tiles *t, uint64_t n, unsigned width, const struct ledger_bundle_slot **ret, struct err *e) MUST;
struct slice ledger_bundle_leaf(const struct ledger_bundle_slot *b, unsigned i);
int ledger_tiles_leaf(struct ledger_tiles *t, uint64_t seq, uint64_t size, struct ledger_leaf *ret, struct err *e) MUST;
int ledger_tiles_root(struct ledger_tiles *t, uint64_t at, uint64_t size, uint8_t out[SEAL_HASH], struct err *e) MUST;
int ledger_tiles_inclusion(struct ledger_tiles *t, uint64_t seq, uint64_t at, uint64_t size, struct buf *ret, struct err *e) MUST;
int ledger_tiles_consistency(struct ledger_tiles *t, uint64_t old, uint64_t at, uint64_t size, struct buf *ret, struct err *e) MUST;
int ledger_tiles_load(struct ledger_tiles *t, uint64_t at, uint64_t size, struct tlog_tree *ret, struct err *e) MUST;

/* ---- a queue with numbered items (ledger_ring.c) ---- */

#define RING_MAX (UINT64_C(512) * 65535)
struct ring {
	size_t item;
	uint64_t base, end;
	uint8_t **chunk;
};
int ring_init(struct ring *r, size_t item, uint64_t base, struct err *e) MUST;
void ring_done(struct ring *r);
void *ring_at(const struct ring *r, uint64_t i);
void *ring_peek(const struct ring *r, uint64_t i); /* the same, for the thread that does not own the ring */
void *ring_push(struct ring *r);
void ring_pop(struct ring *r, uint64_t end); /* takes back what was pushed from end on */
void ring_drop(struct ring *r, uint64_t upto);
void ring_reset(struct ring *r, uint64_t base);

/* ---- the write-ahead segment: format (ledger_segment.c), files (ledger_wal.c), what a crash left (ledger_replay.c) ---- */

#define WAL_PAGE 4096
#define WAL_ID 16
#define WAL_TAG 16
#define WAL_RECORD_HEAD 56
#define WAL_RECORD_TARGET (1u << 20) /* a record is closed when its plaintext reaches this */
#define WAL_SEGMENT_MAX (UINT64_C(1) << 32)
#define WAL_NAME_MAX 32

struct ledger_segment_head {
	uint64_t number, size;
	uint8_t id[WAL_ID];
	struct slice key_file;
};
struct ledger_record_head {
	uint8_t id[WAL_ID];
	uint32_t plain, count, left;
	uint64_t counter, batch, first;
};
void ledger_segment_head_put(uint8_t page[WAL_PAGE], const struct ledger_segment_head *h);
int ledger_segment_head_parse(struct slice page, struct ledger_segment_head *ret, struct err *e) MUST;
void ledger_segment_key_put(struct buf *out, const struct ledger_segment_head *h, const uint8_t key[32]);
int ledger_segment_key_parse(struct slice text, const struct ledger_segment_head *h, uint8_t ret_key[32], struct err *e) MUST;
void ledger_record_head_put(uint8_t out[WAL_RECORD_HEAD], const struct ledger_record_head *h);
bool ledger_record_head_parse(struct slice bytes, const uint8_t id[WAL_ID], struct ledger_record_head *ret);
uint64_t ledger_record_size(uint64_t plain);
bool ledger_segment_name_parse(const char *name, uint64_t *ret);

struct ledger_segment {
	uint64_t number, size;
	uint8_t id[WAL_ID], key[32];
	int fd;
	int direct;             /* the same file, past the page cache, for small commits; 0: not tried yet, -1: this file system has no such thing */
	struct seal_aead *aead; /* of the thread that owns the handle; NULL until needed */
	bool has_key;
	bool stale;            /* its key is wrapped to a care key of before the last rotation, or soon to be: read, but not for new records */
	struct slice key_file; /* in head_page, while the key is still wrapped */
	uint8_t *head_page;
	uint64_t used;    /* offset behind the last valid record */
	uint64_t counter; /* of the next record, while it is written to */
	bool holds;       /* a record of it stands at its first place, and first/end say which entries it holds */
	uint64_t first, end;
	struct ledger_segment *next;
};
void ledger_segment_free(struct ledger_segment *s);
const char *ledger_segment_name(const struct ledger_segment *s, char out[WAL_NAME_MAX]);

/* Makes a segment ready for use: zeros written, header in place, durable, named. number comes from the caller. */
struct ledger_wal_keys {
	struct age_recipient to[2]; /* care, recovery */
	size_t to_n;
	struct age_identity care[SITE_CARE_MAX]; /* the one in use first */
	size_t care_n;
	bool can_open;
};
typedef bool ledger_pace_fn(void *arg); /* called after each piece of zeros; false: give up */
int ledger_segment_make(int walfd, uint64_t number, uint64_t size, const struct ledger_wal_keys *k, ledger_pace_fn *pace, void *arg, struct ledger_segment **ret,
                        struct err *e) MUST;
void ledger_wal_keys_take(struct ledger_wal_keys *w, const struct site_keys *k);
int ledger_segment_retire(int walfd, struct ledger_segment *s, struct err *e) MUST;
int ledger_segment_renew(int walfd, struct ledger_segment *s, uint64_t number, const struct ledger_wal_keys *k, struct err *e) MUST;
int ledger_segment_remove(int walfd, const struct ledger_segment *s, struct err *e) MUST; /* the file goes; s stays the caller's */
int ledger_segment_unwrap(struct ledger_segment *s, const struct ledger_wal_keys *k, struct err *e) MUST; /* key and aead */
/* 0; ERR_NO: no record of this segment begins there; ERR_CRYPTO: one does, but it is torn or damaged. *ret_plain is in scratch. */
int ledger_record_read(const struct ledger_segment *s, struct seal_aead *aead, uint64_t offset, struct buf *scratch, struct ledger_record_head *ret,
                       struct slice *ret_plain, struct err *e) MUST;

#define WAL_SEGMENTS_MAX 4096
struct ledger_wal_set { /* all segments of a site */
	struct ledger_segment **seg;
	size_t n, cap;
};
int ledger_wal_load(int walfd, struct ledger_wal_set *ret, struct err *e) MUST;
void ledger_wal_set_done(struct ledger_wal_set *w);

struct ledger_record_ref {
	struct ledger_segment *seg;
	uint64_t offset;
	struct ledger_record_head head;
};
struct ledger_torn {
	struct ledger_segment *seg;
	uint64_t offset, size;
};
struct ledger_replay {
	struct ledger_record_ref *record; /* all that count, in order */
	size_t n, cap;
	struct ledger_torn *torn;
	size_t torn_n, torn_cap;
	uint64_t first, end, batch; /* entries [first, end); number of the last whole commit */
	bool damaged;
	struct err damage;
};
/* Damage is not an error of this call. */
int ledger_replay(struct ledger_wal_set *w, const struct ledger_wal_keys *k, uint64_t from, bool judge, struct buf *scratch, struct ledger_replay *ret, struct err *e) MUST;
void ledger_replay_done(struct ledger_replay *r);

/* ---- packs (ledger_pack.c writes, ledger_pack_read.c reads), their catalogue (ledger_packs.c), their keys (ledger_period.c) ---- */

#define PACK_CLASS "care"
#define PACK_FRAME (256u << 10)
#define PACK_INDEX_MAGIC 0x184D2A50u
#define PACK_INDEX_WORD "HFPACK1\0"
#define PACK_SEEK_MAGIC 0x184D2A5Eu
#define PACK_SEEK_END 0x8F92EAB1u
#define PACK_NAME_MAX 40
#define PACK_FRAMES_MAX 65536
#define PACK_FRAME_PLAIN_MAX (LEDGER_BODY_MAX + 4096)

struct ledger_pack_info { /* what a pack entry's body says */
	uint64_t number, size, first, count, plain;
	uint32_t period; /* (year * 10 + quarter) * 100 + M */
	uint8_t sha256[SEAL_HASH];
};
void ledger_pack_name(uint64_t number, char out[PACK_NAME_MAX]);
bool ledger_pack_name_parse(const char *name, uint64_t *ret);
void ledger_pack_body_put(struct buf *out, const struct ledger_pack_info *p);
int ledger_pack_body_parse(struct slice body, struct ledger_pack_info *ret, struct err *e) MUST;

uint32_t ledger_period_of(int64_t time);
struct ledger_periods {
	int sitefd;
	struct site_keys keys; /* care and recovery only */
	struct ledger_period {
		uint32_t period;
		struct age_identity id;
	} *have;
	size_t n, cap;
	uint32_t use_base, use; /* the quarter that was last written to, and the key in use for it */
};
uint32_t ledger_period_in_use(struct ledger_periods *p, int64_t time);
int ledger_period_parse(struct slice s, uint32_t *ret) MUST; /* ERR_INPUT: no period of our class */
void ledger_period_name(uint32_t period, char out[SITE_PERIOD_MAX]);
void ledger_periods_init(struct ledger_periods *p, int sitefd, const struct site_keys *k);
void ledger_periods_done(struct ledger_periods *p);
int ledger_period_get(struct ledger_periods *p, uint32_t period, struct age_identity *ret, struct err *e) MUST;
int ledger_period_recipient(struct ledger_periods *p, uint32_t period, struct age_recipient *ret, struct err *e) MUST;

struct ledger_pack_frame {
	uint64_t first, offset; /* of its first entry; in the plaintext of the age file */
	uint32_t packed, plain;
};
struct ledger_pack_maker;
int ledger_pack_maker_new(int packfd, uint64_t number, uint64_t first, uint32_t period, const struct age_recipient *to, struct ledger_pack_maker **ret, struct err *e) MUST;
void ledger_pack_maker_free(struct ledger_pack_maker *m); /* unlinks what was not finished */
int ledger_pack_maker_add(struct ledger_pack_maker *m, uint64_t seq, struct slice text, struct err *e) MUST;
int ledger_pack_maker_end(struct ledger_pack_maker *m, struct ledger_pack_info *ret, struct err *e) MUST;
uint64_t ledger_pack_maker_plain(const struct ledger_pack_maker *m);
#define PACK_NEW_END ".new"
void ledger_pack_maker_beside(struct ledger_pack_maker *m); /* it ends as NAME.new: another pack stands under its name */
/* What stands in a pack in the place of an entry that was erased: its leaf, so that the tree can be made again from packs (ledger_repack.c). */
void ledger_stub_put(struct buf *out, uint64_t seq, const struct ledger_leaf *leaf);
int ledger_stub_leaf(const struct ledger_entry *en, struct ledger_leaf *ret, struct err *e) MUST; /* ERR_CORRUPT */
int ledger_repack_finish(struct ledger *l, struct err *e) MUST; /* what ledger_repack was killed in: by who opens for writing */

struct ledger_pack;
typedef int ledger_pack_source(void *arg, void *out, size_t n, uint64_t offset, struct err *e);
int ledger_pack_new(ledger_pack_source *read, void *arg, uint64_t size, struct ledger_pack **ret, struct err *e) MUST; /* over the plaintext of the age file: for fuzzing too */
int ledger_pack_open(int packfd, const struct ledger_pack_info *info, const struct age_identity *id, struct ledger_pack **ret, struct err *e) MUST;
void ledger_pack_free(struct ledger_pack *p);
size_t ledger_pack_frames(const struct ledger_pack *p);
size_t ledger_pack_find(const struct ledger_pack *p, uint64_t seq); /* the frame that would hold it */
int ledger_pack_frame(struct ledger_pack *p, size_t i, struct slice *ret_text, struct err *e) MUST; /* valid until the next call on p */

#define PACK_RECORD LEDGER_PACK_RECORD
struct ledger_packs { /* packs/index: one record a pack, in the clear */
	int fd; /* of packs/index, -1: none yet */
	int dirfd;
	uint64_t n;
	struct ledger_pack_info last; /* of record n; all zero for n == 0 */
};
static inline bool ledger_names_pack(uint8_t kind)
{
	return kind == LEDGER_PACK || kind == LEDGER_REPACK;
}
int ledger_pack_record_parse(struct slice record, uint64_t number, struct ledger_pack_info *ret, struct ledger_entry *ret_entry, struct err *e) MUST;
int ledger_packs_open(struct ledger_packs *p, int packfd, bool write, struct err *e) MUST;
int ledger_packs_refresh(struct ledger_packs *p, struct err *e) MUST;
void ledger_packs_done(struct ledger_packs *p);
int ledger_packs_get(const struct ledger_packs *p, uint64_t number, struct ledger_pack_info *ret, struct ledger_entry *ret_entry, uint8_t record[PACK_RECORD], struct err *e) MUST;
int ledger_packs_find(const struct ledger_packs *p, uint64_t seq, struct ledger_pack_info *ret, struct err *e) MUST; /* ERR_NOT_FOUND: in none */
int ledger_packs_put(struct ledger_packs *p, const struct ledger_pack_info *info, const struct ledger_entry *en, struct err *e) MUST; /* written, not yet durable */
int ledger_packs_sync(struct ledger_packs *p, struct err *e) MUST;
static inline uint64_t ledger_packs_end(const struct ledger_packs *p) /* the first entry that is in no pack */
{
	return p->last.first + p->last.count;
}

/* ---- what was erased (ledger_erased.c) ---- */

struct ledger_erased;
int ledger_read_plain(struct ledger *l, uint64_t seq, struct ledger_entry *ret, struct err *e) MUST; /* ledger_read, that knows nothing of what was erased: ERR_CRYPTO where a quarter's key is not there */
void ledger_erased_free(struct ledger_erased *x);
struct ledger_kinds; /* which kinds stand in which bundle (ledger_kinds.c) */
void ledger_kinds_free(struct ledger_kinds *k);
/* Was the quarter of this period erased, as far as the ledger says? Its sentence, for an entry of it, goes to e as ERR_ERASED. ERR_NO: not erased. */
int ledger_erased_period(struct ledger *l, uint32_t period, uint64_t seq, struct err *e) MUST;
int ledger_erased_covers(struct ledger *l, uint64_t seq, struct err *e) MUST; /* the same by what this handle knows already, wherever its body may still lie */
bool ledger_erased_quarter(const struct ledger *l, uint32_t period); /* by what this handle knows: the whole quarter of this period */
int ledger_erased_known(struct ledger *l, struct err *e) MUST;       /* this handle knows all that entries say of erasures */
/* An entry of an erased quarter: 0: it was kept, whole (*ret's body is in the buffer); ERR_ERASED: it was not: ret has seq, erased and rest. */
int ledger_erased_get(struct ledger *l, uint64_t seq, struct buf *room, struct ledger_entry *ret, struct err *e) MUST;

/* ---- which bodies have been seen (ledger_seen.c) ---- */

struct ledger_seen;
enum seen_key { SEEN_BODY, SEEN_CONTROL };
int ledger_seen_open(int dirfd, const uint8_t key[32], struct ledger_seen **ret, bool *ret_new, struct err *e) MUST;
void ledger_seen_free(struct ledger_seen *s);
uint64_t ledger_seen_complete(const struct ledger_seen *s, enum seen_key k); /* entries below are remembered */
uint64_t ledger_seen_print(const struct ledger_seen *s, enum seen_key k, struct slice bytes);
/* Candidates for a fingerprint: fn is called with the entry and 16 bits of its commitment, returns true to stop. */
typedef bool ledger_seen_fn(void *arg, uint64_t seq, uint16_t check);
bool ledger_seen_find(const struct ledger_seen *s, uint64_t print, ledger_seen_fn *fn, void *arg);
int ledger_seen_room(struct ledger_seen *s, size_t n, struct err *e) MUST; /* n more will fit; grows the file */
void ledger_seen_add(struct ledger_seen *s, uint64_t print, uint64_t seq, uint16_t check);
void ledger_seen_add_once(struct ledger_seen *s, uint64_t print, uint64_t seq, uint16_t check);
int ledger_seen_sync(struct ledger_seen *s, uint64_t bodies_to, uint64_t controls_to, bool clean, struct err *e) MUST;

/* ---- the handle ----
 *
 * Two threads at most: the caller's, which appends, commits and reads, and the housekeeper (ledger_house.c), which writes tiles, checkpoints and packs and keeps
 * segments ready. What both touch is in struct ledger_house, under its mutex, and the two rings, of which the housekeeper reads only what it has been told of. */

struct ledger_tail_entry { /* an entry that is not (or not surely) in a pack yet */
	struct ledger_leaf leaf;
	uint8_t salt[32];
	uint64_t record;   /* number in the ring of records; TAIL_STAGED: its text is in l->staged */
	uint32_t line, at; /* where its header line and its body begin in that plaintext */
};
#define TAIL_STAGED UINT64_MAX
struct ledger_tail_record {
	struct ledger_segment *seg;
	uint64_t offset, first;
	uint32_t plain, count;
};

enum ledger_pack_state { PACK_NONE, PACK_BUILT /* tick is to append its entry */, PACK_LOGGED /* its entry is durable */ };

struct ledger_house {
	pthread_mutex_t mu;
	pthread_cond_t wake, done;
	pthread_t thread;
	bool threaded, init;

	/* under mu: what the caller tells */
	bool stop;
	uint64_t durable, records_end, plain; /* entries, records, bytes of plaintext so far */
	uint64_t want_published;
	bool want_pack;
	uint64_t told; /* plain at the last wake */
	/* under mu: what the housekeeper tells */
	uint64_t published, safe; /* entries in the checkpoint; entries that need no segment any more */
	struct buf checkpoint;
	bool control_known; /* control ids of all entries are in the table */
	struct err error; /* the last failure, until a tick has told it */
	uint64_t rounds;  /* steps done */
	/* under mu: passed back and forth */
	enum ledger_pack_state pack_state;
	struct ledger_pack_info pack;
	uint64_t pack_seq;
	struct ledger_leaf pack_leaf;
	uint8_t pack_salt[32];
	struct ledger_segment *spare, *retired; /* lists, oldest first */
	uint64_t spare_bytes, spare_n, next_number;

	/* the housekeeper's own */
	struct tlog_tree *tree;
	struct buf bundle, scratch;
	bool tiles_lost; /* an fsync of tiles failed: only opening anew makes them again */
	uint64_t tiles_durable; /* entries, a multiple of 256 */
	uint64_t tiles_kept;    /* the first tile of the tail begins below the tail: it is durable, and must not be put at risk by writing it again. Entries, or 0 */
	struct ledger_packs packs;
	struct ledger_periods periods;
	struct ledger_pack_maker *maker;
	uint32_t maker_period;
	struct ledger_place {
		uint64_t entry, record, plain; /* the next entry; the record it is in; plaintext before that record */
	} pack_next, packed;              /* what the maker has; what closed packs have: where to begin again after a failure */
	uint64_t last_real; /* the last entry of another kind than pack, + 1 */
	uint64_t last_content; /* and than audit */
	int64_t real_since;
	struct seal_aead *aead;
	uint64_t aead_of; /* number of the segment that aead is for */
	int64_t opened_at, published_at, room_at, seen_at, retry_at;
	uint64_t seen_to;
};

struct ledger {
	bool write, broken;
	uint8_t dedupe[32];
	struct err why; /* of broken */
	struct ledger_options o;
	int sitefd, dirfd, walfd, packfd;
	struct note_vkey vkey;
	struct note_signer signer;
	struct ledger_wal_keys wal_keys;
	struct ledger_periods periods;
	struct seal_sha256 *sha;

	struct ring entries, records; /* the tail */
	uint64_t durable;             /* of a reader: what is published */
	uint64_t tail_end;            /* of a reader: end of what the segments hold beyond the checkpoint; 0: nothing */
	int64_t last_time;
	struct buf staged, sealed;
	uint64_t staged_most; /* bytes of the largest entry that is staged, with its line */
	uint8_t *aligned; /* DIRECT_MOST bytes, as O_DIRECT wants them; NULL until needed */
	uint8_t salts[4096];
	size_t salts_left;
	struct ledger_segment *used, *cur; /* a list, oldest first; cur is its last */
	uint64_t batch;

	struct ledger_seen *seen;
	uint64_t control_print; /* to go with the next HL7 v2 message or envelope line; 0: none */
	uint64_t control_from;
	bool pack_staged; /* the entry of the pack that was built is appended already */

	struct ledger_tiles tiles;
	struct ledger_packs packs;
	struct ledger_open_pack {
		struct ledger_pack *pack;
		uint64_t number, used;
		size_t frame, at; /* + 1 (0: none), and where in its text the entry `next` begins: who reads on finds it without going through those before */
		uint64_t next;
	} open_pack[8]; /* opening one costs an X25519 and its index, 150 us; a frame kept open saves 200 us more */
	uint64_t open_clock;
	struct ledger_open_pack scanned; /* where the last scan stopped: its caller takes some MiB at a time, and goes on there */
	uint64_t seen_made;              /* bodies of the entries below are in the table of seen messages, though its header does not say so yet */
	struct ledger_erased *erased;    /* NULL: nobody asked yet */
	struct ledger_kinds *kinds;      /* likewise */
	struct buf erased_room;
	struct buf scratch;
	uint64_t scratch_record; /* number of the record in it; TAIL_STAGED: none */
	struct slice scratch_plain;
	struct buf checkpoint; /* of a reader */
	struct ledger_wal_set wal; /* of a reader: the segments its tail lies in */

	struct ledger_house house;
};

void ledger_append_init(struct ledger *l);
struct ledger_tail_entry *ledger_tail_entry_at(const struct ledger *l, uint64_t seq);
int ledger_load_tail(struct ledger *l, uint64_t from, struct err *e) MUST; /* a reader: from this entry on; what is whole in the segments */
int ledger_tail_add(struct ledger *l, const struct ledger_record_ref *ref, struct slice plain, struct err *e) MUST;
int ledger_vkey_read(int dirfd, struct note_vkey *ret, struct err *e) MUST;
int ledger_head_read(int dirfd, const struct note_vkey *v, struct tlog_checkpoint *ret, struct buf *ret_note, struct err *e) MUST;
int ledger_remake_tiles(struct ledger *l, uint64_t to, struct tlog_tree *ret_tree, struct err *e) MUST;
int ledger_leaves_from_packs(struct ledger *l, uint64_t from, uint64_t to, struct buf *ret, struct err *e) MUST; /* each behind its length, as in a bundle */
int ledger_seen_fill(struct ledger *l, struct err *e) MUST;
bool ledger_remembers(uint8_t kind); /* by its body */
struct slice ledger_remembered(uint8_t kind, struct slice body); /* the part of it by which it is: of an ECG the recording, not the line on who sent it, which differs from one sending to the next */

/* ---- packs read whole and in order, several at a time (ledger_harvest.c) ---- */

#define LEDGER_HELPERS_MAX 8
struct ledger_harvested_entry {
	uint8_t hash[SEAL_HASH]; /* of the leaf */
	uint64_t print;          /* of a body that is remembered; 0: it is not, or there is no table yet */
	uint16_t check;
};
struct ledger_harvested { /* one pack */
	uint64_t first;
	size_t n;
	struct ledger_harvested_entry *entry;
	struct buf leaves; /* each behind its length, as in a bundle */
};
struct ledger_harvest;
int ledger_harvest_new(struct ledger *l, uint64_t from, uint64_t to, struct ledger_harvest **ret, struct err *e) MUST;
int ledger_harvest_next(struct ledger_harvest *h, const struct ledger_harvested **ret, struct err *e) MUST;
void ledger_harvest_free(struct ledger_harvest *h);

int ledger_house_init(struct ledger *l, struct err *e) MUST;
int ledger_house_start(struct ledger *l, struct err *e) MUST;
void ledger_house_stop(struct ledger *l);
void ledger_house_done(struct ledger *l);
/* Does the disk, asked now, hold what is missing of the reserve, a margin for packs and segments, and bytes more? */
int ledger_house_room(struct ledger *l, uint64_t bytes, bool *ret_enough, struct err *e) MUST;
int ledger_house_step(struct ledger *l, bool *ret_more, struct err *e) MUST;
void ledger_house_leaf(struct ledger *l, struct slice leaf);
int ledger_house_partials(struct ledger *l, struct err *e) MUST;
int ledger_house_feed(struct ledger *l, uint64_t to, struct err *e) MUST;
int ledger_take_segment(struct ledger *l, uint64_t room, struct err *e) MUST;

#endif
