/* A catalogue, read anywhere. Its lines stand in the order of paths, so a path's line is found by halving the stream: no index, nothing to build before the first name is shown, and no memory that grows
 * with the tree. All packs that the stream lies in are compared with the ledger first; where one does not fit, the whole stream has to give the root that the ledger names.
 */
#include <stdlib.h>

#include "mount_internal.h"

#define LINEAR 4096 /* so few bytes are read from their beginning */

/* ---- opening ---- */

struct gather {
	struct mount_cat *c;
	bool fits;
};

static int add_piece(void *arg, const struct vault_extent *x, struct err *e)
{
	struct gather *g = arg;
	struct mount_piece p = {.at = g->c->size, .pack = x->pack, .offset = x->offset};
	g->fits = mount_pack_fits(g->c->r, VAULT_CATALOGUE, x->pack) && g->fits;
	buf_add(&g->c->pieces, &p, sizeof p);
	g->c->size += x->length;
	return buf_ok(&g->c->pieces) ? 0 : err_set(e, buf_code(&g->c->pieces), NULL, "a catalogue lies in more pieces than %zu", MOUNT_PIECES_MAX);
}

/* Reads all of it: the last line has the root compared. */
static int survey(struct mount_cat *c, struct err *e)
{
	struct vault_cat *all;
	const struct vault_line *l;
	int r = vault_cat_open(c->r->v->catalogues, &c->body, SLICE_NULL, &all, e);
	if (r < 0)
		return r;
	do
		r = vault_cat_next(all, &l, e);
	while (r > 0);
	vault_cat_close(all);
	return r;
}

int mount_cat_open(struct mount_reader *r, const struct vault_snapshot *s, struct mount_cat **ret, struct err *e)
{
	struct mount_cat *c = calloc(1, sizeof *c);
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a catalogue");
	c->r = r;
	buf_init(&c->pieces, MOUNT_PIECES_MAX * sizeof(struct mount_piece));
	buf_init(&c->head, 4 * VAULT_PATH_MAX);
	buf_init(&c->path, VAULT_PATH_MAX);
	buf_init(&c->text, VAULT_LINE_MAX + 1);
	buf_init(&c->scratch, 2 * VAULT_LINE_MAX);
	int code = vault_body_of(r->v, s, &c->body, e);
	if (code < 0) {
		c->body = (struct vault_body){.domain = ""};
		mount_cat_close(c);
		return code;
	}
	struct gather g = {.c = c, .fits = true};
	struct slice rest = buf_slice(&c->body.list);
	struct vault_extent x;
	while (vault_extent_next(&rest, &x) > 0)
		g.fits = mount_pack_fits(r, VAULT_CATALOGUE, x.pack) && g.fits;
	code = vault_cat_places(r->v->catalogues, &c->body, add_piece, &g, e);
	if (code == 0 && (c->size != c->body.catalogue_size || c->size >> MOUNT_POSITION_BITS))
		code = err_set(e, ERR_CORRUPT, s->id, "the catalogue is not as long as its entry says");
	if (code == 0 && !g.fits)
		code = survey(c, e);
	if (code < 0) {
		mount_cat_close(c);
		return code;
	}
	*ret = c;
	return 0;
}

void mount_cat_close(struct mount_cat *c)
{
	if (!c)
		return;
	vault_body_done(&c->body);
	buf_done(&c->pieces);
	buf_done(&c->head);
	buf_done(&c->path);
	buf_done(&c->text);
	buf_done(&c->scratch);
	free(c);
}

/* ---- bytes of the stream ---- */

static struct mount_piece piece_at(const struct mount_cat *c, size_t i)
{
	struct mount_piece p;
	memcpy(&p, c->pieces.p + i * sizeof p, sizeof p);
	return p;
}

static int span(struct mount_cat *c, uint64_t at, struct slice *ret, struct err *e)
{
	size_t n = c->pieces.n / sizeof(struct mount_piece), from = 0, to = n;
	assert(at < c->size && n);
	while (from + 1 < to) {
		size_t mid = from + (to - from) / 2;
		if (piece_at(c, mid).at <= at)
			from = mid;
		else
			to = mid;
	}
	struct mount_piece p = piece_at(c, from);
	uint64_t end = from + 1 < n ? piece_at(c, from + 1).at : c->size;
	int code = mount_span(c->r, VAULT_CATALOGUE, p.pack, p.offset + (at - p.at), ret, e);
	if (code == 0 && ret->n > end - at)
		ret->n = (size_t)(end - at);
	return code;
}

static int too_long(struct err *e)
{
	return err_set(e, ERR_CORRUPT, NULL, "a line of a catalogue is longer than any we write");
}

