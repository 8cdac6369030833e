/* vault_internal: the formats of the vault and what reads and writes them. Bytes are described at the head of the file that owns them, and in doc/formats.md:
 *   pack.c, pack_read.c     a pack: frames, padding, seek table            extent.c   places in packs as text
 *   line.c                  a line of a catalogue                          catalogue_read.c, catalogue_write.c  the stream, its list, the chunks made
 *   body.c                  bodies of entries: snapshot, vault-pack        log.c      SITE/vault/log
 *   index.c                 SITE/vault/index                               chunker.c  where chunks end
 * Numbers of packs begin at 1; a number is given once for a class in a site, so (class, number) names a pack for ever.
 */
#ifndef HOLDFAST_VAULT_INTERNAL_H
#define HOLDFAST_VAULT_INTERNAL_H

#include "vault.h"

/* As root on a site of somebody else's: what is made in a folder belongs to whom the folder belongs (walk.c). */
void vault_own(int dirfd, int fd);
/* vault_refresh with the log in another folder: the keeper cannot write in SITE/vault. */
int vault_refresh_into(int sitefd, int logdirfd, const struct site_keys *keys, struct err *e) MUST;

/* ---- limits ------------------------------------------------------------------------------------------------------------ */

#define VAULT_CHUNK_MIN 4096
#define VAULT_CHUNK_MEAN 16384
#define VAULT_CHUNK_MAX 65536
#define VAULT_ID 16                                 /* bytes of a chunk's id: HMAC-SHA-256 under the domain's key, its first half */
#define VAULT_FRAME_MAX ((size_t)256 << 10)         /* plain bytes of a frame */
#define VAULT_FRAME_SEALED_MAX (VAULT_FRAME_MAX + 4096) /* what such a frame may take in a pack */
#define VAULT_PACK_SIZE ((uint64_t)32 << 20)        /* of the age file's plaintext, padding and table included: no pack is larger */
#define VAULT_PACK_PLAIN_MAX ((uint64_t)512 << 20)  /* of the stream in it */
#define VAULT_PACK_FRAMES_MAX ((size_t)1 << 17)
#define VAULT_PATH_MAX ((size_t)64 << 10)           /* raw bytes */
#define VAULT_LINE_MAX ((size_t)1 << 20)            /* of a catalogue, with its LF */
#define VAULT_XATTR_MAX ((size_t)384 << 10)         /* of a node's extended attributes, names and values */
#define VAULT_BODY_MAX ((size_t)1 << 20)            /* of a snapshot's entry */
#define VAULT_NAME_MAX 63                           /* of a source, host, domain */

/* ---- places (extent.c) --------------------------------------------------------------------------------------------------- */

/* As text PACK:OFFSET+LENGTH, decimal; several with commas between. PACK 0 is a hole: LENGTH zeros that are nowhere (OFFSET 0). */
struct vault_extent {
	uint64_t pack, offset, length; /* length is at least 1 */
};
/* The next of a comma-separated list: 1 and *rest moved behind it; 0 at the end; ERR_CORRUPT. */
int vault_extent_next(struct slice *rest, struct vault_extent *ret) MUST;
void vault_extent_put(struct buf *b, const struct vault_extent *x); /* with a comma before it when b does not end in '=' or LF and is not empty */
void vault_pack_name(int class, uint64_t number, char out[48]);    /* "content-00000012.age" */
int vault_pack_parse(struct slice name, int *ret_class, uint64_t *ret_number) MUST; /* ERR_INPUT */

/* ---- one pack, reading (pack_read.c) --------------------------------------------------------------------------------------- */

struct vault_pack;
/* name below dirfd (SITE/vault). The seek table is read; where it is damaged (a shortened file, flipped bytes) the frames are found by walking them from the
 * beginning as far as they go, and vault_pack_damaged says so: what stands before the damage still reads. ERR_NOT_FOUND, ERR_CRYPTO (no key, header damaged), ERR_CORRUPT. */
