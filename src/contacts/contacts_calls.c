/* Lists of calls: whoever has to be told something, one by one, and what became of it. Rows of a file, entries of kind "calls", and what they say as facts. */
#include "contacts_internal.h"

#include <inttypes.h>

#define READ_MAX ((size_t)96 << 20)
#define LINE_MAX_BYTES ((size_t)16 << 10)

static const char *const kinds[CALL_KINDS] = {"cancelled", "diversion", "other"};
static const char *const states[CALL_STATES] = {"to-call", "called", "no-answer", "reached", "letter", "not-needed"};

static int word_of(struct slice s, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (slice_eq_str(s, words[i]))
			return i;
	return -1;
}

const char *call_kind_name(enum call_kind k)
{
	return kinds[k];
}

int call_kind_parse(struct slice s)
{
	return word_of(s, kinds, CALL_KINDS);
}

const char *call_state_name(enum call_state s)
{
	return states[s];
}

int call_state_parse(struct slice s)
{
	return word_of(s, states, CALL_STATES);
}

bool call_settled(enum call_state s)
{
	return s == CALL_REACHED || s == CALL_LETTER || s == CALL_NOT_NEEDED;
}

enum call_state call_after(enum call_state now, enum call_state mark)
{
	return call_settled(now) && !call_settled(mark) && mark != CALL_TO_CALL ? now : mark;
}

bool contact_call_id(struct slice s, uint64_t *ret_entry, uint64_t *ret_n)
{
	struct slice n, entry = slice_cut(s, '-', &n);
	return num_u64(entry, 0, UINT64_MAX, ret_entry) == 0 && num_u64(n, 1, CONTACT_CALLS_MAX, ret_n) == 0;
}

/* ---- a file ---- */

static int when_of(struct contact_rows *x, struct contact_row *l, struct slice *ret)
{
	struct contact_point p;
	if (l->at[COL_HOUR].n) { /* the hour in a column of its own */
		if (!l->at[COL_FROM].n)
			return contact_row_wrong(x, l, COL_FROM, "an hour, and of which day?");
		l->at[COL_FROM] = slice_str(arena_printf(x->a, "%.*s %.*s", SLICE_FMT(l->at[COL_FROM]), SLICE_FMT(l->at[COL_HOUR])));
		if (!l->at[COL_FROM].p)
			return contact_rows_no_room(x);
	}
	if (!l->at[COL_FROM].n)
		return 0;
	int r = contact_point_of(x, l, COL_FROM, &p);
	if (r == 0 && p.daily)
		return contact_row_wrong(x, l, COL_FROM, "an hour, and of which day?");
	if (r == 0)
		r = contact_point_text(x, &p, ret);
	if (r == 0 && p.date_only)
		ret->n = 10;
	return r;
}

static int call_of(struct contact_rows *x, struct contact_row *l, struct contact_call *ret)
{
	struct contact_call c = {.name = l->at[COL_NAME], .patient = l->at[COL_PATIENT], .birth = l->at[COL_BIRTH], .phone = l->at[COL_PHONE], .phone2 = l->at[COL_PHONE2], .email = l->at[COL_EMAIL], .what = l->at[COL_WHAT],
	                         .with = l->at[COL_WITH], .unit = l->at[COL_UNIT], .note = l->at[COL_NOTE]};
	struct slice mobile = l->at[COL_MOBILE];
	if (!c.phone.n) {
		c.phone = mobile;
		mobile = SLICE_NULL;
	}
	if (!c.phone2.n)
		c.phone2 = mobile;
	else if (mobile.n) {
		c.phone2 = slice_str(arena_printf(x->a, "%.*s, %.*s", SLICE_FMT(mobile), SLICE_FMT(c.phone2)));
		if (!c.phone2.p)
			return contact_rows_no_room(x);
	}
	int named = contact_row_name(x, l, &c.name);
	if (named < 0)
		return named;
	if (!c.name.n && !c.patient.n)
		return contact_row_wrong(x, l, COL_NAME, "who is to be called? Name and record number are both empty");
	int r = when_of(x, l, &c.when);
	if (r == 0)
		*ret = c;
	return r;
}

int contact_calls_read(struct slice file, struct arena *a, struct contact_calls *ret, struct err *e)
{
	struct contact_rows *x = arena_alloc(a, sizeof *x);
	struct contact_calls out = {0};
	if (!x)
		return err_set(e, arena_code(a), NULL, "no memory");
	x->calls = true;
	int r = contact_rows_read(x, file, a, e);
	if (r == 0 && !x->n)
		r = err_set(e, ERR_INPUT, NULL, "there is a header and nobody under it");
	if (r < 0)
		return r;
	out.v = arena_array(a, x->n, sizeof *out.v);
	if (!out.v)
		return contact_rows_no_room(x);
	for (size_t i = 0; i < x->n && r == 0; i++) {
		struct contact_call *c = &out.v[i];
		r = call_of(x, &x->line[i], c);
		out.unreachable += r == 0 && !c->phone.n && !c->phone2.n && !c->email.n;
	}
	if (r == 0)
		r = contact_rows_ignored(x, &out.ignored);
	if (r < 0)
		return r;
	out.n = x->n;
	*ret = out;
	return 0;
}

