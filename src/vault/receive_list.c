/* An agent's list, reading: bytes from outside. Nothing of it is believed: age verifies what came, zstd may take LIST_WINDOW of memory and no more, a line has a maximum, numbers a range. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#include "agent_internal.h"

#define PIECE ((size_t)64 << 10)

static int wrong(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "this is no list of an agent");
}

/* ---- a line, pure ---- */

int list_head_parse(struct slice s, bool *ret_has, uint64_t *ret_base)
{
	if (!slice_starts(s, LIST_HEAD))
		return ERR_INPUT;
	s = slice_of(s.p + strlen(LIST_HEAD), s.n - strlen(LIST_HEAD));
	*ret_has = !slice_eq_str(s, "-");
	return *ret_has && num_u64(s, 0, INT64_MAX, ret_base) < 0 ? ERR_INPUT : 0;
}

/* A catalogue is text for people and programs for ten years: no control characters, no marks that are not the judge's. */
static bool clean(struct slice line)
{
	for (size_t i = 0; i < line.n; i++) {
		if (line.p[i] < 0x20 || line.p[i] == 0x7f)
			return false;
		if (line.p[i] == ' ' && line.n - i >= 3 && line.p[i + 1] == 'm' && line.p[i + 2] == '=')
			return false;
	}
	return utf8_valid(line);
}

int list_line_parse(struct slice s, struct list_line *ret, struct err *e)
{
	struct list_line l = {.op = s.n ? s.p[0] : 0};
	struct slice rest = s.n ? slice_of(s.p + 1, s.n - 1) : s;
	bool ok = false;
	switch (l.op) {
	case LIST_KEEP:
	case LIST_DROP:
		ok = num_u64(rest, 1, INT64_MAX, &l.n) == 0;
		break;
	case LIST_END:
		ok = num_u64(rest, 0, INT64_MAX, &l.n) == 0;
		break;
	case LIST_LINE:
		l.text = rest;
		ok = rest.n && clean(rest);
		break;
	case LIST_CHUNK:
		l.text = s;
		ok = true;
		break;
	default:
		break;
	}
	if (!ok)
		return wrong(e);
	*ret = l;
	return 0;
}

/* ---- the stream ---- */

struct list_reader {
	int fd;
	uint64_t size, at; /* of the age file; of its plaintext, read so far */
	struct age_reader *age;
	ZSTD_DStream *z;
	uint8_t in[PIECE];
	size_t in_n, in_at;
	struct buf window;
	size_t line_at;
	bool frame_open, end;
};

static ssize_t source(void *arg, void *out, size_t n, uint64_t offset, struct err *e)
{
	struct list_reader *l = arg;
	if (offset >= l->size)
		return 0;
	if (n > l->size - offset)
		n = (size_t)(l->size - offset);
	int r = file_pread_all(l->fd, out, n, offset, e, "list");
	return r < 0 ? r : (ssize_t)n;
}

int list_open(int fd, const struct age_identity *with, struct list_reader **ret, struct err *e)
{
	struct stat st;
	struct list_reader *l = calloc(1, sizeof *l);
	if (!l)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a list");
	l->fd = fd;
	buf_init(&l->window, LIST_LINE_MAX + 2 * PIECE);
	l->z = ZSTD_createDStream();
	int r = !l->z || ZSTD_isError(ZSTD_DCtx_setParameter(l->z, ZSTD_d_windowLogMax, LIST_WINDOW)) ? err_set(e, ERR_MEMORY, NULL, "no memory for a list") : 0;
	if (r == 0 && fstat(fd, &st) < 0)
		r = err_sys(e, "list", "cannot be looked at");
	if (r == 0) {
		l->size = (uint64_t)st.st_size;
		r = age_reader_new(source, l, l->size, with, 1, &l->age, e);
	}
	if (r == 0)
		r = age_reader_check_end(l->age, e);
	if (r < 0) {
		list_close(l);
		return r;
	}
	*ret = l;
	return 0;
}

void list_close(struct list_reader *l)
{
	if (!l)
		return;
	age_reader_free(l->age);
	ZSTD_freeDStream(l->z);
	buf_done(&l->window);
	free(l);
}

static int more_input(struct list_reader *l, struct err *e)
{
	uint64_t left = age_reader_size(l->age) - l->at;
	l->in_n = left < PIECE ? (size_t)left : PIECE;
	l->in_at = 0;
	int r = l->in_n ? age_read(l->age, l->in, l->in_n, l->at, e) : 0;
	l->at += l->in_n;
	return r;
}

/* More into the window, or the end. */
static int refill(struct list_reader *l, struct err *e)
{
	if (l->line_at) {
		buf_drop(&l->window, l->line_at);
		l->line_at = 0;
	}
	if (l->window.n > LIST_LINE_MAX)
		return err_set(e, ERR_INPUT, NULL, "a line of an agent's list is too long");
	uint8_t *to = buf_space(&l->window, PIECE);
	if (!to)
		return err_set(e, buf_code(&l->window), NULL, "no memory for a list");
	for (;;) {
		if (l->in_at == l->in_n) {
			int r = more_input(l, e);
			if (r < 0)
				return r;
			/* what the decoder still holds comes without input; a frame that is cut off gives nothing */
			if (l->in_n == 0 && !l->frame_open) {
				l->end = true;
				return 0;
			}
		}
		ZSTD_inBuffer in = {.src = l->in, .size = l->in_n, .pos = l->in_at};
		ZSTD_outBuffer out = {.dst = to, .size = PIECE};
		size_t left = ZSTD_decompressStream(l->z, &out, &in);
		bool stuck = out.pos == 0 && in.pos == l->in_at && l->in_n == l->in_at;
		if (ZSTD_isError(left) || (stuck && left))
			return wrong(e);
		l->in_at = in.pos;
		l->frame_open = left != 0;
		if (out.pos) {
			buf_commit(&l->window, out.pos);
			return 0;
		}
	}
}

int list_next(struct list_reader *l, struct slice *ret, struct err *e)
{
	size_t looked = l->line_at;
	for (;;) {
		const uint8_t *hit = l->window.n > looked ? memchr(l->window.p + looked, '\n', l->window.n - looked) : NULL;
		if (hit) {
			*ret = slice_of(l->window.p + l->line_at, (size_t)(hit - l->window.p) - l->line_at);
			l->line_at += ret->n + 1;
			return 1;
		}
		if (l->end)
			return l->window.n == l->line_at ? 0 : wrong(e);
		looked = l->window.n - l->line_at;
		int r = refill(l, e);
		if (r < 0)
			return r;
	}
}