int vault_pack_open(int dirfd, const char *name, const struct age_identity *with, struct vault_pack **ret, struct err *e) MUST;
/* The same over any bytes (an object store, a test). The source must outlive the pack. */
int vault_pack_open_source(age_source *read, void *arg, uint64_t size, const struct age_identity *with, struct vault_pack **ret, struct err *e) MUST;
void vault_pack_close(struct vault_pack *p);
uint64_t vault_pack_plain(const struct vault_pack *p); /* bytes of the stream */
bool vault_pack_damaged(const struct vault_pack *p);
size_t vault_pack_frames(const struct vault_pack *p);
struct vault_frame {
	uint64_t offset; /* in the stream */
	size_t plain;
	uint64_t at;     /* in the age file's plaintext */
	size_t sealed;   /* bytes there */
};
void vault_pack_frame(const struct vault_pack *p, size_t i, struct vault_frame *ret);
/* Exactly n bytes of the stream at offset. The frame read last is kept, so reading on in order opens each frame once. ERR_CORRUPT or ERR_CRYPTO with the place. */
int vault_pack_read(struct vault_pack *p, void *out, size_t n, uint64_t offset, struct err *e) MUST;
/* The same without a copy, where it lies in one frame: 1, valid until another frame of the pack is read; 0: it does not. */
int vault_pack_look(struct vault_pack *p, size_t n, uint64_t offset, struct slice *ret, struct err *e) MUST;
bool vault_pack_holds(const struct vault_pack *p, uint64_t offset); /* a look there reads no other frame */
/* Every frame in order; a frame that does not open is told with plain.p == NULL and why in `bad`, and the scan goes on. */
typedef int vault_frame_fn(void *arg, const struct vault_frame *f, struct slice plain, const struct err *bad, struct err *e);
int vault_pack_scan(struct vault_pack *p, vault_frame_fn *fn, void *arg, struct err *e) MUST;
/* SHA-256 of one or two pack files, open and of a known size (pack_hash.c). */
struct vault_hash {
	int fd;
	uint64_t size;
	bool read; /* to its end */
	uint8_t sum[SEAL_HASH];
};
struct vault_hasher; /* half a MiB; for one thread */
struct vault_hasher *vault_hasher_new(void); /* NULL: no memory */
void vault_hasher_free(struct vault_hasher *h);
void vault_hash_packs(struct vault_hasher *h, struct vault_hash *f, size_t n /* 1 or 2 */);
/* Pure: the seek table at the end of a pack's plaintext. tail: its last bytes (the whole table must be in it); total: bytes of the plaintext. Frames without padding go to ret (of struct vault_frame). */
int vault_table_parse(struct slice tail, uint64_t total, struct buf *ret, struct err *e) MUST;
/* Pure: one frame. out holds plain bytes. */
int vault_frame_open(struct slice sealed, uint8_t *out, size_t plain, struct err *e) MUST;

/* ---- one pack, writing (pack.c) ----------------------------------------------------------------------------------------------- */

struct vault_pack_writer;
/* Makes SITE/vault/new/NAME. */
int vault_pack_create(int vaultfd, const struct vault_pack_info *info /* name, class, period, domain */, const struct age_recipient *to, struct vault_pack_writer **ret, struct err *e) MUST;
bool vault_pack_room(const struct vault_pack_writer *w, size_t plain, size_t sealed); /* does such a frame still fit? */
/* A frame that vault_frame_make made. ret_offset: of its first byte in the stream. */
int vault_pack_add(struct vault_pack_writer *w, struct slice frame, size_t plain, uint64_t *ret_offset, struct err *e) MUST;
uint64_t vault_pack_written(const struct vault_pack_writer *w); /* plain bytes so far */
/* Padding, table, fsync, rename to SITE/vault/NAME, fsync of the folder. ret: size, plain and SHA-256 filled in. The writer is freed, also on failure (then the file is gone). */
int vault_pack_finish(struct vault_pack_writer *w, struct vault_pack_info *ret, struct err *e) MUST;
void vault_pack_abandon(struct vault_pack_writer *w); /* NULL is fine */
uint64_t vault_padme(uint64_t n); /* the Padmé size for n */

