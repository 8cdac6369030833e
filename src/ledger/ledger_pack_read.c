/* Reading a pack, one frame at a time. The format stands in ledger_pack.c. Everything here came from a file: the age layer has checked that nobody without the key
 * changed it, and nothing more is taken for granted. */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

struct ledger_pack {
	ledger_pack_source *read;
	void *arg;
	uint64_t size;
	struct ledger_pack_frame *frame;
	size_t n;
	ZSTD_DCtx *z;
	struct buf packed, plain;
	size_t current; /* the frame in plain; n: none */
	/* over a file */
	struct age_reader *age;
	int fd;
	char name[PACK_NAME_MAX];
};

static int bad(struct ledger_pack *p, const char *what, struct err *e)
{
	return err_set(e, ERR_CORRUPT, p->name[0] ? p->name : "pack", "%s", what);
}

/* n bytes at offset of the plaintext, into b. */
static int fetch(struct ledger_pack *p, struct buf *b, uint64_t n, uint64_t offset, struct err *e)
{
	buf_reset(b);
	if (offset > p->size || n > p->size - offset)
		return bad(p, "the pack's index points outside it", e);
	uint8_t *to = buf_space(b, n);
	if (!to)
		return err_set(e, buf_code(b), p->name, "no memory to read a pack");
	int r = p->read(p->arg, to, n, offset, e);
	if (r == 0)
		buf_commit(b, n);
	return r;
}

#define SEEK_FOOTER 9

