/* Bytes -> a list. The encoding, the header, the rows; then what the list is as a whole: its dates (registry_turn.c), view and day (registry_list.c), and what is odd about it (registry_doubt.c).
 *
 * A raw export of the portal has nine columns: Name of Covered Entity, State, Covered Entity Type, Individuals Affected, Breach Submission Date, Type of Breach, Location of Breached Information, Business Associate Present, Web Description. In 2026 the titles of the first and eighth came out as
 * "javax.faces.component.UIPanel@495f2e1e": a column that no title names is told by what stands in it, the portal's own place asked first. */
#include "registry_read.h"

#include "csv.h"

#include <stdio.h>

#define HEADER_ROWS 20 /* copies begin with a title, a date, a blank line */
#define SAMPLE 400     /* rows by which a column is told */

struct columns {
	int at[COLUMNS];    /* -1: none */
	size_t n;           /* cells of the header */
	struct slice name_title;
	bool header;        /* there is one */
};

/* ---- what a cell can be ---- */

static bool is_yes_no(struct slice s, bool *ret)
{
	static const char *const yes[] = {"yes", "y", "true", "1"}, *const no[] = {"no", "n", "false", "0"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (slice_eq_nocase(s, yes[i]) || slice_eq_nocase(s, no[i])) {
			*ret = slice_eq_nocase(s, yes[i]);
			return true;
		}
	}
	return false;
}

static bool fits(enum column c, struct slice s)
{
	struct date_text d;
	uint64_t n;
	bool yes;
	switch (c) {
	case COL_STATE:
		return registry_is_state(s);
	case COL_ENTITY:
		return registry_is_entity_type(s);
	case COL_PERSONS:
		return registry_is_number(s, &n);
	case COL_SUBMITTED:
		return registry_date(s, &d);
	case COL_TYPE:
		return registry_is_type(s) && !registry_is_location(s);
	case COL_LOCATION:
		return registry_is_location(s);
	case COL_ASSOCIATE:
		return is_yes_no(s, &yes);
	default:
		return false;
	}
}

/* Of a column's cells that are not blank, how many in a thousand fit; SIZE_MAX where all are blank. */
struct sample {
	struct slice *cell;
	size_t rows, cols;
};

static unsigned fit(const struct sample *s, size_t col, enum column c, size_t *ret_filled)
{
	size_t filled = 0, good = 0;
	for (size_t i = 0; i < s->rows; i++) {
		struct slice v = s->cell[i * s->cols + col];
		if (registry_is_blank(v))
			continue;
		filled++;
		good += fits(c, v);
	}
	*ret_filled = filled;
	return filled ? (unsigned)(1000 * good / filled) : 0;
}

static bool taken(const struct columns *k, size_t col)
{
	for (int c = 0; c < COLUMNS; c++)
		if (k->at[c] == (int)col)
			return true;
	return false;
}

/* A title may lie: a column of counts that has no numbers is none. */
static void verify(struct columns *k, const struct sample *s, struct warnings *w)
{
	static const enum column strong[] = {COL_PERSONS, COL_SUBMITTED, COL_STATE};
	for (size_t i = 0; i < ARRAY_LEN(strong); i++) {
		size_t filled;
		int at = k->at[strong[i]];
		if (at >= 0 && (size_t)at < s->cols && fit(s, (size_t)at, strong[i], &filled) < 500 && filled > 2) {
			registry_warn(w, "column", "the column that is titled as %s does not hold that: it is told by what stands in the columns", registry_column_says(strong[i]));
			k->at[strong[i]] = -1;
		}
	}
}

/* Names and descriptions: the first column of words that nothing else is, and a column of sentences. */
static void text_columns(struct columns *k, const struct sample *s, struct warnings *w)
{
	for (size_t col = 0; col < s->cols && (k->at[COL_NAME] < 0 || k->at[COL_DESCRIPTION] < 0); col++) {
		size_t filled = 0, letters = 0, length = 0;
		if (taken(k, col))
			continue;
		for (size_t i = 0; i < s->rows; i++) {
			struct slice v = s->cell[i * s->cols + col];
			filled += !registry_is_blank(v);
			letters += v.n > 3;
			length += v.n;
		}
		bool sentences = filled && length / filled > 100;
		enum column c = sentences ? COL_DESCRIPTION : COL_NAME;
		if (k->at[c] >= 0 || (!sentences && (filled * 10 < s->rows * 9 || letters * 10 < filled * 9)))
			continue;
		k->at[c] = (int)col;
		if (k->header)
			registry_warn(w, "header", "column %zu has no title that is known (a fault of the portal's own export); what stands in it is %s", col + 1, registry_column_says(c));
	}
	if (k->at[COL_DESCRIPTION] < 0 && !k->header && s->cols == 9 && !taken(k, 8))
		k->at[COL_DESCRIPTION] = 8;
}

