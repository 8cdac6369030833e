/* restore: what its files share.
 *
 *   restore.c        what is to be given back, from one or several snapshots: folders first, then contents in windows, links, and last the folders' own attributes
 *   restore_work.c   a window: its packs verified, its contents written in the order of packs by several threads
 *   restore_tree.c   names below DEST: no link is ever followed, nothing appears under its name before it is whole
 *   restore_meta.c   owner, mode, times, extended attributes
 */
#ifndef HOLDFAST_VAULT_RESTORE_INTERNAL_H
#define HOLDFAST_VAULT_RESTORE_INTERNAL_H

#include "vault_internal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* ---- names below DEST (restore_tree.c) ---- */

struct tree_at { /* a folder below DEST, kept open: the next name is mostly in the same one. One for a thread */
	int root, fd;
	struct buf path; /* of the open one */
	struct buf *made; /* NULL, or where the folders that tree_mkdir made are noted, a path and NUL each */
};
void tree_at_init(struct tree_at *t, int rootfd);
void tree_at_done(struct tree_at *t);
/* The folder that path (absolute, as a catalogue writes it) lies in, and its last component, which points into name. Each component is opened on its own and never through a link.
 * ERR_NOT_FOUND: a folder on the way is not there. ERR_EXISTS: something else is in its place. */
int tree_parent(struct tree_at *t, struct slice path, int *ret_dirfd, char name[256], struct err *e) MUST;
int tree_open(struct tree_at *t, struct slice path, int *ret_fd, struct err *e) MUST; /* a folder itself; the descriptor is t's */
/* The folder and all above it; existing ones are fine (and swept of what an earlier run left). replace: what else stands there is removed, unless it is a folder. */
int tree_mkdir(struct tree_at *t, struct slice path, bool replace, struct err *e) MUST;
void tree_temp(char out[40]); /* a name for what is being written */
void tree_forget(struct tree_at *t);
bool tree_path_ok(struct slice path); /* absolute, no empty, "." or ".." component */

/* ---- attributes (restore_meta.c) ---- */

struct meta_result {
	bool owner, attributes; /* could not be set, and need not be an error: who is not root gives nothing away */
};
/* Of an open file or folder. ERR_x: what a root cannot set either. */
int meta_apply(int fd, const struct vault_line *l, struct meta_result *ret, struct err *e) MUST;
/* What chattr sets, last of all: what is immutable takes no name and no link any more. */
void meta_flags(int fd, const struct vault_line *l, struct meta_result *ret);
/* What stands there is immutable or append-only and in the way: not any more. False: that was not it. */
bool meta_unlock(int dirfd, const char *name, uint32_t *ret_was);
void meta_lock(int dirfd, const char *name, uint32_t was);
int meta_apply_link(int dirfd, const char *name, const struct vault_line *l, struct meta_result *ret, struct err *e) MUST; /* of what is no file or folder, by its name */
/* Below 0, 0, above 0: the file's time of change against the line's. */
int meta_mtime_cmp(const struct stat *st, const struct vault_line *l);

/* ---- the work (restore_work.c) ---- */

struct restore_origin { /* a snapshot that contents come from */
	struct vault_keys keys;
	struct vault_gear gear;
	bool verifies; /* keys and gear are there: a file's digest can be computed */
};

enum file_way { WAY_WRITE, WAY_COMPARE /* something of the same size and time is there: is it the same? */ };
struct restore_file {
	struct slice raw;           /* its line, in the window's arena; p NULL until it is known (only its '+' lines were) */
	struct slice path;
	const struct restore_origin *origin;
	uint64_t size;
	enum file_way way;
	bool opened, suspicious /* a pack of it is not what the ledger says: only its digest proves it */, skip /* decided: nothing to do */, force /* compared, and other: written anew */, sized /* its length is set */;
	bool complete;              /* all its places are known */
	atomic_bool differs, failed;
	int fd;
	char temp[40];
	uint32_t tasks;             /* places */
	atomic_uint_fast32_t done;  /* written or compared */
	char *why;
	struct buf holes;           /* of struct restore_hole, in order: a file's chunks begin anew behind each */
};
struct restore_hole {
	uint64_t at, length;
};
#define RESTORE_HOLES_MAX ((size_t)64 << 20)
struct restore_task {
	uint64_t pack, offset, length, at; /* pack 0: a hole */
	struct restore_file *file;
};

