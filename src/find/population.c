/* The persons that are known: rows in, their keys gathered. What is looked up later is made in population_seal.c. */
#include "find_internal.h"

#include "csv.h"

#include <pthread.h>
#include <stdlib.h>

#define ROWS_MAX UINT32_C(2000000000)
#define TEXTS_MAX ((size_t)16 << 30)

struct find_population *find_population_new(int this_year, bool day_first)
{
	struct find_population *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	nicks_make(p->nick);
	p->this_year = this_year;
	p->day_first = day_first;
	p->parts = 1;
	p->word_log = POP_WORDS_LOG;
	p->word_map = calloc((size_t)1 << (POP_WORDS_LOG - 6), 8);
	if (!p->word_map) {
		free(p);
		return NULL;
	}
	for (size_t i = 0; i < POP_PARTS; i++) {
		buf_init(&p->part[i].names, (size_t)64 << 30);
		buf_init(&p->part[i].own_ids, (size_t)64 << 30);
	}
	return p;
}

static void part_done(struct pop_part *part)
{
	free(part->key);
	free(part->row);
	free(part->id);
	buf_done(&part->names);
	buf_done(&part->own_ids);
	*part = (struct pop_part){0};
}

void find_population_free(struct find_population *p)
{
	if (!p)
		return;
	if (p->sealed)
		population_for_children(p, true);
	for (size_t i = 0; i < POP_PARTS; i++)
		part_done(&p->part[i]);
	arena_free(p->texts);
	free(p->word_map);
	free(p->slot);
	free(p->bloom);
	free(p->row);
	free(p->first_row);
	free(p->names);
	free(p->ids);
	free(p->id_at);
	free(p);
}

static bool room(void **v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 4096;
	void *grown = reallocarray(*v, more, size);
	if (!grown)
		return false;
	*v = grown;
	*cap = more;
	return true;
}

static void add_key(struct pop_part *part, uint64_t h, int kind)
{
	if (!h)
		return;
	if (!room((void **)&part->key, &part->cap, part->n, sizeof *part->key)) {
		part->failed = true;
		return;
	}
	part->key[part->n++] = (struct key_entry){h, (uint32_t)part->rows, (uint32_t)kind};
}

/* The map is shared by the threads that read a CSV: a bit is set once and never taken back. */
static void add_word(struct find_population *p, uint64_t h)
{
	uint64_t i = h >> (64 - POP_WORDS_LOG), bit = UINT64_C(1) << (i & 63);
	if (!(__atomic_load_n(&p->word_map[i >> 6], __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(&p->word_map[i >> 6], bit, __ATOMIC_RELAXED);
}

/* A whole name in one value: "Surname, Given Middle", or the surname last. */
static void whole_name(struct slice s, struct name_words *first, struct name_words *last)
{
	struct slice given, surname = slice_cut(s, ',', &given);
	if (!given.p) {
		s = slice_trim(s);
		size_t i = s.n;
		while (i && s.p[i - 1] != ' ')
			i--;
		given = slice_of(s.p, i);
		surname = slice_of(s.p + i, s.n - i);
	}
	name_words(given, first);
	name_words(surname, last);
}

/* Dates that stand for "not known". */
static bool default_date(const struct person_date *d)
{
	return d->year <= 1901 && d->month == 1 && d->day == 1;
}

struct row_values {
	struct name_words first, last, maiden, joined;
	uint32_t dob, addr;
	struct slice house, zip;
};

/* Is the word one of those that say nothing, in a name that has another? */
static bool idle(const struct name_words *w, unsigned i)
{
	unsigned others = 0;
	if (!name_particle(w->text + w->at[i], w->len[i]))
		return false;
	for (unsigned k = 0; k < w->n; k++)
		others += !name_particle(w->text + w->at[k], w->len[k]);
	return others > 0;
}

static void add_names(struct find_population *p, struct pop_part *part, const struct row_values *r)
{
	const struct name_words *surname[] = {&r->last, &r->maiden, &r->joined};
	for (unsigned i = 0; i < r->first.n && i < 3; i++)
		add_word(p, r->first.h[i]);
	for (size_t k = 0; k < ARRAY_LEN(surname); k++)
		for (unsigned i = 0; i < surname[k]->n && i < 4; i++) {
			add_word(p, surname[k]->h[i]);
			if (idle(surname[k], i))
				continue;
			if (r->dob)
				add_key(part, key_with(surname[k]->h[i], r->dob), KEY_WORD_DOB);
			for (unsigned j = 0; j < r->first.n && j < 3; j++) {
				if (idle(&r->first, j))
					continue;
				uint64_t pair = key_pair(r->first.h[j], surname[k]->h[i]);
				add_key(part, pair, KEY_NAME);
				if (r->dob)
					add_key(part, key_with(pair, r->dob), KEY_NAME_DOB);
				if (r->addr)
					add_key(part, key_with(pair, r->addr), KEY_NAME_ADDR);
			}
		}
	for (unsigned i = 0; r->dob && i < r->first.n && i < 3; i++)
		add_key(part, key_with(r->first.h[i], r->dob), KEY_WORD_DOB);
}

/* Of a phone number the last ten digits: the country's 1 is written or not. */
static struct slice phone_digits(struct slice s, char out[24])
{
	if (!person_digits(s.n && s.p[0] == '+' ? slice_of(s.p + 1, s.n - 1) : s, 20, out))
		return SLICE_NULL;
	struct slice d = slice_str(out);
	return d.n == 11 && d.p[0] == '1' ? slice_of(d.p + 1, 10) : d.n < 7 ? SLICE_NULL : d;
}

/* A number that stands for "none" (all digits alike, an SSN that is never given) tells nobody. */
static bool placeholder(int kind, struct slice s)
{
	char digits[KEY_ID_MAX + 1];
	size_t same = 0, n = 0;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] | 0x20) == 'x') {
			same += n && s.p[i] == s.p[0];
			n++;
		}
	if (n && same + 1 == n)
		return true;
	return kind == KEY_SSN && !(person_digits(s, KEY_ID_MAX, digits) && strlen(digits) == 9 && person_ssn_valid(digits));
}