static void by_content(struct columns *k, const struct sample *s, struct warnings *w)
{
	static const enum column portal[] = {COL_NAME, COL_STATE, COL_ENTITY, COL_PERSONS, COL_SUBMITTED, COL_TYPE, COL_LOCATION, COL_ASSOCIATE, COL_DESCRIPTION};
	static const enum column order[] = {COL_SUBMITTED, COL_STATE, COL_ENTITY, COL_PERSONS, COL_ASSOCIATE, COL_TYPE, COL_LOCATION};
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		enum column c = order[i];
		size_t filled;
		unsigned best = 800; /* in a thousand */
		if (k->at[c] >= 0)
			continue;
		for (size_t col = 0; col < s->cols; col++) {
			if (taken(k, col))
				continue;
			unsigned f = fit(s, col, c, &filled);
			bool own = col < ARRAY_LEN(portal) && portal[col] == c;
			if (filled && f + (own ? 1 : 0) > best) {
				best = f + (own ? 1 : 0);
				k->at[c] = (int)col;
			}
		}
		if (k->at[c] >= 0 && k->header)
			registry_warn(w, "header", "column %d has no title that is known (a fault of the portal's own export); what stands in it is %s", k->at[c] + 1, registry_column_says(c));
	}
	text_columns(k, s, w);
}

/* ---- the header ---- */

static void no_columns(struct columns *k)
{
	for (int c = 0; c < COLUMNS; c++)
		k->at[c] = -1;
}

static bool map_header(const struct registry_map *m, const struct slice *f, size_t n, struct columns *k)
{
	no_columns(k);
	k->n = n;
	for (int c = 0; c < COLUMNS; c++) {
		if (m->place[c] && m->place[c] <= n)
			k->at[c] = (int)m->place[c] - 1;
		for (size_t i = 0; m->title[c].n && i < n && k->at[c] < 0; i++) {
			char a[64], b[64];
			csv_key(f[i], a);
			csv_key(m->title[c], b);
			if (slice_eq(f[i], m->title[c]) || (a[0] && !strcmp(a, b)))
				k->at[c] = (int)i;
		}
		if ((m->place[c] || m->title[c].n) && k->at[c] < 0)
			return false;
	}
	k->header = true;
	return true;
}

static bool title_header(const struct slice *f, size_t n, struct columns *k)
{
	unsigned known = 0;
	no_columns(k);
	k->n = n;
	for (size_t i = 0; i < n; i++) {
		int c = registry_column_of(f[i]);
		if (c < 0)
			continue;
		known += k->at[c] < 0;
		if (k->at[c] < 0)
			k->at[c] = (int)i;
	}
	k->header = true;
	return known >= 3;
}

static bool no_data(const struct slice *f, size_t n)
{
	struct date_text d;
	for (size_t i = 0; i < n; i++)
		if (registry_date(f[i], &d))
			return false;
	return true;
}

