/* Lists in plain text, whose columns are where they stand: printed reports, and what pdftotext makes of a table.
 *
 *   Name                 Date of      MRN          +--------------+------------+
 *                        Birth                     | Name         | MRN        |
 *   -------------------- -----------  ---------    +--------------+------------+
 *   Garcia, Maria        03/07/1964   N7001234     | Garcia,      | N7001234   |
 *   Montgomery-          11/30/1971   S8000017     | Maria        |            |
 *   Fitzgerald, Anne                               +--------------+------------+
 *
 * What a table is
 *   - Cells are parted by two blanks, a tab or a bar. A line (or two, joined where their cells stand above each other) whose cells name columns of persons begins one: a name or a person's number, and something else that tells who somebody is.
 *   - A row is a line whose cells each stand under one of those names (a cell that reaches under two is parted where a column begins, or ends, at a blank), two of them at least, and that has figures where dates and numbers belong.
 *   - What goes on in the next line belongs to its row: between two ruled lines anything; else what has no number or date of its own, and no name unless that above breaks off (",", "-").
 *   - Ruled and empty lines, and the header again on a further page, say nothing. A line that is none of this is text; two of them end the table.
 *
 * The text is told first, with the rows blank in it, then the rows as records: what stands behind a table is not the last row's. */
#include "extract_csv.h"
#include "extract_values.h"

#include <stdlib.h>

#define CELLS 48u
#define JOINED_MAX ((size_t)1 << 20) /* bytes of one row whose cells go on in further lines */
#define LOOKED 40u                   /* lines that are looked at to see whether rows are ruled */
#define SIGNS 4u
#define NEARLY 2u                    /* columns by which a value may begin before or behind its name */
#define NAME_MAX 48u                 /* of a column, as it is written */

struct cell {
	struct slice s;
	unsigned from, to; /* columns of characters */
};
struct cells {
	struct cell v[CELLS];
	unsigned n;
	bool ruled; /* nothing but a ruled line */
};

/* ---- a line's cells ---- */

static size_t box_drawing(const uint8_t *p, size_t n) /* U+2500 to U+257F; its bytes, or 0 */
{
	return n >= 3 && p[0] == 0xE2 && (p[1] == 0x94 || p[1] == 0x95) ? 3 : 0;
}

static size_t drawn(const uint8_t *p, size_t n) /* besides those a minus, an en or em dash: what lines are made of */
{
	bool dash = n >= 3 && p[0] == 0xE2 && ((p[1] == 0x88 && p[2] == 0x92) || (p[1] == 0x80 && (p[2] == 0x93 || p[2] == 0x94)));
	return dash ? 3 : box_drawing(p, n);
}

static bool is_bar(const uint8_t *p, size_t n, size_t *ret_n)
{
	size_t box = box_drawing(p, n);
	*ret_n = box ? box : 1;
	return *p == '|' || (box && p[1] == 0x94 && (p[2] == 0x82 || p[2] == 0x83)) || (box && p[1] == 0x95 && p[2] == 0x91);
}

/* How a table's cells are parted: by where they stand; or by a sign, however many blanks are beside it, and then a cell's place is its number. */
enum parted { BY_PLACE, BY_TAB, BY_BAR };
#define STEP 1024u /* columns from one numbered cell to the next */

static unsigned bars_in(struct slice line)
{
	unsigned bars = 0;
	size_t n;
	for (size_t i = 0; i < line.n; i += n)
		bars += is_bar(line.p + i, line.n - i, &n);
	return bars;
}

static enum parted parted_by(struct slice line)
{
	if (bars_in(line))
		return BY_BAR;
	return memchr(line.p, '\t', line.n) && !memmem(line.p, line.n, "\t\t", 2) && !memmem(line.p, line.n, "  ", 2) ? BY_TAB : BY_PLACE;
}

static bool is_rule(const struct cells *c)
{
	bool rule = false;
	for (unsigned k = 0; k < c->n; k++)
		for (size_t i = 0; i < c->v[k].s.n; i++) {
			const struct slice s = c->v[k].s;
			size_t box = drawn(s.p + i, s.n - i);
			if (!box && !strchr("-=_+.: ", s.p[i]))
				return false;
			rule |= s.p[i] != '.' && s.p[i] != ':';
			i += box ? box - 1 : 0;
		}
	return rule;
}

