/* What a person does with a recording: whose it is, what it says, and with the password, the signature. An act names what it is based on; if somebody was faster, nothing happens but an answer that says so. */
#include "web_internal.h"

#include <inttypes.h>
#include <stdio.h>

#define STATEMENTS_MAX 64

struct act {
	struct web_request *q;
	const struct json_node *b; /* the request */
	const char *name;
	struct slice strip;        /* all of its live strip is matched, or taken back */
	bool changes;              /* how it is read: needs a basis */
};

static bool good_text(struct slice s, size_t max)
{
	if (s.n > max || !utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 && s.p[i] != '\n' && s.p[i] != '\t')
			return false;
	return true;
}

static bool one_of(const char *s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(s, words[i]))
			return true;
	return false;
}

/* ---- the entry ---- */

static bool put_text(struct act *x, struct jsonw *w, const char *key, size_t max)
{
	struct slice s = slice_trim(json_text(x->b, key));
	if (!good_text(s, max)) {
		web_error(x->q, 400, "input", "'%s' is too long, or has control characters in it.", key);
		return false;
	}
	jsonw_kslice_opt(w, key, s);
	return true;
}

static bool put_statements(struct act *x, struct jsonw *w)
{
	const struct json_node *list = json_get(x->b, "statements");
	size_t n = 0;
	jsonw_key(w, "statements");
	jsonw_arr(w);
	for (const struct json_node *s = list && list->type == JSON_ARR ? list->child : NULL; s; s = s->next) {
		struct slice code = json_text(s, "code"), text = slice_trim(json_text(s, "text"));
		if (++n > STATEMENTS_MAX || !good_text(code, 60) || !good_text(text, 500) || !text.n) {
			web_error(x->q, 400, "input", "Statements are at most %d, each a text of at most 500 bytes.", STATEMENTS_MAX);
			return false;
		}
		jsonw_obj(w);
		jsonw_kslice_opt(w, "code", code);
		jsonw_kslice(w, "text", text);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
	return true;
}

/* The reader's own values, over ours; null: could not be measured after all. */
static bool put_measures(struct act *x, struct jsonw *w)
{
	static const char *const keys[] = {"rate_bpm", "rr_ms", "p_ms", "pr_ms", "qrs_ms", "qt_ms", "qtc_bazett_ms", "qtc_fridericia_ms", "qtc_framingham_ms", "qtc_hodges_ms", "p_axis_deg", "qrs_axis_deg", "t_axis_deg"};
	const struct json_node *m = json_get(x->b, "measures");
	if (!m || m->type != JSON_OBJ)
		return true;
	jsonw_key(w, "measures");
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct json_node *v = json_get(m, keys[i]);
		if (!v)
			continue;
		if (v->type != JSON_NULL && (v->type != JSON_NUM || !num_is_decimal(v->value) || v->value.n > 8)) {
			web_error(x->q, 400, "input", "'%s' is no measurement.", keys[i]);
			return false;
		}
		jsonw_key(w, keys[i]);
		jsonw_raw(w, v->raw);
	}
	jsonw_obj_end(w);
	return true;
}

static bool put_identifiers(struct act *x, struct jsonw *w)
{
	static const char *const known[] = {"recordNumber", "birth", "family", "given", "order", "visit", "wristband"};
	const struct json_node *list = json_get(x->b, "identifiers");
	uint32_t seen = 0;
	jsonw_key(w, "identifiers");
	jsonw_arr(w);
	for (const struct json_node *s = list && list->type == JSON_ARR ? list->child : NULL; s; s = s->next)
		for (size_t i = 0; i < ARRAY_LEN(known); i++)
			if (s->type == JSON_STR && slice_eq_str(s->value, known[i]) && !(seen & 1u << i)) {
				seen |= 1u << i;
				jsonw_str(w, known[i]);
			}
	jsonw_arr_end(w);
	if (seen & (seen - 1))
		return true;
	web_error(x->q, 400, "identifiers", "Two identifiers say whose a recording is: compare two of record number, birth date, name, order and wristband, and say which.");
	return false;
}

