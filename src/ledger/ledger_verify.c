/* Verification. It believes nobody: from the leaves it computes every tile again, from the tiles the root, and compares with what is stored and what is signed; then
 * the packs with the entries that name them; then, with the care key, the tail in the segments, and if asked every body.
 *
 * It needs no lock. Beside a live writer it looks at the tree of the checkpoint it read first, which does not change any more.
 */
#include "ledger_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FAULTS_MAX 1000 /* sentences; after that they are only counted */
#define PROGRESS 65536

struct verify {
	struct ledger_verify_options o;
	struct ledger_verify_report rep;
	struct buf *faults;
	uint64_t faults_n;
	int dirfd, walfd, packfd;
	struct note_vkey vkey;
	struct tlog_checkpoint head, since;
	bool has_since;
	struct ledger_epoch epoch[LEDGER_EPOCHS_MAX]; /* past ones */
	size_t epoch_n, epoch_at;                     /* the next whose head is to be compared */
	struct ledger_tiles tiles;
	struct tlog_tree *tree;
	struct seal_sha256 *sha;
	struct ledger_wal_keys wal_keys;
	struct ledger_periods periods;
	struct ledger_packs packs;
	struct buf scratch;
	uint64_t packs_seen, last_pack, unindexed; /* pack entries met among the leaves; the last of them; how many have no record in the catalogue */
	int sitefd;
	const struct site_keys *keys;
	struct ledger *l;    /* a reader, opened where a quarter's key is missing: does an entry say why? */
	uint64_t packed;     /* entries that good packs cover, from 0 on */
	uint64_t in_segments; /* and from there on the segments */
	int64_t time;
};

