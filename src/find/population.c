/* The persons that are known: rows in, their keys gathered. What is looked up later is made in population_seal.c. */
#include "find_internal.h"

#include "csv.h"

#include <pthread.h>
#include <stdlib.h>

#define ROWS_MAX ((size_t)2000000000)
#define TEXTS_MAX ((size_t)16 << 30)
#define THREADS_MAX 16u
#define PIECE ((size_t)8 << 20)      /* of a list, for a thread to read at a time */
#define PIECE_MAX ((size_t)1 << 30)  /* with a row that is longer */
#define QUOTED_MAX ((size_t)1 << 16) /* csv.h: a quote that is not closed by then is a letter */

struct find_population *find_population_new(int this_year, bool day_first)
{
	struct find_population *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	nicks_make(p->nick);
	p->this_year = this_year;
	p->day_first = day_first;
	p->word_log = POP_WORDS_LOG;
	p->word_map = calloc((size_t)1 << (POP_WORDS_LOG - 6), 8);
	if (!p->word_map) {
		free(p);
		return NULL;
	}
	return p;
}

void part_done(struct pop_part *part)
{
	pages_free(part->key, part->from[SHARES] * sizeof *part->key);
	free(part->row);
	buf_done(&part->names);
	buf_done(&part->ids);
	*part = (struct pop_part){0};
}

