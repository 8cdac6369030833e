/* A site into its replica, without a key: the newest head of the outbox, and what it speaks of (vault_outbox.c made both). Order of things: nothing is put before the replica's newest head was found to be one that ours
 * extends; ours is put when all that it speaks of is there. So a push that is killed leaves objects that no head names, and the next one finds them and goes on. */
#include "vault_internal.h"
#include "vault_replica.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct push {
	int sitefd, dirfd;
	struct vault_store *site; /* where the bytes come from */
	struct replica_pool *pool;
	struct replica_work w;
	pthread_mutex_t lock;
	struct note_vkey vkey;
	struct ledger_epoch past[LEDGER_EPOCHS_MAX];
	size_t past_n;
	uint64_t common;             /* entries that the replica's last head and we have in common: what it says of those was put then */
	struct replica_head h, last; /* what we put; what the replica had */
	struct replica_tree tree;    /* of h */
	struct replica_names *there;
	bool records_anew;           /* of the object of records at hand some are of packs that were written anew */
};

/* ---- what we push ---- */

static int own_head(struct push *p, struct err *e)
{
	struct tlog_checkpoint published;
	AUTO_BUF struct buf note = {0};
	struct replica_trust t = {.key = &p->vkey, .n = 1};
	buf_init(&note, 1 << 16);
	int r = ledger_published_head(p->dirfd, &p->vkey, &published, &note, e);
	if (r == 0)
		r = ledger_epochs(p->dirfd, p->past, &p->past_n, e);
	if (r == 0)
		r = replica_newest(p->site, &t, &p->h, NULL, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_BUSY, "outbox", "no head of this epoch lies there yet: it is made by the daemon, or by `holdfast replica push` as the site's owner");
	if (r == 0 && p->h.cp.size > published.size)
		r = err_set(e, ERR_CORRUPT, "outbox/newest", "it speaks of more entries than the log has published: an old copy of the site with a newer outbox in it?");
	return r == 0 ? replica_tree_open(&p->tree, p->site, &p->h, e) : r;
}

/* ---- is the replica one of ours, and behind us? ---- */

static int extends(struct push *p, const struct replica_head *h, struct err *e)
{
	uint8_t root[SEAL_HASH];
	if (h->epoch > p->past_n + 1)
		return replica_says_no(p->w.to, h, "this replica has gone on to a later epoch than this site: this is an old copy of the site. Rebuild from the replica", e);
	uint64_t most = h->epoch <= p->past_n ? p->past[h->epoch - 1].last.size : p->h.cp.size;
	if (h->cp.size > p->h.cp.size || h->cp.size > most) {
		if (h->epoch <= p->past_n && p->w.o && p->w.o->accept_epoch) { /* what the old epoch had beyond its end was lost here; the operator has looked */
			p->common = most < h->cp.size ? most : h->cp.size;
			p->w.forked = true;
			return 0;
		}
		return replica_says_no(p->w.to, h,
		                       h->epoch <= p->past_n ? "this replica holds entries of the last epoch that this site never had or has lost: look at them first (pull it elsewhere); then push with --accept-epoch"
		                                             : "this replica is ahead: it holds entries that this site has not. This site has lost them, or is an old copy. Do not go on here: rebuild from the replica",
		                       e);
	}
	p->common = h->cp.size;
	int r = ledger_trust_root(p->tree.t, h->cp.size, root, e);
	if (r < 0)
		return r;
	return memcmp(root, h->cp.root, SEAL_HASH) ? replica_says_no(p->w.to, h, "this site's ledger does not extend what this replica has seen: the past was rewritten here, or this is another site's replica", e) : 0;
}

static bool same_site(const char *a, const char *b) /* but for the epoch's suffix */
{
	size_t n[2] = {strlen(a), strlen(b)};
	const char *s[2] = {a, b};
	for (int i = 0; i < 2; i++) {
		size_t k = n[i];
		while (k && s[i][k - 1] >= '0' && s[i][k - 1] <= '9')
			k--;
		if (k < n[i] && k >= 2 && s[i][k - 1] == 'e' && s[i][k - 2] == '-')
			n[i] = k - 2;
	}
	return n[0] == n[1] && !memcmp(a, b, n[0]);
}

