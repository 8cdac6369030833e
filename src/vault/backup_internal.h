/* backup_internal: what the files of a backup share: storing (depot.c), writing the catalogue (catalogue_write.c), walking (walk.c, names.c), what has changed (scan.c), reading (read.c), all of it
 * together (backup.c).
 *
 * A backup is a pipeline of units. A unit is a stretch of the tree in catalogue order: a few hundred nodes, of which the files to be read hold at most UNIT_DATA bytes; or one piece of a large file.
 *   worker threads   take units one after the other: fill (walk, compare with the previous catalogue; under one lock, in order), then read, check, cut and hash (each by itself), then, in the
 *                    units' order, ask which chunks are new, then compress (each by itself)
 *   the caller's     takes finished units in order: frames into packs, places into lines, lines into the catalogue, changes to the judge
 */
#ifndef HOLDFAST_VAULT_BACKUP_INTERNAL_H
#define HOLDFAST_VAULT_BACKUP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "vault_internal.h"

/* ---- text that waits on disk (spool.c): a file without a name in SITE/vault/new ---- */

struct spool {
	int fd;
	uint64_t n; /* bytes in all */
	struct buf tail;
};
int spool_open(struct spool *s, int vaultfd, struct err *e) MUST;
void spool_done(struct spool *s);
int spool_add(struct spool *s, struct slice text, struct err *e) MUST;
int spool_read(struct spool *s, void *out, size_t n, uint64_t offset, struct err *e) MUST;

/* ---- where chunks go (depot.c): one for content, one for catalogues ---- */

struct depot_landing { /* a full pack on its way to the disk, in a thread of its own; it has no entry yet */
	bool flies;
	pthread_t thread;
	struct vault_pack_writer *writer;
	uint64_t number;
	struct buf placed; /* as the depot's */
	struct vault_pack_info info;
	int code;
	struct err err;
};
struct depot {
	int class, vaultfd, packsfd;      /* where packs are made; where those that have an entry stand (the same, but for receive.c) */
	const struct vault_ledger *ledger;
	const struct vault_log *log;
	struct vault_pack_info info;      /* class, period, domain of all its packs */
	struct age_recipient to;
	struct vault_keys keys;
	struct vault_gear gear;
	struct vault_index *index;
	struct spool *made;               /* lines of chunks made */
	uint8_t *ok;                      /* a bit for each pack number below ok_n: there, of the right size, of this domain and period */
	uint64_t ok_n;
	bool any_lost;                    /* a pack that the ledger names is not there */
	struct pending *slots;            /* chunks that are on their way: hash table of slot_n */
	size_t slot_n, slot_used;
	struct vault_pack_writer *writer; /* NULL: none is open */
	uint64_t number;                  /* of its pack */
	struct buf placed;                /* of struct vault_placed: of the open pack */
	struct depot_landing landing;
	uint64_t stored, packs;           /* bytes of finished packs */
	/* of what is not compressed by others: the frame that grows */
	struct vault_compressor *z;
	struct buf frame;
	uint8_t *sealed;
};
enum { DEPOT_NEW = 0, DEPOT_KNOWN = 1, DEPOT_PENDING = 2 };
int depot_open(struct depot *s, int packsfd, int vaultfd, int class, const struct vault_ledger *l, const struct vault_log *log, const uint8_t dedupe[32], const char *domain, struct spool *made,
               struct err *e) MUST;
/* The index is behind what snapshots and killed backups stored: brought up to date. packs: NULL: no key here opens catalogues, what is missing is stored again. */
int depot_catch_up(struct depot *s, struct vault_packs *packs, struct err *e) MUST;
/* Instead of depot_catch_up, away from the site: packs that are there (a bit for each number), those of them that no snapshot told of, and whether any was lost. */
int depot_away(struct depot *s, struct slice there, struct slice untold, bool lost, struct err *e) MUST;
bool depot_pack_ok(const struct depot *s, uint64_t number);
/* DEPOT_NEW: it is reserved now, and the caller stores it. DEPOT_PENDING: somebody earlier does; ask again when its frame was stored. Negative: failed. */
int depot_ask(struct depot *s, const uint8_t id[VAULT_ID], size_t length, struct vault_extent *ret, struct err *e) MUST;
/* A finished frame; its first byte is at *ret (pack and offset). Packs are closed and begun as needed. */
int depot_frame(struct depot *s, struct slice sealed, size_t plain, struct vault_extent *ret, struct err *e) MUST;
int depot_place(struct depot *s, const uint8_t id[VAULT_ID], const struct vault_extent *at, struct err *e) MUST; /* a reserved chunk lies there */
bool depot_placed(const struct depot *s, const uint8_t id[VAULT_ID], struct vault_extent *ret);                  /* where? */
int depot_tell(struct depot *s, const uint8_t id[VAULT_ID], const struct vault_extent *at, struct err *e) MUST;     /* a line into the list of chunks made */
/* Bytes into the growing frame (at most VAULT_CHUNK_MAX): *ret is where they will lie. */
int depot_append(struct depot *s, struct slice bytes, struct vault_extent *ret, struct err *e) MUST;
int depot_close_pack(struct depot *s, struct err *e) MUST; /* also the growing frame; nothing open is fine */
int depot_end(struct depot *s, uint64_t stamp, struct err *e) MUST; /* index */
void depot_done(struct depot *s);

