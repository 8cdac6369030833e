/* The catalogue of packs, SITE/packs/index: the entries of kind pack, in the clear, so that who has no key can still check every byte of every pack: the leaf is in
 * the tree, the commitment in the leaf fits salt and body, and the body names the SHA-256 of the file.
 *
 * Record k - 1 (512 bytes) is about pack k: the entry as text (ledger_entry.c), blanks up to byte 510, LF. Valid if and only if the entry is of kind pack or repack, its body
 * names care-k.age, and its first entry is the one behind the last of record k - 2 (0 for the first).
 *
 * A record is written once its entry is durable in the write-ahead segments, which keep it until the record is durable too. Were this file lost: the entry of a pack
 * lies in a later pack or in the segments, and ledger_open makes it again from the last one backwards.
 *
 * Of a pack that was written anew without a body that was erased (ledger_repack.c) the entry of kind repack stands here in the place of the first one: the newest says what the file is.
 */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX "index"

static int bad(uint64_t number, struct err *e)
{
	char place[64];
	snprintf(place, sizeof place, "packs/index:%" PRIu64, (number - 1) * PACK_RECORD);
	return err_set(e, ERR_CORRUPT, place, "the record of pack %" PRIu64 " is damaged", number);
}

/* Pure: is this the record of pack `number`? */
int ledger_pack_record_parse(struct slice record, uint64_t number, struct ledger_pack_info *ret, struct ledger_entry *ret_entry, struct err *e)
{
	struct cur c = cur_of(record);
	struct ledger_entry en;
	struct ledger_pack_info info;
	if (record.n != PACK_RECORD || ledger_entry_next(&c, &en, NULL) < 0 || !ledger_names_pack(en.leaf.kind))
		return bad(number, e);
	int r = ledger_pack_body_parse(en.body, &info, e);
	if (r == ERR_MEMORY)
		return r;
	if (r < 0 || info.number != number || cur_left(&c) < 1)
		return bad(number, e);
	struct slice rest = cur_take(&c, cur_left(&c));
	for (size_t i = 0; i + 1 < rest.n; i++)
		if (rest.p[i] != ' ')
			return bad(number, e);
	if (rest.p[rest.n - 1] != '\n')
		return bad(number, e);
	*ret = info;
	if (ret_entry)
		*ret_entry = en;
	return 0;
}

/* record is the room that *ret_entry's body points into. */
int ledger_packs_get(const struct ledger_packs *p, uint64_t number, struct ledger_pack_info *ret, struct ledger_entry *ret_entry, uint8_t record[PACK_RECORD], struct err *e)
{
	assert(number >= 1);
	int r = p->fd < 0 ? ERR_CORRUPT : file_pread_all(p->fd, record, PACK_RECORD, (number - 1) * PACK_RECORD, e, "packs/index");
	if (r < 0)
		return r == ERR_CORRUPT ? bad(number, e) : r;
	return ledger_pack_record_parse(slice_of(record, PACK_RECORD), number, ret, ret_entry, e);
}

int ledger_packs_refresh(struct ledger_packs *p, struct err *e)
{
	struct stat st;
	uint8_t record[PACK_RECORD];
	if (p->fd < 0 && (p->fd = openat(p->dirfd, INDEX, O_RDONLY | O_CLOEXEC)) < 0) {
		p->n = 0;
		p->last = (struct ledger_pack_info){0};
		return errno == ENOENT ? 0 : err_sys(e, "packs/index", "cannot open the catalogue of packs");
	}
	if (fstat(p->fd, &st))
		return err_sys(e, "packs/index", "cannot look at the catalogue of packs");
	uint64_t n = (uint64_t)st.st_size / PACK_RECORD; /* the writer may be writing one more */
	if (n == 0) {
		p->n = 0;
		p->last = (struct ledger_pack_info){0};
		return 0;
	}
	struct ledger_pack_info last;
	int r = ledger_packs_get(p, n, &last, NULL, record, e);
	if (r == 0) {
		p->n = n;
		p->last = last;
	}
	return r;
}

int ledger_packs_open(struct ledger_packs *p, int packfd, bool write, struct err *e)
{
	*p = (struct ledger_packs){.fd = -1, .dirfd = packfd};
	if (write && (p->fd = openat(packfd, INDEX, O_RDWR | O_CREAT | O_CLOEXEC, 0644)) < 0)
		return err_sys(e, "packs/index", "cannot open the catalogue of packs");
	return ledger_packs_refresh(p, e);
}

void ledger_packs_done(struct ledger_packs *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

int ledger_packs_find(const struct ledger_packs *p, uint64_t seq, struct ledger_pack_info *ret, struct err *e)
{
	uint8_t record[PACK_RECORD];
	if (seq >= ledger_packs_end(p))
		return err_set(e, ERR_NOT_FOUND, NULL, "entry %" PRIu64 " is in no pack", seq);
	if (seq >= p->last.first) {
		*ret = p->last;
		return 0;
	}
	uint64_t lo = 1, hi = p->n - 1; /* the answer lies in [lo, hi] */
	while (lo <= hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		struct ledger_pack_info info;
		int r = ledger_packs_get(p, mid, &info, NULL, record, e);
		if (r < 0)
			return r;
		if (seq < info.first) {
			hi = mid - 1;
		} else if (seq - info.first >= info.count) {
			lo = mid + 1;
		} else {
			*ret = info;
			return 0;
		}
	}
	return err_set(e, ERR_CORRUPT, "packs/index", "no record covers entry %" PRIu64, seq);
}

int ledger_packs_put(struct ledger_packs *p, const struct ledger_pack_info *info, const struct ledger_entry *en, struct err *e)
{
	uint8_t record[PACK_RECORD], line[ENTRY_LINE_MAX];
	size_t n = ledger_entry_line(en->seq, &en->leaf, en->salt, line);
	assert(n + en->body.n + 2 <= PACK_RECORD); /* the longest possible of both is below 460 */
	memset(record, ' ', sizeof record);
	memcpy(record, line, n);
	memcpy(record + n, en->body.p, en->body.n);
	record[n + en->body.n] = '\n';
	record[PACK_RECORD - 1] = '\n';
	int r = file_pwrite_all(p->fd, slice_of(record, sizeof record), (info->number - 1) * PACK_RECORD, e, "packs/index");
	if (r == 0 && info->number >= p->n) {
		p->n = info->number;
		p->last = *info;
	}
	return r;
}

int ledger_packs_sync(struct ledger_packs *p, struct err *e)
{
	if (fsync(p->fd))
		return err_sys(e, "packs/index", "cannot make the catalogue of packs durable");
	return file_sync_dir(p->dirfd, ".", e);
}