static bool add_cell(struct cells *c, struct slice s, unsigned from, unsigned to)
{
	if (c->n == CELLS)
		return false;
	c->v[c->n++] = (struct cell){s, from, to};
	return true;
}

static bool numbered_cells(struct slice line, bool bar, struct cells *ret)
{
	unsigned k = 0;
	size_t from = 0, n;
	bool ok = true, led = false;
	line = slice_trim(line);
	for (size_t i = 0; ok && i <= line.n; i += n) {
		bool ends = i == line.n;
		n = 1;
		if (!ends && !(bar ? is_bar(line.p + i, line.n - i, &n) : line.p[i] == '\t'))
			continue;
		struct slice s = slice_trim(slice_of(line.p + from, i - from));
		led |= bar && i == 0; /* the bar at a line's beginning parts nothing */
		if (s.n)
			ok = add_cell(ret, s, k * STEP, k * STEP + STEP / 2);
		k += !(led && i == 0);
		from = i + n;
	}
	return ok;
}

static bool placed_cells(struct slice line, struct cells *ret)
{
	unsigned at = 0, blanks = 2;
	for (size_t i = 0; i < line.n;) {
		if (line.p[i] <= ' ') {
			bool tab = line.p[i] == '\t';
			blanks = tab ? 2 : blanks + 1;
			at = tab ? (at / 8 + 1) * 8 : at + 1;
			i++;
			continue;
		}
		if (blanks >= 2 && !add_cell(ret, slice_of(line.p + i, 0), at, at))
			return false;
		blanks = 0;
		do { /* a whole character */
			i++;
		} while (i < line.n && (line.p[i] & 0xC0) == 0x80);
		struct cell *c = &ret->v[ret->n - 1];
		c->s.n = (size_t)(line.p + i - c->s.p);
		c->to = ++at;
	}
	return true;
}

/* Cells of a line. False: more than are looked at, or none. */
static bool cells_of(struct slice line, enum parted by, struct cells *ret)
{
	ret->n = 0;
	ret->ruled = false;
	if (!(by == BY_PLACE ? placed_cells(line, ret) : numbered_cells(line, by == BY_BAR, ret)))
		return false;
	ret->ruled = ret->n && is_rule(ret);
	return ret->n > 0;
}

/* ---- the header ---- */

static bool is_naming(int role)
{
	return role == PERSON_ROLE_NAME || role == PERSON_ROLE_LAST || role == PERSON_ROLE_FIRST;
}

static bool is_number(int role) /* a person's, with figures in it */
{
	static const uint8_t v[] = {PERSON_ROLE_SSN, PERSON_ROLE_SSN4, PERSON_ROLE_MRN, PERSON_ROLE_MBI, PERSON_ROLE_MEDICAID, PERSON_ROLE_MEMBER, PERSON_ROLE_DL, PERSON_ROLE_DOB, PERSON_ROLE_PHONE, PERSON_ROLE_ZIP};
	return memchr(v, role, sizeof v) != NULL;
}

static bool is_telling(int role)
{
	static const uint8_t v[] = {PERSON_ROLE_EMAIL, PERSON_ROLE_STREET, PERSON_ROLE_ADDRESS, PERSON_ROLE_SEX, PERSON_ROLE_MIDDLE};
	return is_naming(role) || is_number(role) || memchr(v, role, sizeof v) != NULL;
}

/* Cheap: could these be names at all? */
static bool may_be_names(const struct cells *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct slice s = c->v[i].s;
		if (s.n > NAME_MAX || memchr(s.p, ':', s.n) || extract_value_digits(s) > 1)
			return false;
	}
	return c->n && !c->ruled;
}

