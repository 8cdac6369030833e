/* A list that is larger than memory: its rows are on disk, and only those that are looked at are in memory.
 *
 * Rows lie in blocks of LINK_ROWS_A_BLOCK, in order of arrival. For a walk over all of them, or over a window, they are put where they would stand if all were in memory (link_disk_in): room for all is set aside there that costs nothing, and what is not loaded cannot be read
 * or written. Rows of records that lie anywhere (a sample, the records of some chains) are put one behind the other, and have numbers of their own (link_disk_some). So nothing that compares knows where rows come from.
 *
 * Numbers that are struck out (link_block.c) are bits beside the rows: a row that is loaded comes without them. */
#include "link_disk.h"

#include <stdlib.h>
#include <sys/mman.h>

#define RECORD_BYTES 124u              /* what a record needs besides its row while all is in memory: its id, keys, pairs */
#define PASS_BYTES ((size_t)64 << 20)  /* of rows that are in memory at once while all are walked over */
#define IDS_BLOCK ((size_t)1 << 20)

static size_t row_bytes(const struct link *l)
{
	return l->width * sizeof *l->rows;
}

static size_t block_bytes(const struct link *l)
{
	return LINK_ROWS_A_BLOCK * row_bytes(l);
}

static size_t page_up(size_t n)
{
	return (n + 4095) & ~(size_t)4095;
}

/* ---- while rows come in ---- */

/* Bytes of what stays in memory whatever is on disk. */
uint64_t link_resident(const struct link *l)
{
	uint64_t counts = 0;
	for (unsigned i = 0; i < l->fields; i++)
		counts += l->field[i].words ? l->words.n * sizeof(uint32_t) : 0;
	return link_words_bytes(&l->words) + counts;
}

uint64_t link_budget(const struct link *l, unsigned parts)
{
	uint64_t resident = link_resident(l), rest = l->o.memory > resident ? l->o.memory - resident : 0;
	return rest / parts;
}

static bool too_much(const struct link *l)
{
	return l->o.memory && l->n >= 2 * LINK_ROWS_A_BLOCK && link_resident(l) + l->n * (uint64_t)(row_bytes(l) + RECORD_BYTES) > l->o.memory;
}

/* Records from..from+n-1 with all of their words, none aside. */
static void widen(const struct link *l, uint32_t from, uint32_t n, uint32_t *to)
{
	const unsigned beside = l->stride - l->width;
	for (uint32_t i = from; i < from + n; i++, to += l->stride) {
		const uint32_t *row = link_row(l, i);
		memcpy(to, row, l->width * sizeof *to);
		memcpy(to + l->width, l->aside + (size_t)row[0] * beside, beside * sizeof *to);
		to[0] = 0;
	}
}

/* From now on rows stand in a new place, and none of their words aside: whole blocks go to disk, only the rest is there. */
static int go(struct link *l)
{
	struct link_disk *d = l->disk = calloc(1, sizeof *l->disk);
	const uint32_t blocks = l->n / LINK_ROWS_A_BLOCK;
	if (!d)
		return ERR_MEMORY;
	pthread_mutex_init(&d->trouble.lock, NULL);
	int r = link_store_new(l->o.tmp, l->o.threads, &d->trouble, &d->rows);
	uint32_t *room = r ? NULL : malloc((size_t)LINK_ROWS_A_BLOCK * l->stride * sizeof *room);
	uint32_t *to = r ? NULL : link_stretch(NULL, 0, l->cap * l->stride * sizeof *to);
	d->block = r ? NULL : calloc(blocks, sizeof *d->block);
	r = r ? r : room && to && d->block ? 0 : ERR_MEMORY;
	for (uint32_t k = 0; k < blocks && r == 0; k++) {
		widen(l, k * LINK_ROWS_A_BLOCK, LINK_ROWS_A_BLOCK, room);
		r = link_store_put(d->rows, 0, room, (size_t)LINK_ROWS_A_BLOCK * l->stride * sizeof *room, &d->block[k]);
	}
	free(room);
	if (r) {
		link_unstretch(to, l->cap * l->stride * sizeof *to);
		return r;
	}
	d->kept = blocks * LINK_ROWS_A_BLOCK;
	widen(l, d->kept, l->n - d->kept, to + (size_t)d->kept * l->stride);
	link_unstretch(l->rows, l->cap * row_bytes(l));
	free(l->aside);
	l->aside = NULL;
	l->asides = l->aside_cap = 0;
	l->rows = to;
	l->width = l->stride;
	return 0;
}

