/* Lists: rows of fields, with or without a line that names the columns.
 *
 * What is a list's own and what is told of it
 *   - The separator is the one of , ; TAB | that gives the first rows the same number of columns.
 *   - The header is the first row of which two cells or more, and at least a third, are names of columns that are known (person_role_of_column) while none looks like data; titles above it are text. A row further down that is
 *     such a header is one, too (lists that were joined), unless it is the same again.
 *   - Without a header a column is what nearly all of its first values have the form of and nothing else has: social security numbers, cards, Medicare numbers, NPIs, mail addresses, telephone numbers; dates of birth by
 *     their years (of a few rows also by what they stand beside), given names by a list of the commonest. All else is OTHER: whoever scans decides by the value.
 *   - A row is a record. Its number is the value of the column that holds one.
 *   - Quotes: "" in quotes is a quote, separators and line ends in quotes are text, a quote that is not closed within QUOTED_MAX is a letter. What stands behind a closing quote belongs to the value. */
#include "extract_internal.h"
#include "extract_csv.h"
#include "extract_values.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif
#include <stdlib.h>

#define QUOTED_MAX ((size_t)1 << 20)
#define SAMPLE 200 /* rows that are looked at before anything is told */

/* ---- cutting ---- */

/* Which of the 64 bytes at p are a separator, a quote or a line feed? */
static uint64_t marks_at(const struct rows *c, const uint8_t *p)
{
	uint64_t marks = 0;
#ifdef __SSE2__
	if ((size_t)(c->end - p) >= 64) {
		const __m128i a = _mm_set1_epi8((char)c->sep), q = _mm_set1_epi8('"'), l = _mm_set1_epi8('\n');
		for (unsigned k = 0; k < 4; k++) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + (size_t)16 * k));
			__m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, a), _mm_cmpeq_epi8(v, q)), _mm_cmpeq_epi8(v, l));
			marks |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << (16 * k);
		}
		return marks;
	}
#endif
	size_t n = (size_t)(c->end - p);
	for (size_t i = 0; i < n && i < 64; i++)
		marks |= (uint64_t)(p[i] == c->sep || p[i] == '"' || p[i] == '\n') << i;
	return marks;
}

/* The next mark at or behind p; the end when there is none. The block that was looked at is kept. */
static inline const uint8_t *next_mark(struct rows *c, const uint8_t *p)
{
	for (;;) {
		if (p < c->block || p >= c->block + 64) {
			if (p >= c->end)
				return c->end;
			c->block = p;
			c->marks = marks_at(c, p);
		}
		uint64_t m = c->marks & (~UINT64_C(0) << (p - c->block));
		if (m)
			return c->block + __builtin_ctzll(m);
		p = c->block + 64;
	}
}

static const uint8_t *closing(const struct rows *c, const uint8_t *from)
{
	const uint8_t *end = (size_t)(c->end - from) > QUOTED_MAX ? from + QUOTED_MAX : c->end;
	for (const uint8_t *p = from + 1; p < end; p++) {
		p = memchr(p, '"', (size_t)(end - p));
		if (!p)
			return NULL;
		if (p + 1 < c->end && p[1] == '"')
			p++;
		else
			return p;
	}
	return NULL;
}

static struct slice unquoted(struct rows *c, struct slice in)
{
	uint8_t *out;
	if (!in.n || !memchr(in.p, '"', in.n) || !(out = arena_raw(c->a, in.n)))
		return in;
	size_t n = 0;
	for (size_t i = 0; i < in.n; i++) {
		out[n++] = in.p[i];
		i += in.p[i] == '"' && i + 1 < in.n && in.p[i + 1] == '"';
	}
	return slice_of(out, n);
}

/* The field that begins at c->p with a quote, perhaps behind blanks; moves c->p to what ends it. False: it is none. */
static bool quoted(struct rows *c, const uint8_t *q, struct slice *ret)
{
	const uint8_t *close = closing(c, q);
	if (!close)
		return false;
	const uint8_t *p = close + 1;
	while (p < c->end && (*p == ' ' || *p == '\r'))
		p++;
	if (p == c->end || *p == c->sep || *p == '\n') {
		*ret = unquoted(c, slice_of(q + 1, (size_t)(close - q - 1)));
	} else {
		while (p < c->end && *p != c->sep && *p != '\n')
			p++;
		*ret = slice_of(q, (size_t)(p - q));
	}
	c->p = p;
	return true;
}