static int compare(struct push *p, struct err *e)
{
	struct note_vkey key[LEDGER_EPOCHS_MAX + 1];
	struct replica_trust t = {.key = key, .n = p->past_n + 1};
	struct replica_head other;
	replica_head_init(&other);
	for (size_t i = 0; i < p->past_n; i++)
		key[i] = p->past[i].vkey;
	key[p->past_n] = p->vkey;
	int r = replica_newest(p->w.to, &t, &p->last, &other, e);
	if (r == ERR_NOT_FOUND) {
		replica_head_init(&p->last);
		r = 0;
		if (other.name[0])
			r = replica_says_no(p->w.to, &other, "this is the replica of another site", e);
	} else if (r == 0 && other.name[0] && same_site(other.cp.origin, p->vkey.name) && other.epoch > p->past_n + 1) {
		r = replica_says_no(p->w.to, &other, "this replica holds a later epoch, under a key that this site does not know: this is an old copy of the site, or somebody else writes there. Look at it before anything else", e);
	} else if (r == 0 && other.name[0]) {
		replica_fault(&p->w, "%s: there is a head in it of %s that this site did not sign; it was passed over", p->w.to->where, other.cp.origin);
	}
	if (r == 0 && p->last.name[0])
		r = extends(p, &p->last, e);
	replica_head_done(&other);
	return r;
}

/* ---- putting, by several connections ---- */

struct put_job {
	struct replica_job j;
	struct push *p;
	char name[VAULT_OBJECT_MAX + 1]; /* of the object; where it lies here vault_site_open knows */
	uint8_t sha256[SEAL_HASH];
	uint64_t size;                   /* UINT64_MAX: a tile, which is what it is */
	bool fresh, lazy;
	unsigned lock_days;
	bool over; /* of what was written anew */
};

/* The bytes must be what the head, or the ledger, says: a damaged pack is not handed on. */
static int run_put(struct replica_job *j, struct vault_store *s, struct err *e)
{
	struct put_job *x = (struct put_job *)j;
	struct vault_site_place at;
	uint8_t got[SEAL_HASH];
	if (!s)
		return 0;
	AUTO_CLOSE int fd = vault_site_open(x->p->sitefd, x->name, &at, e);
	bool cache = !strncmp(x->name, REPLICA_VIEWS, strlen(REPLICA_VIEWS)); /* what is not there, or not right, is not carried along */
	if (fd < 0 && cache) /* or not for whoever this is to read */
		return 0;
	if (fd == ERR_NOT_FOUND)
		return err_set(e, ERR_CORRUPT, x->name, "it is missing here, and the replica has not got it either");
	if (fd < 0)
		return fd;
	struct vault_bytes b = {.fd = fd, .offset = at.offset, .size = at.n, .fresh = x->fresh, .lazy = x->lazy, .lock_days = x->lock_days};
	int r = vault_bytes_sha256(&b, got, e);
	if (r == 0 && cache && (at.n != x->size || memcmp(got, x->sha256, SEAL_HASH)))
		return 0;
	if (r == 0 && x->size != UINT64_MAX && (at.n != x->size || memcmp(got, x->sha256, SEAL_HASH)))
		r = err_set(e, ERR_CORRUPT, x->name, "it is damaged here: it is not the file that its entry names. `holdfast replica pull` from another replica brings it back");
	if (r == 0 && x->over)
		return replica_put_over(&x->p->w, s, x->name, &b, got, e);
	return r == 0 ? replica_put(&x->p->w, s, x->name, &b, got, e) : r;
}

static int put_job(struct push *p, const char *name, uint64_t size, const uint8_t *sha256, bool fresh, bool lazy, bool over, unsigned lock_days, struct err *e)
{
	struct put_job *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*x = (struct put_job){.j.run = run_put, .p = p, .size = size, .fresh = fresh, .lazy = lazy, .over = over, .lock_days = lock_days};
	snprintf(x->name, sizeof x->name, "%s", name);
	if (sha256)
		memcpy(x->sha256, sha256, SEAL_HASH);
	return replica_pool_do(p->pool, &x->j, e);
}

