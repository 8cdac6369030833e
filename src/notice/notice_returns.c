/* Return files: what the mail-house sends back. Each row names a letter (letter_id, else person_id) that has to stand in the file that was sent; the same letter twice with the same words is counted once. What several files say of a letter is put together, the oldest first. Columns are found by their names, as people write them. */
#include "notice_letter_internal.h"
#include "csv.h"
#include "seal.h"

#include <stdlib.h>

enum column { COL_LETTER, COL_PERSON, COL_PRINTED, COL_MAILED, COL_RETURNED, COL_REASON, COLUMNS };
static const struct {
	const char *key;
	enum column col;
} names[] = {{"letterid", COL_LETTER}, {"letter", COL_LETTER}, {"letternumber", COL_LETTER}, {"personid", COL_PERSON}, {"person", COL_PERSON}, {"printed", COL_PRINTED}, {"printdate", COL_PRINTED}, {"dateprinted", COL_PRINTED}, {"mailed", COL_MAILED},
	{"maileddate", COL_MAILED}, {"maildate", COL_MAILED}, {"datemailed", COL_MAILED}, {"returned", COL_RETURNED}, {"returndate", COL_RETURNED}, {"returneddate", COL_RETURNED}, {"datereturned", COL_RETURNED}, {"undeliverable", COL_RETURNED}, {"reason", COL_REASON},
	{"returnreason", COL_REASON}, {"returncode", COL_REASON}};

struct known { /* a letter that was sent */
	uint64_t letter, person; /* fingerprints */
	struct slice id;         /* the person's */
	uint64_t said;           /* fingerprint of what was said of it last; 0: nothing so far */
	struct slice reason;
	uint32_t file;           /* that said it last, from 1 */
	uint32_t first, last;    /* days of mailing, 20260821; 0: none */
	bool printed, back;
};
struct reading {
	struct known *v;
	size_t n;
	uint32_t *by_letter, *by_person; /* tables of indices into v, from 1; cap slots */
	size_t cap;
	uint8_t key[16];
	int col[COLUMNS];
	struct notice_returns *r;
	struct buf bad_list, undeliverable;
	bool known_any;
	uint32_t first, last; /* days of mailing of all that was counted */
	const char *name; /* of the return file that is read; NULL: it is the only one */
	uint32_t file;
};

static void find_columns(const struct slice *f, size_t n, int col[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++)
		col[c] = -1;
	for (size_t i = 0; i < n; i++) {
		char key[64];
		csv_key(f[i], key);
		for (size_t k = 0; k < ARRAY_LEN(names); k++)
			if (!strcmp(key, names[k].key) && col[names[k].col] < 0)
				col[names[k].col] = (int)i;
	}
}

static struct slice cell(const struct reading *g, const struct slice *f, size_t n, enum column c)
{
	return g->col[c] >= 0 && (size_t)g->col[c] < n ? csv_plain(slice_trim(f[g->col[c]])) : SLICE_NULL;
}

static uint64_t print_of(const struct reading *g, struct slice s)
{
	uint64_t h = seal_fingerprint(g->key, s);
	return h ? h : 1;
}

/* ---- the file that was sent ---- */

static size_t slot(const struct reading *g, const uint32_t *t, bool person, uint64_t h)
{
	size_t i = (size_t)h & (g->cap - 1);
	while (t[i] && (person ? g->v[t[i] - 1].person : g->v[t[i] - 1].letter) != h)
		i = (i + 1) & (g->cap - 1);
	return i;
}

static int tables(struct reading *g, size_t rows, struct err *e)
{
	g->cap = 64;
	while (g->cap < rows * 2)
		g->cap *= 2;
	g->v = calloc(rows ? rows : 1, sizeof *g->v);
	g->by_letter = calloc(g->cap, sizeof *g->by_letter);
	g->by_person = calloc(g->cap, sizeof *g->by_person);
	return g->v && g->by_letter && g->by_person ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for %zu letters", rows);
}

