/* Retention of backups: what lies in each quarter, and taking away what an entry has erased, here and in replicas.
 *
 * The entry comes first (the keeper makes it, and refuses where a hold stands); everything here only carries out what it says and can be called again. Erasing is destroying the quarter's keys, which the keeper's side does
 * (seal.h, site_period_destroy); packs without keys are noise, and are removed as well, for room.
 */
#include "vault_internal.h"
#include "vault_replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int class_of(int vault_class)
{
	return vault_class == VAULT_CONTENT ? RETAIN_FILES : RETAIN_CATALOGUE;
}

static uint32_t quarter_of(const char *period)
{
	int year, quarter, m;
	return site_period_parts(period, NULL, &year, &quarter, &m, NULL) < 0 ? 0 : (uint32_t)(year * 10 + quarter);
}

/* ---- which there are ---- */

struct all {
	struct vault_quarter *q;
	size_t n, cap;
};

static struct vault_quarter *slot(struct all *a, int class, uint32_t quarter)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->q[i].class == class && a->q[i].quarter == quarter)
			return &a->q[i];
	if (a->n == a->cap) {
		size_t cap = a->cap ? 2 * a->cap : 16;
		struct vault_quarter *more = reallocarray(a->q, cap, sizeof(*more));
		if (!more)
			return NULL;
		a->q = more;
		a->cap = cap;
	}
	a->q[a->n] = (struct vault_quarter){.class = class, .quarter = quarter};
	return &a->q[a->n++];
}

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for the quarters of the vault");
}

static int take_source(struct vault_quarter *q, const char *source, struct err *e)
{
	for (size_t i = 0; i < q->source_n; i++)
		if (!strcmp(q->source[i], source))
			return 0;
	char (*more)[64] = reallocarray(q->source, q->source_n + 1, sizeof(*more));
	if (!more)
		return no_memory(e);
	q->source = more;
	(void)snprintf(q->source[q->source_n++], 64, "%s", source);
	return 0;
}

/* newest first, so that the first one of a source is what must stay */
static int take_snapshot(struct all *a, const struct vault_body *b, bool newest, struct err *e)
{
	const char *const periods[] = {b->files_period, b->catalogue_period};
	int r = 0;
	for (int i = 0; r == 0 && i < 2; i++) {
		struct vault_quarter *q = slot(a, i ? RETAIN_CATALOGUE : RETAIN_FILES, quarter_of(periods[i]));
		if (!q)
			return no_memory(e);
		q->snapshots++;
		if (newest)
			(void)snprintf(q->newest_of, sizeof(q->newest_of), "%s", b->s.source);
		r = take_source(q, b->s.source, e);
	}
	return r;
}

static int take_snapshots(struct all *a, const struct vault_log *log, struct err *e)
{
	char (*seen)[64] = NULL;
	size_t seen_n = 0;
	int r = 0;
	for (size_t i = vault_log_snapshots(log); r == 0 && i > 0; i--) {
		struct vault_body b;
		r = vault_log_snapshot(log, i - 1, &b, e);
		bool newest = true;
		for (size_t k = 0; k < seen_n; k++)
			newest &= strcmp(seen[k], b.s.source) != 0;
		if (r == 0)
			r = take_snapshot(a, &b, newest, e);
		if (r == 0 && newest) {
			char (*more)[64] = reallocarray(seen, seen_n + 1, sizeof(*more));
			if (!more) {
				r = no_memory(e);
			} else {
				seen = more;
				(void)snprintf(seen[seen_n++], 64, "%s", b.s.source);
			}
		}
		vault_body_done(&b);
	}
	free(seen);
	return r;
}

