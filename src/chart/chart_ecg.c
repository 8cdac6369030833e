/* Recordings and what people do with them, applied: the worklist's row, the act, and, once it is known whose it is, a row in that person's chart that says how it stands from this entry on. So the chart as of any
 * moment, merges, the timeline and FHIR need to know nothing of recordings: the row hangs on the identifier as any other does. */
#include "chart_internal.h"

#include <stdio.h>

#define SHOWN 64 /* of each kind of value */
#define EKG_CODE SLICE("11524-6\x1f" "EKG study\x1fLN")

static enum fact_origin origin_of(struct slice source)
{
	return slice_starts(source, "restore/") || slice_starts(source, "vault/") ? FACT_RESTORED : slice_starts(source, "partner/") ? FACT_PARTNER : FACT_CAPTURED; /* recorded here; no EHR has it yet */
}

/* ---- what stands in the patient's chart ---- */

static const struct {
	const char *key, *code, *text, *unit;
	bool ours; /* LOINC has no code of it: our own */
} measures[] = {
	{"rate_bpm", "8867-4", "Heart rate", "/min"}, {"rr_ms", "8637-1", "R-R interval", "ms"}, {"pr_ms", "8625-6", "P-R Interval", "ms"}, {"qrs_ms", "8633-0", "QRS duration", "ms"}, {"qt_ms", "8634-8", "Q-T interval", "ms"},
	{"qtc_bazett_ms", "76635-2", "Q-T interval corrected based on Bazett formula", "ms"}, {"qtc_fridericia_ms", "76634-5", "Q-T interval corrected based on Fridericia formula", "ms"}, /* 8636-3 is of no formula */
	{"qtc_framingham_ms", "qtc_framingham_ms", "Q-T interval corrected based on Framingham formula", "ms", true}, {"qtc_hodges_ms", "qtc_hodges_ms", "Q-T interval corrected based on Hodges formula", "ms", true},
	 {"p_axis_deg", "8626-4", "P wave axis", "deg"}, {"qrs_axis_deg", "8632-2", "QRS axis", "deg"}, {"t_axis_deg", "8638-9", "T wave axis", "deg"},
};

/* The reader's value where there is one, else ours. */
static struct slice measure(const struct chart_ecg *g, const char *key)
{
	const struct json_node *own = g->stands ? json_get(json_get(g->stands, "measures"), key) : NULL;
	if (own)
		return own->type == JSON_NUM ? own->value : SLICE_NULL;
	for (size_t i = 0, n = fact_count(g->fact, FF_MEASURE); i < n; i++)
		if (slice_eq_str(fact_part(fact_nth(g->fact, FF_MEASURE, i), 0), key))
			return fact_part(fact_nth(g->fact, FF_MEASURE, i), 1);
	return SLICE_NULL;
}

static const char *status_of(const struct chart_ecg *g)
{
	static const char *const words[] = {[CHART_ECG_UNREAD] = "preliminary", [CHART_ECG_READING] = "preliminary", [CHART_ECG_SIGNED] = "final", [CHART_ECG_AMENDED] = "amended", [CHART_ECG_REJECTED] = "cancelled"};
	return words[g->reading];
}

static void put_number(struct facts *f, struct fact *t, uint64_t entry)
{
	char *number = arena_printf(f->a, "%llu", (unsigned long long)entry);
	if (!number)
		f->failed = true;
	else
		facts_put_parts(f, t, FF_ID, (const struct slice[]){slice_str(number), SLICE(ECG_ASSIGNER)}, 2);
}

static void put_time(struct facts *f, struct fact *t, const struct chart_ecg *g)
{
	struct slice at = fact_get(g->fact, FF_TIME);
	facts_put(f, t, FF_TIME, at.n ? at : fact_get(g->fact, FF_RECORDED));
}

static void copy(struct facts *f, struct fact *t, const struct fact *from, uint8_t field)
{
	for (size_t i = 0, n = fact_count(from, field); i < n && i < SHOWN; i++)
		facts_put(f, t, field, fact_nth(from, field, i));
}