/* How many of the cells are names of columns, where they are those of a list of persons; else 0. */
static size_t score(const struct cells *c)
{
	struct slice field[CELLS];
	unsigned naming = 0, telling = 0;
	if (c->n < 2 || !may_be_names(c))
		return 0;
	for (unsigned i = 0; i < c->n; i++) {
		int who = PERSON_SUBJECT, role;
		field[i] = c->v[i].s;
		role = extract_value_column(field[i], &who);
		if (who != PERSON_SUBJECT)
			continue;
		naming += is_naming(role) || role == PERSON_ROLE_SSN || role == PERSON_ROLE_MRN || role == PERSON_ROLE_MBI || role == PERSON_ROLE_MEDICAID || role == PERSON_ROLE_MEMBER;
		telling += is_telling(role);
	}
	return naming && telling >= 2 ? extract_list_header_score(field, c->n) : 0;
}

static void part_cell(struct cells *c, unsigned k, size_t n, unsigned at) /* at the blank behind its first n bytes, which is column `at` */
{
	struct cell x = c->v[k];
	memmove(&c->v[k + 1], &c->v[k], (c->n - k) * sizeof *c->v);
	c->n++;
	c->v[k] = (struct cell){slice_of(x.s.p, n), x.from, at};
	c->v[k + 1] = (struct cell){slice_of(x.s.p + n + 1, x.s.n - n - 1), at + 1, x.to};
}

/* Names of columns as wide as what stands under them have one blank between: "Room Patient Name". A cell that names nothing is parted at a blank behind or before which a name stands. */
static void part_names(struct cells *c)
{
	for (unsigned k = 0; k < c->n && c->n < CELLS; k++) {
		struct cell x = c->v[k];
		if (extract_value_column(x.s, &(int){0}) != PERSON_ROLE_OTHER)
			continue;
		for (size_t i = 1; i + 1 < x.s.n; i++) {
			struct slice behind = slice_of(x.s.p + i + 1, x.s.n - i - 1);
			if (x.s.p[i] != ' ' || (extract_value_column(behind, &(int){0}) == PERSON_ROLE_OTHER && extract_value_column(slice_of(x.s.p, i), &(int){0}) == PERSON_ROLE_OTHER))
				continue;
			unsigned at = x.from;
			for (size_t n = 0; n < i; n++)
				at += (x.s.p[n] & 0xC0) != 0x80;
			part_cell(c, k, i, at);
			break;
		}
	}
}

static bool over(const struct cell *a, const struct cell *b)
{
	return a->from < b->to && b->from < a->to;
}

/* "Room Name" below "Patient" that begins where Name does, but for one: two names. */
static void part_below(const struct cells *above, struct cells *c)
{
	for (unsigned k = 0; k < c->n && c->n < CELLS; k++) {
		unsigned at = c->v[k].from;
		for (size_t i = 0; i + 1 < c->v[k].s.n; i++) {
			bool begins = false;
			if ((c->v[k].s.p[i] & 0xC0) == 0x80)
				continue;
			for (unsigned j = 0; j < above->n; j++)
				begins |= above->v[j].from >= at && above->v[j].from <= at + 2;
			if (i && c->v[k].s.p[i] == ' ' && begins) {
				part_cell(c, k, i, at);
				break;
			}
			at++;
		}
	}
}

/* Two lines of names, joined where they stand above each other. False: a cell of one stands under two. */
static bool merge(const struct cells *a, const struct cells *b, struct arena *m, struct cells *ret)
{
	unsigned i = 0, k = 0;
	*ret = (struct cells){.n = 0};
	while (i < a->n || k < b->n) {
		if (ret->n == CELLS)
			return false;
		struct cell *to = &ret->v[ret->n++];
		if (i < a->n && k < b->n && over(&a->v[i], &b->v[k])) {
			char *s = arena_printf(m, "%.*s %.*s", SLICE_FMT(a->v[i].s), SLICE_FMT(b->v[k].s));
			if (!s || (i + 1 < a->n && over(&a->v[i + 1], &b->v[k])) || (k + 1 < b->n && over(&a->v[i], &b->v[k + 1])))
				return false;
			*to = (struct cell){slice_str(s), a->v[i].from < b->v[k].from ? a->v[i].from : b->v[k].from, a->v[i].to > b->v[k].to ? a->v[i].to : b->v[k].to};
			i++;
			k++;
		} else {
			*to = k == b->n || (i < a->n && a->v[i].from < b->v[k].from) ? a->v[i++] : b->v[k++];
		}
	}
	return true;
}

