/* From a replica to here. Into a folder that is a replica itself: everything the head speaks of, proven, then the head. Into the site that pushed: what is missing or damaged here. A head is accepted only if it
 * extends the last one that this folder accepted; a new key only when an operator said so. */
#include "vault_internal.h"
#include "vault_replica.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WITNESS "keys/witness.key"

struct pull {
	int dirfd;
	struct vault_store *from, *to;
	struct vault_store_options so; /* of from */
	const struct vault_replica *rep;
	struct replica_pool *pool;
	pthread_mutex_t lock;
	struct replica_work w;
	struct replica_head h, last; /* what is offered; what was accepted last, name empty: nothing yet */
	struct replica_tree tree;
	struct replica_names *there;
	uint64_t count, total;
	bool site, ours;
	struct vault_log *log; /* of the site that is healed: what an entry of it erased does not come back; NULL: it has no vault */
	bool forked; /* the head does not surely extend the last one: what lies here under a name may be what the old epoch went on with */
	struct buf records;      /* of the object of records at hand */
	bool records_anew;       /* some of them are of packs that were written anew */
};

/* ---- may this head be accepted? ---- */

/* Where the two histories part: the last size at which both have the same root, found by halving. Where our own tiles do not say, the answer is without a place. */
static int rewritten(struct pull *p, struct err *e)
{
	struct replica_tree mine;
	uint64_t same = 0, differs = p->last.cp.size;
	char where[96] = "";
	int r = replica_tree_open(&mine, p->to, &p->last, NULL);
	while (r == 0 && differs - same > 1) {
		uint64_t at = same + (differs - same) / 2;
		uint8_t a[SEAL_HASH], b[SEAL_HASH];
		r = ledger_trust_root(mine.t, at, a, NULL);
		if (r == 0)
			r = ledger_trust_root(p->tree.t, at, b, NULL);
		if (r == 0 && !memcmp(a, b, SEAL_HASH))
			same = at;
		else if (r == 0)
			differs = at;
	}
	replica_tree_done(&mine);
	if (r == 0)
		snprintf(where, sizeof where, ": entry #%" PRIu64 " is another there than here", differs - 1);
	char why[240];
	snprintf(why, sizeof why, "it does not extend what was accepted here, the past was rewritten%s. Nothing was changed", where);
	return replica_says_no(p->from, &p->h, why, e);
}

static int compare(struct pull *p, struct err *e)
{
	uint8_t root[SEAL_HASH];
	bool accept = p->w.o && p->w.o->accept_epoch;
	bool same_key = !strcmp(p->h.vkey.name, p->last.vkey.name) && !memcmp(p->h.vkey.pub, p->last.vkey.pub, sizeof p->h.vkey.pub);
	if (!p->last.name[0])
		return 0;
	if (!same_key && !accept)
		return replica_says_no(p->from, &p->h, "it goes on under another name and key than what was accepted here: after a rebuild, or because somebody is making it up. Ask the site; then say --accept-epoch", e);
	if (!same_key && p->h.epoch <= p->last.epoch)
		return replica_says_no(p->from, &p->h, "it is another log than the one that was accepted here, and no later epoch of it", e);
	if (same_key && p->h.cp.size < p->last.cp.size)
	{
		char why[200];
		snprintf(why, sizeof why, "it is shorter than what was accepted here: the entries from #%" PRIu64 " to #%" PRIu64 " were taken away. Nothing was changed", p->h.cp.size, p->last.cp.size - 1);
		return replica_says_no(p->from, &p->h, why, e);
	}
	p->forked = p->w.forked = !same_key;
	if (!same_key && p->h.cp.size < p->last.cp.size)
		return 0; /* what the old epoch had beyond is kept under its heads; the operator has looked */
	int r = ledger_trust_root(p->tree.t, p->last.cp.size, root, e);
	if (r < 0)
		return r;
	if (memcmp(root, p->last.cp.root, SEAL_HASH) && (same_key || !accept))
		return rewritten(p, e);
	return 0;
}

/* ---- one object ---- */

static int drop_piece(void *arg, struct slice piece, struct err *e)
{
	struct seal_sha256 *h = arg;
	if (piece.p)
		seal_sha256_add(h, piece);
	else
		seal_sha256_begin(h);
	return 0;
}