static int put(struct push *p, const char *name, uint64_t size, const uint8_t *sha256, bool fresh, bool lazy, unsigned lock_days, struct err *e)
{
	return put_job(p, name, size, sha256, fresh, lazy, false, lock_days, e);
}

/* Full tiles behind the last head. Where there is none yet the replica's names are listed once, so that each new tile costs one request and not two. */
static int put_tiles(struct push *p, struct err *e)
{
	uint64_t from = p->common, size = p->h.cp.size, total = (size >> 8) - (from >> 8), done = 0;
	int r = 0;
	if (total > 64 && p->w.to->kind == VAULT_S3)
		r = replica_names_read(p->w.to, "ledger/tile/", &p->there, e);
	for (int level = LEDGER_TILE_ENTRIES; r == 0 && level < LEDGER_TILE_LEVELS - 1; level++) {
		int shift = level == LEDGER_TILE_ENTRIES ? 8 : 8 * (level + 1);
		for (uint64_t n = from >> shift; r == 0 && n < size >> shift; n++) {
			char path[LEDGER_TILE_PATH_MAX], name[LEDGER_TILE_PATH_MAX + 8];
			if (level <= 0 && done++ % 256 == 0)
				replica_progress(&p->w, "tiles", done, 2 * total);
			ledger_tile_path(level, n, LEDGER_TILE_WIDTH, path);
			snprintf(name, sizeof name, "ledger/%s", path);
			r = put(p, name, UINT64_MAX, NULL, p->there && !replica_names_known(p->there, name), true, 0, e);
		}
	}
	return r;
}

/* Covered by the replica's last head, it was put and proven then: that it is there is enough. Otherwise it is put, unless its bytes are there. */
static int want_pack(struct push *p, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], bool covered, struct err *e)
{
	if (covered && (!p->there || replica_names_has(p->there, name, size)))
		return 0;
	if (covered)
		replica_fault(&p->w, "%s/%s: it was there before, and is missing or cut now; it was put again", p->w.to->where, name);
	return put(p, name, size, sha256, p->there && !replica_names_known(p->there, name), false, 0, e);
}

static int new_list(struct push *p, const char *prefix, struct err *e)
{
	replica_names_free(p->there);
	p->there = NULL;
	return replica_names_read(p->w.to, prefix, &p->there, e);
}

static int put_pack(void *arg, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	struct push *p = arg;
	char name[VAULT_OBJECT_MAX + 1];
	replica_progress(&p->w, "packs", ref->number, p->h.packs);
	bool covered = ref->number <= p->last.packs && ref->entry < p->common, anew = !covered && ref->leaf.kind == LEDGER_REPACK;
	snprintf(name, sizeof name, "packs/%s", ref->name);
	int r = anew ? put_job(p, name, ref->size, ref->sha256, false, false, true, 0, e) : want_pack(p, name, ref->size, ref->sha256, covered, e);
	p->records_anew |= anew;
	if (r < 0 || ref->number % REPLICA_RECORDS)
		return r;
	snprintf(name, sizeof name, "packs/records/%05" PRIu64, (ref->number - 1) / REPLICA_RECORDS);
	anew = p->records_anew;
	p->records_anew = false;
	if (anew)
		return put_job(p, name, UINT64_MAX, NULL, false, true, true, 0, e);
	return covered && p->there && replica_names_known(p->there, name) ? 0 : put(p, name, UINT64_MAX, NULL, false, true, 0, e);
}

static int put_packs(struct push *p, struct err *e)
{
	int r = new_list(p, "packs/", e);
	if (r == 0)
		r = replica_each_record(p->site, &p->h, 1, put_pack, p, e); /* our own records; what is wrong in them whoever pulls finds out */
	p->w.rep->packs = p->h.packs;
	return r;
}

/* ---- small files ---- */

/* Keyrings stay locked for 35 days and no longer, made longer every week while a head names them: erasure is to stop that (DESIGN 5). */
unsigned replica_lock_days(const char *name)
{
	if (!strncmp(name, REPLICA_VIEWS, strlen(REPLICA_VIEWS)) || !strncmp(name, REPLICA_VIEW, strlen(REPLICA_VIEW)))
		return REPLICA_VIEW_DAYS;
	return !strncmp(name, "files/keys/", 11) || !strncmp(name, "keys/", 5) ? REPLICA_KEY_DAYS : 0;
}

