/* Who gives numbers: which spellings of an assigner are one authority.
 *
 * The same register comes as A, as a, as A&1.2.3&ISO and as &1.2.3&ISO (in FHIR urn:oid:1.2.3). Taken for four, its patients have four charts.
 *
 *   form        what of a spelling does not count: the letters' case of ASCII, "urn:oid:" before an OID, "urn:uuid:" before a UUID. Of a URL (a path may tell its case apart) and of what Holdfast itself
 *               made up nothing.
 *               Case: HD.1 is a code of a site's own table (IS; tables 0300, 0363), typed by hand in each interface engine, and no register is told from another one by its case. Where two are,
 *               their statements show it (below), and the case counts again. What is shown is as it was sent.
 *   statement   an HD with both its namespace and its universal id (facts.h): the two shall be the same entity.
 *   partner     two forms are one authority if and only if each was stated with the other and neither with any third one.
 *   several     a form that was stated with two others has no partner; and if it is a name (not an OID, UUID or URI), its case counts again: GAB with 1.2.3 and gab with 4.5.6 are two authorities.
 *
 * So it is a function of the set of statements made so far in production messages, and of nothing else: no order, no feed, no clock. A statement more can begin and can end it. What that does to persons is in
 * chart_spelling.c. Kept in kv (STORE_KV_AUTHORITY): a spelling's own bytes for each that a number came with, and name US id for each statement, each with the entry that brought it.
 */
#include "chart_internal.h"

#include <stdlib.h>

#define SPELLINGS_MAX 4096 /* and as many statements: no site has as many registers. Further ones are taken as they stand, and joined with none */

struct spelling {
	struct slice name; /* malloced */
	uint32_t form, next_of_form, next_in_bucket; /* index + 1 */
	bool used;         /* a number came with it */
};
struct form {
	struct slice text; /* malloced */
	uint32_t partner, first_spelling, next_in_bucket; /* index + 1 */
	bool several, exact; /* exact: a universal id */
};
struct authorities {
	struct spelling *spelling;
	struct form *form;
	struct said {
		uint32_t name, id; /* spellings, index + 1 */
		uint32_t next_in_bucket;
	} *said;
	size_t spellings, spelling_cap, forms, form_cap, said_count, said_cap;
	uint32_t spelling_bucket[CHART_BUCKETS], form_bucket[CHART_BUCKETS], said_bucket[CHART_BUCKETS];
};

void authority_forget(struct chart *c)
{
	struct authorities *t = c->authorities;
	if (!t)
		return;
	for (size_t i = 0; i < t->spellings; i++)
		free((void *)(uintptr_t)t->spelling[i].name.p);
	for (size_t i = 0; i < t->forms; i++)
		free((void *)(uintptr_t)t->form[i].text.p);
	free(t->spelling), free(t->form), free(t->said), free(t);
	c->authorities = NULL;
}

/* ---- the form of a spelling -------------------------------------------------------------------------------------------------------- */

static bool is_oid(struct slice s)
{
	size_t dots = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool dot = s.p[i] == '.', edge = i == 0 || i + 1 == s.n || s.p[i - 1] == '.';
		if ((!dot && (s.p[i] < '0' || s.p[i] > '9')) || (dot && edge))
			return false;
		dots += dot;
	}
	return dots >= 2; /* 1.2 is a version of something */
}

static bool is_uuid(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t b = s.p[i] | 0x20;
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s.p[i] != '-' : !((s.p[i] >= '0' && s.p[i] <= '9') || (b >= 'a' && b <= 'f')))
			return false;
	}
	return s.n == 36;
}

static bool starts_nocase(struct slice s, const char *prefix)
{
	return s.n >= strlen(prefix) && slice_eq_nocase(slice_of(s.p, strlen(prefix)), prefix);
}

/* Into out, which holds name.n bytes. exact: it is a universal id. False: a spelling that stands for itself. */
static bool form_of(struct slice name, uint8_t *out, size_t *ret_n, bool *ret_exact)
{
	if (!name.n || name.n > CHART_NAME_MAX || slice_starts(name, "urn:fhir:") || slice_starts(name, "urn:holdfast:"))
		return false;
	struct slice s = name;
	if (starts_nocase(s, "urn:oid:") || starts_nocase(s, "urn:uuid:")) {
		struct slice rest = slice_of(s.p + (s.p[4] == 'o' || s.p[4] == 'O' ? 8 : 9), s.n - (s.p[4] == 'o' || s.p[4] == 'O' ? 8 : 9));
		if (is_oid(rest) || is_uuid(rest))
			s = rest;
	}
	*ret_exact = is_oid(s) || is_uuid(s) || memchr(s.p, ':', s.n) != NULL;
	bool as_it_is = *ret_exact && !is_uuid(s);
	for (size_t i = 0; i < s.n; i++)
		out[i] = !as_it_is && s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] | 0x20 : s.p[i];
	*ret_n = s.n;
	return true;
}

/* ---- the tables ---------------------------------------------------------------------------------------------------------------------- */

