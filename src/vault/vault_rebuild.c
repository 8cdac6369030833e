/* A bare folder becomes the site again, as far as a replica's newest head goes. Tiles are not fetched: they are made again from what the packs hold, and must give the signed root, which proves every body at once.
 *
 *   DEST/rebuild       where it comes from and which head, while it is going on: with it, and without site.ini, the folder is no site yet, and the same command goes on
 *   DEST/rebuild.ini   what becomes site.ini, by a rename, when everything stands (vault_rebuild_done); until then who only reads charts reads it (site_open_restoring)
 *   DEST/rebuild.progress, .accounts, .looked   for a daemon that serves charts meanwhile (serve/sup_restore.c)
 *   DEST/copies        a sealed copy of the view, opened into DEST/view before the packs are fetched: charts can be read from there on
 *
 * Going on keeps the packs and the parts of a copy that are there, whole, and the charts that can be read, and fetches all else again: whatever was begun with the ledger was told to nobody. Until the new epoch has begun nothing is signed with the old key: the lost site
 * may have gone on beyond this head, and somebody may have seen it.
 */
#include "vault_replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK "rebuild"
#define CHAIN "rebuild.tmp"
#define INI "rebuild.ini"

struct rebuild {
	struct vault_store *from;
	int destfd;
	const struct vault_rebuild_options *o;
	struct vault_replica_report *rep;
	struct buf *notes;
	struct replica_head h;
	struct replica_tree tree;
	struct buf index;
	uint64_t done, total; /* bytes */
	struct replica_pool *pool;
	pthread_mutex_t lock; /* of done and rep, while several connections work */
	struct ledger_view_part *part; /* of the copy that was taken */
};

static void note(struct rebuild *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct rebuild *b, const char *fmt, ...)
{
	char line[700];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	buf_printf(b->notes, "%s\n", line);
}

/* ---- which head ---- */

static int fetch_small(struct rebuild *b, const struct replica_head *h, const char *path, struct buf *ret, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 1];
	const struct replica_file *f = replica_head_find(h, path);
	if (!f)
		return err_set(e, ERR_NOT_FOUND, h->name, "it names no %s", path);
	replica_file_name(f, name);
	return vault_store_read_hash(b->from, name, 1 << 20, f->sha256, ret, e);
}

static int put_chain(struct rebuild *b, const struct replica_head *h, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < h->n; i++) {
		AUTO_BUF struct buf text = {0};
		char path[VAULT_OBJECT_MAX + 32];
		if (strncmp(h->file[i].path, "ledger/epochs/", 14))
			continue;
		buf_init(&text, 1 << 20);
		snprintf(path, sizeof path, CHAIN "/%s", h->file[i].path + 7);
		char dir[sizeof path];
		snprintf(dir, sizeof dir, "%s", path);
		*strrchr(dir, '/') = 0;
		r = fetch_small(b, h, h->file[i].path, &text, e);
		if (r == 0)
			r = file_mkdir(b->destfd, dir, 0755, e);
		if (r == 0)
			r = file_replace(b->destfd, path, buf_slice(&text), 0644, e);
	}
	return r;
}

static void drop_chain(struct rebuild *b)
{
	static const char *const what[] = {"vkey", "checkpoint", "next"};
	for (int i = 1; i <= LEDGER_EPOCHS_MAX; i++) {
		char path[64];
		for (size_t k = 0; k < ARRAY_LEN(what); k++) {
			snprintf(path, sizeof path, CHAIN "/epochs/%d/%s", i, what[k]);
			unlinkat(b->destfd, path, 0);
		}
		snprintf(path, sizeof path, CHAIN "/epochs/%d", i);
		if (unlinkat(b->destfd, path, AT_REMOVEDIR) && errno == ENOENT)
			break;
	}
	unlinkat(b->destfd, CHAIN "/epochs", AT_REMOVEDIR);
	unlinkat(b->destfd, CHAIN, AT_REMOVEDIR);
}

