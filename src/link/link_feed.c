/* Rows in: text cut into pieces at the ends of rows, each piece read by one thread into rows of its own, then put behind one another. */
#include "link_cell.h"
#include "link_disk.h"

#include <stdlib.h>

#define PIECE ((size_t)1 << 20)
#define ROW_BYTES_MAX ((size_t)1 << 20)
#define SELDOM 8u /* one record in so many has it, or fewer */
#define QUOTED_MAX 65536u /* csv looks so far for the end of a quote */

struct link_piece {
	struct slice text;
	uint32_t *rows; /* with their room kept from call to call, as all that is read into */
	uint32_t n, cap, asides;
	struct buf ids;
	uint32_t *id_n;
	unsigned thread;
	uint32_t first, aside_first; /* where its rows go */
	uint64_t id_first;
};

struct feeding {
	struct link *l;
	uint8_t sep;
	struct link_piece *piece;
	size_t pieces;
	struct link_reader *reader;
	uint16_t column[LINK_COLUMNS_MAX]; /* those that say something */
	size_t columns;
};

/* Where the row that begins at `at` ends: behind its line end. 0: it is not whole. */
static size_t row_end(struct slice text, size_t at, uint8_t sep, bool last, struct arena *a)
{
	const uint8_t *p = text.p + at, *end = memchr(p, '\n', text.n - at);
	size_t n = end ? (size_t)(end - p) + 1 : text.n - at;
	if (!end && !last)
		return 0;
	if (!memchr(p, '"', n))
		return at + n;
	struct csv c;
	struct slice field[CSV_FIELDS_MAX];
	arena_reset(a);
	csv_init(&c, slice_of(p, text.n - at), sep, a);
	if (!csv_row(&c, field, &n))
		return text.n;
	if (last)
		return at + c.at;
	if (c.broken && c.text.n - c.at < QUOTED_MAX) /* its end may be in what is to come */
		return 0;
	return c.at && c.text.p[c.at - 1] == '\n' ? at + c.at : 0;
}

static int more_rows(const struct link *l, struct link_piece *p, struct link_reader *r)
{
	uint32_t cap = p->cap ? p->cap * 2 : 4096;
	link_reader_answer(r); /* where the words go to is where the rows are now */
	uint32_t *rows = realloc(p->rows, (size_t)cap * l->stride * sizeof *rows);
	if (rows)
		p->rows = rows;
	uint32_t *ids = rows ? realloc(p->id_n, cap * sizeof *ids) : NULL;
	if (!ids)
		return ERR_MEMORY;
	p->id_n = ids;
	p->cap = cap;
	return 0;
}

static int add_row(const struct feeding *f, struct link_piece *p, struct link_reader *r, const struct slice *field, size_t n)
{
	const struct link *l = f->l;
	if (p->n == p->cap && more_rows(l, p, r) < 0)
		return ERR_MEMORY;
	uint32_t *row = p->rows + (size_t)p->n * l->stride;
	memset(row, 0, l->stride * sizeof *row);
	for (size_t k = 0; k < f->columns && f->column[k] < n; k++) {
		size_t i = f->column[k];
		if (field[i].n && !link_cell_empty(field[i]))
			link_cell(r, i, field[i], row);
	}
	const size_t *b = l->birth;
	if (b[0])
		link_cell_birth(l, b[0] < n ? field[b[0]] : SLICE_NULL, b[1] < n ? field[b[1]] : SLICE_NULL, b[2] < n ? field[b[2]] : SLICE_NULL, row);
	for (unsigned i = l->width; i < l->stride; i++)
		row[0] |= row[i];
	row[0] = row[0] != 0;
	p->asides += row[0];
	buf_add_slice(&p->ids, n ? field[0] : SLICE_NULL);
	p->id_n[p->n++] = n ? (uint32_t)field[0].n : 0;
	return r->code ? r->code : buf_code(&p->ids);
}