static int no_memory(struct err *e)
{
	return err_set(e, ERR_MEMORY, NULL, "no memory");
}

static bool grow(void **v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return true;
	void *more = reallocarray(*v, *cap ? *cap * 2 : 16, size);
	if (!more)
		return false;
	*cap = *cap ? *cap * 2 : 16;
	*v = more;
	return true;
}

static bool keep(struct slice s, struct slice *ret)
{
	uint8_t *p = malloc(s.n + 1);
	if (!p)
		return false;
	memcpy(p, s.p, s.n);
	*ret = slice_of(p, s.n);
	return true;
}

static uint32_t spelling_find(const struct chart *c, struct slice name)
{
	const struct authorities *t = c->authorities;
	uint32_t n = t ? t->spelling_bucket[chart_hash(c, 0, 1, name) % CHART_BUCKETS] : 0;
	while (n && !slice_eq(t->spelling[n - 1].name, name))
		n = t->spelling[n - 1].next_in_bucket;
	return n;
}

static int form_get(struct chart *c, struct slice text, bool exact, uint32_t *ret, struct err *e)
{
	struct authorities *t = c->authorities;
	uint32_t *bucket = &t->form_bucket[chart_hash(c, 0, 2, text) % CHART_BUCKETS], n = *bucket;
	while (n && !slice_eq(t->form[n - 1].text, text))
		n = t->form[n - 1].next_in_bucket;
	if (!n) {
		struct form f = {.exact = exact, .next_in_bucket = *bucket};
		if (!grow((void **)&t->form, t->forms, &t->form_cap, sizeof *t->form) || !keep(text, &f.text))
			return no_memory(e);
		t->form[t->forms++] = f;
		*bucket = n = (uint32_t)t->forms;
	}
	*ret = n;
	return 0;
}

/* *ret 0: one that is joined with none. */
static int spelling_get(struct chart *c, struct slice name, uint32_t *ret, struct err *e)
{
	uint8_t text[CHART_NAME_MAX];
	size_t n;
	bool exact;
	if (!c->authorities && !(c->authorities = calloc(1, sizeof *c->authorities)))
		return no_memory(e);
	struct authorities *t = c->authorities;
	if ((*ret = spelling_find(c, name)) || t->spellings == SPELLINGS_MAX || !form_of(name, text, &n, &exact))
		return 0;
	uint32_t *bucket = &t->spelling_bucket[chart_hash(c, 0, 1, name) % CHART_BUCKETS], form = 0;
	int r = form_get(c, slice_of(text, n), exact, &form, e);
	if (r < 0)
		return r;
	struct spelling s = {.form = form, .next_of_form = t->form[form - 1].first_spelling, .next_in_bucket = *bucket};
	if (!grow((void **)&t->spelling, t->spellings, &t->spelling_cap, sizeof *t->spelling) || !keep(name, &s.name))
		return no_memory(e);
	t->spelling[t->spellings++] = s;
	*bucket = t->form[form - 1].first_spelling = *ret = (uint32_t)t->spellings;
	return 0;
}

/* Past the limit ret->n is one too many, and no name is to be used. */
static void add(struct authority_names *ret, struct slice name)
{
	if (ret->n < AUTHORITY_NAMES_MAX)
		ret->v[ret->n] = name;
	ret->n += ret->n <= AUTHORITY_NAMES_MAX;
}

/* ---- what was said ------------------------------------------------------------------------------------------------------------------------ */

static void partner(struct authorities *t, uint32_t form, uint32_t with)
{
	struct form *f = &t->form[form - 1];
	f->several |= f->partner && f->partner != with;
	f->partner = with;
}

static uint32_t *said_bucket(struct chart *c, uint32_t name, uint32_t id)
{
	uint32_t both[2] = {name, id};
	return &c->authorities->said_bucket[chart_hash(c, 0, 3, slice_of(both, sizeof both)) % CHART_BUCKETS];
}

static bool was_said(struct chart *c, uint32_t name, uint32_t id)
{
	const struct authorities *t = c->authorities;
	uint32_t n = *said_bucket(c, name, id);
	while (n && (t->said[n - 1].name != name || t->said[n - 1].id != id))
		n = t->said[n - 1].next_in_bucket;
	return n != 0;
}

/* *ret_new: it had not been said before. */
static int say(struct chart *c, struct slice name, struct slice id, bool *ret_new, uint32_t ret_forms[2], struct err *e)
{
	uint32_t n, i;
	*ret_new = false;
	int r = spelling_get(c, name, &n, e);
	if (r == 0)
		r = spelling_get(c, id, &i, e);
	struct authorities *t = c->authorities;
	if (r < 0 || !n || !i || was_said(c, n, i) || t->said_count == SPELLINGS_MAX)
		return r;
	if (!grow((void **)&t->said, t->said_count, &t->said_cap, sizeof *t->said))
		return no_memory(e);
	uint32_t *bucket = said_bucket(c, n, i);
	t->said[t->said_count++] = (struct said){n, i, *bucket};
	*bucket = (uint32_t)t->said_count;
	*ret_new = true;
	ret_forms[0] = t->spelling[n - 1].form;
	ret_forms[1] = t->spelling[i - 1].form;
	if (ret_forms[0] != ret_forms[1]) {
		partner(t, ret_forms[0], ret_forms[1]);
		partner(t, ret_forms[1], ret_forms[0]);
	}
	return 0;
}