/* Is what lies here under this name already right? A kill may have come between it and its head. */
static bool is_right(struct vault_store *s, const char *name, const uint8_t sha256[SEAL_HASH])
{
	uint8_t got[SEAL_HASH];
	struct seal_sha256 *h = seal_sha256_new();
	if (!h)
		return false;
	seal_sha256_begin(h);
	int r = s->ops->get(s, name, "", 0, UINT64_MAX, drop_piece, h, NULL);
	seal_sha256_end(h, got);
	seal_sha256_free(h);
	return r == 0 && !memcmp(got, sha256, SEAL_HASH);
}

/* A place for bytes that are not proven yet: on the disk that they go to, without a name. Where the file system has no such files, in memory. */
static int scratch(const struct pull *p, const char *name, struct err *e)
{
	int fd = openat(p->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = memfd_create("holdfast-pull", MFD_CLOEXEC);
	return fd < 0 ? err_sys(e, name, "cannot be fetched") : fd;
}

struct bring_job {
	struct replica_job j;
	struct pull *p;
	char name[VAULT_OBJECT_MAX + 1];
	uint64_t size;
	uint8_t sha256[SEAL_HASH];
	bool over; /* of what was written anew */
};

static int run_bring(struct replica_job *j, struct vault_store *s, struct err *e)
{
	struct bring_job *x = (struct bring_job *)j;
	struct pull *p = x->p;
	if (!s)
		return 0;
	AUTO_CLOSE int fd = scratch(p, x->name, e);
	int r = fd < 0 ? fd : vault_store_copy(s, x->name, x->size, x->sha256, fd, e);
	struct vault_bytes b = {.fd = fd, .size = x->size, .lazy = x->size < 1 << 20, .lock_days = replica_lock_days(x->name)}; /* accept flushes */
	if ((r == ERR_NOT_FOUND || r == ERR_CORRUPT) && !strncmp(x->name, REPLICA_VIEWS, strlen(REPLICA_VIEWS)))
		return 0; /* a cache that is not there */
	if (r == 0 && x->over)
		return replica_put_over(&p->w, p->to, x->name, &b, x->sha256, e);
	return r == 0 ? replica_put(&p->w, p->to, x->name, &b, x->sha256, e) : r;
}

static int queue(struct pull *p, int (*run)(struct replica_job *j, struct vault_store *s, struct err *e), const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], bool over, struct err *e)
{
	struct bring_job *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	*x = (struct bring_job){.j.run = run, .p = p, .size = size, .over = over};
	snprintf(x->name, sizeof x->name, "%s", name);
	memcpy(x->sha256, sha256, SEAL_HASH);
	return replica_pool_do(p->pool, &x->j, e);
}

static int bring(struct pull *p, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	bool known = p->there && replica_names_has(p->there, name, size);
	if (known && ((!p->forked && !(p->w.o && p->w.o->data)) || is_right(p->to, name, sha256)))
		return 0;
	if (!p->there && is_right(p->to, name, sha256))
		return 0;
	return queue(p, run_bring, name, size, sha256, false, e);
}

static int put(struct pull *p, const char *name, struct slice bytes, struct err *e)
{
	uint8_t sha[SEAL_HASH];
	struct vault_bytes b = VAULT_BYTES(bytes);
	b.lazy = true; /* accept flushes */
	seal_sha256_once(bytes, sha);
	return replica_put(&p->w, p->to, name, &b, sha, e);
}

/* ---- a replica of a replica ---- */

static void name_of(int level, uint64_t n, unsigned width, char out[LEDGER_TILE_PATH_MAX + 8])
{
	char path[LEDGER_TILE_PATH_MAX];
	ledger_tile_path(level, n, width, path);
	snprintf(out, LEDGER_TILE_PATH_MAX + 8, "ledger/%s", path);
}

/* Tiles are proven one after the other, and fetched long before. */
static void fetch_ahead(struct pull *p, int level, uint64_t n)
{
	char name[LEDGER_TILE_PATH_MAX + 8];
	if (ledger_tile_width(level, n, p->h.cp.size) != LEDGER_TILE_WIDTH)
		return;
	name_of(level, n, LEDGER_TILE_WIDTH, name);
	replica_ahead_want(p->tree.ahead, name, level == LEDGER_TILE_ENTRIES ? LEDGER_BUNDLE_MAX : LEDGER_TILE_WIDTH * SEAL_HASH);
}

