/* Partner links over the JSON API: how they stand, cutting them, signing for a step, what waits. Who may what the keeper decides (keeper_gate_ask.c); what it says is handed through. */
#include "web_internal.h"

#include <stdio.h>

#define REASON_MAX 2000
#define NAME_MAX_ 80

static void begin(struct buf *b, struct jsonw *w, const char *what)
{
	buf_init(b, 1 << 16);
	jsonw_init(w, b);
	jsonw_obj(w);
	jsonw_kstr(w, "do", what);
}

static int finish(struct web_request *q, struct buf *b, struct jsonw *w, bool again, struct buf *ret)
{
	struct err e = {0};
	jsonw_obj_end(w);
	jsonw_done(w);
	int r = buf_ok(b) ? keeper_gate_ask(q->w->keeper, &q->who, buf_slice(b), again, ret, &e) : err_set(&e, ERR_LIMIT, NULL, "the request is too long");
	if (r == ERR_NO) /* it is there, and does not stand so that this could be */
		web_error(q, 409, "no", "%s%s%s", e.place, e.place[0] ? ": " : "", e.text);
	else if (r < 0)
		web_fail(q, &e);
	return r;
}

/* The keeper's object as it is. */
static void hand_on(struct web_request *q, struct buf *b, struct jsonw *w, bool again)
{
	if (finish(q, b, w, again, &q->out) == 0 && web_said_json(q, buf_slice(&q->out)))
		web_json(q, 200);
}

static void list(struct web_request *q)
{
	AUTO_BUF struct buf b = {0}, got = {0};
	struct jsonw w;
	const struct json_node *n;
	begin(&b, &w, "list");
	buf_init(&got, (size_t)64 << 20);
	if (finish(q, &b, &w, true, &got) < 0)
		return;
	n = web_said_json(q, buf_slice(&got));
	if (!n)
		return;
	const struct json_node *links = json_get(n, "links");
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "links");
	jsonw_raw(&w, links ? links->raw : SLICE("[]"));
	jsonw_obj_end(&w);
	if (!web_unchanged(q, (struct chart_moment){0}))
		web_json(q, 200);
}

/* One link, a class or all of them: exactly one of the three, said in so many words. */
static bool put_which(struct web_request *q, const struct json_node *n, bool must, struct jsonw *w)
{
	const char *name = web_text(q, n, "name", NAME_MAX_, true), *class = name ? web_text(q, n, "class", NAME_MAX_, true) : NULL;
	const struct json_node *all = json_get(n, "all");
	if (!class)
		return false;
	int said = (*name != 0) + (*class != 0) + (all && all->type == JSON_TRUE);
	if (said > 1 || (must && said != 1)) {
		web_error(q, 400, "input", "Say which: one of 'name', 'class' and 'all'.");
		return false;
	}
	if (*name)
		jsonw_kstr(w, "name", name);
	if (*class)
		jsonw_kstr(w, "class", class);
	return true;
}

static void cut_or_probe(struct web_request *q, bool cut)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *reason = n ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	if (!reason)
		return;
	begin(&b, &w, cut ? "cut" : "probe");
	if (!put_which(q, n, cut, &w))
		return;
	if (cut && *reason)
		jsonw_kstr(&w, "reason", reason);
	hand_on(q, &b, &w, true); /* cut twice is cut */
}

static void advance(struct web_request *q)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *name = n ? web_text(q, n, "name", NAME_MAX_, false) : NULL, *reason = name ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	const char *expires = reason ? web_text(q, n, "expires", 40, true) : NULL;
	if (!expires)
		return;
	begin(&b, &w, "advance");
	jsonw_kstr(&w, "name", name);
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	if (*expires)
		jsonw_kstr(&w, "expires", expires);
	hand_on(q, &b, &w, false);
}

/* Somebody says that a condition of a step up is met, or is not. */
static void condition(struct web_request *q)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q), *met = json_get(n, "met");
	const char *name = n ? web_text(q, n, "name", NAME_MAX_, false) : NULL, *which = name ? web_text(q, n, "condition", NAME_MAX_, false) : NULL;
	const char *evidence = which ? web_text(q, n, "evidence", 400, true) : NULL;
	if (!evidence)
		return;
	begin(&b, &w, "condition");
	jsonw_kstr(&w, "name", name);
	jsonw_kstr(&w, "condition", which);
	jsonw_kbool(&w, "met", met && met->type == JSON_TRUE);
	if (*evidence)
		jsonw_kstr(&w, "evidence", evidence);
	if (finish(q, &b, &w, false, &q->out) < 0)
		return;
	buf_reset(&q->out);
	q->status = 204;
}