struct restore {
	struct vault *v;
	const struct vault_restore_options *o;
	struct vault_restored done;
	int destfd;
	unsigned threads;
	struct tree_at at;          /* of the planning thread */
	struct arena *window;
	struct restore_task *tasks;
	size_t task_n, task_cap, many; /* many: files of the window with several places: they stay open */
	struct restore_file **files;
	size_t file_n, file_cap;
	struct restore_file *open_file; /* its '+' lines came, its own has not */
	uint8_t *pack_state;        /* by place in the log: 0 not looked at, 1 as the ledger says, 2 not */
	bool prove;                 /* every file's digest is compared (drills) */
	pthread_mutex_t lock;       /* done, files' state, o's callbacks */
	pthread_mutex_t opening;    /* files with several places: one thread opens, all write */
	struct err stop;            /* what ends it all: no room, no memory */
	atomic_bool stopped;
	uint64_t bytes_done, data_done /* without holes */, files_done, bytes_total, files_total, inexact_owner, inexact_attributes, proven;
	int64_t told;
};
#define WINDOW_BYTES ((size_t)10 << 20)
#define WINDOW_TASKS ((size_t)1 << 17)
#define WINDOW_MANY 200

int restore_begin(struct restore *r, struct vault *v, const char *dest, const struct vault_restore_options *o, struct err *e) MUST;
void restore_end(struct restore *r);
/* A '+' or 'f' line. May run a window. */
int restore_content(struct restore *r, const struct restore_origin *from, const struct vault_line *l, uint64_t at, struct slice path, struct err *e) MUST;
int restore_flush(struct restore *r, struct err *e) MUST;
/* Counted and told; the path is made printable. */
void restore_missing(struct restore *r, struct slice path, const char *why);
void restore_missing_err(struct restore *r, struct slice path, const struct err *e);
void restore_tell(struct restore *r, const char *doing);
bool restore_stops(const struct err *e); /* ends all: no room, read-only, no memory */
int restore_origin_init(struct vault *v, const struct vault_body *b, struct restore_origin *ret, struct err *e) MUST;

/* What of a snapshot is wanted: 1 yes, 0 no, negative. */
typedef int restore_want_fn(void *arg, const struct vault_line *l, struct err *e);
/* One snapshot's contents: folders, files, links, others; hard links and folders' attributes come later. lazy: a folder is made only for what is in it and wanted. */
int restore_stream(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct slice under, bool lazy, restore_want_fn *want, void *arg, struct err *e) MUST;
int restore_links(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct slice under, restore_want_fn *want, void *arg, bool trust, struct err *e) MUST;
int restore_folders(struct restore *r, const struct vault_body *b, struct slice under, restore_want_fn *want, void *arg, struct err *e) MUST;
/* The folders above one path, made and noted. */
int restore_above(struct restore *r, struct slice under, struct buf *above, struct err *e) MUST;
/* Attributes of folders that were noted as made, where this snapshot knows them. */
int restore_made(struct restore *r, const struct vault_body *b, const struct buf *made, struct err *e) MUST;
/* Totals, and the root of the catalogue proven before a name is made. */
int restore_survey(struct restore *r, const struct vault_body *b, struct slice under, restore_want_fn *want, void *arg, struct err *e) MUST;

/* Reads a file again and compares its digest with the line's. ERR_CORRUPT: another; ERR_NO: cannot be known. */
int restore_digest(const struct restore_origin *from, int fd, const struct vault_line *l, const struct buf *holes, struct err *e) MUST;
/* Is a pack what the ledger names? In the calling thread; asked once for each. */
bool restore_pack_fits(struct restore *r, int class, uint64_t number);
int restore_key_fits(struct vault *v, const struct vault_body *b, struct err *e) MUST; /* does the key open anything here? */
int restore_plain(struct restore *r, const struct vault_body *b, const struct restore_origin *from, struct err *e) MUST;
int restore_clean(struct restore *r, const struct vault_snapshot *s, const struct vault_body *b, const struct restore_origin *from, struct err *e) MUST; /* clean.c */

#endif