static inline struct slice one(struct rows *c)
{
	const uint8_t *p = c->p;
	while (p < c->end && *p == ' ')
		p++;
	struct slice s;
	if (p < c->end && *p == '"' && quoted(c, p, &s))
		return s;
	const uint8_t *m = p;
	while ((m = next_mark(c, m)) < c->end && *m == '"')
		m++;
	s = slice_of(p, (size_t)(m - p));
	c->p = m;
	if (s.n && s.p[s.n - 1] <= ' ')
		s = slice_trim(s);
	return s;
}

void extract_rows_init(struct rows *c, struct slice text, uint8_t sep, struct arena *a)
{
	if (!text.p)
		text = SLICE("");
	*c = (struct rows){.text = text, .p = text.p, .end = text.p + text.n, .sep = sep, .a = a};
	c->block = c->p;
	c->marks = marks_at(c, c->p);
}

/* Fields of the row that begin with a letter or are empty, up to one that has to be looked at singly, or that ends its row: then true. What is read of c is held here, for each field that is written would have it read again. */
static inline bool plain(struct rows *c, struct slice *field, size_t max, size_t *n, bool *any)
{
	const uint8_t *p = c->p, *end = c->end, *block = c->block;
	const uint8_t sep = c->sep;
	uint64_t marks = c->marks;
	size_t k = *n;
	bool filled = *any, last = false;
	while (k < max && p < end && (*p > ' ' || *p == sep) && *p != '"') {
		const uint8_t *m = p;
		if (*p != sep) {
			while (m < end) {
				if (m < block || m >= block + 64) {
					block = c->block = m;
					marks = c->marks = marks_at(c, m);
				}
				uint64_t left = marks >> (m - block);
				if (!left) {
					m = end - block > 64 ? block + 64 : end;
					continue;
				}
				m += __builtin_ctzll(left);
				if (*m != '"')
					break;
				m++;
			}
			filled = true;
		}
		field[k] = slice_of(p, (size_t)(m - p));
		if (m > p && m[-1] <= ' ')
			field[k] = slice_trim(field[k]);
		k++;
		p = m;
		if (p >= end || *p == '\n') {
			last = true;
			break;
		}
		p++;
	}
	c->p = p;
	*n = k;
	*any = filled;
	return last;
}

bool extract_rows_next(struct rows *c, struct slice *field, size_t max, size_t *ret_n)
{
	while (c->p < c->end) {
		size_t n = 0;
		bool any = false;
		c->row = c->p;
		while (c->sep == ' ' || c->sep == '"' || !plain(c, field, max, &n, &any)) {
			struct slice f = one(c);
			any |= f.n > 0;
			if (n < max)
				field[n++] = f;
			else if (f.n) /* more columns than a list has: the last one goes on to the end of the row */
				field[max - 1] = slice_of(field[max - 1].p, f.p >= field[max - 1].p && f.p <= c->end ? (size_t)(f.p + f.n - field[max - 1].p) : field[max - 1].n);
			if (c->p >= c->end || *c->p == '\n')
				break;
			c->p++;
		}
		if (c->p < c->end)
			c->p++;
		if (any) {
			*ret_n = n;
			return true;
		}
	}
	return false;
}

/* ---- the separator: under which one do the first rows have the same number of columns? ---- */

static bool has_as_many(struct slice s, uint8_t byte, size_t n)
{
	for (const uint8_t *p = s.p; n; n--, p++) {
		p = memchr(p, byte, (size_t)(s.p + s.n - p));
		if (!p)
			return false;
	}
	return true;
}