static bool has_statement(const struct fact *t, struct slice code)
{
	for (size_t i = 0, n = fact_count(t, FF_STATEMENT); i < n; i++)
		if (slice_eq(fact_part(fact_nth(t, FF_STATEMENT, i), 0), code))
			return true;
	return false;
}

/* urgent: another minute of the same strip, whose urgent statements nobody has read yet; NULL: none. */
static void put_statements(struct facts *f, struct fact *t, const struct chart_ecg *g, const struct chart_ecg *urgent)
{
	const struct json_node *list = g->stands ? json_get(g->stands, "statements") : NULL;
	size_t n = 0;
	if (!g->stands)
		copy(f, t, g->fact, FF_STATEMENT);
	for (const struct json_node *x = list ? list->child : NULL; x && n < SHOWN; x = x->next, n++)
		facts_put_parts(f, t, FF_STATEMENT, (const struct slice[]){facts_text(f, json_text(x, "code")), facts_text(f, json_text(x, "text"))}, 2);
	for (size_t i = 0, k = urgent ? fact_count(urgent->fact, FF_STATEMENT) : 0; i < k && n < SHOWN; i++, n++)
		if (slice_eq_str(fact_part(fact_nth(urgent->fact, FF_STATEMENT, i), 3), "urgent") && !has_statement(t, fact_part(fact_nth(urgent->fact, FF_STATEMENT, i), 0)))
			facts_put(f, t, FF_STATEMENT, fact_nth(urgent->fact, FF_STATEMENT, i));
	if (g->stands)
		facts_put(f, t, FF_TEXT, facts_text(f, json_text(g->stands, "comment")));
	for (const struct chart_ecg_act *x = g->acts; g->stands && x; x = x->next)
		if (x->counts && slice_eq_str(x->act, "addend") && x->time >= g->signed_at)
			facts_put(f, t, FF_TEXT, facts_text(f, json_text(x->node, "text")));
}

static void put_measures(struct facts *f, struct fact *ecg, struct fact *result, const struct chart_ecg *g)
{
	for (size_t i = 0; i < ARRAY_LEN(measures); i++) {
		struct slice v = measure(g, measures[i].key);
		if (!v.n)
			continue;
		facts_put_parts(f, ecg, FF_MEASURE, (const struct slice[]){slice_str(measures[i].key), v}, 2);
		char *component = arena_printf(f->a, "%s\x1f%s\x1f%s\x1d%.*s\x1d%s", measures[i].code, measures[i].text, measures[i].ours ? "99HOLDFAST" : "LN", SLICE_FMT(v), measures[i].unit);
		if (!component)
			f->failed = true;
		else
			facts_put(f, result, FF_COMPONENT, slice_str(component));
	}
}

static void put_ecg(struct facts *f, struct fact_group *group, const struct chart_ecg *g, const struct ecg_over *over, const char *act, bool gone)
{
	const struct chart_ecg *urgent = over ? over->urgent : NULL;
	struct fact *t = facts_add(f, group, FACT_ECG);
	put_number(f, t, g->entry);
	facts_put_str(f, t, FF_ACTION, gone ? "delete" : "whole");
	facts_put_str(f, t, FF_STATUS, status_of(g));
	facts_put_str(f, t, FF_TITLE, act);
	facts_put(f, t, FF_CODE, EKG_CODE);
	put_time(f, t, g);
	static const uint8_t kept[] = {FF_RECORDED, FF_DEVICE, FF_TYPE, FF_VIA, FF_STATED, FF_GROUP};
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		copy(f, t, g->fact, kept[i]);
	copy(f, t, urgent ? urgent->fact : g->fact, FF_WEIGHT);
	facts_put(f, t, FF_SECONDS, over ? slice_str(over->seconds) : fact_get(g->fact, FF_SECONDS));
	facts_put(f, t, FF_PLACER, g->order);
	facts_put(f, t, FF_PRIORITY, g->urgency);
	facts_put_parts(f, t, FF_PERFORMER, (const struct slice[]){g->signed_by}, 1);
	put_statements(f, t, g, urgent);
	struct fact *result = facts_add(f, group, FACT_RESULT);
	put_number(f, result, g->entry);
	facts_put_str(f, result, FF_ACTION, gone ? "delete" : "whole");
	facts_put_str(f, result, FF_STATUS, g->reading == CHART_ECG_REJECTED ? "cancelled" : status_of(g));
	facts_put(f, result, FF_CODE, EKG_CODE);
	facts_put_str(f, result, FF_CATEGORY, "procedure");
	put_time(f, result, g);
	put_measures(f, t, result, g);
}