/* ---- the catalogue (catalogue_write.c) ---- */

#define LIST_PIECE_MAX ((uint64_t)1 << 20)

struct cat_writer {
	struct depot *depot;
	struct seal_sha256 *sha;
	struct buf window;    /* whole lines that are not cut into chunks yet */
	bool at_line;         /* the window begins with a line */
	uint64_t total;
	struct spool list;
	struct vault_extent piece; /* of the list, still growing; length 0: none */
	uint64_t skip;
	struct buf piece_path;     /* escaped; empty: no line begins in it yet */
	struct buf text;
};
int cat_writer_open(struct cat_writer *c, struct depot *depot, int vaultfd, struct err *e) MUST;
int cat_writer_add(struct cat_writer *c, struct slice lines, struct err *e) MUST; /* whole lines with their LF, in order */
/* The last chunks, the list, the chunks made; all stored. ret: sizes, places and root. The pack is still open. */
int cat_writer_end(struct cat_writer *c, struct spool *made, struct vault_body *ret, struct err *e) MUST;
void cat_writer_done(struct cat_writer *c);

/* ---- the names in one folder (names.c), sorted by bytes; what is too much for memory goes to a spool in sorted runs and is merged ---- */

struct names;
int names_read(int dirfd, int vaultfd, size_t memory, struct names **ret, struct err *e) MUST; /* dirfd: read from its beginning */
int names_next(struct names *n, const char **ret, struct err *e) MUST;                          /* 1 and a name, valid until the next call; 0 */
size_t names_memory(const struct names *n);
void names_free(struct names *n);

/* ---- walking (walk.c) ---- */

struct walk_dir { /* an open folder that entries are opened below; counted */
	int fd;
	atomic_uint refs;
};
void walk_dir_put(struct walk_dir *d); /* NULL is fine; from any thread */

struct walk_options {
	const char *const *roots; /* absolute, in catalogue order, none inside another */
	size_t root_n;
	const char *const *exclude;
	size_t exclude_n;
	bool one_file_system;
	int vaultfd;
	dev_t site_dev; /* never entered, not mentioned */
	ino_t site_ino;
	void (*trouble)(void *arg, const char *what, struct slice path, int error); /* a folder that cannot be read, names that are too long */
	void *arg;
};
struct walk_entry { /* valid until the next call */
	struct slice path;
	const char *name;     /* below dir */
	struct walk_dir *dir; /* take a reference to keep it */
	struct stat st;
	bool mount;           /* not entered, because another file system begins here */
	bool unreadable;      /* a folder that cannot be listed, or what cannot even be looked at (st is zero then) */
	int fd;               /* of a folder that was opened; -1 */
};
struct walk;
int walk_open(const struct walk_options *o, struct walk **ret, struct err *e) MUST;
int walk_next(struct walk *w, struct walk_entry *ret, struct err *e) MUST; /* 1, 0 at the end */
void walk_close(struct walk *w);
bool walk_selects(const struct walk_options *o, struct slice path); /* would it be met, if it were there: below a root, and not excluded */

/* ---- units ---- */

#define UNIT_DATA ((size_t)512 << 10)             /* of files, or of one large file, at once */
#define UNIT_ROOM (UNIT_DATA + VAULT_CHUNK_MAX)   /* with what the piece before left over */
#define UNIT_SEGMENTS 256                         /* stretches of data and holes of a large file */
#define UNIT_ITEMS 512
#define UNIT_CHUNKS (UNIT_ITEMS + 2 * (UNIT_ROOM / VAULT_CHUNK_MIN) + 8)
#define UNIT_TEXT ((size_t)128 << 10)             /* of lines and paths, before the unit counts as full */
#define UNIT_DIRS 16                              /* open folders that a unit holds on to */
#define UNIT_FRAMES 8

enum { CHUNK_HOLE, CHUNK_NEW, CHUNK_KNOWN, CHUNK_PENDING };
struct unit_chunk {
	uint8_t id[VAULT_ID];
	uint8_t state;
	uint16_t frame;     /* of a new one: which of the unit's, and where in it */
	uint32_t at, n;     /* in data; of a new one, once it is in a frame: at is its place there */
	uint64_t hole;
	struct vault_extent place;
};