/* Was each epoch of this head handed on by the one before, from `first` to its key? 1: yes. */
static int handed_on(struct rebuild *b, const struct replica_head *h, const struct note_vkey *first, struct err *e)
{
	struct ledger_epoch *past = calloc(LEDGER_EPOCHS_MAX, sizeof *past);
	size_t n = 0;
	int r = past ? file_mkdir(b->destfd, CHAIN, 0755, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = put_chain(b, h, e);
	AUTO_CLOSE int fd = r == 0 ? file_open_dir(b->destfd, CHAIN, e) : -1;
	if (r == 0)
		r = fd < 0 ? fd : ledger_epochs(fd, past, &n, e);
	bool ok = r == 0 && n > 0 && n + 1 == h->epoch && !memcmp(past[n - 1].next.pub, h->vkey.pub, sizeof h->vkey.pub);
	bool from = false;
	for (size_t i = 0; ok && i < n; i++) {
		from = from || !memcmp(past[i].vkey.pub, first->pub, sizeof first->pub);
		if (from && !past[i].handed_on)
			ok = false;
	}
	free(past);
	drop_chain(b);
	if (r == ERR_SYSTEM || r == ERR_MEMORY || r == ERR_FULL)
		return r;
	return ok && from;
}

static int choose(struct rebuild *b, struct err *e)
{
	struct replica_head first, other;
	replica_head_init(&first);
	replica_head_init(&other);
	if (b->o && b->o->origin) {
		struct replica_trust t = {.origin = b->o->origin};
		int r = replica_newest(b->from, &t, &b->h, NULL, e);
		return r == ERR_NOT_FOUND ? err_set(e, r, b->from->where, "there is no head of %s in it", b->o->origin) : r;
	}
	int r = replica_oldest(b->from, &first, e);
	if (r < 0)
		return r;
	struct replica_trust t = {.key = &first.vkey, .n = 1};
	r = replica_newest(b->from, &t, &b->h, &other, e);
	if (r == 0 && other.name[0]) {
		int on = handed_on(b, &other, &first.vkey, e);
		if (on == 1) {
			struct replica_head old = b->h;
			b->h = other;
			other = old;
		} else if (on == 0) {
			note(b, "There is also a head of %s (epoch %" PRIu64 ", %" PRIu64 " entries) in it, under a key that the first one did not hand on to. It was passed over; --origin %s takes it instead.", other.cp.origin,
			     other.epoch, other.cp.size, other.cp.origin);
		} else {
			r = on;
		}
	}
	replica_head_done(&first);
	replica_head_done(&other);
	return r;
}

/* ---- the folder ---- */

static int is_for_us(struct rebuild *b, const char *target, struct err *e)
{
	static const char *const again[] = {"wal", "ledger", "keys", CHAIN, "packs/index"}; /* INI is written over: who reads charts meanwhile needs it */
	AUTO_BUF struct buf mark = {0};
	struct stat st;
	buf_init(&mark, 8192);
	if (fstatat(b->destfd, "site.ini", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, ERR_EXISTS, NULL, "there is a site in this folder; name one that is new or empty");
	int r = file_read(b->destfd, MARK, 8192, &mark, e);
	if (r == 0) {
		struct slice rest, line = slice_cut(buf_slice(&mark), '\n', &rest);
		if (!slice_eq_str(line, target))
			return err_set(e, ERR_EXISTS, NULL, "a rebuild from %.*s was begun in this folder; go on with that, or take another folder", SLICE_FMT(line));
		for (size_t i = 0; i < ARRAY_LEN(again); i++)
			file_remove_tree(b->destfd, again[i]);
		return 0;
	}
	if (r != ERR_NOT_FOUND)
		return r;
	int fd = file_open_dir(b->destfd, ".", e);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d)
		return fd < 0 ? fd : err_sys(e, NULL, "cannot list the folder");
	r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));)
		if (strcmp(en->d_name, ".") && strcmp(en->d_name, ".."))
			r = err_set(e, ERR_EXISTS, NULL, "the folder to rebuild in is not empty; name one that is new or empty");
	closedir(d);
	return r;
}