static int read_piece(void *arg, uint64_t k, unsigned thread)
{
	struct feeding *f = arg;
	struct link_piece *p = &f->piece[k];
	struct csv c;
	struct slice field[CSV_FIELDS_MAX];
	size_t n;
	int r = 0;
	p->thread = thread;
	struct arena *a = f->reader[thread].arena;
	p->n = p->asides = 0;
	buf_reset(&p->ids);
	p->ids.max = p->text.n + 16;
	arena_reset(a);
	csv_init(&c, p->text, f->sep, a);
	while (r == 0 && csv_row(&c, field, &n)) {
		r = c.no_room ? ERR_MEMORY : add_row(f, p, &f->reader[thread], field, n);
		if (arena_used(a) > ROW_BYTES_MAX)
			arena_reset(a);
	}
	link_reader_answer(&f->reader[thread]);
	return r ? r : f->reader[thread].code;
}

/* In which order fields are compared, and stand in a row: names and what is beside them, then what is cheap and could say much (link_compare_above), then the rest. */
enum { STAGES = 4 };
static unsigned stage_of(enum link_kind k)
{
	switch (k) {
	case KIND_DOB:
	case KIND_SEX:
	case KIND_SSN:
	case KIND_SUFFIX:
	case KIND_FIRST:
	case KIND_LAST:
	case KIND_MIDDLE:
	case KIND_MAIDEN:
		return 0;
	case KIND_MEMBER:
	case KIND_PHONE:
		return 1;
	case KIND_ASSIGNER:
	case KIND_MRN:
	case KIND_ZIP:
	case KIND_HOUSE:
	case KIND_ID:
		return 2;
	default:
		return STAGES - 1;
	}
}

/* Where each field stands: what few records have behind all others. */
static void lay_out(struct link *l, const bool seldom[LINK_FIELDS_MAX])
{
	unsigned n = 0;
	for (unsigned stage = 0; stage < STAGES; stage++) {
		for (unsigned i = 0; i < l->fields; i++)
			if (stage_of(l->field[i].kind) == stage)
				l->order[n++] = (uint8_t)i;
		l->names_end = stage ? l->names_end : n;
	}
	l->stride = 1;
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned k = 0; k < n; k++)
			if (seldom[l->order[k]] == (pass == 1)) {
				struct link_field *f = &l->field[l->order[k]];
				f->at = (uint16_t)l->stride;
				l->stride += f->slots;
			}
		if (pass == 0)
			l->width = l->stride;
	}
}

/* The year of a date as most write it: before or behind two more numbers, or by itself. 0: there is none of four digits. */
static uint32_t year_of(struct slice s)
{
	uint32_t y = 0;
	const bool iso = s.n == 4 || (s.n >= 8 && (s.p[4] == '-' || s.p[4] == '/' || s.p[4] == '.' || s.n == 8));
	const uint8_t *p = iso ? s.p : s.n == 10 ? s.p + 6 : NULL;
	for (size_t i = 0; p && i < 4; i++) {
		if (p[i] < '0' || p[i] > '9')
			return 0;
		y = y * 10 + (uint32_t)(p[i] - '0');
	}
	return y;
}

/* Are these people of another age? One year before LINK_OLDEST is what a program puts where nobody asked (1753, 1800); many different ones are years of birth. */
struct ages {
	unsigned years, old;
	uint32_t seen[4];
	unsigned different;
};

static void see_age(struct ages *a, struct slice s)
{
	const uint32_t y = year_of(s);
	a->years += y != 0;
	if (y < LINK_OLDEST_HISTORIC || y >= LINK_OLDEST)
		return;
	a->old++;
	for (unsigned i = 0; i < a->different; i++)
		if (a->seen[i] == y)
			return;
	if (a->different < ARRAY_LEN(a->seen))
		a->seen[a->different++] = y;
}

static bool is_birth(const struct link *l, size_t column)
{
	return (l->use[column] >= 0 && l->field[l->use[column]].kind == KIND_DOB) || (column && column == l->birth[0]);
}

