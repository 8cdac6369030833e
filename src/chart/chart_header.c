/* An identifier's demographics and alerts, folded, as a row that is written only when something changed: what census and search read instead of a thousand messages.
 *
 * Three layers, because a PID is not always a statement about the person (facts.h):
 *   fed       registration messages: later source time wins, field by field; "" deletes and stays deleted
 *   captured  what was taken down here or came from a partner: fills gaps, never overrides
 *   mention   PID of results and orders: fills what no registration has said; cannot delete
 * A message that came late (its source time is older than the newest row of this identifier) and says something else is put in its place by folding all rows again: so the
 * order of arrival does not matter. Everything else needs only the last header. That both ways give the same is a property test.
 *
 * Row: facts_encode_group of one group: id, also = every identifier ever sent with it, a PATIENT fact a layer (ACTION fed, captured, mention), and a SECTION fact of what the
 * bed line shows (STATUS of the allergies, TEXT* allergies, REASON* flags, PROTECTED).
 */
#include "chart_internal.h"

#include <stdlib.h>

static const char *const layer_names[LAYERS] = {"fed", "captured", "mention"};

static int layer_of(const struct fact *f, enum fact_origin origin)
{
	if (fact_says(f, FF_ACTION, "mention"))
		return LAYER_MENTION;
	return origin == FACT_CAPTURED || origin == FACT_PARTNER ? LAYER_CAPTURED : LAYER_FED;
}

/* ---- one value ---------------------------------------------------------------------------------------------------------------------- */

/* The i-th value of the field counts: all that say something, or the first "" when none does. */
static bool counts(const struct fact *f, uint8_t field, unsigned i, bool *null)
{
	if (f->values[i].id != field)
		return false;
	if (!fact_is_null(f->values[i].v))
		return true;
	bool first = *null;
	*null = false;
	return first;
}

static bool says_something(const struct fact *f, uint8_t field)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->values[i].id == field && !fact_is_null(f->values[i].v))
			return true;
	return false;
}

static struct header_value *value_new(const struct fact *f, uint8_t field, struct arena *a)
{
	struct header_value *h = arena_alloc(a, sizeof *h + fact_count(f, field) * sizeof *h->v);
	if (!h)
		return NULL;
	h->v = (struct slice *)(h + 1);
	bool null = !says_something(f, field);
	for (unsigned i = 0; i < f->count; i++)
		if (counts(f, field, i, &null))
			h->v[h->n++] = f->values[i].v;
	return h;
}

static bool value_put(struct header *h, int l, const struct fact *f, uint8_t field, int64_t time, uint64_t row, struct arena *a)
{
	struct header_value *v = value_new(f, field, a);
	if (!v)
		return false;
	v->time = time;
	v->row = row;
	h->val[l][field] = v;
	return true;
}