static int bring_tile(struct pull *p, int level, uint64_t n, struct err *e)
{
	char name[LEDGER_TILE_PATH_MAX + 8];
	unsigned width = ledger_tile_width(level, n, p->h.cp.size);
	struct slice bytes;
	if (!width)
		return 0;
	name_of(level, n, width, name);
	int r = level == LEDGER_TILE_ENTRIES ? ledger_trust_bundle(p->tree.t, n, &bytes, e) : ledger_trust_tile(p->tree.t, level, n, &bytes, e);
	return r < 0 ? r : width == LEDGER_TILE_WIDTH ? put(p, name, bytes, e) : p->to->ops->replace(p->to, name, bytes, e);
}

#define AHEAD (REPLICA_AHEAD / 2 - 2) /* a bundle and its tile each */
static int bring_tiles(struct pull *p, struct err *e)
{
	bool extends = p->last.name[0] && !strcmp(p->h.vkey.name, p->last.vkey.name);
	uint64_t from = (extends ? p->last.cp.size : 0) >> 8, end = (p->h.cp.size + 255) >> 8;
	int r = p->from->kind == VAULT_FOLDER ? 0 : replica_ahead_new(p->pool, &p->tree.ahead, e);
	for (uint64_t n = from, asked = from; r == 0 && n < end; n++) {
		for (; p->tree.ahead && asked < end && asked < n + AHEAD; asked++) {
			fetch_ahead(p, 0, asked);
			fetch_ahead(p, LEDGER_TILE_ENTRIES, asked);
		}
		r = bring_tile(p, LEDGER_TILE_ENTRIES, n, e);
		if (r == 0)
			r = bring_tile(p, 0, n, e); /* it has just been proven, and is at hand */
		if ((n - from) % 256 == 0)
			replica_progress(&p->w, "tiles", n - from, end - from);
	}
	replica_ahead_free(p->tree.ahead);
	p->tree.ahead = NULL;
	for (int level = 1; r == 0 && level < LEDGER_TILE_LEVELS; level++)
		for (uint64_t n = from >> (8 * level); r == 0 && ledger_tile_width(level, n, p->h.cp.size); n++)
			r = bring_tile(p, level, n, e);
	return r;
}

/* A whole object of records that was brought before one of its packs was written anew. */
static int records_anew(struct pull *p, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 1];
	uint8_t sha[SEAL_HASH];
	buf_add_slice(&p->records, record);
	p->records_anew |= ref->leaf.kind == LEDGER_REPACK;
	if (ref->number % REPLICA_RECORDS)
		return 0;
	struct vault_bytes b = VAULT_BYTES(buf_slice(&p->records));
	int r = buf_ok(&p->records) ? 0 : err_set(e, buf_code(&p->records), NULL, "no memory");
	snprintf(name, sizeof name, "packs/records/%05" PRIu64, (ref->number - 1) / REPLICA_RECORDS);
	seal_sha256_once(b.mem, sha);
	if (r == 0 && p->records_anew)
		r = replica_put_over(&p->w, p->to, name, &b, sha, e);
	buf_reset(&p->records);
	p->records_anew = false;
	return r;
}

static int bring_pack(void *arg, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	struct pull *p = arg;
	char name[VAULT_OBJECT_MAX + 1];
	int r = records_anew(p, ref, record, e);
	if (r < 0)
		return r;
	snprintf(name, sizeof name, "packs/%s", ref->name);
	replica_progress(&p->w, "packs", ref->number, p->h.packs);
	if (ref->leaf.kind != LEDGER_REPACK)
		return bring(p, name, ref->size, ref->sha256, e);
	return is_right(p->to, name, ref->sha256) ? 0 : queue(p, run_bring, name, ref->size, ref->sha256, true, e); /* what lies there may hold a body that was erased */
}

static int bring_vault(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct pull *p = arg;
	p->w.rep->vault_packs++;
	replica_progress(&p->w, "file backups", p->w.rep->vault_packs, 0);
	return bring(p, name, size, sha256, e);
}

/* Whole objects of records: the same bytes, proven once more record by record on the way. */
static int keep_record(void *arg, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	struct buf *b = arg;
	buf_add_slice(b, record);
	return buf_ok(b) ? 0 : err_set(e, buf_code(b), NULL, "no memory");
}