int ecg_put_row(struct apply *p, const struct store_ecg *s, const struct chart_ecg *g, const struct ecg_over *over, uint32_t ident, const char *act, bool gone, struct err *e)
{
	struct chart *c = p->c;
	struct facts f;
	struct store_ident i;
	facts_init(&f, p->a);
	int r = ident_load(c, ident, p->a, &i, e);
	struct fact_group *group = r == 0 ? facts_group(&f, (struct fact_ident){i.value, i.assigner, i.type}) : NULL;
	if (r == 0 && !group)
		r = chart_no_memory(p->a, e);
	if (r < 0)
		return r;
	f.type = SLICE("ECG");
	f.feed = s->source;
	put_ecg(&f, group, g, over, act, gone);
	if (f.failed)
		return chart_no_memory(p->a, e);
	buf_reset(&c->blob);
	facts_encode_group(&f, group, &c->blob);
	if (!buf_ok(&c->blob))
		return err_set(e, buf_code(&c->blob), "view", "one recording's facts are larger than the view allows");
	struct store_row row = {.id = store_row_id(p->en->seq, p->group++), .ident = ident, .received = c->last_time, .source_time = c->last_time, .flags = (uint8_t)((unsigned)s->origin << ROW_ORIGIN_SHIFT), .blob = buf_slice(&c->blob)};
	return ASK(c, put_row, &row, e);
}

/* ---- an act ---- */

/* What was sent stands in the ledger; the view keeps that it was, and not its bytes: a report's PDF would be read with every look at the worklist. */
static struct slice without_message(struct arena *a, const struct json_node *act, struct slice body, bool *failed)
{
	const struct json_node *bytes = json_get(act, "message");
	if (!bytes || !slice_eq_str(ecg_act_name(act), "delivering"))
		return body;
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	buf_init(&b, 1 << 16);
	jsonw_init(&w, &b);
	jsonw_obj(&w);
	for (const struct json_node *n = act->child; n; n = n->next)
		if (n != bytes) {
			jsonw_key_slice(&w, n->key);
			jsonw_raw(&w, n->raw);
		}
	jsonw_obj_end(&w);
	struct slice kept = buf_ok(&b) ? arena_dup(a, buf_slice(&b)) : SLICE_NULL;
	*failed = !kept.p;
	return kept;
}

static int take_ecg(void *arg, const struct store_ecg *s, struct err *e)
{
	struct ecg_taken *t = arg;
	t->s = *s;
	t->s.source = arena_dup(t->a, s->source);
	t->s.blob = s->blob.n ? arena_dup(t->a, s->blob) : SLICE_NULL;
	t->s.strip = s->strip.n ? arena_dup(t->a, s->strip) : SLICE_NULL;
	return t->s.source.p && (!s->blob.n || t->s.blob.p) && (!s->strip.n || t->s.strip.p) ? 0 : chart_no_memory(t->a, e);
}