/* Gigabytes that were put before are not read again to see that they still are what they were. */
static bool has_view(struct push *p, const struct replica_file *f, const struct replica_file *old, const char *name)
{
	struct vault_object o;
	return !strncmp(f->path, REPLICA_VIEW, strlen(REPLICA_VIEW)) && old && !memcmp(old->sha256, f->sha256, SEAL_HASH) && p->w.to->ops->head && p->w.to->ops->head(p->w.to, name, &o, NULL) == 0 && o.size == f->size;
}

static int put_files(struct push *p, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < p->h.n; i++) {
		const struct replica_file *f = &p->h.file[i], *old = replica_head_find(&p->last, f->path);
		char name[VAULT_OBJECT_MAX + 1];
		/* a file that the last head named with these bytes was put then; a folder is quick to look, so it looks */
		if (old && !memcmp(old->sha256, f->sha256, SEAL_HASH) && p->w.to->kind == VAULT_S3 && !(p->w.o && p->w.o->data))
			continue;
		replica_file_name(f, name);
		if (has_view(p, f, old, name))
			continue;
		r = put(p, name, f->size, f->sha256, false, f->size < 1 << 20, replica_lock_days(f->path), e);
	}
	return r;
}

static int small(struct push *p, const char *path, struct buf *ret, struct err *e)
{
	const struct replica_file *f = replica_head_find(&p->h, path);
	char name[VAULT_OBJECT_MAX + 1];
	if (!f)
		return err_set(e, ERR_CORRUPT, "outbox", "its head names no %s", path);
	replica_file_name(f, name);
	return vault_store_read_hash(p->site, name, 1 << 20, f->sha256, ret, e);
}

/* The newest partial tiles under their own names, too, for whoever reads a folder as a log. */
static int show_partials(struct push *p, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < p->h.n && p->w.to->ops->replace; i++) {
		AUTO_BUF struct buf b = {0};
		buf_init(&b, LEDGER_BUNDLE_MAX);
		if (strncmp(p->h.file[i].path, "ledger/tile/", 12))
			continue;
		r = small(p, p->h.file[i].path, &b, e);
		if (r == 0)
			r = p->w.to->ops->replace(p->w.to, p->h.file[i].path, buf_slice(&b), e);
	}
	return r;
}

/* ---- the vault ---- */

struct named {
	char name[64];
	uint64_t size;
	uint8_t sha256[SEAL_HASH];
};

static int by_named(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static int has_one(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct buf *b = arg;
	struct named n = {.size = size};
	snprintf(n.name, sizeof n.name, "%s", name);
	memcpy(n.sha256, sha256, SEAL_HASH);
	buf_add(b, &n, sizeof n);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "no memory");
}

/* What the last head named was put and proven then. */
static int put_vault(struct push *p, struct err *e)
{
	AUTO_BUF struct buf old = {0}, now = {0};
	buf_init(&old, (size_t)1 << 30);
	buf_init(&now, (size_t)1 << 30);
	int r = replica_each_vault(p->site, &p->h, has_one, &now, e);
	if (r == 0 && p->last.name[0]) {
		r = replica_each_vault(p->w.to, &p->last, has_one, &old, e);
		if (r == ERR_NOT_FOUND || r == ERR_CORRUPT) {
			replica_fault(&p->w, "%s: the list of the vault's packs is missing or damaged there; each of them is looked at", p->w.to->where);
			buf_reset(&old);
			r = 0;
		}
	}
	size_t n = now.n / sizeof(struct named);
	const struct named *all = (const struct named *)(const void *)now.p;
	if (r == 0 && n)
		r = new_list(p, "vault/", e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct named *was = old.n ? bsearch(&all[i], old.p, old.n / sizeof *all, sizeof *all, by_named) : NULL;
		replica_progress(&p->w, "file backups", i + 1, n);
		r = want_pack(p, all[i].name, all[i].size, all[i].sha256, was && !memcmp(was->sha256, all[i].sha256, SEAL_HASH), e);
	}
	p->w.rep->vault_packs = n;
	return r;
}