/* The seek table: the sizes of all frames; the last of them is our own index. */
static int read_seek_table(struct ledger_pack *p, struct buf *b, struct err *e)
{
	if (p->size < SEEK_FOOTER)
		return bad(p, "the pack is too short", e);
	int r = fetch(p, b, SEEK_FOOTER, p->size - SEEK_FOOTER, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(buf_slice(b));
	uint32_t n = cur_u32le(&c);
	uint8_t flags = cur_u8(&c);
	if (cur_u32le(&c) != PACK_SEEK_END || flags || n < 2 || n > PACK_FRAMES_MAX + 1)
		return bad(p, "the pack has no index at its end", e);
	uint64_t table = 8 + 8 * (uint64_t)n + SEEK_FOOTER, at = 0;
	if (table > p->size)
		return bad(p, "the pack's index is longer than the pack", e);
	if ((r = fetch(p, b, table, p->size - table, e)) < 0)
		return r;
	c = cur_of(buf_slice(b));
	if (cur_u32le(&c) != PACK_SEEK_MAGIC || cur_u32le(&c) != table - 8)
		return bad(p, "the pack's index is damaged", e);
	if (!(p->frame = calloc(n, sizeof *p->frame)))
		return err_set(e, ERR_MEMORY, p->name, "no memory to read a pack");
	for (uint32_t i = 0; i < n; i++) {
		struct ledger_pack_frame *f = &p->frame[i];
		f->offset = at;
		f->packed = cur_u32le(&c);
		f->plain = cur_u32le(&c);
		at += f->packed;
		if (i + 1 < n && (f->plain == 0 || f->plain > PACK_FRAME_PLAIN_MAX + PACK_FRAME || f->packed == 0))
			return bad(p, "the pack's index names a frame of impossible size", e);
	}
	if (at != p->size - table)
		return bad(p, "the frames in the pack's index do not add up to the pack", e);
	p->n = n - 1;
	return 0;
}

static int read_own_index(struct ledger_pack *p, struct buf *b, struct err *e)
{
	const struct ledger_pack_frame *own = &p->frame[p->n];
	int r = fetch(p, b, own->packed, own->offset, e);
	if (r < 0)
		return r;
	struct cur c = cur_of(buf_slice(b));
	uint32_t magic = cur_u32le(&c), size = cur_u32le(&c);
	struct slice word = cur_take(&c, 8);
	uint32_t n = cur_u32le(&c), zero = cur_u32le(&c);
	if (c.failed || magic != PACK_INDEX_MAGIC || size != own->packed - 8 || memcmp(word.p, PACK_INDEX_WORD, 8) || n != p->n || zero || cur_left(&c) != 8 * (size_t)n)
		return bad(p, "the pack's list of first entries is damaged", e);
	for (size_t i = 0; i < p->n; i++) {
		p->frame[i].first = cur_u64le(&c);
		if (i && p->frame[i].first <= p->frame[i - 1].first)
			return bad(p, "the pack's list of first entries is out of order", e);
	}
	return 0;
}

static struct ledger_pack *pack_alloc(const char *name)
{
	struct ledger_pack *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->fd = -1;
	snprintf(p->name, sizeof p->name, "%s", name);
	buf_init(&p->packed, ZSTD_COMPRESSBOUND(PACK_FRAME_PLAIN_MAX + PACK_FRAME));
	buf_init(&p->plain, PACK_FRAME_PLAIN_MAX + PACK_FRAME);
	if (!(p->z = ZSTD_createDCtx())) {
		ledger_pack_free(p);
		return NULL;
	}
	return p;
}

static int read_indexes(struct ledger_pack *p, ledger_pack_source *read, void *arg, uint64_t size, struct err *e)
{
	p->read = read;
	p->arg = arg;
	p->size = size;
	int r = read_seek_table(p, &p->packed, e);
	if (r == 0)
		r = read_own_index(p, &p->packed, e);
	p->current = p->n;
	return r;
}

/* Over a plaintext that some function gives out. */
int ledger_pack_new(ledger_pack_source *read, void *arg, uint64_t size, struct ledger_pack **ret, struct err *e)
{
	struct ledger_pack *p = pack_alloc("pack");
	if (!p)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a pack");
	int r = read_indexes(p, read, arg, size, e);
	if (r < 0) {
		ledger_pack_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void ledger_pack_free(struct ledger_pack *p)
{
	if (!p)
		return;
	age_reader_free(p->age);
	if (p->fd >= 0)
		close(p->fd);
	ZSTD_freeDCtx(p->z);
	buf_done(&p->packed);
	buf_done(&p->plain);
	free(p->frame);
	free(p);
}

size_t ledger_pack_frames(const struct ledger_pack *p)
{
	return p->n;
}

size_t ledger_pack_find(const struct ledger_pack *p, uint64_t seq)
{
	size_t lo = 0, hi = p->n;
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (p->frame[mid].first <= seq)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

int ledger_pack_frame(struct ledger_pack *p, size_t i, struct slice *ret_text, struct err *e)
{
	assert(i < p->n);
	const struct ledger_pack_frame *f = &p->frame[i];
	if (p->current != i) {
		p->current = p->n;
		int r = fetch(p, &p->packed, f->packed, f->offset, e);
		if (r < 0)
			return r;
		buf_reset(&p->plain);
		/* the size was limited when the index was read: a frame that says it is longer than its room fails, it does not grow */
		uint8_t *to = buf_space(&p->plain, f->plain);
		if (!to)
			return err_set(e, buf_code(&p->plain), p->name, "no memory to read a pack");
		size_t n = ZSTD_decompressDCtx(p->z, to, f->plain, p->packed.p, p->packed.n);
		if (ZSTD_isError(n) || n != f->plain)
			return bad(p, "a frame of the pack does not decompress to what its index says", e);
		buf_commit(&p->plain, n);
		p->current = i;
	}
	*ret_text = buf_slice(&p->plain);
	return 0;
}

/* ---- over a file ---- */

static ssize_t from_file(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	struct ledger_pack *p = arg;
	for (;;) {
		ssize_t got = pread(p->fd, out, n, (off_t)offset);
		if (got >= 0)
			return got;
		if (errno != EINTR)
			return err_sys(e, p->name, "cannot read a pack");
	}
}

static int from_age(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	return age_read(arg, out, n, offset, e);
}

int ledger_pack_open(int packfd, const struct ledger_pack_info *info, const struct age_identity *id, struct ledger_pack **ret, struct err *e)
{
	char name[PACK_NAME_MAX];
	struct stat st;
	ledger_pack_name(info->number, name);
	struct ledger_pack *p = pack_alloc(name);
	if (!p)
		return err_set(e, ERR_MEMORY, name, "no memory to read a pack");
	int r = 0;
	p->fd = openat(packfd, name, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0 && errno == ENOENT)
		r = err_set(e, ERR_CORRUPT, name, "a pack is missing: copy it back from a replica");
	else if (p->fd < 0 || fstat(p->fd, &st))
		r = err_sys(e, name, "cannot open a pack");
	else if ((uint64_t)st.st_size != info->size)
		r = err_set(e, ERR_CORRUPT, name, "a pack is not as long as its entry says: copy it back from a replica");
	if (r == 0 && (r = age_reader_new(from_file, p, info->size, id, 1, &p->age, e)) < 0)
		err_in(e, name);
	if (r == 0)
		r = read_indexes(p, from_age, p->age, age_reader_size(p->age), e);
	if (r == 0 && p->frame[0].first != info->first)
		r = bad(p, "the pack begins with another entry than its own entry says", e);
	if (r < 0) {
		ledger_pack_free(p);
		return r;
	}
	*ret = p;
	return 0;
}
