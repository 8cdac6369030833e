/* A file -> a list, whole or not at all; and back. */
#include "contacts_internal.h"

#include <stdio.h>

#define HEADER_ROWS 20 /* exports begin with a title, a date, a blank line */

struct line {                           /* a row as it stands */
	struct slice at[COL_COUNT];
	uint32_t number;
};
struct reading {
	struct arena *a;
	struct csv csv;
	enum contact_column column[CSV_FIELDS_MAX];
	struct slice title[CSV_FIELDS_MAX];
	size_t cols;
	int category;
	struct line *line;
	size_t n, cap;
	int order;                      /* of dates with a slash: 1 the day first, 2 the month first, 0 not seen, 3 both */
	struct err *e;
};

static int no_room(struct reading *x)
{
	return err_set(x->e, arena_code(x->a) ? arena_code(x->a) : ERR_MEMORY, NULL, "no room for this list");
}

static int wrong(struct reading *x, const struct line *l, enum contact_column c, const char *why)
{
	char place[96], title[48] = "";
	for (size_t i = 0; i < x->cols; i++)
		if (x->column[i] == c && x->title[i].n < sizeof title) /* as the file calls it: a column's name, not what stands in it */
			snprintf(title, sizeof title, "%.*s", SLICE_FMT(x->title[i]));
	snprintf(place, sizeof place, "line %u, column %s", l->number, title[0] ? title : contact_column_name(c));
	return err_set(x->e, ERR_INPUT, place, "%s", why);
}

/* ---- the header ---- */

static bool take_header(struct reading *x, const struct slice *f, size_t n)
{
	unsigned known = 0;
	bool who = false;
	for (size_t i = 0; i < n; i++) {
		x->title[i] = f[i];
		x->column[i] = contact_column_of(f[i]);
		known += x->column[i] != COL_UNKNOWN;
		who |= x->column[i] == COL_NAME || x->column[i] == COL_FAMILY || x->column[i] == COL_ROLE || x->column[i] == COL_UNIT;
	}
	x->cols = n;
	return who && known >= 2;
}

static int header(struct reading *x, struct slice text)
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
						return wrong(x, &(struct line){.number = x->csv.row_line}, x->column[i], "two columns mean the same: give one of them another name, or leave it out");
			return 0;
		}
	}
	return err_set(x->e, ERR_INPUT, "line 1", "no header: one row has to name the columns, such as name,role,unit,phone. If it does, and in other letters than English: save the file as UTF-8");
}

/* ---- rows ---- */

/* A line's end within quotes is a place to read on, and nothing that a list of telephone numbers needs. */
static bool clean(struct reading *x, struct slice *v)
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

static int take_row(struct reading *x, const struct slice *f, size_t n)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : 256;
		struct line *v = arena_array(x->a, cap, sizeof *v);
		if (!v)
			return no_room(x);
		if (x->n)
			memcpy(v, x->line, x->n * sizeof *v);
		x->line = v;
		x->cap = cap;
	}
	struct line *l = &x->line[x->n];
	*l = (struct line){.number = x->csv.row_line};
	for (size_t i = 0; i < n; i++) {
		struct slice v = f[i];
		if (i >= x->cols && v.n)
			return err_set(x->e, ERR_INPUT, NULL, "line %u has %zu fields and the header %zu: a value with a separator in it has to stand in quotes", l->number, n, x->cols);
		if (i >= x->cols || x->column[i] == COL_UNKNOWN)
			continue;
		if (v.n && memchr(v.p, 0, v.n))
			return wrong(x, l, x->column[i], "that is no text: save the list as CSV, UTF-8");
		if (!clean(x, &v))
			return no_room(x);
		if (v.n > CONTACTS_VALUE_MAX)
			return wrong(x, l, x->column[i], "longer than 400 bytes. Is a quote missing above?");
		l->at[x->column[i]] = slice_trim(v);
	}
	bool any = false;
	for (int c = 0; c < COL_COUNT; c++)
		any |= l->at[c].n > 0;
	if (any && x->n == CONTACTS_MAX)
		return err_set(x->e, ERR_LIMIT, NULL, "more than %u contacts: import the list in parts, each under a --source of its own", CONTACTS_MAX);
	x->n += any;
	return 0;
}

/* ---- values ---- */

/* In which order this file writes dates with slashes: told by those that can only be read in one. */
static void learn_order(struct reading *x)
{
	for (size_t i = 0; i < x->n; i++)
		for (int c = COL_FROM; c <= COL_TO; c++) {
			struct contact_time t;
			if (contact_time_get(x->line[i].at[c], &t) && t.year_last && !t.unclear && t.first != t.second && !memchr(x->line[i].at[c].p, '.', x->line[i].at[c].n))
				x->order |= t.day_first ? 1 : 2;
		}
}

