/* A snapshot's catalogue, reading. Three streams of text lie in catalogue packs, cut into places anywhere:
 *
 *   the catalogue   lines as line.c describes, sorted; cut into chunks by content and deduplicated, so that a folder that did not change lies where it lay. SHA-256 over it is the root
 *   its list        PLACE SKIP PATH or PLACE: where the catalogue's pieces lie, in order (a PLACE as in extent.c, at most LIST_PIECE_MAX bytes); SKIP: bytes from the beginning of the piece to the
 *                   first line that begins in it, PATH: that line's path, escaped; neither where no line begins in it. So that one path is found without reading all
 *   chunks made     CLASS ID PLACE: 'c' (content) or 'k' (catalogue), 32 hex digits, the place: chunks that this backup stored and that were not there before
 * The snapshot's entry says where the latter two lie ("list", "chunks") and how long all three are.
 */
#include "vault_internal.h"

#define PIECE ((size_t)64 << 10)

/* ---- a stream of lines over places in catalogue packs ---- */

struct lines {
	struct vault_packs *packs;
	int fd;                /* -1; else the places are in this file, and pack 1 is its name */
	int (*next)(void *arg, struct vault_extent *ret, struct err *e); /* 1, 0 at the end */
	void *arg;
	struct vault_extent x; /* what is left of the current place */
	struct buf window;
	size_t at;
	bool end;
	uint64_t total;            /* bytes read */
	struct seal_sha256 *sha;   /* over them; NULL: not wanted */
};

static void lines_init(struct lines *l, struct vault_packs *packs, int (*next)(void *, struct vault_extent *, struct err *), void *arg)
{
	*l = (struct lines){.packs = packs, .fd = -1, .next = next, .arg = arg};
	buf_init(&l->window, VAULT_LINE_MAX + 2 * PIECE);
}

static void lines_done(struct lines *l)
{
	buf_done(&l->window);
	seal_sha256_free(l->sha);
	l->sha = NULL;
}

/* More into the window; l->end when there is none. */
static int refill(struct lines *l, struct err *e)
{
	if (l->at) {
		buf_drop(&l->window, l->at);
		l->at = 0;
	}
	if (l->window.n > VAULT_LINE_MAX)
		return err_set(e, ERR_CORRUPT, NULL, "a line of a catalogue is longer than any we write");
	if (l->x.length == 0) {
		int r = l->next(l->arg, &l->x, e);
		if (r < 0)
			return r;
		if (r == 0) {
			l->end = true;
			return 0;
		}
		if (l->x.pack == 0)
			return err_set(e, ERR_CORRUPT, NULL, "a catalogue has no holes, and this one names one");
	}
	struct vault_extent take = l->x;
	if (take.length > PIECE)
		take.length = PIECE;
	uint8_t *to = buf_space(&l->window, (size_t)take.length);
	if (!to)
		return err_set(e, buf_code(&l->window), NULL, "no memory for a catalogue");
	int r = l->fd >= 0 ? file_pread_all(l->fd, to, (size_t)take.length, take.offset, e, "list") : vault_packs_read(l->packs, VAULT_CATALOGUE, &take, to, e);
	if (r < 0)
		return r;
	if (l->sha)
		seal_sha256_add(l->sha, slice_of(to, (size_t)take.length));
	buf_commit(&l->window, (size_t)take.length);
	l->total += take.length;
	l->x.offset += take.length;
	l->x.length -= take.length;
	return 0;
}

/* 1 and the next line without its LF, valid until the next call; 0 at the end. */
static int lines_next(struct lines *l, struct slice *ret, struct err *e)
{
	size_t looked = l->at;
	for (;;) {
		const uint8_t *hit = l->window.n > looked ? memchr(l->window.p + looked, '\n', l->window.n - looked) : NULL;
		if (hit) {
			*ret = slice_of(l->window.p + l->at, (size_t)(hit - l->window.p) - l->at);
			l->at += ret->n + 1;
			return 1;
		}
		if (l->end)
			return l->window.n == l->at ? 0 : err_set(e, ERR_CORRUPT, NULL, "a catalogue ends within a line");
		looked = l->window.n - l->at; /* refill moves the window to its front */
		int r = refill(l, e);
		if (r < 0)
			return r;
	}
}

/* ---- places from the entry's text ---- */