/* Where the line behind the one that holds this byte begins. */
static int next_start(struct mount_cat *c, uint64_t at, uint64_t *ret, struct err *e)
{
	uint64_t from = at;
	while (at < c->size) {
		struct slice s;
		int code = span(c, at, &s, e);
		if (code < 0)
			return code;
		const uint8_t *lf = memchr(s.p, '\n', s.n);
		if (lf) {
			*ret = at + (uint64_t)(lf - s.p) + 1;
			return 0;
		}
		at += s.n;
		if (at - from > VAULT_LINE_MAX)
			return too_long(e);
	}
	return err_set(e, ERR_CORRUPT, NULL, "a catalogue ends within a line");
}

/* Type and path of the line that begins there, into c->type and c->path. */
static int peek(struct mount_cat *c, uint64_t at, struct err *e)
{
	size_t looked = 2;
	buf_reset(&c->head);
	for (;;) {
		struct slice s, rest, type;
		if (at >= c->size)
			return err_set(e, ERR_CORRUPT, NULL, "a catalogue ends within a line");
		int code = span(c, at, &s, e);
		if (code < 0)
			return code;
		if (s.n > 512)
			s.n = 512;
		buf_add_slice(&c->head, s);
		at += s.n;
		if (!buf_ok(&c->head))
			return too_long(e);
		if (c->head.n <= looked || !memchr(c->head.p + looked, ' ', c->head.n - looked)) {
			looked = c->head.n > 2 ? c->head.n : 2;
			continue;
		}
		type = slice_cut(buf_slice(&c->head), ' ', &rest);
		buf_reset(&c->path);
		if (type.n != 1 || vault_unescape(&c->path, slice_cut(rest, ' ', &rest)) < 0)
			return err_set(e, ERR_CORRUPT, NULL, "a line of the catalogue is not what we write");
		c->type = (char)type.p[0];
		return 0;
	}
}

/* ---- searching ---- */

static int fits(struct mount_cat *c, enum mount_search what, struct slice path, uint64_t at, struct err *e)
{
	int code = peek(c, at, e);
	if (code < 0)
		return code;
	int cmp = vault_path_cmp(buf_slice(&c->path), path);
	switch (what) {
	case MOUNT_GROUP:
		return cmp >= 0;
	case MOUNT_MAIN:
		return cmp > 0 || (cmp == 0 && c->type != '+');
	default:
		return cmp > 0 && !vault_path_under(buf_slice(&c->path), path);
	}
}

/* The lines that begin in [from, to) and, behind them, a line at found that fits (or the end). */
static int halve(struct mount_cat *c, enum mount_search what, struct slice path, uint64_t from, uint64_t to, uint64_t found, uint64_t *ret, struct err *e)
{
	int code = 0;
	while (code >= 0 && from < to) {
		uint64_t mid = from + (to - from) / 2, start = from;
		if (to - from > LINEAR) {
			code = next_start(c, mid, &start, e);
			if (code < 0)
				break;
			if (start >= to) { /* none begins between */
				to = mid + 1;
				continue;
			}
		}
		code = fits(c, what, path, start, e);
		if (code > 0) {
			found = start;
			to = start == from ? from : mid + 1;
		} else if (code == 0) {
			code = next_start(c, start, &from, e);
		}
	}
	*ret = found;
	return code < 0 ? code : 0;
}

int mount_cat_search(struct mount_cat *c, enum mount_search what, struct slice path, uint64_t from, uint64_t *ret, struct err *e)
{
	/* from where we stand in growing steps: what is looked for is mostly near */
	for (uint64_t step = LINEAR; from < c->size; step *= 4) {
		uint64_t at = c->size;
		int code = c->size - from > step ? next_start(c, from + step, &at, e) : 0;
		if (code == 0 && at < c->size)
			code = fits(c, what, path, at, e);
		if (code < 0)
			return code;
		if (at >= c->size || code > 0)
			return halve(c, what, path, from, at, at < c->size ? at : c->size, ret, e);
		from = at;
	}
	*ret = c->size;
	return 0;
}

/* ---- a line ---- */

int mount_cat_line(struct mount_cat *c, uint64_t at, const struct vault_line **ret, uint64_t *ret_next, struct err *e)
{
	if (!c->line_next || c->line_at != at) {
		uint64_t next;
		if (at >= c->size)
			return err_set(e, ERR_CORRUPT, NULL, "a place behind the end of a catalogue");
		c->line_next = 0;
		buf_reset(&c->text);
		int code = next_start(c, at, &next, e);
		for (uint64_t from = at; code == 0 && from < next;) {
			struct slice s;
			code = span(c, from, &s, e);
			if (code < 0)
				break;
			if (s.n > next - from)
				s.n = (size_t)(next - from);
			buf_add_slice(&c->text, s);
			from += s.n;
		}
		if (code == 0 && !buf_ok(&c->text))
			code = too_long(e);
		if (code == 0)
			code = vault_line_parse(slice_of(c->text.p, c->text.n - 1), &c->scratch, &c->line, e);
		if (code < 0)
			return code;
		c->line_at = at;
		c->line_next = next;
	}
	*ret = &c->line;
	if (ret_next)
		*ret_next = c->line_next;
	return 0;
}