/* ---- all of it ---- */

static int put_head(struct push *p, struct err *e)
{
	AUTO_BUF struct buf vkey = {0}, note = {0};
	uint8_t sha[SEAL_HASH];
	struct vault_store *s = p->w.to;
	struct vault_bytes b = VAULT_BYTES(buf_slice(&p->h.note));
	buf_init(&vkey, 4096);
	buf_init(&note, 1 << 16);
	b.lazy = true;
	seal_sha256_once(b.mem, sha);
	int r = s->ops->sync ? s->ops->sync(s, e) : 0;
	if (r == 0)
		r = replica_put(&p->w, s, p->h.name, &b, sha, e);
	if (r == 0 && s->ops->sync)
		r = s->ops->sync(s, e);
	if (r == 0)
		r = small(p, "ledger/vkey", &vkey, e);
	if (r == 0)
		r = small(p, "ledger/checkpoint", &note, e);
	return r == 0 ? replica_pointers(s, &p->h, buf_slice(&vkey), buf_slice(&note), e) : r;
}

static int put_all(struct push *p, struct err *e)
{
	int r = put_files(p, e);
	if (r == 0)
		r = put_tiles(p, e);
	if (r == 0)
		r = put_packs(p, e);
	if (r == 0)
		r = put_vault(p, e);
	if (r == 0)
		r = replica_pool_wait(p->pool, e);
	if (r == 0)
		r = show_partials(p, e);
	if (r == 0)
		r = put_head(p, e);
	return r == 0 ? replica_drop_views(p->w.to, &p->h, p->w.rep, e) : r;
}

/* ---- copies of the view that no head names any more ---- */

struct dropping {
	const struct replica_head *h;
	struct vault_object *o;
	size_t n;
};
#define DROPS 4096 /* at a time */

/* Of an object's name "files/copies/COPY/SHA256": where the part of the copy begins, and how long "copies/COPY" is. */
static size_t view_path(const char *name)
{
	const char *last = strrchr(name, '/');
	return last && last - name > 6 ? (size_t)(last - name - 6) : 0;
}

static int is_old(void *arg, const struct vault_object *o, struct err *e)
{
	struct dropping *d = arg;
	char path[VAULT_OBJECT_MAX + 1];
	size_t n = view_path(o->name);
	if (d->n == DROPS || !n)
		return 0;
	snprintf(path, sizeof path, "%.*s", (int)n, o->name + 6);
	if (!replica_head_find(d->h, path))
		d->o[d->n++] = *o;
	return 0;
}

/* All parts of a copy were put at once, under locks of the same length: copies/copy-ENTRIES-RECORD-VERSION-PART... up to its part. */
static bool same_view(const struct vault_object *a, const struct vault_object *b)
{
	struct ledger_view_copy x, y;
	unsigned part;
	char path[2][VAULT_OBJECT_MAX + 1];
	snprintf(path[0], sizeof path[0], "%.*s", (int)view_path(a->name), a->name + 6);
	snprintf(path[1], sizeof path[1], "%.*s", (int)view_path(b->name), b->name + 6);
	return ledger_view_name_read(path[0] + strlen(REPLICA_VIEW), &x, &part) && ledger_view_name_read(path[1] + strlen(REPLICA_VIEW), &y, &part) && x.record == y.record;
}

/* A bucket: each version goes when its lock has ended, which the bucket says and not our clock. What it refuses is no reason to fail: all that the head speaks of is there. A key that may not remove anything is a good key. */
static void remove_old(struct vault_store *s, const struct dropping *d, struct vault_replica_report *rep)
{
	const struct vault_object *locked = NULL;
	for (size_t i = 0; i < d->n; i++) {
		int64_t until = 0;
		struct err why = {0};
		if (locked && same_view(locked, &d->o[i])) {
			rep->views_locked++;
			continue;
		}
		int r = s->ops->remove(s, &d->o[i], &until, &why);
		if (r == 0)
			rep->views_removed++;
		else if (r == ERR_BUSY) {
			locked = &d->o[i];
			rep->views_locked++;
			rep->views_until = until > rep->views_until ? until : rep->views_until;
		} else {
			rep->views_refused++;
			if (r == ERR_DENIED)
				return; /* nor any other */
		}
	}
}

