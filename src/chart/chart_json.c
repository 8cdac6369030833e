/* JSON: what the terminal prints and the viewer reads; holdfast-chart(1) has the shape. And the canonical export: one such document a person, in the order of their numbers.
 * Nothing here looks at a clock: who shows ages computes them, and whether a feed is silent is said where the patient was judged (chart_judge), and of that moment. */
#include "chart_internal.h"

#include <stdlib.h>

#define DOCUMENT_MAX ((size_t)1 << 30)

static const char *const section_names[CHART_SECTIONS] = {"allergies", "problems", "medications", "administrations", "results", "vitals", "reports", "orders", "documents", "appointments", "contacts", "care-team",
                                                          "immunizations", "procedures", "visits", "flags", "coverage", "ecgs", "other"};
static const char *const states[] = {[FHIR_LIST] = "list", [FHIR_STATED_NONE] = "stated-none", [FHIR_NOT_RECEIVED] = "not-received"};

static const char *const origins[] = {[FACT_FED] = "fed", [FACT_CAPTURED] = "captured", [FACT_RESTORED] = "restored", [FACT_PARTNER] = "partner"};
static const char *const feed_states[] = {[CHART_FRESH] = "fresh", [CHART_AGEING] = "ageing", [CHART_STALE] = "stale", [CHART_NEVER] = "never", [CHART_ENDED] = "ended"};

const char *chart_section_name(enum chart_section_id s)
{
	return (unsigned)s < CHART_SECTIONS ? section_names[s] : "unknown";
}

static void put_moment(struct jsonw *w, struct chart_moment at)
{
	jsonw_key(w, "asOf");
	jsonw_obj(w);
	if (at.end) {
		jsonw_ku64(w, "entry", at.end - 1);
		jsonw_ktime(w, "time", at.time);
	}
	jsonw_obj_end(w);
}

static void put_location(struct jsonw *w, const char *key, const struct chart_place *p)
{
	jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_kslice_opt(w, "facility", p->facility);
	jsonw_kslice_opt(w, "unit", p->unit);
	jsonw_kslice_opt(w, "room", p->room);
	jsonw_kslice_opt(w, "bed", p->bed);
	jsonw_kslice_opt(w, "text", p->text);
	jsonw_obj_end(w);
}

/* ---- a patient ---------------------------------------------------------------------------------------------------------------------- */

static const char *text_of_code(struct slice code, struct slice *ret)
{
	static const uint8_t parts[] = {FC_DISPLAY, FC_TEXT, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		*ret = fact_part(code, parts[i]);
		if (ret->n)
			return "text";
	}
	return NULL;
}

static void put_code(struct jsonw *w, const char *key, struct slice code)
{
	struct slice s;
	if (code.n && !fact_is_null(code) && text_of_code(code, &s))
		jsonw_kslice(w, key, s);
}

static void put_person(struct jsonw *w, const char *key, struct slice p)
{
	struct slice family = fact_part(p, FP_FAMILY), given = fact_part(p, FP_GIVEN), text = fact_part(p, FP_TEXT);
	if (!p.n || fact_is_null(p))
		return;
	if (!family.n) {
		jsonw_kslice_opt(w, key, text.n ? text : fact_part(p, FP_ID));
		return;
	}
	AUTO_BUF struct buf b = {0};
	buf_init(&b, 1 << 20);
	buf_add_slice(&b, family);
	if (given.n) {
		buf_str(&b, ", ");
		buf_add_slice(&b, given);
	}
	jsonw_kslice(w, key, buf_slice(&b));
}

static void put_dose(struct jsonw *w, const char *key, const struct fact_item *it)
{
	if (!it)
		return;
	const struct fact *f = it->fact;
	jsonw_key(w, key);
	jsonw_obj(w);
	jsonw_kstr(w, "id", it->id);
	jsonw_kslice_opt(w, "time", fact_get(f, FF_TIME));
	jsonw_kslice_opt(w, "status", fact_get(f, FF_STATUS));
	jsonw_kslice_opt(w, "dose", fact_get(f, FF_DOSE));
	put_code(w, "unit", fact_get(f, FF_DOSE_UNIT));
	put_code(w, "route", fact_get(f, FF_ROUTE));
	put_person(w, "by", fact_get(f, FF_PERFORMER));
	put_code(w, "reason", fact_get(f, FF_REASON));
	jsonw_kslice_opt(w, "source", it->feed);
	jsonw_ktime(w, "received", it->received);
	jsonw_ku64(w, "entry", it->entry);
	jsonw_kstr(w, "origin", origins[it->origin]);
	jsonw_obj_end(w);
}

