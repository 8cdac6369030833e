/* How a list begins, and how it ends: what spreadsheets, databases and people put around the rows.
 *
 * The row that names the columns is the first of which at least two cells, and a third of them, are names that are known. What stands above it (a title, comments) is none of the list. Where no row is like that the first one counts as the names, as it always did, unless it is seen to be a
 * row of values: a cell is a date, a telephone number, an address of mail; or the first cell is a number like those below it. Then the list has no header, no record may be lost with it, and columns are known by their values (person_guess.c). */
#include "csv.h"
#include "person.h"

#include <stdlib.h>

#define HEAD_ROWS 40u   /* the header is among so many */
#define SAMPLE_ROWS 200u
_Static_assert(PERSON_LIST_COLUMNS == CSV_FIELDS_MAX, "a row is a row");


static size_t filled(const struct slice *field, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		k += field[i].n > 0;
	return k;
}

static size_t named(const struct slice *field, size_t n)
{
	size_t k = 0, birth[3];
	for (size_t i = 0; i < n; i++)
		k += field[i].n && field[i].n <= 80 && person_role_of_column(field[i], NULL) != PERSON_ROLE_OTHER;
	return k + (person_birth_columns(field, n, birth) ? 2 : 0);
}

static size_t values(const struct slice *field, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		k += person_is_value(field[i]);
	return k;
}

static bool is_comment(const struct slice *field)
{
	return field[0].n && (field[0].p[0] == '#' || slice_starts(field[0], "//") || slice_starts(field[0], "--"));
}

/* Digits as one sign: "rec-223-org" and "rec-7-org" are of one form. */
static bool same_form(struct slice a, struct slice b)
{
	size_t i = 0, k = 0, digits = 0;
	while (i < a.n && k < b.n) {
		bool da = a.p[i] >= '0' && a.p[i] <= '9', db = b.p[k] >= '0' && b.p[k] <= '9';
		if (da != db || (!da && a.p[i] != b.p[k]))
			return false;
		digits += da;
		for (i++; da && i < a.n && a.p[i] >= '0' && a.p[i] <= '9'; i++)
			;
		for (k++; db && k < b.n && b.p[k] >= '0' && b.p[k] <= '9'; k++)
			;
	}
	return digits && i == a.n && k == b.n;
}

/* Is the row that could be the header a row of values? The text is read on behind it. */
static bool is_row(const struct slice *field, size_t n, const struct csv *behind)
{
	const size_t v = values(field, n), k = named(field, n);
	if (k)
		return v > k;
	if (v)
		return true;
	struct slice next[CSV_FIELDS_MAX];
	struct csv c = *behind;
	size_t rows = 0, same = 0, m;
	for (; rows < SAMPLE_ROWS && csv_row(&c, next, &m); rows++)
		same += same_form(field[0], next[0]);
	return same && same * 3 >= rows;
}

struct place {
	uint8_t sep;
	unsigned row;    /* of the header, or of the first row of values */
	size_t names;    /* how many of its cells are names that are known; 0: it is not found by its names */
	size_t columns;  /* of the rows that have the same number of them, most of all */
	unsigned even;   /* in a thousand: so many rows have so many */
};

static void look(struct slice text, uint8_t sep, struct arena *a, struct place *ret)
{
	struct csv c;
	struct slice field[CSV_FIELDS_MAX];
	unsigned count[CSV_FIELDS_MAX + 1] = {0}, rows = 0, title = 0;
	size_t n, best = 0;
	bool still_title = true;
	*ret = (struct place){.sep = sep};
	csv_init(&c, text, sep, a);
	for (; rows < HEAD_ROWS && csv_row(&c, field, &n); rows++) {
		size_t f = filled(field, n), k = named(field, n);
		count[n]++;
		if (!ret->names && k >= 2 && k * 3 >= f && values(field, n) == 0 && !is_comment(field)) {
			ret->names = k;
			ret->row = rows;
		}
		still_title &= is_comment(field);
		title += still_title;
	}
	for (size_t i = 2; i <= CSV_FIELDS_MAX; i++)
		if (count[i] > count[best] || best < 2)
			best = count[i] ? i : best;
	ret->columns = best;
	ret->even = rows ? count[best] * 1000 / rows : 0;
	if (!ret->names)
		ret->row = title < rows ? title : 0;
}

static bool better(const struct place *a, const struct place *b)
{
	if (a->names != b->names)
		return a->names > b->names;
	return a->columns > 1 && (b->columns < 2 || a->even > b->even || (a->even == b->even && a->columns > b->columns));
}

/* "sep=;": spreadsheets write it, and do not show it. */
static uint8_t told_separator(struct slice text, size_t *ret_n)
{
	struct slice rest, line = slice_trim(slice_cut(text, '\n', &rest));
	*ret_n = 0;
	if (line.n >= 2 && line.p[0] == '"' && line.p[line.n - 1] == '"')
		line = slice_of(line.p + 1, line.n - 2);
	if (line.n < 4 || line.n > 5 || !slice_eq_nocase(slice_of(line.p, 4), "sep="))
		return 0;
	*ret_n = text.n - rest.n;
	return line.n == 5 ? line.p[4] : '\t'; /* a tab was taken off at the end */
}