uint8_t extract_rows_separator(struct slice text, struct arena *a, struct slice *field, size_t max)
{
	static const uint8_t seps[] = {',', ';', '\t', '|', '^', '~'};
	size_t best = 0, best_score = 0, least = 1; /* least: so many of it there must be where a row has more columns than the best so far */
	struct slice head = text.n > 65536 ? slice_of(text.p, 65536) : text;
	bool other = false;
	for (size_t k = 1; k < ARRAY_LEN(seps) && !other; k++)
		other = head.n && memchr(head.p, seps[k], head.n);
	if (!other) /* whatever its rows look like */
		return seps[0];
	for (size_t k = 0; k < ARRAY_LEN(seps); k++) {
		size_t count[32] = {0}, rows = 0, columns, most = 0;
		struct rows c;
		if (head.n && (least > 30 || !has_as_many(head, seps[k], least)))
			continue;
		extract_rows_init(&c, head, seps[k], a);
		while (rows < 50 && extract_rows_next(&c, field, max, &columns)) {
			rows++;
			if (columns > 1)
				count[columns < 31 ? columns : 31]++;
		}
		for (size_t i = 2; i < 32; i++)
			if (count[i] > count[most] || (count[i] == count[most] && count[i]))
				most = i;
		size_t score = rows ? count[most] * 1000 / rows * 64 + most : 0;
		if (score > best_score) {
			best_score = score;
			best = k;
			if (count[most] == rows) /* all rows are alike: only one with more columns can be better, and more than 31 are not told apart */
				least = most;
		}
	}
	return seps[best];
}

/* ---- the header ---- */

static bool looks_like_data(struct slice s)
{
	return extract_value_digits(s) >= 4 || memchr(s.p, '@', s.n) != NULL;
}

/* How many of the cells are names of columns; 0 when the row can be no header. */
size_t extract_list_header_score(const struct slice *field, size_t n)
{
	size_t known = 0, filled = 0;
	for (size_t i = 0; i < n; i++) {
		if (!field[i].n)
			continue;
		if (field[i].n > 80 || looks_like_data(field[i]))
			return 0;
		filled++;
		int who;
		known += extract_value_column(field[i], &who) != PERSON_ROLE_OTHER;
	}
	size_t birth[3];
	if ((known < 2 || known * 3 < filled) && filled >= 3 && person_birth_columns(field, n, birth))
		known += 3; /* "by", "bm", "bd" */
	return known >= 2 && known * 3 >= filled ? known : 0;
}

static int name_columns(struct list *x, const struct slice *field, size_t n, struct err *e)
{
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++)
		bytes += field[i].n;
	struct extract_column *columns = calloc(n ? n : 1, sizeof *columns);
	uint8_t *names = malloc(bytes + 1);
	if (!columns || !names) {
		free(columns);
		free(names);
		return err_set(e, ERR_MEMORY, NULL, "no memory for the names of columns");
	}
	uint8_t *to = names;
	bool numbered = false;
	for (size_t i = 0; i < n; i++) {
		int who = PERSON_SUBJECT;
		columns[i].role = (uint8_t)extract_value_column(field[i], &who);
		columns[i].who = (uint8_t)who;
		columns[i].name = slice_of(to, field[i].n);
		if (field[i].n)
			memcpy(to, field[i].p, field[i].n);
		to += field[i].n;
		if (columns[i].role == PERSON_ROLE_ID && !numbered) {
			x->number = i;
			numbered = true;
		}
	}
	free(x->columns);
	free(x->names);
	x->columns = columns;
	x->names = names;
	x->n = n;
	if (!numbered)
		x->number = SIZE_MAX;
	x->born = person_birth_columns(field, n, x->birth);
	return 0;
}

static bool same_header(const struct list *x, const struct slice *field, size_t n)
{
	bool same = n == x->n;
	for (size_t i = 0; same && i < n; i++)
		same = slice_eq(field[i], x->columns[i].name);
	return same;
}