/* What only the values can tell: which columns few records have, which way round a column writes its days, whether a "social security number" is one of nine digits. */
static void settle(struct link *l, struct slice text, uint8_t sep, struct arena *a)
{
	struct csv c;
	struct slice field[CSV_FIELDS_MAX];
	size_t n;
	struct ages ages = {0};
	unsigned rows = 0, longer[LINK_COLUMNS_MAX] = {0}, filled[LINK_COLUMNS_MAX] = {0}, day[LINK_COLUMNS_MAX] = {0}, month[LINK_COLUMNS_MAX] = {0};
	arena_reset(a);
	csv_init(&c, text, sep, a);
	for (unsigned k = 0; k < 2000 && csv_row(&c, field, &n); k++) {
		rows++;
		for (size_t i = 0; i < n && i < l->columns; i++) {
			unsigned letters = 0;
			for (size_t j = 0; j < field[i].n; j++)
				letters += (field[i].p[j] >= '0' && field[i].p[j] <= '9') || field[i].p[j] >= 'a';
			filled[i] += field[i].n > 0;
			if (is_birth(l, i))
				see_age(&ages, slice_trim(field[i]));
			longer[i] += letters > 9;
			const uint8_t *p = field[i].p;
			if (field[i].n >= 8 && p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' && (p[2] == '/' || p[2] == '.' || p[2] == '-') && p[3] >= '0' && p[3] <= '9' && p[4] >= '0' && p[4] <= '9') {
				day[i] += (p[0] - '0') * 10 + (p[1] - '0') > 12;
				month[i] += (p[3] - '0') * 10 + (p[4] - '0') > 12;
			}
		}
		arena_reset(a);
	}
	if (ages.different == ARRAY_LEN(ages.seen) && ages.old * 50 >= ages.years)
		l->oldest = LINK_OLDEST_HISTORIC;
	for (size_t i = 0; i < l->columns; i++) {
		l->dated[i] = day[i] > month[i] ? 2 : month[i] > day[i] ? 1 : 0;
		int u = l->use[i];
		if (u >= 0 && l->field[u].kind == KIND_SSN && longer[i] * 2 > filled[i]) { /* 1 64 03 75 ...: another country's */
			struct link_field *f = &l->field[u];
			f->kind = KIND_ID;
			f->slots = 2;
			if (l->of[KIND_SSN] == u)
				l->of[KIND_SSN] = -1;
			if (l->of[KIND_ID] < 0)
				l->of[KIND_ID] = (int8_t)u;
		}
	}
	bool seldom[LINK_FIELDS_MAX] = {false};
	for (size_t i = 0; i < l->columns; i++)
		if (l->use[i] >= 0) {
			enum link_kind k = l->field[l->use[i]].kind;
			seldom[l->use[i]] = (k == KIND_ID || k == KIND_OTHER) && filled[i] * SELDOM < rows;
		}
	lay_out(l, seldom);
}

/* The threads' new words into the dictionary, one thread behind the other: from now on they are looked up there. */
static int map_words(struct feeding *f)
{
	for (unsigned t = 0; t < f->l->o.threads; t++) {
		struct link_reader *r = &f->reader[t];
		uint32_t *map = realloc(r->map, ((size_t)r->fresh.n + 1) * sizeof *map);
		if (!map)
			return ERR_MEMORY;
		r->map = map;
		int c = link_words_add(&f->l->words, &r->fresh, map);
		if (c < 0)
			return c;
	}
	return 0;
}

