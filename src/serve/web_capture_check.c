/* What speaks against an item before it is saved: of a dose, one that was given before, by whoever says so, and an allergy of that name; of a registration, persons who are here already or whose names are easily mistaken. Nothing
 * is stopped by it: a person reads it, and goes on or does not. What nobody can know (the feed is silent) is said as such, and never as "clear". */
#include "web_internal.h"
#include "downtime.h"

#include <stdio.h>

#define SAID_MAX 512

static struct slice words_of(struct slice code)
{
	static const unsigned parts[] = {FC_TEXT, FC_DISPLAY, FC_ALT_DISPLAY, FC_CODE};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (fact_part(code, parts[i]).n)
			return fact_part(code, parts[i]);
	return SLICE_NULL;
}

static struct slice atc_of(struct slice code)
{
	return dose_is_atc(fact_part(code, FC_SYSTEM)) ? fact_part(code, FC_CODE) : dose_is_atc(fact_part(code, FC_ALT_SYSTEM)) ? fact_part(code, FC_ALT_CODE) : SLICE_NULL;
}

static size_t collect(struct web_request *q, const struct chart_patient *p, struct dose_said *v)
{
	size_t n = 0;
	for (const struct fact_item *i = p->s[CHART_ADMINISTRATIONS].items; i && n < SAID_MAX; i = i->next) {
		const struct fact *f = i->fact;
		struct slice code = fact_get(f, FF_CODE), by = fact_get(f, FF_PERFORMER);
		if (i->state != FACT_CURRENT)
			continue;
		v[n++] = (struct dose_said){.time = fact_time_ns(fact_get(f, FF_TIME), q->web->role->zone_minutes), .drug = words_of(code), .code = fact_part(code, FC_CODE), .system = fact_part(code, FC_SYSTEM), .atc = atc_of(code),
		                            .order = fact_part(fact_get(f, FF_GROUP), FI_VALUE), .by = fact_part(by, FP_TEXT).n ? fact_part(by, FP_TEXT) : fact_part(by, FP_FAMILY), .source = i->feed,
		                            .scheduled = fact_get(f, FF_EXPECTED), .captured = i->origin == FACT_CAPTURED, .held = slice_eq_str(fact_get(f, FF_STATUS), "not-done")};
	}
	return n;
}

/* Of what is to be given: as it was typed, or as its order or an order of that name says it. */
static struct slice atc_given(const struct chart_patient *p, const struct capture *c)
{
	struct slice order = json_text(c->values, "order"), drug = json_text(c->values, "drug");
	if (dose_is_atc(json_text(c->values, "system")))
		return json_text(c->values, "code");
	for (const struct fact_item *i = p->s[CHART_MEDICATIONS].items; i; i = i->next) {
		const struct fact *f = i->fact;
		bool named = order.n && (slice_eq(order, fact_part(fact_get(f, FF_PLACER), FI_VALUE)) || slice_eq(order, fact_part(fact_get(f, FF_FILLER), FI_VALUE)));
		if (i->state == FACT_CURRENT && atc_of(fact_get(f, FF_CODE)).n && (named || (!order.n && dose_same_name(words_of(fact_get(f, FF_CODE)), drug))))
			return atc_of(fact_get(f, FF_CODE));
	}
	return SLICE_NULL;
}

/* Half of what the order leaves between two doses; 0: no order says it. */
static int64_t window_of(const struct chart_patient *p, const struct capture *c)
{
	struct slice order = json_text(c->values, "order"), drug = json_text(c->values, "drug");
	for (const struct fact_item *i = p->s[CHART_MEDICATIONS].items; i; i = i->next) {
		const struct fact *f = i->fact;
		bool named = order.n && (slice_eq(order, fact_part(fact_get(f, FF_PLACER), FI_VALUE)) || slice_eq(order, fact_part(fact_get(f, FF_FILLER), FI_VALUE)));
		if (i->state == FACT_CURRENT && (named || (!order.n && dose_same_name(words_of(fact_get(f, FF_CODE)), drug))))
			return dose_interval(fact_get(f, FF_FREQUENCY)) / 2;
	}
	return 0;
}

static void put_allergies(struct jsonw *w, const struct chart_patient *p, const struct capture *c, struct slice atc, bool *ret_any)
{
	struct slice drug = json_text(c->values, "drug"), code = json_text(c->values, "code");
	jsonw_key(w, "allergies");
	jsonw_arr(w);
	for (const struct fact_item *i = p->s[CHART_ALLERGIES].items; i; i = i->next) {
		struct slice said = fact_get(i->fact, FF_CODE);
		if (i->state != FACT_CURRENT || !(dose_same_name(words_of(said), drug) || (code.n && slice_eq(code, fact_part(said, FC_CODE))) || dose_same_class(atc, atc_of(said))))
			continue;
		jsonw_slice(w, words_of(said));
		*ret_any = true;
	}
	jsonw_arr_end(w);
}