static bool value_same(const struct header_value *a, const struct header_value *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!slice_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

static bool value_is(const struct header_value *a, const struct fact *f, uint8_t field)
{
	uint32_t n = 0;
	bool null = !says_something(f, field);
	for (unsigned i = 0; i < f->count; i++)
		if (counts(f, field, i, &null) && (n >= a->n || !slice_eq(a->v[n++], f->values[i].v)))
			return false;
	return n == a->n;
}

static bool value_is_null(const struct header_value *v)
{
	return v->n == 1 && fact_is_null(v->v[0]);
}

static bool first_of_its_field(const struct fact *f, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (f->values[i].id == f->values[at].id)
			return false;
	return true;
}

struct slice header_get(const struct header *h, uint8_t field)
{
	for (int l = 0; l < LAYERS; l++)
		if (h->val[l][field])
			return value_is_null(h->val[l][field]) ? SLICE_NULL : h->val[l][field]->v[0];
	return SLICE_NULL;
}

struct fact *header_fact(const struct header *h, struct arena *a)
{
	struct fact *f = arena_alloc(a, sizeof *f);
	size_t n = 0;
	const struct header_value *pick[FF_COUNT] = {NULL};
	for (int field = 1; field < FF_COUNT; field++)
		for (int l = 0; l < LAYERS && !pick[field]; l++)
			pick[field] = h->val[l][field];
	for (int field = 1; field < FF_COUNT; field++)
		if (pick[field] && !value_is_null(pick[field]))
			n += pick[field]->n;
	if (!f || n == 0 || n > UINT16_MAX || !(f->values = arena_array(a, n, sizeof *f->values)))
		return NULL;
	f->kind = FACT_PATIENT;
	for (int field = 1; field < FF_COUNT; field++)
		for (uint32_t i = 0; pick[field] && !value_is_null(pick[field]) && i < pick[field]->n; i++)
			f->values[f->count++] = (struct fact_value){(uint8_t)field, pick[field]->v[i]};
	f->cap = f->count;
	return f;
}

/* ---- identifiers --------------------------------------------------------------------------------------------------------------------------- */

static bool ident_same(const struct fact_ident *a, const struct fact_ident *b)
{
	return slice_eq(a->value, b->value) && slice_eq(a->assigner, b->assigner) && slice_eq(a->type, b->type);
}

/* 1: new, 0: was there, -1: arena full. A type that was missing before is filled in. */
static int add_ident(struct header *h, const struct fact_ident *i, struct arena *a)
{
	for (size_t k = 0; k < h->ident_count; k++) {
		struct fact_ident *x = &h->idents[k];
		if (ident_same(x, i) || (slice_eq(x->value, i->value) && slice_eq(x->assigner, i->assigner) && !i->type.n))
			return 0;
		if (slice_eq(x->value, i->value) && slice_eq(x->assigner, i->assigner) && !x->type.n) {
			x->type = i->type;
			return 1;
		}
	}
	if (h->ident_count == h->ident_cap) {
		size_t cap = h->ident_cap ? h->ident_cap * 2 : 8;
		struct fact_ident *v = arena_array(a, cap, sizeof *v);
		if (!v)
			return -1;
		if (h->ident_count)
			memcpy(v, h->idents, h->ident_count * sizeof *v);
		h->idents = v;
		h->ident_cap = cap;
	}
	h->idents[h->ident_count++] = *i;
	return 1;
}

static int add_idents(struct header *h, const struct fact_group *g, struct arena *a)
{
	int changed = g->id.value.n ? add_ident(h, &g->id, a) : 0;
	for (unsigned i = 0; i < g->also_count && changed >= 0; i++) {
		int one = h->ident_count < FACT_IDENTS_MAX ? add_ident(h, &g->also[i], a) : 0;
		changed = one < 0 ? -1 : changed | one;
	}
	return changed;
}

/* ---- as a row ---------------------------------------------------------------------------------------------------------------------------------- */

static void put_values(struct facts *f, struct fact *t, uint8_t field, const struct slice *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		facts_put(f, t, field, v[i]);
}

static int encode(const struct header *h, struct arena *a, struct buf *out, struct err *e)
{
	struct facts f;
	facts_init(&f, a);
	struct fact_group *g = facts_group(&f, h->ident_count ? h->idents[0] : (struct fact_ident){SLICE("?"), SLICE_NULL, SLICE_NULL});
	for (size_t i = 1; i < h->ident_count; i++)
		facts_also(&f, g, h->idents[i]);
	for (int l = 0; l < LAYERS; l++) {
		struct fact *t = NULL;
		for (int field = 1; field < FF_COUNT; field++) {
			const struct header_value *v = h->val[l][field];
			if (!v || (l == LAYER_MENTION && h->val[LAYER_FED][field]))
				continue; /* a mention of what registration has said is never shown */
			if (!t) {
				t = facts_add(&f, g, FACT_PATIENT);
				facts_put_str(&f, t, FF_ACTION, layer_names[l]);
			}
			put_values(&f, t, (uint8_t)field, v->v, v->n);
		}
	}
	if (h->has_safety) {
		static const char *const states[] = {[FHIR_LIST] = "list", [FHIR_STATED_NONE] = "none", [FHIR_NOT_RECEIVED] = "not-received"};
		struct fact *t = facts_add(&f, g, FACT_SECTION);
		facts_put_str(&f, t, FF_STATUS, states[h->allergies]);
		put_values(&f, t, FF_TEXT, h->allergy_names, h->allergy_count);
		put_values(&f, t, FF_REASON, h->flag_names, h->flag_count);
		if (h->is_protected)
			facts_put_str(&f, t, FF_PROTECTED, "yes");
	}
	if (f.failed)
		return chart_no_memory(a, e);
	buf_reset(out);
	facts_encode_group(&f, g, out);
	return buf_ok(out) ? 0 : err_set(e, buf_code(out), "view", "one patient's demographics are larger than the view allows");
}

static int decode(struct slice blob, struct arena *a, struct header *h, struct err *e)
{
	struct facts f;
	int r = facts_decode_group(blob, a, &f, e);
	if (r < 0)
		return r;
	if (add_idents(h, f.first, a) < 0)
		return chart_no_memory(a, e);
	for (const struct fact *t = f.first->first; t; t = t->next) {
		if (t->kind == FACT_SECTION) {
			h->has_safety = true;
			h->allergies = fact_says(t, FF_STATUS, "list") ? FHIR_LIST : fact_says(t, FF_STATUS, "none") ? FHIR_STATED_NONE : FHIR_NOT_RECEIVED;
			h->is_protected = fact_get(t, FF_PROTECTED).n;
			const struct header_value *names = value_new(t, FF_TEXT, a), *flags = value_new(t, FF_REASON, a);
			if (!names || !flags)
				return chart_no_memory(a, e);
			h->allergy_names = names->v, h->allergy_count = names->n;
			h->flag_names = flags->v, h->flag_count = flags->n;
			continue;
		}
		int l = fact_says(t, FF_ACTION, "fed") ? LAYER_FED : fact_says(t, FF_ACTION, "captured") ? LAYER_CAPTURED : LAYER_MENTION;
		for (unsigned i = 0; i < t->count; i++)
			if (t->values[i].id != FF_ACTION && first_of_its_field(t, i) && !value_put(h, l, t, t->values[i].id, 0, 0, a))
				return chart_no_memory(a, e);
	}
	return 0;
}

static struct header *new_header(struct arena *a)
{
	struct header *h = arena_alloc(a, sizeof *h);
	if (h)
		h->allergies = FHIR_NOT_RECEIVED;
	return h;
}

int header_load(struct chart *c, uint32_t ident, uint64_t end, struct arena *a, struct header **ret, struct err *e)
{
	struct header *h = new_header(a);
	if (!h)
		return chart_no_memory(a, e);
	int r = ASK(c, header, ident, end, &c->blob, e);
	if (r == 0) {
		struct slice blob = arena_dup(a, buf_slice(&c->blob));
		r = blob.p ? decode(blob, a, h, e) : chart_no_memory(a, e);
	} else if (r == ERR_NOT_FOUND) {
		r = 0;
	}
	if (r == 0)
		*ret = h;
	return r;
}

/* ---- folding PATIENT facts ----------------------------------------------------------------------------------------------------------------------- */

/* One PATIENT fact over what stands, newest statement of each field wins: needs the times in h. */
static bool fold_fact(struct header *h, const struct fact *f, int l, int64_t time, uint64_t row, struct arena *a)
{
	for (unsigned i = 0; i < f->count; i++) {
		uint8_t field = f->values[i].id;
		if (field == FF_ACTION || !first_of_its_field(f, i) || (l == LAYER_MENTION && fact_is_null(f->values[i].v)))
			continue;
		const struct header_value *at = h->val[l][field];
		if (at && (time < at->time || (time == at->time && row < at->row)))
			continue;
		if (!value_put(h, l, f, field, time, row, a))
			return false;
	}
	return true;
}

struct refold {
	struct arena *a;
	struct header *h;
};

static int refold_row(void *arg, const struct store_row *s, struct err *e)
{
	struct refold *k = arg;
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	if (r < 0)
		return r;
	if (!row->f.first)
		return 0;
	if (add_idents(k->h, row->f.first, k->a) < 0)
		return chart_no_memory(k->a, e);
	for (const struct fact *f = row->f.first->first; f; f = f->next)
		if (f->kind == FACT_PATIENT && !fold_fact(k->h, f, layer_of(f, row_origin(row)), row->time, row->id, k->a))
			return chart_no_memory(k->a, e);
	return 0;
}

/* From all its rows: with the times. Alerts are not touched. */
static int fold_rows(struct chart *c, uint32_t ident, uint64_t end, struct arena *a, struct header **ret, struct err *e)
{
	struct refold k = {a, new_header(a)};
	if (!k.h)
		return chart_no_memory(a, e);
	int r = ASK(c, rows, ident, 0, store_row_id(end, 0), false, refold_row, &k, e);
	if (r == 0)
		*ret = k.h;
	return r;
}

enum found { SAME, NEW, OTHER };

/* What one PATIENT fact would change. */
static void compare(const struct header *h, const struct fact *f, int l, enum found *ret)
{
	for (unsigned i = 0; i < f->count; i++) {
		uint8_t field = f->values[i].id;
		if (field == FF_ACTION || !first_of_its_field(f, i))
			continue;
		if (l == LAYER_MENTION && (fact_is_null(f->values[i].v) || h->val[LAYER_FED][field]))
			continue;
		const struct header_value *at = h->val[l][field];
		if (!at)
			*ret = *ret == SAME ? NEW : *ret;
		else if (!value_is(at, f, field))
			*ret = OTHER;
	}
}

static bool overlay(struct header *h, const struct fact *f, int l, struct arena *a)
{
	for (unsigned i = 0; i < f->count; i++) {
		uint8_t field = f->values[i].id;
		if (field == FF_ACTION || !first_of_its_field(f, i) || (l == LAYER_MENTION && (fact_is_null(f->values[i].v) || h->val[LAYER_FED][field])))
			continue;
		if (!value_put(h, l, f, field, 0, 0, a))
			return false;
	}
	return true;
}

int header_of_group(struct apply *p, const struct fact_group *g, uint32_t ident, struct header **ret, struct err *e)
{
	struct header *h;
	int r = header_load(p->c, ident, p->end, p->a, &h, e);
	if (r < 0)
		return r;
	for (const struct fact *f = g->first; f; f = f->next)
		if (f->kind == FACT_PATIENT && !overlay(h, f, layer_of(f, p->origin), p->a))
			return chart_no_memory(p->a, e);
	*ret = h;
	return 0;
}

/* ---- alerts ------------------------------------------------------------------------------------------------------------------------------------------ */

bool stmt_is_safety(const struct fact *f)
{
	return f->kind == FACT_ALLERGY || f->kind == FACT_FLAG || (f->kind == FACT_SECTION && slice_eq_str(fact_part(fact_get(f, FF_CATEGORY), FC_CODE), "allergies"));
}

static struct slice words_for(const struct fact *f)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	struct slice code = fact_get(f, FF_CODE);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct slice s = fact_part(code, parts[i]);
		if (s.n && !fact_is_null(s))
			return s;
	}
	struct slice s = fact_part(fact_get(f, FF_CATEGORY), FC_CODE);
	return s.n ? s : SLICE("?");
}

