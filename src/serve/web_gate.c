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
	if (r < 0)
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

void web_gate(struct web_request *q, const char *rest)
{
	static const char *const acts[] = {"/cut", "/probe", "/advance", "/condition"};
	if (!web_may(q, MAY_GATE))
		return;
	if (!*rest && q->method == WEB_GET) {
		list(q);
		return;
	}
	if (!strcmp(rest, "/queue") && q->method == WEB_GET) {
		queue(q);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
		if (strcmp(rest, acts[i]) != 0)
			continue;
		if (!web_post_only(q) || !web_may(q, MAY_CUT))
			return;
		if (i == 3)
			condition(q);
		else if (i == 2)
			advance(q);
		else
			cut_or_probe(q, i == 0);
		return;
	}
	web_error(q, 404, "not-found", "Nothing is here.");
}
