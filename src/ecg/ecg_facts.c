/* A body of the ledger to facts: what the worklist, the chart and FHIR know of a recording. */
#include "ecg_internal.h"

#include <math.h>
#include <stdio.h>

#define LISTED 64 /* statements, notes, warnings: what is more stays in the file */

static struct slice number(struct facts *f, double v, int decimals)
{
	char text[48];
	if (decimals < 0)
		snprintf(text, sizeof text, "%.10g", v);
	else
		snprintf(text, sizeof text, "%.*f", decimals, v);
	struct slice s = arena_dup(f->a, slice_str(text));
	if (!s.p)
		f->failed = true;
	return s;
}

static struct slice safe(struct facts *f, struct slice s)
{
	return s.n && utf8_valid(s) ? facts_text(f, slice_trim(s)) : SLICE_NULL;
}

/* ---- who ---- */

static void put_person(struct facts *f, struct fact_group *g, const char *action, const struct ecg_person *p)
{
	if (!p->id.n && !p->family.n && !p->given.n && !p->birth.n && !p->sex.n)
		return;
	struct fact *t = facts_add(f, g, FACT_PATIENT);
	facts_put_str(f, t, FF_ACTION, action);
	facts_put_parts(f, t, FF_ID, (const struct slice[]){p->id, p->assigner}, 2);
	facts_put_parts(f, t, FF_NAME, (const struct slice[]){p->family, p->given}, 2);
	facts_put(f, t, FF_BIRTH, p->birth);
	facts_put(f, t, FF_SEX, p->sex);
}

static struct ecg_person claimed_of(struct facts *f, const struct json_node *n)
{
	return (struct ecg_person){.id = safe(f, json_text(n, "claimed.id")), .assigner = safe(f, json_text(n, "claimed.assigner")), .family = safe(f, json_text(n, "claimed.family")),
	                           .given = safe(f, json_text(n, "claimed.given")), .birth = safe(f, json_text(n, "claimed.birth")), .sex = safe(f, json_text(n, "claimed.sex"))};
}

/* ---- what the sender says ---- */

static void put_sent(struct facts *f, struct fact *t, const struct json_node *n)
{
	static const struct {
		const char *member;
		uint8_t field;
	} said[] = {{"via", FF_VIA}, {"patient", FF_PATIENT_ID}, {"order", FF_PLACER}, {"urgency", FF_PRIORITY}, {"recorded", FF_RECORDED}, {"note", FF_TEXT}, {"continues", FF_SET}};
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		facts_put(f, t, said[i].field, safe(f, json_text(n, said[i].member)));
	facts_put_parts(f, t, FF_ENTERER, (const struct slice[]){safe(f, json_text(n, "by"))}, 1);
}

/* ---- what the file says ---- */

static void put_channels(struct facts *f, struct fact *t, const struct ecg *g)
{
	for (unsigned i = 0; i < g->channels; i++) {
		const struct ecg_channel *c = &g->channel[i];
		facts_put_parts(f, t, FF_CHANNEL, (const struct slice[]){slice_str(c->name), number(f, c->rate, -1), number(f, (double)c->samples, 0), slice_str(c->unit), safe(f, c->filter), slice_str(c->ecg ? "ecg" : "")}, 6);
	}
}

static void put_notes(struct facts *f, struct fact *t, const struct ecg *g)
{
	size_t n = 0;
	for (const struct ecg_note *x = g->notes; x && n < LISTED; x = x->next)
		if (x->text.n) {
			facts_put_parts(f, t, FF_NOTE, (const struct slice[]){x->timed ? number(f, x->at_s, 3) : SLICE_NULL, x->text, slice_str(x->statement ? "statement" : "")}, 3);
			n++;
		}
	struct slice rest = g->warnings ? slice_of(g->warnings->p, g->warnings->n) : SLICE_NULL;
	for (n = 0; rest.n && n < LISTED; n++)
		facts_put(f, t, FF_WARNING, safe(f, slice_cut(rest, '\n', &rest)));
	for (const struct ecg_stated *x = g->stated; x; x = x->next)
		facts_put_parts(f, t, FF_STATED, (const struct slice[]){slice_str(x->key), number(f, x->value, -1)}, 2);
}

static void put_record(struct facts *f, struct fact *t, const struct ecg *g)
{
	facts_put(f, t, FF_TIME, g->start);
	facts_put_parts(f, t, FF_DEVICE, (const struct slice[]){g->device, g->maker, g->serial, g->software}, 4);
	facts_put(f, t, FF_SECONDS, number(f, (double)g->samples / g->rate, 3));
	facts_put(f, t, FF_RATE, number(f, g->rate, -1));
	if (!fact_get(t, FF_PLACER).n)
		facts_put(f, t, FF_PLACER, g->order);
	put_channels(f, t, g);
	put_notes(f, t, g);
}

/* "live/STRIP/FROM-END": the minutes of one strip have its name and the time of its sample 0 in common. A device that begins another strip under an old name says another time, and that is another strip. */
static void put_strip(struct facts *f, struct fact *t, const struct json_node *n, const struct ecg *g)
{
	struct slice key = json_text(n, "key"), rest, kind = slice_cut(key, '/', &rest), from, id = slice_cut(rest, '/', &from);
	int64_t start;
	uint64_t at;
	if (!slice_eq_str(json_text(n, "via"), "live") || !slice_eq_str(kind, "live") || !id.n || !(g->rate > 0) || num_u64(slice_cut(from, '-', &rest), 0, UINT64_C(1) << 40, &at) < 0 ||
	    time_parse(g->start, 0, &start) < 0)
		return;
	char *name = arena_printf(f->a, "%.*s@%lld", SLICE_FMT(id), (long long)(start / (TIME_SEC / 1000) - llrint((double)at / g->rate * 1e3)));
	if (!name)
		f->failed = true;
	else
		facts_put_parts(f, t, FF_GROUP, (const struct slice[]){safe(f, slice_str(name))}, 1);
}