static bool add_name(struct slice **v, size_t *n, struct slice s, struct arena *a)
{
	if (*n >= 64)
		return true;
	if ((*n & (*n + 7)) == 0 || *n % 8 == 0) {
		struct slice *more = arena_array(a, *n + 8, sizeof *more);
		if (!more)
			return false;
		if (*n)
			memcpy(more, *v, *n * sizeof *more);
		*v = more;
	}
	(*v)[(*n)++] = s;
	return true;
}

/* An allergy that was refuted, or is over, stays in the list with what became of it; the bed line has room for those that count, and a name alone would be read as one of them. */
static bool counts_as_allergy(const struct fact *f)
{
	static const char *const over[] = {"resolved", "inactive"};
	for (size_t i = 0; i < ARRAY_LEN(over); i++)
		if (slice_eq_nocase(fact_get(f, FF_CLINICAL_STATUS), over[i]))
			return false;
	return !slice_eq_nocase(fact_get(f, FF_VERIFICATION), "refuted");
}

/* Allergies and flags of a fold, as the bed line says them. */
static int take_alerts(const struct chart_section *s, struct header *h, struct arena *a, struct err *e)
{
	h->has_safety = true;
	h->allergies = s[CHART_ALLERGIES].state;
	h->allergy_names = h->flag_names = NULL;
	h->allergy_count = h->flag_count = 0;
	h->is_protected = false;
	for (const struct fact_item *i = s[CHART_ALLERGIES].items; i; i = i->next)
		if (i->state == FACT_CURRENT && counts_as_allergy(i->fact) && !add_name(&h->allergy_names, &h->allergy_count, words_for(i->fact), a))
			return chart_no_memory(a, e);
	for (const struct fact_item *i = s[CHART_FLAGS].items; i; i = i->next) {
		if (i->state != FACT_CURRENT)
			continue;
		struct slice kind = fact_part(fact_get(i->fact, FF_CATEGORY), FC_CODE);
		if (fact_get(i->fact, FF_PROTECTED).n)
			h->is_protected = true;
		else if (!slice_eq_str(kind, "vip") && !slice_eq_str(kind, "protected") && !add_name(&h->flag_names, &h->flag_count, words_for(i->fact), a))
			return chart_no_memory(a, e);
	}
	return 0;
}