static int by_values(const struct csv *from, struct arena *a, struct person_list *x, struct err *e)
{
	struct person_guess *g = calloc(PERSON_LIST_COLUMNS, sizeof *g);
	struct slice field[CSV_FIELDS_MAX];
	struct csv c = *from;
	size_t n;
	if (!g)
		return err_set(e, ERR_MEMORY, NULL, "no memory to look at the list's first rows");
	for (unsigned row = 0; row < SAMPLE_ROWS && csv_row(&c, field, &n); row++) {
		x->columns = n > x->columns ? n : x->columns;
		for (size_t i = 1; i < n; i++)
			person_guess_value(&g[i], field[i]);
	}
	person_guess_columns(g, x->columns, x->role);
	free(g);
	x->role[0] = PERSON_ROLE_ID;
	for (size_t i = 0; i < x->columns; i++) {
		const char *name = arena_printf(a, "%zu", i + 1);
		if (!name)
			return err_set(e, arena_code(a), NULL, "no room for the list's columns");
		x->name[i] = slice_str(name);
	}
	return 0;
}

static int by_names(const struct slice *field, size_t n, struct arena *a, struct person_list *x, struct err *e)
{
	x->columns = n;
	for (size_t i = 0; i < n; i++) {
		x->name[i] = arena_dup(a, field[i]);
		if (field[i].n && !x->name[i].p)
			return err_set(e, arena_code(a), NULL, "the columns' names are too long");
		x->role[i] = person_role_of_column(x->name[i], NULL);
	}
	return 0;
}

/* The row at the place found: names or values? */
static int begin(struct slice text, const struct place *p, struct arena *a, struct person_list *x, struct err *e)
{
	struct slice field[CSV_FIELDS_MAX];
	struct csv c, before;
	size_t n = 0;
	csv_init(&c, text, p->sep, a);
	before = c;
	for (unsigned row = 0; row <= p->row; row++) {
		before = c;
		if (!csv_row(&c, field, &n))
			return err_set(e, ERR_INPUT, NULL, "it is empty: a first row with the columns' names is needed");
	}
	if (c.more_fields)
		return err_set(e, ERR_LIMIT, NULL, "more than %d columns", CSV_FIELDS_MAX);
	x->sep = p->sep;
	x->passed_over = p->row;
	x->headed = p->names || !is_row(field, n, &c);
	x->from += x->headed ? c.at : before.at;
	return x->headed ? by_names(field, n, a, x, e) : by_values(&before, a, x, e);
}

int person_list_head(struct slice text, struct arena *a, struct person_list *ret, struct err *e)
{
	static const uint8_t seps[] = {',', ';', '\t', '|'};
	size_t skip;
	struct person_list *x = calloc(1, sizeof *x);
	AUTO_ARENA struct arena *tmp = arena_new((size_t)64 << 20);
	if (!x || !tmp) {
		free(x);
		return err_set(e, ERR_MEMORY, NULL, "no memory to look at the list's first rows");
	}
	if (slice_starts(text, "\xEF\xBB\xBF"))
		x->from = 3;
	uint8_t sep = told_separator(slice_of(text.p + x->from, text.n - x->from), &skip);
	x->from += skip;
	text = slice_of(text.p + x->from, text.n - x->from);
	struct slice rest, line = slice_cut(text, '\n', &rest);
	struct place p, other;
	look(text, sep ? sep : csv_separator(line), tmp, &p);
	for (size_t i = 0; !sep && i < ARRAY_LEN(seps); i++) {
		look(text, seps[i], tmp, &other);
		if (better(&other, &p))
			p = other;
	}
	int r = begin(text, &p, a, x, e);
	if (r == 0)
		*ret = *x;
	free(x);
	return r;
}

static bool says_how_many(struct slice s)
{
	static const char *const words[] = {"total", "totals", "count", "sum", "rows", "row", "records", "record", "end", "insgesamt", "gesamt", "summe", "lignes", "filas", "registros", "enregistrements", "合计", "总计"};
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		while (i < s.n && ((s.p[i] | 0x20) >= 'a' ? (s.p[i] | 0x20) <= 'z' || s.p[i] >= 0x80 : false))
			i++;
		for (size_t k = 0; i > from && k < ARRAY_LEN(words); k++)
			if (slice_eq_nocase(slice_of(s.p + from, i - from), words[k]))
				return true;
		i += i == from;
	}
	return false;
}

size_t person_list_foot(struct slice text, uint8_t sep, size_t columns)
{
	size_t end = text.n, from;
	struct slice field[CSV_FIELDS_MAX];
	struct csv c;
	size_t n;
	while (end && (text.p[end - 1] == '\n' || text.p[end - 1] == '\r'))
		end--;
	const uint8_t *before = end ? memrchr(text.p, '\n', end) : NULL;
	from = before ? (size_t)(before - text.p) + 1 : 0;
	if (columns < 3 || end - from > 200 || !before || memchr(text.p + from, '"', end - from))
		return 0;
	csv_init(&c, slice_of(text.p + from, end - from), sep, NULL);
	if (!csv_row(&c, field, &n) || filled(field, n) > 2 || filled(field, n) + 1 >= columns || !says_how_many(field[0]))
		return 0;
	return text.n - from;
}