/* ---- what we measure ---- */

static const char *const weights[] = {[ECG_NORMAL] = "normal", [ECG_BORDERLINE] = "borderline", [ECG_ABNORMAL] = "abnormal", [ECG_URGENT] = "urgent", [ECG_TECHNICAL] = "technical"};

static const char *weight_name(enum ecg_weight w)
{
	return w <= ECG_TECHNICAL ? weights[w] : weights[ECG_TECHNICAL];
}

static void put_analysis(struct facts *f, struct fact *t, const struct ecg_analysis *n)
{
	const struct ecg_measure *m = &n->measure;
	const struct {
		const char *key;
		const struct ecg_value *v;
	} values[] = {{"rate_bpm", &m->rate_bpm}, {"rr_ms", &m->rr_ms}, {"p_ms", &m->p_ms}, {"pr_ms", &m->pr_ms}, {"qrs_ms", &m->qrs_ms}, {"qt_ms", &m->qt_ms}, {"qtc_bazett_ms", &m->qtc_bazett_ms},
	              {"qtc_fridericia_ms", &m->qtc_fridericia_ms}, {"qtc_framingham_ms", &m->qtc_framingham_ms}, {"qtc_hodges_ms", &m->qtc_hodges_ms}, {"p_axis_deg", &m->p_axis_deg},
	              {"qrs_axis_deg", &m->qrs_axis_deg}, {"t_axis_deg", &m->t_axis_deg}};
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		if (values[i].v->conf && isfinite(values[i].v->v))
			facts_put_parts(f, t, FF_MEASURE, (const struct slice[]){slice_str(values[i].key), number(f, (double)values[i].v->v, 0), number(f, values[i].v->conf, 0)}, 3);
	for (size_t i = 0; i < n->statements && i < LISTED; i++) {
		const struct ecg_statement *s = &n->statement[i];
		struct slice text = arena_dup(f->a, slice_str(s->text)), why = s->why[0] ? arena_dup(f->a, slice_str(s->why)) : SLICE_NULL;
		facts_put_parts(f, t, FF_STATEMENT, (const struct slice[]){slice_str(s->code), text, number(f, s->confidence, 0), slice_str(weight_name(s->weight)), why}, 5);
	}
	facts_put_str(f, t, FF_WEIGHT, weight_name(n->weight));
}

/* ---- all of it ---- */

static void problem(struct facts *f, struct fact *t, const char *what)
{
	facts_put_str(f, t, FF_WARNING, what);
	facts_put_str(f, t, FF_WEIGHT, weights[ECG_TECHNICAL]);
	f->problems++;
}

void ecg_facts_unread(struct slice body, const char *why, struct facts *f)
{
	struct ecg_body b;
	struct json_node *head;
	struct err e = {0};
	f->type = SLICE("ECG");
	f->uninterpreted = true;
	if (ecg_body_read(body, f->a, &b, &e) < 0 || json_tree(b.head, f->a, &head, &e) < 0)
		return;
	struct fact_group *group = facts_group(f, (struct fact_ident){.value = SLICE_NULL});
	struct fact *t = facts_add(f, group, FACT_ECG);
	struct ecg_person claimed = claimed_of(f, head);
	put_sent(f, t, head);
	problem(f, t, why);
	put_person(f, group, "claimed", &claimed);
}

void ecg_facts(struct slice body, struct facts *f)
{
	struct ecg_body b;
	struct json_node *head;
	struct ecg *g;
	struct ecg_analysis n = {.statements = 0};
	struct err e = {0};
	f->type = SLICE("ECG");
	if (ecg_body_read(body, f->a, &b, &e) < 0 || json_tree(b.head, f->a, &head, &e) < 0) {
		f->uninterpreted = true;
		return;
	}
	struct fact_group *group = facts_group(f, (struct fact_ident){.value = SLICE_NULL});
	struct fact *t = facts_add(f, group, FACT_ECG);
	struct ecg_person claimed = claimed_of(f, head);
	put_sent(f, t, head);
	if (ecg_body_open(&b, f->a, &g, &e) < 0) {
		f->uninterpreted = true; /* kept, listed and counted: somebody may read it with another program */
		const char *why = arena_printf(f->a, "cannot be read: %s", e.text);
		problem(f, t, why ? why : "cannot be read");
		put_person(f, group, "claimed", &claimed);
		return;
	}
	facts_put_str(f, t, FF_TYPE, ecg_format_name(g->format));
	f->time = SLICE_NULL; /* what is said of it is said now; when it was recorded is the fact's own time */
	put_record(f, t, g);
	put_strip(f, t, head, g);
	struct slice device = safe(f, json_text(head, "device"));
	if (device.n && !fact_get(t, FF_DEVICE).n)
		facts_put_parts(f, t, FF_DEVICE, &device, 1);
	put_person(f, group, "file", &g->person);
	put_person(f, group, "claimed", &claimed);
	if (ecg_analyse(g, f->a, &n, &e) < 0)
		problem(f, t, "could not be measured");
	else
		put_analysis(f, t, &n);
}