static int put_piece(void *arg, uint64_t k, unsigned thread)
{
	struct feeding *f = arg;
	struct link *l = f->l;
	struct link_piece *p = &f->piece[k];
	const uint32_t *map = f->reader[p->thread].map;
	uint16_t word[LINK_FIELDS_MAX];
	unsigned words = 0, beside = l->stride - l->width;
	(void)thread;
	for (unsigned j = 0; j < l->fields; j++)
		if (l->field[j].words)
			word[words++] = l->field[j].at;
	uint32_t *row = p->rows, *to = l->rows + (size_t)p->first * l->width, aside = p->aside_first;
	for (uint32_t i = 0; i < p->n; i++, row += l->stride, to += l->width) {
		for (unsigned j = 0; j < words; j++)
			if (row[word[j]] & LINK_FRESH)
				row[word[j]] = map[row[word[j]] & ~LINK_FRESH];
		if (row[0]) {
			memcpy(l->aside + (size_t)aside * beside, row + l->width, beside * sizeof *row);
			row[0] = aside++;
		}
		memcpy(to, row, l->width * sizeof *to);
	}
	if (p->ids.n)
		memcpy(l->ids + p->id_first, p->ids.p, p->ids.n);
	uint64_t at = p->id_first;
	for (uint32_t i = 0; i < p->n; i++) {
		l->id_at[p->first + i] = (uint32_t)at;
		at += p->id_n[i];
	}
	return 0;
}

static int make_room(struct link *l, uint64_t records, uint32_t asides, uint64_t id_bytes, struct err *e)
{
	size_t beside = (l->stride - l->width) * sizeof *l->aside;
	if (records > LINK_RECORDS_MAX || id_bytes > UINT32_MAX)
		return err_set(e, ERR_LIMIT, NULL, "more than %u records, or more than 4 GiB of record ids", LINK_RECORDS_MAX);
	if (records > l->cap || !l->id_at) {
		uint64_t cap = l->cap + l->cap / 4 > records ? l->cap + l->cap / 4 : records;
		uint32_t *at = realloc(l->id_at, (cap + 1) * sizeof *at);
		if (at)
			l->id_at = at;
		uint32_t *rows = at ? link_stretch(l->rows, l->cap * l->width * sizeof *rows, cap * l->width * sizeof *rows) : NULL;
		if (!rows)
			return err_set(e, ERR_MEMORY, NULL, "no memory for %llu records", (unsigned long long)records);
		l->rows = rows;
		l->cap = cap;
	}
	if (asides > l->aside_cap || !l->aside) {
		uint32_t cap = l->aside_cap + l->aside_cap / 4 > asides ? l->aside_cap + l->aside_cap / 4 : asides;
		uint32_t *aside = realloc(l->aside, (cap + 1) * (beside ? beside : 1));
		if (!aside)
			return err_set(e, ERR_MEMORY, NULL, "no memory for %llu records", (unsigned long long)records);
		memset(aside, 0, beside);
		l->aside = aside;
		l->aside_cap = cap;
	}
	if (id_bytes > l->ids_cap || !l->ids) {
		uint64_t cap = l->ids_cap + l->ids_cap / 4 > id_bytes ? l->ids_cap + l->ids_cap / 4 : id_bytes + 1;
		char *ids = realloc(l->ids, cap);
		if (!ids)
			return err_set(e, ERR_MEMORY, NULL, "no memory for %llu records", (unsigned long long)records);
		l->ids = ids;
		l->ids_cap = cap;
	}
	return 0;
}

static int put_all(struct feeding *f, struct err *e)
{
	struct link *l = f->l;
	uint64_t records = l->n, ids = l->n ? l->id_at[l->n] : 0;
	uint32_t asides = l->asides;
	for (size_t i = 0; i < f->pieces; i++) {
		struct link_piece *p = &f->piece[i];
		p->first = (uint32_t)records;
		p->id_first = ids;
		p->aside_first = asides + 1;
		asides += p->asides;
		records += p->n;
		ids += p->ids.n;
	}
	int r = make_room(l, records, asides, ids, e);
	if (r == 0 && map_words(f) < 0)
		r = err_set(e, ERR_MEMORY, NULL, "no memory for the words of %llu records", (unsigned long long)records);
	if (r == 0)
		r = link_parallel(l->o.threads, f->pieces, put_piece, f);
	if (r == 0) {
		l->n = (uint32_t)records;
		l->asides = asides;
		l->id_at[l->n] = (uint32_t)ids;
	}
	return r;
}