static int fold_alerts(struct stmts *s, struct header *h, struct arena *a, struct err *e)
{
	struct chart_section *sections = arena_array(a, CHART_SECTIONS, sizeof *sections);
	struct fold x;
	if (!sections)
		return chart_no_memory(a, e);
	fold_init(&x, a, 0, sections); /* the order of alerts is of no account: no zone */
	fold_sections(&x, s);
	return x.failed ? chart_no_memory(a, e) : take_alerts(sections, h, a, e);
}

struct gather {
	struct arena *a;
	struct stmts s;
};

static int gather_safety(void *arg, const struct store_row *s, struct err *e)
{
	struct gather *k = arg;
	struct row *row;
	int r = row_decode(s, k->a, &row, e);
	if (r < 0 || !row->f.first)
		return r;
	uint32_t index = 0;
	for (const struct fact *f = row->f.first->first; f; f = f->next, index++)
		if (stmt_is_safety(f) && !stmts_add(&k->s, k->a, f, row, index))
			return chart_no_memory(k->a, e);
	return 0;
}

static int alerts_of_ident(struct apply *p, uint32_t ident, struct header *h, struct err *e)
{
	struct gather k = {.a = p->a};
	int r = ASK(p->c, marked, ident, STORE_MARK_SAFETY, store_row_id(p->end, 0), gather_safety, &k, e);
	return r < 0 ? r : fold_alerts(&k.s, h, p->a, e);
}