static int put_block(void *arg, uint64_t k, unsigned thread)
{
	struct link *l = arg;
	struct link_disk *d = l->disk;
	uint32_t from = d->kept + (uint32_t)k * LINK_ROWS_A_BLOCK, n = l->n - from < LINK_ROWS_A_BLOCK ? l->n - from : LINK_ROWS_A_BLOCK;
	return link_store_put(d->rows, thread, link_row(l, from), n * row_bytes(l), &d->block[from / LINK_ROWS_A_BLOCK]);
}

/* So many blocks more, of rows that are in memory; their memory is given back. */
static int put_blocks(struct link *l, uint32_t n)
{
	struct link_disk *d = l->disk;
	size_t had = d->kept / LINK_ROWS_A_BLOCK, all = had + n;
	struct link_block *v = realloc(d->block, (all ? all : 1) * sizeof *v);
	if (!v)
		return ERR_MEMORY;
	d->block = v;
	int r = link_parallel(l->o.threads, n, put_block, l);
	if (r)
		return r;
	madvise(l->rows + (size_t)d->kept * l->width, n * block_bytes(l), MADV_DONTNEED); /* whole pages: 2,048 words are two */
	d->kept += n * LINK_ROWS_A_BLOCK;
	return 0;
}

static int say(struct link *l, int r, struct err *e)
{
	if (l->disk && l->disk->trouble.err.code) {
		if (e)
			*e = l->disk->trouble.err;
		return l->disk->trouble.err.code;
	}
	return err_set(e, r, NULL, "no memory for %u records", l->n);
}

int link_disk_keep(struct link *l, struct err *e)
{
	int r = 0;
	if (!l->disk && !too_much(l))
		return 0;
	if (!l->disk)
		r = go(l);
	r = r ? r : put_blocks(l, (l->n - l->disk->kept) / LINK_ROWS_A_BLOCK);
	return r ? say(l, r, e) : 0;
}

void link_disk_free(struct link_disk *d)
{
	if (!d)
		return;
	link_store_free(d->rows);
	link_store_free(d->ids);
	link_pairs_free(d->pairs);
	for (unsigned i = 0; i < LINK_FIELDS_MAX; i++)
		free(d->struck[i]);
	link_unstretch(d->some.rows, d->some.bytes);
	free(d->some.bits);
	free(d->some.before);
	if (d->window)
		munmap(d->window, d->window_bytes);
	free(d->block);
	link_list_done(&d->id_blocks);
	pthread_mutex_destroy(&d->trouble.lock);
	free(d);
}

/* ---- ids: nobody asks for them until all is done ---- */

static int ids_out(struct link *l, const void *p, size_t bytes)
{
	int r = 0;
	for (size_t at = 0; at < bytes && r == 0; at += IDS_BLOCK) {
		struct link_block b;
		r = link_store_put(l->disk->ids, 0, (const char *)p + at, bytes - at < IDS_BLOCK ? bytes - at : IDS_BLOCK, &b);
		r = r ? r : link_list_put(&l->disk->id_blocks, &b);
	}
	return r;
}

static int ids_in(struct link *l, size_t *k, void *p, size_t bytes)
{
	int r = 0;
	for (size_t at = 0; at < bytes && r == 0; at += IDS_BLOCK)
		r = link_store_get(l->disk->ids, 0, &l->disk->id_blocks.v[(*k)++], (char *)p + at);
	return r;
}

/* ---- all rows are in ---- */

