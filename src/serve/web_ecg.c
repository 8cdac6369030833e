/* Recordings for the viewer and for what sends them: the worklist and one of them. What people do with one is in web_ecg_act.c, its trace and paper in web_ecg_show.c, handing in in web_ecg_post.c. */
#include "web_internal.h"
#include "ecg.h"

#include <inttypes.h>
#include <stdio.h>

#define PREVIOUS_MAX 20

/* ---- who may see which ---- */

/* Whose record is protected: nothing that was found is told before it was opened with a reason. */
static int glass(struct web_request *q, const struct chart_ecg *g, bool *ret_open, struct err *e)
{
	*ret_open = true;
	return g->patient && g->patient->is_protected ? keeper_glass(q->w->keeper, &q->who, g->patient->id, ret_open, e) : 0;
}

int web_ecg_find(struct web_request *q, uint64_t entry, struct chart_ecg **ret)
{
	struct err e = {0};
	struct chart *c = web_may(q, MAY_CHART) ? web_chart(q) : NULL;
	bool open;
	if (!c)
		return ERR_BUSY;
	int r = chart_ecg(c, entry, q->a, ret, &e);
	if (r == 0)
		r = glass(q, *ret, &open, &e);
	if (r < 0) {
		web_fail(q, &e);
		return r;
	}
	if (open)
		return 0;
	web_error(q, 403, "protected", "This record is protected. Say why you need it to open it; the reason is recorded.");
	return ERR_DENIED;
}

/* ---- the list ---- */

static bool list_of(const char *name, enum chart_ecg_list *ret)
{
	static const char *const names[] = {[CHART_ECG_TODO_UNREAD] = "unread", [CHART_ECG_TODO_UNMATCHED] = "unmatched", [CHART_ECG_LIST_MINE] = "mine", [CHART_ECG_LIST_SIGNED] = "signed", [CHART_ECG_LIST_ALL] = "all"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(name, names[i])) {
			*ret = (enum chart_ecg_list)i;
			return true;
		}
	return false;
}

static void put_list(struct web_request *q, const struct chart_ecg *g, const struct chart_ecg_counts *n, struct chart_moment at, uint64_t next)
{
	struct jsonw w;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "asOf");
	jsonw_obj(&w);
	if (at.end) {
		jsonw_ku64(&w, "entry", at.end - 1);
		jsonw_ktime(&w, "time", at.time);
	}
	jsonw_obj_end(&w);
	jsonw_key(&w, "counts");
	jsonw_obj(&w);
	jsonw_ku64(&w, "unread", n->unread);
	jsonw_ku64(&w, "unmatched", n->unmatched);
	jsonw_ku64(&w, "urgent", n->urgent);
	jsonw_ku64(&w, "review", n->review);
	jsonw_obj_end(&w);
	jsonw_key(&w, "ecgs");
	jsonw_arr(&w);
	for (; g; g = g->next)
		chart_json_ecg(&w, g, false, NULL, NULL);
	jsonw_arr_end(&w);
	jsonw_key(&w, "next");
	if (next == CHART_NOW)
		jsonw_null(&w);
	else
		jsonw_u64(&w, next);
	jsonw_obj_end(&w);
}

/* A cart's own: what became of it, and nothing of whose it is. */
static void put_sent(struct jsonw *w, const struct chart_ecg *g)
{
	static const char *const readings[] = {[CHART_ECG_UNREAD] = "unread", [CHART_ECG_READING] = "reading", [CHART_ECG_SIGNED] = "signed", [CHART_ECG_AMENDED] = "amended", [CHART_ECG_REJECTED] = "rejected"};
	jsonw_obj(w);
	jsonw_ku64(w, "entry", g->entry);
	jsonw_ktime(w, "received", g->received);
	jsonw_kslice_opt(w, "format", fact_get(g->fact, FF_TYPE));
	jsonw_kstr(w, "match", g->patient ? "matched" : "unmatched");
	jsonw_kstr(w, "reading", readings[g->reading]);
	jsonw_kbool(w, "unreadable", g->unreadable);
	jsonw_obj_end(w);
}