static void add_number(struct pop_part *part, int kind, struct slice s)
{
	char digits[24];
	size_t n = 0;
	if (kind == KEY_EMAIL) {
		add_key(part, key_email(s), kind);
		return;
	}
	if (kind == KEY_PHONE)
		s = phone_digits(s, digits);
	if (!s.n || placeholder(kind, s))
		return;
	add_key(part, key_id(s, &n, NULL), kind);
}

static void take_value(struct find_population *p, struct pop_part *part, struct row_values *r, const struct find_value *v)
{
	struct person_date d;
	bool swap;
	switch (v->role) {
	case PERSON_ROLE_FIRST: name_words(v->text, &r->first); break;
	case PERSON_ROLE_LAST: name_words(v->text, &r->last); break;
	case PERSON_ROLE_MAIDEN: name_words(v->text, &r->maiden); break;
	case PERSON_ROLE_NAME:
		if (!r->first.n && !r->last.n)
			whole_name(v->text, &r->first, &r->last);
		break;
	case PERSON_ROLE_DOB:
		if (person_date(v->text, p->day_first, p->this_year, &d, &swap) && !default_date(&d))
			r->dob = key_date(&d);
		break;
	case PERSON_ROLE_HOUSE:
	case PERSON_ROLE_STREET:
	case PERSON_ROLE_ADDRESS:
		if (!r->house.n)
			r->house = v->text;
		break;
	case PERSON_ROLE_ZIP: r->zip = v->text; break;
	default: {
		int kind = kind_of_role(v->role);
		if (kind >= 0)
			add_number(part, kind, v->text);
	}
	}
}

/* A surname of several words is also written as one: "De La Cruz", "Delacruz". */
static void join(const struct name_words *w, struct name_words *ret)
{
	char all[sizeof w->text];
	size_t n = 0;
	*ret = (struct name_words){0};
	for (size_t i = 0; w->n > 1 && w->text[i]; i++)
		if (w->text[i] != ' ')
			all[n++] = w->text[i];
	if (n > 2 && n <= 32) {
		ret->h[0] = key_word((const uint8_t *)all, n);
		ret->n = 1;
	}
}

