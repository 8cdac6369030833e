/* A pack, reading: any piece of its stream, or all frames in order. The format stands in pack.c.
 *
 * The table at the end says where frames lie. A pack whose end is damaged still begins well: then frames are found by walking them from the beginning, each frame says its own size, until one
 * does not open.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "pack_format.h"
#include "vault_internal.h"

struct vault_pack {
	int fd;
	struct age_reader *age;
	struct buf frames; /* of struct vault_frame */
	uint64_t plain;
	bool damaged;
	size_t held; /* the frame in `open`, or SIZE_MAX */
	struct buf open, sealed;
};

/* ---- pure: the table, a frame ---- */

static int bad_table(struct err *e)
{
	return err_set(e, ERR_CORRUPT, NULL, "the table at the pack's end is damaged");
}

int vault_table_parse(struct slice tail, uint64_t total, struct buf *ret, struct err *e)
{
	if (tail.n < TABLE_FIXED || tail.n > total)
		return bad_table(e);
	struct cur end = cur_of(slice_of(tail.p + tail.n - TABLE_FOOTER, TABLE_FOOTER));
	uint64_t count = cur_u32le(&end);
	uint8_t descriptor = cur_u8(&end);
	if (cur_u32le(&end) != SEEKABLE_MAGIC || descriptor != 0 || count > VAULT_PACK_FRAMES_MAX + 1 || tail.n < TABLE_FIXED + count * TABLE_ENTRY)
		return bad_table(e);
	size_t size = TABLE_FIXED + (size_t)count * TABLE_ENTRY;
	struct cur c = cur_of(slice_of(tail.p + tail.n - size, size));
	if (cur_u32le(&c) != TABLE_MAGIC || cur_u32le(&c) != size - 8)
		return bad_table(e);
	struct vault_frame f = {0};
	buf_reset(ret);
	for (uint64_t i = 0; i < count; i++) {
		f.sealed = cur_u32le(&c);
		f.plain = cur_u32le(&c);
		if (f.sealed < 8 || f.plain > VAULT_FRAME_MAX || (f.plain && f.sealed > VAULT_FRAME_SEALED_MAX) || f.sealed > total - size - f.at)
			return bad_table(e);
		if (f.plain)
			buf_add(ret, &f, sizeof(f));
		f.offset += f.plain;
		f.at += f.sealed;
	}
	if (f.at != total - size || f.offset > VAULT_PACK_PLAIN_MAX)
		return bad_table(e);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no memory for a pack's table");
}

int vault_frame_open(struct slice sealed, uint8_t *out, size_t plain, struct err *e)
{
	if (ZSTD_getFrameContentSize(sealed.p, sealed.n) != plain || ZSTD_findFrameCompressedSize(sealed.p, sealed.n) != sealed.n)
		return err_set(e, ERR_CORRUPT, NULL, "a frame of the pack is damaged");
	size_t n = ZSTD_decompress(out, plain, sealed.p, sealed.n);
	if (ZSTD_isError(n) || n != plain)
		return err_set(e, ERR_CORRUPT, NULL, "a frame of the pack is damaged");
	return 0;
}

/* ---- opening ---- */

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for reading a pack");
}

/* The last TABLE_FOOTER bytes say how long the table is. */
static int read_table(struct vault_pack *p, struct err *e)
{
	uint64_t total = age_reader_size(p->age);
	uint8_t footer[TABLE_FOOTER];
	if (total < TABLE_FIXED)
		return bad_table(e);
	int r = age_read(p->age, footer, sizeof(footer), total - sizeof(footer), e);
	if (r < 0)
		return r;
	struct cur c = cur_of(slice_of(footer, sizeof(footer)));
	uint64_t count = cur_u32le(&c), size = TABLE_FIXED + count * TABLE_ENTRY;
	if (count > VAULT_PACK_FRAMES_MAX + 1 || size > total)
		return bad_table(e);
	buf_reset(&p->sealed);
	uint8_t *at = buf_space(&p->sealed, (size_t)size);
	if (!at)
		return no_memory(e);
	r = age_read(p->age, at, (size_t)size, total - size, e);
	if (r == 0)
		r = vault_table_parse(slice_of(at, (size_t)size), total, &p->frames, e);
	return r;
}

