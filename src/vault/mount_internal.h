/* mount: snapshots as a file system, for looking. What its files share.
 *
 *   mount_read.c   bytes of packs: proven, a bounded cache
 *   mount_cat.c    a catalogue read anywhere: the line of a path is found by halving the stream
 *   mount_tree.c   names and numbers: an inode's number says where its line is, so nothing is kept of what was looked at
 *   mount.c        the kernel's side
 * One thread: the readers are for one at a time.
 */
#ifndef HOLDFAST_VAULT_MOUNT_INTERNAL_H
#define HOLDFAST_VAULT_MOUNT_INTERNAL_H

#include "vault_internal.h"

#include <sys/stat.h>

/* ---- bytes (mount_read.c) ---- */

#define MOUNT_BLOCK ((size_t)64 << 10)
#define MOUNT_SETS 72
#define MOUNT_WAYS 4                       /* 18 MiB of blocks */
#define MOUNT_PROOFS 4                     /* damaged packs whose chunks are known */
struct mount_block {
	int class;
	uint64_t pack, number, used;
	size_t n;
	uint8_t *p;
};
struct mount_proof { /* the chunks of a pack that is not what the ledger names, by offset: each is proven by its id */
	uint64_t pack, used;
	struct buf chunks; /* of struct vault_chunk */
	struct vault_keys keys;
	bool keyed;
};
struct mount_reader {
	struct vault *v;
	uint8_t *pack_state; /* by place in the log: 0 not looked at, 1 as the ledger says, 2 not */
	struct mount_block blocks[MOUNT_SETS][MOUNT_WAYS];
	struct mount_proof proofs[MOUNT_PROOFS];
	uint64_t clock;
	void (*say)(void *arg, const char *sentence);
	void *arg;
};
int mount_reader_init(struct mount_reader *r, struct vault *v, struct err *e) MUST;
void mount_reader_done(struct mount_reader *r);
/* Has this pack the SHA-256 that the ledger names? Hashed once; what is not is said. */
bool mount_pack_fits(struct mount_reader *r, int class, uint64_t number);
/* What the cache holds from this place on: at least a byte, at most to the end of its block; valid until the next call. */
int mount_span(struct mount_reader *r, int class, uint64_t pack, uint64_t offset, struct slice *ret, struct err *e) MUST;
/* Bytes of content: of a pack that is as the ledger names it, or else of chunks that are what the catalogue says. ERR_CORRUPT and others: not one byte of what was asked for counts. */
int mount_content(struct mount_reader *r, uint64_t pack, uint64_t offset, void *out, size_t n, struct err *e) MUST;

/* ---- a catalogue (mount_cat.c) ---- */

struct mount_piece {
	uint64_t at; /* in the stream */
	uint64_t pack, offset;
};
#define MOUNT_PIECES_MAX ((size_t)1 << 20)
struct mount_cat {
	struct mount_reader *r;
	struct vault_body body;
	struct buf pieces; /* of struct mount_piece, in order */
	uint64_t size;
	struct buf head, path; /* of the line that was looked at last by a search */
	char type;
	struct buf text, scratch; /* the line that was read last */
	uint64_t line_at, line_next; /* where it begins; where the next one does. line_next 0: none */
	struct vault_line line;
};
int mount_cat_open(struct mount_reader *r, const struct vault_snapshot *s, struct mount_cat **ret, struct err *e) MUST;
void mount_cat_close(struct mount_cat *c);
enum mount_search {
	MOUNT_GROUP, /* the first line of this path or behind it: of a file of many extents, its first + line */
	MOUNT_MAIN,  /* the line of this path that is no + line, or what stands behind it */
	MOUNT_AFTER, /* the first line that is neither before this path nor in it */
};
/* The position of the first such line, from a line's beginning on; the stream's size where there is none. */
int mount_cat_search(struct mount_cat *c, enum mount_search what, struct slice path, uint64_t from, uint64_t *ret, struct err *e) MUST;
/* The line that begins there, parsed: valid until the next one is read. */
int mount_cat_line(struct mount_cat *c, uint64_t at, const struct vault_line **ret, uint64_t *ret_next, struct err *e) MUST;

