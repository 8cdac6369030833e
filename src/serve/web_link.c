/* Links to one recording: made by who may sign, opened by who has the link, without an account. The keeper knows the tokens, records each look and gives the bytes; web shows what came, and slows down who guesses. */
#include "web_internal.h"
#include "ecg.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define LOOK_COST 20   /* of an address's bucket (web_limit.c) */
#define WRONG_COST 1000 /* four wrong links at once, then one a second */

static const struct json_node *body_of(struct web_request *q)
{
	struct json_node *n;
	struct err e = {0};
	if (json_tree(buf_slice(&q->body), q->a, &n, &e) == 0 && n->type == JSON_OBJ)
		return n;
	web_error(q, 400, "input", "The body should be a JSON object.");
	return NULL;
}

/* The link counts as soon as its entry is durable; who made it or took it back asks for the list next, and that is the view's. It is waited for a moment, never for what is behind for other reasons. */
static void await(struct web_request *q, uint64_t entry)
{
	struct chart *c = web_chart(q);
	if (!c) { /* no view: the link is a link all the same */
		q->status = 0;
		buf_reset(&q->out);
	}
	for (int i = 0; c && chart_applied(c) <= entry && i < 200; i++)
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
}

void web_link_make(struct web_request *q, uint64_t entry)
{
	struct err e = {0};
	struct chart_ecg *g;
	struct keeper_link l;
	uint64_t hours;
	char t[32], url[64];
	struct jsonw w;
	if (!web_may(q, MAY_ECG_SIGN))
		return;
	const struct json_node *b = body_of(q);
	if (!b)
		return;
	if (num_u64(json_text(b, "hours"), 1, UINT32_MAX, &hours) < 0) {
		web_error(q, 400, "input", "Say in 'hours' how long the link is to open.");
		return;
	}
	if (web_ecg_find(q, entry, &g) < 0)
		return;
	const char *to = arena_strdup(q->a, json_text(b, "for")), *reason = arena_strdup(q->a, json_text(b, "reason"));
	if (!to || !reason || keeper_link(q->w->keeper, &q->who, entry, (uint32_t)hours, to, reason, &l, &e) < 0) {
		if (!e.code)
			err_set(&e, ERR_MEMORY, NULL, "no memory");
		web_fail(q, &e);
		return;
	}
	await(q, l.entry);
	snprintf(url, sizeof url, "/share/%s", l.token);
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_kstr(&w, "id", l.id);
	jsonw_kstr(&w, "url", url);
	jsonw_kstr(&w, "expires", time_rfc3339(l.expires, 0, t));
	jsonw_ku64(&w, "entry", l.entry);
	jsonw_obj_end(&w);
	seal_wipe(&l, sizeof l);
	seal_wipe(url, sizeof url);
	web_json(q, 200);
}

/* "ID/revoke" */
void web_link_revoke(struct web_request *q, const char *rest)
{
	struct err e = {0};
	uint64_t entry;
	struct slice what, id = slice_cut(slice_str(rest), '/', &what);
	if (!slice_eq_str(what, "revoke")) {
		web_error(q, 404, "not-found", "Nothing is here.");
		return;
	}
	if (q->method != WEB_POST) {
		q->allow = "POST";
		web_error(q, 405, "method", "This is done with POST.");
		return;
	}
	const struct json_node *b = web_may(q, MAY_CHART) ? body_of(q) : NULL;
	if (!b)
		return;
	const char *name = arena_strdup(q->a, id), *reason = arena_strdup(q->a, json_text(b, "reason"));
	if (!name || !reason)
		err_set(&e, ERR_MEMORY, NULL, "no memory");
	else if (keeper_link_revoke(q->w->keeper, &q->who, name, reason, &entry, &e) == 0) {
		struct jsonw w;
		await(q, entry);
		jsonw_init(&w, &q->out);
		jsonw_obj(&w);
		jsonw_kstr(&w, "id", name);
		jsonw_ku64(&w, "entry", entry);
		jsonw_obj_end(&w);
		web_json(q, 200);
		return;
	}
	web_fail(q, &e);
}

/* ---- opened ---- */

void web_link_fail(struct web_request *q, const struct err *e)
{
	int wait = 0;
	if (e->code == ERR_NOT_FOUND) {
		if (web_limit_take(q->web->limit, q->address, WRONG_COST, &wait)) {
			web_error(q, 404, "not-found", "There is no such link.");
			return;
		}
		q->retry_after = wait;
		web_error(q, 429, "rate", "Too many wrong links from this address. Wait a moment.");
	} else if (e->code == ERR_ERASED) {
		web_error(q, 410, "gone", "Nothing is shown: %s. Ask who gave it to you for another one.", e->text);
	} else if (e->code == ERR_LIMIT) {
		q->retry_after = 600;
		web_error(q, 429, "rate", "Nothing is shown: %s.", e->text);
	} else {
		web_fail(q, e);
	}
}

static void page(struct web_request *q, const char *token)
{
	struct err e = {0};
	struct keeper_link_opened o;
	struct chart_ecg *g;
	struct jsonw w;
	char t[32];
	struct chart *c = web_chart(q);
	if (!c)
		return;
	if (keeper_link_open(q->w->keeper, token, q->address, NULL, &o, NULL, &e) < 0) {
		web_link_fail(q, &e);
		return;
	}
	if (chart_ecg(c, o.ecg, q->a, &g, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_key(&w, "ecg");
	chart_json_ecg_shared(&w, g);
	jsonw_kstr(&w, "expires", time_rfc3339(o.expires, 0, t));
	jsonw_kstr(&w, "for", o.to);
	jsonw_kstr(&w, "by", o.by);
	jsonw_obj_end(&w);
	web_json(q, 200);
}

/* "TOKEN" or "TOKEN/wave|analysis|report.pdf" */
void web_link_open(struct web_request *q, const char *rest)
{
	struct slice what, token = slice_cut(slice_str(rest), '/', &what);
	const char *t = arena_strdup(q->a, token), *part = what.p ? arena_strdup(q->a, what) : "";
	if (q->method != WEB_GET && q->method != WEB_HEAD) {
		q->allow = "GET, HEAD";
		web_error(q, 405, "method", "Only GET here.");
	} else if (!web_limit_take(q->web->limit, q->address, LOOK_COST, &q->retry_after)) {
		web_error(q, 429, "rate", "Too many requests from this address. Wait a moment.");
	} else if (!t || !part) {
		web_error(q, 503, "memory", "No memory for this request.");
	} else if (!*part) {
		page(q, t);
	} else {
		web_ecg_show_link(q, t, part);
	}
}