/* packs: by class and number, which is their order by name */
static int take_packs(struct all *a, const struct vault_log *log, struct err *e)
{
	const struct vault_known_pack *p;
	size_t n = vault_log_packs(log, &p);
	for (size_t i = 0; i < n; i++) {
		struct vault_quarter *q = slot(a, class_of(p[i].class), quarter_of(vault_log_string(log, p[i].period)));
		if (!q)
			return no_memory(e);
		q->packs++;
		q->bytes += p[i].size;
	}
	for (size_t k = 0; k < a->n; k++) {
		struct seal_sha256 *h = seal_sha256_new();
		if (!h)
			return no_memory(e);
		seal_sha256_begin(h);
		for (size_t i = 0; i < n; i++) {
			char line[160], name[48];
			AUTO_BUF struct buf hex = {0};
			if (class_of(p[i].class) != a->q[k].class || quarter_of(vault_log_string(log, p[i].period)) != a->q[k].quarter)
				continue;
			buf_init(&hex, 80);
			hex_put(&hex, slice_of(p[i].sha256, SEAL_HASH));
			vault_pack_name(p[i].class, p[i].number, name);
			(void)snprintf(line, sizeof(line), "%s %s\n", name, buf_cstr(&hex));
			seal_sha256_add(h, slice_str(line));
		}
		seal_sha256_end(h, a->q[k].digest);
		seal_sha256_free(h);
	}
	return 0;
}

static int in_order(const void *x, const void *y)
{
	const struct vault_quarter *a = x, *b = y;
	if (a->quarter != b->quarter)
		return a->quarter < b->quarter ? -1 : 1;
	return a->class < b->class ? -1 : a->class > b->class;
}

static int open_log(int sitefd, int *ret_fd, struct vault_log **ret, struct err *e)
{
	*ret_fd = openat(sitefd, "vault", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : err_sys(e, "vault", "cannot be opened");
	return vault_log_open(*ret_fd, ret, e);
}

int vault_quarters(int sitefd, struct vault_quarter **ret, size_t *ret_n, struct err *e)
{
	struct all a = {0};
	struct vault_log *log = NULL;
	AUTO_CLOSE int fd = -1;
	int r = open_log(sitefd, &fd, &log, e);
	if (r == 0)
		r = take_packs(&a, log, e);
	if (r == 0)
		r = take_snapshots(&a, log, e);
	vault_log_close(log);
	if (r < 0 && r != ERR_NOT_FOUND) {
		vault_quarters_done(a.q, a.n);
		return r;
	}
	if (a.n)
		qsort(a.q, a.n, sizeof(*a.q), in_order);
	*ret = a.q;
	*ret_n = a.n;
	return 0;
}

void vault_quarters_done(struct vault_quarter *q, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(q[i].source);
	free(q);
}

/* ---- here ---- */

/* index/DOMAIN-PERIOD.idx of a period that is gone: a cache, but it holds ids of chunks. */
static int drop_indexes(int vaultfd, const char *folder, int class, uint32_t quarter, uint64_t *ret_removed, struct err *e)
{
	int fd = openat(vaultfd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r = 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "vault/index", "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, "vault/index", "cannot be listed");
	}
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		char period[SITE_PERIOD_MAX], name[16];
		ledger_quarter_format(quarter, name);
		size_t n = strlen(en->d_name);
		(void)snprintf(period, sizeof(period), "-%s-%s", class == RETAIN_FILES ? "files" : "catalogue", name);
		const char *at = n > 4 && !strcmp(en->d_name + n - 4, ".idx") ? strstr(en->d_name, period) : NULL;
		if (!at || (at[strlen(period)] != '.' && at[strlen(period)] != 'r'))
			continue;
		if (unlinkat(fd, en->d_name, 0) < 0 && errno != ENOENT)
			r = err_sys(e, "vault/index", "cannot be removed");
		else
			(*ret_removed)++;
	}
	closedir(d);
	return r;
}

int vault_erase_here(int sitefd, int class, uint32_t quarter, uint64_t *ret_removed, struct err *e)
{
	struct vault_log *log = NULL;
	const struct vault_known_pack *p;
	AUTO_CLOSE int fd = -1;
	*ret_removed = 0;
	int r = open_log(sitefd, &fd, &log, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	size_t n = r == 0 ? vault_log_gone(log, &p) : 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		char name[48];
		if (class_of(p[i].class) != class || quarter_of(vault_log_string(log, p[i].period)) != quarter)
			continue;
		vault_pack_name(p[i].class, p[i].number, name);
		if (unlinkat(fd, name, 0) == 0)
			(*ret_removed)++;
		else if (errno != ENOENT)
			r = err_sys(e, name, "cannot be removed");
	}
	if (r == 0)
		r = drop_indexes(fd, "index", class, quarter, ret_removed, e);
	if (r == 0)
		r = drop_indexes(fd, "in/index", class, quarter, ret_removed, e); /* of agents' catalogues */
	if (r == 0)
		r = file_sync_dir(fd, ".", e);
	vault_log_close(log);
	return r;
}

