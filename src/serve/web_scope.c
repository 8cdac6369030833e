/* /api/cases: cases as their entries say them, and a person's word on one. Below a case: its review queue, its duties, its letters (web_scope_of.c). Whom it concerns as a list is a command's; here are counts, inputs, questions, judgements and decisions. Looking at one is an entry. */
#include "web_internal.h"

#include "scope.h"

#define WORD_MAX SCOPE_TEXT_MAX

static void show(struct web_request *q, struct slice name)
{
	struct err e = {0};
	if (keeper_scope_ask(q->w->keeper, &q->who, name, &q->out, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	if (!web_said_json(q, buf_slice(&q->out)) || web_unchanged(q, (struct chart_moment){0}))
		return;
	if (name.n && web_audit(q, "view", NULL, "a case", 0, NULL) < 0)
		return;
	web_json(q, 200);
}

static bool factor_known(struct slice s)
{
	for (int i = 0; scope_factor(i); i++)
		if (slice_eq_str(s, scope_factor(i)))
			return true;
	return false;
}

/* The body as an act; false: answered. */
static bool read_act(struct web_request *q, const struct json_node *n, struct scope_act *a)
{
	const char *what = web_text(q, n, "what", 16, false);
	if (!what)
		return false;
	a->what = !strcmp(what, "question") ? SCOPE_QUESTION : !strcmp(what, "assess") ? SCOPE_ASSESS : !strcmp(what, "decide") ? SCOPE_DECIDE : !strcmp(what, "pair") ? SCOPE_PAIR : -1;
	if (a->what < 0) {
		web_error(q, 400, "input", "what is question, assess, decide or pair.");
		return false;
	}
	const char *text = web_text(q, n, "text", WORD_MAX, a->what == SCOPE_QUESTION || a->what == SCOPE_PAIR);
	if (!text)
		return false;
	a->text = slice_str(text);
	if (a->what == SCOPE_PAIR) {
		const char *x = web_text(q, n, "a", WORD_MAX, false), *y = x ? web_text(q, n, "b", WORD_MAX, false) : NULL;
		const struct json_node *same = json_get(n, "same");
		if (!y)
			return false;
		if (!same || (same->type != JSON_TRUE && same->type != JSON_FALSE && same->type != JSON_NULL) || !strcmp(x, y)) {
			web_error(q, 400, "input", "A pair is two records a and b, and same: true, false, or null, which takes back what was said.");
			return false;
		}
		a->a = slice_str(x);
		a->b = slice_str(y);
		a->same = same->type == JSON_TRUE;
		a->open = same->type == JSON_NULL;
		return true;
	}
	const char *subject = web_text(q, n, "subject", WORD_MAX, false), *outcome = subject ? web_text(q, n, "outcome", WORD_MAX, a->what != SCOPE_ASSESS) : NULL;
	if (!outcome)
		return false;
	a->subject = slice_str(subject);
	a->outcome = slice_str(outcome);
	if (a->what == SCOPE_ASSESS && (!factor_known(a->subject) || (strcmp(outcome, "low") && strcmp(outcome, "not-low")))) {
		web_error(q, 400, "input", "subject is nature-and-extent, unauthorized-person, acquired-or-viewed or mitigated; outcome is low or not-low.");
		return false;
	}
	return true;
}

static void say(struct web_request *q, struct slice name)
{
	AUTO_BUF struct buf body = {0};
	struct scope_act a = {.name = name, .by = slice_str(q->session.user)};
	struct keeper_stored s;
	struct err e = {0};
	struct jsonw w;
	const struct json_node *n = web_may(q, MAY_SCOPE) ? web_body(q) : NULL;
	if (!n || !read_act(q, n, &a))
		return;
	buf_init(&body, 1 << 17);
	if (scope_act_put(&a, &body, &e) < 0 || keeper_scope_say(q->w->keeper, &q->who, buf_slice(&body), &s, &e) < 0) {
		web_fail(q, &e);
		return;
	}
	jsonw_init(&w, &q->out);
	jsonw_obj(&w);
	jsonw_ku64(&w, "entry", s.seq);
	jsonw_obj_end(&w);
	web_json(q, 201);
}

void web_scope(struct web_request *q, const char *rest)
{
	struct slice of, name = slice_cut(slice_str(*rest == '/' ? rest + 1 : rest), '/', &of);
	if (!web_may(q, MAY_SCOPE))
		return;
	if (name.n && !scope_name_ok(name))
		web_error(q, 404, "not-found", "Nothing is here.");
	else if (of.p)
		web_scope_of(q, name, of);
	else if (q->method == WEB_GET || q->method == WEB_HEAD)
		show(q, name);
	else if (q->method == WEB_POST && name.n)
		say(q, name);
	else
		web_error(q, 405, "method", "Cases are asked for with GET, and a word on one is said with POST.");
}