static int from_text(void *arg, struct vault_extent *ret, struct err *e)
{
	int r = vault_extent_next(arg, ret);
	return r < 0 ? err_set(e, ERR_CORRUPT, NULL, "a snapshot's entry names a place that is none") : r;
}

/* ---- the list ---- */

struct piece {
	struct vault_extent x;
	uint64_t skip;
	struct slice path; /* escaped; empty: no line begins in it */
};

static int piece_next(struct lines *list, struct piece *ret, struct err *e)
{
	struct slice text, rest;
	int r = lines_next(list, &text, e);
	if (r <= 0)
		return r;
	*ret = (struct piece){0};
	struct slice place = slice_cut(text, ' ', &rest);
	bool ok = vault_extent_next(&place, &ret->x) == 1 && place.n == 0 && ret->x.pack != 0;
	if (ok && rest.p) {
		struct slice skip = slice_cut(rest, ' ', &ret->path);
		ok = num_u64(skip, 0, ret->x.length - 1, &ret->skip) == 0 && ret->path.n > 0;
	}
	return ok ? 1 : err_set(e, ERR_CORRUPT, NULL, "a line of a catalogue's list is not what we write");
}

int vault_cat_places(struct vault_packs *packs, const struct vault_body *b, vault_extent_fn *fn, void *arg, struct err *e)
{
	struct slice rest = buf_slice(&b->list);
	struct lines list;
	struct piece p;
	int r;
	lines_init(&list, packs, from_text, &rest);
	while ((r = piece_next(&list, &p, e)) > 0)
		if ((r = fn(arg, &p.x, e)) < 0)
			break;
	lines_done(&list);
	return r;
}

/* ---- the catalogue ---- */

struct vault_cat {
	struct lines list, lines;
	struct slice list_rest;
	struct buf held; /* of struct vault_extent: pieces that were looked at already */
	size_t held_at;
	struct buf under; /* raw path; empty: all */
	struct vault_line line;
	struct buf scratch, last; /* the last line's path: order is checked */
	bool parts;               /* the last line was a '+' */
	uint64_t at, next_at;     /* offset in the file of this line's first extent; of the next one's */
	uint64_t group_at;        /* in the stream: the first line of the current file */
	struct vault_extent file; /* of a plain file: what is not handed out yet */
	uint64_t size;            /* of the whole stream, as the entry says */
	uint8_t root[SEAL_HASH];
	bool done;
};

static int file_piece(void *arg, struct vault_extent *ret, struct err *e)
{
	struct vault_cat *c = arg;
	(void)e;
	*ret = c->file;
	c->file.length = 0;
	return ret->length > 0;
}

static int cat_piece(void *arg, struct vault_extent *ret, struct err *e)
{
	struct vault_cat *c = arg;
	if (c->held_at < c->held.n) {
		memcpy(ret, c->held.p + c->held_at, sizeof(*ret));
		c->held_at += sizeof(*ret);
		return 1;
	}
	struct piece p;
	int r = piece_next(&c->list, &p, e);
	if (r > 0)
		*ret = p.x;
	return r;
}

/* The piece to begin with: the last one whose first line is before `under`. What was read beyond it is held. */
static int seek(struct vault_cat *c, struct err *e)
{
	struct piece p;
	uint64_t skip = 0;
	int r;
	AUTO_BUF struct buf path = {0};
	buf_init(&path, VAULT_PATH_MAX);
	while ((r = piece_next(&c->list, &p, e)) > 0) {
		bool beyond = false;
		if (p.path.n) {
			buf_reset(&path);
			if (vault_unescape(&path, p.path) < 0)
				return err_set(e, ERR_CORRUPT, NULL, "a line of a catalogue's list is not what we write");
			beyond = vault_path_cmp(buf_slice(&path), buf_slice(&c->under)) >= 0; /* at ==, + lines of it may stand before */
			if (!beyond) {
				buf_reset(&c->held);
				skip = p.skip;
			}
		}
		buf_add(&c->held, &p.x, sizeof(p.x));
		if (beyond)
			break;
	}
	if (r >= 0 && !buf_ok(&c->held))
		r = err_set(e, buf_code(&c->held), NULL, "a line of a catalogue is longer than any we write");
	if (r >= 0 && c->held.n) {
		struct vault_extent first;
		memcpy(&first, c->held.p, sizeof(first));
		first.offset += skip;
		first.length -= skip;
		memcpy(c->held.p, &first, sizeof(first));
	}
	return r < 0 ? r : 0;
}

