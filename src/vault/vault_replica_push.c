/* A site into its replica. Order of things: nothing is put before the replica's newest head was found to be one that our ledger extends; the head is put when all that it speaks of is there. So a push that is
 * killed leaves objects that no head names, and the next one finds them and goes on. */
#include "vault_internal.h"
#include "vault_replica.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((size_t)16 << 20) /* of what is small: keys, settings, records, the list of the vault's packs */
#define RENEW (7 * 86400 * TIME_SEC)

struct push {
	int sitefd, dirfd;
	const struct site_keys *keys;
	struct replica_work w;
	struct ledger *l;
	struct note_vkey vkey;
	struct tlog_checkpoint cp;
	struct buf note, vkey_text;
	struct ledger_epoch past[LEDGER_EPOCHS_MAX];
	size_t past_n;
	uint64_t common;        /* entries that the replica's last head and we have in common: what it says of those was put then */
	uint64_t packs, packed; /* packs that the checkpoint covers; the entry behind them */
	struct replica_head h, last; /* what we make; what the replica had */
	struct replica_names *there;
};

/* ---- what the site is at this moment ---- */

static int read_index(struct push *p, uint64_t k, uint8_t record[LEDGER_PACK_RECORD], struct ledger_pack_ref *ret, struct err *e)
{
	AUTO_CLOSE int fd = openat(p->sitefd, "packs/index", O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : err_sys(e, "packs/index", "cannot be read");
	if (fstat(fd, &st))
		return err_sys(e, "packs/index", "cannot be read");
	if ((uint64_t)st.st_size < k * LEDGER_PACK_RECORD)
		return ERR_NOT_FOUND;
	int r = file_pread_all(fd, record, LEDGER_PACK_RECORD, (k - 1) * LEDGER_PACK_RECORD, e, "packs/index");
	return r == 0 ? ledger_pack_record_read(slice_of(record, LEDGER_PACK_RECORD), k, ret, e) : r;
}

/* How many packs the checkpoint covers: the records are in order of their entries. */
static int count_packs(struct push *p, struct err *e)
{
	struct stat st;
	uint8_t record[LEDGER_PACK_RECORD];
	struct ledger_pack_ref ref;
	p->packs = p->packed = 0;
	if (fstatat(p->sitefd, "packs/index", &st, 0))
		return errno == ENOENT ? 0 : err_sys(e, "packs/index", "cannot be read");
	for (uint64_t k = (uint64_t)st.st_size / LEDGER_PACK_RECORD; k > 0; k--) {
		int r = read_index(p, k, record, &ref, e);
		if (r < 0)
			return r;
		if (ref.entry < p->cp.size) {
			p->packs = k;
			p->packed = ref.first + ref.count;
			return 0;
		}
	}
	return 0;
}

static int look_at_site(struct push *p, struct err *e)
{
	static const struct ledger_options reader;
	int r = ledger_published_head(p->dirfd, &p->vkey, &p->cp, &p->note, e);
	if (r == 0)
		r = ledger_epochs(p->dirfd, p->past, &p->past_n, e);
	if (r == 0 && (!p->keys->can_sign || strcmp(p->vkey.name, p->keys->signing.v.name) || memcmp(p->vkey.pub, p->keys->signing.v.pub, sizeof p->vkey.pub)))
		r = err_set(e, ERR_DENIED, "keys/signing.key", "a push is signed with the site's key: run it as the site's owner or as root");
	if (r == 0)
		r = count_packs(p, e);
	ledger_free(p->l);
	p->l = NULL;
	if (r == 0)
		r = ledger_open(p->sitefd, NULL, &reader, &p->l, NULL, e);
	buf_reset(&p->vkey_text);
	note_vkey_format(&p->vkey, &p->vkey_text);
	buf_u8(&p->vkey_text, '\n');
	return r;
}

/* ---- is the replica one of ours, and behind us? ---- */

static int extends(struct push *p, const struct replica_head *h, struct err *e)
{
	uint8_t root[SEAL_HASH];
	if (h->epoch > p->past_n + 1)
		return replica_says_no(p->w.to, h, "this replica has gone on to a later epoch than this site: this is an old copy of the site. Rebuild from the replica", e);
	uint64_t most = h->epoch <= p->past_n ? p->past[h->epoch - 1].last.size : p->cp.size;
	if (h->cp.size > p->cp.size || h->cp.size > most) {
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
	int r = ledger_root(p->l, h->cp.size, root, e);
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
	replica_head_done(&p->last);
	replica_head_init(&p->last);
	p->common = 0;
	p->w.forked = false;
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

/* ---- putting ---- */

static int put(struct push *p, const char *name, struct slice bytes, bool fresh, struct err *e)
{
	uint8_t sha[SEAL_HASH];
	struct vault_bytes b = VAULT_BYTES(bytes);
	b.fresh = fresh;
	b.lazy = true; /* put_head flushes */
	seal_sha256_once(bytes, sha);
	return replica_put(&p->w, name, &b, sha, e);
}

static int put_tile(struct push *p, int level, uint64_t n, bool fresh, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char path[LEDGER_TILE_PATH_MAX], name[LEDGER_TILE_PATH_MAX + 8];
	ledger_tile_path(level, n, LEDGER_TILE_WIDTH, path);
	snprintf(name, sizeof name, "ledger/%s", path);
	if (p->there && !replica_names_known(p->there, name))
		fresh = true;
	buf_init(&b, LEDGER_BUNDLE_MAX);
	int r = file_read(p->dirfd, path, LEDGER_BUNDLE_MAX, &b, e);
	return r == 0 ? put(p, name, buf_slice(&b), fresh, e) : r;
}

/* Full tiles behind the last head. Where there is none yet the replica's names are listed once, so that each new tile costs one request and not two. */
static int put_tiles(struct push *p, struct err *e)
{
	uint64_t from = p->common, total = (p->cp.size >> 8) - (from >> 8), done = 0;
	int r = 0;
	if (total > 64 && p->w.to->kind == VAULT_S3)
		r = replica_names_read(p->w.to, "ledger/tile/", &p->there, e);
	for (int level = LEDGER_TILE_ENTRIES; r == 0 && level < LEDGER_TILE_LEVELS - 1; level++) {
		int shift = level == LEDGER_TILE_ENTRIES ? 8 : 8 * (level + 1);
		for (uint64_t n = from >> shift; r == 0 && n < p->cp.size >> shift; n++) {
			if (level <= 0 && done++ % 256 == 0)
				replica_progress(&p->w, "tiles", done, 2 * total);
			r = put_tile(p, level, n, false, e);
		}
	}
	replica_names_free(p->there);
	p->there = NULL;
	return r;
}

/* A pack of ours, once its bytes are found to be what its entry says. */
static int put_pack(struct push *p, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], bool fresh, struct err *e)
{
	AUTO_CLOSE int fd = openat(p->sitefd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t got[SEAL_HASH];
	if (fd < 0 || fstat(fd, &st))
		return errno == ENOENT ? err_set(e, ERR_CORRUPT, name, "it is missing here, and the replica has not got it either") : err_sys(e, name, "cannot be read");
	struct vault_bytes b = {.fd = fd, .size = (uint64_t)st.st_size, .fresh = fresh};
	int r = vault_bytes_sha256(&b, got, e);
	if (r == 0 && (b.size != size || memcmp(got, sha256, SEAL_HASH)))
		r = err_set(e, ERR_CORRUPT, name, "it is damaged here: it is not the file that its entry names. `holdfast replica pull` from another replica brings it back");
	return r == 0 ? replica_put(&p->w, name, &b, sha256, e) : r;
}

/* Covered by the replica's last head, it was put and proven then: that it is there is enough. Otherwise it is put, unless its bytes are there. */
static int want_pack(struct push *p, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], bool covered, struct err *e)
{
	if (covered && (!p->there || replica_names_has(p->there, name, size)))
		return 0;
	if (covered)
		replica_fault(&p->w, "%s/%s: it was there before, and is missing or cut now; it was put again", p->w.to->where, name);
	return put_pack(p, name, size, sha256, p->there && !replica_names_known(p->there, name), e);
}

static int put_packs(struct push *p, struct err *e)
{
	AUTO_BUF struct buf records = {0};
	buf_init(&records, REPLICA_RECORDS * LEDGER_PACK_RECORD);
	int r = replica_names_read(p->w.to, "packs/", &p->there, e);
	for (uint64_t k = 1; r == 0 && k <= p->packs; k++) {
		uint8_t record[LEDGER_PACK_RECORD];
		struct ledger_pack_ref ref;
		char name[VAULT_OBJECT_MAX + 1];
		replica_progress(&p->w, "packs", k, p->packs);
		if ((r = read_index(p, k, record, &ref, e)) < 0)
			return r == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, "packs/index", "it became shorter") : r;
		snprintf(name, sizeof name, "packs/%s", ref.name);
		r = want_pack(p, name, ref.size, ref.sha256, k <= p->last.packs && ref.entry < p->common, e);
		buf_add(&records, record, sizeof record);
		if (r == 0 && k % REPLICA_RECORDS == 0) {
			snprintf(name, sizeof name, "packs/records/%05" PRIu64, (k - 1) / REPLICA_RECORDS);
			if (k > p->last.packs || ref.entry >= p->common || !p->there || !replica_names_known(p->there, name))
				r = put(p, name, buf_slice(&records), false, e);
			buf_reset(&records);
		}
	}
	replica_names_free(p->there);
	p->there = NULL;
	p->w.rep->packs = p->packs;
	if (r == 0 && !buf_ok(&records))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	if (r == 0 && records.n) {
		struct replica_file f = {.path = "packs/records", .size = records.n};
		char name[VAULT_OBJECT_MAX + 1];
		seal_sha256_once(buf_slice(&records), f.sha256);
		replica_file_name(&f, name);
		r = replica_head_add(&p->h, f.path, f.size, f.sha256, e);
		if (r == 0)
			r = put(p, name, buf_slice(&records), false, e);
	}
	return r;
}

/* ---- small files ---- */

static int put_file(struct push *p, const char *path, struct slice bytes, struct err *e)
{
	struct replica_file f = {.size = bytes.n};
	char name[VAULT_OBJECT_MAX + 1];
	snprintf(f.path, sizeof f.path, "%s", path);
	assert(replica_path_ok(path));
	seal_sha256_once(bytes, f.sha256);
	replica_file_name(&f, name);
	int r = replica_head_add(&p->h, path, f.size, f.sha256, e);
	/* a file that the last head named with these bytes was put then; a folder is quick to look, so it looks */
	const struct replica_file *old = replica_head_find(&p->last, path);
	if (r == 0 && old && !memcmp(old->sha256, f.sha256, SEAL_HASH) && p->w.to->kind == VAULT_S3 && !(p->w.o && p->w.o->data))
		return 0;
	return r == 0 ? put(p, name, bytes, false, e) : r;
}

static int put_from_site(struct push *p, const char *path, bool may_miss, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, FILE_MOST);
	int r = file_read(p->sitefd, path, FILE_MOST, &b, e);
	if (r == ERR_NOT_FOUND && may_miss)
		return 0;
	return r == 0 ? put_file(p, path, buf_slice(&b), e) : r;
}