int replica_drop_views(struct vault_store *s, const struct replica_head *h, struct vault_replica_report *rep, struct err *e)
{
	struct dropping d = {.h = h};
	if ((!s->ops->drop && !s->ops->remove) || !s->ops->list)
		return 0;
	d.o = calloc(DROPS, sizeof *d.o);
	int r = d.o ? s->ops->list(s, REPLICA_VIEWS, is_old, &d, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && s->ops->drop && i < d.n; i++) {
		r = s->ops->drop(s, d.o[i].name, e);
		rep->views_removed += r == 0;
	}
	if (r == 0 && !s->ops->drop)
		remove_old(s, &d, rep);
	free(d.o);
	return r;
}

/* ---- locks end ---- */

/* How often they are made longer: weekly, or four times within the shortest lock. */
int64_t replica_renew_every(unsigned retain_days)
{
	int64_t days = retain_days && retain_days < 28 ? retain_days : 28;
	return days * 86400 / 4 * TIME_SEC;
}

struct renewing {
	struct vault_store *s;
	struct replica_names *all;
	const struct replica_head *h;
	uint64_t n;
};

static int renew_name(struct renewing *w, const char *name, struct err *e)
{
	int r = 0;
	const struct vault_object *o;
	for (size_t i = 0; r == 0 && (o = replica_names_nth(w->all, name, i)); i++, w->n++)
		r = w->s->ops->renew(w->s, o, replica_lock_days(name), e);
	return r;
}

static int renew_pack(void *arg, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 1];
	snprintf(name, sizeof name, "packs/%s", ref->name);
	int r = renew_name(arg, name, e);
	if (r < 0 || ref->number % REPLICA_RECORDS)
		return r;
	snprintf(name, sizeof name, "packs/records/%05" PRIu64, (ref->number - 1) / REPLICA_RECORDS);
	return renew_name(arg, name, e);
}

static int renew_vault(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	return renew_name(arg, name, e);
}

static int renew_tiles(struct renewing *w, struct err *e)
{
	int r = 0;
	for (int level = LEDGER_TILE_ENTRIES; r == 0 && level < LEDGER_TILE_LEVELS - 1; level++)
		for (uint64_t n = 0; r == 0 && n < w->h->cp.size >> (level == LEDGER_TILE_ENTRIES ? 8 : 8 * (level + 1)); n++) {
			char path[LEDGER_TILE_PATH_MAX], name[LEDGER_TILE_PATH_MAX + 8];
			ledger_tile_path(level, n, LEDGER_TILE_WIDTH, path);
			snprintf(name, sizeof name, "ledger/%s", path);
			r = renew_name(w, name, e);
		}
	return r;
}

/* What the newest head speaks of, the head itself, and the first one (by which a bare machine knows the site): every version of these names, whichever is the right one. What no head names any more is let go: old partial
 * tiles and tails, and keyrings whose period was erased. */
int replica_renew(struct vault_store *site, struct vault_store *s, const struct replica_head *h, struct err *e)
{
	struct renewing w = {.s = s, .h = h};
	struct replica_head first;
	if (!s->ops->renew)
		return 0;
	int r = replica_names_read(s, "", &w.all, e);
	for (size_t i = 0; r == 0 && i < h->n; i++) {
		char name[VAULT_OBJECT_MAX + 1];
		if (!strncmp(h->file[i].path, REPLICA_VIEW, strlen(REPLICA_VIEW)))
			continue;
		replica_file_name(&h->file[i], name);
		r = renew_name(&w, name, e);
	}
	if (r == 0)
		r = renew_tiles(&w, e);
	if (r == 0)
		r = replica_each_record(site, h, 1, renew_pack, &w, e);
	if (r == 0)
		r = replica_each_vault(site, h, renew_vault, &w, e);
	if (r == 0)
		r = renew_name(&w, h->name, e);
	if (r == 0 && (r = replica_oldest(s, &first, e)) == 0) {
		r = renew_name(&w, first.name, e);
		replica_head_done(&first);
	}
	replica_names_free(w.all);
	return r;
}