/* Where the rows begin. */
static int header(struct reading *x, struct slice text, struct columns *k, struct csv *csv, struct err *e)
{
	struct slice field[CSV_FIELDS_MAX], rest = text, first = slice_cut(text, '\n', &rest);
	uint8_t given = first.n >= 5 && first.n < 8 && slice_starts(first, "sep=") ? first.p[4] : 0;
	size_t n = 0;
	rest = text;
	for (uint32_t line = 1; rest.p && rest.n && line <= HEADER_ROWS; line++) {
		struct slice from = rest, head = slice_cut(rest, '\n', &rest);
		csv_init(csv, from, given ? given : csv_separator(head), x->a);
		csv->line = line;
		if (slice_trim(head).n && csv_row(csv, field, &n) && (x->o->map ? map_header(x->o->map, field, n, k) : title_header(field, n, k))) {
			k->name_title = k->at[COL_NAME] >= 0 ? field[k->at[COL_NAME]] : SLICE_NULL;
			return 0;
		}
	}
	if (x->o->map)
		return err_set(e, ERR_INPUT, "line 1", "no row has all the columns that the mapping names");
	csv_init(csv, text, csv_separator(first), x->a);
	struct csv start = *csv;
	no_columns(k);
	k->header = false;
	if (!csv_row(csv, field, &n) || n < 5)
		return err_set(e, ERR_INPUT, "line 1", "is no list of breaches: no row names the columns, such as Name of Covered Entity,State,Covered Entity Type,Individuals Affected,Breach Submission Date. A list of other columns needs --map FILE");
	k->n = n;
	k->header = no_data(field, n);
	if (!k->header)
		*csv = start;
	return 0;
}

static bool washington(struct slice text)
{
	static const char title[] = "WashingtoniansAffected";
	return memmem(text.p, text.n < 4000 ? text.n : 4000, title, sizeof title - 1) != NULL;
}

static int sample_columns(struct reading *x, struct columns *k, struct csv at, struct err *e)
{
	struct sample s = {.cols = k->n};
	struct slice field[CSV_FIELDS_MAX];
	size_t n;
	s.cell = arena_array(x->a, SAMPLE * k->n, sizeof *s.cell);
	if (!s.cell)
		return err_set(e, arena_code(x->a), NULL, "no room for this list");
	while (s.rows < SAMPLE && csv_row(&at, field, &n)) {
		if (n < k->n)
			continue; /* short rows and rows with a comma too many say nothing about columns */
		memcpy(s.cell + s.rows++ * k->n, field, k->n * sizeof *field);
	}
	verify(k, &s, x->w);
	if (x->source != REGISTRY_WA_AG) /* it has columns of true and false that are something else */
		by_content(k, &s, x->w);
	return 0;
}

/* ---- rows ---- */

static struct slice at(const struct columns *k, const struct slice *f, size_t n, enum column c)
{
	int i = k->at[c];
	return i >= 0 && (size_t)i < n && !registry_is_blank(f[i]) ? f[i] : SLICE_NULL;
}

static bool sound(const struct columns *k, const struct slice *f, size_t n)
{
	static const enum column strong[] = {COL_SUBMITTED, COL_PERSONS, COL_STATE, COL_ENTITY, COL_TYPE, COL_LOCATION, COL_ASSOCIATE};
	unsigned filled = 0;
	for (size_t i = 0; i < ARRAY_LEN(strong); i++) {
		struct slice v = at(k, f, n, strong[i]);
		filled += v.n > 0;
		if (v.n && !fits(strong[i], v))
			return false;
	}
	return filled > 2;
}

/* f with this many cells more joined to each of the loose columns: they stand one behind the other in the text, with the comma between. 0: they do not. */
static size_t join(struct slice text, const struct columns *k, const struct slice *f, size_t n, const enum column *loose, const size_t *more, size_t kinds, struct slice *g)
{
	size_t m = 0;
	for (size_t j = 0; j < n; j++) {
		size_t extra = 0;
		g[m] = f[j];
		for (size_t i = 0; i < kinds; i++)
			extra += k->at[loose[i]] == (int)m ? more[i] : 0;
		for (; extra && j + 1 < n; extra--) {
			const uint8_t *end = f[j + 1].p + f[j + 1].n;
			if (!g[m].p || !f[j + 1].p || g[m].p < text.p || f[j + 1].p < g[m].p || end > text.p + text.n)
				return 0;
			g[m] = slice_of(g[m].p, (size_t)(end - g[m].p));
			j++;
		}
		m++;
	}
	return m;
}

#define EXTRA_MOST 6