/* ---- applying ------------------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t hash_fact(const struct chart *c, uint64_t h, const struct fact *f)
{
	h = chart_hash(c, 0, h ^ f->kind, SLICE_NULL);
	for (unsigned i = 0; i < f->count; i++)
		h = chart_hash(c, 0, h + f->values[i].id, f->values[i].v);
	return h;
}

static uint64_t hash_demographics(const struct apply *p, const struct fact_group *g)
{
	uint64_t h = 0x706174 + (uint64_t)p->origin;
	for (unsigned i = 0; i < g->also_count; i++) {
		h = chart_hash(p->c, 0, h, g->also[i].value);
		h = chart_hash(p->c, 0, h, g->also[i].assigner);
		h = chart_hash(p->c, 0, h, g->also[i].type);
	}
	h = chart_hash(p->c, 0, h, g->id.type);
	for (const struct fact *f = g->first; f; f = f->next)
		if (f->kind == FACT_PATIENT)
			h = hash_fact(p->c, h, f);
	return h | 1;
}

/* 0: nothing of the kind in it */
static uint64_t hash_safety(const struct apply *p, const struct fact_group *g)
{
	uint64_t h = 0;
	for (const struct fact *f = g->first; f; f = f->next)
		if (stmt_is_safety(f))
			h = hash_fact(p->c, h ? h : chart_hash(p->c, 0, 0x736166 + (uint64_t)p->origin, p->f->feed), f) | 1;
	return h;
}

static int newest_before(struct apply *p, uint32_t ident, int64_t *ret, struct err *e)
{
	struct ident_state *s = ident_state(p->c, ident);
	if (!s->time_known) {
		/* the row at hand is in already; being as new as itself it changes nothing here */
		int64_t max;
		int r = ASK(p->c, max_source_time, ident, &max, e);
		if (r < 0)
			return r;
		s->max_time = max;
		s->time_known = true;
	}
	*ret = s->max_time;
	return 0;
}