static int add_row(struct find_population *p, struct pop_part *part, struct slice id, bool keep_id, const struct find_value *v, size_t n)
{
	struct row_values r = {0};
	if (part->rows >= ROWS_MAX)
		return ERR_LIMIT;
	if (!room((void **)&part->row, &part->rows_cap, part->rows, sizeof *part->row))
		return ERR_MEMORY;
	if (part->rows >= part->id_cap) {
		struct pop_id *ids = reallocarray(part->id, part->rows_cap, sizeof *ids);
		if (!ids)
			return ERR_MEMORY;
		part->id = ids;
		part->id_cap = part->rows_cap;
	}
	for (size_t i = 0; i < n; i++)
		if (v[i].text.n)
			take_value(p, part, &r, &v[i]);
	r.addr = key_addr(r.house, r.zip);
	join(&r.last, &r.joined);
	add_names(p, part, &r);
	part->id[part->rows] = (struct pop_id){key_word(id.p, id.n), keep_id ? NULL : id.p, (uint32_t)id.n};
	if (keep_id) /* found again by its place: the buffer moves while it grows */
		buf_add_slice(&part->own_ids, id);
	part->row[part->rows++] = (struct pop_row){part->names.n, r.dob, r.addr, 0};
	buf_str(&part->names, r.first.text);
	buf_u8(&part->names, '\t');
	buf_str(&part->names, r.last.text);
	if (r.maiden.n) {
		buf_u8(&part->names, ' ');
		buf_str(&part->names, r.maiden.text);
	}
	buf_u8(&part->names, '\n');
	return part->failed || !buf_ok(&part->names) || !buf_ok(&part->own_ids) ? ERR_MEMORY : 0;
}

int find_population_add(struct find_population *p, struct slice id, const struct find_value *v, size_t n, struct err *e)
{
	assert(!p->sealed);
	if (!id.n || id.n > FIND_ID_MAX)
		return err_set(e, ERR_INPUT, NULL, "a person of the list has no id, or one of more than %d bytes", FIND_ID_MAX);
	int r = add_row(p, &p->part[0], id, true, v, n);
	return r < 0 ? err_set(e, r, NULL, r == ERR_LIMIT ? "the list of persons has more rows than are known to work" : "there is no memory for the list of persons") : 0;
}

/* ---- CSV ---- */

struct csv_columns {
	size_t n;
	int role[CSV_FIELDS_MAX];
	uint8_t sep;
};

struct csv_job {
	struct find_population *p;
	struct pop_part *part;
	const struct csv_columns *c;
	struct slice text;
	uint64_t rows;
	int code;
	bool long_id;
};

static void *read_rows(void *arg)
{
	struct csv_job *job = arg;
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct slice field[CSV_FIELDS_MAX];
	struct find_value v[CSV_FIELDS_MAX];
	struct csv csv;
	size_t n;
	if (!a) {
		job->code = ERR_MEMORY;
		return NULL;
	}
	csv_init(&csv, job->text, job->c->sep, a);
	while (job->code == 0 && csv_row(&csv, field, &n)) {
		size_t vn = 0;
		for (size_t i = 1; i < n && i < job->c->n; i++)
			if (job->c->role[i] != PERSON_ROLE_OTHER && field[i].n)
				v[vn++] = (struct find_value){job->c->role[i], field[i]};
		if (field[0].n > FIND_ID_MAX) {
			job->long_id = true;
		} else if (field[0].n && !csv.no_room) {
			bool inside = field[0].p >= job->text.p && field[0].p < job->text.p + job->text.n; /* else its quotes were undone, in the arena */
			job->code = add_row(job->p, job->part, field[0], !inside, v, vn);
			job->rows++;
		}
		csv.no_room = false;
		arena_reset(a);
	}
	return NULL;
}

static int columns(struct slice *text, struct csv_columns *ret, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct slice field[CSV_FIELDS_MAX], rest;
	struct csv csv;
	bool known = false;
	size_t n;
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	if (slice_starts(*text, "\xef\xbb\xbf"))
		*text = slice_of(text->p + 3, text->n - 3);
	ret->sep = csv_separator(slice_cut(*text, '\n', &rest));
	csv_init(&csv, *text, ret->sep, a);
	if (!csv_row(&csv, field, &n))
		return err_set(e, ERR_INPUT, NULL, "the list of persons is empty: its first line is to name the columns, person_id first");
	for (size_t i = 0; i < n; i++) {
		int who = PERSON_SUBJECT;
		ret->role[i] = person_role_of_column(field[i], &who);
		if (who != PERSON_SUBJECT)
			ret->role[i] = PERSON_ROLE_OTHER;
		known |= i && (kind_of_role(ret->role[i]) >= 0 || ret->role[i] == PERSON_ROLE_LAST || ret->role[i] == PERSON_ROLE_NAME);
	}
	if (!known)
		return err_set(e, ERR_INPUT, "line 1", "no column of the list of persons is known by its name: the first column is the person's id, the others are named last, first, dob, ssn, mrn, member_id, phone, email, street, zip, ...");
	ret->n = n;
	*text = slice_of(text->p + csv.at, text->n - csv.at);
	return 0;
}