/* A row with cells too many: somebody's commas were not quoted. The cells that make it sound again when they are one; few at first. */
static bool realign(struct slice text, const struct columns *k, struct slice *f, size_t *n)
{
	static const enum column loose[] = {COL_NAME, COL_LOCATION, COL_TYPE, COL_DESCRIPTION};
	size_t extra = *n - k->n;
	if (extra > EXTRA_MOST)
		return false;
	for (size_t way = 0; way < (EXTRA_MOST + 1) * (EXTRA_MOST + 1) * (EXTRA_MOST + 1); way++) {
		struct slice g[CSV_FIELDS_MAX];
		size_t more[4] = {0, way % (EXTRA_MOST + 1), way / (EXTRA_MOST + 1) % (EXTRA_MOST + 1), way / (EXTRA_MOST + 1) / (EXTRA_MOST + 1)}, rest = more[1] + more[2] + more[3];
		if (rest > extra)
			continue;
		more[0] = extra - rest;
		bool there = true;
		for (size_t i = 0; i < 4; i++)
			there &= !more[i] || k->at[loose[i]] >= 0;
		size_t m = there ? join(text, k, f, *n, loose, more, 4, g) : 0;
		if (m == k->n && sound(k, g, m)) {
			memcpy(f, g, m * sizeof *f);
			*n = m;
			return true;
		}
	}
	return false;
}

static uint8_t row_view(struct slice s)
{
	if (!s.n)
		return REGISTRY_UNKNOWN;
	char t[64];
	snprintf(t, sizeof t, "%.*s", SLICE_FMT(s));
	return strcasestr(t, "archiv") || strcasestr(t, "resolv") || strcasestr(t, "closed") ? REGISTRY_ARCHIVE : strcasestr(t, "investigation") || strcasestr(t, "open") ? REGISTRY_UNDER_INVESTIGATION : REGISTRY_UNKNOWN;
}

/* A category or state, repaired and as the portal writes it. */
static struct slice word(struct reading *x, const struct columns *k, const struct slice *f, size_t n, enum column c, struct row_dates *d)
{
	struct slice is = registry_cell(at(k, f, n, c), x->a, &d->repaired), as = registry_spelt(c, is, x->a);
	d->respelt |= !slice_eq(is, as) && is.n != 2; /* two letters of a state in another case are no other words */
	return as;
}

static void one(struct reading *x, const struct columns *k, const struct slice *f, size_t n, struct registry_row *r, struct row_dates *d)
{
	static const enum column days[] = {COL_SUBMITTED, COL_AWARE, COL_NOTIFIED, COL_BEGAN, COL_ENDED};
	bool changed = false;
	struct slice persons = at(k, f, n, COL_PERSONS), name = k->at[COL_NAME] >= 0 && (size_t)k->at[COL_NAME] < n ? f[k->at[COL_NAME]] : SLICE_NULL;
	r->name = registry_cell(name, x->a, &changed);
	r->state = word(x, k, f, n, COL_STATE, d);
	r->entity_type = word(x, k, f, n, COL_ENTITY, d);
	r->type = word(x, k, f, n, COL_TYPE, d);
	r->location = word(x, k, f, n, COL_LOCATION, d);
	r->description = registry_cell(at(k, f, n, COL_DESCRIPTION), x->a, &changed);
	r->persons_known = registry_is_number(persons, &r->persons);
	if (!r->persons_known)
		r->persons = 0;
	r->associate_known = is_yes_no(at(k, f, n, COL_ASSOCIATE), &r->associate);
	r->view = row_view(at(k, f, n, COL_VIEW));
	x->has_view |= r->view != REGISTRY_UNKNOWN;
	for (size_t i = 0; i < ARRAY_LEN(days); i++)
		(void)registry_date(at(k, f, n, days[i]), &d->at[i]);
	d->repaired |= changed;
}

struct odd_rows {
	size_t aligned, counts, undated, unread;
	uint32_t aligned_line, counts_line, undated_line, unread_line;
};

static void note(size_t *n, uint32_t *line, uint32_t is)
{
	if (!(*n)++)
		*line = is;
}