void contact_call_key(const struct contact_call *c, struct buf *ret)
{
	buf_str(ret, c->patient.n ? "p" : "n");
	if (c->patient.n)
		buf_add_slice(ret, slice_trim(c->patient));
	else
		utf8_fold(ret, slice_trim(c->name));
	const struct slice more[] = {c->when, c->what, c->unit};
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		buf_u8(ret, FACT_US);
		utf8_fold(ret, slice_trim(more[i]));
	}
}

/* ---- entries ---- */

#define CALL_FIELDS(X) X(name) X(patient) X(birth) X(phone) X(phone2) X(email) X(when) X(what) X(with) X(unit) X(note)

static void put_call(const struct contact_call *c, struct buf *ret)
{
	struct jsonw w;
	buf_u8(ret, '\n');
	jsonw_init(&w, ret);
	jsonw_obj(&w);
#define X(f) jsonw_kslice_opt(&w, #f, c->f);
	CALL_FIELDS(X)
#undef X
	jsonw_obj_end(&w);
	jsonw_done(&w);
}

void contact_calls_put(const struct contact_calls_entry *x, struct buf *ret)
{
	struct jsonw w;
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_kstr(&w, "what", x->mark ? "mark" : "list");
	if (x->mark) {
		jsonw_kslice(&w, "call", x->call);
		jsonw_kstr(&w, "state", states[x->state]);
		jsonw_kslice_opt(&w, "note", x->note);
		jsonw_kslice_opt(&w, "at", x->at);
	} else {
		jsonw_kslice(&w, "list", x->list);
		jsonw_kstr(&w, "kind", kinds[x->kind]);
		jsonw_kslice_opt(&w, "title", x->title);
		jsonw_ku64(&w, "calls", x->n);
	}
	jsonw_kslice(&w, "by", x->by);
	jsonw_obj_end(&w);
	jsonw_done(&w);
	for (size_t i = 0; i < x->n && !x->mark; i++)
		put_call(&x->v[i], ret);
}

static int no_entry(struct err *e)
{
	return err_set(e, ERR_INPUT, NULL, "that is no entry of calls");
}

static int get_mark(const struct json_node *n, struct slice rest, struct contact_calls_entry *x, struct err *e)
{
	uint64_t entry, number;
	int state = call_state_parse(json_text(n, "state"));
	x->mark = true;
	x->call = json_text(n, "call");
	x->note = json_text(n, "note");
	x->at = json_text(n, "at");
	if (rest.p || state < 0 || !contact_call_id(x->call, &entry, &number) || x->note.n > CONTACT_CALL_NOTE_MAX || (x->at.n && (x->at.n > 40 || fact_time_ns(x->at, 0) == INT64_MIN)))
		return no_entry(e);
	x->state = (enum call_state)state;
	return 0;
}

static int get_call(struct slice line, struct arena *a, struct contact_call *ret, struct err *e)
{
	struct json_node *n;
	if (line.n > LINE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, NULL, "a call says more than %zu bytes", LINE_MAX_BYTES);
	int r = json_tree(line, a, &n, e);
	if (r < 0)
		return r;
	struct contact_call c = {
#define X(f) .f = json_text(n, #f),
		CALL_FIELDS(X)
#undef X
	};
	if ((!c.name.n && !c.patient.n) || c.when.n > 16 || (c.when.n && fact_time_ns(c.when, 0) == INT64_MIN))
		return no_entry(e);
	*ret = c;
	return 0;
}

static int get_list(const struct json_node *n, struct slice rest, struct arena *a, struct contact_calls_entry *x, struct err *e)
{
	int kind = call_kind_parse(json_text(n, "kind")), r = 0;
	uint64_t many = 0;
	x->list = json_text(n, "list");
	x->title = json_text(n, "title");
	if (kind < 0 || !contacts_source_ok(x->list) || x->title.n > CONTACTS_VALUE_MAX || num_u64(json_text(n, "calls"), 1, CONTACT_CALLS_MAX, &many) < 0)
		return no_entry(e);
	x->kind = (enum call_kind)kind;
	struct contact_call *v = arena_array(a, (size_t)many, sizeof *v);
	if (!v)
		return err_set(e, arena_code(a), NULL, "no memory");
	for (x->n = 0; x->n < many && r == 0; x->n++) {
		if (!rest.p)
			return no_entry(e);
		r = get_call(slice_cut(rest, '\n', &rest), a, &v[x->n], e);
	}
	x->v = v;
	return r == 0 && rest.p ? no_entry(e) : r;
}