static int put_below(struct push *p, const char *dir, struct err *e)
{
	char names[1024][64];
	size_t n = 0;
	int fd = openat(p->sitefd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, dir, "cannot be listed");
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, dir, "cannot be listed");
	}
	int r = 0;
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		char path[VAULT_OBJECT_MAX + 1];
		int len = snprintf(path, sizeof path, "%s/%s", dir, en->d_name);
		if (en->d_name[0] == '.' || len < 0 || (size_t)len >= sizeof path || strlen(en->d_name) >= sizeof names[0] || !replica_path_ok(path))
			continue;
		if (n == ARRAY_LEN(names))
			r = err_set(e, ERR_LIMIT, dir, "there are more than %zu files in it", ARRAY_LEN(names));
		else
			memcpy(names[n++], en->d_name, strlen(en->d_name) + 1);
	}
	closedir(d);
	for (size_t i = 0; r == 0 && i < n; i++) {
		char path[VAULT_OBJECT_MAX + 1];
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		r = put_from_site(p, path, true, e);
	}
	return r;
}

static int put_epochs(struct push *p, struct err *e)
{
	static const char *const what[] = {"vkey", "checkpoint", "next"};
	int r = 0;
	for (size_t i = 0; r == 0 && i < p->past_n; i++)
		for (size_t k = 0; r == 0 && k < ARRAY_LEN(what); k++) {
			char path[VAULT_OBJECT_MAX + 1];
			snprintf(path, sizeof path, "ledger/epochs/%zu/%s", i + 1, what[k]);
			r = put_from_site(p, path, false, e);
		}
	return r;
}