/* ---- the tables of a text ---- */

struct table {
	const struct extract_out *o;
	struct slice text;
	uint64_t offset;
	uint8_t *blank;          /* the text without its rows, once there is one; NULL while rows are told */
	bool telling;
	struct arena *a;         /* the header's names; and those of one row */
	struct list list;
	struct cells head;       /* where the names stand, and what stands under them */
	struct cells name;       /* the names alone */
	struct slice first, second; /* the header's lines; second.p NULL: it has one */
	uint8_t role[CELLS];
	size_t sign[SIGNS];      /* where the next one stands of each that parts cells */
	enum parted by;
	bool ruled;              /* each row between two ruled lines */
	struct slice row[CELLS]; /* waiting: the next line may go on with it */
	const uint8_t *row_at;
	bool waits;
	struct arena *joined;
	size_t rows;
};

/* The next line from at on; false at the end. A form feed ends one, too. */
static bool line_at(const struct table *t, size_t at, struct slice *ret, size_t *ret_next)
{
	if (at >= t->text.n)
		return false;
	const uint8_t *p = t->text.p + at, *lf = memchr(p, '\n', t->text.n - at);
	size_t n = lf ? (size_t)(lf - p) : t->text.n - at;
	const uint8_t *ff = n ? memchr(p, '\f', n) : NULL;
	n = ff ? (size_t)(ff - p) : n;
	*ret = slice_of(p, n);
	*ret_next = at + n + (at + n < t->text.n);
	return true;
}

static int put_row(struct table *t, struct err *e)
{
	int r = 0;
	if (t->waits && t->telling)
		r = extract_list_row(&t->list, t->row, t->name.n, t->row_at, t->text.p + t->text.n, t->offset + (uint64_t)(t->row_at - t->text.p), e);
	t->rows += t->waits;
	t->waits = false;
	arena_reset(t->joined);
	return r;
}

/* A line of a row: it is none of the running text. */
static int take_line(struct table *t, struct slice line, struct err *e)
{
	if (t->telling)
		return 0;
	if (!t->blank) {
		t->blank = malloc(t->text.n);
		if (!t->blank)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a text with lists in it");
		memcpy(t->blank, t->text.p, t->text.n);
	}
	memset(t->blank + (line.p - t->text.p), ' ', line.n);
	return 0;
}

/* Where a cell that reaches under columns k and k + 1 is parted: its bytes before; 0: nowhere. At the blank before the second begins, or nearly so (proportional letters do not stand to the character), else behind the end of the first.
 * ret_at: the column of what is behind. */
static size_t part_at(const struct table *t, const struct cell *c, unsigned k, unsigned *ret_at)
{
	unsigned begins = t->name.v[k + 1].from, ends = t->name.v[k].to, at = c->from, best = NEARLY + 1;
	size_t left = 0, right = 0;
	if (t->by != BY_PLACE)
		return 0;
	for (size_t i = 0; i < c->s.n; i++) {
		if ((c->s.p[i] & 0xC0) == 0x80)
			continue;
		unsigned off = at > begins ? at - begins : begins - at;
		if (i && c->s.p[i - 1] == ' ' && off < best) {
			best = off;
			left = i;
			*ret_at = at;
		}
		if (i && at >= ends && at < begins && c->s.p[i] == ' ' && !right && !left) {
			right = i + 1;
			*ret_at = at + 1;
		}
		at++;
	}
	return left ? left : right;
}

/* The columns that a cell stands under, the first and last; none: the nearest. */
static void columns_under(const struct table *t, const struct cell *c, unsigned *first, unsigned *last)
{
	unsigned best = UINT32_MAX, near = 0, n = 0;
	for (unsigned k = 0; k < t->head.n; k++) {
		const struct cell *h = &t->head.v[k];
		unsigned gap = over(h, c) ? 0 : h->from >= c->to ? h->from - c->to + 1 : c->from - h->to + 1;
		if (gap < best) {
			best = gap;
			near = k;
		}
		if (!gap) {
			*first = n++ ? *first : k;
			*last = k;
		}
	}
	if (!n)
		*first = *last = near;
}