static int add_piece(struct feeding *f, struct slice text)
{
	struct link *l = f->l;
	if (f->pieces == l->piece_cap) {
		size_t cap = l->piece_cap ? l->piece_cap * 2 : 64;
		struct link_piece *v = realloc(l->piece, cap * sizeof *v);
		if (!v)
			return ERR_MEMORY;
		memset(v + l->piece_cap, 0, (cap - l->piece_cap) * sizeof *v);
		l->piece = v;
		l->piece_cap = cap;
	}
	f->piece = l->piece;
	f->piece[f->pieces++].text = text;
	return 0;
}

/* Pieces of whole rows of about a megabyte. Where no quote stands in one, each line end ends a row. */
static int cut(struct feeding *f, struct slice text, uint8_t sep, bool last, struct arena *a, size_t *ret_used)
{
	size_t at = 0;
	int r = 0;
	while (at < text.n && r == 0) {
		size_t from = at;
		if (text.n - at > PIECE && !memchr(text.p + at, '"', PIECE)) {
			const uint8_t *end = memrchr(text.p + at, '\n', PIECE);
			at = end ? (size_t)(end - text.p) + 1 : at;
		}
		while (at < text.n && at - from < PIECE / 2) {
			size_t end = row_end(text, at, sep, last, a);
			if (!end)
				break;
			at = end;
		}
		if (at == from)
			break;
		r = add_piece(f, slice_of(text.p + from, at - from));
	}
	*ret_used = at;
	return r;
}

int link_feed(struct link *l, struct slice text, uint8_t sep, bool last, size_t *ret_used, struct err *e)
{
	struct feeding f = {.l = l, .sep = sep, .reader = l->reader};
	AUTO_ARENA struct arena *a = arena_new((size_t)32 << 20);
	size_t used = 0;
	assert(l->columns && !l->ran);
	int r = a ? cut(&f, text, sep, last, a, &used) : ERR_MEMORY;
	if (r == 0 && !f.pieces) { /* no whole row yet: where a row's fields stand is settled with the first */
		*ret_used = 0;
		return 0;
	}
	if (r == 0 && !l->settled) {
		settle(l, text, sep, a);
		l->settled = true;
	}
	for (size_t i = 1; i < l->columns; i++)
		if (l->use[i] != USE_NOTHING && l->use[i] != USE_ANSWER)
			f.column[f.columns++] = (uint16_t)i;
	for (unsigned t = 0; r == 0 && t < l->o.threads; t++) {
		link_words_empty(&f.reader[t].fresh);
		f.reader[t].text = text;
	}
	r = r ? r : link_parallel(l->o.threads, f.pieces, read_piece, &f);
	if (r == ERR_LIMIT)
		err_set(e, r, NULL, "more than two thousand million different words");
	else if (r)
		err_set(e, r, NULL, "no memory for the rows");
	r = r ? r : put_all(&f, e);
	r = r ? r : link_disk_keep(l, e);
	if (r == 0)
		*ret_used = used;
	return r;
}

void link_readers_done(struct link *l)
{
	for (unsigned t = 0; l->reader && t < l->o.threads; t++) {
		link_words_done(&l->reader[t].fresh);
		free(l->reader[t].map);
		arena_free(l->reader[t].arena);
	}
	for (size_t i = 0; i < l->piece_cap; i++) {
		free(l->piece[i].rows);
		free(l->piece[i].id_n);
		buf_done(&l->piece[i].ids);
	}
	free(l->piece);
	free(l->reader);
	l->piece = NULL;
	l->piece_cap = 0;
	l->reader = NULL;
}

int link_readers_new(struct link *l)
{
	l->reader = calloc(l->o.threads, sizeof *l->reader);
	for (unsigned t = 0; l->reader && t < l->o.threads; t++) {
		l->reader[t].l = l;
		l->reader[t].arena = arena_new((size_t)32 << 20);
		if (!l->reader[t].arena) {
			link_readers_done(l);
			return ERR_MEMORY;
		}
	}
	return l->reader ? 0 : ERR_MEMORY;
}
