/* Who the strangers are, and everything into the exposure: known persons by the search, strangers by linkage of the records that name them. In the order of the objects' names, so that it comes out the same however many read. */
#include "survey_internal.h"

#include "link.h"
#include "seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FEED ((size_t)4 << 20)

static struct reading *reading_of(const struct survey *f, size_t object)
{
	return &f->reading[f->object[object].same_as >= 0 ? (size_t)f->object[object].same_as : object];
}

static struct mention *mention_of(const struct survey *f, uint32_t i)
{
	return &f->reading[f->all[i].object].mention[f->all[i].mention];
}

static struct slice text_of(const struct survey *f, uint32_t i, int column)
{
	const struct mention *m = mention_of(f, i);
	return m->value[column] ? slice_str((const char *)f->reading[f->all[i].object].text.p + m->value[column] - 1) : SLICE_NULL;
}

bool says_who(const struct mention *m)
{
	static const uint8_t any[] = {MENTION_NAME, MENTION_LAST, MENTION_SSN, MENTION_MRN, MENTION_MEMBER, MENTION_MBI, MENTION_MEDICAID, MENTION_EMAIL, MENTION_DL};
	for (size_t i = 0; i < sizeof any; i++)
		if (m->value[any[i]])
			return true;
	return false;
}

bool named_beside(const struct mention *m)
{
	return (m->who == PERSON_KIN || m->who == PERSON_GUARANTOR || m->who == PERSON_SUBSCRIBER) && !m->known && !m->id && !(m->elements & ~PERSON_BIT(PERSON_NAME));
}

static int gather(struct survey *f, struct err *e)
{
	size_t n = 0, objects = f->n + f->aids;
	for (size_t i = 0; i < objects; i++)
		n += f->reading[i].mentions;
	f->all = calloc(n ? n : 1, sizeof *f->all);
	f->cluster = calloc(n ? n : 1, sizeof *f->cluster);
	f->next = calloc(n ? n : 1, sizeof *f->next);
	f->beside = calloc(n ? n : 1, sizeof *f->beside);
	if (!f->all || !f->cluster || !f->next || !f->beside || n >= UINT32_MAX)
		return err_set(e, n >= UINT32_MAX ? ERR_LIMIT : ERR_MEMORY, NULL, "no room for %zu records of strangers", n);
	for (size_t i = 0; i < objects; i++)
		for (uint32_t k = 0; k < f->reading[i].mentions; k++) {
			struct mention *m = &f->reading[i].mention[k];
			m->person = NONE;
			if (m->taken)
				continue;
			if (named_beside(m)) {
				if (i < f->n && says_who(m))
					f->beside[f->beside_n++] = (struct place_of){(uint32_t)i, k};
			} else if (says_who(m)) {
				m->person = (uint32_t)f->all_n;
				f->all[f->all_n++] = (struct place_of){(uint32_t)i, k};
			} else {
				f->totals.unattributed += (uint64_t)__builtin_popcount(m->elements);
			}
		}
	return 0;
}

/* ---- linkage ---- */

static void quote(struct buf *b, struct slice s)
{
	buf_u8(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_u8(b, '"');
		buf_u8(b, s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : s.p[i]);
	}
	buf_u8(b, '"');
}

static int feed(struct link *l, struct buf *b, bool last, struct err *e)
{
	size_t used;
	int r = buf_ok(b) ? link_feed(l, buf_slice(b), ',', last, &used, e) : err_set(e, buf_code(b), NULL, "no memory");
	buf_reset(b);
	return r;
}

