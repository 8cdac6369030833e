/* check: is all of it there, and is it what the ledger says.
 *
 *   quick    every pack that the ledger names is there with its size; every snapshot's catalogue can be found; of each source the newest one is read, its root compared, and every place that it names lies
 *            in a pack that is long enough
 *   data     the SHA-256 of every pack; the root of every catalogue; with the recovery key every chunk that any snapshot made, opened and compared with its keyed id
 * All faults are found, each pack's once; threads take packs, and chunks by the hundred. */
#include "vault_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH 32768 /* chunks looked at in one go */
#define SHARE 512   /* of them by one thread at a time: two threads open the frame where one's end and another's begin */
#define THREADS_MAX 8
#define FAULTS_MAX 10000

struct check {
	struct vault *v;
	struct vault_check_report *rep;
	struct buf *faults;
	uint64_t fault_n;
	bool data;
	uint8_t *bad; /* packs by place in the log: a fault was told */
	pthread_mutex_t lock;
	atomic_size_t next;
	struct vault_chunk *chunks;
	size_t chunk_n, threads;
	struct vault_keys files, catalogue;
	struct buf sources; /* whose newest snapshot was looked at */
	int code;
	struct err stop;
};

static void fault(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void fault(struct check *c, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	pthread_mutex_lock(&c->lock);
	if (c->fault_n++ < FAULTS_MAX)
		buf_printf(c->faults, "%s\n", line);
	pthread_mutex_unlock(&c->lock);
}

/* A pack's first fault is told; what else is wrong with it follows from that. */
static bool pack_is_bad(struct check *c, size_t place)
{
	pthread_mutex_lock(&c->lock);
	bool was = c->bad[place];
	c->bad[place] = 1;
	pthread_mutex_unlock(&c->lock);
	return was;
}

static void stop(struct check *c, const struct err *e)
{
	pthread_mutex_lock(&c->lock);
	if (c->code == 0) {
		c->code = e->code;
		c->stop = *e;
	}
	pthread_mutex_unlock(&c->lock);
}

/* ---- threads ---- */

static int run_all(struct check *c, void *(*work)(void *), size_t jobs, struct err *e)
{
	pthread_t t[THREADS_MAX];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = cpus < 2 ? 2 : cpus > THREADS_MAX ? THREADS_MAX : (size_t)cpus, began = 0;
	if (n > jobs)
		n = jobs;
	c->threads = n;
	atomic_store(&c->next, 0);
	while (began + 1 < n && pthread_create(&t[began], NULL, work, c) == 0)
		began++;
	if (n)
		work(c);
	for (size_t i = 0; i < began; i++)
		pthread_join(t[i], NULL);
	if (c->code < 0 && e)
		*e = c->stop;
	return c->code;
}

/* ---- packs ---- */

struct pairing { /* packs that a thread has open, to be hashed two at a time */
	struct vault_hasher *hasher;
	struct vault_hash file[2];
	size_t place[2], n, most;
};

static void compare(struct check *c, struct pairing *two)
{
	const struct vault_known_pack *all;
	(void)vault_log_packs(c->v->log, &all);
	if (two->n)
		vault_hash_packs(two->hasher, two->file, two->n);
	for (size_t i = 0; i < two->n; i++) {
		const struct vault_known_pack *p = &all[two->place[i]];
		char name[48];
		vault_pack_name(p->class, p->number, name);
		close(two->file[i].fd);
		if (!two->file[i].read) {
			if (!pack_is_bad(c, two->place[i]))
				fault(c, "%s: the pack cannot be read to its end", name);
		} else if (memcmp(two->file[i].sum, p->sha256, SEAL_HASH) && !pack_is_bad(c, two->place[i])) {
			fault(c, "%s: the pack is not the one that the ledger names: its SHA-256 is another", name);
		}
	}
	two->n = 0;
}

static void check_pack(struct check *c, size_t place, const struct vault_known_pack *p, struct pairing *two)
{
	char name[48];
	struct stat st;
	vault_pack_name(p->class, p->number, name);
	int fd = openat(c->v->vaultfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		if (!pack_is_bad(c, place))
			fault(c, errno == ENOENT ? "%s: the pack is missing" : "%s: the pack cannot be opened", name);
	} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != p->size) {
		if (!pack_is_bad(c, place))
			fault(c, "%s: the pack has %lld bytes, and the ledger says %llu", name, (long long)st.st_size, (unsigned long long)p->size);
	} else if (c->data) {
		two->file[two->n] = (struct vault_hash){.fd = fd, .size = p->size};
		two->place[two->n++] = place;
		if (two->n == two->most)
			compare(c, two);
		return;
	}
	if (fd >= 0)
		close(fd);
}