static bool put_act(struct act *x, uint64_t entry, uint64_t basis, struct buf *out)
{
	struct jsonw w;
	const char *n = x->name;
	bool reads = !strcmp(n, "read") || !strcmp(n, "sign");
	jsonw_init(&w, out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "act", n);
	jsonw_ku64(&w, "ecg", entry);
	jsonw_kstr(&w, "by", x->q->session.user);
	if (x->changes)
		jsonw_ku64(&w, "basis", basis);
	jsonw_kslice_opt(&w, "strip", x->strip);
	if (reads && (!put_statements(x, &w) || !put_measures(x, &w)))
		return false;
	if (!strcmp(n, "match") && !put_identifiers(x, &w))
		return false;
	static const struct {
		const char *key;
		size_t max;
	} texts[] = {{"patient", 40}, {"order", 100}, {"reason", 500}, {"comment", 4000}, {"text", 4000}, {"note", 4000}, {"urgency", 10}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!put_text(x, &w, texts[i].key, texts[i].max))
			return false;
	jsonw_obj_end(&w);
	if (!buf_ok(out)) {
		web_error(x->q, 413, "limit", "That is too much for one act.");
		return false;
	}
	return true;
}

/* ---- what has to be said with it ---- */

static bool said(struct act *x, const char *key, const char *why)
{
	if (slice_trim(json_text(x->b, key)).n)
		return true;
	web_error(x->q, 400, "input", "%s", why);
	return false;
}

static bool complete(struct act *x)
{
	static const char *const reasons[] = {"unmatch", "reject", "reopen"};
	static const char *const urgencies[] = {"stat", "urgent", "routine"};
	if (one_of(x->name, reasons, ARRAY_LEN(reasons)) && !said(x, "reason", "Say why; the reason is recorded."))
		return false;
	if ((!strcmp(x->name, "addend") || !strcmp(x->name, "note")) && !said(x, "text", "There is no text to be added."))
		return false;
	if (!strcmp(x->name, "urgency")) {
		const char *u = arena_strdup(x->q->a, json_text(x->b, "urgency"));
		if (!u || !one_of(u, urgencies, ARRAY_LEN(urgencies))) {
			web_error(x->q, 400, "input", "It is stat, urgent or routine.");
			return false;
		}
	}
	if (!strcmp(x->name, "sign") && !json_text(x->b, "password").n) {
		web_error(x->q, 403, "password", "A signature is a person's: give your password again.");
		return false;
	}
	return true;
}