static int link_all(const struct survey_job *job, struct survey *f, struct link **ret, struct err *e)
{
	const struct link_options o = {.threads = job->threads, .this_year = job->this_year, .day_first = job->day_first};
	struct slice name[MENTION_COLUMNS + 1] = {SLICE("record")};
	int role[MENTION_COLUMNS + 1] = {PERSON_ROLE_ID};
	char word[MENTION_COLUMNS][16];
	bool used[MENTION_COLUMNS] = {0};
	size_t n = 1;
	int column[MENTION_COLUMNS];
	AUTO_BUF struct buf b = {0};
	struct link *l = link_new(&o);
	buf_init(&b, FEED + (1 << 20));
	if (!l)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; i < f->all_n; i++) /* a column that nobody has is none */
		for (int c = 0; c < MENTION_COLUMNS; c++)
			used[c] |= mention_of(f, i)->value[c] != 0;
	for (int c = 0; c < MENTION_COLUMNS; c++)
		if (used[c] && c != MENTION_DEATH) {
			column[n - 1] = c;
			name[n] = slice_str(person_role_word(mention_role(c), word[c]));
			role[n++] = mention_role(c);
		}
	int r = link_columns(l, name, role, n, e);
	for (uint32_t i = 0; r == 0 && i < f->all_n; i++) {
		buf_printf(&b, "%" PRIu32, i);
		for (size_t k = 1; k < n; k++) {
			buf_u8(&b, ',');
			struct slice v = text_of(f, i, column[k - 1]);
			if (v.n)
				quote(&b, v);
		}
		buf_u8(&b, '\n');
		if (b.n > FEED)
			r = feed(l, &b, false, e);
	}
	if (r == 0)
		r = feed(l, &b, true, e);
	if (r == 0)
		r = link_run(l, e);
	if (r < 0) {
		link_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

/* How a record is named where people decide about two of them: its file, and where in it. */
struct slice record_name(struct survey *f, uint32_t i)
{
	const struct mention *m = mention_of(f, i);
	const struct survey_object *o = &f->object[f->all[i].object];
	char *s = m->member ? arena_printf(f->a, "%.*s#%" PRIu32 ":%" PRIu64, SLICE_FMT(o->path), m->member, m->offset) : arena_printf(f->a, "%.*s#%" PRIu64, SLICE_FMT(o->path), m->offset);
	return slice_str(s);
}

static uint32_t root(const uint32_t *into, uint32_t i)
{
	while (into[i] != i)
		i = into[i];
	return i;
}

static uint64_t number_of(struct slice s)
{
	uint64_t v;
	return num_u64(s, 0, UINT64_MAX - 1, &v) == 0 ? v : UINT64_MAX;
}

/* The record of that name; NONE: this run has none. */
static uint32_t record_named(const struct survey *f, struct slice name)
{
	size_t at = name.n, lo = 0, hi = f->n;
	while (at && name.p[at - 1] != '#')
		at--;
	if (!at)
		return NONE;
	struct slice path = slice_of(name.p, at - 1), offset, member = slice_cut(slice_of(name.p + at, name.n - at), ':', &offset);
	if (!offset.p) {
		offset = member;
		member = SLICE("0");
	}
	uint64_t m = number_of(member), o = number_of(offset);
	while (lo < hi) { /* the first object of that path */
		size_t mid = lo + (hi - lo) / 2;
		if (slice_cmp(f->object[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	uint32_t i = 0, end = (uint32_t)f->all_n;
	while (i < end) { /* the first of its records */
		uint32_t mid = i + (end - i) / 2;
		if (f->all[mid].object < lo)
			i = mid + 1;
		else
			end = mid;
	}
	for (; i < f->all_n && slice_eq(f->object[f->all[i].object].path, path); i++)
		if (mention_of(f, i)->member == m && mention_of(f, i)->offset == o)
			return i;
	return NONE;
}

/* What people said of pairs counts over what linkage says. */
static void decide(const struct survey_job *job, struct survey *f, const struct scope_pairs *said, uint32_t *into)
{
	const struct scope_case *c = job->decided;
	for (size_t p = 0; said && p < c->pair_n; p++) {
		if (scope_pairs_find(said, c->pair[p].a, c->pair[p].b) != &c->pair[p])
			continue; /* said otherwise since, or taken back */
		uint32_t a = record_named(f, c->pair[p].a), b = record_named(f, c->pair[p].b);
		if (a == NONE || b == NONE)
			continue;
		if (c->pair[p].same) {
			uint32_t x = root(into, a), y = root(into, b);
			into[x > y ? x : y] = x > y ? y : x;
		} else if (root(into, a) == root(into, b)) { /* the later one goes out, and whoever hung on it stays */
			uint32_t out = a > b ? a : b, stay = root(into, out);
			if (stay == out)
				continue;
			for (uint32_t i = 0; i < f->all_n; i++)
				if (into[i] == out)
					into[i] = stay;
			into[out] = out;
		}
	}
}

/* Decided, or together by what was decided of others, is not asked about. */
static int keep_grey(struct survey *f, const struct link *l, const struct scope_pairs *said, const uint32_t *into, struct err *e)
{
	size_t n = link_grey_n(l);
	f->grey = calloc(n ? n : 1, sizeof *f->grey);
	if (!f->grey)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < n; i++) {
		const struct link_pair *p = link_grey(l, i);
		AUTO_BUF struct buf why = {0};
		if (root(into, p->a) == root(into, p->b) || (said && scope_pairs_find(said, record_name(f, p->a), record_name(f, p->b)))) {
			f->settled += (double)p->probability; /* linkage took so much of a person away for it: now it is counted whole, or not at all */
			continue;
		}
		buf_init(&why, 1 << 14);
		link_explain(l, p->a, p->b, &why);
		struct grey *g = &f->grey[f->greys++];
		*g = (struct grey){p->a, p->b, p->weight, p->probability, arena_strdup(f->a, buf_slice(&why))};
		if (!g->why)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
	}
	return 0;
}

/* How many strangers fewer there are if every pair is one person that is still grey and can be: pairs that people have decided on are none of them any more. */
static int all_merged(const struct survey *f, const struct link *l, uint64_t *ret_less, struct err *e)
{
	struct link_pair *v = calloc(f->greys ? f->greys : 1, sizeof *v);
	int r = v ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; r == 0 && i < f->greys; i++)
		v[i] = (struct link_pair){f->grey[i].a, f->grey[i].b, f->grey[i].weight, f->grey[i].probability};
	if (r == 0)
		r = link_fewest(l, f->cluster, v, f->greys, ret_less, e);
	free(v);
	return r;
}

/* ---- strangers ---- */

/* By where his first record stands: the same in the next run, whatever else came in. */
static uint32_t stranger_number(struct survey *f, uint32_t first)
{
	struct slice name = record_name(f, first);
	uint8_t hash[SEAL_HASH];
	char id[24] = "S-";
	if (!name.p)
		return SCOPE_NOBODY;
	seal_sha256_once(name, hash);
	for (size_t i = 0; i < 8; i++)
		snprintf(id + 2 + 2 * i, 3, "%02x", hash[i]);
	return scope_exposure_person(f->exposure, slice_str(id));
}

static int make_strangers(struct survey *f, const uint32_t *into, struct err *e)
{
	uint32_t *of_root = calloc(f->all_n ? f->all_n : 1, sizeof *of_root);
	f->stranger = calloc(f->all_n ? f->all_n : 1, sizeof *f->stranger);
	int r = of_root && f->stranger ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; r == 0 && i < f->all_n; i++) {
		uint32_t top = root(into, i);
		if (!of_root[top]) {
			struct stranger *s = &f->stranger[f->strangers++];
			of_root[top] = (uint32_t)f->strangers;
			*s = (struct stranger){stranger_number(f, i), 0, i, i, mention_of(f, i)->who};
			r = s->number == SCOPE_NOBODY ? err_set(e, ERR_MEMORY, NULL, "no memory") : 0;
		}
		f->cluster[i] = of_root[top] - 1;
		f->next[i] = NONE;
		struct stranger *s = &f->stranger[f->cluster[i]];
		s->records++;
		if (s->last != i)
			f->next[s->last] = i;
		s->last = i;
		if (mention_of(f, i)->who == PERSON_SUBJECT)
			s->who = PERSON_SUBJECT;
	}
	free(of_root);
	return r;
}

/* What his records say of him besides elements. */
static int set_said(struct survey *f, uint32_t number, unsigned flags, uint8_t language, struct err *e)
{
	if (!flags && !language)
		return 0;
	if (number >= f->flags_n) {
		uint32_t n = f->flags_n ? f->flags_n : 1024;
		while (n <= number)
			n *= 2;
		uint16_t *v = reallocarray(f->flags, n, sizeof *v);
		f->flags = v ? v : f->flags;
		uint8_t *l = v ? realloc(f->language, n) : NULL;
		if (!l)
			return err_set(e, ERR_MEMORY, NULL, "no memory");
		f->language = l;
		memset(v + f->flags_n, 0, (n - f->flags_n) * sizeof *v);
		memset(l + f->flags_n, 0, n - f->flags_n);
		f->flags_n = n;
	}
	f->flags[number] |= (uint16_t)flags;
	f->language[number] = f->language[number] ? f->language[number] : language;
	return 0;
}

static int expose_known(const struct survey_job *job, struct survey *f, uint32_t source, uint32_t person, uint32_t elements, unsigned flags, uint8_t language, struct err *e)
{
	uint32_t p = scope_exposure_person(f->exposure, find_population_id(job->population, person));
	int r = source == SCOPE_NOBODY || p == SCOPE_NOBODY ? err_set(e, ERR_MEMORY, NULL, "no memory") : scope_exposure_add(f->exposure, p, source, elements, e);
	return r == 0 ? set_said(f, p, flags, language, e) : r;
}

static int expose_stranger(struct survey *f, uint32_t source, uint32_t all, uint32_t elements, unsigned flags, uint8_t language, struct err *e)
{
	const struct stranger *s = &f->stranger[f->cluster[all]];
	int r = source == SCOPE_NOBODY ? err_set(e, ERR_MEMORY, NULL, "no memory") : scope_exposure_add(f->exposure, s->number, source, elements, e);
	return r == 0 ? set_said(f, s->number, flags, language, e) : r;
}

/* What references in the object led to. */
static int expose_attached(const struct survey_job *job, struct survey *f, uint32_t source, size_t object, struct err *e)
{
	size_t lo = 0, hi = f->attached_n;
	int r = 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (f->attached[mid].object < object)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; r == 0 && lo < f->attached_n && f->attached[lo].object == object; lo++) {
		const struct attached *a = &f->attached[lo];
		uint32_t all = a->person == NONE ? f->reading[a->at].mention[a->mention].person : NONE;
		if (a->person != NONE)
			r = expose_known(job, f, source, a->person, a->elements, a->flags, 0, e);
		else if (all != NONE)
			r = expose_stranger(f, source, all, a->elements, a->flags, 0, e);
		else
			f->totals.unattributed += (uint64_t)__builtin_popcount(a->elements);
	}
	return r;
}

static int expose(const struct survey_job *job, struct survey *f, struct err *e)
{
	uint32_t *before = calloc(f->n ? f->n : 1, sizeof *before); /* the first of all mentions of an object */
	int r = before ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0, k = 0; r == 0 && i < f->n; i++) {
		before[i] = (uint32_t)k;
		while (k < f->all_n && f->all[k].object == i)
			k++;
	}
	for (size_t i = 0; r == 0 && i < f->n; i++) {
		struct survey_object *o = &f->object[i];
		const struct reading *g = reading_of(f, i);
		size_t from = o->same_as >= 0 ? (size_t)o->same_as : i;
		if (!o->file && o->state != SURVEY_NOT_A_FILE)
			continue;
		uint32_t source = scope_exposure_source(f->exposure, o->path, o->acquired);
		for (uint32_t k = 0; r == 0 && k < g->knowns; k++)
			r = expose_known(job, f, source, g->known[k].person, g->known[k].elements, g->known[k].flags, g->known[k].language, e);
		o->persons = g->knowns;
		for (uint32_t k = before[from]; r == 0 && k < f->all_n && f->all[k].object == from; k++)
			r = expose_stranger(f, source, k, mention_of(f, k)->elements, mention_of(f, k)->flags, mention_of(f, k)->language, e);
		if (r == 0)
			r = expose_attached(job, f, source, from, e);
	}
	free(before);
	return r;
}