struct vault_compressor; /* one for a thread */
struct vault_compressor *vault_compressor_new(int level); /* NULL: no memory */
void vault_compressor_free(struct vault_compressor *c);
/* plain (1..VAULT_FRAME_MAX bytes) as one zstd frame into out (VAULT_FRAME_SEALED_MAX bytes): raw blocks where a probe or the result says that nothing is gained. Returns its size. */
size_t vault_frame_make(struct vault_compressor *c, struct slice plain, uint8_t *out);

/* ---- bodies of entries (body.c) -------------------------------------------------------------------------------------------------- */

/* vault-pack: {"pack","class","period","domain","size","plain","sha256"} */
void vault_pack_body_write(const struct vault_pack_info *p, struct buf *ret);
int vault_pack_body_parse(struct slice body, struct vault_pack_info *ret, struct err *e) MUST; /* entry stays 0: the caller knows it */

/* snapshot: what struct vault_snapshot says, and where its streams lie (places in catalogue packs). */
struct vault_body {
	struct vault_snapshot s;     /* id, seq and time are not in the body: whoever reads the entry fills them in */
	char domain[64];
	char files_period[SITE_PERIOD_MAX]; /* the period that all content of this snapshot lies in */
	char catalogue_period[SITE_PERIOD_MAX];
	uint64_t catalogue_size;     /* bytes of the catalogue's stream */
	uint64_t list_size, chunks_size; /* bytes of the stream of its list; of the stream of chunks made */
	struct buf list, chunks;     /* extents, as text, of those two streams */
	struct buf roots;            /* JSON array: the paths that were asked for, escaped as in a catalogue */
	char signs[VAULT_SIGNS_MAX]; /* the judge's, for the next judgement and for whoever looks back */
};
void vault_body_write(const struct vault_body *b, struct buf *ret);
/* ret is to be given to vault_body_done, also after a failure. Unknown members are passed over. */
int vault_body_parse(struct slice body, struct vault_body *ret, struct err *e) MUST;
void vault_body_done(struct vault_body *b);
/* A body's roots: raw paths, a NUL behind each. And is a path one of them or below? */
int vault_roots_parse(struct slice json, struct buf *ret, struct err *e) MUST;
bool vault_roots_have(struct slice roots, struct slice path);

struct vault_accepted { /* accept.c */
	uint64_t seq;        /* of the snapshot */
	int64_t time;        /* of the entry: whoever reads it fills it in */
	char source[64], by[64], reason[1024];
};
int vault_accept_parse(struct slice body, struct vault_accepted *ret, struct err *e) MUST;
int vault_accept_apply(const struct vault_accepted *x, struct vault_body *b, struct err *e) MUST; /* where it is of that snapshot */
void vault_snapshot_id(uint64_t seq, char out[24]);
bool vault_name_ok(struct slice s); /* of a source, domain: 1..63 of letters, digits, . _ -, the first no . or - */

/* ---- SITE/vault/log (log.c): the ledger's entries of the vault, so that nobody scans ten million leaves -------------------------------- */

/* A line an entry, in order: SEQ TIME KIND BODY LF: decimal, decimal ns, "vault-pack" or "snapshot" (others are passed over), the body as it stands in the ledger (JSON without line ends).
 * First line "holdfast-vault-log 1" LF. A last line without LF is a crash's and does not count. The keeper appends (vault_log_append); the cache is made again from the ledger by deleting it. */
#define VAULT_LOG_HEAD "holdfast-vault-log 1\n"
struct vault_log_entry {
	uint64_t seq;
	int64_t time;
	struct slice kind, body;
};
/* Pure: the next line of a log's text behind its head. 1, 0 at the end (or at a cut last line), ERR_CORRUPT. */
int vault_log_next(struct cur *c, struct vault_log_entry *ret) MUST;
void vault_log_line(struct buf *b, const struct vault_log_entry *en); /* one line, with LF */