/* Cheap, for every row: could it be a header? Headers have no digits in their first cells, and no blanks between them. */
static bool may_be_header(const struct slice *field, size_t n)
{
	if (n < 2 || !field[0].n || !field[1].n)
		return false;
	for (size_t i = 0; i < n && i < 8; i++)
		for (size_t k = 0; k < field[i].n; k++)
			if (field[i].p[k] >= '0' && field[i].p[k] <= '9')
				return false;
	if (person_role_of_column(field[0], NULL) == PERSON_ROLE_OTHER && person_role_of_column(field[1], NULL) == PERSON_ROLE_OTHER) /* a row of words */
		return false;
	size_t score = extract_list_header_score(field, n);
	return score >= 3 && score * 2 >= n;
}

/* ---- rows ---- */

void extract_list_init(struct list *x, const struct extract_out *o)
{
	*x = (struct list){.o = o, .number = SIZE_MAX};
}

void extract_list_done(struct list *x)
{
	free(x->columns);
	free(x->names);
	*x = (struct list){0};
}

int extract_list_header(struct list *x, const struct slice *field, size_t n, struct err *e)
{
	return name_columns(x, field, n, e);
}

static int cell(struct list *x, const struct extract_column *c, struct slice v, uint64_t at, struct err *e)
{
	int role = c->role;
	if (role == PERSON_ROLE_OTHER && v.n <= 1)
		return 0;
	if (role == PERSON_ROLE_NOTE || (role == PERSON_ROLE_OTHER && v.n > 60 && memchr(v.p, ' ', v.n)))
		return extract_put_text(x->o, v, at, e);
	return extract_put_field(x->o, extract_value_role(role, v), c->who, c->name, v, at, e);
}

/* A date of birth in three columns is told as one, where its year stands. What does not make a whole one is told as it came. */
static bool one_date(const struct list *x, const struct slice *field, size_t n, char out[16])
{
	const size_t *b = x->birth;
	return x->born && b[0] < n && b[1] < n && b[2] < n && field[b[0]].n && person_birth_text(field[b[0]], field[b[1]], field[b[2]], out) == 3;
}

int extract_list_row(struct list *x, const struct slice *field, size_t n, const uint8_t *begin, const uint8_t *end, uint64_t at, struct err *e)
{
	static const struct extract_column unknown = {PERSON_ROLE_OTHER, PERSON_SUBJECT, {NULL, 0}};
	char date[16];
	bool born = one_date(x, field, n, date);
	int r = extract_put_record(x->o, x->number < n ? field[x->number] : SLICE_NULL, at, e);
	for (size_t i = 0; i < n && r == 0; i++)
		if (field[i].n) {
			bool here = field[i].p >= begin && field[i].p < end; /* else it is a copy without its quotes */
			uint64_t place = here ? at + (uint64_t)(field[i].p - begin) : at;
			if (born && i == x->birth[0])
				r = extract_put_field(x->o, PERSON_ROLE_DOB, PERSON_SUBJECT, x->columns[i].name, slice_str(date), place, e);
			else if (!born || (i != x->birth[1] && i != x->birth[2]))
				r = cell(x, i < x->n ? &x->columns[i] : &unknown, field[i], place, e);
		}
	return r;
}

/* A title above the header, or a line beside the list: one value in a row. */
static size_t filled(const struct slice *field, size_t n)
{
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		k += field[i].n > 0;
	return k;
}