static void keep_alerts(struct header *to, const struct header *from)
{
	to->allergies = from->allergies;
	to->allergy_names = from->allergy_names, to->allergy_count = from->allergy_count;
	to->flag_names = from->flag_names, to->flag_count = from->flag_count;
	to->is_protected = from->is_protected;
	to->has_safety = from->has_safety;
}

/* Demographics into *h; *ret_settled: the same message again would change nothing. */
static int apply_patient(struct apply *p, const struct fact_group *g, uint32_t ident, struct header **h, bool *changed, bool *ret_settled, struct err *e)
{
	enum found found = SAME;
	for (const struct fact *f = g->first; f; f = f->next)
		if (f->kind == FACT_PATIENT)
			compare(*h, f, layer_of(f, p->origin), &found);
	int idents = add_idents(*h, g, p->a);
	if (idents < 0)
		return chart_no_memory(p->a, e);
	*changed = idents > 0 || found != SAME;
	*ret_settled = true;
	if (found == SAME)
		return 0;
	if (found == OTHER) {
		int64_t newest;
		int r = newest_before(p, ident, &newest, e);
		if (r < 0)
			return r;
		if (p->time < newest) {
			struct header *again;
			r = fold_rows(p->c, ident, p->end, p->a, &again, e);
			if (r < 0)
				return r;
			keep_alerts(again, *h);
			*h = again;
			*ret_settled = false;
			return 0;
		}
	}
	for (const struct fact *f = g->first; f; f = f->next)
		if (f->kind == FACT_PATIENT && !overlay(*h, f, layer_of(f, p->origin), p->a))
			return chart_no_memory(p->a, e);
	return 0;
}

/* Captured data never alters fed data silently: where it says otherwise, somebody looks. */
static int review_captured(struct apply *p, const struct header *h, uint32_t ident, struct err *e)
{
	static const uint8_t fields[] = {FF_BIRTH, FF_SEX, FF_NAME};
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const struct header_value *fed = h->val[LAYER_FED][fields[i]], *own = h->val[LAYER_CAPTURED][fields[i]];
		if (fed && own && !value_same(fed, own))
			return review_put(p, ident, REVIEW_CAPTURED_DIFFERS, 0, p->en->seq, e);
	}
	return 0;
}

static int write_header(struct apply *p, struct header *h, uint32_t ident, struct err *e)
{
	int r = encode(h, p->a, &p->c->blob, e);
	if (r == 0)
		r = ASK(p->c, put_header, ident, p->en->seq, buf_slice(&p->c->blob), e);
	return r;
}

int header_apply(struct apply *p, const struct fact_group *g, uint32_t ident, struct err *e)
{
	struct chart *c = p->c;
	uint32_t root;
	int r = person_root(c, ident, p->end, &root, e); /* forgets what was settled when who is whom has changed */
	if (r < 0)
		return r;
	uint64_t patient = hash_demographics(p, g), safety = hash_safety(p, g);
	struct ident_state *s = ident_state(c, ident);
	bool settled = s->patient[0] == patient || s->patient[1] == patient, newest = false;
	if (safety) {
		int64_t time;
		r = ASK(c, put_mark, ident, STORE_MARK_SAFETY, store_row_id(p->en->seq, p->group), e);
		if (r == 0)
			r = newest_before(p, ident, &time, e);
		newest = r == 0 && p->time >= time;
		s = ident_state(c, ident);
	}
	/* the newest word on allergies and flags once more changes nothing, when it was the newest the last time, too */
	bool safe = !safety || (s->safety == safety && newest);
	if (r < 0 || (settled && safe))
		return r;

	struct header *h;
	bool changed = false, conflict = false, will_settle = true, new_alerts = false;
	if (!settled)
		r = ident_join_also(p, g, ident, &conflict, e);
	if (r == 0)
		r = header_load(c, ident, p->end, p->a, &h, e);
	if (r == 0 && !settled)
		r = apply_patient(p, g, ident, &h, &changed, &will_settle, e);
	if (r == 0 && !safe) {
		r = alerts_of_ident(p, ident, h, e);
		new_alerts = true;
	}
	if (r == 0 && (changed || new_alerts))
		r = write_header(p, h, ident, e);
	if (r == 0 && changed)
		r = words_of_header(p, h, ident, e);
	if (r == 0 && changed && p->origin != FACT_FED)
		r = review_captured(p, h, ident, e);
	if (r == 0 && changed)
		r = identity_same_number(p, ident, e);
	if (r == 0 && (changed || !settled))
		r = spelling_join_group(p, g, ident, e);
	if (r < 0)
		return r;

	s = ident_state(c, ident);
	if (changed)
		s->patient[0] = s->patient[1] = 0;
	if (!settled && !conflict && will_settle) {
		s->patient[1] = s->patient[0];
		s->patient[0] = patient;
	}
	if (safety)
		s->safety = newest ? safety : 0;
	return 0;
}