static void *packs_work(void *arg)
{
	struct check *c = arg;
	const struct vault_known_pack *all;
	size_t n = vault_log_packs(c->v->log, &all);
	struct pairing two = {.hasher = vault_hasher_new(), .most = n > c->threads ? 2 : 1};
	if (!two.hasher) {
		struct err e;
		err_set(&e, ERR_MEMORY, NULL, "no memory for a check");
		stop(c, &e);
	} else {
		for (size_t i; (i = atomic_fetch_add(&c->next, 1)) < n;)
			check_pack(c, i, &all[i], &two);
		compare(c, &two);
	}
	vault_hasher_free(two.hasher);
	return NULL;
}

static int check_packs(struct check *c, struct err *e)
{
	const struct vault_known_pack *all;
	size_t n = vault_log_packs(c->v->log, &all);
	c->rep->packs = n;
	for (size_t i = 0; i < n; i++) {
		c->rep->pack_bytes += all[i].size;
		/* a name that the ledger gives twice, with other bytes: by class, then number */
		if (i && all[i].class == all[i - 1].class && all[i].number == all[i - 1].number && memcmp(all[i].sha256, all[i - 1].sha256, SEAL_HASH)) {
			char name[48];
			vault_pack_name(all[i].class, all[i].number, name);
			fault(c, "%s: the ledger has two entries of this name, with other bytes", name);
		}
	}
	return run_all(c, packs_work, n, e);
}

/* ---- catalogues ---- */

/* 0: it lies in a pack that is known and long enough. */
static int place_ok(struct check *c, int class, const struct vault_extent *x, const char *id)
{
	const struct vault_known_pack *all, *p = vault_log_pack(c->v->log, class, x->pack);
	char name[48];
	if (p && x->length <= p->plain && x->offset <= p->plain - x->length)
		return 0;
	(void)vault_log_packs(c->v->log, &all);
	vault_pack_name(class, x->pack, name);
	if (!p || !pack_is_bad(c, (size_t)(p - all)))
		fault(c, p ? "%s: %s names bytes that are behind its end" : "%s: %s needs this pack, and the ledger names no such one", name, id);
	return ERR_NO;
}

struct placing {
	struct check *c;
	const char *id;
};

static int cat_place(void *arg, const struct vault_extent *x, struct err *e)
{
	struct placing *p = arg;
	(void)place_ok(p->c, VAULT_CATALOGUE, x, p->id);
	return 0;
}

static bool ends_all(int code)
{
	return code == ERR_MEMORY || code == ERR_SYSTEM;
}

/* A catalogue that cannot be read: the pack that is to blame has its fault already, mostly. */
static void catalogue_fault(struct check *c, const char *id, const struct err *why)
{
	char line[640];
	fault(c, "%s: its catalogue cannot be read: %s", id, err_line(why, line, sizeof line));
}

