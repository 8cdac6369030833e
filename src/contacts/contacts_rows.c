/* A file -> its rows, by what their columns mean; and the times in them. Lists of contacts and of calls are read alike: whole or not at all. */
#include "contacts_internal.h"

#include <stdio.h>

#define HEADER_ROWS 20 /* exports begin with a title, a date, a blank line */

int contact_rows_no_room(struct contact_rows *x)
{
	return err_set(x->e, arena_code(x->a) ? arena_code(x->a) : ERR_MEMORY, NULL, "no room for this list");
}

int contact_row_name(struct contact_rows *x, const struct contact_row *l, struct slice *name)
{
	const struct slice family = l->at[COL_FAMILY], given = l->at[COL_GIVEN];
	if (name->n || (!family.n && !given.n))
		return 0;
	*name = slice_str(arena_printf(x->a, "%.*s%s%.*s", SLICE_FMT(family), family.n && given.n ? ", " : "", SLICE_FMT(given)));
	return name->p ? 0 : contact_rows_no_room(x);
}

int contact_row_wrong(struct contact_rows *x, const struct contact_row *l, enum contact_column c, const char *why)
{
	char place[96], title[48] = "";
	for (size_t i = 0; i < x->cols; i++)
		if (x->column[i] == c && x->title[i].n < sizeof title) /* as the file calls it: a column's name, not what stands in it */
			snprintf(title, sizeof title, "%.*s", SLICE_FMT(x->title[i]));
	snprintf(place, sizeof place, "line %u, column %s", l->number, title[0] ? title : x->calls && c == COL_FROM ? "when" : contact_column_name(c));
	return err_set(x->e, ERR_INPUT, place, "%s", why);
}

/* ---- the header ---- */

static bool take_header(struct contact_rows *x, const struct slice *f, size_t n)
{
	unsigned known = 0;
	bool who = false;
	for (size_t i = 0; i < n; i++) {
		x->title[i] = f[i];
		x->column[i] = x->calls ? contact_call_column_of(f[i]) : contact_column_of(f[i]);
		known += x->column[i] != COL_UNKNOWN;
		who |= x->column[i] == COL_NAME || x->column[i] == COL_FAMILY || x->column[i] == COL_PATIENT || (!x->calls && (x->column[i] == COL_ROLE || x->column[i] == COL_UNIT));
	}
	x->cols = n;
	return who && known >= 2;
}

static int header(struct contact_rows *x, struct slice text)
{
	struct slice rest = text, field[CSV_FIELDS_MAX];
	struct slice first = slice_cut(rest, '\n', &rest);
	uint8_t given = first.n >= 5 && slice_starts(first, "sep=") ? first.p[4] : 0;
	rest = text;
	for (uint32_t number = 1; rest.p && rest.n && number <= HEADER_ROWS; number++) {
		struct slice from = rest, head = slice_cut(rest, '\n', &rest);
		size_t n;
		csv_init(&x->csv, from, given ? given : csv_separator(head), x->a);
		x->csv.line = number;
		if (slice_trim(head).n && csv_row(&x->csv, field, &n) && take_header(x, field, n)) {
			for (size_t i = 0; i < n; i++)
				for (size_t k = 0; k < i; k++)
					if (x->column[i] != COL_UNKNOWN && x->column[i] == x->column[k])
						return contact_row_wrong(x, &(struct contact_row){.number = x->csv.row_line}, x->column[i], "two columns mean the same: give one of them another name, or leave it out");
			return 0;
		}
	}
	return err_set(x->e, ERR_INPUT, "line 1", "no header: one row has to name the columns, such as %s. If it does, and in other letters than English: save the file as UTF-8", x->calls ? "name,patient,phone,when,what" : "name,role,unit,phone");
}

/* ---- rows ---- */

/* A line's end within quotes is a place to read on, and nothing that a list of telephone numbers needs. */
static bool clean(struct contact_rows *x, struct slice *v)
{
	bool odd = false;
	for (size_t i = 0; i < v->n && !odd; i++)
		odd = v->p[i] < 0x20 || v->p[i] == 0x7f;
	if (!odd)
		return true;
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4 * (size_t)CONTACTS_FILE_MAX);
	for (size_t i = 0; i < v->n; i++) {
		if (v->p[i] == '\n')
			buf_str(&b, b.n && i + 1 < v->n ? ", " : "");
		else if (v->p[i] == '\t')
			buf_u8(&b, ' ');
		else if (v->p[i] >= 0x20 && v->p[i] != 0x7f)
			buf_u8(&b, v->p[i]);
	}
	*v = buf_ok(&b) && b.n ? arena_dup(x->a, buf_slice(&b)) : SLICE_NULL;
	return buf_ok(&b) && (!b.n || v->p);
}