int contact_calls_get(struct slice body, struct arena *a, struct contact_calls_entry *ret, struct err *e)
{
	struct slice rest, line = slice_cut(body, '\n', &rest);
	struct json_node *n;
	struct contact_calls_entry x = {0};
	if (line.n > LINE_MAX_BYTES || body.n > CONTACT_CALLS_BODY)
		return err_set(e, ERR_LIMIT, NULL, "an entry of calls is larger than it may be");
	int r = json_tree(line, a, &n, e);
	if (r < 0)
		return r;
	struct slice what = json_text(n, "what");
	x.by = json_text(n, "by");
	r = !x.by.n || x.by.n > CONTACTS_VALUE_MAX ? no_entry(e) : slice_eq_str(what, "mark") ? get_mark(n, rest, &x, e) : slice_eq_str(what, "list") ? get_list(n, rest, a, &x, e) : no_entry(e);
	if (r == 0)
		*ret = x;
	return r;
}

/* ---- facts ---- */

static void put_fact(struct facts *f, struct fact_group *g, const struct contact_call *c)
{
	struct fact *t = facts_add(f, g, FACT_CONTACT);
	contact_fact_part(f, t, FF_NAME, FN_TEXT, c->name);
	contact_fact_part(f, t, FF_ID, FI_VALUE, c->patient);
	contact_fact_put(f, t, FF_BIRTH, c->birth);
	contact_fact_telecom(f, t, "phone", "home", c->phone);
	contact_fact_telecom(f, t, "phone", "other", c->phone2);
	contact_fact_telecom(f, t, "email", "home", c->email);
	contact_fact_put(f, t, FF_TIME, c->when);
	contact_fact_put(f, t, FF_TITLE, c->what);
	contact_fact_part(f, t, FF_PERFORMER, FP_TEXT, c->with);
	contact_fact_part(f, t, FF_LOCATION, FL_UNIT, c->unit);
	contact_fact_put(f, t, FF_TEXT, c->note);
}

void contact_calls_facts(struct slice body, struct facts *f)
{
	AUTO_ARENA struct arena *a = arena_new(READ_MAX);
	struct contact_calls_entry x;
	f->type = SLICE("calls");
	if (!a || contact_calls_get(body, a, &x, NULL) < 0) {
		f->uninterpreted = true;
		return;
	}
	f->feed = SLICE("calls");
	struct fact_group *g = facts_group(f, (struct fact_ident){0});
	struct fact *s = facts_add(f, g, FACT_SECTION);
	facts_put_str(f, s, FF_CATEGORY, "calls");
	facts_put_str(f, s, FF_STATUS, x.mark ? "mark" : "list");
	contact_fact_part(f, s, FF_ID, FI_VALUE, x.mark ? x.call : x.list);
	contact_fact_part(f, s, FF_ENTERER, FP_TEXT, x.by);
	facts_put_str(f, s, FF_TYPE, x.mark ? states[x.state] : kinds[x.kind]);
	contact_fact_put(f, s, FF_TITLE, x.title);
	contact_fact_put(f, s, FF_TEXT, x.note);
	contact_fact_put(f, s, FF_TIME, x.at);
	for (size_t i = 0; i < x.n && !x.mark; i++)
		put_fact(f, g, &x.v[i]);
}

bool contact_calls_of_facts(const struct fact *first, struct contact_calls_entry *ret)
{
	if (!first || first->kind != FACT_SECTION || !slice_eq_str(fact_get(first, FF_CATEGORY), "calls"))
		return false;
	struct slice id = fact_part(fact_get(first, FF_ID), FI_VALUE), type = fact_get(first, FF_TYPE);
	struct contact_calls_entry x = {.mark = slice_eq_str(fact_get(first, FF_STATUS), "mark"), .by = fact_part(fact_get(first, FF_ENTERER), FP_TEXT), .title = fact_get(first, FF_TITLE), .note = fact_get(first, FF_TEXT), .at = fact_get(first, FF_TIME)};
	int what = x.mark ? call_state_parse(type) : call_kind_parse(type);
	if (what < 0 || !id.n)
		return false;
	if (x.mark) {
		x.call = id;
		x.state = (enum call_state)what;
	} else {
		x.list = id;
		x.kind = (enum call_kind)what;
	}
	*ret = x;
	return true;
}

void contact_call_of_fact(const struct fact *t, struct contact_call *ret)
{
	struct contact_call c = {.name = fact_part(fact_get(t, FF_NAME), FN_TEXT), .patient = fact_part(fact_get(t, FF_ID), FI_VALUE), .birth = fact_get(t, FF_BIRTH), .when = fact_get(t, FF_TIME), .what = fact_get(t, FF_TITLE),
	                         .with = fact_part(fact_get(t, FF_PERFORMER), FP_TEXT), .unit = fact_part(fact_get(t, FF_LOCATION), FL_UNIT), .note = fact_get(t, FF_TEXT)};
	for (size_t i = 0; i < fact_count(t, FF_TELECOM); i++) {
		struct slice v = fact_nth(t, FF_TELECOM, i), value = fact_part(v, FT_VALUE);
		struct slice *at = slice_eq_str(fact_part(v, FT_SYSTEM), "email") ? &c.email : slice_eq_str(fact_part(v, FT_USE), "other") ? &c.phone2 : &c.phone;
		*at = value;
	}
	*ret = c;
}