/* ---- a person's -------------------------------------------------------------------------------------------------------------------------------------------------- */

static void fill(struct header *to, const struct header *from)
{
	for (int l = 0; l < LAYERS; l++)
		for (int f = 1; f < FF_COUNT; f++)
			if (!to->val[l][f])
				to->val[l][f] = from->val[l][f];
}

static bool clash(const struct header *a, const struct header *b)
{
	for (int l = 0; l < LAYERS; l++)
		for (int f = 1; f < FF_COUNT; f++)
			if (a->val[l][f] && b->val[l][f] && !value_same(a->val[l][f], b->val[l][f]))
				return true;
	return false;
}

static void newest_of(struct header *to, const struct header *from)
{
	for (int l = 0; l < LAYERS; l++)
		for (int f = 1; f < FF_COUNT; f++) {
			const struct header_value *v = from->val[l][f], *at = to->val[l][f];
			if (v && (!at || v->time > at->time || (v->time == at->time && v->row > at->row)))
				to->val[l][f] = v;
		}
}

/* Numbers of equal standing that say different things: the newest statement wins, and only the rows know how new. */
static int settle_clash(struct chart *c, const struct members *m, uint16_t depth, uint64_t end, struct arena *a, struct header *to, struct err *e)
{
	struct header *all = new_header(a);
	if (!all)
		return chart_no_memory(a, e);
	for (size_t i = 0; i < m->n; i++) {
		struct header *one;
		if (m->v[i].depth != depth)
			continue;
		int r = fold_rows(c, m->v[i].ident, end, a, &one, e);
		if (r < 0)
			return r;
		newest_of(all, one);
	}
	fill(to, all);
	return 0;
}

static int person_alerts(struct chart *c, const struct members *m, struct header *const *each, uint64_t end, struct arena *a, struct header *to, struct err *e)
{
	size_t with = 0;
	const struct header *only = NULL;
	for (size_t i = 0; i < m->n; i++)
		if (each[i]->has_safety) {
			with++;
			only = each[i];
		}
	if (with == 1)
		keep_alerts(to, only);
	if (with < 2)
		return 0;
	struct person_rows all;
	int r = rows_of_person(c, m->v[0].ident, m, end, STORE_MARK_SAFETY, a, &all, e);
	if (r < 0)
		return r;
	struct stmts s = {0};
	for (size_t i = 0; i < all.s.n; i++)
		if (stmt_is_safety(all.s.v[i].f) && !stmts_add(&s, a, all.s.v[i].f, all.s.v[i].row, all.s.v[i].index))
			return chart_no_memory(a, e);
	return fold_alerts(&s, to, a, e);
}

int person_header(struct chart *c, const struct members *m, uint64_t end, struct arena *a, struct header **ret, struct err *e)
{
	struct header *to = new_header(a), **each = arena_array(a, m->n, sizeof(struct header *));
	uint16_t deepest = 0;
	if (!to || !each)
		return chart_no_memory(a, e);
	for (size_t i = 0; i < m->n; i++) {
		int r = header_load(c, m->v[i].ident, end, a, &each[i], e);
		if (r < 0)
			return r;
		deepest = m->v[i].depth > deepest ? m->v[i].depth : deepest;
	}
	for (uint16_t depth = 0; depth <= deepest; depth++) {
		const struct header *first = NULL;
		bool clashes = m->n > 64; /* comparing each with each would cost more than the answer */
		for (size_t i = 0; i < m->n; i++) {
			if (m->v[i].depth != depth)
				continue;
			for (size_t k = 0; k < i && !clashes; k++)
				clashes = m->v[k].depth == depth && clash(each[k], each[i]);
			first = first ? first : each[i];
		}
		if (!first)
			continue;
		if (clashes) {
			int r = settle_clash(c, m, depth, end, a, to, e);
			if (r < 0)
				return r;
			continue;
		}
		for (size_t i = 0; i < m->n; i++)
			if (m->v[i].depth == depth)
				fill(to, each[i]);
	}
	for (size_t i = 0; i < m->n; i++)
		for (size_t k = 0; k < each[i]->ident_count; k++)
			if (add_ident(to, &each[i]->idents[k], a) < 0)
				return chart_no_memory(a, e);
	int r = person_alerts(c, m, each, end, a, to, e);
	if (r == 0)
		*ret = to;
	return r;
}