/* Whose it is to be: somebody who is known and may be seen; and where file or sender say otherwise, a reason. */
static bool may_match(struct act *x, const struct chart_ecg *g)
{
	struct chart_ecg_candidate c;
	struct err e = {0};
	bool open = true;
	struct slice patient = json_text(x->b, "patient");
	struct chart *chart = web_chart(x->q);
	if (!chart)
		return false;
	if (!patient.n || chart_ecg_compare(chart, g, patient, x->q->a, &c, &e) < 0) {
		web_error(x->q, 404, "not-found", "No patient has that id.");
		return false;
	}
	if (c.row->is_protected && keeper_glass(x->q->w->keeper, &x->q->who, c.row->id, &open, &e) < 0) {
		web_fail(x->q, &e);
		return false;
	}
	if (!open) {
		web_error(x->q, 403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded.");
		return false;
	}
	if (c.differs && slice_trim(json_text(x->b, "reason")).n < 8) {
		web_error(x->q, 400, "differs", "The recording says something else of its patient than the chart (%s%s%s%s). If it is this patient's all the same, say in a few words why.", c.differs & CHART_ECG_NUMBER ? " number" : "",
		          c.differs & CHART_ECG_BIRTH ? " birth date" : "", c.differs & CHART_ECG_SEX ? " sex" : "", c.differs & (CHART_ECG_FAMILY | CHART_ECG_GIVEN) ? " name" : "");
		return false;
	}
	if (g->patient && strcmp(g->patient->id, c.row->id) != 0) {
		web_error(x->q, 409, "matched", "It is matched to another patient. Take that back first, with the reason.");
		return false;
	}
	return true;
}

/* ---- answers ---- */

/* Somebody was faster: the state as it is now comes with the refusal. */
static void changed(struct web_request *q, const struct chart_ecg *g, const char *text)
{
	struct jsonw w;
	struct err e = {0};
	buf_reset(&q->out);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "error");
	jsonw_obj(&w);
	jsonw_kstr(&w, "code", "changed");
	jsonw_kstr(&w, "text", text);
	jsonw_obj_end(&w);
	jsonw_key(&w, "ecg");
	if (web_ecg_detail(q, g, &w, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_obj_end(&w);
	web_json(q, 409);
}

static const char *const stale = "Somebody else has done something with this recording meanwhile. Nothing of yours was stored as done; look at how it is now.";

static void put_done(struct web_request *q, uint64_t entry, size_t strip)
{
	buf_printf(&q->out, "{\"entry\":%" PRIu64, entry);
	if (strip)
		buf_printf(&q->out, ",\"strip\":%zu", strip);
	buf_str(&q->out, "}");
	web_json(q, 200);
}

static void answer(struct web_request *q, uint64_t entry, const struct keeper_stored *s, size_t strip)
{
	struct chart_ecg *g;
	struct err e = {0};
	bool counts = false;
	if (!s->applied) { /* durable; whether it came first shows when the view has it */
		buf_printf(&q->out, "{\"entry\":%" PRIu64 ",\"applied\":false}", s->seq);
		web_json(q, 202);
		return;
	}
	struct chart *c = web_chart(q);
	if (!c)
		return;
	if (chart_ecg(c, entry, q->a, &g, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next)
		counts = counts || (x->entry == s->seq && x->counts);
	if (!counts) {
		changed(q, g, stale);
		return;
	}
	put_done(q, s->seq, strip);
}

#define STRIP_MAX 20000 /* minutes that one act reaches: two weeks */

/* Those that nobody has, to be matched: what is matched already, or rejected, stays as it is. Those that are the named one's person's, to be taken back. */
static bool goes_with(const struct act *x, const struct chart_ecg *named, const struct chart_ecg *g)
{
	if (g->entry == named->entry || !slice_eq(g->source, named->source))
		return false;
	if (!strcmp(x->name, "unmatch"))
		return g->patient && named->patient && !strcmp(g->patient->id, named->patient->id);
	return !g->patient && g->reading != CHART_ECG_REJECTED;
}

/* The newest first: what comes meanwhile follows the newest. */
static int other_minutes(struct act *x, const struct chart_ecg *named, struct arena *a, struct chart_ecg **ret, struct err *e)
{
	struct chart_ecgs_ask ask = {.list = CHART_ECG_LIST_ALL, .strip = x->strip, .brief = true, .before = CHART_NOW, .max = 500};
	struct chart *c = web_chart(x->q);
	struct chart_ecg **last = ret;
	size_t n = 0;
	int r = c ? 0 : err_set(e, ERR_BUSY, NULL, "no view");
	*ret = NULL;
	for (bool more = true; r == 0 && more && n < STRIP_MAX;) {
		struct chart_ecg *g, *next;
		r = chart_ecgs(c, &ask, a, &g, &ask.before, e);
		more = ask.before != CHART_NOW;
		for (; r == 0 && g; g = next) {
			next = g->next;
			if (!goes_with(x, named, g))
				continue;
			g->next = NULL;
			*last = g;
			last = &g->next;
			n++;
		}
	}
	return r;
}

/* An act each, based on what each was when the strip was looked at. */
static int act_on_strip(struct act *x, const struct chart_ecg *named, size_t *ret, struct err *e)
{
	struct web_request *q = x->q;
	AUTO_BUF struct buf json = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)1 << 30);
	struct chart_ecg *g = NULL;
	struct keeper_stored s;
	buf_init(&json, WEB_BODY_MAX);
	*ret = 1;
	int r = a ? other_minutes(x, named, a, &g, e) : err_set(e, ERR_MEMORY, NULL, "no memory for a strip's minutes");
	for (; r == 0 && g; g = g->next) {
		buf_reset(&json);
		if (!put_act(x, g->entry, g->basis, &json))
			return err_set(e, ERR_INPUT, NULL, "the act could not be made");
		r = keeper_ecg_act(q->w->keeper, &q->who, SLICE_NULL, buf_slice(&json), !g->next, &s, e);
		*ret += r == 0;
	}
	return r;
}

/* Was it the one that was based on what is? Of a strip nothing else is touched before that is known. */
static bool counted(struct web_request *q, uint64_t entry, uint64_t act)
{
	struct chart_ecg *g;
	struct err e = {0};
	struct chart *c = web_chart(q);
	if (!c || chart_ecg(c, entry, q->a, &g, &e) < 0)
		return false;
	for (const struct chart_ecg_act *x = g->acts; x; x = x->next)
		if (x->entry == act)
			return x->counts;
	return false;
}

static bool possible(struct web_request *q, const struct chart_ecg *g, const char *act)
{
	bool open = g->reading == CHART_ECG_UNREAD || g->reading == CHART_ECG_READING, is_signed = g->reading == CHART_ECG_SIGNED || g->reading == CHART_ECG_AMENDED;
	const char *why = NULL;
	if (!strcmp(act, "sign") && !g->patient)
		why = "Nobody has said whose it is: match it first.";
	else if ((!strcmp(act, "read") || !strcmp(act, "sign") || !strcmp(act, "reject")) && !open)
		why = is_signed ? "It is signed. Write an addend, or reopen it with a reason." : "It was rejected. Reopen it first.";
	else if (!strcmp(act, "addend") && !is_signed)
		why = "An addend is written to what is signed.";
	else if (!strcmp(act, "reopen") && open)
		why = "It is open.";
	else if (!strcmp(act, "unmatch") && !g->patient)
		why = "It is matched to nobody.";
	if (why)
		changed(q, g, why);
	return !why;
}

void web_ecg_act(struct web_request *q, uint64_t entry, const char *what)
{
	static const char *const acts[] = {"match", "unmatch", "read", "sign", "addend", "reject", "reopen", "urgency", "note", "review-request"};
	struct act x = {.q = q};
	struct err e = {0};
	struct chart_ecg *g;
	struct keeper_stored s;
	struct json_node *b;
	uint64_t basis = 0;
	size_t strip = 0;
	AUTO_BUF struct buf json = {0};
	if (!web_may(q, MAY_CHART))
		return;
	if (json_tree(buf_slice(&q->body), q->a, &b, &e) < 0 || b->type != JSON_OBJ) {
		web_error(q, 400, "input", "The body should be a JSON object.");
		return;
	}
	x.b = b;
	x.name = !strcmp(what, "act") ? arena_strdup(q->a, json_text(b, "act")) : what;
	if (!x.name || !one_of(x.name, acts, ARRAY_LEN(acts)) || (!strcmp(what, "act") && (!strcmp(x.name, "match") || !strcmp(x.name, "unmatch"))) || (strcmp(what, "act") && strcmp(what, "match") && strcmp(what, "unmatch"))) {
		web_error(q, 404, "not-found", "There is no such act.");
		return;
	}
	static const char *const anybodys[] = {"note", "review-request", "urgency"};
	x.changes = !one_of(x.name, anybodys, 2); /* these two say something about it, whatever happened meanwhile */
	if (!one_of(x.name, anybodys, ARRAY_LEN(anybodys)) && !web_may(q, MAY_ECG_SIGN))
		return;
	if (x.changes && num_u64(json_text(b, "basis"), 0, UINT64_MAX, &basis) < 0) {
		web_error(q, 400, "input", "Say in 'basis' what you saw: the number that the recording was shown with.");
		return;
	}
	if (!complete(&x) || web_ecg_find(q, entry, &g) < 0)
		return;
	const struct json_node *all = json_get(b, "strip");
	if ((!strcmp(x.name, "match") || !strcmp(x.name, "unmatch")) && all && all->type == JSON_TRUE)
		x.strip = g->strip.id;
	if (x.changes && basis != g->basis) {
		changed(q, g, stale);
		return;
	}
	if (!possible(q, g, x.name) || (!strcmp(x.name, "match") && !may_match(&x, g)))
		return;
	buf_init(&json, WEB_BODY_MAX);
	if (!put_act(&x, entry, basis, &json))
		return;
	int r = keeper_ecg_act(q->w->keeper, &q->who, json_text(b, "password"), buf_slice(&json), true, &s, &e);
	if (r == 0 && x.strip.n && counted(q, entry, s.seq))
		r = act_on_strip(&x, g, &strip, &e);
	if (r == ERR_DENIED && !strcmp(e.place, "password"))
		web_error(q, 403, "password", "The password is wrong: nothing was signed.");
	else if (r < 0)
		web_fail(q, &e);
	else
		answer(q, entry, &s, strip);
}