static int sent(struct reading *g, struct slice file, struct arena *a, struct err *e)
{
	struct csv c;
	struct slice f[CSV_FIELDS_MAX];
	size_t n, rows = 0;
	if (!file.n)
		return 0;
	for (size_t i = 0; i < file.n; i++)
		rows += file.p[i] == '\n';
	int r = rows < UINT32_MAX / 2 ? tables(g, rows + 1, e) : err_set(e, ERR_LIMIT, NULL, "the file that was sent has too many rows");
	if (r < 0)
		return r;
	csv_init(&c, file, ',', a);
	if (!csv_row(&c, f, &n))
		return err_set(e, ERR_INPUT, NULL, "the file that was sent is empty");
	find_columns(f, n, g->col);
	if (g->col[COL_LETTER] < 0 || g->col[COL_PERSON] < 0)
		return err_set(e, ERR_INPUT, NULL, "the file that was sent has no columns letter_id and person_id: it is no mail-house file");
	while (csv_row(&c, f, &n) && g->n < rows + 1) {
		struct known *k = &g->v[g->n++];
		k->id = cell(g, f, n, COL_PERSON);
		k->letter = print_of(g, cell(g, f, n, COL_LETTER));
		k->person = print_of(g, k->id);
		g->by_letter[slot(g, g->by_letter, false, k->letter)] = (uint32_t)g->n;
		g->by_person[slot(g, g->by_person, true, k->person)] = (uint32_t)g->n;
	}
	g->known_any = true;
	return c.no_room ? err_set(e, arena_code(a), NULL, "no room for the file that was sent") : 0;
}

/* ---- what came back ---- */

static void fault(struct reading *g, uint32_t row, const char *what)
{
	g->r->bad++;
	if (g->bad_list.n < 65536) /* the first thousand or so: the rest is counted */
		buf_printf(&g->bad_list, "%s%srow %u: %s\n", g->name ? g->name : "", g->name ? ", " : "", (unsigned)row, what);
}

/* yes: a day, or a word that says so; -1: not understood. */
static int yes(struct slice s)
{
	static const char *const y[] = {"yes", "y", "true", "1", "x", "returned", "printed", "oui"}, *const n[] = {"no", "n", "false", "0", "non"};
	int a, b, c;
	if (!s.n)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(n); i++)
		if (slice_eq_nocase(s, n[i]))
			return 0;
	for (size_t i = 0; i < ARRAY_LEN(y); i++)
		if (slice_eq_nocase(s, y[i]))
			return 1;
	return notice_iso_day(s, &a, &b, &c) ? 1 : -1;
}

/* A day as they come: ISO, or with the month first, as mail-houses of the United States write it. */
static struct slice iso(struct slice s, struct arena *a)
{
	int y, m, d;
	uint64_t p[3];
	if (notice_iso_day(s, &y, &m, &d))
		return slice_of(s.p, 10);
	struct slice rest = s;
	for (int i = 0; i < 3; i++)
		if (num_u64(slice_cut(rest, '/', &rest), 1, 9999, &p[i]) < 0)
			return SLICE_NULL;
	if (rest.n || p[0] > 12 || p[2] < 1900 || p[1] > (uint64_t)time_days_in_month((int)p[2], (int)p[0]))
		return SLICE_NULL;
	return slice_str(arena_printf(a, "%04u-%02u-%02u", (unsigned)p[2], (unsigned)p[0], (unsigned)p[1]));
}

static struct known *named(struct reading *g, struct slice letter, struct slice person)
{
	if (letter.n) {
		uint32_t i = g->by_letter[slot(g, g->by_letter, false, print_of(g, letter))];
		return i ? &g->v[i - 1] : NULL;
	}
	uint32_t i = person.n ? g->by_person[slot(g, g->by_person, true, print_of(g, person))] : 0;
	return i ? &g->v[i - 1] : NULL;
}

