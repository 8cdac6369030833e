/* Below /api/cases/NAME: pairs that wait for somebody, duties with what is left of their time, letters to look at. What the newest run found the keeper hands out, which alone reads it; what follows from it (duties, a letter's words) is made here, out of that and of
 * the program's tables. Who looks at pairs or at somebody's letter is recorded before the answer goes out. */
#include "web_internal.h"

#include "notice.h"

#include <stdio.h>

#define DUTIES_MEMORY ((size_t)128 << 20)

int web_scope_see(struct web_request *q, struct slice name, const char *what, void (*more)(struct jsonw *w, void *arg), void *arg, const struct json_node **ret)
{
	AUTO_BUF struct buf ask = {0}, said = {0};
	struct err e = {0};
	struct json_node *n;
	struct jsonw w;
	buf_init(&ask, 1 << 14);
	buf_init(&said, FRAME_VAULT);
	jsonw_init(&w, &ask);
	jsonw_obj(&w);
	jsonw_kslice(&w, "case", name);
	jsonw_kstr(&w, "what", what);
	if (more)
		more(&w, arg);
	jsonw_obj_end(&w);
	int r = keeper_scope_see(q->w->keeper, &q->who, buf_slice(&ask), &said, &e);
	struct slice text = r == 0 ? arena_dup(q->a, buf_slice(&said)) : SLICE_NULL;
	if (r == 0)
		r = text.p ? json_tree(text, q->a, &n, &e) : err_set(&e, ERR_MEMORY, NULL, "no memory");
	if (r < 0) {
		if (r == ERR_BUSY)
			q->retry_after = 1;
		web_fail(q, &e);
		return r;
	}
	*ret = n;
	return 0;
}

/* ---- the queue ---- */

struct page {
	uint64_t from, n;
	bool all;
};

static void put_page(struct jsonw *w, void *arg)
{
	const struct page *p = arg;
	jsonw_ku64(w, "from", p->from);
	jsonw_ku64(w, "n", p->n);
	jsonw_kbool(w, "open", !p->all);
}

static void review(struct web_request *q, struct slice name)
{
	const struct json_node *n;
	const char *all = web_query(q, "all");
	char query[128];
	struct page p = {web_number(q, "from", 0, UINT32_MAX), web_number(q, "n", 10, 50), all && !strcmp(all, "1")};
	if (q->status || web_scope_see(q, name, "review", put_page, &p, &n) < 0)
		return;
	buf_add_slice(&q->out, n->raw);
	if (web_unchanged(q, (struct chart_moment){0}))
		return;
	const struct json_node *list = json_get(n, "list");
	snprintf(query, sizeof query, "case %.*s: pairs to review", SLICE_FMT(name));
	if (list && list->count && web_audit(q, "view", NULL, query, 0, NULL) < 0)
		return;
	web_json(q, 200);
}

/* ---- duties ---- */

/* Until when: of a day to its end where the entity is, by the earliest of that place's zones; where nobody said where that is, by the site's own. INT64_MIN: no date. */
static int64_t ends(const struct web_request *q, const struct notice_facts *f, const struct notice_due *d)
{
	const struct notice_zones *z = notice_zones_of(slice_str(f->state[0] ? f->state : f->country));
	int offset;
	if (d->kind == NOTICE_DUE_NONE)
		return INT64_MIN;
	if (d->kind == NOTICE_DUE_TIME)
		return d->at;
	return z ? notice_midnight(z, d->day + 1, &offset) : ((int64_t)(d->day + 1) * 86400 - q->web->role->zone_minutes * 60) * TIME_SEC;
}