static int take_row(struct contact_rows *x, const struct slice *f, size_t n)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 256;
		struct contact_row *v = arena_array(x->a, cap, sizeof *v);
		if (!v)
			return contact_rows_no_room(x);
		if (x->n)
			memcpy(v, x->line, x->n * sizeof *v);
		x->line = v;
		x->cap = cap;
	}
	struct contact_row *l = &x->line[x->n];
	*l = (struct contact_row){.number = x->csv.row_line};
	for (size_t i = 0; i < n; i++) {
		struct slice v = f[i];
		if (i >= x->cols && v.n)
			return err_set(x->e, ERR_INPUT, NULL, "line %u has %zu fields and the header %zu: a value with a separator in it has to stand in quotes", l->number, n, x->cols);
		if (i >= x->cols || x->column[i] == COL_UNKNOWN)
			continue;
		if (v.n && memchr(v.p, 0, v.n))
			return contact_row_wrong(x, l, x->column[i], "that is no text: save the list as CSV, UTF-8");
		if (!clean(x, &v))
			return contact_rows_no_room(x);
		if (v.n > CONTACTS_VALUE_MAX)
			return contact_row_wrong(x, l, x->column[i], "longer than 400 bytes. Is a quote missing above?");
		v = slice_trim(v);
		l->at[x->column[i]] = contacts_marked(v) ? slice_of(v.p + 1, v.n - 1) : v;
	}
	bool any = false;
	for (int c = 0; c < COL_COUNT; c++)
		any |= l->at[c].n > 0;
	if (any && x->calls && x->n == CONTACT_CALLS_MAX)
		return err_set(x->e, ERR_LIMIT, NULL, "more than %u calls: import the list in parts; they join under one name", CONTACT_CALLS_MAX);
	if (any && x->n == CONTACTS_MAX)
		return err_set(x->e, ERR_LIMIT, NULL, "more than %u contacts: import the list in parts, each under a --source of its own", CONTACTS_MAX);
	x->n += any;
	return 0;
}

/* ---- values ---- */

/* In which order this file writes dates with slashes: told by those that can only be read in one. */
static void learn_order(struct contact_rows *x)
{
	for (size_t i = 0; i < x->n; i++)
		for (int c = COL_FROM; c <= COL_TO; c++) {
			struct contact_time t;
			if (contact_time_get(x->line[i].at[c], &t) && t.year_last && !t.unclear && t.first != t.second && !memchr(x->line[i].at[c].p, '.', x->line[i].at[c].n))
				x->order |= t.day_first ? 1 : 2;
		}
}

int contact_point_of(struct contact_rows *x, const struct contact_row *l, enum contact_column c, struct contact_point *ret)
{
	struct contact_time t;
	if (!contact_time_get(l->at[c], &t))
		return contact_row_wrong(x, l, c, "not a time: write 2026-11-23 18:00, or 18:00 for every day");
	*ret = (struct contact_point){.daily = !t.year, .date_only = t.year && !t.has_hour, .minutes = t.hour * 60 + t.minute};
	if (ret->daily)
		return 0;
	if (t.unclear && x->order != 1 && x->order != 2)
		return contact_row_wrong(x, l, c, "which of the two is the day? Nothing in the file says: write 2026-11-23 18:00");
	bool day_first = t.year_last && (t.unclear ? x->order == 1 : t.day_first);
	int month = day_first ? t.second : t.first, day = day_first ? t.first : t.second;
	ret->local = time_from_civil(t.year, month, day, 0, 0, 0) + (int64_t)ret->minutes * 60 * TIME_SEC;
	return 0;
}

int contact_point_text(struct contact_rows *x, const struct contact_point *p, struct slice *ret)
{
	int y, mo, d, h, mi, s;
	time_civil(p->local, &y, &mo, &d, &h, &mi, &s);
	char *text = p->daily ? arena_printf(x->a, "%02d:%02d", p->minutes / 60, p->minutes % 60) : arena_printf(x->a, "%04d-%02d-%02dT%02d:%02d", y, mo, d, h, mi);
	*ret = slice_str(text);
	return text ? 0 : contact_rows_no_room(x);
}

int contact_rows_ignored(struct contact_rows *x, struct slice *ret)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	for (size_t i = 0; i < x->cols; i++)
		if (x->column[i] == COL_UNKNOWN && x->title[i].n && x->title[i].n < 100 && b.n < 3000) {
			buf_str(&b, b.n ? ", " : "");
			buf_add_slice(&b, x->title[i]);
		}
	*ret = b.n ? arena_dup(x->a, buf_slice(&b)) : SLICE_NULL;
	return b.n && !ret->p ? contact_rows_no_room(x) : 0;
}

int contact_rows_read(struct contact_rows *x, struct slice file, struct arena *a, struct err *e)
{
	struct slice text, field[CSV_FIELDS_MAX];
	size_t n;
	if (file.n > CONTACTS_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "larger than %zu MiB: that is no list of %s", CONTACTS_FILE_MAX >> 20, x->calls ? "calls" : "contacts");
	x->a = a;
	x->e = e;
	int r = csv_utf8(file, a, &text, e);
	if (r == 0)
		r = header(x, text);
	while (r == 0 && csv_row(&x->csv, field, &n))
		r = x->csv.broken ? err_set(e, ERR_INPUT, NULL, "line %u: a quote is opened and not closed", x->csv.row_line) : x->csv.more_fields ? err_set(e, ERR_LIMIT, NULL, "line %u has more than %u fields", x->csv.row_line, CSV_FIELDS_MAX) : take_row(x, field, n);
	if (r == 0 && x->csv.no_room)
		r = contact_rows_no_room(x);
	if (r == 0)
		learn_order(x);
	return r;
}