/* The first `width` leaves of a bundle, or hashes of a tile, that has grown since. */
static void cut_tile(int level, unsigned width, struct buf *b)
{
	struct cur c = cur_of(buf_slice(b));
	for (unsigned i = 0; i < width; i++)
		(void)cur_take(&c, level == LEDGER_TILE_ENTRIES ? cur_u16be(&c) : SEAL_HASH);
	if (!c.failed)
		b->n = cur_offset(&c);
}

static int put_partial(struct push *p, int level, uint64_t n, unsigned width, struct err *e)
{
	AUTO_BUF struct buf b = {0};
	char path[LEDGER_TILE_PATH_MAX], full[LEDGER_TILE_PATH_MAX], name[LEDGER_TILE_PATH_MAX + 8];
	buf_init(&b, LEDGER_BUNDLE_MAX);
	ledger_tile_path(level, n, width, path);
	int r = file_read(p->dirfd, path, LEDGER_BUNDLE_MAX, &b, e);
	if (r == ERR_NOT_FOUND) {
		ledger_tile_path(level, n, LEDGER_TILE_WIDTH, full);
		r = file_read(p->dirfd, full, LEDGER_BUNDLE_MAX, &b, e);
		if (r == 0)
			cut_tile(level, width, &b);
	}
	snprintf(name, sizeof name, "ledger/%s", path);
	if (r == 0)
		r = put_file(p, name, buf_slice(&b), e);
	/* and under its own name, for whoever reads this folder as a log */
	return r == 0 && p->w.to->ops->replace ? p->w.to->ops->replace(p->w.to, name, buf_slice(&b), e) : r;
}