static bool fill(struct table *t, unsigned k, struct slice s, struct slice field[CELLS])
{
	s = slice_trim(s);
	if (!field[k].n) {
		field[k] = s;
		return true;
	}
	size_t n = (size_t)(s.p + s.n - field[k].p);
	if (field[k].p >= t->text.p && s.p > field[k].p && n <= 256) /* two parts of one value, with more than a blank between */
		field[k].n = n;
	return n <= 256;
}

static size_t letters(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') || s.p[i] >= 0x80;
	return n;
}

/* A date, or a number with few letters in it. */
static bool is_key(int role, struct slice s)
{
	size_t digits = extract_value_digits(s);
	return is_number(role) && digits && letters(s) <= digits + 2 && (role != PERSON_ROLE_DOB || (digits >= 4 && !memchr(s.p, ':', s.n)));
}

/* Could it stand under this name? */
static bool fits_name(int role, struct slice s)
{
	if (is_number(role))
		return is_key(role, s) || letters(s) <= 3 || role == PERSON_ROLE_DL; /* "n/a", "--" */
	return !is_naming(role) || (letters(s) && extract_value_digits(s) <= 2 && s.n <= 80);
}

/* A row has a date or a number of its own, where the table has such columns; one without stands under its names to the character, or between bars. Else two words of a sentence with a wide gap between would be somebody. */
static bool is_row(const struct table *t, const struct cells *c, const struct slice field[CELLS], unsigned filled, bool parted)
{
	bool keys = false, named = false, aligned = !parted;
	for (unsigned k = 0; k < t->name.n; k++) {
		if (field[k].n && is_key(t->role[k], field[k]))
			return filled >= 2;
		keys |= is_number(t->role[k]);
		named |= field[k].n && is_naming(t->role[k]);
	}
	if (t->by == BY_BAR)
		return filled >= 2 || named;
	for (unsigned i = 0; i < c->n && aligned; i++) {
		bool here = false;
		for (unsigned k = 0; k < t->name.n && !here; k++)
			here = c->v[i].from == t->name.v[k].from || c->v[i].to == t->name.v[k].to;
		aligned = here;
	}
	return filled >= 2 && aligned && (!keys || filled * 2 > t->name.n);
}

/* A line's cells under their names. False: it is no row of this table, nor a part of one. ret_parted: a cell of it reached under two. */
static bool fields_of(struct table *t, const struct cells *c, struct slice field[CELLS], unsigned *ret_filled, bool *ret_parted)
{
	*ret_filled = 0;
	*ret_parted = false;
	memset(field, 0, CELLS * sizeof *field);
	for (unsigned i = 0; i < c->n; i++) {
		struct cell x = c->v[i];
		unsigned first, last;
		columns_under(t, &x, &first, &last);
		for (unsigned k = first; k < last; k++) {
			unsigned at = x.from;
			size_t n = part_at(t, &x, k, &at);
			*ret_parted = true;
			if (!n || !fill(t, k, slice_of(x.s.p, n), field))
				return false;
			x.s = slice_of(x.s.p + n, x.s.n - n);
			x.from = at;
		}
		if (!fill(t, last, x.s, field))
			return false;
	}
	for (unsigned k = 0; k < t->name.n; k++) {
		*ret_filled += field[k].n > 0;
		if (field[k].n && !fits_name(t->role[k], field[k]))
			return false;
	}
	return true;
}

/* What stands under a name may be longer than it: up to its neighbours'. */
static void widen(struct table *t, const struct cells *c)
{
	for (unsigned i = 0; i < c->n; i++) {
		unsigned first, last;
		columns_under(t, &c->v[i], &first, &last);
		struct cell *h = &t->head.v[first];
		if (first != last)
			continue;
		unsigned lo = first ? t->head.v[first - 1].to : 0, hi = first + 1 < t->head.n ? t->head.v[first + 1].from : UINT32_MAX;
		if (c->v[i].from < h->from && c->v[i].from >= lo)
			h->from = c->v[i].from;
		if (c->v[i].to > h->to && c->v[i].to <= hi)
			h->to = c->v[i].to;
	}
}