static int load(void *arg, struct slice key, struct slice value, struct err *e)
{
	struct chart *c = arg;
	struct slice id, name = slice_cut(key, FACT_US, &id);
	uint32_t n, forms[2];
	bool fresh;
	if (id.p)
		return say(c, name, id, &fresh, forms, e);
	int r = spelling_get(c, name, &n, e);
	if (r == 0 && n)
		c->authorities->spelling[n - 1].used = true;
	return r;
}

int authority_load(struct chart *c, struct err *e)
{
	return ASK(c, all_kv, STORE_KV_AUTHORITY, load, c, e);
}

static int put(struct apply *p, struct slice key, struct err *e)
{
	uint8_t entry[8];
	for (int i = 0; i < 8; i++)
		entry[i] = (uint8_t)(p->en->seq >> (56 - 8 * i));
	return ASK(p->c, put_kv, STORE_KV_AUTHORITY, key, slice_of(entry, sizeof entry), e);
}

int authority_use(struct apply *p, struct slice name, struct err *e)
{
	uint32_t n;
	int r = name.n ? spelling_get(p->c, name, &n, e) : 0;
	if (r < 0 || !name.n || !n || p->c->authorities->spelling[n - 1].used)
		return r;
	p->c->authorities->spelling[n - 1].used = true;
	return put(p, name, e);
}

/* The spellings in use that this statement may begin or end something for: of both forms and of what they were stated with. */
static int concerned(const struct authorities *t, const uint32_t forms[2], struct authority_names *ret, struct err *e)
{
	uint8_t *is = calloc(t->forms + 1, 1);
	if (!is)
		return no_memory(e);
	is[forms[0]] = is[forms[1]] = 1;
	for (size_t k = 0; k < t->said_count; k++) {
		uint32_t a = t->spelling[t->said[k].name - 1].form, b = t->spelling[t->said[k].id - 1].form;
		if ((is[a] | is[b]) & 1)
			is[a] |= 2, is[b] |= 2;
	}
	for (size_t i = 0; i < t->spellings; i++)
		if (is[t->spelling[i].form] && t->spelling[i].used)
			add(ret, t->spelling[i].name);
	free(is);
	return 0;
}

int authority_say(struct apply *p, struct slice name, struct slice id, struct authority_names *ret, struct err *e)
{
	struct chart *c = p->c;
	bool fresh;
	uint32_t forms[2];
	ret->n = 0;
	int r = say(c, name, id, &fresh, forms, e);
	if (r < 0 || !fresh)
		return r;
	AUTO_BUF struct buf key = {0};
	buf_init(&key, 1 << 10);
	buf_add_slice(&key, name);
	buf_u8(&key, FACT_US);
	buf_add_slice(&key, id);
	r = buf_ok(&key) ? put(p, buf_slice(&key), e) : no_memory(e);
	if (r == 0)
		r = concerned(c->authorities, forms, ret, e);
	return r;
}

/* ---- what is asked ------------------------------------------------------------------------------------------------------------------------- */

static uint32_t mutual(const struct authorities *t, uint32_t form) /* its partner, or 0 */
{
	const struct form *f = &t->form[form - 1];
	if (f->several || !f->partner)
		return 0;
	const struct form *o = &t->form[f->partner - 1];
	return !o->several && o->partner == form ? f->partner : 0;
}

bool authority_same(struct chart *c, struct slice a, struct slice b)
{
	if (slice_eq(a, b))
		return true;
	struct authorities *t = c->authorities;
	uint32_t x = spelling_find(c, a), y = spelling_find(c, b);
	if (!x || !y)
		return false;
	uint32_t fx = t->spelling[x - 1].form, fy = t->spelling[y - 1].form;
	const struct form *f = &t->form[fx - 1];
	return fx == fy ? f->exact || !f->several : mutual(t, fx) == fy;
}

void authority_others(struct chart *c, struct slice name, struct authority_names *ret)
{
	struct authorities *t = c->authorities;
	uint32_t x = name.n ? spelling_find(c, name) : 0;
	ret->n = 0;
	if (!x)
		return;
	uint32_t form = t->spelling[x - 1].form, forms[2] = {form, mutual(t, form)};
	if (t->form[form - 1].several && !t->form[form - 1].exact)
		return;
	for (int k = 0; k < 2 && forms[k]; k++)
		for (uint32_t s = t->form[forms[k] - 1].first_spelling; s; s = t->spelling[s - 1].next_of_form)
			if (s != x && t->spelling[s - 1].used)
				add(ret, t->spelling[s - 1].name);
	if (ret->n > AUTHORITY_NAMES_MAX) /* nobody's spellings */
		ret->n = 0;
}