static int put_partials(struct push *p, struct err *e)
{
	int r = 0;
	for (int level = LEDGER_TILE_ENTRIES; r == 0 && level < LEDGER_TILE_LEVELS; level++) {
		uint64_t n = level == LEDGER_TILE_ENTRIES ? p->cp.size : p->cp.size >> (8 * level);
		unsigned width = (unsigned)(n % LEDGER_TILE_WIDTH);
		if (width)
			r = put_partial(p, level, n / LEDGER_TILE_WIDTH, width, e);
	}
	return r;
}

static int put_segment(void *arg, const char *segment, int fd, uint64_t size, struct err *e)
{
	struct push *p = arg;
	struct replica_file f = {.size = size};
	char name[VAULT_OBJECT_MAX + 1];
	struct vault_bytes b = {.fd = fd, .size = size};
	snprintf(f.path, sizeof f.path, "wal/%s", segment);
	int r = vault_bytes_sha256(&b, f.sha256, e);
	if (r == 0)
		r = replica_head_add(&p->h, f.path, f.size, f.sha256, e);
	replica_file_name(&f, name);
	return r == 0 ? replica_put(&p->w, name, &b, f.sha256, e) : r;
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

/* What the last head named: these were put and proven then. */
static int put_vault_packs(struct push *p, const struct named *all, size_t n, struct err *e)
{
	AUTO_BUF struct buf old = {0};
	buf_init(&old, (size_t)1 << 30);
	int r = p->last.name[0] ? replica_each_vault(p->w.to, &p->last, has_one, &old, e) : 0;
	if (r == ERR_NOT_FOUND || r == ERR_CORRUPT) {
		replica_fault(&p->w, "%s: the list of the vault's packs is missing or damaged there; each of them is looked at", p->w.to->where);
		buf_reset(&old);
		r = 0;
	}
	if (r == 0)
		r = replica_names_read(p->w.to, "vault/", &p->there, e);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct named *was = old.n ? bsearch(&all[i], old.p, old.n / sizeof *all, sizeof *all, by_named) : NULL;
		replica_progress(&p->w, "file backups", i + 1, n);
		r = want_pack(p, all[i].name, all[i].size, all[i].sha256, was && !memcmp(was->sha256, all[i].sha256, SEAL_HASH), e);
	}
	replica_names_free(p->there);
	p->there = NULL;
	return r;
}