static int bring_records(struct pull *p, struct err *e)
{
	int r = 0;
	for (uint64_t chunk = 0; r == 0 && (chunk + 1) * REPLICA_RECORDS <= p->h.packs; chunk++) {
		AUTO_BUF struct buf b = {0};
		char name[VAULT_OBJECT_MAX + 1];
		snprintf(name, sizeof name, "packs/records/%05" PRIu64, chunk);
		if (!p->forked && p->there && replica_names_has(p->there, name, REPLICA_RECORDS * LEDGER_PACK_RECORD))
			continue;
		buf_init(&b, (size_t)REPLICA_RECORDS * LEDGER_PACK_RECORD);
		struct replica_head part = p->h; /* as if it ended there */
		part.packs = (chunk + 1) * REPLICA_RECORDS;
		struct replica_tree t = p->tree;
		t.h = &part;
		r = replica_each_pack(&t, chunk * REPLICA_RECORDS + 1, keep_record, &b, e);
		p->tree.version = t.version; /* what it grew is ours */
		p->tree.n = t.n;
		p->tree.cap = t.cap;
		if (r == 0)
			r = put(p, name, buf_slice(&b), e);
	}
	return r;
}

static int bring_files(struct pull *p, struct err *e)
{
	int r = 0;
	for (size_t i = 0; r == 0 && i < p->h.n; i++) {
		char name[VAULT_OBJECT_MAX + 1];
		replica_file_name(&p->h.file[i], name);
		r = bring(p, name, p->h.file[i].size, p->h.file[i].sha256, e);
	}
	return r;
}

static int read_file(struct pull *p, const char *path, struct buf *ret, struct err *e)
{
	char name[VAULT_OBJECT_MAX + 1];
	const struct replica_file *f = replica_head_find(&p->h, path);
	if (!f)
		return err_set(e, ERR_CORRUPT, p->h.name, "it names no %s", path);
	replica_file_name(f, name);
	return vault_store_read_hash(p->from, name, 1 << 20, f->sha256, ret, e);
}

/* The checkpoint itself must be the head that was proven, signed with the same key. */
static int check_note(struct pull *p, struct slice note, struct err *e)
{
	struct slice text;
	uint64_t mask;
	struct tlog_checkpoint cp;
	int r = note_verify(note, &p->h.vkey, 1, &text, &mask, NULL, e);
	if (r == 0)
		r = tlog_checkpoint_parse(text, &cp, e);
	if (r == 0 && (strcmp(cp.origin, p->h.cp.origin) || cp.size != p->h.cp.size || memcmp(cp.root, p->h.cp.root, SEAL_HASH)))
		r = err_set(e, ERR_CORRUPT, "ledger/checkpoint", "it is another head than the one it came with");
	return r;
}

/* ---- the witness ---- */

static int witness_key(struct pull *p, struct note_signer *ret, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char name[64];
	uint8_t id[4];
	buf_init_secret(&b, 4096);
	int r = file_read(p->dirfd, WITNESS, 4096, &b, e);
	if (r == 0)
		return note_signer_parse(slice_trim(buf_slice(&b)), ret, e);
	if (r != ERR_NOT_FOUND)
		return r;
	seal_random(id, sizeof id);
	snprintf(name, sizeof name, "holdfast/witness-%02x%02x%02x%02x", id[0], id[1], id[2], id[3]);
	r = note_cosigner_new(name, ret, e);
	buf_reset(&b);
	note_signer_format(ret, &b);
	buf_u8(&b, '\n');
	if (r == 0)
		r = file_mkdir(p->dirfd, "keys", 0700, e);
	if (r == 0)
		r = buf_ok(&b) ? file_replace(p->dirfd, WITNESS, buf_slice(&b), 0600, e) : err_set(e, buf_code(&b), NULL, "no memory");
	AUTO_BUF struct buf v = {0};
	buf_init(&v, 4096);
	note_vkey_format(&ret->v, &v);
	buf_u8(&v, '\n');
	return r == 0 ? file_replace(p->dirfd, "witness.vkey", buf_slice(&v), 0644, e) : r;
}

/* "I saw this head at this time, and it extends all that I saw before" (C2SP tlog-cosignature): beside the checkpoint, and kept. */
static int cosign(struct pull *p, struct slice note, struct buf *ret, struct err *e)
{
	struct note_signer k;
	uint8_t sha[SEAL_HASH];
	char name[VAULT_OBJECT_MAX + 1];
	AUTO_BUF struct buf line = {0};
	buf_init(&line, 4096);
	int r = witness_key(p, &k, e);
	if (r < 0)
		return r;
	int64_t now = time_now();
	r = note_cosign(&k, note, (uint64_t)(now / TIME_SEC), &line, e);
	seal_wipe(&k, sizeof k);
	buf_add_slice(ret, note);
	buf_add_slice(ret, buf_slice(&line));
	if (r == 0 && !(buf_ok(&line) && buf_ok(ret)))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r < 0)
		return r;
	seal_sha256_once(slice_str(p->h.cp.origin), sha);
	int n = snprintf(name, sizeof name, "cosigned/");
	for (size_t i = 0; i < 8; i++)
		n += snprintf(name + n, sizeof name - (size_t)n, "%02x", sha[i]);
	snprintf(name + n, sizeof name - (size_t)n, "/%020" PRIu64 "-%" PRId64, p->h.cp.size, now);
	return put(p, name, buf_slice(ret), e);
}