static void put_duties(struct web_request *q, const struct notice_facts *f, const struct notice_duty *v, size_t n, const char *key, struct jsonw *w)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	for (size_t i = 0; i < n; i++) {
		const struct notice_due *due = v[i].due.kind != NOTICE_DUE_NONE ? &v[i].due : &v[i].latest;
		int64_t end = ends(q, f, due);
		jsonw_obj(w);
		if (end != INT64_MIN)
			jsonw_ktime(w, "ends", end);
		jsonw_key(w, "duty");
		notice_duty_json(w, &v[i]);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* What the site's own facts say that was done already, with nothing made of it: clocks of other duties run from there. */
static void put_told(struct jsonw *w, const struct json_node *of)
{
	static const char *const keys[] = {"determined", "notified", "hhs_notified", "incident_notified", "resolved"};
	jsonw_key(w, "told");
	jsonw_obj(w);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		jsonw_kslice_opt(w, keys[i], json_text(of, keys[i]));
	jsonw_obj_end(w);
}

static void put_lines(struct jsonw *w, const char *key, struct slice lines)
{
	jsonw_key(w, key);
	jsonw_arr(w);
	while (lines.n) {
		struct slice line = slice_cut(lines, '\n', &lines);
		if (line.n)
			jsonw_slice(w, line);
	}
	jsonw_arr_end(w);
}

static void put_head(struct jsonw *w, const struct json_node *n)
{
	const struct json_node *run = json_get(n, "run"), *at = json_get(n, "runAt"), *facts = json_get(n, "facts");
	jsonw_key(w, "run");
	jsonw_raw(w, run ? run->raw : SLICE("null"));
	jsonw_key(w, "runAt");
	jsonw_raw(w, at ? at->raw : SLICE("null"));
	if (facts) {
		jsonw_key(w, "facts");
		jsonw_raw(w, facts->raw);
	}
}

static void duties(struct web_request *q, struct slice name)
{
	AUTO_ARENA struct arena *a = arena_new(DUTIES_MEMORY);
	static const char *const langs[] = {"en", "fr", "zh", "es"};
	const char *lang = web_query(q, "lang");
	const struct json_node *n;
	struct notice_duties d;
	struct err e = {0};
	struct jsonw w;
	bool known = !lang || !*lang;
	for (size_t i = 0; i < ARRAY_LEN(langs) && !known; i++)
		known = !strcmp(lang, langs[i]);
	if (!known) {
		web_error(q, 400, "input", "lang is en, fr, zh or es.");
		return;
	}
	struct notice_facts *f = a ? arena_alloc(a, sizeof *f) : NULL;
	if (!f) {
		web_error(q, 503, "memory", "No memory.");
		return;
	}
	if (web_scope_see(q, name, "notice", NULL, NULL, &n) < 0)
		return;
	const struct json_node *of = json_get(n, "case");
	int r = of ? notice_facts_read(of->raw, a, f, &e) : err_set(&e, ERR_CORRUPT, NULL, "the keeper's answer is broken");
	if (r == 0)
		r = notice_duties(f, lang && *lang ? lang : NULL, a, &d, &e);
	if (r < 0) { /* what the case lacks, in a sentence */
		if (r == ERR_INPUT)
			web_error(q, 409, "input", "%s%s%s", e.place, e.place[0] ? ": " : "", e.text);
		else
			web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	put_head(&w, n);
	jsonw_key(&w, "total");
	jsonw_obj(&w);
	jsonw_ku64(&w, "low", f->total.low);
	jsonw_ku64(&w, "high", f->total.high);
	jsonw_obj_end(&w);
	jsonw_kslice_opt(&w, "discovered", json_text(of, "discovered"));
	jsonw_kslice_opt(&w, "place", slice_str(f->state[0] ? f->state : f->country));
	put_told(&w, of);
	const struct json_node *sent = json_get(n, "sent");
	jsonw_key(&w, "sent");
	jsonw_raw(&w, sent ? sent->raw : SLICE("[]"));
	put_duties(q, f, d.v, d.n, "duties", &w);
	put_duties(q, f, d.possible, d.possible_n, "possible", &w);
	AUTO_BUF struct buf remarks = {0};
	buf_init(&remarks, (size_t)1 << 20);
	notice_facts_ahead(f, time_now(), lang && *lang ? lang : NULL, &remarks);
	buf_add_slice(&remarks, d.remarks);
	put_lines(&w, "remarks", buf_slice(&remarks));
	jsonw_obj_end(&w);
	if (!web_unchanged(q, (struct chart_moment){0}))
		web_json(q, 200);
}

void web_scope_of(struct web_request *q, struct slice name, struct slice of)
{
	bool get = q->method == WEB_GET || q->method == WEB_HEAD;
	if (slice_eq_str(of, "person")) {
		web_scope_person(q, name);
	} else if (slice_eq_str(of, "sign")) {
		web_scope_sign(q, name);
	} else if (!slice_eq_str(of, "review") && !slice_eq_str(of, "duties") && !slice_eq_str(of, "letters") && !slice_eq_str(of, "letter")) {
		web_error(q, 404, "not-found", "Nothing is here.");
	} else if (!get) {
		q->allow = "GET";
		web_error(q, 405, "method", "This is asked for with GET.");
	} else if (slice_eq_str(of, "review")) {
		review(q, name);
	} else if (slice_eq_str(of, "duties")) {
		duties(q, name);
	} else if (slice_eq_str(of, "letters")) {
		web_scope_letters(q, name);
	} else {
		web_scope_letter(q, name);
	}
}