/* The frame that begins at `at` of the age file's plaintext, by its own header and blocks: its size, and of what it holds (0: a skippable frame). 1, or 0 when none does. */
static int probe_frame(struct vault_pack *p, uint64_t at, struct vault_frame *ret)
{
	uint64_t left = age_reader_size(p->age) - at;
	struct err ignored = {0};
	/* a chunk of age at a time: what can be read counts, and a frame is not lost for a damaged piece behind it */
	buf_reset(&p->sealed);
	while (left) {
		size_t n = (size_t)(AGE_CHUNK - (at + p->sealed.n) % AGE_CHUNK);
		n = left < n ? (size_t)left : n;
		uint8_t *to = p->sealed.n + n <= VAULT_FRAME_SEALED_MAX + 2 * AGE_CHUNK ? buf_space(&p->sealed, n) : NULL;
		if (!to || age_read(p->age, to, n, at + p->sealed.n, &ignored) < 0)
			return 0;
		buf_commit(&p->sealed, n);
		left -= n;
		size_t size = ZSTD_findFrameCompressedSize(p->sealed.p, p->sealed.n);
		if (ZSTD_isError(size))
			continue;
		unsigned long long plain = ZSTD_getFrameContentSize(p->sealed.p, p->sealed.n);
		if (ZSTD_isError(plain) || plain > VAULT_FRAME_MAX)
			return 0;
		*ret = (struct vault_frame){.plain = (size_t)plain, .at = at, .sealed = size};
		return 1;
	}
	return 0;
}

static int walk_frames(struct vault_pack *p, struct err *e)
{
	struct vault_frame f;
	uint64_t at = 0, offset = 0;
	buf_reset(&p->frames);
	while (p->frames.n / sizeof(f) < VAULT_PACK_FRAMES_MAX && probe_frame(p, at, &f)) {
		f.offset = offset;
		if (f.plain == 0)
			break; /* padding: what follows is padding and table */
		buf_add(&p->frames, &f, sizeof(f));
		at += f.sealed;
		offset += f.plain;
	}
	return buf_ok(&p->frames) ? 0 : no_memory(e);
}

static int load(struct vault_pack *p, struct err *e)
{
	struct err why = {0};
	int r = read_table(p, &why);
	if (r == ERR_MEMORY || r == ERR_SYSTEM) {
		if (e)
			*e = why;
		return r;
	}
	if (r < 0) {
		p->damaged = true;
		r = walk_frames(p, e);
	}
	size_t n = vault_pack_frames(p);
	struct vault_frame last = {0};
	if (n)
		vault_pack_frame(p, n - 1, &last);
	p->plain = last.offset + last.plain;
	return r;
}

static struct vault_pack *pack_new(int fd)
{
	struct vault_pack *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->fd = fd;
	p->held = SIZE_MAX;
	buf_init(&p->frames, (VAULT_PACK_FRAMES_MAX + 1) * sizeof(struct vault_frame));
	buf_init(&p->open, VAULT_FRAME_MAX);
	buf_init(&p->sealed, TABLE_FIXED + (VAULT_PACK_FRAMES_MAX + 1) * TABLE_ENTRY);
	return p;
}

