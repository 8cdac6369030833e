/* An agent's list, writing: the lines of the tree as a difference to those of the last snapshot, compressed and sealed while they are made. The form stands in agent_internal.h. */
#include <errno.h>
#include <unistd.h>
#include <zstd.h>

#include "agent_internal.h"

#define FILE_BUF ((size_t)128 << 10)

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for an agent's list");
}

/* ---- marks ---- */

/* The blank before the word that begins with `key` and '='; NULL: there is none. Values hold no blanks. */
static const uint8_t *find_key(struct slice line, char key)
{
	for (size_t i = 0; i + 3 <= line.n; i++) {
		const uint8_t *hit = memchr(line.p + i, ' ', line.n - i);
		if (!hit || (size_t)(hit - line.p) + 3 > line.n)
			return NULL;
		i = (size_t)(hit - line.p);
		if (hit[1] == (uint8_t)key && hit[2] == '=')
			return hit;
	}
	return NULL;
}

void line_without_marks(struct slice line, struct buf *ret)
{
	const uint8_t *at = find_key(line, 'm'), *end = line.p + line.n;
	if (!at) {
		buf_add_slice(ret, line);
		return;
	}
	const uint8_t *behind = memchr(at + 1, ' ', (size_t)(end - at) - 1);
	buf_add(ret, line.p, (size_t)(at - line.p));
	if (behind)
		buf_add(ret, behind, (size_t)(end - behind));
}

void line_with_marks(struct slice line, uint8_t marks, int64_t marked, struct buf *ret)
{
	const uint8_t *at = find_key(line, 'd');
	if (!at)
		at = find_key(line, 'x');
	size_t n = at ? (size_t)(at - line.p) : line.n;
	buf_add(ret, line.p, n);
	if (marks)
		buf_printf(ret, " m=%u:%lld", marks, (long long)marked);
	buf_add(ret, line.p + n, line.n - n);
}

/* ---- lines into a plain file ---- */

int line_file_init(struct line_file *f, int fd, struct err *e)
{
	*f = (struct line_file){.fd = fd, .sha = seal_sha256_new()};
	buf_init(&f->buf, FILE_BUF + 2 * VAULT_LINE_MAX);
	if (!f->sha)
		return no_memory(e);
	seal_sha256_begin(f->sha);
	return 0;
}

static int flush(struct line_file *f, struct err *e)
{
	int r = file_pwrite_all(f->fd, buf_slice(&f->buf), f->size - f->buf.n, e, "list");
	buf_reset(&f->buf);
	return r;
}

int line_file_add(struct line_file *f, struct slice lines, struct err *e)
{
	buf_add_slice(&f->buf, lines);
	if (!buf_ok(&f->buf))
		return no_memory(e);
	seal_sha256_add(f->sha, lines);
	f->size += lines.n;
	while (lines.n) {
		(void)slice_cut(lines, '\n', &lines);
		f->lines++;
	}
	return f->buf.n >= FILE_BUF ? flush(f, e) : 0;
}

int line_file_end(struct line_file *f, uint8_t ret[SEAL_HASH], struct err *e)
{
	int r = flush(f, e);
	seal_sha256_end(f->sha, ret);
	return r == 0 && fsync(f->fd) < 0 ? err_sys(e, "list", "cannot be made durable") : r;
}

void line_file_done(struct line_file *f)
{
	buf_done(&f->buf);
	seal_sha256_free(f->sha);
	f->sha = NULL;
}

/* ---- compressed, sealed, hashed, into a file ---- */

struct sealing {
	int fd;
	struct seal_sha256 *sha;
	uint64_t size, plain;
	struct age_writer *age;
	ZSTD_CStream *z;
	uint8_t *out;
	struct buf held;
};

static int sink(void *arg, struct slice piece, struct err *e)
{
	struct sealing *s = arg;
	seal_sha256_add(s->sha, piece);
	int r = file_pwrite_all(s->fd, piece, s->size, e, "list");
	s->size += piece.n;
	return r;
}

static int press(struct sealing *s, ZSTD_EndDirective how, struct err *e)
{
	ZSTD_inBuffer in = {.src = s->held.p ? s->held.p : (const void *)"", .size = s->held.n};
	for (;;) {
		ZSTD_outBuffer out = {.dst = s->out, .size = ZSTD_CStreamOutSize()};
		size_t left = ZSTD_compressStream2(s->z, &out, &in, how);
		if (ZSTD_isError(left))
			return no_memory(e);
		int r = out.pos ? age_write(s->age, slice_of(s->out, out.pos), e) : 0;
		if (r < 0)
			return r;
		if (how == ZSTD_e_end ? left == 0 : in.pos == in.size)
			break;
	}
	buf_reset(&s->held);
	return 0;
}

static int put(struct sealing *s, struct err *e)
{
	if (!buf_ok(&s->held))
		return no_memory(e);
	return s->held.n >= FILE_BUF ? press(s, ZSTD_e_continue, e) : 0;
}