/* Those before it, folded; only those that counted are worth reading. */
static int take_act(void *arg, const struct store_ecg_act *x, struct err *e)
{
	struct ecg_taken *t = arg;
	struct json_node *n;
	struct slice body = arena_dup(t->a, x->body);
	struct chart_ecg_act *to = arena_alloc(t->a, sizeof *to);
	if (!body.p || !to)
		return chart_no_memory(t->a, e);
	if (!x->counts || json_tree(body, t->a, &n, NULL) < 0)
		return 0;
	*to = (struct chart_ecg_act){.entry = x->entry, .time = x->time, .by = arena_dup(t->a, ecg_user(x->source)), .act = ecg_act_name(n), .json = body, .node = n, .counts = true};
	(void)ecg_fold(t->g, n, x->entry, x->time, to->by);
	*t->g->last_act = to;
	t->g->last_act = &to->next;
	return 0;
}

int ecg_load(struct apply *p, uint64_t entry, struct ecg_taken *t, struct err *e)
{
	*t = (struct ecg_taken){.a = p->a};
	int r = ASK(p->c, ecg, entry, take_ecg, t, e);
	t->g = r == 0 ? arena_alloc(p->a, sizeof *t->g) : NULL;
	if (r == 0 && !t->g)
		return chart_no_memory(p->a, e);
	if (r == 0)
		r = ecg_decode(&t->s, p->a, t->g, e);
	if (r < 0)
		return r;
	t->g->last_act = &t->g->acts;
	return ASK(p->c, ecg_acts, entry, take_act, t, e);
}

/* ---- a recording ---- */

int ecg_apply(struct apply *p, const struct facts *f, struct err *e)
{
	struct chart *c = p->c;
	struct store_ecg s = {.entry = p->en->seq, .last = p->en->seq, .received = c->last_time, .source = p->en->source, .origin = (uint8_t)origin_of(p->en->source)};
	struct chart_ecg g;
	AUTO_BUF struct buf blob = {0};
	buf_init(&blob, (size_t)4 << 20);
	if (f && f->first && !f->failed)
		facts_encode_group(f, f->first, &blob);
	if (!buf_ok(&blob) && buf_code(&blob) == ERR_MEMORY)
		return err_set(e, ERR_MEMORY, NULL, "no memory");
	s.blob = buf_slice(&blob);
	if (!s.blob.n || f->uninterpreted)
		s.flags |= ECG_UNREADABLE;
	int r = ecg_decode(&s, p->a, &g, e);
	if (r == 0)
		r = ecg_whose(p, &g, &s.ident, e);
	if (r < 0)
		return r;
	if (s.ident) {
		s.flags |= ECG_AUTO;
		r = ecg_decode(&s, p->a, &g, e);
	}
	s.strip = fact_part(fact_get(g.fact, FF_GROUP), FI_VALUE);
	struct strip_said said = {.ident = s.ident};
	struct strip_step step = {.first = UINT64_MAX, .all = true};
	if (r == 0 && s.strip.n)
		r = strip_follow(p, &s, &g, &said, e);
	s.ident = said.ident;
	ecg_sort(&g, s.ident != 0, &s);
	if (r == 0 && s.ident && s.strip.n)
		r = strip_first(p, s.strip, s.ident, &step.first, e);
	if (r == 0)
		r = ASK(c, put_ecg, &s, e);
	if (r == 0 && said.act.entry)
		r = ASK(c, put_ecg_act, &said.act, e);
	if (r < 0 || !s.ident)
		return r;
	const char *title = said.act.entry ? "match" : "matched by identifiers";
	const struct ecg_taken m = {p->a, s, &g};
	return s.strip.n ? strip_show(p, &m, s.ident, &step, title, e) : ecg_put_row(p, &s, &g, NULL, s.ident, title, false, e);
}

/* ---- an act, of what is there ---- */