static uint32_t day_number(struct slice iso_day) /* 2026-08-21 is 20260821 */
{
	uint32_t n = 0;
	for (size_t i = 0; i < iso_day.n; i++)
		if (iso_day.p[i] != '-')
			n = n * 10 + (uint32_t)(iso_day.p[i] - '0');
	return n;
}

/* What a row says of a letter, behind what earlier files said. One that came back is back until it was mailed again, on a later day, and is said not to have come back since. */
static void hear(struct known *k, bool printed, uint32_t day, int back, bool back_said, struct slice reason)
{
	const bool again = day > k->last && k->last;
	k->printed |= printed;
	if (day && (!k->first || day < k->first))
		k->first = day;
	if (day > k->last)
		k->last = day;
	if (back > 0) {
		k->back = true;
		k->reason = reason;
	} else if (again && back_said)
		k->back = false;
}

static void count(struct reading *g, const struct known *k, uint32_t *first, uint32_t *last)
{
	struct notice_returns *r = g->r;
	r->printed += k->printed;
	r->mailed += k->first != 0;
	if (k->first && (!*first || k->first < *first))
		*first = k->first;
	if (k->last > *last)
		*last = k->last;
	if (!k->back)
		return;
	r->returned++;
	buf_add_slice(&g->undeliverable, k->id);
	buf_u8(&g->undeliverable, '\t');
	for (size_t i = 0; i < k->reason.n && i < 200; i++)
		buf_u8(&g->undeliverable, k->reason.p[i] < 0x20 ? ' ' : k->reason.p[i]);
	buf_u8(&g->undeliverable, '\n');
}

static void one(struct reading *g, const struct slice *f, size_t n, uint32_t row, struct arena *a)
{
	struct notice_returns *r = g->r;
	struct slice letter = cell(g, f, n, COL_LETTER), person = cell(g, f, n, COL_PERSON), mailed = cell(g, f, n, COL_MAILED), reason = cell(g, f, n, COL_REASON);
	struct slice day = mailed.n ? iso(mailed, a) : SLICE_NULL;
	struct slice returned = cell(g, f, n, COL_RETURNED);
	int printed = yes(cell(g, f, n, COL_PRINTED)), back = yes(returned);
	if (back < 0 && iso(returned, a).n)
		back = 1;
	if (printed < 0 && iso(cell(g, f, n, COL_PRINTED), a).n)
		printed = 1;
	r->rows++;
	if (!letter.n && !person.n) {
		fault(g, row, "neither letter_id nor person_id");
		return;
	}
	if (printed < 0 || back < 0 || (mailed.n && !day.n && yes(mailed) != 0)) {
		fault(g, row, "printed, mailed or returned is neither a day nor yes or no");
		return;
	}
	struct known *k = g->known_any ? named(g, letter, person) : NULL;
	if (g->known_any && !k) {
		r->unknown++;
		return;
	}
	if (k && letter.n && person.n && k->person != print_of(g, person)) {
		fault(g, row, "letter_id and person_id are of two letters");
		return;
	}
	uint64_t says = print_of(g, slice_str(arena_printf(a, "%d %.*s %d %.*s", printed, SLICE_FMT(day), back, SLICE_FMT(reason))));
	if (k && k->said && (k->said == says || k->file == g->file)) {
		if (k->said == says)
			r->twice++;
		else
			fault(g, row, "says something else of a letter that an earlier row has");
		k->file = g->file;
		return;
	}
	struct known alone = {.id = person.n ? person : letter}, *of = k ? k : &alone;
	of->said = says;
	of->file = g->file;
	hear(of, printed > 0, day_number(day), back, returned.n > 0, reason);
	if (!k)
		count(g, of, &g->first, &g->last);
}