static int put_vault(struct push *p, struct err *e)
{
	struct vault_log *log = NULL;
	const struct vault_known_pack *known;
	AUTO_BUF struct buf list = {0}, all = {0};
	struct stat st;
	if (fstatat(p->sitefd, "vault", &st, 0))
		return errno == ENOENT ? 0 : err_sys(e, "vault", "cannot be looked at");
	AUTO_CLOSE int fd = file_open_dir(p->sitefd, "vault", e);
	int r = fd < 0 ? fd : vault_refresh(p->sitefd, p->keys, e); /* the log is a cache, and behind until somebody asks it */
	if (r == 0)
		r = vault_log_open(fd, &log, e);
	if (r < 0)
		return r;
	buf_init(&list, VAULT_SMALL_MAX);
	buf_init(&all, (size_t)1 << 30);
	size_t n = vault_log_packs(log, &known), kept = 0;
	for (size_t i = 0; i < n; i++) {
		struct named one = {.size = known[i].size};
		char name[48];
		if (known[i].entry >= p->cp.size)
			continue;
		vault_pack_name(known[i].class, known[i].number, name);
		snprintf(one.name, sizeof one.name, "vault/%s", name);
		memcpy(one.sha256, known[i].sha256, SEAL_HASH);
		buf_add(&all, &one, sizeof one);
		kept++;
	}
	vault_log_close(log);
	if (kept && buf_ok(&all))
		qsort(all.p, kept, sizeof(struct named), by_named);
	const struct named *named = (const struct named *)(const void *)all.p;
	for (size_t i = 0; buf_ok(&all) && i < kept; i++) {
		hex_put(&list, slice_of(named[i].sha256, SEAL_HASH));
		buf_printf(&list, " %" PRIu64 " %s\n", named[i].size, named[i].name);
	}
	if (!buf_ok(&all) || !buf_ok(&list))
		return err_set(e, ERR_LIMIT, "vault", "there are more packs than a replica's list holds");
	p->w.rep->vault_packs = kept;
	r = put_vault_packs(p, named, kept, e);
	return r == 0 && kept ? put_file(p, "vault/list", buf_slice(&list), e) : r;
}

/* ---- all of it ---- */

static int put_small(struct push *p, struct err *e)
{
	static const char *const plain[] = {"site.ini", "keys/recovery.pub", "keys/signing.age", "keys/care.age", "keys/dedupe.age", "tls/ca.crt", "tls/ca.age"};
	int r = put_file(p, "ledger/vkey", buf_slice(&p->vkey_text), e);
	if (r == 0)
		r = put_file(p, "ledger/checkpoint", buf_slice(&p->note), e);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(plain); i++)
		r = put_from_site(p, plain[i], true, e);
	if (r == 0)
		r = put_below(p, "keys/period", e);
	if (r == 0)
		r = put_epochs(p, e);
	return r == 0 ? put_partials(p, e) : r;
}

static int put_head(struct push *p, struct err *e)
{
	p->h.cp = p->cp;
	p->h.epoch = p->past_n + 1;
	p->h.packs = p->packs;
	p->h.time = time_now();
	struct vault_store *s = p->w.to;
	int r = replica_head_sign(&p->h, &p->keys->signing, e);
	if (r == 0 && s->ops->sync)
		r = s->ops->sync(s, e);
	if (r == 0)
		r = put(p, p->h.name, buf_slice(&p->h.note), true, e);
	if (r == 0 && s->ops->sync)
		r = s->ops->sync(s, e);
	return r == 0 ? replica_pointers(p->w.to, &p->h, buf_slice(&p->vkey_text), buf_slice(&p->note), e) : r;
}

/* One look at the site and everything of it. ERR_NOT_FOUND: the tail moved on while we read it. */
static int one_round(struct push *p, struct err *e)
{
	replica_head_done(&p->h);
	replica_head_init(&p->h);
	int r = look_at_site(p, e);
	if (r == 0)
		r = compare(p, e);
	if (r == 0) { /* first, while it is there: the segments go round */
		r = ledger_tail_copy(p->sitefd, p->packed, p->cp.size, put_segment, p, e);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = put_tiles(p, e);
	if (r == 0)
		r = put_packs(p, e);
	if (r == 0)
		r = put_vault(p, e);
	if (r == 0)
		r = put_small(p, e);
	if (r == 0)
		r = put_head(p, e);
	return r == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, NULL, "something that the ledger names is missing") : r;
}