/* The site learns what was seen: over the web by its own door, in a folder by a file beside its heads. That it cannot be told is no reason not to have it. */
static void hand_back(struct pull *p, struct slice signed_)
{
	AUTO_BUF struct buf vkey = {0}, b = {0};
	char name[64];
	uint8_t sha[SEAL_HASH];
	struct err why = {0};
	int r = 0;
	buf_init(&vkey, 4096);
	buf_init(&b, 1 << 16);
	if (!signed_.n || file_read(p->dirfd, "witness.vkey", 4096, &vkey, NULL) < 0)
		return;
	struct slice key = slice_trim(buf_slice(&vkey));
	buf_add_slice(&b, key);
	buf_u8(&b, '\n');
	buf_add_slice(&b, signed_);
	seal_sha256_once(key, sha);
	int n = snprintf(name, sizeof name, "witness/");
	for (size_t i = 0; i < 8; i++)
		n += snprintf(name + n, sizeof name - (size_t)n, "%02x", sha[i]);
	if (p->from->kind == VAULT_HTTPS)
		r = vault_https_post(p->from, "cosign", buf_slice(&b), &why);
	else if (p->from->kind == VAULT_FOLDER && p->from->ops->replace)
		r = p->from->ops->replace(p->from, name, buf_slice(&b), &why);
	if (r < 0 && r != ERR_NOT_FOUND && p->from->kind == VAULT_HTTPS) /* 404: a plain web server; a folder may be read only */
		buf_printf(p->w.faults, "The cosignature could not be handed back: %s: %s\n", why.place, why.text);
}

/* What was accepted here, with our cosignature, is proof against whoever shows less or something else now. */
static void show_last(struct pull *p)
{
	AUTO_BUF struct buf note = {0};
	buf_init(&note, 1 << 16);
	if (p->last.name[0] && file_read(p->dirfd, "ledger/checkpoint", 1 << 16, &note, NULL) == 0)
		hand_back(p, buf_slice(&note));
}

static int accept(struct pull *p, struct err *e)
{
	AUTO_BUF struct buf vkey = {0}, note = {0}, signed_ = {0};
	buf_init(&vkey, 1 << 20);
	buf_init(&note, 1 << 20);
	buf_init(&signed_, 1 << 20);
	int r = read_file(p, "ledger/vkey", &vkey, e);
	if (r == 0)
		r = read_file(p, "ledger/checkpoint", &note, e);
	if (r == 0)
		r = check_note(p, buf_slice(&note), e);
	bool fresh = strcmp(p->last.name, p->h.name) != 0;
	if (r == 0 && fresh)
		r = cosign(p, buf_slice(&note), &signed_, e);
	if (r == 0 && p->to->ops->sync)
		r = p->to->ops->sync(p->to, e);
	if (r == 0)
		r = put(p, p->h.name, buf_slice(&p->h.note), e);
	if (r == 0 && p->to->ops->sync)
		r = p->to->ops->sync(p->to, e);
	if (r == 0 && fresh)
		r = replica_pointers(p->to, &p->h, buf_slice(&vkey), buf_slice(&signed_), e);
	if (r == 0 && fresh)
		hand_back(p, buf_slice(&signed_));
	return r;
}

/* Small files first: a site that is served keeps those of a head for a while only. */
static bool still_named(const struct replica_head *h, const char *object)
{
	for (size_t i = 0; i < h->n; i++) {
		char name[VAULT_OBJECT_MAX + 1];
		if (strncmp(h->file[i].path, "keys/period/", 12))
			continue;
		replica_file_name(&h->file[i], name);
		if (!strcmp(name, object))
			return true;
	}
	return false;
}