struct point {
	bool daily, date_only;
	int minutes;             /* daily: of the day */
	int64_t local;           /* else: ns, as if the zone were UTC */
};

static int point_of(struct reading *x, const struct line *l, enum contact_column c, struct point *ret)
{
	struct contact_time t;
	if (!contact_time_get(l->at[c], &t))
		return wrong(x, l, c, "not a time: write 2026-11-23 18:00, or 18:00 for every day");
	*ret = (struct point){.daily = !t.year, .date_only = t.year && !t.has_hour, .minutes = t.hour * 60 + t.minute};
	if (ret->daily)
		return 0;
	if (t.unclear && x->order != 1 && x->order != 2)
		return wrong(x, l, c, "which of the two is the day? Nothing in the file says: write 2026-11-23 18:00");
	bool day_first = t.year_last && (t.unclear ? x->order == 1 : t.day_first);
	int month = day_first ? t.second : t.first, day = day_first ? t.first : t.second;
	ret->local = time_from_civil(t.year, month, day, 0, 0, 0) + (int64_t)ret->minutes * 60 * TIME_SEC;
	return 0;
}

static int text_of(struct reading *x, const struct point *p, struct slice *ret)
{
	int y, mo, d, h, mi, s;
	time_civil(p->local, &y, &mo, &d, &h, &mi, &s);
	char *text = p->daily ? arena_printf(x->a, "%02d:%02d", p->minutes / 60, p->minutes % 60) : arena_printf(x->a, "%04d-%02d-%02dT%02d:%02d", y, mo, d, h, mi);
	*ret = slice_str(text);
	return text ? 0 : no_room(x);
}

static int times_of(struct reading *x, const struct line *l, struct contact *ret)
{
	const int64_t day = 86400 * TIME_SEC;
	struct point a = {0}, b = {0};
	bool from = l->at[COL_FROM].n > 0, to = l->at[COL_TO].n > 0;
	int r = from ? point_of(x, l, COL_FROM, &a) : 0;
	if (r == 0 && to)
		r = point_of(x, l, COL_TO, &b);
	if (r < 0 || (!from && !to))
		return r;
	if (from && a.daily && !to)
		return wrong(x, l, COL_TO, "from a time of every day, and until when?");
	if (to && b.daily && (!from || (!a.daily && a.date_only)))
		return wrong(x, l, COL_FROM, "until a time of every day, and from when?");
	if (from && to && a.daily && !b.daily)
		return wrong(x, l, COL_FROM, "an hour of every day, until a date: write both as dates, or both as hours");
	if (to && b.date_only)
		b.local += day; /* "until the 23rd": all of it */
	if (from && to && !a.daily && b.daily) { /* 23 November 18:00 to 08:00: the next 08:00 */
		b.daily = false;
		b.local = a.local - a.local % day + (int64_t)b.minutes * 60 * TIME_SEC;
		b.local += b.local <= a.local ? day : 0;
	}
	if (from && to && !a.daily && b.local <= a.local)
		return wrong(x, l, COL_TO, "not after the time in the column before it");
	if (from && a.daily && a.minutes == b.minutes)
		return 0; /* all day */
	if (from)
		r = text_of(x, &a, &ret->from);
	return r == 0 && to ? text_of(x, &b, &ret->to) : r;
}

static int contact_of(struct reading *x, const struct line *l, struct contact *ret)
{
	struct contact c = {.name = l->at[COL_NAME], .role = l->at[COL_ROLE], .unit = l->at[COL_UNIT], .phone = l->at[COL_PHONE], .phone2 = l->at[COL_PHONE2], .mobile = l->at[COL_MOBILE], .pager = l->at[COL_PAGER], .fax = l->at[COL_FAX],
	                    .email = l->at[COL_EMAIL], .address = l->at[COL_ADDRESS], .note = l->at[COL_NOTE], .line = l->number};
	struct slice family = l->at[COL_FAMILY], given = l->at[COL_GIVEN];
	if (!c.name.n && (family.n || given.n)) {
		c.name = slice_str(arena_printf(x->a, "%.*s%s%.*s", SLICE_FMT(family), family.n && given.n ? ", " : "", SLICE_FMT(given)));
		if (!c.name.p)
			return no_room(x);
	}
	if (!c.name.n && !c.role.n && !c.unit.n)
		return wrong(x, l, COL_NAME, "who is it? Name, role and unit are all empty");
	int r = times_of(x, l, &c), k = x->category >= 0 ? x->category : l->at[COL_FROM].n || l->at[COL_TO].n ? CONTACT_ON_CALL : CONTACT_STAFF;
	if (r == 0 && l->at[COL_CATEGORY].n) {
		k = contact_category_parse(l->at[COL_CATEGORY]);
		if (k < 0)
			return wrong(x, l, COL_CATEGORY, "no such category: staff, on-call, unit, partner, neighbour, regulator, police, insurer, supplier, authority or other");
	}
	c.category = (enum contact_category)k;
	*ret = c;
	return r;
}

