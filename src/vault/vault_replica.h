/* Between the files that make replicas. The format of a head stands at the head of vault_replica_head.c. */
#ifndef HOLDFAST_VAULT_REPLICA_H
#define HOLDFAST_VAULT_REPLICA_H

#include "vault.h"
#include "vault_store.h"

#include <pthread.h>

#define REPLICA_HEAD_MAX ((size_t)8 << 20)
#define REPLICA_FILES_MAX 20000
#define REPLICA_FILE_MAX ((uint64_t)4 << 30) /* a segment of the tail */
#define REPLICA_RECORDS 1024                 /* records of packs in one object */

struct replica_file { /* a small file as of a head */
	char path[VAULT_OBJECT_MAX + 1];
	uint64_t size;
	uint8_t sha256[SEAL_HASH];
};
struct replica_head {
	struct note_vkey vkey;
	struct tlog_checkpoint cp;
	uint64_t epoch, packs;
	int64_t time;
	struct replica_file *file; /* sorted by path */
	size_t n, cap;
	struct buf note;
	char name[VAULT_OBJECT_MAX + 1]; /* "heads/..." */
};
void replica_head_init(struct replica_head *h);
void replica_head_done(struct replica_head *h);
int replica_head_add(struct replica_head *h, const char *path, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e) MUST;
const struct replica_file *replica_head_find(const struct replica_head *h, const char *path); /* NULL */
int replica_head_sign(struct replica_head *h, const struct note_signer *k, struct err *e) MUST; /* fills note and name */
/* Pure: a note that is signed with the key it names. */
int replica_head_parse(struct slice note, struct replica_head *ret, struct err *e) MUST;
int replica_head_text(struct slice text, struct replica_head *ret, struct err *e) MUST;
void replica_file_name(const struct replica_file *f, char out[VAULT_OBJECT_MAX + 1]); /* "files/PATH/SHA256" */
/* Copies of the view, a cache: a head names them as the ledger does, and they may be missing or damaged without anything being wrong with the replica. */
#define REPLICA_VIEW "copies/"
#define REPLICA_VIEWS "files/copies/"
#define REPLICA_VIEW_DAYS 1 /* under lock: tomorrow there is another */
bool replica_path_ok(const char *path); /* a file that may stand in a head: one of a site's folders that are copied */

/* Copies of the view that this head does not name any more go, where the store can let go of anything; in a bucket each version when its lock has ended. rep: how many objects went, and how many could not. */
int replica_drop_views(struct vault_store *s, const struct replica_head *h, struct vault_replica_report *rep, struct err *e) MUST;

/* The newest head in a store that one of these keys signed (n 0: any key), by epoch, then size, then time. Heads that others signed: *ret_other gets the newest of them (may be NULL), and how many. ERR_NOT_FOUND. */
struct replica_trust {
	const struct note_vkey *key;
	size_t n;
	const char *origin; /* any key of this name; NULL: not asked */
};
int replica_newest(struct vault_store *s, const struct replica_trust *t, struct replica_head *ret, struct replica_head *ret_other, struct err *e) MUST;

/* The head that the store has had for longest: under a lock nobody else can have come before it. A store that cannot list has only its newest. */
int replica_oldest(struct vault_store *s, struct replica_head *ret, struct err *e) MUST;

/* Several connections to one store (vault_replica_pool.c). */
#define REPLICA_CONNECTIONS 4
#define REPLICA_CONNECTIONS_MAX 16
struct replica_pool;
struct replica_job { /* at the beginning of what the job needs; from malloc, freed by the pool */
	int (*run)(struct replica_job *j, struct vault_store *s /* NULL: another job failed, or no connection: only let go what is held */, struct err *e);
	struct replica_job *next;
};
int replica_pool_new(const char *target, const struct vault_store_options *o, struct vault_store *own /* open on the same target */, unsigned connections /* 0: as is usual */, struct replica_pool **ret, struct err *e) MUST;
int replica_pool_do(struct replica_pool *p, struct replica_job *j, struct err *e) MUST; /* waits while the queue is full; the first failure of any job, and then j is freed */
int replica_pool_wait(struct replica_pool *p, struct err *e) MUST;                      /* all are done; the first failure */
void replica_pool_free(struct replica_pool *p);