/* Whom a match names, if there is such a person, and if it is the one whom identifiers found where they did: another one is an un-match first. */
static int matched(struct apply *p, const struct ecg_taken *t, const struct json_node *act, uint32_t *ret, struct err *e)
{
	uint32_t id, root, other;
	*ret = 0;
	int r = ident_by_our_id(p->c, json_text(act, "patient"), p->en->seq, &id, e);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0 || !t->s.ident) {
		*ret = r < 0 ? 0 : id;
		return r;
	}
	r = person_root(p->c, id, p->end, &root, e);
	if (r == 0)
		r = person_root(p->c, t->s.ident, p->end, &other, e);
	if (r == 0 && root == other)
		*ret = t->s.ident;
	return r;
}

static int act_on(struct apply *p, struct ecg_taken *t, const struct json_node *act, struct slice body, struct err *e)
{
	struct chart *c = p->c;
	struct chart_ecg *g = t->g;
	uint32_t before = t->s.ident, now = before;
	struct slice by = ecg_user(p->en->source), what = ecg_act_name(act);
	uint64_t basis = g->basis;
	struct strip_step step = {.first = UINT64_MAX, .was = g->reading, .own = before != 0, .all = t->s.strip.n && slice_eq(json_text(act, "strip"), t->s.strip)};
	int r = slice_eq_str(what, "match") ? matched(p, t, act, &now, e) : 0;
	if (r < 0)
		return r;
	bool counts = (now || !slice_eq_str(what, "match")) && ecg_fold(g, act, p->en->seq, c->last_time, by);
	bool failed = false;
	body = without_message(p->a, act, body, &failed);
	if (failed)
		return chart_no_memory(p->a, e);
	struct store_ecg_act x = {.ecg = t->s.entry, .entry = p->en->seq, .time = c->last_time, .counts = counts, .source = p->en->source, .body = body};
	if (t->s.strip.n && (now || before))
		r = strip_first(p, t->s.strip, now ? now : before, &step.first, e);
	if (r == 0)
		r = ASK(c, put_ecg_act, &x, e);
	if (r < 0 || !counts)
		return r;
	if (slice_eq_str(what, "unmatch"))
		now = 0;
	struct chart_ecg_act last = {.entry = p->en->seq, .time = c->last_time, .by = by, .act = what, .json = body, .node = act, .counts = true};
	*g->last_act = &last;
	t->s.ident = now;
	ecg_sort(g, now != 0, &t->s);
	r = ASK(c, put_ecg, &t->s, e);
	const char *name = arena_strdup(p->a, what);
	if (r < 0 || !name)
		return r < 0 ? r : chart_no_memory(p->a, e);
	if (g->basis == basis || !(now || before))
		return 0;
	return t->s.strip.n ? strip_show(p, t, now ? now : before, &step, name, e) : ecg_put_row(p, &t->s, g, NULL, now ? now : before, name, !now, e);
}

int ecg_act_apply(struct apply *p, struct slice body, struct err *e)
{
	struct json_node *n = NULL;
	struct err bad;
	uint64_t of;
	struct ecg_taken t;
	struct store_event v = {.entry = p->en->seq, .kind = p->en->kind, .time = p->c->last_time, .user = ecg_user(p->en->source)};
	bool good = body.n && json_tree(body, p->a, &n, &bad) == 0 && num_u64(json_text(n, "ecg"), 0, STORE_ENTRY_MAX, &of) == 0 && of < p->en->seq;
	if (!good && body.n && arena_code(p->a))
		return chart_no_memory(p->a, e);
	v.what = good ? ecg_act_name(n) : SLICE("unreadable");
	v.reason = good ? json_text(n, "reason") : SLICE_NULL;
	v.text = good ? json_text(n, "ecg") : SLICE_NULL;
	if (v.reason.n > 1000)
		v.reason.n = utf8_valid_prefix(slice_of(v.reason.p, 1000));
	int r = ASK(p->c, put_event, &v, e);
	if (r < 0 || !good)
		return r;
	r = ecg_load(p, of, &t, e);
	return r == ERR_NOT_FOUND ? 0 : r < 0 ? r : act_on(p, &t, n, body, e); /* what it speaks of was erased, or never was */
}