struct vault_known_pack { /* as the log names it; small, because there may be many */
	uint64_t number, entry, size, plain;
	uint16_t class, period, domain; /* the latter two: vault_log_string */
	uint8_t sha256[SEAL_HASH];
};
struct vault_log;
/* Reads the whole log; no file is an empty log. */
int vault_log_open(int vaultfd, struct vault_log **ret, struct err *e) MUST;
void vault_log_close(struct vault_log *l);
size_t vault_log_packs(const struct vault_log *l, const struct vault_known_pack **ret); /* by class, then number */
const struct vault_known_pack *vault_log_pack(const struct vault_log *l, int class, uint64_t number); /* NULL: not known */
const char *vault_log_string(const struct vault_log *l, uint16_t i);
/* Snapshots in order of their entries. The body is parsed on each call. */
size_t vault_log_snapshots(const struct vault_log *l);
int vault_log_snapshot(const struct vault_log *l, size_t i, struct vault_body *ret, struct err *e) MUST;
/* What was erased: its packs, and the erasure that took this snapshot (NULL: none). */
size_t vault_log_gone(const struct vault_log *l, const struct vault_known_pack **ret);
bool vault_log_is_gone(const struct vault_log *l, int class, uint64_t number);
const struct retain_erasure *vault_log_erased(const struct vault_log *l, uint64_t seq);
const struct ledger_retain *vault_log_retain(const struct vault_log *l);
int vault_log_find_seq(const struct vault_log *l, uint64_t seq, size_t *ret_i) MUST; /* ERR_NOT_FOUND */

/* ---- all packs of a site, reading (packs.c): keys by period, a few packs held open ------------------------------------------------------- */

struct vault_packs; /* one thread at a time: make one for each */
/* with: recovery (both classes) or care (catalogues). The log must outlive it. */
int vault_packs_new(int sitefd, const struct vault_log *log, const struct age_identity *with, struct vault_packs **ret, struct err *e) MUST;
void vault_packs_also(struct vault_packs *p, const struct age_identity *ids, size_t n); /* keys of before the last rotations of care: tried where the first does not open a period */
/* With keys that somebody else hands out, one for each period when it is first needed (receive.c). */
typedef int vault_period_fn(void *arg, const char *period, struct age_identity *ret, struct err *e);
int vault_packs_new_asking(int vaultfd, const struct vault_log *log, vault_period_fn *key, void *arg, struct vault_packs **ret, struct err *e) MUST;
void vault_packs_free(struct vault_packs *p);
int vault_packs_get(struct vault_packs *p, int class, uint64_t number, struct vault_pack **ret, struct err *e) MUST; /* valid until the next get */
int vault_packs_read(struct vault_packs *p, int class, const struct vault_extent *x, void *out /* x->length bytes */, struct err *e) MUST; /* no hole */

/* ---- a catalogue's line (line.c), pure ------------------------------------------------------------------------------------------------------- */

#define VAULT_DIGEST 16
/* FS_SYNC_FL, FS_IMMUTABLE_FL, FS_APPEND_FL, FS_NODUMP_FL, FS_NOATIME_FL, FS_DIRSYNC_FL (linux/fs.h): what people set, and what every file system that has such flags has alike */
#define VAULT_FLAGS UINT32_C(0x100f8)
#define VAULT_FLAGS_LOCK UINT32_C(0x30) /* immutable, append only: nothing can be done to it any more */
struct vault_line {
	struct vault_node node;       /* '+' as its type: more extents of the file whose line follows */
	struct slice raw;             /* the line without LF, as it stands in the stream */
	struct slice extents;         /* "PACK:OFFSET+LENGTH,...": vault_extent_next */
	struct slice xattrs;          /* "NAME:BASE64,...": vault_xattr_next */
	struct vault_trait trait;     /* of a file */
	bool has_trait;
	uint8_t digest[VAULT_DIGEST]; /* of a file's content: HMAC-SHA-256 under the chunk key over its chunks' ids, first half. All zero: none */
	bool has_digest;
	bool has_marks;               /* trait.marks and marked */
	bool has_parts;               /* by vault_cat_next: + lines stood before it */
	bool mount;                   /* a folder on which another file system is mounted that was not entered */
	int64_t mtime_s, ctime_s;     /* the same times, seconds and nanoseconds: int64 nanoseconds end in 2262 */
	uint32_t mtime_ns, ctime_ns;
	uint32_t nlink;               /* 0: not said (1) */
	uint32_t flags;               /* of VAULT_FLAGS: as chattr sets them */
};
/* Text without LF in; node.path, node.link point into scratch, which must stay (it is reset first). */
int vault_line_parse(struct slice text, struct buf *scratch, struct vault_line *ret, struct err *e) MUST;
void vault_line_write(const struct vault_line *l, struct buf *ret); /* with LF; raw is not looked at */
/* 1, 0 at the end, ERR_CORRUPT. name is put into ret_name (raw bytes, NUL behind), the value into ret_value; both are reset first. */
int vault_xattr_next(struct slice *rest, struct buf *ret_name, struct buf *ret_value) MUST;
void vault_xattr_put(struct buf *b, struct slice name, struct slice value);
void vault_escape(struct buf *b, struct slice raw);                  /* % and two digits for what is no printable character of UTF-8, for blank, '%', ',' and ':' */
int vault_unescape(struct buf *b, struct slice text) MUST;           /* appends; ERR_CORRUPT */
int vault_path_cmp(struct slice a, struct slice b);                  /* the order of catalogues: by bytes, '/' before all others, so that a folder's inside follows it at once */
bool vault_path_under(struct slice path, struct slice under);        /* the same, or inside it. under empty: yes */