/* Does the row that waits go on in this line? */
static bool goes_on(const struct table *t, const struct slice field[CELLS], bool fresh)
{
	if (!t->waits || fresh)
		return false;
	if (t->ruled)
		return true;
	for (unsigned k = 0; k < t->name.n; k++) {
		if (!field[k].n)
			continue;
		uint8_t last = t->row[k].n ? t->row[k].p[t->row[k].n - 1] : 0;
		if (!t->row[k].n || is_number(t->role[k]) || (is_naming(t->role[k]) && last != ',' && last != '-'))
			return false;
	}
	return true;
}

static int go_on(struct table *t, const struct slice field[CELLS], struct err *e)
{
	for (unsigned k = 0; k < t->name.n; k++) {
		if (!field[k].n)
			continue;
		bool broken = t->row[k].n && t->row[k].p[t->row[k].n - 1] == '-';
		char *s = t->row[k].n + field[k].n < 4096 ? arena_printf(t->joined, "%.*s%s%.*s", SLICE_FMT(t->row[k]), t->row[k].n && !broken ? " " : "", SLICE_FMT(field[k])) : NULL;
		if (!s && arena_code(t->joined) == ERR_MEMORY)
			return err_set(e, ERR_MEMORY, NULL, "no memory for a row");
		t->row[k] = s ? slice_str(s) : t->row[k];
	}
	return 0;
}

/* Rows between ruled lines? At least two such groups of few lines each, within what is looked at. */
static bool rows_are_ruled(const struct table *t, size_t at)
{
	struct slice line;
	struct cells c;
	unsigned groups = 0, lines = 0;
	for (unsigned i = 0; i < LOOKED && line_at(t, at, &line, &at); i++) {
		if (!cells_of(line, t->by, &c))
			continue;
		if (!c.ruled) {
			lines++;
			continue;
		}
		if (lines > 6)
			return false;
		groups += lines > 0;
		lines = 0;
	}
	return groups >= 2;
}

/* Is there a header at this line? Where it is, the table is begun, and *next is behind it. */
static int begin_table(struct table *t, struct slice line, size_t *next, bool *ret, struct err *e)
{
	struct cells a, b, both;
	struct slice second = SLICE_NULL, field[CELLS];
	size_t after = *next, one, two = 0;
	*ret = false;
	t->by = parted_by(line);
	if (!cells_of(line, t->by, &a) || !may_be_names(&a))
		return 0;
	if (t->by == BY_PLACE)
		part_names(&a);
	one = score(&a);
	arena_reset(t->a);
	bool more = line_at(t, *next, &second, &after) && cells_of(second, t->by, &b) && may_be_names(&b);
	if (more && t->by == BY_PLACE)
		part_below(&a, &b);
	if (more && merge(&a, &b, t->a, &both)) {
		two = score(&both);
		two = two > one && two > score(&b) ? two : 0;
	}
	if (!one && !two)
		return 0;
	t->first = line;
	t->second = two ? second : SLICE_NULL;
	t->head = t->name = two ? both : a;
	for (unsigned k = 0; k < t->name.n; k++) {
		int who;
		field[k] = t->name.v[k].s;
		t->role[k] = (uint8_t)extract_value_column(field[k], &who);
	}
	*next = two ? after : *next;
	*ret = true;
	t->ruled = rows_are_ruled(t, *next);
	return extract_list_header(&t->list, field, t->name.n, e);
}