static int came_back(struct reading *g, struct slice file, struct arena *a, struct err *e)
{
	struct csv c;
	struct slice f[CSV_FIELDS_MAX], rest, text;
	size_t n;
	if (file.n > NOTICE_RETURN_MAX)
		return err_set(e, ERR_LIMIT, NULL, "the file is larger than 2 GiB");
	int r = csv_utf8(file, a, &text, e);
	if (r < 0)
		return r;
	csv_init(&c, text, csv_separator(slice_cut(text, '\n', &rest)), a);
	if (!csv_row(&c, f, &n))
		return err_set(e, ERR_INPUT, NULL, "the return file is empty");
	find_columns(f, n, g->col);
	if (g->col[COL_LETTER] < 0 && g->col[COL_PERSON] < 0)
		return err_set(e, ERR_INPUT, NULL, "the return file has neither a column letter_id nor one person_id in its first row");
	if (g->col[COL_PRINTED] < 0 && g->col[COL_MAILED] < 0 && g->col[COL_RETURNED] < 0)
		return err_set(e, ERR_INPUT, NULL, "the return file has no column printed, mailed or returned in its first row");
	while (csv_row(&c, f, &n))
		one(g, f, n, c.row_line, a);
	if (c.no_room || arena_code(a) || !buf_ok(&g->undeliverable) || !buf_ok(&g->bad_list))
		return err_set(e, ERR_LIMIT, NULL, "the return file is too large");
	return 0;
}

static struct slice day_text(uint32_t n, struct arena *a)
{
	return n ? slice_str(arena_printf(a, "%04u-%02u-%02u", (unsigned)(n / 10000), (unsigned)(n / 100 % 100), (unsigned)(n % 100))) : SLICE_NULL;
}

static int all_told(struct reading *g, struct arena *a, struct err *e)
{
	struct notice_returns *r = g->r;
	for (size_t i = 0; i < g->n; i++)
		count(g, &g->v[i], &g->first, &g->last);
	r->sent = g->n;
	if (!buf_ok(&g->undeliverable))
		return err_set(e, ERR_LIMIT, NULL, "more letters came back than there is room for");
	r->first_mailed = day_text(g->first, a);
	r->last_mailed = day_text(g->last, a);
	r->undeliverable = g->undeliverable.n ? arena_dup(a, buf_slice(&g->undeliverable)) : SLICE_NULL;
	r->faults = g->bad_list.n ? arena_dup(a, buf_slice(&g->bad_list)) : SLICE_NULL;
	return arena_code(a) ? err_set(e, arena_code(a), NULL, "no room for what came back") : 0;
}

int notice_returns_read(const struct notice_return *file, size_t files, struct slice mailfile, struct arena *a, struct notice_returns *ret, struct err *e)
{
	struct notice_returns r = {0};
	struct reading g = {.r = &r};
	if (mailfile.n > NOTICE_RETURN_MAX)
		return err_set(e, ERR_LIMIT, NULL, "the file that was sent is larger than 2 GiB");
	seal_random(g.key, sizeof g.key);
	buf_init(&g.bad_list, 1 << 20);
	buf_init(&g.undeliverable, (size_t)1 << 30);
	if (mailfile.n >= 3 && !memcmp(mailfile.p, "\xef\xbb\xbf", 3))
		mailfile = slice_of(mailfile.p + 3, mailfile.n - 3);
	int code = sent(&g, mailfile, a, e);
	for (size_t i = 0; i < files && code == 0; i++) {
		g.file = (uint32_t)i + 1;
		g.name = files > 1 ? file[i].name : NULL;
		code = came_back(&g, file[i].text, a, e);
		if (code < 0 && file[i].name)
			err_in(e, file[i].name);
	}
	code = code ? code : all_told(&g, a, e);
	buf_done(&g.bad_list);
	buf_done(&g.undeliverable);
	free(g.v);
	free(g.by_letter);
	free(g.by_person);
	if (code == 0)
		*ret = r;
	return code;
}