int link_disk_begin(struct link *l, struct err *e)
{
	struct link_disk *d = l->disk;
	if (!d)
		return 0;
	int r = d->kept < l->n ? put_blocks(l, (l->n - d->kept + LINK_ROWS_A_BLOCK - 1) / LINK_ROWS_A_BLOCK) : 0;
	if (r)
		return say(l, r, e);
	d->blocks = (l->n + LINK_ROWS_A_BLOCK - 1) / LINK_ROWS_A_BLOCK;
	link_unstretch(l->rows, l->cap * row_bytes(l));
	l->rows = NULL;
	d->window_bytes = page_up(d->blocks * block_bytes(l));
	d->window = mmap(NULL, d->window_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (d->window == MAP_FAILED) {
		d->window = NULL;
		return say(l, ERR_MEMORY, e);
	}
	l->rows = d->window;
	d->ids_bytes = l->id_at[l->n];
	r = link_store_new(l->o.tmp, 1, &d->trouble, &d->ids);
	r = r ? r : ids_out(l, l->id_at, ((size_t)l->n + 1) * sizeof *l->id_at);
	r = r ? r : ids_out(l, l->ids, d->ids_bytes);
	if (r)
		return say(l, r, e);
	free(l->id_at);
	free(l->ids);
	l->id_at = NULL;
	l->ids = NULL;
	return 0;
}

/* Rows of grey pairs stay, for they are asked for by people; nothing else of the rows does. */
static int keep_greys(struct link *l)
{
	uint32_t *v = malloc((2 * l->greys + 1) * sizeof *v);
	if (!v)
		return ERR_MEMORY;
	for (size_t i = 0; i < l->greys; i++) {
		v[2 * i] = l->grey[i].a;
		v[2 * i + 1] = l->grey[i].b;
	}
	int r = link_disk_some(l, v, 2 * l->greys, l->width);
	free(v);
	return r;
}

int link_disk_end(struct link *l, int r, struct err *e)
{
	struct link_disk *d = l->disk;
	if (!d)
		return r;
	r = r ? r : keep_greys(l);
	link_store_free(d->rows);
	link_pairs_free(d->pairs);
	d->rows = NULL;
	d->pairs = NULL;
	size_t k = 0, at_bytes = ((size_t)l->n + 1) * sizeof *l->id_at;
	l->id_at = r ? NULL : malloc(at_bytes);
	l->ids = r ? NULL : malloc(d->ids_bytes + 1);
	if (r == 0 && (!l->id_at || !l->ids))
		r = ERR_MEMORY;
	r = r ? r : ids_in(l, &k, l->id_at, at_bytes);
	r = r ? r : ids_in(l, &k, l->ids, d->ids_bytes);
	return r ? d->trouble.err.code || (e && !e->code) ? say(l, r, e) : r : 0;
}

/* ---- rows in their place ---- */

static int get_block(struct link *l, unsigned thread, uint32_t k, uint32_t *to)
{
	struct link_disk *d = l->disk;
	int r = link_store_get(d->rows, thread, &d->block[k], to);
	for (unsigned i = 0; i < l->fields && r == 0; i++) {
		const struct link_field *f = &l->field[i];
		const uint64_t *bits = d->struck[i] ? d->struck[i] + k * (LINK_ROWS_A_BLOCK / 64) : NULL;
		for (uint32_t w = 0; bits && w < LINK_ROWS_A_BLOCK / 64; w++)
			for (uint64_t left = bits[w]; left; left &= left - 1)
				memset(to + ((size_t)w * 64 + (unsigned)__builtin_ctzll(left)) * l->width + f->at, 0, f->slots * sizeof *to);
	}
	return r;
}

struct coming {
	struct link *l;
	uint32_t first;
};

static int block_in(void *arg, uint64_t k, unsigned thread)
{
	struct coming *c = arg;
	uint32_t at = c->first + (uint32_t)k;
	return get_block(c->l, thread, at, c->l->disk->window + (size_t)at * LINK_ROWS_A_BLOCK * c->l->width);
}

static void *place_of(const struct link *l, uint32_t block)
{
	return l->disk->window + (size_t)block * LINK_ROWS_A_BLOCK * l->width;
}

int link_disk_in(struct link *l, uint32_t from, uint32_t to)
{
	struct coming c = {l, from};
	size_t bytes = page_up((to - from) * block_bytes(l));
	assert(l->rows == l->disk->window && from < to && to <= l->disk->blocks);
	if (mprotect(place_of(l, from), bytes, PROT_READ | PROT_WRITE) < 0)
		return ERR_MEMORY;
	link_huge(place_of(l, from), bytes);
	return link_parallel(l->o.threads, to - from, block_in, &c);
}

void link_disk_out(struct link *l, uint32_t from, uint32_t to)
{
	size_t bytes = page_up((to - from) * block_bytes(l));
	madvise(place_of(l, from), bytes, MADV_DONTNEED);
	mprotect(place_of(l, from), bytes, PROT_NONE);
}

int link_rows_each(struct link *l, int (*fn)(void *arg, uint32_t from, uint32_t to), void *arg)
{
	if (!l->disk)
		return fn(arg, 0, l->n);
	uint64_t bytes = link_budget(l, 8);
	bytes = bytes < PASS_BYTES ? bytes : PASS_BYTES;
	uint32_t step = (uint32_t)(bytes / block_bytes(l)), all = l->disk->blocks;
	step = step > LINK_WALK_BLOCKS ? step / LINK_WALK_BLOCKS * LINK_WALK_BLOCKS : LINK_WALK_BLOCKS;
	int r = 0;
	for (uint32_t k = 0; k < all && r == 0; k += step) {
		uint32_t end = all - k < step ? all : k + step;
		r = link_disk_in(l, k, end);
		r = r ? r : fn(arg, k * LINK_ROWS_A_BLOCK, end == all ? l->n : end * LINK_ROWS_A_BLOCK);
		link_disk_out(l, k, end);
	}
	return r;
}

/* ---- some rows, wherever they lie ---- */

static uint32_t ones(uint64_t v)
{
	return (uint32_t)__builtin_popcountll(v);
}

static int some_of_block(void *arg, uint64_t k, unsigned thread)
{
	struct link *l = arg;
	struct link_some *s = &l->disk->some;
	const uint64_t *bits = s->bits + k * (LINK_ROWS_A_BLOCK / 64);
	uint32_t *to = s->rows + (size_t)s->before[k] * s->width;
	if (s->before[k] == s->before[k + 1])
		return 0;
	uint32_t *block = s->room[thread];
	int r = get_block(l, thread, (uint32_t)k, block);
	for (uint32_t w = 0; w < LINK_ROWS_A_BLOCK / 64 && r == 0; w++)
		for (uint64_t left = bits[w]; left; left &= left - 1, to += s->width)
			memcpy(to, block + ((size_t)w * 64 + (unsigned)__builtin_ctzll(left)) * l->width, s->width * sizeof *to);
	return r;
}

uint32_t link_disk_row(const struct link *l, uint32_t record)
{
	const struct link_some *s = &l->disk->some;
	const uint64_t *bits = s->bits + record / LINK_ROWS_A_BLOCK * (LINK_ROWS_A_BLOCK / 64);
	uint32_t n = s->before[record / LINK_ROWS_A_BLOCK], k = record % LINK_ROWS_A_BLOCK;
	assert(bits[k / 64] >> k % 64 & 1);
	for (uint32_t w = 0; w < k / 64; w++)
		n += ones(bits[w]);
	return n + ones(bits[k / 64] & ((UINT64_C(1) << k % 64) - 1));
}

struct naming {
	const struct link *l;
	uint32_t *record;
	size_t n;
};
#define NAMED 65536u

static int name_some(void *arg, uint64_t k, unsigned thread)
{
	struct naming *x = arg;
	size_t end = (k + 1) * NAMED < x->n ? (k + 1) * NAMED : x->n;
	(void)thread;
	for (size_t i = k * NAMED; i < end; i++)
		x->record[i] = link_disk_row(x->l, x->record[i]);
	return 0;
}

int link_disk_some(struct link *l, uint32_t *record, size_t n, unsigned width)
{
	struct link_disk *d = l->disk;
	struct link_some *s = &d->some;
	assert(width >= 1 && width <= l->width);
	link_disk_none(l);
	s->width = width;
	s->bits = calloc((size_t)d->blocks * (LINK_ROWS_A_BLOCK / 64), sizeof *s->bits);
	s->before = malloc(((size_t)d->blocks + 1) * sizeof *s->before);
	if (!s->bits || !s->before)
		return ERR_MEMORY;
	for (size_t i = 0; i < n; i++)
		s->bits[record[i] / 64] |= UINT64_C(1) << record[i] % 64;
	uint32_t rows = 0;
	for (uint32_t k = 0; k < d->blocks; k++) {
		s->before[k] = rows;
		for (uint32_t w = 0; w < LINK_ROWS_A_BLOCK / 64; w++)
			rows += ones(s->bits[k * (LINK_ROWS_A_BLOCK / 64) + w]);
	}
	s->before[d->blocks] = rows;
	s->bytes = (size_t)rows * width * sizeof *s->rows + 64;
	s->rows = link_stretch(NULL, 0, s->bytes);
	int r = s->rows ? 0 : ERR_MEMORY;
	for (unsigned t = 0; t < l->o.threads && r == 0; t++) {
		s->room[t] = malloc(block_bytes(l));
		r = s->room[t] ? 0 : ERR_MEMORY;
	}
	r = r ? r : link_parallel(l->o.threads, d->blocks, some_of_block, l);
	for (unsigned t = 0; t < l->o.threads; t++) {
		free(s->room[t]);
		s->room[t] = NULL;
	}
	struct naming x = {l, record, n};
	r = r ? r : link_parallel(l->o.threads, (n + NAMED - 1) / NAMED, name_some, &x);
	if (r == 0)
		l->rows = s->rows;
	return r;
}

void link_disk_none(struct link *l)
{
	struct link_some *s = &l->disk->some;
	link_unstretch(s->rows, s->bytes);
	free(s->bits);
	free(s->before);
	*s = (struct link_some){0};
	l->rows = l->disk->window;
}

/* ---- numbers that are nobody's ---- */

int link_disk_strike(struct link *l, unsigned field, uint32_t record)
{
	struct link_disk *d = l->disk;
	pthread_mutex_lock(&d->trouble.lock); /* seldom */
	if (!d->struck[field])
		d->struck[field] = calloc((size_t)d->blocks * (LINK_ROWS_A_BLOCK / 64), sizeof **d->struck);
	bool there = d->struck[field];
	if (there)
		d->struck[field][record / 64] |= UINT64_C(1) << record % 64;
	pthread_mutex_unlock(&d->trouble.lock);
	return there ? 0 : ERR_MEMORY;
}