static struct vault_cat *new_cat(void)
{
	struct vault_cat *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	buf_init(&c->held, VAULT_BODY_MAX);
	buf_init(&c->under, VAULT_PATH_MAX + 1);
	buf_init(&c->scratch, 2 * VAULT_LINE_MAX);
	buf_init(&c->last, VAULT_PATH_MAX);
	return c;
}

int vault_cat_open_file(int fd, uint64_t from, uint64_t size, struct vault_cat **ret, struct err *e)
{
	struct vault_cat *c = new_cat();
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a catalogue");
	assert(from <= size);
	c->size = size;
	c->file = (struct vault_extent){.pack = 1, .offset = from, .length = size - from};
	lines_init(&c->list, NULL, file_piece, c);
	lines_init(&c->lines, NULL, file_piece, c);
	c->lines.fd = fd;
	c->lines.total = from;
	*ret = c;
	return 0;
}

int vault_cat_again(const struct vault_cat *c, struct vault_packs *packs, const struct vault_body *b, struct vault_cat **ret, struct err *e)
{
	return c->lines.fd >= 0 ? vault_cat_open_file(c->lines.fd, c->group_at, c->size, ret, e) : vault_cat_open(packs, b, buf_slice(&c->last), ret, e);
}

int vault_cat_open(struct vault_packs *packs, const struct vault_body *b, struct slice under, struct vault_cat **ret, struct err *e)
{
	struct vault_cat *c = new_cat();
	if (!c)
		return err_set(e, ERR_MEMORY, NULL, "no memory for a catalogue");
	while (under.n > 1 && under.p[under.n - 1] == '/')
		under.n--;
	buf_add_slice(&c->under, under);
	c->size = b->catalogue_size;
	memcpy(c->root, b->s.root, SEAL_HASH);
	c->list_rest = buf_slice(&b->list);
	lines_init(&c->list, packs, from_text, &c->list_rest);
	lines_init(&c->lines, packs, cat_piece, c);
	int r = buf_ok(&c->under) ? 0 : err_set(e, ERR_LIMIT, NULL, "a path is longer than %zu bytes", VAULT_PATH_MAX);
	if (r == 0 && under.n)
		r = seek(c, e);
	if (r == 0 && !under.n) {
		c->lines.sha = seal_sha256_new();
		if (!c->lines.sha)
			r = err_set(e, ERR_MEMORY, NULL, "no memory for a catalogue");
	}
	if (r < 0) {
		vault_cat_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

static int cat_end(struct vault_cat *c, struct err *e)
{
	uint8_t root[SEAL_HASH];
	c->done = true;
	if (c->parts)
		return err_set(e, ERR_CORRUPT, NULL, "a catalogue ends within a file's extents");
	if (!c->lines.sha)
		return 0;
	seal_sha256_end(c->lines.sha, root);
	if (c->lines.total != c->size || !seal_equal(root, c->root, sizeof(root)))
		return err_set(e, ERR_CORRUPT, NULL, "the catalogue is not the one that the ledger names: its root differs");
	return 0;
}

static bool in_order(struct vault_cat *c)
{
	int cmp = c->last.n ? vault_path_cmp(c->line.node.path, buf_slice(&c->last)) : 1;
	if (c->parts)
		return cmp == 0 && (c->line.node.type == '+' || c->line.node.type == 'f');
	return cmp > 0;
}

static int count_extents(struct vault_cat *c)
{
	struct slice rest = c->line.extents;
	struct vault_extent x;
	int r;
	c->at = c->parts ? c->next_at : 0;
	c->next_at = c->at;
	while ((r = vault_extent_next(&rest, &x)) > 0)
		if (__builtin_add_overflow(c->next_at, x.length, &c->next_at))
			return ERR_CORRUPT;
	return r;
}

int vault_cat_next(struct vault_cat *c, const struct vault_line **ret, struct err *e)
{
	struct slice text, under = buf_slice(&c->under);
	for (;;) {
		if (c->done)
			return 0;
		int r = lines_next(&c->lines, &text, e);
		if (r < 0)
			return r;
		if (r == 0)
			return cat_end(c, e);
		if (!c->parts)
			c->group_at = c->lines.total - (c->lines.window.n - c->lines.at) - text.n - 1;
		r = vault_line_parse(text, &c->scratch, &c->line, e);
		if (r < 0)
			return r;
		if (!in_order(c) || count_extents(c) < 0)
			return err_set(e, ERR_CORRUPT, NULL, "a line of the catalogue is not what we write, or out of order");
		c->line.has_parts = c->parts;
		c->parts = c->line.node.type == '+';
		buf_reset(&c->last);
		buf_add_slice(&c->last, c->line.node.path);
		if (!buf_ok(&c->last))
			return err_set(e, buf_code(&c->last), NULL, "no memory for a catalogue");
		if (under.n && !vault_path_under(c->line.node.path, under)) {
			if (vault_path_cmp(c->line.node.path, under) < 0)
				continue;
			c->done = true;
			return 0;
		}
		*ret = &c->line;
		return 1;
	}
}

uint64_t vault_cat_file_offset(const struct vault_cat *c)
{
	return c->at;
}

void vault_cat_close(struct vault_cat *c)
{
	if (!c)
		return;
	lines_done(&c->list);
	lines_done(&c->lines);
	buf_done(&c->held);
	buf_done(&c->under);
	buf_done(&c->scratch);
	buf_done(&c->last);
	free(c);
}

/* ---- two side by side ---- */

static int step(struct vault_cat *c, const struct vault_line **line, bool *end, struct err *e)
{
	int r = 0;
	if (c && !*end)
		do
			r = vault_cat_next(c, line, e);
		while (r > 0 && (*line)->node.type == '+');
	if (r <= 0) {
		*line = NULL;
		*end = true;
	}
	return r < 0 ? r : 0;
}

int vault_pair_next(struct vault_cat *before, struct vault_cat *after, struct vault_pair *state, struct err *e)
{
	/* what the last call gave is taken on; what it left out still stands */
	int r = 0;
	const struct vault_line *b = state->begun && state->before_held ? state->before_held : NULL, *a = state->begun && state->after_held ? state->after_held : NULL;
	if (!b)
		r = step(before, &b, &state->before_end, e);
	if (r == 0 && !a)
		r = step(after, &a, &state->after_end, e);
	if (r < 0)
		return r;
	state->begun = true;
	if (!a && !b)
		return 0;
	int cmp = !a ? -1 : !b ? 1 : vault_path_cmp(b->node.path, a->node.path);
	state->before = cmp <= 0 ? b : NULL;
	state->after = cmp >= 0 ? a : NULL;
	state->before_held = cmp > 0 ? b : NULL;
	state->after_held = cmp < 0 ? a : NULL;
	state->what = cmp < 0 ? '-' : cmp > 0 ? '+' : slice_eq(a->raw, b->raw) ? '=' : vault_line_same_content(b, a) ? 'm' : '~';
	return 1;
}

/* ---- chunks made ---- */

int vault_chunk_parse(struct slice line, struct vault_chunk *ret)
{
	struct slice rest, id, class = slice_cut(line, ' ', &rest);
	struct vault_chunk c;
	id = slice_cut(rest, ' ', &rest);
	c.class = slice_eq_str(class, "c") ? VAULT_CONTENT : slice_eq_str(class, "k") ? VAULT_CATALOGUE : 0;
	if (!c.class || hex_get(c.id, VAULT_ID, id) < 0 || vault_extent_next(&rest, &c.at) != 1 || rest.n || c.at.pack == 0 || c.at.length > VAULT_CHUNK_MAX)
		return ERR_CORRUPT;
	*ret = c;
	return 0;
}

int vault_cat_chunks(struct vault_packs *packs, const struct vault_body *b, vault_chunk_fn *fn, void *arg, struct err *e)
{
	struct slice rest = buf_slice(&b->chunks), text;
	struct lines l;
	struct vault_chunk c;
	int r;
	lines_init(&l, packs, from_text, &rest);
	while ((r = lines_next(&l, &text, e)) > 0) {
		if (vault_chunk_parse(text, &c) < 0)
			r = err_set(e, ERR_CORRUPT, NULL, "a line of the chunks that a snapshot made is not what we write");
		else
			r = fn(arg, &c, e);
		if (r < 0)
			break;
	}
	if (r == 0 && l.total != b->chunks_size)
		r = err_set(e, ERR_CORRUPT, NULL, "the list of chunks that a snapshot made is not as long as its entry says");
	lines_done(&l);
	return r;
}