static void fault(struct verify *v, const char *place, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void fault(struct verify *v, const char *place, const char *fmt, ...)
{
	char text[640];
	va_list ap;
	if (v->faults_n++ >= FAULTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_printf(v->faults, "%s: %s\n", place, text);
}

static void fault_err(struct verify *v, const char *where, const struct err *e)
{
	char line[640];
	fault(v, where, "%s", err_line(e, line, sizeof line));
}

/* Faults are found and told; only what stops the looking itself is an error. */
static bool stops(int r)
{
	return r == ERR_SYSTEM || r == ERR_MEMORY || r == ERR_FULL;
}

/* ---- keys and checkpoints ---- */

static int read_heads(struct verify *v, const struct site_keys *keys, struct err *e)
{
	struct err why = {0};
	AUTO_BUF struct buf note = {0};
	buf_init(&note, 1 << 16);
	int r = ledger_vkey_read(v->dirfd, &v->vkey, &why);
	if (r < 0) {
		if (stops(r)) {
			*e = why;
			return r;
		}
		fault_err(v, "ledger/vkey", &why);
		return ERR_NO;
	}
	if (keys && keys->can_sign && (strcmp(v->vkey.name, keys->signing.v.name) || memcmp(v->vkey.pub, keys->signing.v.pub, sizeof v->vkey.pub)))
		fault(v, "ledger/vkey", "it is not the key that this site signs with");
	if ((r = ledger_head_read(v->dirfd, &v->vkey, &v->head, &note, &why)) < 0) {
		if (stops(r)) {
			*e = why;
			return r;
		}
		fault(v, "ledger/checkpoint", "%s", why.text);
		return ERR_NO;
	}
	if ((r = ledger_epochs(v->dirfd, v->epoch, &v->epoch_n, &why)) < 0) {
		if (stops(r)) {
			*e = why;
			return r;
		}
		fault_err(v, "ledger", &why);
	} else if (v->epoch_n && (memcmp(v->epoch[v->epoch_n - 1].next.pub, v->vkey.pub, sizeof v->vkey.pub) || v->epoch[v->epoch_n - 1].last.size > v->head.size)) {
		fault(v, "ledger/epochs", "the last of them did not hand on to this log's key");
	}
	v->rep.epochs = v->epoch_n + 1;
	v->rep.size = v->head.size;
	memcpy(v->rep.root, v->head.root, SEAL_HASH);
	memcpy(v->rep.origin, v->head.origin, sizeof v->rep.origin);
	return 0;
}

/* The past epoch whose key signed the kept checkpoint; NULL: none. */
static const struct ledger_epoch *since_epoch(struct verify *v, struct slice *ret_text)
{
	uint64_t mask;
	for (size_t i = 0; i < v->epoch_n; i++)
		if (note_verify(v->o.since, &v->epoch[i].vkey, 1, ret_text, &mask, NULL, NULL) == 0)
			return &v->epoch[i];
	return NULL;
}

static void read_old_since(struct verify *v, const struct ledger_epoch *old, struct slice text)
{
	struct err why = {0};
	if (tlog_checkpoint_parse(text, &v->since, &why) < 0)
		fault_err(v, "kept checkpoint", &why);
	else if (strcmp(v->since.origin, old->last.origin))
		fault(v, "kept checkpoint", "it is of the log %s, this ledger was %s then", v->since.origin, old->last.origin);
	else if (v->since.size > old->last.size)
		fault(v, "kept checkpoint", "it covers %" PRIu64 " entries, but epoch %" PRIu64 " ended with %" PRIu64 ": what came between was lost before the next epoch began", v->since.size, old->number,
		      old->last.size);
	else
		v->has_since = true;
}

/* The kept checkpoint: of this log, by its key or that of a past epoch, and not of a longer ledger. */
static void read_since(struct verify *v)
{
	struct slice text;
	uint64_t mask;
	struct err why = {0};
	if (!v->o.since.n)
		return;
	const struct ledger_epoch *old = since_epoch(v, &text);
	if (old) {
		read_old_since(v, old, text);
		return;
	}
	int r = note_verify(v->o.since, &v->vkey, 1, &text, &mask, NULL, &why);
	if (r == ERR_INPUT)
		fault(v, "kept checkpoint", "nothing can be told from it, because it is none, or its text was changed on the way: %s", why.text);
	else if (r < 0)
		fault(v, "kept checkpoint", "it is not signed by this ledger's key: the ledger was made anew, or this is the checkpoint of another one (%s)", why.text);
	else if (tlog_checkpoint_parse(text, &v->since, &why) < 0)
		fault_err(v, "kept checkpoint", &why);
	else if (strcmp(v->since.origin, v->head.origin))
		fault(v, "kept checkpoint", "it is of the log %s, this ledger is %s", v->since.origin, v->head.origin);
	else if (v->since.size > v->head.size)
		fault(v, "kept checkpoint", "it covers %" PRIu64 " entries, the ledger only %" PRIu64 ": the ledger was cut, or made anew", v->since.size, v->head.size);
	else
		v->has_since = true;
}

static void check_since(struct verify *v)
{
	uint8_t root[SEAL_HASH];
	if (!v->has_since || v->rep.since_checked || v->tree->size != v->since.size)
		return;
	tlog_tree_root(v->tree, root);
	v->rep.since_checked = true;
	if (memcmp(root, v->since.root, SEAL_HASH))
		fault(v, "kept checkpoint", "the first %" PRIu64 " entries are not those that it was signed over: the ledger was rewritten", v->since.size);
}

/* The tree must have passed through the head of each past epoch, and the entry behind it must be the one that begins the next. */
static void check_epoch(struct verify *v, const struct ledger_leaf *next)
{
	uint8_t root[SEAL_HASH];
	while (v->epoch_at < v->epoch_n && v->epoch[v->epoch_at].last.size == v->tree->size) {
		const struct ledger_epoch *ep = &v->epoch[v->epoch_at++];
		char place[64];
		snprintf(place, sizeof place, "ledger/epochs/%" PRIu64 "/checkpoint", ep->number);
		tlog_tree_root(v->tree, root);
		if (memcmp(root, ep->last.root, SEAL_HASH))
			fault(v, place, "the first %" PRIu64 " entries are not those that this epoch ended with: the ledger was rewritten", ep->last.size);
		else if (next && next->kind != LEDGER_SITE)
			fault(v, place, "entry %" PRIu64 " should begin the epoch after it, and is of kind %s", ep->last.size, ledger_kind_name(next->kind));
	}
}

/* ---- the tree ---- */

/* A stored tile, full or partial, against the hashes that it should hold. */
static int compare_tile(struct verify *v, int level, uint64_t n, unsigned width, const uint8_t *hashes, struct err *e)
{
	char path[TILE_PATH_MAX], place[TILE_PATH_MAX + 8];
	const uint8_t *tile;
	struct err why = {0};
	ledger_tile_path(level, n, width, path);
	snprintf(place, sizeof place, "ledger/%s", path);
	int r = ledger_tile_get(&v->tiles, level, n, width, &tile, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		fault(v, place, "%s", why.text);
	else if (memcmp(tile, hashes, width * (size_t)SEAL_HASH))
		fault(v, place, "its hashes are not those of what lies below it");
	return 0;
}

static int compare_closed(struct verify *v, struct err *e)
{
	int r = 0;
	for (unsigned i = 0; r == 0 && i < v->tree->closed_n; i++)
		r = compare_tile(v, v->tree->closed[i].level, v->tree->closed[i].index, TILE_WIDTH, v->tree->closed[i].hash[0], e);
	v->tree->closed_n = 0;
	return r;
}

/* Older partial tiles that still lie about, of checkpoints before this one: each must be the beginning of the tile as it is now. */
static int old_partials(struct verify *v, int level, uint64_t n, unsigned width, struct slice now, struct err *e)
{
	char path[TILE_PATH_MAX];
	for (unsigned w = 1; w < width; w++) {
		AUTO_BUF struct buf b = {0};
		struct err why = {0};
		size_t want = w * (size_t)SEAL_HASH;
		buf_init(&b, BUNDLE_MAX);
		ledger_tile_path(level, n, w, path);
		int r = file_read(v->dirfd, path, BUNDLE_MAX, &b, &why);
		if (r == ERR_NOT_FOUND)
			continue;
		if (stops(r)) {
			if (e)
				*e = why;
			return r;
		}
		if (level == TILE_ENTRIES && r == 0) {
			uint32_t at[TILE_WIDTH + 1];
			r = ledger_bundle_parse(buf_slice(&b), w, at, &why);
			want = r == 0 ? at[w] - 2 : 0;
		}
		if (r < 0 || b.n != want || want > now.n || memcmp(b.p, now.p, want))
			fault(v, path, "it is not the beginning of the tile that grew out of it");
	}
	return 0;
}

static int one_leaf(struct verify *v, uint64_t seq, struct slice bytes, const char *place, struct err *e)
{
	struct ledger_leaf leaf;
	struct err why = {0};
	uint8_t hash[SEAL_HASH];
	if (ledger_leaf_decode(bytes, &leaf, &why) < 0) {
		fault(v, place, "entry %" PRIu64 ": %s", seq, why.text);
	} else {
		if (leaf.time < v->time)
			fault(v, place, "entry %" PRIu64 " was received before the one before it", seq);
		v->time = leaf.time;
		check_epoch(v, &leaf);
		if (leaf.kind == LEDGER_PACK) {
			v->packs_seen++;
			v->last_pack = seq;
		}
	}
	if (bytes.n > LEDGER_LEAF_MAX)
		return 0; /* told above; its hash will be missed */
	tlog_leaf_hash(bytes, hash);
	tlog_tree_add(v->tree, hash);
	v->rep.entries++;
	if (v->o.progress && v->rep.entries % PROGRESS == 0)
		v->o.progress(v->o.arg, v->rep.entries, v->head.size);
	return v->tree->closed_n ? compare_closed(v, e) : 0;
}

static int one_bundle(struct verify *v, uint64_t n, unsigned width, struct err *e)
{
	const struct ledger_bundle_slot *b;
	char path[TILE_PATH_MAX], place[TILE_PATH_MAX + 8];
	struct err why = {0};
	ledger_tile_path(TILE_ENTRIES, n, width, path);
	snprintf(place, sizeof place, "ledger/%s", path);
	int r = ledger_bundle_get(&v->tiles, n, width, &b, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0) {
		fault(v, place, "%s", why.text);
		return ERR_NO;
	}
	for (unsigned i = 0; r == 0 && i < width; i++) {
		check_since(v);
		r = one_leaf(v, n * TILE_WIDTH + i, ledger_bundle_leaf(b, i), place, e);
	}
	if (r == 0 && width < TILE_WIDTH)
		r = old_partials(v, TILE_ENTRIES, n, width, buf_slice(&b->bytes), e);
	return r;
}

static int verify_tree(struct verify *v, struct err *e)
{
	uint8_t root[SEAL_HASH];
	for (uint64_t seq = 0; seq < v->head.size; seq += TILE_WIDTH) {
		int r = one_bundle(v, seq / TILE_WIDTH, ledger_tile_width(TILE_ENTRIES, seq / TILE_WIDTH, v->head.size), e);
		if (r == ERR_NO) /* without these leaves nothing above them can be computed */
			return 0;
		if (r < 0)
			return r;
	}
	check_since(v);
	check_epoch(v, NULL);
	for (int level = 0; level < TREE_LEVELS; level++) {
		uint64_t n = v->head.size >> (8 * level) >> 8;
		unsigned width = v->tree->n[level];
		if (!width)
			continue;
		int r = compare_tile(v, level, n, width, v->tree->hash[level][0], e);
		if (r == 0)
			r = old_partials(v, level, n, width, slice_of(v->tree->hash[level], width * (size_t)SEAL_HASH), e);
		if (r < 0)
			return r;
	}
	tlog_tree_root(v->tree, root);
	if (memcmp(root, v->head.root, SEAL_HASH))
		fault(v, "ledger/checkpoint", "the root it was signed over is not the root of the entries that are here");
	return 0;
}

/* ---- entries against their leaves ---- */

static int compare_entry(struct verify *v, struct ledger_entry *en, const char *place, struct err *e)
{
	struct ledger_leaf leaf;
	struct err why = {0};
	int r = ledger_tiles_leaf(&v->tiles, en->seq, v->head.size, &leaf, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		return 0; /* told already */
	ledger_commitment(en->salt, en->body, v->sha, en->leaf.commit);
	if (en->leaf.kind != leaf.kind || en->leaf.flags != leaf.flags || en->leaf.time != leaf.time || en->leaf.size != leaf.size ||
	    memcmp(en->leaf.commit, leaf.commit, SEAL_HASH) || strcmp(en->leaf.source, leaf.source))
		fault(v, place, "entry %" PRIu64 " is not what its leaf says", en->seq);
	return 0;
}

/* ---- packs ---- */

static int hash_file(struct verify *v, int fd, uint8_t out[SEAL_HASH], uint64_t *ret_size, struct err *e, const char *place)
{
	uint64_t size = 0;
	buf_reset(&v->scratch);
	uint8_t *p = buf_space(&v->scratch, 1 << 20);
	if (!p)
		return err_set(e, ERR_MEMORY, place, "no memory");
	seal_sha256_begin(v->sha);
	for (;;) {
		ssize_t n = read(fd, p, 1 << 20);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, place, "cannot read a pack");
		if (n == 0)
			break;
		seal_sha256_add(v->sha, slice_of(p, (size_t)n));
		size += (uint64_t)n;
	}
	seal_sha256_end(v->sha, out);
	*ret_size = size;
	return 0;
}

/* Was the quarter of this pack erased? Then what was kept of it must be right, and the rest is gone, as an entry says. ERR_NO: no entry says so. */
static int count_erased(void *arg, const struct ledger_entry *en, struct err *e)
{
	struct verify *v = arg;
	v->rep.erased += en->erased;
	v->rep.bodies += !en->erased;
	return 0;
}

static int erased_bodies(struct verify *v, const struct ledger_pack_info *info, const char *place, struct err *e)
{
	static const struct ledger_options reader;
	struct err why = {0};
	uint64_t end = info->first + info->count < v->head.size ? info->first + info->count : v->head.size;
	int r = v->l ? 0 : ledger_open(v->sitefd, v->keys, &reader, &v->l, NULL, &why);
	if (r == 0 && ledger_erased_period(v->l, info->period, info->first, NULL) != ERR_ERASED)
		return ERR_NO;
	if (r == 0 && info->first < end)
		r = ledger_scan(v->l, info->first, end, true, count_erased, v, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		fault(v, place, "%s", why.text);
	return 0;
}

/* One body that is not in its pack: an entry has to say so, and the leaf that stands there has to be the tree's. */
static int erased_body(struct verify *v, const struct ledger_entry *en, const char *place, struct err *e)
{
	static const struct ledger_options reader;
	struct ledger_leaf leaf, stub;
	struct err why = {0};
	int r = v->l ? 0 : ledger_open(v->sitefd, v->keys, &reader, &v->l, NULL, &why);
	if (r == 0)
		r = ledger_erased_known(v->l, &why);
	if (r == 0)
		r = ledger_tiles_leaf(&v->tiles, en->seq, v->head.size, &leaf, &why);
	if (r == 0)
		r = ledger_stub_leaf(en, &stub, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0)
		fault(v, place, "%s", why.text);
	else if (ledger_erased_covers(v->l, en->seq, NULL) != ERR_ERASED)
		fault(v, place, "the body of entry %" PRIu64 " is not in it, and no entry says that it was erased", en->seq);
	else if (stub.kind != leaf.kind || stub.flags != leaf.flags || stub.time != leaf.time || stub.size != leaf.size || memcmp(stub.commit, leaf.commit, SEAL_HASH) || strcmp(stub.source, leaf.source))
		fault(v, place, "what is left of entry %" PRIu64 " is not what its leaf says", en->seq);
	else
		v->rep.erased++;
	return 0;
}

static int pack_bodies(struct verify *v, const struct ledger_pack_info *info, const char *place, struct err *e)
{
	struct ledger_pack *pack = NULL;
	struct age_identity id;
	struct err why = {0};
	int r = ledger_period_get(&v->periods, info->period, &id, &why);
	if (r == ERR_CRYPTO && (r = erased_bodies(v, info, place, e)) != ERR_NO)
		return r;
	if (r == ERR_NO)
		r = ERR_CRYPTO;
	if (r == 0)
		r = ledger_pack_open(v->packfd, info, &id, &pack, &why);
	seal_wipe(&id, sizeof id);
	uint64_t next = info->first, end = info->first + info->count;
	for (size_t i = 0; r == 0 && i < ledger_pack_frames(pack); i++) {
		struct slice text;
		if ((r = ledger_pack_frame(pack, i, &text, &why)) < 0)
			break;
		struct cur c = cur_of(text);
		while (r == 0 && !cur_done(&c)) {
			struct ledger_entry en;
			if ((r = ledger_entry_any(&c, &en, &why)) < 0)
				break;
			if (en.seq != next || next >= end)
				r = err_set(&why, ERR_CORRUPT, NULL, "entry %" PRIu64 " stands where %" PRIu64 " should", en.seq, next);
			else if (en.erased && next++ < v->head.size && (r = erased_body(v, &en, place, e)) < 0)
				goto out;
			else if (en.erased)
				continue;
			else if (next++ < v->head.size && (r = compare_entry(v, &en, place, e)) < 0)
				goto out;
			v->rep.bodies++;
		}
	}
	if (r == 0 && next != end)
		r = err_set(&why, ERR_CORRUPT, NULL, "it ends before entry %" PRIu64, end - 1);
	if (stops(r)) {
		if (e)
			*e = why;
	} else if (r < 0) {
		fault(v, place, "%s", why.text);
		r = 0;
	}
out:
	ledger_pack_free(pack);
	return r;
}

static int one_pack(struct verify *v, uint64_t number, struct err *e)
{
	uint8_t record[PACK_RECORD], hash[SEAL_HASH];
	struct ledger_pack_info info;
	struct ledger_entry en;
	struct err why = {0};
	char name[PACK_NAME_MAX], place[PACK_NAME_MAX + 8];
	uint64_t size;
	ledger_pack_name(number, name);
	snprintf(place, sizeof place, "packs/%s", name);
	int r = ledger_packs_get(&v->packs, number, &info, &en, record, &why);
	if (r < 0) {
		if (stops(r) && e)
			*e = why;
		else
			fault(v, "packs/index", "%s", why.text);
		return stops(r) ? r : 0;
	}
	if (en.seq < v->head.size && (r = compare_entry(v, &en, "packs/index", e)) < 0)
		return r;
	if (info.first == v->packed)
		v->packed += info.count;
	else
		fault(v, "packs/index", "pack %" PRIu64 " begins at entry %" PRIu64 ", not at %" PRIu64, number, info.first, v->packed);
	AUTO_CLOSE int fd = openat(v->packfd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fault(v, place, "it is missing");
		return 0;
	}
	if ((r = hash_file(v, fd, hash, &size, e, place)) < 0)
		return r;
	v->rep.packs++;
	v->rep.pack_bytes += size;
	if (size != info.size || memcmp(hash, info.sha256, SEAL_HASH)) {
		fault(v, place, "it is not the file whose SHA-256 is in entry %" PRIu64, en.seq);
		return 0;
	}
	return v->o.bodies ? pack_bodies(v, &info, place, e) : 0;
}

static int verify_packs(struct verify *v, struct err *e)
{
	struct err why = {0};
	struct stat st;
	uint64_t within = 0; /* records whose entry is below the checkpoint's size */
	int r = ledger_packs_open(&v->packs, v->packfd, false, &why);
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	if (v->packs.fd >= 0 && fstat(v->packs.fd, &st) == 0)
		v->packs.n = (uint64_t)st.st_size / PACK_RECORD; /* also where its last record is damaged */
	if (r == 0 && v->packs.fd >= 0 && (uint64_t)st.st_size % PACK_RECORD)
		fault(v, "packs/index", "it does not end with a whole record");
	for (uint64_t k = 1; k <= v->packs.n; k++) {
		uint8_t record[PACK_RECORD];
		struct ledger_pack_info info;
		struct ledger_entry en;
		if ((r = one_pack(v, k, e)) < 0)
			return r;
		if (ledger_packs_get(&v->packs, k, &info, &en, record, NULL) == 0 && en.seq < v->head.size)
			within++;
	}
	v->unindexed = v->rep.entries == v->head.size && within < v->packs_seen ? v->packs_seen - within : 0;
	if (v->unindexed > 1) /* one is the way of things: its entry is durable, its record is about to be written */
		fault(v, "packs/index", "%" PRIu64 " packs have an entry, but only %" PRIu64 " a record", v->packs_seen, within);
	return 0;
}

/* A file that the ledger does not know: not part of it, but somebody should know. The number after the last may be a pack that is just being logged. */
static int strange_packs(struct verify *v, struct err *e)
{
	int fd = file_open_dir(v->packfd, ".", e);
	if (fd < 0)
		return fd;
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, "packs", "cannot list the packs");
	}
	for (struct dirent *en; (en = readdir(d));) {
		uint64_t number;
		if (ledger_pack_name_parse(en->d_name, &number) && number > v->packs.n + 2)
			fault(v, "packs", "%s is a pack that no entry names", en->d_name);
	}
	closedir(d);
	return 0;
}

/* ---- the tail ---- */

/* Between the end of a record and the end of its page there is nothing. */
static int padding(struct verify *v, const struct ledger_record_ref *ref, const char *place, struct err *e)
{
	uint8_t page[WAL_PAGE];
	uint64_t end = WAL_RECORD_HEAD + (uint64_t)ref->head.plain + WAL_TAG, size = ledger_record_size(ref->head.plain);
	size_t n = (size_t)(size - end);
	if (n == 0)
		return 0;
	int r = file_pread_all(ref->seg->fd, page, n, ref->offset + end, e, place);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (page[i]) {
			fault(v, place, "there is something behind the record where nothing should be");
			break;
		}
	return r;
}

static int one_record(struct verify *v, const struct ledger_record_ref *ref, bool last, struct err *e)
{
	struct ledger_record_head h;
	struct slice plain;
	struct err why = {0};
	char place[WAL_NAME_MAX + 32], name[WAL_NAME_MAX];
	snprintf(place, sizeof place, "wal/%s:%" PRIu64, ledger_segment_name(ref->seg, name), ref->offset);
	int r = ledger_record_read(ref->seg, ref->seg->aead, ref->offset, &v->scratch, &h, &plain, &why);
	if (r == ERR_NO || r == ERR_CRYPTO)
		return ERR_BUSY; /* it was there a moment ago: the writer has taken the segment out of use */
	if (r < 0) {
		if (e)
			*e = why;
		return r;
	}
	struct cur c = cur_of(plain);
	uint64_t seq = ref->head.first;
	for (; !cur_done(&c); seq++) {
		struct ledger_entry en;
		if (ledger_entry_next(&c, &en, &why) < 0 || en.seq != seq) {
			fault(v, place, "its entries are damaged or out of order");
			return 0;
		}
		v->rep.wal_entries++;
		if (seq < v->head.size && (r = compare_entry(v, &en, place, e)) < 0)
			return r;
		v->rep.bodies += v->o.bodies && seq >= v->packed;
	}
	if (seq != ref->head.first + ref->head.count)
		fault(v, place, "it does not hold as many entries as it says");
	return last ? 0 : padding(v, ref, place, e); /* a power cut may leave an earlier use's bytes there; opening for writing clears them */
}

static int read_segments(struct verify *v, struct ledger_wal_set *wal, struct err *e)
{
	struct ledger_replay replay;
	struct err why = {0};
	int r = ledger_replay(wal, &v->wal_keys, 0, true, &v->scratch, &replay, &why);
	if (r == ERR_CRYPTO || r == ERR_CORRUPT || r == ERR_INPUT) {
		fault_err(v, "wal", &why);
		return 0;
	}
	if (r < 0) {
		if (e)
			*e = why;
		return r;
	}
	if (replay.damaged) /* its place is in the sentence's */
		fault_err(v, "segments", &replay.damage);
	for (size_t i = 0; r == 0 && i < replay.n; i++)
		r = one_record(v, &replay.record[i], replay.record[i].head.batch == replay.batch, e);
	if (r == 0 && replay.n) {
		if (replay.first > v->packed)
			fault(v, "wal", "the segments begin at entry %" PRIu64 ", the packs end before %" PRIu64, replay.first, v->packed);
		v->in_segments = replay.end;
		if (v->unindexed == 1 && v->last_pack < replay.first)
			fault(v, "packs/index", "the pack that entry %" PRIu64 " names has no record", v->last_pack);
	}
	ledger_replay_done(&replay);
	return r;
}

/* Beside a writer a segment may go while we look: then we look again, after the packs that took its place. */
static int verify_wal(struct verify *v, struct err *e)
{
	struct ledger_wal_set wal;
	struct err why = {0};
	int r = ledger_wal_load(v->walfd, &wal, &why);
	if (r == 0) {
		v->rep.wal_entries = 0;
		r = read_segments(v, &wal, e);
		ledger_wal_set_done(&wal);
		v->rep.wal_checked = r == 0;
		return r;
	}
	if (r == ERR_NOT_FOUND)
		return ERR_BUSY;
	if (stops(r)) {
		if (e)
			*e = why;
		return r;
	}
	fault_err(v, "wal", &why);
	return 0;
}

static int verify_bodies(struct verify *v, struct err *e)
{
	for (int tries = 0; tries < 3; tries++) {
		uint64_t faults_n = v->faults_n;
		size_t faults_at = v->faults->n;
		v->packed = v->in_segments = v->rep.packs = v->rep.pack_bytes = v->rep.bodies = v->rep.erased = 0;
		int r = verify_packs(v, e);
		ledger_packs_done(&v->packs);
		if (r == 0 && v->wal_keys.can_open && v->walfd >= 0)
			r = verify_wal(v, e);
		if (r != ERR_BUSY) {
			uint64_t end = v->in_segments > v->packed ? v->in_segments : v->packed;
			if (r == 0 && v->rep.wal_checked && end < v->head.size)
				fault(v, "wal", "the bodies of the entries %" PRIu64 " to %" PRIu64 " are neither in a pack nor in a segment", end, v->head.size - 1);
			return r;
		}
		v->faults_n = faults_n;
		v->faults->n = faults_at;
	}
	return err_set(e, ERR_BUSY, "wal", "segments went out of use each time they were looked at: try again");
}

/* ---- the whole ---- */

static int run(struct verify *v, int sitefd, const struct site_keys *keys, struct err *e)
{
	if ((v->dirfd = file_open_dir(sitefd, "ledger", e)) < 0)
		return v->dirfd;
	if ((v->packfd = file_open_dir(sitefd, "packs", e)) < 0)
		return v->packfd;
	v->walfd = file_open_dir(sitefd, "wal", NULL);
	ledger_tiles_init(&v->tiles, v->dirfd);
	if (!(v->sha = seal_sha256_new()) || !(v->tree = calloc(1, sizeof *v->tree)))
		return err_set(e, ERR_MEMORY, NULL, "no memory to verify the ledger");
	int r = read_heads(v, keys, e);
	if (r < 0)
		return r == ERR_NO ? 0 : r; /* told: and without a signed head there is nothing to compare with */
	read_since(v);
	r = verify_tree(v, e);
	if (r == 0)
		r = verify_bodies(v, e);
	return r == 0 ? strange_packs(v, e) : r;
}

int ledger_verify(int sitefd, const struct site_keys *keys, const struct ledger_verify_options *o, struct ledger_verify_report *ret, struct buf *ret_faults, struct err *e)
{
	static const struct verify none = {.dirfd = -1, .walfd = -1, .packfd = -1, .packs = {.fd = -1}};
	struct verify v = none;
	v.faults = ret_faults;
	v.sitefd = sitefd;
	v.keys = keys;
	if (o)
		v.o = *o;
	if (keys)
		ledger_wal_keys_take(&v.wal_keys, keys);
	if (v.o.bodies && !v.wal_keys.can_open)
		return err_set(e, ERR_DENIED, "keys/care.key", "opening every body needs the care key");
	ledger_periods_init(&v.periods, sitefd, keys);
	buf_init(&v.scratch, ledger_record_size(LEDGER_BODY_MAX + WAL_RECORD_TARGET + ENTRY_LINE_MAX + 2) + WAL_PAGE);
	int r = run(&v, sitefd, keys, e);
	if (r == 0 && v.faults_n > FAULTS_MAX)
		buf_printf(ret_faults, "and %" PRIu64 " more\n", v.faults_n - FAULTS_MAX);
	if (r == 0 && v.o.progress)
		v.o.progress(v.o.arg, v.rep.entries, v.head.size);
	if (ret)
		*ret = v.rep;
	ledger_tiles_done(&v.tiles);
	ledger_periods_done(&v.periods);
	ledger_packs_done(&v.packs);
	ledger_free(v.l);
	seal_sha256_free(v.sha);
	free(v.tree);
	buf_done(&v.scratch);
	int fds[] = {v.dirfd, v.walfd, v.packfd};
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	seal_wipe(&v.wal_keys, sizeof v.wal_keys);
	if (r == 0 && v.faults_n)
		return err_set(e, ERR_NO, NULL, "the ledger has %" PRIu64 " fault%s", v.faults_n, v.faults_n == 1 ? "" : "s");
	return r;
}
