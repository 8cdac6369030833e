/* A snapshot's catalogue, writing: its stream is cut into chunks and deduplicated like a file, its list and the chunks made are written behind it. What the three look like: catalogue_read.c. */
#include "backup_internal.h"

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory for a catalogue");
}

int cat_writer_open(struct cat_writer *c, struct depot *depot, int vaultfd, struct err *e)
{
	*c = (struct cat_writer){.depot = depot, .at_line = true, .list = {.fd = -1}};
	buf_init(&c->window, VAULT_LINE_MAX + 2 * VAULT_CHUNK_MAX);
	buf_init(&c->piece_path, 3 * VAULT_PATH_MAX);
	buf_init(&c->text, 4 * VAULT_PATH_MAX);
	c->sha = seal_sha256_new();
	if (!c->sha)
		return no_memory(e);
	seal_sha256_begin(c->sha);
	return spool_open(&c->list, vaultfd, e);
}

void cat_writer_done(struct cat_writer *c)
{
	seal_sha256_free(c->sha);
	buf_done(&c->window);
	buf_done(&c->piece_path);
	buf_done(&c->text);
	spool_done(&c->list);
}

/* ---- the list ---- */

static int end_piece(struct cat_writer *c, struct err *e)
{
	if (c->piece.length == 0)
		return 0;
	buf_reset(&c->text);
	vault_extent_put(&c->text, &c->piece);
	if (c->piece_path.n) {
		buf_printf(&c->text, " %llu ", (unsigned long long)c->skip);
		buf_add_slice(&c->text, buf_slice(&c->piece_path));
	}
	buf_u8(&c->text, '\n');
	c->piece.length = 0;
	buf_reset(&c->piece_path);
	return buf_ok(&c->text) ? spool_add(&c->list, buf_slice(&c->text), e) : no_memory(e);
}

/* The chunk window[0..n) lies at x: the piece goes on, or the next begins. */
static int add_to_list(struct cat_writer *c, size_t n, const struct vault_extent *x, struct err *e)
{
	if (c->piece.length && (x->pack != c->piece.pack || x->offset != c->piece.offset + c->piece.length || c->piece.length + x->length > LIST_PIECE_MAX)) {
		int r = end_piece(c, e);
		if (r < 0)
			return r;
	}
	if (c->piece.length == 0)
		c->piece = (struct vault_extent){.pack = x->pack, .offset = x->offset};
	if (!c->piece_path.n) {
		const uint8_t *lf = c->at_line ? NULL : memchr(c->window.p, '\n', n);
		size_t at = c->at_line ? 0 : lf ? (size_t)(lf - c->window.p) + 1 : n;
		if (at < n) { /* a line is whole in the window, also where the chunk cuts it */
			struct slice rest, type = slice_cut(slice_of(c->window.p + at, c->window.n - at), ' ', &rest);
			(void)type;
			buf_add_slice(&c->piece_path, slice_cut(rest, ' ', &rest));
			c->skip = c->piece.length + at;
		}
	}
	c->piece.length += x->length;
	c->at_line = c->window.p[n - 1] == '\n';
	return buf_ok(&c->piece_path) ? 0 : no_memory(e);
}

/* ---- the stream ---- */

static int put_chunk(struct cat_writer *c, size_t n, struct err *e)
{
	struct slice chunk = slice_of(c->window.p, n);
	uint8_t id[VAULT_ID];
	struct vault_extent x;
	vault_chunk_id(&c->depot->keys, chunk, id);
	int r = depot_ask(c->depot, id, n, &x, e);
	assert(r != DEPOT_PENDING); /* places are given at once here */
	if (r == DEPOT_NEW) {
		r = depot_append(c->depot, chunk, &x, e);
		if (r == 0)
			r = depot_place(c->depot, id, &x, e);
	}
	if (r >= 0)
		r = add_to_list(c, n, &x, e);
	if (r < 0)
		return r;
	buf_drop(&c->window, n);
	return 0;
}

static int put_chunks(struct cat_writer *c, bool last, struct err *e)
{
	int r = 0;
	while (r == 0 && c->window.n >= (last ? 1 : VAULT_CHUNK_MAX))
		r = put_chunk(c, vault_chunk_end(&c->depot->gear, buf_slice(&c->window)), e);
	return r;
}

int cat_writer_add(struct cat_writer *c, struct slice lines, struct err *e)
{
	seal_sha256_add(c->sha, lines);
	c->total += lines.n;
	while (lines.n) { /* whole lines at a time: see add_to_list */
		size_t n = lines.n;
		if (n > VAULT_CHUNK_MAX) {
			const uint8_t *lf = memchr(lines.p + VAULT_CHUNK_MAX - 1, '\n', lines.n - VAULT_CHUNK_MAX + 1);
			assert(lf);
			n = (size_t)(lf - lines.p) + 1;
		}
		buf_add(&c->window, lines.p, n);
		lines = slice_of(lines.p + n, lines.n - n);
		if (!buf_ok(&c->window))
			return no_memory(e);
		int r = put_chunks(c, false, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- the end ---- */

/* A spool's bytes behind one another, as they are. */
static int put_stream(struct cat_writer *c, struct spool *s, struct buf *ret_places, struct err *e)
{
	uint8_t *piece = malloc(VAULT_CHUNK_MAX);
	struct vault_extent x = {0}, all = {0};
	int r = piece ? 0 : no_memory(e);
	for (uint64_t at = 0; r == 0 && at < s->n;) {
		size_t n = s->n - at < VAULT_CHUNK_MAX ? (size_t)(s->n - at) : VAULT_CHUNK_MAX;
		r = spool_read(s, piece, n, at, e);
		if (r == 0)
			r = depot_append(c->depot, slice_of(piece, n), &x, e);
		if (r < 0)
			break;
		if (all.length && (x.pack != all.pack || x.offset != all.offset + all.length)) {
			vault_extent_put(ret_places, &all);
			all.length = 0;
		}
		if (!all.length)
			all = (struct vault_extent){.pack = x.pack, .offset = x.offset};
		all.length += n;
		at += n;
	}
	if (r == 0 && all.length)
		vault_extent_put(ret_places, &all);
	free(piece);
	return r == 0 && !buf_ok(ret_places) ? no_memory(e) : r;
}

int cat_writer_end(struct cat_writer *c, struct spool *made, struct vault_body *ret, struct err *e)
{
	int r = put_chunks(c, true, e);
	if (r == 0)
		r = end_piece(c, e);
	seal_sha256_end(c->sha, ret->s.root);
	ret->catalogue_size = c->total;
	ret->list_size = c->list.n;
	if (r == 0)
		r = put_stream(c, &c->list, &ret->list, e);
	ret->chunks_size = made->n; /* all catalogue chunks are placed and told by now */
	if (r == 0)
		r = put_stream(c, made, &ret->chunks, e);
	return r;
}