static int read_catalogue(struct check *c, const struct vault_body *b, struct err *e)
{
	struct vault_cat *cat;
	const struct vault_line *l;
	struct err why = {0};
	int r = vault_cat_open(c->v->catalogues, b, SLICE_NULL, &cat, &why);
	bool told = false;
	if (r == 0) {
		while ((r = vault_cat_next(cat, &l, &why)) > 0) {
			struct slice rest = l->extents;
			struct vault_extent x;
			while (vault_extent_next(&rest, &x) > 0)
				if (x.pack && !told && place_ok(c, VAULT_CONTENT, &x, b->s.id) < 0)
					told = true; /* one sentence a snapshot: the pack has its own */
		}
		vault_cat_close(cat);
	}
	if (r < 0 && ends_all(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		catalogue_fault(c, b->s.id, &why);
	return 0;
}

/* Asked from the newest snapshot to the oldest. */
static bool newest_of_source(struct check *c, const char *source)
{
	char name[64] = "";
	snprintf(name, sizeof name, "%s", source);
	for (size_t at = 0; at < c->sources.n; at += sizeof name)
		if (!memcmp(c->sources.p + at, name, sizeof name))
			return false;
	buf_add(&c->sources, name, sizeof name); /* more sources than fit: some are read again */
	return true;
}

/* ---- chunks ---- */

struct looking { /* of one thread: chunks of one frame, which are hashed together */
	struct check *c;
	struct vault_packs *packs, *cats;
	const struct vault_chunk *of[VAULT_IDS];
	struct slice text[VAULT_IDS];
	size_t n;
	uint8_t *scratch;
};

/* What was opened is what was backed up? */
static void compare_ids(struct looking *k)
{
	struct check *c = k->c;
	uint8_t id[VAULT_IDS][VAULT_ID];
	if (!k->n)
		return;
	vault_chunk_ids(k->of[0]->class == VAULT_CONTENT ? &c->files : &c->catalogue, k->text, k->n, id);
	for (size_t i = 0; i < k->n; i++) {
		const struct vault_known_pack *all, *p = vault_log_pack(c->v->log, k->of[i]->class, k->of[i]->at.pack);
		char name[48];
		if (!memcmp(id[i], k->of[i]->id, VAULT_ID))
			continue;
		(void)vault_log_packs(c->v->log, &all);
		vault_pack_name(k->of[i]->class, k->of[i]->at.pack, name);
		if (p && !pack_is_bad(c, (size_t)(p - all)))
			fault(c, "%s: what it holds is not what was backed up: a chunk at %llu has another id", name, (unsigned long long)k->of[i]->at.offset);
	}
	k->n = 0;
}

/* What comes is of another pack or frame than what waits? Then that cannot wait. */
static int look(struct looking *k, const struct vault_chunk *chunk, struct slice *ret, struct err *e)
{
	struct vault_packs *packs = chunk->class == VAULT_CONTENT ? k->packs : k->cats;
	struct vault_pack *pack;
	if (k->n && (k->of[0]->class != chunk->class || k->of[0]->at.pack != chunk->at.pack))
		compare_ids(k);
	int r = vault_packs_get(packs, chunk->class, chunk->at.pack, &pack, e);
	if (r < 0)
		return r;
	if (k->n == VAULT_IDS || !vault_pack_holds(pack, chunk->at.offset))
		compare_ids(k);
	r = vault_pack_look(pack, (size_t)chunk->at.length, chunk->at.offset, ret, e);
	if (r != 0)
		return r < 0 ? r : 0;
	compare_ids(k); /* it lies in two frames */
	*ret = slice_of(k->scratch, (size_t)chunk->at.length);
	return vault_packs_read(packs, chunk->class, &chunk->at, k->scratch, e);
}

static void check_chunk(struct looking *k, const struct vault_chunk *chunk)
{
	struct check *c = k->c;
	const struct vault_known_pack *all, *p = vault_log_pack(c->v->log, chunk->class, chunk->at.pack);
	struct err e = {0};
	struct slice text;
	(void)vault_log_packs(c->v->log, &all);
	if (!p || (c->bad[p - all] && chunk->class != VAULT_CONTENT))
		return; /* told already */
	int r = look(k, chunk, &text, &e);
	if (r < 0) {
		char line[640], name[48];
		vault_pack_name(chunk->class, chunk->at.pack, name);
		if (ends_all(r))
			stop(c, &e);
		else if (!pack_is_bad(c, (size_t)(p - all)))
			fault(c, "%s: it does not open: %s", name, err_line(&e, line, sizeof line));
		return;
	}
	k->of[k->n] = chunk;
	k->text[k->n++] = text;
	if (text.p == k->scratch)
		compare_ids(k);
}

static void *chunks_work(void *arg)
{
	struct check *c = arg;
	struct looking k = {.c = c, .scratch = malloc(VAULT_CHUNK_MAX)};
	struct err e = {0};
	int r = k.scratch ? vault_packs_new(c->v->sitefd, c->v->log, &c->v->recovery, &k.packs, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory for a check");
	if (r == 0)
		r = vault_packs_new(c->v->sitefd, c->v->log, &c->v->recovery, &k.cats, &e);
	if (r < 0)
		stop(c, &e);
	for (size_t i; r == 0 && (i = atomic_fetch_add(&c->next, 1)) * SHARE < c->chunk_n;) {
		for (size_t j = i * SHARE; j < c->chunk_n && j < (i + 1) * SHARE; j++)
			check_chunk(&k, &c->chunks[j]);
		compare_ids(&k);
	}
	vault_packs_free(k.packs);
	vault_packs_free(k.cats);
	free(k.scratch);
	return NULL;
}

static int flush(struct check *c, struct err *e)
{
	c->rep->chunks += c->chunk_n;
	int r = c->chunk_n ? run_all(c, chunks_work, (c->chunk_n + SHARE - 1) / SHARE, e) : 0;
	c->chunk_n = 0;
	return r;
}

static int one_chunk(void *arg, const struct vault_chunk *k, struct err *e)
{
	struct check *c = arg;
	c->chunks[c->chunk_n++] = *k;
	return c->chunk_n == BATCH ? flush(c, e) : 0;
}

static int check_chunks(struct check *c, const struct vault_body *b, struct err *e)
{
	struct err why = {0};
	int r = vault_keys_of_domain(c->v->dedupe, b->domain, b->files_period, &c->files, e);
	if (r == 0)
		r = vault_keys_of_domain(c->v->dedupe, b->domain, b->catalogue_period, &c->catalogue, e);
	if (r < 0)
		return r;
	r = vault_cat_chunks(c->v->catalogues, b, one_chunk, c, &why);
	int f = flush(c, e);
	if (r < 0 && !ends_all(r)) {
		catalogue_fault(c, b->s.id, &why);
		r = 0;
	} else if (r < 0 && e) {
		*e = why;
	}
	return r < 0 ? r : f;
}

/* ---- the whole ---- */

static int check_snapshot(struct check *c, size_t i, struct err *e)
{
	struct vault_body b;
	struct err why = {0};
	struct placing p = {.c = c};
	int r = vault_log_snapshot(c->v->log, i, &b, &why);
	if (r < 0) {
		vault_body_done(&b);
		fault(c, "an entry of a snapshot is not what we write: %s", why.text);
		return 0;
	}
	p.id = b.s.id;
	if (c->v->catalogues) {
		r = vault_cat_places(c->v->catalogues, &b, cat_place, &p, &why);
		if (r < 0 && ends_all(r)) {
			if (e)
				*e = why;
		} else if (r < 0) {
			catalogue_fault(c, b.s.id, &why);
			r = 0;
		} else if (c->data || newest_of_source(c, b.s.source)) {
			r = read_catalogue(c, &b, e);
		}
		if (r == 0 && c->data && c->v->has_recovery && c->v->has_dedupe)
			r = check_chunks(c, &b, e);
	}
	vault_body_done(&b);
	return r;
}

int vault_check(struct vault *v, bool data, struct vault_check_report *ret, struct buf *ret_faults, struct err *e)
{
	const struct vault_known_pack *all;
	struct vault_check_report rep = {0};
	struct check c = {.v = v, .rep = &rep, .faults = ret_faults, .data = data};
	pthread_mutex_init(&c.lock, NULL);
	buf_init(&c.sources, 1 << 20);
	c.bad = calloc(vault_log_packs(v->log, &all) + 1, 1);
	c.chunks = calloc(BATCH, sizeof *c.chunks);
	int r = c.bad && c.chunks ? check_packs(&c, e) : err_set(e, ERR_MEMORY, NULL, "no memory for a check");
	rep.snapshots = vault_log_snapshots(v->log);
	rep.erased = vault_log_retain(v->log)->erasure_n;
	for (size_t i = rep.snapshots; r == 0 && i > 0; i--)
		r = check_snapshot(&c, i - 1, e);
	buf_done(&c.sources);
	rep.faults = c.fault_n;
	*ret = rep;
	seal_wipe(&c.files, sizeof c.files);
	seal_wipe(&c.catalogue, sizeof c.catalogue);
	free(c.bad);
	free(c.chunks);
	pthread_mutex_destroy(&c.lock);
	if (r == 0 && rep.faults)
		r = err_set(e, ERR_NO, NULL, "the vault is not whole: %llu faults", (unsigned long long)rep.faults);
	return r;
}