static void queue(struct web_request *q)
{
	AUTO_BUF struct buf b = {0}, lines = {0};
	struct jsonw w;
	const char *name = web_query(q, "name");
	if (!name || !*name) {
		web_error(q, 400, "input", "Say whose queue: ?name=");
		return;
	}
	begin(&b, &w, "queue");
	jsonw_kslice(&w, "name", slice_of(name, strnlen(name, NAME_MAX_)));
	buf_init(&lines, (size_t)80 << 20);
	if (finish(q, &b, &w, true, &lines) < 0)
		return;
	uint64_t max = web_number(q, "max", 1000, 100000), n = 0;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "queue");
	jsonw_arr(&w);
	for (struct slice rest = buf_slice(&lines); rest.n; n++) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (n >= max)
			continue;
		if (!web_said_json(q, line))
			return;
		jsonw_raw(&w, line);
	}
	jsonw_arr_end(&w);
	jsonw_ku64(&w, "waiting", n);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* Messages that were given up: NDJSON as one list. */
static void refused(struct web_request *q)
{
	AUTO_BUF struct buf b = {0}, lines = {0};
	struct jsonw w;
	const char *name = web_query(q, "name");
	if (!name || !*name) {
		web_error(q, 400, "input", "Say whose queue: ?name=");
		return;
	}
	begin(&b, &w, "refused");
	jsonw_kslice(&w, "name", slice_of(name, strnlen(name, NAME_MAX_)));
	buf_init(&lines, (size_t)16 << 20);
	if (finish(q, &b, &w, true, &lines) < 0)
		return;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "refused");
	jsonw_arr(&w);
	for (struct slice rest = buf_slice(&lines); rest.n;) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (!web_said_json(q, line))
			return;
		jsonw_raw(&w, line);
	}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* A person's word on the message that the far side refuses. */
static void turn(struct web_request *q, bool skip)
{
	AUTO_BUF struct buf b = {0}, said = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *name = n ? web_text(q, n, "name", NAME_MAX_, false) : NULL, *reason = name ? web_text(q, n, "reason", REASON_MAX, !skip) : NULL;
	if (!reason)
		return;
	begin(&b, &w, skip ? "skip" : "retry");
	jsonw_kstr(&w, "name", name);
	if (skip)
		jsonw_kslice(&w, "seq", json_text(n, "seq"));
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	buf_init(&said, 1 << 16);
	if (finish(q, &b, &w, false, &said) < 0)
		return;
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "name", name);
	jsonw_kstr(&w, "done", skip ? "skip" : "retry");
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* ---- this host, and addresses ---- */

static void island(struct web_request *q)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	begin(&b, &w, "island");
	jsonw_kbool(&w, "quiet", true);
	hand_on(q, &b, &w, true);
}

/* A list of the body's as it came: the keeper looks at what is in it. */
static void put_list(struct jsonw *w, const struct json_node *n, const char *key)
{
	const struct json_node *list = json_get(n, key);
	jsonw_key(w, key);
	jsonw_raw(w, list && list->type == JSON_ARR ? list->raw : SLICE("[]"));
}

static void set_island(struct web_request *q)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *reason = n ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	if (!reason)
		return;
	begin(&b, &w, "island");
	put_list(&w, n, "members");
	put_list(&w, n, "admins");
	jsonw_kbool(&w, "quiet", true);
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	hand_on(q, &b, &w, false);
}

static void address(struct web_request *q, bool cut)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *which = n ? web_text(q, n, "address", 64, false) : NULL, *reason = which ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	const char *expires = reason ? web_text(q, n, "expires", 40, true) : NULL;
	if (!expires)
		return;
	begin(&b, &w, cut ? "cut-address" : "free-address");
	jsonw_kstr(&w, "address", which);
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	if (*expires && !cut)
		jsonw_kstr(&w, "expires", expires);
	hand_on(q, &b, &w, cut);
}

static void isolate(struct web_request *q, bool end)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *reason = n ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	if (!reason)
		return;
	begin(&b, &w, end ? "isolate-end" : "isolate"); /* whoever asks by a page asks over our own port, which stays open */
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	hand_on(q, &b, &w, !end);
}