/* ---- could they be one person? ------------------------------------------------------------------------------------------------------------------------------------ */

struct known {
	struct slice family[8], given[8];
	size_t n;
	struct slice birth, sex;
};

#define ROOM (256u << 10) /* reserved at once, because slices point into it: 16 names of at most 1000 bytes, folded (at most three times as long) */

static struct slice folded(struct buf *room, struct slice s)
{
	size_t at = room->n;
	if (s.n > 1000)
		s.n = 1000;
	if (room->cap - room->n < 4 * s.n)
		return SLICE_NULL;
	utf8_fold(room, s);
	return buf_ok(room) ? slice_of(room->p + at, room->n - at) : SLICE_NULL;
}

static void know(const struct header *h, struct buf *room, struct known *ret)
{
	static const uint8_t fields[] = {FF_NAME, FF_ALIAS};
	*ret = (struct known){.birth = header_get(h, FF_BIRTH), .sex = header_get(h, FF_SEX)};
	for (int l = 0; l < LAYERS; l++)
		for (size_t k = 0; k < ARRAY_LEN(fields); k++)
			for (uint32_t i = 0; h->val[l][fields[k]] && i < h->val[l][fields[k]]->n && ret->n < ARRAY_LEN(ret->family); i++) {
				struct slice name = h->val[l][fields[k]]->v[i], rest;
				struct slice family = slice_trim(folded(room, fact_part(name, FN_FAMILY))), given = slice_trim(folded(room, fact_part(name, FN_GIVEN)));
				if (!family.n && !given.n)
					continue;
				ret->family[ret->n] = family;
				ret->given[ret->n++] = slice_cut(given, ' ', &rest);
			}
}

bool header_agrees(const struct header *a, const struct header *b, bool *ret_sure)
{
	AUTO_BUF struct buf room = {0};
	buf_init(&room, 1 << 20);
	(void)!buf_space(&room, ROOM);
	struct known ka, kb;
	know(a, &room, &ka);
	know(b, &room, &kb);
	*ret_sure = false;
	bool births = ka.birth.n && kb.birth.n;
	size_t n = ka.birth.n < kb.birth.n ? ka.birth.n : kb.birth.n;
	n = n > 10 ? 10 : n;
	if (births && memcmp(ka.birth.p, kb.birth.p, n))
		return false;
	if ((slice_eq_str(ka.sex, "male") && slice_eq_str(kb.sex, "female")) || (slice_eq_str(ka.sex, "female") && slice_eq_str(kb.sex, "male")))
		return false;
	if (!ka.n || !kb.n)
		return true; /* nothing against it, nothing for it */
	for (size_t i = 0; i < ka.n; i++)
		for (size_t k = 0; k < kb.n; k++) {
			bool family = ka.family[i].n && kb.family[k].n && words_near(ka.family[i], kb.family[k]);
			bool given = ka.given[i].n && kb.given[k].n && words_near(ka.given[i], kb.given[k]);
			if (births && n == 10 && family && given)
				*ret_sure = true;
		}
	if (*ret_sure)
		return true;
	for (size_t i = 0; i < ka.n; i++)
		for (size_t k = 0; k < kb.n; k++) {
			bool family = !ka.family[i].n || !kb.family[k].n || words_near(ka.family[i], kb.family[k]);
			/* twins share birth date and family name: the given name has to fit */
			bool given = !ka.given[i].n || !kb.given[k].n || words_near(ka.given[i], kb.given[k]);
			if (given && (family || births))
				return true;
		}
	return false;
}