int vault_pack_open_source(age_source *read, void *arg, uint64_t size, const struct age_identity *with, struct vault_pack **ret, struct err *e)
{
	struct vault_pack *p = pack_new(-1);
	if (!p)
		return no_memory(e);
	int r = age_reader_new(read, arg, size, with, 1, &p->age, e);
	if (r == 0)
		r = load(p, e);
	if (r < 0) {
		vault_pack_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

static ssize_t from_fd(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	const struct vault_pack *p = arg;
	ssize_t got;
	do
		got = pread(p->fd, out, n, (off_t)offset);
	while (got < 0 && errno == EINTR);
	return got < 0 ? err_sys(e, NULL, "a pack cannot be read") : got;
}

int vault_pack_open(int dirfd, const char *name, const struct age_identity *with, struct vault_pack **ret, struct err *e)
{
	struct stat st;
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? err_set(e, ERR_NOT_FOUND, name, "this pack is missing") : err_sys(e, name, "this pack cannot be opened");
	struct vault_pack *p = pack_new(fd);
	if (!p) {
		close(fd);
		return no_memory(e);
	}
	int r = fstat(fd, &st) < 0 ? err_sys(e, NULL, "a pack cannot be read") : !S_ISREG(st.st_mode) ? err_set(e, ERR_CORRUPT, NULL, "this is no file") : 0;
	if (r == 0)
		r = age_reader_new(from_fd, p, (uint64_t)st.st_size, with, 1, &p->age, e);
	if (r == 0)
		r = load(p, e);
	if (r < 0) {
		err_in(e, name);
		vault_pack_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

void vault_pack_close(struct vault_pack *p)
{
	if (!p)
		return;
	age_reader_free(p->age);
	if (p->fd >= 0)
		close(p->fd);
	buf_done(&p->frames);
	buf_done(&p->open);
	buf_done(&p->sealed);
	free(p);
}

/* ---- reading ---- */

uint64_t vault_pack_plain(const struct vault_pack *p)
{
	return p->plain;
}

bool vault_pack_damaged(const struct vault_pack *p)
{
	return p->damaged;
}

size_t vault_pack_frames(const struct vault_pack *p)
{
	return p->frames.n / sizeof(struct vault_frame);
}

void vault_pack_frame(const struct vault_pack *p, size_t i, struct vault_frame *ret)
{
	assert(i < vault_pack_frames(p));
	memcpy(ret, p->frames.p + i * sizeof(*ret), sizeof(*ret));
}

static int open_frame(struct vault_pack *p, const struct vault_frame *f, uint8_t *out, struct err *e)
{
	buf_reset(&p->sealed);
	uint8_t *at = buf_space(&p->sealed, f->sealed);
	if (!at)
		return no_memory(e);
	int r = age_read(p->age, at, f->sealed, f->at, e);
	return r < 0 ? r : vault_frame_open(slice_of(at, f->sealed), out, f->plain, e);
}

static int hold_frame(struct vault_pack *p, size_t i, const struct vault_frame *f, struct err *e)
{
	if (p->held == i)
		return 0;
	p->held = SIZE_MAX;
	buf_reset(&p->open);
	uint8_t *out = buf_space(&p->open, f->plain);
	if (!out)
		return no_memory(e);
	int r = open_frame(p, f, out, e);
	if (r < 0)
		return r;
	buf_commit(&p->open, f->plain);
	p->held = i;
	return 0;
}

static size_t frame_at(const struct vault_pack *p, uint64_t offset)
{
	size_t from = 0, to = vault_pack_frames(p);
	struct vault_frame f;
	while (from + 1 < to) {
		size_t mid = from + (to - from) / 2;
		vault_pack_frame(p, mid, &f);
		if (f.offset <= offset)
			from = mid;
		else
			to = mid;
	}
	return from;
}

int vault_pack_read(struct vault_pack *p, void *out, size_t n, uint64_t offset, struct err *e)
{
	uint8_t *to = out;
	if (n == 0)
		return 0;
	if (offset > p->plain || n > p->plain - offset)
		return err_set(e, ERR_CORRUPT, NULL, p->damaged ? "the pack is cut short or damaged before this place" : "the pack does not hold this place");
	for (size_t i = frame_at(p, offset); n; i++) {
		struct vault_frame f;
		vault_pack_frame(p, i, &f);
		size_t from = (size_t)(offset - f.offset), take = f.plain - from < n ? f.plain - from : n;
		int r = 0;
		if (take == f.plain && p->held != i)
			r = open_frame(p, &f, to, e); /* straight to where it is wanted */
		else if ((r = hold_frame(p, i, &f, e)) == 0)
			memcpy(to, p->open.p + from, take);
		if (r < 0)
			return r;
		to += take;
		offset += take;
		n -= take;
	}
	return 0;
}

bool vault_pack_holds(const struct vault_pack *p, uint64_t offset)
{
	struct vault_frame f;
	if (p->held == SIZE_MAX)
		return false;
	vault_pack_frame(p, p->held, &f);
	return offset >= f.offset && offset - f.offset < f.plain;
}

int vault_pack_look(struct vault_pack *p, size_t n, uint64_t offset, struct slice *ret, struct err *e)
{
	struct vault_frame f;
	if (offset > p->plain || n > p->plain - offset)
		return err_set(e, ERR_CORRUPT, NULL, p->damaged ? "the pack is cut short or damaged before this place" : "the pack does not hold this place");
	if (n == 0)
		return 0;
	size_t i = vault_pack_holds(p, offset) ? p->held : frame_at(p, offset);
	vault_pack_frame(p, i, &f);
	size_t from = (size_t)(offset - f.offset);
	if (n > f.plain - from)
		return 0;
	int r = hold_frame(p, i, &f, e);
	if (r < 0)
		return r;
	*ret = slice_of(p->open.p + from, n);
	return 1;
}

int vault_pack_scan(struct vault_pack *p, vault_frame_fn *fn, void *arg, struct err *e)
{
	for (size_t i = 0, n = vault_pack_frames(p); i < n; i++) {
		struct vault_frame f;
		struct err why = {0};
		vault_pack_frame(p, i, &f);
		int r = hold_frame(p, i, &f, &why);
		r = fn(arg, &f, r < 0 ? SLICE_NULL : buf_slice(&p->open), r < 0 ? &why : NULL, e);
		if (r < 0)
			return r;
	}
	return 0;
}