static void cut_address(struct web_request *q) { address(q, true); }
static void free_address(struct web_request *q) { address(q, false); }
static void isolate_on(struct web_request *q) { isolate(q, false); }
static void isolate_end(struct web_request *q) { isolate(q, true); }
static void skip(struct web_request *q) { turn(q, true); }
static void retry(struct web_request *q) { turn(q, false); }
static void cut(struct web_request *q) { cut_or_probe(q, true); }
static void probe(struct web_request *q) { cut_or_probe(q, false); }

/* ---- plans that are kept ---- */

static void plans(struct web_request *q)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	begin(&b, &w, "plans");
	if (finish(q, &b, &w, true, &q->out) == 0 && web_said_json(q, buf_slice(&q->out)) && !web_unchanged(q, (struct chart_moment){0}))
		web_json(q, 200);
}

static void plan(struct web_request *q, const char *name)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	begin(&b, &w, "plan-show");
	jsonw_kslice(&w, "name", slice_of(name, strnlen(name, NAME_MAX_)));
	hand_on(q, &b, &w, true);
}

static void plan_act(struct web_request *q, const char *what, bool again)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q), *cuts = json_get(n, "cuts"), *dry = json_get(n, "dry_run");
	const char *name = n ? web_text(q, n, "name", NAME_MAX_, false) : NULL, *reason = name ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	const char *expires = reason ? web_text(q, n, "expires", 40, true) : NULL;
	if (!expires)
		return;
	begin(&b, &w, what);
	b.max = (size_t)1 << 20; /* a plan may list every link */
	jsonw_kstr(&w, "name", name);
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	if (*expires)
		jsonw_kstr(&w, "expires", expires);
	if (cuts && cuts->type == JSON_OBJ) {
		jsonw_key(&w, "cuts");
		jsonw_raw(&w, cuts->raw);
	}
	if (dry)
		jsonw_kbool(&w, "dry_run", dry->type != JSON_FALSE);
	hand_on(q, &b, &w, again);
}

static void plan_save(struct web_request *q) { plan_act(q, "plan-save", false); }
static void plan_carry_out(struct web_request *q) { plan_act(q, "plan-cut", true); } /* carried out twice is carried out */
static void plan_undo(struct web_request *q) { plan_act(q, "plan-undo", false); }

static void plan_remove(struct web_request *q)
{
	AUTO_BUF struct buf b = {0};
	struct jsonw w;
	const struct json_node *n = web_body(q);
	const char *name = n ? web_text(q, n, "name", NAME_MAX_, false) : NULL, *reason = name ? web_text(q, n, "reason", REASON_MAX, true) : NULL;
	if (!reason)
		return;
	begin(&b, &w, "plan-remove");
	jsonw_kstr(&w, "name", name);
	if (*reason)
		jsonw_kstr(&w, "reason", reason);
	if (finish(q, &b, &w, false, &q->out) < 0)
		return;
	buf_reset(&q->out);
	q->status = 204;
}

void web_gate(struct web_request *q, const char *rest)
{
	static const struct {
		const char *path;
		void (*run)(struct web_request *q);
	} looks[] = {{"", list}, {"/queue", queue}, {"/refused", refused}, {"/island", island}, {"/plans", plans}, {"/letter", web_gate_letter}},
	  acts[] = {{"/cut", cut}, {"/probe", probe}, {"/advance", advance}, {"/condition", condition}, {"/skip", skip}, {"/retry", retry}, {"/island", set_island}, {"/cut-address", cut_address}, {"/free-address", free_address},
	            {"/isolate", isolate_on}, {"/isolate-end", isolate_end}, {"/plans/save", plan_save}, {"/plans/remove", plan_remove}, {"/plans/carry-out", plan_carry_out}, {"/plans/undo", plan_undo}};
	if (!web_may(q, MAY_GATE))
		return;
	for (size_t i = 0; i < ARRAY_LEN(looks) && q->method == WEB_GET; i++)
		if (!strcmp(rest, looks[i].path)) {
			looks[i].run(q);
			return;
		}
	for (size_t i = 0; i < ARRAY_LEN(acts); i++)
		if (!strcmp(rest, acts[i].path)) {
			if (web_post_only(q) && web_may(q, MAY_CUT))
				acts[i].run(q);
			return;
		}
	if (!strncmp(rest, "/plans/", 7) && rest[7] && q->method == WEB_GET) {
		plan(q, rest + 7);
		return;
	}
	web_error(q, 404, "not-found", "Nothing is here.");
}