static int renew(struct push *p, const struct vault_replica *rep, struct vault_replica_state *st, struct err *e)
{
	int64_t now = time_now();
	if (!st->renewed || !p->w.to->ops->renew) {
		if (!st->renewed)
			st->renewed = now;
		return 0;
	}
	if (now - st->renewed < replica_renew_every(p->w.to->retain_days))
		return 0;
	replica_progress(&p->w, "locks", 0, 0);
	int r = replica_renew(p->site, p->w.to, &p->h, e);
	if (r == 0)
		st->renewed = now;
	return r;
}

static int push(struct push *p, const struct vault_replica *r, const struct vault_store_options *so, struct vault_replica_state *st, struct err *e)
{
	if ((p->dirfd = file_open_dir(p->sitefd, "ledger", e)) < 0)
		return p->dirfd;
	int c = vault_site_store(p->sitefd, &p->site, e);
	if (c == 0)
		c = own_head(p, e);
	if (c == 0)
		c = compare(p, e);
	if (c == 0)
		c = replica_pool_new(r->target, so, p->w.to, p->w.o ? p->w.o->connections : 0, &p->pool, e);
	if (c == 0)
		c = put_all(p, e);
	if (c < 0)
		return c;
	st->done = time_now();
	st->ours = true;
	st->size = p->w.rep->size = p->h.cp.size;
	st->epoch = p->w.rep->epoch = p->h.epoch;
	st->head_time = p->w.rep->head_time = p->h.time;
	snprintf(st->origin, sizeof st->origin, "%s", p->h.cp.origin);
	snprintf(p->w.rep->origin, sizeof p->w.rep->origin, "%s", p->h.cp.origin);
	return renew(p, r, st, e);
}

static void done(struct push *p)
{
	replica_pool_free(p->pool);
	replica_names_free(p->there);
	replica_tree_done(&p->tree);
	vault_store_close(p->w.to);
	vault_store_close(p->site);
	replica_head_done(&p->h);
	replica_head_done(&p->last);
	if (p->dirfd >= 0)
		close(p->dirfd);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int vault_replica_push(int sitefd, const struct site_keys *keys, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e)
{
	struct push *p = calloc(1, sizeof *p);
	struct vault_replica_state st;
	struct vault_store_options so = {.retain_days = o && o->retain_days ? o->retain_days : r->retain_days, .write = true, .no_lock = r->no_lock, .access = &r->access};
	struct err why = {0};
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	memset(ret, 0, sizeof *ret);
	p->sitefd = sitefd;
	p->dirfd = -1;
	pthread_mutex_init(&p->lock, NULL);
	p->w = (struct replica_work){.o = o, .rep = ret, .faults = ret_faults, .lock = &p->lock};
	replica_head_init(&p->h);
	replica_head_init(&p->last);
	replica_state_get(sitefd, r->name, &st);
	st.tried = time_now();
	int c = keys ? vault_outbox_make(sitefd, keys, &why) : 0;
	if (c == 0)
		c = r->folderfd > 0 ? vault_folder_open_at(r->folderfd, r->target, &so, &p->w.to, &why) : vault_store_open(r->target, &so, &p->w.to, &why);
	if (c == 0 && p->w.to->kind == VAULT_HTTPS)
		c = err_set(&why, ERR_USAGE, r->target, "a web server is read only: push to the folder that it serves, and pull from here");
	if (c == 0)
		c = push(p, r, &so, &st, &why);
	st.error[0] = 0;
	if (c < 0)
		err_line(&why, st.error, sizeof st.error);
	int kept = replica_state_put(sitefd, r->name, &st, NULL); /* a cache: whoever may not write here has pushed all the same */
	(void)kept;
	if (c == 0 && ret->faults)
		c = err_set(&why, ERR_NO, p->w.to->where, "everything is there now, but not everything was as it should have been: see above");
	if (c < 0 && e)
		*e = why;
	done(p);
	return c;
}