static int ignored(struct reading *x, struct slice *ret)
{
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 4096);
	for (size_t i = 0; i < x->cols; i++)
		if (x->column[i] == COL_UNKNOWN && x->title[i].n && x->title[i].n < 100 && b.n < 3000) {
			buf_str(&b, b.n ? ", " : "");
			buf_add_slice(&b, x->title[i]);
		}
	*ret = b.n ? arena_dup(x->a, buf_slice(&b)) : SLICE_NULL;
	return b.n && !ret->p ? no_room(x) : 0;
}

int contacts_read(struct slice file, int category, struct arena *a, struct contacts *ret, struct err *e)
{
	struct reading *x = arena_alloc(a, sizeof *x);
	struct slice text, field[CSV_FIELDS_MAX];
	struct contacts out = {0};
	size_t n;
	if (file.n > CONTACTS_FILE_MAX)
		return err_set(e, ERR_LIMIT, NULL, "larger than %zu MiB: that is no list of contacts", CONTACTS_FILE_MAX >> 20);
	if (!x)
		return err_set(e, arena_code(a), NULL, "no memory");
	x->a = a;
	x->e = e;
	x->category = category;
	int r = csv_utf8(file, a, &text, e);
	if (r == 0)
		r = header(x, text);
	while (r == 0 && csv_row(&x->csv, field, &n))
		r = x->csv.broken ? err_set(e, ERR_INPUT, NULL, "line %u: a quote is opened and not closed", x->csv.row_line) : x->csv.more_fields ? err_set(e, ERR_LIMIT, NULL, "line %u has more than %u fields", x->csv.row_line, CSV_FIELDS_MAX) : take_row(x, field, n);
	if (r == 0 && x->csv.no_room)
		r = no_room(x);
	if (r == 0 && !x->n)
		r = err_set(e, ERR_INPUT, NULL, "there is a header and no contact under it; to take a list away there is `holdfast contacts remove`");
	if (r < 0)
		return r;
	learn_order(x);
	out.v = arena_array(a, x->n, sizeof *out.v);
	if (!out.v)
		return no_room(x);
	for (size_t i = 0; i < x->n && r == 0; i++) {
		struct contact *c = &out.v[i];
		r = contact_of(x, &x->line[i], c);
		out.unreachable += r == 0 && !c->phone.n && !c->phone2.n && !c->mobile.n && !c->pager.n && !c->fax.n && !c->email.n && !c->address.n;
	}
	if (r == 0)
		r = ignored(x, &out.ignored);
	if (r < 0)
		return r;
	out.n = x->n;
	*ret = out;
	return 0;
}

/* ---- back ---- */

void contacts_csv_head(struct buf *out)
{
	buf_str(out, "category,name,role,unit,phone,phone2,mobile,pager,fax,email,address,from,to,note\r\n");
}

/* Quoted where it has to be; and a value that a spreadsheet would take for a formula begins with an apostrophe nowhere: the list is for people and for this program, and +33 is a telephone number. */
static void field(struct buf *out, struct slice s, bool last)
{
	bool quote = s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
	for (size_t i = 0; i < s.n && !quote; i++)
		quote = s.p[i] == '"' || s.p[i] == ',' || s.p[i] == ';' || s.p[i] == '\t' || s.p[i] == '|' || s.p[i] == '\n' || s.p[i] == '\r';
	if (quote)
		buf_u8(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		buf_u8(out, s.p[i]);
		if (s.p[i] == '"')
			buf_u8(out, '"');
	}
	buf_str(out, quote ? "\"" : "");
	buf_str(out, last ? "\r\n" : ",");
}

void contacts_csv_line(struct buf *out, const struct contact *c)
{
	const struct slice v[] = {slice_str(contact_category_name(c->category)), c->name, c->role, c->unit, c->phone, c->phone2, c->mobile, c->pager, c->fax, c->email, c->address, c->from, c->to, c->note};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		field(out, v[i], i + 1 == ARRAY_LEN(v));
}