/* ---- a catalogue, reading (catalogue_read.c) -------------------------------------------------------------------------------------------------- */

struct vault_cat;
/* under: only that path and what is in it (empty: all); the reader begins near it. The packs must outlive it. */
int vault_cat_open(struct vault_packs *packs, const struct vault_body *b, struct slice under, struct vault_cat **ret, struct err *e) MUST;
/* 1 and the next line (valid until the next call); 0 at the end: when all was read the root was checked, too. Order and grammar are checked. */
int vault_cat_next(struct vault_cat *c, const struct vault_line **ret, struct err *e) MUST;
/* The lines of a catalogue that stand in a plain file (an agent's list of last time), from an offset at which a line begins. Its root is the caller's to check. The file must stay open. */
int vault_cat_open_file(int fd, uint64_t from, uint64_t size, struct vault_cat **ret, struct err *e) MUST;
/* A second reader of the same catalogue that begins with the current file's first line. */
int vault_cat_again(const struct vault_cat *c, struct vault_packs *packs, const struct vault_body *b, struct vault_cat **ret, struct err *e) MUST;
void vault_cat_close(struct vault_cat *c);
/* Where the current '+' or 'f' line's first extent lies in its file. */
uint64_t vault_cat_file_offset(const struct vault_cat *c);
/* Packs that the catalogue's own stream lies in, each list extent once, for whoever wants to know what a snapshot needs. */
typedef int vault_extent_fn(void *arg, const struct vault_extent *x, struct err *e);
int vault_cat_places(struct vault_packs *packs, const struct vault_body *b, vault_extent_fn *fn, void *arg, struct err *e) MUST;

/* Two catalogues side by side: the changes of files, links and others from the older to the newer, in order of paths. before or after is NULL where there is none. '+' lines are passed over. */
struct vault_pair {
	const struct vault_line *before, *after;
	char what; /* '+' new, '-' gone, '~' content changed, 'm' only metadata changed, '=' the same */
	bool begun, before_end, after_end; /* the reader's own */
	const struct vault_line *before_held, *after_held;
};
int vault_pair_next(struct vault_cat *before /* NULL: nothing */, struct vault_cat *after, struct vault_pair *state /* zeroed at first */, struct err *e) MUST; /* 1, 0, negative */
/* Is it the same content? By type, size, digest, link. */
bool vault_line_same_content(const struct vault_line *a, const struct vault_line *b);

/* Chunks that a backup made, as its snapshot names them: what `check` compares bytes with, and what the index is made again from. Lines: CLASS ID PACK:OFFSET+LENGTH, class 'c' content, 'k' catalogue. */
struct vault_chunk {
	int class;
	uint8_t id[VAULT_ID];
	struct vault_extent at;
};
typedef int vault_chunk_fn(void *arg, const struct vault_chunk *c, struct err *e);
int vault_cat_chunks(struct vault_packs *packs, const struct vault_body *b, vault_chunk_fn *fn, void *arg, struct err *e) MUST;
int vault_chunk_parse(struct slice line, struct vault_chunk *ret) MUST; /* ERR_CORRUPT */