struct page {
	const struct chart_patient *p;
	struct fhir_person who;
	struct fhir_options o;
	struct buf item; /* one resource at a time: what belongs to it is put in before its last brace */
};

static bool write_one(struct page *g, const struct fact_item *it)
{
	struct jsonw w;
	buf_reset(&g->item);
	jsonw_init(&w, &g->item);
	return fhir_write_item(&w, &g->who, it, &g->o) && buf_ok(&g->item) && g->item.n > 2 && g->item.p[g->item.n - 1] == '}';
}

/* The resource with "history" (newest first) and, for a medication, "lastGiven" and "notGiven". Things that are no resource (a section's statement) are left out. */
static void put_item(struct jsonw *w, struct page *g, const struct fact_item *it)
{
	AUTO_BUF struct buf more = {0}, own = {0};
	buf_init(&more, DOCUMENT_MAX);
	buf_init(&own, DOCUMENT_MAX);
	if (!write_one(g, it))
		return;
	buf_add(&own, g->item.p, g->item.n - 1);
	struct jsonw x;
	jsonw_init(&x, &more);
	jsonw_obj(&x);
	if (it->history) {
		jsonw_key(&x, "history");
		jsonw_arr(&x);
		for (const struct fact_item *h = it->history; h; h = h->next)
			if (write_one(g, h))
				jsonw_raw(&x, buf_slice(&g->item));
		jsonw_arr_end(&x);
	}
	if (it->fact->kind == FACT_MED_ORDER) {
		const struct fact_item *not_given, *given = chart_last_given(g->p, it, &not_given);
		put_dose(&x, "lastGiven", given);
		put_dose(&x, "notGiven", not_given);
	}
	jsonw_obj_end(&x);
	if (more.n > 2) {
		buf_u8(&own, ',');
		buf_add(&own, more.p + 1, more.n - 1);
	} else {
		buf_u8(&own, '}');
	}
	if (buf_ok(&own) && buf_ok(&more))
		jsonw_raw(w, buf_slice(&own));
	else
		w->b->failed = true; /* half a document goes nowhere */
}