static void tell_odd(struct reading *x, const struct odd_rows *o, const struct csv *csv)
{
	if (o->aligned)
		registry_warn(x->w, "commas", "%zu rows have a comma that was not quoted: put together again (the first in line %u)", o->aligned, o->aligned_line);
	if (o->counts)
		registry_warn(x->w, "persons", "%zu rows have a number of persons that is no number (the first in line %u): counted as not known", o->counts, o->counts_line);
	if (o->undated)
		registry_warn(x->w, "undated", "%zu rows have no day of submission that can be read (the first in line %u): they are in no year", o->undated, o->undated_line);
	if (o->unread)
		registry_warn(x->w, "unread", "%zu lines are no reports and were left out (the first is line %u)", o->unread, o->unread_line);
	if (csv->broken)
		registry_warn(x->w, "quotes", "a quotation mark is never closed: it was read as a letter");
	if (csv->more_fields)
		registry_warn(x->w, "fields", "a row has more than %d cells: the rest was left out", CSV_FIELDS_MAX);
	if (x->repaired)
		registry_warn(x->w, "repaired", "%zu rows had text in a broken encoding: it was put right, and the row as it stood is kept", x->repaired);
}

static int rows(struct reading *x, const struct columns *k, struct csv *csv, struct err *e)
{
	struct slice f[CSV_FIELDS_MAX];
	struct odd_rows odd = {0};
	size_t n, room = 1;
	for (size_t i = csv->at; i < csv->text.n; i++)
		room += csv->text.p[i] == '\n';
	room = room > REGISTRY_ROWS_MAX ? REGISTRY_ROWS_MAX : room;
	x->v = arena_array(x->a, room, sizeof *x->v);
	x->date = arena_array(x->a, room, sizeof *x->date);
	if (!x->v || !x->date)
		return err_set(e, arena_code(x->a), NULL, "no room for this list");
	for (size_t from = csv->at; csv_row(csv, f, &n); from = csv->at) {
		if (x->n == room)
			return err_set(e, ERR_LIMIT, NULL, "more than %u rows", REGISTRY_ROWS_MAX);
		struct registry_row *r = &x->v[x->n];
		*r = (struct registry_row){.line = csv->row_line, .submitted = REGISTRY_NO_DAY};
		x->date[x->n] = (struct row_dates){0};
		if (n > k->n && !sound(k, f, n) && realign(csv->text, k, f, &n))
			note(&odd.aligned, &odd.aligned_line, csv->row_line);
		one(x, k, f, n, r, &x->date[x->n]);
		bool title = r->name.n && k->header && slice_eq(r->name, k->name_title) && !r->persons_known;
		if (title || (!r->name.n && !r->persons_known) || (!x->date[x->n].at[0].form && !r->type.n && !r->entity_type.n && !r->state.n)) {
			note(&odd.unread, &odd.unread_line, csv->row_line);
			continue;
		}
		if (!r->persons_known && at(k, f, n, COL_PERSONS).n)
			note(&odd.counts, &odd.counts_line, csv->row_line);
		if (!x->date[x->n].at[0].form)
			note(&odd.undated, &odd.undated_line, csv->row_line);
		r->raw = slice_trim(slice_of(csv->text.p + from, csv->at - from)); /* kept where what is shown is something else: keep_raw */
		x->repaired += x->date[x->n].repaired;
		x->n++;
	}
	if (csv->no_room)
		return err_set(e, arena_code(x->a), NULL, "no room for this list");
	x->unread = odd.unread;
	tell_odd(x, &odd, csv);
	return 0;
}

/* A row as it stood is kept where what is shown of it is something else. */
static void keep_raw(struct reading *x)
{
	for (size_t i = 0; i < x->n; i++)
		if (!x->date[i].repaired && !x->date[i].turned && !x->date[i].respelt)
			x->v[i].raw = SLICE_NULL;
}

/* ---- the whole ---- */

/* Lines that end with a carriage return alone, as spreadsheets' "CSV (Macintosh)" has them. */
static int line_ends(struct reading *x, struct slice *text, struct err *e)
{
	if (!text->n || memchr(text->p, '\n', text->n) || !memchr(text->p, '\r', text->n))
		return 0;
	uint8_t *to = arena_raw(x->a, text->n);
	if (!to)
		return err_set(e, arena_code(x->a), NULL, "no room for this list");
	for (size_t i = 0; i < text->n; i++)
		to[i] = text->p[i] == '\r' ? '\n' : text->p[i];
	*text = slice_of(to, text->n);
	return 0;
}