static int number_strangers(struct survey *f, struct err *e)
{
	uint32_t most = 0;
	for (size_t i = 0; i < f->strangers; i++)
		most = f->stranger[i].number > most ? f->stranger[i].number : most;
	f->stranger_of = calloc((size_t)most + 1, sizeof *f->stranger_of);
	if (!f->stranger_of)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	for (size_t i = 0; i < f->strangers; i++)
		f->stranger_of[f->stranger[i].number] = (uint32_t)i + 1;
	f->stranger_numbers = most + 1;
	return 0;
}

/* Of strangers: what linkage says of its own clusters, moved by what people decided of them. */
static int count(struct survey *f, const struct link *l, struct err *e)
{
	struct survey_totals *t = &f->totals;
	struct link_counts c = {0};
	size_t rows = scope_exposure_rows(f->exposure);
	uint64_t less = 0;
	int r = l ? all_merged(f, l, &less, e) : 0;
	if (r < 0)
		return r;
	if (l)
		link_count(l, &c);
	t->strangers = f->strangers;
	t->known = rows > f->strangers ? rows - f->strangers : 0;
	t->low = t->known + t->strangers - less;
	t->high = t->known + t->strangers + (c.high - c.persons) + t->unresolved_ids;
	double point = (double)(t->known + t->strangers) + (l ? c.estimate - (double)c.persons : 0) + f->settled + 0.5;
	t->point = point < (double)t->low ? t->low : point > (double)t->high ? t->high : (uint64_t)point;
	return 0;
}