static void sealing_done(struct sealing *s)
{
	seal_sha256_free(s->sha);
	age_writer_free(s->age);
	ZSTD_freeCStream(s->z);
	free(s->out);
	buf_done(&s->held);
}

static int sealing_begin(struct sealing *s, int fd, const struct age_recipient *to, struct err *e)
{
	*s = (struct sealing){.fd = fd, .sha = seal_sha256_new(), .z = ZSTD_createCStream(), .out = malloc(ZSTD_CStreamOutSize())};
	buf_init(&s->held, FILE_BUF + 2 * VAULT_LINE_MAX);
	if (!s->sha || !s->z || !s->out || ZSTD_isError(ZSTD_CCtx_setParameter(s->z, ZSTD_c_compressionLevel, 3)) || ZSTD_isError(ZSTD_CCtx_setParameter(s->z, ZSTD_c_windowLog, LIST_WINDOW)))
		return no_memory(e);
	seal_sha256_begin(s->sha);
	return age_writer_new(to, 1, sink, s, &s->age, e);
}

/* ---- the difference ---- */

struct diff {
	struct sealing s;
	struct vault_cat *before, *now;
	const struct vault_line *b, *n;
	int op; /* that is being counted */
	uint64_t count;
};

static void counted(struct diff *d, int op)
{
	if (d->op != op && d->count) {
		buf_printf(&d->s.held, "%c%llu\n", d->op, (unsigned long long)d->count);
		d->count = 0;
	}
	d->op = op;
}

static int advance(struct vault_cat *c, const struct vault_line **line, struct err *e)
{
	int r = c ? vault_cat_next(c, line, e) : 0;
	if (r <= 0)
		*line = NULL;
	return r < 0 ? r : 0;
}

/* One line of either or both. */
static int step(struct diff *d, struct err *e)
{
	int cmp = !d->n ? -1 : !d->b ? 1 : vault_path_cmp(d->b->node.path, d->n->node.path), r = 0;
	if (cmp == 0 && slice_eq(d->b->raw, d->n->raw)) {
		counted(d, LIST_KEEP);
		d->count++;
		r = advance(d->before, &d->b, e);
		return r == 0 ? advance(d->now, &d->n, e) : r;
	}
	if (cmp <= 0) {
		counted(d, LIST_DROP);
		d->count++;
		r = advance(d->before, &d->b, e);
	}
	if (r == 0 && cmp >= 0) {
		counted(d, LIST_LINE);
		buf_u8(&d->s.held, LIST_LINE);
		buf_add_slice(&d->s.held, d->n->raw);
		buf_u8(&d->s.held, '\n');
		r = advance(d->now, &d->n, e);
	}
	return r;
}

static int all_lines(struct diff *d, struct err *e)
{
	int r = advance(d->before, &d->b, e);
	if (r == 0)
		r = advance(d->now, &d->n, e);
	while (r == 0 && (d->b || d->n)) {
		r = step(d, e);
		if (r == 0)
			r = put(&d->s, e);
	}
	counted(d, LIST_END);
	return r;
}

static int all_chunks(struct diff *d, struct spool *made, struct err *e)
{
	uint64_t at = 0;
	int r = put(&d->s, e);
	while (r == 0 && at < made->n) {
		size_t n = made->n - at < FILE_BUF ? (size_t)(made->n - at) : FILE_BUF;
		uint8_t *to = buf_space(&d->s.held, n);
		r = to ? spool_read(made, to, n, at, e) : no_memory(e);
		if (r == 0) {
			buf_commit(&d->s.held, n);
			r = put(&d->s, e);
		}
		at += n;
	}
	return r;
}

int list_write(const struct list_source *before, uint64_t base, const struct list_source *now, uint64_t lines, struct spool *made, const struct age_recipient *to, int out, struct vault_upload *ret, struct err *e)
{
	struct diff d = {.op = LIST_END};
	int r = sealing_begin(&d.s, out, to, e);
	if (r == 0 && before)
		r = vault_cat_open_file(before->fd, 0, before->size, &d.before, e);
	if (r == 0)
		r = vault_cat_open_file(now->fd, 0, now->size, &d.now, e);
	if (r == 0) {
		buf_str(&d.s.held, LIST_HEAD);
		if (before)
			buf_printf(&d.s.held, "%llu\n", (unsigned long long)base);
		else
			buf_str(&d.s.held, "-\n");
		r = all_lines(&d, e);
	}
	if (r == 0)
		r = all_chunks(&d, made, e);
	if (r == 0) {
		buf_printf(&d.s.held, ".%llu\n", (unsigned long long)lines);
		r = buf_ok(&d.s.held) ? press(&d.s, ZSTD_e_end, e) : no_memory(e);
	}
	if (r == 0)
		r = age_writer_end(d.s.age, e);
	if (r == 0 && fsync(out) < 0)
		r = err_sys(e, "list", "cannot be made durable");
	if (r == 0) {
		*ret = (struct vault_upload){.fd = out, .size = d.s.size};
		seal_sha256_end(d.s.sha, ret->sha256);
	}
	vault_cat_close(d.before);
	vault_cat_close(d.now);
	sealing_done(&d.s);
	return r;
}
