/* A pack written anew without a body that an entry erased (DESIGN 5: "A replaced by B").
 *
 * In the place of the entry stands what is left of it (ledger_entry.c), whose JSON is {"leaf":"HEX"}: its leaf, so that the tree can be made again from packs alone. Salt and body are gone with the old file; the leaf's commitment
 * is to a salted hash and says nothing any more.
 *
 *   1  packs/care-K.age.new         whole and durable
 *   2  entry of kind repack         durable: its body is that of a pack's entry (ledger_pack.c), with the new size and SHA-256
 *   3  renamed over care-K.age      the folder durable
 *   4  record K of packs/index      is now that entry; durable
 *
 * Killed before 2: whoever opens for writing throws the file away, and ledger_repack begins again. Killed behind 2: read_packs has put the record (the entry is in the tail as long as 4 is not done: the tail is let go
 * by the same thread), and ledger_repack_finish renames the file that the record names.
 *
 * The newest pack is never written anew: readers keep its record in memory, and the housekeeper writes behind it.
 */
#include "ledger_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what stands in the place of an entry ---- */

void ledger_stub_put(struct buf *out, uint64_t seq, const struct ledger_leaf *leaf)
{
	AUTO_BUF struct buf json = {0};
	uint8_t bytes[LEDGER_LEAF_MAX];
	buf_init(&json, 32 + 2 * LEDGER_LEAF_MAX);
	buf_str(&json, "{\"leaf\":\"");
	hex_put(&json, slice_of(bytes, ledger_leaf_encode(leaf, bytes)));
	buf_str(&json, "\"}");
	if (buf_ok(&json))
		ledger_kept_rest(out, seq, buf_slice(&json));
	else
		out->failed = out->no_memory = true;
}

int ledger_stub_leaf(const struct ledger_entry *en, struct ledger_leaf *ret, struct err *e)
{
	uint8_t bytes[LEDGER_LEAF_MAX];
	const struct slice head = SLICE("{\"leaf\":\""), tail = SLICE("\"}");
	struct slice hex = en->rest;
	if (hex.n < head.n + tail.n || memcmp(hex.p, head.p, head.n) || memcmp(hex.p + hex.n - tail.n, tail.p, tail.n))
		return err_set(e, ERR_CORRUPT, NULL, "what is left of entry %" PRIu64 " in its pack does not name its leaf", en->seq);
	hex = slice_of(hex.p + head.n, hex.n - head.n - tail.n);
	if (hex.n % 2 || hex.n / 2 > sizeof bytes || hex_get(bytes, hex.n / 2, hex) < 0)
		return err_set(e, ERR_CORRUPT, NULL, "the leaf of entry %" PRIu64 " in its pack is damaged", en->seq);
	return ledger_leaf_decode(slice_of(bytes, hex.n / 2), ret, e);
}

/* ---- may it be? ---- */

static bool own(uint8_t kind)
{
	return ledger_outlives(kind) || ledger_names_pack(kind) || kind == LEDGER_KEPT || kind == LEDGER_AUDIT || kind == LEDGER_SESSION;
}

int ledger_may_erase_body(struct ledger *l, uint64_t seq, uint32_t *ret_quarter, struct err *e)
{
	struct ledger_leaf leaf;
	struct ledger_pack_info info;
	struct ledger_entry en;
	struct err why = {0};
	int r = ledger_read_leaf(l, seq, &leaf, e);
	if (r == 0)
		r = ledger_packs_refresh(&l->packs, e);
	if (r == 0)
		r = ledger_erased_known(l, e);
	if (r < 0)
		return r;
	if (own(leaf.kind))
		return err_set(e, ERR_DENIED, NULL, "entry %" PRIu64 " is one of Holdfast's own (%s): what was done stays on record; only messages and recordings are erased one by one", seq, ledger_kind_name(leaf.kind));
	if (l->packs.n < 2 || seq >= l->packs.last.first)
		return err_set(e, ERR_BUSY, NULL, "entry %" PRIu64 " does not lie in a pack yet that is closed and has another behind it: try again in a minute or two", seq);
	if ((r = ledger_packs_find(&l->packs, seq, &info, e)) < 0)
		return r;
	r = ledger_read(l, seq, &en, &why);
	if (r == ERR_ERASED)
		return err_set(e, ERR_EXISTS, NULL, "%.300s", why.text);
	if (r == 0 && ledger_erased_quarter(l, info.period))
		return err_set(e, ERR_DENIED, NULL, "entry %" PRIu64 " was kept when its quarter was erased, because a chart in use rests on it: it goes when the quarter of that erasure is erased", seq);
	if (r < 0) {
		if (e)
			*e = why;
		return r;
	}
	*ret_quarter = info.period / 100;
	return 0;
}