static int drop_key(void *arg, const struct vault_object *o, struct err *e)
{
	struct pull *p = arg;
	struct stat st;
	if (fstatat(p->dirfd, o->name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return 0;
	if (still_named(&p->h, o->name)) {
		(void)!utimensat(p->dirfd, o->name, NULL, AT_SYMLINK_NOFOLLOW);
		return 0;
	}
	if (time_now() / TIME_SEC - st.st_mtim.tv_sec < REPLICA_KEY_DAYS * 86400)
		return 0;
	return unlinkat(p->dirfd, o->name, 0) && errno != ENOENT ? err_sys(e, o->name, "a key that was erased cannot be removed") : 0;
}

/* Keys that the newest head does not name any more were erased where they came from; but whoever has stolen that place could say so too. So a key goes REPLICA_KEY_DAYS after a head last named it, which is what a lock in a bucket
 * would give it: each pull notes on the file that it is still named. */
static int drop_keys(struct pull *p, struct err *e)
{
	struct replica_names *have = NULL;
	int r = replica_names_read(p->to, "files/keys/period/", &have, e);
	if (r < 0 || !have)
		return r;
	r = replica_names_each(have, drop_key, p, e);
	replica_names_free(have);
	return r;
}

static int copy_all(struct pull *p, struct err *e)
{
	int r = bring_files(p, e);
	if (r == 0)
		r = replica_pool_wait(p->pool, e);
	if (r == 0)
		r = bring_tiles(p, e);
	if (r == 0)
		r = replica_names_read(p->to, "packs/", &p->there, e);
	if (r == 0)
		r = bring_records(p, e);
	buf_init(&p->records, REPLICA_RECORDS * LEDGER_PACK_RECORD);
	if (r == 0)
		r = replica_each_pack(&p->tree, 1, bring_pack, p, e);
	buf_done(&p->records);
	replica_names_free(p->there);
	p->there = NULL;
	if (r == 0)
		r = replica_names_read(p->to, "vault/", &p->there, e);
	if (r == 0)
		r = replica_each_vault(p->from, &p->h, bring_vault, p, e);
	replica_names_free(p->there);
	p->there = NULL;
	if (r == 0)
		r = replica_pool_wait(p->pool, e);
	if (r == 0)
		r = accept(p, e);
	if (r == 0)
		r = drop_keys(p, e);
	return r == 0 ? replica_drop_views(p->to, &p->h, p->w.rep, e) : r;
}

/* ---- into the site that pushed ---- */

static int run_put_back(struct replica_job *j, struct vault_store *s, struct err *e)
{
	struct bring_job *x = (struct bring_job *)j;
	struct pull *p = x->p;
	char tmp[VAULT_OBJECT_MAX + 64], dir[VAULT_OBJECT_MAX + 1];
	struct stat above;
	if (!s)
		return 0;
	snprintf(dir, sizeof dir, "%s", x->name);
	*strrchr(dir, '/') = 0;
	snprintf(tmp, sizeof tmp, "%s.tmp", x->name); /* what a crash leaves of this name is removed at the next start */
	if (fstatat(p->dirfd, dir, &above, 0))
		return err_sys(e, dir, "cannot be looked at");
	AUTO_CLOSE int fd = openat(p->dirfd, tmp, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, x->name, "cannot be written here");
	int r = vault_store_copy(s, x->name, x->size, x->sha256, fd, e);
	if (r == 0 && geteuid() == 0 && fchown(fd, above.st_uid, above.st_gid))
		r = err_sys(e, x->name, "cannot be given to its owner");
	if (r == 0 && fsync(fd))
		r = err_sys(e, x->name, "cannot be made durable");
	if (r == 0 && renameat(p->dirfd, tmp, p->dirfd, x->name))
		r = err_sys(e, x->name, "cannot be put in its place");
	if (r < 0) {
		unlinkat(p->dirfd, tmp, 0);
		return r;
	}
	replica_count(&p->w, x->size);
	return file_sync_dir(p->dirfd, dir, e);
}

static int put_back(struct pull *p, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct stat st;
	if (fstatat(p->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (uint64_t)st.st_size == size) {
		if (!(p->w.o && p->w.o->data))
			return 0;
		uint8_t got[SEAL_HASH];
		AUTO_CLOSE int have = openat(p->dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		struct vault_bytes b = {.fd = have, .size = size};
		if (have >= 0 && vault_bytes_sha256(&b, got, NULL) == 0 && !memcmp(got, sha256, SEAL_HASH))
			return 0;
	}
	return queue(p, run_put_back, name, size, sha256, false, e);
}

static int heal_pack(void *arg, const struct ledger_pack_ref *ref, struct slice record, struct err *e)
{
	struct pull *p = arg;
	char name[VAULT_OBJECT_MAX + 1];
	snprintf(name, sizeof name, "packs/%s", ref->name);
	replica_progress(&p->w, "packs", ref->number, p->h.packs);
	return put_back(p, name, ref->size, ref->sha256, e);
}

static int heal_vault(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	struct pull *p = arg;
	int class;
	uint64_t number;
	if (p->log && vault_pack_parse(slice_str(name + strlen("vault/")), &class, &number) == 0 && vault_log_is_gone(p->log, class, number))
		return 0; /* this copy missed the erasure; the entry rules */
	p->w.rep->vault_packs++;
	return put_back(p, name, size, sha256, e);
}

static int heal(struct pull *p, struct err *e)
{
	AUTO_CLOSE int vaultfd = openat(p->dirfd, "vault", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = vaultfd >= 0 ? vault_log_open(vaultfd, &p->log, e) : 0;
	if (r == 0)
		r = replica_each_pack(&p->tree, 1, heal_pack, p, e);
	if (r == 0)
		r = replica_each_vault(p->from, &p->h, heal_vault, p, e);
	return r == 0 ? replica_pool_wait(p->pool, e) : r;
}

/* Our ledger must extend what the replica has seen of it. */
static int compare_site(struct pull *p, struct err *e)
{
	static const struct ledger_options reader;
	struct ledger *l = NULL;
	uint8_t root[SEAL_HASH];
	int r = ledger_open(p->dirfd, NULL, &reader, &l, NULL, e);
	if (r < 0)
		return r;
	if (p->h.cp.size > ledger_published(l))
		r = replica_says_no(p->from, &p->h, "this replica is ahead of this site: entries were lost here, or this is an old copy of the site. Rebuild from the replica", e);
	else
		r = ledger_root(l, p->h.cp.size, root, e);
	if (r == 0 && memcmp(root, p->h.cp.root, SEAL_HASH))
		r = replica_says_no(p->from, &p->h, "this site's ledger does not extend what the replica has seen: the past was rewritten here. Rebuild from the replica", e);
	ledger_free(l);
	return r;
}

/* ---- which of the three it is ---- */

static int newest_for_site(struct pull *p, bool *ret_ours, struct err *e)
{
	struct note_vkey key[LEDGER_EPOCHS_MAX + 1], v;
	struct tlog_checkpoint cp;
	AUTO_BUF struct buf note = {0};
	size_t n = 0;
	struct ledger_epoch *past = calloc(LEDGER_EPOCHS_MAX, sizeof *past);
	AUTO_CLOSE int fd = file_open_dir(p->dirfd, "ledger", e);
	buf_init(&note, 1 << 16);
	int r = fd < 0 ? fd : past ? ledger_published_head(fd, &v, &cp, &note, e) : err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0)
		r = ledger_epochs(fd, past, &n, e);
	for (size_t i = 0; r == 0 && i < n; i++)
		key[i] = past[i].vkey;
	free(past);
	if (r < 0)
		return r;
	key[n] = v;
	struct replica_trust t = {.key = key, .n = n + 1};
	struct replica_head other;
	replica_head_init(&other);
	r = replica_newest(p->from, &t, &p->h, &other, e);
	*ret_ours = r == 0;
	if (r == ERR_NOT_FOUND && other.name[0]) {
		p->h = other;
		replica_head_init(&other);
		r = 0;
	}
	replica_head_done(&other);
	return r;
}

/* Whose log it must be was said with `replica add --vkey`; a later epoch of it is taken when an operator says so. */
static int newest_given(struct pull *p, struct err *e)
{
	struct note_vkey v;
	struct replica_head other;
	if (!p->rep->vkey[0] || (p->w.o && p->w.o->accept_epoch))
		return replica_newest(p->from, NULL, &p->h, NULL, e);
	int r = note_vkey_parse(slice_str(p->rep->vkey), &v, e);
	struct replica_trust t = {.key = &v, .n = 1};
	replica_head_init(&other);
	if (r == 0)
		r = replica_newest(p->from, &t, &p->h, &other, e);
	if (r == ERR_NOT_FOUND && other.name[0])
		r = replica_says_no(p->from, &other, "it is not signed with the key that was given with --vkey: another site's, or somebody is making it up; after a new epoch ask the site, then say --accept-epoch", e);
	replica_head_done(&other);
	return r;
}

static int open_folder(struct pull *p, const char *below, struct err *e)
{
	char path[192];
	struct vault_store_options o = {.write = true};
	if (below) {
		int r = file_mkdir(p->dirfd, below, 0755, e);
		if (r < 0)
			return r;
	}
	snprintf(path, sizeof path, "/proc/self/fd/%d%s%s", p->dirfd, below ? "/" : "", below ? below : "");
	int r = vault_folder_open(path, &o, &p->to, e);
	if (r < 0)
		return r;
	snprintf(p->to->where, sizeof p->to->where, "%s", below ? below : "this replica");
	if (below) { /* its witness key and heads are in the folder, too */
		int fd = file_open_dir(p->dirfd, below, e);
		if (fd < 0)
			return fd;
		close(p->dirfd);
		p->dirfd = fd;
	}
	return 0;
}

static int pull(struct pull *p, const struct vault_replica *rep, struct err *e)
{
	struct stat st;
	bool ours = false;
	char below[128];
	p->site = fstatat(p->dirfd, "site.ini", &st, 0) == 0;
	int r = p->site ? newest_for_site(p, &ours, e) : newest_given(p, e);
	if (r == 0)
		r = replica_tree_open(&p->tree, p->from, &p->h, e);
	if (r == 0)
		r = replica_pool_new(rep->target, &p->so, p->from, p->w.o ? p->w.o->connections : 0, &p->pool, e);
	if (r < 0)
		return r;
	p->w.rep->packs = p->h.packs;
	p->ours = ours;
	if (ours) {
		r = compare_site(p, e);
		return r == 0 ? heal(p, e) : r;
	}
	snprintf(below, sizeof below, "replicas/%s", rep->name);
	r = open_folder(p, p->site ? below : NULL, e);
	p->w.to = p->to;
	if (r == 0 && (r = replica_newest(p->to, NULL, &p->last, NULL, e)) == ERR_NOT_FOUND) {
		replica_head_init(&p->last);
		r = 0;
	}
	if (r == 0 && (r = compare(p, e)) == ERR_NO)
		show_last(p);
	return r == 0 ? copy_all(p, e) : r;
}

static void done(struct pull *p)
{
	replica_pool_free(p->pool);
	replica_tree_done(&p->tree);
	pthread_mutex_destroy(&p->lock);
	vault_store_close(p->from);
	vault_store_close(p->to);
	replica_head_done(&p->h);
	replica_head_done(&p->last);
	replica_names_free(p->there);
	vault_log_close(p->log);
	if (p->dirfd >= 0)
		close(p->dirfd);
	free(p);
}

int vault_replica_pull(int dirfd, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e)
{
	struct pull *p = calloc(1, sizeof *p);
	struct vault_replica_state st;
	struct err why = {0};
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	memset(ret, 0, sizeof *ret);
	replica_head_init(&p->h);
	replica_head_init(&p->last);
	pthread_mutex_init(&p->lock, NULL);
	p->w = (struct replica_work){.o = o, .rep = ret, .faults = ret_faults, .lock = &p->lock};
	p->so.access = &r->access;
	p->rep = r;
	if ((p->dirfd = fcntl(dirfd, F_DUPFD_CLOEXEC, 0)) < 0) {
		done(p);
		return err_sys(e, NULL, "cannot open the folder");
	}
	replica_state_get(dirfd, r->name, &st);
	st.tried = time_now();
	int c = vault_store_open(r->target, &p->so, &p->from, &why);
	if (c == 0)
		c = pull(p, r, &why);
	if (c == 0) {
		st.done = time_now();
		st.ours = p->ours;
		st.size = ret->size = p->h.cp.size;
		st.epoch = ret->epoch = p->h.epoch;
		st.head_time = ret->head_time = p->h.time;
		snprintf(st.origin, sizeof st.origin, "%s", p->h.cp.origin);
		snprintf(ret->origin, sizeof ret->origin, "%s", p->h.cp.origin);
	}
	st.error[0] = 0;
	if (c < 0)
		err_line(&why, st.error, sizeof st.error);
	int kept = replica_state_put(dirfd, r->name, &st, NULL);
	(void)kept;
	if (c == 0 && ret->faults)
		c = err_set(&why, ERR_NO, r->name, "everything is here now, but not everything was as it should have been: see above");
	if (c < 0 && e)
		*e = why;
	done(p);
	return c;
}