/* ---- in a replica ---- */

struct removing {
	struct vault_store *s;
	struct vault_replica_erased *ret;
	struct buf objects; /* of struct vault_object: taken away when the listing is through */
};

static int collect(void *arg, const struct vault_object *o, struct err *e)
{
	struct removing *x = arg;
	buf_add(&x->objects, o, sizeof(*o));
	return buf_ok(&x->objects) ? 0 : err_set(e, buf_code(&x->objects), NULL, "no memory");
}

static int look(struct removing *x, const char *prefix, struct err *e)
{
	buf_reset(&x->objects);
	int r = x->s->ops->list(x->s, prefix, collect, x, e);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* What is said to be gone is looked for afterwards: a receipt is no hope. */
static int take_away(struct removing *x, const char *prefix, struct err *e)
{
	uint64_t pending = x->ret->pending;
	int r = look(x, prefix, e);
	for (size_t i = 0; r == 0 && i < x->objects.n / sizeof(struct vault_object); i++) {
		struct vault_object o;
		int64_t until = 0;
		memcpy(&o, x->objects.p + i * sizeof(o), sizeof(o));
		r = x->s->ops->remove(x->s, &o, &until, e);
		if (r == ERR_BUSY) {
			x->ret->pending++;
			if (until > x->ret->until)
				x->ret->until = until;
			r = 0;
		} else if (r == 0) {
			x->ret->removed++;
		}
	}
	if (r == 0 && x->objects.n)
		r = look(x, prefix, e);
	if (r == 0 && x->objects.n / sizeof(struct vault_object) > x->ret->pending - pending)
		r = err_set(e, ERR_SYSTEM, prefix, "it was removed from %s, and is there still", x->s->where);
	return r;
}

static int take_keys(struct removing *x, const struct retain_erasure *er, struct err *e)
{
	static const char *const end[] = {"age", "pub"};
	int r = 0;
	for (size_t i = 0; r == 0 && i < er->key_n; i++)
		for (size_t k = 0; r == 0 && k < ARRAY_LEN(end); k++) {
			char prefix[VAULT_OBJECT_MAX];
			(void)snprintf(prefix, sizeof(prefix), "files/keys/period/%s.%s/", er->key[i].name, end[k]);
			r = take_away(x, prefix, e);
		}
	return r;
}

static int take_its_packs(struct removing *x, int sitefd, const struct retain_erasure *er, struct err *e)
{
	struct vault_log *log = NULL;
	const struct vault_known_pack *p;
	AUTO_CLOSE int fd = -1;
	int r = open_log(sitefd, &fd, &log, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	size_t n = r == 0 ? vault_log_gone(log, &p) : 0;
	for (size_t i = 0; r == 0 && i < n; i++) {
		char name[48], object[64];
		if (class_of(p[i].class) != er->class || quarter_of(vault_log_string(log, p[i].period)) != er->quarter)
			continue;
		vault_pack_name(p[i].class, p[i].number, name);
		(void)snprintf(object, sizeof(object), "vault/%s", name);
		r = take_away(x, object, e);
	}
	vault_log_close(log);
	return r;
}

static int is_head(void *arg, struct slice bytes, struct err *e)
{
	struct replica_head *h = arg;
	replica_head_done(h);
	replica_head_init(h);
	return replica_head_parse(bytes, h, e) < 0 ? err_set(e, ERR_CORRUPT, NULL, "this is no head") : 0;
}

static int head_of(struct removing *x, const char *name, struct replica_head *h, struct err *e)
{
	AUTO_BUF struct buf note = {0};
	buf_init(&note, REPLICA_HEAD_MAX);
	replica_head_init(h);
	int r = vault_store_read(x->s, name, REPLICA_HEAD_MAX, is_head, h, &note, e);
	return r == ERR_NOT_FOUND || r == ERR_CORRUPT ? ERR_NO : r;
}

static bool has_file(const struct replica_head *h, const struct replica_file *f)
{
	for (size_t i = 0; i < h->n; i++)
		if (!memcmp(h->file[i].sha256, f->sha256, SEAL_HASH))
			return true;
	return false;
}

static bool is_tail(const struct replica_file *f)
{
	return !strncmp(f->path, "wal/", 4);
}

/* Sealed tails of the time: of heads whose packs did not reach past what was erased by the tile that a tail begins with. Later tails hold nothing of it. What the newest head needs stays: without it the copy could not be opened. */
static int take_old_head(struct removing *x, const char *name, const struct replica_head *newest, struct err *e)
{
	struct replica_head h;
	int r = head_of(x, name, &h, e);
	for (size_t i = 0; r == 0 && i < h.n; i++) {
		char object[VAULT_OBJECT_MAX + 1];
		if (!is_tail(&h.file[i]) || has_file(newest, &h.file[i]))
			continue;
		replica_file_name(&h.file[i], object);
		r = take_away(x, object, e);
	}
	replica_head_done(&h);
	return r == ERR_NO ? 0 : r;
}

/* The size from which on a head's tail begins behind the quarter; what the catalogue here says. */
static int tails_until(int sitefd, const struct retain_erasure *er, uint64_t *ret, struct err *e)
{
	AUTO_CLOSE int fd = openat(sitefd, "packs/index", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t record[LEDGER_PACK_RECORD];
	*ret = UINT64_MAX;
	if (fd < 0)
		return err_sys(e, "packs/index", "cannot be read");
	for (uint64_t k = 1; pread(fd, record, sizeof(record), (off_t)((k - 1) * sizeof(record))) == (ssize_t)sizeof(record); k++) {
		struct ledger_pack_ref p;
		int r = ledger_pack_record_read(slice_of(record, sizeof(record)), k, &p, e);
		if (r < 0)
			return r;
		if ((p.first + p.count) / LEDGER_TILE_WIDTH * LEDGER_TILE_WIDTH >= er->end) {
			*ret = p.entry + LEDGER_TILE_WIDTH; /* heads made while its record was written may not know it yet */
			return 0;
		}
	}
	return 0;
}

static int take_tails(struct removing *x, int sitefd, const struct retain_erasure *er, struct err *e)
{
	AUTO_BUF struct buf heads = {0};
	uint64_t until;
	int r = tails_until(sitefd, er, &until, e);
	buf_init(&heads, (size_t)64 << 20);
	if (r == 0)
		r = look(x, "heads/", e);
	if (r == 0)
		buf_add(&heads, x->objects.p, x->objects.n);
	size_t n = heads.n / sizeof(struct vault_object);
	struct replica_head newest;
	char last[VAULT_OBJECT_MAX + 1] = "";
	uint64_t size = 0;
	replica_head_init(&newest);
	for (size_t i = 0; r == 0 && i < n; i++) { /* names are in order: epoch, then size */
		struct vault_object o;
		memcpy(&o, heads.p + i * sizeof(o), sizeof(o));
		if (strcmp(o.name, last) > 0)
			(void)snprintf(last, sizeof(last), "%s", o.name);
	}
	if (r == 0 && last[0])
		r = head_of(x, last, &newest, e);
	if (r == ERR_NO)
		r = err_set(e, ERR_CORRUPT, last, "the newest head does not read, so it is not known what it needs: push first");
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct vault_object o;
		memcpy(&o, heads.p + i * sizeof(o), sizeof(o));
		if (strlen(o.name) < 31 || num_u64(slice_of(o.name + 11, 20), 0, INT64_MAX, &size) < 0 || size >= until)
			continue;
		if (strcmp(o.name, last))
			r = take_old_head(x, o.name, &newest, e);
		else
			for (size_t k = 0; k < newest.n; k++)
				x->ret->waits |= is_tail(&newest.file[k]);
	}
	replica_head_done(&newest);
	return r;
}

/* ---- one body: older versions of the pack that was written anew ---- */

static int add_piece(void *arg, struct slice piece, struct err *e)
{
	struct seal_sha256 *h = arg;
	(void)e;
	if (piece.p)
		seal_sha256_add(h, piece);
	else
		seal_sha256_begin(h);
	return 0;
}

static int is_new(struct removing *x, const struct vault_object *o, const struct ledger_pack_ref *p, bool *ret, struct err *e)
{
	uint8_t got[SEAL_HASH];
	*ret = false;
	if (o->size != p->size)
		return 0;
	struct seal_sha256 *h = seal_sha256_new();
	if (!h)
		return no_memory(e);
	seal_sha256_begin(h);
	int r = x->s->ops->get(x->s, o->name, o->version, 0, UINT64_MAX, add_piece, h, e);
	seal_sha256_end(h, got);
	seal_sha256_free(h);
	*ret = r == 0 && !memcmp(got, p->sha256, SEAL_HASH);
	return r;
}

static int take_old_versions(struct removing *x, const struct ledger_pack_ref *p, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 1];
	bool have = false;
	uint64_t old = 0;
	(void)snprintf(name, sizeof(name), "packs/%s", p->name);
	int r = look(x, name, e);
	for (size_t i = 0; r == 0 && i < x->objects.n / sizeof(struct vault_object); i++) {
		struct vault_object o;
		bool new;
		int64_t until = 0;
		memcpy(&o, x->objects.p + i * sizeof(o), sizeof(o));
		if (strcmp(o.name, name) || (r = is_new(x, &o, p, &new, e)) < 0)
			continue;
		have |= new;
		if (new)
			continue;
		r = x->s->ops->remove(x->s, &o, &until, e);
		if (r == ERR_BUSY) {
			old++;
			x->ret->until = until > x->ret->until ? until : x->ret->until;
			r = 0;
		} else if (r == 0) {
			x->ret->removed++;
		}
	}
	x->ret->pending += old;
	return r == 0 && !have ? err_set(e, ERR_CORRUPT, name, "the pack that was written anew is not there: push first") : r;
}

/* The record of its pack, as it stands here. */
static int pack_of(int sitefd, uint64_t entry, struct ledger_pack_ref *ret, struct err *e)
{
	AUTO_CLOSE int fd = openat(sitefd, "packs/index", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t record[LEDGER_PACK_RECORD];
	if (fd < 0)
		return err_sys(e, "packs/index", "cannot be read");
	for (uint64_t k = 1; pread(fd, record, sizeof(record), (off_t)((k - 1) * sizeof(record))) == (ssize_t)sizeof(record); k++) {
		int r = ledger_pack_record_read(slice_of(record, sizeof(record)), k, ret, e);
		if (r < 0 || (entry >= ret->first && entry < ret->first + ret->count))
			return r;
	}
	return err_set(e, ERR_CORRUPT, "packs/index", "no record covers entry %llu", (unsigned long long)entry);
}

static int take_body(struct removing *x, int sitefd, const struct retain_erasure *er, struct err *e)
{
	struct ledger_pack_ref p;
	int r = pack_of(sitefd, er->first, &p, e);
	if (r == 0 && p.entry < er->seq)
		r = err_set(e, ERR_BUSY, NULL, "its pack was not written anew here yet");
	return r == 0 ? take_old_versions(x, &p, e) : r;
}

int vault_replica_erase(int sitefd, const struct vault_replica *r, const struct retain_erasure *er, struct vault_replica_erased *ret, struct err *e)
{
	struct vault_store_options so = {.retain_days = r->retain_days, .write = true, .no_lock = r->no_lock, .access = &r->access};
	struct removing x = {.ret = ret};
	*ret = (struct vault_replica_erased){0};
	buf_init(&x.objects, (size_t)64 << 20);
	int c = vault_store_open(r->target, &so, &x.s, e);
	if (c == 0 && (!x.s->ops->remove || !x.s->ops->list))
		c = err_set(e, ERR_USAGE, r->target, "nothing can be removed there from here: whoever keeps that copy has to");
	if (c == 0)
		c = take_keys(&x, er, e);
	if (c == 0)
		c = er->class == RETAIN_CARE ? take_tails(&x, sitefd, er, e) : take_its_packs(&x, sitefd, er, e);
	if (c == 0 && er->one)
		c = take_body(&x, sitefd, er, e);
	vault_store_close(x.s);
	buf_done(&x.objects);
	return c;
}