static int decode(struct reading *x, struct slice bytes, struct slice *ret, struct slice *ret_encoding, struct err *e)
{
	bool marked = bytes.n >= 2 && ((bytes.p[0] == 0xff && bytes.p[1] == 0xfe) || (bytes.p[0] == 0xfe && bytes.p[1] == 0xff));
	bool wide = marked || (bytes.n >= 4 && !(bytes.n & 1) && ((bytes.p[0] && !bytes.p[1] && bytes.p[2] && !bytes.p[3]) || (!bytes.p[0] && bytes.p[1] && !bytes.p[2] && bytes.p[3])));
	if (wide) {
		*ret_encoding = SLICE("UTF-16");
		int r = csv_utf8(bytes, x->a, ret, e);
		return r < 0 ? r : line_ends(x, ret, e);
	}
	if (bytes.n >= 3 && !memcmp(bytes.p, "\xEF\xBB\xBF", 3))
		bytes = slice_of(bytes.p + 3, bytes.n - 3);
	*ret = bytes; /* cell by cell: one spoiled row does not decide for the others */
	*ret_encoding = utf8_valid(bytes) ? SLICE("UTF-8") : SLICE("not UTF-8 throughout");
	return line_ends(x, ret, e);
}

static enum registry_source source_of(const struct reading *x, const struct columns *k)
{
	size_t known = 0;
	if (x->o->map)
		return x->o->map->source;
	if (x->source == REGISTRY_WA_AG)
		return REGISTRY_WA_AG;
	for (size_t i = 0; i < x->n; i++)
		known += registry_is_entity_type(x->v[i].entity_type) || registry_is_type(x->v[i].type);
	return k->at[COL_SUBMITTED] >= 0 && known * 2 > x->n ? REGISTRY_OCR : REGISTRY_OTHER;
}

static void set_limit(struct reading *x)
{
	int32_t day, month;
	registry_name_day(x->o->file, &day, &month);
	if (month != REGISTRY_NO_DAY && day == REGISTRY_NO_DAY)
		day = month + time_days_in_month(registry_day_year(month), registry_day_month(month)) - 1;
	x->limit = x->o->as_of != REGISTRY_NO_DAY ? x->o->as_of : day != REGISTRY_NO_DAY ? day : x->o->today;
}

int registry_read(struct slice bytes, const struct registry_read_options *o, struct arena *a, struct registry_list *ret, struct err *e)
{
	struct warnings w = {.a = a};
	struct reading x = {.o = o, .a = a, .w = &w, .order = o->map ? o->map->order : ORDER_AUTO};
	struct columns k = {0};
	struct csv csv;
	struct registry_list l = {0};
	struct slice text;
	if (bytes.n > REGISTRY_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "larger than %zu MiB", REGISTRY_FILE_MAX >> 20);
	int r = decode(&x, bytes, &text, &l.encoding, e);
	if (r == 0)
		r = header(&x, text, &k, &csv, e);
	if (r == 0 && !o->map && washington(text))
		x.source = REGISTRY_WA_AG;
	if (r == 0 && !o->map)
		r = sample_columns(&x, &k, csv, e);
	if (r == 0 && (k.at[COL_NAME] < 0 || k.at[COL_SUBMITTED] < 0))
		r = err_set(e, ERR_INPUT, "line 1", "there is no column of %s: a list of other columns needs --map FILE", k.at[COL_NAME] < 0 ? "names" : "days of submission");
	if (r == 0 && k.at[COL_PERSONS] < 0)
		registry_warn(&w, "persons", "there is no column of numbers of persons: how many are affected is not known of any row");
	if (r == 0)
		r = rows(&x, &k, &csv, e);
	if (r < 0)
		return r;
	if (!x.n)
		return err_set(e, ERR_INPUT, NULL, "there is no report in it");
	l.source = x.source = source_of(&x, &k);
	if (x.source == REGISTRY_OTHER && !o->map)
		return err_set(e, ERR_INPUT, NULL, "is neither the breach portal's list nor Washington's: --map FILE says which column is what");
	set_limit(&x);
	registry_turn(&x);
	keep_raw(&x);
	registry_list_view(&x, &l);
	registry_doubt(&x, &l);
	if (arena_code(a)) /* a warning was lost */
		return err_set(e, arena_code(a), NULL, "no room for this list");
	l.v = x.v;
	l.n = x.n;
	l.unread = x.unread;
	l.repaired = x.repaired;
	l.turned = x.turned;
	l.w = w.v;
	l.w_n = w.n;
	*ret = l;
	return 0;
}