int persons_make(const struct survey_job *job, struct survey *f, struct err *e)
{
	struct link *l = NULL;
	struct scope_pairs *said = NULL;
	uint32_t *into = NULL;
	int r = gather(f, e);
	if (r == 0 && f->all_n > 1)
		r = link_all(job, f, &l, e);
	if (r == 0 && (!(into = calloc(f->all_n ? f->all_n : 1, sizeof *into)) || (job->decided && job->decided->pair_n && !(said = scope_pairs_new(job->decided)))))
		r = err_set(e, ERR_MEMORY, NULL, "no memory");
	for (uint32_t i = 0; r == 0 && i < f->all_n; i++)
		into[i] = l ? link_cluster(l, i) : i;
	if (r == 0)
		decide(job, f, said, into);
	if (r == 0)
		r = make_strangers(f, into, e);
	if (r == 0 && l)
		r = keep_grey(f, l, said, into, e);
	if (r == 0)
		r = expose(job, f, e);
	if (r == 0)
		r = number_strangers(f, e);
	if (r == 0)
		r = kin_settle(f, job->population, e);
	if (r == 0)
		r = scope_exposure_end(f->exposure, e);
	if (r == 0)
		r = count(f, l, e);
	scope_pairs_free(said);
	link_free(l);
	free(into);
	return r;
}