/* One name that is known, in a first row of words with numbers under it: "serial,ssn". */
static bool small_header(struct slice text, uint8_t sep, struct arena *a, struct slice *field)
{
	struct rows c;
	size_t n, digits = 0;
	bool known = false;
	extract_rows_init(&c, text, sep, a);
	if (!extract_rows_next(&c, field, EXTRACT_COLUMNS_MAX, &n) || n < 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (looks_like_data(field[i]) || field[i].n > 80)
			return false;
		known |= field[i].n && person_role_of_column(field[i], NULL) != PERSON_ROLE_OTHER;
	}
	if (!known || !extract_rows_next(&c, field, EXTRACT_COLUMNS_MAX, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		digits += extract_value_digits(field[i]) > 0;
	return digits > 0;
}

/* The first rows: where is the header? *ret_at: its row's number from 0; SIZE_MAX: there is none. */
static void find_header(struct slice text, uint8_t sep, struct arena *a, struct slice *field, size_t *ret_at)
{
	struct rows c;
	size_t n, best = 0;
	*ret_at = SIZE_MAX;
	extract_rows_init(&c, text, sep, a);
	for (size_t row = 0; row < 40 && extract_rows_next(&c, field, EXTRACT_COLUMNS_MAX, &n); row++) {
		size_t score = extract_list_header_score(field, n);
		if (score > best) {
			best = score;
			*ret_at = row;
		} else if (best && filled(field, n) > 1)
			break; /* the first row behind it */
	}
}

static int guess(struct list *x, struct slice text, uint8_t sep, struct arena *a, struct slice *field, struct err *e)
{
	struct person_guess *g = calloc(EXTRACT_GUESSED_MAX, sizeof *g);
	struct rows c;
	size_t n, columns = 0;
	if (!g)
		return err_set(e, ERR_MEMORY, NULL, "no memory to look at a list's first rows");
	extract_rows_init(&c, text, sep, a);
	for (size_t row = 0; row < SAMPLE && extract_rows_next(&c, field, EXTRACT_COLUMNS_MAX, &n); row++) {
		size_t k = n < EXTRACT_GUESSED_MAX ? n : EXTRACT_GUESSED_MAX;
		columns = k > columns ? k : columns;
		for (size_t i = 0; i < k; i++)
			person_guess_value(&g[i], field[i]);
	}
	struct extract_column *list = calloc(columns ? columns : 1, sizeof *list);
	if (list) {
		int role[EXTRACT_GUESSED_MAX];
		person_guess_columns(g, columns, role);
		for (size_t i = 0; i < columns; i++)
			list[i] = (struct extract_column){.role = (uint8_t)role[i], .who = PERSON_SUBJECT};
		x->columns = list;
		x->n = columns;
	}
	free(g);
	return list ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory to look at a list's first rows");
}

int extract_csv(struct slice file, const struct extract_out *o, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct slice *field = reallocarray(NULL, EXTRACT_COLUMNS_MAX, sizeof *field); /* a quarter of a mebibyte, of which a row fills little and nothing else is read: not cleared for each small file */
	struct list x;
	struct rows c;
	size_t header, n;
	int r = 0;
	extract_list_init(&x, o);
	if (!a || !field) {
		free(field);
		return err_set(e, ERR_MEMORY, NULL, "no memory to read a list in");
	}
	struct slice text = file.n >= 3 && !memcmp(file.p, "\xEF\xBB\xBF", 3) ? slice_of(file.p + 3, file.n - 3) : file;
	uint64_t bom = file.n - text.n, at;
	struct slice first = text, rest = text;
	if (slice_starts(text, "sep=") && text.n > 4) { /* spreadsheets write it, and do not show it */
		first = slice_cut(text, '\n', &rest);
		bom += text.n - rest.n;
		text = rest;
	}
	uint8_t sep = file.n > bom && text.p != first.p && first.n > 4 ? first.p[4] : extract_rows_separator(text, a, field, EXTRACT_COLUMNS_MAX);
	arena_reset(a);
	find_header(text, sep, a, field, &header);
	arena_reset(a);
	if (header == SIZE_MAX && small_header(text, sep, a, field))
		header = 0;
	if (header == SIZE_MAX)
		r = guess(&x, text, sep, a, field, e);
	extract_rows_init(&c, text, sep, a);
	for (size_t row = 0; r == 0; row++) {
		arena_reset(a);
		if (!extract_rows_next(&c, field, EXTRACT_COLUMNS_MAX, &n))
			break;
		at = bom + (uint64_t)(c.row - text.p);
		if (row == header)
			r = name_columns(&x, field, n, e);
		else if (header != SIZE_MAX && row < header)
			r = extract_put_text(o, slice_of(c.row, (size_t)(c.p - c.row)), at, e);
		else if (header != SIZE_MAX && may_be_header(field, n)) {
			if (!same_header(&x, field, n))
				r = name_columns(&x, field, n, e);
		} else
			r = extract_list_row(&x, field, n, c.row, c.end, at, e);
	}
	extract_list_done(&x);
	free(field);
	return r;
}