/* ---- names and numbers (mount_tree.c) ---- */

/* An inode's number: 17 bits of snapshot (its place + 1; 0: above the snapshots), 8 bits of depth, 39 bits of position in the catalogue's stream.
 * Depth 0: what the line there says. Otherwise a folder that has no line of its own, because it only leads to what was backed up: DEPTH - 1 components of the path of the line there.
 * Above: 1 is the root, 2 and up a source. */
#define MOUNT_POSITION_BITS 39
#define MOUNT_DEPTH_BITS 8
#define MOUNT_SNAPSHOTS_MAX (((size_t)1 << 17) - 1)
#define MOUNT_OPEN 6 /* catalogues held open */
struct mount_snapshot {
	uint64_t seq;
	int64_t time;
	uint32_t source;
};
struct mount_tree {
	struct mount_reader reader;
	struct vault *v;
	struct buf snapshots; /* of struct mount_snapshot, in order */
	size_t log_first;     /* the first one's place in the log */
	struct buf sources;   /* of char[64] */
	struct mount_held {
		struct mount_cat *cat; /* NULL with used: its catalogue cannot be trusted, and that was said */
		size_t snapshot;
		uint64_t used;
	} open[MOUNT_OPEN];
	struct buf here, there, other; /* paths in work */
	uint64_t clock;
	uid_t uid;
	gid_t gid;
};
struct mount_entry {
	uint64_t ino;
	struct stat st;
};
struct mount_file { /* an open file: where in its extents the last read ended. Zeroed but for ino; the rest is filled in by the first read */
	uint64_t ino;
	bool known, unreadable;
	uint64_t size, first; /* first: position of the first line with extents of it */
	uint64_t at;          /* offset in the file of the extent below */
	uint64_t line, text;  /* its line's position, its offset in the line's extents */
};
int mount_tree_init(struct mount_tree *t, struct vault *v, struct err *e) MUST;
void mount_tree_done(struct mount_tree *t);
int mount_top(struct mount_tree *t, const struct vault_snapshot *only, uint64_t *ret, struct err *e) MUST; /* the inode of the root, or of one snapshot's top */
/* These give ERR_NOT_FOUND where there is no such name, and all else is damage. */
int mount_lookup(struct mount_tree *t, uint64_t parent, const char *name, struct mount_entry *ret, struct err *e) MUST;
int mount_attr(struct mount_tree *t, uint64_t ino, struct mount_entry *ret, struct err *e) MUST;
/* The entry of a folder at a cookie (0: the first) and the cookie of what follows. 1, 0 at the end. name: 256 bytes. */
int mount_next(struct mount_tree *t, uint64_t dir, uint64_t cookie, char name[256], struct mount_entry *ret, uint64_t *ret_next, struct err *e) MUST;
int mount_link(struct mount_tree *t, uint64_t ino, struct buf *ret, struct err *e) MUST;
/* For a sentence: its snapshot and path, printable. */
void mount_name(struct mount_tree *t, uint64_t ino, struct buf *ret);
typedef int mount_xattr_fn(void *arg, const char *name, struct slice value);
int mount_xattrs(struct mount_tree *t, uint64_t ino, mount_xattr_fn *fn, void *arg, struct err *e) MUST; /* fn: not 0 ends it */
/* Up to n bytes; fewer only at the file's end. */
int mount_read(struct mount_tree *t, struct mount_file *f, void *out, size_t n, uint64_t offset, size_t *ret, struct err *e) MUST;
/* The next data (or hole) at or behind offset. ERR_NOT_FOUND: none. */
int mount_seek(struct mount_tree *t, struct mount_file *f, bool data, uint64_t offset, uint64_t *ret, struct err *e) MUST;

#endif