enum item_kind {
	ITEM_NONE,  /* was to be read, and is not there any more */
	ITEM_LINE,  /* text: whole lines */
	ITEM_FILE,  /* read in this unit; text: its line up to (without) marks, digest and extents */
	ITEM_PIECE, /* chunks of a large file whose ITEM_FILE is in a later unit */
	ITEM_GONE,  /* was in the catalogue before; no line */
};
struct item {
	uint8_t kind;
	char type, what;          /* what: for the judge; 0: none of its business */
	bool has_before, torn, unreadable, same_stat /* nothing about it says that it changed */, same_time /* of modification */, has_before_digest;
	uint32_t path, path_n;    /* raw, in the unit's text, NUL behind */
	uint32_t text, text_n;
	uint32_t chunk, chunk_n;
	struct vault_trait before, after;
	uint8_t before_digest[VAULT_DIGEST];
	uint64_t ino_before, ino_after, size;
	struct walk_dir *dir;     /* ITEM_FILE, until it is read */
	struct stat st;
};
struct large;
struct unit_segment { /* of a large file: data to be read, or a hole */
	uint64_t at, n;
	bool hole;
};
struct unit {
	uint64_t number;
	bool ready, last;
	struct item *items;       /* UNIT_ITEMS */
	size_t item_n, planned;   /* planned: bytes of files to be read */
	unsigned dirs;
	const struct walk_dir *last_dir;
	struct unit_chunk *chunks; /* UNIT_CHUNKS */
	size_t chunk_n;
	uint8_t *data;            /* UNIT_ROOM; a large file's begins behind room for what the piece before left over */
	size_t data_n;
	struct large *large;      /* NULL: none; else this unit is its piece `piece` */
	uint64_t piece;
	bool piece_last;
	struct unit_segment *segments; /* UNIT_SEGMENTS */
	size_t segment_n;
	uint8_t *sealed;          /* UNIT_ROOM + VAULT_FRAME_SEALED_MAX */
	struct unit_frame {
		size_t at, n, plain;
	} frames[UNIT_FRAMES];
	size_t frame_n;
	struct buf text, trouble; /* trouble: sentences, LF behind each */
	uint64_t unreadable;      /* troubles that are not an item's */
	uint64_t left_out;        /* files of the catalogue before that this backup was not asked for */
};
int unit_init(struct unit *u, struct err *e) MUST;
void unit_done(struct unit *u);
void unit_reset(struct unit *u, uint64_t number);
void unit_trouble(struct unit *u, struct slice path, const char *what, int error);

/* ---- reading (read.c) ---- */

struct reader { /* one for a thread */
	struct content_checker *checker;
	struct buf xattrs, values, line;
};
int reader_init(struct reader *r, struct err *e) MUST;
void reader_done(struct reader *r);
void vault_cut(const struct vault_gear *g, struct unit *u, size_t from, bool last, size_t *ret_used); /* data[from..data_n) into chunks; how much of it */
void read_small(struct reader *r, const struct vault_gear *g, struct unit *u, struct item *it); /* a file of the unit */
/* A node's line without extents, digest and marks: into u->text. fd: open (any way); -1: dirfd and name. */
int node_line(struct reader *r, struct unit *u, struct item *it, const struct vault_line *l, int fd, int dirfd, const char *name, struct err *e) MUST;

/* What a large file's pieces need of it, too. */
int read_begin(struct unit *u, struct item *it, int dirfd); /* opens it and looks; -1 when there is nothing to read: then the item says what it is */
bool read_same_moment(const struct stat *a, const struct stat *b);
void read_finish_line(struct reader *r, struct content_checker *checker, struct unit *u, struct item *it, int fd);
void read_line_unreadable(struct reader *r, struct unit *u, struct item *it);
struct unit_chunk *unit_add_chunk(struct unit *u);

/* ---- large files: a chain of units (large.c) ---- */

struct larges; /* those that are being read: a few at a time */
struct larges *larges_new(void); /* NULL: no memory */
void larges_free(struct larges *p);
/* Opens it; 1, or 0 when it is an ordinary item of this unit after all (unreadable, gone). Waits while too many are being read. Under the lock of filling, as large_plan. */
int large_begin(struct larges *p, struct unit *u, const struct item *it, struct large **ret, struct err *e) MUST;
bool large_plan(struct large *l, struct unit *u); /* what of it this unit, which is empty, has: it is not read yet. True: there is more. False: that was all, and l is the units' */
/* The unit's piece, read; checked and cut when the pieces before it were. From any thread; without that lock. */
void large_work(struct reader *r, const struct vault_gear *g, struct unit *u);
void large_put(struct large *l); /* whoever had planned it does not go on */

void backup_say_left_out(struct buf *reasons, uint64_t n); /* a sentence more in a JSON array of them (backup.c) */

/* ---- what there is and what has changed (scan.c) ---- */

struct scan;
struct scan_options {
	struct walk_options walk;
	struct vault_packs *packs;         /* NULL: no catalogue before can be read */
	const struct vault_body *before;   /* NULL: none */
	int list_fd;                       /* -1; else the catalogue before is this plain file */
	uint64_t list_size;
	bool fresh;                        /* another period: all content is stored again */
	const struct depot *content;       /* lost packs */
	unsigned reread_percent;
	uint64_t turn;                     /* which share is read again this time */
	const struct vault_gear *gear;
	uint8_t key[16];
};
int scan_open(const struct scan_options *o, struct scan **ret, struct err *e) MUST;
int scan_fill(struct scan *s, struct unit *u, struct err *e) MUST; /* u->last at the end */
void scan_close(struct scan *s);

#endif