static int put_mark(struct rebuild *b, const char *target, struct err *e)
{
	AUTO_BUF struct buf mark = {0};
	buf_init(&mark, 8192);
	buf_printf(&mark, "%s\n%s\n", target, b->h.name);
	return buf_ok(&mark) ? file_replace(b->destfd, MARK, buf_slice(&mark), 0600, e) : err_set(e, buf_code(&mark), NULL, "no memory");
}

/* One object to one file of the site, durable. What is there with its size is right: only whole ones get their name. */
static void count(struct rebuild *b, uint64_t size, bool fetched)
{
	pthread_mutex_lock(&b->lock);
	b->done += size;
	b->rep->objects += fetched;
	b->rep->bytes += fetched ? size : 0;
	pthread_mutex_unlock(&b->lock);
}

static int bring_from(struct rebuild *b, struct vault_store *from, const char *object, const char *path, uint64_t size, const uint8_t sha256[SEAL_HASH], mode_t mode, bool segment, struct err *e)
{
	char tmp[VAULT_OBJECT_MAX + 32], dir[VAULT_OBJECT_MAX + 1];
	struct stat st;
	if (fstatat(b->destfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && (uint64_t)st.st_size == size && !segment && size > 1 << 20) {
		count(b, size, false);
		return 0;
	}
	snprintf(dir, sizeof dir, "%s", path);
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	else
		snprintf(dir, sizeof dir, ".");
	int r = slash ? file_mkdir(b->destfd, dir, !strncmp(path, "keys/", 5) || segment ? 0700 : 0755, e) : 0;
	if (r < 0)
		return r;
	snprintf(tmp, sizeof tmp, "%s.tmp", path);
	AUTO_CLOSE int fd = openat(b->destfd, tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return err_sys(e, path, "cannot be written");
	r = vault_store_copy(from, object, size, sha256, fd, e);
	if (r == 0 && segment)
		r = ledger_tail_extend(fd, e);
	if (r == 0 && fsync(fd))
		r = err_sys(e, path, "cannot be made durable");
	if (r == 0 && renameat(b->destfd, tmp, b->destfd, path))
		r = err_sys(e, path, "cannot be put in its place");
	if (r < 0)
		unlinkat(b->destfd, tmp, 0);
	count(b, size, r == 0);
	return r == 0 ? file_sync_dir(b->destfd, dir, e) : r;
}

static int bring(struct rebuild *b, const char *object, const char *path, uint64_t size, const uint8_t sha256[SEAL_HASH], mode_t mode, bool segment, struct err *e)
{
	return bring_from(b, b->from, object, path, size, sha256, mode, segment, e);
}

/* Packs, over several connections. */
struct fetch_job {
	struct replica_job j;
	struct rebuild *b;
	char name[VAULT_OBJECT_MAX + 1];
	uint64_t size;
	uint8_t sha256[SEAL_HASH];
};

static int run_fetch(struct replica_job *j, struct vault_store *s, struct err *e)
{
	struct fetch_job *x = (struct fetch_job *)j;
	return s ? bring_from(x->b, s, x->name, x->name, x->size, x->sha256, 0644, false, e) : 0;
}

static int queue(struct rebuild *b, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct fetch_job *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*x = (struct fetch_job){.j.run = run_fetch, .b = b, .size = size};
	snprintf(x->name, sizeof x->name, "%s", name);
	memcpy(x->sha256, sha256, SEAL_HASH);
	return replica_pool_do(b->pool, &x->j, e);
}

static void tell(struct rebuild *b, const char *doing)
{
	if (!b->o || !b->o->progress)
		return;
	pthread_mutex_lock(&b->lock);
	uint64_t done = b->done;
	pthread_mutex_unlock(&b->lock);
	b->o->progress(b->o->arg, doing, done, b->total);
}

static int add_size(void *arg, const struct ledger_pack_ref *p, struct slice record, struct err *e)
{
	struct rebuild *b = arg;
	b->total += p->size;
	buf_add_slice(&b->index, record);
	return buf_ok(&b->index) ? 0 : err_set(e, buf_code(&b->index), NULL, "no memory for the catalogue of packs");
}

static int add_vault_size(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	((struct rebuild *)arg)->total += size;
	return 0;
}

static int bring_pack(struct rebuild *b, uint64_t k, struct err *e)
{
	struct ledger_pack_ref p;
	char path[VAULT_OBJECT_MAX + 1];
	int r = ledger_pack_record_read(slice_of(b->index.p + (k - 1) * LEDGER_PACK_RECORD, LEDGER_PACK_RECORD), k, &p, e);
	snprintf(path, sizeof path, "packs/%s", p.name);
	return r == 0 ? queue(b, path, p.size, p.sha256, e) : r;
}

static int put_tile(struct rebuild *b, int level, uint64_t n, struct slice bytes, struct err *e)
{
	char tile[LEDGER_TILE_PATH_MAX], path[LEDGER_TILE_PATH_MAX + 8], dir[sizeof path];
	ledger_tile_path(level, n, LEDGER_TILE_WIDTH, tile);
	snprintf(path, sizeof path, "ledger/%s", tile);
	snprintf(dir, sizeof dir, "%s", path);
	*strrchr(dir, '/') = 0;
	int r = file_mkdir(b->destfd, dir, 0755, e);
	return r == 0 ? file_replace(b->destfd, path, bytes, 0644, e) : r;
}

/* A quarter whose key the head does not name any more was erased: its leaves cannot be made from its packs, so they are fetched, proven by the head's tree. */
static int bring_leaves(struct rebuild *b, struct err *e)
{
	uint64_t done = 0; /* bundles below are there */
	int r = 0;
	for (uint64_t k = 1; r == 0 && k <= b->h.packs; k++) {
		struct ledger_pack_ref p;
		char key[96];
		r = ledger_pack_record_read(slice_of(b->index.p + (k - 1) * LEDGER_PACK_RECORD, LEDGER_PACK_RECORD), k, &p, e);
		if (r < 0)
			return r;
		snprintf(key, sizeof key, "keys/period/%s.age", p.period);
		if (replica_head_find(&b->h, key))
			continue;
		for (uint64_t n = p.first / LEDGER_TILE_WIDTH > done ? p.first / LEDGER_TILE_WIDTH : done; r == 0 && n * LEDGER_TILE_WIDTH < p.first + p.count && (n + 1) * LEDGER_TILE_WIDTH <= b->h.cp.size; n++) {
			struct slice bytes;
			r = ledger_trust_bundle(b->tree.t, n, &bytes, e);
			if (r == 0)
				r = put_tile(b, LEDGER_TILE_ENTRIES, n, bytes, e);
			if (r == 0)
				r = ledger_trust_tile(b->tree.t, 0, n, &bytes, e);
			if (r == 0) /* where there are leaves, their hashes are taken to be there, too */
				r = put_tile(b, 0, n, bytes, e);
			done = n + 1;
		}
	}
	return r;
}

static int bring_vault(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct rebuild *b = arg;
	tell(b, "file backups");
	b->rep->vault_packs++;
	return queue(b, name, size, sha256, e);
}

static int bring_files(struct rebuild *b, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < b->h.n; i++) {
		const struct replica_file *f = &b->h.file[i];
		char name[VAULT_OBJECT_MAX + 1];
		bool segment = !strncmp(f->path, "wal/", 4), secret = !strncmp(f->path, "keys/", 5) || !strcmp(f->path, "tls/ca.age");
		if (!strncmp(f->path, REPLICA_VIEW, strlen(REPLICA_VIEW)) || !strcmp(f->path, "site.ini") || !strcmp(f->path, "packs/records") || !strcmp(f->path, "vault/list") || !strncmp(f->path, "ledger/tile/", 12))
			continue;
		replica_file_name(f, name);
		tell(b, "keys and the newest entries");
		r = bring(b, name, f->path, f->size, f->sha256, segment || secret ? 0600 : 0644, segment, e);
	}
	return r;
}

/* The checkpoint that comes back must be the head that we chose. */
static int check_head(struct rebuild *b, struct err *e)
{
	AUTO_BUF struct buf text = {0};
	struct note_vkey v;
	struct tlog_checkpoint cp;
	AUTO_CLOSE int fd = file_open_dir(b->destfd, "ledger", e);
	buf_init(&text, 1 << 16);
	int r = fd < 0 ? fd : ledger_published_head(fd, &v, &cp, &text, e);
	if (r == 0 && (memcmp(v.pub, b->h.vkey.pub, sizeof v.pub) || strcmp(v.name, b->h.vkey.name) || cp.size != b->h.cp.size || memcmp(cp.root, b->h.cp.root, SEAL_HASH)))
		r = err_set(e, ERR_CORRUPT, "ledger/checkpoint", "what came back is not the head that was chosen");
	return r;
}

static int recover(struct rebuild *b, const struct age_identity *identity, struct site_keys *ret, struct err *e)
{
	int r = site_keys_recover(b->destfd, identity, ret, e);
	if (r == ERR_CRYPTO)
		return err_set(e, r, "keys", "these shares, or this identity, do not open this site's keys: they belong to another site");
	if (r == 0 && (memcmp(ret->signing.v.pub, b->h.vkey.pub, sizeof b->h.vkey.pub) || memcmp(ret->recovery.pub, identity->to.pub, sizeof identity->to.pub)))
		r = err_set(e, ERR_CRYPTO, "keys", "the keys in this replica are not those of its log");
	return r;
}

/* ---- charts as they were: a copy of the view ---- */

/* Its parts as the head names them, and this one is whole by them. */
static bool copy_parts(const struct rebuild *b, const struct ledger_view_copy *c, struct ledger_view_part *part)
{
	for (unsigned i = 1; i <= c->parts; i++) {
		char name[LEDGER_VIEW_NAME_MAX], path[VAULT_OBJECT_MAX + 1];
		ledger_view_name(c, i, name);
		snprintf(path, sizeof path, REPLICA_VIEW "%s", name);
		const struct replica_file *f = replica_head_find(&b->h, path);
		if (!f)
			return false;
		part[i - 1].size = f->size;
		memcpy(part[i - 1].sha256, f->sha256, SEAL_HASH);
	}
	return true;
}

static int take_copy(struct rebuild *b, const struct ledger_view_copy *c, struct err *e)
{
	const struct vault_rebuild_options *o = b->o;
	int r = o->copy_begin(o->copy_arg, c, e);
	for (unsigned i = 1; r == 0 && i <= c->parts; i++) {
		char name[LEDGER_VIEW_NAME_MAX], path[VAULT_OBJECT_MAX + 1], object[VAULT_OBJECT_MAX + 1];
		ledger_view_name(c, i, name);
		snprintf(path, sizeof path, REPLICA_VIEW "%s", name);
		const struct replica_file *f = replica_head_find(&b->h, path);
		replica_file_name(f, object);
		tell(b, "charts as they were");
		b->total += f->size;
		r = bring(b, object, path, f->size, f->sha256, 0640, false, e);
		if (r == 0)
			o->copy_part(o->copy_arg);
	}
	if (r == 0)
		r = o->copy_end(o->copy_arg, c, e);
	if (r < 0)
		o->copy_drop(o->copy_arg);
	return r;
}

static bool copy_fits(const struct rebuild *b, const struct ledger_view_copy *c)
{
	return c->entries <= b->h.cp.size && c->record < b->h.cp.size && c->entries <= c->record;
}

/* The newest that can be used. A cache: what is wrong with it is said, and nothing fails. */
static void bring_copy(struct rebuild *b)
{
	bool other = false;
	for (uint64_t below = UINT64_MAX; b->o && b->o->copy_version;) {
		struct ledger_view_copy best = {.parts = 0};
		for (size_t i = 0; i < b->h.n; i++) {
			struct ledger_view_copy c;
			unsigned part;
			const char *path = b->h.file[i].path;
			if (strncmp(path, REPLICA_VIEW, strlen(REPLICA_VIEW)) || !ledger_view_name_read(path + strlen(REPLICA_VIEW), &c, &part) || part != 1 || c.record >= below || !copy_fits(b, &c))
				continue;
			if (strcmp(c.version, b->o->copy_version))
				other = true;
			else if (!best.parts || c.record > best.record)
				best = c;
		}
		if (!best.parts) {
			note(b, other ? "The copies of the charts in it are of another version, or cannot be used: charts are made from the ledger." : "There is no copy of the charts in it that can be used: they are made from the ledger.");
			return;
		}
		struct err why = {0};
		char line[500];
		free(b->part);
		b->part = calloc(best.parts, sizeof *b->part);
		int r = b->part && copy_parts(b, &best, b->part) ? take_copy(b, &best, &why) : err_set(&why, ERR_CORRUPT, "view", "it is not whole");
		if (r == 0) {
			b->rep->copy = best;
			return;
		}
		note(b, "The copy of the charts as of %" PRIu64 " entries cannot be used: %s", best.entries, err_line(&why, line, sizeof line));
		below = best.record;
	}
}

/* Every entry is proven now: does the ledger say that these were the bytes? */
static void judge_copy(struct rebuild *b, struct ledger *l)
{
	struct err why = {0};
	char line[500];
	if (ledger_view_proven(l, &b->rep->copy, b->part, &why) == 0)
		return;
	note(b, "THE CHARTS THAT WERE SHOWN ARE NOT THOSE THAT THE LEDGER NAMES: %s. They are thrown away and made from the ledger; look again at whatever was read meanwhile.", err_line(&why, line, sizeof line));
	b->o->copy_drop(b->o->copy_arg);
	b->rep->copy = (struct ledger_view_copy){.parts = 0};
}

static void proving(void *arg, uint64_t done, uint64_t total)
{
	const struct rebuild *b = arg;
	if (b->o && b->o->progress)
		b->o->progress(b->o->arg, "entries proven against the signed head", done, total);
}

/* Opening finds out whether all of it hangs together: every body of the packs goes into the tree, whose root must be the signed one. */
static int open_once(struct rebuild *b, const struct site_keys *keys, struct err *e)
{
	struct ledger *l = NULL;
	struct ledger_options o = {.write = true, .single_thread = true, .helpers = 2, .progress = proving, .arg = b};
	int r = ledger_open(b->destfd, keys, &o, &l, b->notes, e);
	if (r < 0)
		return r;
	if (ledger_size(l) < b->h.cp.size)
		r = err_set(e, ERR_CORRUPT, "ledger", "only %" PRIu64 " of %" PRIu64 " entries came back", ledger_size(l), b->h.cp.size);
	if (r == 0 && b->rep->copy.parts)
		judge_copy(b, l);
	ledger_free(l); /* and not closed: that would sign */
	return r;
}

static int make_rest(struct rebuild *b, struct err *e)
{
	int r = file_mkdir(b->destfd, "wal/torn", 0700, e);
	if (r == 0)
		r = file_mkdir(b->destfd, "packs", 0755, e);
	if (r == 0)
		r = file_mkdir(b->destfd, "keys/period", 0700, e);
	if (r == 0)
		r = file_mkdir(b->destfd, "run", 0755, e);
	if (r == 0)
		r = file_mkdir(b->destfd, "copies", 0750, e);
	if (r == 0)
		r = file_mkdir(b->destfd, "view", 0750, e); /* patients' data in clear will lie in it */
	return r;
}

static int all(struct rebuild *b, const char *target, const struct age_identity *identity, struct site_keys *ret_keys, struct err *e)
{
	static const struct vault_store_options so;
	AUTO_BUF struct buf ini = {0};
	bool vault = !(b->o && b->o->no_vault);
	buf_init(&ini, 1 << 20);
	int r = is_for_us(b, target, e);
	if (r == 0)
		r = choose(b, e);
	if (r == 0)
		r = put_mark(b, target, e);
	if (r == 0)
		r = replica_tree_open(&b->tree, b->from, &b->h, e);
	if (r == 0)
		r = replica_each_pack(&b->tree, 1, add_size, b, e);
	for (size_t i = 0; r == 0 && i < b->h.n; i++)
		if (strncmp(b->h.file[i].path, REPLICA_VIEW, strlen(REPLICA_VIEW)))
			b->total += b->h.file[i].size;
	if (r == 0 && vault)
		r = replica_each_vault(b->from, &b->h, add_vault_size, b, e);
	if (r == 0)
		r = bring_files(b, e);
	if (r == 0)
		r = check_head(b, e);
	if (r == 0)
		r = recover(b, identity, ret_keys, e); /* before the long part: wrong shares are told at once */
	if (r == 0)
		r = make_rest(b, e);
	if (r == 0)
		r = fetch_small(b, &b->h, "site.ini", &ini, e);
	if (r == 0 && b->o && b->o->keys_back)
		r = b->o->keys_back(b->o->arg, buf_slice(&ini), e);
	if (r == 0)
		r = file_replace(b->destfd, INI, buf_slice(&ini), 0644, e);
	if (r == 0)
		bring_copy(b);
	if (r == 0)
		r = replica_pool_new(target, &so, b->from, 0, &b->pool, e);
	for (uint64_t k = 1; r == 0 && k <= b->h.packs; k++) {
		tell(b, "packs");
		r = bring_pack(b, k, e);
	}
	if (r == 0)
		r = replica_pool_wait(b->pool, e);
	if (r == 0 && b->index.n)
		r = file_replace(b->destfd, "packs/index", buf_slice(&b->index), 0644, e);
	if (r == 0)
		r = bring_leaves(b, e);
	if (r == 0 && vault)
		r = replica_each_vault(b->from, &b->h, bring_vault, b, e);
	if (r == 0)
		r = replica_pool_wait(b->pool, e);
	if (r == 0)
		r = open_once(b, ret_keys, e);
	return r;
}

int vault_rebuild_done(int destfd, struct err *e)
{
	AUTO_CLOSE int lock = openat(destfd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_sys(e, "lock", "cannot be made");
	if (renameat(destfd, INI, destfd, "site.ini"))
		return err_sys(e, "site.ini", "cannot be put in its place");
	return file_sync_dir(destfd, ".", e);
}

bool vault_rebuild_stands(int destfd)
{
	return faccessat(destfd, "site.ini", F_OK, AT_SYMLINK_NOFOLLOW) == 0 && faccessat(destfd, MARK, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int vault_rebuild_end(int destfd, struct err *e)
{
	static const char *const meanwhile[] = {"rebuild.accounts", "rebuild.progress", MARK}; /* (rebuild.looked goes when it is entered) */
	for (size_t i = 0; i < ARRAY_LEN(meanwhile); i++)
		if (unlinkat(destfd, meanwhile[i], 0) && errno != ENOENT)
			return err_sys(e, meanwhile[i], "cannot be removed");
	return file_sync_dir(destfd, ".", e);
}

int vault_rebuild(const char *target, int destfd, const struct age_identity *identity, const struct vault_rebuild_options *o, struct site_keys *ret_keys, struct vault_replica_report *ret, struct buf *ret_notes,
                  struct err *e)
{
	struct rebuild b = {.destfd = destfd, .o = o, .rep = ret, .notes = ret_notes};
	memset(ret, 0, sizeof *ret);
	pthread_mutex_init(&b.lock, NULL);
	replica_head_init(&b.h);
	buf_init(&b.index, (size_t)1 << 30);
	int r = vault_store_open(target, NULL, &b.from, e);
	if (r == 0)
		r = all(&b, target, identity, ret_keys, e);
	if (r == 0) {
		ret->size = b.h.cp.size;
		ret->epoch = b.h.epoch;
		ret->packs = b.h.packs;
		ret->head_time = b.h.time;
		snprintf(ret->origin, sizeof ret->origin, "%s", b.h.cp.origin);
	}
	free(b.part);
	replica_pool_free(b.pool);
	pthread_mutex_destroy(&b.lock);
	replica_tree_done(&b.tree);
	replica_head_done(&b.h);
	buf_done(&b.index);
	vault_store_close(b.from);
	return r;
}