void find_population_free(struct find_population *p)
{
	if (!p)
		return;
	if (p->sealed)
		population_for_children(p, true);
	for (size_t i = 0; i < p->parts; i++)
		part_done(&p->part[i]);
	free(p->part);
	free(p->keys_in.v);
	free(p->word_map);
	pages_free(p->slot, p->share_slots * SHARES * sizeof *p->slot);
	pages_free(p->bloom, (size_t)64 << p->bloom_log);
	pages_free(p->row, (p->rows + 1) * sizeof *p->row);
	pages_free(p->first_row, ((size_t)p->persons + 2) * sizeof *p->first_row);
	pages_free(p->names, p->names_n + 1);
	pages_free(p->ids, p->ids_n + 1);
	pages_free(p->id_at, (p->rows + 2) * sizeof *p->id_at);
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

/* `n` more parts, empty, behind the others; those before may move. NULL: no memory, or too many. */
static struct pop_part *more_parts(struct find_population *p, unsigned n)
{
	if (p->parts + n > p->parts_cap) {
		unsigned cap = p->parts_cap ? p->parts_cap * 2 : 32;
		struct pop_part *grown = cap <= POP_PARTS_MAX ? reallocarray(p->part, cap, sizeof *grown) : NULL;
		if (!grown)
			return NULL;
		p->part = grown;
		p->parts_cap = cap;
	}
	for (unsigned i = 0; i < n; i++) {
		struct pop_part *part = &p->part[p->parts + i];
		*part = (struct pop_part){0};
		buf_init(&part->names, (size_t)64 << 30);
		buf_init(&part->ids, (size_t)64 << 30);
	}
	p->parts += n;
	return &p->part[p->parts - n];
}

struct taking { /* rows into a part */
	struct find_population *p;
	struct pop_part *part;
	struct pop_keys *keys;
};

static void add_key(struct taking *t, uint64_t h, int kind)
{
	struct pop_keys *k = t->keys;
	if (!h)
		return;
	if (!room((void **)&k->v, &k->cap, k->n, sizeof *k->v)) {
		k->failed = true;
		return;
	}
	k->v[k->n++] = (struct loose_key){h, (uint32_t)t->part->rows, (uint32_t)kind};
}

int part_deal(struct pop_part *part, struct pop_keys *keys)
{
	size_t at[SHARES] = {0}, sum = 0, n = keys->n;
	assert(!part->key);
	for (size_t i = 0; i < n; i++)
		at[keys->v[i].h >> (64 - SHARE_LOG)]++;
	for (unsigned i = 0; i < SHARES; i++) {
		size_t here = at[i];
		at[i] = part->from[i] = sum;
		sum += here;
	}
	keys->n = 0;
	part->key = n ? pages_new(n * sizeof *part->key, false) : NULL;
	if (n && !part->key) {
		memset(part->from, 0, sizeof part->from);
		return ERR_MEMORY;
	}
	part->from[SHARES] = n;
	for (size_t i = 0; i < n; i++) {
		const struct loose_key *k = &keys->v[i];
		part->key[at[k->h >> (64 - SHARE_LOG)]++] = (struct key_entry){k->h << SHARE_LOG | k->kind, k->row};
	}
	struct pop_row *own = reallocarray(part->row, part->rows + 1, sizeof *own); /* what was too much */
	part->row = own ? own : part->row;
	return 0;
}

/* The map is shared by the threads that read a CSV: a bit is set once and never taken back. */
static void add_word(struct find_population *p, uint64_t h)
{
	uint64_t i = h >> (64 - POP_WORDS_LOG), bit = UINT64_C(1) << (i & 63);
	if (!(__atomic_load_n(&p->word_map[i >> 6], __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(&p->word_map[i >> 6], bit, __ATOMIC_RELAXED);
}

struct row_values {
	struct name_words first, last, maiden, joined;
	uint64_t first_as[8], last_as[8]; /* other spellings of their words (name_spelled) */
	uint32_t dob, addr;
	struct slice house, zip;
};

/* A whole name in one value: "Surname, Given Middle", or the surname last. */
static void whole_name(struct slice s, struct row_values *r)
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
	name_words(given, &r->first);
	name_spelled(given, &r->first, r->first_as);
	name_words(surname, &r->last);
	name_spelled(surname, &r->last, r->last_as);
}

/* Dates that stand for "not known". */
static bool default_date(const struct person_date *d)
{
	return d->year <= 1901 && d->month == 1 && d->day == 1;
}

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

/* 王 and 小明 as 王小明. */
static void add_whole(struct taking *t, const struct row_values *r)
{
	uint64_t h[NAME_WHOLES];
	struct name_words one = {.n = 0};
	const struct name_words *part[] = {&r->last, &r->first};
	size_t n = 0;
	for (unsigned i = 0; i < ARRAY_LEN(part); i++)
		if (part[i]->n == 1 && name_sign((const uint8_t *)part[i]->text, part[i]->len[0]) && n + part[i]->len[0] <= 32) {
			memcpy(one.text + n, part[i]->text, part[i]->len[0]);
			n += part[i]->len[0];
		}
	one.len[0] = (uint8_t)n;
	one.h[0] = key_word((const uint8_t *)one.text, n);
	one.n = n > 0;
	if (!name_wholes(&one, h))
		return;
	uint64_t pair = key_pair(h[0], h[0]);
	add_word(t->p, h[0]);
	add_key(t, pair, KEY_NAME);
	if (r->dob)
		add_key(t, key_with(pair, r->dob), KEY_NAME_DOB);
	if (r->addr)
		add_key(t, key_with(pair, r->addr), KEY_NAME_ADDR);
}

static void add_pair(struct taking *t, const struct row_values *r, uint64_t first, uint64_t last)
{
	uint64_t pair = key_pair(first, last);
	add_key(t, pair, KEY_NAME);
	if (r->dob)
		add_key(t, key_with(pair, r->dob), KEY_NAME_DOB);
	if (r->addr)
		add_key(t, key_with(pair, r->addr), KEY_NAME_ADDR);
}

/* Jürgen Müller is Juergen Mueller, too, and Jurgen Mueller where only one of them was written so. */
static void add_spelled(struct taking *t, const struct row_values *r)
{
	for (unsigned i = 0; i < r->last.n && i < 4; i++)
		for (unsigned j = 0; j < r->first.n && j < 3; j++) {
			const uint64_t l = r->last_as[i], f = r->first_as[j];
			if ((!l && !f) || idle(&r->last, i) || idle(&r->first, j))
				continue;
			if (l) {
				add_word(t->p, l);
				add_pair(t, r, r->first.h[j], l);
			}
			if (f) {
				add_word(t->p, f);
				add_pair(t, r, f, r->last.h[i]);
			}
			if (l && f)
				add_pair(t, r, f, l);
		}
}

static void add_names(struct taking *t, const struct row_values *r)
{
	const struct name_words *surname[] = {&r->last, &r->maiden, &r->joined};
	if ((r->last.n && (uint8_t)r->last.text[0] >= 0xE3) || (r->first.n && (uint8_t)r->first.text[0] >= 0xE3))
		add_whole(t, r);
	for (unsigned i = 0; i < r->first.n && i < 3; i++)
		add_word(t->p, r->first.h[i]);
	for (size_t k = 0; k < ARRAY_LEN(surname); k++)
		for (unsigned i = 0; i < surname[k]->n && i < 4; i++) {
			add_word(t->p, surname[k]->h[i]);
			if (idle(surname[k], i))
				continue;
			if (r->dob)
				add_key(t, key_with(surname[k]->h[i], r->dob), KEY_WORD_DOB);
			for (unsigned j = 0; j < r->first.n && j < 3; j++) {
				if (idle(&r->first, j))
					continue;
				add_pair(t, r, r->first.h[j], surname[k]->h[i]);
			}
		}
	add_spelled(t, r);
	for (unsigned i = 0; r->dob && i < r->first.n && i < 3; i++)
		add_key(t, key_with(r->first.h[i], r->dob), KEY_WORD_DOB);
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

static void add_number(struct taking *t, int kind, struct slice s)
{
	char digits[24];
	size_t n = 0;
	if (kind == KEY_EMAIL) {
		add_key(t, key_email(s), kind);
		return;
	}
	if (kind == KEY_PHONE)
		s = phone_digits(s, digits);
	if (!s.n || placeholder(kind, s))
		return;
	add_key(t, key_id(s, &n, NULL), kind);
}

static void take_value(struct taking *t, struct row_values *r, const struct find_value *v)
{
	struct person_date d;
	bool swap;
	switch (v->role) {
	case PERSON_ROLE_FIRST:
		name_words(v->text, &r->first);
		name_spelled(v->text, &r->first, r->first_as);
		break;
	case PERSON_ROLE_LAST:
		name_words(v->text, &r->last);
		name_spelled(v->text, &r->last, r->last_as);
		break;
	case PERSON_ROLE_MAIDEN: name_words(v->text, &r->maiden); break;
	case PERSON_ROLE_NAME:
		if (!r->first.n && !r->last.n)
			whole_name(v->text, r);
		break;
	case PERSON_ROLE_DOB:
		if (person_date(v->text, t->p->day_first, t->p->this_year, &d, &swap) && !default_date(&d))
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
			add_number(t, kind, v->text);
	}
	}
}

/* A surname of several words is also written as one: "De La Cruz", "Delacruz". */
static void join(const struct name_words *w, struct name_words *ret)
{
	char all[sizeof w->text];
	size_t n = 0;
	ret->n = 0;
	for (size_t i = 0; w->n > 1 && w->text[i]; i++)
		if (w->text[i] != ' ')
			all[n++] = w->text[i];
	if (n > 2 && n <= 32) {
		ret->h[0] = key_word((const uint8_t *)all, n);
		ret->n = 1;
	}
}

static void add_id(struct pop_part *part, struct slice id)
{
	bool same = part->rows && id.n == part->last_n && memcmp(part->last_id, id.p, id.n) == 0;
	assert(id.n && id.n <= FIND_ID_MAX);
	buf_u8(&part->ids, same ? 0 : (uint8_t)id.n);
	if (same)
		return;
	buf_add_slice(&part->ids, id);
	memcpy(part->last_id, id.p, id.n);
	part->last_n = id.n;
}

static int add_row(struct taking *t, struct slice id, const struct find_value *v, size_t n)
{
	struct pop_part *part = t->part;
	struct row_values r UNSET;
	if (part->rows >= ROWS_MAX)
		return ERR_LIMIT;
	if (!room((void **)&part->row, &part->rows_cap, part->rows, sizeof *part->row))
		return ERR_MEMORY;
	r.first.n = r.last.n = r.maiden.n = 0;
	r.first.text[0] = r.last.text[0] = r.maiden.text[0] = 0;
	memset(r.first_as, 0, sizeof r.first_as);
	memset(r.last_as, 0, sizeof r.last_as);
	r.dob = 0;
	r.house = r.zip = SLICE_NULL;
	for (size_t i = 0; i < n; i++)
		if (v[i].text.n)
			take_value(t, &r, &v[i]);
	r.addr = key_addr(r.house, r.zip);
	join(&r.last, &r.joined);
	add_names(t, &r);
	add_id(part, id);
	part->row[part->rows++] = (struct pop_row){part->names.n, r.dob, r.addr, 0};
	buf_str(&part->names, r.first.text);
	buf_u8(&part->names, '\t');
	buf_str(&part->names, r.last.text);
	if (r.maiden.n) {
		buf_u8(&part->names, ' ');
		buf_str(&part->names, r.maiden.text);
	}
	buf_u8(&part->names, '\n');
	return t->keys->failed || !buf_ok(&part->names) || !buf_ok(&part->ids) ? ERR_MEMORY : 0;
}

static int no_rows(struct err *e, int r)
{
	return err_set(e, r, NULL, r == ERR_LIMIT ? "the list of persons has more rows than are known to work" : "there is no memory for the list of persons");
}

int find_population_add(struct find_population *p, struct slice id, const struct find_value *v, size_t n, struct err *e)
{
	assert(!p->sealed);
	if (!id.n || id.n > FIND_ID_MAX)
		return err_set(e, ERR_INPUT, NULL, "a person of the list has no id, or one of more than %d bytes", FIND_ID_MAX);
	if (!p->open && !(p->open = more_parts(p, 1)))
		return no_rows(e, ERR_MEMORY);
	struct taking t = {p, p->open, &p->keys_in};
	int r = add_row(&t, id, v, n);
	return r < 0 ? no_rows(e, r) : 0;
}

/* ---- CSV ---- */

struct csv_columns {
	size_t n;
	int role[CSV_FIELDS_MAX];
	uint8_t sep;
	bool born; /* a date of birth stands in three columns */
	size_t birth[3];
};

struct csv_job {
	struct find_population *p;
	struct pop_part *part;
	struct pop_keys keys; /* room for them is kept from piece to piece */
	const struct csv_columns *c;
	struct slice text;
	bool more;     /* the text may end within a row */
	size_t used;   /* bytes of whole rows */
	uint64_t rows;
	int code;
	bool long_id;
};

static void read_row(struct csv_job *job, const struct slice *field, size_t n)
{
	struct taking t = {job->p, job->part, &job->keys};
	struct find_value v[CSV_FIELDS_MAX + 1] UNSET;
	const size_t *b = job->c->birth;
	char date[16];
	size_t vn = 0;
	if (job->c->born && b[0] < n && b[1] < n && b[2] < n && person_birth_text(field[b[0]], field[b[1]], field[b[2]], date) == 3)
		v[vn++] = (struct find_value){PERSON_ROLE_DOB, slice_str(date)};
	for (size_t i = 1; i < n && i < job->c->n; i++)
		if (job->c->role[i] != PERSON_ROLE_OTHER && field[i].n)
			v[vn++] = (struct find_value){job->c->role[i], field[i]};
	if (field[0].n > FIND_ID_MAX) {
		job->long_id = true;
	} else if (field[0].n) {
		job->code = add_row(&t, field[0], v, vn);
		job->rows++;
	}
}

static void *read_rows(void *arg)
{
	struct csv_job *job = arg;
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct slice field[CSV_FIELDS_MAX] UNSET;
	struct csv csv;
	size_t n;
	job->used = 0;
	if (!a) {
		job->code = ERR_MEMORY;
		return NULL;
	}
	csv_init(&csv, job->text, job->c->sep, a);
	while (job->code == 0 && csv_row(&csv, field, &n)) {
		if (job->more && csv.at + QUOTED_MAX >= job->text.n)
			break;
		if (!csv.no_room)
			read_row(job, field, n);
		csv.no_room = false;
		job->used = csv.at;
		arena_reset(a);
	}
	if (!job->more)
		job->used = job->text.n;
	if (job->code == 0)
		job->code = part_deal(job->part, &job->keys);
	return NULL;
}

static int columns(struct slice text, struct csv_columns *ret, size_t *ret_used, struct err *e)
{
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 20);
	struct person_list *x = calloc(1, sizeof *x);
	bool known = false;
	if (!a || !x) {
		free(x);
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	}
	int r = person_list_head(text, a, x, e);
	if (r == ERR_INPUT)
		err_set(e, r, NULL, "the list of persons is empty: its first line is to name the columns, person_id first");
	for (size_t i = 0; r == 0 && i < x->columns; i++) {
		int who = PERSON_SUBJECT, role = x->headed ? person_role_of_column(x->name[i], &who) : x->role[i];
		ret->role[i] = who == PERSON_SUBJECT ? role : PERSON_ROLE_OTHER;
		known |= i && (kind_of_role(ret->role[i]) >= 0 || ret->role[i] == PERSON_ROLE_LAST || ret->role[i] == PERSON_ROLE_NAME);
	}
	if (r == 0 && !known)
		r = err_set(e, ERR_INPUT, "line 1", "no column of the list of persons is known by its name: the first column is the person's id, the others are named last, first, dob, ssn, mrn, member_id, phone, email, street, zip, ...");
	if (r == 0) {
		ret->sep = x->sep;
		ret->n = x->columns;
		ret->born = x->headed && person_birth_columns(x->name, x->columns, ret->birth);
		for (unsigned k = 0; ret->born && k < 3; k++)
			ret->role[ret->birth[k]] = PERSON_ROLE_OTHER;
		*ret_used = x->from;
	}
	free(x);
	return r;
}

static void run(unsigned n, struct csv_job *job)
{
	pthread_t t[THREADS_MAX];
	bool started[THREADS_MAX] = {false};
	for (unsigned i = 1; i < n; i++)
		started[i] = pthread_create(&t[i], NULL, read_rows, &job[i]) == 0;
	for (unsigned i = 0; i < n; i++)
		if (i == 0 || !started[i])
			read_rows(&job[i]);
	for (unsigned i = 1; i < n; i++)
		if (started[i])
			pthread_join(t[i], NULL);
}

static size_t count_quotes(struct slice s)
{
	size_t n = 0;
	for (const uint8_t *p = s.p, *end = p + s.n; p < end && (p = memchr(p, '"', (size_t)(end - p))); p++)
		n++;
	return n;
}

/* Cuts the text at ends of rows: at line feeds with an even number of quotes before them. last: it ends with a row; else what stands behind the last of them is left for later. Returns how many pieces there are; 0 when the quotes do not come out
 * even: then only reading from the start tells what is a row. */
static unsigned cut_rows(struct slice text, bool last, unsigned want, struct slice out[THREADS_MAX])
{
	size_t end = text.n, each, from = 0, counted = 0;
	bool inside = count_quotes(text) & 1;
	unsigned n = 0;
	if (last && inside)
		return 0;
	for (; !last && end > text.n / 2 && (inside || text.p[end - 1] != '\n'); end--)
		inside ^= text.p[end - 1] == '"';
	if (!last && end <= text.n / 2)
		return 0;
	each = end / want;
	inside = false;
	for (unsigned i = 1; i <= want; i++) {
		size_t at = i < want ? i * each : end;
		if (at < from)
			continue;
		inside ^= count_quotes(slice_of(text.p + counted, at - counted)) & 1;
		for (; i < want && at < end && (inside || text.p[at] != '\n'); at++)
			inside ^= text.p[at] == '"';
		at += at < end;
		counted = at;
		if (at > from)
			out[n++] = slice_of(text.p + from, at - from);
		from = at;
	}
	return n;
}

struct list {
	struct find_population *p;
	find_pull_fn *pull;
	void *arg;
	struct csv_columns c;
	struct buf b;    /* what was pulled and not read yet */
	bool end;        /* nothing is to be pulled any more */
	unsigned threads;
	uint64_t rows;
	struct csv_job job[THREADS_MAX];
};

static int list_fill(struct list *l, size_t n, struct err *e)
{
	while (!l->end && l->b.n < n) {
		size_t got = 0, want = n - l->b.n < PIECE ? n - l->b.n : PIECE;
		uint8_t *to = buf_space(&l->b, want);
		if (!to)
			return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
		int r = l->pull(l->arg, to, want, &got, e);
		if (r < 0)
			return r;
		buf_commit(&l->b, got);
		l->end = got == 0;
	}
	return 0;
}

/* UTF-16 shows in its first two bytes; such a list is held as a whole while it is read. */
static int list_as_utf8(struct list *l, struct err *e)
{
	if (l->b.n < 2 || !(l->b.p[0] >= 0xfe || l->b.p[0] == 0 || l->b.p[1] == 0))
		return 0;
	AUTO_ARENA struct arena *a = arena_new(TEXTS_MAX);
	struct slice text;
	int r = a ? list_fill(l, SIZE_MAX / 4, e) : err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	if (r == 0)
		r = csv_utf8(buf_slice(&l->b), a, &text, e);
	if (r < 0)
		return r;
	buf_reset(&l->b);
	buf_add_slice(&l->b, text);
	return buf_ok(&l->b) ? 0 : err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
}

/* What is held, as far as its rows are whole. *ret_used: so many bytes. */
static int list_read(struct list *l, size_t *ret_used, struct err *e)
{
	struct slice piece[THREADS_MAX], text = buf_slice(&l->b);
	unsigned n = l->threads < 2 || text.n < 65536 ? 1 : l->threads, cut = cut_rows(text, l->end, n, piece);
	bool by_reading = !cut;
	if (by_reading) {
		piece[0] = text;
		cut = 1;
	}
	struct pop_part *part = more_parts(l->p, cut);
	if (!part)
		return err_set(e, ERR_LIMIT, NULL, "the list of persons is longer than is known to work");
	for (unsigned i = 0; i < cut; i++) {
		struct csv_job *job = &l->job[i];
		job->part = &part[i];
		job->text = piece[i];
		job->more = by_reading && !l->end;
	}
	run(cut, l->job);
	*ret_used = 0;
	for (unsigned i = 0; i < cut; i++) {
		struct csv_job *job = &l->job[i];
		*ret_used += job->used;
		if (job->long_id)
			return err_set(e, ERR_INPUT, NULL, "a person of the list has an id of more than %d bytes", FIND_ID_MAX);
		if (job->code < 0)
			return no_rows(e, job->code);
	}
	return 0;
}

static int list_run(struct list *l, struct err *e)
{
	size_t size = PIECE * l->threads, used = 0;
	int r = list_fill(l, size, e);
	if (r == 0)
		r = list_as_utf8(l, e);
	if (r == 0)
		r = columns(buf_slice(&l->b), &l->c, &used, e);
	while (r == 0) {
		memmove(l->b.p, l->b.p + used, l->b.n - used);
		l->b.n -= used;
		r = list_fill(l, size, e);
		if (r < 0 || !l->b.n)
			break;
		r = list_read(l, &used, e);
		if (r == 0 && !used && size >= PIECE_MAX)
			r = err_set(e, ERR_LIMIT, NULL, "a row of the list of persons is longer than is read");
		size = used || r < 0 ? PIECE * l->threads : size * 2;
	}
	return r;
}

int find_population_list(struct find_population *p, find_pull_fn *pull, void *arg, unsigned threads, uint64_t *ret_rows, struct err *e)
{
	struct list *l = calloc(1, sizeof *l);
	assert(!p->sealed);
	if (!l)
		return err_set(e, ERR_MEMORY, NULL, "there is no memory for the list of persons");
	*l = (struct list){.p = p, .pull = pull, .arg = arg, .threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : threads};
	buf_init(&l->b, TEXTS_MAX);
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		l->job[i].p = p;
		l->job[i].c = &l->c;
	}
	int r = p->open ? part_deal(p->open, &p->keys_in) : 0;
	p->open = NULL;
	r = r < 0 ? no_rows(e, r) : list_run(l, e);
	for (unsigned i = 0; i < THREADS_MAX; i++) {
		l->rows += l->job[i].rows;
		free(l->job[i].keys.v);
	}
	if (r == 0)
		*ret_rows = l->rows;
	buf_done(&l->b);
	free(l);
	return r;
}

static int pull_slice(void *arg, uint8_t *to, size_t n, size_t *ret_got, struct err *e)
{
	struct slice *rest = arg;
	(void)e;
	n = n < rest->n ? n : rest->n;
	if (n)
		memcpy(to, rest->p, n);
	*rest = slice_of(rest->p + n, rest->n - n);
	*ret_got = n;
	return 0;
}

int find_population_csv(struct find_population *p, struct slice text, unsigned threads, uint64_t *ret_rows, struct err *e)
{
	return find_population_list(p, pull_slice, &text, threads, ret_rows, e);
}