/* Small objects fetched before they are asked for. */
#define REPLICA_AHEAD 64
struct replica_ahead;
int replica_ahead_new(struct replica_pool *p, struct replica_ahead **ret, struct err *e) MUST;
void replica_ahead_want(struct replica_ahead *a, const char *name, size_t most); /* not when too many are on their way */
int replica_ahead_take(struct replica_ahead *a, const char *name, struct buf *ret) MUST; /* ERR_NOT_FOUND: nobody asked for it */
void replica_ahead_free(struct replica_ahead *a);

/* The tree of a head, out of its store. */
struct replica_tree {
	struct replica_ahead *ahead; /* NULL: none */
	struct vault_store *s;
	const struct replica_head *h;
	struct ledger_trust *t;
	/* versions of the name that was asked for last */
	char name[VAULT_OBJECT_MAX + 1];
	char (*version)[VAULT_VERSION_MAX + 1];
	size_t n, cap;
};
int replica_tree_open(struct replica_tree *t, struct vault_store *s, const struct replica_head *h, struct err *e) MUST;
void replica_tree_done(struct replica_tree *t);

/* Packs of the ledger that a head speaks of, proven by its tree, in order. */
typedef int replica_pack_fn(void *arg, const struct ledger_pack_ref *p, struct slice record, struct err *e);
int replica_each_pack(struct replica_tree *t, uint64_t from /* 1.. */, replica_pack_fn *fn, void *arg, struct err *e) MUST;
/* The records alone, shape checked, not proven: where the tree is built from them. */
int replica_each_record(struct vault_store *s, const struct replica_head *h, uint64_t from, replica_pack_fn *fn, void *arg, struct err *e) MUST;
/* Packs of the vault, from the list that the head names. */
typedef int replica_vault_fn(void *arg, const char *name /* "vault/content-00000001.age" */, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e);
int replica_each_vault(struct vault_store *s, const struct replica_head *h, replica_vault_fn *fn, void *arg, struct err *e) MUST;
int replica_list_parse(struct slice text, replica_vault_fn *fn, void *arg, struct err *e) MUST; /* pure */

/* What a store has: names and sizes, for "is it there". */
struct replica_names;
int replica_names_read(struct vault_store *s, const char *prefix, struct replica_names **ret, struct err *e) MUST; /* *ret NULL where the store cannot list */
bool replica_names_has(const struct replica_names *n, const char *name, uint64_t size);
bool replica_names_known(const struct replica_names *n, const char *name);
const struct vault_object *replica_names_nth(const struct replica_names *n, const char *name, size_t i); /* the i-th version of this name; NULL */
void replica_names_free(struct replica_names *n);
int replica_names_each(const struct replica_names *n, int (*fn)(void *arg, const struct vault_object *o, struct err *e), void *arg, struct err *e) MUST;

int vault_site_store(int sitefd, struct vault_store **ret, struct err *e) MUST; /* the site as a replica, read only (vault_store_site.c) */

/* One put, with what is to be said of it: other bytes under the name are set aside and named as a fault. */
struct replica_work {
	struct vault_store *to;
	const struct vault_replica_options *o;
	struct vault_replica_report *rep;
	struct buf *faults;
	pthread_mutex_t *lock; /* of rep and faults, where jobs run beside each other; NULL: they do not */
	bool forked; /* an accepted epoch: what the old one went on with is in the way, and is no fault */
};
int replica_put_over(struct replica_work *w, struct vault_store *s, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e) MUST;
int replica_put(struct replica_work *w, struct vault_store *to, const char *name, const struct vault_bytes *b, const uint8_t sha256[SEAL_HASH], struct err *e) MUST;
void replica_fault(struct replica_work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
void replica_count(struct replica_work *w, uint64_t bytes); /* an object more */
void replica_progress(const struct replica_work *w, const char *doing, uint64_t done, uint64_t total);
#define REPLICA_KEY_DAYS 35
unsigned replica_lock_days(const char *name);           /* of an object or a site's file: 0: as everything else */
int64_t replica_renew_every(unsigned retain_days);
int replica_renew(struct vault_store *site, struct vault_store *s, const struct replica_head *h, struct err *e) MUST; /* site: where h's records and lists are read */
void replica_state_get(int dirfd, const char *name, struct vault_replica_state *ret); /* zeros: nothing is known */
int replica_state_put(int dirfd, const char *name, const struct vault_replica_state *st, struct err *e) MUST;
int replica_pointers(struct vault_store *s, const struct replica_head *h, struct slice vkey, struct slice checkpoint, struct err *e) MUST; /* newest, ledger/vkey, ledger/checkpoint, where the store has such */
int replica_says_no(const struct vault_store *s, const struct replica_head *theirs, const char *why, struct err *e) MUST;

#endif