static void put_which(struct jsonw *w, const struct dose_answer *d)
{
	const struct dose_said *s = d->which;
	jsonw_key(w, "which");
	jsonw_obj(w);
	jsonw_kslice(w, "drug", s->drug);
	if (s->time != INT64_MIN)
		jsonw_ktime(w, "time", s->time);
	jsonw_kslice_opt(w, "by", s->by);
	jsonw_kslice(w, "source", s->source);
	jsonw_kstr(w, "origin", s->captured ? "captured" : "fed");
	jsonw_obj_end(w);
	jsonw_ki64(w, "apartMinutes", d->apart / (60 * TIME_SEC));
}

static void check_dose(struct web_request *q, struct jsonw *w, const struct capture *c)
{
	static const char *const verdicts[] = {[DOSE_CLEAR] = "clear", [DOSE_GIVEN_BEFORE] = "given-before", [DOSE_SAME_SLOT] = "same-slot", [DOSE_ALLERGY] = "allergy", [DOSE_UNKNOWN] = "unknown", [DOSE_SAME_CLASS] = "same-class"};
	struct chart_moment now;
	struct chart_patient *p;
	struct err e = {0};
	char *id = arena_strdup(q->a, c->patient);
	struct dose_said *said = arena_array(q->a, SAID_MAX, sizeof *said);
	bool allergic = false;
	if (!id || !said || chart_now(web_chart(q), &now, &e) < 0) {
		web_error(q, 503, "memory", "Try again in a moment.");
		return;
	}
	if (web_patient_find(q, id, now, &p) < 0)
		return;
	if (chart_judge(web_chart(q), p, time_now(), q->a, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	enum chart_feed_state feed = p->s[CHART_ADMINISTRATIONS].feeds_state;
	struct dose_answer d;
	struct slice atc = atc_given(p, c);
	dose_check(c, atc, fact_time_ns(c->occurred, q->web->role->zone_minutes), said, collect(q, p, said), window_of(p, c), feed != CHART_FRESH && feed != CHART_AGEING, &d);
	put_allergies(w, p, c, atc, &allergic);
	if (p->s[CHART_ALLERGIES].state == FHIR_NOT_RECEIVED)
		jsonw_kbool(w, "allergiesNotReceived", true);
	jsonw_kstr(w, "verdict", verdicts[allergic && (!d.which || d.verdict == DOSE_SAME_CLASS) ? DOSE_ALLERGY : d.verdict]);
	jsonw_kbool(w, "classesCompared", d.classes);
	jsonw_kbool(w, "feedSilent", feed != CHART_FRESH && feed != CHART_AGEING);
	if (d.which)
		put_which(w, &d);
	jsonw_ku64(w, "lookalikes", p->lookalikes);
	(void)web_audit(q, "view", p->id, "doses before one is written down", now.end ? now.end - 1 : 0, NULL);
}

/* Who is here already under that name or birth date, and who is easily mistaken for them: the search's own answer, which finds what sounds alike. */
static void check_registration(struct web_request *q, struct jsonw *w, const struct capture *c)
{
	struct slice family = json_text(c->values, "family"), given = json_text(c->values, "given"), birth = json_text(c->values, "birth");
	struct chart_moment now;
	struct chart_row *rows = NULL;
	struct err e = {0};
	size_t n = 0;
	char *text = arena_printf(q->a, "%.*s %.*s", SLICE_FMT(family), SLICE_FMT(given));
	if (!text || chart_now(web_chart(q), &now, &e) < 0) {
		web_error(q, 503, "memory", "Try again in a moment.");
		return;
	}
	if ((family.n || given.n) && chart_search(web_chart(q), slice_trim(slice_str(text)), now, 20, q->a, &rows, &n, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_key(w, "persons");
	jsonw_arr(w);
	for (; rows; rows = rows->next) {
		jsonw_obj(w);
		jsonw_key(w, "patient");
		web_capture_who(q, w, rows);
		jsonw_kbool(w, "sameBirth", birth.n && slice_eq(birth, rows->birth));
		jsonw_kbool(w, "inHouse", rows->place.unit.n > 0);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	(void)web_audit(q, "search", NULL, "look-alikes of a registration", now.end ? now.end - 1 : 0, NULL);
}

void web_capture_check(struct web_request *q)
{
	struct capture c;
	struct err e = {0};
	struct jsonw w;
	AUTO_BUF struct buf line = {0};
	if (!web_post_only(q) || !web_may(q, MAY_CAPTURE | MAY_CHART))
		return;
	const struct json_node *n = web_body(q);
	if (!n || !web_chart(q))
		return;
	buf_init(&line, CAPTURE_MAX);
	if (!web_capture_line(q, n, &line)) {
		web_error(q, 413, "limit", "That is more than one item may say.");
		return;
	}
	if (capture_read(buf_slice(&line), q->a, &c, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	q->status = 0;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	if (c.kind == CAPTURE_GIVEN)
		check_dose(q, &w, &c);
	else if (c.kind == CAPTURE_REGISTRATION)
		check_registration(q, &w, &c);
	if (q->status) /* refused, and answered */
		return;
	jsonw_obj_end(&w);
	web_json(q, 200);
}