/* ---- writing anew ---- */

/* The erasures of single bodies that pack K, as it is said to be by entry `said`, may still hold. */
static bool stale(const struct ledger *l, const struct ledger_retain *s, const struct ledger_pack_info *info, uint64_t said)
{
	for (size_t i = 0; i < s->erasure_n; i++) {
		const struct retain_erasure *x = &s->erasure[i];
		if (x->one && x->seq > said && x->first >= info->first && x->first < info->first + info->count && !ledger_erased_quarter(l, info->period))
			return true;
	}
	return false;
}

static int copy_frame(struct ledger *l, struct ledger_pack_maker *m, struct slice text, struct buf *stub, struct err *e)
{
	struct cur c = cur_of(text);
	while (!cur_done(&c)) {
		struct ledger_entry en;
		struct ledger_leaf leaf;
		const uint8_t *from = c.p;
		int r = ledger_entry_any(&c, &en, e);
		struct slice stands = slice_of(from, (size_t)(c.p - from));
		if (r == 0 && !en.erased && ledger_erased_covers(l, en.seq, NULL) == ERR_ERASED) {
			if ((r = ledger_read_leaf(l, en.seq, &leaf, e)) < 0)
				return r;
			buf_reset(stub);
			ledger_stub_put(stub, en.seq, &leaf);
			if (!buf_ok(stub))
				return err_set(e, buf_code(stub), NULL, "no memory to write a pack anew");
			stands = buf_slice(stub);
		}
		if (r == 0)
			r = ledger_pack_maker_add(m, en.seq, stands, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_new(struct ledger *l, const struct ledger_pack_info *old, struct ledger_pack_info *ret, struct err *e)
{
	AUTO_BUF struct buf stub = {0};
	struct age_identity id;
	struct age_recipient to;
	struct ledger_pack *pack = NULL;
	struct ledger_pack_maker *m = NULL;
	buf_init(&stub, 4096);
	int r = ledger_period_get(&l->periods, old->period, &id, e);
	if (r == 0)
		r = ledger_pack_open(l->packfd, old, &id, &pack, e);
	seal_wipe(&id, sizeof id);
	if (r == 0)
		r = ledger_period_recipient(&l->periods, old->period, &to, e);
	if (r == 0)
		r = ledger_pack_maker_new(l->packfd, old->number, old->first, old->period, &to, &m, e);
	if (r == 0)
		ledger_pack_maker_beside(m);
	for (size_t f = 0; r == 0 && f < ledger_pack_frames(pack); f++) {
		struct slice text;
		r = ledger_pack_frame(pack, f, &text, e);
		if (r == 0)
			r = copy_frame(l, m, text, &stub, e);
	}
	if (r == 0)
		r = ledger_pack_maker_end(m, ret, e);
	if (r == 0 && (ret->first != old->first || ret->count != old->count))
		r = err_set(e, ERR_CORRUPT, "packs", "pack %" PRIu64 " holds other entries than its own entry says", old->number);
	ledger_pack_maker_free(m);
	ledger_pack_free(pack);
	return r;
}

static int rename_new(int packfd, uint64_t number, struct err *e)
{
	char name[PACK_NAME_MAX], new[PACK_NAME_MAX + sizeof PACK_NEW_END];
	ledger_pack_name(number, name);
	snprintf(new, sizeof new, "%s" PACK_NEW_END, name);
	if (renameat(packfd, new, packfd, name))
		return err_sys(e, name, "cannot put a pack that was written anew in its place");
	return file_sync_dir(packfd, ".", e);
}

static int one_pack(struct ledger *l, const struct ledger_pack_info *old, struct err *e)
{
	struct ledger_pack_info info;
	AUTO_BUF struct buf body = {0};
	uint64_t seq;
	buf_init(&body, PACK_RECORD);
	int r = write_new(l, old, &info, e);
	if (r == 0)
		ledger_pack_body_put(&body, &info);
	if (r == 0 && !buf_ok(&body))
		r = err_set(e, buf_code(&body), NULL, "no memory for a pack's entry");
	if (r == 0)
		r = ledger_append(l, LEDGER_REPACK, 0, "site", buf_slice(&body), false, &seq, NULL, e);
	if (r == 0)
		r = ledger_commit(l, e);
	if (r < 0)
		return r;
	const struct ledger_tail_entry *t = ledger_tail_entry_at(l, seq);
	struct ledger_entry en = {.seq = seq, .leaf = t->leaf, .body = buf_slice(&body)};
	memcpy(en.salt, t->salt, sizeof en.salt);
	if ((r = rename_new(l->packfd, info.number, e)) == 0 && (r = ledger_packs_put(&l->house.packs, &info, &en, e)) == 0)
		r = ledger_packs_sync(&l->house.packs, e);
	for (size_t i = 0; i < ARRAY_LEN(l->open_pack); i++) /* what is open is the old file */
		if (l->open_pack[i].number == info.number) {
			ledger_pack_free(l->open_pack[i].pack);
			l->open_pack[i] = (struct ledger_open_pack){0};
		}
	if (l->scanned.number == info.number) {
		ledger_pack_free(l->scanned.pack);
		l->scanned = (struct ledger_open_pack){0};
	}
	return r;
}

int ledger_repack(struct ledger *l, uint64_t *ret_packs, struct err *e)
{
	struct ledger_retain s = {0};
	*ret_packs = 0;
	assert(l->write);
	int r = ledger_retain_read(l, 0, &s, e);
	if (r == 0)
		r = ledger_packs_refresh(&l->packs, e);
	for (size_t i = 0; r == 0 && i < s.erasure_n; i++) {
		struct ledger_pack_info info;
		struct ledger_entry en;
		uint8_t record[PACK_RECORD];
		if (!s.erasure[i].one || s.erasure[i].first >= ledger_packs_end(&l->packs))
			continue;
		r = ledger_packs_find(&l->packs, s.erasure[i].first, &info, e);
		if (r == 0)
			r = ledger_packs_get(&l->packs, info.number, &info, &en, record, e);
		if (r < 0 || !stale(l, &s, &info, en.seq)) // cppcheck-suppress uninitStructMember ; ledger_packs_get wrote it when it returned 0
			continue;
		if (info.number == l->packs.n) {
			r = err_set(e, ERR_BUSY, NULL, "the pack to be written anew is the newest: in a minute");
		} else if ((r = one_pack(l, &info, e)) == 0) {
			++*ret_packs;
		}
	}
	ledger_retain_done(&s);
	return r;
}

/* ---- after a crash ---- */

static int same_file(struct ledger *l, const char *name, const struct ledger_pack_info *info, bool *ret, struct err *e)
{
	uint8_t hash[SEAL_HASH], piece[1 << 14];
	struct stat st;
	AUTO_CLOSE int fd = openat(l->packfd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, name, "cannot be read");
	*ret = false;
	if ((uint64_t)st.st_size != info->size)
		return 0;
	seal_sha256_begin(l->sha);
	for (uint64_t at = 0; at < info->size;) {
		size_t n = info->size - at < sizeof piece ? (size_t)(info->size - at) : sizeof piece;
		int r = file_pread_all(fd, piece, n, at, e, name);
		if (r < 0)
			return r;
		seal_sha256_add(l->sha, slice_of(piece, n));
		at += n;
	}
	seal_sha256_end(l->sha, hash);
	*ret = !memcmp(hash, info->sha256, SEAL_HASH);
	return 0;
}

static int finish_one(struct ledger *l, const char *name, struct err *e)
{
	char pack[PACK_NAME_MAX];
	uint64_t number;
	struct ledger_pack_info info;
	uint8_t record[PACK_RECORD];
	bool same = false;
	int r = 0;
	snprintf(pack, sizeof pack, "%.*s", (int)(strlen(name) - strlen(PACK_NEW_END)), name);
	if (ledger_pack_name_parse(pack, &number) && number <= l->house.packs.n && (r = ledger_packs_get(&l->house.packs, number, &info, NULL, record, e)) == 0)
		r = same_file(l, name, &info, &same, e);
	if (r == 0 && same)
		return rename_new(l->packfd, number, e);
	if (r == 0 && unlinkat(l->packfd, name, 0) && errno != ENOENT)
		r = err_sys(e, name, "cannot remove what was half made");
	return r;
}

int ledger_repack_finish(struct ledger *l, struct err *e)
{
	char name[PACK_NAME_MAX + 8] = "";
	int fd = file_open_dir(l->packfd, ".", e), r = 0;
	if (fd < 0)
		return fd;
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return err_sys(e, "packs", "cannot list the packs");
	}
	for (struct dirent *en; r == 0 && (en = readdir(d));) {
		size_t n = strlen(en->d_name), m = sizeof PACK_NEW_END - 1;
		if (n <= m || n >= sizeof name || strcmp(en->d_name + n - m, PACK_NEW_END))
			continue;
		memcpy(name, en->d_name, n + 1);
		r = finish_one(l, name, e);
	}
	closedir(d);
	return r;
}