static void sent_only(struct web_request *q)
{
	struct err e = {0};
	struct chart *c = web_chart(q);
	struct chart_ecg *g;
	struct jsonw w;
	uint64_t next;
	if (!c)
		return;
	struct chart_ecgs_ask ask = {.list = CHART_ECG_LIST_ALL, .user = slice_str(q->session.user), .only_sent = true, .before = web_number(q, "before", CHART_NOW, CHART_NOW), .max = (size_t)web_number(q, "max", 100, 500)};
	if (chart_ecgs(c, &ask, q->a, &g, &next, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "ecgs");
	jsonw_arr(&w);
	for (; g; g = g->next)
		put_sent(&w, g);
	jsonw_arr_end(&w);
	jsonw_key(&w, "next");
	if (next == CHART_NOW)
		jsonw_null(&w);
	else
		jsonw_u64(&w, next);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

void web_ecgs(struct web_request *q)
{
	struct err e = {0};
	struct chart_moment now;
	struct chart_ecg *first;
	struct chart_ecg_counts n;
	uint64_t next = CHART_NOW, entry;
	const char *list = web_query(q, "list"), *patient = web_query(q, "patient"), *text = web_query(q, "q"), *strip = web_query(q, "strip");
	struct chart_ecgs_ask ask = {.patient = slice_str(patient), .text = slice_str(text), .strip = slice_str(strip), .fold = !strip, .brief = strip != NULL, .before = web_number(q, "before", CHART_NOW, CHART_NOW), .max = (size_t)web_number(q, "max", 100, 500)};
	if (q->method != WEB_GET && q->method != WEB_HEAD) {
		q->allow = "GET, HEAD";
		web_error(q, 405, "method", "Only GET here.");
		return;
	}
	if (q->signed_in && (q->session.may & (MAY_ECG_SEND | MAY_CHART)) == MAY_ECG_SEND) {
		sent_only(q);
		return;
	}
	struct chart *c = web_may(q, MAY_CHART) ? web_chart(q) : NULL;
	if (!c)
		return;
	ask.user = slice_str(q->session.user);
	if (!list_of(list && !strip ? list : patient || strip ? "all" : "unread", &ask.list)) {
		web_error(q, 400, "input", "The list is unread, unmatched, mine, signed or all.");
		return;
	}
	int r = chart_now(c, &now, &e);
	if (r == 0)
		r = chart_ecg_counts(c, &n, &e);
	if (r == 0)
		r = chart_ecgs(c, &ask, q->a, &first, &next, &e);
	for (struct chart_ecg *g = r == 0 ? first : NULL; g && r == 0; g = g->next) {
		bool open;
		r = glass(q, g, &open, &e);
		g->masked = !open;
	}
	if (r < 0) {
		web_fail(q, &e);
		return;
	}
	web_view_note(q, now);
	put_list(q, first, &n, now, next);
	if (web_unchanged(q, now))
		return;
	char what[200];
	snprintf(what, sizeof what, "ecgs %s %.100s", list ? list : "unread", text ? text : "");
	if (web_audit(q, "search", patient, what, now.end ? now.end - 1 : 0, &entry) == 0)
		web_json(q, 200);
}

/* ---- one ---- */

int web_ecg_detail(struct web_request *q, const struct chart_ecg *g, struct jsonw *w, struct err *e)
{
	struct chart_ecg *previous = NULL;
	struct chart_ecg_candidate *candidates = NULL;
	struct chart *c = web_chart(q);
	if (!c)
		return err_set(e, ERR_BUSY, NULL, "no view");
	int r = chart_ecg_others(c, g, PREVIOUS_MAX, q->a, &previous, e);
	if (r == 0 && !g->patient)
		r = chart_ecg_candidates(c, g, q->a, &candidates, e);
	for (struct chart_ecg_candidate *x = candidates; x && r == 0; x = x->next) {
		bool open = true;
		if (x->row->is_protected)
			r = keeper_glass(q->w->keeper, &q->who, x->row->id, &open, e);
		x->withheld = !open;
	}
	if (r == 0)
		chart_json_ecg(w, g, true, previous, candidates);
	return r;
}

static void one(struct web_request *q, uint64_t entry)
{
	struct err e = {0};
	struct chart_ecg *g;
	struct chart_moment now;
	struct jsonw w;
	char what[64];
	uint64_t audit;
	if (q->signed_in && (q->session.may & (MAY_ECG_SEND | MAY_CHART)) == MAY_ECG_SEND) {
		struct chart *c = web_chart(q);
		if (!c)
			return;
		if (chart_ecg(c, entry, q->a, &g, &e) < 0 || !slice_eq_str(g->by, q->session.user)) {
			web_error(q, 404, "not-found", "This token has sent no ECG of that number.");
			return;
		}
		jsonw_init(&w, &q->out);
		put_sent(&w, g);
		web_json(q, 200);
		return;
	}
	if (web_ecg_find(q, entry, &g) < 0)
		return;
	jsonw_init(&w, &q->out);
	if (chart_now(web_chart(q), &now, &e) < 0 || web_ecg_detail(q, g, &w, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	if (web_unchanged(q, now))
		return;
	snprintf(what, sizeof what, "ecg/%" PRIu64, entry);
	if (web_audit(q, "view", g->patient ? g->patient->id : NULL, what, g->basis, &audit) == 0)
		web_json(q, 200);
}

void web_ecg(struct web_request *q, const char *rest)
{
	struct slice what, number = slice_cut(slice_str(*rest ? rest + 1 : rest), '/', &what);
	uint64_t entry;
	bool post = q->method == WEB_POST, get = q->method == WEB_GET || q->method == WEB_HEAD;
	if (!*rest && post) {
		web_ecg_post(q);
		return;
	}
	if (slice_eq_str(number, "share") && what.p) {
		web_link_revoke(q, rest + sizeof "/share");
		return;
	}
	if (num_u64(number, 0, UINT64_MAX - 1, &entry) < 0) {
		web_error(q, *rest ? 404 : 405, *rest ? "not-found" : "method", *rest ? "Nothing is here." : "A recording is handed in with POST.");
		return;
	}
	const char *name = what.p ? arena_strdup(q->a, what) : "";
	if (get && name && !*name)
		one(q, entry);
	else if (get && name)
		web_ecg_show(q, entry, name);
	else if (post && name && !strcmp(name, "share"))
		web_link_make(q, entry);
	else if (post && name && *name)
		web_ecg_act(q, entry, name);
	else
		web_error(q, 405, "method", "Only GET and POST here.");
}