struct quote_job {
	struct slice text;
	size_t quotes;
};

static void *count_quotes(void *arg)
{
	struct quote_job *job = arg;
	const uint8_t *p = job->text.p, *end = p + job->text.n;
	while (p < end && (p = memchr(p, '"', (size_t)(end - p)))) {
		job->quotes++;
		p++;
	}
	return NULL;
}

static void run(unsigned n, void *(*fn)(void *), void *jobs, size_t size)
{
	pthread_t t[POP_PARTS];
	bool started[POP_PARTS] = {false};
	for (unsigned i = 1; i < n; i++)
		started[i] = pthread_create(&t[i], NULL, fn, (char *)jobs + i * size) == 0;
	for (unsigned i = 0; i < n; i++)
		if (i == 0 || !started[i])
			fn((char *)jobs + i * size);
	for (unsigned i = 1; i < n; i++)
		if (started[i])
			pthread_join(t[i], NULL);
}

/* Cuts the text at ends of rows: at line feeds with an even number of quotes before them. Returns how many pieces; 1 when the quotes do not come out even (then only reading from the start tells what is a row). */
static unsigned cut_rows(struct slice text, unsigned want, struct slice out[POP_PARTS])
{
	struct quote_job q[POP_PARTS] = {0};
	size_t total = 0, each = text.n / want;
	unsigned n = 0;
	for (unsigned i = 0; i < want; i++)
		q[i].text = slice_of(text.p + i * each, i + 1 == want ? text.n - i * each : each);
	run(want, count_quotes, q, sizeof q[0]);
	for (unsigned i = 0; i < want; i++)
		total += q[i].quotes;
	if (total & 1) {
		out[0] = text;
		return 1;
	}
	size_t from = 0, before = 0;
	for (unsigned i = 1; i <= want; i++) {
		before += q[i - 1].quotes;
		size_t at = i < want ? i * each : text.n;
		bool inside = before & 1;
		while (i < want && at < text.n && (inside || text.p[at] != '\n'))
			inside ^= text.p[at++] == '"';
		at += at < text.n;
		if (at > from)
			out[n++] = slice_of(text.p + from, at - from);
		from = at > from ? at : from;
	}
	return n;
}

int find_population_csv(struct find_population *p, struct slice text, unsigned threads, uint64_t *ret_rows, struct err *e)
{
	struct csv_columns *c = calloc(1, sizeof *c);
	struct csv_job job[POP_PARTS];
	struct slice piece[POP_PARTS];
	uint64_t rows = 0;
	assert(!p->sealed);
	if (!c || (!p->texts && !(p->texts = arena_new(TEXTS_MAX)))) {
		free(c);
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	}
	/* UTF-16 shows in its first two bytes; a list of gigabytes in UTF-8 is not looked through twice */
	bool wide = text.n >= 2 && (text.p[0] >= 0xfe || text.p[0] == 0 || text.p[1] == 0);
	int r = wide ? csv_utf8(text, p->texts, &text, e) : 0;
	if (r == 0)
		r = columns(&text, c, e);
	unsigned free_parts = POP_PARTS - p->parts;
	unsigned n = threads < 1 || text.n < 65536 ? 1 : threads > 16 ? 16 : threads;
	if (r == 0 && free_parts < n)
		r = err_set(e, ERR_LIMIT, NULL, "too many lists of persons: put them into one");
	if (r == 0) {
		n = n > 1 ? cut_rows(text, n, piece) : 1;
		if (n == 1)
			piece[0] = text;
		for (unsigned i = 0; i < n; i++)
			job[i] = (struct csv_job){.p = p, .part = &p->part[p->parts + i], .c = c, .text = piece[i]};
		run(n, read_rows, job, sizeof job[0]);
		p->parts += n;
		for (unsigned i = 0; r == 0 && i < n; i++) {
			rows += job[i].rows;
			if (job[i].long_id)
				r = err_set(e, ERR_INPUT, NULL, "a person of the list has an id of more than %d bytes", FIND_ID_MAX);
			else if (job[i].code < 0)
				r = err_set(e, job[i].code, NULL, "there is no memory for the list of persons");
		}
	}
	free(c);
	if (r == 0)
		*ret_rows = rows;
	return r;
}