/* ---- keys and chunks (keys.c, chunker.c) --------------------------------------------------------------------------------------------------------- */

int vault_keys_derive(const uint8_t dedupe[32], const char *domain, const char *period, struct vault_keys *ret, struct err *e) MUST;
/* The same from the site's key for any domain of the site: an agent's keys come from the agent's own key (seal_agent_key). For whoever reads back. */
int vault_keys_of_domain(const uint8_t site_dedupe[32], const char *domain, const char *period, struct vault_keys *ret, struct err *e) MUST;
#define VAULT_SITE_DOMAIN "site"
void vault_chunk_id(const struct vault_keys *k, struct slice chunk, uint8_t out[VAULT_ID]);
#define VAULT_IDS 64 /* at once: several are hashed side by side */
void vault_chunk_ids(const struct vault_keys *k, const struct slice *chunks, size_t n, uint8_t (*out)[VAULT_ID]);
/* A file's digest, from SHA-256 over the ids of its chunks in order. */
void vault_digest(const struct vault_keys *k, const uint8_t ids_sha256[SEAL_HASH], uint8_t out[VAULT_DIGEST]);

struct vault_gear {
	uint64_t table[256], twice[256];
};
int vault_gear_init(struct vault_gear *g, const struct vault_keys *k, struct err *e) MUST;
/* Where the first chunk of s ends: 1..s.n. last: nothing follows s; without it s must hold VAULT_CHUNK_MAX bytes. A file's data begins anew behind each hole. */
size_t vault_chunk_end(const struct vault_gear *g, struct slice s);

/* ---- chunk id -> place, on disk (index.c) ------------------------------------------------------------------------------------------------------------ */

struct vault_index; /* for a domain and period; a cache. Not for two threads at once */
/* Opens it, or makes an empty one where there is none, or none of this key, or a damaged head. */
int vault_index_open(int vaultfd, const char *domain, const char *period, const struct vault_keys *k, struct vault_index **ret, struct err *e) MUST;
uint64_t vault_index_stamp(const struct vault_index *ix); /* all chunks of this domain and period that snapshots up to this entry made are in it; 0: none */
uint64_t vault_index_count(const struct vault_index *ix);
bool vault_index_damaged(const struct vault_index *ix); /* a page did not verify: what it held counts as unknown */
bool vault_index_head_ok(const uint8_t key[16], struct slice page, uint64_t file_size, unsigned *ret_bits, uint64_t *ret_stamp); /* pure */
/* 1 and the place; 0: not there. */
int vault_index_find(struct vault_index *ix, const uint8_t id[VAULT_ID], struct vault_extent *ret, struct err *e) MUST;
struct vault_placed {
	uint8_t id[VAULT_ID];
	struct vault_extent at;
};
int vault_index_add(struct vault_index *ix, struct vault_placed *chunks /* sorted here */, size_t n, struct err *e) MUST; /* what is there already gets the new place */
typedef int vault_index_fn(void *arg, const struct vault_placed *p, struct err *e);
int vault_index_each(struct vault_index *ix, vault_index_fn *fn, void *arg, struct err *e) MUST; /* in no order that means anything */
/* Everything in it is on disk, then the stamp. A damaged one is removed instead. Frees it. */
int vault_index_close(struct vault_index *ix, uint64_t stamp, struct err *e) MUST;
void vault_index_free(struct vault_index *ix); /* without a new stamp */

/* ---- struct vault (vault_read.c) ------------------------------------------------------------------------------------------------------------------ */

struct vault {
	int sitefd, vaultfd;
	struct age_identity care, recovery;
	struct age_identity older[SITE_CARE_OLDER]; /* care keys of before the last rotations */
	size_t older_n;
	bool has_care, has_recovery;
	uint8_t dedupe[32];
	bool has_dedupe;
	struct vault_log *log;
	struct vault_packs *catalogues; /* with care, else recovery */
	struct vault_packs *contents;   /* NULL without recovery */
};
int vault_body_of(struct vault *v, const struct vault_snapshot *s, struct vault_body *ret, struct err *e) MUST; /* the whole body of a snapshot that list or find gave */

#endif