/* Its rows. *next: behind the last of them. */
static int rows_of(struct table *t, size_t *next, struct err *e)
{
	struct slice line, field[CELLS];
	struct cells c;
	unsigned misses = 0, filled = 0;
	bool parted = false, fresh = true; /* behind a ruled or an empty line */
	size_t at = *next, after;
	int r = 0;
	while (r == 0 && misses < 2 && line_at(t, at, &line, &after)) {
		bool any = cells_of(line, t->by, &c), said = any && (slice_eq(line, t->first) || (t->second.p && slice_eq(line, t->second)));
		bool fits = any && !c.ruled && !said && (t->by != BY_BAR || bars_in(line)) && fields_of(t, &c, field, &filled, &parted);
		if (!any || c.ruled || said) {
			fresh |= !any ? !t->ruled : true;
		} else if (fits && goes_on(t, field, fresh)) {
			r = take_line(t, line, e);
			r = r ? r : go_on(t, field, e);
			*next = after;
		} else if (fits && is_row(t, &c, field, filled, parted)) {
			r = put_row(t, e);
			r = r ? r : take_line(t, line, e);
			memcpy(t->row, field, sizeof field);
			t->row_at = line.p;
			t->waits = true;
			widen(t, &c);
			misses = 0;
			fresh = false;
			*next = after;
		} else {
			misses++;
			fresh = true;
		}
		at = after;
	}
	return r ? r : put_row(t, e);
}

/* Where two bytes stand one behind the other; NULL: nowhere. Eight places at a time: a byte that is looked for is zero in the difference, and taking one from it borrows into its highest bit. What the borrow then says of bytes above may be wrong. */
static const uint8_t *pair(const uint8_t *p, size_t n, const char two[2])
{
	const uint64_t ones = UINT64_MAX / 255, tops = ones << 7, a = ones * (uint8_t)two[0], b = ones * (uint8_t)two[1];
	size_t i = 0;
	for (; i + 9 <= n; i += 8) {
		uint64_t x, y;
		memcpy(&x, p + i, 8);
		memcpy(&y, p + i + 1, 8);
		x ^= a;
		y ^= b;
		if (!((x - ones) & ~x & (y - ones) & ~y & tops))
			continue;
		for (size_t k = i; k < i + 8; k++)
			if (p[k] == (uint8_t)two[0] && p[k + 1] == (uint8_t)two[1])
				return p + k;
	}
	for (; i + 1 < n; i++)
		if (p[i] == (uint8_t)two[0] && p[i + 1] == (uint8_t)two[1])
			return p + i;
	return NULL;
}

/* The next line that may name columns: of most text none does. What parts cells is looked for in all of it, and again only when it was passed. */
static size_t next_parted(struct table *t, size_t at)
{
	static const char *const sign[SIGNS] = {"  ", "\t", "|", "\xE2\x94"};
	size_t first = t->text.n;
	for (unsigned k = 0; k < SIGNS; k++) {
		if (t->sign[k] < at || !at) {
			size_t n = strlen(sign[k]);
			const uint8_t *from = t->text.p + at, *p = n == 1 ? memchr(from, *sign[k], t->text.n - at) : pair(from, t->text.n - at, sign[k]);
			t->sign[k] = p ? (size_t)(p - t->text.p) : t->text.n;
		}
		first = t->sign[k] < first ? t->sign[k] : first;
	}
	if (first == t->text.n)
		return first;
	while (first > at && t->text.p[first - 1] != '\n' && t->text.p[first - 1] != '\f')
		first--;
	return first;
}

static int tables(struct table *t, struct err *e)
{
	struct slice line;
	bool begun;
	int r = 0;
	for (size_t at = next_parted(t, 0), next; r == 0 && line_at(t, at, &line, &next); at = next_parted(t, next)) {
		r = begin_table(t, line, &next, &begun, e);
		if (r == 0 && begun)
			r = rows_of(t, &next, e);
	}
	return r;
}

int extract_put_layout(const struct extract_out *o, struct slice text, uint64_t offset, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20), *joined = arena_new(JOINED_MAX);
	struct table t = {.o = o, .text = text, .offset = offset, .a = a, .joined = joined};
	if (!a || !joined)
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a text in");
	extract_list_init(&t.list, o);
	int r = text.n ? tables(&t, e) : 0;
	if (r == 0)
		r = extract_put_text(o, t.blank ? slice_of(t.blank, text.n) : text, offset, e);
	free(t.blank);
	if (r == 0 && t.rows) {
		t.blank = NULL;
		t.telling = true;
		r = tables(&t, e);
	}
	extract_list_done(&t.list);
	return r;
}