static void put_sources(struct jsonw *w, const struct chart_section *s, int64_t judged)
{
	if (judged)
		jsonw_kstr(w, "feeds", feed_states[s->feeds_state]);
	jsonw_key(w, "sources");
	jsonw_arr(w);
	for (const struct chart_source *x = s->sources; x; x = x->next) {
		jsonw_obj(w);
		jsonw_kslice(w, "source", x->feed);
		jsonw_kstr(w, "origin", origins[x->origin]);
		jsonw_kslice_opt(w, "asOf", x->source_time);
		jsonw_ktime(w, "received", x->received);
		jsonw_ku64(w, "entry", x->entry);
		if (judged) {
			jsonw_ki64(w, "ageSeconds", (judged - x->received) / TIME_SEC);
			jsonw_kstr(w, "state", feed_states[x->state]);
		}
		if (judged && x->last_time) {
			jsonw_ktime(w, "last", x->last_time);
			jsonw_ki64(w, "staleAfterSeconds", x->stale_after / TIME_SEC);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	if (s->sources_more)
		jsonw_kbool(w, "sourcesMore", true);
}

static void put_section(struct jsonw *w, struct page *g, enum chart_section_id id)
{
	const struct chart_section *s = &g->p->s[id];
	jsonw_key(w, section_names[id]);
	jsonw_obj(w);
	jsonw_kstr(w, "state", states[s->state]);
	jsonw_ku64(w, "count", s->count);
	if (s->received) {
		jsonw_kslice_opt(w, "asOf", s->source_time);
		jsonw_ktime(w, "received", s->received);
		jsonw_kslice_opt(w, "source", s->feed);
		jsonw_ku64(w, "entry", s->entry);
		put_sources(w, s, g->p->judged);
	}
	if (s->incomplete)
		jsonw_kbool(w, "incomplete", true);
	if (s->stated) {
		jsonw_key(w, "stated");
		jsonw_obj(w);
		put_code(w, "text", fact_get(s->stated->fact, FF_CODE));
		jsonw_kslice_opt(w, "source", s->stated->feed);
		jsonw_ktime(w, "received", s->stated->received);
		jsonw_ku64(w, "entry", s->stated->entry);
		jsonw_obj_end(w);
	}
	jsonw_key(w, "entries");
	jsonw_arr(w);
	for (const struct fact_item *it = s->items; it; it = it->next)
		put_item(w, g, it);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

void chart_json_patient(struct jsonw *w, const struct chart_patient *p, const struct fhir_options *o)
{
	struct page g = {.p = p, .o = *o,
	                 .who = {.id = p->id, .idents = p->idents, .ident_count = p->ident_count, .demographics = p->demographics, .replaces = p->replaces, .replaces_count = p->replaces_count}};
	buf_init(&g.item, DOCUMENT_MAX);
	jsonw_obj(w);
	jsonw_kstr(w, "id", p->id);
	put_moment(w, p->moment);
	if (p->judged)
		jsonw_ktime(w, "judged", p->judged);
	jsonw_key(w, "patient");
	fhir_write_patient(w, &g.who, o);
	if (p->place.unit.p || p->place.text.n)
		put_location(w, "place", &p->place);
	if (p->visit && write_one(&g, p->visit)) {
		jsonw_key(w, "visit");
		jsonw_raw(w, buf_slice(&g.item));
	}
	if (p->test)
		jsonw_kbool(w, "test", true);
	if (p->incomplete)
		jsonw_kbool(w, "incomplete", true);
	if (p->is_protected)
		jsonw_kbool(w, "isProtected", true);
	jsonw_ku64(w, "lookalikes", p->lookalikes);
	if (p->replaced_by[0])
		jsonw_kstr(w, "replacedBy", p->replaced_by);
	if (p->replaces_count) {
		jsonw_key(w, "replaces");
		jsonw_arr(w);
		for (size_t i = 0; i < p->replaces_count; i++)
			jsonw_str(w, p->replaces[i]);
		jsonw_arr_end(w);
	}
	jsonw_key(w, "review");
	jsonw_arr(w);
	for (const struct chart_review *r = p->review; r; r = r->next) {
		jsonw_obj(w);
		jsonw_kstr(w, "what", r->what);
		jsonw_ku64(w, "entry", r->entry);
		jsonw_kslice(w, "text", r->text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_key(w, "sections");
	jsonw_obj(w);
	for (int i = 0; i < CHART_SECTIONS; i++)
		put_section(w, &g, (enum chart_section_id)i);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
	if (!buf_ok(&g.item))
		w->b->failed = true;
	buf_done(&g.item);
}

/* ---- rows ------------------------------------------------------------------------------------------------------------------------------- */

static void put_bedside(struct jsonw *w, const struct chart_bedside *b)
{
	jsonw_key(w, "vitals");
	jsonw_obj(w);
	jsonw_kstr(w, "state", states[b->vitals_state]);
	jsonw_key(w, "entries");
	jsonw_arr(w);
	for (size_t i = 0; i < b->count; i++) {
		const struct chart_vital *v = &b->vitals[i];
		jsonw_obj(w);
		jsonw_kslice_opt(w, "code", v->code);
		jsonw_kslice(w, "name", v->name);
		jsonw_kslice(w, "value", v->value);
		jsonw_kslice_opt(w, "unit", v->unit);
		jsonw_kslice_opt(w, "flag", v->flag);
		jsonw_kslice_opt(w, "time", v->time);
		jsonw_ktime(w, "received", v->received);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	jsonw_key(w, "orders");
	jsonw_obj(w);
	jsonw_kstr(w, "state", states[b->orders_state]);
	jsonw_ku64(w, "open", b->open_orders);
	jsonw_ku64(w, "awaitedResults", b->awaited_results);
	jsonw_obj_end(w);
}

static void put_row(struct jsonw *w, const struct chart_row *r)
{
	jsonw_obj(w);
	jsonw_kstr(w, "id", r->id);
	jsonw_key(w, "name");
	jsonw_arr(w);
	if (r->name_family.n || r->name_given.n) {
		jsonw_obj(w);
		jsonw_kslice_opt(w, "family", r->name_family);
		if (r->name_given.n) {
			jsonw_key(w, "given");
			jsonw_arr(w);
			jsonw_slice(w, r->name_given);
			jsonw_arr_end(w);
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	jsonw_kslice_opt(w, "birthDate", r->birth.n > 10 ? slice_of(r->birth.p, 10) : r->birth);
	jsonw_kslice_opt(w, "gender", r->sex);
	jsonw_key(w, "identifier");
	jsonw_arr(w);
	if (r->number.n) {
		jsonw_obj(w);
		jsonw_kslice(w, "value", r->number);
		if (r->assigner.n) {
			bool uri = memchr(r->assigner.p, ':', r->assigner.n) != NULL;
			if (uri) {
				jsonw_kslice(w, "system", r->assigner);
			} else {
				jsonw_key(w, "assigner");
				jsonw_obj(w);
				jsonw_kslice(w, "display", r->assigner);
				jsonw_obj_end(w);
			}
		}
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	if (r->place.unit.p)
		put_location(w, "location", &r->place);
	jsonw_kslice_opt(w, "visit", r->visit);
	jsonw_kslice_opt(w, "visitClass", r->visit_class);
	jsonw_kslice_opt(w, "status", r->status);
	jsonw_kslice_opt(w, "since", r->since);
	jsonw_kslice_opt(w, "attending", r->attending);
	if (r->received)
		jsonw_ktime(w, "received", r->received);
	jsonw_kstr(w, "allergyState", states[r->allergy_state]);
	jsonw_kslice_opt(w, "alerts", r->alerts);
	if (r->bedside)
		put_bedside(w, r->bedside);
	const struct {
		const char *key;
		bool v;
	} marks[] = {{"lookalike", r->lookalike}, {"merged", r->merged}, {"incomplete", r->incomplete}, {"isProtected", r->is_protected}, {"test", r->test}, {"deceased", r->deceased}};
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i].v)
			jsonw_kbool(w, marks[i].key, true);
	jsonw_obj_end(w);
}

void chart_json_rows(struct jsonw *w, const struct chart_row *rows, struct chart_moment at, const struct fhir_options *o)
{
	uint64_t n = 0;
	for (const struct chart_row *r = rows; r; r = r->next)
		n++;
	jsonw_obj(w);
	put_moment(w, at);
	jsonw_ku64(w, "count", n);
	jsonw_key(w, "patients");
	jsonw_arr(w);
	for (const struct chart_row *r = rows; r; r = r->next)
		put_row(w, r);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
}

void chart_json_feeds(struct jsonw *w, const struct chart_feed *f)
{
	jsonw_arr(w);
	for (; f; f = f->next) {
		jsonw_obj(w);
		jsonw_kslice(w, "name", f->name);
		jsonw_kslice(w, "source", f->source);
		jsonw_kstr(w, "state", feed_states[f->state]);
		if (f->messages) {
			jsonw_ktime(w, "last", f->last_time);
			jsonw_ku64(w, "lastEntry", f->last_entry);
		}
		jsonw_ku64(w, "messages", f->messages);
		jsonw_ki64(w, "usualGapSeconds", f->usual_gap / TIME_SEC);
		jsonw_ki64(w, "staleAfterSeconds", f->stale_after / TIME_SEC);
		jsonw_key(w, "minutes");
		jsonw_arr(w);
		for (int i = 0; i < 60; i++)
			jsonw_u64(w, f->last_hour[i]);
		jsonw_arr_end(w);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* ---- export ------------------------------------------------------------------------------------------------------------------------------------ */

static int export_one(struct chart *c, uint32_t id, uint64_t end, struct arena *a, struct buf *line, bool *ret_more, struct err *e)
{
	struct store_ident i;
	uint32_t root;
	*ret_more = true;
	buf_reset(line);
	int r = ident_load(c, id, NULL, &i, e);
	if (r == 0 && i.first_entry >= end)
		*ret_more = false;
	if (r < 0 || !*ret_more)
		return r;
	r = person_root(c, id, end, &root, e);
	if (r < 0 || root != id)
		return r;
	struct chart_patient *p;
	struct fhir_options o = {.zone_minutes = c->zone_minutes};
	r = patient_by_root(c, id, end, a, &p, e);
	if (r < 0)
		return r;
	struct jsonw w;
	jsonw_init(&w, line);
	chart_json_patient(&w, p, &o);
	return buf_ok(line) ? 0 : err_set(e, buf_code(line), "export", "one patient's chart is larger than 1 GiB of JSON");
}

int chart_export(struct chart *c, struct chart_moment at, int (*sink)(void *arg, struct slice line, struct err *e), void *arg, struct err *e)
{
	struct chart *held LOOK = NULL;
	CHART_LOOK(c, held, e);
	uint64_t end = chart_end(c, at);
	AUTO_ARENA struct arena *a = arena_new((size_t)4 << 30);
	AUTO_BUF struct buf line = {0};
	buf_init(&line, DOCUMENT_MAX);
	if (!a)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	bool more = true;
	for (uint32_t id = 1; id <= c->idents && more; id++) {
		arena_reset(a);
		arena_reset(c->look_arena);
		int r = export_one(c, id, end, a, &line, &more, e);
		if (r == 0 && more && line.n)
			r = sink(arg, buf_slice(&line), e);
		if (r < 0)
			return r;
	}
	return 0;
}