static int renew_one(void *arg, const struct vault_object *o, struct err *e)
{
	struct vault_store *s = arg;
	return s->ops->renew(s, o, e);
}

/* Locks end. Once a week they are made longer, so that at any time what is there stays for at least three more. */
static int renew(struct push *p, struct vault_replica_state *st, struct err *e)
{
	struct replica_names *all = NULL;
	struct vault_store *s = p->w.to;
	if (!s->ops->renew || !st->renewed || time_now() - st->renewed < RENEW) {
		if (!st->renewed)
			st->renewed = time_now();
		return 0;
	}
	int r = replica_names_read(s, "", &all, e);
	if (r == 0)
		r = replica_names_each(all, renew_one, s, e);
	replica_names_free(all);
	if (r == 0)
		st->renewed = time_now();
	return r;
}

static int push(struct push *p, struct vault_replica_state *st, struct err *e)
{
	int r = ERR_NOT_FOUND;
	if ((p->dirfd = file_open_dir(p->sitefd, "ledger", e)) < 0)
		return p->dirfd;
	for (int tries = 0; tries < 8 && r == ERR_NOT_FOUND; tries++)
		r = one_round(p, e);
	if (r == ERR_NOT_FOUND)
		return err_set(e, ERR_BUSY, "wal", "the newest entries moved into packs each time they were looked at: try again");
	if (r < 0)
		return r;
	st->done = time_now();
	st->ours = true;
	st->size = p->cp.size;
	st->epoch = p->h.epoch;
	st->head_time = p->h.time;
	snprintf(st->origin, sizeof st->origin, "%s", p->cp.origin);
	p->w.rep->size = p->cp.size;
	p->w.rep->epoch = p->h.epoch;
	p->w.rep->head_time = p->h.time;
	snprintf(p->w.rep->origin, sizeof p->w.rep->origin, "%s", p->cp.origin);
	return renew(p, st, e);
}

int vault_replica_push(int sitefd, const struct site_keys *keys, const struct vault_replica *r, const struct vault_replica_options *o, struct vault_replica_report *ret, struct buf *ret_faults, struct err *e)
{
	struct push *p = calloc(1, sizeof *p);
	struct vault_replica_state st;
	struct vault_replica now;
	struct vault_store_options so = {.retain_days = o && o->retain_days ? o->retain_days : r->retain_days, .write = true, .no_lock = r->no_lock};
	struct err why = {0};
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	memset(ret, 0, sizeof *ret);
	p->sitefd = sitefd;
	p->dirfd = -1;
	p->keys = keys;
	p->w = (struct replica_work){.o = o, .rep = ret, .faults = ret_faults};
	buf_init(&p->note, 1 << 16);
	buf_init(&p->vkey_text, 4096);
	replica_head_init(&p->h);
	replica_head_init(&p->last);
	int c = vault_replica_get(sitefd, r->name, &now, &st, NULL);
	if (c < 0)
		memset(&st, 0, sizeof st);
	st.tried = time_now();
	c = vault_store_open(r->target, &so, &p->w.to, &why);
	if (c == 0 && p->w.to->kind == VAULT_HTTPS)
		c = err_set(&why, ERR_USAGE, r->target, "a web server is read only: push to the folder that it serves, and pull from here");
	if (c == 0)
		c = push(p, &st, &why);
	err_line(&why, st.error, c < 0 ? sizeof st.error : 1);
	if (c == 0)
		st.error[0] = 0;
	int kept = replica_state_put(sitefd, r->name, &st, NULL); /* a cache: whoever may not write here has pushed all the same */
	(void)kept;
	if (c == 0 && ret->faults)
		c = err_set(&why, ERR_NO, p->w.to->where, "everything is there now, but not everything was as it should have been: see above");
	if (c < 0 && e)
		*e = why;
	vault_store_close(p->w.to);
	ledger_free(p->l);
	replica_head_done(&p->h);
	replica_head_done(&p->last);
	buf_done(&p->note);
	buf_done(&p->vkey_text);
	if (p->dirfd >= 0)
		close(p->dirfd);
	free(p);
	return c;
}
